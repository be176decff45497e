"""Whether to go on: what the next trial is expected to bring, against the noise, the gains so far and the cost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.drawing import figures, style, words
from axnb.analyses.drawing.downsample import downsample_rows
from axnb.analyses.results.trace import trace_frame
from axnb.analyses.shared.goals import Goal, weighted
from axnb.analyses.shared.prospects import acquisition, arm_rows, noise_of, suggesting_goal, suggesting_model
from axnb.errors import DataRequiredError
from axnb.problem.objective import Objective
from axnb.problem.parameters import whole
from axnb.record.trial import Trial
from axnb.suggest.acquisition.builder import expect_at_observed
from axnb.suggest.acquisition.expected_improvement import log_h
from axnb.suggest.generators.base import build_request
from axnb.suggest.pareto import compute_hypervolume, infer_reference_point
from axnb.suggest.search.optimize import SearchOptions, maximise
from axnb.surrogate.threads import single_thread

if TYPE_CHECKING:
    import plotly.graph_objects as go

Verdict = Literal["too early", "go on", "little to gain", "stop"]
COLUMNS = ("trial_index", "value", "best_so_far", "expected", "gained")
_LITTLE, _NOTHING = 0.05, 0.01  # of the spread of the results
_SEARCH, _SEEDS = SearchOptions(raw=512, restarts=4, iterations=20), 5
_FLOOR = 1e-4


@dataclass(frozen=True, slots=True)
class StoppingAdvice:
    """Whether more trials are worth it: the improvement expected of the next one, the noise, and the recent gains.

    Args:
        window_size: How many of the last trials count as recent.
        improvement_bar: Share of the spread of the results (of the hypervolume for several objectives) that the recent
            trials must have gained to speak for going on.
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
        whole("window_size", self.window_size, 1)
        whole("min_trials", self.min_trials, 1)

    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If there is no goal yet.
            DataRequiredError: If there are too few results for a model.
        """
        config = context.optimization
        context.require(config.metric_names)
        goal = Goal.of(context.view, config)
        frame = stopping_frame(context, goal)
        if frame["best_so_far"].isna().all():
            raise DataRequiredError("This needs a completed trial that satisfies the constraints.")
        prospect = prospect_of(context, frame, goal, self.window_size)
        verdict = verdict_of(prospect, self.improvement_bar, enough=len(frame) >= self.min_trials)
        several = config.is_multi_objective
        label = "the hypervolume" if several else config.objective.label
        return AnalysisCard(
            name=type(self).__name__,
            title="Is it worth going on?",
            subtitle=stopping_sentence(prospect, verdict, label, cost_of(tuple(context.view.trials.values()))),
            df=frame,
            figure=stopping_figure(frame, prospect, label),
            analysis=self,
            uses_model=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What is to be gained.

    Args:
        expected: Improvement that the next trial is expected to bring, in the units of the trace.
        spread: Size of the differences between results: what is large and what small.
        recent: Improvement that the last trials brought.
        window: How many those are.
        noise: Standard deviation of the noise of one result; NaN where it does not compare (several objectives).
    """

    expected: float
    spread: float
    recent: float
    window: int
    noise: float


def stopping_frame(context: AnalysisContext, goal: Goal) -> pd.DataFrame:
    """Return what each trial was expected to bring when it was suggested, and what it did.

    Args:
        context: What is known of the experiment.
        goal: What is wanted.

    Returns:
        Columns `COLUMNS`; `expected` is NaN for trials that no model suggested and for several objectives.
    """
    trace = trace_frame(context.results, goal)
    best = trace["best_so_far"].to_numpy()
    before = np.concatenate([[np.nan], best[:-1]])
    gained = np.nan_to_num(np.abs(best - before))
    expected = np.full(len(trace), np.nan)
    if not goal.optimization.is_multi_objective:
        for i, (index, at) in enumerate(zip(trace["trial_index"], before, strict=True)):
            told = context.view.trials[int(index)].provenance.acquisition_value
            if told is not None and not np.isnan(at):
                expected[i] = np.exp(told) * unit_at(context, goal.optimization.objective, float(at))
    columns = [trace["trial_index"], trace["value"], trace["best_so_far"], expected, gained]
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def unit_at(context: AnalysisContext, objective: Objective, best: float) -> float:
    """Return what a unit of the model's scale is near the best value, in the objective's own units.

    Args:
        context: What is known of the experiment.
        objective: The objective.
        best: The best value.
    """
    surrogate = suggesting_model(context).surrogate
    if not objective.is_scalarized:
        return float(1.0 / surrogate[objective.metric_names[0]].transform_slope(np.array([best]))[0])
    slopes = [(w, surrogate[n].transform_slope(np.zeros(1))[0]) for n, w in objective.expression.terms]
    return float(np.sqrt(sum((w / slope) ** 2 for w, slope in slopes)))


