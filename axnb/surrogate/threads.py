"""One thread for small linear algebra, and one PyTorch fit at a time.

Matrices of a few hundred rows lose a factor of three to twelve to thread hand-offs, so every fit and every
acquisition search runs inside :func:`single_thread`. This module knows nothing about models.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

TORCH_LOCK = threading.RLock()
"""Held while GPyTorch or BoTorch works: their settings are global to the process."""


class _Guard:
    """The process-wide limit: set by the first to enter, lifted by the last to leave."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._restore = ExitStack()
        self._controllers: dict[tuple[bool, ...], ThreadpoolController] = {}

    def enter(self) -> None:
        """Limit the libraries loaded so far; a scan for them costs a millisecond, so it is kept."""
        with self._lock:
            self._inside += 1
            if self._inside > 1:
                return
            torch = sys.modules.get("torch")
            key = (torch is not None, "scipy.linalg" in sys.modules)
            if key not in self._controllers:
                self._controllers[key] = ThreadpoolController()
            self._restore.enter_context(self._controllers[key].limit(limits=1))
            if torch is not None and torch.get_num_threads() != 1:
                self._restore.callback(torch.set_num_threads, torch.get_num_threads())
                torch.set_num_threads(1)

    def leave(self) -> None:
        """Lift the limit when nobody is inside any more."""
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._restore.close()


_GUARD = _Guard()


@contextmanager
def single_thread() -> Iterator[None]:
    """Hold BLAS, OpenMP and (where loaded) PyTorch to one thread, and restore them afterwards.

    May be nested and entered from several Python threads at once.

    Example:
        >>> with single_thread():
        ...     total = sum([1.0, 2.0])
        >>> total
        3.0
    """
    _GUARD.enter()
    try:
        yield
    finally:
        _GUARD.leave()
