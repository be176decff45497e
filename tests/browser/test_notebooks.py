"""Every tutorial, opened in JupyterLab and run from top to bottom."""

from pathlib import Path

import pytest

from tests.browser.conftest import OpenNotebook

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_tutorial_runs_and_shows_itself(open_: OpenNotebook, path: Path) -> None:
    notebook = open_(path)
    notebook.run_all()
    assert notebook.errors() == []
    notebook.unroll()
    notebook.page.wait_for_timeout(4000)  # let the live cards be painted before they are photographed
    notebook.screenshots(path.stem)
    assert notebook.errors() == []
