"""The tutorials of Ax's loop and service layers run, with `ax` replaced by `axnb` in their imports."""

import numpy as np
import pytest

from axnb import optimize
from axnb.exceptions.core import DataRequiredError
from axnb.exceptions.generation_strategy import MaxParallelismReachedException
from axnb.service.ax_client import AxClient, ObjectiveProperties
from axnb.service.managed_loop import OptimizationLoop
from axnb.utils.measurement.synthetic_functions import branin, hartmann6
from axnb.utils.notebook.plotting import init_notebook_plotting, render

HARTMANN = [{"name": f"x{i}", "type": "range", "bounds": [0.0, 1.0]} for i in range(1, 7)]
HARTMANN[0] = HARTMANN[0] | {"value_type": "float", "log_scale": False}
BRANIN = [
    {"name": "x1", "type": "range", "bounds": [-5.0, 10.0]},
    {"name": "x2", "type": "range", "bounds": [0.0, 10.0]},
]


def evaluate(parameters):
    x = np.array([parameters.get(f"x{i + 1}") for i in range(6)])
    return {"hartmann6": (hartmann6(x), 0.0), "l2norm": (np.sqrt((x**2).sum()), 0.0)}


def test_the_service_tutorial(tmp_path, monkeypatch):
    shown = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("plotly.graph_objects.Figure.show", lambda self: shown.append(self))  # noqa: PLW0108
    init_notebook_plotting()
    ax_client = AxClient(random_seed=0)
    ax_client.create_experiment(
        name="hartmann_test_experiment",
        parameters=HARTMANN,
        objectives={"hartmann6": ObjectiveProperties(minimize=True)},
        parameter_constraints=["x1 + x2 <= 2.0"],
        outcome_constraints=["l2norm <= 1.25"],
    )
    ax_client.attach_trial(parameters=dict.fromkeys([f"x{i}" for i in range(1, 7)], 0.9))
    ax_client.complete_trial(trial_index=0, raw_data=evaluate(ax_client.get_trial_parameters(trial_index=0)))
    for _ in range(19):
        parameters, trial_index = ax_client.get_next_trial()
        ax_client.complete_trial(trial_index=trial_index, raw_data=evaluate(parameters))
    assert len(ax_client.get_trials_data_frame()) == 20
    assert ax_client.get_max_parallelism() == [(5, 5), (-1, 3)]
    best_parameters, values = ax_client.get_best_parameters()
    means, covariances = values
    assert hartmann6([best_parameters[f"x{i}"] for i in range(1, 7)]) < -1.0
    assert means["l2norm"] <= 1.26
    assert set(covariances) == {"hartmann6", "l2norm"}
    render(ax_client.get_contour_plot())
    render(ax_client.get_contour_plot(param_x="x3", param_y="x4", metric_name="l2norm"))
    render(ax_client.get_optimization_trace(objective_optimum=hartmann6.fmin))
    assert len(shown) == 3
    ax_client.save_to_json_file()
    restored = AxClient.load_from_json_file()
    assert restored.get_next_trial() == ax_client.get_next_trial()


def test_the_tutorial_on_parallel_trials():
    ax_client = AxClient(random_seed=0)
    ax_client.create_experiment(parameters=BRANIN, objectives={"branin": ObjectiveProperties(minimize=True)})
    waiting = []
    for _ in range(9):
        try:
            waiting.append(ax_client.get_next_trial())
        except (MaxParallelismReachedException, DataRequiredError):
            parameters, trial_index = waiting.pop(0)
            ax_client.complete_trial(trial_index, raw_data=branin(parameters["x1"], parameters["x2"]))
    statuses = [t.status.name for t in ax_client.experiment.view().trials.values()]
    assert statuses.count("COMPLETED") == 2
    assert statuses.count("RUNNING") == 5


def test_the_loop_of_the_overview():
    best_parameters, values, experiment, model = optimize(
        parameters=BRANIN,
        evaluation_function=lambda p: (branin(p["x1"], p["x2"]), 0.0),
        minimize=True,
        random_seed=0,
    )
    assert branin(**best_parameters) < 1.0
    assert values[0]["objective"] == pytest.approx(branin(**best_parameters), abs=0.1)
    assert len(experiment.view().trials) == 20
    assert model.predict([best_parameters])[0]["objective"][0] == pytest.approx(values[0]["objective"], abs=0.1)


def test_the_loop_tutorial():
    loop = OptimizationLoop.with_evaluation_function(
        parameters=HARTMANN,
        experiment_name="test",
        objective_name="hartmann6",
        evaluation_function=evaluate,
        minimize=True,
        parameter_constraints=["x1 + x2 <= 20"],
        outcome_constraints=["l2norm <= 1.25"],
        total_trials=12,
        random_seed=0,
    )
    best_parameters, (means, _) = loop.full_run().get_best_point()
    assert set(best_parameters) == {f"x{i}" for i in range(1, 7)}
    assert set(means) == {"hartmann6", "l2norm"}
