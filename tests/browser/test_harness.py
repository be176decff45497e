"""The harness sees what it claims to see: clicks, the kernel, themes, errors, requests that would leave the machine."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import OpenNotebook

COUNTER = '''
import anywidget, traitlets

class Counter(anywidget.AnyWidget):
    _esm = """
    export default { render({ model, el }) {
        const button = document.createElement("button");
        const say = () => { button.textContent = `count is ${model.get("count")}` };
        button.onclick = () => model.send({ add: 1 });
        model.on("change:count", say); say(); el.append(button);
    } }"""
    count = traitlets.Int(0).tag(sync=True)

    def __init__(self):
        super().__init__()
        self.on_msg(lambda _, content, __: setattr(self, "count", self.count + content["add"]))

counter = Counter()
counter
'''


def test_a_click_reaches_the_kernel_and_comes_back(open_: OpenNotebook, write: Callable[..., Path]) -> None:
    notebook = open_(write("counter.ipynb", COUNTER, "counter"))
    notebook.run_all()
    button = notebook.output(0).get_by_role("button")
    button.click()
    expect(button).to_have_text("count is 1")
    expect(notebook.output(1).get_by_role("button")).to_have_text("count is 1")
    assert notebook.ask("counter.count") == 1
    notebook.reload()
    expect(notebook.output(0).get_by_role("button")).to_have_text("count is 1")


def test_themes_are_photographed(open_: OpenNotebook, write: Callable[..., Path]) -> None:
    notebook = open_(write("themes.ipynb", "1 + 1"))
    notebook.run_all()
    notebook.screenshots("harness", notebook.page.locator(".jp-Notebook"))
    light, dark = (Path(f"test-results/harness-{theme}.png").read_bytes() for theme in ("light", "dark"))
    assert light != dark


def test_problems_are_noticed(open_: OpenNotebook, write: Callable[..., Path]) -> None:
    notebook = open_(write("problems.ipynb", "1 / 0"))
    notebook.run_all()
    assert len(notebook.errors()) == 1
    notebook.page.evaluate("console.error('a complaint'); fetch('http://127.0.0.2:9/away').catch(() => 0)")
    pieces = ("a complaint", "off the machine: http://127.0.0.2", "failed: http://127.0.0.2")
    notebook.until(lambda: all(any(piece in problem for problem in notebook.problems) for piece in pieces))
    notebook.problems.clear()
