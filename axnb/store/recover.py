"""Rescues what is sound in a damaged journal or snapshot: everything above the first damaged line."""

import bisect
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from axnb.errors import ObjectNotFoundError, SnapshotError
from axnb.record.experiment import Experiment
from axnb.record.journal import Entry
from axnb.record.state import describe
from axnb.store.checksums import SEED
from axnb.store.files import find_file, read_file, write_atomically
from axnb.store.lines import ForeignFileError, dump_header, dump_lines, load_lines, split_actions
from axnb.store.snapshot import HEAD, load_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What was rescued of a damaged file.

    Args:
        path: The sound journal file that was written: open it by `Client(storage=...)`.
        actions: How many actions it has.
        last: What the last of them did, in a few words; `None` if there is none.
        lines_left_out: How many lines of the damaged file are left out.
        bytes_left_out: How many bytes that is.
        reason: Why: what is wrong with the first of them; `None` where nothing is left out.
    """

    path: Path
    actions: int
    last: str | None
    lines_left_out: int
    bytes_left_out: int
    reason: str | None

    def __str__(self) -> str:
        kept = f"{self.actions} actions are sound{f', the last is: {self.last}' if self.last else ''}"
        if self.reason is None:
            left = "nothing is left out"
        else:
            left = f"{self.lines_left_out} lines ({self.bytes_left_out} bytes) are left out: the file {self.reason}"
        return f"{kept}; {left.removesuffix('.')}. Open {str(self.path)!r} by Client(storage=...)."


def recover(path: str | os.PathLike[str]) -> Recovery:
    """Write what is above the first damaged line of a journal or snapshot to a sound journal beside it.

    Args:
        path: The damaged file; it stays as it is.

    Returns:
        What was rescued, and what is left out.

    Raises:
        ObjectNotFoundError: If there is no such file.
        SnapshotError: If it is neither a journal nor a snapshot with checksums.
        StorageError: If it cannot be read, or the new file cannot be written.
    """
    try:
        data = read_file(path)
    except FileNotFoundError:
        raise ObjectNotFoundError(f"there is no file {str(path)!r}.") from None
    actions, kept, reason = _read_sound(path, data)
    count = _count_possible(actions)
    if count < len(actions):
        kept, reason = actions[count - 1][0] if count else 0, "tells of something that cannot have happened"
    entries = [entry for _, action in actions[:count] for entry in action]
    target = _free_name(find_file(path))
    lines, _ = dump_lines(entries)
    write_atomically(target, "".join(f"{line.decode()}\n" for line in [dump_header(), *lines]))
    return Recovery(
        path=target,
        actions=count,
        last=describe([e.event for e in actions[count - 1][1]]) if count else None,
        lines_left_out=len(data[kept:].splitlines()) if reason else 0,
        bytes_left_out=len(data) - kept if reason else 0,
        reason=reason,
    )


def _read_sound(path: str | os.PathLike[str], data: bytes) -> tuple[list[tuple[int, list[Entry]]], int, str | None]:
    """Return the actions above the first damaged line, each with where it ends, where that is, and what is damaged."""
    actions: list[tuple[int, list[Entry]]] = []
    kept = 0
    try:
        for kept, entries in _load_snapshot(data) if data.startswith(HEAD) else _load_journal(data):
            actions += [(kept, action) for action in split_actions(entries)]
    except ForeignFileError as error:
        raise SnapshotError(f"{str(path)!r} {error}") from error
    except SnapshotError as error:
        return actions, kept, str(error)
    torn = not data.startswith(HEAD) and kept < len(data)
    return actions, kept, "ends in the middle of a line, which was never acknowledged" if torn else None


def _count_possible(actions: list[tuple[int, list[Entry]]]) -> int:
    """Return how many of the actions follow from each other."""

    def is_impossible(count: int) -> bool:
        try:
            Experiment.replay([entry for _, action in actions[:count] for entry in action])
        except SnapshotError:
            return True
        return False

    if not is_impossible(len(actions)):
        return len(actions)
    return bisect.bisect_left(range(len(actions)), True, key=is_impossible) - 1


def _load_journal(data: bytes) -> Iterator[tuple[int, list[Entry]]]:
    for mark, entries in load_lines(data):
        yield mark.offset, entries


def _load_snapshot(data: bytes) -> Iterator[tuple[int, list[Entry]]]:
    lines = data.split(b"\n")
    checksum = SEED
    offset = len(lines[0]) + 1
    for number, line in enumerate(lines[1:], start=2):
        if line.startswith(b"]"):
            return
        entries, checksum = load_line(number, line, lines, checksum)
        offset += len(line) + 1
        yield offset, entries


def _free_name(path: Path) -> Path:
    """Return the name of a file beside another that is not there yet."""
    stem = path.name.removesuffix(path.suffix)
    names = (path.with_name(f"{stem}.recovered{n}.jsonl") for n in ("", *(f"-{k}" for k in range(2, 10_000))))
    return next(name for name in names if not name.exists())
