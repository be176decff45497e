"""Descriptions of parameters, as users write them.

A config checks itself when it is made, by making the parameter that it describes.
"""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias

from axnb.api.types import TParameterValue
from axnb.errors import AxnbWarning, ExpressionError, UnsupportedError, UserInputError, shown
from axnb.problem.expressions import LinearExpression, parse_linear
from axnb.problem.parameters import (
    ChoiceParameter,
    DerivedParameter,
    FixedParameter,
    Parameter,
    RangeParameter,
    plain,
)


@dataclass(frozen=True, slots=True)
class RangeParameterConfig:
    """A number between two bounds, both included.

    Args:
        name: Name of the parameter.
        bounds: Smallest and largest value.
        parameter_type: `"float"` or `"int"`.
        step_size: Distance of the allowed values from each other, counted from the lower bound.
        scaling: `"linear"` (also `None`) or `"log"`.

    Raises:
        UserInputError: If the settings do not fit together; all problems in one message.

    Example:
        >>> RangeParameterConfig(name="lr", bounds=(1e-4, 1.0), parameter_type="float", scaling="log").scaling
        'log'
    """

    name: str
    bounds: tuple[float, float]
    parameter_type: Literal["float", "int"]
    step_size: float | None = None
    scaling: Literal["linear", "log"] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "bounds", _in_order(self.bounds))
        self.to_parameter()

    def to_parameter(self) -> Parameter:
        """Return the parameter that the config describes.

        Raises:
            UserInputError: If the settings do not fit together.
        """
        problems = []
        lower: Any = 0
        upper: Any = 1  # these two stand in for bounds that cannot be read, so that the rest is looked at too
        step: Any = None
        bounds: Any = self.bounds
        if type(bounds) not in (list, tuple) or len(bounds) != 2:
            problems.append(f"bounds must be a pair of numbers, got {shown(bounds)}")
        else:
            lower, upper, step = (plain(v) for v in (*bounds, self.step_size))
        log = isinstance(self.scaling, str) and self.scaling == "log"
        if self.scaling is not None and not (isinstance(self.scaling, str) and self.scaling in ("linear", "log")):
            problems.append(f"scaling must be 'linear' or 'log', got {shown(self.scaling)}")
        make = partial(
            RangeParameter,
            name=self.name,
            lower=lower,
            upper=upper,
            parameter_type=self.parameter_type,
            step_size=step,
            log_scale=log,
        )
        return _made(make, f"range parameter {self.name!r}", problems)


@dataclass(frozen=True, slots=True)
class ChoiceParameterConfig:
    """One of several values; a single value makes the parameter fixed.

    Args:
        name: Name of the parameter.
        values: The values. Duplicates are dropped with a warning; ordered numbers are sorted.
        parameter_type: `"float"`, `"int"`, `"str"` or `"bool"`.
        is_ordered: Whether neighbouring values are alike; `None` for yes, but for more than two strings.
        dependent_parameters: For a value the names of the parameters that exist only where it is chosen.

    Raises:
        UserInputError: If there is no value or one has another type, or parameters depend on something else; all
            problems in one message.

    Example:
        >>> ChoiceParameterConfig(name="kernel", values=["rbf", "poly"], parameter_type="str").values
        ['rbf', 'poly']
    """

    name: str
    values: Sequence[TParameterValue]
    parameter_type: Literal["float", "int", "str", "bool"]
    is_ordered: bool | None = None
    dependent_parameters: Mapping[TParameterValue, Sequence[str]] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", _in_order(self.values))
        kept = len(self._distinct()) if isinstance(self.values, list | tuple) else 0
        if kept and kept < len(self.values):
            warnings.warn(f"choice parameter {self.name!r}: duplicate values are dropped.", AxnbWarning, stacklevel=3)
        self.to_parameter()

    def _distinct(self) -> tuple[TParameterValue, ...]:
        kept: dict[object, TParameterValue] = {}
        for value in self.values:
            kept.setdefault(_identity(value), value)
        return tuple(kept.values())

    def to_parameter(self) -> Parameter:
        """Return the parameter that the config describes.

        Raises:
            UserInputError: If the settings do not fit together.
        """
        problems = []
        dependents: tuple[tuple[TParameterValue, tuple[str, ...]], ...] = ()
        values = self._distinct() if isinstance(self.values, list | tuple) else self.values
        if self._are_dependents():
            dependents = tuple((value, tuple(names)) for value, names in (self.dependent_parameters or {}).items())
        else:
            problems.append(
                "dependent_parameters must be a dict of value and list of names, "
                f"got {shown(self.dependent_parameters)}"
            )
        if isinstance(values, tuple) and len(values) == 1:
            if any(_identity(value) != _identity(values[0]) for value, _ in dependents):
                problems.append(f"there is no value but {values[0]!r} to depend on")
            fixed = partial(FixedParameter, name=self.name, value=values[0], parameter_type=self.parameter_type)
            return _made(fixed, f"choice parameter {self.name!r}", problems)
        ordered = self.is_ordered
        if ordered is None:
            is_str = isinstance(self.parameter_type, str) and self.parameter_type == "str"
            ordered = not is_str or not isinstance(values, tuple) or len(values) <= 2
        make = partial(
            ChoiceParameter,
            name=self.name,
            values=values,  # type: ignore[arg-type]
            parameter_type=self.parameter_type,
            is_ordered=ordered,
            dependents=dependents,
        )
        return _made(make, f"choice parameter {self.name!r}", problems)

    def _are_dependents(self) -> bool:
        given = {} if self.dependent_parameters is None else self.dependent_parameters
        return isinstance(given, Mapping) and not any(
            isinstance(names, str) or not isinstance(names, Sequence) for names in given.values()
        )


