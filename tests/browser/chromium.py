"""Finds the Chromium that the browser tests drive, and installs it when there is none.

`python tests/browser/chromium.py` prints its path, after asking the system's package manager for it if need be.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ELSEWHERE = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
APT = ("chromium", "fonts-dejavu-core")


def find() -> str | None:
    """Return the path of a Chromium or Chrome; the variable AXNB_CHROMIUM goes before everything else."""
    if chosen := os.environ.get("AXNB_CHROMIUM"):
        return chosen
    on_path = (shutil.which(name) for name in NAMES)
    return next((path for path in (*on_path, *ELSEWHERE) if path and Path(path).exists()), None)


def install() -> str | None:
    """Install Chromium by apt-get, as root or by a sudo that asks for no password; return why not, or nothing."""
    if not shutil.which("apt-get"):
        return "this system has no apt-get"
    first: list[str] = []
    if os.geteuid() != 0:
        if not shutil.which("sudo") or _run("sudo", "-n", "true")[0]:
            return "apt-get needs root, and sudo asks for a password"
        first = ["sudo", "-n"]
    for step in (["update"], ["install", "-y", "--no-install-recommends", *APT]):
        code, said = _run(*first, "apt-get", "-q", *step)
        if code:
            return f"`apt-get {step[0]}` failed: {said}"
    return None


def _run(*command: str) -> tuple[int, str]:
    """Return the exit code of a command and the last line that it said."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return done.returncode, lines[-1] if lines else "no message"


def main() -> int:
    """Print where Chromium is; install it when it is nowhere."""
    reason = None if find() else install()
    if path := find():
        print(f"Chromium: {path}")
        return 0
    print(
        "The browser tests need Chromium, none was found, and it could not be installed: "
        f"{reason or 'apt-get left none behind'}.\n"
        "Install Chromium or Chrome, or name one: AXNB_CHROMIUM=/path/to/chrome make test",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
