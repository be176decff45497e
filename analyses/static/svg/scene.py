"""From a figure's traces to marks on axes that know what they show; no pixels yet."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from axnb.analyses.static.svg.axis import Axis, Measure, measure, view
from axnb.analyses.static.svg.bars import is_flat, place_values, read_bars, read_boxes
from axnb.analyses.static.svg.fields import Field, read_field
from axnb.analyses.static.svg.marks import Mark, axes_of
from axnb.analyses.static.svg.scatter import Scatter, read_scatter
from axnb.analyses.static.svg.spec import Figure, Spec, listed, real
from axnb.errors import UnsupportedError, listing

DRAWN = ("scatter", "bar", "heatmap", "contour", "box", "parcoords")
_ORDER = ("heatmap", "contour", "bar", "box", "scatter")


@dataclass(frozen=True, slots=True)
class Scene:
    """Marks and the axes they share.

    Args:
        figure: The figure as plain values.
        axes: Axes by plotly's names, without pixels.
        marks: What is drawn, back to front.
    """

    figure: Figure
    axes: dict[str, Axis]
    marks: tuple[Mark, ...]

    def fields(self) -> list[Field]:
        """Return the heat maps and contours."""
        return [m for m in self.marks if isinstance(m, Field)]


def check(figure: Figure) -> None:
    """Refuse a figure that can only be drawn live.

    Raises:
        UnsupportedError: If a trace is of a kind that is not in `DRAWN`.
    """
    foreign = [t["type"] for t in figure.traces if t["type"] not in DRAWN]
    if foreign:
        raise UnsupportedError(
            f"A {foreign[0]!r} trace cannot be drawn without a browser; traces that can are {listing(DRAWN)}."
        )


def values_of(trace: Spec) -> tuple[Any, Any]:
    """Return the data values that a trace has along x and y."""
    kind = trace["type"]
    x, y = listed(trace.get("x")), listed(trace.get("y"))
    if kind in ("heatmap", "contour"):
        return x, y
    if kind == "box":
        stand = place_values(trace)
        reach = x if is_flat(trace) else y
        if listed(trace.get("median")) is not None:
            five = [listed(trace.get(key)) for key in ("lowerfence", "q1", "median", "q3", "upperfence")]
            reach = [value for values in five if values is not None for value in values]
        reach = [] if reach is None else reach
        return (reach, stand) if is_flat(trace) else (stand, reach)
    if x is None and y is None:
        return [], []
    if x is None:
        assert y is not None
        return _counted(trace, "x", len(y)), y
    if y is None:
        return x, _counted(trace, "y", len(x))
    short = min(len(x), len(y))
    return x[:short], y[:short]


def _counted(trace: Spec, letter: str, count: int) -> Any:
    start, step = real(trace.get(f"{letter}0", 0)), real(trace.get(f"d{letter}", 1))
    return np.arange(count) * step + (0.0 if np.isnan(start) else start)


def scene_of(figure: Figure) -> Scene:
    """Return the marks and axes of a figure's cartesian traces."""
    traces = [(t, *values_of(t)) for t in figure.traces if t["type"] != "parcoords"]
    used = {name for t, _, _ in traces for name in axes_of(t)}
    used |= {str(o) for n in used if (o := figure.axis(n).get("overlaying")) and str(o)[:1] in "xy"}
    if not used and not any(t["type"] == "parcoords" for t in figure.traces):
        used = {"x", "y"}
    names = sorted(used, key=lambda n: (n[0], int(n[1:] or 1) if n[1:].isdigit() or not n[1:] else 0))
    measures = {name: _measure(figure, name, traces) for name in names}
    marks = _marks(figure, traces, measures)
    axes = {}
    for name in names:
        mates = [n for n in names if n[0] == name[0] and _leader(figure, n) == _leader(figure, name)]
        spans = [m.span(name[0]) for m in marks if axes_of(m.trace)[name[0] == "y"] in mates]
        spec = figure.axis(name)
        start, end = view(spec, measures[name], spans)
        axes[name] = Axis(name=name, spec=spec, how=measures[name], start=start, end=end)
    axes = {name: replace(axis, anchor=_anchor(axis, axes), side=_side(axis)) for name, axis in axes.items()}
    return Scene(figure, axes, marks)


def _leader(figure: Figure, name: str) -> str:
    return str(figure.axis(name).get("matches") or name)


def _anchor(axis: Axis, axes: dict[str, Axis]) -> str:
    other = "y" if axis.letter == "x" else "x"
    given = str(axis.spec.get("anchor") or "")
    if given in axes:
        return given
    same = other + axis.name[1:]
    return same if same in axes else other if other in axes else next((n for n in axes if n[0] == other), "")


def _side(axis: Axis) -> str:
    given = axis.spec.get("side")
    if axis.letter == "x":
        return "top" if given == "top" else "bottom"
    return "right" if given == "right" else "left"


def _measure(figure: Figure, name: str, traces: Sequence[tuple[Spec, Any, Any]]) -> Measure:
    letter = name[0]
    leader = _leader(figure, name)
    columns, totals = [], []
    for trace, x, y in traces:
        own = axes_of(trace)[letter == "y"]
        if own != name and _leader(figure, own) != leader:
            continue
        column = x if letter == "x" else y
        columns.append(column if column is not None else np.array([]))
        if trace["type"] == "bar" and is_flat(trace) == (letter == "y"):
            totals.append((y, x) if letter == "y" else (x, y))
    return measure(figure.axis(name), columns, totals)


def _marks(figure: Figure, traces: Sequence[tuple[Spec, Any, Any]], measures: dict[str, Measure]) -> tuple[Mark, ...]:
    pairs = dict.fromkeys(axes_of(t) for t, _, _ in traces)
    out: list[Mark] = []
    for pair in pairs:
        x, y = measures[pair[0]], measures[pair[1]]
        own = [entry for entry in traces if axes_of(entry[0]) == pair]
        by_kind = {kind: [e for e in own if e[0]["type"] == kind] for kind in _ORDER}
        out += [read_field(*e, x, y) for e in own if e[0]["type"] in ("heatmap", "contour")]
        out += read_bars(by_kind["bar"], figure.layout, x, y)
        out += read_boxes(by_kind["box"], figure.layout, x, y)
        below: Scatter | None = None
        for entry in by_kind["scatter"]:
            below = read_scatter(*entry, x, y, below)
            out.append(below)
    return tuple(out)
