"""Closed-form acquisitions: values against quadrature and sampling, gradients against differences."""

import numpy as np
import pytest
from scipy.stats import norm

from axnb.suggest.acquisition.expected_improvement import (
    LinearOutcome,
    LogConstrainedExpectedImprovement,
    LogProbabilityOfFeasibility,
    log_feasibility,
    log_h,
    log_improvement,
    log_information_share,
)
from axnb.suggest.acquisition.hypervolume import LogExpectedHypervolumeImprovement, _log_slab
from axnb.suggest.pareto import (
    compute_hypervolume,
    compute_hypervolume_gain,
    decompose_into_boxes,
    infer_reference_point,
    is_non_dominated,
)
from axnb.surrogate.gp import fit_gp


@pytest.fixture(scope="module")
def models():
    X = np.random.default_rng(0).random((20, 3))
    noise = np.full(20, 1e-5)  # with less, variances keep too few digits for differences
    return tuple(fit_gp(X, y, noise) for y in (np.sin(3 * X[:, 0]), X[:, 1] ** 2 - X[:, 2], np.cos(4 * X[:, 2])))


@pytest.mark.parametrize("z", [-1e6, -1e3, -40.0, -5.0, -1.0, -0.99, 0.0, 3.0, 50.0])
def test_log_h_is_right_and_smooth_everywhere(z):
    got = float(log_h(np.array([z]))[0])
    if z > -6:
        assert got == pytest.approx(np.log(norm.pdf(z) + z * norm.cdf(z)), rel=1e-9)
    else:
        assert got == pytest.approx(norm.logpdf(z) - 2 * np.log(-z), abs=6.0 / z**2)


@pytest.mark.parametrize("gap", [-30.0, -2.0, 0.0, 1.5])
def test_log_improvement_and_its_derivatives(gap):
    mean, sd = np.array([gap]), np.array([0.7])
    value, by_mean, by_sd = log_improvement(mean, sd, 0.0)
    if gap > -5:
        t = np.linspace(0, 12, 200_001)
        assert value[0] == pytest.approx(np.log(np.trapezoid(t * norm.pdf(t, gap, 0.7), t)), abs=1e-5)
    e = 1e-6
    assert by_mean[0] == pytest.approx(
        (log_improvement(mean + e, sd, 0.0)[0] - log_improvement(mean - e, sd, 0.0)[0])[0] / 2e-6, rel=1e-4
    )
    assert by_sd[0] == pytest.approx(
        (log_improvement(mean, sd + e, 0.0)[0] - log_improvement(mean, sd - e, 0.0)[0])[0] / 2e-6, rel=1e-4
    )


def acquisitions(models):
    objective, limit = LinearOutcome(((0, 1.0),)), LinearOutcome(((1, 1.0), (2, -0.5)), 0.1)
    lows, highs = decompose_into_boxes(np.array([[0.2, 0.1], [0.5, -0.3]]), np.array([-0.5, -0.8]))
    return {
        "improvement": LogConstrainedExpectedImprovement(models, objective, 0.8),
        "limited": LogConstrainedExpectedImprovement(models, objective, 0.8, (limit,)),
        "hopeless": LogConstrainedExpectedImprovement(models, objective, 50.0, (limit,)),
        "sum": LogConstrainedExpectedImprovement(models, LinearOutcome(((0, 0.7), (2, 0.7)), 0.1), 0.8),
        "noisy": LogConstrainedExpectedImprovement(models, objective, 0.8, (limit,), noise=0.05),
        "feasibility": LogProbabilityOfFeasibility(models, (limit, objective)),
        "hypervolume": LogExpectedHypervolumeImprovement(
            models, (objective, LinearOutcome(((1, -1.0),))), lows, highs, (limit,)
        ),
        "noisy hypervolume": LogExpectedHypervolumeImprovement(
            models, (objective, LinearOutcome(((1, -1.0),))), lows, highs, (limit,), noises=(0.05, 0.3)
        ),
        "far hypervolume": LogExpectedHypervolumeImprovement(
            models, (objective, LinearOutcome(((1, -1.0),))), lows + 40, highs + 40
        ),
    }


@pytest.mark.parametrize(
    "name",
    [
        "improvement",
        "limited",
        "hopeless",
        "sum",
        "noisy",
        "feasibility",
        "hypervolume",
        "noisy hypervolume",
        "far hypervolume",
    ],
)
def test_gradients_are_derivatives(models, name):
    acquisition = acquisitions(models)[name]
    X = np.random.default_rng(1).random((6, 3))
    value, gradient = acquisition.value_and_gradient(X)
    assert np.isfinite(value).all()
    np.testing.assert_allclose(value, acquisition.value(X), rtol=1e-9, atol=1e-9)
    for j in range(3):
        e = np.zeros(3)
        e[j] = 1e-6
        numeric = (acquisition.value(X + e) - acquisition.value(X - e)) / 2e-6
        np.testing.assert_allclose(gradient[:, j], numeric, rtol=2e-3, atol=2e-3 * np.abs(gradient).max())


