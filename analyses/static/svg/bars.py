"""Bars and boxes: traces that stand at a place and reach along the other axis."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from axnb.analyses.static.svg.axis import Axis, Measure, Span
from axnb.analyses.static.svg.colour import dark, paint
from axnb.analyses.static.svg.marks import Sheet, numbers_of, scale_of, stroke, trace_colour
from axnb.analyses.static.svg.scatter import Ends, error_bars, error_ends
from axnb.analyses.static.svg.spec import Floats, Spec, at, floats, listed, pick, real
from axnb.analyses.static.svg.text import box, cut, flat, label, number, width

_MOST_BARS = 1500


def is_flat(trace: Spec) -> bool:
    """Whether the bars or boxes of a trace lie along the x axis."""
    given = trace.get("orientation")
    if given in ("h", "v"):
        return bool(given == "h")
    if trace["type"] == "box" and listed(trace.get("median")) is not None:
        return listed(trace.get("y")) is not None and listed(trace.get("x")) is None
    if trace["type"] == "box":
        return listed(trace.get("x")) is not None and listed(trace.get("y")) is None
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A bar trace in coordinates.

    Args:
        trace: Its settings.
        at: Where each bar stands.
        width: How wide each is there.
        low: Where each begins, along the other axis.
        high: Where each ends.
        error: The two ends of each error bar.
    """

    trace: Spec
    at: Floats
    width: Floats
    low: Floats
    high: Floats
    error: Ends | None = None

    def span(self, letter: str) -> Span:
        """Return what should be in view."""
        if (letter == "x") == is_flat(self.trace):
            values = [self.low, self.high, *(self.error or ())]
            return Span(np.concatenate(values), zero=True)
        return Span(np.concatenate([self.at - self.width / 2, self.at + self.width / 2]), padded=False)

    def draw(self, x: Axis, y: Axis, sheet: Sheet) -> str:
        """Return SVG elements."""
        lying = is_flat(self.trace)
        stand, reach = (y, x) if lying else (x, y)
        near, far = stand.place(self.at - self.width / 2), stand.place(self.at + self.width / 2)
        low = np.where(np.isfinite(self.low), reach.place(self.low), reach.base())
        high = reach.place(self.high)
        keep = np.flatnonzero(np.isfinite(near) & np.isfinite(high))
        if len(keep) > min(sheet.budget, _MOST_BARS):
            tallest = np.argsort(-np.abs(high[keep] - low[keep]), kind="stable")
            keep = np.sort(keep[tallest[: min(sheet.budget, _MOST_BARS)]])
        out = []
        for i in keep.tolist():
            a, b = sorted((float(near[i]), float(far[i])))
            c, d = sorted((float(low[i]), float(high[i])))
            place = (c, a, d - c, b - a) if lying else (a, c, b - a, d - c)
            out.append(_rectangle(*place, self._ink(i)) + self._word(i, lying, (a, b), float(low[i]), float(high[i])))
        return f"<g{sheet.clip}>{''.join(out)}{self._errors(reach, (near + far) / 2, high, keep)}</g>"

    def _ink(self, i: int) -> str:
        marker = self.trace.get("marker") or {}
        opacity = real(at(marker.get("opacity"), i, 1)) * real(self.trace.get("opacity", 1))
        edge, thickness = at(pick(marker, "line.color"), i), real(at(pick(marker, "line.width"), i, 0))
        outline = stroke(paint("stroke", edge), thickness) if edge is not None and thickness > 0 else ""
        return paint("fill", self._colour(i), opacity) + outline

    def _colour(self, i: int) -> object:
        marker = self.trace.get("marker") or {}
        numbers = numbers_of(marker)
        if numbers is not None:
            return (
                scale_of(marker, numbers).colours(numbers[i : i + 1])[0] if i < len(numbers) else self.trace["colour"]
            )
        colours = listed(marker.get("color"))
        return at(colours, i, self.trace["colour"]) if colours is not None else trace_colour(self.trace)

    def _word(self, i: int, lying: bool, across: tuple[float, float], low: float, high: float) -> str:
        text, place = at(self.trace.get("text"), i, ""), str(at(self.trace.get("textposition"), i, "auto"))
        if not text or place == "none":
            return ""
        size, middle = 11.0, sum(across) / 2
        long, room = width(flat(text), size) + 8, abs(high - low)
        fits = (
            (long <= room and across[1] - across[0] >= size)
            if lying
            else (room >= 16 and long - 8 <= across[1] - across[0])
        )
        inside = place == "inside" or (place == "auto" and fits)
        way = 1 if high >= low else -1
        fill = ("#ffffff" if dark(self._colour(i)) else "#1f2933") if inside else ""
        said_text = cut(flat(text), size, 160).replace("&", "&amp;").replace("<", "&lt;")
        if lying:
            x = high - 4 * way if inside else high + 4 * way
            anchor = "end" if (way > 0) == inside else "start"
            return label(x, middle, said_text, size=size, fill=fill, anchor=anchor, valign="middle")
        y = high - 3 * way if inside else high + 3 * way
        return label(
            middle,
            y,
            said_text,
            size=size,
            fill=fill,
            anchor="middle",
            valign="top" if (way < 0) == inside else "bottom",
        )

    def _errors(self, reach: Axis, middle: Floats, high: Floats, keep: Any) -> str:
        if self.error is None:
            return ""
        letter = reach.letter
        spec = self.trace.get(f"error_{letter}")
        near, far = reach.place(self.error[0]), reach.place(self.error[1])
        near = np.where(np.isfinite(near), near, reach.base())
        px, py = (high, middle) if letter == "x" else (middle, high)
        data = error_bars(letter, px[keep], py[keep], near[keep], far[keep], real(pick(spec, "width", 3)))
        look = stroke(paint("stroke", pick(spec, "color", "#444444")), real(pick(spec, "thickness", 1.3)))
        return f'<path d="{data}" fill="none"{look}/>' if data else ""


