"""One look for every figure: fonts, colours, colour scales and a small plotly template.

The template stands in for plotly's own, which adds 7 kB to every figure. Colours are told apart by readers who confuse
red and green, and by lightness in print. Knows nothing of analyses or of how a figure is drawn.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
FONT_SIZE = 12

BLUE, ORANGE, GREEN, PURPLE, AMBER, SKY, GREY = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#b05a8c",
    "#c98a00",
    "#56b4e9",
    "#6b7280",
)
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, AMBER, SKY, GREY)
PALETTE_DARK = ("#6cc0ff", "#ff7f3f", "#17a37c", "#dc8fba", "#e8b33f", "#bfe3ff", "#a3abb8")

SEQUENTIAL = ("#fbfcd6", "#dff2b4", "#b1dfb6", "#74c7bb", "#3aa7bb", "#2b80ac", "#2c5997", "#26356f")
UNCERTAINTY = ("#fdf6ee", "#fbdcb8", "#f5b67a", "#dd8a43", "#b2602a", "#7a3b1d", "#47200f")
MARKS = SEQUENTIAL[2:]  # for lines and points, whose colours must all stand out from the paper
DIVERGING = ("#1b5a92", "#4f8fc0", "#9cc4e0", "#f4f4f2", "#f3b58d", "#d9763c", "#a34209")


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """The colours of one background.

    Args:
        paper: Behind everything.
        ink: Text and what matters most.
        muted: Text that matters less, axis lines.
        grid: Grid lines.
        palette: Colours of traces, in order.
    """

    paper: str
    ink: str
    muted: str
    grid: str
    palette: tuple[str, ...]


LIGHT = Theme(paper="#ffffff", ink="#1f2933", muted="#5b6672", grid="#e6e9ed", palette=PALETTE)
DARK = Theme(paper="#16191d", ink="#e6e9ed", muted="#a0a9b4", grid="#2c3238", palette=PALETTE_DARK)


def colorscale(colors: Sequence[str]) -> list[list[Any]]:
    """Return evenly spaced colours as a plotly colour scale.

    Example:
        >>> colorscale(["#000000", "#ffffff"])
        [[0.0, '#000000'], [1.0, '#ffffff']]
    """
    last = len(colors) - 1
    return [[round(i / last, 4), color] for i, color in enumerate(colors)]


def fade(color: str, alpha: float) -> str:
    """Return a ``#rrggbb`` colour made transparent, as a fill for a band.

    Args:
        color: Six hexadecimal digits after a ``#``.
        alpha: 0 is invisible, 1 is solid.

    Example:
        >>> fade("#0072b2", 0.2)
        'rgba(0,114,178,0.2)'
    """
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def plain(name: object, limit: int = 60) -> str:
    """Return a name so that plotly shows it as it is: no HTML, no LaTeX, and cut with an ellipsis.

    Use it for every name that comes from a user: parameters, metrics, arms, categories.

    Args:
        name: What a user wrote.
        limit: The longest text shown, in characters.

    Example:
        >>> plain("<b>$x^2$</b>")
        '&lt;b&gt;&#36;x^2&#36;&lt;/b&gt;'
        >>> plain("abcdef", limit=4)
        'abc…'
    """
    text = " ".join(str(name).split())
    text = text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("$", "&#36;")


def template_spec(theme: Theme = LIGHT) -> dict[str, Any]:
    """Return the template as plain JSON values, for a browser to apply when its theme changes."""
    axis = {
        "automargin": True,
        "exponentformat": "power",
        "gridcolor": theme.grid,
        "linecolor": theme.muted,
        "showline": True,
        "tickcolor": theme.muted,
        "ticklen": 4,
        "ticks": "outside",
        "title": {"standoff": 8},
        "zeroline": False,
    }
    bar = {"outlinewidth": 0, "thickness": 12, "ticks": "outside", "ticklen": 3, "tickcolor": theme.muted}
    bar |= {"exponentformat": "power"}
    edge = {"color": theme.paper, "width": 1}
    return {
        "layout": {
            "colorscale": {
                "sequential": colorscale(SEQUENTIAL),
                "sequentialminus": colorscale(SEQUENTIAL[::-1]),
                "diverging": colorscale(DIVERGING),
            },
            "colorway": list(theme.palette),
            "coloraxis": {"colorbar": bar},
            "font": {"color": theme.ink, "family": FONT, "size": FONT_SIZE},
            "hovermode": "closest",
            "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"},
            "margin": {"b": 48, "l": 56, "r": 24, "t": 32},
            "paper_bgcolor": theme.paper,
            "plot_bgcolor": theme.paper,
            "xaxis": axis,
            "yaxis": axis,
        },
        "data": {
            "scatter": [{"marker": {"size": 7, "line": edge}}],
            "bar": [{"marker": {"line": {"width": 0}}}],
            "contour": [{"colorbar": bar, "colorscale": colorscale(SEQUENTIAL), "line": {"width": 0.5}}],
            "heatmap": [{"colorbar": bar, "colorscale": colorscale(SEQUENTIAL)}],
        },
    }


@functools.cache
def template(theme: Theme = LIGHT) -> "go.layout.Template":
    """Return the template of every figure."""
    import plotly.graph_objects as go

    return go.layout.Template(template_spec(theme))


def new_figure(*traces: Any, x: str | None = None, y: str | None = None, height: int | None = None) -> "go.Figure":
    """Return a figure in the house style.

    Args:
        traces: plotly traces, back to front.
        x: Title of the x axis, already `plain`.
        y: Title of the y axis, already `plain`.
        height: Pixels; 400 where a figure does not say.

    Example:
        >>> figure = new_figure(x="trial", y="loss")
        >>> figure.layout.xaxis.title.text
        'trial'
        >>> len(figure.to_json()) < 3000
        True
    """
    import plotly.graph_objects as go

    layout: dict[str, Any] = {"template": template()}
    layout |= {"xaxis": {"title": {"text": x}}} if x is not None else {}
    layout |= {"yaxis": {"title": {"text": y}}} if y is not None else {}
    layout |= {"height": height} if height is not None else {}
    return go.Figure(data=list(traces), layout=layout)
