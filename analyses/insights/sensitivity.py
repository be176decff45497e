"""Sensitivity: how much of a metric's variation over the search space each parameter explains."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard, Link
from axnb.analyses.context import AnalysisContext, require_metric
from axnb.analyses.controls import Control
from axnb.analyses.drawing import figures, style, words
from axnb.analyses.insights.contour import ContourPlot
from axnb.analyses.insights.slice import SlicePlot
from axnb.errors import UserInputError, near_miss
from axnb.problem.parameters import ChoiceParameter, Parameter, whole
from axnb.suggest.fitting import SobolIndices

if TYPE_CHECKING:
    import plotly.graph_objects as go

Order = Literal["total", "first", "second"]
ORDERS = ("total", "first", "second")
COLUMNS = ("parameter_name", "sensitivity", "direction")

_TITLES = {
    "total": "share of variation explained, interactions included",
    "first": "share of variation explained by the parameter alone",
    "second": "share of variation explained, alone and in pairs",
}
_DIRECTIONS = (
    ("increases", "raises it", style.BLUE),
    ("decreases", "lowers it", style.ORANGE),
    ("", "no single direction", style.GREY),
)
_NEGLIGIBLE = 1e-6
_SEEN = 0.005  # a share below this has no direction worth a colour


def check_order(order: object, top_k: object) -> None:
    """Check by what parameters are ranked, and how many of them are shown.

    Raises:
        UserInputError: If the order is none of `ORDERS`, or the number is no whole number of at least 1.
    """
    if order not in ORDERS:
        raise UserInputError(f"order must be 'total', 'first' or 'second', got {order!r}.{near_miss(order, ORDERS)}")
    whole("top_k", top_k, 1)


@dataclass(frozen=True, slots=True)
class SensitivityAnalysisPlot:
    """How much of a metric's variation over the search space each parameter explains (Sobol indices of the model).

    Args:
        metric_name: The metric; that of the first objective if left out.
        order: `"total"` counts every interaction of a parameter, `"first"` the parameter alone, `"second"` shows
            parameters alone and pairs.
        top_k: How many bars at most.
        labels: What metrics are called on the card, by their names.
        exclude_map_key: Taken for the sake of old code: the step of a reading is no parameter here.

    Raises:
        UserInputError: If an option is none of those.

    Example:
        >>> SensitivityAnalysisPlot("loss", order="first").order
        'first'
    """

    metric_name: str | None = None
    order: str = "total"
    top_k: int = 6
    labels: Mapping[str, str] | tuple[tuple[str, str], ...] | None = None
    exclude_map_key: bool = True

    def __post_init__(self) -> None:
        check_order(self.order, self.top_k)
        object.__setattr__(self, "labels", tuple(dict(self.labels or ()).items()))

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If no metric is given and there is no goal yet.
            DataRequiredError: If there are too few results for a model.
            UnknownNameError: If there is no such metric.
        """
        metric = require_metric(context, self.metric_name)
        indices = context.sensitivity(metric)
        undirected = [p.name for p in context.search_space.tunable if _has_no_direction(p)]
        frame = tabulate_sensitivity(indices, self.order, undirected)
        metrics = tuple(context.model.metric_names)
        called = {n: n for n in metrics} | dict(self.labels or ())
        links = link_surfaces(frame["parameter_name"].head(self.top_k).tolist(), indices.parameters, metric)
        return AnalysisCard(
            name=type(self).__name__,
            title=f"What {words.short(called[metric])} depends on",
            subtitle=describe_sensitivity(tabulate_sensitivity(indices), called[metric]),
            df=frame,
            figure=draw_sensitivity(frame.head(self.top_k), called[metric], self.order, [link.mark for link in links]),
            controls=(
                Control(
                    field="metric_name",
                    label="Metric",
                    value=metric,
                    options=metrics,
                    labels=tuple(words.short(called[n]) for n in metrics),
                ),
                Control(
                    field="order",
                    label="Order",
                    value=self.order,
                    options=ORDERS,
                    labels=("with interactions", "alone", "alone and in pairs"),
                ),
            ),
            links=links,
            analysis=self,
            uses_model=True,
        )


def _has_no_direction(parameter: Parameter) -> bool:
    """Return whether a parameter's values are in no order."""
    return isinstance(parameter, ChoiceParameter) and not parameter.is_ordered


