"""The board's kernel half on a real client: requests, news, traits."""

import threading
import time

import ipywidgets
import pandas as pd
import pytest

from axnb import Client, RangeParameterConfig
from axnb.errors import ObjectNotFoundError
from axnb.interrupts import check_cancelled, report_progress
from axnb.widgets.board import Board
from tests.widgets.conftest import Browser

NASTY = "<img src=x onerror=alert(1)>"


def ok(message):
    return "re" in message


def test_the_state_is_all_that_a_page_needs(browser, client, point):
    client.attach_trial(point)
    state = browser.ask("state")
    assert state["version"] == client.experiment.view().version
    assert state["spans"] == [[0, 0]]
    assert [row["trial"] for row in state["rows"]] == [0]
    assert [column["name"] for column in state["columns"]["parameters"]] == ["temperature", "walls", "infill"]


def test_the_state_holds_the_newest_rows_and_the_others_can_be_asked_for(browser, client, point):
    for number in range(130):
        client.attach_trial({**point, "temperature": 180.0 + number / 2})
    state = browser.ask("state")
    assert [row["trial"] for row in state["rows"]] == list(range(129, 9, -1))
    assert state["spans"] == [[129, 0]]
    rows = browser.ask("rows", trials=[3, 500, 7])["rows"]
    assert [row["trial"] for row in rows] == [3, 7]


def test_suggest_works_in_a_thread_of_its_own(browser, board, wire):
    seen = []
    board.observe(lambda change: seen.append((change["new"], threading.current_thread().name)), "busy")
    answer = browser.ask("suggest", count="2")
    assert answer["trials"] == [0, 1]
    assert answer["text"] == "Suggested trials 0 and 1."
    assert seen == [("Suggesting 2 trials", "axnb-suggest"), ("", "axnb-suggest")]
    kinds = ["news" in m for m in wire.messages]
    assert kinds == [True, False]  # the rows are there before the answer


def test_the_board_says_what_a_suggestion_is_at(browser, board, client, monkeypatch):
    seen = []
    board.observe(lambda change: seen.append(change["new"]), "busy")

    def suggest(max_trials):
        report_progress("modelling strength by 5,000 results")
        return {}

    monkeypatch.setattr(client, "get_next_trials", suggest)
    browser.ask("suggest", count="1")
    assert seen == ["Suggesting 1 trial", "Suggesting 1 trial: modelling strength by 5,000 results", ""]


def test_a_suggestion_under_way_can_be_cancelled_and_another_asked_for(browser, board, client, monkeypatch):
    begun, suggest = threading.Event(), client.get_next_trials

    def compute_for_ever(max_trials):
        begun.set()
        while True:
            check_cancelled()
            time.sleep(0.001)

    monkeypatch.setattr(client, "get_next_trials", compute_for_ever)
    asked = browser.post("suggest", {"count": "1000"})
    assert begun.wait(10)
    browser.ask("cancel")
    assert browser.wire.wait(lambda m: m.get("re") == asked)["value"] == {
        "text": "Cancelled; no trials were added.",
        "trials": [],
    }
    assert board.busy == ""
    monkeypatch.setattr(client, "get_next_trials", suggest)
    assert browser.ask("suggest", count="1")["trials"] == [0]


def test_a_count_that_is_none_is_refused_beside_its_field(browser, board):
    answer = browser.answer("suggest", count="many")
    assert set(answer["fields"]) == {"count"}
    assert board.busy == ""


def test_add_complete_fail_abandon(browser, client):
    values = {"temperature": "200", "walls": "3", "infill": 0}
    for walls in ("1", "2", "3"):
        browser.ask("add", values={**values, "walls": walls})
    said = browser.ask("complete", trial=0, values=browser.results(strength="41.25", weight="9"))["text"]
    assert said == "Trial 0 completed: strength 41.25, weight 9."
    assert browser.ask("fail", trial=1, reason=" too hot ")["text"] == "Trial 1 failed: too hot."
    assert browser.ask("abandon", trial=2, reason="")["text"] == "Trial 2 abandoned."
    trials = client.experiment.view().trials
    assert [trial.status.name for trial in trials.values()] == ["COMPLETED", "FAILED", "ABANDONED"]
    assert trials[0].outcomes == {"strength": (41.25, None), "weight": (9.0, None)}
    assert (trials[1].status_reason, trials[2].status_reason) == ("too hot", None)


