"""The Loop API tunes a function in one call."""

from pathlib import Path

import pytest

from axnb.errors import (
    AxnbWarning,
    DataRequiredError,
    NotConfiguredError,
    OptimizationComplete,
    UnsupportedError,
    UserInputError,
)
from axnb.problem.generation import GenerationOptions
from axnb.record.experiment import Experiment
from axnb.service.managed_loop import OptimizationLoop, optimize
from axnb.service.utils.instantiation import make_experiment
from axnb.utils.measurement.synthetic_functions import branin, hartmann6

X = {"name": "x1", "type": "range", "bounds": [-5.0, 10.0]}
Y = {"name": "x2", "type": "range", "bounds": [0.0, 15.0]}


def test_branin():
    best, (means, variances), experiment, model = optimize(
        parameters=[X, Y],
        experiment_name="test",
        objective_name="branin",
        evaluation_function=lambda p: (branin(p["x1"], p["x2"]), 0.0),
        minimize=True,
        total_trials=20,
        random_seed=1,
    )
    assert branin(**best) < 2
    assert means["branin"] < 2
    assert variances["branin"]["branin"] >= 0
    assert len(experiment.view().trials) == 20
    assert model.predict([best])[0]["branin"][0] == pytest.approx(means["branin"], abs=1.0)


def test_other_parameters_and_a_weight():
    seen = []

    def evaluate(point, weight):
        seen.append((point, weight))
        return {"objective": point["n"] + (point["k"] == "b"), "cost": (1.0, 0.1)}

    best, *_ = optimize(
        parameters=[
            {"name": "n", "type": "range", "bounds": [1, 5]},
            {"name": "k", "type": "choice", "values": ["a", "b", "c"]},
            {"name": "f", "type": "fixed", "value": 2.5},
            {"name": "l", "type": "range", "bounds": [0.001, 1.0], "log_scale": True},
        ],
        evaluation_function=evaluate,
        outcome_constraints=["cost <= 2"],
        total_trials=8,
        random_seed=0,
    )
    assert set(best) == {"n", "k", "f", "l"}
    assert type(best["n"]) is int
    assert all(w is None and p["f"] == 2.5 for p, w in seen)


def test_an_exhausted_space_ends_it_with_a_warning():
    with pytest.warns(AxnbWarning, match="stopped before 9 trials"):
        _, _, experiment, _ = optimize(
            parameters=[{"name": "n", "type": "range", "bounds": [1, 3]}],
            evaluation_function=lambda p: p["n"],
            total_trials=9,
        )
    assert len(experiment.view().trials) == 3


@pytest.mark.parametrize(
    ("parameter", "reason"),
    [
        ({"name": "x", "type": "range"}, "needs 'type' with"),
        ({"name": "x", "bounds": [0, 1]}, "needs 'type' with"),
        ({"name": "x", "type": "rnage", "bounds": [0, 1]}, "needs 'type' with"),
        ({"name": "x", "type": "range", "bounds": [0, 1], "logscale": True}, "Did you mean 'log_scale'"),
        ({"type": "range", "bounds": [0, 1]}, "a dict with 'name'"),
        ("x", "a dict with 'name'"),
        ({"name": "x", "type": "choice", "values": 3}, "values must be a list"),
        ({"name": "x", "type": "range", "bounds": 3}, "pair of numbers"),
    ],
    ids=[str(i) for i in range(8)],
)
def test_bad_parameters_are_refused(parameter, reason):
    with pytest.raises(UserInputError, match=reason):
        optimize(parameters=[parameter], evaluation_function=lambda p: 1.0)


def test_trials_of_several_arms():
    seen = []

    def evaluate(point, weight):
        seen.append(weight)
        return {"objective": -branin(point["x1"], point["x2"]), "seconds": 1.0}

    best, _, experiment, _ = optimize([X, Y], evaluate, total_trials=4, arms_per_trial=3, random_seed=0)
    trials = experiment.view().trials.values()
    assert [len(t.arms) for t in trials] == [3, 3, 3, 3]
    assert len({a.parameters for t in trials for a in t.arms}) == 12
    assert {r.generator for t in list(trials)[1:] for r in t.results} == {"BO"}
    assert seen == [1.0] * 12
    assert experiment.view().metrics == ("objective", "seconds")
    assert branin(**best) < 5


def test_several_arms_of_a_small_space():
    with pytest.warns(AxnbWarning, match="stopped before 9 trials"):
        _, _, experiment, _ = optimize(
            [{"name": "n", "type": "range", "bounds": [1, 5]}],
            lambda p: p["n"],
            total_trials=9,
            arms_per_trial=2,
            random_seed=0,
        )
    assert [len(t.arms) for t in experiment.view().trials.values()] == [2, 2, 1]


