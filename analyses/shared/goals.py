"""How good results are: direction, utility, feasibility, dominance.

Plain numbers; knows nothing of models, tables or figures.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from axnb.analyses.drawing.words import short
from axnb.problem.objective import Objective, OptimizationConfig, OutcomeConstraint
from axnb.record.experiment import ExperimentView
from axnb.suggest.best import (
    Outcomes,
    compute_utilities,
    find_baseline,
    find_bound,
    is_feasible,
    reaches_thresholds,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is wanted, ready to judge results.

    Args:
        optimization: The goal as configured.
        baseline: The baseline's outcomes, empty where there is none.

    Example:
        >>> from axnb.problem.objective import parse_optimization
        >>> goal = Goal(optimization=parse_optimization("-loss", ["weight <= 10"]))
        >>> goal.feasible({"loss": (0.2, None), "weight": (12.0, None)})
        False
        >>> goal.title("loss")
        'loss (minimise)'
    """

    optimization: OptimizationConfig
    baseline: Outcomes | None = None

    @classmethod
    def of(cls, view: ExperimentView, optimization: OptimizationConfig) -> "Goal":
        """Return the goal of an experiment."""
        base = find_baseline(view)
        return cls(optimization=optimization, baseline=None if base is None else base.outcomes)

    def direction(self, metric: str) -> int:
        """Return 1 for a metric to maximise, -1 for one to minimise, 0 for one that is no objective's."""
        lower = self.optimization.lower_is_better.get(metric)
        return 0 if lower is None else -1 if lower else 1

    def title(self, metric: str) -> str:
        """Return a metric's name with the direction in words, where it has one."""
        words = {1: " (maximise)", -1: " (minimise)", 0: ""}
        return short(metric) + words[self.direction(metric)]

    def bound(self, constraint: OutcomeConstraint) -> float | None:
        """Return a constraint's bound, `None` where it depends on a result of the baseline that is not there."""
        return find_bound(constraint, self.baseline)

    def bounds(self, metric: str) -> tuple[tuple[str, float], ...]:
        """Return operator and bound of every constraint on this metric alone, and of its threshold."""
        found = []
        for constraint in self.optimization.constraints:
            bound = self.bound(constraint)
            if constraint.metric_names == (metric,) and bound is not None:
                found.append((constraint.op, bound))
        for name, value in self.optimization.thresholds:
            if name == metric:
                found.append((">=" if self.direction(metric) > 0 else "<=", value))
        return tuple(found)

    def feasible(self, outcomes: Outcomes) -> bool | None:
        """Return whether results satisfy every outcome constraint, `None` where a metric is missing.

        A constraint counts as satisfied where its 95 % interval reaches the allowed side, as for the best point.
        """
        return is_feasible(self.optimization, outcomes, self.baseline)

    def within(self, outcomes: Outcomes) -> bool:
        """Return whether results are no worse than any threshold."""
        return reaches_thresholds(self.optimization, outcomes)

    def utilities(self, outcomes: Outcomes) -> tuple[float, ...] | None:
        """Return the value of each objective, larger is better; `None` where a metric is missing."""
        known = all(name in outcomes for name in self.optimization.objective_metric_names)
        return compute_utilities(self.optimization, outcomes) if known else None


def compute_shown_value(objective: Objective, outcomes: Outcomes) -> tuple[float, float | None] | None:
    """Return an objective's value as a reader knows it: the metric itself, or the sum of several metrics."""
    if not objective.is_scalarized:
        return outcomes.get(objective.metric_names[0])
    return sum_outcomes(objective.expression.terms, outcomes)


def sum_outcomes(terms: Sequence[tuple[str, float]], outcomes: Outcomes) -> tuple[float, float | None] | None:
    """Return mean and standard error of a weighted sum of metrics; `None` where a metric is missing.

    Example:
        >>> sum_outcomes((("a", 2.0), ("b", -1.0)), {"a": (3.0, None), "b": (1.0, None)})
        (5.0, None)
    """
    if any(name not in outcomes for name, _ in terms):
        return None
    mean = sum(weight * outcomes[name][0] for name, weight in terms)
    sems = [(weight, outcomes[name][1]) for name, weight in terms]
    if any(sem is None for _, sem in sems):
        return mean, None
    return mean, math.hypot(*(weight * (sem or 0.0) for weight, sem in sems))
