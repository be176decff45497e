"""Axes: from data values to coordinates, and from coordinates to pixels.

A coordinate is a float in which an axis is linear: the value itself, its base-10 logarithm, milliseconds since 1970, or
the index of a category.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from axnb.analyses.static.svg.spec import Floats, Spec, floats, listed, pick, real

Kind = Literal["linear", "log", "date", "category"]
KINDS: tuple[Kind, ...] = ("linear", "log", "date", "category")

FAR = 30_000.0  # pixels; nothing needs to be drawn farther out
_DATE = re.compile(r"\d{4}-\d\d(-\d\d)?([T ]\d\d(:?\d\d(:?\d\d(\.\d+)?)?)?)?(Z|[+-]\d\d:?\d\d)?")


def said(value: object) -> str:
    """Return a category's name: whole floats without their point."""
    number = float(value) if isinstance(value, float | np.floating) else math.nan
    return str(int(number)) if abs(number) < 1e15 and number == round(number) else str(value)


def milliseconds(value: object) -> float:
    """Return a date as milliseconds since 1970, its time zone left aside; NaN for what is none."""
    if isinstance(value, np.datetime64):
        return float("nan") if np.isnat(value) else float(value.astype("datetime64[ms]").astype(np.int64))
    if isinstance(value, str):
        if not _DATE.fullmatch(value.strip()):
            return float("nan")
        text = value.strip() if len(value.strip()) > 7 else f"{value.strip()}-01"
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            return float("nan")
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, datetime):
        try:
            return float(value.replace(tzinfo=UTC).timestamp() * 1000)
        except (ValueError, OverflowError):
            return float("nan")
    return real(value)


def _is_date(value: object) -> bool:
    return isinstance(value, date | np.datetime64) or (isinstance(value, str) and bool(_DATE.fullmatch(value.strip())))


def _is_number(value: object) -> bool:
    if isinstance(value, bool | np.bool_):
        return False
    return isinstance(value, int | float | np.number) or (isinstance(value, str) and not math.isnan(real(value)))


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def infer_kind(given: object, columns: Iterable[Any]) -> Kind:
    """Return an axis's kind: as given, else by what most of its values are."""
    for kind in KINDS:
        if given == kind:
            return kind
    if given == "multicategory":
        return "category"
    numbers = dates = others = 0
    for column in columns:
        if isinstance(column, np.ndarray) and column.dtype.kind in "fiuM":
            numbers += column.size * (column.dtype.kind != "M")
            dates += column.size * (column.dtype.kind == "M")
            continue
        for value in column[:1000]:
            if _missing(value):
                continue
            numbers += _is_number(value)
            dates += not _is_number(value) and _is_date(value)
            others += not _is_number(value) and not _is_date(value)
    if dates > max(numbers, others):
        return "date"
    return "category" if others and others >= numbers else "linear"


@dataclass(frozen=True, slots=True)
class Measure:
    """How the values of an axis become coordinates.

    Args:
        kind: What the values are.
        categories: The categories, in order.
        whole: Whether all values are whole numbers, so that ticks between them would say nothing.
    """

    kind: Kind
    categories: tuple[str, ...] = ()
    whole: bool = False

    def coordinates(self, values: Any) -> Floats:
        """Return the coordinates of values; NaN for those that have no place on the axis."""
        if self.kind == "category":
            index = {name: i for i, name in enumerate(self.categories)}
            return np.array(
                [float(index[said(v)]) if said(v) in index else real(v) for v in _sequence(values)], dtype=float
            )
        if self.kind == "date":
            return np.array([milliseconds(v) for v in _sequence(values)], dtype=float)
        result = floats(values)
        if self.kind == "log":
            with np.errstate(divide="ignore", invalid="ignore"):
                result = np.where(result > 0, np.log10(np.where(result > 0, result, 1.0)), np.nan)
        return result

    def coordinate(self, value: Any) -> float:
        """Return the coordinate of one value."""
        return float(self.coordinates([value])[0])


def _sequence(values: Any) -> Sequence[Any]:
    return values.ravel().tolist() if isinstance(values, np.ndarray) and values.dtype.kind != "M" else list(values)


def measure(spec: Spec, columns: Sequence[Any], totals: Sequence[tuple[Any, Any]] = ()) -> Measure:
    """Return how an axis measures, from its settings and all the values on it.

    Args:
        spec: The axis's settings.
        columns: The values of each trace.
        totals: For bars, the categories and the lengths of each trace; wanted for an order by total.
    """
    kind = infer_kind(spec.get("type"), columns)
    if kind != "category":
        return Measure(kind, whole=kind == "linear" and _whole(columns))
    listed_first = listed(spec.get("categoryarray"))
    wanted = [said(v) for v in listed_first] if listed_first is not None else []
    seen = dict.fromkeys([*wanted, *(said(v) for column in columns for v in column if not _missing(v))])
    order = str(spec.get("categoryorder", ""))
    names = list(seen)
    if order.startswith("category"):
        names.sort()
    elif order.startswith("total"):
        sums: dict[str, float] = dict.fromkeys(names, 0.0)
        for places, lengths in totals:
            for place, length in zip(places, floats(lengths).tolist(), strict=False):
                sums[said(place)] = sums.get(said(place), 0.0) + (0.0 if math.isnan(length) else length)
        names.sort(key=lambda name: sums[name])
    if order.endswith("descending"):
        names.reverse()
    return Measure(kind, tuple(names))


