"""Checks of single arguments of the Client."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from axnb.api.types import TParameterization
from axnb.errors import UserInputError, listing, near_miss, shown
from axnb.problem.expressions import is_text
from axnb.problem.parameters import plain, to_float
from axnb.record.metadata import LARGEST_SEED, check_name
from axnb.record.trial import TrialStatus

_Item = TypeVar("_Item")

MOST_TRIALS = 1_000_000
"""Trials that one closed loop may be asked for."""

MOST_SEED = LARGEST_SEED
"""The largest seed: what files keep of it stays short."""


def strings(name: str, value: Sequence[str] | None) -> tuple[str, ...]:
    """Return a list of strings as a tuple.

    Raises:
        UserInputError: If the value is a single string, or not all of it are non-empty strings.

    Example:
        >>> strings("metric_names", ["weight"])
        ('weight',)
    """
    if isinstance(value, str):
        raise UserInputError(f"{name} must be a list of strings: write [{shown(value)}].")
    items = () if value is None else listed(name, value, "strings")
    if not all(is_text(n) and n.strip() for n in items):
        raise UserInputError(f"{name} must be a list of non-empty strings, got {shown(value)}.")
    return tuple(str(plain(n)) for n in items)


def listed(name: str, value: Iterable[_Item], of: str) -> tuple[_Item, ...]:
    """Return what a list, or another collection, holds as a tuple.

    Raises:
        UserInputError: If the value is no collection, a dict, or a single string.

    Example:
        >>> listed("points", [{"x": 0.5}], "parameterizations")
        ({'x': 0.5},)
    """
    try:
        if not isinstance(value, str | bytes | Mapping):
            return tuple(value)
    except TypeError:
        pass
    raise UserInputError(f"{name} must be a list of {of}, got {shown(value)}: put it in a list.")


def experiment_name(name: str | None) -> str | None:
    """Return the name of an experiment, or `None`.

    Raises:
        UserInputError: If it is no string, or too long for a database.
    """
    return None if name is None else check_name(str(text("name", name)))


def text(name: str, value: str | None) -> str | None:
    """Return a string or `None`.

    Raises:
        UserInputError: If the value is something else.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise UserInputError(f"{name} must be a string, got {shown(value)} ({type(value).__name__}).")
    if not is_text(value):
        raise UserInputError(f"{name} has characters that files and databases cannot keep: {shown(value)}.")
    return str(plain(value))


def status(value: object) -> TrialStatus:
    """Return a trial status, given as such or by its name in any case.

    Raises:
        UserInputError: If there is none of that name.
    """
    if isinstance(value, TrialStatus):
        return value
    names = list(TrialStatus.__members__)
    if isinstance(value, str) and value.upper() in names:
        return TrialStatus[value.upper()]
    hint = near_miss(shown(value, how=str).upper(), names)
    raise UserInputError(f"there is no trial status {shown(value)}; the statuses are {listing(names, 9)}.{hint}")


def path(filepath: object) -> str:
    """Return a file path as a string.

    Raises:
        UserInputError: If it is no path.
    """
    name = os.fspath(filepath) if isinstance(filepath, str | os.PathLike) else None
    if not isinstance(name, str) or not name or "\0" in name or not _is_encodable(name):
        raise UserInputError(f"filepath must be the path of a file, got {shown(filepath)}.")
    return name


def _is_encodable(name: str) -> bool:
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return False
    return True


def instance(value: object, kind: type[_Item]) -> _Item:
    """Return a value that is of a class.

    Raises:
        UserInputError: If it is of another.

    Example:
        >>> instance(3, int)
        3
    """
    if not isinstance(value, kind):
        raise UserInputError(f"expected an instance of {kind.__name__}, got {shown(value)}.")
    return value


def share(name: str, value: float) -> float:
    """Return a number from 0 to 1.

    Raises:
        UserInputError: If it is none.
    """
    number = to_float(plain(value))
    if not 0.0 <= number <= 1.0:
        raise UserInputError(f"{name} must be a number from 0 to 1, got {value!r}.")
    return number


def functions(given: object) -> tuple[Callable[[TParameterization], object], ...]:
    """Return functions of a parameterization, given as one or as a list.

    Raises:
        UserInputError: If one is no function.
    """
    made = tuple(given) if isinstance(given, list | tuple) else (given,)
    for one in made:
        if not callable(one):
            raise UserInputError(f"a nonlinear constraint is a function of a parameterization, got {shown(one)}.")
    return made
