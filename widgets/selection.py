"""The trials that are selected in an experiment: one value that its boards and its live cards share."""

import threading
import weakref
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from axnb.widgets.session import Session


class SelectionFollower(Protocol):
    """A board or a card that shows which trials are selected."""

    def show_selection(self, trials: tuple[int, ...]) -> None:
        """Show that these trials are selected, and no others."""
        ...

    def show_only(self, trials: frozenset[int] | None) -> None:
        """Show these trials only; `None` shows all."""
        ...


class Selection:
    """The selected trials of one session; whoever follows is told when they change, on the thread that changed them.

    Example:
        >>> selection = Selection()
        >>> selection.choose([5, 3, 5])
        >>> selection.trials
        (3, 5)
    """

    def __init__(self) -> None:
        """Begin with nothing selected."""
        self.trials: tuple[int, ...] = ()
        self._followers: weakref.WeakSet[SelectionFollower] = weakref.WeakSet()
        self._lock = threading.Lock()

    def follow(self, follower: SelectionFollower) -> None:
        """Have a board or a card told of changes for as long as it lives."""
        with self._lock:
            self._followers.add(follower)

    def leave(self, follower: SelectionFollower) -> None:
        """Tell a board or a card no more."""
        with self._lock:
            self._followers.discard(follower)

    def choose(self, trials: Iterable[int]) -> None:
        """Select trials instead of those that are."""
        chosen = tuple(sorted(set(trials)))
        with self._lock:
            if chosen == self.trials:
                return
            self.trials = chosen
            followers = list(self._followers)
        for follower in followers:
            follower.show_selection(chosen)

    def show_only(self, trials: Iterable[int] | None) -> None:
        """Have the boards show some trials only, as those that were brushed in a card; `None` shows all."""
        only = None if trials is None else frozenset(trials)
        with self._lock:
            followers = list(self._followers)
        for follower in followers:
            follower.show_only(only)


_selections: weakref.WeakKeyDictionary[Any, Selection] = weakref.WeakKeyDictionary()
_making = threading.Lock()


def selection_of(session: "Session") -> Selection:
    """Return the selection that all boards and cards of a session share."""
    with _making:
        return _selections.setdefault(session, Selection())
