"""One thread for small linear algebra, and one PyTorch fit at a time.

Matrices of a few hundred rows lose a factor of three to twelve to thread hand-offs, so every fit and every
acquisition search runs inside :func:`single_thread`. This module knows nothing about models.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

TORCH_LOCK = threading.RLock()
"""Held while GPyTorch or BoTorch works: their settings are global to the process."""


def _setter(library: Any) -> Callable[[int], object]:
    """Return the function that sets a library's number of threads, from whichever thread it is called.

    OpenBLAS 0.3.31 ignores its ordinary setter outside the main thread, where a notebook's background work is done;
    its other setter works everywhere.
    """
    setter: Callable[[int], object] = library.set_num_threads
    if library.internal_api == "openblas":
        setter = getattr(library.dynlib, "openblas_set_num_threads_local", setter)
    return setter


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
            for library in self._controllers[key].lib_controllers:
                before, setter = library.get_num_threads(), _setter(library)
                if before is not None and before > 1:
                    self._restore.callback(setter, before)
                    setter(1)
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
