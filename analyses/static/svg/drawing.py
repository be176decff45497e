"""A whole figure as one SVG document."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from axnb.analyses.drawing import style
from axnb.analyses.static.svg import parallel
from axnb.analyses.static.svg.axis import Axis
from axnb.analyses.static.svg.colour import dark, paint
from axnb.analyses.static.svg.decor import (
    ColourBar,
    Legend,
    Place,
    Rectangle,
    annotations,
    colour_bars,
    described,
    legend_of,
    shapes,
)
from axnb.analyses.static.svg.frame import HEADING, LABEL, furniture, grid, margins, over_the_top, placed
from axnb.analyses.static.svg.marks import Sheet, axes_of
from axnb.analyses.static.svg.scene import Scene, check, scene_of
from axnb.analyses.static.svg.spec import Figure, pick, read, real, title_of
from axnb.analyses.static.svg.text import attribute, label, number
from axnb.errors import UnsupportedError

WIDTH, HEIGHT = 640, 400
MOST_BYTES = 100_000
_BUDGETS = (3000, 1500, 700, 300, 120, 40)


def render_svg(figure: Any, width: int | None = None, height: int | None = None) -> str:
    """Return a plotly figure as an SVG document, drawn in Python.

    It looks as plotly's own picture does, within the kinds of trace in `scene.DRAWN`. Many points are thinned, the
    extremes kept, so that the document stays under `MOST_BYTES`.

    Args:
        figure: A ``plotly.graph_objects.Figure``.
        width: Pixels; the figure's own width, else 640, if left out.
        height: Pixels; the figure's own height, else 400, if left out.

    Raises:
        UnsupportedError: If the figure can only be drawn live.

    Example:
        >>> import plotly.graph_objects as go
        >>> from axnb.analyses.drawing.style import new_figure
        >>> svg = render_svg(new_figure(go.Scatter(x=[0, 1], y=[1, 3]), x="trial", y="loss"))
        >>> svg.startswith("<svg xmlns="), ">trial</text>" in svg
        (True, True)
    """
    try:
        return draw_figure(figure, width, height)
    except UnsupportedError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise UnsupportedError(f"This figure cannot be drawn without a browser ({reason}).") from error


def draw_figure(figure: Any, width: int | None, height: int | None) -> str:
    """Return the document of `render_svg`, whose arguments it takes; a fault of ours is no error of the user's."""
    plain = read(figure)
    check(plain)
    wide = _pixels(width, plain.layout.get("width"), WIDTH)
    high = _pixels(height, plain.layout.get("height"), HEIGHT)
    scene = scene_of(plain)
    document = ""
    for budget in _BUDGETS:
        document = _document(scene, wide, high, budget)
        if len(document) <= MOST_BYTES:
            break
    return document


def _pixels(asked: int | None, own: Any, otherwise: int) -> int:
    value = real(asked if asked is not None else own)
    return otherwise if math.isnan(value) else int(min(max(value, 120), 4000))


@dataclass(frozen=True, slots=True)
class _Look:
    """The colours around the marks."""

    paper: str
    plot: str
    ink: str
    muted: str
    grid: str


def _look(figure: Figure) -> _Look:
    paper = str(figure.layout.get("paper_bgcolor") or "#ffffff")
    theme = style.DARK if dark(paper) else style.LIGHT
    paper = theme.paper if paper in ("rgba(0,0,0,0)", "transparent") else paper
    ink = str(pick(figure.layout, "font.color", theme.ink))
    return _Look(paper, str(figure.layout.get("plot_bgcolor") or paper), ink, theme.muted, theme.grid)


