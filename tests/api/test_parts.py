"""Objects and functions that no file keeps: their names are recorded, and missed after loading."""

import warnings

import pytest

from axnb import Client, RangeParameterConfig
from axnb.errors import AxnbWarning
from axnb.run.early_stopping import PercentileEarlyStoppingStrategy
from axnb.run.protocols import IMetric, IRunner


class LabRunner(IRunner):
    def run_trial(self, trial_index, parameterization):
        return {}

    def poll_trial(self, trial_index, trial_metadata):
        return None


def sums_to_one(point):
    return point["x"] + point["y"] <= 1.0


def configured(client):
    client.configure_experiment([RangeParameterConfig(n, (0.0, 1.0), "float") for n in "xy"], name="parts")
    client.configure_optimization("-loss")
    return client


class Loss(IMetric):
    def fetch(self, trial_index, trial_metadata):
        return 0, 0.25


def from_journal(folder):
    return Client(storage=folder / "run.jsonl")


def from_snapshot(folder):
    return Client.load_from_json_file(folder / "run.json")


@pytest.mark.parametrize("first", [True, False])
def test_after_loading_the_first_ask_says_once_what_is_missing_and_how_to_bring_it_back(tmp_path, first):
    client = Client(random_seed=0, storage=tmp_path / "run.jsonl")
    client = client if first else configured(client)
    client.configure_nonlinear_constraints([sums_to_one])
    client.configure_runner(LabRunner())
    client.set_early_stopping_strategy(PercentileEarlyStoppingStrategy())
    client = configured(client) if first else client
    client.configure_metrics([Loss("loss")])
    client.save_to_json_file(tmp_path / "run.json")
    expected = (
        "not saved with the experiment, so to be given again: nonlinear constraints sums_to_one "
        "(configure_nonlinear_constraints); runner LabRunner (configure_runner); early stopping strategy "
        "PercentileEarlyStoppingStrategy (set_early_stopping_strategy); metrics loss (configure_metrics)."
    )
    for load in (from_journal, from_snapshot):
        again = load(tmp_path)
        with pytest.warns(AxnbWarning) as said:
            again.get_next_trials(1)
        assert [str(w.message) for w in said] == [expected]
        again.get_next_trials(1)  # warnings are errors here
        with pytest.warns(AxnbWarning, match="given again: nonlinear constraints sums_to_one"):
            load(tmp_path).analysis_context()


def test_what_is_given_again_is_not_missed_and_not_recorded_twice(tmp_path):
    client = configured(Client(random_seed=0, storage=tmp_path / "run.jsonl"))
    client.configure_nonlinear_constraints([sums_to_one])
    version = client.experiment.view().version
    client.configure_nonlinear_constraints([sums_to_one])
    again = Client(storage=tmp_path / "run.jsonl")
    again.configure_nonlinear_constraints([sums_to_one])
    again.get_next_trials(1)
    assert again.experiment.view().version == version + 1
    last = Client(storage=tmp_path / "run.jsonl")
    last.configure_nonlinear_constraints([])  # no longer wanted
    last.get_next_trials(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Client(storage=tmp_path / "run.jsonl").get_next_trials(1)
    assert "nonlinear constraints set to none" in last.history()["what"].tolist()
