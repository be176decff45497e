"""The journal: one line an event, and what a place that keeps it must be able to do."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from axnb.record.events import Event
from axnb.record.trial import Trial

OWN_CARDS = "axnb:"
"""How names of kept texts begin that are no cards of analyses, such as the layout of a board."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the journal.

    Args:
        sequence: Its number, from 0, without gaps.
        action: Number of the first entry of the same action; an action is undone as a whole.
        time: When, in UTC.
        actor: Who.
        event: What.
        automatic: Whether a program did it in a closed loop; only what a person did can be undone.
    """

    sequence: int
    action: int
    time: datetime
    actor: str
    event: Event
    automatic: bool = False


class Lease(NamedTuple):
    """The sign of life of somebody who runs trials.

    Args:
        holder: Who.
        beats: What grows with each sign of life.
    """

    holder: str
    beats: int


class Journal(Protocol):
    """A place that keeps the entries of one experiment, possibly shared with other processes."""

    def read(self, start: int) -> Sequence[Entry]:
        """Return the entries from a sequence number on, whole actions only.

        Raises:
            StorageError: If they cannot be read.
        """
        ...

    def append(self, entries: Sequence[Entry], trials: Mapping[int, Trial | None]) -> None:
        """Keep the entries of one action, durably, before returning; all of them or none.

        Args:
            entries: The entries, numbered on from those that are kept.
            trials: The trials that the action wrote, as they are after it; `None` for one that is gone.

        Raises:
            ConflictError: If entries with these numbers are there already, from another process.
            StorageError: If they cannot be kept.
        """
        ...

    def hold(self) -> AbstractContextManager[None]:
        """Keep other processes from writing until the block is over; what is read and appended in it is the newest.

        Waiting writers queue up. What is appended in the block is kept when `append` returns, and others go on then.

        Raises:
            BusyError: If others have been writing for too long.
            StorageError: If the place cannot be written to.
        """
        ...

    def find_namesake(self, name: str) -> "Journal | None":
        """Return the journal of the experiment that has this name at the same place; `None` where there is none.

        A journal that has an experiment, or whose place holds no others, finds none.

        Raises:
            StorageError: If the place cannot be read.
        """
        ...

    def keep_card(self, name: str, text: str) -> None:
        """Keep a card beside the entries; the latest of a name counts.

        Raises:
            StorageError: If it cannot be kept.
        """
        ...

    def cards(self) -> Mapping[str, str]:
        """Return the latest card of each name.

        Raises:
            StorageError: If they cannot be read.
        """
        ...

    def keep_lease(self, token: str, holder: str) -> None:
        """Keep a lease beside the entries, or give another sign of life of it.

        Raises:
            StorageError: If it cannot be kept.
        """
        ...

    def leases(self) -> Mapping[str, Lease]:
        """Return the leases that have not been ended, by token.

        Raises:
            StorageError: If they cannot be read.
        """
        ...

    def end_lease(self, token: str) -> None:
        """Remove a lease, if it is there.

        Raises:
            StorageError: If it cannot be removed.
        """
        ...
