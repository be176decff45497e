"""Live cards in JupyterLab: they are drawn, answer their controls from the model, and follow the experiment."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.harness import Notebook

EXPERIMENT = """
from axnb import Client, RangeParameterConfig
from axnb.analyses import ContourPlot, UtilityProgressionAnalysis

client = Client(random_seed=2)
client.configure_experiment(
    [RangeParameterConfig(name=name, bounds=(0.0, 1.0), parameter_type="float") for name in ("heat", "time", "salt")]
)
client.configure_optimization(objective="-loss")

def loss(point):
    return (point["heat"] - 0.3) ** 2 + 2 * (point["time"] - 0.6) ** 2 + 0.5 * point["salt"]

for _ in range(8):
    for index, point in client.get_next_trials(max_trials=1).items():
        client.complete_trial(index, raw_data={"loss": loss(point)})
contour, trace = client.compute_analyses([ContourPlot(), UtilityProgressionAnalysis()])
"""
TELL = """
((index, point),) = client.get_next_trials(max_trials=1).items()
client.complete_trial(index, raw_data={"loss": loss(point)})
"""
SURFACE = "figure => JSON.stringify(figure.data.map(trace => trace.z))"
DRAWN = 30_000  # milliseconds for plotly.js to arrive on a busy machine


@pytest.fixture
def notebook(open_: OpenNotebook, write: Callable[..., Path]) -> Notebook:
    """A contour, a trace, and a cell that adds a trial."""
    opened = open_(write("cards.ipynb", EXPERIMENT, "contour", "trace", TELL))
    for index in range(3):
        opened.run_cell(index)
    assert opened.errors() == []
    return opened


def _plot(notebook: Notebook, cell: int) -> Locator:
    return notebook.output(cell).locator(".js-plotly-plot")


def test_a_contour_answers_its_controls(notebook: Notebook) -> None:
    plot, card = _plot(notebook, 1), notebook.output(1)
    expect(plot.locator(".main-svg").first).to_be_visible(timeout=DRAWN)
    before = plot.locator(".xtitle").text_content()
    notebook.screenshots("contour", card)
    fields = card.get_by_role("group", name="Controls")
    across = fields.get_by_role("combobox").first
    other = next(name for name in ("heat", "time", "salt") if name != before)
    across.select_option(label=other)
    expect(plot.locator(".xtitle")).to_have_text(other)
    surface = plot.evaluate(SURFACE)
    slider = fields.locator("input[type=range]").first
    expect(slider).to_be_enabled()
    slider.focus()
    for _ in range(5):
        notebook.page.keyboard.press("PageUp")
    changed = f"([figure, before]) => ({SURFACE})(figure) !== before"
    notebook.page.wait_for_function(changed, arg=[plot.element_handle(), surface])


def test_a_trace_follows_the_experiment(notebook: Notebook) -> None:
    plot = _plot(notebook, 2)
    expect(plot.locator(".main-svg").first).to_be_visible(timeout=DRAWN)
    last = "figure => Math.max(...(figure.calcdata ?? []).flat().map(point => point.x ?? 0))"
    notebook.page.wait_for_function(f"figure => ({last})(figure) === 7", arg=plot.element_handle())
    notebook.run_cell(3)
    notebook.page.wait_for_function(f"figure => ({last})(figure) === 8", arg=plot.element_handle())
