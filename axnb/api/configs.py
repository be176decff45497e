"""Descriptions of parameters, as users write them.

A config checks itself when it is made, by making the parameter that it describes.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from axnb.api.types import TParameterValue
from axnb.errors import AxnbWarning, UserInputError
from axnb.problem.expressions import parse_linear
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
        self.to_parameter()

    def to_parameter(self) -> Parameter:
        """Return the parameter that the config describes.

        Raises:
            UserInputError: If the settings do not fit together.
        """
        if isinstance(self.bounds, str) or not isinstance(self.bounds, Sequence) or len(self.bounds) != 2:
            raise UserInputError(
                f"range parameter {self.name!r}: bounds must be a pair of numbers, got {self.bounds!r}."
            )
        if self.scaling not in (None, "linear", "log"):
            raise UserInputError(
                f"range parameter {self.name!r}: scaling must be 'linear' or 'log', got {self.scaling!r}."
            )
        lower, upper = (plain(b) for b in self.bounds)
        return RangeParameter(
            name=self.name,
            lower=lower,  # type: ignore[arg-type]
            upper=upper,  # type: ignore[arg-type]
            parameter_type=self.parameter_type,
            step_size=plain(self.step_size),  # type: ignore[arg-type]
            log_scale=self.scaling == "log",
        )


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
        kept = len(self._distinct()) if isinstance(self.values, list | tuple) else 0
        if kept and kept < len(self.values):
            warnings.warn(f"choice parameter {self.name!r}: duplicate values are dropped.", AxnbWarning, stacklevel=3)
        self.to_parameter()

    def _distinct(self) -> tuple[TParameterValue, ...]:
        kept: list[TParameterValue] = []
        for value in self.values:
            if not any(type(plain(value)) is type(plain(k)) and value == k for k in kept):
                kept.append(value)
        return tuple(kept)

    def to_parameter(self) -> Parameter:
        """Return the parameter that the config describes.

        Raises:
            UserInputError: If the settings do not fit together.
        """
        if not isinstance(self.values, list | tuple):
            raise UserInputError(f"choice parameter {self.name!r}: values must be a list, got {self.values!r}.")
        values = self._distinct()
        dependents = self._dependents()
        if len(values) == 1:
            if any(value != values[0] for value, _ in dependents):
                raise UserInputError(f"choice parameter {self.name!r} has no value but {values[0]!r} to depend on.")
            return FixedParameter(name=self.name, value=values[0], parameter_type=self.parameter_type)
        ordered = self.is_ordered
        if ordered is None:
            ordered = self.parameter_type != "str" or len(values) <= 2
        return ChoiceParameter(
            name=self.name,
            values=values,
            parameter_type=self.parameter_type,
            is_ordered=ordered,
            dependents=dependents,
        )

    def _dependents(self) -> tuple[tuple[TParameterValue, tuple[str, ...]], ...]:
        given = {} if self.dependent_parameters is None else self.dependent_parameters
        if not isinstance(given, Mapping) or any(
            isinstance(names, str) or not isinstance(names, Sequence) for names in given.values()
        ):
            raise UserInputError(
                f"choice parameter {self.name!r}: dependent_parameters must be a dict of value and list of names, "
                f"got {given!r}."
            )
        return tuple((value, tuple(names)) for value, names in given.items())


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
        return DerivedParameter(
            name=self.name, expression=parse_linear(self.expression_str), parameter_type=self.parameter_type
        )


@dataclass(frozen=True, slots=True)
class StorageConfig:
    """A database that keeps experiments.

    Args:
        creator: A function that returns a new DBAPI connection.
        url: Instead, an SQLAlchemy URL such as `"sqlite:///runs.db"`.

    Raises:
        UserInputError: If neither or both are given.

    Example:
        >>> StorageConfig(url="sqlite:///runs.db").url
        'sqlite:///runs.db'
    """

    creator: Callable[[], Any] | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        if (self.creator is None) == (self.url is None):
            raise UserInputError("StorageConfig takes either a creator of connections or the url of a database.")
