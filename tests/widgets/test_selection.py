"""One selection for the boards and the cards of a session."""

import gc

from axnb import Client, RangeParameterConfig
from axnb.analyses import UtilityProgressionAnalysis
from axnb.analyses.compute import compute_card
from axnb.widgets.board import Board
from axnb.widgets.cards.card import LiveCard
from axnb.widgets.selection import Selection, selection_of
from tests.widgets.conftest import Browser


class Follower:
    def __init__(self):
        self.seen = []

    def show_selection(self, trials):
        self.seen.append(trials)

    def show_only(self, trials):
        self.seen.append(("only", trials))


def test_who_follows_is_told_once_and_only_while_it_lives():
    selection, kept, lost = Selection(), Follower(), Follower()
    selection.follow(kept)
    selection.follow(lost)
    seen = lost.seen
    del lost
    gc.collect()
    selection.choose([2, 1, 2])
    selection.choose([1, 2])
    selection.show_only([1])
    selection.leave(kept)
    selection.choose([])
    assert kept.seen == [(1, 2), ("only", frozenset({1}))]
    assert seen == []


def test_rows_that_are_selected_on_one_board_are_on_every_board(client, wire, point):
    for _ in range(3):
        client.attach_trial(point)
    first, second = Board(client), Board(client)
    Browser(first, wire).ask("select", trial=2, trials=[0, 2])
    assert second.selected_trials == [0, 2]
    second.selection = [1]
    assert first.selected_trials == [1]
    third = Board(client)
    assert third.selected_trials == [1]
    for board in (first, second, third):
        board.close()


def test_a_click_in_a_card_selects_rows_and_a_brush_filters_them(client, wire, point, monkeypatch):
    for number in range(4):
        index = client.attach_trial({**point, "temperature": 190.0 + number})
        client.complete_trial(index, {"strength": float(number), "weight": 1.0})
    sent = []
    monkeypatch.setattr(LiveCard, "send", lambda self, content, buffers=None: sent.append(content))
    board = Board(client)
    card = LiveCard(compute_card(UtilityProgressionAnalysis(), client.analysis_context()), client)

    def ask(method, **params):
        card._handle_custom_msg({"id": 1, "method": method, "params": {"view": "v", **params}}, [])
        return next(message for message in reversed(sent) if "re" in message)

    assert ask("show", have=0)["value"] == {"selected": []}
    assert ask("select", trials=[2], brushed=False)["ok"]
    assert board.selected_trials == [2]
    assert ask("select", trials=[1, 3], brushed=True)["ok"]
    assert board._feed.shown == [3, 1]
    assert board.selected_trials == [1, 3]
    assert {"news": "selected", "trials": [1, 3]} in sent
    assert ask("select", trials=None, brushed=True)["ok"]
    assert board._feed.shown == [3, 2, 1, 0]
    assert not ask("select", trials=["1"], brushed=False)["ok"]
    Browser(board, wire).ask("select", trial=0, trials=[0])
    assert sent[-1] == {"news": "selected", "trials": [0]}
    card.close()
    board.close()


def test_a_selection_does_not_keep_its_session_alive():
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    selection = selection_of(client)
    assert selection_of(client) is selection


def test_marks_that_stand_for_trials_say_which(client, point):
    for number in range(3):
        index = client.attach_trial({**point, "temperature": 190.0 + number})
        client.complete_trial(index, {"strength": float(number), "weight": 1.0})
    figure = compute_card(UtilityProgressionAnalysis(), client.analysis_context()).figure
    told = [trial for trace in figure.data for trial in (trace.customdata if trace.customdata is not None else ())]
    assert sorted(told) == [0, 1, 2]
