"""Whether more trials are worth their while: one rule, which the Client tells and a card draws."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from axnb.errors import NotConfiguredError
from axnb.html import cell
from axnb.problem.parameters import whole
from axnb.problem.space import Parameterization
from axnb.record.experiment import ExperimentView
from axnb.suggest.acquisition.builder import express_objective
from axnb.suggest.acquisition.expected_improvement import LogProbabilityOfFeasibility
from axnb.suggest.best import best_point, observed_objectives, pareto_frontier
from axnb.suggest.fitting import FittedModel, fit_model
from axnb.suggest.generators.base import GenerationRequest, build_request
from axnb.suggest.generators.bayesian import BayesianGenerator
from axnb.suggest.pareto import compute_hypervolume, compute_hypervolume_gain, infer_reference_point
from axnb.suggest.strategy import apply_node_parts
from axnb.surrogate.kernels import Array
from axnb.surrogate.surrogate import estimate_reading_noise

_FIRST = 5  # feasible results that tell where the search began; not tuned
_NOTHING, _LITTLE = 0.005, 0.05  # of what was gained so far: so much of it is next to nothing, and little; not tuned
_NOISE = 0.1  # of the noise of a reading: what is smaller is hard to tell from nothing; not tuned
_ENOUGH = 10  # results after which it tells something that all are the same; not tuned
_ALL_THE_SAME = "You may stop: all results are the same, so nothing tells where better ones are."
_DRAWS, _FEWER_DRAWS, _FEW = 256, 64, 4  # draws of the next result, fewer of more objectives, for time
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(64)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


Verdict = Literal["too early", "go on", "little to gain", "stop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppingRule:
    """When it is time to stop: little is expected of the next trial, and the last ones gained little.

    Args:
        window_size: How many of the last trials count as recent.
        improvement_bar: Share of all that was gained that the recent trials must have gained to speak for going on.
        min_trials: Trials with a result before any advice is given.

    Raises:
        UserInputError: If a number is out of range.

    Example:
        >>> StoppingRule().verdict(gain=0.001, gained=1.0, recent=0.0, noise=0.0, trials=9)
        'stop'
        >>> StoppingRule().verdict(gain=0.001, gained=1.0, recent=0.5, noise=0.0, trials=9)
        'go on'
    """

    window_size: int = 5
    improvement_bar: float = 0.1
    min_trials: int = 5

    def __post_init__(self) -> None:
        whole("window_size", self.window_size, 1)
        whole("min_trials", self.min_trials, 1)

    def verdict(self, *, gain: float, gained: float, recent: float, noise: float, trials: int) -> Verdict:
        """Return what to do.

        Args:
            gain: What the next trial is expected to gain.
            gained: What was gained so far.
            recent: What the last trials gained of that.
            noise: Standard deviation of a reading; NaN where it does not compare.
            trials: Number of trials with a result.
        """
        if trials < self.min_trials:
            return "too early"
        if recent > self.improvement_bar * gained:
            return "go on"
        if gain <= max(_NOTHING * gained, 0.0 if math.isnan(noise) else _NOISE * noise):
            return "stop"
        return "little to gain" if gain <= _LITTLE * gained else "go on"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppingAdvice:
    """What a further trial is expected to bring, and what to do about it.

    Args:
        objective: The objective; `"hypervolume"` where there are several.
        best: Its best value so far, in its own units.
        expected_gain: By how much the next trial is expected to better it, in the same units, at least 0.
        gained: By how much the best value betters the median of the first feasible ones, in the same units.
        recent: By how much the last trials bettered the best value; infinite where nothing was feasible before them.
        noise: Standard deviation of a reading, in the same units; NaN where there are several objectives.
        trials: Number of trials completed.
        lost: Number of trials failed or abandoned.
        seconds: Time that ended trials took from start to end, all together.
        verdict: What to do: `"too early"` to say, `"go on"`, `"little to gain"` or `"stop"`.
        recommendation: What to do and why, in a sentence.

    Example:
        >>> numbers = dict(best=1.0, expected_gain=0.1, gained=2.0, recent=0.5, noise=0, trials=9, lost=0, seconds=6)
        >>> StoppingAdvice(objective="loss", verdict="go on", recommendation="Go on.", **numbers)
        Go on.
    """

    objective: str
    best: float
    expected_gain: float
    gained: float
    recent: float
    noise: float
    trials: int
    lost: int
    seconds: float
    verdict: Verdict
    recommendation: str

    @property
    def stop(self) -> bool:
        """Whether to stop."""
        return self.verdict == "stop"

    def __repr__(self) -> str:
        return self.recommendation


def stopping_advice(
    view: ExperimentView,
    nonlinear_constraints: Sequence[Callable[[Parameterization], object]] = (),
    rule: StoppingRule | None = None,
) -> StoppingAdvice:
    """Return what the next trial is expected to bring, and whether it is worth it.

    Args:
        view: The experiment.
        nonlinear_constraints: Functions of a parameterization that must all be true, or at least 0, where it is
            allowed.
        rule: When to stop.

    Raises:
        NotConfiguredError: If there is no search space or no goal.
        DataRequiredError: If there are no results to learn from, or none is feasible.
    """
    rule, view = rule or StoppingRule(), apply_node_parts(view)
    if view.optimization is None:
        raise NotConfiguredError("there is no goal yet: call configure_optimization first.")
    request = build_request(view, None, nonlinear_constraints=nonlinear_constraints)
    gains = (_measure_front if view.optimization.is_multi_objective else _measure_best)(request, fit_model(view), rule)
    label = "hypervolume" if view.optimization.is_multi_objective else view.optimization.objective.label
    trials = [t for t in view.trials.values() if t.status.is_successful]
    spans = [t.time_completed - t.time_created for t in trials if t.time_completed and t.time_created]
    found, _ = observed_objectives(view)
    same = len(found) >= _ENOUGH and bool((found == found[0]).all())
    verdict: Verdict = "stop"
    if not same:
        verdict = rule.verdict(
            gain=gains.expected, gained=gains.gained, recent=gains.recent, noise=gains.noise, trials=len(found)
        )
    return StoppingAdvice(
        objective=label,
        best=gains.best,
        expected_gain=gains.expected,
        gained=gains.gained,
        recent=gains.recent,
        noise=gains.noise,
        trials=len(trials),
        lost=sum(t.status.is_failure for t in view.trials.values()),
        seconds=sum(s.total_seconds() for s in spans),
        verdict=verdict,
        recommendation=_ALL_THE_SAME if same else _write_sentence(label, gains, verdict, rule),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gains:
    """Best value, and what was, lately was, and is expected to be gained, in the objective's own units."""

    best: float
    gained: float
    recent: float
    expected: float
    noise: float


