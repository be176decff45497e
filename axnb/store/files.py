"""Files that are written wholly or not at all."""

import contextlib
import os
import tempfile
from pathlib import Path

from axnb.errors import StorageError

CANNOT_BE_WRITTEN = (
    "can be read but not written to: save the experiment elsewhere by save_to_json_file and load that to go on, "
    "or copy the file to a folder of your own."
)
NOT_THE_SAME = (
    "is not the file that was opened: it has been removed, cut or replaced meanwhile. What you see is in memory still: "
    "keep it by save_to_json_file, then open the file anew."
)


def write_atomically(target: Path, text: str) -> None:
    """Put text into a file, on disk before the call returns; on failure the file is as before.

    Raises:
        StorageError: If the file cannot be written.
    """
    temporary: Path | None = None
    try:
        if target.exists():
            target.open("ab").close()  # a file that its owner has made read-only is not replaced
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.", suffix=".tmp")
        temporary = Path(name)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(target.stat().st_mode if target.exists() else 0o666 & ~_umask())
        temporary.replace(target)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        raise StorageError(f"cannot write {str(target)!r}: {error.strerror or error}.") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
