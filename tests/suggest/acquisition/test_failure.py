"""Failed trials: a region that fails is left alone, a chance failure is not."""

import numpy as np
import pytest

from axnb.record.trial import TrialStatus
from axnb.suggest.acquisition import failure
from axnb.suggest.acquisition.failure import fit_failure_model, weigh_explanations
from axnb.suggest.generators.base import build_request
from axnb.surrogate.kernels import Kernel
from tests.suggest.helpers import Bench, bowl, choice, number

NUMERIC = Kernel(np.zeros(2, dtype=bool))


def grid(side=5):
    u = np.linspace(0.1, 0.9, side)
    return np.stack(np.meshgrid(u, u), -1).reshape(-1, 2)


def success(model, *point):
    return float(np.exp(model.log_success(np.array([point]))[0]))


def test_one_failure_beside_successes_moves_little():
    X = grid()
    failed = np.zeros(len(X))
    failed[12] = 1.0  # the middle
    model = weigh_explanations(X, failed, NUMERIC)
    assert success(model, 0.5, 0.5) > 0.6
    assert success(model, 0.35, 0.65) > 0.9


def test_a_region_of_failures_is_known():
    X = grid()
    model = weigh_explanations(X, ((X[:, 0] > 0.6) & (X[:, 1] > 0.4)).astype(float), NUMERIC)
    assert success(model, 0.8, 0.8) < 0.2
    assert success(model, 0.2, 0.2) > 0.9


def test_one_parameter_alone_may_explain_the_failures():
    rng = np.random.default_rng(0)
    X = rng.random((24, 6))
    model = weigh_explanations(X, (X[:, 2] > 0.6).astype(float), Kernel(np.zeros(6, dtype=bool)))
    probe = rng.random((200, 6))
    chance = np.exp(model.log_success(probe))
    assert chance[probe[:, 2] > 0.75].max() < 0.3
    assert chance[probe[:, 2] < 0.45].min() > 0.7


def test_a_category_may_fail():
    kernel = Kernel(np.array([True, False]))
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.integers(3, size=20) / 2, rng.random(20)])
    model = weigh_explanations(X, (X[:, 0] == 0.5).astype(float), kernel)
    assert success(model, 0.5, 0.5) < 0.35
    assert success(model, 0.0, 0.5) > 0.8


def test_gradient():
    X = grid()
    model = weigh_explanations(X, (X.sum(1) > 1.1).astype(float), NUMERIC)
    probe = np.random.default_rng(1).random((6, 2))
    value, gradient = model.log_success_with_gradient(probe)
    assert value == pytest.approx(model.log_success(probe))
    for j in range(2):
        step = 1e-6 * np.eye(2)[j]
        slope = (model.log_success(probe + step) - model.log_success(probe - step)) / 2e-6
        assert gradient[:, j] == pytest.approx(slope, rel=1e-3, abs=1e-5)


def run(trials, fit_failure_model, seed=1, **options):
    bench = Bench(seed=seed, **options)
    bad = 0
    for _ in range(trials):
        (s,) = bench.suggest()
        index = bench.create(s.parameters, s.provenance)
        if fit_failure_model(s.parameters):
            bad += 1
            bench.end(index, TrialStatus.FAILED)
        else:
            bench.data(index, **bowl(s.parameters))
            bench.end(index)
    return bad, max(t.outcomes["f"][0] for t in bench.view.trials.values() if t.outcomes)


def test_a_crash_region_is_left_alone(monkeypatch):
    def hidden(p):
        return p["x"] < 0.4 and p["y"] > 0.4  # the best point is in it

    bad, best = run(25, hidden)
    monkeypatch.setattr(failure, "weight_by_failures", lambda request, builder: builder)
    worse, blind = run(25, hidden)
    assert bad < worse
    assert best >= blind - 1e-3


def test_failures_at_random_do_little_harm():
    rng = np.random.default_rng(0)
    _, best = run(25, lambda p: rng.random() < 0.15)
    assert best > -2e-3


def test_only_failures_or_only_successes_tell_nothing():
    bench = Bench()
    bench.done({"x": 0.5, "y": 0.5}, f=1.0)
    assert fit_failure_model(build_request(bench.view, None)) is None
    bench.end(bench.create({"x": 0.1, "y": 0.1}), TrialStatus.FAILED)
    assert fit_failure_model(build_request(bench.view, None)) is not None


def test_an_abandoned_trial_counts_less_than_a_failed_one():
    chances = []
    for status in (TrialStatus.FAILED, TrialStatus.ABANDONED):
        bench = Bench()
        for x in (0.1, 0.2, 0.3):
            bench.done({"x": x, "y": x}, f=1.0)
        for x in (0.7, 0.8, 0.9):
            bench.end(bench.create({"x": x, "y": x}), status)
        chances.append(success(fit_failure_model(build_request(bench.view, None)), 0.8, 0.8))
    assert chances[0] < chances[1] < 0.8


def test_failures_in_a_mixed_space():
    bench = Bench((number("x"), choice("c", "a", "b", "c")), objective="f")
    for s in bench.suggest(5):
        index = bench.create(s.parameters, s.provenance)
        if s.parameters["c"] == "b":
            bench.end(index, TrialStatus.FAILED)
        else:
            bench.data(index, f=s.parameters["x"])
            bench.end(index)
    assert bench.suggest(2)


def test_what_a_likely_failure_takes_off_a_score_has_its_derivative():
    chance = np.log(np.array([0.9, 0.5, 0.3, 0.02]))
    added, slope = failure._weigh(chance)
    assert added[:2] == pytest.approx(chance[:2])
    assert added[3] < -50.0
    h = 1e-6
    numeric = (failure._weigh(chance + h)[0] - failure._weigh(chance - h)[0]) / (2 * h)
    assert slope == pytest.approx(numeric, rel=1e-4)


@pytest.mark.parametrize("best", [0.35, 0.45])
def test_an_edge_beyond_the_optimum_is_learnt(best):
    bench = Bench((number("x"),), objective="-f", seed=1)
    failed = []
    for _ in range(30):
        (s,) = bench.suggest()
        index = bench.create(s.parameters, s.provenance)
        failed.append(s.parameters["x"] > 0.5)
        if failed[-1]:
            bench.end(index, TrialStatus.FAILED)
        else:
            bench.data(index, f=(s.parameters["x"] - best) ** 2)
            bench.end(index)
    assert np.mean(failed[10:]) < 0.35  # 0.9 where the chance alone counted; 0.5 is chance
    assert min(t.outcomes["f"][0] for t in bench.view.trials.values() if t.outcomes) < 1e-5
