"""The lines of a journal: one an action, each with a checksum, below a line that names the format.

A journal that an earlier version began has lines without checksums; the first line that is added names the format anew
and has the checksum of all that is above it.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from axnb.errors import SnapshotError
from axnb.record.journal import Entry
from axnb.store.checksums import SEED, link, seal, unseal
from axnb.store.codec import decode_entries, encode_entries

FORMAT = "axnb-journal"
VERSION = 3  # 2: short lines; 3: checksums


class Mark(NamedTuple):
    """A place between two lines.

    Args:
        offset: How many bytes are above it.
        length: How many entries.
        line: How many lines.
        version: The version of the format that they have; 0 where there are none.
        checksum: Of the line above.
    """

    offset: int = 0
    length: int = 0
    line: int = 0
    version: int = 0
    checksum: str = SEED


class DamagedLineError(SnapshotError):
    """A line of a journal is damaged."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"is damaged at line {number}: {reason.removesuffix('.')}.")


class ForeignFileError(SnapshotError):
    """A file is no journal."""


def dump_header(checksum: str = SEED) -> bytes:
    """Return the line that names the format, with the checksum of the line above it."""
    return json.dumps({"format": FORMAT, "version": VERSION, "checksum": checksum}).encode()


def dump_entries(entries: Sequence[Entry]) -> bytes:
    """Return the JSON texts of the entries of one action, comma-separated."""
    return json.dumps(encode_entries(entries), allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()[
        1:-1
    ]


def split_actions(entries: Iterable[Entry]) -> list[list[Entry]]:
    """Return entries by action."""
    actions: list[list[Entry]] = []
    for entry in entries:
        if actions and actions[-1][0].action == entry.action:
            actions[-1].append(entry)
        else:
            actions.append([entry])
    return actions


def dump_lines(entries: Iterable[Entry], checksum: str = SEED) -> tuple[list[bytes], str]:
    """Return a line for each action, and the checksum of the last.

    Args:
        entries: Whole actions.
        checksum: Of the line before.
    """
    lines = []
    for action in split_actions(entries):
        line, checksum = seal(checksum, dump_entries(action))
        lines.append(line)
    return lines, checksum


def load_entries(text: bytes) -> list[Entry]:
    """Return the entries of a line.

    Args:
        text: JSON texts, comma-separated.

    Raises:
        SnapshotError: If they are no entries.
    """
    try:
        data = json.loads(b"[%s]" % text)
    except (ValueError, RecursionError) as error:
        raise SnapshotError(str(error)) from error
    return decode_entries(data)


def load_lines(data: bytes, mark: Mark = Mark()) -> Iterator[tuple[Mark, list[Entry]]]:  # noqa: B008 - it never changes
    """Yield the entries of each whole line, and the mark below it.

    Args:
        data: What is below a mark.
        mark: The mark.

    Raises:
        ForeignFileError: If it is no journal.
        SnapshotError: If a line is damaged, or from a later version.
    """
    *lines, rest = data.split(b"\n")
    for line in lines:
        try:
            mark, entries = _load_line(line, mark)
        except (DamagedLineError, ForeignFileError):
            raise
        except SnapshotError as error:
            raise DamagedLineError(mark.line + 1, str(error)) from error
        yield mark, entries
    if rest and mark.version == VERSION and _is_whole(rest[:-1], mark):
        raise DamagedLineError(mark.line + 1, "its end is another character")


def _load_line(line: bytes, mark: Mark) -> tuple[Mark, list[Entry]]:
    offset = mark.offset + len(line) + 1
    if mark.version == 0 or line.startswith(b"{"):
        version = _read_version(line, mark)
        checksum = mark.checksum if version == VERSION else link(mark.checksum, line)
        return Mark(offset, mark.length, mark.line + 1, version, checksum), []
    if mark.version < VERSION:
        if not (line.startswith(b"[") and line.endswith(b"]")):
            raise SnapshotError("expected a list of entries")
        text, checksum = line[1:-1], link(mark.checksum, line)
    else:
        text, checksum = unseal(mark.checksum, line)
    entries = load_entries(text)
    return Mark(offset, mark.length + len(entries), mark.line + 1, mark.version, checksum), entries


def _read_version(line: bytes, mark: Mark) -> int:
    """Return the version that a line names."""
    if line == dump_header(mark.checksum):
        return VERSION
    try:
        header = json.loads(line)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        if mark.version:
            raise SnapshotError("expected a list of entries")
        raise ForeignFileError(describe_foreign(line))
    version = header.get("version")
    if type(version) is not int or version > VERSION:
        raise SnapshotError("it was written by a later version of axnb: update axnb")
    if version == VERSION or "checksum" in header or mark.version:
        raise SnapshotError("it does not agree with its checksum, which covers the lines above")
    return version


def describe_foreign(start: bytes) -> str:
    """Return what to say of a file that is no journal."""
    hint = ""
    if start.startswith(b'{"format":"axnb-experiment"'):
        hint = ": it is a snapshot, load it by Client.load_from_json_file"
    if start.startswith(b"SQLite format"):
        hint = ": it is a database, open it by Client.load_from_database(name, storage='sqlite:///…')"
    return f"is not a journal of axnb{hint}."


def _is_whole(line: bytes, mark: Mark) -> bool:
    try:
        _load_line(line, mark)
    except SnapshotError:
        return False
    return True
