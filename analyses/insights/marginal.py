"""Marginal effects: how much each value of a parameter with few values moves a metric, in percent of its average."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.controls import drop_down
from axnb.analyses.drawing import figures, style, words
from axnb.analyses.drawing.figures import CONFIDENCE
from axnb.analyses.drawing.rows import iterate_rows, select_largest
from axnb.analyses.shared.arms import Choice, Shown, select_arms
from axnb.analyses.shared.goals import Goal
from axnb.analyses.shared.magnitude import binary_unit
from axnb.analyses.shared.slicing import FEW_LEVELS
from axnb.errors import UnknownNameError, UnsupportedError, listing, near_miss
from axnb.problem.parameters import ChoiceParameter, Parameter, ParameterValue, RangeParameter

if TYPE_CHECKING:
    import plotly.graph_objects as go

COLUMNS = ("parameter_name", "level", "arms", "effect", "sem")


@dataclass(frozen=True, slots=True)
class MarginalEffectsPlot:
    """How much each value of a parameter moves a metric from its average over the arms, in percent.

    Args:
        metric_name: The metric; that of the first objective if left out.
        parameters: Parameters with few values; all of them if left out.

    Example:
        >>> MarginalEffectsPlot("acc", parameters=["kernel"]).parameters
        ('kernel',)
    """

    metric_name: str | None = None
    parameters: Sequence[str] | None = None

    def __post_init__(self) -> None:
        given = self.parameters
        names = None if given is None else (given,) if isinstance(given, str) else tuple(given)
        object.__setattr__(self, "parameters", names)

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            DataRequiredError: If there are too few results for a model.
            UnsupportedError: If no parameter has few values, or the metric's average is 0.
            UnknownNameError: If there is no such parameter or metric.
        """
        metric = context.metric(self.metric_name)
        chosen = self._parameters(context)
        frame = tabulate_marginal(select_arms(context, [metric], Choice()), chosen, metric)
        goal = Goal.of(context.view, context.optimization)
        return AnalysisCard(
            name=type(self).__name__,
            title=f"Effect of each value on {words.short(metric)}",
            subtitle=describe_marginal(frame, metric),
            df=frame,
            figure=draw_marginal(frame, metric, goal.direction(metric)),
            controls=(drop_down("metric_name", "Metric", metric, context.model.metric_names),),
            analysis=self,
            uses_model=True,
        )

    def _parameters(self, context: AnalysisContext) -> list[Parameter]:
        few = {p.name: p for p in context.search_space.parameters if _is_discrete(p)}
        if not few:
            raise UnsupportedError("No parameter has few values: use SlicePlot for ranges.")
        if self.parameters is None:
            return list(few.values())
        for name in self.parameters:
            if name not in few:
                raise UnknownNameError(
                    f"there is no parameter {name!r} with few values; choose from {listing(few)}.{near_miss(name, few)}"
                )
        return [few[n] for n in self.parameters]


def _is_discrete(parameter: Parameter) -> bool:
    few = isinstance(parameter, RangeParameter) and parameter.cardinality <= FEW_LEVELS
    return few or isinstance(parameter, ChoiceParameter)


def list_levels(parameter: Parameter) -> tuple[ParameterValue, ...]:
    """Return the values of a parameter that has few."""
    if isinstance(parameter, RangeParameter):
        return tuple(parameter.value_at(i) for i in range(int(parameter.cardinality)))
    return tuple(parameter.values) if isinstance(parameter, ChoiceParameter) else ()


