"""The demo environment: its pins are the tested ones, and from nothing but them the quickstart runs in 2 GB."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BINDER = ROOT / "binder"
LIMIT = 2_000_000_000  # bytes that a demo session may use
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv*", "node_modules", "build", "dist", "*.egg-info", "test-results", ".*_cache"
)

# Runs the notebook in the demo's own Python; prints what failed, and the peak memory of the two processes in bytes.
RUN = """
import json, resource, sys
import nbformat
from nbclient import NotebookClient

notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
unit = 1 if sys.platform == "darwin" else 1024
peak = {name: unit * resource.getrusage(who).ru_maxrss
        for name, who in (("kernel", resource.RUSAGE_CHILDREN), ("front", resource.RUSAGE_SELF))}
errors = [out.evalue for cell in notebook.cells for out in cell.get("outputs", []) if out.output_type == "error"]
print(json.dumps({"errors": errors, **peak}))
"""


def _pins(file: Path) -> dict[str, str]:
    """Return the versions by lower-case name, local parts such as `+cpu` left out."""
    pairs = re.findall(r"^([\w.-]+)==([\w.]+)", file.read_text(), flags=re.MULTILINE)
    return {name.lower().replace("_", "-"): version for name, version in pairs}


def test_pins_are_the_tested_ones() -> None:
    tested = _pins(ROOT / "constraints.txt")
    demo = _pins(BINDER / "requirements.txt")
    assert demo
    assert demo == {name: tested.get(name) for name in demo}


def test_everything_that_axnb_needs_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = project["dependencies"] + project["optional-dependencies"]["lab"]
    names = {re.split(r"[^\w.-]", entry)[0].lower() for entry in needed}
    assert names <= set(_pins(BINDER / "requirements.txt"))


def test_requirements_name_no_local_file() -> None:
    """Else the image could not be built before the repository is copied, and every commit would install all anew."""
    lines = (BINDER / "requirements.txt").read_text().splitlines()
    assert not [line for line in lines if re.match(r"\s*(-[erc]\b|\.|/)", line)]


def test_post_build_can_be_executed() -> None:
    assert os.access(BINDER / "postBuild", os.X_OK)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A new virtual environment with the demo installed, and the copy of the repository that it was built from."""
    home = tmp_path_factory.mktemp("binder")
    copy, python = home / "repo", home / "env" / "bin" / "python"
    shutil.copytree(ROOT, copy, symlinks=True, ignore=NOT_COPIED)
    subprocess.run([sys.executable, "-m", "venv", home / "env"], check=True)
    requirements = home / "requirements.txt"
    requirements.write_text(_reachable((BINDER / "requirements.txt").read_text()))
    install = [python, "-m", "pip", "--disable-pip-version-check", "install", "-q", "-r", requirements]
    subprocess.run(install, check=True, timeout=1200)
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "VIRTUAL_ENV": str(home / "env")}
    subprocess.run([copy / "binder" / "postBuild"], cwd=copy, env=environment, check=True, timeout=600)
    return python, copy


def _reachable(requirements: str) -> str:
    """Take torch from wherever this machine gets it: a further index may not be reachable, and `+cpu` is only there."""
    return re.sub(r"^--.*\n", "", requirements, flags=re.MULTILINE).replace("+cpu", "")


def test_the_quickstart_runs_in_the_demo(demo: tuple[Path, Path]) -> None:
    python, copy = demo
    notebooks = copy / "notebooks"
    command = [python, "-c", RUN, "01-quickstart.ipynb"]
    done = subprocess.run(command, check=False, cwd=notebooks, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    print(f"peak memory: kernel {found['kernel'] / 1e6:.0f} MB, runner {found['front'] / 1e6:.0f} MB")
    assert found["errors"] == []
    assert found["kernel"] + found["front"] < LIMIT


def test_the_demo_uses_the_installed_package(demo: tuple[Path, Path]) -> None:
    python, copy = demo
    command = [python, "-c", "import axnb.analyses, axnb.widgets; print(axnb.analyses.__file__)"]
    done = subprocess.run(command, cwd=copy / "notebooks", capture_output=True, text=True, check=True)
    assert str(python.parents[1].resolve()) in done.stdout
