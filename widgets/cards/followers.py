"""Who follows an experiment: its live cards and groups, told of each change, and the thread they draw in."""

import threading
import weakref
from typing import TYPE_CHECKING, Any, Protocol

from axnb.widgets.worker import Worker

if TYPE_CHECKING:
    from axnb.widgets.session import Session

_PAUSE = 0.15  # seconds in which changes of the experiment are taken together
_REST = 4.0  # times its last duration that a card waits until it follows a change: the kernel has other work

WORKER = Worker("axnb-cards")
"""The thread that all live cards share."""


class Follower(Protocol):
    """A card, or a group of cards, that keeps up with an experiment."""

    def refresh(self) -> None:
        """Draw again soon, in the background, if a browser shows it."""
        ...


class Followers:
    """The cards that follow one experiment; called when it changes, and never blocks whoever changed it."""

    def __init__(self) -> None:
        self._cards: weakref.WeakSet[Follower] = weakref.WeakSet()
        self._groups: weakref.WeakSet[Follower] = weakref.WeakSet()
        self._lock = threading.Lock()

    def add(self, follower: Follower, *, is_group: bool) -> None:
        """Have a card told of changes."""
        with self._lock:
            (self._groups if is_group else self._cards).add(follower)

    def __call__(self, notice: object) -> None:
        """Have every card and group draw what has changed."""
        with self._lock:
            followers = [*self._cards, *self._groups]
        for follower in followers:
            follower.refresh()

    def arrange(self) -> None:
        """Have the groups follow that a browser shows now."""
        with self._lock:
            groups = list(self._groups)
        for group in groups:
            group.refresh()


# Keeps neither sessions nor cards alive. ipywidgets keeps a widget until it is closed, which must not keep its session.
_followers: weakref.WeakKeyDictionary[Any, Followers] = weakref.WeakKeyDictionary()


def follow(session: "Session", follower: Follower, *, is_group: bool = False) -> Followers:
    """Have a card told of every change of the session's experiment, for as long as both live; return who else is."""
    followers = _followers.get(session)
    if followers is None:
        followers = _followers[session] = Followers()
        session.experiment.subscribe(followers)
    followers.add(follower, is_group=is_group)
    return followers


def wait_after(seconds: float) -> float:
    """Return how long a card waits until it follows a change, if its last drawing took so many seconds."""
    return max(_PAUSE, _REST * seconds)
