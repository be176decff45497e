"""Transforms of outcomes and their inverses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from axnb.surrogate.outcome_transforms import OutcomeWarp, list_candidates, standardize

KINDS = ("identity", "log_low", "log_high", "bilog")


@given(
    st.sampled_from(KINDS),
    st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=10),
    st.floats(1e-3, 1e3),
)
def test_untransform_undoes_transform(kind, values, unit):
    y = np.array(values)
    origin = {"log_low": y.min(), "log_high": y.max()}.get(kind, float(np.median(y)))
    transform = standardize(y, OutcomeWarp(kind, float(origin), unit))
    np.testing.assert_allclose(
        transform.untransform(transform.transform(y)), y, rtol=1e-7, atol=1e-6 * max(np.abs(y).max(), 1)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_warps_rise_and_slope_is_the_derivative(kind):
    y = np.linspace(1.0, 4.0, 13)
    warp = OutcomeWarp(kind, {"log_low": 1.0, "log_high": 4.0}.get(kind, 2.1), 0.7)
    assert (np.diff(warp.transform(y)) > 0).all()
    inner = y[1:-1]
    numeric = (warp.transform(inner + 1e-7) - warp.transform(inner - 1e-7)) / 2e-7
    np.testing.assert_allclose(warp.slope(inner), numeric, rtol=1e-5)


def test_log_jacobian_makes_densities_comparable():
    y = np.exp(np.random.default_rng(0).normal(size=4000))
    plain, warped = standardize(y), standardize(y, OutcomeWarp("log_low", 0.0, 1e-3))

    def evidence(transform):
        z = transform.transform(y)
        return -0.5 * float(z @ z) + transform.log_jacobian(y)

    assert evidence(warped) > evidence(plain)


def test_moments_of_a_warped_normal_match_sampling():
    y = np.array([0.0, 1.0, 3.0, 9.0])
    transform = standardize(y, OutcomeWarp("log_low", 0.0, 1.0))
    mean, sd = transform.untransform_moments(np.array([0.2]), np.array([0.09]))
    draws = transform.untransform(0.2 + 0.3 * np.random.default_rng(0).standard_normal(400_000))
    assert mean[0] == pytest.approx(draws.mean(), rel=5e-3)
    assert sd[0] == pytest.approx(draws.std(), rel=1e-2)


@pytest.mark.parametrize("size", [1e-300, 1e-15, 1.0, 1e15, 1e300])
def test_identity_keeps_thirty_orders_and_more(size):
    y = size * np.array([1.0, 2.0, 4.0])
    transform = standardize(y)
    z = transform.transform(y)
    assert z.mean() == pytest.approx(0.0, abs=1e-9)
    assert z.std(ddof=1) == pytest.approx(1.0)
    mean, sd = transform.untransform_moments(z, np.full(3, 0.25))
    np.testing.assert_allclose(mean, y, rtol=1e-9)
    assert sd[0] == pytest.approx(0.5 * y.std(ddof=1) if size < 1e200 else 0.5 * size * np.array([1, 2, 4]).std(ddof=1))


@pytest.mark.parametrize("y", [np.array([3.0]), np.full(5, 2.0), np.zeros(3)])
def test_constant_outcomes_are_centred(y):
    transform = standardize(y)
    np.testing.assert_allclose(transform.transform(y), 0.0, atol=1e-12)
    np.testing.assert_allclose(transform.untransform(np.zeros(1)), y[0])


def test_candidates_follow_what_is_wanted():
    y = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    kinds = {
        d: [s.warp.kind for s in list_candidates(y, d, b, (1.0, 5.0))] for d, b in ((1, None), (-1, None), (0, None))
    }
    assert kinds == {1: ["identity", "log_high", "log_high"], -1: ["identity", "log_low", "log_low"], 0: ["identity"]}
    assert [s.warp.kind for s in list_candidates(y, 0, 3.0, (1.0,))] == ["identity", "bilog"]
    assert [s.warp.kind for s in list_candidates(np.ones(9), 1, None, (1.0,))] == ["identity"]
