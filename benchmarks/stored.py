"""Results as lines of JSON, each with what it was measured with: versions, machine, date.

Knows nothing of what is measured. A line replaces the one that it repeats, so that one library can be measured again.
"""

import importlib.metadata
import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"
PACKAGES = {"axnb": "axnb", "ax": "ax-platform", "optuna": "optuna"}
BESIDES = ("numpy", "scipy", "torch", "botorch")

Row = dict[str, object]


def circumstances(library: str) -> Row:
    """Return a library's version and those of what it stands on, the machine, and the date."""
    with_ = {name: _version(name) for name in BESIDES if _version(name)}
    return {
        "library": library,
        "version": _version(PACKAGES.get(library, library)),
        "with": {"python": platform.python_version(), **with_},
        "machine": {"cpu": _processor(), "cores": os.cpu_count(), "threads": 1},
        "date": datetime.now(UTC).date().isoformat(),
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def read(path: Path) -> list[Row]:
    """Return the lines of a file; none where it is not there."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def store(path: Path, rows: Iterable[Mapping[str, object]], keys: Sequence[str]) -> None:
    """Write lines to a file, in place of those that they repeat.

    Args:
        path: The file; made where it is not there.
        rows: The lines.
        keys: What two lines have in common where one repeats the other.
    """
    kept = {tuple(row.get(k) for k in keys): dict(row) for row in read(path)}
    kept |= {tuple(row.get(k) for k in keys): dict(row) for row in rows}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in kept.values()), encoding="utf-8")
