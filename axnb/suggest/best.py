"""Which trials are best: one rule, by what was observed or by what the model predicts.

An arm counts if its trial has ended with results that count, has a value for every metric of the goal, and lies in the
search space as it is now. With one objective the best is the feasible arm with the best value, the earliest of equals;
with several it is the feasible arms, thresholds observed, that no other beats. The best point, the Pareto frontier, the
board, the cards and benchmarks all ask `select_best`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from axnb.errors import AxnbError, DataRequiredError, NotConfiguredError, UnsupportedError
from axnb.problem.objective import OptimizationConfig, OutcomeConstraint
from axnb.problem.parameters import ParameterValue
from axnb.problem.space import SearchSpace
from axnb.record.experiment import ExperimentView, arm_results
from axnb.record.state import find_changes
from axnb.record.trial import ArmResult, Trial
from axnb.suggest.fitting import FittedModel, with_nan
from axnb.suggest.pareto import is_non_dominated
from axnb.suggest.reading import fit_readable_model
from axnb.surrogate.kernels import Array

_SKILL = 0.1  # share of the variance, but for noise, that the model must explain of results left out; not tuned
_CONFIDENCE = 1.96  # an observation within this many standard errors of a bound, 95 %, may be feasible

Outcomes = Mapping[str, tuple[float, float | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BestPoint:
    """A trial that stands out.

    Args:
        parameters: Its parameterization.
        values: For each metric mean and standard error (NaN where unknown), predicted or observed as ``rule`` says.
        trial_index: The trial.
        arm_name: Its arm.
        rule: How it was chosen, in words.
    """

    parameters: dict[str, ParameterValue]
    values: dict[str, tuple[float, float]]
    trial_index: int
    arm_name: str
    rule: str


# ------------------------------------------------------------------------------------------------ judging what is there


def may_hold(constraint: OutcomeConstraint, outcomes: Outcomes, bound: float) -> bool:
    """Return whether results satisfy a constraint, or are too near to its bound to say that they do not.

    Args:
        constraint: The constraint.
        outcomes: Mean and standard error of its metrics; an error that is `None` or NaN is unknown, and counts as none.
        bound: Its bound, for one that is relative that of the baseline.

    Example:
        >>> from axnb.problem.objective import parse_optimization
        >>> (weight,) = parse_optimization("strength", ["weight <= 10"]).constraints
        >>> may_hold(weight, {"weight": (10.1, 0.1)}, 10.0), may_hold(weight, {"weight": (10.1, None)}, 10.0)
        (True, False)
    """
    excess, error = _measure_excess(constraint, outcomes, bound)
    return excess <= _CONFIDENCE * error


def _measure_excess(constraint: OutcomeConstraint, outcomes: Outcomes, bound: float) -> tuple[float, float]:
    """Return by how much a constraint is broken, and the standard error of that."""
    sign = 1.0 if constraint.op == "<=" else -1.0
    terms = constraint.expression.terms
    errors = [w * (outcomes[n][1] or 0.0) for n, w in terms]
    return sign * (_add_up(terms, outcomes) - bound), math.hypot(*(e for e in errors if not math.isnan(e)))


def _add_up(terms: Sequence[tuple[str, float]], outcomes: Outcomes) -> float:
    return sum(weight * outcomes[name][0] for name, weight in terms)


def _compute_probability(constraint: OutcomeConstraint, outcomes: Outcomes, bound: float) -> float:
    """Return the probability that a constraint holds where values are normal."""
    excess, error = _measure_excess(constraint, outcomes, bound)
    return float(excess <= 0.0) if error <= 0.0 else 0.5 * math.erfc(excess / error / math.sqrt(2.0))


def find_bound(constraint: OutcomeConstraint, baseline: Outcomes | None) -> float | None:
    """Return a constraint's bound, `None` where it depends on a result of the baseline that is not there.

    Args:
        constraint: The constraint.
        baseline: The baseline's outcomes, if there are any.
    """
    if not constraint.relative:
        return constraint.bound
    held = (baseline or {}).get(constraint.metric_names[0])
    return None if held is None else constraint.bound_at(held[0])


def is_feasible(goal: OptimizationConfig, outcomes: Outcomes, baseline: Outcomes | None = None) -> bool | None:
    """Return whether results may satisfy every outcome constraint, `None` where a metric or a bound is missing.

    Args:
        goal: What is wanted.
        outcomes: Mean and standard error of the metrics; an error may be unknown.
        baseline: The baseline's outcomes, on which relative constraints depend.

    Example:
        >>> from axnb.problem.objective import parse_optimization
        >>> goal = parse_optimization("-loss", ["weight <= 10"])
        >>> is_feasible(goal, {"loss": (0.2, None), "weight": (12.0, None)}), is_feasible(goal, {"loss": (0.2, None)})
        (False, None)
    """
    verdict: bool | None = True
    for constraint in goal.constraints:
        bound = find_bound(constraint, baseline)
        if bound is None or any(name not in outcomes for name in constraint.metric_names):
            verdict = None
        elif not may_hold(constraint, outcomes, bound):
            return False
    return verdict


def reaches_thresholds(goal: OptimizationConfig, outcomes: Outcomes) -> bool:
    """Return whether results are no worse than the threshold of any objective; those that are missing are not asked.

    Args:
        goal: What is wanted.
        outcomes: Mean and standard error of the metrics.
    """
    lower = goal.lower_is_better
    known = ((n, outcomes[n][0], bound) for n, bound in goal.thresholds if n in outcomes and n in lower)
    return all(value <= bound if lower[n] else value >= bound for n, value, bound in known)


def compute_utilities(goal: OptimizationConfig, outcomes: Outcomes) -> tuple[float, ...]:
    """Return the value of each objective, larger is better.

    Args:
        goal: What is wanted.
        outcomes: Mean and standard error of every metric of the objectives.
    """
    sums = [_add_up(o.expression.terms, outcomes) for o in goal.objectives]
    return tuple(np.nan_to_num(sums).tolist())  # what is beyond the largest float counts as that


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What an arm is compared by.

    Args:
        utilities: The value of each objective, larger is better.
        chance: Probability that the outcome constraints hold; 0 or 1 where it was observed whether they may.
        in_reach: Whether it is no worse than any threshold.
        result: The arm, where it is one.
        values: Its outcomes, observed or predicted.
    """

    utilities: tuple[float, ...]
    chance: float
    in_reach: bool = True
    result: ArmResult | None = None
    values: Outcomes | None = None


