"""The frame of a picture: margins, and the axes with their lines, grids, labels and titles."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from axnb.analyses.static.svg.axis import Axis
from axnb.analyses.static.svg.colour import paint
from axnb.analyses.static.svg.decor import ColourBar, Legend, Rectangle
from axnb.analyses.static.svg.marks import stroke
from axnb.analyses.static.svg.scene import Scene
from axnb.analyses.static.svg.spec import floats, listed, pick, real, title_of
from axnb.analyses.static.svg.text import cut, extent, flat, label, number, parse
from axnb.analyses.static.svg.ticks import Tick, evenly, ticks_of

LABEL, TITLE, HEADING = 11.0, 12.0, 14.0
_TILT = 35.0
_LEANING = 130.0  # pixels: the longest tilted label


@dataclass(frozen=True, slots=True)
class Labels:
    """The ticks of an axis as they are shown.

    Args:
        ticks: Where and what.
        angle: Degrees that the texts are turned.
        depth: Pixels that the texts take away from the axis.
    """

    ticks: tuple[Tick, ...]
    angle: float
    depth: float


def _short(text: str, room: float) -> str:
    """Return a label cut to a width, line by line, as markup."""
    lines = [cut("".join(r.text for r in line), LABEL, room) for line in parse(text)]
    return "<br>".join(line.replace("&", "&amp;").replace("<", "&lt;") for line in lines)


def _fits(text: str, room: float) -> str:
    return text if extent(text, LABEL)[0] <= room else _short(text, room)


def labels_of(axis: Axis, most: float) -> Labels:
    """Return the ticks of an axis, thinned, cut and turned so that none overlap.

    Args:
        axis: The axis, placed.
        most: Pixels that labels may take away from a vertical axis.
    """
    if axis.spec.get("visible") is False:
        return Labels((), 0, 0)
    if axis.spec.get("showticklabels") is False:
        return Labels(tuple(replace(t, text="") for t in ticks_of(axis, 70)), 0, 0)
    return _across(axis) if axis.letter == "x" else _upright(axis, most)


def _upright(axis: Axis, most: float) -> Labels:
    ticks = ticks_of(axis, 34)
    said = [t for t in ticks if t.text]
    room = int(axis.length / 12.5) or 1
    kept = {id(said[i]) for i in evenly([t.coordinate for t in said], room)} if said else set()
    shown = [replace(t, text=_fits(t.text, most) if id(t) in kept else "") for t in ticks]
    return Labels(tuple(shown), 0, max((extent(t.text, LABEL)[0] for t in shown if t.text), default=0.0))


def _across(axis: Axis) -> Labels:
    ticks = ticks_of(axis, 60)
    fixed = axis.how.kind == "category" or listed(axis.spec.get("tickvals")) is not None
    for room in () if fixed else (80, 110, 150, 220):
        if not _overlap(axis, ticks):
            break
        ticks = ticks_of(axis, room)
    said = [t for t in ticks if t.text]
    given = axis.spec.get("tickangle")
    tilt = real(given) if given not in (None, "auto") else -_TILT if _overlap(axis, said) else 0.0
    if not tilt or math.isnan(tilt):
        high = max((extent(t.text, LABEL)[1] for t in said), default=0.0)
        room_each = max(axis.length / max(len(said), 1) * 2, 60)
        return Labels(tuple(replace(t, text=_fits(t.text, room_each)) for t in ticks), 0, high)
    kept = {id(said[i]) for i in evenly([t.coordinate for t in said], max(int(axis.length / 14), 1))} if said else set()
    shown = [replace(t, text=_short(t.text.replace("<br>", " "), _LEANING) if id(t) in kept else "") for t in ticks]
    widest = max((extent(t.text, LABEL)[0] for t in shown if t.text), default=0.0)
    turn = math.radians(abs(tilt))
    return Labels(tuple(shown), tilt, widest * math.sin(turn) + LABEL * math.cos(turn) + 2)


def _overlap(axis: Axis, ticks: Sequence[Tick]) -> bool:
    said = [t for t in ticks if t.text]
    middles = axis.place([t.coordinate for t in said])
    halves = np.array([extent(t.text, LABEL)[0] / 2 for t in said])
    order = np.argsort(middles)
    gaps = np.diff(middles[order]) - (halves[order][1:] + halves[order][:-1])
    return bool(len(said) > 1 and (gaps < 5).any())


def domain(scene: Scene, axis: Axis) -> tuple[float, float]:
    """Return the part of the plotting area that an axis spans, as fractions from the left or the bottom."""
    over = axis.spec.get("overlaying")
    spec = scene.axes[str(over)].spec if over in scene.axes else axis.spec
    given = listed(spec.get("domain"))
    low, high = floats(given).tolist() if given is not None and len(given) == 2 else (0.0, 1.0)
    return (low, high) if 0 <= low < high <= 1 else (0.0, 1.0)


def placed(scene: Scene, plot: Rectangle) -> dict[str, Axis]:
    """Return the axes with their pixels."""
    out = {}
    for name, axis in scene.axes.items():
        low, high = domain(scene, axis)
        if axis.letter == "x":
            out[name] = replace(axis, first=plot.left + low * plot.width, last=plot.left + high * plot.width)
        else:
            out[name] = replace(axis, first=plot.bottom - low * plot.height, last=plot.bottom - high * plot.height)
    return {name: replace(axis, line=_line_at(axis, out, plot)) for name, axis in out.items()}


def _line_at(axis: Axis, axes: dict[str, Axis], plot: Rectangle) -> float:
    other = axes.get(axis.anchor)
    if axis.spec.get("anchor") == "free":
        position = real(axis.spec.get("position", 0))
        return plot.left + position * plot.width if axis.letter == "y" else plot.bottom - position * plot.height
    ends = (
        (other.first, other.last)
        if other
        else (plot.left, plot.right)
        if axis.letter == "y"
        else (plot.bottom, plot.top)
    )
    return ends[1] if axis.side in ("right", "top") else ends[0]


@dataclass(frozen=True, slots=True)
class Margins:
    """Pixels on each side of the plotting area."""

    left: float
    right: float
    top: float
    bottom: float


def margins(scene: Scene, size: tuple[float, float], legend: Legend | None, bars: Sequence[ColourBar]) -> Margins:
    """Return the margins that labels, titles, legend and colour bars need.

    Args:
        scene: The axes and marks.
        size: Width and height of the picture.
        legend: The legend, if there is one.
        bars: The colour bars.
    """
    guess = Rectangle(70, 40, max(size[0] - 130, 60), max(size[1] - 110, 60))
    need = {"left": 12.0, "right": 14.0, "top": 10.0, "bottom": 10.0}
    for axis in placed(scene, guess).values():
        low, high = domain(scene, axes_partner(scene, axis))
        edge = {"left": low, "bottom": low, "right": 1 - high, "top": 1 - high}[axis.side]
        if edge < 0.02 and axis.spec.get("visible") is not False:
            need[axis.side] = max(need[axis.side], _outside(axis, size[0]))
        if axis.letter == "x":  # labels hang over the ends
            before, after = _overhang(axis)
            need["left"], need["right"] = max(need["left"], before + 4), max(need["right"], after + 4)
    for bar in bars:
        if _in_margin(bar):
            need["right"] += bar.room(guess.height)
    if legend is not None and legend.upright and legend.inside is None:
        need["right"] += legend.width + 4
    if legend is not None and not legend.upright:
        need["bottom" if legend.below else "top"] += legend.height + 4
    heading = title_of(scene.figure.layout)
    need["top"] += extent(heading, HEADING)[1] + 8 if heading else 0
    need["top"] += (
        16 if any(title_of(bar.spec) for bar in bars) and not (legend is not None and not legend.upright) else 0
    )
    need["top"] += over_the_top(scene)
    return Margins(
        min(need["left"], 0.5 * size[0]),
        min(need["right"], 0.45 * size[0]),
        min(need["top"], 0.4 * size[1]),
        min(need["bottom"], 0.5 * size[1]),
    )


def axes_partner(scene: Scene, axis: Axis) -> Axis:
    """Return the axis that an axis stands on."""
    return scene.axes.get(axis.anchor, axis)


def _in_margin(bar: ColourBar) -> bool:
    position = real(bar.spec.get("x", 1.02))
    return math.isnan(position) or position >= 0.98


def _outside(axis: Axis, wide: float) -> float:
    deep = labels_of(axis, 0.3 * wide).depth
    title = extent(axis.title(), TITLE)[1] + 8 if axis.title() else 0.0
    return 10 + deep + title + 6


def _overhang(axis: Axis) -> tuple[float, float]:
    """Return how far the labels of a horizontal axis reach beyond its left and its right end."""
    labels = labels_of(axis, 200)
    before = after = 0.0
    for tick in labels.ticks:
        if tick.text:
            spot, wide = float(axis.place(tick.coordinate)), extent(tick.text, LABEL)[0]
            lean = wide * math.cos(math.radians(labels.angle))
            left, right = (lean, 4.0) if labels.angle < 0 else (4.0, lean) if labels.angle > 0 else (wide / 2, wide / 2)
            before = max(before, min(axis.first, axis.last) - spot + left)
            after = max(after, spot + right - max(axis.first, axis.last))
    return before, after


def over_the_top(scene: Scene) -> float:
    """Return the height of annotations that stand above the plotting area, as subplots' titles do."""
    notes = [n for n in scene.figure.layout.get("annotations") or [] if isinstance(n, dict)]
    high = [
        extent(n.get("text", ""), real(pick(n, "font.size", 12)))[1]
        for n in notes
        if str(n.get("yref", "")).startswith("paper")
        and (real(n.get("y")) > 1 or (real(n.get("y")) == 1 and n.get("yanchor") == "bottom"))
    ]
    return max(high) + 6 if high else 0.0


