"""What all marks share: the protocol, thinning, paths, symbols and the colours of points."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from axnb.analyses.drawing import style
from axnb.analyses.static.svg.axis import Axis, Span
from axnb.analyses.static.svg.colour import Scale
from axnb.analyses.static.svg.spec import Floats, Spec, floats, listed, pick, real
from axnb.analyses.static.svg.text import number

DASHES = {"dot": "1.5 3.5", "dash": "6 4", "longdash": "11 5", "dashdot": "6 3.5 1.5 3.5", "longdashdot": "11 4 1.5 4"}
Corner = tuple[float, float]


def _turned(*corners: Corner) -> tuple[Corner, ...]:
    """Return the corners of a quarter, and of the quarters that follow it clockwise."""
    out = list(corners)
    for _ in range(3):
        out += [(-y, x) for x, y in out[-len(corners) :]]
    return tuple(out)


_POLYGONS: dict[str, tuple[Corner, ...]] = {
    "square": ((-0.89, -0.89), (0.89, -0.89), (0.89, 0.89), (-0.89, 0.89)),
    "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
    "triangle-up": ((0, -1.2), (1.1, 0.75), (-1.1, 0.75)),
    "triangle-down": ((0, 1.2), (1.1, -0.75), (-1.1, -0.75)),
    "triangle-left": ((-1.2, 0), (0.75, -1.1), (0.75, 1.1)),
    "triangle-right": ((1.2, 0), (-0.75, -1.1), (-0.75, 1.1)),
    "cross": _turned((-0.4, -0.4), (-0.4, -1.2), (0.4, -1.2)),
    "x": _turned((-0.5, 0), (-1.1, -0.6), (-0.6, -1.1)),
    "star": tuple(
        (
            (1.4 if i % 2 == 0 else 0.58) * math.sin(i * math.pi / 5),
            -(1.4 if i % 2 == 0 else 0.58) * math.cos(i * math.pi / 5),
        )
        for i in range(10)
    ),
}
_NUMBERED = (
    "circle",
    "square",
    "diamond",
    "cross",
    "x",
    "triangle-up",
    "triangle-down",
    "triangle-left",
    "triangle-right",
)
_STROKED = {
    "line-ew": "M{l} {y}H{r}",
    "line-ns": "M{x} {t}V{b}",
    "cross-thin": "M{l} {y}H{r}M{x} {t}V{b}",
    "x-thin": "M{l} {t}L{r} {b}M{l} {b}L{r} {t}",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a mark is drawn on.

    Args:
        budget: The most points to draw.
        clip: The attribute that keeps an element within its axes.
    """

    budget: int
    clip: str = ""


class Mark(Protocol):
    """A trace that is ready to be drawn on a pair of axes."""

    @property
    def trace(self) -> Spec:
        """The trace's settings."""
        ...

    def span(self, letter: str) -> Span:
        """Return the coordinates that should be in view along x or y."""
        ...

    def draw(self, x: Axis, y: Axis, sheet: Sheet) -> str:
        """Return SVG elements.

        Args:
            x: The horizontal axis, placed.
            y: The vertical axis, placed.
            sheet: What they are drawn on.
        """
        ...


def axes_of(trace: Spec) -> tuple[str, str]:
    """Return the names of a trace's two axes."""
    return str(trace.get("xaxis") or "x"), str(trace.get("yaxis") or "y")


def thin_points(px: Floats, py: Floats, most: int) -> NDArray[np.intp]:
    """Return the indices of at most about ``most`` points that look like all of them, the extremes among them."""
    index = np.flatnonzero(np.isfinite(px) & np.isfinite(py))
    if len(index) <= most:
        return index
    x, y = px[index], py[index]
    keys = np.round(x).astype(np.int64) * 1_000_003 + np.round(y).astype(np.int64)
    kept = np.unique(keys, return_index=True)[1]  # points on the same pixel are one
    if len(kept) > most:
        kept = np.random.default_rng(0).choice(kept, most, replace=False)
    orders = [np.argsort(v, kind="stable") for v in (x, y)]
    extremes = [part for order in orders for part in (order[:3], order[-3:])]
    chosen: NDArray[np.intp] = index[np.unique(np.concatenate([kept, *extremes]))]
    return chosen


