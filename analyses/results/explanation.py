"""Why a trial was suggested: what was expected of it, how bold it was, and what it changes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import MINIMUM_FOR_MODEL, AnalysisContext
from axnb.analyses.controls import Control, drop_down
from axnb.analyses.drawing import figures, style, words
from axnb.analyses.drawing.figures import CONFIDENCE
from axnb.analyses.drawing.rows import iterate_rows
from axnb.analyses.results.stopping import expect_improvement, recall_prediction
from axnb.analyses.shared.arms import name_result
from axnb.analyses.shared.goals import Goal, compute_shown_value
from axnb.analyses.shared.prospects import fit_suggesting_model
from axnb.errors import DataRequiredError, UnknownNameError, listing, near_miss
from axnb.problem.objective import Objective
from axnb.problem.parameters import ParameterValue
from axnb.record.trial import ArmResult, Trial
from axnb.suggest.best import Leaders
from axnb.surrogate.encoder import Encoder

if TYPE_CHECKING:
    import plotly.graph_objects as go

COLUMNS = ("parameter_name", "suggested", "compared_with", "moved", "importance", "position", "compared_position")
MOST_TRIALS = 40
MOST_PARAMETERS = 16
_FAR = 1e3  # standard errors at which a density is 0 in floats
_SEEN = 0.01  # share of a range that counts as moved


@dataclass(frozen=True, slots=True)
class SuggestionExplanation:
    """Why a trial was suggested.

    Args:
        trial_index: The trial; the newest if left out.
        arm_name: Which arm of a trial with several; the first if left out.

    Example:
        >>> SuggestionExplanation(trial_index=7).trial_index
        7
    """

    trial_index: int | None = None
    arm_name: str | None = None

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            DataRequiredError: If there is no trial yet.
            ObjectNotFoundError: If there is no such trial.
            UnknownNameError: If it has no such arm.
        """
        trials = context.view.trials
        if not trials:
            raise DataRequiredError("There are no trials yet: call get_next_trials first.")
        trial = context.view.trial(max(trials) if self.trial_index is None else self.trial_index)
        result = _arm(trial, self.arm_name)
        before = find_best_before(context, trial)
        frame = tabulate_explanation(context, result, before)
        return AnalysisCard(
            name=type(self).__name__,
            title=f"Why {name_result(context, result)}",
            subtitle=describe_explanation(context, result, frame, before),
            df=frame.drop(columns=["position", "compared_position"]),
            figure=draw_explanation(context, result, frame, before),
            controls=_choosers(context, trial, result),
            analysis=self,
            uses_model=bool(frame["importance"].notna().any()),
        )


def _arm(trial: Trial, name: str | None) -> ArmResult:
    if name is None:
        return trial.results[0]
    names = [r.arm_name for r in trial.results]
    if name not in names:
        hint = near_miss(name, names)
        raise UnknownNameError(f"trial {trial.index} has no arm {name!r}; its arms are {listing(names)}.{hint}")
    return trial.results[names.index(name)]


def _choosers(context: AnalysisContext, trial: Trial, result: ArmResult) -> tuple[Control, ...]:
    known = sorted({*list(context.view.trials)[-MOST_TRIALS:], trial.index})
    made = drop_down("trial_index", "Trial", trial.index, known, [f"trial {i}" for i in known])
    if not trial.is_batch:
        return (made,)
    return made, drop_down("arm_name", "Arm", result.arm_name, [r.arm_name for r in trial.results])


def find_best_before(context: AnalysisContext, trial: Trial) -> ArmResult | None:
    """Return the best feasible result of the trials before one; with several objectives the best by the first."""
    if context.view.optimization is None:
        return None
    earlier = {i: t for i, t in context.view.trials.items() if i < trial.index}
    found = Leaders().find(replace(context.view, trials=earlier))
    goal = Goal.of(context.view, context.optimization)
    return max(found, key=lambda r: (goal.utilities(r.outcomes) or (-np.inf,))[0], default=None)


