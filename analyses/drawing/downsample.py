"""Fewer marks than data: which rows to draw so that the picture says the same. Knows nothing of what numbers mean."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

MOST_MARKS = 3000
"""Marks of one trace: more than that only cover each other, and fill a notebook."""


def downsample_rows(
    columns: "Sequence[npt.ArrayLike]", most: int = MOST_MARKS, always: "npt.ArrayLike | None" = None
) -> npt.NDArray[np.intp]:
    """Return which rows to draw, in order: all, or about `most` of them.

    The rows are cut into stretches of equal length, and of each stretch the smallest and the largest value of every
    column are kept; so the extremes of every column are always among them, and so is every spike.

    Args:
        columns: Numbers, one array a column, all of one length; NaN where there is none.
        most: About how many rows at most.
        always: Which rows are kept whatever their values, one flag a row.

    Example:
        >>> downsample_rows([[5.0, 1.0, 2.0, 9.0, 3.0, 4.0, 2.5, 2.6]], most=4).tolist()
        [1, 3, 5, 6]
    """
    table = np.array([np.asarray(c, dtype=float) for c in columns])
    count = table.shape[1]
    if count <= most:
        return np.arange(count)
    stretches = max(1, most // (2 * len(table)))
    size = -(-count // stretches)
    padded = np.full((len(table), stretches * size), np.nan)
    padded[:, :count] = table
    parts = padded.reshape(len(table), stretches, size)
    start = np.arange(stretches) * size
    keep = np.zeros(stretches * size, dtype=bool)
    for worst, find in ((np.inf, np.argmin), (-np.inf, np.argmax)):
        at = find(np.where(np.isnan(parts), worst, parts), axis=2) + start
        keep[at[~np.isnan(parts).all(axis=2)]] = True
    if always is not None:
        keep[:count] |= np.asarray(always, dtype=bool)
    return np.flatnonzero(keep[:count])