def test_an_improvement_counts_by_what_a_noisy_result_would_tell(models):
    objective, X = LinearOutcome(((0, 2.0),)), np.random.default_rng(3).random((8, 3))
    plain, noisy = (LogConstrainedExpectedImprovement(models, objective, 0.3, noise=v).value(X) for v in (0.0, 0.3))
    result = 4.0 * models[0].posterior(X)[1] + 0.3
    np.testing.assert_allclose(np.exp(noisy - plain), 1.0 - np.sqrt(0.3 / result))


def test_a_gain_in_hypervolume_counts_by_what_noisy_results_would_tell(models):
    objectives, X = (LinearOutcome(((0, 1.0),)), LinearOutcome(((1, -2.0),))), np.random.default_rng(3).random((8, 3))
    lows, highs = decompose_into_boxes(np.array([[0.2, 0.1], [0.5, -0.3]]), np.array([-0.5, -0.8]))
    plain, none, noisy = (
        LogExpectedHypervolumeImprovement(models, objectives, lows, highs, noises=n).value(X)
        for n in ((), (0.0, 0.0), (0.0, 0.3))
    )
    np.testing.assert_array_equal(none, plain)
    result = 4.0 * models[1].posterior(X)[1] + 0.3
    np.testing.assert_allclose(np.exp(noisy - plain), np.sqrt(1.0 - np.sqrt(0.3 / result)))


@pytest.mark.parametrize("variance", [1e-6, 0.01, 0.3, 5.0])
def test_the_derivative_of_what_a_result_tells(variance):
    at, e = np.array([variance]), 1e-4 * variance
    numeric = (log_information_share(at + e, 0.2)[0] - log_information_share(at - e, 0.2)[0]) / (2 * e)
    np.testing.assert_allclose(log_information_share(at, 0.2)[1], numeric, rtol=1e-4)


def test_constrained_improvement_is_the_product(models):
    objective, limit = LinearOutcome(((0, 1.0),)), LinearOutcome(((1, 1.0),))
    X = np.random.default_rng(2).random((5, 3))
    both = LogConstrainedExpectedImprovement(models, objective, 0.3, (limit,)).value(X)
    alone = LogConstrainedExpectedImprovement(models, objective, 0.3).value(X)
    np.testing.assert_allclose(both, alone + LogProbabilityOfFeasibility(models, (limit,)).value(X))


@pytest.mark.parametrize("m", [2, 3, 4])
def test_boxes_fill_what_the_front_leaves(m):
    rng = np.random.default_rng(m)
    front, reference = rng.random((9, m)), np.full(m, 0.2)
    lows, highs = decompose_into_boxes(front, reference)
    for y in rng.uniform(0.2, 1.3, (40, m)):
        gained = np.prod(np.clip(np.minimum(y, highs) - lows, 0, None), axis=1).sum()
        assert gained == pytest.approx(
            compute_hypervolume(np.vstack([front, y]), reference) - compute_hypervolume(front, reference), abs=1e-9
        )


