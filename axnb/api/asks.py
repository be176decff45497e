"""The queue of those who ask one Client for suggestions: one computes, the others wait, and all can be cancelled."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from axnb.interrupts import CANCELLATION, Cancellation, check_cancelled

_Answer = TypeVar("_Answer")
_PAUSE = 0.01  # seconds between two looks at whether it is one's turn


class AskQueue:
    """Lets one thread at a time compute.

    Who computes is known by a token, not by a lock: an interrupt at any moment leaves nothing held.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # held for a few instructions only
        self._asks: dict[object, Cancellation] = {}
        self._computing: object = None

    def answer(self, compute: Callable[[], _Answer], *, waits: bool = True) -> _Answer:
        """Wait for a turn, unless told not to, compute, and return the answer.

        Raises:
            CancelledError: If somebody cancels the ask.
        """
        turn, outer = object(), CANCELLATION.get()
        try:
            self._asks[turn] = outer or Cancellation()
            CANCELLATION.set(self._asks[turn])
            while waits and not self._begin(turn):
                check_cancelled()
                time.sleep(_PAUSE)
            check_cancelled()
            return compute()
        finally:
            if self._computing is turn:  # no call before this is done: Python looks for interrupts at calls
                self._computing = None
            self._asks.pop(turn, None)
            CANCELLATION.set(outer)

    def cancel(self) -> int:
        """Cancel all asks, those that compute and those that wait, and return how many there were."""
        asks = list(self._asks.values())
        for ask in asks:
            ask.cancel()
        return len(asks)

    def _begin(self, turn: object) -> bool:
        with self._lock:
            if self._computing is None:
                self._computing = turn
            return self._computing is turn
