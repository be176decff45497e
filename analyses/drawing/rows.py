"""Rows of data frames as plain tuples with names. Knows nothing of what they hold."""

from typing import Any

import pandas as pd


def iterate_rows(frame: pd.DataFrame) -> list[Any]:
    """Return the rows of a frame, whose columns are then attributes.

    Example:
        >>> [row.loss for row in iterate_rows(pd.DataFrame({"loss": [2.0, 1.0]}))]
        [2.0, 1.0]
    """
    return list(frame.itertuples())


def select_largest(frame: pd.DataFrame, values: "pd.Series[Any]") -> Any:
    """Return the row with the largest value, as a series.

    Args:
        frame: At least a row.
        values: One value a row.

    Example:
        >>> frame = pd.DataFrame({"trial": [4, 7], "loss": [2.0, 1.0]})
        >>> int(select_largest(frame, -frame["loss"])["trial"])
        7
    """
    return frame.iloc[int(values.to_numpy(dtype=float).argmax())]
