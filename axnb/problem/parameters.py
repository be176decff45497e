"""Parameters: what one coordinate of a trial may be.

A parameter is a frozen value. It validates itself when made, and `cast` turns what a user gave into the exact
Python value that the experiment keeps (a float on the step grid, an `int`, one of the choices) or says why not.
Nothing here knows about models: the unit cube is the encoder's business.
"""

import math
import numbers
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

from axnb.errors import UserInputError, listing, near_miss, shown
from axnb.problem.expressions import LinearExpression, is_text

ParameterValue: TypeAlias = str | int | float | bool
ParameterType: TypeAlias = Literal["float", "int", "str", "bool"]

_TOLERANCE = 1e-9  # of a range's width or step: what float arithmetic may add, no more
_MISSED = 0.02  # of a range's width: what a measured setting may lie beyond its bounds and still be one of the range
INTEGER_LIMIT = 2**53  # beyond it a float no longer holds every integer


def is_number(value: object) -> bool:
    """Return whether a value is a real number (numpy's and `Decimal` included) and not a bool.

    Example:
        >>> is_number(3), is_number(Decimal("0.1")), is_number(True), is_number("3")
        (True, True, False, False)
    """
    if type(value) in (float, int):  # nearly always, and much faster than asking an abstract class
        return True
    return isinstance(value, numbers.Real | Decimal) and not isinstance(value, bool)


def to_float(value: object) -> float:
    """Return a number as a float; infinity where it is too large for one, NaN where it is no number.

    Example:
        >>> to_float(3), to_float(10**400), to_float("3")
        (3.0, inf, nan)
    """
    if not is_number(value):
        return math.nan
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:
        return math.inf
    except ValueError:  # the signalling NaN of Decimal
        return math.nan


def whole(name: str, value: object, least: int | None = None, most: int | None = None) -> int:
    """Return a whole number.

    Raises:
        UserInputError: If the value is no whole number of at least `least` and at most `most`.

    Example:
        >>> whole("max_trials", 3, least=1)
        3
    """
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    low, high = least is None or (number or 0) >= least, most is None or (number or 0) <= most
    if number is None or isinstance(value, bool) or not (low and high):
        span = "" if least is None else f" of at least {least}" if low or most is None else f" from {least} to {most}"
        span = f" of at most {most}" if not high else span
        raise UserInputError(f"{name} must be a whole number{span}, got {shown(value)} ({type(value).__name__}).")
    return number


def flag(name: str, value: object) -> bool:
    """Return True or False.

    Raises:
        UserInputError: If the value is neither.

    Example:
        >>> flag("initialize_with_center", True)
        True
    """
    value = plain(value)
    if not isinstance(value, bool):
        raise UserInputError(f"{name} must be True or False, got {shown(value)} ({type(value).__name__}).")
    return value


def plain(value: object) -> object:
    """Return the plain Python value of a scalar of numpy or PyTorch, a `Decimal` or a string of a subclass.

    All else is returned as it is.

    Example:
        >>> import enum
        >>> class Colour(str, enum.Enum):
        ...     RED = "red"
        >>> plain(Colour.RED)
        'red'
    """
    kind = type(value)
    if kind.__module__ in ("numpy", "torch") and getattr(value, "ndim", None) == 0:
        return value.item()  # type: ignore[attr-defined]
    if kind is not str and isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Decimal):
        return to_float(value)
    return value


def _check_name(name: object) -> list[str]:
    if not is_text(name) or not name.strip():  # type: ignore[attr-defined]
        return [f"a parameter's name must be a non-empty string, got {shown(name)}"]
    return []


def _check_type(kind: object, kinds: Sequence[str]) -> list[str]:
    if isinstance(kind, str) and kind in kinds:
        return []
    known = listing(kinds) if len(kinds) > 2 else " or ".join(map(repr, kinds))
    return [f"parameter_type must be {'one of ' if len(kinds) > 2 else ''}{known}, got {shown(kind)}"]


def _set_plain(parameter: object, *fields: str) -> None:
    for name in fields:
        object.__setattr__(parameter, name, plain(getattr(parameter, name)))


def raise_problems(kind: str, name: object, problems: Sequence[str]) -> None:
    """Raise all problems of a parameter in one message.

    Raises:
        UserInputError: If there are any.
    """
    if problems:
        raise UserInputError(f"{kind} parameter {shown(name)}: " + "; ".join(problems) + ".")


