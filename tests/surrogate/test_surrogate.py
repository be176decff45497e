"""The surrogate in the metrics' own units, and its BoTorch twin."""

from dataclasses import replace

import numpy as np
import pytest

from axnb.errors import AxnbWarning, ModelError
from axnb.surrogate import gaussian_process_model
from axnb.surrogate.gaussian_process_model import MetricData, _choose_priors, fit_metric
from axnb.surrogate.gp import fit_gp
from axnb.surrogate.kernels import Kernel
from axnb.surrogate.outcome_transforms import standardize
from axnb.surrogate.surrogate import Surrogate, fit, predict_left_out, predict_outcome


def rough(n=40, seed=0):
    X = np.random.default_rng(seed).random((n, 2))
    return X, np.exp(8 * ((X - 0.4) ** 2).sum(1))


def data(X, y, **kwargs):
    return MetricData(**{"name": "y", "X": X, "y": y, "sem": np.full(len(y), np.nan), **kwargs})


def test_predictions_are_in_the_metrics_units():
    X, y = rough()
    surrogate = fit([data(X, y), data(X, 1e6 - 1e3 * X[:, 0], name="other")])
    mean, sd = surrogate.predict(X)
    np.testing.assert_allclose(mean[:, 0], y, rtol=0.1, atol=0.1)
    np.testing.assert_allclose(mean[:, 1], 1e6 - 1e3 * X[:, 0], rtol=1e-4)
    assert (sd > 0).all()


def test_a_skewed_metric_is_warped_and_a_straight_one_is_not():
    X, y = rough()
    kinds = [fit([data(X, v, direction=-1)]).models[0].outcome_transform.warp.kind for v in (y**3, X[:, 0])]
    assert kinds[0] == "log_low"
    assert fit([data(X, y**3, direction=-1, is_summed=True)]).models[0].outcome_transform.is_affine


@pytest.mark.parametrize("scale", [1e-15, 1e15])
def test_the_unit_of_a_metric_changes_nothing_else(scale):
    X, y = rough()
    small, large = fit([data(X, y, direction=-1)]), fit([data(X, scale * y, direction=-1)])
    np.testing.assert_allclose(large.predict(X)[0], scale * small.predict(X)[0], rtol=1e-5)
    np.testing.assert_allclose(large.predict(X)[1], scale * small.predict(X)[1], rtol=1e-3)


def test_a_sum_of_rough_functions_is_modelled_as_such_and_a_product_is_not():
    X = np.random.default_rng(0).random((30, 4))
    total, product = np.sin(9 * X).sum(1), np.prod(1 + X, 1)
    summed, other = (m.process for m in fit([data(X, total), data(X, product, name="two")]).models)
    assert summed.hyperparameters.additive > 0.5
    assert other.hyperparameters.additive == 0.0
    Q = np.random.default_rng(1).random((500, 4))
    plain = fit_gp(X, summed.y, priors=_choose_priors(data(X, total), standardize(total)))
    want = (np.sin(9 * Q).sum(1) - total.mean()) / total.std(ddof=1)
    errors = [np.mean((p.posterior(Q)[0] - want) ** 2) for p in (summed, plain)]
    assert errors[0] < 0.5 * errors[1]


def test_an_enormous_outlier_leaves_the_rest_alone():
    X, y = rough()
    y[3] = 1e30
    mean, _ = fit([data(X, y, direction=-1)]).predict(X)
    rest = np.arange(len(y)) != 3
    assert np.corrcoef(np.log(np.abs(mean[rest, 0]) + 1e-9), np.log(y[rest]))[0, 1] > 0.5


def test_leave_one_out_is_in_the_metrics_units_and_calibrated():
    X, y = rough(60)
    observed, mean, sd = predict_left_out(fit([data(X, y, direction=-1)]).models[0])
    np.testing.assert_array_equal(observed, y)
    assert np.corrcoef(mean, y)[0, 1] > 0.9
    assert np.mean(np.abs(y - mean) < 3 * sd) > 0.85


def test_metrics_may_be_measured_at_different_rows():
    X, y = rough()
    mean, _ = fit([data(X, y), data(X[:5], y[:5], name="few")]).predict(X[:3])
    assert mean.shape == (3, 2)


def test_many_results_are_fitted_from_a_part_and_predicted_by_all():
    X, y = rough(260)
    model = fit([data(X, y**3, direction=-1)]).models[0]
    assert len(model.process.y) == 260
    assert model.outcome_transform.warp.kind == "log_low"
    Q, exact = rough(50, seed=5)
    np.testing.assert_allclose(predict_outcome(model, Q)[0], exact**3, rtol=0.1)


