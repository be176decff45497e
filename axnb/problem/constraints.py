"""Constraints between parameters: linear ones, and how many of some may be other than 0; how they are written."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from axnb.errors import ExpressionError, UnknownNameError, UserInputError, listing, near_miss
from axnb.problem.expressions import PARAMETERS, Comparison, LinearExpression, parse_comparisons, split_commas
from axnb.problem.parameters import ChoiceParameter, DerivedParameter, Parameter, ParameterValue, RangeParameter

_TOLERANCE = 1e-8  # relative to the terms of a constraint: what rounding may add


@dataclass(frozen=True, slots=True, init=False)
class ParameterConstraint:
    """A linear constraint between numeric parameters, in their own units: `sum(weight * value) op bound`.

    Where a parameter in it does not exist at a point, because another's value rules it out, the constraint holds.

    Args:
        inequality: The constraint as text, such as `"x + y <= 1"`.
        equality: Instead, a constraint such as `"x + y == 1"`.
        terms: Instead, pairs of parameter name and weight.
        bound: What their weighted sum must not exceed, or must equal.
        op: `"<="` or `"=="`.

    Raises:
        ExpressionError: If a text is no single linear comparison.

    Example:
        >>> ParameterConstraint("x + y <= 1").slack({"x": 0.25, "y": 0.5})
        0.25
        >>> sorted(ParameterConstraint("y >= x").constraint_dict.items())
        [('x', 1.0), ('y', -1.0)]
    """

    terms: tuple[tuple[str, float], ...]
    bound: float
    op: Literal["<=", "=="] = "<="

    def __init__(
        self,
        inequality: str | None = None,
        *,
        equality: str | None = None,
        terms: Iterable[tuple[str, float]] = (),
        bound: float = 0.0,
        op: Literal["<=", "=="] = "<=",
    ) -> None:
        text = equality if inequality is None else inequality
        if text is not None:
            terms, bound, op = _read_comparison(text)
        for field, value in (("terms", tuple(terms)), ("bound", bound), ("op", op)):
            object.__setattr__(self, field, value)

    @property
    def constraint_dict(self) -> dict[str, float]:
        """The weight of each parameter."""
        return dict(self.terms)

    def slack(self, point: Mapping[str, ParameterValue]) -> float:
        """Return how far inside the constraint a point lies; negative outside."""
        left = self.bound - sum(w * float(point[n]) for n, w in self.terms)
        return left if self.op == "<=" else -abs(left)

    def satisfied(self, point: Mapping[str, ParameterValue], tolerance: float = _TOLERANCE) -> bool:
        """Return whether a point satisfies the constraint, up to a share of its largest term: rounding by default."""
        if not all(n in point for n, _ in self.terms):
            return True
        scale = max([abs(self.bound), *(abs(w * float(point[n])) for n, w in self.terms)])
        return self.slack(point) >= -max(tolerance, _TOLERANCE) * scale

    def __str__(self) -> str:
        return f"{LinearExpression(terms=self.terms)} {self.op} {LinearExpression(terms=(), constant=self.bound)}"


def _read_comparison(text: str) -> tuple[tuple[tuple[str, float], ...], float, Literal["<=", "=="]]:
    """Return terms, bound and operator of a linear comparison.

    Raises:
        ExpressionError: If it is none, or two in one.
    """
    comparisons = parse_comparisons(text)
    if len(comparisons) != 1:
        raise ExpressionError(f"the constraint {text!r} compares more than once: make a constraint of each comparison.")
    moved, sign = comparisons[0].difference, -1.0 if comparisons[0].op == ">=" else 1.0
    terms = tuple((n, sign * w + 0.0) for n, w in moved.terms)
    return terms, -sign * moved.constant + 0.0, "==" if comparisons[0].op == "==" else "<="


@dataclass(frozen=True, slots=True, kw_only=True)
class CountConstraint:
    """At most so many of some parameters may be other than 0, as in a recipe of a few ingredients out of many.

    Args:
        names: The parameters.
        bound: How many of them may be other than 0.

    Example:
        >>> few = CountConstraint(names=("a", "b", "c"), bound=1)
        >>> str(few), few.satisfied({"a": 0.0, "b": 0.5, "c": 0.0})
        ('count(a, b, c) <= 1', True)
    """

    names: tuple[str, ...]
    bound: int

    def satisfied(self, point: Mapping[str, ParameterValue]) -> bool:
        """Return whether a point satisfies the constraint."""
        return sum(bool(point.get(n, 0)) for n in self.names) <= self.bound

    def __str__(self) -> str:
        shown = ", ".join(str(LinearExpression(terms=((n, 1.0),))) for n in self.names)
        return f"count({shown}) <= {self.bound}"


_COUNT = re.compile(r"\s*count\s*\((?P<names>.*)\)\s*(?P<op><=|>=|==|<|>)\s*(?P<bound>\S+)\s*")


def _parse_count(text: str, by_name: Mapping[str, Parameter]) -> CountConstraint | None:
    """Read a bound on how many parameters are other than 0; `None` for another constraint."""
    match = _COUNT.fullmatch(text)
    if match is None:
        return None
    names = [n.strip().strip("\"'") for n in split_commas(match["names"])]
    for name in names:
        parameter = by_name.get(name)
        if parameter is None:
            raise UnknownNameError(
                f"parameter constraint {text!r} names {name!r}; the parameters are {listing(by_name)}."
                f"{near_miss(name, by_name)}"
            )
        if not isinstance(parameter, RangeParameter) or parameter.lower != 0:
            raise UserInputError(
                f"parameter constraint {text!r}: {name!r} is {parameter.domain}; only ranges from 0 can be counted."
            )
    bound = match["bound"]
    if match["op"] != "<=" or not bound.isdigit() or not 0 < int(bound) < len(names) or len(set(names)) < len(names):
        raise UserInputError(
            f"parameter constraint {text!r}: expected 'count(a, b, c) <= k' with k from 1 to one less than the number "
            "of parameters, each named once."
        )
    return CountConstraint(names=tuple(names), bound=int(bound))


def parse_parameter_constraints(
    texts: Sequence[str], parameters: Iterable[Parameter]
) -> tuple[ParameterConstraint | CountConstraint, ...]:
    """Read parameter constraints such as `"x1 + x2 <= 1"`, `"x1 + x2 == 1"` or `"count(x1, x2, x3) <= 2"`.

    Args:
        texts: Linear equations or inequalities between numeric parameters (ranges, ordered choices, fixed and derived
            ones), or bounds on how many ranges are other than 0. `"|x1 - x2| <= 3"` and `"1 <= x1 + x2 <= 2"` are two
            constraints each.
        parameters: The parameters of the space.

    Raises:
        ExpressionError: If a text is no linear constraint.
        UnknownNameError: If one names an unknown parameter.
        UserInputError: If a parameter in one is no number, or nothing is left to constrain.

    Example:
        >>> x = RangeParameter(name="x", lower=0.0, upper=1.0)
        >>> [str(c) for c in parse_parameter_constraints(["2*x >= 1", "|x - 0.5| <= 0.25"], [x])]
        ['-2*x <= -1', 'x <= 0.75', '-x <= -0.25']
    """
    by_name = {p.name: p for p in parameters}
    return tuple(c for text in texts for c in _parse(text, by_name))


def _parse(text: str, by_name: Mapping[str, Parameter]) -> list[ParameterConstraint | CountConstraint]:
    count = _parse_count(text, by_name) if isinstance(text, str) and "count" in text else None
    if count is not None:
        return [count]
    comparisons = parse_comparisons(text, by_name, PARAMETERS)
    for name in dict.fromkeys(n for c in comparisons for n in (*c.left.names, *c.right.names)):
        parameter = by_name.get(name)
        if parameter is None:
            hint = near_miss(name, by_name)
            raise UnknownNameError(
                f"parameter constraint {text!r} names {name!r}; the parameters are {listing(by_name)}.{hint}"
            )
        if not _is_numeric(parameter):
            raise UserInputError(
                f"parameter constraint {text!r}: {name!r} is {parameter.domain}; only ranges, ordered choices of "
                "numbers, and fixed or derived numbers can be constrained."
            )
    return [_constraint(text, c, by_name) for c in comparisons]


def _is_numeric(parameter: Parameter) -> bool:
    ordered = not isinstance(parameter, ChoiceParameter) or parameter.is_ordered
    return ordered and parameter.parameter_type in ("int", "float")


def _constraint(text: str, comparison: Comparison, by_name: Mapping[str, Parameter]) -> ParameterConstraint:
    moved = comparison.difference
    if not any(isinstance(by_name[n], RangeParameter | ChoiceParameter | DerivedParameter) for n in moved.names):
        raise UserInputError(f"parameter constraint {text!r} constrains no parameter that is tuned.")
    sign = -1.0 if comparison.op == ">=" else 1.0
    terms = tuple((n, sign * w) for n, w in moved.terms)
    return ParameterConstraint(
        terms=terms, bound=-sign * moved.constant + 0.0, op="==" if comparison.op == "==" else "<="
    )