# --- drawing


def grid(axis: Axis, other: tuple[float, float], fallback: str) -> str:
    """Return an axis's grid lines, which cross the axis it stands on from one pixel to another."""
    shown = axis.spec.get("showgrid", axis.how.kind != "category")
    if axis.spec.get("visible") is False:
        return ""
    out = ""
    if shown:
        spots = axis.place(
            [t.coordinate for t in labels_of(axis, 200).ticks if not t.minor or axis.how.kind != "log"]
        ).tolist()
        width = real(axis.spec.get("gridwidth", 1))
        look = stroke(paint("stroke", axis.spec.get("gridcolor", fallback)), width)
        out += f'<path d="{_across_lines(axis, spots, other)}"{look}/>'
    low, high = sorted((axis.start, axis.end))
    if axis.spec.get("zeroline") and axis.how.kind == "linear" and low <= 0 <= high:
        look = stroke(paint("stroke", axis.spec.get("zerolinecolor", fallback)), 1.5)
        out += f'<path d="{_across_lines(axis, [float(axis.place(0.0))], other)}"{look}/>'
    return out


def _across_lines(axis: Axis, spots: Sequence[float], other: tuple[float, float]) -> str:
    a, b = number(other[0]), number(other[1])
    if axis.letter == "x":
        return "".join(f"M{number(s)} {a}V{b}" for s in spots)
    return "".join(f"M{a} {number(s)}H{b}" for s in spots)


