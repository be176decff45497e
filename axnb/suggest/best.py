"""The best trial, or the trials of which none beats another."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from axnb.errors import AxnbError, DataRequiredError, NotConfiguredError, UnsupportedError
from axnb.problem.objective import OptimizationConfig, OutcomeConstraint
from axnb.problem.parameters import ParameterValue
from axnb.record.experiment import ExperimentView
from axnb.suggest.fitting import FittedModel, TrainingArm, training_arms, with_nan
from axnb.suggest.observed import may_hold
from axnb.suggest.pareto import is_non_dominated
from axnb.suggest.reading import fit_readable_model
from axnb.surrogate.kernels import Array

_SKILL = 0.1  # share of the variance, but for noise, that the model must explain of results left out; not tuned

Values = Mapping[str, tuple[float, float]]


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


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Arms with the values they are compared by, and whether these are feasible."""

    arms: list[TrainingArm]
    values: list[dict[str, tuple[float, float]]]
    objectives: Array
    feasible: Array
    rule: str

    def point(self, i: int, rule: str) -> BestPoint:
        arm = self.arms[i]
        return BestPoint(
            parameters=dict(arm.arm.parameters),
            values=self.values[i],
            trial_index=arm.trial_index,
            arm_name=arm.arm.name,
            rule=rule,
        )


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
    goal = _config(view)
    if goal.is_multi_objective:
        raise UnsupportedError("with several objectives there is no single best point: ask for the Pareto frontier.")
    table = _table(view, goal, use_model_predictions)
    score = table.objectives[:, 0]
    if table.rule == "predicted" and goal.constraints:
        score = (score - score.min()) * table.feasible + 1e-12 * (score - score.max())
    else:
        score = np.where(table.feasible >= 0.5, score, -np.inf)
    i = int(np.argmax(score))
    if not np.isfinite(score[i]) or table.feasible[i] <= 0.0:
        raise DataRequiredError("no trial satisfies the outcome constraints so far: look on, or loosen them.")
    what = "predicted" if table.rule == "predicted" else "observed"
    rule = f"the best {what} {goal.objective.label}" + (
        " among trials that satisfy the constraints" if goal.constraints else ""
    )
    return table.point(i, rule)


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
    goal = _config(view)
    if not goal.is_multi_objective:
        raise UnsupportedError("with one objective there is no Pareto frontier: ask for the best point.")
    table = _table(view, goal, use_model_predictions)
    good = table.feasible >= 0.5
    for j, objective in enumerate(goal.objectives):
        bound = goal.threshold(objective)
        if bound is not None:
            good &= table.objectives[:, j] >= objective.weights[0] * bound
    chosen = np.flatnonzero(good)
    chosen = chosen[is_non_dominated(table.objectives[chosen], keep_equal=True)] if len(chosen) else chosen
    rule = f"not beaten in every {table.rule} objective by another trial"
    return [table.point(int(i), rule) for i in chosen]


def observed_objectives(view: ExperimentView) -> tuple[Array, NDArray[np.bool_]]:
    """Return the observed objectives `n x m`, all maximised, of the trials in order, and whether they may be feasible.

    Args:
        view: The experiment.

    Raises:
        NotConfiguredError: If there is no goal.
        DataRequiredError: If no completed trial has a result for every metric of the goal.
    """
    table = _table(view, _config(view), use_model_predictions=False)
    return table.objectives, np.asarray(table.feasible >= 0.5)


def _config(view: ExperimentView) -> OptimizationConfig:
    if view.optimization is None:
        raise NotConfiguredError("there is no goal yet: call configure_optimization first.")
    return view.optimization


def _table(view: ExperimentView, goal: OptimizationConfig, use_model_predictions: bool) -> _Table:
    assert view.search_space is not None
    space = view.search_space
    measured = [
        a
        for a in training_arms(view, space)
        if view.trials[a.trial_index].status.is_successful and all(n in a.outcomes for n in goal.metric_names)
    ]
    arms = [a for a in measured if space.is_member(dict(a.arm.parameters))]
    if measured and not arms:
        raise DataRequiredError(
            "every completed trial lies outside the search space as it is now: widen it, or complete a trial inside."
        )
    if not arms:
        raise DataRequiredError("no completed trial has a result for every metric of the goal yet: complete one first.")
    model = _useful_model(view, goal) if use_model_predictions else None
    if model is None:
        values = [{n: a.outcomes[n] for n in a.outcomes} for a in arms]
        chance: Callable[[OutcomeConstraint, Values, float], float] = _may_hold
    else:
        values = model.predict([dict(a.arm.parameters) for a in arms])
        chance = _probability
    baseline = _baseline(view, model)
    totals = np.array([[_total(o.expression.terms, v) for o in goal.objectives] for v in values])
    objectives = np.nan_to_num(totals)  # a sum beyond the largest float counts as that
    feasible = np.array([math.prod([chance(c, v, _bound(c, baseline)) for c in goal.constraints]) for v in values])
    return _Table(arms, values, objectives, feasible, "observed" if model is None else "predicted")


def _useful_model(view: ExperimentView, goal: OptimizationConfig) -> FittedModel | None:
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


def _baseline(view: ExperimentView, model: FittedModel | None) -> Values | None:
    if view.baseline is None or view.baseline not in view.trials:
        return None
    trial = view.trials[view.baseline]
    if model is not None:
        return model.predict([trial.parameters])[0]
    return with_nan(trial.outcomes)


def _bound(constraint: OutcomeConstraint, baseline: Values | None) -> float:
    at = (baseline or {}).get(constraint.metric_names[0])
    return constraint.bound_at(at[0] if at else None)


def _total(terms: tuple[tuple[str, float], ...], values: Values) -> float:
    return sum(w * values[n][0] for n, w in terms)


def _excess(constraint: OutcomeConstraint, values: Values, bound: float) -> tuple[float, float]:
    """Return by how much a constraint is broken, and the standard error of that."""
    sign = 1.0 if constraint.op == "<=" else -1.0
    excess = sign * (_total(constraint.expression.terms, values) - bound)
    errors = [w * values[n][1] for n, w in constraint.expression.terms]
    return excess, math.hypot(*(e for e in errors if not math.isnan(e)))


def _may_hold(constraint: OutcomeConstraint, values: Values, bound: float) -> float:
    return float(may_hold(constraint, values, bound))


def _probability(constraint: OutcomeConstraint, values: Values, bound: float) -> float:
    excess, error = _excess(constraint, values, bound)
    if error <= 0.0:
        return float(excess <= 0.0)
    return 0.5 * math.erfc(excess / error / math.sqrt(2.0))
