"""Every implementation of `OutcomeModel` keeps what the protocol promises."""

from dataclasses import replace

import numpy as np
import pytest

from axnb.errors import UnsupportedError
from axnb.surrogate.gaussian_process_model import GaussianProcessModel, fit_metric
from axnb.surrogate.gp import Priors
from axnb.surrogate.input_warp import InputWarpedGaussianProcess
from axnb.surrogate.kernels import Kernel
from axnb.surrogate.mixture import fit_mixture
from axnb.surrogate.outcome_model import Capabilities, OutcomeModel
from axnb.surrogate.prior_variants import PriorVariant, fit_prior_variant
from axnb.testing import check_outcome_model
from axnb.testing.outcome_models import CHECKS, check_leave_one_out_by, make_example

NUMERIC = np.zeros(3, dtype=bool)


def fit_plain(data):
    return fit_metric(data, Kernel(NUMERIC))


def fit_affine(data):
    return fit_metric(replace(data, is_summed=True, sem=np.full(len(data.y), 0.05)), Kernel(NUMERIC))


def fit_rough(data):
    return fit_metric(data, Kernel(NUMERIC, "matern52"))


def fit_additive(data):
    data = replace(data, y=np.sin(9 * data.X).sum(1), direction=0)
    model = fit_metric(data, Kernel(NUMERIC))
    assert model.process.hyperparameters.additive > 0.0
    return model


def fit_input_warped(data):
    model = fit_plain(data)
    process = fit_prior_variant(model.process, model.pool_targets(), Priors(), PriorVariant("rbf", warps_inputs=True))
    assert isinstance(process, InputWarpedGaussianProcess)
    return replace(model, process=process)


def fit_average(data):
    model = fit_mixture(fit_plain(data))
    assert len(model.components) > 1
    return model


IMPLEMENTATIONS = {
    "Gaussian process": fit_plain,
    "affine scale, known noise": fit_affine,
    "Matérn": fit_rough,
    "additive": fit_additive,
    "input-warped": fit_input_warped,
    "mixture": fit_average,
}
MODELS: dict[str, OutcomeModel] = {}


def model_of(name):
    if name not in MODELS:
        MODELS[name] = IMPLEMENTATIONS[name](make_example())
    return MODELS[name]


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_contract(name, check):
    check(model_of(name))


def leave_out(model, i):
    """Leave out by solving with the rest; the constant mean is a value with a normal prior."""
    process = model.process
    if isinstance(process, InputWarpedGaussianProcess):
        process = process.base
    X, h, keep = process.X, process.hyperparameters, np.arange(len(process.y)) != i
    loose = 1.0 / process.mean_precision
    K = process.prior_covariance(X[keep], X[keep]) + np.diag(process.noise[keep]) + loose
    k = process.prior_covariance(X[[i]], X[keep])[0] + loose
    solved = np.linalg.solve(K, k)
    return solved @ process.y[keep], h.outputscale + loose - k @ solved


def leave_out_of_all(model, i):
    parts = [(w, *leave_out(m, i)) for w, m in model.components]
    mean = sum(w * m for w, m, _ in parts)
    return mean, sum(w * (v + (m - mean) ** 2) for w, m, v in parts)


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_leave_one_out_is_what_leaving_out_gives(name):
    assert model_of(name).capabilities.leave_one_out == "exact"
    check_leave_one_out_by(model_of(name), leave_out_of_all)


def test_what_is_not_supported_is_said_and_refused():
    said = {name: model_of(name).capabilities for name in IMPLEMENTATIONS}
    assert said["Gaussian process"] == Capabilities()
    assert said["Matérn"].sensitivity == said["input-warped"].sensitivity == "none"
    assert (said["mixture"].sensitivity, said["mixture"].botorch) == ("approximate", "approximate")
    with pytest.raises(UnsupportedError, match="kernel is not RBF"):
        model_of("Matérn").compute_sobol_indices(np.zeros(3, dtype=np.int64))
    with pytest.raises(UnsupportedError, match="average of several fits"):
        model_of("mixture").refit(np.ones(24, dtype=bool))


class Wrong:
    """A model of which one member is broken."""

    def __init__(self, **broken):
        self._model, self._broken = model_of("Gaussian process"), broken

    def __getattr__(self, name):
        broken = self.__dict__["_broken"]
        return broken[name] if name in broken else getattr(self.__dict__["_model"], name)


def named(name):
    return next(c for c in CHECKS if c.__name__ == name)


def test_a_broken_promise_is_named():
    plain = model_of("Gaussian process")

    def steep(X):
        found = plain.posterior_with_gradient(X)
        return found._replace(mean_gradient=2.0 * found.mean_gradient)

    with pytest.raises(AssertionError, match="gradient of the mean: off by"):
        named("check_gradients")(Wrong(posterior_with_gradient=steep))
    with pytest.raises(AssertionError, match="refit works or fails otherwise"):
        named("check_refit")(Wrong(capabilities=Capabilities(refitting=False)))
    fresh = np.random.default_rng()
    with pytest.raises(AssertionError, match="draws of the same generator"):
        named("check_samples")(Wrong(sample=lambda X, count, rng: plain.sample(X, count, fresh)))
    deaf = Wrong(condition=lambda x, target, noise=0.0: plain.condition(x, target, 10.0 * noise))
    with pytest.raises(AssertionError, match="the mean after condition"):
        named("check_condition")(deaf)
    with pytest.raises(AssertionError, match=r"untransform\(transform\(y\)\)"):
        named("check_scale")(Wrong(untransform=lambda z: plain.untransform(z) + 1.0))
    with pytest.raises(AssertionError, match="GaussianProcess lacks name, capabilities, data, components"):
        check_outcome_model(lambda data: plain.process)


def test_our_models_are_values():
    model = model_of("Gaussian process")
    assert isinstance(model, GaussianProcessModel)
    assert isinstance(model, OutcomeModel)
    assert model.condition(np.full(3, 0.5), 1.0, 0.25).data.sem[-1] == pytest.approx(
        0.5 / model.transform_slope(model.untransform(np.array([1.0])))[0]
    )
