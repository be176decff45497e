"""Scatter traces: lines, steps, markers, error bars, bands and words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from axnb.analyses.drawing import style
from axnb.analyses.static.svg.axis import Axis, Measure, Span
from axnb.analyses.static.svg.colour import paint
from axnb.analyses.static.svg.marks import (
    Sheet,
    numbers_of,
    points,
    runs,
    scale_of,
    stroke,
    stroked,
    symbol,
    symbol_name,
    thin_line,
    thin_points,
    trace_colour,
)
from axnb.analyses.static.svg.spec import Floats, Spec, at, floats, listed, pick, real
from axnb.analyses.static.svg.text import cut, flat, label, number

Ends = tuple[Floats, Floats]

_MOST_CIRCLES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """A scatter trace in coordinates.

    Args:
        trace: Its settings.
        x: Horizontal coordinates.
        y: Vertical coordinates.
        x_error: Coordinates of the two ends of each horizontal error bar.
        y_error: Coordinates of the two ends of each vertical one.
        below: The line of the trace before it, for a band between the two.
    """

    trace: Spec
    x: Floats
    y: Floats
    x_error: Ends | None = None
    y_error: Ends | None = None
    below: "Scatter | None" = None

    def mode(self) -> str:
        """Return what is drawn of it: lines, markers, text."""
        given = self.trace.get("mode")
        return str(given or ("lines+markers" if len(self.x) < 20 else "lines"))

    def span(self, letter: str) -> Span:
        """Return what should be in view."""
        own, error = (self.x, self.x_error) if letter == "x" else (self.y, self.y_error)
        seen = np.isfinite(self.x) & np.isfinite(self.y)
        values = np.concatenate([own[seen], *(end[seen] for end in error or ())])
        padded = letter == "y" or "markers" in self.mode() or "text" in self.mode()
        fill = self.trace.get("fill")
        return Span(values, padded=padded, zero=fill == f"tozero{letter}")

    def draw(self, x: Axis, y: Axis, sheet: Sheet) -> str:
        """Return SVG elements: lines and bands kept within the axes, markers whole where their middle is."""
        px, py = x.place(self.x), y.place(self.y)
        mode = self.mode()
        drawn = self._band(x, y, px, py, sheet.budget)
        if "lines" in mode:
            drawn += self._line(px, py, sheet.budget)
        seen = x.within(px) & y.within(py)
        index = thin_points(np.where(seen, px, np.nan), py, sheet.budget)
        drawn += self._errors(x, y, px, py, index)
        out = f"<g{sheet.clip}>{drawn}</g>" if drawn else ""
        if "markers" in mode:
            out += _markers(self.trace, px, py, index)
        if "text" in mode:
            out += _words(self.trace, px, py, index)
        opacity = real(self.trace.get("opacity", 1))
        return f'<g opacity="{opacity:.3g}">{out}</g>' if opacity < 1 else out

    def _vertices(self, px: Floats, py: Floats, index: NDArray[np.intp], budget: int) -> Ends:
        """Return the thinned corners of one stretch of the line, steps included."""
        kept = index[thin_line(px[index], py[index], budget)]
        return _stepped(px[kept], py[kept], str(pick(self.trace, "line.shape", "linear")))

    def _line(self, px: Floats, py: Floats, budget: int) -> str:
        stretches = (
            [np.flatnonzero(np.isfinite(px) & np.isfinite(py))] if self.trace.get("connectgaps") else runs(px, py)
        )
        parts = [points(*self._vertices(px, py, part, budget)) for part in stretches if len(part) > 1]
        width = real(pick(self.trace, "line.width", 2))
        if not parts or not width > 0:
            return ""
        color = pick(self.trace, "line.color")
        color = color if isinstance(color, str) else trace_colour(self.trace)
        look = stroke(paint("stroke", color), width, pick(self.trace, "line.dash"))
        return f'<path d="{"".join("M" + p for p in parts)}" fill="none"{look} stroke-linejoin="round"/>'

    def _band(self, x: Axis, y: Axis, px: Floats, py: Floats, budget: int) -> str:
        fill = str(self.trace.get("fill", "none"))
        if fill == "none":
            return ""
        corners = []
        for part in runs(px, py):
            vx, vy = self._vertices(px, py, part, budget)
            if fill == "tozeroy":
                vx, vy = np.append(vx, [vx[-1], vx[0]]), np.append(vy, [y.base()] * 2)
            elif fill == "tozerox":
                vx, vy = np.append(vx, [x.base()] * 2), np.append(vy, [vy[-1], vy[0]])
            corners.append((vx, vy))
        if fill.startswith("tonext") and self.below is not None:
            bx, by = x.place(self.below.x), y.place(self.below.y)
            back = [self.below._vertices(bx, by, part, budget) for part in runs(bx, by)]  # noqa: SLF001 - its own class
            corners = _joined(corners, back)
        color = self.trace.get("fillcolor")
        look = paint("fill", color) if color else paint("fill", trace_colour(self.trace), 0.25)
        data = "".join(f"M{points(vx, vy)}Z" for vx, vy in corners)
        return f'<path d="{data}"{look}/>' if data else ""

    def _errors(self, x: Axis, y: Axis, px: Floats, py: Floats, index: NDArray[np.intp]) -> str:
        out = []
        for letter, ends, axis in (("x", self.x_error, x), ("y", self.y_error, y)):
            if ends is None:
                continue
            spec = self.trace.get(f"error_{letter}")
            near, far = axis.place(ends[0]), axis.place(ends[1])
            near = np.where(np.isfinite(near), near, axis.first)
            cap = real(pick(spec, "width", 3))
            data = error_bars(letter, px[index], py[index], near[index], far[index], cap)
            look = stroke(
                paint("stroke", pick(spec, "color", trace_colour(self.trace))), real(pick(spec, "thickness", 1.3))
            )
            out.append(f'<path d="{data}" fill="none"{look}/>' if data else "")
        return "".join(out)


def _joined(forth: list[Ends], back: list[Ends]) -> list[Ends]:
    """Return the outlines between two lines: stretch by stretch where they match, else as one."""
    if len(forth) != len(back):
        forth = [(np.concatenate([a for a, _ in forth]), np.concatenate([b for _, b in forth]))] if forth else []
        back = [(np.concatenate([a for a, _ in back]), np.concatenate([b for _, b in back]))] if back else []
    both = zip(forth, back, strict=False)
    return [(np.append(fx, bx[::-1]), np.append(fy, by[::-1])) for (fx, fy), (bx, by) in both]


def _stepped(px: Floats, py: Floats, shape: str) -> Ends:
    if shape not in ("hv", "vh", "hvh", "vhv") or len(px) < 2:
        return px, py
    if shape in ("hv", "vh"):
        x, y = np.repeat(px, 2), np.repeat(py, 2)
        return (x[1:], y[:-1]) if shape == "hv" else (x[:-1], y[1:])
    middle = ((px[1:] + px[:-1]) / 2, (py[1:] + py[:-1]) / 2)[shape == "vhv"]
    inner = np.repeat(middle, 2)
    if shape == "hvh":
        return np.concatenate([px[:1], inner, px[-1:]]), np.repeat(py, 2)
    return np.repeat(px, 2), np.concatenate([py[:1], inner, py[-1:]])


def error_bars(letter: str, px: Floats, py: Floats, near: Floats, far: Floats, cap: float) -> str:
    """Return the path of error bars with caps.

    Args:
        letter: The axis they run along.
        px: Where the points are.
        py: Where the points are.
        near: Pixels of their one end along that axis.
        far: Pixels of their other end.
        cap: Half the length of a cap.
    """
    parts = []
    for x, y, a, b in zip(px.tolist(), py.tolist(), near.tolist(), far.tolist(), strict=True):
        if not np.isfinite([x, y, a, b]).all() or abs(a - b) < 0.3:
            continue
        if letter == "y":
            ends = "".join(f"M{number(x - cap)} {number(v)}h{number(2 * cap)}" for v in (a, b)) if cap > 0 else ""
            parts.append(f"M{number(x)} {number(a)}V{number(b)}{ends}")
        else:
            ends = "".join(f"M{number(v)} {number(y - cap)}v{number(2 * cap)}" for v in (a, b)) if cap > 0 else ""
            parts.append(f"M{number(a)} {number(y)}H{number(b)}{ends}")
    return "".join(parts)


def error_ends(spec: Any, values: Any, how: Measure) -> Ends | None:
    """Return the coordinates of the two ends of each error bar, or ``None`` if a trace has none."""
    given = isinstance(spec, dict) and spec.get("visible", True) is not False
    if not given or not any(spec.get(k) is not None for k in ("array", "value")):
        return None
    center = floats(values) if how.kind in ("linear", "log") else how.coordinates(values)
    kind = spec.get("type", "data")
    if kind == "data":
        plus = _sized(floats(_entries(spec.get("array"))), len(center))
        minus = spec.get("arrayminus") if spec.get("symmetric") is not True else None
        less = plus if minus is None else _sized(floats(_entries(minus)), len(center))
    else:
        size = abs(real(spec.get("value", 10)))
        plus = np.abs(center) * size / 100 if kind == "percent" else np.full(len(center), size)
        less = plus
    low, high = center - np.nan_to_num(less), center + np.nan_to_num(plus)
    if how.kind in ("linear", "log"):
        return how.coordinates(low), how.coordinates(high)
    return low, high


def _entries(value: Any) -> Any:
    return value if listed(value) is not None else []


def _sized(values: Floats, size: int) -> Floats:
    out = np.full(size, np.nan)
    out[: min(size, len(values))] = values[:size]
    return out


def _radii(marker: Any, total: int) -> Callable[[int], float]:
    """Return the function from a point's index to its marker's radius, in pixels."""
    size = pick(marker, "size", 6)
    if listed(size) is None:
        radius = max(real(size), 0) / 2
        return lambda _: radius
    sizes = _sized(floats(size), total)
    reference = real(pick(marker, "sizeref", 1)) or 1.0
    if pick(marker, "sizemode", "diameter") == "area":
        radii = np.sqrt(np.maximum(sizes, 0) / reference) / 2
    else:
        radii = np.maximum(sizes, 0) / reference / 2
    radii = np.clip(np.nan_to_num(radii), real(pick(marker, "sizemin", 0)) / 2, 60)
    return lambda i: float(radii[i])


def _markers(trace: Spec, px: Floats, py: Floats, index: NDArray[np.intp]) -> str:
    marker = trace.get("marker") or {}
    numbers = numbers_of(marker)
    shades = scale_of(marker, numbers).colours(numbers) if numbers is not None else listed(pick(marker, "color"))
    single = trace_colour(trace)
    radius = _radii(marker, len(px))

    def name_of(i: int) -> str:
        return symbol_name(at(marker.get("symbol"), i, "circle"))

    def ink(i: int) -> str:
        color = at(shades, i, single)
        return _ink(name_of(i), color, at(pick(marker, "line.color"), i), real(at(pick(marker, "line.width"), i, 0)))

    differ = any(listed(pick(marker, path)) is not None for path in ("symbol", "line.color", "line.width"))
    differ = differ or shades is not None
    opacity = marker.get("opacity")
    faint = real(opacity) if opacity is not None and listed(opacity) is None else 1.0
    same = not differ and listed(opacity) is None and listed(marker.get("size")) is None and name_of(0) == "circle"
    if same and len(index) > _MOST_CIRCLES:
        return _dots(px[index], py[index], radius(0), single, faint)
    drawn = []
    for i in index.tolist():
        attributes = ink(i) if differ else ""
        own = real(at(opacity, i, 1)) if listed(opacity) is not None else 1.0
        attributes += f' opacity="{own:.2g}"' if own < 1 else ""
        drawn.append(symbol(name_of(i), float(px[i]), float(py[i]), radius(i), attributes))
    shared = ("" if differ else ink(0)) + (f' opacity="{faint:.3g}"' if faint < 1 else "")
    return f"<g{shared}>{''.join(drawn)}</g>" if drawn else ""


def _dots(px: Floats, py: Floats, radius: float, color: str, opacity: float) -> str:
    """Return many equal dots as one path: a third of the size of as many circles."""
    spots = zip(px.tolist(), py.tolist(), strict=True)
    data = "".join(f"M{number(x)} {number(y)}h0" for x, y in spots)
    look = stroke(paint("stroke", color, opacity), 2 * radius)
    return f'<path d="{data}" fill="none"{look} stroke-linecap="round"/>'


def _ink(name: str, color: object, edge: object, width: float) -> str:
    """Return the fill and stroke of a marker."""
    if stroked(name):
        unseen = edge in (None, style.LIGHT.paper, style.DARK.paper)  # the template's edge, which parts filled markers
        line = color if "open" in name or unseen else edge
        return ' fill="none"' + stroke(paint("stroke", line), max(width, 1.6))
    return paint("fill", color) + (stroke(paint("stroke", edge), width) if width > 0 and edge is not None else "")


_PLACES = {"top": ("bottom", -1), "middle": ("middle", 0), "bottom": ("top", 1)}


def _words(trace: Spec, px: Floats, py: Floats, index: NDArray[np.intp]) -> str:
    texts = trace.get("text")
    size = real(at(pick(trace, "textfont.size"), 0, 11)) or 11
    color = at(pick(trace, "textfont.color"), 0, "")
    gap = 4 + max(real(at(pick(trace, "marker.size"), 0, 6)) / 2 if "markers" in str(trace.get("mode")) else 0, 0)
    out = []
    for i in index.tolist()[:400]:
        text = at(texts, i, "")
        if not text:
            continue
        vertical, _, horizontal = str(at(trace.get("textposition"), i, "middle center")).partition(" ")
        valign, way = _PLACES.get(vertical, ("middle", 0))
        anchor, side = {"left": ("end", -1), "right": ("start", 1)}.get(horizontal, ("middle", 0))
        x, y = float(px[i]) + side * gap, float(py[i]) + way * gap
        said = text if len(flat(text)) < 40 else cut(flat(text), size, 200).replace("<", "&lt;")
        out.append(label(x, y, said, size=size, fill=str(color), anchor=anchor, valign=valign))
    return "".join(out)


def read_scatter(trace: Spec, x_values: Any, y_values: Any, x: Measure, y: Measure, below: Scatter | None) -> Scatter:
    """Return a scatter trace in coordinates.

    Args:
        trace: Its settings.
        x_values: Horizontal data values.
        y_values: Vertical data values, as many.
        x: How the horizontal axis measures.
        y: How the vertical axis measures.
        below: The scatter trace before it on the same axes.
    """
    return Scatter(
        trace=trace,
        x=x.coordinates(x_values),
        y=y.coordinates(y_values),
        x_error=error_ends(trace.get("error_x"), x_values, x),
        y_error=error_ends(trace.get("error_y"), y_values, y),
        below=below,
    )
