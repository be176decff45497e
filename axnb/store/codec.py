"""Turns the values of the experiment into plain JSON data and back.

One codec for all: it reads the annotations of the dataclasses once and keeps a reader for each. A field that holds its
default is left out; a dataclass carries its class name under `"_"` where the annotation leaves a choice; pairs of name
and value become an object. Of successive lines of a journal each leaves out what the one before said. Only classes that
an `Entry` can reach are ever made on the way back.
"""

import dataclasses
import enum
import math
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Literal, Union, get_args, get_origin

from axnb.errors import SnapshotError
from axnb.problem.parameters import ParameterValue
from axnb.record.journal import Entry
from axnb.record.trial import ArmParameters

_TAG = "_"
_REQUIRED = object()

_FORMER: dict[Any, str] = {"Header": "ExperimentMetadata"}  # what classes were called in files of earlier versions
_CARRIED = ("action", "time", "actor")

_writers: dict[type, list[tuple[str, Any, Callable[[Any], Any]]]] = {}
_readers: dict[Any, Callable[[Any], Any]] = {}


def encode(value: Any, *, tagged: bool = True) -> Any:
    """Return plain JSON data for a value of the experiment.

    Args:
        value: The value.
        tagged: Whether a dataclass carries its name: the reader cannot know the class.

    Example:
        >>> from axnb.problem.parameters import RangeParameter
        >>> encode(RangeParameter(name="x", lower=0.0, upper=1.0))
        {'_': 'RangeParameter', 'name': 'x', 'lower': 0.0, 'upper': 1.0}
    """
    kind = type(value)
    if value is None or kind in (str, bool, int, float):
        return value
    if kind is tuple:
        return [encode(v, tagged=tagged) for v in value]
    if isinstance(value, enum.Enum):
        return value.name
    if kind is datetime:
        return value.isoformat().replace("+00:00", "Z")
    if kind not in _writers:
        _writers[kind] = _fields(kind)
    data: dict[str, Any] = {_TAG: kind.__name__} if tagged else {}
    for name, default, write in _writers[kind]:
        held = getattr(value, name)
        if default is _REQUIRED or held != default or type(held) is not type(default):
            data[name] = write(held)
    return data


def _fields(kind: Any) -> list[tuple[str, Any, Callable[[Any], Any]]]:
    """Return for each field of a dataclass its name, its default, and what writes it."""
    hints = typing.get_type_hints(kind)
    return [
        (f.name, _REQUIRED if f.default is dataclasses.MISSING else f.default, _writer(hints[f.name]))
        for f in dataclasses.fields(kind)
        if f.init
    ]


def _writer(hint: Any) -> Callable[[Any], Any]:
    if hint is ArmParameters:
        return lambda point: _encode_pairs(point.pairs)
    if _value_of_pairs(hint) is not None:
        return _encode_pairs
    return partial(encode, tagged=len(_classes(hint)) > 1)


def _value_of_pairs(hint: Any) -> Any:
    """Return the annotation of the values in pairs of name and value; `None` if an annotation is something else."""
    items = get_args(hint) if get_origin(hint) is tuple else ()
    pair = get_args(items[0]) if len(items) == 2 and items[1] is Ellipsis and get_origin(items[0]) is tuple else ()
    return pair[1] if len(pair) == 2 and pair[0] is str else None


def _encode_pairs(pairs: tuple[tuple[str, Any], ...]) -> Any:
    data = {name: encode(value) for name, value in pairs}
    return data if len(data) == len(pairs) else encode(pairs)


def _classes(hint: Any) -> set[Any]:
    """Return the dataclasses that a value of an annotation may hold, not counting those inside them."""
    if dataclasses.is_dataclass(hint):
        return {hint}
    return {c for part in get_args(hint) for c in _classes(part)}


def decode(data: Any, hint: Any) -> Any:
    """Return the value that plain JSON data stands for.

    Args:
        data: What `encode` returned, read back from JSON.
        hint: The type expected: a class or an annotation.

    Raises:
        SnapshotError: If the data does not fit.
    """
    try:
        return _reader(hint)(data)
    except SnapshotError:
        raise
    except Exception as error:  # data from without can be wrong in any way
        raise SnapshotError(f"the file is damaged: {str(error)[:500]}") from error


