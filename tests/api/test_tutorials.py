"""The client code of well-known tutorials, written anew: it runs with axnb's imports."""

import numpy as np
import pytest

from axnb.api.client import Client
from axnb.api.configs import ChoiceParameterConfig, RangeParameterConfig
from axnb.utils.measurement.synthetic_functions import hartmann6

SIX = [RangeParameterConfig(name=f"x{i}", bounds=(0, 1), parameter_type="float") for i in range(1, 7)]


def test_getting_started():
    client = Client(random_seed=0)
    client.configure_experiment(parameters=SIX, name="hartmann", description="Minimise it", owner="developer")
    client.configure_optimization(objective="-hartmann6")
    for _ in range(4):
        trials = client.get_next_trials(max_trials=3)
        for trial_index, parameters in trials.items():
            value = hartmann6([parameters[f"x{i}"] for i in range(1, 7)])
            client.complete_trial(trial_index=trial_index, raw_data={"hartmann6": value})
    best_parameters, prediction, index, name = client.get_best_parameterization()
    assert set(best_parameters) == {f"x{i}" for i in range(1, 7)}
    mean, sem = prediction["hartmann6"]
    assert np.isfinite([mean, sem]).all()
    assert name == f"{index}_0"
    assert client.compute_analyses(display=False)
    assert len(client.summarize()) == 12


def test_existing_data():
    client = Client(random_seed=0)
    client.configure_experiment(parameters=SIX)
    client.configure_optimization(objective="-hartmann6")
    rng = np.random.default_rng(0)
    for _ in range(5):
        parameters = {f"x{i}": float(v) for i, v in enumerate(rng.random(6), start=1)}
        trial_index = client.attach_trial(parameters=parameters)
        client.complete_trial(trial_index=trial_index, raw_data={"hartmann6": hartmann6(list(parameters.values()))})
    client.get_next_trials(max_trials=1)
    assert client.summarize().generation_node.iloc[-1] == "BO"  # what was attached stands for the initial points


def test_multi_objective_with_thresholds():
    client = Client(random_seed=0)
    client.configure_experiment(
        parameters=[
            RangeParameterConfig(name="x1", bounds=(0, 1), parameter_type="float"),
            RangeParameterConfig(name="x2", bounds=(0, 1), parameter_type="float"),
        ]
    )
    client.configure_optimization(objective="-f1, -f2", outcome_constraints=["f1 <= 1.5", "f2 <= 1.5"])
    for _ in range(10):
        for trial_index, p in client.get_next_trials(max_trials=1).items():
            f1 = p["x1"] ** 2 + (p["x2"] - 0.2) ** 2
            f2 = (p["x1"] - 1) ** 2 + (p["x2"] - 0.2) ** 2
            client.complete_trial(trial_index=trial_index, raw_data={"f1": f1, "f2": f2})
    frontier = client.get_pareto_frontier()
    assert len(frontier) >= 1
    for parameters, metrics, trial_index, arm_name in frontier:
        assert set(parameters) == {"x1", "x2"}
        assert set(metrics) == {"f1", "f2"}
        assert arm_name == f"{trial_index}_0"


def test_outcome_constraints():
    client = Client(random_seed=0)
    client.configure_experiment(parameters=SIX)
    client.configure_optimization(objective="-hartmann6", outcome_constraints=["l2norm <= 1.25"])
    for _ in range(9):
        for trial_index, p in client.get_next_trials(max_trials=1).items():
            x = list(p.values())
            client.complete_trial(trial_index, raw_data={"hartmann6": hartmann6(x), "l2norm": float(np.linalg.norm(x))})
    best, values, *_ = client.get_best_parameterization(use_model_predictions=False)
    assert values["l2norm"][0] <= 1.25
    assert np.linalg.norm(list(best.values())) <= 1.25


def test_scalarized_objective():
    client = Client(random_seed=0)
    client.configure_experiment(parameters=SIX[:2])
    client.configure_optimization(objective="-2 * a - b")
    for _ in range(8):
        for trial_index, p in client.get_next_trials(max_trials=1).items():
            client.complete_trial(trial_index, raw_data={"a": p["x1"], "b": p["x2"]})
    best, *_ = client.get_best_parameterization()
    assert 2 * best["x1"] + best["x2"] < 0.5


def test_tracking_metrics():
    client = Client(random_seed=0)
    client.configure_experiment(parameters=SIX[:2])
    client.configure_optimization(objective="-loss")
    client.configure_tracking_metrics(metric_names=["seconds"])
    for _ in range(7):
        for trial_index, p in client.get_next_trials(max_trials=1).items():
            client.complete_trial(trial_index, raw_data={"loss": p["x1"], "seconds": 3.0 + p["x2"]})
    assert {"loss", "seconds"} <= set(client.summarize().columns)
    assert set(client.predict([{"x1": 0.1, "x2": 0.2}])[0]) >= {"loss", "seconds"}