@dataclass(frozen=True, slots=True)
class RangeParameter:
    """A number between two bounds, both included.

    Args:
        name: Name, as in parameterizations and constraints.
        parameter_type: `"float"` or `"int"`.
        lower: Smallest value.
        upper: Largest value.
        log_scale: Whether equal ratios, not equal differences, are equally far apart.
        step_size: Distance of the allowed values from each other, counted from `lower`; `None` for any value.

    Raises:
        UserInputError: If the bounds, the step or the scale do not fit together; all problems in one message.

    Example:
        >>> RangeParameter(name="x", lower=0.0, upper=0.3, step_size=0.1).cast(0.30000000000000004)
        0.3
    """

    name: str
    parameter_type: Literal["float", "int"] = "float"
    lower: float = math.nan
    upper: float = math.nan
    log_scale: bool = False
    step_size: float | None = None

    def __post_init__(self) -> None:
        _set_plain(self, "lower", "upper", "step_size")
        raise_problems("range", self.name, _check_name(self.name) + self._problems())
        _set_plain(self, "name", "parameter_type")
        kind = int if self.parameter_type == "int" else float
        for name in ("lower", "upper", "step_size"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else kind(value))

    def _problems(self) -> list[str]:
        found = _check_type(self.parameter_type, ("float", "int"))
        whole = not found and self.parameter_type == "int"
        given = {"lower bound": self.lower, "upper bound": self.upper}
        if self.step_size is not None:
            given["step_size"] = self.step_size
        bad = {k for k, v in given.items() if not math.isfinite(to_float(v))}
        found += [f"{k} must be a finite number, got {shown(v)}" for k, v in given.items() if k in bad]
        if whole:
            fractions = [k for k, v in given.items() if k not in bad and v != int(v)]
            found += [f"{k} must be a whole number for an int parameter, got {given[k]!r}" for k in fractions]
        if not bad - {"step_size"}:
            found += self._bound_problems()
        if "step_size" in given and "step_size" not in bad and self.step_size <= 0:  # type: ignore[operator]
            found.append(f"step_size must be above 0, got {self.step_size}")
        return found + ([] if found or self.step_size is None else self._step_problems(self.step_size))

    def _bound_problems(self) -> list[str]:
        found = []
        width = self.upper - self.lower
        if self.lower >= self.upper:
            found.append(f"the lower bound must be below the upper bound, got ({self.lower}, {self.upper})")
        elif width <= 1e-12 * max(abs(self.lower), abs(self.upper)) or math.isinf(width):
            found.append(f"the range ({self.lower}, {self.upper}) is too narrow or too wide for floating point")
        if not _check_type(self.parameter_type, ("int",)) and max(abs(self.lower), abs(self.upper)) > INTEGER_LIMIT:
            found.append("the bounds of an int parameter must lie within ±2**53")
        if self.log_scale and self.lower <= 0:
            found.append(f"a log scale needs a lower bound above 0, got {self.lower}")
        return found

    def _step_problems(self, step: float) -> list[str]:
        steps = (self.upper - self.lower) / step
        if steps < 1 - _TOLERANCE:
            return [f"step_size {step} is larger than the range ({self.lower}, {self.upper})"]
        if self.parameter_type == "float" and step < _TOLERANCE * max(abs(self.lower), abs(self.upper)):
            return [f"step_size {step} is too small for floating point beside ({self.lower}, {self.upper})"]
        if abs(steps - round(steps)) > max(_TOLERANCE * steps, _TOLERANCE):
            below, above = (self._on_grid(math.floor(steps), step), self._on_grid(math.floor(steps) + 1, step))
            ends = f"use {below} or {above} as the upper bound"
            return [f"the range ({self.lower}, {self.upper}) is no whole number of steps of {step}: {ends}"]
        return []

    def _on_grid(self, index: int, step: float) -> float:
        # Decimal arithmetic on the numbers as the user wrote them: 0.1 * 3 is 0.3 here.
        exact = Decimal(repr(float(self.lower))) + index * Decimal(repr(float(step)))
        return int(exact) if self.parameter_type == "int" else float(exact)

    @property
    def cardinality(self) -> float:
        """Number of distinct values; infinite for a continuous range."""
        if self.step_size is not None:
            return round((self.upper - self.lower) / self.step_size) + 1
        return self.upper - self.lower + 1 if self.parameter_type == "int" else math.inf

    def value_at(self, index: int) -> float:
        """Return the `index`-th value of a range with steps or of integers, exact and free of float noise.

        Example:
            >>> RangeParameter(name="x", lower=0.0, upper=1.0, step_size=0.1).value_at(3)
            0.3
        """
        return self._on_grid(index, self.step_size if self.step_size is not None else 1)

    def nearest(self, value: float) -> float:
        """Return the allowed value nearest to a number: clipped to the bounds, rounded to the grid."""
        clipped = min(max(float(value), self.lower), self.upper)
        if math.isinf(self.cardinality):
            return clipped
        step = self.step_size if self.step_size is not None else 1
        return self.value_at(min(round((clipped - self.lower) / step), int(self.cardinality) - 1))

    def cast(self, value: object) -> float:
        """Return the exact value that is kept for what was given.

        Raises:
            UserInputError: If it is no number, not finite, out of bounds, not whole, or between two steps.
        """
        value = plain(value)
        if not is_number(value):
            raise UserInputError(
                f"parameter {self.name!r} takes {self.domain}, got {shown(value)} ({type(value).__name__})."
            )
        number = to_float(value)
        if not math.isfinite(number):
            raise UserInputError(
                f"parameter {self.name!r} takes {self.domain}, got {shown(value)}: give a finite number."
            )
        slack = _TOLERANCE * (self.upper - self.lower)
        if not self.lower - slack <= number <= self.upper + slack:
            bound = self.lower if number < self.lower else self.upper
            raise UserInputError(
                f"parameter {self.name!r} takes {self.domain}, "
                f"got {shown(value)}: the nearest allowed value is {bound!r}."
            )
        nearest = self.nearest(number)
        step = self.step_size if self.step_size is not None else 1
        if not math.isinf(self.cardinality) and abs(nearest - number) > 1e-6 * step:
            raise UserInputError(
                f"parameter {self.name!r} takes {self.domain}, "
                f"got {shown(value)}: the nearest allowed value is {nearest!r}."
            )
        return nearest

    def measure(self, value: object) -> float:
        """Return the value that is kept of what was measured: exact where it is allowed, else as it is.

        Raises:
            UserInputError: If it is no finite number, not above 0 on a log scale, or so far outside that it must be a
                slip: by more than the width of the range.
        """
        number = to_float(plain(value))
        if not math.isfinite(number) or (self.log_scale and number <= 0):
            raise UserInputError(
                f"parameter {self.name!r} takes {self.domain}, "
                f"got {shown(value)} ({type(value).__name__}): give a finite "
                f"number{' above 0' if self.log_scale else ''}."
            )
        try:
            return self.cast(value)
        except UserInputError:
            ends = sorted(math.log(v) if self.log_scale else v for v in (self.lower, self.upper))
            at = math.log(number) if self.log_scale else number
            if not 2 * ends[0] - ends[1] <= at <= 2 * ends[1] - ends[0]:
                raise
            return number

    def is_near(self, value: float) -> bool:
        """Return whether a number is within the bounds, or no further beyond than a setting misses its mark."""
        slack = _MISSED * (self.upper - self.lower)
        return self.lower - slack <= value <= self.upper + slack

    def describe_miss(self, value: float, tolerance: float) -> str:
        """Return in words how a number is not in the range; empty where it is, up to a share of the range."""
        slack = tolerance * (self.upper - self.lower)
        if not self.lower - slack <= value <= self.upper + slack:
            return f"{self.name!r} is {value!r}, outside [{self.lower}, {self.upper}]"
        if math.isinf(self.cardinality) or abs(self.nearest(value) - value) <= slack:
            return ""
        steps = "a whole number" if self.step_size is None else f"in steps of {self.step_size} from {self.lower}"
        return f"{self.name!r} is {value!r}, not {steps}"

    @property
    def domain(self) -> str:
        """The domain in words, for messages and summaries."""
        kind = "an int" if self.parameter_type == "int" else "a number"
        step = "" if self.step_size is None else f" in steps of {self.step_size}"
        return f"{kind} in [{self.lower}, {self.upper}]{step}" + (" (log scale)" if self.log_scale else "")


