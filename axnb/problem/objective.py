"""What is wanted: objectives, outcome constraints, thresholds.

Objectives are always maximised; a metric with a negative weight is minimised. This module knows nothing of data.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, Protocol

from axnb.errors import DataRequiredError, ExpressionError, UserInputError, listing, shown
from axnb.problem.expressions import LinearExpression, parse_comparison, parse_linear, split_commas
from axnb.problem.parameters import ParameterValue, plain, to_float

BASELINE = "baseline"
_SMALLEST_WEIGHT, _LARGEST_WEIGHT = 1e-20, 1e20  # sums of results and their squares then stay numbers


def _check_sum(expression: object, example: str) -> None:
    """Check that something is a weighted sum of metrics.

    Raises:
        UserInputError: If it is not.
    """
    if not isinstance(expression, LinearExpression) or not expression.terms or expression.constant:
        raise UserInputError(f"expected a weighted sum of metrics as in {example}, got {shown(expression)}.")


def check_weights(config: "OptimizationConfig") -> None:
    """Check that weighted sums of results can be reckoned with.

    Only where a goal is set: experiments that have another one can still be loaded and looked at.

    Raises:
        UserInputError: If the largest weight of an objective or constraint is far from 1.
    """
    parts: tuple[Objective | OutcomeConstraint, ...] = (*config.objectives, *config.constraints)
    for part in parts:
        largest = max(abs(w) for _, w in part.expression.terms)
        if not _SMALLEST_WEIGHT <= largest <= _LARGEST_WEIGHT:
            what = "objective" if isinstance(part, Objective) else "constraint"
            raise UserInputError(
                f"the largest weight of the {what} {str(part)!r} is {largest:g}, expected {_SMALLEST_WEIGHT:g} to "
                f"{_LARGEST_WEIGHT:g}: divide the {what} by {largest:g}, which changes nothing but its scale."
            )


def _finite(what: str, value: object) -> float:
    number = to_float(plain(value))
    if not math.isfinite(number):
        raise UserInputError(f"{what} must be a finite number, got {shown(value)}.")
    return number


class Named(Protocol):
    """What has the name of a metric."""

    @property
    def name(self) -> str:
        """The metric's name."""
        ...


@dataclass(frozen=True, slots=True, init=False)
class Objective:
    """One quantity to maximise: a metric, minus a metric, or a weighted sum of metrics.

    Args:
        expression: The weighted sum, also as text; no constant.
        metric: Instead, a metric.
        minimize: Whether small values of it are wanted.

    Example:
        >>> loss = Objective(expression=parse_linear("-loss"))
        >>> loss.metric_names, loss.minimize
        (('loss',), True)

    Raises:
        UserInputError: If it is no weighted sum of metrics.
    """

    expression: LinearExpression

    def __init__(
        self,
        expression: LinearExpression | str | None = None,
        *,
        metric: Named | None = None,
        minimize: bool | None = None,
    ) -> None:
        if metric is not None:
            expression = LinearExpression(terms=((metric.name, -1.0 if minimize else 1.0),))
        held = parse_linear(expression) if isinstance(expression, str) else expression
        object.__setattr__(self, "expression", held)
        _check_sum(self.expression, "parse_objectives('-loss')")

    @property
    def metric_names(self) -> tuple[str, ...]:
        """The metrics in it."""
        return tuple(name for name, _ in self.expression.terms)

    @property
    def weights(self) -> tuple[float, ...]:
        """The weight of each metric, in the order of `metric_names`."""
        return tuple(w for _, w in self.expression.terms)

    @property
    def is_scalarized(self) -> bool:
        """Whether it is a sum of several metrics."""
        return len(self.expression.terms) > 1

    @property
    def minimize(self) -> bool:
        """Whether it is a single metric that should become small."""
        return not self.is_scalarized and self.weights[0] < 0

    @property
    def label(self) -> str:
        """The metric's name, or the expression where there are several."""
        return str(self.expression) if self.is_scalarized else self.metric_names[0]

    def __str__(self) -> str:
        return str(self.expression)


