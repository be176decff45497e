"""Which trials are best by what was observed. Needs no model, so it can be asked at every change."""

import math
from collections.abc import Mapping

import numpy as np

from axnb.problem.objective import OptimizationConfig, OutcomeConstraint
from axnb.problem.space import SearchSpace
from axnb.record.experiment import ExperimentView
from axnb.record.trial import ArmResult, Trial
from axnb.suggest.pareto import is_non_dominated

_CONFIDENCE = 1.96  # an observation within this many standard errors of a bound, 95 %, may be feasible

Outcomes = Mapping[str, tuple[float, float | None]]


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
    sign = 1.0 if constraint.op == "<=" else -1.0
    terms = constraint.expression.terms
    excess = sign * (sum(w * outcomes[n][0] for n, w in terms) - bound)
    errors = [w * (outcomes[n][1] or 0.0) for n, w in terms]
    return excess <= _CONFIDENCE * math.hypot(*(e for e in errors if not math.isnan(e)))


class Leaders:
    """The best arms by what was observed, of an experiment that changes: a trial is judged again only if it changed.

    With one objective it is the feasible arm with the best value, the earliest of equals; with several, the feasible
    arms, thresholds observed, that no other beats. Arms outside the search space do not count, as in
    `axnb.suggest.best`.

    Example:
        >>> from axnb.record.experiment import Experiment
        >>> Leaders().find(Experiment().view())
        ()
    """

    def __init__(self) -> None:
        self._rules: tuple[object, ...] = ()
        self._judged: dict[int, tuple[Trial, list[tuple[ArmResult, list[float]]]]] = {}

    def find(self, view: ExperimentView) -> tuple[ArmResult, ...]:
        """Return the best arms, in the order of trials."""
        goal, space = view.optimization, view.search_space
        if goal is None or space is None:
            return ()
        baseline = _baseline_outcomes(view)
        rules = (goal, space, baseline)
        if len(self._rules) != len(rules) or any(a is not b for a, b in zip(self._rules, rules, strict=True)):
            self._rules, self._judged = rules, {}
        judged: dict[int, tuple[Trial, list[tuple[ArmResult, list[float]]]]] = {}
        for index, trial in view.trials.items():
            held = self._judged.get(index)
            judged[index] = (
                held if held is not None and held[0] is trial else (trial, _judge(trial, goal, space, baseline))
            )
        self._judged = judged
        found = [entry for _, entries in judged.values() for entry in entries]
        if not found:
            return ()
        if goal.is_multi_objective:
            keep = is_non_dominated(np.array([utilities for _, utilities in found]), keep_equal=True)
            return tuple(result for (result, _), kept in zip(found, keep, strict=True) if kept)
        return (max(found, key=lambda entry: entry[1][0])[0],)


def _baseline_outcomes(view: ExperimentView) -> Outcomes | None:
    trial = None if view.baseline is None else view.trials.get(view.baseline)
    return None if trial is None else trial.results[0].outcomes


def _judge(
    trial: Trial, goal: OptimizationConfig, space: SearchSpace, baseline: Outcomes | None
) -> list[tuple[ArmResult, list[float]]]:
    """Return the arms of a trial that may be the best, and the values of their objectives, larger is better."""
    if not trial.status.is_successful:
        return []
    found = []
    for result in trial.results:
        if not result.has(goal.metric_names) or not space.is_member(result.parameters):
            continue
        if not all(_may_hold(c, result.outcomes, baseline) for c in goal.constraints):
            continue
        utilities = [sum(w * result.outcomes[n][0] for n, w in o.expression.terms) for o in goal.objectives]
        floors = [goal.threshold(o) for o in goal.objectives]
        signs = [o.weights[0] for o in goal.objectives]
        if all(f is None or u >= s * f for u, f, s in zip(utilities, floors, signs, strict=True)):
            found.append((result, utilities))
    return found


def _may_hold(constraint: OutcomeConstraint, outcomes: Outcomes, baseline: Outcomes | None) -> bool:
    if not constraint.relative:
        return may_hold(constraint, outcomes, constraint.bound)
    at = (baseline or {}).get(constraint.metric_names[0])
    return at is not None and may_hold(constraint, outcomes, constraint.bound_at(at[0]))
