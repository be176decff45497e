"""Our models as BoTorch's."""

import numpy as np
import pytest

from axnb.surrogate.gp import fit_gp
from axnb.surrogate.kernels import Kernel
from axnb.surrogate.surrogate import Surrogate, fit
from tests.surrogate.helpers import make_rough, to_data


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
    known = to_data(X, y**2, name="two", sem=np.full(30, 0.01))
    surrogate = fit([to_data(X, y), known, to_data(X, np.sin(9 * X).sum(1), name="sum")], kernel=kernel)
    assert surrogate["sum"].process.hyperparameters.additive > 0.0
    posterior = surrogate.to_botorch().posterior(torch.as_tensor(Q))
    for i, model in enumerate(surrogate.models):
        mean, variance = model.posterior(Q)
        np.testing.assert_allclose(posterior.mean[:, i].detach().numpy(), mean, atol=1e-6)
        np.testing.assert_allclose(posterior.variance[:, i].detach().numpy(), variance, atol=1e-6)


def test_the_botorch_posterior_agrees_in_the_metrics_units_too():
    torch = pytest.importorskip("torch")
    X, y = make_rough()
    surrogate = fit([to_data(X, y**3, direction=-1)])
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
    X, y = make_rough(10)
    assert fit([to_data(X, y)]).to_botorch().num_outputs == 1
    assert isinstance(fit([to_data(X, y)]), Surrogate)
    assert fit_gp(X, y).posterior(X)[0].shape == (10,)
