"""Metrics that were never named are tracked, as they are told; slips of the goal's metrics are refused."""

import pytest

from axnb import Client, RangeParameterConfig
from axnb.errors import TrialMutationError, UnknownNameError, UserInputError


@pytest.fixture
def client():
    made = Client(random_seed=0)
    made.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    made.configure_optimization("-loss", ["weight <= 3"])
    made.get_next_trials(2)
    return made


def test_a_new_metric_is_tracked(client):
    client.attach_data(0, {"seconds": 3.0}, progression=1)
    client.complete_trial(0, {"loss": 0.5, "weight": 1.0, "watts": (2.0, 0.1)})
    assert client.experiment.view().metrics == ("loss", "weight", "seconds", "watts")
    assert client.experiment.view().trial(0).outcomes["watts"] == (2.0, 0.1)


@pytest.mark.parametrize("slip", ["los", "LOSS", "wieght", "losss"])
def test_a_slip_is_refused_and_leaves_no_trace(client, slip):
    before = client.experiment.view().version
    with pytest.raises(UnknownNameError, match="Did you mean"):
        client.complete_trial(0, {slip: 0.5})
    assert client.experiment.view().version == before


def test_a_name_like_one_that_is_there_is_no_slip(client):
    client.complete_trial(0, {"loss": 0.5, "los": 1.0, "weight": 1.0, "val_weight": 2.0})
    assert client.experiment.view().metrics == ("loss", "weight", "los", "val_weight")


def test_what_cannot_be_recorded_tracks_nothing(client):
    client.mark_trial_failed(1)
    before = client.experiment.view().version
    for data in ({"loss": 0.5, "seconds": float("nan")}, {"loss": 0.5, "x": 1.0}, {"loss": 0.5, "": 1.0}):
        with pytest.raises(UserInputError):
            client.attach_data(0, data)
    with pytest.raises(TrialMutationError):
        client.complete_trial(1, {"loss": 0.5, "weight": 1.0, "seconds": 1.0})
    assert client.experiment.view().version == before


def test_data_with_a_new_metric_can_be_taken_back(client):
    client.complete_trial(0, {"loss": 0.5, "weight": 1.0, "seconds": 3.0})
    client.undo()
    trial = client.experiment.view().trial(0)
    assert trial.status.is_running
    assert trial.data == ()
    assert "seconds" in client.experiment.view().metrics
    client.redo()
    assert client.experiment.view().trial(0).outcomes["seconds"] == (3.0, None)


def test_arms_of_a_batch(client):
    index = client.attach_batch([{"x": 0.1}, {"x": 0.2}])
    with pytest.raises(UnknownNameError, match="Did you mean 'loss'"):
        client.attach_data(index, {"2_0": {"loss": 1.0, "watts": 1.0}, "2_1": {"lose": 1.0}})
    client.attach_data(index, {"2_0": {"loss": 1.0, "watts": 1.0}, "2_1": {"loss": 1.0}})
    assert client.experiment.view().metrics == ("loss", "weight", "watts")
