"""Checks of single arguments of the Client."""

import os
from collections.abc import Iterable, Mapping, Sequence

from axnb.errors import UserInputError, listing, near_miss
from axnb.record.trial import TrialStatus


def strings(name: str, value: Sequence[str] | None) -> tuple[str, ...]:
    """Return a list of strings as a tuple.

    Raises:
        UserInputError: If the value is a single string, or not all of it are non-empty strings.

    Example:
        >>> strings("metric_names", ["weight"])
        ('weight',)
    """
    if isinstance(value, str):
        raise UserInputError(f"{name} must be a list of strings: write [{value!r}].")
    listed = value is None or (isinstance(value, Iterable) and not isinstance(value, Mapping))
    items = tuple(value or ()) if listed else ()
    if not listed or not all(isinstance(n, str) and n.strip() for n in items):
        raise UserInputError(f"{name} must be a list of non-empty strings, got {value!r}.")
    return items


def text(name: str, value: str | None) -> str | None:
    """Return a string or `None`.

    Raises:
        UserInputError: If the value is something else.
    """
    if value is not None and not isinstance(value, str):
        raise UserInputError(f"{name} must be a string, got {value!r} ({type(value).__name__}).")
    return value


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
    hint = near_miss(str(value).upper(), names)
    raise UserInputError(f"there is no trial status {value!r}; the statuses are {listing(names, 9)}.{hint}")


def path(filepath: object) -> str:
    """Return a file path as a string.

    Raises:
        UserInputError: If it is no path.
    """
    if not isinstance(filepath, str | os.PathLike) or not os.fspath(filepath):
        raise UserInputError(f"filepath must be the path of a file, got {filepath!r}.")
    return os.fspath(filepath)
