"""The JSON snapshot: the whole journal in one strict, versioned file, written atomically.

It has the lines of a journal, each with a checksum, and the checksum of the last one again below them.
"""

import json
import os
import warnings
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from axnb.errors import AxnbError, AxnbWarning, ObjectNotFoundError, SnapshotError
from axnb.record.experiment import Experiment
from axnb.record.journal import Entry
from axnb.store.checksums import SEED, dump_cards, load_cards, unseal, warn_of
from axnb.store.codec import decode_entries
from axnb.store.files import read_file, write_atomically
from axnb.store.lines import DamagedLineError, dump_lines, load_entries

FORMAT = "axnb-experiment"
VERSION = 3  # 2: short lines; 3: checksums
HEAD = f'{{"format":"{FORMAT}","version":{VERSION},"entries":['.encode()
_END = b'],"checksum":"%s"'
_CARDS = b',"cards":{'

_T = TypeVar("_T")


def dumps(experiment: Experiment, cards: Mapping[str, str] | None = None) -> str:
    """Return an experiment as JSON text, with JSON texts of cards by name beside the journal.

    Example:
        >>> loads(dumps(Experiment()))[0].view().version
        0
    """
    lines, checksum = dump_lines(experiment.journal)
    tail = f',"cards":{dump_cards(cards)}}}' if cards else "}"
    text = b"\n".join([HEAD, b",\n".join(lines), _END % checksum.encode()] if lines else [HEAD, _END % SEED.encode()])
    return text.decode() + tail


def loads(text: str | bytes) -> tuple[Experiment, dict[str, str]]:
    """Return the experiment that JSON text stands for, and the JSON texts of its cards by name.

    Raises:
        SnapshotError: If the text is no snapshot, is damaged, or comes from a later version.
    """
    data = text if isinstance(text, bytes) else text.encode(errors="surrogatepass")
    data = data.replace(b"\r\n", b"\n")  # as version control on Windows may have it
    return _guard(lambda: _load_lines(data) if data.startswith(HEAD) else _load_earlier(data))


def _guard(read: Callable[[], _T]) -> _T:
    """Return what a function reads, and turn whatever goes wrong into an error of ours."""
    try:
        return read()
    except (SnapshotError, Warning):
        raise
    except AxnbError as error:  # an event that could not have happened
        raise SnapshotError(f"the journal is damaged: {error}") from error
    except Exception as error:
        raise SnapshotError(f"the file is damaged: {type(error).__name__}: {str(error)[:200]}") from error


def _load_lines(data: bytes) -> tuple[Experiment, dict[str, str]]:
    lines = data.rstrip(b"\n").split(b"\n")
    entries: list[Entry] = []
    checksum = SEED
    for number, line in enumerate(lines[1:], start=2):
        end = _END % checksum.encode()
        if line in (end + b"}", end + _CARDS):
            if (number > 2 and lines[number - 2].endswith(b",")) or (line == end + b"}" and number < len(lines)):
                raise DamagedLineError(number, "something is left out or added")
            cards = _load_cards(lines[number:]) if number < len(lines) else {}
            return Experiment.replay(entries), cards
        found, checksum = load_line(number, line, lines, checksum)
        entries += found
    raise DamagedLineError(len(lines), "the end is missing")


def load_line(number: int, line: bytes, lines: list[bytes], checksum: str) -> tuple[list[Entry], str]:
    """Return the entries in a line of a snapshot, and its checksum.

    Args:
        number: The line's number, from 1.
        line: The line.
        lines: All lines of the file.
        checksum: Of the line before.

    Raises:
        SnapshotError: If it is damaged.
    """
    last = number == len(lines) or not lines[number].startswith(b"[")
    if line.endswith(b",") == last:
        raise DamagedLineError(number, "it does not agree with its checksum")
    try:
        text, checksum = unseal(checksum, line if last else line[:-1])
        return load_entries(text), checksum
    except SnapshotError as error:
        raise DamagedLineError(number, str(error)) from error


def _load_cards(lines: list[bytes]) -> dict[str, str]:
    end = lines[-1] == b"}}"
    cards, damaged = load_cards(lines[:-1] if end else lines)
    if damaged or not end:
        warnings.warn(warn_of(damaged or ["the last one"]), AxnbWarning, stacklevel=5)
    return cards


def _load_earlier(data: bytes) -> tuple[Experiment, dict[str, str]]:
    """Read a file of an earlier version, which has no checksums, or say what else it is."""
    if data.startswith(b'{"format": "axnb-journal"'):
        raise SnapshotError("the file is a journal: open it by Client(storage=...).")
    try:
        found = json.loads(data.decode(), parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise SnapshotError("it is no text file: open a database by Client.load_from_database.") from error
    except (ValueError, RecursionError) as error:
        raise SnapshotError(f"the file is no valid JSON ({error}): is it complete?") from error
    entries = _check_earlier(found)
    experiment = Experiment.replay(decode_entries(entries))
    cards = found.get("cards", {})
    if not isinstance(cards, dict):
        raise SnapshotError("the file is damaged: its cards are no object.")
    return experiment, {name: json.dumps(card, ensure_ascii=False) for name, card in cards.items()}


def _check_earlier(found: Any) -> list[Any]:
    """Return the list of entries, if it is a file of an earlier version.

    Raises:
        SnapshotError: If it is something else.
    """
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        hint = (
            " It looks like a snapshot of Ax: read it by Client.from_ax_json."
            if isinstance(found, dict) and "_type" in found
            else ""
        )
        raise SnapshotError(f"the file is not an experiment saved by axnb.{hint}")
    version = found.get("version")
    if type(version) is not int or version > VERSION:
        raise SnapshotError(
            f"the file has format version {str(version)[:50]!r}, this axnb reads up to {VERSION}: update axnb."
        )
    if version == VERSION or "checksum" in found:
        raise SnapshotError("is damaged at line 1: it was changed since it was saved.")
    entries = found.get("entries")
    if not isinstance(entries, list):
        raise SnapshotError("the file is damaged: it has no list of entries.")
    return entries


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def save(experiment: Experiment, path: str | os.PathLike[str], cards: Mapping[str, str] | None = None) -> None:
    """Write an experiment to a file: either wholly or not at all.

    Args:
        experiment: The experiment.
        path: The file.
        cards: JSON texts of cards by name, kept beside the journal.

    Raises:
        StorageError: If the file cannot be written.
    """
    write_atomically(path, dumps(experiment, cards))


def load(path: str | os.PathLike[str]) -> tuple[Experiment, dict[str, str]]:
    """Read an experiment from a file, and the JSON texts of its cards by name.

    Raises:
        ObjectNotFoundError: If there is no such file.
        SnapshotError: If it is no snapshot, is damaged, or comes from a later version.
        StorageError: If it cannot be read.
    """
    name = str(path)
    try:
        data = read_file(path)
    except FileNotFoundError:
        raise ObjectNotFoundError(f"there is no file {name!r}.") from None
    try:
        return loads(data)
    except DamagedLineError as error:
        raise SnapshotError(
            f"cannot load {name!r}: it {error} Client.recover({name!r}) writes what is above it to a sound file."
        ) from error
    except SnapshotError as error:
        raise SnapshotError(f"cannot load {name!r}: {error}") from error