def predicted_then(trial: Trial, objective: Objective) -> tuple[float, float] | None:
    """Return the objective's mean and standard error that the model predicted when it suggested a trial."""
    known = {name: (mean, sem) for name, mean, sem in trial.provenance.predictions}
    terms = objective.expression.terms if objective.is_scalarized else ((objective.metric_names[0], 1.0),)
    found = weighted(terms, known)
    return None if found is None or found[1] is None else (found[0], found[1])


def improvement(mean: float, sem: float, best: float, direction: int) -> float:
    """Return by how much a normal value is expected to be better than the best, counting only where it is.

    Example:
        >>> round(improvement(0.0, 1.0, 0.0, 1), 4), improvement(3.0, 0.0, 2.0, 1), improvement(3.0, 0.0, 2.0, -1)
        (0.3989, 1.0, 0.0)
    """
    ahead = (mean - best) * direction
    if not sem > 0:
        return max(ahead, 0.0)
    return float(sem * np.exp(log_h(np.array([ahead / sem]))[0]))


def prospect_of(context: AnalysisContext, frame: pd.DataFrame, goal: Goal, window: int) -> Prospect:
    """Return what is to be gained.

    Args:
        context: What is known of the experiment.
        frame: What `stopping_frame` returned.
        goal: What is wanted.
        window: How many of the last trials count as recent.
    """
    best = frame["best_so_far"].to_numpy()
    ago = best[max(0, len(best) - 1 - window)]
    recent = float(abs(best[-1] - ago)) if not np.isnan(ago) else np.inf
    if goal.optimization.is_multi_objective:
        share = context.once("expected hypervolume", lambda: expected_share(context))
        size = float(best[-1])
        return Prospect(expected=share * size, spread=size, recent=recent, window=window, noise=np.nan)
    objective = goal.optimization.objective
    expected = context.once("expected improvement", lambda: expected_gain(context, objective, float(best[-1])))
    low, high = np.quantile(frame["value"], [0.25, 0.75])
    spread = float(high - low) or float(np.ptp(frame["value"])) or abs(float(best[-1])) or 1.0
    noise = np.nan if objective.is_scalarized else noise_near(context, objective, float(best[-1]))
    return Prospect(expected=expected, spread=spread, recent=recent, window=window, noise=noise)


def noise_near(context: AnalysisContext, objective: Objective, best: float) -> float:
    """Return the standard deviation of the noise of one result near the best value.

    Raises:
        DataRequiredError: If there are too few results for a model.
    """
    model = suggesting_model(context).surrogate[objective.metric_names[0]]
    if (~np.isnan(model.data.sem)).mean() > 0.5:
        return noise_of(context, objective.metric_names[0])
    return float(np.sqrt(model.data.inferred_noise)) * unit_at(context, objective, best)


def expected_gain(context: AnalysisContext, objective: Objective, best: float) -> float:
    """Return the feasible improvement that the next trial can be expected to bring, in the objective's own units.

    Raises:
        DataRequiredError: If there are too few results for a model.
    """
    with single_thread():
        top = _most_promised(context)
    return float(np.exp(top)) * unit_at(context, objective, best)


def _most_promised(context: AnalysisContext) -> float:
    """Return the largest logarithm of what the next trial promises; minus infinity where no new point is left."""
    sought, rows = acquisition(context), arm_rows(context).X
    request = build_request(replace(context.view, trials={}), None)  # whose rows are known
    region = replace(request, taken=rows).region(rows[np.argsort(-sought.value(rows), kind="stable")[:_SEEDS]])
    found = maximise(sought, region, np.random.default_rng([context.view.seed, 1]), _SEARCH)
    return -np.inf if found is None else found[1]


