"""The fit of one metric: its scale, its additive share, and what is done where no fit succeeds."""

from dataclasses import replace

import numpy as np
import pytest

from axnb.errors import AxnbWarning
from axnb.surrogate import gaussian_process_model
from axnb.surrogate.gaussian_process_model import MetricData, _choose_priors, fit_metric
from axnb.surrogate.gp import fit_gp
from axnb.surrogate.kernels import Kernel
from axnb.surrogate.outcome_transforms import standardize
from axnb.surrogate.surrogate import fit, predict_outcome
from tests.surrogate.helpers import make_rough, to_data


def test_a_skewed_metric_is_warped_and_a_straight_one_is_not():
    X, y = make_rough()
    kinds = [fit([to_data(X, v, direction=-1)]).models[0].outcome_transform.warp.kind for v in (y**3, X[:, 0])]
    assert kinds[0] == "log_low"
    assert fit([to_data(X, y**3, direction=-1, is_summed=True)]).models[0].outcome_transform.is_affine


def test_a_sum_of_rough_functions_is_modelled_as_such_and_a_product_is_not():
    X = np.random.default_rng(0).random((30, 4))
    total, product = np.sin(9 * X).sum(1), np.prod(1 + X, 1)
    summed, other = (m.process for m in fit([to_data(X, total), to_data(X, product, name="two")]).models)
    assert summed.hyperparameters.additive > 0.5
    assert other.hyperparameters.additive == 0.0
    Q = np.random.default_rng(1).random((500, 4))
    plain = fit_gp(X, summed.y, priors=_choose_priors(to_data(X, total), standardize(total)))
    want = (np.sin(9 * Q).sum(1) - total.mean()) / total.std(ddof=1)
    errors = [np.mean((p.posterior(Q)[0] - want) ** 2) for p in (summed, plain)]
    assert errors[0] < 0.5 * errors[1]


def test_many_results_are_fitted_from_a_part_and_predicted_by_all():
    X, y = make_rough(260)
    model = fit([to_data(X, y**3, direction=-1)]).models[0]
    assert len(model.process.y) == 260
    assert model.outcome_transform.warp.kind == "log_low"
    Q, exact = make_rough(50, seed=5)
    np.testing.assert_allclose(predict_outcome(model, Q)[0], exact**3, rtol=0.1)


def test_with_very_many_results_no_share_is_additive(monkeypatch):
    X = np.random.default_rng(0).random((160, 2))
    total = to_data(X, np.sin(9 * X).sum(1))
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
