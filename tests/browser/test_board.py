"""The trial board in JupyterLab, by mouse and by keyboard; what it did is asked of the kernel out of band."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.harness import Notebook

EXPERIMENT = """
from axnb import ChoiceParameterConfig, Client, RangeParameterConfig

client = Client(random_seed=1)
client.configure_experiment(
    name="print strength",
    parameters=[
        RangeParameterConfig("infill", bounds=(5.0, 60.0), parameter_type="float", step_size=0.5),
        ChoiceParameterConfig("pattern", values=["lines", "grid", "gyroid"], parameter_type="str"),
    ],
)
client.configure_optimization(objective="strength", outcome_constraints=["weight <= 10"])
trials = client.get_next_trials(max_trials=3)
"""
STATUSES = "[trial.status.name for trial in client.experiment.view().trials.values()]"


@pytest.fixture
def notebook(open_: OpenNotebook, write: Callable[..., Path]) -> Notebook:
    """Three running trials, on two boards."""
    opened = open_(write("board.ipynb", EXPERIMENT, "board = client.board()\nboard", "client.board()"))
    opened.run_all()
    expect(_board(opened).get_by_role("button", name="Complete trial 2")).to_be_visible(timeout=20_000)
    return opened


def _board(notebook: Notebook, cell: int = 1) -> Locator:
    return notebook.output(cell).get_by_role("group", name="Trial board")


def _row(board: Locator, trial: int) -> Locator:
    return board.locator(f"tr[data-trial='{trial}']")


def _said(board: Locator) -> Locator:
    return board.get_by_role("status")


def _complete(board: Locator, trial: int, strength: str, weight: str) -> None:
    board.get_by_role("button", name=f"Complete trial {trial}").click()
    form = board.get_by_role("form", name=f"Complete trial {trial}")
    form.get_by_label("strength", exact=True).fill(strength)
    form.get_by_label("weight", exact=True).fill(weight)
    form.get_by_role("button", name="Complete").click()


def _answered(board: Locator) -> None:
    """Wait until the form is gone: the rows may show what was done before that is answered."""
    expect(board.get_by_role("form")).to_have_count(0)


def test_complete_fail_abandon_and_undo_by_mouse(notebook: Notebook) -> None:
    board = _board(notebook)
    _complete(board, 0, "51.5", "7.25")
    _answered(board)
    expect(_row(board, 0)).to_contain_text("Completed")
    expect(_row(board, 0)).to_contain_text("51.5")
    assert notebook.ask("client.experiment.view().trials[0].outcomes") == {
        "strength": (51.5, None),
        "weight": (7.25, None),
    }

    board.get_by_role("button", name="Fail trial 1").click()
    board.get_by_label("Why did it fail?").fill("came off the plate")
    board.get_by_role("button", name="Mark as failed").click()
    _answered(board)
    expect(_row(board, 1)).to_contain_text("came off the plate")

    board.get_by_role("button", name="Abandon trial 2").click()
    board.get_by_label("Why is it abandoned?").fill("out of filament")
    board.get_by_role("form", name="Abandon trial 2").get_by_role("button", name="Abandon").click()
    _answered(board)
    expect(_row(board, 2)).to_contain_text("out of filament")
    assert notebook.ask(STATUSES) == ["COMPLETED", "FAILED", "ABANDONED"]

    notebook.screenshots("board", board)
    board.get_by_role("button", name="Undo").click()
    expect(_row(board, 2)).to_contain_text("Running")
    assert notebook.ask(STATUSES) == ["COMPLETED", "FAILED", "RUNNING"]
    board.get_by_role("button", name="Redo").click()
    expect(_row(board, 2)).to_contain_text("Abandoned")
    assert notebook.ask(STATUSES) == ["COMPLETED", "FAILED", "ABANDONED"]


def test_what_is_refused_is_said_beside_the_field_and_changes_nothing(notebook: Notebook) -> None:
    board = _board(notebook)
    _complete(board, 0, "strong", "7.25")
    field = board.get_by_label("strength", exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(board.locator(f"#{field.get_attribute('aria-describedby')}")).to_contain_text("strong")
    assert notebook.ask(STATUSES) == ["RUNNING"] * 3
    notebook.screenshots("board-refused", board)
    field.fill("48")
    board.get_by_role("form", name="Complete trial 0").get_by_role("button", name="Complete").click()
    expect(_row(board, 0)).to_contain_text("Completed")
    assert notebook.ask(STATUSES) == ["COMPLETED", "RUNNING", "RUNNING"]


def test_suggest_and_add_a_trial(notebook: Notebook) -> None:
    board = _board(notebook)
    board.get_by_label("Number of trials to suggest").fill("2")
    board.get_by_role("button", name="Suggest", exact=True).click()
    expect(_row(board, 4)).to_be_visible(timeout=30_000)
    board.get_by_role("button", name="Add trial").click()
    form = board.get_by_role("form", name="Add a trial")
    form.get_by_label("infill").fill("20")
    form.get_by_label("pattern").select_option("grid")
    form.get_by_role("button", name="Add trial").click()
    expect(_row(board, 5)).to_contain_text("grid")
    assert notebook.ask("client.experiment.view().trials[5].parameters") == {"infill": 20.0, "pattern": "grid"}
    assert notebook.ask("len(client.experiment.view().trials)") == 6


def test_everything_by_keyboard_and_no_key_edits_the_notebook(notebook: Notebook) -> None:
    board, press = _board(notebook), notebook.page.keyboard.press
    cells = notebook.cell_count()
    board.get_by_role("button", name="Complete trial 2").focus()
    for key in ("b", "a", "d", "d", "x", "m", "Enter"):
        press(key)
    expect(board.get_by_label("strength", exact=True)).to_be_focused()
    notebook.page.keyboard.type("44")
    press("Tab")  # to the standard error
    notebook.page.keyboard.type("0.5")
    press("Tab")
    notebook.page.keyboard.type("6")
    press("Enter")
    _answered(board)
    expect(_row(board, 2)).to_contain_text("Completed")
    assert notebook.ask("client.experiment.view().trials[2].outcomes") == {
        "strength": (44.0, 0.5),
        "weight": (6.0, None),
    }

    board.get_by_role("button", name="Fail trial 1").focus()
    press("Enter")
    expect(board.get_by_label("Why did it fail?")).to_be_focused()
    press("Enter")
    _answered(board)
    expect(_row(board, 1)).to_contain_text("Failed")

    board.get_by_role("button", name="Abandon trial 0").focus()
    press("Enter")
    expect(board.get_by_label("Why is it abandoned?")).to_be_focused()
    press("Escape")
    expect(board.get_by_role("form")).to_have_count(0)
    expect(_row(board, 0).get_by_role("gridcell", name="Running")).to_be_focused()
    press("End")
    expect(board.get_by_role("button", name="Abandon trial 0")).to_be_focused()
    press("Enter")
    expect(board.get_by_label("Why is it abandoned?")).to_be_focused()
    press("Enter")
    _answered(board)
    expect(_row(board, 0)).to_contain_text("Abandoned")
    assert notebook.ask(STATUSES) == ["ABANDONED", "FAILED", "COMPLETED"]

    board.get_by_role("button", name="Undo").focus()
    press("Enter")
    expect(_row(board, 0)).to_contain_text("Running")
    assert notebook.cell_count() == cells


def test_two_boards_and_python_stay_in_step(notebook: Notebook) -> None:
    second = _board(notebook, 2)
    assert notebook.ask("client.complete_trial(1, {'strength': 40.0, 'weight': 5.0}).name") == "COMPLETED"
    for board in (_board(notebook), second):
        expect(_row(board, 1)).to_contain_text("Completed")
    _complete(second, 0, "50", "6")
    for board in (_board(notebook), second):
        expect(_row(board, 0)).to_contain_text("Completed")
    notebook.until(lambda: notebook.ask("board.counts") == {"completed": 2, "running": 1})
    assert notebook.ask("client.undo()").startswith("Undid")
    for board in (_board(notebook), second):
        expect(_row(board, 0)).to_contain_text("Running")


NEVER_DONE = """
from axnb.interrupts import check_cancelled