def test_a_metric_without_results_is_refused():
    with pytest.raises(ModelError, match="'y'"):
        fit([data(np.zeros((0, 2)), np.zeros(0))])


@pytest.mark.parametrize("smoothness", ["rbf", "matern52"])
@pytest.mark.parametrize("categorical", [(False, False, False), (False, True, False), (True, False, True)])
def test_the_botorch_model_has_the_same_posterior(smoothness, categorical):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    flags = np.array(categorical)
    X, Q = rng.random((30, 3)), rng.random((50, 3))
    X[:, flags] = np.round(2 * X[:, flags]) / 2
    Q[:, flags] = np.round(2 * Q[:, flags]) / 2
    y = np.sin(5 * X[:, 0]) + X[:, 1] * X[:, 2]
    kernel = Kernel(flags, smoothness)
    known = data(X, y**2, name="two", sem=np.full(30, 0.01))
    surrogate = fit([data(X, y), known, data(X, np.sin(9 * X).sum(1), name="sum")], kernel=kernel)
    assert surrogate["sum"].process.hyperparameters.additive > 0.0
    posterior = surrogate.to_botorch().posterior(torch.as_tensor(Q))
    for i, model in enumerate(surrogate.models):
        mean, variance = model.posterior(Q)
        np.testing.assert_allclose(posterior.mean[:, i].detach().numpy(), mean, atol=1e-6)
        np.testing.assert_allclose(posterior.variance[:, i].detach().numpy(), variance, atol=1e-6)


def test_the_botorch_posterior_agrees_in_the_metrics_units_too():
    torch = pytest.importorskip("torch")
    X, y = rough()
    surrogate = fit([data(X, y**3, direction=-1)])
    model = surrogate.models[0]
    assert not model.outcome_transform.is_affine
    posterior = surrogate.to_botorch().posterior(torch.as_tensor(X + 0.01))
    mean, sd = model.outcome_transform.untransform_moments(
        posterior.mean[:, 0].detach().numpy(), posterior.variance[:, 0].detach().numpy()
    )
    ours = surrogate.predict(X + 0.01)
    np.testing.assert_allclose(mean, ours[0][:, 0], rtol=1e-5)
    np.testing.assert_allclose(sd, ours[1][:, 0], rtol=1e-4)


def test_a_single_process_makes_a_single_model():
    pytest.importorskip("torch")
    X, y = rough(10)
    assert fit([data(X, y)]).to_botorch().num_outputs == 1
    assert isinstance(fit([data(X, y)]), Surrogate)
    assert fit_gp(X, y).posterior(X)[0].shape == (10,)


def test_with_very_many_results_no_share_is_additive(monkeypatch):
    X = np.random.default_rng(0).random((160, 2))
    total = data(X, np.sin(9 * X).sum(1))
    assert fit([total])["y"].process.hyperparameters.additive > 0.5
    monkeypatch.setattr("axnb.surrogate.gaussian_process_model._LARGEST", 2 * 159 * 160)
    assert fit([total])["y"].process.hyperparameters.additive == 0.0


@pytest.mark.parametrize(("count", "looked_for"), [(31, False), (35, True)])
def test_an_additive_share_that_was_not_there_is_looked_for_now_and_then(count, looked_for):
    X = np.random.default_rng(0).random((count, 6))
    y = np.sin(5 * X).sum(1)
    data = MetricData(name="f", X=X, y=y, sem=np.full(count, np.nan), direction=1)
    kernel = Kernel(np.zeros(6, dtype=bool))
    cold = fit_metric(data, kernel).process.hyperparameters
    assert cold.additive > 0.5
    warm = replace(cold, additive=0.0)
    assert (fit_metric(data, kernel, warm).process.hyperparameters.additive > 0.0) is looked_for


@pytest.mark.parametrize("n", [12, 200])
def test_a_fit_that_fails_leaves_a_model_and_a_warning(n, monkeypatch):
    def fit_or_fail(X, y, noise=None, **options):
        if noise is None or np.isnan(noise).any():
            raise np.linalg.LinAlgError("it does not factorise")
        return fit_gp(X, y, noise, **options)

    monkeypatch.setattr(gaussian_process_model, "fit_gp", fit_or_fail)
    X = np.random.default_rng(0).random((n, 2))
    y = np.append(X[1:, 0], 1e12)  # out of all order
    with pytest.warns(AxnbWarning, match=r"'y' could not be fitted \(it does not factorise\)"):
        found = fit([MetricData(name="y", X=X, y=y, sem=np.full(n, np.nan), direction=1)])
    mean, sd = found.predict(X)
    assert np.isfinite(mean).all()
    assert (sd > 0.0).all()
