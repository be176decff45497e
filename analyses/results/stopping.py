"""Whether to go on: what the next trial is expected to bring, against the noise, the gains so far and the cost.

The rule is that of `axnb.suggest.stopping`; here it is drawn.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.drawing import figures, style, words
from axnb.analyses.drawing.downsample import downsample_rows
from axnb.analyses.results.trace import tabulate_trace
from axnb.analyses.shared.goals import Goal, sum_outcomes
from axnb.analyses.shared.prospects import fit_suggesting_model
from axnb.errors import DataRequiredError
from axnb.problem.objective import Objective
from axnb.record.trial import ArmResult, Trial
from axnb.suggest.acquisition.expected_improvement import log_h
from axnb.suggest.stopping import StoppingAdvice as Advice
from axnb.suggest.stopping import StoppingRule, stopping_advice
from axnb.suggest.strategy import apply_node_parts

if TYPE_CHECKING:
    import plotly.graph_objects as go

COLUMNS = ("trial_index", "value", "best_so_far", "expected", "gained")
_FLOOR = 1e-4


@dataclass(frozen=True, slots=True)
class StoppingAdvice:
    """Whether more trials are worth it: the improvement expected of the next one, the noise, and the recent gains.

    Args:
        window_size: How many of the last trials count as recent.
        improvement_bar: Share of all that was gained that the recent trials must have gained to speak for going on.
        min_trials: Trials with a result before any advice is given.

    Raises:
        UserInputError: If a number is out of range.

    Example:
        >>> StoppingAdvice(window_size=8).improvement_bar
        0.1
    """

    window_size: int = 5
    improvement_bar: float = 0.1
    min_trials: int = 5

    def __post_init__(self) -> None:
        _ = self.rule  # checks the numbers

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If there is no goal yet.
            DataRequiredError: If there are too few results for a model, or none is feasible.
        """
        config = context.optimization
        context.require(config.metric_names)
        goal = Goal.of(context.view, config)
        frame = tabulate_stopping(context, goal)
        if frame["best_so_far"].isna().all():
            raise DataRequiredError("This needs a completed trial that satisfies the constraints.")
        advice = compute_advice(context, self.rule)
        label = "the hypervolume" if config.is_multi_objective else config.objective.label
        return AnalysisCard(
            name=type(self).__name__,
            title="Is it worth going on?",
            subtitle=f"{advice.recommendation} So far: {describe_cost(tuple(context.view.trials.values()))}.",
            df=frame,
            figure=draw_stopping(frame, advice, label),
            analysis=self,
            uses_model=True,
        )

    @property
    def rule(self) -> StoppingRule:
        """The rule that decides."""
        return StoppingRule(
            window_size=self.window_size, improvement_bar=self.improvement_bar, min_trials=self.min_trials
        )


def compute_advice(context: AnalysisContext, rule: StoppingRule) -> Advice:
    """Return what the next trial is expected to bring, and whether it is worth it.

    It is the advice of the Client, by the model of the next suggestion, also where cards draw that of a part of the
    results.

    Args:
        context: What is known of the experiment.
        rule: When to stop.

    Raises:
        NotConfiguredError: If there is no goal yet.
        DataRequiredError: If there are too few results for a model, or none is feasible.
    """
    allowed = context.parts.nonlinear_constraints
    return context.once(("stopping advice", rule), lambda: stopping_advice(context.view, allowed, rule))


def tabulate_stopping(context: AnalysisContext, goal: Goal) -> pd.DataFrame:
    """Return what each trial was expected to bring when it was suggested, and what it did.

    Args:
        context: What is known of the experiment.
        goal: What is wanted.

    Returns:
        Columns `COLUMNS`; `expected` is NaN for trials that no model suggested, for several objectives, and where an
        acquisition of the user's is maximised, whose values are no improvements.
    """
    trace = tabulate_trace(context.results, goal, context.search_space)
    best = trace["best_so_far"].to_numpy()
    before = np.concatenate([[np.nan], best[:-1]])
    gained = np.nan_to_num(np.abs(best - before))
    expected = np.full(len(trace), np.nan)
    options = apply_node_parts(context.view).generation
    is_improvement = options is None or options.acquisition is None
    if is_improvement and not goal.optimization.is_multi_objective:
        promised = {(r.trial_index, r.arm_name): r.provenance.acquisition_value for r in context.results}
        for i, (index, arm, at) in enumerate(zip(trace["trial_index"], trace["arm_name"], before, strict=True)):
            told = promised[int(index), arm]
            if told is not None and not np.isnan(at):
                expected[i] = np.exp(told) * measure_unit(context, goal.optimization.objective, float(at))
    columns = [trace["trial_index"], trace["value"], trace["best_so_far"], expected, gained]
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def measure_unit(context: AnalysisContext, objective: Objective, best: float) -> float:
    """Return what a unit of the model's scale is near the best value, in the objective's own units.

    Args:
        context: What is known of the experiment.
        objective: The objective.
        best: The best value.
    """
    surrogate = fit_suggesting_model(context).surrogate
    if not objective.is_scalarized:
        return float(1.0 / surrogate[objective.metric_names[0]].transform_slope(np.array([best]))[0])
    slopes = [(w, surrogate[n].transform_slope(np.zeros(1))[0]) for n, w in objective.expression.terms]
    return math.hypot(*(w / slope for w, slope in slopes))


