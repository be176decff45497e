"""Suggestions for a loop, made beside it where they are wanted ahead, so that no worker waits for them."""

import threading
from collections.abc import Mapping
from typing import Protocol

from axnb.errors import CancelledError
from axnb.interrupts import Cancellation
from axnb.problem.space import Parameterization

_MOST_AHEAD = 2  # times the workers


class Suggesting(Protocol):
    """What suggests."""

    def ask(self, count: int) -> Mapping[int, Parameterization]:
        """Suggest trials; they wait for a runner from then on."""
        ...


class SuggestionSupply:
    """Asks for suggestions: at once, or on a thread of its own while trials run.

    How many are made ahead doubles whenever a worker had nothing to do, up to twice the number of workers: so it
    follows from how long suggestions and trials take.

    Args:
        backend: What suggests.
        ahead: How many suggestions are made ahead at first; with 0, none are made beside the loop.
        workers: How many trials run at a time.

    Example:
        >>> class Counting:
        ...     def ask(self, count):
        ...         return {i: {} for i in range(count)}
        >>> supply = SuggestionSupply(Counting(), ahead=0, workers=1)
        >>> supply.order(2, urgent=True)
        True
    """

    def __init__(self, backend: Suggesting, ahead: int, workers: int) -> None:
        self._backend, self._workers = backend, workers
        self.ahead = ahead
        self._thread: threading.Thread | None = None
        self._cancellation = Cancellation()
        self._errors: list[BaseException] = []

    @property
    def is_busy(self) -> bool:
        """Whether suggestions are being made."""
        return self._thread is not None and self._thread.is_alive()

    def order(self, count: int, *, urgent: bool) -> bool:
        """Ask for suggestions; return whether they are there.

        Args:
            count: How many.
            urgent: Whether nothing else is to be done meanwhile, so that they are waited for.

        Raises:
            AxnbError: What suggesting raised, now or beside the loop.
        """
        if self._thread is not None:
            if urgent:
                self._wait()
            if self._thread.is_alive():
                return False
            self._thread = None
            if self._errors:
                raise self._errors.pop()
            return True
        if urgent or self.ahead == 0:
            self._backend.ask(count)
            return True
        self._thread = threading.Thread(target=self._make, args=(count,), name="axnb-suggestions", daemon=True)
        self._thread.start()
        return False

    def starve(self) -> None:
        """Take note that a worker has nothing to do."""
        self.ahead = min(2 * self.ahead, _MOST_AHEAD * self._workers)

    def close(self) -> None:
        """Give up what is being suggested."""
        if self._thread is not None:
            self._cancellation.cancel()
            self._wait()
            self._thread = None

    def _wait(self) -> None:
        while self.is_busy:
            assert self._thread is not None
            self._thread.join(0.2)  # in pieces, so that an interrupt is heard everywhere

    def _make(self, count: int) -> None:
        try:
            with self._cancellation.applied():
                self._backend.ask(count)
        except CancelledError as error:
            self._errors += [] if self._cancellation.is_cancelled else [error]
        except BaseException as error:  # it is raised where the suggestions are fetched
            self._errors.append(error)