@dataclass(frozen=True, slots=True)
class DerivedParameterConfig:
    """A parameter that follows from others: a weighted sum of numbers, or a copy of one parameter.

    Args:
        name: Name of the parameter.
        expression_str: What it is, such as `"2*depth + 1"`.
        parameter_type: `"float"` or `"int"` for a sum; for a copy the type of the other parameter.

    Raises:
        ExpressionError: If the expression is not linear.
        UserInputError: If it names no parameter, or is no copy although the type is no number.

    Example:
        >>> DerivedParameterConfig("width", "2*depth + 1", "int").to_parameter().domain
        'always 2*depth + 1'
    """

    name: str
    expression_str: str
    parameter_type: Literal["float", "int", "str", "bool"]

    def __post_init__(self) -> None:
        self.to_parameter()

    def to_parameter(self) -> Parameter:
        """Return the parameter that the config describes.

        Raises:
            UserInputError: If the settings do not fit together.
        """
        try:
            expression = parse_linear(self.expression_str)
        except ExpressionError as error:
            copy = LinearExpression(terms=(("a parameter", 1.0),))  # stands in, so that the rest is looked at too
            make = partial(DerivedParameter, name=self.name, expression=copy, parameter_type=self.parameter_type)
            found = _problems(make)
            raise ExpressionError(f"{found}; {error}" if found else str(error)) from error
        return DerivedParameter(name=self.name, expression=expression, parameter_type=self.parameter_type)


def _in_order(given: Any) -> Any:
    """Return the values of an array, a range or the like as a tuple, and anything that has no order as it is."""
    if isinstance(given, list | tuple | str | bytes | Mapping | AbstractSet) or not isinstance(given, Iterable):
        return given
    try:
        return tuple(given)
    except TypeError:  # an array without dimensions
        return given


def _identity(value: object) -> tuple[object, ...]:
    """Return what two values have in common only if they are the same value of the same type."""
    kept = plain(value)
    return (type(kept), kept) if isinstance(kept, str | bool | int | float) else (id(value),)


ParameterConfig: TypeAlias = RangeParameterConfig | ChoiceParameterConfig | DerivedParameterConfig


def _made(make: Callable[[], Parameter], what: str, problems: Sequence[str]) -> Parameter:
    """Return a parameter, or raise all that is wrong with it in one message.

    Raises:
        UserInputError: If there is a problem, or the parameter finds one.
    """
    if not problems:
        return make()
    found = _problems(make)
    raise UserInputError((f"{found}; " if found else f"{what}: ") + "; ".join(problems) + ".")


def _problems(make: Callable[[], Parameter]) -> str:
    """Return what a parameter finds wrong with itself, without the full stop; empty where nothing is."""
    try:
        make()
    except UserInputError as error:
        return str(error).removesuffix(".")
    return ""


@dataclass(frozen=True, slots=True)
class StorageConfig:
    """A database that keeps experiments.

    Args:
        creator: A function that returns a new DBAPI connection.
        url: Instead, an SQLAlchemy URL such as `"sqlite:///runs.db"`.
        registry_bundle: Always `None`: metrics and runners are code, which is never kept in a database. Configure
            them again after loading.

    Raises:
        UserInputError: If neither or both of creator and URL are given.
        UnsupportedError: If a registry is given.

    Example:
        >>> StorageConfig(url="sqlite:///runs.db").url
        'sqlite:///runs.db'
    """

    creator: Callable[[], Any] | None = None
    url: str | None = None
    registry_bundle: object = None

    def __post_init__(self) -> None:
        if self.registry_bundle is not None:
            raise UnsupportedError(
                "registry_bundle is not needed: metrics and runners are not kept in the database. Leave it out, and "
                "call configure_metrics and configure_runner again after loading."
            )
        of_sql = type(self.url).__module__.startswith("sqlalchemy.")  # a URL object, without importing SQLAlchemy
        given: object = self.url
        if not isinstance(given, str | None) and not of_sql:
            raise UserInputError(
                f"the url of a database must be a string such as 'sqlite:///runs.db', got {shown(self.url)}."
            )
        if self.creator is not None and not callable(self.creator):
            raise UserInputError(f"creator must be a function that returns a connection, got {shown(self.creator)}.")
        if (self.creator is None) == (self.url is None):
            raise UserInputError("StorageConfig takes either a creator of connections or the url of a database.")