def tabulate_explanation(context: AnalysisContext, result: ArmResult, before: ArmResult | None) -> pd.DataFrame:
    """Return what a trial changes, a parameter a row, the most important first.

    Args:
        context: What is known of the experiment.
        result: The arm.
        before: The best result before it, if there was one.

    Returns:
        Columns `COLUMNS`: the suggested value and that of the best trial before, how far it moved as a share of the
        range (for unordered choices 1 where it changed), the share of the objective's variation that the parameter
        explains (NaN without a model), and the positions of both within the range from 0 to 1.
    """
    encoder = Encoder(context.search_space)
    importance = _importance(context)
    rows = []
    for column in encoder.columns:
        given = result.parameters.get(column.name)
        held = None if before is None else before.parameters.get(column.name)
        at, was = (_position(encoder, column.name, v) for v in (given, held))
        moved = float(given != held) if column.is_categorical else abs(at - was)
        moved = moved if held is not None else np.nan
        rows.append((column.name, given, held, moved, importance.get(column.name, np.nan), at, was))
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"suggested": object, "compared_with": object})
    return frame.sort_values("importance", ascending=False, kind="stable", ignore_index=True)


def _position(encoder: Encoder, name: str, value: ParameterValue | None) -> float:
    """Return a value's place within its range, NaN where it is not allowed any more."""
    column = encoder.columns[encoder.index(name)]
    try:
        return np.nan if value is None else float(np.clip(column.encode(column.parameter.cast(value)), 0.0, 1.0))
    except ValueError:  # our own error for a value that the space no longer allows
        return np.nan


def _importance(context: AnalysisContext) -> Mapping[str, float]:
    if context.view.optimization is None:
        return {}
    metric = context.optimization.objective_metric_names[0]
    if len(context.observed([metric])) < MINIMUM_FOR_MODEL:
        return {}
    return context.importance(metric)


def compute_boldness(mean: float, sem: float, best: float, direction: int) -> float:
    """Return how much of the expected improvement is due to not knowing: 1 is exploration, 0 exploitation.

    Example:
        >>> round(compute_boldness(0.0, 1.0, 0.0, 1), 2), compute_boldness(9.0, 1.0, 0.0, 1) < 0.01
        (1.0, True)
    """
    total = expect_improvement(mean, sem, best, direction)
    ahead = (mean - best) * direction
    if not total > 0 or not sem > 0:
        return 1.0 if sem > 0 else 0.0
    far = min(abs(ahead) / sem, _FAR)
    density = float(np.exp(-0.5 * far**2) / np.sqrt(2.0 * np.pi))
    return float(min(1.0, sem * density / total))


def describe_explanation(
    context: AnalysisContext, result: ArmResult, frame: pd.DataFrame, before: ArmResult | None
) -> str:
    """Return why a trial was suggested, in a sentence.

    Args:
        context: What is known of the experiment.
        result: The arm.
        frame: What `tabulate_explanation` returned.
        before: The best result before it, if there was one.
    """
    reasons = {
        "Center": "starts in the centre of the search space",
        "Sobol": "fills the search space evenly; no model was asked",
        "Manual": "was attached by hand",
        "Baseline": "is the baseline that others are compared with",
    }
    origin, name = result.generator, name_result(context, result)
    who = name[0].upper() + name[1:]
    if origin in reasons:
        return f"{who} {reasons[origin]}{_outcome(context, result)}."
    objective = context.optimization.objective
    then = recall_prediction(result, objective)
    if then is None:
        return f"{who} was made by {words.short(origin)}{_moves(context, frame, before)}."
    half = words.number(CONFIDENCE * then[1], 2)
    expected = f"expected {words.short(objective.label)} {words.number(then[0])} ± {half}"
    why = "was made by the model"
    if before is not None and not context.optimization.is_multi_objective:
        held = compute_shown_value(objective, before.outcomes)
        assert held is not None
        share = compute_boldness(*_scaled(context, objective, then, held[0]), -1 if objective.minimize else 1)
        why = (
            "mostly explores where the model is unsure"
            if share > 0.75
            else "mostly exploits what looks best"
            if share < 0.35
            else "both exploits and explores"
        )
    return f"{who} {why}: {expected}{_moves(context, frame, before)}{_outcome(context, result)}."


def _scaled(
    context: AnalysisContext, objective: Objective, then: tuple[float, float], best: float
) -> tuple[float, float, float]:
    """Return mean, standard error and best on the scale that the model works on, where errors are even."""
    metric = objective.metric_names[0]
    if objective.is_scalarized or len(context.observed([metric])) < MINIMUM_FOR_MODEL:
        return (*then, best)
    model = fit_suggesting_model(context).surrogate[metric]
    mean, held = model.transform(np.array([then[0], best])).tolist()
    return mean, then[1] * float(model.transform_slope(np.array([then[0]]))[0]), held