_PYTHON_TYPES: dict[str, type] = {"float": float, "int": int, "str": str, "bool": bool}


def _as_type(value: object, kind: str) -> ParameterValue | None:
    """Return the value as the named type if nothing is lost by it, else `None`."""
    if kind == "bool":
        return value if isinstance(value, bool) else None
    if kind == "str":
        return value if isinstance(value, str) and is_text(value) else None
    if not math.isfinite(to_float(value)):
        return None
    if kind == "int":
        return int(value) if value == int(value) else None  # type: ignore[call-overload]
    return float(value)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class ChoiceParameter:
    """One of several values.

    Args:
        name: Name, as in parameterizations.
        parameter_type: `"float"`, `"int"`, `"str"` or `"bool"`.
        values: The values, at least two, all of one type. Ordered numbers are kept sorted.
        is_ordered: Whether neighbouring values are alike (S, M, L) or only different (red, green, blue).
        dependents: Pairs of a value and the names of the parameters that exist only where it is chosen.

    Raises:
        UserInputError: If there are fewer than two values, duplicates, or values of another type, or parameters depend
            on something that is no value.

    Example:
        >>> ChoiceParameter(name="size", values=("S", "M", "L"), parameter_type="str", is_ordered=True).cast("M")
        'M'
    """

    name: str
    parameter_type: ParameterType = "str"
    values: tuple[ParameterValue, ...] = ()
    is_ordered: bool = False
    dependents: tuple[tuple[ParameterValue, tuple[str, ...]], ...] = ()
    _kept: Mapping[ParameterValue, ParameterValue] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        kind = _check_type(self.parameter_type, list(_PYTHON_TYPES))
        problems = _check_name(self.name) + kind
        if type(self.values) not in (list, tuple):
            problems.append(f"values must be a list, got {shown(self.values)}")
        elif not kind:
            problems += self._value_problems()
        if not isinstance(plain(self.is_ordered), bool):
            problems.append(f"is_ordered must be True, False or None, got {shown(self.is_ordered)}")
        raise_problems("choice", self.name, problems)
        _set_plain(self, "name", "parameter_type", "is_ordered")
        kept = tuple(self._of_type(v) for v in self.values)
        if self.is_ordered and self.parameter_type in ("int", "float"):
            kept = tuple(sorted(kept))
        object.__setattr__(self, "values", kept)
        object.__setattr__(self, "_kept", {v: v for v in kept})
        of = tuple((self.cast(v), tuple(str(plain(n)) for n in names)) for v, names in self.dependents)
        object.__setattr__(self, "dependents", of)

    def _of_type(self, value: object) -> ParameterValue:
        cast = _as_type(plain(value), self.parameter_type)
        assert cast is not None
        return cast

    def _value_problems(self) -> list[str]:
        wrong = [v for v in self.values if _as_type(plain(v), self.parameter_type) is None]
        if wrong:
            return [
                f"every value must be of type {self.parameter_type}, got {shown(wrong[0])} ({type(wrong[0]).__name__})"
            ]
        kept = [_as_type(plain(v), self.parameter_type) for v in self.values]
        if len(kept) < 2:
            return [f"a choice needs at least two values, got {shown(list(self.values))}"]
        once: set[object] = set()
        twice = next((v for v in kept if v in once or once.add(v)), None)  # type: ignore[func-returns-value]
        found = [] if twice is None else [f"the value {shown(twice)} is given twice"]
        for value, names in self.dependents:
            found += [
                f"parameters that depend on {value!r} are given by name, got {shown(n)}"
                for n in names
                if not is_text(n)
            ]
            if _as_type(plain(value), self.parameter_type) not in once:
                found.append(f"{listing(names)} cannot depend on {value!r}, which is none of its values")
        return found

    @property
    def cardinality(self) -> float:
        """Number of distinct values."""
        return len(self.values)

    def cast(self, value: object) -> ParameterValue:
        """Return the choice that equals what was given, for floats up to rounding.

        Raises:
            UserInputError: If it is none of the choices; the message suggests the near miss.
        """
        given = _as_type(plain(value), self.parameter_type)
        if given is not None and given in self._kept:
            return self._kept[given]
        hint = near_miss(value, self.values)
        if isinstance(given, int | float) and not isinstance(given, bool):
            nearest = min(self.values, key=lambda v: abs(float(v) - given))
            if math.isclose(float(nearest), given, rel_tol=_TOLERANCE):
                return nearest
            hint = f" The nearest is {nearest!r}."
        raise UserInputError(
            f"parameter {self.name!r} takes {self.domain}, got {shown(value)} ({type(value).__name__}).{hint}"
        )

    @property
    def domain(self) -> str:
        """The domain in words, for messages and summaries."""
        named = ", ".join(repr(v) for v in self.values[:12]) + (", …" if len(self.values) > 12 else "")
        return f"one of {named}" + (" (ordered)" if self.is_ordered and len(self.values) > 2 else "")


