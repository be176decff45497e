"""Trials of several arms: attached, told, amended and undone an arm, learned from and kept."""

import pytest

from axnb import Client, RangeParameterConfig
from axnb.errors import AxnbWarning, UnknownNameError, UnsupportedError, UserInputError
from axnb.record.events import BaselineSet
from axnb.record.experiment import arm_results

POINTS = [{"x": 0.1, "y": 0.2}, {"x": 0.5, "y": 0.5}, {"x": 0.9, "y": 0.1}]


@pytest.fixture
def client():
    client = Client(random_seed=1)
    client.configure_experiment(
        [RangeParameterConfig(name=n, bounds=(0, 1), parameter_type="float") for n in ("x", "y")], name="batches"
    )
    client.configure_optimization("-loss")
    return client


def loss(point):
    return (point["x"] - 0.3) ** 2 + (point["y"] - 0.7) ** 2


def complete(client, index):
    trial = client.experiment.view().trial(index)
    return client.complete_trial(index, {a.name: {"loss": loss(dict(a.parameters))} for a in trial.arms})


def test_a_batch_is_attached_and_told_an_arm(client):
    client.attach_trial(POINTS[1])
    index = client.attach_batch([*POINTS, {"x": 0.2, "y": 0.2}], [None, None, "third", None], [1, 2, 1, 0.5])
    trial = client.experiment.view().trial(index)
    assert list(trial.arms_by_name) == ["1_0", "0_0", "third", "1_3"]  # a repeated point keeps its name
    assert list(trial.arm_weights.values()) == [1.0, 2.0, 1.0, 0.5]
    client.attach_data(index, {"third": {"loss": (0.5, 0.1)}}, progression=1)
    with pytest.warns(AxnbWarning, match="trial 1 is completed without 'loss'"):
        client.complete_trial(index, {"1_0": {"loss": 0.25}})
    done = client.experiment.view().trial(index)
    assert [dict(r.outcomes) for r in done.results] == [{"loss": (0.25, None)}, {}, {"loss": (0.5, 0.1)}, {}]
    table = client.summarize()
    assert table["arm_name"].tolist() == ["0_0", "1_0", "0_0", "third", "1_3"]
    assert table["trial_index"].tolist() == [0, 1, 1, 1, 1]
    assert table["arm_weight"].tolist() == [1.0, 1.0, 2.0, 1.0, 0.5]
    assert client.to_dataframe()["x"].tolist() == [0.5, 0.1, 0.5, 0.9, 0.2]


def test_a_batch_can_be_undone_amended_and_followed(client):
    index = client.attach_batch(POINTS)
    complete(client, index)
    client.amend_data(index, {"0_0": {"loss": 7.0}, "0_2": {"loss": None}})
    told = lambda: [r.outcomes.get("loss", (None,))[0] for r in arm_results(client.experiment.view())]  # noqa: E731
    right = [pytest.approx(loss(p)) for p in POINTS]
    assert told() == [7.0, right[1], None]
    client.undo()
    assert told() == right
    client.redo()
    client.undo()
    client.undo()
    client.undo()
    assert client.experiment.view().trials == {}
    client.redo()
    client.redo()
    assert told() == right
    what = client.history()["what"].tolist()
    assert what[2] == "trial 0 of 3 arms attached"
    assert what[3].startswith("trial 0 completed (0_0 loss ")
    assert what[4].startswith("data of arm 0_0 of trial 0 amended (loss 0.29 → 7), data of arm 0_2 of trial 0 amended")


def test_suggestions_and_the_best_point_learn_from_each_arm(client):
    client.configure_generation_strategy(initialization_budget=3, initialize_with_center=False)
    complete(client, client.attach_batch([*POINTS, {"x": 0.35, "y": 0.8}, {"x": 0.2, "y": 0.9}]))
    client.get_next_trials(1)
    assert client.experiment.view().trial(1).provenance.generator == "BO"
    predicted = [p["loss"][0] for p in client.predict(POINTS)]
    assert predicted == pytest.approx([loss(p) for p in POINTS], abs=0.03)
    best = client.get_best_parameterization(use_model_predictions=False)
    assert (best[2], best[3], best[0]) == (0, "0_3", {"x": 0.35, "y": 0.8})