def test_results_by_step():
    _, _, experiment, _ = optimize([X], lambda p: [(1, 5.0), (2, p["x1"])], total_trials=2, random_seed=0)
    assert len(experiment.view().trials[0].data) == 2
    with pytest.raises(UserInputError, match="one arm"):
        optimize([X], lambda p: [(1, 5.0)], total_trials=2, arms_per_trial=2)


def test_a_loop_step_by_step():
    loop = OptimizationLoop.with_evaluation_function(
        [X, Y], lambda p: branin(**p), "mine", "loss", True, ["x1 + x2 <= 20"], None, 6, random_seed=0
    )
    assert loop.get_current_model() is None
    with pytest.raises(DataRequiredError):
        loop.get_best_point()
    loop.run_trial()
    assert loop.current_trial == 1
    assert loop.full_run() is loop
    assert loop.current_trial == 6
    assert loop.experiment.view().name == "mine"
    assert loop.get_current_model().metric_names == ("loss",)
    best, _ = loop.get_best_point()
    assert branin(**best) < 100
    with pytest.raises(OptimizationComplete, match="all 6 trials"):
        loop.run_trial()


def test_a_loop_over_an_experiment_that_has_begun():
    experiment = make_experiment([X], random_seed=0)
    OptimizationLoop(experiment, 2, evaluation_function=lambda p: p["x1"]).full_run()
    options = GenerationOptions(initialization_budget=2)
    loop = OptimizationLoop(experiment, 4, evaluation_function=lambda p: p["x1"], generation_strategy=options)
    loop.full_run()
    assert [t.provenance.generator for t in experiment.view().trials.values()] == ["Center", "Sobol", "BO", "BO"]
    with pytest.raises(NotConfiguredError, match="nothing to run"):
        OptimizationLoop(experiment, 9).run_trial()
    with pytest.raises(NotConfiguredError, match="with a goal"):
        OptimizationLoop(Experiment())


def test_a_loop_waits_between_trials(monkeypatch):
    waited = []
    monkeypatch.setattr("axnb.service.managed_loop.time.sleep", waited.append)
    OptimizationLoop.with_evaluation_function([X], lambda p: p["x1"], total_trials=3, wait_time=7).full_run()
    assert waited == [7, 7]
    with pytest.raises(UserInputError, match="wait_time"):
        OptimizationLoop.with_evaluation_function([X], lambda p: p["x1"], wait_time=-1)


@pytest.fixture
def _importable(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parent)


@pytest.mark.usefixtures("_importable")
@pytest.mark.parametrize("metrics", [["parts_for_loops.loss"], {"loss": "parts_for_loops.Reading"}])
def test_a_loop_over_a_runner(metrics):
    loop = OptimizationLoop.with_runners_and_metrics(
        [{"name": "x", "type": "range", "bounds": [0.0, 1.0]}],
        "parts_for_loops.Furnace",
        metrics,
        objective_name="loss",
        minimize=True,
        total_trials=6,
        random_seed=0,
    )
    loop.run_trial()
    assert loop.current_trial == 1
    _, (means, _) = loop.full_run().get_best_point()
    assert loop.current_trial == 6
    assert means["loss"] < 0.1


@pytest.mark.usefixtures("_importable")
def test_runners_that_cannot_be_used():
    make = OptimizationLoop.with_runners_and_metrics
    for runner in ("parts_for_loops.Oven", "no_such_module.Furnace", "Furnace", 3, "parts_for_loops.loss"):
        with pytest.raises(UserInputError, match=r"imported|dotted path"):
            make([X], runner, [])
    with pytest.raises(UserInputError, match="paths_to_metrics"):
        make([X], "parts_for_loops.Furnace", "parts_for_loops.loss")
    with pytest.raises(UnsupportedError, match="arms_per_trial"):
        make([X], "parts_for_loops.Furnace", [], arms_per_trial=2)
    with pytest.raises(UnsupportedError, match="run_async"):
        OptimizationLoop(make_experiment([X]), run_async=True)


def test_the_functions_of_the_field():
    assert branin(9.42478, 2.475) == pytest.approx(0.397887, abs=1e-5)
    assert hartmann6([0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573]) == pytest.approx(-3.32237, abs=1e-5)


def test_metrics_beside_the_objective_are_tracked():
    _, _, experiment, _ = optimize(
        [X], lambda p: {"loss": p["x1"], "seconds": 2.0}, objective_name="loss", total_trials=2
    )
    assert experiment.view().trials[1].outcomes["seconds"] == (2.0, None)


def test_a_result_without_the_objective_is_refused():
    with pytest.raises(UserInputError, match=r"must return 'loss', got 'los'. Did you mean 'los'\?"):
        optimize([X], lambda p: {"los": p["x1"]}, objective_name="loss", total_trials=2)


def test_a_name_that_no_quotes_hold_is_refused():
    with pytest.raises(UserInputError, match="both kinds of quotes"):
        optimize([X], lambda p: p["x1"], objective_name="a'b\"c", total_trials=2)
