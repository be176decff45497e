"""Leases: which process runs a trial, and whether it still does.

A loop has a token, which the trials that it runs carry in the journal, and a heartbeat beside the journal, in whatever
keeps the experiment. Another loop takes a trial over once that heartbeat has ended: at once where the process is seen
to be gone, else after it has been silent for `LEASE_SECONDS` by the watcher's own clock, so clocks need not agree.
What is taken over gets the new token in the journal, which refuses all but the first; so whoever comes back late learns
from the trial that it is not his any more.
"""

import contextlib
import json
import os
import secrets
import socket
import threading
import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from axnb.errors import StorageError
from axnb.record.journal import Journal, Lease
from axnb.record.trial import LEASE, Trial

LEASE_SECONDS = 30.0
"""So long a heartbeat is silent before others take the trials over; it beats five times as often."""

_LOOK = 1.0  # seconds for which what was read of heartbeats is believed
_HERE: set[str] = set()  # tokens of loops of this process that are at work


class Standing(Enum):
    """How a lease stands.

    Example:
        >>> Standing.ENDED.value
        'ended'
    """

    ENDED = "ended"
    HELD = "held"
    UNKNOWN = "unknown"  # it takes a while to see whether it beats


@dataclass(frozen=True, slots=True)
class Mark:
    """What a trial carries of the loop that runs it.

    Args:
        token: The loop's token.
        begun: Whether a runner has taken the trial up; otherwise the trial waits for it.

    Example:
        >>> read_mark(None) is None, Mark("5e", begun=True).text
        (True, '{"token": "5e", "begun": true}')
    """

    token: str
    begun: bool

    @property
    def text(self) -> str:
        """The mark as it is kept."""
        return json.dumps({"token": self.token, "begun": self.begun})


def read_mark(trial: Trial | None) -> Mark | None:
    """Return the mark of a trial, `None` where it has none."""
    text = None if trial is None else dict(trial.run_metadata).get(LEASE)
    if text is None:
        return None
    told = json.loads(text)
    return Mark(str(told["token"]), bool(told["begun"]))


class LeaseKeeper:
    """Keeps the lease of a loop, and watches those of others.

    Example:
        >>> keeper = LeaseKeeper()
        >>> keeper.look_at(keeper.token), keeper.look_at("another")
        (<Standing.ENDED: 'ended'>, <Standing.ENDED: 'ended'>)
    """

    def __init__(self) -> None:
        self.token = secrets.token_hex(8)
        self._store: Journal | None = None
        self._stopped: threading.Event | None = None
        self._read: tuple[float, dict[str, Lease]] = (-_LOOK, {})
        self._seen: dict[str, tuple[int, float, bool]] = {}  # beats, when they were first seen, whether they ever grew

    def start(self, store: Journal | None) -> None:
        """Begin to beat, unless it does already.

        Args:
            store: What keeps the experiment; `None` where it is in memory only.

        Raises:
            StorageError: If the lease cannot be kept.
        """
        self._store = store
        if self._stopped is not None:
            return
        _HERE.add(self.token)
        self._stopped = threading.Event()
        if self._store is not None:
            _beat(self._store, self.token)
            arguments = (self._store, self.token, self._stopped)
            threading.Thread(target=_keep_beating, args=arguments, name="axnb-lease", daemon=True).start()

    def stop(self) -> None:
        """End the lease: others may take its trials over at once."""
        if self._stopped is None:
            return
        self._stopped.set()
        self._stopped = None
        _HERE.discard(self.token)
        if self._store is not None:
            with contextlib.suppress(StorageError):  # then it ends by its silence
                self._store.end_lease(self.token)

    def look_at(self, token: str) -> Standing:
        """Return how the lease of a token stands, as far as it hinders this loop."""
        if token == self.token or (self._store is None and token not in _HERE):
            return Standing.ENDED
        if token in _HERE:
            return Standing.HELD
        lease = self._leases().get(token)
        if lease is None or _is_gone(lease.holder):
            return Standing.ENDED
        beats, since, grew = self._seen.get(token, (lease.beats, time.monotonic(), False))
        if lease.beats != beats:
            beats, since, grew = lease.beats, time.monotonic(), True
        self._seen[token] = (beats, since, grew)
        if time.monotonic() - since > LEASE_SECONDS:
            return Standing.ENDED
        return Standing.HELD if grew or _is_here(lease.holder) else Standing.UNKNOWN

    def holder(self, token: str) -> str:
        """Return who holds the lease of a token, in words."""
        lease = self._leases().get(token)
        host, pid, _ = _parts("" if lease is None else lease.holder)
        return f"process {pid} on {host}" if host else "another loop of this process"

    def _leases(self) -> dict[str, Lease]:
        now = time.monotonic()
        if now - self._read[0] >= min(_LOOK, LEASE_SECONDS / 5) and self._store is not None:
            self._read = (now, dict(self._store.leases()))
        return self._read[1]


def this_process() -> str:
    """Return the name of this process: its host, its number, and when it began, where that can be told."""
    return f"{socket.gethostname()}:{os.getpid()}:{_began(os.getpid())}"


def _keep_beating(store: Journal, token: str, stopped: threading.Event) -> None:
    while not stopped.wait(LEASE_SECONDS / 5):
        with contextlib.suppress(StorageError):  # it is tried again soon
            _beat(store, token)
    with contextlib.suppress(StorageError):  # a beat may have been under way when it was ended
        store.end_lease(token)


def _beat(store: Journal, token: str) -> None:
    store.keep_lease(token, this_process())


def _parts(holder: str) -> tuple[str, str, str]:
    rest, _, began = holder.rpartition(":")
    host, _, pid = rest.rpartition(":")
    return host, pid, began


def _is_here(holder: str) -> bool:
    return _parts(holder)[0] == socket.gethostname()


def _is_gone(holder: str) -> bool:
    """Return whether a process is seen not to run any more, or is this one, whose loops are known."""
    _, pid, began = _parts(holder)
    if not _is_here(holder) or not pid.isdigit():
        return False
    return int(pid) == os.getpid() or not _lives(int(pid), began)


def _lives(pid: int, began: str) -> bool:
    if os.name == "nt":
        return True  # a signal would end it: its silence tells
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is somebody else's
    return not began or _began(pid) == began


def _began(pid: int) -> str:
    """Return when a process of this host began, in ticks: numbers of processes are used again."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
