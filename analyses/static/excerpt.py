"""The head of a table as texts, as a card shows it statically and live.

Knows nothing of HTML or of the browser: whoever shows the texts must escape them.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

MOST_ROWS = 50
MOST_COLUMNS = 40
_MOST_CELLS = 1_000
_FEWEST_ROWS = 10
_LONGEST = 80  # characters in a cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """The head of a table.

    Args:
        names: The columns.
        numeric: For each column whether it holds numbers.
        rows: The cells, row by row.
        extent: How much of the table this is, such as ``50 of 600 rows``.
        is_whole: Whether it is all of it.
    """

    names: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    extent: str
    is_whole: bool


def cut_excerpt(frame: pd.DataFrame) -> Excerpt:
    """Return the first rows and columns of a table, fewer rows of a wide one.

    Args:
        frame: The table.

    Example:
        >>> head = cut_excerpt(pd.DataFrame({"loss": [1 / 3, None]}))
        >>> head.rows, head.extent
        ((('0.333333',), ('',)), '2 rows')
    """
    columns = min(frame.shape[1], MOST_COLUMNS)
    rows = min(len(frame), MOST_ROWS, max(_MOST_CELLS // max(columns, 1), _FEWEST_ROWS))
    cut = [f"{rows} of {len(frame):,} rows" if rows < len(frame) else _counted(rows, "row")]
    cut += [f"{columns} of {frame.shape[1]} columns"] if columns < frame.shape[1] else []
    head = frame.iloc[:rows, :columns]
    cells = [[_cut(_said(value)) for value in head.iloc[:, i].tolist()] for i in range(columns)]
    return Excerpt(
        names=tuple(_cut(_name(column)) for column in head.columns),
        numeric=tuple(bool(pd.api.types.is_numeric_dtype(kind)) for kind in head.dtypes),
        rows=tuple(zip(*cells, strict=True)),
        extent=", ".join(cut),
        is_whole=(rows, columns) == frame.shape,
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _name(column: object) -> str:
    return " ".join(str(part) for part in column) if isinstance(column, tuple) else str(column)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _said(value: Any) -> str:
    """Return a cell's text; nothing where a value is missing."""
    if value is None or value is pd.NaT or value is pd.NA:
        return ""
    if isinstance(value, float | np.floating):
        return "" if math.isnan(value) else f"{value:.6g}"
    return str(value)
