"""Posterior modes under other priors: gradients, and known noise."""

import numpy as np
import pytest

from axnb.surrogate.gp import Priors
from axnb.surrogate.prior_variants import PRIOR_VARIANTS, PriorVariant, _NegativeLogPosterior
from axnb.surrogate.replicates import pool_rows
from tests.surrogate.helpers import make_process


@pytest.mark.parametrize("variant", [*PRIOR_VARIANTS, PriorVariant("rbf", sparsity=0.1, warps_inputs=True)])
@pytest.mark.parametrize("categorical", [(), (1,)])
def test_gradient_of_the_log_posterior(variant, categorical):
    process = make_process(categorical=categorical)
    noise = np.r_[np.full(18, np.nan), np.full(5, 0.05)]
    rows = pool_rows(np.vstack([process.X, process.X[:3]]), np.append(process.y, process.y[:3] + 0.3), noise)
    target = _NegativeLogPosterior(process.kernel, rows, variant, Priors())
    rng = np.random.default_rng(1)
    low, high = np.array(target.bounds()).T
    theta = np.clip(target.starts(process)[0] + 0.3 * rng.standard_normal(len(low)), low, high)
    _, gradient = target(theta)
    for j in range(len(theta)):
        step = np.zeros_like(theta)
        step[j] = 1e-6
        assert gradient[j] == pytest.approx(
            (target(theta + step)[0] - target(theta - step)[0]) / 2e-6, rel=2e-4, abs=2e-4
        )


def test_known_noise_stays_known():
    process = make_process(noise=np.full(20, 0.04))
    rows = pool_rows(process.X, process.y, np.full(20, 0.04))
    target = _NegativeLogPosterior(process.kernel, rows, PRIOR_VARIANTS[0], Priors())
    assert not target.inferred
    built = target.build_process(target.starts(process)[0])
    assert built.noise == pytest.approx(np.full(20, 0.04), abs=1e-6)