def furniture(axis: Axis, muted: str, picture: tuple[float, float], most: float) -> str:
    """Return an axis's line, ticks, labels and title.

    Args:
        axis: The axis, placed.
        muted: The colour of lines where the axis has none of its own.
        picture: Width and height of the whole picture, which nothing may leave.
        most: Pixels that labels may take away from a vertical axis.
    """
    if axis.spec.get("visible") is False:
        return ""
    labels = labels_of(axis, most)
    way = 1 if axis.side in ("bottom", "right") else -1
    out = [_rule(axis, labels, way, muted)]
    spots = axis.place([t.coordinate for t in labels.ticks]).tolist()
    color = str(pick(axis.spec, "tickfont.color", ""))
    for spot, tick in zip(spots, labels.ticks, strict=True):
        if not tick.text:
            continue
        if axis.letter == "y":
            anchor = "start" if way > 0 else "end"
            out.append(
                label(axis.line + 7 * way, spot, tick.text, size=LABEL, fill=color, anchor=anchor, valign="middle")
            )
        elif labels.angle:
            anchor = "end" if (labels.angle < 0) == (way > 0) else "start"
            y = axis.line + 10 * way
            out.append(
                label(
                    spot + 3, y, tick.text, size=LABEL, fill=color, anchor=anchor, valign="middle", angle=labels.angle
                )
            )
        else:
            valign = "top" if way > 0 else "bottom"
            out.append(
                label(spot, axis.line + 8 * way, tick.text, size=LABEL, fill=color, anchor="middle", valign=valign)
            )
    out.append(_title(axis, labels.depth, way, picture))
    return "".join(out)


def _rule(axis: Axis, labels: Labels, way: int, muted: str) -> str:
    data = ""
    if axis.spec.get("showline", True):
        a, b, line = number(axis.first), number(axis.last), number(axis.line)
        data = f"M{a} {line}H{b}" if axis.letter == "x" else f"M{line} {a}V{b}"
    if axis.spec.get("ticks", "outside") == "outside":
        for spot, tick in zip(axis.place([t.coordinate for t in labels.ticks]).tolist(), labels.ticks, strict=True):
            long = way * (2.5 if tick.minor else 4.5)
            line = number(axis.line)
            data += f"M{number(spot)} {line}v{long}" if axis.letter == "x" else f"M{line} {number(spot)}h{long}"
    look = paint("stroke", axis.spec.get("linecolor", muted))
    return f'<path d="{data}" fill="none"{look} stroke-width="1"/>' if data else ""


def _title(axis: Axis, depth: float, way: int, picture: tuple[float, float]) -> str:
    title = axis.title()
    if not title:
        return ""
    middle = (axis.first + axis.last) / 2
    wide = extent(title, TITLE)[0]
    if wide > axis.length * 1.1:
        title = cut(flat(title), TITLE, axis.length * 1.05).replace("&", "&amp;").replace("<", "&lt;")
    color = str(pick(axis.spec, "title.font.color", ""))
    away = axis.line + way * (10 + depth + 4)
    if axis.letter == "x":
        y = min(away, picture[1] - TITLE * 1.25 - 1) if way > 0 else away
        return label(middle, y, title, size=TITLE, fill=color, anchor="middle", valign="top" if way > 0 else "bottom")
    x = max(away, TITLE * 1.25) if way < 0 else away + TITLE * 1.25
    return label(x, middle, title, size=TITLE, fill=color, anchor="middle", valign="bottom", angle=-90)