def _rectangle(x: float, y: float, wide: float, high: float, attributes: str) -> str:
    return f"<rect {box(x, y, wide, high)}{attributes}/>"


def read_bars(traces: Sequence[tuple[Spec, Any, Any]], layout: Spec, x: Measure, y: Measure) -> list[Bars]:
    """Return the bar traces of one pair of axes, side by side or stacked as the layout says.

    Args:
        traces: Each trace with its horizontal and vertical values.
        layout: The figure's layout.
        x: How the horizontal axis measures.
        y: How the vertical axis measures.
    """
    mode = str(layout.get("barmode", "group"))
    places = [(y if is_flat(t) else x).coordinates(ys if is_flat(t) else xs) for t, xs, ys in traces]
    unit = _unit(places, "category" in {(y if is_flat(t) else x).kind for t, _, _ in traces})
    whole = unit * (1 - min(max(real(layout.get("bargap", 0.2)), 0), 0.99))
    beside = len(traces) if mode == "group" else 1
    above: dict[tuple[float, bool], float] = {}
    out = []
    for i, ((trace, xs, ys), place) in enumerate(zip(traces, places, strict=True)):
        lying = is_flat(trace)
        reach, lengths = (x, floats(xs)) if lying else (y, floats(ys))
        begin = floats([at(trace.get("base"), k, 0) for k in range(len(lengths))])
        if mode in ("stack", "relative") and trace.get("base") is None:
            begin = _stacked(above, place, lengths, mode)
        end = begin + lengths
        own = floats([at(trace.get("width"), k, whole / beside) for k in range(len(place))])
        shift = np.full(len(place), (i - (beside - 1) / 2) * whole / beside if beside > 1 else 0.0)
        if trace.get("offset") is not None:
            shift = floats([at(trace.get("offset"), k, 0) for k in range(len(place))]) + own / 2
        error = error_ends(trace.get(f"error_{'x' if lying else 'y'}"), end, reach)
        out.append(
            Bars(
                trace=trace,
                at=place + shift,
                width=own,
                low=reach.coordinates(begin),
                high=reach.coordinates(end),
                error=error,
            )
        )
    return out


