"""A search space whose parameters depend on the values of others, as a tree."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.drawing import words
from axnb.analyses.drawing.graphs import Edge, Node, draw_graph
from axnb.analyses.drawing.rows import iterate_rows
from axnb.analyses.setup.problem import find_dependents
from axnb.errors import UnsupportedError
from axnb.problem.parameters import Parameter


@dataclass(frozen=True, slots=True)
class HierarchicalSearchSpaceGraph:
    """Which parameters are in use with which value of another.

    Example:
        >>> HierarchicalSearchSpaceGraph()
        HierarchicalSearchSpaceGraph()
    """

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If there is no search space yet.
            UnsupportedError: If no parameter depends on another.
        """
        frame = tabulate_hierarchy(context.search_space.parameters)
        if frame["parent"].eq("").all():
            raise UnsupportedError("No parameter depends on the value of another: every one is always in use.")
        nodes, edges = draw_hierarchy(frame)
        inner = int((frame["parent"] != "").sum())
        return AnalysisCard(
            name=type(self).__name__,
            title="Which parameters depend on which",
            subtitle=f"{inner} of {len(frame)} parameters are in use only with certain values of another.",
            df=frame,
            figure=draw_graph(nodes, edges, height=120 + 90 * int(frame["depth"].max() + 1)),
            analysis=self,
        )


def tabulate_hierarchy(parameters: Sequence[Parameter]) -> pd.DataFrame:
    """Return a parameter a row, parents before children.

    Args:
        parameters: The parameters of a search space.

    Returns:
        Columns `parameter_name`, `parent` (empty for one always in use), `value` of the parent, `depth`.
    """
    owner = {
        child: (p.name, words.value(value))
        for p in parameters
        for value, names in find_dependents(p).items()
        for child in names
    }
    rows = []
    for parameter in parameters:
        name, depth = parameter.name, 0
        while name in owner and depth <= len(parameters):
            name, depth = owner[name][0], depth + 1
        parent, value = owner.get(parameter.name, ("", ""))
        rows.append((parameter.name, parent, value, depth))
    frame = pd.DataFrame(rows, columns=["parameter_name", "parent", "value", "depth"])
    return frame.sort_values("depth", kind="stable", ignore_index=True)


def draw_hierarchy(frame: pd.DataFrame) -> tuple[list[Node], list[Edge]]:
    """Return the tree: roots on top, each child below its parent.

    Args:
        frame: What `tabulate_hierarchy` returned.
    """
    names = frame["parameter_name"].tolist()
    children: dict[str, list[str]] = {n: [] for n in ["", *names]}
    for name, parent in zip(names, frame["parent"], strict=True):
        children[parent].append(name)
    places: dict[str, float] = {}
    free = [0.0]

    def place(name: str) -> float:
        below = [place(child) for child in children[name]]
        if below:
            places[name] = sum(below) / len(below)
        else:
            places[name] = free[0]
            free[0] += 1.0
        return places[name]

    for root in children[""]:
        place(root)
    depth = dict(zip(names, frame["depth"], strict=True))
    nodes = [Node(name=n, x=places[n], y=-float(depth[n]), label=_side(depth[n], children[n])) for n in names]
    edges = [
        Edge(source=names.index(row.parent), target=i, label=f"= {row.value}")
        for i, row in enumerate(iterate_rows(frame))
        if row.parent
    ]
    return nodes, edges


def _side(depth: int, children: Sequence[str]) -> Literal["bottom center", "top center", "middle right"]:
    """Return where a name stands so that no arrow, neither one that comes nor one that goes, runs through it."""
    if not children:
        return "bottom center"
    return "middle right" if depth else "top center"