def _document(scene: Scene, wide: int, high: int, budget: int) -> str:
    figure, look = scene.figure, _look(scene.figure)
    bars = colour_bars(figure, scene.fields())
    legend = legend_of(figure, wide - 80.0 - sum(bar.room(high) for bar in bars))
    edge = margins(scene, (wide, high), legend, bars)
    plot = Rectangle(
        edge.left, edge.top, max(wide - edge.left - edge.right, 20), max(high - edge.top - edge.bottom, 20)
    )
    axes = placed(scene, plot)
    place = Place(plot, axes)
    body = [_plots(scene, axes, place, look, budget)]
    parallels = [t for t in figure.traces if t["type"] == "parcoords"]
    inner = Rectangle(plot.left + 10, plot.top, plot.width - 20, plot.height - 6)
    body += [parallel.draw(t, inner, (look.ink, look.muted, look.paper), max(budget // 3, 40)) for t in parallels]
    body += [furniture(a, look.muted, (wide, high), 0.3 * wide) for a in axes.values()]
    body.append(shapes(figure, place, above=True))
    body.append(_beside(scene, legend, bars, plot, high))
    heading = title_of(figure.layout)
    if heading:
        body.append(label(12, 8, heading, size=HEADING, valign="top", room=wide - 24, extra=' font-weight="600"'))
    body.append(annotations(figure, place, look.ink))
    return _wrapped("".join(body), wide, high, look, described(figure))


def _wrapped(body: str, wide: int, high: int, look: _Look, words: str) -> str:
    """Return the document, its ids made its own so that several can stand on one page."""
    body = body.replace("axnb-id", "a" + hashlib.sha256(body.encode()).hexdigest()[:8])
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" role="img"'
    )
    font = f'font-family="{attribute(style.FONT)}" font-size="{number(LABEL)}"'
    back = f'<rect width="{wide}" height="{high}"{paint("fill", look.paper)}/>'
    return (
        f'{head} aria-label="{words}"><title>{words}</title>{back}<g {font}{paint("fill", look.ink)}>{body}</g></svg>'
    )


def _plots(scene: Scene, axes: dict[str, Axis], place: Place, look: _Look, budget: int) -> str:
    """Return the backgrounds, grids and marks of every pair of axes."""
    pairs = dict.fromkeys(axes_of(m.trace) for m in scene.marks)
    if not pairs and "x" in axes and "y" in axes:
        pairs = {("x", "y"): None}
    back, clips, drawn = [], [], []
    share = max(budget // max(len(scene.marks), 1), 12 if budget < 100 else 40)
    ruled: set[tuple[str, str]] = set()
    for i, (x_name, y_name) in enumerate(pairs):
        x, y = axes[x_name], axes[y_name]
        left, top = min(x.first, x.last), min(y.first, y.last)
        box = f'x="{number(left)}" y="{number(top)}" width="{number(x.length)}" height="{number(y.length)}"'
        clips.append(f'<clipPath id="axnb-id{i}"><rect {box}/></clipPath>')
        if not y.spec.get("overlaying") and not x.spec.get("overlaying"):
            back.append(f"<rect {box}{paint('fill', look.plot)}/>" if look.plot != look.paper else "")
        for axis, other in ((x, y), (y, x)):
            if (axis.name, other.name) not in ruled and not axis.spec.get("overlaying"):
                back.append(grid(axis, (other.first, other.last), look.grid))
                ruled.add((axis.name, other.name))
        sheet = Sheet(share, f' clip-path="url(#axnb-id{i})"')
        drawn += [m.draw(x, y, sheet) for m in scene.marks if axes_of(m.trace) == (x_name, y_name)]
    below = shapes(scene.figure, place, above=False)
    return f"<defs>{''.join(clips)}</defs>{''.join(back)}{below}{''.join(drawn)}"


def _beside(scene: Scene, legend: Legend | None, bars: Sequence[ColourBar], plot: Rectangle, high: float) -> str:
    """Return the legend and the colour bars."""
    out = []
    left = plot.right + 14
    for i, bar in enumerate(bars):
        position = real(bar.spec.get("x", 1.02))
        tall = plot.height * min(max(real(bar.spec.get("len", 1)), 0.1), 1)
        middle = real(bar.spec.get("y", 0.5))
        top = plot.top + min(max((1 - middle) * plot.height - tall / 2, 0), plot.height - tall)
        x = left if math.isnan(position) or position >= 0.98 else plot.left + position * plot.width + 10
        out.append(bar.draw(Rectangle(x, top, bar.thickness, tall), f"axnb-idbar{i}"))
        left += bar.room(plot.height) if x == left else 0
    if legend is None:
        return "".join(out)
    if legend.inside is not None:
        x = plot.left + 8 + legend.inside[0] * max(plot.width - legend.width - 16, 0)
        y = plot.top + 6 + (1 - legend.inside[1]) * max(plot.height - legend.height - 12, 0)
        out.append(legend.draw(x, y))
    elif legend.upright:
        out.append(legend.draw(left, plot.top))
    elif legend.below:
        out.append(legend.draw(plot.left, high - legend.height - 4))
    else:
        out.append(legend.draw(plot.left, plot.top - legend.height - 6 - over_the_top(scene)))
    return "".join(out)