def expected_share(context: AnalysisContext) -> float:
    """Return by what share of itself the hypervolume is expected to grow with one more trial.

    Raises:
        DataRequiredError: If there are too few results for a model.
    """
    goal = suggesting_goal(context)
    with single_thread():
        values, feasible = expect_at_observed(goal, suggesting_model(context).X)
        if not feasible.any():
            return np.inf
        good = values[feasible]
        inferred = infer_reference_point(good)
        reference = np.array([i if t is None else t for t, i in zip(goal.thresholds, inferred, strict=True)])
        volume = compute_hypervolume(good, reference)
        top = _most_promised(context)
    return float(np.exp(top) / volume) if volume > 0 else np.inf


def verdict_of(prospect: Prospect, bar: float, *, enough: bool = True) -> Verdict:
    """Return the advice.

    Args:
        prospect: What is to be gained.
        bar: Share of the spread that the recent trials must have gained to speak for going on.
        enough: Whether there are enough results.

    Example:
        >>> verdict_of(Prospect(expected=0.001, spread=1.0, recent=0.0, window=5, noise=0.01), 0.1)
        'stop'
    """
    if not enough:
        return "too early"
    share = prospect.expected / prospect.spread if prospect.spread > 0 else 0.0
    idle = prospect.recent < bar * prospect.spread
    if idle and (share < _NOTHING or prospect.expected < 0.1 * prospect.noise):
        return "stop"
    return "little to gain" if idle and share < _LITTLE else "go on"


def stopping_sentence(prospect: Prospect, verdict: Verdict, label: str, cost: str) -> str:
    """Return the advice and its reasons, in a sentence.

    Args:
        prospect: What is to be gained.
        verdict: The advice.
        label: What is improved.
        cost: What the trials have cost so far.
    """
    starts = {
        "too early": "Too early to say",
        "go on": "Go on",
        "little to gain": "Little is left to gain",
        "stop": "Consider stopping",
    }
    name = words.short(label)
    noise = "" if np.isnan(prospect.noise) else f", against noise of {words.number(prospect.noise, 2)}"
    if not np.isfinite(prospect.expected):
        return f"{starts[verdict]}: no result reaches the thresholds yet. So far: {cost}."
    share = words.percent(prospect.expected / prospect.spread) if prospect.spread > 0 else "0 %"
    of = "of it" if label == "the hypervolume" else "of the spread of the results"
    reason = (
        f"the next trial is expected to improve {name} by {words.number(prospect.expected, 2)} ({share} {of}){noise}"
    )
    recent = words.number(prospect.recent, 2)
    last = f"the last {prospect.window} trials {'gained ' + recent if prospect.recent > 0 else 'gained nothing'}"
    last = last if np.isfinite(prospect.recent) else "the first feasible result is recent"
    reasons = [reason, last]
    if verdict == "go on" and prospect.expected < _LITTLE * prospect.spread:  # what speaks for it comes first
        reasons = [last, f"yet {reason}"]
    return f"{starts[verdict]}: {'; '.join(reasons)}. So far: {cost}."


def cost_of(trials: Sequence[Trial]) -> str:
    """Return how many trials there were and how long they took, in words; times under a minute are left out."""
    spans = [t.time_completed - t.time_created for t in trials if t.time_completed and t.time_created]
    hours = sum(s.total_seconds() for s in spans) / 3600.0
    count = f"{len(trials)} {'trial' if len(trials) == 1 else 'trials'}"
    if hours * 60 < 1:
        return count
    return f"{count}, {words.number(hours, 2)} hours" if hours >= 1 else f"{count}, {hours * 60:.0f} minutes"


def stopping_figure(frame: pd.DataFrame, prospect: Prospect, label: str) -> "go.Figure":
    """Return the picture: what suggestions promised, what they brought, what the next one promises, and the noise.

    Args:
        frame: What `stopping_frame` returned.
        prospect: What is to be gained.
        label: What is improved.
    """
    floor = _FLOOR * prospect.spread
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
    if np.isfinite(prospect.expected):
        marker = {"color": style.BLUE, "symbol": "diamond", "size": 11}
        at = [int(frame["trial_index"].max()) + 1]
        y = [max(prospect.expected, floor)]
        traces.append(figures.scatter(x=at, y=y, mode="markers", name="expected of the next", marker=marker))
    if prospect.noise > floor:
        ends = [int(frame["trial_index"].min()), int(frame["trial_index"].max()) + 1]
        dash = {"color": style.LIGHT.muted, "width": 1, "dash": "dash"}
        traces.append(
            figures.scatter(x=ends, y=[prospect.noise] * 2, mode="lines", name="noise of a result", line=dash)
        )
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
