"""Constraints, several objectives, sums and baselines, driven end to end; best points and fronts."""

import numpy as np
import pytest

from axnb.errors import DataRequiredError, NotConfiguredError, UnsupportedError
from axnb.record.experiment import Experiment
from axnb.record.trial import TrialStatus
from axnb.suggest.acquisition.builder import ModelSpaceObjective, express_objective
from axnb.suggest.best import best_point, pareto_frontier
from axnb.suggest.fitting import fit_model
from axnb.suggest.pareto import compute_hypervolume
from axnb.suggest.stopping import stopping_advice
from tests.suggest.helpers import Bench, bowl


def two(p):
    return {"f": p["x"] + 0.2 * p["y"], "w": p["x"] + p["y"] ** 2}


def trade(p):
    return {"a": p["x"] ** 2 + p["y"] ** 2, "b": (p["x"] - 1) ** 2 + p["y"] ** 2}


def test_a_constrained_optimum_is_approached_from_inside():
    bench = Bench(objective="f", outcome_constraints=["w <= 0.8"])
    bench.run(two, 20)
    best = best_point(bench.view)
    assert two(best.parameters)["w"] <= 0.8 + 1e-3
    assert two(best.parameters)["f"] > 0.77  # 0.8075 is the most
    assert "satisfy" in best.rule


def test_noise_of_several_objectives_has_its_share_in_what_is_maximised():
    g = np.random.default_rng(0)
    bench = Bench(objective="-a, -b")
    bench.run(lambda p: {"a": trade(p)["a"] + 0.3 * g.normal(), "b": trade(p)["b"]}, 14)
    view = bench.view
    noises = express_objective(view, fit_model(view)).noises
    assert noises[0] > 0.02
    assert noises[1] == 0.0
    bench.run(trade, 1)
    assert bench.view.trials[14].provenance.acquisition_value is not None


def test_the_model_looks_for_feasible_points_first():
    bench = Bench(outcome_constraints=["w >= 9.5"])
    bench.run(lambda p: bowl(p) | {"w": 10 - 20 * ((p["x"] - 0.9) ** 2 + (p["y"] - 0.9) ** 2)}, 16)
    assert any(t.outcomes["w"][0] >= 9.5 for t in bench.view.trials.values())


def test_no_feasible_trial_is_said():
    bench = Bench(outcome_constraints=["w <= -1"])
    bench.run(two, 3)
    with pytest.raises(DataRequiredError, match="no trial satisfies"):
        best_point(bench.view, use_model_predictions=False)


def test_a_sum_of_metrics_is_optimised():
    bench = Bench(objective="2*f - g")
    bench.run(lambda p: {"f": p["x"], "g": 2 * p["x"] + (p["y"] - 0.4) ** 2}, 12)
    assert best_point(bench.view).parameters["y"] == pytest.approx(0.4, abs=0.05)


def test_a_constraint_on_a_sum():
    bench = Bench(objective="f", outcome_constraints=["u + 2*v <= 1"])
    bench.run(lambda p: {"f": p["x"] + p["y"], "u": p["x"], "v": p["y"]}, 18)
    best = best_point(bench.view, use_model_predictions=False)
    assert best.parameters["x"] == pytest.approx(1.0, abs=0.1)
    assert best.parameters["y"] == pytest.approx(0.0, abs=0.1)


def test_two_objectives_cover_the_front():
    bench = Bench(objective="-a, -b", outcome_constraints=["a <= 1.5", "b <= 1.5"])
    bench.run(trade, 22)
    front = pareto_frontier(bench.view)
    values = -np.array([[trade(p.parameters)["a"], trade(p.parameters)["b"]] for p in front])
    t = np.linspace(0, 1, 400)
    most = compute_hypervolume(-np.column_stack([t**2, (1 - t) ** 2]), np.array([-1.5, -1.5]))
    assert compute_hypervolume(values, np.array([-1.5, -1.5])) > 0.95 * most
    assert len(front) >= 5


def test_thresholds_leave_out_what_is_of_no_interest():
    bench = Bench(objective="-a, -b", outcome_constraints=["a <= 0.3"])
    bench.run(trade, 14)
    assert all(p.values["a"][0] <= 0.3 for p in pareto_frontier(bench.view, use_model_predictions=False))


def test_three_objectives_without_thresholds():
    bench = Bench(objective="-a, -b, c")
    names = bench.run(lambda p: trade(p) | {"c": p["y"]}, 8)
    assert names[-1] == "BO"


