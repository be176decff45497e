"""Models of many results through inducing points."""

import numpy as np
import pytest

from axnb.errors import CancelledError, UnsupportedError
from axnb.interrupts import Cancellation
from axnb.surrogate import inducing_points
from axnb.surrogate.gaussian_process_model import GaussianProcessModel, MetricData, fit_metric
from axnb.surrogate.gp import fit_gp
from axnb.surrogate.inducing_points import InducingPointModel, fit_inducing_points
from axnb.surrogate.kernels import Kernel
from axnb.surrogate.outcome_model import OutcomeModel
from axnb.surrogate.surrogate import fit
from axnb.testing import check_outcome_model

KERNEL = Kernel(np.zeros(4, dtype=bool))


def _function(X):
    return np.sin(4.0 * X[:, 0]) + X[:, 1] ** 2 + X[:, 2] * X[:, 3]


def _data(n, noise=0.5, sem=False, direction=1, seed=0):
    g = np.random.default_rng(seed)
    X = g.random((n, 4))
    spread = noise * _function(X).std()
    y = _function(X) + spread * g.normal(size=n)
    return MetricData(name="y", X=X, y=y, sem=np.full(n, spread if sem else np.nan), direction=direction)


@pytest.fixture
def few(monkeypatch):
    """So few results that exact models can be compared count as many."""
    monkeypatch.setattr(inducing_points, "MOST_EXACT", 15)
    monkeypatch.setattr("axnb.surrogate.surrogate.MOST_EXACT", 15)


def test_it_keeps_what_the_protocol_promises(few):
    check_outcome_model(lambda data: fit([data]).models[0])
    data = MetricData(name="y", X=np.random.default_rng(0).random((24, 3)), y=np.arange(24.0), sem=np.full(24, np.nan))
    assert isinstance(fit([data]).models[0], InducingPointModel)
    assert isinstance(fit([data]).models[0], OutcomeModel)


def test_with_every_row_inducing_it_is_the_exact_process():
    g = np.random.default_rng(0)
    X = g.random((120, 2))
    exact = fit_gp(X, np.sin(5.0 * X[:, 0]) + 0.1 * g.normal(size=120))
    found, left_open = inducing_points._condense(exact, X, exact.y, exact.noise, X)
    asked = g.random((30, 2))
    for process, other in (
        (exact, found),
        (exact.condition(asked[0], 1.0, 0.01), found.condition(asked[0], 1.0, 0.01)),
    ):
        for one, two in zip(process.posterior(asked), other.posterior(asked), strict=True):
            np.testing.assert_allclose(one, two, atol=1e-6)
    assert found.hyperparameters.mean == pytest.approx(exact.hyperparameters.mean, abs=1e-6)
    assert found.log_likelihood == pytest.approx(exact.log_likelihood, abs=1e-3)
    assert left_open.max() < 1e-6


def test_leaving_one_out_is_what_a_model_without_the_result_says():
    data = _data(200)
    exact = fit_metric(data, KERNEL)
    process, Z = exact.process, data.X[:40]
    found, left_open = inducing_points._condense(process, data.X, process.y, process.noise, Z)
    base = GaussianProcessModel("y", found, exact.outcome_transform, data.y[:40], data.sem[:40])
    model = InducingPointModel(base, exact.data, left_open, exact)
    mean, variance = model.leave_one_out()
    for left in (0, 77, 199):
        keep = np.arange(200) != left
        without, _ = inducing_points._condense(process, data.X[keep], process.y[keep], process.noise[keep], Z)
        there = without.posterior(data.X[left : left + 1])
        assert mean[left] == pytest.approx(there[0][0], abs=2e-3)
        assert variance[left] == pytest.approx(there[1][0], rel=0.02)


@pytest.mark.parametrize("sem", [False, True])
@pytest.mark.parametrize("direction", [-1, 0, 1])
def test_thousands_of_noisy_results_are_known_well_and_honestly(sem, direction):
    model = fit([_data(5000, sem=sem, direction=direction)]).models[0]
    asked = np.random.default_rng(9).random((500, 4))
    mean, sd = model.untransform_moments(*model.posterior(asked))
    miss = np.abs(mean - _function(asked))
    assert model.data.inducing_points <= 800
    assert 1.0 - (miss**2).mean() / _function(asked).var() > 0.99
    assert (miss < 1.96 * sd).mean() >= 0.9
    assert model.base.process.hyperparameters.noise == pytest.approx(0.0 if sem else 0.2, abs=0.03)


def test_without_noise_thousands_of_results_are_known_to_the_last():
    data = _data(4000, noise=0.0)
    model = fit([data]).models[0]
    mean, _ = model.untransform_moments(*model.posterior(data.X))
    assert np.abs(mean - data.y).max() < 0.01


def test_the_inducing_rows_lie_where_the_best_results_are():
    data = _data(4000, noise=0.1)
    wanted, indifferent = (fit_inducing_points(_data(4000, 0.1, direction=d), KERNEL) for d in (1, 0))
    good = np.quantile(_function(data.X), 0.9)
    shares = [(_function(m.base.process.X) > good).mean() for m in (wanted, indifferent)]
    assert shares[0] > 1.2 * shares[1]


def test_replicates_count_as_one_row():
    data = _data(900)
    tripled = MetricData(
        name="y", X=np.repeat(data.X, 3, 0), y=np.repeat(data.y, 3), sem=np.full(2700, np.nan), direction=1
    )
    assert isinstance(fit([tripled]).models[0], GaussianProcessModel)


def test_it_is_not_fitted_to_a_part_of_the_results():
    model = fit([_data(2100)]).models[0]
    assert not model.capabilities.refitting
    with pytest.raises(UnsupportedError, match="too many results to be fitted again"):
        model.refit(np.ones(2100, dtype=bool))


def test_a_fit_to_many_results_can_be_cancelled():
    data = _data(3000)
    model = fit_metric(inducing_points._select(data, np.arange(200)), KERNEL)
    cancellation = Cancellation()
    cancellation.cancel()
    with cancellation.applied(), pytest.raises(CancelledError):
        inducing_points._condense(model.process, data.X, data.y, np.full(3000, 0.1), data.X[:50])
    with cancellation.applied(), pytest.raises(CancelledError):
        fit([data])


def test_fits_that_go_on_from_earlier_ones_come_nearer_to_the_likeliest():
    g = np.random.default_rng([7, 0])
    order = g.permutation(6)
    frequencies = g.normal(size=(6, 60)) * np.linspace(3.0, 1.0, 6)[:, None] / np.sqrt(6)
    phases, heights = g.uniform(0.0, 2.0 * np.pi, 60), g.normal(size=60)
    g = np.random.default_rng([0, 900, 6])
    X, asked = g.random((900, 6)), g.random((500, 6))
    f, elsewhere = (np.cos(rows[:, order] @ frequencies + phases) @ heights for rows in (X, asked))
    y = f + 0.5 * float(elsewhere.std()) * g.normal(size=900)
    data = MetricData(name="y", X=X, y=y, sem=np.full(900, np.nan), direction=1, is_summed=True)
    kernel = Kernel(np.zeros(6, dtype=bool))
    model = fit_metric(data, kernel)
    begun = model.process.log_posterior
    for _ in range(3):
        model = fit_metric(data, kernel, model.process.hyperparameters)
    assert model.process.log_posterior > begun + 1.0  # by blocks alone they stay behind