def _whole(columns: Sequence[Any]) -> bool:
    seen = False
    for column in columns:
        values = floats(column)
        values = values[np.isfinite(values)]
        if (values != np.round(values)).any():
            return False
        seen = seen or len(values) > 0
    return seen


@dataclass(frozen=True, slots=True)
class Span:
    """What one mark wants to be in view along one axis.

    Args:
        values: Coordinates.
        padded: Whether there should be room around them.
        zero: Whether the axis should start at zero, without room below.
        solid: Whether the mark fills its part of the plane, so that other marks within it need no room around them.
    """

    values: Floats
    padded: bool = True
    zero: bool = False
    solid: bool = False


def view(spec: Spec, how: Measure, spans: Sequence[Span]) -> tuple[float, float]:
    """Return the coordinates of an axis's two ends, its start first."""
    given = spec.get("range")
    given = list(given) if given is not None and len(given) == 2 else [None, None]
    ends = [_given_end(how, v) for v in given]
    low, high = _automatic(spec, how, spans)
    reverse = str(spec.get("autorange", "")) in ("reversed", "min reversed", "max reversed")
    if not math.isnan(ends[0]) and not math.isnan(ends[1]) and ends[0] != ends[1]:
        return (ends[0], ends[1])
    if not math.isnan(ends[0]):
        low = ends[0]
        high = high if high > low else low + 1
    if not math.isnan(ends[1]):
        high = ends[1]
        low = low if low < high else high - 1
    return (high, low) if reverse else (low, high)


def _given_end(how: Measure, value: Any) -> float:
    if value is None:
        return float("nan")
    return milliseconds(value) if how.kind == "date" else real(value)


def _automatic(spec: Spec, how: Measure, spans: Sequence[Span]) -> tuple[float, float]:
    if how.kind == "category" and how.categories:
        return (-0.5, len(how.categories) - 0.5)
    values = np.concatenate([s.values for s in spans]) if spans else np.array([])
    values = values[np.isfinite(values)]
    mode = spec.get("rangemode") if how.kind == "linear" else None
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    if low == high:
        alone = 1.0 if (how.whole and abs(low) < 1e6) or low == 0 else abs(low) * 0.1
        room = {"log": 0.5, "date": 4.32e7}.get(how.kind, alone)
        low, high = low - room, high + room
    based = any(s.zero for s in spans) and how.kind == "linear"
    if based or mode == "tozero":
        low, high = min(low, 0.0), max(high, 0.0)
    room = 0.0 if _filled(spans, low, high) or not any(s.padded for s in spans) else (high - low) * 0.055
    start = low if (based or mode == "tozero") and low == 0 else low - room
    end = high if (based or mode == "tozero") and high == 0 else high + room
    return (max(start, 0.0) if mode == "nonnegative" else start, end)


def _filled(spans: Sequence[Span], low: float, high: float) -> bool:
    """Whether one solid mark reaches from end to end."""
    solid = [s.values[np.isfinite(s.values)] for s in spans if s.solid]
    return any(len(v) > 0 and v.min() <= low and v.max() >= high for v in solid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """An axis with its place in the picture.

    Args:
        name: Plotly's name for it, such as ``x2``.
        spec: Its settings.
        how: What it measures.
        start: The coordinate at its left or lower end.
        end: The coordinate at its other end.
        first: The pixel of ``start``.
        last: The pixel of ``end``.
        line: The pixel, across the axis, where its line is drawn.
        side: Where its labels are.
        anchor: The axis it belongs to.
    """

    name: str
    spec: Spec = field(repr=False)
    how: Measure
    start: float
    end: float
    first: float = 0.0
    last: float = 1.0
    line: float = 0.0
    side: str = "left"
    anchor: str = ""

    @property
    def letter(self) -> str:
        """``x`` or ``y``."""
        return self.name[0]

    @property
    def length(self) -> float:
        """Pixels from end to end."""
        return abs(self.last - self.first)

    def place(self, coordinates: Any) -> Floats:
        """Return the pixels of coordinates, NaN where they are."""
        span = self.end - self.start or 1.0
        pixels = self.first + (np.asarray(coordinates, dtype=float) - self.start) * ((self.last - self.first) / span)
        return np.clip(pixels, -FAR, FAR)

    def within(self, pixels: Floats) -> NDArray[np.bool_]:
        """Whether each pixel lies between the axis's ends."""
        low, high = sorted((self.first, self.last))
        with np.errstate(invalid="ignore"):
            return np.asarray((pixels >= low - 0.5) & (pixels <= high + 0.5))

    def pixels(self, values: Any) -> Floats:
        """Return the pixels of data values."""
        return self.place(self.how.coordinates(values))

    def base(self) -> float:
        """Return the pixel of zero, or of the axis's lower end where there is no zero."""
        if self.how.kind == "log":
            return float(self.place(min(self.start, self.end)))
        return float(self.place(0.0))

    def title(self) -> str:
        """Return the axis's title in markup."""
        title = pick(self.spec, "title")
        return str(pick(title, "text", "")) if not isinstance(title, str) else title
