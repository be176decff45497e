"""What long work owes to whoever waits for it: it says what it is at, can be given up, and giving up breaks nothing.

Fits and searches call `check_cancelled` every now and then, and `report_progress` where something long begins.
Libraries that do not survive an interrupt in the middle of their import are imported by `import_whole`.
`KeyboardInterrupt` and its kind can come between any two instructions of the main thread: where a file, a lock and the
memory must agree, `hold_signals` lets signals wait until they do, and where somebody waits for a lock,
`let_signals_through` gives way to them. This module knows nothing of the rest of axnb.
"""

import importlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from axnb.errors import CancelledError

_whole: set[str] = set()
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK", "SIGALRM", "SIGUSR1", "SIGUSR2")
_SIGNALS = tuple(int(getattr(signal, name)) for name in _NAMES if name in dir(signal))
_MOST = 3  # the third signal of an impatient person is not held back


class Cancellation:
    """A request to give up, which may come from any thread.

    Example:
        >>> cancellation = Cancellation()
        >>> with cancellation.applied():
        ...     cancellation.cancel()
        ...     check_cancelled()
        Traceback (most recent call last):
        ...
        axnb.errors.CancelledError: cancelled before it was done; nothing was changed.
    """

    def __init__(self, listen: Callable[[str], None] | None = None) -> None:
        """Begin with nobody asking.

        Args:
            listen: Is told what the work is at, in a few words, on the thread of the work.
        """
        self._asked = threading.Event()
        self._listen = listen

    def cancel(self) -> None:
        """Ask what runs under this cancellation to give up at its next check."""
        self._asked.set()

    def tell(self, stage: str) -> None:
        """Tell who listens what the work is at."""
        if self._listen is not None:
            self._listen(stage)

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody asked to give up."""
        return self._asked.is_set()

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Let what runs inside, on this thread, be given up by this cancellation."""
        before = CANCELLATION.set(self)
        try:
            yield
        finally:
            CANCELLATION.reset(before)


CANCELLATION: ContextVar[Cancellation | None] = ContextVar("cancellation", default=None)
"""What the work of this thread is given up by."""


def check_cancelled() -> None:
    """Go on, unless whoever waits for the work of this thread has given up.

    Raises:
        CancelledError: If so.
    """
    cancellation = CANCELLATION.get()
    if cancellation is not None and cancellation.is_cancelled:
        raise CancelledError("cancelled before it was done; nothing was changed.")


def report_progress(stage: str) -> None:
    """Tell whoever waits for the work of this thread what it is at.

    Args:
        stage: In a few words.

    Raises:
        CancelledError: If they have given up.

    Example:
        >>> with Cancellation(print).applied():
        ...     report_progress("modelling 5,000 results")
        modelling 5,000 results
    """
    check_cancelled()
    cancellation = CANCELLATION.get()
    if cancellation is not None:
        cancellation.tell(stage)


def import_whole(names: Sequence[str]) -> None:
    """Import modules such that an interrupt gives up waiting for them, and leaves none of them half imported.

    Extension modules cannot be imported a second time where the first time was interrupted. An interrupt reaches the
    main thread only, so another thread imports them, and goes on with it after an interrupt.

    Args:
        names: The modules.

    Raises:
        ImportError: If there is no such module.
    """
    missing = [n for n in names if n not in _whole]
    if not missing:
        return
    if threading.current_thread() is not threading.main_thread():
        _import_all(missing)
        return
    errors: list[BaseException] = []

    def work() -> None:
        try:
            _import_all(missing)
        except BaseException as error:  # it is raised again where it is waited for
            errors.append(error)

    thread = threading.Thread(target=work, name="axnb-import", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.2)  # in pieces, as waiting without an end cannot be interrupted on Windows
    if errors:
        raise errors[0]


def _import_all(names: Sequence[str]) -> None:
    for name in names:
        importlib.import_module(name)
        _whole.add(name)


@dataclass(slots=True)
class _Held:
    """What handled the signals before, and the signals that have come since."""

    handlers: dict[int, Callable[[int, Any], Any]] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    count: int = 0

    def catch(self, number: int, frame: Any) -> None:
        """Note a signal."""
        self.numbers.append(number)
        self.count += 1
        if self.count >= _MOST:
            self.let_through()

    def let_through(self) -> None:
        """Do what the signals ask for."""
        while self.numbers:
            number = self.numbers.pop(0)
            self.handlers[number](number, sys._getframe())  # noqa: SLF001 - what a handler is given


_held: _Held | None = None  # of the main thread


@contextmanager
def hold_signals() -> Iterator[None]:
    """Hold signals of the main thread back until the block is over; what they ask for is done then."""
    global _held  # noqa: PLW0603 - there is one main thread
    if threading.current_thread() is not threading.main_thread() or _held is not None:
        yield
        return
    held = _Held()
    catch = held.catch
    try:
        for number in _SIGNALS:  # interrupts first
            handler = signal.getsignal(number)
            if callable(handler):
                held.handlers[number] = handler
                signal.signal(number, catch)
        _held = held
        yield
    finally:
        _held = None
        for number in reversed(held.handlers):  # interrupts last
            if signal.getsignal(number) == catch:
                signal.signal(number, held.handlers[number])
    held.let_through()


def let_signals_through() -> None:
    """Do now what signals that are held back ask for: for a place at which nothing is half done."""
    if _held is not None and threading.current_thread() is threading.main_thread():
        _held.let_through()


def acquire(lock: Any) -> None:
    """Take a lock, giving way to signals while it is somebody else's.

    Args:
        lock: A `threading` lock.
    """
    while not lock.acquire(timeout=0.1):
        let_signals_through()