@pytest.fixture
def batch(client, point):
    """A running trial of three arms."""
    return client.attach_batch([{**point, "temperature": t} for t in (200.0, 210.0, 220.0)])


def test_a_batch_is_one_row_that_tells_of_its_arms(browser, client, batch):
    (row,) = browser.ask("state")["rows"]
    assert row["origin"] == "3 arms"
    assert row["values"] == [
        {"text": "200.00 … 220.00", "exact": "200.00, 210.00, 220.00", "span": True},
        {"text": "3"},
        {"text": "grid"},
    ]
    assert [arm["name"] for arm in row["arms"]] == ["0_0", "0_1", "0_2"]
    assert [arm["values"][0] for arm in row["arms"]] == [{"text": "200.00"}, {"text": "210.00"}, {"text": "220.00"}]


def test_a_trial_of_one_arm_says_nothing_of_arms(browser, client, point):
    client.attach_trial(point)
    (row,) = browser.ask("state")["rows"]
    assert "arms" not in row


def test_completing_a_batch_takes_results_an_arm(browser, client, batch):
    client.configure_optimization(objective="strength")
    arms = client.experiment.view().trials[0].arms
    empty = browser.results(strength="", weight="")
    values = {arm.name: empty for arm in arms} | {
        "0_0": browser.results(strength="40", weight="9"),
        "0_2": browser.results(strength="45.5", weight=""),
    }
    answer = browser.ask("complete", trial=batch, values=values)  # a warning would fail the test
    assert answer["text"] == "Trial 0 completed: results of 2 of 3 arms."
    assert [dict(r.outcomes) for r in client.experiment.view().trials[0].results] == [
        {"strength": (40.0, None), "weight": (9.0, None)},
        {},
        {"strength": (45.5, None)},
    ]
    state = browser.ask("state")
    assert state["rows"][0]["results"][0]["text"] == "40 … 45.5"
    assert state["header"]["best"] == "Best so far: trial 0, arm 0_2, with strength 45.5"


def test_what_is_wrong_with_an_arm_is_said_beside_its_field(browser, batch):
    values = {"0_1": browser.results(strength="many", weight="1"), "0_2": browser.results(strength="3", weight="")}
    assert set(browser.answer("complete", trial=batch, values=values)["fields"]) == {"mean 1 strength"}
    assert set(browser.answer("complete", trial=batch, values={})["fields"]) == {"mean 0 strength", "mean 0 weight"}
    assert "no arm '9_9'" in browser.answer("complete", trial=batch, values={"9_9": {}})["error"]


def test_a_batch_with_an_arm_of_which_a_result_is_missing_runs_on(browser, client, batch):
    values = {"0_0": browser.results(strength="40", weight="9"), "0_1": browser.results(strength="41", weight="")}
    answer = browser.ask("complete", trial=batch, values=values)
    assert answer["text"] == "Results of trial 0 kept; it runs on until weight of 0_1 is there, or n.d."
    trial = client.experiment.view().trials[0]
    assert trial.status.name == "RUNNING"
    assert [dict(r.outcomes) for r in trial.results][1:] == [{"strength": (41.0, None)}, {}]


def test_part_of_the_results_is_kept_and_the_trial_runs_on(browser, client, point):
    client.attach_trial(point)
    answer = browser.ask("complete", trial=0, values=browser.results(strength="41 MPa", weight=""))
    assert answer["text"] == "Results of trial 0 kept; it runs on until weight is there, or n.d."
    row = browser.ask("state")["rows"][0]
    assert (row["status"], row["results"][0]) == ("running", {"text": "41"})
    answer = browser.ask("complete", trial=0, values=browser.results(strength="41", weight="n.d."))
    assert answer["text"] == "Trial 0 completed: strength 41."


def test_a_result_is_amended_in_its_cell_and_removed(browser, client, point):
    client.attach_trial(point)
    ask = lambda typed: browser.ask("amend", trial=0, metric="strength", text=typed)["text"]  # noqa: E731
    assert ask("40") == "Trial 0: strength 40."
    assert ask("41,5 ± 0,5") == "Trial 0: strength 41.50 ± 0.50, which was 40."
    assert client.experiment.view().trials[0].outcomes["strength"] == (41.5, 0.5)
    assert client.experiment.view().trials[0].status.name == "RUNNING"
    assert ask("") == "Trial 0: strength removed, which was 41.50 ± 0.50."
    assert ask("") == "Trial 0 has no strength."
    assert browser.ask("undo")["text"].startswith("Undid")
    assert client.experiment.view().trials[0].outcomes["strength"] == (41.5, 0.5)
    refused = browser.answer("amend", trial=0, metric="strength", text="<3")
    assert "only bounds a number" in refused["error"]


