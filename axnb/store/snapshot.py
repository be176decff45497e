"""The JSON snapshot: the whole journal in one strict, versioned file, written atomically."""

import contextlib
import json
import os
import tempfile
from pathlib import Path

from axnb.errors import AxnbError, ObjectNotFoundError, SnapshotError, StorageError
from axnb.record.experiment import Experiment
from axnb.record.journal import Journal
from axnb.store.codec import decode_entry, encode_entry

FORMAT = "axnb-experiment"
VERSION = 1


def dumps(experiment: Experiment) -> str:
    r"""Return an experiment as JSON text.

    Example:
        >>> loads(dumps(Experiment())).view().version
        0
    """
    lines = ",\n".join(
        json.dumps(encode_entry(e), allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        for e in experiment.journal
    )
    return f'{{"format":"{FORMAT}","version":{VERSION},"entries":[\n{lines}]}}'


def loads(text: str, journal: Journal | None = None) -> Experiment:
    """Return the experiment that JSON text stands for.

    Args:
        text: The text.
        journal: A new place that is to keep the experiment from now on.

    Raises:
        SnapshotError: If the text is no snapshot, is damaged, or comes from a later version.
    """
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
        return Experiment.replay([decode_entry(e) for e in entries], journal)
    except SnapshotError:
        raise
    except AxnbError as error:  # an event that could not have happened
        raise SnapshotError(f"the journal is damaged: {error}") from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def save(experiment: Experiment, path: str | os.PathLike[str]) -> None:
    """Write an experiment to a file: either wholly or not at all.

    Raises:
        StorageError: If the file cannot be written.
    """
    target = Path(path)
    text = dumps(experiment)
    temporary: str | None = None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.", suffix=".tmp")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            Path(temporary).chmod(target.stat().st_mode)
        else:
            umask = os.umask(0)
            os.umask(umask)
            Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(target)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink(missing_ok=True)
        raise StorageError(f"cannot write {str(target)!r}: {error.strerror or error}.") from error


def load(path: str | os.PathLike[str], journal: Journal | None = None) -> Experiment:
    """Read an experiment from a file.

    Args:
        path: The file.
        journal: A new place that is to keep the experiment from now on.

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
        raise SnapshotError(f"{str(target)!r} is no text file.") from error
    except OSError as error:
        raise StorageError(f"cannot read {str(target)!r}: {error.strerror or error}.") from error
    try:
        return loads(text, journal)
    except SnapshotError as error:
        raise SnapshotError(f"cannot load {str(target)!r}: {error}") from error