def thin_line(px: Floats, py: Floats, most: int) -> NDArray[np.intp]:
    """Return the indices of at most about ``most`` vertices that keep every peak of a line."""
    total = len(px)
    if total <= most:
        return np.arange(total)
    chunk = math.ceil(6 * total / max(most, 12))
    kept = {0, total - 1}
    for start in range(0, total, chunk):
        x, y = px[start : start + chunk], py[start : start + chunk]
        kept |= {start, start + len(x) - 1}
        kept |= {start + int(f(v)) for v in (x, y) for f in (np.argmin, np.argmax)}
    return np.array(sorted(kept))


def runs(*columns: Floats) -> list[NDArray[np.intp]]:
    """Return the indices of each unbroken stretch in which every column is finite."""
    fine = np.logical_and.reduce([np.isfinite(c) for c in columns])
    index: NDArray[np.intp] = np.flatnonzero(fine)
    return [part for part in np.split(index, np.flatnonzero(np.diff(index) > 1) + 1) if len(part)]


def points(px: Any, py: Any) -> str:
    """Return coordinates as they stand in a path."""
    return " ".join(
        f"{number(x)} {number(y)}" for x, y in zip(np.asarray(px).tolist(), np.asarray(py).tolist(), strict=True)
    )


def stroke(color: str, width: float, dash: object = None) -> str:
    """Return stroke attributes; ``color`` is already an attribute made by `colour.paint`."""
    pattern = DASHES.get(str(dash), "")
    return f'{color} stroke-width="{width:.3g}"' + (f' stroke-dasharray="{pattern}"' if pattern else "")


def symbol_name(value: object) -> str:
    """Return a plotly symbol's name; numbers stand for names, and 100 more for an open one."""
    text = str(value)
    if text.isdigit():
        code = int(text)
        name = _NUMBERED[code % 100] if code % 100 < len(_NUMBERED) else "circle"
        return name + ("-open" if code // 100 % 2 else "")
    return text


def symbol(name: str, x: float, y: float, radius: float, attributes: str = "") -> str:
    """Return one marker, filled by the attributes of the group around it or by its own."""
    name = name.removesuffix("-dot").removesuffix("-open")
    if name in _STROKED:
        ends = {"x": x, "y": y, "l": x - radius, "r": x + radius, "t": y - radius, "b": y + radius}
        data = _STROKED[name].format(**{k: number(v) for k, v in ends.items()})
        return f'<path d="{data}"{attributes}/>'
    corners = _POLYGONS.get(name)
    if corners is None:
        return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"{attributes}/>'
    data = "L".join(f"{number(x + radius * dx)} {number(y + radius * dy)}" for dx, dy in corners)
    return f'<path d="M{data}Z"{attributes}/>'


def stroked(name: str) -> bool:
    """Whether a symbol is drawn by its outline alone."""
    return name.removesuffix("-open") in _STROKED or "-open" in name


def scale_of(spec: Spec, values: Floats, prefix: str = "c") -> Scale:
    """Return the colour scale of numbers.

    Args:
        spec: The part of a trace that holds ``colorscale`` and the ends.
        values: All the numbers.
        prefix: ``c`` for markers and lines, ``z`` for fields.
    """
    finite = values[np.isfinite(values)]
    low, high = real(pick(spec, f"{prefix}min")), real(pick(spec, f"{prefix}max"))
    low = (float(finite.min()) if len(finite) else 0.0) if math.isnan(low) else low
    high = (float(finite.max()) if len(finite) else 1.0) if math.isnan(high) else high
    middle = real(pick(spec, f"{prefix}mid"))
    if not math.isnan(middle):
        half = max(abs(high - middle), abs(middle - low))
        low, high = middle - half, middle + half
    stops = listed(spec.get("colorscale"))
    colours = style.SEQUENTIAL if prefix == "z" else style.MARKS
    pairs: Sequence[Any] = style.colorscale(colours) if stops is None or not len(stops) else list(stops)
    return Scale(pairs, low, high, reverse=bool(spec.get("reversescale")))


def numbers_of(spec: Any) -> Floats | None:
    """Return the numbers that a marker's or line's ``color`` holds, or ``None`` if it holds colours."""
    values = listed(pick(spec, "color"))
    if values is None or not len(values) or isinstance(values[0], str):
        return None
    return floats(values)


def trace_colour(trace: Spec) -> str:
    """Return a trace's main colour."""
    for path in ("marker.color", "line.color", "fillcolor"):
        value = pick(trace, path)
        if isinstance(value, str):
            return value
    return str(trace["colour"])
