"""Correlations and their slopes."""

import numpy as np
import pytest

from axnb.surrogate.kernels import Kernel, radial_correlation, radial_correlation_with_slope


@pytest.mark.parametrize("smoothness", ["rbf", "matern52"])
def test_the_slope_is_minus_twice_the_derivative_by_the_squared_distance(smoothness):
    squared = np.array([0.01, 0.4, 3.0])
    value, slope = radial_correlation_with_slope(squared, smoothness)
    np.testing.assert_allclose(value, radial_correlation(squared, smoothness))
    h = 1e-6
    numeric = (radial_correlation(squared + h, smoothness) - radial_correlation(squared - h, smoothness)) / (2 * h)
    np.testing.assert_allclose(slope, -2.0 * numeric, rtol=1e-5)


def test_an_additive_share_is_the_average_of_the_columns_alone():
    kernel, lengthscales = Kernel(np.array([False, True])), np.array([0.3, 0.8])
    A, B = np.array([[0.1, 0.0]]), np.array([[0.5, 1.0]])
    alone = np.exp(-0.5 * (0.4 / 0.3) ** 2), np.exp(-1.0 / 0.8)
    product, mixed = (kernel.correlation(A, B, lengthscales, share)[0, 0] for share in (0.0, 0.25))
    assert product == pytest.approx(alone[0] * alone[1])
    assert mixed == pytest.approx(0.75 * product + 0.25 * np.mean(alone))
