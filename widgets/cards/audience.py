"""Who looks at a live card: the views that browsers show of it."""

import threading
import time

_PATIENCE = 120.0  # seconds after which a view that does not answer is taken to be gone


class Audience:
    """The views of a card in browsers: present as long as they answer.

    A page that is closed says nothing, so a view that has been told something and does not answer is asleep after a
    while; it wakes when it is heard of again.

    Example:
        >>> views = Audience()
        >>> views.heard("a")
        >>> views.present, views.asleep
        (True, False)
        >>> views.left("a")
        >>> views.present
        False
    """

    def __init__(self, patience: float = _PATIENCE) -> None:
        """Take the seconds to wait for an answer."""
        self._patience = patience
        self._told: dict[str, float | None] = {}
        self._lock = threading.Lock()

    def heard(self, view: str) -> None:
        """Note that a view is there."""
        with self._lock:
            self._told[view] = None

    def left(self, view: str) -> None:
        """Note that a view is closed."""
        with self._lock:
            self._told.pop(view, None)

    def told(self) -> None:
        """Note that every view has been told something, which it is to answer."""
        now = time.monotonic()
        with self._lock:
            self._told = {view: since if since is not None else now for view, since in self._told.items()}

    def clear(self) -> None:
        """Forget all views."""
        with self._lock:
            self._told.clear()

    @property
    def present(self) -> bool:
        """Whether anybody looks."""
        limit = time.monotonic() - self._patience
        with self._lock:
            return any(since is None or since > limit for since in self._told.values())

    @property
    def asleep(self) -> bool:
        """Whether somebody was there who has not answered for long, and nobody else is."""
        return bool(self._told) and not self.present
