"""The picture of the profiler: a grid of small slices on one pair of axes, so that a drag repaints a few traces.

Parameters stand side by side, at most `MOST_ACROSS` in a block; each block has a row for every metric and one for the
desirability. A cell is one unit wide and one high. Knows nothing of models.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from axnb.analyses.drawing import figures, style, words
from axnb.analyses.shared.slicing import Axis
from axnb.problem.parameters import ParameterValue

if TYPE_CHECKING:
    import plotly.graph_objects as go

Array: TypeAlias = npt.NDArray[np.float64]
Line: TypeAlias = tuple[Array, Array]

MOST_ACROSS = 5
_ROW = 84  # pixels of a row
_FOOT = 0.6  # rows below a block, for names and values
_LEFT = 1.15  # columns left of the first cell, for metrics and what is expected of them
_EDGE = 0.06  # of a cell, between its frame and the neighbour's
_GAP = (np.array([np.nan]), np.array([np.nan]))
_HIDDEN = {
    "showgrid": False,
    "zeroline": False,
    "showline": False,
    "showticklabels": False,
    "ticks": "",
    "fixedrange": True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Where one parameter stands in the picture.

    Args:
        span: Where its first and its last value lie along the x axis.
        across: From where to where its line goes along the y axis.
    """

    span: tuple[float, float]
    across: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """Slices of some metrics along all parameters through one point.

    Args:
        names: The parameters.
        axes: What varies along each; `None` for one that does not exist at the point.
        values: The point; `None` likewise.
        metrics: The metrics.
        titles: What each is called.
        bounds: Operator and value of each bound on each.
        spans: Between what values each is drawn.
        mean: `(1 + q) x m`, predictions at the point, and at the points of all axes one after another.
        half: `(1 + q) x m`, half of their 95 % intervals.
        desirability: `1 + q`, likewise.
        allowed: `1 + q`, whether the parameter constraints hold.
    """

    names: tuple[str, ...]
    axes: tuple[Axis | None, ...]
    values: tuple[ParameterValue | None, ...]
    metrics: tuple[str, ...]
    titles: tuple[str, ...]
    bounds: tuple[tuple[tuple[str, float], ...], ...]
    spans: tuple[tuple[float, float], ...]
    mean: Array
    half: Array
    desirability: Array
    allowed: npt.NDArray[np.bool_]

    @property
    def across(self) -> int:
        """Columns of the picture: as even as the blocks can be."""
        blocks = -(-len(self.names) // MOST_ACROSS)
        return -(-len(self.names) // blocks)

    @property
    def rows(self) -> int:
        """Rows of a block."""
        return len(self.metrics) + 1

    def row_of(self, row: int) -> tuple[Array, Array, tuple[float, float]]:
        """Return middle and half interval at all points, and the range drawn, of a row; the last is desirability."""
        if row < len(self.metrics):
            return self.mean[:, row], self.half[:, row], self.spans[row]
        return self.desirability, np.zeros_like(self.desirability), (0.0, 1.0)

    def slices(self) -> "Iterator[tuple[int, Axis, slice]]":
        """Yield for each parameter that exists its number, its axis, and which points are along it."""
        start = 1
        for i, axis in enumerate(self.axes):
            if axis is not None:
                yield i, axis, slice(start, start + len(axis.levels))
                start += len(axis.levels)


def lay_out_cells(profile: Profile) -> tuple[Cell, ...]:
    """Return where each parameter stands."""
    cells = []
    for i, axis in enumerate(profile.axes):
        left, top = float(i % profile.across), -_top(profile, i)
        places = _places(axis) if axis is not None else np.array([0.0, 1.0])
        ends = (left + _inside(places[0]), left + _inside(places[-1]))
        cells.append(Cell(span=ends, across=(top - profile.rows + _EDGE, top - _EDGE)))
    return tuple(cells)


def _top(profile: Profile, i: int) -> float:
    """Return how many rows lie above a parameter's block."""
    return float(i // profile.across * (profile.rows + _FOOT))


def _inside(share: float) -> float:
    return _EDGE + (1.0 - 2.0 * _EDGE) * share


def _places(axis: Axis) -> Array:
    """Return where the values of an axis lie in its cell, from 0 to 1."""
    if axis.is_category:
        return (np.arange(len(axis.levels)) + 0.5) / len(axis.levels)
    return np.asarray((axis.coordinates - axis.coordinates[0]) / max(float(np.ptp(axis.coordinates)), 1e-12))


def _place_of(axis: Axis, value: ParameterValue | None) -> float:
    """Return where a value lies in its cell."""
    if axis.is_category:
        at = axis.levels.index(value) if value in axis.levels else 0
        return (at + 0.5) / len(axis.levels)
    ends = [float(v) for v in (axis.levels[0], axis.levels[-1], value)]  # type: ignore[arg-type] # numbers
    low, high, here = np.log(ends) if axis.is_log else ends
    return float(np.clip((here - low) / (high - low), 0.0, 1.0))


def draw_profile(profile: Profile) -> "go.Figure":
    """Return the picture: bands and curves, the lines through the point, and what is expected there."""
    bands, curves, faint, wanted = _curves(profile)
    blue, green = {"color": style.BLUE, "width": 2}, {"color": style.GREEN, "width": 2}
    muted = {"color": style.fade(style.LIGHT.muted, 0.5), "width": 1}
    dashed = {"color": style.LIGHT.muted, "width": 1, "dash": "dash"}
    here = {"color": style.ORANGE, "width": 1.2, "dash": "dot"}
    fill = {"fill": "toself", "fillcolor": style.fade(style.BLUE, 0.18)}
    traces = [
        _lines(_frames(profile), "frames", {"color": style.LIGHT.grid, "width": 1}),
        _lines(_bounds(profile), "bounds", dashed),
        _lines(bands, "95 % interval", {"width": 0, "color": style.BLUE}, **fill),
        _lines(faint, "outside the parameter constraints", muted),
        _lines(curves, "predicted mean", blue),
        _lines(wanted, "desirability", green),
        _lines(_crosshairs(profile), "settings", here),
        *_texts(profile),
    ]
    blocks = -(-len(profile.names) // profile.across)
    depth = blocks * (profile.rows + _FOOT)
    layout = {"showlegend": False, "hovermode": False, "dragmode": False, "margin": {"l": 4, "r": 8, "t": 8, "b": 4}}
    return figures.new_figure(
        *traces,
        height=round(12 + _ROW * depth),
        xaxis={**_HIDDEN, "range": [-_LEFT, profile.across]},
        yaxis={**_HIDDEN, "range": [-depth, 0.0]},
        layout=layout,
    )


def _lines(parts: Sequence[Line], name: str, line: dict[str, Any], **more: Any) -> figures.Trace:
    """Return one trace of several lines."""
    ends = [end for part in parts for end in (part, _GAP)][:-1]
    x, y = (np.concatenate([end[i] for end in ends]) if ends else np.zeros(0) for i in (0, 1))
    return figures.scatter(x=x.round(4), y=y.round(4), mode="lines", name=name, line=line, hoverinfo="skip", **more)


def _cell_rows(profile: Profile, i: int) -> Iterator[tuple[int, float, float]]:
    """Yield for each row of a parameter its number and the corner of the cell, left and bottom."""
    for row in range(profile.rows):
        yield row, float(i % profile.across), -(_top(profile, i) + row + 1.0)


def _height(values: Array, span: tuple[float, float], bottom: float) -> Array:
    share = np.clip((values - span[0]) / (span[1] - span[0]), 0.0, 1.0)
    return bottom + _EDGE + (1.0 - 2.0 * _EDGE) * share


def _curves(profile: Profile) -> tuple[list[Line], list[Line], list[Line], list[Line]]:
    """Return bands, curves of metrics, curves where the parameter constraints break, and curves of desirability."""
    bands: list[Line] = []
    curves: list[Line] = []
    faint: list[Line] = []
    wanted: list[Line] = []
    for i, axis, at in profile.slices():
        ok = profile.allowed[at]
        places, wide = _places(axis), 0.3 / len(axis.levels)
        for row, left, bottom in _cell_rows(profile, i):
            middle, half, span = profile.row_of(row)
            low, mid, high = (
                _height(v, span, bottom) for v in (middle[at] - half[at], middle[at], middle[at] + half[at])
            )
            own = wanted if row == profile.rows - 1 else curves
            if not axis.is_category:
                x = left + _EDGE + (1.0 - 2.0 * _EDGE) * places
                bands.append((np.concatenate([x, x[::-1]]), np.concatenate([high, low[::-1]])))
                own.append((x, np.where(ok, mid, np.nan)))
                faint += [] if ok.all() else [(x, np.where(ok, np.nan, mid))]
                continue
            for k, place in enumerate(places):  # nothing lies between two choices
                x = left + _EDGE + (1.0 - 2.0 * _EDGE) * np.array([place - wide, place + wide])
                bands.append((x[[0, 1, 1, 0]], np.array([high[k], high[k], low[k], low[k]])))
                (own if ok[k] else faint).append((x, mid[[k, k]]))
    return bands, curves, faint, wanted


def _frames(profile: Profile) -> list[Line]:
    found = []
    for i in range(len(profile.names)):
        for _, left, bottom in _cell_rows(profile, i):
            low, high, down, up = left + _EDGE / 2, left + 1 - _EDGE / 2, bottom + _EDGE / 2, bottom + 1 - _EDGE / 2
            found.append((np.array([low, high, high, low, low]), np.array([down, down, up, up, down])))
    return found


def _bounds(profile: Profile) -> list[Line]:
    found = []
    for i in range(len(profile.names)):
        for row, left, bottom in _cell_rows(profile, i):
            for _, bound in profile.bounds[row] if row < len(profile.metrics) else ():
                if profile.spans[row][0] <= bound <= profile.spans[row][1]:
                    y = _height(np.array([bound, bound]), profile.spans[row], bottom)
                    found.append((np.array([left + _EDGE / 2, left + 1 - _EDGE / 2]), y))
    return found


def _crosshairs(profile: Profile) -> list[Line]:
    """Return the line through each parameter's value, and through each prediction."""
    found: list[Line] = []
    for i, axis, _ in profile.slices():
        x = i % profile.across + _inside(_place_of(axis, profile.values[i]))
        cell = lay_out_cells(profile)[i]
        found.append((np.array([x, x]), np.array(cell.across)))
        for row, left, bottom in _cell_rows(profile, i):
            middle, _, span = profile.row_of(row)
            y = _height(middle[[0, 0]], span, bottom)
            found.append((np.array([left + _EDGE / 2, left + 1 - _EDGE / 2]), y))
    return found


def _texts(profile: Profile) -> list[figures.Trace]:
    """Return the names and values below the columns and left of the rows."""
    names, ends, values, metrics, expected, limits = [], [], [], [], [], []
    for i, (name, axis) in enumerate(zip(profile.names, profile.axes, strict=True)):
        left, foot = float(i % profile.across), -(_top(profile, i) + profile.rows)
        names.append((left + 0.5, foot - 0.25, f"<b>{style.plain(name, limit=16)}</b>"))
        if axis is None:
            values.append((left + 0.5, foot - 0.43, "not used here"))
            continue
        values.append((left + 0.5, foot - 0.43, style.plain(_say(profile.values[i]), limit=16)))
        if not axis.is_category:
            ends += [
                (left + 0.04, foot - 0.07, _say(axis.levels[0])),
                (left + 0.96, foot - 0.07, _say(axis.levels[-1])),
            ]
    for block in range(0, len(profile.names), profile.across):
        for row, _, bottom in _cell_rows(profile, block):
            middle, half, span = profile.row_of(row)
            known = row < len(profile.metrics)
            title = profile.titles[row].split(" (")[0] if known else "desirability"
            error = f" ± {words.number(half[0], 2)}" if known else ""
            metrics.append((-0.07, bottom + 0.62, f"<b>{style.plain(title, limit=15)}</b>"))
            expected.append((-0.07, bottom + 0.38, words.number(float(middle[0]), 3) + error))
            limits += [(-0.07, bottom + 0.9, words.number(span[1], 3)), (-0.07, bottom + 0.1, words.number(span[0], 3))]
    ink, muted = style.LIGHT.ink, style.LIGHT.muted
    return [
        _text(names, "middle center", ink, 11),
        _text(values, "middle center", style.ORANGE, 11),
        _text(ends[::2], "middle right", muted, 9),
        _text(ends[1::2], "middle left", muted, 9),
        _text(metrics, "middle left", ink, 11),
        _text(expected, "middle left", style.ORANGE, 11),
        _text(limits, "middle left", muted, 9),
    ]


def _say(value: ParameterValue | None) -> str:
    return words.number(value, 4) if isinstance(value, float) else words.value(value)


def _text(parts: Sequence[tuple[float, float, str]], position: str, color: str, size: int) -> figures.Trace:
    return figures.scatter(
        x=[x for x, _, _ in parts],
        y=[y for _, y, _ in parts],
        text=[text for _, _, text in parts],
        mode="text",
        textposition=position,
        textfont={"color": color, "size": size},
        hoverinfo="skip",
        cliponaxis=False,
        showlegend=False,
    )