def compute_for_ever(max_trials):
    while True:
        check_cancelled()

client.get_next_trials = compute_for_ever
"""


def test_a_suggestion_can_be_cancelled_while_it_is_computed(open_: OpenNotebook, write: Callable[..., Path]) -> None:
    opened = open_(write("cancel.ipynb", EXPERIMENT, NEVER_DONE, "client.board()"))
    opened.run_all()
    board = _board(opened, 2)
    board.get_by_label("Number of trials to suggest").fill("1000")
    board.get_by_role("button", name="Suggest", exact=True).click()
    board.get_by_role("button", name="Cancel").click()
    expect(_said(board)).to_have_text("Cancelled; no trials were added.")
    expect(board.get_by_role("button", name="Cancel")).to_have_count(0)
    assert opened.ask("len(client.experiment.view().trials)") == 3


WIDE = """
from axnb import Client, RangeParameterConfig

client = Client(random_seed=1)
client.configure_experiment([RangeParameterConfig(f"parameter {i}", (0.0, 100.0), "float") for i in range(6)])
client.configure_optimization(objective="strength", outcome_constraints=["weight <= 10", "impurity <= 2"])
trials = client.get_next_trials(max_trials=3)
client.complete_trial(0, {"strength": (51.25, 0.62), "weight": (8.13, 0.11), "impurity": (1.77, 0.02)})
client.attach_data(1, {"strength": (41.25, 0.62), "impurity": (1.87, 0.02)})
"""
# How many results in a row can be seen from end to end, each by what lies on top of its corners.
SEEN = """
row => [...row.querySelectorAll("td.axnb-result")].filter((cell) => {
  const { left, right, top, bottom } = cell.firstElementChild?.getBoundingClientRect() ?? {};
  const y = (top + bottom) / 2;
  return cell.textContent && [left + 1, right - 1].every((x) => cell.contains(document.elementFromPoint(x, y)));
}).length
"""


@pytest.mark.parametrize("width", [1250, 1400])
def test_no_result_is_cut_or_covered_and_actions_come_to_the_row(
    open_: OpenNotebook, write: Callable[..., Path], width: int
) -> None:
    opened = open_(write("wide.ipynb", WIDE, "client.board()"))
    opened.page.set_viewport_size({"width": width, "height": 900})
    opened.run_all()
    board = _board(opened)
    expect(_row(board, 0)).to_contain_text("51.25")
    opened.settle()
    _row(board, 0).scroll_into_view_if_needed()
    opened.page.mouse.move(1, 1)
    assert [_row(board, trial).evaluate(SEEN) for trial in (0, 1)] == [3, 2]
    assert (
        board.get_by_role("button", name="Complete trial 1").evaluate("e => getComputedStyle(e.parentNode).opacity")
        == "0"
    )
    _row(board, 1).hover()
    board.get_by_role("button", name="Complete trial 1").click()
    expect(board.get_by_role("form", name="Complete trial 1")).to_be_visible()


def test_results_are_typed_as_people_write_them_and_corrected_in_their_cells(notebook: Notebook) -> None:
    board = _board(notebook)
    board.get_by_role("button", name="Complete trial 0").click()
    form = board.get_by_role("form", name="Complete trial 0")
    form.get_by_label("strength", exact=True).fill("51,5 MPa")
    form.get_by_label("strength", exact=True).fill("51,5")
    expect(form).to_contain_text("read as 51.5")
    form.get_by_role("button", name="Complete").click()
    expect(_row(board, 0)).to_contain_text("51.5")
    expect(_said(board).last).to_contain_text("runs on until weight is there")
    assert notebook.ask(STATUSES)[0] == "RUNNING"

    _row(board, 0).locator("[data-key=m1]").click()
    notebook.page.keyboard.type("<10")
    notebook.page.keyboard.press("Enter")
    expect(_row(board, 0)).to_contain_text("only bounds a number")
    notebook.screenshots("board-cell-refused", board)
    notebook.page.keyboard.press("Control+A")
    notebook.page.keyboard.type("12 g")
    notebook.page.keyboard.press("Enter")
    expect(_row(board, 0)).to_contain_text("weight 12 breaks ≤ 10")
    assert notebook.ask("client.experiment.view().trials[0].outcomes['weight']") == (12.0, None)
    notebook.ask("client.mark_trial_failed(1, 'came off the plate after two hours, since the bed had cooled') or 0")
    notebook.ask("client.note_trial(1, 'bed sensor replaced afterwards') or 0")
    _row(board, 1).locator("[data-key=status]").click()
    expect(board.locator(".axnb-details")).to_contain_text("since the bed had cooled")
    notebook.screenshots("board-details", board)
    notebook.page.keyboard.press("Escape")
    _row(board, 0).locator("[data-key=p0]").click()
    for _ in range(3):
        notebook.page.keyboard.press("Control+Z")
        notebook.heard()
    expect(_row(board, 0).locator("[data-key=m1]")).to_have_text("")
    assert notebook.ask("client.experiment.view().trials[0].outcomes") == {"strength": (51.5, None)}


def test_an_experiment_in_memory_is_saved_from_the_board(notebook: Notebook) -> None:
    board, other = _board(notebook), _board(notebook, 2)
    badge = board.get_by_role("button", name="Not saved")
    badge.click()
    form = board.get_by_role("form", name="Save the experiment")
    expect(form.get_by_label("File")).to_have_value("print-strength.jsonl")
    notebook.screenshots("board-save", board)
    form.get_by_role("button", name="Save").click()
    expect(_said(board).last).to_contain_text("Saved in print-strength.jsonl")
    expect(badge).to_have_count(0)
    expect(other.get_by_role("button", name="Not saved")).to_have_count(0)
    assert notebook.ask("len(__import__('axnb').Client(storage='print-strength.jsonl').experiment.view().trials)") == 3


def test_the_selection_goes_both_ways(notebook: Notebook) -> None:
    board = _board(notebook)
    _row(board, 2).locator("[data-key=p0]").click()
    _row(board, 0).locator("[data-key=p0]").click(modifiers=["Control"])
    notebook.until(lambda: notebook.ask("list(board.selection['trial_index'].map(int))") == [0, 2])
    notebook.screenshots("board-selection", board)
    notebook.ask("setattr(board, 'selection', [1]) or 0")
    expect(_row(board, 1)).to_have_attribute("aria-selected", "true")
    expect(_row(board, 2)).to_have_attribute("aria-selected", "false")