@dataclass(frozen=True, slots=True, init=False)
class OutcomeConstraint:
    """A bound on a metric or on a weighted sum of metrics, in the metrics' own units.

    It holds where `expression op bound + baseline_factor * (the metric's value at the baseline)`.

    Args:
        expression: Weighted sum of metrics; no constant. A text is read as the whole constraint.
        op: `"<="` or `">="`.
        bound: The bound.
        baseline_factor: Multiple of the baseline's value that is added to the bound; 0 for an absolute constraint.
        metric: Instead of an expression, a metric.
        relative: Whether the bound is a percentage of the baseline's value more than that.

    Example:
        >>> constraint = parse_outcome_constraint("weight <= 10")
        >>> constraint.op, constraint.bound, constraint.relative
        ('<=', 10.0, False)

    Raises:
        UserInputError: If it is no bound on a weighted sum of metrics, or a number is not finite.
    """

    expression: LinearExpression
    op: Literal["<=", ">="]
    bound: float
    baseline_factor: float = 0.0

    def __init__(
        self,
        expression: LinearExpression | str | None = None,
        op: Literal["<=", ">="] = "<=",
        bound: float = 0.0,
        baseline_factor: float = 0.0,
        *,
        metric: Named | None = None,
        relative: bool = False,
    ) -> None:
        if isinstance(expression, str):
            read = parse_outcome_constraint(expression)
            expression, op, bound, baseline_factor = read.expression, read.op, read.bound, read.baseline_factor
        if metric is not None:
            expression = LinearExpression(terms=((metric.name, 1.0),))
        if relative:
            bound, baseline_factor = 0.0, 1.0 + _finite("the bound", bound) / 100.0
        given = {"expression": expression, "op": plain(op), "bound": bound, "baseline_factor": baseline_factor}
        for field, value in given.items():
            object.__setattr__(self, field, value)
        self._check()

    def _check(self) -> None:
        _check_sum(self.expression, "parse_outcome_constraint('weight <= 10')")
        if self.op not in ("<=", ">="):
            raise UserInputError(f"the op of an outcome constraint must be '<=' or '>=', got {shown(self.op)}.")
        for field in ("bound", "baseline_factor"):
            object.__setattr__(self, field, _finite(f"the {field} of {self.expression}", getattr(self, field)))

    @property
    def metric_names(self) -> tuple[str, ...]:
        """The metrics in it."""
        return tuple(name for name, _ in self.expression.terms)

    @property
    def relative(self) -> bool:
        """Whether the bound depends on the baseline."""
        return self.baseline_factor != 0

    def bound_at(self, baseline: float | None) -> float:
        """Return the bound, given the metric's value at the baseline.

        Raises:
            DataRequiredError: If the constraint is relative and there is no baseline value.
        """
        if not self.relative:
            return self.bound
        if baseline is None:
            raise DataRequiredError(
                f"the constraint {str(self)!r} needs the baseline's result for {self.metric_names[0]!r}: "
                "attach a baseline and complete its trial first."
            )
        return self.bound + self.baseline_factor * baseline

    def __str__(self) -> str:
        right = LinearExpression(
            terms=((BASELINE, self.baseline_factor),) if self.relative else (), constant=self.bound
        )
        return f"{self.expression} {self.op} {right}"


