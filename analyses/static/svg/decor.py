"""What stands around the marks: legends, colour bars, shapes and annotations."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from axnb.analyses.static.svg.axis import Axis, Measure
from axnb.analyses.static.svg.colour import Scale, hexadecimal, paint
from axnb.analyses.static.svg.fields import Field, band_colours, list_levels
from axnb.analyses.static.svg.marks import numbers_of, scale_of, stroke, stroked, symbol, symbol_name, trace_colour
from axnb.analyses.static.svg.spec import Figure, Spec, at, listed, pick, real, title_of
from axnb.analyses.static.svg.text import attribute, box, cut, extent, flat, label, number
from axnb.analyses.static.svg.ticks import Tick, plain_number, ticks_of

_ROW = 18.0
_LABEL = 180.0  # pixels: the longest legend entry


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A part of the picture, in pixels."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height


# --- legends


@dataclass(frozen=True, slots=True, kw_only=True)
class Legend:
    """The names of traces, laid out.

    Args:
        rows: Rows of entries, each a trace and its name.
        upright: Whether it stands beside the plot, an entry a row, rather than above it.
        inside: Where in the plot it is drawn, as fractions from the left and from the bottom; ``None`` if outside.
        below: Whether it is drawn below the plot.
        size: Font size in pixels.
    """

    rows: tuple[tuple[tuple[Spec, str], ...], ...]
    upright: bool
    inside: tuple[float, float] | None
    below: bool
    size: float

    @property
    def width(self) -> float:
        """Pixels."""
        return max((sum(_entry_width(name, self.size) for _, name in row) for row in self.rows), default=0.0)

    @property
    def height(self) -> float:
        """Pixels."""
        return _ROW * len(self.rows)

    def draw(self, left: float, top: float) -> str:
        """Return SVG elements."""
        out = []
        for i, row in enumerate(self.rows):
            x, y = left, top + _ROW * (i + 0.5)
            for trace, name in row:
                out.append(swatch(trace, x, y))
                out.append(label(x + 26, y, name, size=self.size, valign="middle"))
                x += _entry_width(name, self.size)
        return "".join(out)


def _entry_width(name: str, size: float) -> float:
    return 26 + extent(name, size)[0] + 14


def legend_of(figure: Figure, room: float) -> Legend | None:
    """Return the legend of a figure, or ``None`` if it wants none.

    Args:
        figure: The figure.
        room: The pixels that a row may take.
    """
    shown = figure.layout.get("showlegend")
    named = []
    groups: set[str] = set()
    for trace in figure.traces:
        own = trace.get("showlegend")
        wants = own is True or (own is None and trace["type"] in ("scatter", "bar", "box"))
        group = str(trace.get("legendgroup") or "")
        if not wants or (own is None and group and group in groups):
            continue
        groups.add(group)
        name = flat(trace["name"]) if trace.get("name") is not None else f"trace {trace['index']}"
        if name.strip():
            named.append((trace, cut(name, 11, _LABEL).replace("&", "&amp;").replace("<", "&lt;")))
    asked = any(trace.get("showlegend") is True for trace in figure.traces)
    if not named or shown is False or (shown is None and len(named) < 2 and not asked):
        return None
    named = named[:40]
    spec = figure.layout.get("legend") or {}
    upright = spec.get("orientation", "v") != "h"
    x, y = real(spec.get("x", 1.02)), real(spec.get("y", 1))
    inside = (x, y) if upright and 0 <= x < 1 and 0 <= y <= 1 else None
    rows: list[list[tuple[Spec, str]]] = [[]]
    used = 0.0
    for entry in named:
        wide = _entry_width(entry[1], 11)
        if rows[-1] and (upright or used + wide > room):
            rows.append([])
            used = 0.0
        rows[-1].append(entry)
        used += wide
    return Legend(rows=tuple(map(tuple, rows)), upright=upright, inside=inside, below=not upright and y < 0, size=11)


def swatch(trace: Spec, x: float, y: float) -> str:
    """Return the sample of a trace that stands before its name, 22 pixels wide."""
    color = trace_colour(trace)
    mode = str(trace.get("mode") or "lines+markers")
    if trace["type"] != "scatter":
        return f"<rect {box(x + 5, y - 5, 12, 10)}{paint('fill', color)}/>"
    out = ""
    if trace.get("fill") not in (None, "none"):
        fill = trace.get("fillcolor")
        look = paint("fill", fill) if fill else paint("fill", color, 0.25)
        out += f"<rect {box(x, y - 5, 22, 10)}{look}/>"
    width = real(pick(trace, "line.width", 2))
    if "lines" in mode and width > 0:
        own = pick(trace, "line.color")
        look = stroke(paint("stroke", own if isinstance(own, str) else color), min(width, 4), pick(trace, "line.dash"))
        out += f'<path d="M{number(x)} {number(y)}h22" fill="none"{look}/>'
    if "markers" in mode:
        marker = trace.get("marker") or {}
        name = symbol_name(at(marker.get("symbol"), 0, "circle"))
        edge = at(pick(marker, "line.color"), 0)
        shade = at(listed(marker.get("color")), 0, color) if numbers_of(marker) is None else "#6b7280"
        look = ' fill="none"' + stroke(paint("stroke", shade), 1.6) if stroked(name) else paint("fill", shade)
        look += stroke(paint("stroke", edge), 1) if edge is not None and not stroked(name) else ""
        out += symbol(name, x + 11, y, min(max(real(at(marker.get("size"), 0, 7)), 5), 10) / 2, look)
    return out


# --- colour bars


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourBar:
    """A colour bar.

    Args:
        spec: Its settings.
        scale: The colours.
        bands: The edges and the colours of bands, for contours; empty for a smooth bar.
    """

    spec: Spec
    scale: Scale
    bands: tuple[tuple[float, float, str], ...] = ()

    @property
    def thickness(self) -> float:
        """Pixels across."""
        return min(max(real(self.spec.get("thickness", 12)), 4), 30)

    def axis(self, place: Rectangle) -> Axis:
        """Return the bar's own axis within a part of the picture."""
        return Axis(
            name="y",
            spec=self.spec,
            how=Measure("linear"),
            start=self.scale.low,
            end=self.scale.high,
            first=place.bottom,
            last=place.top,
        )

    def room(self, height: float) -> float:
        """Return the pixels that it takes beside a plot of some height."""
        marks = self.ticks(Rectangle(0, 0, self.thickness, height))
        widest = max((extent(t.text, 10)[0] for t in marks), default=0.0)
        return 14 + self.thickness + 6 + max(widest, 0) + 4

    def ticks(self, place: Rectangle) -> list[Tick]:
        """Return its ticks."""
        if not self.scale.high > self.scale.low:
            return [Tick(self.scale.low, f"{self.scale.low:.4g}")]
        levels = [low for low, _, _ in self.bands[1:]]
        fixed = any(self.spec.get(key) is not None for key in ("tickvals", "tickformat", "dtick", "nticks"))
        if len(levels) > 1 and not fixed:  # marks where the colours change
            stride = math.ceil(len(levels) * 26 / max(place.height, 1))
            return [Tick(v, plain_number(v, levels[1] - levels[0])) for v in levels[::stride]]
        return [t for t in ticks_of(self.axis(place), 34) if not t.minor]

    def draw(self, place: Rectangle, name: str) -> str:
        """Return SVG elements.

        Args:
            place: Where the bar itself goes.
            name: An id that no other element of the document has.
        """
        out = [self._body(place, name)]
        axis = self.axis(place)
        flat_scale = not self.scale.high > self.scale.low
        for tick in self.ticks(place):
            y = (place.top + place.bottom) / 2 if flat_scale else float(axis.place(tick.coordinate))
            out.append(f'<path d="M{number(place.right)} {number(y)}h3" stroke="#5b6672" stroke-width="1"/>')
            out.append(label(place.right + 6, y, tick.text, size=10, valign="middle"))
        title = title_of(self.spec)
        if title:
            text = cut(flat(title), 11, 150).replace("&", "&amp;").replace("<", "&lt;")
            wide = extent(text, 11)[0]
            right = place.right + self.room(place.height) - 14 - self.thickness
            x = max(min(place.left, right - wide), 4)
            out.append(label(x, place.top - 6, text, size=11, valign="bottom"))
        return "".join(out)

    def _body(self, place: Rectangle, name: str) -> str:
        span = self.scale.high - self.scale.low
        if self.bands and span > 0:
            out = []
            for low, high, color in self.bands:
                top = place.bottom - (min(high, self.scale.high) - self.scale.low) / span * place.height
                tall = (min(high, self.scale.high) - max(low, self.scale.low)) / span * place.height
                out.append(f'<rect {box(place.left, top, place.width, max(tall, 0) + 0.3)} fill="{color}"/>')
            return "".join(out)
        stops = "".join(
            f'<stop offset="{p:.4g}" stop-color="{hexadecimal(c)}"/>'
            for p, c in zip(self.scale.stops, self.scale.values, strict=True)
        )
        gradient = f'<defs><linearGradient id="{name}" x1="0" y1="1" x2="0" y2="0">{stops}</linearGradient></defs>'
        return f'{gradient}<rect {box(place.left, place.top, place.width, place.height)} fill="url(#{name})"/>'


