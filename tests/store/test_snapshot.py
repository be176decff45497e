"""Saving and loading is the identity, whatever happens to the file is noticed."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axnb import Client, RangeParameterConfig
from axnb.api.configs import ChoiceParameterConfig
from axnb.errors import ObjectNotFoundError, SnapshotError, StorageError
from axnb.record.experiment import Experiment
from axnb.store.snapshot import dumps, load, loads, save


def worked_experiment():
    client = Client(random_seed=3)
    client.configure_experiment(
        [
            RangeParameterConfig("x", (0.0, 1.0), "float", step_size=0.1),
            RangeParameterConfig("n", (1, 64), "int", scaling="log"),
            ChoiceParameterConfig('kind <b>"é', ["a", "b", "c"], "str"),
            ChoiceParameterConfig("flag", [True, False], "bool"),
        ],
        parameter_constraints=["x + n <= 60"],
        name="étude",
        description="a\nb",
    )
    client.configure_optimization("acc, -cost", ["weight <= 10", "cost <= 5"])
    client.configure_generation_strategy(initialization_budget=3)
    client.configure_tracking_metrics(["seconds"])
    for k in range(4):
        index = client.attach_trial({"x": 0.1 * k, "n": k + 1, 'kind <b>"é': "abca"[k], "flag": k % 2 == 0})
        client.attach_data(index, {"acc": (k / 3, 0.1)}, progression=1)
        if k == 2:
            client.mark_trial_failed(index, "broke \u2028 here")
        else:
            client.complete_trial(index, {"acc": k / 7, "cost": 1e300 * k, "weight": -k, "seconds": 5e-324})
    client.undo()
    client.redo()
    client.undo()
    return client.experiment


def same(one, two):
    a, b = one.view(), two.view()
    fields = ["version", "metadata", "search_space", "optimization", "generation", "metrics", "baseline", "next_index"]
    return (
        one.journal == two.journal
        and dict(a.trials) == dict(b.trials)
        and all(getattr(a, f) == getattr(b, f) for f in [*fields, "next_position", "undo_label", "redo_label"])
    )


def test_loading_what_was_saved_is_the_identity(tmp_path):
    experiment = worked_experiment()
    save(experiment, tmp_path / "a.json")
    again, _ = load(tmp_path / "a.json")
    assert same(experiment, again)
    save(again, tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert type(again.view().trials[0].parameters["n"]) is int
    assert type(again.view().trials[0].parameters["flag"]) is bool


def test_the_file_is_strict_json():
    json.loads(dumps(worked_experiment()), parse_constant=lambda c: pytest.fail(f"{c} is not JSON"))


@given(st.data())
def test_a_damaged_file_is_refused_or_means_the_same_kind_of_thing(data):
    text = dumps(worked_experiment_cached())
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, min(len(text), start + 30)))
    put = data.draw(st.sampled_from(["", "null", "1", '"x"', "[]", "{}", "NaN", "1e999", "-1", "true", "\x00", ","]))
    with contextlib.suppress(SnapshotError):
        assert isinstance(loads(text[:start] + put + text[stop:])[0], Experiment)


_cached = []


def worked_experiment_cached():
    if not _cached:
        _cached.append(worked_experiment())
    return _cached[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no valid JSON"),
        ("{", "no valid JSON"),
        ("[]", "not an experiment saved by axnb"),
        ('{"_type": "Client", "experiment": {}}', "snapshot of Ax"),
        ('{"format": "axnb-experiment", "version": 99, "entries": []}', "update axnb"),
        ('{"format": "axnb-experiment", "version": "1", "entries": []}', "format version"),
        ('{"format": "axnb-experiment", "version": 1}', "no list of entries"),
        ('{"format": "axnb-experiment", "version": 1, "entries": [3]}', "damaged"),
        ('{"format": "axnb-experiment", "version": 1, "entries": [{"_": "Popen"}]}', "damaged"),
        ('{"format": "axnb-experiment", "version": 1, "entries": [NaN]}', "NaN"),
        ("[" * 100_000, "no valid JSON"),
    ],
)
def test_foreign_and_damaged_files_are_refused_with_a_reason(tmp_path, text, reason):
    path = tmp_path / "odd.json"
    path.write_text(text)
    with pytest.raises(SnapshotError, match=reason) as caught:
        load(path)
    assert "odd.json" in str(caught.value)


def test_files_that_cannot_be_read_or_written(tmp_path):
    with pytest.raises(ObjectNotFoundError, match="there is no file"):
        load(tmp_path / "none.json")
    with pytest.raises(StorageError, match="is a folder"):
        load(tmp_path)
    with pytest.raises(StorageError, match="cannot write"):
        save(Experiment(), tmp_path / "no" / "folder.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SnapshotError, match="no text file"):
        load(tmp_path / "binary.json")


def test_an_interrupted_save_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    save(worked_experiment(), path)
    before = path.read_bytes()

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StorageError, match="No space left"):
        save(Experiment(), path)
    assert path.read_bytes() == before
    assert [f.name for f in tmp_path.iterdir()] == ["a.json"]


def test_a_saved_file_of_60_modelled_trials_is_small(tmp_path):
    names = ["learning_rate", "weight_decay", "temperature", "concentration"]
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig(n, (1e-4, 1.0), "float", scaling="log") for n in names])
    client.configure_optimization("accuracy")
    for _ in range(60):
        for index, p in client.get_next_trials(1).items():
            client.complete_trial(index, {"accuracy": -sum((v - 0.3) ** 2 for v in p.values())})
    client.save_to_json_file(tmp_path / "a.json")
    assert client.experiment.view().trials[59].provenance.models
    assert (tmp_path / "a.json").stat().st_size < 66_000  # of which checksums are 2,500


@pytest.mark.parametrize("number", [1, 2])
def test_the_committed_samples_of_all_formats_still_load(number):
    view = load(Path(__file__).parent / f"format-{number}.json")[0].view()
    assert view.name == f"sample of format {number}"
    assert [t.status.name for t in view.trials.values()][:3] == ["COMPLETED", "FAILED", "RUNNING"]
    assert view.trials[0].outcomes.items() >= {"strength": (71.5, 0.5), "weight": (8.25, None)}.items()
    if number == 2:
        modelled = view.trials[4].provenance
        assert modelled.generator == "BO"
        assert dict(modelled.models[0].hyperparameters).keys() >= {"lengthscale.layers", "noise"}
        assert view.trials[4].note == "by the model"


def test_loading_needs_no_heavy_library(tmp_path):
    save(worked_experiment(), tmp_path / "a.json")
    code = (
        "import sys; from axnb import Client; Client.load_from_json_file(sys.argv[1]);"
        "print([m for m in ('torch', 'pandas', 'scipy', 'plotly') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "a.json"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