def judge_outcomes(
    goal: OptimizationConfig, outcomes: Outcomes, baseline: Outcomes | None = None, result: ArmResult | None = None
) -> Candidate:
    """Return observed results, ready to be compared.

    Args:
        goal: What is wanted.
        outcomes: Mean and standard error of every metric of the goal.
        baseline: The baseline's outcomes, on which relative constraints depend.
        result: The arm, where it is one.
    """
    return Candidate(
        utilities=compute_utilities(goal, outcomes),
        chance=float(is_feasible(goal, outcomes, baseline) is True),
        in_reach=reaches_thresholds(goal, outcomes),
        result=result,
        values=outcomes,
    )


def select_best(goal: OptimizationConfig, candidates: Sequence[Candidate]) -> list[int]:
    """Return the numbers of the best, in order: one, or those of the Pareto front; none where nothing is feasible.

    With one objective and constraints of which it is not certain whether they hold, it is the arm with the largest
    value above the worst times the probability that they do.

    Args:
        goal: What is wanted.
        candidates: What there is, the earliest of equals first.

    Example:
        >>> from axnb.problem.objective import parse_optimization
        >>> goal = parse_optimization("-loss", ["weight <= 10"])
        >>> told = [{"loss": (x, None), "weight": (w, None)} for x, w in [(3.0, 9.0), (1.0, 12.0), (2.0, 8.0)]]
        >>> select_best(goal, [judge_outcomes(goal, outcomes) for outcomes in told])
        [2]
    """
    if goal.is_multi_objective:
        good = [i for i, c in enumerate(candidates) if c.in_reach and c.chance >= 0.5]
        if not good:
            return []
        kept = is_non_dominated(np.array([candidates[i].utilities for i in good]), keep_equal=True)
        return [i for i, keep in zip(good, kept, strict=True) if keep]
    good = [i for i, c in enumerate(candidates) if c.in_reach and c.chance > 0.0]
    scores = {i: candidates[i].utilities[0] for i in good}
    if any(candidates[i].chance < 1.0 for i in good):
        everything = [c.utilities[0] / 2 for c in candidates]  # halves: their differences are numbers
        worst, top = min(everything), max(everything)
        scores = {i: (s / 2 - worst) * candidates[i].chance + 1e-12 * (s / 2 - top) for i, s in scores.items()}
    known = [i for i in good if math.isfinite(scores[i])]
    return [max(known, key=scores.__getitem__)] if known else []


