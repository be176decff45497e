"""One JupyterLab and one browser for the whole run; a test opens notebooks in them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import nbformat
import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chromium import find
from tests.browser.harness import CHROMIUM_FLAGS, Lab, Notebook, open_notebook, start_lab


class OpenNotebook(Protocol):
    """Open a notebook file; console errors that hold a piece of text in `expected` are no problems."""

    def __call__(self, source: Path, *, expected: tuple[str, ...] = ()) -> Notebook: ...


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab server on loopback."""
    with start_lab(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    expect.set_options(timeout=30_000)  # a limit, not a pause: a busy machine may need seconds
    executable = find()
    if executable is None:
        pytest.fail("No Chromium; `make browser` finds or installs one.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=[*CHROMIUM_FLAGS])
        yield chromium
        chromium.close()


@pytest.fixture
def open_(lab: Lab, browser: Browser) -> Iterator[OpenNotebook]:
    """A function that opens a notebook file; at the end of the test none may have had problems."""
    opened: list[Notebook] = []
    with ExitStack() as stack:

        def opener(source: Path, *, expected: tuple[str, ...] = ()) -> Notebook:
            notebook = stack.enter_context(open_notebook(browser, lab, source, expected))
            opened.append(notebook)
            return notebook

        yield opener
        for notebook in opened:
            notebook.page.evaluate("() => 0")  # events reach us only inside calls to the page
    problems = [problem for notebook in opened for problem in notebook.problems]
    assert not problems


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a notebook of code cells and returns its file."""

    def writer(name: str, *cells: str) -> Path:
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        file = tmp_path / name
        nbformat.write(notebook, file)
        return file

    return writer
