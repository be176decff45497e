"""What if: what the model expects of a point that the reader chooses, metric by metric."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from axnb.analyses.actions import Action
from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.drawing import figures, style, words
from axnb.analyses.drawing.downsample import downsample_rows
from axnb.analyses.drawing.figures import CONFIDENCE
from axnb.analyses.drawing.rows import iterate_rows
from axnb.analyses.insights.profiler import link_to_profiler
from axnb.analyses.shared.goals import Goal
from axnb.analyses.shared.prospects import compute_feasibility
from axnb.analyses.shared.slicing import (
    At,
    check_at,
    find_reference_arm,
    list_tunable,
    make_other_controls,
    make_place_control,
    resolve_held,
)
from axnb.problem.space import Parameterization

if TYPE_CHECKING:
    import plotly.graph_objects as go

COLUMNS = ("metric_name", "mean", "sem", "lower", "upper", "best", "improvement", "p_better")
MOST_METRICS = 6
_MOST_MARKS = 300


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What the model expects of one point: a control a parameter, and each metric with its 95 % interval.

    Args:
        at: The point: `None` or `"best"` for the best trial, `"center"`, a trial's index, an arm's name such as
            `"5_1"`, or a dict of values, the others as in the best trial.

    Raises:
        UserInputError: If it is none of those.

    Example:
        >>> WhatIf(at={"x1": 0.3}).at
        (('x1', 0.3),)
    """

    at: At = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", check_at(self.at))

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If there is no goal yet.
            DataRequiredError: If there are too few results for a model.
            ObjectNotFoundError: If there is no such trial.
            UnknownNameError: If there is no such parameter.
        """
        config = context.optimization
        context.require(config.metric_names)
        held, _ = resolve_held(context, context.model.encoder, check_at(self.at))
        allowed = context.search_space.satisfies(held)
        goal = Goal.of(context.view, config)
        frame = tabulate_whatif(context, held, goal)
        row = context.model.encoder.encode([held])
        chance = float(compute_feasibility(context, row)[0]) if config.constraints else None
        make = Action(
            method="attach_trial",
            arguments=(("parameters", held),),
            label="Make this a trial",
            done="This is trial {}.",
        )
        return AnalysisCard(
            name=type(self).__name__,
            title="What if",
            subtitle=describe_whatif(frame, goal, chance, allowed=allowed),
            df=frame,
            figure=draw_whatif(frame, goal, _strips(context, frame)),
            controls=(make_place_control(context, check_at(self.at)), *make_other_controls(context, held, ())),
            actions=(make,) if allowed else (),
            links=(link_to_profiler(held, list_tunable(context)),),
            analysis=self,
            uses_model=True,
        )


def tabulate_whatif(context: AnalysisContext, point: Parameterization, goal: Goal) -> pd.DataFrame:
    """Return what the model expects of a point, a metric a row, those of the goal first.

    Args:
        context: What is known of the experiment.
        point: The point.
        goal: What is wanted.

    Returns:
        Columns `COLUMNS`: predicted mean, its standard error and 95 % interval; the metric at the best trial (or at a
        balanced one of the front), by how much the prediction is better than that (NaN where no way is better), and the
        probability that it is.
    """
    from scipy.special import ndtr

    predicted = context.model.predict([point])[0]
    names = [n for n in dict.fromkeys([*goal.optimization.metric_names, *predicted]) if n in predicted]
    best_arm = find_reference_arm(context)
    held = best_arm.outcomes if best_arm is not None else {}
    rows = []
    for name in names:
        mean, sem = predicted[name]
        best, way = held[name][0] if name in held else np.nan, goal.direction(name)
        better = (mean - best) * way if way else np.nan
        chance = float(ndtr(better / sem)) if sem > 0 and not np.isnan(better) else np.nan
        rows.append((name, mean, sem, mean - CONFIDENCE * sem, mean + CONFIDENCE * sem, best, better, chance))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _strips(context: AnalysisContext, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the observed values of each metric, the extremes kept where there are many."""
    found = {}
    for name in frame["metric_name"]:
        values = np.array([r.outcomes[name][0] for r in context.observed([name])], dtype=float)
        found[name] = values[downsample_rows([values], most=_MOST_MARKS)]
    return found