def test_a_pending_batch_is_not_suggested_again(client):
    client.configure_generation_strategy(initialize_with_center=False)
    first = list(client.get_next_trials(4).values())
    other = Client(random_seed=1)
    other.configure_experiment(
        [RangeParameterConfig(name=n, bounds=(0, 1), parameter_type="float") for n in ("x", "y")], name="other"
    )
    other.configure_optimization("-loss")
    other.configure_generation_strategy(initialize_with_center=False)
    other.attach_batch(first[:3])
    assert list(other.get_next_trials(1).values()) == first[3:]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (([],), "trial 0 has no arms"),
        (([POINTS[0], POINTS[0]],), "each arm needs a point of its own"),
        ((POINTS, ["a", "b"]), "3 arms, but 2 arm_names"),
        ((POINTS, ["a", "a", "b"]), "each arm needs a name of its own"),
        ((POINTS, ["a", "", "b"]), "non-empty string"),
        ((POINTS, None, [1, 2]), "3 arms, but 2 weights"),
        ((POINTS, None, [1, 0, 2]), "the weight of arm '0_1' must be above 0"),
        ((POINTS, None, [1, "2", 2]), "the weight of arm '0_1' must be above 0"),
        ((POINTS, None, [1, 10**400, 2]), "the weight of arm '0_1' must be above 0"),
        (([{"x": 0.1}],), "values are missing for 'y'"),
        ((POINTS[0],), "parameterizations must be a list"),
    ],
)
def test_a_batch_that_makes_no_sense_is_refused(client, arguments, reason):
    with pytest.raises(UserInputError, match=reason):
        client.attach_batch(*arguments)
    assert client.experiment.view().trials == {}


@pytest.mark.parametrize(
    ("data", "error", "reason"),
    [
        ({"loss": 0.5}, UserInputError, r"trial 0 has 3 arms: .* such as \{'0_0': \{'loss': 0.93\}"),
        ({}, UserInputError, "trial 0 has 3 arms"),
        (0.5, UserInputError, "trial 0 has 3 arms"),
        ({"0_9": {"loss": 0.5}}, UnknownNameError, "trial 0 has no arm '0_9'; its arms are '0_0', '0_1', '0_2'"),
        ({"0_0": 0.5}, UserInputError, "raw_data must be a dict of metric values"),
        ({"0_0": {"lose": 0.5}}, UnknownNameError, "Did you mean 'loss'"),
    ],
)
def test_data_that_fits_no_arm_is_refused(client, data, error, reason):
    client.attach_batch(POINTS)
    for tell in (client.attach_data, client.complete_trial, client.amend_data):
        with pytest.raises(error, match=reason):
            tell(0, data)
    assert client.experiment.view().trial(0).data == ()


def test_a_batch_is_no_baseline(client):
    index = client.attach_batch(POINTS)
    with pytest.raises(UnsupportedError, match="the baseline must be a trial of one"):
        client.experiment.record([BaselineSet(index=index)])


@pytest.mark.parametrize("suffix", ["json", "jsonl", "db"])
def test_a_batch_is_kept(client, tmp_path, suffix):
    index = client.attach_batch(POINTS, weights=[1, 2, 3])
    complete(client, index)
    client.amend_data(index, {"0_1": {"loss": 4.0}})
    path = tmp_path / f"run.{suffix}"
    storage = f"sqlite:///{path}" if suffix == "db" else path
    if suffix == "json":
        client.save_to_json_file(path)
        loaded = Client.load_from_json_file(path)
    else:
        loaded = Client(storage=storage)
        loaded.configure_experiment(
            [RangeParameterConfig(name=n, bounds=(0, 1), parameter_type="float") for n in ("x", "y")], name="batches"
        )
        loaded.configure_optimization("-loss")
        loaded.attach_batch(POINTS, weights=[1, 2, 3])
        complete(loaded, 0)
        loaded.amend_data(0, {"0_1": {"loss": 4.0}})
        loaded = Client.load_from_database("batches", storage=storage) if suffix == "db" else Client(storage=storage)
    kept = [(r.arm_name, r.weight, dict(r.outcomes)) for r in arm_results(loaded.experiment.view())]
    assert kept == [(r.arm_name, r.weight, dict(r.outcomes)) for r in arm_results(client.experiment.view())]


def test_a_batch_shows_its_arms(client):
    index = client.attach_batch(POINTS, weights=[1, 2, 3])
    client.attach_data(index, {"0_1": {"loss": (0.25, 0.01)}})
    shown = client.experiment.view().trial(index)._repr_html_()
    assert "<td>0_1</td><td>2</td><td>0.5</td><td>0.5</td><td>0.25 ± 0.01</td>" in shown
    assert "<td>0_2</td><td>3</td><td>0.9</td><td>0.1</td><td></td>" in shown
