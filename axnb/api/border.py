"""The border of axnb: whatever is raised within comes out as one of our errors."""

import inspect
from contextlib import ContextDecorator
from types import TracebackType
from typing import Self, TypeVar

from axnb.errors import AxnbError, InternalError, shown

_Class = TypeVar("_Class", bound=type)


class Border(ContextDecorator):
    """Turns errors that are not ours into one that is, with the cause chained.

    Interrupts, warnings and a lack of memory pass: they are not about what was asked.

    Args:
        name: What is called, in the message.

    Example:
        >>> with Border("halve"):
        ...     1 / 0
        Traceback (most recent call last):
        ...
        axnb.errors.InternalError: halve failed with ZeroDivisionError: division by zero. Please report this.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not isinstance(error, Exception) or isinstance(error, AxnbError | Warning | MemoryError):
            return
        if isinstance(error, TypeError) and traceback is not None and traceback.tb_next is None:
            return  # the call does not fit the signature: nothing has been done, and Python says it best
        said = shown(error, 500, str)
        raise InternalError(f"{self._name} failed with {type(error).__name__}: {said}. Please report this.") from error


def guard(kind: _Class) -> _Class:
    """Put the border around every public method of a class, and around making an instance."""
    for name, member in list(vars(kind).items()):
        if name.startswith("_") and name != "__init__":
            continue
        called = kind.__name__ if name == "__init__" else name
        if isinstance(member, classmethod | staticmethod):
            setattr(kind, name, type(member)(Border(called)(member.__func__)))
        elif inspect.isfunction(member):
            setattr(kind, name, Border(called)(member))
    return kind
