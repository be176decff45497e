"""What a reader does to an experiment from a live card."""

import threading

import pytest

from axnb.analyses.actions import Action
from axnb.analyses.insights.what_if import WhatIf
from axnb.errors import ObjectNotFoundError, UserInputError
from axnb.widgets.cards.action_log import ActionLog
from axnb.widgets.cards.card import LiveCard
from axnb.widgets.cards.view import LiveView


def make(point, **more):
    return Action(method="attach_trial", arguments=(("parameters", point),), label="Do it", done="Trial {}.", **more)


@pytest.fixture
def action_log(client):
    return ActionLog(client)


def trials(client):
    return client.experiment.view().trials


def test_an_action_is_done_and_says_which_trial_came_of_it(client, action_log, point):
    (offer,) = action_log.offer([make(point)])
    assert (offer["label"], offer["done"]) == ("Do it", "")
    assert action_log.do(offer["mark"]) == "Trial 0."
    assert trials(client)[0].parameters == point
    assert action_log.offer([make(point)])[0]["done"] == "Trial 0."


def test_however_often_it_is_pressed_it_makes_one_trial(client, action_log, point):
    (offer,) = action_log.offer([make(point)])
    said = []
    threads = [threading.Thread(target=lambda: said.append(action_log.do(offer["mark"]))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == ["Trial 0."] * 6
    assert len(trials(client)) == 1


def test_what_was_undone_can_be_done_again(client, action_log, point):
    (offer,) = action_log.offer([make(point)])
    action_log.do(offer["mark"])
    client.undo()
    assert action_log.offer([make(point)])[0]["done"] == ""
    assert action_log.do(offer["mark"]) == "Trial 1."


def test_another_point_is_another_action(action_log, point):
    first, second = action_log.offer([make(point), make(point | {"walls": 4})])
    assert first["mark"] != second["mark"]
    assert action_log.do(first["mark"]) == "Trial 0."
    assert action_log.do(second["mark"]) == "Trial 1."


def test_what_the_experiment_refuses_stays_undone(client, action_log, point):
    (offer,) = action_log.offer([make(point | {"temperature": 999.0})])
    with pytest.raises(UserInputError, match="temperature"):
        action_log.do(offer["mark"])
    assert not trials(client)
    assert action_log.offer([make(point | {"temperature": 999.0})])[0]["done"] == ""


def test_only_what_was_offered_can_be_done(client, action_log):
    with pytest.raises(ObjectNotFoundError, match="no longer offers"):
        action_log.do("attach_trial")
    assert not trials(client)


def test_old_offers_are_forgotten(action_log, point):
    (offer,) = action_log.offer([make(point)])
    for i in range(300):
        action_log.offer([make(point | {"temperature": 181.0 + i / 10})])
    with pytest.raises(ObjectNotFoundError):
        action_log.do(offer["mark"])


def test_a_live_what_if_makes_its_point_a_trial(client, monkeypatch):
    sent, arrived = [], threading.Condition()

    def receive(self, content, buffers=None):
        with arrived:
            sent.append(content)
            arrived.notify_all()

    def answer(card, method, **params):
        ask = f"q{len(sent)}"
        card._handle_custom_msg({"id": ask, "method": method, "params": {"view": "v", **params}}, [])
        with arrived:
            assert arrived.wait_for(lambda: any(m.get("re") == ask for m in sent), timeout=20)
            return next(m for m in sent if m.get("re") == ask)

    monkeypatch.setattr(LiveCard, "send", receive)
    for walls in range(1, 6):
        index = client.attach_trial({"temperature": 180.0 + 15 * walls, "walls": walls, "infill": "grid"})
        client.complete_trial(index, {"strength": walls, "weight": 2.0 * walls})
    card = LiveView(client).widget(WhatIf(at={"walls": 2}).compute(client.analysis_context()))
    (offer,) = card.face["actions"]
    assert offer["label"] == "Make this a trial"
    assert answer(card, "act", mark=offer["mark"])["value"] == "This is trial 5."
    assert trials(client)[5].parameters["walls"] == 2
    refused = answer(card, "act", mark="nonsense")
    assert not refused["ok"]
    assert "no longer offers" in refused["error"]
    card.close()
