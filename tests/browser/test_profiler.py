"""The profiler in JupyterLab: its lines are dragged and typed, locked ones stay, and its settings become a trial."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.harness import Notebook

EXPERIMENT = """
import numpy as np
from axnb import ChoiceParameterConfig, Client, RangeParameterConfig
from axnb.analyses import ProfilerPlot

client = Client(random_seed=2)
heats = [RangeParameterConfig(f"zone {k}", (20.0, 80.0), "float") for k in range(1, 9)]
client.configure_experiment(
    [*heats, RangeParameterConfig("salt", (0.01, 10.0), "float", scaling="log"),
     ChoiceParameterConfig("oven", ["gas", "steam", "stone"], "str", is_ordered=False)],
)
client.configure_optimization("taste, -cost", outcome_constraints=["crumbs <= 0.7"])
rng = np.random.default_rng(1)
for _ in range(40):
    p = {h.name: float(rng.uniform(20, 80)) for h in heats}
    p |= {"salt": float(10 ** rng.uniform(-2, 1)), "oven": ["gas", "steam", "stone"][rng.integers(3)]}
    x = [(p[h.name] - 20) / 60 for h in heats]
    taste = 5 - 8 * (x[0] - 0.6) ** 2 - (np.log10(p["salt"]) - 0.2) ** 2 + (p["oven"] == "stone")
    results = {"taste": (taste + 0.3 * rng.normal(), 0.3), "cost": 1 + 2 * x[1] + x[0]}
    results["crumbs"] = 0.3 + 0.6 * x[2] * x[0]
    client.complete_trial(client.attach_trial(p), results)
(card,) = client.compute_analyses([ProfilerPlot()], display=False)
"""
NOW = "[(c['key'], c['value']) for c in card.view.widget(card).face['controls'] if c['field'] == 'at' and c['key']]"
DRAWN = 30_000  # milliseconds for plotly.js to arrive on a busy machine


@pytest.fixture
def notebook(open_: OpenNotebook, write: Callable[..., Path]) -> Notebook:
    """A profiler of ten parameters and three metrics."""
    opened = open_(write("profiler.ipynb", EXPERIMENT, "card"))
    for index in range(2):
        opened.run_cell(index)
    assert opened.errors() == []
    return opened


def _drag(notebook: Notebook, grip: Locator, right: int) -> None:
    box = notebook.place(grip)
    mouse = notebook.page.mouse
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse.move(x, y)
    mouse.down()
    for step in range(1, 7):
        mouse.move(x + right * step / 6, y)
    mouse.up()


def test_settings_are_dragged_typed_locked_improved_and_made_a_trial(notebook: Notebook) -> None:
    output = notebook.output(1)
    expect(output.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=DRAWN)
    rested = output.locator("[aria-busy=true]")
    grips = output.locator(".axnb-grip")
    expect(grips).to_have_count(10)
    notebook.screenshots("profiler", output)

    def settings() -> dict[str, object]:
        expect(rested).to_have_count(0)
        return dict(notebook.ask(NOW))

    first = settings()
    right = 25 if float(str(first["zone 3"])) < 50 else -25
    _drag(notebook, grips.nth(2), right)
    notebook.until(lambda: settings()["zone 3"] != first["zone 3"])
    after = settings()
    assert {n for n in first if first[n] != after[n]} == {"zone 3"}

    typed = output.get_by_label("zone 2: type a value", exact=True)
    typed.fill("33,5")
    typed.press("Enter")
    typed.press("Tab")
    notebook.until(lambda: settings()["zone 2"] == 33.5)

    output.get_by_label("Lock zone 2", exact=True).check()
    button = output.get_by_role("button", name="Move all lines that are not locked")
    expect(button).to_have_text("Best under these locks")
    button.click()
    notebook.until(lambda: settings()["zone 1"] != after["zone 1"])
    best = settings()
    assert (best["zone 2"], best["oven"]) == (33.5, "stone")
    count = notebook.ask("len(client.experiment.view().trials)")
    output.get_by_role("button", name="Make this a trial").click()
    expect(output.get_by_text(f"This is trial {count}.")).to_be_visible()
    assert notebook.ask(f"client.experiment.view().trials[{count}].parameters") == best
    notebook.ask("client.undo()")
    notebook.until(lambda: notebook.ask("len(client.experiment.view().trials)") == count)


def test_a_drag_is_answered_at_the_speed_of_the_hand(notebook: Notebook) -> None:
    """Its round trip is printed, not judged: `pytest -s` shows it."""
    output = notebook.output(1)
    expect(output.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=DRAWN)
    slider = output.get_by_role("slider", name="zone 1", exact=True)
    expect(slider).to_be_enabled()
    times = slider.evaluate("""async (slider) => {
        const root = slider.closest(".axnb-card");
        const times = [];
        for (let step = 1; step <= 20; step++) {
            const painted = new Promise((done) => root.addEventListener("axnb-painted", done, { once: true }));
            const start = performance.now();
            slider.value = 5 * step;
            slider.dispatchEvent(new Event("input", { bubbles: true }));
            await painted;
            times.push(performance.now() - start);
            await new Promise((done) => setTimeout(done, 20));
        }
        return times.sort((a, b) => a - b);
    }""")
    print(f"drag to painted: median {times[10]:.0f} ms, most {times[-1]:.0f} ms")
    assert len(times) == 20