def _moves(context: AnalysisContext, frame: pd.DataFrame, before: ArmResult | None) -> str:
    if before is None:
        return ""
    moved = frame[frame["moved"] > _SEEN].sort_values("moved", ascending=False)
    start = f"; against {name_result(context, before)}, the best then, "
    if moved.empty:
        return f"{start}it moves hardly anything"
    parts = [
        f"{words.short(r.parameter_name, 24)} from {_said(r.compared_with)} to {_said(r.suggested)}"
        for r in iterate_rows(moved.head(2))
    ]
    more = f" and {len(moved) - 2} more" if len(moved) > 2 else ""
    return f"{start}it moves {', '.join(parts) if more else words.listed(parts)}{more}"


def _said(given: Any) -> str:
    return words.number(given, 3) if isinstance(given, float) else words.short(words.value(given), 24)


def _outcome(context: AnalysisContext, result: ArmResult) -> str:
    """Return what came of a trial, as the end of a sentence."""
    if context.view.optimization is None:
        return ""
    objective = context.optimization.objective
    held = compute_shown_value(objective, result.outcomes)
    return "" if held is None else f"; it came out at {words.number(held[0])}"


def draw_explanation(
    context: AnalysisContext, result: ArmResult, frame: pd.DataFrame, before: ArmResult | None
) -> "go.Figure":
    """Return the picture: where the trial lies within each parameter's range, beside the best before and all others.

    Args:
        context: What is known of the experiment.
        result: The arm.
        frame: What `tabulate_explanation` returned.
        before: The best result before it, if there was one.
    """
    shown = frame.head(MOST_PARAMETERS)
    labels = list(words.labels([words.short(n, 26) for n in shown["parameter_name"]]))
    others_x, others_y = _others(context, result, shown["parameter_name"].tolist(), labels)
    grey = {"symbol": "line-ns-open", "size": 10, "color": style.fade(style.GREY, 0.5), "line": {"width": 1}}
    traces = [
        figures.scatter(x=others_x, y=others_y, mode="markers", name="earlier trials", marker=grey, hoverinfo="skip")
    ]
    if before is not None:
        traces += _from_the_best(shown, labels, name_result(context, before))
    diamond = {"color": style.BLUE, "size": 11, "symbol": "diamond"}
    text = [
        words.hover([f"{n} = {_said(v)}"]) for n, v in zip(shown["parameter_name"], shown["suggested"], strict=True)
    ]
    traces.append(
        figures.scatter(
            x=shown["position"],
            y=labels,
            mode="markers",
            name=name_result(context, result),
            marker=diamond,
            hoverinfo="text",
            hovertext=text,
            cliponaxis=False,
        )
    )
    return figures.new_figure(
        *traces,
        x="position within the range, low to high",
        height=130 + 30 * max(len(shown), 2),
        xaxis=figures.SHARES | {"range": [-0.02, 1.02], "showgrid": False},
        yaxis=figures.categories(labels) | {"showgrid": True},
        layout={"showlegend": True},
    )


def _from_the_best(shown: pd.DataFrame, labels: "list[str]", best_name: str) -> "list[go.Scatter]":
    """Return the best before, and for each parameter the line from there to the trial."""
    moves_x: list[float | None] = []
    moves_y: list[str | None] = []
    for label, row in zip(labels, iterate_rows(shown), strict=True):
        moves_x += [row.compared_position, row.position, None]
        moves_y += [label, label, None]
    line = {"color": style.fade(style.BLUE, 0.5), "width": 2}
    moves = figures.scatter(x=moves_x, y=moves_y, mode="lines", line=line, hoverinfo="skip", showlegend=False)
    star = {"color": style.ORANGE, "size": 13, "symbol": "star"}
    text = [
        words.hover([f"{n} = {_said(v)}"]) for n, v in zip(shown["parameter_name"], shown["compared_with"], strict=True)
    ]
    name = f"{best_name}, the best before"
    common = {"mode": "markers", "hoverinfo": "text", "cliponaxis": False}
    best = figures.scatter(x=shown["compared_position"], y=labels, name=name, marker=star, hovertext=text, **common)
    return [moves, best]


def _others(
    context: AnalysisContext, result: ArmResult, names: "list[str]", labels: "list[str]"
) -> "tuple[list[float], list[str]]":
    """Return the positions of the trials before, the newest few hundred of them."""
    encoder = Encoder(context.search_space)
    earlier = [r for r in context.results if r.trial_index < result.trial_index][-300 // max(len(names) // 4, 1) :]
    x, y = [], []
    for name, label in zip(names, labels, strict=True):
        spots = [_position(encoder, name, r.parameters.get(name)) for r in earlier]
        x += [s for s in spots if not np.isnan(s)]
        y += [label] * sum(not np.isnan(s) for s in spots)
    return x, y
