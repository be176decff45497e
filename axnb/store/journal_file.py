"""The journal as a file: append-only, one line an action, on disk before a change is acknowledged.

The first line names the format, each other line has a checksum. A last line without its end was never acknowledged and
is dropped. Several processes may share a file: each append holds a lock and looks first whether another process has
written.
"""

import contextlib
import errno
import glob
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import filelock

from axnb.errors import BusyError, ConflictError, ReadOnlyError, SnapshotError, StorageError
from axnb.interrupts import hold_signals, let_signals_through
from axnb.record.journal import Entry, Lease
from axnb.record.trial import Trial
from axnb.store.cards_file import read_cards, write_cards
from axnb.store.checksums import seal
from axnb.store.files import CANNOT_BE_WRITTEN, NOT_THE_SAME, find_file, sync_folder, write_all
from axnb.store.lines import (
    FORMAT,
    VERSION,
    ForeignFileError,
    Mark,
    describe_foreign,
    dump_entries,
    dump_header,
    load_lines,
)

_LOCK_SECONDS = 30.0
_POLL_SECONDS = 0.005
_LEASE = ".lease"
_TAIL = 500  # bytes; a line has the time of its action
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)


class JournalFile:
    """Keeps an experiment in a file.

    Args:
        path: The file; made at the first append.

    Raises:
        StorageError: If there is something else than a file.

    Example:
        >>> import tempfile
        >>> from axnb.record.experiment import Experiment
        >>> Experiment(journal=JournalFile(tempfile.mkdtemp() + "/run.jsonl")).view().version
        0
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._name = str(path)
        self._path = find_file(path)
        self._cards = self._path.with_name(f"{self._path.name}.cards.json")
        self._lock = filelock.FileLock(f"{self._path}.lock")
        self._standing: tuple[Mark, bytes] = (Mark(), b"")  # how far it was read or written, and the last bytes there

    def read(self, start: int) -> list[Entry]:
        """Return the entries from a sequence number on.

        Raises:
            SnapshotError: If the file is no journal or is damaged.
            StorageError: If it cannot be read.
        """
        if start < self._standing[0].length:
            self._standing = (Mark(), b"")
        mark, tail = self._standing
        first = mark.length
        data = self._read_news()
        entries: list[Entry] = []
        if mark.offset == 0 and data and b"\n" not in data and not _begins_header(data):
            raise SnapshotError(f"{self._name!r} {describe_foreign(data)}")
        try:
            for below, found in load_lines(data, mark):
                entries += found
                mark = below
        except ForeignFileError as error:
            raise SnapshotError(f"{self._name!r} {error}") from error
        except SnapshotError as error:
            raise SnapshotError(
                f"{self._name!r} {error} Client.recover({self._name!r}) writes what is above it to a sound file."
            ) from error
        whole = data[: mark.offset - self._standing[0].offset]
        self._standing = (mark, (tail + whole)[-_TAIL:])
        return entries[start - first :]

    def _read_news(self) -> bytes:
        """Return what follows the part that was read or written already.

        Raises:
            StorageError: If that part is gone, or cannot be read.
        """
        mark, tail = self._standing
        try:
            with self._path.open("rb", buffering=0) as file:
                file.seek(mark.offset - len(tail))
                data = file.readall()
        except FileNotFoundError:
            data = b""
        except OSError as error:
            raise StorageError(f"cannot read {self._name!r}: {error.strerror or error}.") from error
        if not data.startswith(tail):
            raise StorageError(f"{self._name!r} {NOT_THE_SAME}")
        return data[len(tail) :]

    def append(self, entries: Sequence[Entry], trials: Mapping[int, Trial | None]) -> None:
        """Write one action as a line, and wait until it is on disk.

        Raises:
            BusyError: If another process holds the file for too long.
            ConflictError: If another process has written since this one read.
            ReadOnlyError: If the file cannot be written to.
            StorageError: If the line cannot be written; the file is then as before.
        """
        mark, tail = self._standing
        lines = [] if mark.version == VERSION else [dump_header(mark.checksum)]
        try:
            line, checksum = seal(mark.checksum, dump_entries(entries))
        except ValueError as error:  # half of a surrogate pair
            raise StorageError(f"cannot write {self._name!r}: {error}.") from error
        data = b"\n".join([*lines, line, b""])
        with self.hold():
            if b"\n" in self._read_news() or entries[0].sequence != mark.length:
                raise ConflictError(f"another process has written to {self._name!r}.")
            try:
                self._write(data, mark.offset)
            except OSError as error:
                raise _not_written(self._name, error) from error
            length, line_number = mark.length + len(entries), mark.line + len(lines) + 1
            mark = Mark(mark.offset + len(data), length, line_number, VERSION, checksum)
            self._standing = (mark, (tail + data)[-_TAIL:])

    def _write(self, data: bytes, start: int) -> None:
        """Write data at the end of what is known, over what a process that died left of a line."""
        made = start == 0 and not self._path.exists()
        descriptor = os.open(self._path, _FLAGS, 0o666)
        try:
            os.ftruncate(descriptor, start)
            try:
                write_all(descriptor, data)
                os.fsync(descriptor)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.ftruncate(descriptor, start)
                    if made:
                        self._path.unlink(missing_ok=True)
                raise
        finally:
            os.close(descriptor)
        if start == 0:
            sync_folder(self._path.parent)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep other processes from writing until the block is over.

        Raises:
            BusyError: If another process holds the file for too long.
            ReadOnlyError: If the file cannot be written to.
            StorageError: If it cannot be locked.
        """
        with hold_signals():
            self._wait()
            try:
                yield
            finally:
                self._lock.release()

    def _wait(self) -> None:
        """Take the lock, giving way to signals while it is somebody else's."""
        deadline = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                self._lock.acquire(timeout=0)
            except filelock.Timeout as error:
                if time.monotonic() > deadline:
                    raise BusyError(f"{self._name!r} stays locked by another process: try again.") from error
            except OSError as error:
                raise _not_written(self._name, error) from error
            else:
                return
            let_signals_through()
            time.sleep(_POLL_SECONDS)

    def find_namesake(self, name: str) -> None:
        """Return `None`: a file holds one experiment."""

    def keep_card(self, name: str, text: str) -> None:
        """Keep a card in the file `<journal>.cards.json`; the latest of a name counts.

        Raises:
            StorageError: If it cannot be written.
        """
        with self.hold():
            try:
                write_cards(self._cards, dict(self.cards()) | {name: text})
            except StorageError as error:
                if isinstance(error.__cause__, PermissionError):
                    raise ReadOnlyError(f"{str(self._cards)!r} {CANNOT_BE_WRITTEN}") from error
                raise

    def cards(self) -> dict[str, str]:
        """Return the latest card of each name; a warning names those that are damaged, which are left out."""
        return read_cards(self._cards)

    def keep_lease(self, token: str, holder: str) -> None:
        """Write a lease to the file `<journal>.<token>.lease`; its sign of life is the time of writing.

        Raises:
            StorageError: If it cannot be written.
        """
        try:
            self._lease(token).write_text(holder, encoding="utf-8")
        except OSError as error:
            raise _not_written(self._name, error) from error

    def leases(self) -> dict[str, Lease]:
        """Return the leases that have not been ended, by token.

        Raises:
            StorageError: If they cannot be read.
        """
        found: dict[str, Lease] = {}
        try:
            for file in self._path.parent.glob(f"{glob.escape(self._path.name)}.*{_LEASE}"):
                with contextlib.suppress(FileNotFoundError):  # it has just been ended
                    token = file.name.removeprefix(f"{self._path.name}.").removesuffix(_LEASE)
                    found[token] = Lease(file.read_text(encoding="utf-8"), file.stat().st_mtime_ns)
        except (OSError, ValueError) as error:
            raise StorageError(f"the leases of {self._name!r} cannot be read: {error}.") from error
        return found

    def end_lease(self, token: str) -> None:
        """Remove a lease, if it is there.

        Raises:
            StorageError: If it cannot be removed.
        """
        try:
            self._lease(token).unlink(missing_ok=True)
        except OSError as error:
            raise _not_written(self._name, error) from error

    def _lease(self, token: str) -> Path:
        return self._path.with_name(f"{self._path.name}.{token}{_LEASE}")


def _begins_header(data: bytes) -> bool:
    """Return whether a file without a whole line is one whose first line was not finished."""
    start = json.dumps({"format": FORMAT}).encode()[:-1]
    return data.startswith(start) or start.startswith(data)


def _not_written(name: str, error: OSError) -> StorageError:
    if isinstance(error, StorageError):
        return error
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return ReadOnlyError(f"{name!r} {CANNOT_BE_WRITTEN}")
    return StorageError(f"cannot write {name!r}: {error.strerror or error}.")
