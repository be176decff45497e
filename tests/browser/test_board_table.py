"""The board's rows in JupyterLab: order, search, filters, and what they share with live cards; ten thousand of them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.harness import Notebook

EXPERIMENT = """
import numpy as np, pandas as pd
from axnb import Client, RangeParameterConfig
from axnb.analyses import ScatterPlot

rng = np.random.default_rng(0)
client = Client(random_seed=1)
client.configure_experiment(
    name="print strength",
    parameters=[RangeParameterConfig(name, bounds=(0.0, 1.0), parameter_type="float") for name in ("infill", "speed")],
)
client.configure_optimization(objective="strength", outcome_constraints=["weight <= 10"])
frame = pd.DataFrame({name: rng.random(COUNT) for name in ("infill", "speed", "strength")})
_ = client.attach_dataframe(frame.assign(weight=20 * frame.infill))
"""


@pytest.fixture
def show(open_: OpenNotebook, write: Callable[..., Path]) -> Callable[..., Notebook]:
    """A function that shows a board of so many trials, and other cells below it."""

    def shower(count: int, *cells: str) -> Notebook:
        code = EXPERIMENT.replace("COUNT", str(count))
        notebook = open_(write("table.ipynb", code, "board = client.board()\nboard", *cells))
        notebook.run_all()
        expect(_board(notebook).locator("tr[data-trial]").first).to_be_visible(timeout=30_000)
        return notebook

    return shower


def _board(notebook: Notebook) -> Locator:
    return notebook.output(1).get_by_role("group", name="Trial board")


def _first_rows(board: Locator, count: int) -> list[int]:
    rows = board.locator("tr[data-trial]")
    return [int(rows.nth(i).get_attribute("data-trial") or -1) for i in range(count)]


def test_rows_are_ordered_searched_and_filtered(show: Callable[..., Notebook]) -> None:
    notebook = show(300)
    board = _board(notebook)
    board.get_by_role("columnheader", name="strength").locator(".axnb-column").click()
    best = notebook.ask("[int(i) for i in frame.strength.sort_values(ascending=False).index[:5]]")
    expect(board.locator("tr[data-trial]").first).to_have_attribute("data-trial", str(best[0]))
    assert _first_rows(board, 5) == best

    histogram = board.get_by_role("columnheader", name="infill").locator(".axnb-histogram")
    box = notebook.place(histogram)
    notebook.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 5)
    notebook.page.mouse.down()
    notebook.page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 5, steps=4)
    notebook.page.mouse.up()
    chip = board.get_by_role("button", name="Remove the filter: infill")
    expect(chip).to_be_visible()
    notebook.screenshots("board-filtered", board)
    shown = notebook.ask("len(board._feed.shown)")
    assert 100 < shown < 200
    expect(board.locator(".axnb-left")).to_have_text(f"{shown} of 300")
    chip.click()
    expect(chip).to_have_count(0)

    board.get_by_label("Search trials").fill("#17")
    expect(board.locator("tr[data-trial]")).to_have_count(11)  # 17 and 170 to 179
    board.get_by_label("Search trials").fill("nothing like that")
    expect(board).to_contain_text("No trial is like that")


def test_a_selection_is_lit_in_cards_and_a_click_in_a_card_brings_its_row(show: Callable[..., Notebook]) -> None:
    notebook = show(40, "client.compute_analyses([ScatterPlot()], display=False)[0]")
    board, card = _board(notebook), notebook.output(2).locator(".axnb-card")
    expect(card.locator(".axnb-figure[data-axnb-live]")).to_have_count(1, timeout=60_000)
    board.locator("tr[data-trial='39'] td").first.click()
    lit = "card => [...card.querySelectorAll('.points path')].filter(p => getComputedStyle(p).opacity > 0.9).length"
    notebook.until(lambda: card.evaluate(lit) == 1)
    notebook.screenshots("board-linked")

    notebook.ask("board.__class__.selection.fset(board, [2])")
    expect(board.locator("tr[data-trial='2']")).to_have_attribute("aria-selected", "true")
    expect(board.locator("tr[data-trial='2']")).to_be_in_viewport()
    point = card.locator(".points path").first
    box = notebook.place(point)
    notebook.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    notebook.until(lambda: notebook.ask("board.selected_trials") != [2])
    (trial,) = notebook.ask("board.selected_trials")
    expect(board.locator(f"tr[data-trial='{trial}']")).to_be_in_viewport()


FRAMES = """async scroll => {
    const times = [];
    let last = performance.now();
    for (let step = 0; step < 60; step++) {
        scroll.scrollTop += 400;
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        times.push(now - last);
        last = now;
    }
    return times.sort((a, b) => a - b)[30];
}"""


def test_ten_thousand_trials_are_shown_scrolled_and_changed(show: Callable[..., Notebook]) -> None:
    notebook = show(10_000)
    board = _board(notebook)
    scroll = board.locator(".axnb-scroll")
    assert board.locator("tr[data-trial]").count() < 60
    print("median frame, ms:", scroll.evaluate(FRAMES))
    expect(board.locator("tr[data-trial] td.axnb-status").first).not_to_have_text("…")
    scroll.evaluate("scroll => { scroll.scrollTop = 0 }")
    index = notebook.ask("client.attach_trial({'infill': 0.3, 'speed': 0.4})")
    expect(board.locator(f"tr[data-trial='{index}']")).to_be_visible()
    notebook.ask(f"client.complete_trial({index}, {{'strength': 9.0, 'weight': 1.0}}) and None")
    expect(board.locator(f"tr[data-trial='{index}']")).to_contain_text("Completed")
    expect(board).to_contain_text(f"Best so far: trial {index}")


def test_cards_stand_beside_the_rows_and_what_is_selected_is_repeated_and_noted(show: Callable[..., Notebook]) -> None:
    notebook = show(12)
    board = _board(notebook)
    board.get_by_role("button", name="Cards").click()
    expect(board.get_by_role("tab")).to_have_count(5, timeout=60_000)
    expect(board.locator(".axnb-side .axnb-figure[data-axnb-live]").first).to_be_visible(timeout=60_000)
    board.locator("tr[data-trial='5'] td").first.click()
    board.get_by_role("button", name="Trial 5").click()
    board.get_by_role("menuitem", name="Repeat").click()
    expect(board.locator("tr[data-trial='12']")).to_contain_text("Running")
    board.locator("tr[data-trial='5'] td").first.click()
    notebook.page.keyboard.press("n")
    board.get_by_label("Note", exact=True).fill("nozzle worn")
    board.get_by_role("button", name="Keep").click()
    notebook.until(lambda: notebook.ask("client.experiment.view().trials[5].note") == "nozzle worn")
    notebook.screenshots("board-cards", board)
    board.get_by_role("button", name="History").click()
    expect(board.locator(".axnb-history")).to_contain_text("5")
