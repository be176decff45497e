"""Snapshots that Ax 1.3.1 wrote are read: all trials, parameters, metrics, statuses are equal."""

import json
import warnings
from pathlib import Path

import pytest

from axnb import Client
from axnb.errors import AxnbWarning, ObjectNotFoundError, SnapshotError, UserInputError
from axnb.problem.parameters import ChoiceParameter, DerivedParameter, FixedParameter, RangeParameter
from axnb.record.trial import TrialStatus

FOLDER = Path(__file__).parent / "ax_snapshots"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())


def read(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AxnbWarning)
        client = Client.from_ax_json(FOLDER / f"{name}.json", random_seed=0)
    return client, client.experiment.view()


@pytest.mark.parametrize("name", EXPECTED)
def test_everything_is_equal(name):
    expected = EXPECTED[name]
    _, view = read(name)
    assert view.name == expected["name"]
    assert list(view.search_space.names) == expected["parameters"]
    assert set(expected["metrics"]) <= set(view.metrics)
    trials = {i: t for i, t in view.trials.items() if t.provenance.generator != "Baseline"}
    assert sorted(trials) == sorted(int(i) for i in expected["trials"])
    for index, trial in trials.items():
        wanted = expected["trials"][str(index)]
        assert trial.status.name == wanted["status"]
        assert trial.status_reason == wanted["reason"]
        assert {a.name: dict(a.parameters) for a in trial.arms} == {
            arm: pytest.approx(point) if all(isinstance(v, float) for v in point.values()) else point
            for arm, point in wanted["arms"].items()
        }
        data = sorted([[r.metric, r.mean, r.sem, r.step] for r in trial.data], key=str)
        assert [row[0] for row in data] == [row[0] for row in wanted["data"]]
        for row, other in zip(data, wanted["data"], strict=True):
            assert row[1:] == pytest.approx(other[1:], abs=1e-9)  # Ax writes ten decimals
    if expected["status_quo"] is not None:
        assert view.trial(view.baseline).parameters == expected["status_quo"]


def test_there_are_ten_kinds():
    assert len(EXPECTED) >= 10
    assert {p.stem for p in FOLDER.glob("*.json")} == {*EXPECTED, "expected"}


@pytest.mark.parametrize(
    ("name", "objective", "constraints", "thresholds"),
    [
        ("floats", "-loss", [], ()),
        ("constrained", "gain", ["weight <= 10", "b >= 0.25"], ()),
        ("objectives", "acc, -latency", [], (("latency", 20.0), ("acc", -50.0))),
        ("scalarized", "2*a - b", [], ()),
        ("baseline", "qps", ["latency <= 1.1*baseline"], ()),
        ("service", "-m1", ["m2 <= 3", "m3 >= 0.95*baseline"], ()),
        ("service_objectives", "-a, b", [], (("a", 3.0), ("b", 0.0))),
    ],
)
def test_goals(name, objective, constraints, thresholds):
    goal = read(name)[1].optimization
    assert (str(goal), [str(c) for c in goal.constraints], goal.thresholds) == (objective, constraints, thresholds)


def test_parameters_and_constraints():
    space = read("mixed")[1].search_space
    assert space["lr"] == RangeParameter(name="lr", lower=1e-4, upper=1.0, log_scale=True)
    assert space["n"] == RangeParameter(name="n", lower=1, upper=8, parameter_type="int")
    assert space["kernel"] == ChoiceParameter(name="kernel", values=("rbf", "poly", "tanh"))
    assert space["flag"].values == (False, True)
    grids = read("grids")[1].search_space
    assert grids["only"] == FixedParameter(name="only", value="one", parameter_type="str")
    assert isinstance(grids["twice"], DerivedParameter)
    assert grids["t"].values == (10.0, 12.5, 15.0, 17.5, 20.0)
    assert [str(c) for c in read("constrained")[1].search_space.constraints] == ["x + 2*y <= 20", "-x <= 4"]
    assert read("branches")[1].search_space.parents == {"depth": ("model", ("tree",)), "width": ("model", ("net",))}


def test_what_is_not_carried_over_is_said():
    with pytest.warns(AxnbWarning, match="digits of parameter 'x'.*status quo.*trial 5 waits"):
        client = Client.from_ax_json(FOLDER / "service.json")
    assert client.experiment.view().trial(5).status is TrialStatus.CANDIDATE
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Client.from_ax_json(FOLDER / "floats.json")


def test_strategies_in_spirit():
    assert read("floats")[1].generation.method == "random_search"
    assert read("service")[1].generation.budget == 5


@pytest.mark.parametrize("name", ["floats", "mixed", "objectives", "branches", "curves", "baseline"])
def test_the_experiment_goes_on(name):
    client, view = read(name)
    client.configure_generation_strategy(initialization_budget=2)
    (index, point), *_ = client.get_next_trials(1).items()
    assert index == view.next_index
    assert view.search_space.is_member(point)


def test_weights_of_arms():
    trial = read("batches")[1].trial(0)
    assert {a.name: w for a, w in trial.arm_weights.items()} == {"0_0": 2.0, "0_1": 1.0, "status_quo": 1.0}


def test_old_forms_of_goals_and_constraints(tmp_path):
    found = json.loads((FOLDER / "floats.json").read_text())
    experiment = found["experiment"]
    metric = {"__type": "Metric", "name": "loss"}
    experiment["optimization_config"] = {
        "objective": {"metrics": [metric, {"name": "cost"}], "weights": [1.0, 0.5], "minimize": True},
        "outcome_constraints": [
            {"metrics": [metric, metric | {"name": "m"}], "weights": [1, 2], "op": {"name": "LEQ"}, "bound": 4}
        ],
    }
    experiment["search_space"]["parameter_constraints"] = [{"constraint_dict": {"x": 1.0, "y": -1.0}, "bound": 2.0}]
    experiment["trials"]["0"]["status"]["name"] = "EARLY_STOPPED"
    experiment["data_by_trial"].pop("0")
    (tmp_path / "old.json").write_text(json.dumps(experiment))
    with pytest.warns(AxnbWarning, match="trial 0 was stopped early"):
        view = Client.from_ax_json(tmp_path / "old.json").experiment.view()
    assert str(view.optimization) == "-loss - 0.5*cost"
    assert [str(c) for c in view.optimization.constraints] == ["loss + 2*m <= 4"]
    assert [str(c) for c in view.search_space.constraints] == ["x - y <= 2"]
    assert view.trial(0).status is TrialStatus.ABANDONED


def test_files_that_are_none(tmp_path):
    with pytest.raises(ObjectNotFoundError):
        Client.from_ax_json(tmp_path / "no.json")
    with pytest.raises(UserInputError):
        Client.from_ax_json(3)
    found = json.loads((FOLDER / "floats.json").read_text())
    parameter = found["experiment"]["search_space"]["parameters"][0]
    broken = [
        ("{", "no valid JSON"),
        ("[]", "no snapshot of Ax"),
        ('{"experiment": {}}', "no snapshot of Ax"),
        (json.dumps(found).replace('"FLOAT"', '"COMPLEX"'), "damaged"),
        (json.dumps(found).replace(json.dumps(parameter), "7"), "damaged"),
        (json.dumps(found).replace('"lower": -5.0', '"lower": 50.0'), "axnb does not take"),
    ]
    for text, reason in broken:
        (tmp_path / "broken.json").write_text(text)
        with pytest.raises(SnapshotError, match=reason):
            Client.from_ax_json(tmp_path / "broken.json")
