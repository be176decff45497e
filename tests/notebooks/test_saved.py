"""What is stored in the tutorials: outputs that tell the story with no kernel, and nothing of the machine."""

import json
import re
from functools import cache
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
LARGEST = 1_500_000  # bytes
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)


@cache
def _read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def _outputs(path: Path) -> list[nbformat.NotebookNode]:
    return [output for cell in _read(path).cells for output in cell.get("outputs", [])]


def test_the_tutorials_are_there() -> None:
    assert [path.name[:2] for path in NOTEBOOKS[:2]] == ["01", "02"]


@every_notebook
def test_it_is_valid_and_runs_on_any_python(path: Path) -> None:
    nbformat.validate(_read(path))
    assert _read(path).metadata.kernelspec.name == "python3"


@every_notebook
def test_it_was_run_from_top_to_bottom_without_an_error(path: Path) -> None:
    counts = [cell.execution_count for cell in _read(path).cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert not [output for output in _outputs(path) if output.output_type == "error" or output.get("name") == "stderr"]


@every_notebook
def test_something_in_it_is_checked(path: Path) -> None:
    checked = [cell for cell in _read(path).cells if "\n# NBVAL_CHECK_OUTPUT" in f"\n{cell.source}"]
    assert checked
    assert all(cell.outputs for cell in checked)


@every_notebook
def test_every_widget_has_a_static_stand_in(path: Path) -> None:
    live = "application/vnd.jupyter.widget-view+json"
    shown = [output.data for output in _outputs(path) if live in output.get("data", {})]
    assert all("text/html" in data for data in shown)


@every_notebook
def test_it_is_small_and_keeps_no_widget_state(path: Path) -> None:
    assert "widgets" not in _read(path).metadata
    assert path.stat().st_size < LARGEST


@every_notebook
def test_it_names_no_folder_of_the_machine_that_ran_it(path: Path) -> None:
    text = json.dumps(_read(path))
    assert not re.findall(r"(?:/root|/home|/Users|/tmp|/work)/[\w.-]+|ipykernel_\d+|file://", text)
