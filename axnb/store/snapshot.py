"""The JSON snapshot: the whole journal in one strict, versioned file, written atomically."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from axnb.errors import AxnbError, ObjectNotFoundError, SnapshotError, StorageError
from axnb.record.experiment import Experiment
from axnb.store.codec import decode_entries, encode_entries
from axnb.store.files import write_atomically

FORMAT = "axnb-experiment"
VERSION = 2


def dumps(experiment: Experiment, cards: Mapping[str, str] | None = None) -> str:
    """Return an experiment as JSON text, with JSON texts of cards by name beside the journal.

    Example:
        >>> loads(dumps(Experiment()))[0].view().version
        0
    """
    lines = ",\n".join(
        json.dumps(line, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        for line in encode_entries(experiment.journal)
    )
    kept = ",\n".join(f"{json.dumps(name)}:{text}" for name, text in (cards or {}).items())
    tail = f',"cards":{{\n{kept}}}' if kept else ""
    return f'{{"format":"{FORMAT}","version":{VERSION},"entries":[\n{lines}]{tail}}}'


def loads(text: str) -> tuple[Experiment, dict[str, str]]:
    """Return the experiment that JSON text stands for, and the JSON texts of its cards by name.

    Raises:
        SnapshotError: If the text is no snapshot, is damaged, or comes from a later version.
    """
    if text.startswith('{"format": "axnb-journal"'):
        raise SnapshotError("the file is a journal: open it by Client(storage=...).")
    try:
        data = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise SnapshotError(f"the file is no valid JSON ({error}): is it complete?") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        hint = " It looks like a snapshot of Ax." if isinstance(data, dict) and "_type" in data else ""
        raise SnapshotError(f"the file is not an experiment saved by axnb.{hint}")
    version = data.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise SnapshotError(f"the file has format version {version!r}, this axnb reads up to {VERSION}: update axnb.")
    entries = data.get("entries")
    if not isinstance(entries, list):
        raise SnapshotError("the file is damaged: it has no list of entries.")
    try:
        experiment = Experiment.replay(decode_entries(entries))
    except SnapshotError:
        raise
    except AxnbError as error:  # an event that could not have happened
        raise SnapshotError(f"the journal is damaged: {error}") from error
    cards = data.get("cards", {})
    if not isinstance(cards, dict):
        raise SnapshotError("the file is damaged: its cards are no object.")
    return experiment, {name: json.dumps(card, ensure_ascii=False) for name, card in cards.items()}


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
    write_atomically(Path(path), dumps(experiment, cards))


def load(path: str | os.PathLike[str]) -> tuple[Experiment, dict[str, str]]:
    """Read an experiment from a file, and the JSON texts of its cards by name.

    Raises:
        ObjectNotFoundError: If there is no such file.
        SnapshotError: If it is no snapshot, is damaged, or comes from a later version.
        StorageError: If it cannot be read.
    """
    target = Path(path)
    try:
        text = target.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ObjectNotFoundError(f"there is no file {str(target)!r}.") from None
    except UnicodeDecodeError as error:
        raise SnapshotError(
            f"{str(target)!r} is no text file: open a database by Client.load_from_database."
        ) from error
    except OSError as error:
        raise StorageError(f"cannot read {str(target)!r}: {error.strerror or error}.") from error
    try:
        return loads(text)
    except SnapshotError as error:
        raise SnapshotError(f"cannot load {str(target)!r}: {error}") from error