def describe_whatif(frame: pd.DataFrame, goal: Goal, chance: float | None, *, allowed: bool = True) -> str:
    """Return what to expect, in a sentence.

    Args:
        frame: What `tabulate_whatif` returned.
        goal: What is wanted.
        chance: Probability that the outcome constraints hold; `None` without any.
        allowed: Whether the point satisfies the parameter constraints.
    """
    parts = []
    for row in iterate_rows(frame):
        if goal.direction(str(row.metric_name)):
            half = words.number(float(row.sem) * CONFIDENCE, 2)
            parts.append(f"{words.short(row.metric_name, 24)} {words.number(row.mean)} ± {half}{_verdict(row)}")
    text = f"Expected here: {words.listed(parts)}"
    if chance is not None:
        text += f"; the constraints hold with {words.percent(chance)}"
    return text + ("." if allowed else "; the point lies outside the parameter constraints, so it can't be a trial.")


def _verdict(row: Any) -> str:
    if np.isnan(row.p_better):
        return ""
    kind = "better" if row.improvement >= 0 else "worse"
    size = words.number(abs(row.improvement), 2)
    return f" ({size} {kind} than the best; {words.percent(row.p_better)} chance to beat it)"


def draw_whatif(frame: pd.DataFrame, goal: Goal, strips: "dict[str, np.ndarray]") -> "go.Figure":
    """Return the picture: for each metric an axis with the results so far, the best, and the interval expected.

    Args:
        frame: What `tabulate_whatif` returned.
        goal: What is wanted.
        strips: Observed values by metric.
    """
    shown = iterate_rows(frame.head(MOST_METRICS))
    traces: list[figures.Trace] = []
    layout: dict[str, Any] = {"showlegend": True, "margin": {"l": 24, "r": 24, "t": 36, "b": 44}}
    room = 1.0 / len(shown)
    for i, row in enumerate(shown):
        tag = "" if i == 0 else str(i + 1)
        traces += _row(row, goal, strips[str(row.metric_name)], tag)
        low = 1.0 - (i + 1) * room
        layout[f"yaxis{tag}"] = {"domain": [low + 0.42 * room, low + room], "visible": False, "range": [-1, 1]}
        bounds = [words.bound(op, bound) for op, bound in goal.bounds(str(row.metric_name))]
        dashed = f" · dashed: {', '.join(bounds)}" if bounds else ""
        title = style.plain(goal.title(str(row.metric_name)) + dashed, limit=90)
        layout[f"xaxis{tag}"] = {"anchor": f"y{tag}", "title": {"text": title, "standoff": 2}, "showgrid": False}
    return figures.new_figure(*traces, height=90 + 92 * len(shown), layout=layout)


def _row(row: Any, goal: Goal, strip: np.ndarray, tag: str) -> list[Any]:
    """Return the traces of one metric."""
    axes: dict[str, Any] = {"xaxis": f"x{tag}", "yaxis": f"y{tag}", "showlegend": not tag, "cliponaxis": False}
    name = words.short(row.metric_name)
    half = row.sem * CONFIDENCE
    text = words.hover([f"{name} {words.number(row.mean)} ± {words.number(half, 2)} (95 %)"])
    results = {"color": style.fade(style.GREY, 0.55), "size": 7}
    traces = [
        figures.scatter(x=strip, y=np.full(len(strip), -0.45), mode="markers", name="results", marker=results, **axes),
        figures.scatter(
            x=[row.mean],
            y=[0.35],
            error_x={"array": [half], "thickness": 3, "width": 7, "color": style.BLUE},
            mode="markers",
            name="expected here, 95 %",
            marker={"color": style.BLUE, "size": 12, "symbol": "diamond"},
            hoverinfo="text",
            hovertext=[text],
            **axes,
        ),
    ]
    if not np.isnan(row.best):
        star = {"color": style.ORANGE, "size": 13, "symbol": "star"}
        traces.append(figures.scatter(x=[row.best], y=[-0.45], mode="markers", name="best trial", marker=star, **axes))
    for _, bound in goal.bounds(str(row.metric_name)):
        dash = {"color": style.LIGHT.muted, "width": 1.5, "dash": "dash"}
        own = axes | {"showlegend": False}
        traces.append(figures.scatter(x=[bound, bound], y=[-1, 1], mode="lines", name="bound", line=dash, **own))
    return traces
