"""The closed-form process: gradients, posterior, robustness, leave-one-out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from axnb.surrogate.gp import Hyperparameters, NegativeLogPosterior, Priors, fit_gp
from axnb.surrogate.kernels import Kernel, radial_correlation
from axnb.surrogate.replicates import pool_rows

SMOOTHNESS = ("rbf", "matern52")


def mixed_data(n=25, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((n, 4))
    X[:, 3] = rng.integers(0, 3, n) / 2
    return X, np.sin(4 * X[:, 0]) + X[:, 1] * X[:, 2] + (X[:, 3] == 0.5)


def mixed_kernel(smoothness):
    return Kernel(np.array([False, False, False, True]), smoothness)


@pytest.mark.parametrize("additive", [False, True])
@pytest.mark.parametrize("smoothness", SMOOTHNESS)
def test_likelihood_gradient_is_the_derivative(smoothness, additive):
    X, y = mixed_data()
    noise = np.r_[np.full(15, np.nan), np.full(10, 0.1)]
    rows = pool_rows(np.vstack([X, X[:5]]), np.append(y, y[:5] + 0.2), np.append(noise, noise[:5]))
    likelihood = NegativeLogPosterior(mixed_kernel(smoothness), rows, Priors(), additive=additive)
    theta = np.random.default_rng(1).normal(size=len(likelihood.loc)) * 0.5
    numeric = approx_fprime(theta, lambda t: likelihood(t)[0], 1e-7)
    np.testing.assert_allclose(likelihood(theta)[1], numeric, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("additive", [False, True])
@pytest.mark.parametrize("smoothness", SMOOTHNESS)
def test_posterior_gradient_is_the_derivative(smoothness, additive):
    X, y = mixed_data()
    process = fit_gp(X, y, kernel=mixed_kernel(smoothness), additive=additive)
    x = np.array([[0.3, 0.6, 0.2, 0.5]])
    post = process.posterior_with_gradient(x)
    for j in range(3):
        e = np.zeros((1, 4))
        e[0, j] = 1e-6
        up, down = process.posterior(x + e), process.posterior(x - e)
        assert post.mean_gradient[0, j] == pytest.approx((up[0] - down[0])[0] / 2e-6, rel=1e-4, abs=1e-6)
        assert post.variance_gradient[0, j] == pytest.approx((up[1] - down[1])[0] / 2e-6, rel=1e-4, abs=1e-6)
    assert post.mean_gradient[0, 3] == 0.0


@pytest.mark.parametrize("additive", [False, True])
@pytest.mark.parametrize("smoothness", SMOOTHNESS)
def test_posterior_is_that_of_the_textbook(smoothness, additive):
    X, y = mixed_data()
    process = fit_gp(X, y, kernel=mixed_kernel(smoothness), additive=additive)
    h = process.hyperparameters
    Q = mixed_data(7, seed=3)[0]

    def cov(A, B):
        one, numeric = np.zeros((len(A), len(B))), process.kernel.numeric
        for j, l in enumerate(h.lengthscales):
            gap = A[:, j, None] - B[None, :, j]
            one += (
                radial_correlation((gap / l) ** 2, smoothness)
                if numeric[j]
                else np.exp(-(gap != 0.0).astype(float) / l)
            )
        product = process.kernel.correlation(A, B, h.lengthscales)
        return h.outputscale * (h.additive * one / len(h.lengthscales) + (1.0 - h.additive) * product)

    K = cov(X, X) + np.diag(process.noise)
    mean = h.mean + cov(Q, X) @ np.linalg.solve(K, y - h.mean)
    full = cov(Q, Q) - cov(Q, X) @ np.linalg.solve(K, cov(X, Q))
    np.testing.assert_allclose(process.posterior(Q)[0], mean, atol=1e-7)
    np.testing.assert_allclose(process.posterior(Q)[1], np.diag(full), atol=1e-7)
    np.testing.assert_allclose(process.joint_posterior(Q)[1], full, atol=1e-7)


def test_the_additive_share_is_large_for_a_sum_and_small_for_a_product():
    X = np.random.default_rng(0).random((40, 3))
    sum_of_columns, product = np.sin(6 * X).sum(1), np.prod(np.sin(6 * X), 1)
    found = [fit_gp(X, y / y.std(), additive=True).hyperparameters.additive for y in (sum_of_columns, product)]
    assert found[0] > 0.8
    assert found[1] < 0.2
    assert fit_gp(X, product).hyperparameters.additive == 0.0


def test_a_fit_starts_from_the_additive_share_that_it_is_given():
    X, y = mixed_data()
    given = Hyperparameters(np.ones(4), 1.0, 0.01, 0.0, 0.7)
    rows = pool_rows(X, y, np.full(25, np.nan))
    likelihood = NegativeLogPosterior(mixed_kernel("rbf"), rows, Priors(), additive=True)
    assert likelihood.unpack(likelihood.starts(given)[0])[3] == pytest.approx(0.7)


def test_categories_are_taken_to_be_much_alike_until_they_differ():
    X = np.random.default_rng(0).random((12, 2))
    X[:, 1] = 0.0  # what was never varied keeps to the prior
    kernel = Kernel(np.array([False, True]))
    process = fit_gp(X, np.sin(6 * X[:, 0]), kernel=kernel)
    x, other = np.array([[0.3, 0.0], [0.3, 1.0]])[:, None]
    assert kernel.correlation(x, other, process.hyperparameters.lengthscales)[0, 0] > 0.6
    X[:, 1] = np.arange(12) % 2
    found = fit_gp(X, np.sin(6 * X[:, 0]) * (1 - 2 * X[:, 1]), kernel=kernel).hyperparameters.lengthscales
    assert kernel.correlation(x, other, found)[0, 0] < 0.5


def test_noise_is_found():
    rng = np.random.default_rng(0)
    X = rng.random((120, 1))
    y = np.sin(6 * X[:, 0]) + 0.3 * rng.standard_normal(120)
    assert np.sqrt(fit_gp(X, y).hyperparameters.noise) == pytest.approx(0.3, rel=0.25)


def test_known_noise_is_kept_and_unknown_inferred_beside_it():
    X, y = mixed_data()
    noise = np.full(len(y), 0.04)
    assert fit_gp(X, y, noise).hyperparameters.noise == 0.0
    np.testing.assert_allclose(fit_gp(X, y, noise).noise, 0.04)
    noise[:10] = np.nan
    process = fit_gp(X, y, noise)
    np.testing.assert_allclose(process.noise[10:], 0.04)
    np.testing.assert_allclose(process.noise[:10], process.hyperparameters.noise)


def test_a_noisy_observation_weighs_less():
    X = np.array([[0.2], [0.2], [0.8]])
    y = np.array([0.0, 1.0, 0.5])
    mean, _ = fit_gp(X, y, np.array([1e-4, 1.0, 1e-4])).posterior(np.array([[0.2]]))
    assert mean[0] == pytest.approx(0.0, abs=0.05)


def test_initial_hyperparameters_lead_to_the_same_fit():
    X, y = mixed_data(40)
    cold = fit_gp(X, y)
    warm = fit_gp(X, y, initial_hyperparameters=cold.hyperparameters, starts=1)
    assert warm.log_posterior == pytest.approx(cold.log_posterior, abs=1e-3)


def test_initial_hyperparameters_of_another_dimension_are_left_aside():
    X, y = mixed_data()
    other = Hyperparameters(np.ones(2), 1.0, 0.01, 0.0)
    assert fit_gp(X, y, initial_hyperparameters=other).log_posterior == pytest.approx(
        fit_gp(X, y).log_posterior, abs=1e-6
    )


def test_condition_equals_the_posterior_with_one_more_row():
    X, y = mixed_data()
    process = fit_gp(X, y)
    x = np.array([0.11, 0.9, 0.4, 0.5])
    extended = process.condition(x, 0.7, 0.02)
    h = process.hyperparameters
    A = np.vstack([X, x])
    K = h.outputscale * process.kernel.correlation(A, A, h.lengthscales) + np.diag(np.append(process.noise, 0.02))
    Q = mixed_data(5, seed=9)[0]
    k = h.outputscale * process.kernel.correlation(Q, A, h.lengthscales)
    mean = h.mean + k @ np.linalg.solve(K, np.append(y, 0.7) - h.mean)
    variance = h.outputscale - np.einsum("ij,ji->i", k, np.linalg.solve(K, k.T))
    np.testing.assert_allclose(extended.posterior(Q)[0], mean, atol=1e-6)
    np.testing.assert_allclose(extended.posterior(Q)[1], variance, atol=1e-6)


def test_conditioning_on_the_same_row_again_and_again_stays_finite():
    X, y = mixed_data()
    process = fit_gp(X, y)
    for _ in range(10):
        process = process.condition(X[0], float(y[0]))
    mean, variance = process.posterior(X)
    assert np.isfinite(mean).all()
    assert (variance > 0).all()


def test_leave_one_out_equals_leaving_out():
    X, y = mixed_data()
    process = fit_gp(X, y)
    h = process.hyperparameters
    mean, variance = process.leave_one_out()
    for i in (0, 7, 24):
        keep = np.arange(len(y)) != i
        K = h.outputscale * process.kernel.correlation(X[keep], X[keep], h.lengthscales) + np.diag(process.noise[keep])
        # The constant mean is a value with a normal prior, estimated again from the rest.
        loose = 1.0 / process.mean_precision
        K += loose
        k = h.outputscale * process.kernel.correlation(X[[i]], X[keep], h.lengthscales)[0] + loose
        solved = np.linalg.solve(K, k)
        assert mean[i] == pytest.approx(solved @ y[keep], abs=1e-6)
        assert variance[i] == pytest.approx(h.outputscale + loose - k @ solved, abs=1e-6)


@pytest.mark.parametrize(
    ("X", "y"),
    [
        (np.array([[0.5, 0.5]]), np.array([0.0])),
        (np.full((6, 2), 0.5), np.zeros(6)),
        (np.full((6, 2), 0.5), np.arange(6.0)),
        (np.random.default_rng(0).random((8, 2)), np.zeros(8)),
        (np.random.default_rng(0).random((8, 2)), np.r_[np.zeros(7), 1e6]),
        (np.repeat(np.random.default_rng(0).random((20, 2)), 3, axis=0), np.repeat(np.arange(20.0), 3)),
        (0.5 + 1e-9 * np.random.default_rng(0).random((30, 2)), np.random.default_rng(1).normal(size=30)),
        (np.zeros((4, 0)), np.arange(4.0)),
    ],
    ids=["one", "duplicates", "contradictions", "constant", "outlier", "repeats", "clump", "no columns"],
)
def test_odd_data_are_fitted(X, y):
    process = fit_gp(X, y)
    mean, variance = process.posterior(np.random.default_rng(2).random((5, X.shape[1])))
    assert np.isfinite(mean).all()
    assert (variance > 0).all()
    assert np.isfinite(process.leave_one_out()[0]).all()


@given(st.integers(1, 12), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_any_data_give_a_finite_posterior(n, d, seed):
    rng = np.random.default_rng(seed)
    X = np.round(rng.random((n, d)), int(rng.integers(0, 4)))
    process = fit_gp(X, rng.normal(size=n))
    mean, variance = process.posterior(rng.random((3, d)))
    assert np.isfinite(mean).all()
    assert (variance > 0).all()
    assert (variance <= process.hyperparameters.outputscale * (1 + 1e-9)).all()
