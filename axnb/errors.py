"""Every error that axnb raises, in one tree.

::

    AxnbError
    ├── UserInputError (ValueError)           an argument that cannot be used
    │   ├── ExpressionError                   a string that is not a linear expression or constraint
    │   └── UnknownNameError                  a parameter, metric or option that does not exist
    ├── ObjectNotFoundError (LookupError)     a trial, an experiment or a file that does not exist
    ├── UnsupportedError                      a request that makes no sense here
    ├── NotConfiguredError                    a call that came before the configuration it needs
    ├── TrialMutationError                    a trial cannot go from its status to the one asked for
    ├── UndoError                             nothing to undo or redo, or later events depend on it
    ├── DataRequiredError                     suggestions need results first
    ├── OptimizationComplete                  there is nothing left to suggest
    │   ├── OptimizationShouldStop            a rule of the user's says that further trials are not worth it
    │   └── SearchSpaceExhausted              every point of a finite space has been tried
    ├── FailureRateExceededError              too many trials of a closed loop failed
    ├── CancelledError                        somebody gave the computation up
    ├── ModelError                            a surrogate could not be fitted or asked
    ├── InternalError                         something that axnb did not expect; the cause is chained
    ├── RetryableError                        somebody else was at it: the same call may succeed when tried again
    │   ├── BusyError                         (also a StorageError) somebody else is writing for long
    │   └── ConflictError                     (also a StorageError) somebody else has written meanwhile
    └── StorageError (OSError)                the experiment could not be kept or read back
        ├── SnapshotError                     a file that is not one of our snapshots, or is damaged
        └── ReadOnlyError                     a file that can be read but not written to

A message says what was got, what was expected and what to do next. This module knows nothing of the rest of axnb.
"""

import difflib
import itertools
from collections.abc import Callable, Iterable

_MOST_COMPARED = 1000  # names among which a near miss is looked for: of more it takes seconds


class AxnbError(Exception):
    """Base of every error that axnb raises."""


class UserInputError(AxnbError, ValueError):
    """An argument cannot be used as it was given."""


class ExpressionError(UserInputError):
    """A string is not a linear expression, objective or constraint."""


class UnknownNameError(UserInputError):
    """A parameter, metric or option of that name does not exist."""


class ObjectNotFoundError(AxnbError, LookupError):
    """A trial, an experiment or a file of that name does not exist."""


class UnsupportedError(AxnbError):
    """The request makes no sense for this experiment."""


class NotConfiguredError(AxnbError):
    """The call came before the configuration that it needs."""


class TrialMutationError(AxnbError):
    """A trial cannot go from its present status to the one asked for."""


class UndoError(AxnbError):
    """There is nothing to undo or redo, or later events depend on it."""


class DataRequiredError(AxnbError):
    """Suggestions need the results of running trials first."""


class OptimizationComplete(AxnbError):  # noqa: N818 - the field's name for it
    """There is nothing left to suggest."""


class OptimizationShouldStop(OptimizationComplete):
    """A rule of the user's says that further trials are not worth it."""


class SearchSpaceExhausted(OptimizationComplete):
    """Every point of a finite search space has been tried."""


class FailureRateExceededError(AxnbError):
    """Too many trials of a closed loop failed."""


class CancelledError(AxnbError):
    """Somebody gave the computation up before it was done."""


class InternalError(AxnbError):
    """Something happened that axnb did not expect; what it was is chained as the cause."""


class ModelError(AxnbError):
    """A surrogate could not be fitted or asked."""


class StorageError(AxnbError, OSError):
    """The experiment could not be kept or read back."""


class SnapshotError(StorageError):
    """A file is not one of our snapshots, or is damaged."""


class ReadOnlyError(StorageError):
    """The file can be read but not written to."""


class RetryableError(AxnbError):
    """Somebody else was at it; nothing has changed, and the same call may succeed when it is tried again."""


class BusyError(StorageError, RetryableError):
    """Somebody else has been writing for so long that waiting ended."""


class ConflictError(StorageError, RetryableError):
    """Somebody else has written to the experiment meanwhile."""


class AxnbWarning(UserWarning):
    """Something a user should know that is no error."""


def near_miss(name: object, known: Iterable[object]) -> str:
    """Return `` Did you mean 'x'?`` for the nearest known name, or an empty string.

    Args:
        name: What was given.
        known: The names that exist.

    Example:
        >>> near_miss("lerning_rate", ["learning_rate", "depth"])
        " Did you mean 'learning_rate'?"
        >>> near_miss("zzz", ["learning_rate"])
        ''
    """
    names = [str(k) for k in itertools.islice(known, _MOST_COMPARED)]
    close = difflib.get_close_matches(str(name), names, n=1, cutoff=0.6)
    if not close:
        lowered = {k.lower(): k for k in names}
        close = [lowered[str(name).lower()]] if str(name).lower() in lowered else []
    return f" Did you mean {close[0]!r}?" if close else ""


def listing(names: Iterable[object], limit: int = 8) -> str:
    """Return the names quoted and comma-separated, cut after ``limit``.

    Example:
        >>> listing(["a", "b"])
        "'a', 'b'"
        >>> listing([])
        'none'
    """
    items = [repr(str(n)) for n in names]
    if not items:
        return "none"
    more = f" and {len(items) - limit} more" if len(items) > limit else ""
    return ", ".join(items[:limit]) + more


def shown(value: object, most: int = 200, how: Callable[[object], str] = repr) -> str:
    """Return a value as text for a message: cut where it is long, and whatever the value.

    Example:
        >>> shown(10**5000)
        'a number of type int that is too long to show'
        >>> shown("x" * 300, most=12)
        "'xxxxxxxxxxx ..."
    """
    try:
        text = how(value)
    except Exception as error:  # the value of a user may raise anything
        what = "number" if isinstance(value, int) else "value"
        why = "is too long to show" if isinstance(error, ValueError) else "cannot be shown"
        return f"a {what} of type {type(value).__name__} that {why}"
    return text if len(text) <= most else f"{text[:most]} ..."