_STARTS: Mapping[Verdict, str] = {
    "too early": "Too early to say",
    "go on": "Go on",
    "little to gain": "Little is left to gain",
    "stop": "You may stop",
}


def _write_sentence(label: str, gains: _Gains, verdict: Verdict, rule: StoppingRule) -> str:
    share = f", {100.0 * gains.expected / gains.gained:.2g} % of what was gained so far" if gains.gained > 0.0 else ""
    rough = f"; readings vary by {cell(float(f'{gains.noise:.2g}'))}" if gains.noise > 0.0 else ""
    what = f"the next trial is expected to better {label} by {gains.expected:.2g}{share}{rough}"
    if verdict == "go on" and gains.expected <= _LITTLE * gains.gained:  # what speaks for it comes first
        last = f"the last {rule.window_size} trials gained {gains.recent:.2g}"
        last = last if math.isfinite(gains.recent) else "the first feasible result is recent"
        return f"{_STARTS[verdict]}: {last}; yet {what}."
    return f"{_STARTS[verdict]}: {what}."


def _find_next_row(request: GenerationRequest) -> Array | None:
    found = BayesianGenerator().generate(request, 1)
    return request.encoder.encode([found[0].parameters]) if found else None


def _measure_best(request: GenerationRequest, model: FittedModel, rule: StoppingRule) -> _Gains:
    """Return what the only objective gained and is expected to gain."""
    view = request.view
    assert view.optimization is not None
    objective = view.optimization.objective
    weights = dict(objective.expression.terms)
    point = best_point(view)
    best = sum(w * point.values[n][0] for n, w in weights.items())
    objectives, feasible = observed_objectives(view)
    first = (objectives[feasible] if feasible.any() else objectives)[:_FIRST, 0]
    readings = {n: estimate_reading_noise(model.surrogate[n], point.values[n][0]) for n in weights}
    noise = math.hypot(*(w * readings[n] for n, w in weights.items()))
    unit = abs(next(iter(weights.values()))) if len(weights) == 1 else 1.0
    row = _find_next_row(request)
    gain = 0.0 if row is None else _expect_beyond(model, weights, row, best) * _compute_feasibility(request, model, row)
    sign = -1.0 if objective.minimize else 1.0
    before = objectives[: -rule.window_size, 0][feasible[: -rule.window_size]]
    seen = objectives[feasible, 0] if feasible.any() else objectives[:, 0]
    return _Gains(
        best=sign * best / unit,
        gained=max(best - float(np.median(first)), 0.0) / unit,
        recent=(float(seen.max()) - float(np.max(before, initial=-np.inf))) / unit,
        expected=gain / unit,
        noise=noise / unit,
    )