def colour_bars(figure: Figure, fields: Sequence[Field]) -> list[ColourBar]:
    """Return the colour bars that the traces of a figure ask for, one for each shared colour axis."""
    out = []
    shared: set[str] = set()
    for field in fields:
        spec = field.trace
        if spec.get("showscale", True) is False or pick(spec, "contours.type") == "constraint" or _again(spec, shared):
            continue
        if not np.isfinite(field.z).any() or pick(spec, "contours.coloring") == "none":
            continue
        bands: tuple[tuple[float, float, str], ...] = ()
        if spec["type"] == "contour" and pick(spec, "contours.coloring", "fill") == "fill":
            levels = list_levels(field)
            ends = [-math.inf, *levels, math.inf]
            bands = tuple(zip(ends[:-1], ends[1:], band_colours(field, levels), strict=True))
        out.append(ColourBar(spec=spec.get("colorbar") or {}, scale=field.scale(), bands=bands))
    for trace in figure.traces:
        for part in (trace.get("marker"), trace.get("line") if trace["type"] == "parcoords" else None):
            numbers = numbers_of(part)
            given = isinstance(part, Mapping) and numbers is not None
            default = (
                trace["type"] == "parcoords"
                or pick(part, "coloraxis") is not None
                or pick(part, "colorbar") is not None
            )
            if given and pick(part, "showscale", default) and not _again(part, shared):
                assert isinstance(part, Mapping)
                assert numbers is not None
                out.append(ColourBar(spec=part.get("colorbar") or {}, scale=scale_of(part, numbers)))
    return out


