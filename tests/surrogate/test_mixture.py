"""Mixtures over priors: weights and moments."""

import numpy as np
import pytest

from axnb.surrogate.mixture import fit_mixture
from axnb.surrogate.surrogate import fit, predict_left_out, predict_outcome
from tests.surrogate.helpers import make_data


def heaviest(mixture):
    return max(mixture.components, key=lambda c: c[0])[1]


def test_sparse_components_win_where_one_column_of_many_matters():
    entry = make_data(lambda X: np.sin(8 * X[:, 0]), n=25, d=20, seed=3)
    usual = fit([entry]).models[0]
    mixture = fit_mixture(usual)
    assert sum(w for w, _ in mixture.components) == pytest.approx(1.0)
    assert np.argmin(heaviest(mixture).process.hyperparameters.lengthscales) == 0
    X = np.random.default_rng(9).random((200, 20))
    error = [np.sqrt(np.mean((predict_outcome(m, X)[0] - np.sin(8 * X[:, 0])) ** 2)) for m in (mixture, usual)]
    assert error[0] < 0.8 * error[1]


def test_warped_columns_win_where_the_function_is_stretched():
    entry = make_data(lambda X: np.sin(6 * X[:, 0] ** 3), n=20, d=1, seed=5)
    process = heaviest(fit_mixture(fit([entry]).models[0])).process
    assert type(process).__name__ == "InputWarpedGaussianProcess"


def test_the_mixture_has_the_moments_of_its_components():
    mixture = fit_mixture(fit([make_data(lambda X: X[:, 0] + np.cos(9 * X[:, 1]), n=9)]).models[0])
    assert len(mixture.components) > 1
    X = np.array([[0.1, 0.9], [0.5, 0.5]])
    parts = [(w, *m.untransform_moments(*m.posterior(X))) for w, m in mixture.components]
    mean = sum(w * m for w, m, _ in parts)
    second = sum(w * (s**2 + m**2) for w, m, s in parts)
    assert predict_outcome(mixture, X)[0] == pytest.approx(mean)
    assert predict_outcome(mixture, X)[1] == pytest.approx(np.sqrt(second - mean**2), rel=1e-5)
    assert predict_left_out(mixture)[1].shape == (9,)


def test_on_a_straight_scale_both_scales_have_the_same_moments():
    mixture = fit_mixture(fit([make_data(lambda X: X[:, 0] + np.cos(9 * X[:, 1]), n=9)]).models[0])
    assert mixture.is_affine
    assert len(mixture.components) > 1
    X = np.random.default_rng(2).random((5, 2))
    for got, want in zip(mixture.untransform_moments(*mixture.posterior(X)), predict_outcome(mixture, X), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-9)


def test_few_results_are_enough():
    for n in (1, 2, 3, 4, 5):
        entry = make_data(lambda X: X[:, 0], n=n)
        mean, sd = predict_outcome(fit_mixture(fit([entry]).models[0]), np.array([[0.5, 0.5]]))
        assert np.isfinite(mean).all()
        assert np.isfinite(sd).all()