def _expect_beyond(model: FittedModel, weights: dict[str, float], row: Array, best: float) -> float:
    """Return by how much a weighted sum of metrics is expected to exceed a value at a row, where it does."""
    if len(weights) == 1:  # on the scale of the model, where values are normal
        ((name, weight),) = weights.items()
        gain = 0.0
        for share, part in model.surrogate[name].components:
            z, variance = part.posterior(row)
            values = weight * part.untransform(z[0] + math.sqrt(variance[0]) * _NODES)
            gain += share * float(np.maximum(values - best, 0.0) @ _WEIGHTS)
        return gain
    mean, sd = model.predict_encoded(row)
    columns, w = [model.metric_names.index(n) for n in weights], np.array(list(weights.values()))
    values = float(w @ mean[0, columns]) + math.hypot(*(w * sd[0, columns])) * _NODES
    return float(np.maximum(values - best, 0.0) @ _WEIGHTS)


def _compute_feasibility(request: GenerationRequest, model: FittedModel, row: Array) -> float:
    """Return the probability that the limits hold at a row."""
    goal = express_objective(request.view, model)
    return float(np.exp(LogProbabilityOfFeasibility(goal.models, goal.outcome_constraints).value(row)[0]))


def _measure_front(request: GenerationRequest, model: FittedModel, rule: StoppingRule) -> _Gains:
    """Return what several objectives gained and are expected to gain, as shares of the objectives' ranges."""
    view = request.view
    assert view.optimization is not None
    terms = [o.expression.terms for o in view.optimization.objectives]

    def total(values: dict[str, tuple[float, float]]) -> list[float]:
        return [sum(w * values[n][0] for n, w in t) for t in terms]

    Y = np.array([total(dict(a.outcomes)) for a in model.arms if all(n in a.outcomes for t in terms for n, _ in t)])
    front = np.array([total(p.values) for p in pareto_frontier(view)]).reshape(-1, len(terms))
    low, spread = Y.min(0), np.where(np.ptp(Y, axis=0) > 0, np.ptp(Y, axis=0), 1.0)
    floor = np.zeros(len(terms)) if not len(front) else np.minimum((infer_reference_point(front) - low) / spread, 0.0)
    volume = compute_hypervolume((front - low) / spread, floor)
    row, expected = _find_next_row(request), 0.0
    if row is not None:
        mean, sd = model.predict_encoded(row)
        rng, columns = np.random.default_rng(0), model.metric_names
        draws = mean[0] + sd[0] * rng.standard_normal((_DRAWS if len(terms) <= _FEW else _FEWER_DRAWS, len(columns)))
        made = np.array([[sum(w * d[columns.index(n)] for n, w in t) for t in terms] for d in draws])
        scaled = (front - low) / spread
        gains = [compute_hypervolume_gain(y, scaled, floor) for y in (made - low) / spread]
        expected = float(np.mean(gains)) * _compute_feasibility(request, model, row)
    seen, feasible = observed_objectives(view)
    scaled, before = (seen - low) / spread, len(seen) - rule.window_size
    now, then = (compute_hypervolume(scaled[:n][feasible[:n]], floor) for n in (len(seen), max(before, 0)))
    return _Gains(best=volume, gained=volume, recent=now - then, expected=expected, noise=math.nan)
