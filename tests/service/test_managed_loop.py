"""The Loop API tunes a function in one call."""

import pytest

from axnb.errors import AxnbWarning, UnsupportedError, UserInputError
from axnb.service.managed_loop import optimize
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
    assert model is None


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


def test_batches_are_refused():
    with pytest.raises(UnsupportedError, match="arms_per_trial"):
        optimize(parameters=[X], evaluation_function=lambda p: 1.0, arms_per_trial=2)


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
