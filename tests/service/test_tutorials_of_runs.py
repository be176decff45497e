"""The tutorials of Ax on closed loops, on scikit-learn's classifiers and on past data, written anew."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from axnb.api.client import Client
from axnb.api.configs import ChoiceParameterConfig, RangeParameterConfig
from axnb.api.protocols.metric import IMetric
from axnb.api.protocols.runner import IRunner, TrialStatus
from axnb.utils.measurement.synthetic_functions import branin, hartmann6


class FileRunner(IRunner):
    def __init__(self, folder):
        self.folder = folder

    def run_trial(self, trial_index, parameterization):
        file = self.folder / f"{trial_index}.txt"
        file.write_text(str(hartmann6([parameterization[f"x{i}"] for i in range(1, 7)])))
        return {"file": str(file)}

    def poll_trial(self, trial_index, trial_metadata):
        return TrialStatus.COMPLETED


class FileMetric(IMetric):
    def fetch(self, trial_index, trial_metadata):
        return 0, float(Path(trial_metadata["file"]).read_text())


def test_automating(tmp_path):
    runner, metric = FileRunner(tmp_path), FileMetric(name="hartmann6")
    metadata = runner.run_trial(-1, dict.fromkeys([f"x{i}" for i in range(1, 7)], 0.5))
    assert metric.fetch(-1, metadata)[1] == pytest.approx(hartmann6([0.5] * 6))
    client = Client(random_seed=0)
    parameters = [RangeParameterConfig(name=f"x{i}", parameter_type="float", bounds=(0, 1)) for i in range(1, 7)]
    client.configure_experiment(name="loop", parameters=parameters)
    client.configure_optimization(objective="-hartmann6")
    client.configure_runner(runner=runner)
    client.configure_metrics(metrics=[metric])
    client.run_trials(max_trials=20, parallelism=3, tolerated_trial_failure_rate=0.1, initial_seconds_between_polls=0)
    best, prediction, index, name = client.get_best_parameterization()
    assert hartmann6([best[f"x{i}"] for i in range(1, 7)]) < -2.0
    assert name == f"{index}_0"
    assert set(prediction) == {"hartmann6"}
    assert len(client.compute_analyses(display=False)) >= 1


def test_past_data_in_a_table():
    points = np.random.default_rng(0).uniform((-5, 0), (10, 15), (8, 2))
    table = pd.DataFrame(points, columns=["x1", "x2"])
    table["branin"] = [branin(*point) for point in points]
    client = Client(random_seed=0)
    bounds = {"x1": (-5.0, 10.0), "x2": (0.0, 15.0)}
    client.configure_experiment([RangeParameterConfig(n, b, "float") for n, b in bounds.items()])
    client.configure_optimization(objective="-branin")
    for i, row in table.iterrows():
        index = client.attach_trial(parameters={n: row[n] for n in bounds}, arm_name=f"past_{i}")
        client.complete_trial(index, raw_data={"branin": row["branin"]})
    for _ in range(6):
        for index, p in client.get_next_trials(max_trials=1).items():
            client.complete_trial(index, raw_data={"branin": branin(**p)})
    best, *_ = client.get_best_parameterization()
    assert branin(**best) < min(table["branin"].min(), 3.0)
    assert client.summarize()["arm_name"][0] == "past_0"


def test_a_classifier_of_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets")
    from sklearn.linear_model import SGDClassifier
    from sklearn.model_selection import train_test_split

    digits = datasets.load_digits()
    train_x, valid_x, train_y, valid_y = train_test_split(digits.data, digits.target, test_size=0.2, random_state=0)

    def score(parts, alpha, eta0, batch_size, **settings):
        model = SGDClassifier(alpha=alpha, eta0=eta0, random_state=0, **settings)
        for start in range(0, parts * len(train_x) // 4, batch_size):
            batch = slice(start, start + batch_size)
            model.partial_fit(train_x[batch], train_y[batch], classes=list(range(10)))
        return model.score(valid_x, valid_y)

    client = Client(random_seed=0)
    client.configure_experiment(
        parameters=[
            ChoiceParameterConfig("loss", ["hinge", "log_loss", "modified_huber"], "str", is_ordered=False),
            ChoiceParameterConfig("learning_rate", ["constant", "optimal", "adaptive"], "str", is_ordered=False),
            RangeParameterConfig("alpha", (1e-8, 100.0), "float", scaling="log"),
            RangeParameterConfig("eta0", (1e-8, 1.0), "float", scaling="log"),
            RangeParameterConfig("batch_size", (20, 500), "int"),
        ]
    )
    client.configure_optimization(objective="score, -cost", outcome_constraints=["score >= 0.6", "cost <= 10"])
    client.configure_generation_strategy(method="fast")
    for _ in range(9):
        for index, p in client.get_next_trials(max_trials=3).items():
            for parts in (1, 2, 3, 4):
                data = {"score": float(score(parts, **p)), "cost": float(parts + 200 / p["batch_size"])}
                client.attach_data(index, raw_data=data, progression=parts)
            client.complete_trial(index)
    front = client.get_pareto_frontier(use_model_predictions=False)
    assert max(values["score"][0] for _, values, _, _ in front) > 0.85
    assert all(values["score"][0] >= 0.6 and values["cost"][0] <= 10 for _, values, _, _ in front)
