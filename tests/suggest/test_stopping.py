"""Advice on stopping: units, signs, what it says."""

import math

import numpy as np
import pytest

from axnb.errors import DataRequiredError, NotConfiguredError
from axnb.record.experiment import Experiment
from axnb.record.trial import TrialStatus
from axnb.suggest import stopping
from axnb.suggest.fitting import fit_model
from axnb.suggest.stopping import StoppingRule, stopping_advice
from axnb.surrogate.surrogate import compute_noise
from tests.suggest.helpers import Bench, bowl


def test_the_gain_shrinks_and_in_the_end_the_advice_is_to_stop():
    bench = Bench()
    bench.run(bowl, 6)
    early = stopping_advice(bench.view)
    bench.run(bowl, 16)
    late = stopping_advice(bench.view)
    assert late.expected_gain < early.expected_gain
    assert late.stop
    assert repr(late).startswith("You may stop: the next trial is expected to better f by ")
    assert late.trials == 22
    assert late.best == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("objective", ["f", "-g", "3*f", "-2*g"])
def test_values_are_in_the_units_of_the_metric(objective):
    bench, tenfold = Bench(objective=objective), Bench(objective=objective)

    def wave(p, scale):
        f = scale * (math.sin(9 * p["x"]) + p["y"])
        return {"f": f, "g": -f}

    bench.run(lambda p: wave(p, 1.0), 7)
    tenfold.run(lambda p: wave(p, 10.0), 7)
    one, ten = stopping_advice(bench.view), stopping_advice(tenfold.view)
    assert ten.expected_gain == pytest.approx(10 * one.expected_gain, rel=0.05)
    assert ten.gained == pytest.approx(10 * one.gained, rel=0.05)
    assert ten.best == pytest.approx(10 * one.best, rel=0.05)
    seen = [t.outcomes[objective[-1]][0] for t in bench.view.trials.values()]
    assert one.best == pytest.approx(min(seen) if objective.startswith("-") else max(seen), abs=0.1)
    assert 0 < one.expected_gain < 2


def test_a_weight_changes_no_unit():
    found = []
    for objective in ("f", "3*f"):
        bench = Bench(objective=objective)
        bench.run(lambda p: {"f": math.sin(9 * p["x"]) + p["y"]}, 7)
        advice = stopping_advice(bench.view)
        found.append([advice.best, advice.expected_gain, advice.gained, advice.noise])
    assert found[0] == pytest.approx(found[1])


def test_noise_and_failures_are_counted():
    bench = Bench()
    bench.run(lambda p: {"f": (bowl(p)["f"], 0.25)}, 7)
    bench.end(bench.create({"x": 0.9, "y": 0.9}), TrialStatus.FAILED)
    advice = stopping_advice(bench.view)
    assert advice.noise == pytest.approx(0.25)
    assert advice.lost == 1
    assert advice.seconds >= 0.0
    assert "readings vary by 0.25" in advice.recommendation


def test_what_is_hardly_feasible_gains_little(monkeypatch):
    bench = Bench(outcome_constraints=["g <= -1"])
    bench.run(lambda p: {**bowl(p), "g": math.sin(9 * p["x"]) - 1.5}, 6)
    advice = stopping_advice(bench.view)
    chance = stopping._compute_feasibility
    monkeypatch.setattr(stopping, "_compute_feasibility", lambda *given: 0.5 * chance(*given))
    assert stopping_advice(bench.view).expected_gain == pytest.approx(0.5 * advice.expected_gain)


def test_several_objectives_and_sums():
    bench = Bench(objective="f, -g")
    bench.run(lambda p: {"f": p["x"], "g": p["x"] ** 2 + p["y"]}, 8)
    advice = stopping_advice(bench.view)
    assert advice.objective == "hypervolume"
    assert 0 <= advice.expected_gain < advice.best
    bench = Bench(objective="f - 2*g")
    bench.run(lambda p: {"f": p["x"], "g": p["x"] ** 2 + p["y"]}, 8)
    assert stopping_advice(bench.view).best == pytest.approx(0.125, abs=0.05)


def test_errors():
    with pytest.raises(NotConfiguredError):
        stopping_advice(Experiment().view())
    with pytest.raises(DataRequiredError):
        stopping_advice(Bench().view)


def test_what_was_gained_does_not_shrink_while_trials_gather_at_the_best():
    bench = Bench()
    bench.run(bowl, 12)
    early = stopping_advice(bench.view)
    for i in range(12):
        bench.done({"x": 0.3 + 1e-3 * i, "y": 0.6}, **bowl({"x": 0.3 + 1e-3 * i, "y": 0.6}))
    assert stopping_advice(bench.view).gained >= 0.9 * early.gained