def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return the function that reads values of a type, made once a type."""
    if hint not in _readers:
        _readers[hint] = _make_reader(hint)
    return _readers[hint]


def _make_reader(hint: Any) -> Callable[[Any], Any]:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _union_reader(get_args(hint))
    if origin is tuple:
        value = _value_of_pairs(hint)
        return _tuple_reader(get_args(hint)) if value is None else _pairs_reader(get_args(hint), value)
    if origin is Literal:
        options = get_args(hint)
        return lambda data: _expect(data, data in options, hint)
    if dataclasses.is_dataclass(hint):
        return _dataclass_reader(hint)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        members = hint.__members__
        return lambda data: members[_expect(data, isinstance(data, str) and data in members, hint)]
    if hint is ArmParameters:
        return _reader(tuple[tuple[str, ParameterValue], ...])  # an arm takes pairs
    if hint is datetime:
        return lambda data: datetime.fromisoformat(_expect(data, isinstance(data, str), hint))
    if hint is float:
        return _read_float
    return lambda data: data if type(data) is hint else _expect(data, False, hint)


def _read_float(data: Any) -> float:
    if type(data) is float and -math.inf < data < math.inf:  # most are
        return data
    number = type(data) is float or type(data) is int
    return float(_expect(data, number and math.isfinite(data), float))


def _union_reader(options: tuple[Any, ...]) -> Callable[[Any], Any]:
    classes = {o.__name__: o for o in options if dataclasses.is_dataclass(o) and isinstance(o, type)}
    plain = {o for o in options if isinstance(o, type)} - set(classes.values())
    rest = [o for o in options if o not in classes.values() and o is not type(None)]
    only = next(iter(classes)) if len(classes) == 1 else None

    def read(data: Any) -> Any:
        if type(data) is dict:
            name = data.get(_TAG, only)
            if name not in classes:
                raise SnapshotError(f"the file is damaged or from a later version: unknown kind {name!r}.")
            return _reader(classes[name])(data)
        if type(data) in plain and type(data) is not float:  # exact types first: 1 stays an int
            return data
        if not rest:
            return _expect(data, False, " or ".join(classes))
        return _reader(float if type(data) is float and float in plain else rest[0])(data)

    return read


def _tuple_reader(items: tuple[Any, ...]) -> Callable[[Any], Any]:
    if len(items) == 2 and items[1] is Ellipsis:
        one = _reader(items[0])
        return lambda data: tuple([one(v) for v in _expect(data, type(data) is list, "a list")])
    readers = [_reader(i) for i in items]

    def read(data: Any) -> Any:
        _expect(data, type(data) is list and len(data) == len(readers), f"a list of {len(readers)}")
        return tuple([r(v) for r, v in zip(readers, data, strict=True)])

    return read


def _pairs_reader(items: tuple[Any, ...], value: Any) -> Callable[[Any], Any]:
    plain, one = _tuple_reader(items), _reader(value)
    return lambda data: tuple([(k, one(v)) for k, v in data.items()]) if type(data) is dict else plain(data)


def _dataclass_reader(cls: Any) -> Callable[[Any], Any]:
    hints = {k: v for k, v in typing.get_type_hints(cls).items() if get_origin(v) is not ClassVar}
    readers: dict[str, Callable[[Any], Any]] = {}  # filled at first use: classes may refer to each other
    name, known = cls.__name__, {*hints, _TAG}

    def read(data: Any) -> Any:
        tag = data.get(_TAG, name) if type(data) is dict else None
        if tag != name:
            _expect(data, _FORMER.get(tag) == name, cls)
        if not readers:
            readers.update({k: _reader(v) for k, v in hints.items()})
        if not known.issuperset(data):
            unknown = min(data.keys() - known)
            raise SnapshotError(f"the file is from a later version: {name} has no field {unknown!r}.")
        return cls(**{k: readers[k](v) for k, v in data.items() if k != _TAG})

    return read


def _expect(data: Any, ok: bool, what: Any) -> Any:
    if not ok:
        name = what.__name__ if isinstance(what, type) else str(what)
        raise SnapshotError(f"the file is damaged: expected {name}, found {str(data)[:80]!r}.")
    return data


def encode_entries(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return plain JSON data for successive lines of a journal."""
    lines: list[dict[str, Any]] = []
    before: dict[str, Any] = {}
    for entry in entries:
        line = encode(entry, tagged=False)
        lines.append({k: v for k, v in line.items() if k not in _CARRIED or before.get(k) != v})
        before = line
    return lines


def decode_entries(lines: Sequence[Any]) -> list[Entry]:
    """Return the lines of a journal that plain JSON data stands for.

    Raises:
        SnapshotError: If the data does not fit.
    """
    entries: list[Entry] = []
    before: dict[str, Any] = {}
    for line in lines:
        data = before | _expect(line, type(line) is dict, "an entry")
        entries.append(decode(data, Entry))
        before = {k: data[k] for k in _CARRIED}
    return entries
