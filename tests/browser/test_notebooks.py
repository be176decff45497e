"""Every tutorial, opened in JupyterLab and run from top to bottom."""

from pathlib import Path

import pytest

from tests.browser.conftest import OpenNotebook
from tests.browser.harness import Lab

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_tutorial_runs_and_shows_itself(open_: OpenNotebook, lab: Lab, path: Path) -> None:
    beside = lab.root.parent / "benchmarks"  # stored results, where the page on benchmarks looks for them
    if not beside.exists():
        beside.symlink_to(ROOT / "benchmarks")
    notebook = open_(path)
    notebook.run_all()
    assert notebook.errors() == []
    notebook.unroll()
    notebook.settle()
    notebook.screenshots(path.stem)
    assert notebook.errors() == []