def test_hierarchical_parameters():
    client = Client(random_seed=0)
    client.configure_experiment(
        parameters=[
            ChoiceParameterConfig(
                name="model",
                values=["linear", "boosting"],
                parameter_type="str",
                is_ordered=False,
                dependent_parameters={"linear": ["penalty"], "boosting": ["depth", "rate"]},
            ),
            RangeParameterConfig(name="penalty", bounds=(1e-4, 1.0), parameter_type="float", scaling="log"),
            RangeParameterConfig(name="depth", bounds=(1, 8), parameter_type="int"),
            RangeParameterConfig(name="rate", bounds=(0.01, 1.0), parameter_type="float", scaling="log"),
        ]
    )
    client.configure_optimization(objective="-error")
    seen = set()
    for _ in range(12):
        for trial_index, p in client.get_next_trials(max_trials=1).items():
            seen.add(p["model"])
            assert set(p) == ({"model", "penalty"} if p["model"] == "linear" else {"model", "depth", "rate"})
            error = 1 + p["penalty"] if p["model"] == "linear" else abs(p["depth"] - 5) / 8 + p["rate"]
            client.complete_trial(trial_index=trial_index, raw_data={"error": error})
    best, *_ = client.get_best_parameterization()
    assert seen == {"linear", "boosting"}
    assert best["model"] == "boosting"
    assert len(client.summarize()) == 12


def test_early_stopping_by_hand():
    client = Client(random_seed=0)
    client.configure_experiment(parameters=[RangeParameterConfig(name="rate", bounds=(0.1, 1), parameter_type="float")])
    client.configure_optimization(objective="curve")
    stopped = 0
    for round_ in range(8):
        trials = client.get_next_trials(max_trials=1)
        for trial_index, parameters in trials.items():
            for t in range(0, 25, 5):
                value = parameters["rate"] * (1 - np.exp(-t / 10)) - (round_ % 3)
                client.attach_data(trial_index=trial_index, raw_data={"curve": float(value)}, progression=t)
                if client.should_stop_trial_early(trial_index=trial_index):
                    client.mark_trial_early_stopped(trial_index=trial_index)
                    stopped += 1
                    break
            else:
                client.complete_trial(trial_index=trial_index)
    statuses = set(client.summarize().trial_status)
    assert stopped > 0
    assert statuses == {"COMPLETED", "EARLY_STOPPED"}


def test_human_in_the_loop():
    client = Client(random_seed=0)
    client.configure_experiment(
        parameters=[
            RangeParameterConfig(name="infill_density", parameter_type="float", bounds=(0, 100)),
            RangeParameterConfig(name="layer_height", parameter_type="float", bounds=(0.1, 0.4)),
            ChoiceParameterConfig(
                name="infill_type", parameter_type="str", values=["honeycomb", "gyroid", "lines", "rectilinear"]
            ),
        ],
        name="3d_print_strength_experiment",
        description="Strength of a 3-D printed part",
        owner="developer",
    )
    client.configure_optimization(objective="compressive_strength", outcome_constraints=["weight <= 10"])
    past = [
        ({"infill_density": 10.43, "layer_height": 0.3, "infill_type": "gyroid"}, 1.74, 0.52),
        ({"infill_density": 55.54, "layer_height": 0.12, "infill_type": "lines"}, 4.63, 2.31),
        ({"infill_density": 99.43, "layer_height": 0.35, "infill_type": "rectilinear"}, 5.68, 2.84),
    ]
    for parameters, strength, weight in past:
        trial_index = client.attach_trial(parameters=parameters)
        client.complete_trial(trial_index, raw_data={"compressive_strength": strength, "weight": weight})
    for _ in range(2):
        for trial_index, p in client.get_next_trials(max_trials=3).items():
            data = {"compressive_strength": p["infill_density"] / 20, "weight": p["infill_density"] / 40}
            client.complete_trial(trial_index=trial_index, raw_data=data)
    best, values, *_ = client.get_best_parameterization()
    assert best["infill_type"] in ("honeycomb", "gyroid", "lines", "rectilinear")
    assert values["weight"][0] <= 10


@pytest.mark.parametrize("value", [np.float64(0.5), np.float32(0.5), np.int64(1), (np.float64(0.5), np.float64(0.1))])
def test_numbers_of_numpy_are_results(value):
    client = Client(random_seed=0)
    client.configure_experiment(parameters=SIX[:1])
    client.configure_optimization(objective="y")
    index = client.attach_trial({"x1": np.float64(0.25)})
    client.complete_trial(index, raw_data={"y": value})
    mean, _ = client.experiment.view().trials[index].outcomes["y"]
    assert type(mean) is float
