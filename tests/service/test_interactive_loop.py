"""A person gives results while the next trials are made in the background."""

import threading

import pytest

from axnb.errors import SearchSpaceExhausted, UserInputError
from axnb.service.ax_client import AxClient
from axnb.service.interactive_loop import interactive_optimize, interactive_optimize_with_client

X = {"name": "x", "type": "range", "bounds": [0.0, 1.0]}


def make(*parameters):
    client = AxClient(random_seed=0)
    client.create_experiment(list(parameters) or [X])
    return client


def test_a_person_answers_all():
    client = make()
    asked = []

    def answer(candidate):
        asked.append(candidate)
        return candidate[0]["x"]

    assert interactive_optimize_with_client(client, 7, 2, answer)
    trials = client.experiment.view().trials
    assert [index for _, index in asked] == list(range(7))
    assert [trials[i].outcomes["objective"][0] for i in range(7)] == [point["x"] for point, _ in asked]
    assert not any(t.status.is_running for t in trials.values())


def test_a_person_ends_it():
    client = make()
    answers = iter([0.5, None])
    assert not interactive_optimize_with_client(client, 7, 2, lambda candidate: next(answers))
    statuses = [t.status.name for t in client.experiment.view().trials.values()]
    assert statuses[0] == "COMPLETED"
    assert set(statuses[1:]) == {"ABANDONED"}


def test_a_finite_space_ends_it():
    client = make({"name": "k", "type": "choice", "values": ["a", "b"]})
    assert not interactive_optimize_with_client(client, 7, 3, lambda candidate: 1.0)
    assert [t.status.name for t in client.experiment.view().trials.values()] == ["COMPLETED", "COMPLETED"]


def test_trouble_is_raised_where_the_person_is():
    def broken():
        raise ZeroDivisionError("no candidates")

    with pytest.raises(ZeroDivisionError, match="no candidates"):
        interactive_optimize(3, 1, broken, print, abs)
    with pytest.raises(SearchSpaceExhausted):
        interactive_optimize(3, 1, lambda: 1, print, _exhausted)
    assert not [t for t in threading.enumerate() if t.name == "axnb-candidates"]


def _exhausted(candidate):
    raise SearchSpaceExhausted("raised by the person")


def test_arguments_are_checked():
    for arguments in ((0, 1, abs, abs, abs), (1, 0, abs, abs, abs), (1, 1, 3, abs, abs)):
        with pytest.raises(UserInputError):
            interactive_optimize(*arguments)
