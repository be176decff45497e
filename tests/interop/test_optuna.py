"""Studies of Optuna: what it wrote is read without it, and comes back the same."""

import math
import sqlite3
import subprocess
import sys
from pathlib import Path

import optuna
import pytest

from axnb import ChoiceParameterConfig, Client, RangeParameterConfig
from axnb.errors import (
    AxnbWarning,
    NotConfiguredError,
    ObjectNotFoundError,
    SnapshotError,
    StorageError,
    UserInputError,
)
from axnb.interop import from_optuna, to_optuna

SAMPLES = Path(__file__).parent / "samples"
JOURNAL = SAMPLES / "optuna-journal.log"  # written by Optuna 5.0, as is the database

optuna.logging.set_verbosity(optuna.logging.ERROR)


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "study.db"
    with sqlite3.connect(path) as connection:
        connection.executescript((SAMPLES / "optuna-database.sql").read_text())
    connection.close()
    return path


def _study(objective, trials, **settings):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0), **settings)
    study.optimize(objective, n_trials=trials, catch=(ValueError,))
    return study


@pytest.mark.parametrize("source", ["journal", "database", "address"])
def test_a_file_of_optuna_is_read_whole(source, database):
    place = {"journal": JOURNAL, "database": database, "address": f"sqlite:///{database}"}[source]
    client = from_optuna(place, study_name="one", random_seed=0)
    view = client.experiment.view()
    by_name = {p.name: p for p in view.search_space.parameters}
    assert list(by_name) == ["x", "lr", "layers", "kind", "drop", "momentum"]
    assert (by_name["x"].lower, by_name["x"].upper) == (-5.0, 10.0)
    assert by_name["lr"].log_scale
    assert by_name["layers"].parameter_type == "int"
    assert by_name["drop"].step_size == 0.1
    assert by_name["kind"].dependents == (("sgd", ("momentum",)),)
    assert str(view.optimization) == "-value"
    statuses = [t.status.name for t in view.trials.values()]
    assert statuses == ["COMPLETED"] * 3 + ["EARLY_STOPPED", "FAILED"] + ["COMPLETED"] * 3 + ["RUNNING"]
    assert view.trials[0].arm.parameters["x"] == pytest.approx(1.2553300705386103)
    assert [r.step for r in view.trials[0].data] == [0.0, 1.0, 2.0, None]
    assert view.trials[0].note == '{"note": "seen <b>"}'


def test_several_objectives_keep_their_names_and_directions(database):
    view = from_optuna(database, "two").experiment.view()
    assert str(view.optimization) == "-loss, acc"
    assert len(view.trials) == 4


def test_a_study_goes_on_here():
    study = _study(lambda t: (t.suggest_float("x", 0.0, 1.0) - 0.3) ** 2, 8)
    client = from_optuna(study, random_seed=0)
    ((index, point),) = client.get_next_trials(1).items()
    assert index == 8
    assert client.experiment.view().trials[index].provenance.generator == "BO"
    assert abs(point["x"] - 0.3) < 0.2


def test_constraints_become_outcome_constraints():
    def objective(trial):
        x = trial.suggest_float("x", 0.0, 1.0)
        trial.set_constraint("too wide", x - 0.5)
        return x

    view = from_optuna(_study(objective, 5)).experiment.view()
    assert [c.metric_names for c in view.optimization.constraints] == [("too wide",)]
    assert (view.optimization.constraints[0].op, view.optimization.constraints[0].bound) == ("<=", 0.0)
    trial = view.trials[0]
    assert {r.metric: r.mean for r in trial.data}["too wide"] == pytest.approx(dict(trial.arm.parameters)["x"] - 0.5)


def test_constraints_of_earlier_versions_have_no_names():
    study = optuna.create_study()
    study.add_trial(
        optuna.trial.create_trial(
            params={"x": 0.5},
            distributions={"x": optuna.distributions.FloatDistribution(0, 1)},
            value=1.0,
            system_attrs={"constraints": [0.25, -1.0]},
        )
    )
    view = from_optuna(study).experiment.view()
    assert [str(c) for c in view.optimization.constraints] == ["constraint_0 <= 0", "constraint_1 <= 0"]


def test_choices_of_mixed_kinds_are_said_to_be_text():
    study = _study(lambda t: float(t.suggest_categorical("k", [None, 1, "a"]) == "a"), 4)
    with pytest.warns(AxnbWarning, match="kinds of the values of 'k'"):
        client = from_optuna(study)
    assert client.experiment.view().search_space["k"].values == ("None", "1", "a")


