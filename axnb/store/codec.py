"""Turns the values of the experiment into plain JSON data and back.

One codec for all: it reads the annotations of the dataclasses. A field that holds its default is left out; a dataclass
in a union carries its class name under `"_"`. Only classes that an `Entry` can reach are ever made on the way back.
"""

import dataclasses
import enum
import math
import types
import typing
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Literal, Union, get_args, get_origin

from axnb.errors import AxnbError, SnapshotError
from axnb.record.experiment import Entry

_TAG = "_"


def encode(value: Any) -> Any:
    """Return plain JSON data for a value of the experiment.

    Example:
        >>> from axnb.problem.parameters import RangeParameter
        >>> encode(RangeParameter(name="x", lower=0.0, upper=1.0))
        {'_': 'RangeParameter', 'name': 'x', 'lower': 0.0, 'upper': 1.0}
    """
    if isinstance(value, enum.Enum):
        return value.name
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [encode(v) for v in value]
    fields = {f.name: getattr(value, f.name) for f in _fields(type(value)) if not _is_default(f, value)}
    return {_TAG: type(value).__name__} | {k: encode(v) for k, v in fields.items()}


def decode(data: Any, hint: Any) -> Any:
    """Return the value that plain JSON data stands for.

    Args:
        data: What `encode` returned, read back from JSON.
        hint: The type expected: a class or an annotation.

    Raises:
        SnapshotError: If the data does not fit.
    """
    try:
        return _decode(data, hint)
    except SnapshotError:
        raise
    except (AxnbError, TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise SnapshotError(f"the file is damaged: {error}") from error


@cache
def _fields(cls: Any) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(cls)


@cache
def _hints(cls: Any) -> dict[str, Any]:
    return {k: v for k, v in typing.get_type_hints(cls).items() if get_origin(v) is not ClassVar}


def _is_default(field: dataclasses.Field[Any], owner: Any) -> bool:
    return field.default is not dataclasses.MISSING and bool(getattr(owner, field.name) == field.default)


def _decode(data: Any, hint: Any) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _decode_union(data, get_args(hint))
    if origin is tuple:
        return _decode_tuple(data, get_args(hint))
    if origin is Literal:
        return _expect(data, data in get_args(hint), hint)
    if isinstance(hint, type):
        return _decode_class(data, hint)
    raise SnapshotError(f"the file is damaged: no way to read {hint}.")


def _decode_class(data: Any, hint: type) -> Any:
    if dataclasses.is_dataclass(hint):
        return _decode_dataclass(data, hint)
    if issubclass(hint, enum.Enum):
        return hint[_expect(data, isinstance(data, str) and data in hint.__members__, hint)]
    if hint is datetime:
        return datetime.fromisoformat(_expect(data, isinstance(data, str), hint))
    if hint is float:
        number = isinstance(data, int | float) and not isinstance(data, bool) and math.isfinite(data)
        return float(_expect(data, number, hint))
    if hint is type(None):
        return _expect(data, data is None, hint)
    return _expect(data, type(data) is hint, hint)


def _decode_union(data: Any, options: tuple[Any, ...]) -> Any:
    if isinstance(data, dict):
        for option in options:
            if isinstance(option, type) and dataclasses.is_dataclass(option) and option.__name__ == data.get(_TAG):
                return _decode_dataclass(data, option)
        raise SnapshotError(f"the file is damaged or from a later version: unknown kind {data.get(_TAG)!r}.")
    if isinstance(data, list):
        return _decode(data, next(o for o in options if get_origin(o) is tuple))
    for option in options:  # exact types first, so that 1 stays an int and 1.0 a float
        if type(data) is option:
            return data
    return _decode(data, next(o for o in options if o is not type(None)))


def _decode_tuple(data: Any, items: tuple[Any, ...]) -> tuple[Any, ...]:
    _expect(data, isinstance(data, list), "a list")
    if len(items) == 2 and items[1] is Ellipsis:
        return tuple(_decode(v, items[0]) for v in data)
    _expect(data, len(data) == len(items), f"a list of {len(items)}")
    return tuple(_decode(v, h) for v, h in zip(data, items, strict=True))


def _decode_dataclass(data: Any, cls: type) -> Any:
    _expect(data, isinstance(data, dict) and data.get(_TAG) == cls.__name__, cls)
    hints = _hints(cls)
    unknown = set(data) - set(hints) - {_TAG}
    if unknown:
        raise SnapshotError(f"the file is from a later version: {cls.__name__} has no field {min(unknown)!r}.")
    return cls(**{k: _decode(v, hints[k]) for k, v in data.items() if k != _TAG})


def _expect(data: Any, ok: bool, what: Any) -> Any:
    if not ok:
        name = what.__name__ if isinstance(what, type) else str(what)
        raise SnapshotError(f"the file is damaged: expected {name}, found {str(data)[:80]!r}.")
    return data


def encode_entry(entry: Entry) -> dict[str, Any]:
    """Return plain JSON data for a line of the journal."""
    data: dict[str, Any] = encode(entry)
    return data


def decode_entry(data: Any) -> Entry:
    """Return the line of the journal that plain JSON data stands for.

    Raises:
        SnapshotError: If the data does not fit.
    """
    entry = decode(data, Entry)
    assert isinstance(entry, Entry)
    return entry