def _stacked(above: dict[tuple[float, bool], float], place: Floats, lengths: Floats, mode: str) -> Floats:
    """Return where each bar begins, and raise the stacks by their lengths."""
    begin = np.zeros(len(lengths))
    for k, (spot, length) in enumerate(zip(place.tolist(), lengths.tolist(), strict=False)):
        key = (spot, mode == "relative" and length < 0)
        begin[k] = above.get(key, 0.0)
        above[key] = begin[k] + (0.0 if math.isnan(length) else length)
    return begin


def _unit(places: Sequence[Floats], categories: bool) -> float:
    """Return the distance between neighbouring bars."""
    if categories or not places:
        return 1.0
    every = np.unique(np.concatenate(places))
    every = every[np.isfinite(every)]
    return float(np.diff(every).min()) if len(every) > 1 else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One box: five numbers and the points beyond, in coordinates.

    Args:
        at: Where it stands.
        low: End of the lower whisker.
        lower: Lower quartile.
        middle: Median.
        upper: Upper quartile.
        high: End of the upper whisker.
        mean: Mean, or NaN if it is not shown.
        shown: Points drawn one by one.
    """

    at: float
    low: float
    lower: float
    middle: float
    upper: float
    high: float
    mean: float
    shown: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes:
    """A box trace in coordinates.

    Args:
        trace: Its settings.
        boxes: One for each place.
        width: How wide each is, along the axis it stands on.
    """

    trace: Spec
    boxes: tuple[Box, ...]
    width: float

    def span(self, letter: str) -> Span:
        """Return what should be in view."""
        if (letter == "x") == is_flat(self.trace):
            ends = [[b.low, b.high] for b in self.boxes]
            return Span(np.concatenate([np.array(ends, dtype=float).ravel(), *(b.shown for b in self.boxes)]))
        places = np.array([b.at for b in self.boxes], dtype=float)
        return Span(np.concatenate([places - 0.7 * self.width, places + 0.7 * self.width]), padded=False)

    def draw(self, x: Axis, y: Axis, sheet: Sheet) -> str:
        """Return SVG elements."""
        color = trace_colour(self.trace)
        fill = self.trace.get("fillcolor")
        look = paint("fill", fill) if fill else paint("fill", color, 0.3)
        look += stroke(paint("stroke", color), real(pick(self.trace, "line.width", 1.5)))
        body = "".join(self._one(one, x, y, max(sheet.budget // max(len(self.boxes), 1), 20)) for one in self.boxes)
        return f'<g{sheet.clip}{look} stroke-linejoin="round">{body}</g>'

    def _one(self, one: Box, x: Axis, y: Axis, most: int) -> str:
        lying = is_flat(self.trace)
        stand, reach = (y, x) if lying else (x, y)
        a, m, b = stand.place([one.at - self.width / 2, one.at, one.at + self.width / 2]).tolist()
        values = reach.place([one.low, one.lower, one.middle, one.upper, one.high, one.mean]).tolist()
        if not np.isfinite([a, m, b, *values[:5]]).all():
            return ""
        low, lower, middle, upper, high, mean = values

        def line(*ends: tuple[float, float]) -> str:
            return "M" + "L".join(f"{number(v)} {number(u)}" if lying else f"{number(u)} {number(v)}" for u, v in ends)

        c, d = m + (a - m) / 2, m + (b - m) / 2
        outline = line((a, lower), (b, lower), (b, upper), (a, upper)) + "Z"
        whiskers = (
            line((m, lower), (m, low))
            + line((c, low), (d, low))
            + line((m, upper), (m, high))
            + line((c, high), (d, high))
        )
        out = f'<path d="{outline}"/><path d="{whiskers}" fill="none"/>'
        out += f'<path d="{line((a, middle), (b, middle))}" fill="none" stroke-width="2.2"/>'
        if math.isfinite(mean):
            out += f'<path d="{line((a, mean), (b, mean))}" fill="none" stroke-dasharray="3 3"/>'
        spots = np.unique(reach.place(one.shown).round(1))
        spots = spots[np.isfinite(spots)]
        spots = (
            spots[np.linspace(0, len(spots) - 1, min(len(spots), most)).round().astype(int)] if len(spots) else spots
        )
        fill = paint("fill", trace_colour(self.trace), 0.8)
        for spot in spots.tolist():
            cx, cy = (spot, m) if lying else (m, spot)
            out += f'<circle cx="{number(cx)}" cy="{number(cy)}" r="2.5"{fill} stroke="none"/>'
        return out


def place_values(trace: Spec) -> Any:
    """Return where the boxes of a trace stand, as data values: one for each observation, or the trace's name."""
    lying = is_flat(trace)
    given = listed(trace.get("y" if lying else "x"))
    if given is not None:
        return given
    alone = trace.get("y0" if lying else "x0") or trace.get("name") or f"trace {trace['index']}"
    return [alone] * _arrays(trace)


