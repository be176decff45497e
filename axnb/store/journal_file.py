"""The journal as a file: append-only, one line an action, on disk before a change is acknowledged.

A line is a JSON list of entries; the first line names the format. A last line without its end was never acknowledged
and is dropped. Several processes may share a file: each append holds a lock and looks first whether another process has
written.
"""

import errno
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import filelock

from axnb.errors import ConflictError, ReadOnlyError, SnapshotError, StorageError
from axnb.record.journal import Entry
from axnb.record.trial import Trial
from axnb.store.codec import decode_entries, encode_entries
from axnb.store.files import CANNOT_BE_WRITTEN, NOT_THE_SAME, write_atomically

FORMAT = "axnb-journal"
VERSION = 2
_HEADER = json.dumps({"format": FORMAT, "version": VERSION}).encode() + b"\n"
_LOCK_SECONDS = 30.0
_TAIL = 500  # bytes; a line has the time of its action


class JournalFile:
    """Keeps an experiment in a file.

    Args:
        path: The file; made at the first append.

    Example:
        >>> import tempfile
        >>> from axnb.record.experiment import Experiment
        >>> Experiment(journal=JournalFile(tempfile.mkdtemp() + "/run.jsonl")).view().version
        0
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._cards = self._path.with_name(f"{self._path.name}.cards.json")
        self._lock = filelock.FileLock(f"{self._path}.lock", timeout=_LOCK_SECONDS)
        self._offset = 0  # where the last whole line that was read or written ends
        self._count = 0  # entries up to there
        self._tail = b""  # the last bytes up to there, by which the file is known again

    def read(self, start: int) -> list[Entry]:
        """Return the entries from a sequence number on.

        Raises:
            SnapshotError: If the file is no journal or is damaged.
            StorageError: If it cannot be read.
        """
        if start < self._count:
            self._offset = self._count = 0
            self._tail = b""
        try:
            data = self._news()
        except StorageError:
            raise
        except OSError as error:
            raise StorageError(f"cannot read {str(self._path)!r}: {error.strerror or error}.") from error
        whole = data[: data.rfind(b"\n") + 1]
        if not whole:
            if self._offset == 0 and data and not _HEADER.startswith(data):
                raise self._foreign(data)
            return []
        lines = whole.splitlines()
        if self._offset == 0:
            self._check_header(lines.pop(0))
        entries = [entry for line in lines for entry in self._entries(line)]
        self._go_on(whole, len(entries))
        return entries[start - (self._count - len(entries)) :]

    def _news(self) -> bytes:
        """Return what follows the part that was read or written already.

        Raises:
            StorageError: If that part is gone.
        """
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset - len(self._tail))
                data = file.read()
        except FileNotFoundError:
            data = b""
        if not data.startswith(self._tail):
            raise StorageError(f"{str(self._path)!r} {NOT_THE_SAME}")
        return data[len(self._tail) :]

    def _go_on(self, data: bytes, count: int) -> None:
        """Count what was read or written."""
        self._offset += len(data)
        self._count += count
        self._tail = (self._tail + data)[-_TAIL:]

    def _check_header(self, line: bytes) -> None:
        try:
            header = json.loads(line)
        except ValueError:
            header = None
        if not isinstance(header, dict) or header.get("format") != FORMAT:
            raise self._foreign(line)
        if not isinstance(header.get("version"), int) or header["version"] > VERSION:
            raise SnapshotError(f"{str(self._path)!r} was written by a later version of axnb: update axnb.")

    def _foreign(self, start: bytes) -> SnapshotError:
        snapshot = start.startswith(b'{"format":"axnb-experiment"')
        hint = ": it is a snapshot, load it by Client.load_from_json_file" if snapshot else ""
        if start.startswith(b"SQLite format"):
            hint = ": it is a database, open it by Client.load_from_database(name, storage='sqlite:///…')"
        return SnapshotError(f"{str(self._path)!r} is not a journal of axnb{hint}.")

    def _entries(self, line: bytes) -> list[Entry]:
        try:
            data = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise SnapshotError(f"{str(self._path)!r} is damaged: {error}.") from error
        if not isinstance(data, list):
            raise SnapshotError(f"{str(self._path)!r} is damaged: expected a list of entries.")
        return decode_entries(data)

    def append(self, entries: Sequence[Entry], trials: Mapping[int, Trial | None]) -> None:
        """Write one action as a line, and wait until it is on disk.

        Raises:
            ConflictError: If another process has written since this one read.
            ReadOnlyError: If the file cannot be written to.
            StorageError: If the line cannot be written; the file is then as before.
        """
        line = (
            json.dumps(encode_entries(entries), allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()
            + b"\n"
        )
        try:
            with self._locked():
                self._write(line, entries)
        except StorageError:
            raise
        except OSError as error:
            raise _not_written(self._path, error) from error

    def _write(self, line: bytes, entries: Sequence[Entry]) -> None:
        """Write a line, if no other process has written; write over what one that died left of a line."""
        if b"\n" in self._news() or entries[0].sequence != self._count:
            raise ConflictError(f"another process has written to {str(self._path)!r}.")
        start = self._offset
        line = line if start else _HEADER + line
        with self._path.open("ab") as file:
            try:
                os.ftruncate(file.fileno(), start)
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                os.ftruncate(file.fileno(), start)
                raise
        if start == 0:
            _sync_folder(self._path.parent)
        self._go_on(line, len(entries))

    def keep_card(self, name: str, text: str) -> None:
        """Keep a card in the file `<journal>.cards.json`; the latest of a name counts.

        Raises:
            StorageError: If it cannot be written.
        """
        try:
            with self._locked():
                kept = dict(self.cards()) | {name: text}
                lines = ",\n".join(f"{json.dumps(n)}:{t}" for n, t in kept.items())
                write_atomically(self._cards, f"{{{lines}}}")
        except StorageError:
            raise
        except OSError as error:
            raise _not_written(self._cards, error) from error

    def cards(self) -> dict[str, str]:
        """Return the latest card of each name; none where their file is missing or damaged."""
        try:
            data = json.loads(self._cards.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}  # cards can be computed again
        return {n: json.dumps(t, ensure_ascii=False) for n, t in data.items()} if isinstance(data, dict) else {}

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except filelock.Timeout as error:
            raise StorageError(f"{str(self._path)!r} stays locked by another process.") from error


def _not_written(path: Path, error: OSError) -> StorageError:
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return ReadOnlyError(f"{str(path)!r} {CANNOT_BE_WRITTEN}")
    return StorageError(f"cannot write {str(path)!r}: {error.strerror or error}.")


def _sync_folder(folder: Path) -> None:
    """Make sure that a new file's name is on disk too."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # folders cannot be opened on Windows, nor need they be
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
