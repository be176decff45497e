"""Holds signals back while something must not be left half done.

`KeyboardInterrupt` and its kind can come between any two instructions of the main thread. Where a file, a lock and the
memory must agree, signals wait until they do; where somebody waits for a lock, `let_signals_through` gives way to them.
Other threads get no signals, and nothing changes for them.
"""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK", "SIGALRM", "SIGUSR1", "SIGUSR2")
_SIGNALS = tuple(getattr(signal, name) for name in _NAMES if name in dir(signal))
_MOST = 3  # the third signal of an impatient person is not held back


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
