"""Looks every second whether somebody else has written to an experiment, while a page shows it."""

import logging
import threading
import time
import weakref
from typing import TYPE_CHECKING

from axnb.errors import AxnbError

if TYPE_CHECKING:
    from axnb.widgets.session import Session

_PAUSE = 1.0  # seconds between two looks
_PATIENCE = 300.0  # seconds after which a page that says nothing is taken to be gone

_logger = logging.getLogger(__name__)


class Watcher:
    """Folds in what other notebooks and programs write to the same place; whoever follows the experiment is told.

    Pages say that they are there (`heard`); a thread looks for as long as one is. It does not keep the session alive.
    """

    def __init__(self, session: "Session", pause: float = _PAUSE) -> None:
        """Take whose experiment to look after, and the seconds between two looks."""
        self._session = weakref.ref(session)
        self._pause = pause
        self._heard = -float("inf")
        self._lock = threading.Lock()
        self._running = False
        self._closed = threading.Event()

    def heard(self) -> None:
        """Note that a page is there."""
        with self._lock:
            self._heard = time.monotonic()
            if self._running or self._closed.is_set():
                return
            self._running = True
        threading.Thread(target=self._run, name="axnb-watcher", daemon=True).start()

    def close(self) -> None:
        """Look no more."""
        self._closed.set()

    def _run(self) -> None:
        while not self._closed.wait(self._pause):
            with self._lock:
                session = self._session()
                if session is None or time.monotonic() - self._heard > _PATIENCE:
                    self._running = False
                    return
            if session.experiment.store is not None:
                try:
                    session.experiment.refresh()
                except AxnbError as error:  # the place may be back in a moment; an action would say so
                    _logger.debug("The experiment could not be looked after: %s", error)
            del session