def select_front(utilities: Array, eligible: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which rows `n x m` are on the front: those that are eligible and that no other eligible one beats.

    Args:
        utilities: The rows; larger is better.
        eligible: `n`, which of them count.
    """
    front = np.zeros(len(utilities), dtype=bool)
    front[np.flatnonzero(eligible)[is_non_dominated(utilities[eligible], keep_equal=True)]] = True
    return front


# --------------------------------------------------------------------------------------------------- of an experiment


def find_baseline(view: ExperimentView) -> ArmResult | None:
    """Return what the baseline came to, `None` where there is none."""
    trial = None if view.baseline is None else view.trials.get(view.baseline)
    return None if trial is None else trial.results[0]


def may_be_best(result: ArmResult, goal: OptimizationConfig, space: SearchSpace) -> bool:
    """Return whether an arm may be the best: ended with results that count, measured, in the search space.

    Args:
        result: What the arm came to.
        goal: What is wanted.
        space: The search space as it is now.
    """
    return result.status.is_successful and result.has(goal.metric_names) and space.is_member(result.parameters)


def observe_utility(
    result: ArmResult, goal: OptimizationConfig, space: SearchSpace, baseline: ArmResult | None
) -> float | None:
    """Return the first objective of an arm that may be the best, large wanted; `None` of one that may not be.

    Args:
        result: What the arm came to.
        goal: What is wanted.
        space: The search space as it is now.
        baseline: What the baseline came to, if there is one.
    """
    if not may_be_best(result, goal, space):
        return None
    found = judge_outcomes(goal, result.outcomes, None if baseline is None else baseline.outcomes)
    return found.utilities[0] if found.chance > 0.0 else None


class Leaders:
    """The best arms by what was observed, of an experiment that changes: a trial is judged again only if it changed.

    Needs no model, so it can be asked at every change.

    Example:
        >>> from axnb.record.experiment import Experiment
        >>> Leaders().find(Experiment().view())
        ()
    """

    def __init__(self) -> None:
        self._rules: tuple[object, ...] = ()
        self._seen: Mapping[int, Trial] = {}
        self._judged: dict[int, list[Candidate]] = {}

    def find(self, view: ExperimentView) -> tuple[ArmResult, ...]:
        """Return the best arms, in the order of trials."""
        if view.optimization is None or view.search_space is None:
            return ()
        found = self.judge(view, view.optimization, view.search_space)
        best = [found[i].result for i in select_best(view.optimization, found)]
        return tuple([result for result in best if result is not None])

    def judge(self, view: ExperimentView, goal: OptimizationConfig, space: SearchSpace) -> list[Candidate]:
        """Return the arms that count, in the order of trials.

        Args:
            view: The experiment.
            goal: Its goal.
            space: Its search space.
        """
        base = find_baseline(view)
        baseline = None if base is None else base.outcomes
        rules = (goal, space, baseline)
        if len(self._rules) != len(rules) or any(a is not b for a, b in zip(self._rules, rules, strict=True)):
            self._rules, self._judged, self._seen = rules, {}, {}
        last = next(reversed(self._judged), -1)
        for index in sorted(find_changes(view.trials, self._seen)):
            trial = view.trials.get(index)
            if trial is None:
                self._judged.pop(index, None)
                continue
            if index not in self._judged and index < last:  # a trial that was gone is back
                self._judged = dict(sorted([*self._judged.items(), (index, [])]))
            self._judged[index] = _judge_trial(trial, goal, space, baseline)
        self._seen = view.trials
        return [candidate for candidates in self._judged.values() for candidate in candidates]


def _judge_trial(
    trial: Trial, goal: OptimizationConfig, space: SearchSpace, baseline: Outcomes | None
) -> list[Candidate]:
    results = [r for r in trial.results if may_be_best(r, goal, space)]
    return [judge_outcomes(goal, r.outcomes, baseline, r) for r in results]


def best_point(view: ExperimentView, use_model_predictions: bool = True) -> BestPoint:
    """Return the best trial of an experiment with one objective.

    By the model's predictions at the observed trials, weighted with the probability that the constraints hold; by the
    observed means where the model predicts no better than their average, or where predictions are not wanted.

    Args:
        view: The experiment.
        use_model_predictions: Whether to go by the model where it is any good.

    Raises:
        NotConfiguredError: If there is no goal.
        UnsupportedError: If there are several objectives.
        DataRequiredError: If no completed trial has a result for every metric of the goal, or none is feasible.
    """
    goal = _require_goal(view)
    if goal.is_multi_objective:
        raise UnsupportedError("with several objectives there is no single best point: ask for the Pareto frontier.")
    what, found = _judge(view, goal, use_model_predictions)
    chosen = select_best(goal, found)
    if not chosen:
        raise DataRequiredError("no trial satisfies the outcome constraints so far: look on, or loosen them.")
    rule = f"the best {what} {goal.objective.label}"
    rule += " among trials that satisfy the constraints" if goal.constraints else ""
    return _make_point(found[chosen[0]], rule)


def pareto_frontier(view: ExperimentView, use_model_predictions: bool = True) -> list[BestPoint]:
    """Return the feasible trials that no other one beats in every objective, in order of trials.

    Args:
        view: The experiment.
        use_model_predictions: Whether to go by the model where it is any good.

    Raises:
        NotConfiguredError: If there is no goal.
        UnsupportedError: If there is one objective only.
        DataRequiredError: If no completed trial has a result for every metric of the goal.
    """
    goal = _require_goal(view)
    if not goal.is_multi_objective:
        raise UnsupportedError("with one objective there is no Pareto frontier: ask for the best point.")
    what, found = _judge(view, goal, use_model_predictions)
    rule = f"not beaten in every {what} objective by another trial"
    return [_make_point(found[i], rule) for i in select_best(goal, found)]


def observed_objectives(view: ExperimentView) -> tuple[Array, NDArray[np.bool_]]:
    """Return the observed objectives `n x m`, all maximised, of the trials in order, and whether they may be feasible.

    Args:
        view: The experiment.

    Raises:
        NotConfiguredError: If there is no goal.
        DataRequiredError: If no completed trial has a result for every metric of the goal.
    """
    _, found = _judge(view, _require_goal(view), use_model_predictions=False)
    return np.array([c.utilities for c in found]), np.array([c.chance >= 0.5 for c in found])


def _require_goal(view: ExperimentView) -> OptimizationConfig:
    if view.optimization is None:
        raise NotConfiguredError("there is no goal yet: call configure_optimization first.")
    return view.optimization


def _judge(view: ExperimentView, goal: OptimizationConfig, use_model_predictions: bool) -> tuple[str, list[Candidate]]:
    """Return what the arms that count are judged by, in a word, and these arms."""
    space = view.search_space
    assert space is not None
    found = Leaders().judge(view, goal, space)
    if not found:
        if any(r.status.is_successful and r.has(goal.metric_names) for r in arm_results(view)):
            raise DataRequiredError(
                "every completed trial lies outside the search space as it is now: widen it, or complete a trial "
                "inside."
            )
        raise DataRequiredError("no completed trial has a result for every metric of the goal yet: complete one first.")
    model = _fit_useful_model(view, goal) if use_model_predictions else None
    base = find_baseline(view)
    baseline: Outcomes | None = None if base is None else base.outcomes
    if base is not None and model is not None:
        baseline = model.predict([base.parameters])[0]
    for constraint in goal.constraints:
        held = (baseline or {}).get(constraint.metric_names[0])
        constraint.bound_at(held[0] if held else None)  # says what is missing
    if model is None:
        return "observed", found
    results = [c.result for c in found if c.result is not None]
    made = model.predict([r.parameters for r in results])
    return "predicted", [_judge_prediction(goal, r, v, baseline) for r, v in zip(results, made, strict=True)]


def _judge_prediction(
    goal: OptimizationConfig, result: ArmResult, values: Outcomes, baseline: Outcomes | None
) -> Candidate:
    bounds = [(c, find_bound(c, baseline)) for c in goal.constraints]
    return Candidate(
        utilities=compute_utilities(goal, values),
        chance=math.prod([0.0 if bound is None else _compute_probability(c, values, bound) for c, bound in bounds]),
        in_reach=reaches_thresholds(goal, values),
        result=result,
        values=values,
    )


def _make_point(candidate: Candidate, rule: str) -> BestPoint:
    result = candidate.result
    assert result is not None
    return BestPoint(
        parameters=dict(result.parameters),
        values=with_nan(candidate.values or {}),
        trial_index=result.trial_index,
        arm_name=result.arm_name,
        rule=rule,
    )


def _fit_useful_model(view: ExperimentView, goal: OptimizationConfig) -> FittedModel | None:
    """Return the model if it predicts results left out better than their average does, for every objective."""
    try:
        model = fit_readable_model(view)
        tested = model.leave_one_out()
    except AxnbError:
        return None
    for name in goal.objective_metric_names:
        entry = model.surrogate[name]
        y, mean, _ = tested[name]
        z, guess = entry.transform(y), entry.transform(mean)
        n = len(y)
        naive = float((((z - z.mean()) * n / max(n - 1, 1)) ** 2).sum())
        learnable = max(naive - float(entry.data.noise.sum()), 0.0)
        if n < 3 or float(((z - guess) ** 2).sum()) > naive - _SKILL * learnable:
            return None
    return model