def tabulate_sensitivity(indices: SobolIndices, order: str = "total", undirected: Collection[str] = ()) -> pd.DataFrame:
    """Return the shares of variation, largest first.

    Args:
        indices: The Sobol indices.
        order: One of `ORDERS`.
        undirected: Parameters whose values are in no order.

    Returns:
        Columns `COLUMNS`; `direction` is `"increases"` or `"decreases"` where the metric does so on average as the
        parameter grows, else empty. A pair is called `a & b`.
    """
    shares = np.asarray(indices.total if order == "total" else indices.first, dtype=float)
    names = indices.parameters
    signs = [
        0 if n in undirected or s < _SEEN else int(g) for n, s, g in zip(names, shares, indices.signs, strict=True)
    ]
    verbs = {1: "increases", -1: "decreases", 0: ""}
    rows = [(n, float(s), verbs[g]) for n, s, g in zip(names, shares, signs, strict=True)]
    if order == "second":
        pairs = combinations(range(len(names)), 2)
        rows += [(f"{names[i]} & {names[j]}", float(indices.second[i, j]), "") for i, j in pairs]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"sensitivity": float})
    return frame.sort_values("sensitivity", ascending=False, kind="stable", ignore_index=True)


def link_surfaces(shown: Sequence[str], parameters: Sequence[str], metric: str) -> tuple[Link, ...]:
    """Return for each bar the way to its slice, or to its contour if it stands for a pair.

    Args:
        shown: What the bars stand for.
        parameters: The parameters.
        metric: The metric.
    """
    pairs = {f"{a} & {b}": (a, b) for a, b in combinations(parameters, 2)}
    links = []
    for name in shown:
        label = words.short(name, 30)
        if name in parameters:
            hint, analysis = f"Show {words.short(metric)} along {label}", SlicePlot(name, metric)
            links.append(Link(label=label, hint=hint, analysis=analysis))
        else:
            hint = f"Show {words.short(metric)} over {label}"
            links.append(Link(label=label, hint=hint, analysis=ContourPlot(*pairs[name], metric)))
    return tuple(links)


def describe_sensitivity(frame: pd.DataFrame, metric: str) -> str:
    """Return what the total shares say, in a sentence.

    Args:
        frame: What `tabulate_sensitivity` returned for the order `"total"`.
        metric: The metric.
    """
    name = words.short(metric)
    if frame.empty or frame["sensitivity"].iloc[0] < _NEGLIGIBLE:
        return f"The model sees no parameter that {name} depends on."
    first = frame.iloc[0]
    share = words.percent(min(first.sensitivity, 1.0))
    sentence = f"{words.short(first.parameter_name)} explains {share} of the variation of {name}"
    if len(frame) > 1 and frame["sensitivity"].iloc[1] > 0.01:
        second = frame.iloc[1]
        share = words.percent(min(second.sensitivity, 1.0))
        sentence += f", {words.short(second.parameter_name)} {share}"
    overlap = frame["sensitivity"].sum() - 1.0
    return sentence + ("; some of it jointly." if overlap > 0.05 else ".")


def draw_sensitivity(frame: pd.DataFrame, metric: str, order: str = "total", marks: Sequence[str] = ()) -> "go.Figure":
    """Return the picture of the shares: horizontal bars, the largest on top.

    Args:
        frame: Rows of what `tabulate_sensitivity` returned.
        metric: The metric.
        order: One of `ORDERS`.
        marks: What each bar leads to, if anything.
    """
    labels = np.array(words.labels(frame["parameter_name"].tolist()), dtype=object)
    name = words.short(metric, 24)
    traces = []
    for direction, meaning, color in _DIRECTIONS:
        rows = frame["direction"].eq(direction).to_numpy()
        if rows.any():
            part = frame[rows]
            hover = [
                words.hover([f"{n} · {words.percent(s)} of {words.short(metric)}", meaning])
                for n, s in zip(part["parameter_name"], part["sensitivity"], strict=True)
            ]
            traces.append(
                figures.bar(
                    x=part["sensitivity"],
                    y=labels[rows],
                    orientation="h",
                    name=style.plain(
                        f"{meaning.replace('it', name, 1)} as it grows" if direction else meaning, limit=60
                    ),
                    marker={"color": color},
                    text=[words.percent(s) for s in part["sensitivity"]],
                    textposition="outside",
                    cliponaxis=False,
                    ids=np.array(marks, dtype=object)[rows] if marks else None,
                    hoverinfo="text",
                    hovertext=hover,
                )
            )
    top = max(0.05, 1.12 * float(frame["sensitivity"].max()))
    return figures.new_figure(
        *traces,
        x=_TITLES[order],
        height=120 + 30 * max(len(frame), 2),
        xaxis={"tickformat": ".0%", "range": [0, top], "showgrid": True},
        yaxis=figures.categories(labels.tolist()),
        layout={"barmode": "overlay", "bargap": 0.35, "showlegend": True},
    )