@pytest.mark.parametrize("at", [-8.0, -0.4, 0.3, 0.9, 6.0])
def test_the_gain_within_a_slab_and_its_derivatives(at):
    mean, sd, low, high = np.array([at]), np.array([0.6]), np.array([0.1]), np.array([0.7])
    value, by_mean, by_sd = _log_slab(mean, sd, low, high)
    if at > -5:
        t = np.linspace(-8, 12, 400_001)
        gain = np.clip(np.minimum(t, 0.7) - 0.1, 0, None)
        assert value[0, 0] == pytest.approx(np.log(np.trapezoid(gain * norm.pdf(t, at, 0.6), t)), abs=1e-6)
    e = 1e-6
    ups, downs = (_log_slab(mean + s * e, sd, low, high)[0][0, 0] for s in (1, -1))
    assert by_mean[0, 0] == pytest.approx((ups - downs) / 2e-6, rel=1e-4, abs=1e-7)
    ups, downs = (_log_slab(mean, sd + s * e, low, high)[0][0, 0] for s in (1, -1))
    assert by_sd[0, 0] == pytest.approx((ups - downs) / 2e-6, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("m", [2, 3])
def test_expected_hypervolume_improvement_matches_sampling(models, m):
    rng = np.random.default_rng(0)
    front, reference = rng.uniform(-0.9, 0.2, (5, m)), np.full(m, -1.5)
    lows, highs = decompose_into_boxes(front, reference)
    objectives = tuple(LinearOutcome(((i, 1.0),)) for i in range(m))
    x = np.array([[0.5, 0.7, 0.4]])
    parts = [p.posterior(x) for p in models[:m]]
    draws = np.column_stack([mean + np.sqrt(variance) * rng.standard_normal(4000) for mean, variance in parts])
    before = compute_hypervolume(front, reference)
    sampled = np.mean([compute_hypervolume(np.vstack([front, y]), reference) - before for y in draws])
    exact = np.exp(LogExpectedHypervolumeImprovement(models, objectives, lows, highs).value(x)[0])
    assert exact == pytest.approx(sampled, rel=0.05)


@pytest.mark.filterwarnings("ignore:.*jit:DeprecationWarning")
def test_hypervolume_agrees_with_botorch():
    torch = pytest.importorskip("torch")
    from botorch.utils.multi_objective.hypervolume import Hypervolume

    for m in (2, 3, 4):
        Y = np.random.default_rng(m).random((8, m))
        Y = Y[is_non_dominated(Y)]
        theirs = Hypervolume(torch.zeros(m, dtype=torch.float64)).compute(torch.as_tensor(Y))
        assert compute_hypervolume(Y, np.zeros(m)) == pytest.approx(theirs)


def sphere(n, m):
    Y = np.abs(np.random.default_rng(m).standard_normal((n, m)))
    return Y / np.linalg.norm(Y, axis=1, keepdims=True)


@pytest.mark.parametrize(("m", "most"), [(2, 31), (3, 61), (4, 200), (5, 500)])
def test_few_boxes_fill_what_a_long_front_leaves(m, most):
    front, reference = sphere(30, m), np.zeros(m)
    lows, highs = decompose_into_boxes(front, reference)
    left = np.prod(np.clip(np.minimum(highs, 1.0) - lows, 0.0, None), axis=1).sum()
    assert left == pytest.approx(1.0 - compute_hypervolume(front, reference), abs=1e-9)
    assert len(lows) <= most
    X = np.random.default_rng(0).random((200, m))
    within = ((lows < X[:, None]) & (highs >= X[:, None])).all(2).sum(1)
    np.testing.assert_array_equal(within, (~(front >= X[:, None]).all(2).any(1)).astype(int))


@pytest.mark.parametrize("m", [2, 3, 4, 6])
def test_the_gain_of_a_row_is_what_it_adds(m):
    front, reference = np.vstack([sphere(12, m), np.full((1, m), -1.0)]), np.zeros(m)
    before = compute_hypervolume(front, reference)
    for y in np.vstack([np.random.default_rng(1).random((10, m)), front[:1], np.full((1, m), -0.5)]):
        more = compute_hypervolume(np.vstack([front, y]), reference) - before
        assert compute_hypervolume_gain(y, front, reference) == pytest.approx(more, abs=1e-12)
    assert compute_hypervolume_gain(np.full(m, 2.0), front[:0], reference) == pytest.approx(2.0**m)


def test_the_reference_lies_below_the_front():
    Y = np.array([[0.0, 2.0], [1.0, 1.0], [-5.0, -5.0]])
    np.testing.assert_allclose(infer_reference_point(Y), [-0.1, 0.9])
    assert (infer_reference_point(np.array([[3.0, 4.0]])) < [3.0, 4.0]).all()


@pytest.mark.parametrize("z", [-1e2, -9.9e3, -1.01e4, -1e7, -1e9, -1e12])
def test_derivatives_far_from_all_hope_are_those_of_the_tail(z):
    mean, sd = np.array([z]), np.array([1.0])
    chance = log_feasibility(-mean, sd)
    for _, by_mean, by_sd in (log_improvement(mean, sd, 0.0), _log_slab(mean, sd, np.array([0.0]), np.array([1.0]))):
        assert by_mean.item() == pytest.approx(-z, rel=1e-3)
        assert by_sd.item() == pytest.approx(z * z, rel=1e-3)
    assert chance[1].item() == pytest.approx(z, rel=1e-3)
    assert chance[2].item() == pytest.approx(z * z, rel=1e-3)


def test_limits_that_no_result_comes_near_to_give_no_warning(models):
    far = LogProbabilityOfFeasibility(models, (LinearOutcome(((0, 1.0),), 1e30), LinearOutcome(((1, 1.0),), -1e30)))
    value, gradient = far.value_and_gradient(np.random.default_rng(2).random((8, 3)))
    assert np.isfinite(value).all()
    assert np.isfinite(gradient).all()
