"""What a reader does to an experiment from a live card."""

import threading

import pytest

from axnb.analyses.actions import Action
from axnb.analyses.insights.what_if import WhatIf
from axnb.errors import ObjectNotFoundError, UserInputError
from axnb.widgets.card import LiveCard, LiveView
from axnb.widgets.card_deeds import Deeds


def make(point, **more):
    return Action(method="attach_trial", arguments=(("parameters", point),), label="Do it", done="Trial {}.", **more)


@pytest.fixture
def deeds(client):
    return Deeds(client)


def trials(client):
    return client.experiment.view().trials


def test_an_action_is_done_and_says_which_trial_came_of_it(client, deeds, point):
    (offer,) = deeds.offer([make(point)])
    assert (offer["label"], offer["done"]) == ("Do it", "")
    assert deeds.do(offer["mark"]) == "Trial 0."
    assert trials(client)[0].parameters == point
    assert deeds.offer([make(point)])[0]["done"] == "Trial 0."


def test_however_often_it_is_pressed_it_makes_one_trial(client, deeds, point):
    (offer,) = deeds.offer([make(point)])
    said = []
    threads = [threading.Thread(target=lambda: said.append(deeds.do(offer["mark"]))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == ["Trial 0."] * 6
    assert len(trials(client)) == 1


def test_what_was_undone_can_be_done_again(client, deeds, point):
    (offer,) = deeds.offer([make(point)])
    deeds.do(offer["mark"])
    client.undo()
    assert deeds.offer([make(point)])[0]["done"] == ""
    assert deeds.do(offer["mark"]) == "Trial 1."


def test_another_point_is_another_action(deeds, point):
    first, second = deeds.offer([make(point), make(point | {"walls": 4})])
    assert first["mark"] != second["mark"]
    assert deeds.do(first["mark"]) == "Trial 0."
    assert deeds.do(second["mark"]) == "Trial 1."


def test_what_the_experiment_refuses_stays_undone(client, deeds, point):
    (offer,) = deeds.offer([make(point | {"temperature": 999.0})])
    with pytest.raises(UserInputError, match="temperature"):
        deeds.do(offer["mark"])
    assert not trials(client)
    assert deeds.offer([make(point | {"temperature": 999.0})])[0]["done"] == ""


def test_only_what_was_offered_can_be_done(client, deeds):
    with pytest.raises(ObjectNotFoundError, match="no longer offers"):
        deeds.do("attach_trial")
    assert not trials(client)


def test_old_offers_are_forgotten(deeds, point):
    (offer,) = deeds.offer([make(point)])
    for i in range(300):
        deeds.offer([make(point | {"temperature": 181.0 + i / 10})])
    with pytest.raises(ObjectNotFoundError):
        deeds.do(offer["mark"])


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
