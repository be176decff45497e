"""Files that are written wholly or not at all.

One way for all of them: symbolic links are followed, what is no regular file is refused, permissions stay as they are.
"""

import contextlib
import importlib
import os
import secrets
import stat
from pathlib import Path
from typing import Any

from axnb.errors import StorageError
from axnb.interrupts import hold_signals

CANNOT_BE_WRITTEN = (
    "can be read but not written to: save the experiment elsewhere by save_to_json_file and load that to go on, "
    "or copy the file to a folder of your own."
)
NOT_THE_SAME = (
    "is not the file that was opened: it has been removed, cut or replaced meanwhile. What you see is in memory still: "
    "keep it by save_to_json_file, then open the file anew."
)
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
fcntl: Any = importlib.import_module("fcntl") if os.name == "posix" else None  # on Windows, open files stay anyway
_BINARY = getattr(os, "O_BINARY", 0)  # Windows would change the ends of lines


def find_file(path: str | os.PathLike[str]) -> Path:
    """Return the file that a path leads to, symbolic links followed; it need not be there yet.

    Raises:
        StorageError: If something else is there, such as a folder or a device, or the path leads nowhere.
    """
    try:
        target = Path(path).resolve()
        mode = target.stat().st_mode
    except FileNotFoundError:
        return target
    except (OSError, RuntimeError, ValueError) as error:  # links that go round in circles, a null byte
        raise StorageError(f"{str(path)[:500]!r} cannot be used: {_reason(error)}.") from error
    if not stat.S_ISREG(mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "something else")
        raise StorageError(f"{str(path)!r} is {kind}: give the name of a file.")
    return target


def read_file(path: str | os.PathLike[str]) -> bytes:
    """Return what is in a file.

    Raises:
        FileNotFoundError: If there is none.
        StorageError: If it is no regular file, or cannot be read.
    """
    target = find_file(path)
    try:
        return target.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StorageError(f"cannot read {str(path)!r}: {_reason(error)}.") from error


def write_atomically(target: str | os.PathLike[str], text: str) -> None:
    """Put text into a file, on disk before the call returns; on failure the file is as before.

    Raises:
        StorageError: If the file cannot be written.
    """
    real = find_file(target)
    try:
        data = text.encode()
        with hold_signals():
            _replace(real, data)
    except (OSError, ValueError) as error:
        raise StorageError(f"cannot write {str(target)!r}: {_reason(error)}.") from error


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of the data, which the system may take in parts."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync_folder(folder: Path) -> None:
    """Make sure that a new file's name is on disk too."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # folders cannot be opened on Windows, nor need they be
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _replace(target: Path, data: bytes) -> None:
    """Write a temporary file beside the target, and put it in its place."""
    was = target.stat() if target.exists() else None
    if was is not None:
        os.close(os.open(target, os.O_WRONLY))  # a file that its owner has made read-only is not replaced
    prefix = f".{target.name[:40]}."
    _sweep(target.parent, prefix)
    temporary, descriptor = _new_file(target.parent, prefix)
    try:
        try:
            if was is not None:
                _give_rights(descriptor, temporary, was)
            write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def _new_file(folder: Path, prefix: str) -> tuple[Path, int]:
    """Make a file that nobody else has, locked for as long as it is open."""
    while True:
        path = folder / f"{prefix}{secrets.token_hex(4)}.tmp"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
        except FileExistsError:
            continue
        if fcntl is None:
            return path, descriptor
        with contextlib.suppress(OSError):  # file systems without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return path, descriptor
        os.close(descriptor)  # swept before it was locked


def _sweep(folder: Path, prefix: str) -> None:
    """Remove what killed processes have left: temporary files that nobody has locked."""
    if fcntl is None:
        return
    for left in folder.iterdir():
        if not (left.name.startswith(prefix) and left.name.endswith(".tmp")):
            continue
        with contextlib.suppress(OSError):
            descriptor = os.open(left, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                left.unlink()
            finally:
                os.close(descriptor)


def _give_rights(descriptor: int, path: Path, was: os.stat_result) -> None:
    """Give a new file the mode, and where possible the owner, of the one that it replaces."""
    if fcntl is None:
        path.chmod(stat.S_IMODE(was.st_mode))
        return
    if (was.st_uid, was.st_gid) != (os.geteuid(), os.getegid()):
        with contextlib.suppress(OSError):
            os.fchown(descriptor, was.st_uid, was.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(was.st_mode))


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
