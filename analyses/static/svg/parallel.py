"""Parallel coordinates: one upright axis a dimension, one line an observation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from axnb.analyses.drawing import style
from axnb.analyses.static.svg.axis import Axis, Span, measure, view
from axnb.analyses.static.svg.colour import paint
from axnb.analyses.static.svg.decor import Rectangle
from axnb.analyses.static.svg.marks import numbers_of, scale_of, stroke
from axnb.analyses.static.svg.spec import Floats, Spec, floats, listed, pick
from axnb.analyses.static.svg.text import cut, flat, label, number, width
from axnb.analyses.static.svg.ticks import evenly, ticks_of

_HEAD = 34.0


@dataclass(frozen=True, slots=True)
class Dimension:
    """One upright axis and what each observation has on it."""

    axis: Axis
    name: str
    values: Floats
    kept: tuple[tuple[float, float], ...]


def dimensions(trace: Spec, box: Rectangle) -> list[Dimension]:
    """Return the dimensions of a trace, placed from left to right in a part of the picture."""
    shown = [d for d in trace.get("dimensions") or [] if isinstance(d, dict) and d.get("visible", True)]
    out = []
    for i, spec in enumerate(shown):
        values = floats(spec["values"] if listed(spec.get("values")) is not None else [])
        how = measure({"type": "linear"}, [values])
        low, high = view({"range": spec.get("range")}, how, [Span(values, padded=False)])
        x = box.left + (box.width * i / (len(shown) - 1) if len(shown) > 1 else box.width / 2)
        axis = Axis(
            name=f"y{i}",
            spec=spec,
            how=how,
            start=low,
            end=high,
            first=box.bottom,
            last=box.top + _HEAD,
            line=x,
        )
        out.append(Dimension(axis, flat(spec.get("label") or ""), values, _constraints(spec)))
    return out


def _constraints(spec: Spec) -> tuple[tuple[float, float], ...]:
    given = listed(spec.get("constraintrange"))
    if given is None or not len(given):
        return ()
    pairs = [given] if np.ndim(given[0]) == 0 else list(given)
    made = [sorted(floats(p).tolist()) for p in pairs]
    return tuple((p[0], p[1]) for p in made if len(p) == 2)


def draw(trace: Spec, box: Rectangle, theme: tuple[str, str, str], most: int) -> str:
    """Return SVG elements of a parallel-coordinates trace.

    Args:
        trace: Its settings.
        box: The part of the picture that it may fill.
        theme: Colours of the ink, of axis lines and of the paper.
        most: The most lines to draw.
    """
    parts = dimensions(trace, box)
    if not parts:
        return ""
    return _lines(trace, parts, most) + "".join(_axis(d, parts, i, theme) for i, d in enumerate(parts))


def _lines(trace: Spec, parts: Sequence[Dimension], most: int) -> str:
    count = max(len(d.values) for d in parts)
    heights = np.full((count, len(parts)), np.nan)
    inside = np.ones(count, dtype=bool)
    for j, d in enumerate(parts):
        heights[: len(d.values), j] = d.axis.place(d.values)
        if d.kept:
            values = np.full(count, np.nan)
            values[: len(d.values)] = d.values
            inside &= np.logical_or.reduce([(values >= low) & (values <= high) for low, high in d.kept])
    line = trace.get("line") or {}
    numbers = numbers_of(line)
    shades: list[str] | None = None
    if numbers is not None:
        numbers = np.append(numbers, np.full(max(0, count - len(numbers)), np.nan))[:count]
        shades = scale_of(line, numbers).colours(numbers)
    drawn = _chosen(heights, numbers, most)
    own = pick(line, "color")
    single = own if isinstance(own, str) else str(trace["colour"])
    opacity = 0.85 if len(drawn) < 60 else 0.55 if len(drawn) < 250 else 0.3
    order = sorted(
        drawn, key=lambda i: (bool(inside[i]), 0.0 if numbers is None or math.isnan(numbers[i]) else float(numbers[i]))
    )
    out = []
    for i in order:
        data = _through(parts, heights[i])
        if not inside[i]:
            out.append(f'<path d="{data}" stroke="#9aa3ad" stroke-opacity="0.2"/>')
        else:
            color = paint("stroke", shades[i]) if shades is not None else ""
            out.append(f'<path d="{data}"{color}/>')
    look = stroke(paint("stroke", single, opacity), 1.3)
    return f'<g fill="none"{look} stroke-linejoin="round">{"".join(out)}</g>'


def _chosen(heights: Floats, numbers: Floats | None, most: int) -> list[int]:
    """Return which observations are drawn: those at the ends of each dimension and of the colour, and others evenly."""
    usable = np.flatnonzero(np.isfinite(heights).sum(axis=1) > 0)
    if len(usable) <= most:
        return [int(i) for i in usable]
    columns = [heights[usable, j] for j in range(heights.shape[1])] + ([numbers[usable]] if numbers is not None else [])
    ends = {int(usable[f(c)]) for c in columns if np.isfinite(c).any() for f in (np.nanargmin, np.nanargmax)}
    return sorted(ends | {int(usable[i]) for i in evenly(usable.tolist(), most)})


def _through(parts: Sequence[Dimension], heights: Floats) -> str:
    """Return the path through the dimensions, broken where a value is missing."""
    data, pen = [], "M"
    for d, y in zip(parts, heights.tolist(), strict=True):
        if math.isnan(y):
            pen = "M"
            continue
        inside = min(max(y, d.axis.last - 20), d.axis.first + 20)
        data.append(f"{pen}{number(d.axis.line)} {number(inside)}")
        pen = "L"
    return "".join(data)


def _axis(d: Dimension, parts: Sequence[Dimension], i: int, theme: tuple[str, str, str]) -> str:
    ink, muted, paper = theme
    x, top, bottom = d.axis.line, d.axis.last, d.axis.first
    out = [f'<path d="M{number(x)} {number(top)}V{number(bottom)}" stroke="{muted}" stroke-width="1.2"/>']
    for low, high in d.kept:
        ends = d.axis.place([low, high]).clip(top, bottom).tolist()
        look = stroke(paint("stroke", style.AMBER, 0.6), 6)
        out.append(f'<path d="M{number(x)} {number(ends[0])}V{number(ends[1])}"{look}/>')
    gap = parts[1].axis.line - parts[0].axis.line if len(parts) > 1 else 200.0
    halo = f' paint-order="stroke" stroke="{paper}" stroke-width="3" stroke-opacity="0.85"'
    last = i == len(parts) - 1 and len(parts) > 1
    way, anchor = (-5, "end") if last else (5, "start")
    marks = [t for t in ticks_of(d.axis, 40) if t.text]
    for tick in [marks[k] for k in evenly([t.coordinate for t in marks], 24)]:
        y = float(d.axis.place(tick.coordinate))
        text = _escaped(cut(flat(tick.text), 10, max(gap - 14, 24)))
        out.append(f'<path d="M{number(x)} {number(y)}h{-3 if last else 3}" stroke="{muted}"/>')
        out.append(label(x + way, y, text, size=10, fill=ink, anchor=anchor, valign="middle", extra=halo))
    name = cut(d.name, 11, max(gap - 8, 40) if 0 < i < len(parts) - 1 else max(gap * 0.75, 40))
    # alternate heights keep long neighbours apart
    crowded = any(width(p.name, 11) > gap - 10 for p in parts)
    y = top - (24 if crowded and i % 2 else 10)
    place = "start" if i == 0 and len(parts) > 1 else "end" if last else "middle"
    shift = -6 if place == "start" else 6 if place == "end" else 0
    out.append(label(x + shift, y, _escaped(name), size=11, fill=ink, anchor=place, extra=' font-weight="600"'))
    return "".join(out)


def _escaped(text: Any) -> str:
    return str(text).replace("&", "&amp;").replace("<", "&lt;")