def recall_prediction(result: ArmResult, objective: Objective) -> tuple[float, float] | None:
    """Return the objective's mean and standard error that the model predicted when it suggested an arm."""
    known = {name: (mean, sem) for name, mean, sem in result.provenance.predictions}
    terms = objective.expression.terms if objective.is_scalarized else ((objective.metric_names[0], 1.0),)
    found = sum_outcomes(terms, known)
    return None if found is None or found[1] is None else (found[0], found[1])


def expect_improvement(mean: float, sem: float, best: float, direction: int) -> float:
    """Return by how much a normal value is expected to be better than the best, counting only where it is.

    Example:
        >>> round(expect_improvement(0.0, 1.0, 0.0, 1), 4), expect_improvement(3.0, 0.0, 2.0, -1)
        (0.3989, 0.0)
    """
    ahead = (mean - best) * direction
    if not sem > 0:
        return max(ahead, 0.0)
    return float(sem * np.exp(log_h(np.array([ahead / sem]))[0]))


def describe_cost(trials: Sequence[Trial]) -> str:
    """Return how many trials there were and how long they took, in words; times under a minute are left out."""
    spans = [t.time_completed - t.time_created for t in trials if t.time_completed and t.time_created]
    hours = sum(s.total_seconds() for s in spans) / 3600.0
    count = f"{len(trials)} {'trial' if len(trials) == 1 else 'trials'}"
    if hours * 60 < 1:
        return count
    return f"{count}, {words.number(hours, 2)} hours" if hours >= 1 else f"{count}, {hours * 60:.0f} minutes"


def draw_stopping(frame: pd.DataFrame, advice: Advice, label: str) -> "go.Figure":
    """Return the picture: what suggestions promised, what they brought, what the next one promises, and the noise.

    Args:
        frame: What `tabulate_stopping` returned.
        advice: What is to be gained.
        label: What is improved.
    """
    several = math.isnan(advice.noise)
    best = abs(float(frame["best_so_far"].iloc[-1]))
    expected = advice.expected_gain / advice.best * best if several and advice.best > 0 else advice.expected_gain
    spread = best if several else float(np.ptp(frame["value"].dropna())) or best or 1.0
    floor = _FLOOR * spread
    rows = downsample_rows([frame["expected"], frame["gained"]])
    part = frame.iloc[rows]
    told = part[part["expected"].notna()]
    took = part[(part["gained"] > floor)]
    traces = []
    for name, color, symbol, some, column in (
        ("expected when suggested", style.BLUE, "circle-open", told, "expected"),
        ("gained", style.ORANGE, "circle", took, "gained"),
    ):
        if len(some):
            y = np.maximum(some[column], floor)
            hover = [
                f"Trial {i} · {name} {words.number(v, 3)}"
                for i, v in zip(some["trial_index"], some[column], strict=True)
            ]
            marker = {"color": color, "symbol": symbol, "size": 8, "line": {"color": color, "width": 1.5}}
            common = {"mode": "markers", "name": name, "marker": marker, "hoverinfo": "text", "hovertext": hover}
            traces.append(figures.scatter(x=some["trial_index"], y=y, **common))
    if math.isfinite(expected):
        marker = {"color": style.BLUE, "symbol": "diamond", "size": 11}
        at = [int(frame["trial_index"].max()) + 1]
        y = [max(expected, floor)]
        traces.append(figures.scatter(x=at, y=y, mode="markers", name="expected of the next", marker=marker))
    if advice.noise > floor:
        ends = [int(frame["trial_index"].min()), int(frame["trial_index"].max()) + 1]
        dash = {"color": style.LIGHT.muted, "width": 1, "dash": "dash"}
        traces.append(figures.scatter(x=ends, y=[advice.noise] * 2, mode="lines", name="noise of a result", line=dash))
    title = style.plain(f"improvement of {words.short(label)}", limit=60)
    span = float(frame["trial_index"].max() - frame["trial_index"].min())
    return figures.new_figure(
        *traces,
        x="trial",
        y=title,
        height=340,
        xaxis=figures.trial_axis(span),
        yaxis=figures.log_axis(np.concatenate([np.asarray(t["y"], dtype=float) for t in traces])),
        layout={"showlegend": True},
    )
