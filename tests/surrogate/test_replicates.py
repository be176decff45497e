"""Results at the same row are pooled: the same model at the cost of the distinct rows."""

from dataclasses import replace

import numpy as np
import pytest

from axnb.surrogate.gaussian_process_model import fit_metric
from axnb.surrogate.gp import NegativeLogPosterior, Priors, build_process
from axnb.surrogate.kernels import Kernel
from axnb.surrogate.replicates import PooledRows, pool_rows
from tests.surrogate.helpers import to_data

SEMS = {"unknown": np.full(45, np.nan), "known": np.full(45, 0.3), "some": np.where(np.arange(45) % 4, np.nan, 0.2)}
KERNEL = Kernel(np.zeros(2, dtype=bool))


def replicated(seed=0, settings=15, each=3, noise=0.3):
    g = np.random.default_rng(seed)
    X = np.repeat(g.random((settings, 2)), each, axis=0)[g.permutation(settings * each)]
    return X, np.sin(5 * X[:, 0]) + X[:, 1] + noise * g.normal(size=len(X))


def alone(X, y, noise):
    unknown = np.isnan(noise)
    known = np.where(unknown, 0.0, noise)
    return PooledRows(X, y, known, unknown.astype(float), 0, 0.0, 0.0, np.arange(len(y)))


@pytest.mark.parametrize("sem", SEMS)
def test_the_likelihood_is_that_of_all_results(sem):
    X, y = replicated()
    noise = SEMS[sem] ** 2
    pooled, plain = (NegativeLogPosterior(KERNEL, rows(X, y, noise), Priors()) for rows in (pool_rows, alone))
    assert len(pooled.y) < len(y) / 1.4
    for theta in np.random.default_rng(1).normal(size=(3, 4)) * 0.5:
        assert pooled(theta)[0] == pytest.approx(plain(theta)[0], rel=1e-9)
        np.testing.assert_allclose(pooled(theta)[1], plain(theta)[1], rtol=1e-6, atol=1e-8)
    theta = np.array([-0.5, 0.2, 0.1, -1.0])
    built = [p.build_process(theta) for p in (pooled, plain)]
    assert built[0].log_posterior == pytest.approx(built[1].log_posterior, rel=1e-9)
    for found, want in zip(built[0].posterior(X + 0.1), built[1].posterior(X + 0.1), strict=True):
        np.testing.assert_allclose(found, want, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("sem", SEMS)
def test_each_result_is_left_out_alone(sem):
    X, y = replicated()
    model = fit_metric(replace(to_data(X, y), sem=SEMS[sem]), KERNEL)
    data, h = model.data, model.process.hyperparameters
    assert len(model.process.y) < len(y) / 1.4
    np.testing.assert_array_equal(data.X, X)
    np.testing.assert_allclose(data.targets, model.transform(y))
    mean, variance = model.leave_one_out()
    for i in (0, 7, 20):
        rest = np.arange(len(y)) != i
        without = build_process(
            KERNEL, (X[rest], data.targets[rest], data.noise[rest]), h, model.process.mean_precision
        )
        m, v = without.posterior(X[i : i + 1])
        assert mean[i] == pytest.approx(m[0], rel=0.02, abs=0.02)  # there the constant mean is estimated again
        assert variance[i] == pytest.approx(v[0], rel=0.1)


def test_a_model_of_replicates_is_conditioned_and_fitted_to_a_part():
    X, y = replicated()
    model = fit_metric(to_data(X, y), KERNEL)
    after = model.condition(np.array([0.5, 0.5]), 0.2, 0.01)
    assert len(after.data.X) == len(y) + 1
    assert after.data.targets[-1] == pytest.approx(0.2)
    assert after.data.noise[-1] == 0.01
    assert len(after.leave_one_out()[0]) == len(y) + 1
    part = model.refit(np.arange(len(y)) < 30)
    np.testing.assert_array_equal(part.data.X, X[:30])


def test_noise_is_learnt_from_replicates_alone():
    X, y = replicated(settings=6, each=4)
    found = fit_metric(to_data(X, y), KERNEL)
    noise = np.sqrt(found.data.inferred_noise) / found.transform_slope(np.zeros(1))[0]
    assert noise == pytest.approx(0.3, rel=0.35)


def test_many_replicates_cost_what_their_settings_cost():
    X, y = replicated(settings=120, each=5)
    model = fit_metric(to_data(X, y), KERNEL)
    assert len(model.process.y) == 120
    assert len(model.data.y) == 600
