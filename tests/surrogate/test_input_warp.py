"""Warped columns: the map, and a process that is asked through it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from axnb.surrogate.gp import fit_gp
from axnb.surrogate.input_warp import InputWarp, InputWarpedGaussianProcess
from tests.surrogate.helpers import make_process


@given(st.floats(0.3, 3.0), st.floats(0.3, 3.0), st.floats(0.01, 0.99))
def test_a_warp_keeps_the_cube_and_its_order(a, b, u):
    warp = InputWarp(np.array([a, 1.0]), np.array([b, 1.0]))
    X = np.array([[0.0, 0.0], [u, u], [1.0, 1.0]])
    Z = warp.transform(X)
    assert np.all((Z >= 0) & (Z <= 1))
    assert Z[0, 0] < Z[1, 0] < Z[2, 0]
    assert Z[:, 1].tolist() == X[:, 1].tolist()  # what is not warped stays to the last digit
    h = 1e-7
    slope = (warp.transform(X[1:2] + h) - warp.transform(X[1:2] - h)) / (2 * h)
    assert warp.slope(X[1:2]) == pytest.approx(slope, rel=1e-4)


def test_an_input_warped_process_is_asked_in_straight_columns():
    warp = InputWarp(np.array([2.0, 0.7, 1.0]), np.array([0.5, 1.4, 1.0]))
    straight = make_process()
    base = fit_gp(warp.transform(straight.X), straight.y)
    made = InputWarpedGaussianProcess(base, warp, straight.X)
    x = np.array([[0.3, 0.6, 0.2]])
    assert made.posterior(x)[0] == base.posterior(warp.transform(x))[0]
    found, h = made.posterior_with_gradient(x), 1e-6
    for j in range(3):
        step = np.eye(3)[j] * h
        for k, gradient in enumerate((found.mean_gradient, found.variance_gradient)):
            slope = (made.posterior(x + step)[k] - made.posterior(x - step)[k]) / (2 * h)
            assert gradient[0, j] == pytest.approx(slope[0], rel=1e-3, abs=1e-6)
    more = made.condition(x[0], 1.0, 1e-6)
    assert more.posterior(x)[0][0] == pytest.approx(1.0, abs=1e-3)
    assert more.X[-1].tolist() == x[0].tolist()


def test_leaving_one_out_minds_the_prior_of_the_mean():
    warp = InputWarp(np.array([2.0]), np.array([0.5]))
    X = np.linspace(0.05, 0.95, 7)[:, None]
    from axnb.surrogate.gp import Priors

    base = fit_gp(warp.transform(X), np.sin(5 * X[:, 0]), priors=Priors(mean_scale=0.3))
    made = InputWarpedGaussianProcess(base, warp, X)
    assert base.mean_precision > 10.0
    assert made.leave_one_out()[0].tolist() == base.leave_one_out()[0].tolist()
    more = made.condition(np.array([0.5]), 0.2, 0.01)
    assert more.base.mean_precision == base.mean_precision