@dataclass(frozen=True, slots=True)
class FixedParameter:
    """A parameter with a single value; part of every parameterization, never tuned.

    Args:
        name: Name, as in parameterizations.
        parameter_type: `"float"`, `"int"`, `"str"` or `"bool"`.
        value: The value.

    Raises:
        UserInputError: If the value is not of that type.

    Example:
        >>> FixedParameter(name="epochs", value=10, parameter_type="int").domain
        'always 10'
    """

    name: str
    parameter_type: ParameterType = "float"
    value: ParameterValue = math.nan

    def __post_init__(self) -> None:
        kind = _check_type(self.parameter_type, list(_PYTHON_TYPES))
        problems = _check_name(self.name) + kind
        cast = None if kind else _as_type(plain(self.value), self.parameter_type)
        if cast is None and not kind:
            problems.append(f"the value must be of type {self.parameter_type}, got {shown(self.value)}")
        raise_problems("fixed", self.name, problems)
        _set_plain(self, "name", "parameter_type")
        object.__setattr__(self, "value", cast)

    @property
    def cardinality(self) -> float:
        """Number of distinct values: one."""
        return 1

    def cast(self, value: object) -> ParameterValue:
        """Return the fixed value.

        Raises:
            UserInputError: If what was given is another value.
        """
        if _as_type(plain(value), self.parameter_type) != self.value:
            raise UserInputError(f"parameter {self.name!r} is {self.domain}, got {shown(value)}.")
        return self.value

    @property
    def domain(self) -> str:
        """The domain in words, for messages and summaries."""
        return f"always {self.value!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedParameter:
    """A parameter that follows from others: a weighted sum of numbers, or a copy; never tuned.

    Args:
        name: Name, as in parameterizations.
        expression: What it is, in terms of parameters that are tuned.
        parameter_type: `"float"` or `"int"` for a sum; that of the other parameter for a copy.

    Raises:
        UserInputError: If the expression names no parameter, or is no copy although the type is no number.

    Example:
        >>> twice = LinearExpression(terms=(("depth", 2.0),), constant=1.0)
        >>> width = DerivedParameter(name="width", expression=twice, parameter_type="int")
        >>> width.value_of({"depth": 3})
        7
    """

    name: str
    expression: LinearExpression
    parameter_type: ParameterType = "float"

    def __post_init__(self) -> None:
        problems = _check_name(self.name) + _check_type(self.parameter_type, list(_PYTHON_TYPES))
        if not self.expression.terms:
            problems.append(f"the expression {str(self.expression)!r} names no parameter: use a fixed parameter")
        elif isinstance(self.parameter_type, str) and self.parameter_type in ("str", "bool") and not self.is_copy:
            problems.append(f"a {self.parameter_type} can only be a copy of another parameter, got {self.expression}")
        raise_problems("derived", self.name, problems)
        _set_plain(self, "name", "parameter_type")

    @property
    def is_copy(self) -> bool:
        """Whether it is another parameter's value as it is."""
        return len(self.expression.terms) == 1 and self.expression.terms[0][1] == 1 and not self.expression.constant

    def value_of(self, point: Mapping[str, ParameterValue]) -> ParameterValue:
        """Return the value that follows from those of other parameters."""
        if self.is_copy:
            return point[self.expression.terms[0][0]]
        total = self.expression.constant + sum(w * float(point[n]) for n, w in self.expression.terms)
        return round(total) if self.parameter_type == "int" else total

    def follows(self, value: ParameterValue, point: Mapping[str, ParameterValue]) -> bool:
        """Return whether a value is the one that follows from those of other parameters, up to rounding.

        Example:
            >>> double = DerivedParameter(name="w", expression=LinearExpression(terms=(("a", 2.0),)))
            >>> double.follows(2e-12, {"a": 1e-12}), double.follows(5e-12, {"a": 1e-12})
            (True, False)
        """
        right = self.value_of(point)
        if isinstance(value, str) or isinstance(right, str):
            return value == right
        terms = [self.expression.constant, *(w * float(point[n]) for n, w in self.expression.terms)]
        return abs(float(value) - float(right)) <= 1e-8 * max(abs(t) for t in terms)

    @property
    def cardinality(self) -> float:
        """Number of distinct values that tuning may choose between: one."""
        return 1

    def cast(self, value: object) -> ParameterValue:
        """Return a value of the parameter's type; whether it follows from the others is for the search space to say.

        Raises:
            UserInputError: If it has another type.
        """
        cast = _as_type(plain(value), self.parameter_type)
        if cast is None:
            raise UserInputError(
                f"parameter {self.name!r} is {self.domain}, got {shown(value)} ({type(value).__name__})."
            )
        return cast

    @property
    def domain(self) -> str:
        """The domain in words, for messages and summaries."""
        return f"always {self.expression}"


Parameter: TypeAlias = RangeParameter | ChoiceParameter | FixedParameter | DerivedParameter