@dataclass(frozen=True, slots=True, init=False)
class OptimizationConfig:
    """The goal of an experiment.

    Args:
        objectives: What to maximise; several for a Pareto front.
        constraints: Outcome constraints.
        thresholds: With several objectives, pairs of metric and the worst value of it that is of interest, in the
            metric's own units.
        pruning_target: The parameterization that suggestions are simplified towards, if any.
        objective: Another way to give the objectives: one, several, or as text.
        outcome_constraints: Another name for the constraints.
        objective_thresholds: Another way to give thresholds: as constraints of the objectives' metrics.

    Example:
        >>> parse_optimization("acc, -latency", ["latency <= 20"]).thresholds
        (('latency', 20.0),)

    Raises:
        UserInputError: If there is no objective, or a part is of another kind.
    """

    objectives: tuple[Objective, ...]
    constraints: tuple[OutcomeConstraint, ...] = ()
    thresholds: tuple[tuple[str, float], ...] = ()
    pruning_target: tuple[tuple[str, ParameterValue], ...] | None = None

    def __init__(
        self,
        objective: Objective | Sequence[Objective] | str | None = None,
        outcome_constraints: Sequence[OutcomeConstraint] | None = None,
        *,
        objectives: Sequence[Objective] = (),
        constraints: Sequence[OutcomeConstraint] = (),
        thresholds: Sequence[tuple[str, float]] = (),
        pruning_target: tuple[tuple[str, ParameterValue], ...] | None = None,
        objective_thresholds: Sequence[OutcomeConstraint] = (),
    ) -> None:
        if objective is not None:
            read = parse_objectives(objective) if isinstance(objective, str) else objective
            objectives = (read,) if isinstance(read, Objective) else tuple(read)
        bounds = tuple((c.metric_names[0], c.bound) for c in objective_thresholds)
        object.__setattr__(self, "objectives", objectives)
        object.__setattr__(self, "constraints", constraints if outcome_constraints is None else outcome_constraints)
        object.__setattr__(self, "thresholds", (*thresholds, *bounds))
        object.__setattr__(self, "pruning_target", pruning_target)
        self._check()

    @property
    def outcome_constraints(self) -> tuple[OutcomeConstraint, ...]:
        """The constraints on metrics."""
        return self.constraints

    def _check(self) -> None:
        for field, kind in (("objectives", Objective), ("constraints", OutcomeConstraint)):
            given = getattr(self, field)
            if type(given) not in (list, tuple) or not all(isinstance(g, kind) for g in given):
                raise UserInputError(f"{field} must be a tuple of {kind.__name__}s, got {shown(given)}.")
            object.__setattr__(self, field, tuple(given))
        if not self.objectives:
            raise UserInputError("an optimization config needs at least one objective.")
        names = self.objective_metric_names
        wrong = [n for n, _ in self.thresholds if n not in names]
        if wrong:
            raise UserInputError(f"there is no objective {wrong[0]!r} to have a threshold; there are {listing(names)}.")
        kept = tuple((n, _finite(f"the threshold of {n!r}", bound)) for n, bound in self.thresholds)
        object.__setattr__(self, "thresholds", kept)

    @property
    def is_multi_objective(self) -> bool:
        """Whether there are several objectives."""
        return len(self.objectives) > 1

    @property
    def objective(self) -> Objective:
        """The first objective, the only one where there is one."""
        return self.objectives[0]

    @property
    def objective_metric_names(self) -> tuple[str, ...]:
        """The metrics of the objectives, each once."""
        return tuple(dict.fromkeys(n for o in self.objectives for n in o.metric_names))

    @property
    def metric_names(self) -> tuple[str, ...]:
        """The metrics of objectives and constraints, each once."""
        constrained = (n for c in self.constraints for n in c.metric_names)
        return tuple(dict.fromkeys([*self.objective_metric_names, *constrained]))

    @property
    def lower_is_better(self) -> dict[str, bool]:
        """For each metric of an objective, whether small values are wanted."""
        return {n: w < 0 for o in self.objectives for n, w in o.expression.terms}

    def threshold(self, objective: Objective) -> float | None:
        """Return the threshold of a single-metric objective in the metric's own units, if there is one."""
        return dict(self.thresholds).get(objective.metric_names[0]) if not objective.is_scalarized else None

    def __str__(self) -> str:
        return ", ".join(str(o) for o in self.objectives)


def parse_objectives(text: str, known: Sequence[str] = ()) -> tuple[Objective, ...]:
    """Read objectives such as `"acc"`, `"-loss"`, `"a + 2*b"` or `"acc, -latency"`.

    Args:
        text: The objectives.
        known: Names that may stand unquoted although they are no identifiers, such as those of a table's columns.

    Raises:
        ExpressionError: If a part is no linear expression of metrics, has a constant, or a metric occurs twice.

    Example:
        >>> [str(o) for o in parse_objectives("acc, -latency")]
        ['acc', '-latency']
    """
    if not isinstance(text, str) or not text.strip():
        raise ExpressionError(
            f"the objective must be a string such as 'accuracy', '-loss' or 'acc, -latency', got {shown(text)}."
        )
    objectives = []
    whole = text.strip().removeprefix("-").strip() in known
    for part in [text] if whole else split_commas(text):
        if not part:
            raise ExpressionError(f"the objective {text!r} has an empty part: separate objectives by single commas.")
        expression = parse_linear(part, known)
        if expression.constant:
            raise ExpressionError(f"the objective {part!r} adds a constant, which changes nothing: leave it out.")
        if not expression.terms:
            raise ExpressionError(f"the objective {part!r} names no metric.")
        objectives.append(Objective(expression=expression))
    names = [n for o in objectives for n in o.metric_names]
    twice = sorted(n for n, count in Counter(names).items() if count > 1)
    if twice:
        raise ExpressionError(
            f"the objective {text!r} uses {listing(twice)} in two parts: each metric belongs to one objective."
        )
    if BASELINE in names:
        raise ExpressionError(
            f"the objective {text!r} uses {BASELINE!r}, which stands for the baseline trial in constraints only."
        )
    return tuple(objectives)


