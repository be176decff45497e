"""The search space: parameters and the linear constraints between them."""

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from axnb.errors import UnknownNameError, UserInputError, listing, near_miss
from axnb.problem.expressions import LinearExpression, parse_comparison
from axnb.problem.parameters import FixedParameter, Parameter, ParameterValue, RangeParameter
from axnb.problem.tables import html_table

Parameterization: TypeAlias = Mapping[str, ParameterValue]

_TOLERANCE = 1e-8  # relative to the terms of a constraint: what rounding may add


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterConstraint:
    """A linear inequality between numeric parameters, in their own units: `sum(weight * value) <= bound`.

    Args:
        terms: Pairs of parameter name and weight.
        bound: What the weighted sum must not exceed.

    Example:
        >>> ParameterConstraint(terms=(("x", 1.0), ("y", 1.0)), bound=1.0).slack({"x": 0.25, "y": 0.5})
        0.25
    """

    terms: tuple[tuple[str, float], ...]
    bound: float

    def slack(self, point: Parameterization) -> float:
        """Return how far inside the constraint a point lies; negative outside."""
        return self.bound - sum(w * float(point[n]) for n, w in self.terms)

    def satisfied(self, point: Parameterization) -> bool:
        """Return whether a point satisfies the constraint, up to rounding."""
        scale = max([abs(self.bound), *(abs(w * float(point[n])) for n, w in self.terms)])
        return self.slack(point) >= -_TOLERANCE * max(scale, 1e-12)

    def __str__(self) -> str:
        return f"{LinearExpression(terms=self.terms)} <= {LinearExpression(terms=(), constant=self.bound)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpace:
    """The parameters of an experiment and the constraints between them.

    Args:
        parameters: The parameters, in the order in which they are shown.
        constraints: Linear inequalities.
        disabled: Pairs of parameter and value: parameters that are no longer tuned, but held at that value in new
            suggestions. Trials may have other values of them.

    Raises:
        UserInputError: If there is no parameter, a name occurs twice, or a constraint cannot be satisfied.

    Example:
        >>> x = RangeParameter(name="x", lower=0.0, upper=1.0)
        >>> SearchSpace(parameters=(x,)).validate({"x": 1})
        {'x': 1.0}
    """

    parameters: tuple[Parameter, ...]
    constraints: tuple[ParameterConstraint, ...] = ()
    disabled: tuple[tuple[str, ParameterValue], ...] = ()

    def __post_init__(self) -> None:
        if not self.parameters:
            raise UserInputError("a search space needs at least one parameter.")
        twice = {n for n in self.names if self.names.count(n) > 1}
        if twice:
            raise UserInputError(f"each parameter needs a name of its own; given twice: {listing(sorted(twice))}.")
        for constraint in self.constraints:
            if self._most_slack(constraint) < 0:
                raise UserInputError(f"no point within the bounds satisfies the constraint {str(constraint)!r}.")

    def _most_slack(self, constraint: ParameterConstraint) -> float:
        """Return the largest slack that a constraint can have within the bounds."""
        least = 0.0
        for name, weight in constraint.terms:
            parameter = self[name]
            if isinstance(parameter, RangeParameter):
                least += weight * (parameter.lower if weight > 0 else parameter.upper)
        return constraint.bound - least

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all parameters, in order."""
        return tuple(p.name for p in self.parameters)

    @property
    def tunable(self) -> tuple[Parameter, ...]:
        """The parameters that are not fixed."""
        return tuple(p for p in self.parameters if not isinstance(p, FixedParameter))

    def __getitem__(self, name: str) -> Parameter:
        """Return the parameter of that name.

        Raises:
            UnknownNameError: If there is none.
        """
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise UnknownNameError(
            f"there is no parameter {name!r}; the parameters are {listing(self.names)}.{near_miss(name, self.names)}"
        )

    def validate_some(self, point: Parameterization) -> dict[str, ParameterValue]:
        """Return the exact values of some of the parameters, as they are kept.

        Raises:
            UserInputError: If the point is no mapping or a value is not allowed.
            UnknownNameError: If it names an unknown parameter.
        """
        if not isinstance(point, Mapping):
            raise UserInputError(f"expected a dict of parameter values, got {point!r} ({type(point).__name__}).")
        return {name: self[name].cast(value) for name, value in point.items()}

    def validate(self, point: Parameterization) -> dict[str, ParameterValue]:
        """Return a parameterization with every value as it is kept, in the order of the parameters.

        Raises:
            UserInputError: If a value is missing or not allowed, or a constraint is not satisfied.
            UnknownNameError: If it names an unknown parameter.
        """
        cast = self.validate_some(point)
        missing = [p.name for p in self.parameters if p.name not in cast and not isinstance(p, FixedParameter)]
        if missing:
            raise UserInputError(
                f"values are missing for {listing(missing)}; give one for each of {listing(self.names)}."
            )
        full = {p.name: cast[p.name] if p.name in cast else p.cast(getattr(p, "value", None)) for p in self.parameters}
        for constraint in self.constraints:
            if not constraint.satisfied(full):
                raise UserInputError(f"the point {full} does not satisfy the parameter constraint {str(constraint)!r}.")
        return full

    def satisfies(self, point: Parameterization) -> bool:
        """Return whether a point with all values satisfies every constraint."""
        return all(c.satisfied(point) for c in self.constraints)

    def _repr_html_(self) -> str:
        rows = [(p.name, p.domain) for p in self.parameters]
        table = html_table(["parameter", "takes"], rows, "Search space")
        return table + "".join(f"<div>{html.escape(str(c))}</div>" for c in self.constraints)


def parse_parameter_constraint(text: str, parameters: Iterable[Parameter]) -> ParameterConstraint:
    """Read a parameter constraint such as `"x1 + x2 <= 1"`.

    Args:
        text: A linear inequality between numeric parameters.
        parameters: The parameters of the space.

    Raises:
        ExpressionError: If the text is no linear inequality.
        UnknownNameError: If it names an unknown parameter.
        UserInputError: If a parameter in it is not a range, or nothing is left to constrain.

    Example:
        >>> x = RangeParameter(name="x", lower=0.0, upper=1.0)
        >>> str(parse_parameter_constraint("2*x >= 1", [x]))
        '-2*x <= -1'
    """
    by_name = {p.name: p for p in parameters}
    comparison = parse_comparison(text, known=by_name)
    if comparison.op == "==":
        raise UserInputError(f"parameter constraint {text!r}: equality is not supported; use '<=' or '>='.")
    sign = 1.0 if comparison.op == "<=" else -1.0
    weights: dict[str, float] = {}
    for side, factor in ((comparison.left, sign), (comparison.right, -sign)):
        for name, weight in side.terms:
            weights[name] = weights.get(name, 0.0) + factor * weight
    for name in weights:
        parameter = by_name.get(name)
        if parameter is None:
            hint = near_miss(name, by_name)
            raise UnknownNameError(
                f"parameter constraint {text!r} names {name!r}; the parameters are {listing(by_name)}.{hint}"
            )
        if not isinstance(parameter, RangeParameter):
            raise UserInputError(
                f"parameter constraint {text!r}: {name!r} is {parameter.domain}; only ranges can be constrained."
            )
    terms = tuple((n, w) for n, w in weights.items() if w != 0)
    bound = sign * (comparison.right.constant - comparison.left.constant)
    if not terms:
        raise UserInputError(f"parameter constraint {text!r} constrains no parameter.")
    return ParameterConstraint(terms=terms, bound=bound + 0.0)
