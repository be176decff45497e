"""A goal in the models' numbers: objectives and limits as weighted sums of processes, on the processes' own scales."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from axnb.errors import NotConfiguredError
from axnb.problem.expressions import LinearExpression
from axnb.problem.objective import Objective, OptimizationConfig, OutcomeConstraint
from axnb.suggest.acquisition import Combination
from axnb.suggest.modelling import FittedModel, Request, is_member
from axnb.surrogate.gp import Array, GaussianProcess
from axnb.surrogate.surrogate import Surrogate

_QUIET = 0.1  # noise, in standard deviations of the results, below which an observation is believed


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Goal:
    """A goal over the processes of some metrics.

    Args:
        metrics: The metrics of the goal, in the order of ``processes``.
        processes: Their processes.
        objectives: What is maximised.
        limits: What should be at most 0.
        thresholds: For each objective the least value of interest; ``None`` where it is to be inferred.
    """

    metrics: tuple[str, ...]
    processes: tuple[GaussianProcess, ...]
    objectives: tuple[Combination, ...]
    limits: tuple[Combination, ...]
    thresholds: tuple[float | None, ...]

    def expected(self, processes: Sequence[GaussianProcess], X: Array) -> tuple[Array, NDArray[np.bool_]]:
        """Return at the rows of ``X`` the expected objectives `n x m` and whether all limits are expected to hold."""
        parts = [p.predict(X) for p in processes]
        values = np.column_stack([o.moments(parts)[0] for o in self.objectives])
        feasible = np.ones(len(X), dtype=bool)
        for limit in self.limits:
            feasible &= limit.moments(parts)[0] <= 0.0
        return values, feasible


def express(
    config: OptimizationConfig, surrogate: Surrogate, baseline: Mapping[str, tuple[float, float]] | None
) -> Goal:
    """Return a goal in the numbers of the models.

    Args:
        config: The goal in the metrics' own units.
        surrogate: The models.
        baseline: Predicted mean and standard deviation of each metric at the baseline, if there is one.

    Raises:
        DataRequiredError: If a constraint is relative and there is no baseline.
    """
    names = config.metric_names
    return Goal(
        metrics=names,
        processes=tuple(surrogate[n].process for n in names),
        objectives=tuple(_objective(o, names, surrogate) for o in config.objectives),
        limits=tuple(_limit(c, names, surrogate, baseline) for c in config.constraints),
        thresholds=tuple(_threshold(o, config, surrogate) for o in config.objectives),
    )


def _sum(expression: LinearExpression, names: Sequence[str], surrogate: Surrogate) -> Combination:
    """Return a weighted sum of several metrics in their own units, all of them on straight scales."""
    terms, offset = [], expression.constant
    for name, weight in expression.terms:
        scaling = surrogate[name].scaling
        offset += weight * float(scaling.inverse(np.zeros(1))[0])
        terms.append((list(names).index(name), weight * scaling.scale * scaling.warp.unit))
    return Combination(tuple(terms), offset)


def _rescaled(combination: Combination, factor: float) -> Combination:
    return Combination(tuple((i, w * factor) for i, w in combination.terms), combination.offset * factor)


def _unit(combination: Combination) -> float:
    return 1.0 / max(float(np.sqrt(sum(w * w for _, w in combination.terms))), 1e-300)


def _objective(objective: Objective, names: Sequence[str], surrogate: Surrogate) -> Combination:
    if not objective.is_scalarized:
        name, weight = objective.expression.terms[0]
        return Combination(((list(names).index(name), float(np.sign(weight))),))
    total = _sum(objective.expression, names, surrogate)
    return _rescaled(total, _unit(total))


def _threshold(objective: Objective, config: OptimizationConfig, surrogate: Surrogate) -> float | None:
    bound = config.threshold(objective)
    if bound is None:
        return None
    name, weight = objective.expression.terms[0]
    return float(np.sign(weight) * surrogate[name].scaling.forward(np.array([bound]))[0])


def _limit(
    constraint: OutcomeConstraint,
    names: Sequence[str],
    surrogate: Surrogate,
    baseline: Mapping[str, tuple[float, float]] | None,
) -> Combination:
    sign = 1.0 if constraint.op == "<=" else -1.0
    first = constraint.metric_names[0]
    bound = constraint.bound_at(baseline[first][0] if baseline and constraint.relative else None)
    if len(constraint.metric_names) == 1:
        weight = constraint.expression.terms[0][1]
        edge = float(surrogate[first].scaling.forward(np.array([bound / weight]))[0])
        sign *= float(np.sign(weight))
        return Combination(((list(names).index(first), sign),), -sign * edge)
    total = _sum(constraint.expression, names, surrogate)
    return _rescaled(Combination(total.terms, total.offset - bound), sign * _unit(total))


def believed(goal: Goal, X: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return expected objectives `n x m` and feasibility at rows of ``X`` that were observed.

    Where there is little noise, an observation counts as feasible if it was, not if the model has it so.
    """
    values, feasible = goal.expected(goal.processes, X)
    if not goal.limits:
        return values, feasible
    parts = [_observed(p, X) for p in goal.processes]
    seen = np.ones(len(X), dtype=bool)
    for limit in goal.limits:
        value, noise = limit.moments(parts)
        seen &= (value <= 0.0) & (noise < _QUIET**2)
    return values, feasible | seen


def _observed(process: GaussianProcess, X: Array) -> tuple[Array, Array]:
    """Return what was observed at each row and its noise variance; NaN where nothing was."""
    values, noise = np.full(len(X), np.nan), np.full(len(X), np.inf)
    gap = np.abs(X[:, None] - process.X[None]).max(2, initial=0.0)
    for i, row in enumerate(gap):
        at = np.flatnonzero(row < 1e-12)
        if len(at):
            values[i], noise[i] = process.y[at].mean(), process.noise[at].min()
    return values, noise


def express_goal(request: Request, model: FittedModel) -> Goal:
    """Return a request's goal in the numbers of the models.

    Raises:
        NotConfiguredError: If there is no goal.
        DataRequiredError: If a constraint is relative and the baseline has no result.
    """
    config = request.view.optimization
    if config is None:
        raise NotConfiguredError("there is no goal yet: call configure_optimization first.")
    baseline = None
    if request.view.baseline is not None and any(c.relative for c in config.constraints):
        trial = request.view.trial(request.view.baseline)
        if trial.data and is_member(request.space, trial.arm):
            baseline = model.predict([trial.parameters])[0]
    return express(config, model.surrogate, baseline)