def test_a_constraint_relative_to_the_baseline():
    bench = Bench(objective="f", outcome_constraints=["w <= 1.1*baseline"])
    index = bench.done({"x": 0.5, "y": 0.5}, **two({"x": 0.5, "y": 0.5}))
    with pytest.raises(DataRequiredError, match="baseline"):
        best_point(bench.view)
    bench.baseline(index)
    bench.run(two, 14)
    assert two(best_point(bench.view).parameters)["w"] <= 1.1 * 0.75 + 0.01


def test_the_best_point_is_predicted_where_the_model_is_good_and_observed_where_not():
    bench = Bench(objective="-f")
    bench.run(lambda p: {"f": (p["x"] - 0.3) ** 2}, 10)
    assert "predicted" in best_point(bench.view).rule
    assert "observed" in best_point(bench.view, use_model_predictions=False).rule
    noise = Bench()
    rng = np.random.default_rng(0)
    for x in rng.random((8, 2)):
        noise.done({"x": x[0], "y": x[1]}, f=float(rng.normal()))
    best = best_point(noise.view)
    assert "observed" in best.rule
    assert best.values["f"][0] == max(t.outcomes["f"][0] for t in noise.view.trials.values())


def test_a_lucky_noisy_trial_is_not_the_predicted_best():
    bench = Bench()
    for x in np.linspace(0, 1, 11):
        lucky = 0.6 if x == 0.0 else 0.0
        bench.done({"x": float(x), "y": 0.5}, f=(float(x) + lucky - (1.0 if x == 0 else 0.0), 0.5 if x == 0 else 0.01))
    assert best_point(bench.view).parameters["x"] == 1.0


def test_only_completed_trials_can_be_best():
    bench = Bench()
    bench.done({"x": 0.1, "y": 0.1}, f=1.0)
    index = bench.create({"x": 0.2, "y": 0.2})
    bench.data(index, f=5.0)
    assert best_point(bench.view, use_model_predictions=False).values["f"][0] == 1.0
    bench.end(index, TrialStatus.FAILED)
    assert best_point(bench.view, use_model_predictions=False).trial_index == 0


def test_questions_that_make_no_sense():
    with pytest.raises(NotConfiguredError):
        best_point(Experiment().view())
    with pytest.raises(DataRequiredError):
        best_point(Bench().view)
    with pytest.raises(UnsupportedError):
        best_point(Bench(objective="a, b").view)
    with pytest.raises(UnsupportedError):
        pareto_frontier(Bench().view)


@pytest.mark.parametrize(("sd", "least"), [(0.0, 0.0), (0.3, 0.05)])
def test_noise_that_matters_is_told_from_none(sd, least):
    bench, rng = Bench(), np.random.default_rng(0)
    for x, y in rng.random((24, 2)):
        bench.done({"x": x, "y": y}, f=np.sin(4 * x) + y + sd * rng.standard_normal())
    noise = express_objective(bench.view, fit_model(bench.view)).noises[0]
    assert noise > least if sd else noise == 0.0


def test_noisy_trials_are_repeated_less_where_enough_is_known(monkeypatch):
    def repeats():
        bench, rng = Bench(), np.random.default_rng(0)
        for _ in range(16):  # well known, and the best of what was tried
            bench.done({"x": 0.5, "y": 0.5}, f=0.3 * rng.standard_normal())
        for x, y in rng.random((8, 2)):
            bench.done({"x": x, "y": y}, f=0.3 * rng.standard_normal() - 0.6)
        (found,) = bench.suggest()
        return max(abs(found.parameters["x"] - 0.5), abs(found.parameters["y"] - 0.5))

    away = repeats()
    monkeypatch.setattr(ModelSpaceObjective, "noises", (0.0,))
    assert away > 0.2 > repeats()


def test_a_sum_beyond_the_largest_float_has_a_best_point():
    bench = Bench(objective="a + b")
    bench.run(lambda p: {"a": 1.7e308 * p["x"], "b": 1.7e308 * p["y"]}, 6)
    assert np.isfinite(best_point(bench.view).values["a"][0])
    best = best_point(bench.view, use_model_predictions=False)
    assert best.values["a"][0] + best.values["b"][0] > 1.7e308


def test_a_huge_standard_error_spoils_neither_best_point_nor_advice():
    bench = Bench(objective="a", outcome_constraints=["b + c <= 1e200"])
    bench.run(lambda p: {"a": (p["x"], 1e160), "b": (p["y"], 1e160), "c": (p["x"], 1e160)}, 7)
    observed = best_point(bench.view, use_model_predictions=False)
    assert observed.values["a"] == (max(t.outcomes["a"][0] for t in bench.view.trials.values()), 1e160)
    assert np.isfinite(best_point(bench.view).values["a"][0])
    advice = stopping_advice(bench.view)
    assert np.isfinite([advice.best, advice.expected_gain, advice.gained]).all()