def test_a_reading_is_said_before_it_is_sent(browser):
    assert browser.ask("read", text="12 %") == {"text": "read as 12"}
    assert "only bounds a number" in browser.answer("read", text="<0.1")["error"]


def test_undo_and_redo(browser, client, point):
    client.attach_trial(point)
    assert browser.ask("undo")["text"].startswith("Undid: trial 0")
    assert len(client.experiment.view().trials) == 0
    assert browser.ask("redo")["text"].startswith("Redid: trial 0")
    assert len(client.experiment.view().trials) == 1


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("complete", {"trial": 0, "values": {"strength": {"mean": "nan"}}}, "'nan' is not a number"),
        ("complete", {"trial": 0, "values": {"strenth": {"mean": "1"}}}, "Did you mean 'strength'"),
        ("complete", {"trial": "0", "values": {}}, "'trial' must be a whole number"),
        ("complete", {"values": {}}, "'trial' must be a whole number, but it is missing"),
        ("complete", {"trial": 0}, "'values' must be a table"),
        ("fail", {"trial": 7, "reason": ""}, "trial 7"),
        ("fail", {"trial": 0, "reason": 3}, "'reason' must be a string"),
        ("abandon", {"trial": None}, "'trial' must be a whole number"),
        ("add", {"values": [1]}, "'values' must be a table"),
        ("add", {"values": {"temperature": "999", "walls": "3", "infill": 0}}, "999"),
        ("suggest", {"count": 3}, "'count' must be a string"),
        ("redo", {}, "nothing to redo"),
        ("select", {"trial": 99}, "no trial 99"),
        ("rows", {"trials": [0, "1"]}, "'trials' must be a list of whole numbers"),
        ("explode", {}, "no method 'explode'"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(browser, client, point, method, params, words):
    client.attach_trial(point)
    before = client.experiment.view()
    answer = browser.answer(method, **params)
    assert answer["ok"] is False
    assert words in answer["error"]
    assert client.experiment.view() is before


def test_a_second_completion_is_refused_in_words(browser, client, point):
    client.attach_trial(point)
    values = browser.results(strength="1", weight="2")
    browser.ask("complete", trial=0, values=values)
    answer = browser.answer("complete", trial=0, values=values)
    assert answer["kind"] == "TrialMutationError"
    assert "already completed" in answer["error"]


@pytest.mark.parametrize("content", [None, 3, "x", [], {"id": 1}, {"method": "state"}, {"id": {}, "method": "state"}])
def test_damaged_messages_do_no_harm(browser, wire, board, content):
    board._handle_custom_msg(content, [])
    assert wire.messages[-1]["ok"] is False
    assert browser.ask("state")["spans"] == []


def test_a_change_by_python_sends_only_the_rows_that_differ(wire, client, point, board):
    for walls in (1, 2, 3):
        client.attach_trial({**point, "walls": walls})
    board._feed.flush()
    wire.messages.clear()
    time.sleep(0.06)
    client.mark_trial_failed(1, NASTY)
    (news,) = wire.news
    assert [row["trial"] for row in news["rows"]] == [1]
    assert news["rows"][0]["reason"] == NASTY
    assert news["version"] == client.experiment.view().version
    assert "columns" not in news


def test_a_new_best_sends_the_old_one_too(wire, client, point, board):
    for walls, strength in ((1, 1.0), (2, 2.0), (3, 0.5)):
        trial = client.attach_trial({**point, "walls": walls})
        client.complete_trial(trial, {"strength": strength, "weight": 1.0})
        board._feed.flush()
    wire.messages.clear()
    client.undo()
    client.undo()
    client.undo()
    board._feed.flush()
    rows = {row["trial"]: row["best"] for news in wire.news for row in news["rows"]}
    assert rows[0] == "Best so far"
    assert rows[1] == ""


def test_the_rows_are_there_before_the_answer_even_in_a_rush(browser, wire, client, point, board):
    client.attach_trial(point)
    board._feed._last = time.monotonic() + 60  # as if news had just been sent
    wire.messages.clear()
    browser.ask("fail", trial=0, reason="")
    assert [message.get("news") for message in wire.messages] == ["rows", None]


def test_many_changes_are_told_in_few_news(wire, client, point, board):
    for number in range(200):
        client.attach_trial({**point, "temperature": 180.0 + number / 4})
    wire.wait(lambda m: m.get("spans") == [[199, 0]])
    assert len(wire.news) < 60
    assert sorted({row["trial"] for news in wire.news for row in news["rows"]}) == list(range(200))
    versions = [news["version"] for news in wire.news]
    assert versions == sorted(set(versions))


def test_more_rows_than_a_message_holds_make_the_page_ask(wire, client, point, board, monkeypatch):
    monkeypatch.setattr("axnb.widgets.board.feed._MOST_ROWS", 5)
    board._feed._last = time.monotonic() + 60  # no news until the flush
    for number in range(9):
        client.attach_trial({**point, "temperature": 180.0 + number})
    board._feed.flush()
    (news,) = wire.news
    assert news["stale"] is True
    assert [row["trial"] for row in news["rows"]] == [4, 5, 6, 7, 8]


def test_two_boards_on_one_client_stay_in_step(client, wire, browser, point):
    other = Board(client)
    wire.messages.clear()
    browser.ask("add", values={"temperature": "200", "walls": "3", "infill": 0})
    assert len(wire.news) == 2
    assert wire.news[0] == wire.news[1]
    assert (other.counts, other.version) == (browser.board.counts, browser.board.version)
    other.close()


def test_a_new_metric_sends_new_columns(client, wire, board, point):
    client.attach_trial(point)
    wire.messages.clear()
    client.configure_optimization(objective="strength", outcome_constraints=["warping <= 1"])
    board._feed.flush()
    names = [column["name"] for column in wire.news[-1]["columns"]["metrics"]]
    assert "warping" in names


def test_python_sees_what_the_reader_sees(client, board, browser, point):
    seen = []
    board.observe(lambda change: seen.append(change["new"]), "counts")
    client.attach_trial(point)
    assert seen[-1] == {"running": 1}
    assert board.version == client.experiment.view().version
    browser.ask("select", trial=0)
    assert board.selected == 0
    board.selected = None
    with pytest.raises(ObjectNotFoundError, match="no trial 5"):
        board.selected = 5


def test_a_page_cannot_write_what_the_kernel_says(board, client, point, monkeypatch):
    client.attach_trial(point)
    told = []
    monkeypatch.setattr(Board, "send_state", lambda self, key=None: told.append(list(key)))
    version = board.version
    board.set_state({"version": 10**6, "busy": "Suggesting", "selected": 7, "unheard_of": 1})
    assert (board.version, board.busy, board.selected) == (version, "", None)
    assert told == [["version", "busy", "selected"]]  # so that the page shows it again


def test_the_words_on_undo_are_few_however_much_was_done(board, browser, client):
    rows = pd.DataFrame({"x": range(2000), "loss": 1.0})
    imported = Client.from_dataframe(rows, [RangeParameterConfig("x", (0, 2000), "int")], objective="-loss")
    assert imported.board().comm is not None
    state = imported.board()._feed.snapshot()
    assert state["header"]["undo"] == "2,000 trials imported"
    imported.board().close()


def test_a_standard_error_beyond_measure_breaks_no_board(browser, client, point):
    client.configure_optimization(objective="strength", outcome_constraints=["2*weight + 3*cost <= 10"])
    client.attach_trial(point)
    client.complete_trial(0, {"strength": (1.0, 1e160), "weight": (2.0, 1e160), "cost": (1.0, 1e300)})
    assert [row["word"] for row in browser.ask("state")["rows"]] == ["Completed"]


def test_a_selected_trial_that_is_undone_is_selected_no_more(client, board, point):
    client.attach_trial(point)
    board.selected = 0
    client.undo()
    board._feed.flush()
    assert board.selected is None


def test_requests_and_changes_on_many_threads(client, browser, point, wire):
    for number in range(24):
        client.attach_trial({**point, "temperature": 180.0 + number})
    values = browser.results(strength="1", weight="2")

    def act(number):
        browser.board._handle_custom_msg(
            {"id": number, "method": "complete", "params": {"trial": number, "values": values}}, []
        )

    threads = [threading.Thread(target=act, args=(number % 24,)) for number in range(48)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = [m for m in wire.messages if "re" in m]
    assert sum(m["ok"] for m in answers) == 24
    assert len(answers) == 48
    browser.board._feed.flush()
    final = {}
    for news in wire.news:
        final |= {row["trial"]: row["status"] for row in news["rows"]}
    assert final == dict.fromkeys(range(24), "completed")
    assert browser.board.counts == {"completed": 24}


def test_it_answers_while_another_thread_waits_for_storage(browser, client, point, monkeypatch, tmp_path):
    kept = Client(random_seed=1, storage=tmp_path / "run.jsonl")
    kept.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    waiting, free = threading.Event(), threading.Event()
    append = kept.experiment.store.append

    def wait(*arguments):
        waiting.set()
        assert free.wait(30)
        append(*arguments)

    monkeypatch.setattr(kept.experiment.store, "append", wait)
    board = Board(kept)
    page = Browser(board, browser.wire)
    writer = threading.Thread(target=kept.attach_trial, args=[{"x": 0.5}])
    writer.start()
    try:
        assert waiting.wait(10)
        answers = []
        reader = threading.Thread(target=lambda: answers.append(page.ask("state")["spans"]))
        reader.start()
        reader.join(10)
        assert answers == [[]]
    finally:
        free.set()
        writer.join()
    assert page.ask("state")["spans"] == [[0, 0]]
    board.close()


def test_it_sits_beside_other_widgets_and_shows_itself_without_a_kernel(board, client, point):
    client.attach_trial(point)
    box = ipywidgets.VBox([ipywidgets.IntSlider(), board])
    assert box.children[1] is board
    data, _ = board._repr_mimebundle_()
    assert set(data) == {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
    assert data["text/plain"] == repr(board) == "Board('Print', 1 trial: 1 running)"


def test_a_closed_board_follows_no_more(client, wire, point):
    board = Board(client)
    board.close()
    wire.messages.clear()
    client.attach_trial(point)
    assert wire.messages == []
    assert client.experiment._subscribers == []


def test_a_board_follows_the_experiment_that_its_client_loads(client, wire, point, tmp_path):
    client.attach_trial(point)
    client.save_to_json_file(tmp_path / "print.json")
    other = Client(random_seed=1)
    board = Board(other)
    assert repr(board) == "Board(no trials yet)"
    other.load_from_json_file(tmp_path / "print.json")
    board._handle_custom_msg({"id": "a", "method": "state", "params": {}}, [])
    state = wire.wait(lambda m: m.get("re") == "a")["value"]
    assert state["spans"] == [[0, 0]]
    board.close()


def test_only_small_state_is_kept_in_a_saved_notebook(board, client, point):
    for number in range(50):
        client.attach_trial({**point, "temperature": 180.0 + number})
    state = {name: value for name, value in board.get_state().items() if not name.startswith("_")}
    ours = state.keys() - set(ipywidgets.DOMWidget().keys)
    assert ours == {"selected", "selected_trials", "busy", "panel", "version"}
    assert len(str({name: state[name] for name in ours})) < 100


def test_an_experiment_in_memory_says_so_and_is_saved(browser, wire, client, tmp_path):
    assert browser.ask("state")["header"]["kept"] is False
    assert "Enter the name" in browser.answer("save", file=" ")["fields"]["file"]
    assert "file" in browser.answer("save", file=str(tmp_path))["fields"]
    file = tmp_path / "print.jsonl"
    assert browser.ask("save", file=str(file))["text"] == f"Saved in {file}; every change is kept there from now on."
    assert wire.news[-1]["header"]["kept"] is True
    assert Client(storage=file).experiment.view().name == "Print"
    assert "kept already" in browser.answer("save", file=str(tmp_path / "b.jsonl"))["fields"]["file"]


def test_the_selection_is_a_table_and_can_be_set(board, browser, client, point):
    for walls in (1, 2, 3, 4):
        client.attach_trial({**point, "walls": walls})
    assert board.selection.empty
    browser.ask("select", trial=3, trials=[3, 1, 77, "2", True])
    assert list(board.selection["trial_index"]) == [1, 3]
    assert list(board.selection["walls"]) == [2, 4]
    board.selection = [0, 2]
    assert board.selected_trials == [0, 2]
    table = client.summarize()
    board.selection = table[table["walls"] >= 3]
    assert board.selected_trials == [2, 3]
    with pytest.raises(ObjectNotFoundError, match="trial 9"):
        board.selection = [1, 9]
    client.delete_trial(3)
    board._feed.flush()
    assert board.selected_trials == [2]
