"""The search space: parameters and the linear constraints between them."""

import html
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from axnb.errors import UnknownNameError, UserInputError, listing, near_miss, shown
from axnb.html import html_table
from axnb.problem.constraints import CountConstraint, ParameterConstraint
from axnb.problem.parameters import (
    INTEGER_LIMIT,
    ChoiceParameter,
    DerivedParameter,
    FixedParameter,
    Parameter,
    ParameterValue,
    RangeParameter,
)

Parameterization: TypeAlias = Mapping[str, ParameterValue]

_TOLERANCE = 1e-8  # relative to the ends of what a constraint's terms may be: what rounding may add


@dataclass(frozen=True, slots=True, init=False)
class SearchSpace:
    """The parameters of an experiment and the constraints between them.

    A parameter on which others depend decides whether they exist: a parameterization has those that do, and no others.

    Args:
        parameters: The parameters, in the order in which they are shown.
        constraints: Linear constraints, and bounds on how many parameters are other than 0.
        disabled: Pairs of parameter and value: parameters that are no longer tuned, but held at that value in new
            suggestions. Trials may have other values of them.
        parameter_constraints: Another name for the constraints.

    Raises:
        UserInputError: If there is no parameter, a name occurs twice, a constraint cannot be satisfied, or parameters
            depend on each other in a way that has no meaning.

    Example:
        >>> x = RangeParameter(name="x", lower=0.0, upper=1.0)
        >>> SearchSpace(parameters=(x,)).validate({"x": 1})
        {'x': 1.0}
    """

    parameters: tuple[Parameter, ...]
    constraints: tuple[ParameterConstraint | CountConstraint, ...] = ()
    disabled: tuple[tuple[str, ParameterValue], ...] = ()

    def __init__(
        self,
        parameters: Iterable[Parameter],
        constraints: Iterable[ParameterConstraint | CountConstraint] = (),
        disabled: Iterable[tuple[str, ParameterValue]] = (),
        *,
        parameter_constraints: Iterable[ParameterConstraint | CountConstraint] | None = None,
    ) -> None:
        object.__setattr__(self, "parameters", tuple(parameters))
        object.__setattr__(self, "constraints", (*constraints, *(parameter_constraints or ())))
        object.__setattr__(self, "disabled", tuple(disabled))
        _check(self)

    def span(self, name: str) -> tuple[float, float]:
        """Return the smallest and largest value of a numeric parameter.

        Raises:
            UnknownNameError: If there is no such parameter.
        """
        parameter = self[name]
        if isinstance(parameter, RangeParameter):
            return float(parameter.lower), float(parameter.upper)
        if isinstance(parameter, DerivedParameter):
            low = high = parameter.expression.constant
            for source, weight in parameter.expression.terms:
                ends = sorted(weight * end for end in self.span(source))
                low, high = low + ends[0], high + ends[1]
            return low, high
        values = parameter.values if isinstance(parameter, ChoiceParameter) else (parameter.value,)
        return min(float(v) for v in values), max(float(v) for v in values)

    def expand(self, terms: Iterable[tuple[str, float]]) -> tuple[dict[str, float], float]:
        """Return a weighted sum of parameters as weights of tuned parameters and what fixed ones add to it.

        Derived parameters are replaced by what they follow from.
        """
        weights: dict[str, float] = {}
        constant = 0.0
        for name, weight in terms:
            parameter = self[name]
            if isinstance(parameter, FixedParameter):
                constant += weight * float(parameter.value)
            elif isinstance(parameter, DerivedParameter):
                constant += weight * parameter.expression.constant
                for source, share in parameter.expression.terms:
                    weights[source] = weights.get(source, 0.0) + weight * share
            else:
                weights[name] = weights.get(name, 0.0) + weight
        return weights, constant

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all parameters, in order."""
        return tuple(p.name for p in self.parameters)

    @property
    def tunable(self) -> tuple[RangeParameter | ChoiceParameter, ...]:
        """The parameters that are neither fixed nor derived."""
        return tuple(p for p in self.parameters if isinstance(p, RangeParameter | ChoiceParameter))

    @property
    def parents(self) -> dict[str, tuple[str, tuple[ParameterValue, ...]]]:
        """For each parameter that depends on another: that other, and the values of it with which it exists."""
        found: dict[str, tuple[str, tuple[ParameterValue, ...]]] = {}
        for parameter in self.parameters:
            if isinstance(parameter, ChoiceParameter):
                for value, names in parameter.dependents:
                    for name in names:
                        values = found[name][1] if name in found else ()
                        found[name] = (parameter.name, (*values, value))
        return found

    @property
    def has_rules(self) -> bool:
        """Whether there is more to keep than bounds and linear inequalities."""
        linear = (isinstance(c, ParameterConstraint) and c.op == "<=" for c in self.constraints)
        return not all(linear) or any(isinstance(p, ChoiceParameter) and p.dependents for p in self.parameters)

    def active(self, point: Parameterization) -> tuple[str, ...]:
        """Return the names of the parameters that exist at a point, given the values on which this depends."""
        parents = self.parents
        if not parents:
            return self.names

        def exists(name: str) -> bool:
            if name not in parents:
                return True
            parent, values = parents[name]
            return exists(parent) and point.get(parent) in values

        return tuple(n for n in self.names if exists(n))

    def complete(self, tuned: Parameterization) -> dict[str, ParameterValue]:
        """Return the parameterization that follows from the values of the tuned parameters, in their order.

        Fixed and derived parameters are added; what does not exist with these values is left out.
        """
        active = set(self.active(tuned))
        full: dict[str, ParameterValue] = {}
        for p in self.parameters:
            if p.name in active:
                fixed = p.value if isinstance(p, FixedParameter) else None
                follows = p.value_of(tuned) if isinstance(p, DerivedParameter) else None
                full[p.name] = next(v for v in (fixed, follows, tuned.get(p.name)) if v is not None)
        return full

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
            raise UserInputError(f"expected a dict of parameter values, got {shown(point)} ({type(point).__name__}).")
        return {name: self[name].cast(value) for name, value in point.items()}

    def validate(self, point: Parameterization) -> dict[str, ParameterValue]:
        """Return a parameterization with every value as it is kept, in the order of the parameters.

        Raises:
            UserInputError: If a value is missing or not allowed, or a constraint is not satisfied.
            UnknownNameError: If it names an unknown parameter.
        """
        full = self._validate_values(point)
        for constraint in self.constraints:
            if not constraint.satisfied(full):
                raise UserInputError(f"the point {full} does not satisfy the parameter constraint {str(constraint)!r}.")
        return full

    def _validate_values(self, point: Parameterization) -> dict[str, ParameterValue]:
        cast = self.validate_some(point)
        active = self.active(cast)
        missing = [p.name for p in self.tunable if p.name not in cast and p.name in active]
        if missing:
            raise UserInputError(f"values are missing for {listing(missing)}; give one for each of {listing(active)}.")
        extra = [n for n in cast if n not in active]
        if extra:
            parent = self.parents[extra[0]][0]
            why = f"with {parent!r} {cast[parent]!r}" if parent in cast else f"without {parent!r}"
            raise UserInputError(f"the parameter {extra[0]!r} does not exist {why}: leave it out.")
        full = self.complete(cast)
        for name in full.keys() & cast.keys():
            parameter = self[name]
            if isinstance(parameter, DerivedParameter) and not parameter.follows(cast[name], full):
                raise UserInputError(f"parameter {name!r} is {parameter.domain}, here {full[name]!r}; leave it out.")
        return full

    def measure(self, point: Parameterization, tolerance: float) -> tuple[dict[str, ParameterValue], list[str]]:
        """Return a parameterization as it was measured, and where it is off the space.

        Numbers may lie beside the steps and beyond the bounds of ranges, and constraints may be missed: what was run is
        what there is to learn from.

        Args:
            point: The parameterization.
            tolerance: How far it may be off without being mentioned, as a share of a range or a constraint's size.

        Raises:
            UserInputError: If a value is missing or is none that the parameter could have.
            UnknownNameError: If it names an unknown parameter.

        Example:
            >>> x = RangeParameter(name="x", lower=0.0, upper=100.0, step_size=5.0)
            >>> SearchSpace(parameters=(x,)).measure({"x": 79.6}, 0.001)
            ({'x': 79.6}, ["'x' is 79.6, not in steps of 5.0 from 0.0"])
        """
        ranges = {p.name: p for p in self.parameters if isinstance(p, RangeParameter) and p.name in point}
        measured = {n: p.measure(point[n]) for n, p in ranges.items()}
        allowed = self._validate_values({**point, **{n: p.nearest(measured[n]) for n, p in ranges.items()}})
        full = self.complete({**allowed, **measured})
        notes = [note for n, p in ranges.items() if (note := p.describe_miss(measured[n], tolerance))]
        for c in self.constraints:
            if isinstance(c, ParameterConstraint) and not c.satisfied(full, tolerance):
                notes.append(f"{str(c)!r} is missed by {-c.slack(full):.3g}")
            elif isinstance(c, CountConstraint) and not c.satisfied(full):
                notes.append(f"{str(c)!r} does not hold")
        return full, notes

    def check_values(self, values: Iterable[tuple[str, ParameterValue]]) -> None:
        """Check that values are of parameters of the space, and of their types.

        Whether they are within the bounds does not matter, nor whether any is missing.

        Args:
            values: Pairs of parameter name and value.

        Raises:
            UnknownNameError: If there is no such parameter.
            UserInputError: If a value is of another type.
        """
        for name, value in values:
            kind = self[name].parameter_type
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (number if kind in ("int", "float") else isinstance(value, str if kind == "str" else bool)):
                raise UserInputError(f"parameter {name!r} is of type {kind}, got {shown(value)}.")

    def is_member(self, point: Parameterization) -> bool:
        """Return whether a point has a value of every parameter that exists there that may have been measured here.

        That is an allowed value, one between the steps of a range, or one just beyond its bounds. Whether it satisfies
        the constraints does not matter, nor do values of parameters that do not exist there.

        Example:
            >>> space = SearchSpace(parameters=(RangeParameter(name="x", lower=0.0, upper=1.0),))
            >>> space.is_member({"x": 0.5}), space.is_member({"x": 1.5}), space.is_member({})
            (True, False, False)
        """
        try:
            for name in self.active(point):
                parameter = self[name]
                if isinstance(parameter, RangeParameter):
                    if not parameter.is_near(parameter.measure(point[name])):
                        return False
                elif not isinstance(parameter, DerivedParameter):
                    parameter.cast(point[name])
        except (UserInputError, KeyError):
            return False
        return True

    @property
    def parameter_constraints(self) -> tuple[ParameterConstraint | CountConstraint, ...]:
        """The constraints."""
        return self.constraints

    def check_membership(self, parameterization: Parameterization, raise_error: bool = False) -> bool:
        """Return whether a parameterization belongs to the space.

        Args:
            parameterization: A value for every parameter.
            raise_error: Whether to raise what is wrong with it.

        Raises:
            UserInputError: If it does not belong to it, and that is to be raised.
        """
        try:
            self.validate(parameterization)
        except UserInputError:
            if raise_error:
                raise
            return False
        return True

    def satisfies(self, point: Parameterization) -> bool:
        """Return whether a point with all values satisfies every constraint."""
        return all(c.satisfied(point) for c in self.constraints)

    def _repr_html_(self) -> str:
        rows = [(p.name, p.domain) for p in self.parameters]
        table = html_table(["parameter", "takes"], rows, "Search space")
        return table + "".join(f"<div>{html.escape(str(c))}</div>" for c in self.constraints)


def _check(space: SearchSpace) -> None:
    """Check that the parts fit together.

    Raises:
        UserInputError: If they do not.
    """
    if not space.parameters:
        raise UserInputError("a search space needs at least one parameter.")
    twice = {n for n, count in Counter(space.names).items() if count > 1}
    if twice:
        raise UserInputError(f"each parameter needs a name of its own; given twice: {listing(sorted(twice))}.")
    for constraint in space.constraints:
        if isinstance(constraint, ParameterConstraint) and not _may_hold(space, constraint):
            raise UserInputError(f"no point within the bounds satisfies the constraint {str(constraint)!r}.")
    _check_dependents(space)
    _check_derived(space)


def _may_hold(space: SearchSpace, constraint: ParameterConstraint) -> bool:
    """Return whether a point within the bounds satisfies a constraint."""
    least = most = 0.0
    for name, weight in constraint.terms:
        ends = sorted(weight * end for end in space.span(name))
        least, most = least + ends[0], most + ends[1]
    slop = _TOLERANCE * max(abs(least), abs(most)) if constraint.op == "==" else 0.0
    return constraint.bound - least >= -slop and (constraint.op == "<=" or most - constraint.bound >= -slop)


def _check_dependents(space: SearchSpace) -> None:
    parents = space.parents
    for name, (parent, values) in parents.items():
        space[name]
        of = [
            p.name
            for p in space.parameters
            if isinstance(p, ChoiceParameter) and any(name in names for _, names in p.dependents)
        ]
        if len(of) > 1:
            raise UserInputError(f"parameter {name!r} depends on {listing(of)}: let it depend on one.")
        if len(set(values)) < len(values):
            raise UserInputError(f"parameter {name!r} is named twice for a value of {parent!r}: name it once.")
        seen, above = {name}, parent
        while above in parents and above not in seen:
            seen.add(above)
            above = parents[above][0]
        if above in seen:
            raise UserInputError(f"the parameters {listing(sorted(seen))} depend on each other in a circle.")
    of_derived = [n for n in parents if isinstance(space[n], DerivedParameter)]
    if of_derived:
        raise UserInputError(f"the derived parameter {of_derived[0]!r} cannot depend on a choice.")


def _check_derived(space: SearchSpace) -> None:
    for parameter in space.parameters:
        if not isinstance(parameter, DerivedParameter):
            continue
        sources = [space[name] for name in parameter.expression.names]
        for name, source in zip(parameter.expression.names, sources, strict=True):
            if isinstance(source, DerivedParameter | FixedParameter) or name in space.parents:
                raise UserInputError(
                    f"derived parameter {parameter.name!r}: {name!r} is {source.domain}; it must be one that is "
                    "tuned and always exists."
                )
            kinds = ("int",) if parameter.parameter_type == "int" else ("int", "float")
            whole = all(w == int(w) for _, w in parameter.expression.terms) and parameter.expression.constant % 1 == 0
            if parameter.is_copy and parameter.parameter_type == source.parameter_type:
                continue
            if source.parameter_type not in kinds or (parameter.parameter_type == "int" and not whole):
                raise UserInputError(
                    f"derived parameter {parameter.name!r} of type {parameter.parameter_type} cannot be "
                    f"{parameter.expression}: {name!r} is of type {source.parameter_type}."
                )
        limit = INTEGER_LIMIT if parameter.parameter_type == "int" else sys.float_info.max
        if not parameter.is_copy and not _largest(parameter, sources) <= limit:
            raise UserInputError(f"derived parameter {parameter.name!r}: {parameter.expression} can get too large.")


def _largest(parameter: DerivedParameter, sources: Iterable[Parameter]) -> float:
    """Return a bound on the size of the values of a derived parameter."""
    total = abs(parameter.expression.constant)
    for (_, weight), source in zip(parameter.expression.terms, sources, strict=True):
        ends = (source.lower, source.upper) if isinstance(source, RangeParameter) else ()
        values = source.values if isinstance(source, ChoiceParameter) else ends
        total += abs(weight) * max(abs(float(v)) for v in values)
    return total