def test_a_result_that_is_no_number_fails_its_trial():
    study = optuna.create_study()
    for value in (1.0, math.inf):
        study.add_trial(
            optuna.trial.create_trial(
                params={"x": 0.5}, distributions={"x": optuna.distributions.FloatDistribution(0, 1)}, value=value
            )
        )
    trials = from_optuna(study).experiment.view().trials
    assert [t.status.name for t in trials.values()] == ["COMPLETED", "FAILED"]


def test_a_queued_trial_waits_here_as_well():
    study = _study(lambda t: t.suggest_float("x", 0.0, 1.0), 2)
    study.enqueue_trial({"x": 0.25})
    trial = from_optuna(study).experiment.view().trials[2]
    assert trial.status.name == "CANDIDATE"
    assert dict(trial.arm.parameters) == {"x": 0.25}


def test_ranges_that_changed_are_joined():
    study = _study(lambda t: t.suggest_float("x", 0.0, 1.0 + t.number), 3)
    assert from_optuna(study).experiment.view().search_space["x"].upper == 3.0


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda p: p / "none.db", ObjectNotFoundError, "there is no file"),
        (lambda p: f"sqlite:///{p}/none.db", ObjectNotFoundError, "no file"),
        (lambda p: JOURNAL, UserInputError, "there are several studies: give study_name, one of 'one', 'two'"),
        (lambda p: 3, UserInputError, "expected a study of Optuna"),
        (lambda p: __file__, SnapshotError, "neither a database nor a journal"),
        (lambda p: "nonsense://there", StorageError, "cannot read a database of Optuna"),
    ],
)
def test_what_cannot_be_read_is_said(make, error, said, tmp_path):
    with pytest.raises(error, match=said):
        from_optuna(make(tmp_path))


def test_a_study_that_is_not_there_is_named():
    with pytest.raises(ObjectNotFoundError, match=r"no study 'ones'; there is 'one', 'two'.*Did you mean 'one'"):
        from_optuna(JOURNAL, "ones")


def test_optuna_is_not_needed_to_read_its_files():
    code = (
        "import sys; sys.modules['optuna'] = None; from axnb.interop import from_optuna;"
        f"print(len(from_optuna({str(JOURNAL)!r}, 'one').summarize()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "9"


def _mixed():
    client = Client(random_seed=0)
    client.configure_experiment(
        [
            RangeParameterConfig("lr", (1e-4, 1.0), "float", scaling="log"),
            RangeParameterConfig("n", (1, 9), "int", step_size=2),
            ChoiceParameterConfig("kind", ["sgd", "adam"], "str", dependent_parameters={"sgd": ["momentum"]}),
            RangeParameterConfig("momentum", (0.0, 1.0), "float"),
        ],
        name="häß <b>",
    )
    client.configure_optimization("-loss, acc", ["cost <= 2"])
    for k in range(6):
        for index in client.get_next_trials(1):
            if k == 4:
                client.mark_trial_failed(index, failed_reason="spilt")
            else:
                client.attach_data(index, {"loss": 3.0}, progression=1)
                client.complete_trial(index, {"loss": 1.0 + k, "acc": 0.5, "cost": 2.5})
    return client


def test_there_and_back_is_the_same():
    client = _mixed()
    study = to_optuna(client)
    assert [d.name for d in study.directions] == ["MINIMIZE", "MAXIMIZE"]
    assert study.trials[0].constraints == {"cost <= 2": 0.5}
    back = from_optuna(study).experiment.view()
    view = client.experiment.view()
    assert back.search_space == view.search_space
    for index, trial in view.trials.items():
        assert back.trials[index].arm.parameters == trial.arm.parameters
        assert back.trials[index].status is trial.status
        final = {r.metric: r.mean for r in trial.data if r.step is None and r.metric != "cost"}
        assert {r.metric: r.mean for r in back.trials[index].data if r.metric in ("loss", "acc")} == final


def test_what_a_study_cannot_hold_is_said():
    client = Client()
    with pytest.raises(NotConfiguredError, match="call configure_experiment"):
        to_optuna(client)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_optimization("2*a + b")
    with pytest.raises(UserInputError, match="is a sum"):
        to_optuna(client)