def parse_outcome_constraint(text: str, known: Sequence[str] = ()) -> OutcomeConstraint:
    """Read an outcome constraint such as `"weight <= 10"` or `"qps >= 0.95 * baseline"`.

    Args:
        text: The constraint.
        known: Names that may stand unquoted although they are no identifiers.

    Raises:
        ExpressionError: If the text is no linear comparison by `<=` or `>=`, or names no metric.

    Example:
        >>> parse_outcome_constraint("0.95 * baseline <= 2*qps").baseline_factor
        0.475
    """
    comparison = parse_comparison(text, known)
    if comparison.op == "==":
        raise ExpressionError(f"outcome constraint {text!r}: equality is not supported; use '<=' or '>='.")
    moved = comparison.difference
    bound, factor = -moved.constant, -moved.weight(BASELINE)
    terms = tuple((n, w) for n, w in moved.terms if n != BASELINE)
    if not terms:
        raise ExpressionError(f"outcome constraint {text!r} names no metric.")
    for name, _ in terms:
        if get_close_matches(name.lower(), [BASELINE], cutoff=0.85):
            raise ExpressionError(f"outcome constraint {text!r} names {name!r}. Did you mean {BASELINE!r}?")
    op = comparison.op
    if len(terms) == 1 or all(w < 0 for _, w in terms):  # divide through, or at least keep the sum positive
        scale = terms[0][1] if len(terms) == 1 else -1.0
        terms = tuple((n, w / scale) for n, w in terms)
        bound, factor = bound / scale, factor / scale
        op = op if scale > 0 else {"<=": ">=", ">=": "<="}[op]
    if factor and len(terms) > 1:
        raise ExpressionError(f"outcome constraint {text!r}: relative to the baseline, name a single metric.")
    return OutcomeConstraint(
        expression=LinearExpression(terms=terms),
        op="<=" if op == "<=" else ">=",
        bound=bound + 0.0,
        baseline_factor=factor + 0.0,
    )


def parse_optimization(
    objective: str, outcome_constraints: Sequence[str] | None = None, known: Sequence[str] = ()
) -> OptimizationConfig:
    """Read objectives and outcome constraints together.

    With several objectives, a constraint on one objective's metric in the direction of improvement is its threshold.

    Args:
        objective: The objectives.
        outcome_constraints: The constraints.
        known: Names that may stand unquoted although they are no identifiers.

    Raises:
        ExpressionError: If a string cannot be read.
        UserInputError: If a constraint bounds the only objective, two constraints contradict each other, or the weights
            of a sum are too large or small to reckon with.

    Example:
        >>> str(parse_optimization("strength", ["weight <= 10"]).constraints[0])
        'weight <= 10'
    """
    objectives = parse_objectives(objective, known)
    if isinstance(outcome_constraints, str):
        raise UserInputError(f"outcome_constraints must be a list of strings: write [{outcome_constraints!r}].")
    parsed = [parse_outcome_constraint(text, known) for text in outcome_constraints or ()]
    single = {o.metric_names[0]: o for o in objectives if not o.is_scalarized}
    constraints: list[OutcomeConstraint] = []
    thresholds: dict[str, float] = {}
    for constraint in parsed:
        name = constraint.metric_names[0]
        bounded = single.get(name) if len(constraint.metric_names) == 1 else None
        if len(objectives) == 1 and set(constraint.metric_names) & set(objectives[0].metric_names):
            raise UserInputError(
                f"the constraint {str(constraint)!r} bounds the objective {objectives[0]!s}: with one objective "
                "there is nothing to gain from it; leave it out or constrain another metric."
            )
        if bounded is not None and (constraint.op == "<=") == bounded.minimize and not constraint.relative:
            if name in thresholds:
                raise UserInputError(f"the objective {name!r} has two thresholds: keep one.")
            thresholds[name] = constraint.bound
        else:
            constraints.append(constraint)
    _check_contradictions(constraints)
    config = OptimizationConfig(
        objectives=objectives, constraints=tuple(constraints), thresholds=tuple(thresholds.items())
    )
    check_weights(config)
    return config


def _check_contradictions(constraints: Iterable[OutcomeConstraint]) -> None:
    bounds: dict[tuple[LinearExpression, str], OutcomeConstraint] = {}
    for constraint in constraints:
        if (constraint.expression, constraint.op) in bounds:
            raise UserInputError(f"{str(constraint.expression)!r} has two constraints by {constraint.op!r}: keep one.")
        bounds[constraint.expression, constraint.op] = constraint
        other = bounds.get((constraint.expression, "<=" if constraint.op == ">=" else ">="))
        if other is None or constraint.relative or other.relative:
            continue
        low, high = (constraint, other) if constraint.op == ">=" else (other, constraint)
        if low.bound >= high.bound:
            raise UserInputError(f"the constraints {str(low)!r} and {str(high)!r} leave nothing between them.")
