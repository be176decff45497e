"""One thread in the background that all live cards share.

Knows nothing of cards: a job is a function without arguments that may be asked for again while it waits.
"""

import logging
import threading
import time
from collections.abc import Callable

Job = Callable[[], object]

_IDLE = 10.0  # seconds without a job after which the thread ends

_logger = logging.getLogger(__name__)


class Worker:
    """Runs jobs one after another in a daemon thread, never in the caller's.

    A job that is asked for again before it has begun runs once, at the earlier of the two times: many changes make one
    job, and a stream of changes does not put it off for ever.

    Example:
        >>> done = threading.Event()
        >>> Worker("example").soon(done.set)
        >>> done.wait(5)
        True
    """

    def __init__(self, name: str) -> None:
        """Take the thread's name; the thread starts with the first job."""
        self._name = name
        self._due: dict[Job, float] = {}
        self._changed = threading.Condition()
        self._running = False

    def soon(self, job: Job, delay: float = 0.0) -> None:
        """Have a job run.

        Args:
            job: What to run. Two methods are the same job if they are the same method of the same object.
            delay: Seconds to wait at least, in which further requests for the job are taken together.
        """
        due = time.monotonic() + delay
        with self._changed:
            self._due[job] = min(due, self._due.get(job, due))
            if self._running:
                self._changed.notify()
            else:
                self._running = True
                threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def drop(self, job: Job) -> None:
        """Forget a job that has not begun."""
        with self._changed:
            self._due.pop(job, None)

    def _run(self) -> None:
        while (job := self._next()) is not None:
            try:
                job()
            except Exception:
                _logger.exception("A live card's background job failed.")
            del job  # while the thread waits it keeps nothing alive

    def _next(self) -> Job | None:
        """Wait for a job to be due and return it; `None` when there has been nothing to do for a while."""
        with self._changed:
            while True:
                wait = _IDLE
                if self._due:
                    job, due = min(self._due.items(), key=lambda item: item[1])
                    wait = due - time.monotonic()
                    if wait <= 0:
                        del self._due[job]
                        return job
                    del job
                if not self._changed.wait(wait) and not self._due:
                    self._running = False
                    return None