def test_what_is_not_feasible_is_nothing_to_gain_on():
    bench = Bench(objective="f", outcome_constraints=["g <= 0.5"])
    for i in range(10):
        bench.done({"x": i / 9, "y": 0.5}, f=float(i), g=i / 9)
    advice = stopping_advice(bench.view)
    assert advice.best == pytest.approx(4.0, abs=0.2)
    assert advice.gained == pytest.approx(2.0, abs=0.2)


def test_the_next_trial_keeps_to_functions():
    bench = Bench()
    bench.run(lambda p: {"f": p["x"] + p["y"]}, 8)
    free = stopping_advice(bench.view).expected_gain
    held = stopping_advice(bench.view, nonlinear_constraints=[lambda p: p["x"] + p["y"] < 0.5]).expected_gain
    assert held < 0.1 * free


def test_errors_of_any_size_are_told():
    bench = Bench(objective="f")
    bench.run(lambda p: {"f": (p["x"] + p["y"], 1e300)}, 6)
    assert stopping_advice(bench.view).noise == pytest.approx(1e300)


def test_results_that_are_all_the_same_are_a_reason_to_stop():
    bench = Bench()
    bench.run(lambda _: {"f": 5.0}, 9)
    assert not stopping_advice(bench.view).recommendation.startswith("You may stop: all")
    bench.run(lambda _: {"f": 5.0}, 1)
    advice = stopping_advice(bench.view)
    assert advice.stop
    assert repr(advice) == "You may stop: all results are the same, so nothing tells where better ones are."


def test_readings_vary_by_what_they_vary_near_the_best():
    bench = Bench(objective="-f")
    bench.run(lambda p: {"f": math.exp(12 * ((p["x"] - 0.3) ** 2 + (p["y"] - 0.6) ** 2))}, 20)
    model = fit_model(bench.view).surrogate["f"]
    assert not model.is_affine  # the same noise there is less near the best, here 1
    advice = stopping_advice(bench.view)
    assert advice.best == pytest.approx(1.0, abs=0.2)
    assert advice.noise == pytest.approx(compute_noise(model, advice.best), rel=0.05)
    assert compute_noise(model, 1.0) < 0.5 * compute_noise(model)


def test_with_quality_the_gain_is_that_of_all_fits():
    bench = Bench(method="quality")
    bench.run(lambda p: {"f": math.sin(9 * p["x"]) + p["y"] ** 2}, 7)
    model = fit_model(bench.view)
    entry = model.surrogate["f"]
    assert len(entry.components) > 1
    advice, (suggestion,) = stopping_advice(bench.view), bench.suggest()
    row = model.encoder.encode([suggestion.parameters])
    draws = entry.untransform(entry.sample(row, 200_000, np.random.default_rng(0)))
    assert advice.expected_gain == pytest.approx(np.maximum(draws - advice.best, 0.0).mean(), rel=0.05)


@pytest.mark.parametrize(
    ("gain", "recent", "noise", "verdict"),
    [
        (0.5, 0.0, 0.0, "go on"),
        (0.001, 0.5, 0.0, "go on"),
        (0.001, 0.0, 0.0, "stop"),
        (0.03, 0.0, 0.0, "little to gain"),
        (0.03, 0.0, 1.0, "stop"),
        (0.03, math.inf, math.nan, "go on"),
    ],
)
def test_the_rule(gain, recent, noise, verdict):
    numbers = {"gain": gain, "gained": 1.0, "recent": recent, "noise": noise}
    assert StoppingRule().verdict(**numbers, trials=5) == verdict
    assert StoppingRule().verdict(**numbers, trials=4) == "too early"


def test_what_speaks_for_going_on_comes_first():
    bench = Bench()
    for i in range(8):
        bench.done({"x": 0.1 * i, "y": 0.5}, f=0.0 if i < 7 else 1.0)
    advice = stopping_advice(bench.view, rule=StoppingRule(window_size=1))
    assert advice.recent == pytest.approx(1.0)
    said = stopping._write_sentence("f", replace_gain(advice, 0.001), "go on", StoppingRule(window_size=1))
    assert said.startswith("Go on: the last 1 trials gained 1; yet the next trial is expected to better f by 0.001")


def replace_gain(advice, expected):
    return stopping._Gains(best=advice.best, gained=1.0, recent=advice.recent, expected=expected, noise=math.nan)