def tabulate_marginal(shown: Sequence[Shown], parameters: Sequence[Parameter], metric: str) -> pd.DataFrame:
    """Return the effect of each value of each parameter.

    Means over arms are weighted by the inverse variances of the predictions.

    Args:
        shown: The arms with the metric's predictions.
        parameters: Parameters with few values.
        metric: The metric.

    Returns:
        Columns `COLUMNS`; `effect` and `sem` in percent of the average over all arms; values without an arm are left
        out.

    Raises:
        UnsupportedError: If the average is 0.
    """
    mean = np.array([s.outcomes[metric][0] for s in shown], dtype=float)
    sem = np.nan_to_num(np.array([s.outcomes[metric][1] for s in shown], dtype=float))
    unit = binary_unit(mean, sem)
    mean, sem = mean / unit, sem / unit  # effects are in percent, whatever the unit
    floor = 0.05 * float(np.std(mean)) or 1e-12  # a prediction that is nearly certain must not outweigh all others
    weight = 1.0 / np.maximum(sem, floor) ** 2
    average = float(weight @ mean / weight.sum()) if len(mean) else 0.0
    if average == 0.0:
        raise UnsupportedError(f"the average of {metric!r} is 0, so there are no effects in percent.")
    rows = []
    for parameter in parameters:
        for level in list_levels(parameter):
            at = np.array([s.result.parameters.get(parameter.name) == level for s in shown], dtype=bool)
            if at.any():
                total = weight[at].sum()
                here = float(weight[at] @ mean[at] / total)
                scale = 100.0 / abs(average)
                spread = float(np.sqrt(weight[at] @ (mean[at] - here) ** 2 / total / at.sum()))
                error = float(np.hypot(1.0 / np.sqrt(total), spread))
                rows.append((parameter.name, level, int(at.sum()), scale * (here - average), scale * error))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"level": object})


def describe_marginal(frame: pd.DataFrame, metric: str) -> str:
    """Return the largest effect, in a sentence.

    Args:
        frame: What `tabulate_marginal` returned, with at least a row.
        metric: The metric.
    """
    top = select_largest(frame, frame["effect"].abs())
    verb = "raises" if top["effect"] > 0 else "lowers"
    level = words.short(words.value(top["level"]), 24)
    sure = "" if abs(top["effect"]) > CONFIDENCE * top["sem"] else ", which may be chance"
    return (
        f"{words.short(top['parameter_name'], 24)} = {level} {verb} {words.short(metric)} most: by "
        f"{words.number(abs(top['effect']), 2)} % of its average{sure}."
    )


def draw_marginal(frame: pd.DataFrame, metric: str, direction: int = 0) -> "go.Figure":
    """Return the picture of the effects: a bar with a 95 % interval a value, blue where better.

    Args:
        frame: What `tabulate_marginal` returned.
        metric: The metric.
        direction: 1 if it is to be maximised, -1 if minimised, else 0.
    """
    several = bool((frame["parameter_name"] != frame["parameter_name"].iloc[0]).any())
    named = [
        f"{words.short(r.parameter_name, 18)} = {words.value(r.level)}" if several else words.value(r.level)
        for r in iterate_rows(frame)
    ]
    labels = list(words.labels(named))
    good = frame["effect"] * (direction or 1) > 0
    colors = [style.BLUE if g else style.ORANGE for g in good] if direction else style.BLUE
    hover = [
        words.hover([label, f"{words.number(e, 3)} % ± {words.number(CONFIDENCE * s, 2)} %", f"{n} arms"])
        for label, e, s, n in zip(named, frame["effect"], frame["sem"], frame["arms"], strict=True)
    ]
    bar = figures.bar(
        x=frame["effect"],
        y=labels,
        orientation="h",
        marker={"color": colors},
        error_x={"array": frame["sem"] * CONFIDENCE, "thickness": 1.2, "width": 4, "color": style.LIGHT.muted},
        hoverinfo="text",
        hovertext=hover,
    )
    better = {1: ", right is better", -1: ", left is better", 0: ""}[direction]
    title = style.plain(f"effect on {words.short(metric)}, % of its average{better} · bars: 95 %", limit=90)
    return figures.new_figure(
        bar,
        x=title,
        height=110 + 28 * max(len(frame), 2),
        xaxis={"zeroline": True, "zerolinecolor": style.LIGHT.muted},
        yaxis=figures.categories(labels),
        layout={"showlegend": False, "bargap": 0.35},
    )