def _arrays(trace: Spec) -> int:
    """Return how many observations, or boxes, a trace holds."""
    for key in ("median", "x" if is_flat(trace) else "y"):
        values = listed(trace.get(key))
        if values is not None:
            return len(values)
    return 0


def read_boxes(traces: Sequence[tuple[Spec, Any, Any]], layout: Spec, x: Measure, y: Measure) -> list[Boxes]:
    """Return the box traces of one pair of axes; arguments as for `read_bars`."""
    beside = len(traces) if layout.get("boxmode") == "group" else 1
    places = [(y if is_flat(t) else x).coordinates(ys if is_flat(t) else xs) for t, xs, ys in traces]
    unit = _unit(places, "category" in {(y if is_flat(t) else x).kind for t, _, _ in traces}) * 0.6
    out = []
    for i, ((trace, xs, ys), place) in enumerate(zip(traces, places, strict=True)):
        lying = is_flat(trace)
        reach = x if lying else y
        shift = (i - (beside - 1) / 2) * unit / beside if beside > 1 else 0.0
        if listed(trace.get("median")) is not None:
            boxes: list[Box | None] = [
                _precomputed(trace, k, float(spot) + shift, reach) for k, spot in enumerate(place.tolist())
            ]
        else:
            values = reach.coordinates(xs if lying else ys)
            short = min(len(values), len(place))
            spots = np.unique(place[:short][np.isfinite(place[:short])])
            boxes = [_observed(trace, values[:short][place[:short] == spot], float(spot) + shift) for spot in spots]
        out.append(Boxes(trace=trace, boxes=tuple(b for b in boxes if b is not None), width=unit / beside))
    return out


def _precomputed(trace: Spec, k: int, spot: float, reach: Measure) -> Box:
    keys = ("lowerfence", "q1", "median", "q3", "upperfence", "mean")
    low, lower, middle, upper, high, mean = (reach.coordinate(at(listed(trace.get(key)), k, math.nan)) for key in keys)
    low, high = lower if math.isnan(low) else low, upper if math.isnan(high) else high
    return Box(at=spot, low=low, lower=lower, middle=middle, upper=upper, high=high, mean=mean, shown=np.array([]))


def _observed(trace: Spec, values: Floats, spot: float) -> Box | None:
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    lower, middle, upper = np.quantile(values, [0.25, 0.5, 0.75], method="hazen").tolist()
    reach = 1.5 * (upper - lower)
    inside = values[(values >= lower - reach) & (values <= upper + reach)]
    points = trace.get("boxpoints", "outliers")
    shown = values if points == "all" else values[(values < lower - reach) | (values > upper + reach)]
    mean = float(values.mean()) if trace.get("boxmean") else math.nan
    low, high = (
        (values.min(), values.max()) if points is False else (inside.min(initial=lower), inside.max(initial=upper))
    )
    shown = values[:0] if points is False else shown
    return Box(
        at=spot, low=float(low), lower=lower, middle=middle, upper=upper, high=float(high), mean=mean, shown=shown
    )
