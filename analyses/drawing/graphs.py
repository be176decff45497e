"""Small directed graphs, drawn with scatter traces: boxes with a name, arrows with a condition.

Knows nothing of what the nodes are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from axnb.analyses.drawing import figures, style, words

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node of a graph.

    Args:
        name: What stands beside it.
        detail: A second line.
        x: Where it stands across, in columns.
        y: Where it stands upwards, in rows.
        current: Whether it is marked.
        label: Where its name stands: where no arrow runs.
        hover: What is shown when it is pointed at, a line an item.
    """

    name: str
    detail: str = ""
    x: float
    y: float
    current: bool = False
    label: Literal["bottom center", "top center", "middle right"] = "bottom center"
    hover: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """An arrow of a graph.

    Args:
        source: Number of the node it comes from.
        target: Number of the node it goes to.
        label: The condition.
    """

    source: int
    target: int
    label: str = ""


def draw_graph(
    nodes: Sequence[Node], edges: Sequence[Edge], *, marked: str = "", other: str = "", height: int = 260
) -> "go.Figure":
    """Return the picture of a graph.

    Args:
        nodes: The nodes.
        edges: The arrows between them.
        marked: What a marked node is, for the legend.
        other: What the other nodes are.
        height: Pixels.

    Example:
        >>> graph = draw_graph([Node(name="a", x=0, y=0), Node(name="b", x=1, y=0)], [Edge(source=0, target=1)])
        >>> [t.name for t in graph.data]
        ['arrows', '']
    """
    traces = [_arrows(nodes, edges)]
    for name, color, rows in (
        (other, style.SKY, [n for n in nodes if not n.current]),
        (marked, style.ORANGE, [n for n in nodes if n.current]),
    ):
        if rows:
            traces.append(_circles(rows, name, color))
    x, y = [n.x for n in nodes], [n.y for n in nodes]
    hidden = {"visible": False, "showgrid": False, "zeroline": False}
    return figures.new_figure(
        *traces,
        height=height,
        xaxis={"range": [min(x) - 0.6, max(x) + 0.6], **hidden},
        yaxis={"range": [min(y) - 0.7, max(y) + 0.6], **hidden},
        layout={
            "showlegend": bool(marked),
            "margin": {"l": 12, "r": 12, "t": 32, "b": 12},
            "annotations": [_condition(nodes[e.source], nodes[e.target], e.label) for e in edges if e.label],
        },
    )


def _condition(a: Node, b: Node, text: str) -> dict[str, Any]:
    """Return the label of an edge: above a level one, on a slanted one and near where that leads."""
    level = a.y == b.y
    part = 0.5 if level else 0.75
    return {
        "x": a.x + part * (b.x - a.x),
        "y": a.y + part * (b.y - a.y),
        "text": style.plain(text, limit=40),
        "showarrow": False,
        "yshift": 12 if level else 0,
        "bgcolor": style.LIGHT.paper,
        "font": {"size": 11, "color": style.LIGHT.muted},
    }


def _arrows(nodes: Sequence[Node], edges: Sequence[Edge]) -> Any:
    """Return the arrows as one line broken between them, with a head in the middle of each."""
    x: list[float | None] = []
    y: list[float | None] = []
    for edge in edges:
        a, b = nodes[edge.source], nodes[edge.target]
        tip = (a.x + 0.56 * (b.x - a.x), a.y + 0.56 * (b.y - a.y))
        x += [a.x, b.x, None, *_head(a, b, tip)[0], None]
        y += [a.y, b.y, None, *_head(a, b, tip)[1], None]
    line = {"color": style.LIGHT.muted, "width": 1.5}
    return figures.scatter(x=x, y=y, mode="lines", name="arrows", line=line, hoverinfo="skip", showlegend=False)


def _head(a: Node, b: Node, tip: tuple[float, float]) -> tuple[list[float], list[float]]:
    dx, dy = b.x - a.x, b.y - a.y
    length = max((dx * dx + dy * dy) ** 0.5, 1e-9)
    ux, uy = dx / length, dy / length
    back, wide = 0.05, 0.05
    left = (tip[0] - back * ux - wide * uy * 0.6, tip[1] - back * uy + wide * ux)
    right = (tip[0] - back * ux + wide * uy * 0.6, tip[1] - back * uy - wide * ux)
    return [left[0], tip[0], right[0]], [left[1], tip[1], right[1]]


def _circles(rows: Sequence[Node], name: str, color: str) -> Any:
    text = [
        style.plain(n.name, limit=24) + (f"<br>{style.plain(n.detail, limit=30)}" if n.detail else "") for n in rows
    ]
    return figures.scatter(
        x=[n.x for n in rows],
        y=[n.y for n in rows],
        mode="markers+text",
        name=name,
        text=text,
        textposition=[n.label for n in rows],
        marker={"size": 26, "color": color, "line": {"color": style.LIGHT.paper, "width": 2}},
        cliponaxis=False,
        hoverinfo="text",
        hovertext=[words.hover(n.hover or (n.name,)) for n in rows],
    )
