"""Closed-form Sobol indices against sampling and known functions."""

import numpy as np
import pytest

from axnb.surrogate.gp import fit_gp
from axnb.surrogate.kernels import Kernel
from axnb.surrogate.sensitivity import compute_sobol_indices


@pytest.mark.parametrize("additive", [False, True])
def test_indices_match_sampling(additive):
    rng = np.random.default_rng(0)
    X = rng.random((30, 3))
    X[:, 2] = rng.integers(0, 3, 30) / 2
    y = np.sin(4 * X[:, 0]) * (0.3 + X[:, 1]) + (X[:, 2] == 0.5)
    process = fit_gp(X, y, kernel=Kernel(np.array([False, False, True])), additive=additive)
    assert (process.hyperparameters.additive > 0.1) is additive
    found = compute_sobol_indices(process, np.array([0, 0, 3]))

    def draw():
        A = rng.random((100_000, 3))
        A[:, 2] = rng.integers(0, 3, len(A)) / 2
        return A

    A, B = draw(), draw()
    fA, fB = process.posterior(A)[0], process.posterior(B)[0]
    for j in range(3):
        C = A.copy()
        C[:, j] = B[:, j]
        fC = process.posterior(C)[0]
        assert found.first[j] == pytest.approx(np.mean(fB * (fC - fA)) / fA.var(), abs=0.02)
        assert found.total[j] == pytest.approx(0.5 * np.mean((fA - fC) ** 2) / fA.var(), abs=0.02)


@pytest.mark.parametrize("additive", [False, True])
def test_shares_of_two_columns_add_up(additive):
    X = np.random.default_rng(1).random((40, 2))
    found = compute_sobol_indices(fit_gp(X, X[:, 0] * X[:, 1] - 0.25 * X[:, 0], additive=additive), np.array([0, 0]))
    assert found.first.sum() + found.second[0, 1] == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_allclose(found.total, found.first + found.second.sum(1), atol=1e-6)
    np.testing.assert_array_equal(found.second, found.second.T)


def test_a_valley_with_unequal_sides_has_no_direction():
    X = np.random.default_rng(0).random((40, 1))
    valley, slope = (X[:, 0] - 0.6) ** 2, np.tanh(6 * X[:, 0])
    assert compute_sobol_indices(fit_gp(X, valley), np.zeros(1, dtype=int)).signs.tolist() == [0]
    assert compute_sobol_indices(fit_gp(X, slope), np.zeros(1, dtype=int)).signs.tolist() == [1]


def test_signs_say_where_the_mean_goes():
    X = np.random.default_rng(2).random((40, 4))
    y = 2 * X[:, 0] - X[:, 1] + 4 * (X[:, 2] - 0.5) ** 2
    assert compute_sobol_indices(fit_gp(X, y), np.zeros(4, dtype=int)).signs.tolist() == [1, -1, 0, 0]


def test_a_flat_mean_has_no_sensitivity():
    X = np.random.default_rng(3).random((10, 2))
    found = compute_sobol_indices(fit_gp(X, np.zeros(10)), np.array([0, 0]))
    assert not found.first.any()
    assert not found.total.any()
    assert not found.signs.any()
