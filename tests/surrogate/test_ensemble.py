"""Ensembles: gradients, bent columns, weights, mixtures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from axnb.surrogate.ensemble import BELIEFS, Belief, Bend, _Target, bent, ensemble_model
from axnb.surrogate.gp import Kernel, Priors, fit_gp
from axnb.surrogate.surrogate import MetricData, fit


def process(n=20, d=3, categorical=(), noise=None, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((n, d))
    flags = np.isin(np.arange(d), categorical)
    X[:, flags] = np.round(2 * X[:, flags]) / 2
    y = np.sin(5 * X[:, 0]) + X[:, -1] ** 2 + 0.01 * rng.standard_normal(n)
    return fit_gp(X, (y - y.mean()) / y.std(), noise, kernel=Kernel(flags))


@pytest.mark.parametrize("belief", [*BELIEFS, Belief("rbf", sparsity=0.1, bends=True)])
@pytest.mark.parametrize("categorical", [(), (1,)])
def test_gradient_of_the_log_posterior(belief, categorical):
    target = _Target(process(categorical=categorical), belief, Priors())
    rng = np.random.default_rng(1)
    low, high = np.array(target.bounds()).T
    theta = np.clip(target.starts(process(categorical=categorical))[0] + 0.3 * rng.standard_normal(len(low)), low, high)
    _, gradient = target(theta)
    for j in range(len(theta)):
        step = np.zeros_like(theta)
        step[j] = 1e-6
        assert gradient[j] == pytest.approx(
            (target(theta + step)[0] - target(theta - step)[0]) / 2e-6, rel=2e-4, abs=2e-4
        )


@given(st.floats(0.3, 3.0), st.floats(0.3, 3.0), st.floats(0.01, 0.99))
def test_a_bend_keeps_the_cube_and_its_order(a, b, u):
    bend = Bend(np.array([a, 1.0]), np.array([b, 1.0]))
    X = np.array([[0.0, 0.0], [u, u], [1.0, 1.0]])
    Z = bend.forward(X)
    assert np.all((Z >= 0) & (Z <= 1))
    assert Z[0, 0] < Z[1, 0] < Z[2, 0]
    assert Z[:, 1].tolist() == X[:, 1].tolist()  # what is not bent stays to the last digit
    h = 1e-7
    slope = (bend.forward(X[1:2] + h) - bend.forward(X[1:2] - h)) / (2 * h)
    assert bend.slope(X[1:2]) == pytest.approx(slope, rel=1e-4)


def test_a_bent_process_is_asked_in_straight_columns():
    bend = Bend(np.array([2.0, 0.7, 1.0]), np.array([0.5, 1.4, 1.0]))
    straight = process()
    base = fit_gp(bend.forward(straight.X), straight.y)
    made = bent(base, bend, straight.X)
    x = np.array([[0.3, 0.6, 0.2]])
    assert made.predict(x)[0] == base.predict(bend.forward(x))[0]
    found, h = made.predict_with_gradient(x), 1e-6
    for j in range(3):
        step = np.eye(3)[j] * h
        for k, gradient in enumerate((found.mean_gradient, found.variance_gradient)):
            slope = (made.predict(x + step)[k] - made.predict(x - step)[k]) / (2 * h)
            assert gradient[0, j] == pytest.approx(slope[0], rel=1e-3, abs=1e-6)
    more = made.condition(x[0], 1.0, 1e-6)
    assert more.predict(x)[0][0] == pytest.approx(1.0, abs=1e-3)
    assert more.X[-1].tolist() == x[0].tolist()


def data(function, n=25, d=2, seed=0):
    X = np.random.default_rng(seed).random((n, d))
    return MetricData(name="y", X=X, y=function(X), sem=np.full(n, np.nan))


def test_sparse_members_win_where_one_column_of_many_matters():
    entry = data(lambda X: np.sin(8 * X[:, 0]), n=25, d=20, seed=3)
    model = ensemble_model(fit([entry]).models[0])
    assert sum(model.member_weights) == pytest.approx(1.0)
    heavy = model.members[int(np.argmax(model.member_weights))]
    assert np.argmin(heavy.hyperparameters.lengthscales) == 0
    X = np.random.default_rng(9).random((200, 20))
    error = [np.sqrt(np.mean((m.predict(X)[0] - np.sin(8 * X[:, 0])) ** 2)) for m in (model, fit([entry]).models[0])]
    assert error[0] < 0.8 * error[1]


def test_bent_columns_win_where_the_function_is_stretched():
    entry = data(lambda X: np.sin(6 * X[:, 0] ** 3), n=20, d=1, seed=5)
    model = ensemble_model(fit([entry]).models[0])
    assert type(model.members[int(np.argmax(model.member_weights))]).__name__ == "BentProcess"


def test_the_mixture_has_the_moments_of_its_members():
    model = ensemble_model(fit([data(lambda X: X[:, 0] + np.cos(9 * X[:, 1]))]).models[0])
    X = np.array([[0.1, 0.9], [0.5, 0.5]])
    parts = [model.scaling.unscale(*p.predict(X)) for p in model.members]
    mean = sum(w * m for w, (m, _) in zip(model.member_weights, parts, strict=True))
    second = sum(w * (s**2 + m**2) for w, (m, s) in zip(model.member_weights, parts, strict=True))
    assert model.predict(X)[0] == pytest.approx(mean)
    assert model.predict(X)[1] == pytest.approx(np.sqrt(second - mean**2), rel=1e-5)
    assert model.leave_one_out()[1].shape == (25,)


def test_known_noise_stays_known():
    entry = process(noise=np.full(20, 0.04))
    target = _Target(entry, BELIEFS[0], Priors())
    assert not target.inferred
    assert target.process(target.starts(entry)[0]).noise == pytest.approx(np.full(20, 0.04), abs=1e-6)


def test_few_results_are_enough():
    for n in (1, 2, 3, 4, 5):
        entry = data(lambda X: X[:, 0], n=n)
        mean, sd = ensemble_model(fit([entry]).models[0]).predict(np.array([[0.5, 0.5]]))
        assert np.isfinite(mean).all()
        assert np.isfinite(sd).all()