def _again(spec: Any, shared: set[str]) -> bool:
    """Whether the colour axis of this part has its bar already."""
    name = pick(spec, "coloraxis")
    if name is None:
        return False
    seen = str(name) in shared
    shared.add(str(name))
    return seen


# --- shapes and annotations


@dataclass(frozen=True, slots=True)
class Place:
    """Where references such as ``x2``, ``y domain`` and ``paper`` lead.

    Args:
        plot: The whole plotting area.
        axes: The placed axes by name.
    """

    plot: Rectangle
    axes: Mapping[str, Axis]

    def pixel(self, reference: object, value: Any, letter: str) -> float:
        """Return the pixel of a value, NaN if there is none."""
        name, _, domain = self._reference(reference, letter).partition(" ")
        if name in self.axes and name[0] == letter:
            axis = self.axes[name]
            if domain:
                return axis.first + real(value) * (axis.last - axis.first)
            if axis.how.kind == "log":
                return float(axis.place(real(value)))
            return float(axis.pixels([value])[0])
        fraction = real(value)
        if letter == "x":
            return self.plot.left + fraction * self.plot.width
        return self.plot.bottom - fraction * self.plot.height

    def _reference(self, given: object, letter: str) -> str:
        return str(given) if given else letter if letter in self.axes else "paper"

    def shape_pixel(self, reference: object, value: Any, letter: str) -> float:
        """Return the pixel of a shape's value, which on a log axis is the value itself and not its logarithm."""
        axis = self.axes.get(self._reference(reference, letter))
        return float(axis.pixels([value])[0]) if axis is not None else self.pixel(reference, value, letter)


def shapes(figure: Figure, place: Place, above: bool) -> str:
    """Return the lines, rectangles and circles that lie above the traces, or below them."""
    out = []
    for shape in figure.layout.get("shapes") or []:
        if (
            not isinstance(shape, Mapping)
            or shape.get("visible") is False
            or (shape.get("layer", "above") == "above") != above
        ):
            continue
        x0, x1 = (place.shape_pixel(shape.get("xref"), shape.get(k), "x") for k in ("x0", "x1"))
        y0, y1 = (place.shape_pixel(shape.get("yref"), shape.get(k), "y") for k in ("y0", "y1"))
        if not np.isfinite([x0, x1, y0, y1]).all():
            continue
        look = stroke(
            paint("stroke", pick(shape, "line.color", "#444444")),
            real(pick(shape, "line.width", 2)),
            pick(shape, "line.dash"),
        )
        fill = shape.get("fillcolor") or "none"
        opacity = real(shape.get("opacity", 1))
        look += f' opacity="{opacity:.3g}"' if opacity < 1 else ""
        left, top, wide, high = min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0)
        if shape.get("type") == "line":
            out.append(f'<path d="M{number(x0)} {number(y0)}L{number(x1)} {number(y1)}" fill="none"{look}/>')
        elif shape.get("type") == "circle":
            middle = f'cx="{number(left + wide / 2)}" cy="{number(top + high / 2)}"'
            radii = f'rx="{number(wide / 2)}" ry="{number(high / 2)}"'
            out.append(f"<ellipse {middle} {radii}{paint('fill', fill)}{look}/>")
        elif shape.get("type", "rect") == "rect":
            out.append(f"<rect {box(left, top, wide, high)}{paint('fill', fill)}{look}/>")
        text = pick(shape, "label.text")
        if text:
            out.append(label(left + wide - 4, top + high / 2 - 3, text, size=11, anchor="end", valign="bottom"))
    return "".join(out)


