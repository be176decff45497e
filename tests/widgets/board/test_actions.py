"""What is done to several trials at once, what is written of them, and what other programs do meanwhile."""

import io
import time

import pandas as pd
import pytest

from axnb import Client, RangeParameterConfig
from axnb.widgets.board import Board
from axnb.widgets.board.watcher import Watcher


@pytest.fixture
def three(client, point):
    """Three running trials."""
    for number in range(3):
        client.attach_trial({**point, "temperature": 200.0 + number})
    return client


def status(client, index):
    return client.experiment.view().trials[index].status.name


def test_a_repeat_is_a_trial_at_the_same_point_and_its_results_count_for_the_same_arm(browser, three):
    answer = browser.ask("repeat", trials=[1])
    assert (answer["text"], answer["trials"]) == ("Trial 3 added, at the same point.", [3])
    trials = three.experiment.view().trials
    assert trials[3].parameters == trials[1].parameters
    assert trials[3].arm_name == trials[1].arm_name


def test_several_trials_are_stopped_noted_and_deleted(browser, three):
    assert browser.ask("note", trials=[0, 2], note=" nozzle worn ")["text"] == "Trials 0 and 2 noted."
    assert three.experiment.view().trials[2].note == "nozzle worn"
    assert browser.ask("note", trials=[2], note="")["text"] == "Trial 2 without a note now."
    assert three.experiment.view().trials[2].note is None
    assert browser.ask("delete", trials=[0, 1])["text"] == "Trials 0 and 1 deleted."
    assert list(three.experiment.view().trials) == [2]
    browser.ask("undo")
    assert list(three.experiment.view().trials) == [1, 2]


def test_a_trial_is_stopped_early(browser, three):
    three.attach_data(1, {"strength": 3.0, "weight": 2.0})
    assert browser.ask("stop", trials=[1])["text"] == "Trial 1 stopped early."
    assert status(three, 1) == "EARLY_STOPPED"


def test_where_one_of_several_is_refused_it_is_said_how_far_it_came(browser, three):
    three.mark_trial_failed(1)
    three.attach_data(0, {"strength": 3.0, "weight": 2.0})
    answer = browser.answer("stop", trials=[0, 1, 2])
    assert not answer["ok"]
    assert answer["error"].startswith("Trial 0 stopped early; then: ")
    assert status(three, 2) == "RUNNING"
    assert "no trial 9" in browser.answer("delete", trials=[9])["error"]
    assert "Select a trial" in browser.answer("note", trials=[], note="x")["error"]


def test_rows_are_written_in_the_order_that_is_shown(browser, three):
    for index, strength in ((0, 2.0), (1, 9.0), (2, 5.0)):
        three.complete_trial(index, {"strength": strength, "weight": 1.0})
    plain = {"statuses": [], "text": "", "ranges": {"m:strength": [3, None]}, "among": None}
    browser.ask("arrange", sort="m:strength", descending=True, **plain)
    written = browser.ask("table", format="csv")
    frame = pd.read_csv(io.StringIO(written["table"]))
    assert (frame["trial_index"].tolist(), written["count"]) == ([1, 2], 2)
    chosen = browser.ask("table", trials=[2, 0], format="tsv")["table"]
    assert [line.split("\t")[0] for line in chosen.splitlines()] == ["trial_index", "2", "0"]


def test_the_history_says_who_did_what_the_newest_first(browser, three):
    three.note_trial(0, "hm")
    three.undo()
    rows = browser.ask("history")["rows"]
    assert rows[0]["what"].startswith("undo")
    assert rows[1]["undone"]
    assert not rows[2]["undone"]
    assert all(row["actor"] and row["time"] for row in rows)


def test_what_another_client_writes_to_the_same_place_arrives(wire, tmp_path):
    file = tmp_path / "run.jsonl"
    mine = Client(storage=file)
    mine.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    board = Board(mine)
    watcher = Watcher(mine, pause=0.01)
    watcher.heard()
    theirs = Client(storage=file)
    theirs.attach_trial({"x": 0.5})
    news = wire.wait(lambda message: message.get("total") == 1)
    assert [row["trial"] for row in news["rows"]] == [0]
    watcher.close()
    board.close()


def test_looking_survives_a_place_that_is_away(client, monkeypatch):
    looked = []

    class Away:
        store = object()

        def refresh(self):
            looked.append(len(looked))
            if len(looked) == 1:
                from axnb.errors import StorageError

                raise StorageError("gone for a moment")

    class Session:
        experiment = Away()

    session = Session()
    watcher = Watcher(session, pause=0.005)
    watcher.heard()
    deadline = time.monotonic() + 10
    while len(looked) < 3 and time.monotonic() < deadline:
        time.sleep(0.005)
    watcher.close()
    assert len(looked) >= 3
