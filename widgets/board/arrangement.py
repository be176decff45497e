"""Which rows of the board are shown and in which order, and which columns: what a reader chooses. Plain values."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from axnb.errors import UserInputError
from axnb.record.trial import TrialStatus

Json = dict[str, object]

_STATUSES = frozenset(status.name.lower() for status in TrialStatus)
_LONGEST_TEXT = 200
_MOST_COLUMNS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """The choice and the order of the rows.

    Args:
        sort: Key of the column to order by, as from `axnb.widgets.board.row_index`; empty for the newest first.
        descending: Whether the largest come first.
        statuses: Names of the statuses to show, lower case; all where it is empty.
        text: Words that a row must hold, all of them.
        ranges: For a column's key the smallest and the largest value to show.
        among: The trials to show; `None` for all.

    Example:
        >>> Arrangement(text="spilt", among=frozenset({3, 5})).to_json()["among"]
        2
    """

    sort: str = ""
    descending: bool = False
    statuses: frozenset[str] = frozenset()
    text: str = ""
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    among: frozenset[int] | None = None

    def to_json(self) -> Json:
        """Return it as the browser keeps it; of trials chosen one by one only how many."""
        return {
            "sort": self.sort,
            "descending": self.descending,
            "statuses": sorted(self.statuses),
            "text": self.text,
            "ranges": {key: [e if math.isfinite(e) else None for e in ends] for key, ends in self.ranges.items()},
            "among": None if self.among is None else len(self.among),
        }


def read_arrangement(asked: Mapping[str, object], before: Arrangement) -> Arrangement:
    """Return what a request says.

    Args:
        asked: Fields of `Arrangement` as JSON; of ``among`` a list of trials, or anything else to leave it as it was.
        before: The arrangement until now.

    Raises:
        UserInputError: A field cannot be used.
    """
    statuses = frozenset(map(str, _list_of(asked, "statuses")))
    if unknown := statuses - _STATUSES:
        raise UserInputError(f"There is no status {min(unknown)!r}; there are {', '.join(sorted(_STATUSES))}.")
    ranges = asked.get("ranges") or {}
    if not isinstance(ranges, dict):
        raise UserInputError(f"The ranges are a table of columns with two ends each, not {ranges!r}.")
    among = asked.get("among")
    kept = before.among if among is not None else None
    return Arrangement(
        sort=str(asked.get("sort") or ""),
        descending=asked.get("descending") is True,
        statuses=statuses,
        text=str(asked.get("text") or "")[:_LONGEST_TEXT],
        ranges={str(key): _read_range(str(key), ends) for key, ends in ranges.items()},
        among=frozenset(i for i in among if type(i) is int) if isinstance(among, list) else kept,
    )


def _read_range(key: str, ends: object) -> tuple[float, float]:
    told = f"The range of {key.partition(':')[2] or key!r} is two numbers, the smaller first, not {ends!r}."
    if not isinstance(ends, list) or len(ends) != 2:
        raise UserInputError(told)
    low, high = (math.inf * sign if end is None else end for end, sign in zip(ends, (-1, 1), strict=True))
    if not all(isinstance(end, int | float) and not isinstance(end, bool) for end in (low, high)) or not low <= high:
        raise UserInputError(told)
    return float(low), float(high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The columns as a reader wants them.

    Args:
        hidden: Keys of the columns that are not shown.
        shown: Keys of the columns that are shown though at first they are not.
        order: Keys in the order wanted; those that are not named keep their place after them.
        widths: Pixels, for the columns that were resized.
        panel: What stands beside the rows: the tab that is open, or nothing.

    Example:
        >>> Layout.from_text(Layout(hidden=("p:x",)).to_text()).hidden
        ('p:x',)
    """

    hidden: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    widths: Mapping[str, int] = field(default_factory=dict)
    panel: str = ""

    def to_json(self) -> Json:
        """Return it as the browser keeps it."""
        return {
            "hidden": list(self.hidden),
            "shown": list(self.shown),
            "order": list(self.order),
            "widths": dict(self.widths),
            "panel": self.panel,
        }

    def to_text(self) -> str:
        """Return it as it is kept."""
        return json.dumps(self.to_json())

    @classmethod
    def from_text(cls, text: str) -> "Layout":
        """Return what was kept; the plain layout where it cannot be read."""
        try:
            return read_layout(json.loads(text))
        except (ValueError, UserInputError):
            return cls()


def read_layout(asked: object) -> Layout:
    """Return a layout that the browser, or what is kept, tells.

    Raises:
        UserInputError: It cannot be used.
    """
    if not isinstance(asked, dict):
        raise UserInputError(f"A layout is a table, not {asked!r}.")
    widths: Any = asked.get("widths") or {}
    if not isinstance(widths, dict) or not all(type(w) is int and 20 <= w <= 2000 for w in widths.values()):
        raise UserInputError("The width of a column is a whole number of pixels from 20 to 2,000.")
    hidden, shown, order = (tuple(map(str, _list_of(asked, name))) for name in ("hidden", "shown", "order"))
    return Layout(
        hidden=hidden, shown=shown, order=order, widths=dict(widths), panel=str(asked.get("panel") or "")[:40]
    )


def _list_of(asked: Mapping[str, object], name: str) -> Sequence[object]:
    value = asked.get(name) or []
    if not isinstance(value, list) or len(value) > _MOST_COLUMNS:
        raise UserInputError(f"The {name} are a list, not {value!r}.")
    return value