def annotations(figure: Figure, place: Place, ink: str) -> str:
    """Return the annotations of a figure."""
    out = []
    for note in figure.layout.get("annotations") or []:
        if not isinstance(note, Mapping) or note.get("visible") is False or not note.get("text"):
            continue
        x = place.pixel(note.get("xref"), note.get("x"), "x") + real(note.get("xshift", 0))
        y = place.pixel(note.get("yref"), note.get("y"), "y") - real(note.get("yshift", 0))
        if np.isfinite([x, y]).all():
            out.append(_annotation(note, x, y, ink))
    return "".join(out)


def _annotation(note: Spec, x: float, y: float, ink: str) -> str:
    out = ""
    color, size = str(pick(note, "font.color", ink)), real(pick(note, "font.size", 12))
    arrow = note.get("showarrow", True)
    if arrow:
        tip = (x, y)
        x, y = x + real(note.get("ax", -10)), y + real(note.get("ay", -30))
        out += _arrow(note, (x, y), tip, color)
    xanchor = str(note.get("xanchor") or "auto")
    if xanchor == "auto":
        fraction = real(note.get("x")) if note.get("xref") == "paper" and not arrow else 0.5
        xanchor = "left" if fraction < 1 / 3 else "right" if fraction > 2 / 3 else "center"
    yanchor = str(note.get("yanchor") or "auto")
    if yanchor == "auto":
        way = real(note.get("ay", -30)) if arrow else 0
        yanchor = "middle" if way == 0 else "bottom" if way < 0 else "top"
    anchor = {"left": "start", "right": "end"}.get(xanchor, "middle")
    wide, high = extent(note["text"], size)
    x += {"start": 3, "end": -3}.get(anchor, 0)
    y -= {"bottom": 3, "top": -3}.get(yanchor, 0)
    if note.get("bgcolor"):
        left = x - {"start": 0, "end": wide}.get(anchor, wide / 2) - 3
        top = y - {"top": 0, "bottom": high}.get(yanchor, high / 2)
        look = paint("fill", note["bgcolor"], real(note.get("opacity", 1)))
        look += stroke(paint("stroke", note["bordercolor"]), 1) if note.get("bordercolor") else ""
        out += f'<rect {box(left, top, wide + 6, high)} rx="2"{look}/>'
    angle = real(note.get("textangle", 0) if note.get("textangle") != "auto" else 0)
    return out + label(x, y, note["text"], size=size, fill=color, anchor=anchor, valign=yanchor, angle=angle, room=460)


def _arrow(note: Spec, tail: tuple[float, float], tip: tuple[float, float], color: str) -> str:
    dx, dy = tip[0] - tail[0], tip[1] - tail[1]
    long = math.hypot(dx, dy)
    if not 1 < long < 1e4:
        return ""
    ux, uy = dx / long, dy / long
    gap = real(note.get("standoff", 0))
    x, y = tip[0] - ux * gap, tip[1] - uy * gap
    look = paint("stroke", note.get("arrowcolor") or color) + ' stroke-width="1.2" fill="none"'
    head = [(x - 7 * ux - 3 * w * uy, y - 7 * uy + 3 * w * ux) for w in (1, -1)]
    wings = (
        f"M{number(head[0][0])} {number(head[0][1])}L{number(x)} {number(y)}L{number(head[1][0])} {number(head[1][1])}"
    )
    wings = "" if note.get("arrowhead") == 0 else wings
    return f'<path d="M{number(tail[0])} {number(tail[1])}L{number(x)} {number(y)}{wings}"{look}/>'


def described(figure: Figure, fallback: str = "figure") -> str:
    """Return one line that says what a figure shows, for those who cannot see it."""
    title = flat(title_of(figure.layout))
    names = [flat(title_of(figure.axis(a))) for a in ("y", "x")]
    axes = " against ".join(n for n in names if n)
    return attribute(": ".join(part for part in (title, axes) if part) or fallback)
