"""Models of users behind the door: what BoTorch, GPyTorch, scikit-learn and PyTorch bring passes our contract."""

import numpy as np
import pytest

from axnb.errors import ModelError, UnknownNameError, UnsupportedError, UserInputError
from axnb.surrogate import torch_models  # noqa: F401 - imports PyTorch, quietly
from axnb.surrogate.botorch_model import BoTorchModel, fit_botorch_model
from axnb.surrogate.gaussian_process_model import MetricData
from axnb.surrogate.model_inputs import ModelColumns
from axnb.surrogate.model_library import make_additive, make_botorch, make_linear, make_robust, make_saas
from axnb.surrogate.model_spec import ModelSpec
from axnb.testing import check_outcome_model
from axnb.testing.outcome_models import make_example

import torch  # isort: skip
from botorch.fit import fit_gpytorch_mll
from botorch.models import MixedSingleTaskGP, SingleTaskGP, SingleTaskMultiFidelityGP
from botorch.models.map_saas import AdditiveMapSaasSingleTaskGP
from botorch.models.model import Model
from botorch.models.transforms.input import Normalize, Warp
from botorch.models.transforms.outcome import Log, Standardize
from botorch.posteriors.ensemble import EnsemblePosterior
from botorch.posteriors.gpytorch import GPyTorchPosterior
from gpytorch.kernels import LinearKernel, MaternKernel, RBFKernel, ScaleKernel
from gpytorch.likelihoods import GaussianLikelihood
from gpytorch.means import LinearMean
from gpytorch.mlls import ExactMarginalLogLikelihood
from gpytorch.priors import GammaPrior


class SmoothGP(SingleTaskGP):
    """A subclass with an argument more."""

    def __init__(self, train_X, train_Y, nu=2.5):
        super().__init__(
            train_X, train_Y, covar_module=ScaleKernel(MaternKernel(nu=nu, ard_num_dims=train_X.shape[-1]))
        )


class DeepKernelGP(SingleTaskGP):
    """A kernel on features that a network finds."""

    def __init__(self, train_X, train_Y):
        super().__init__(train_X, train_Y, covar_module=ScaleKernel(MaternKernel(nu=2.5)))
        self.features = torch.nn.Sequential(
            torch.nn.Linear(train_X.shape[-1], 8), torch.nn.Tanh(), torch.nn.Linear(8, 2)
        )
        self.to(train_X)

    def forward(self, x):
        return super().forward(self.features(x.to(self.features[0].weight)))


class Forest(Model):
    """A forest of scikit-learn's: its trees are the draws."""

    def __init__(self, train_X, train_Y, trees=40):
        from sklearn.ensemble import RandomForestRegressor

        super().__init__()
        self.forest = RandomForestRegressor(trees, random_state=0).fit(train_X.numpy(), train_Y.numpy().ravel())

    @property
    def num_outputs(self):
        return 1

    @property
    def batch_shape(self):
        return torch.Size()

    def posterior(self, X, output_indices=None, observation_noise=False, posterior_transform=None):
        rows = X.detach().numpy().reshape(-1, X.shape[-1])
        values = np.stack([tree.predict(rows.astype(np.float32)) for tree in self.forest.estimators_])
        values = torch.tensor(values).reshape(len(values), *X.shape[:-1], 1).movedim(0, -3)
        posterior = EnsemblePosterior(values)
        return posterior if posterior_transform is None else posterior_transform(posterior)


class Networks(Model):
    """Small networks from different starts, trained plainly."""

    def __init__(self, train_X, train_Y, members=6):
        super().__init__()
        d = train_X.shape[-1]
        make = lambda: torch.nn.Sequential(torch.nn.Linear(d, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))  # noqa: E731
        self.members = torch.nn.ModuleList([make().to(train_X) for _ in range(members)])
        steps = torch.optim.Adam(self.parameters(), lr=0.02)
        for _ in range(60):
            steps.zero_grad()
            loss = sum(((m(train_X) - train_Y) ** 2).mean() for m in self.members)
            loss.backward()
            steps.step()

    @property
    def num_outputs(self):
        return 1

    @property
    def batch_shape(self):
        return torch.Size()

    def posterior(self, X, output_indices=None, observation_noise=False, posterior_transform=None):
        return EnsemblePosterior(torch.stack([m(X) for m in self.members], dim=-3))


def fit_briefly(model):
    mll = ExactMarginalLogLikelihood(model.likelihood, model)
    fit_gpytorch_mll(mll, optimizer_kwargs={"options": {"maxiter": 20}}, max_attempts=1, pick_best_of_all_attempts=True)


def make_matern_plus_linear(train_X, train_Y, train_Yvar=None):
    d = train_X.shape[-1]
    kernel = ScaleKernel(MaternKernel(nu=2.5, ard_num_dims=d)) + LinearKernel()
    return SingleTaskGP(train_X, train_Y, train_Yvar, covar_module=kernel)


def make_with_prior(train_X, train_Y):
    prior, d = GammaPrior(3.0, 6.0), train_X.shape[-1]
    kernel = ScaleKernel(RBFKernel(ard_num_dims=d, lengthscale_prior=prior))
    likelihood = GaussianLikelihood(noise_prior=GammaPrior(1.1, 20.0))
    return SingleTaskGP(train_X, train_Y, likelihood=likelihood, covar_module=kernel, mean_module=LinearMean(d))


def make_heteroskedastic(train_X, train_Y):
    """Noise that differs over the space: a second process explains the logarithm of the first one's residuals."""
    first = SingleTaskGP(train_X, train_Y)
    fit_gpytorch_mll(ExactMarginalLogLikelihood(first.likelihood, first))
    with torch.no_grad():
        left = (train_Y - first.posterior(train_X).mean).pow(2).clamp_min(1e-6).log()
    noise = SingleTaskGP(train_X, left)
    fit_gpytorch_mll(ExactMarginalLogLikelihood(noise.likelihood, noise))
    with torch.no_grad():
        return SingleTaskGP(train_X, train_Y, noise.posterior(train_X).mean.exp())


PARTS = {
    "SingleTaskGP": ModelSpec(SingleTaskGP),
    "subclass": ModelSpec(SmoothGP, {"nu": 1.5}),
    "kernel as an option": ModelSpec(SingleTaskGP, {"covar_module": ScaleKernel(MaternKernel(nu=1.5))}),
    "transforms": ModelSpec(SingleTaskGP, {"input_transform": Warp(d=3, indices=[0]), "outcome_transform": None}),
    "logarithm": ModelSpec(SingleTaskGP, {"outcome_transform": Log()}, standardize=False),
    "normalised": ModelSpec(
        SingleTaskGP, {"input_transform": Normalize(3), "outcome_transform": Standardize(1)}, standardize=False
    ),
    "Matern plus linear": ModelSpec(make_matern_plus_linear),
    "deep kernel": ModelSpec(DeepKernelGP, fit=fit_briefly),
    "forest": ModelSpec(Forest),
    "networks": ModelSpec(Networks),
    "saas": ModelSpec(make_saas),
    "linear": ModelSpec(make_linear),
    "robust": ModelSpec(make_robust),
    "botorch": ModelSpec(make_botorch),
    "additive": ModelSpec(make_additive),
    "sparse and additive": ModelSpec(AdditiveMapSaasSingleTaskGP, transforms=(Warp,)),
    "fidelities": ModelSpec(SingleTaskMultiFidelityGP, {"data_fidelities": ["x2"]}),
    "transforms of classes": ModelSpec(SingleTaskGP, transforms=(Normalize, Warp, Log)),
    "prior and likelihood": ModelSpec(make_with_prior),
    "heteroskedastic": ModelSpec(make_heteroskedastic),
    "left as it is": ModelSpec(SingleTaskGP, fit=lambda model: None),
}


@pytest.mark.parametrize("name", PARTS)
def test_model_keeps_the_contract(name):
    check_outcome_model(lambda data: fit_botorch_model(data, PARTS[name]))


@pytest.mark.slow
def test_fully_bayesian_model_keeps_the_contract():
    from botorch.fit import fit_fully_bayesian_model_nuts
    from botorch.models.fully_bayesian import SaasFullyBayesianSingleTaskGP

    def fit(model):
        fit_fully_bayesian_model_nuts(model, warmup_steps=16, num_samples=16, disable_progbar=True)

    check_outcome_model(lambda data: fit_botorch_model(data, ModelSpec(SaasFullyBayesianSingleTaskGP, fit=fit)))


MIXED = ModelColumns(("x", "kind"), np.array([False, True]), np.array([0, 3]))


def test_mixed_model_is_told_the_columns_without_order():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.random(20), rng.integers(3, size=20) / 2.0])
    data = MetricData(name="y", X=X, y=X[:, 0] + (X[:, 1] == 0.5), sem=np.full(20, np.nan))
    model = fit_botorch_model(data, ModelSpec(MixedSingleTaskGP), MIXED)
    found = model.posterior_with_gradient(np.array([[0.4, 0.5], [0.4, 1.0]]))
    assert found.mean[0] > found.mean[1] + 0.5
    assert (found.mean_gradient[:, 1] == 0.0).all()


def test_smaller_capabilities_are_found_out():
    forest, networks = (fit_botorch_model(make_example(), PARTS[n]).capabilities for n in ("forest", "networks"))
    assert not forest.gradients
    assert networks.gradients
    assert not networks.joint_covariance
    assert networks.leave_one_out == "none"


def test_known_noise_reaches_the_model():
    data = make_example()
    known = MetricData(name="y", X=data.X, y=data.y, sem=np.full(24, 0.3))
    model = fit_botorch_model(known, ModelSpec(SingleTaskGP))
    assert np.allclose(model.data.noise, (0.3 * model.transform_slope(data.y)) ** 2)
    assert np.allclose(model.model.likelihood.noise.numpy(), model.data.noise)


def test_same_results_give_the_same_model():
    a, b = (fit_botorch_model(make_example(), PARTS["networks"]).posterior(make_example().X)[0] for _ in range(2))
    assert np.array_equal(a, b)


def test_fitting_leaves_random_numbers_and_options_alone():
    kernel = ScaleKernel(MaternKernel(nu=1.5))
    before, held = torch.get_rng_state(), kernel.outputscale.item()
    fit_botorch_model(make_example(), ModelSpec(SingleTaskGP, {"covar_module": kernel}))
    assert torch.equal(torch.get_rng_state(), before)
    assert kernel.outputscale.item() == held


class WrongShape(SingleTaskGP):
    def posterior(self, X, *args, **kwargs):
        found = super().posterior(X).distribution
        return GPyTorchPosterior(found.expand(torch.Size([2])))


class NotANumber(SingleTaskGP):
    def forward(self, x):
        found = super().forward(x)
        return found if self.training else found * float("nan")


def raise_on_purpose(train_X, train_Y):
    raise RuntimeError("no such kernel")


def return_nothing(train_X, train_Y):
    return None


@pytest.mark.parametrize(
    ("constructor", "words"),
    [
        (WrongShape, ["WrongShape", "'y'", "(2, 2, 1)", "(2, 1)"]),
        (raise_on_purpose, ["raise_on_purpose", "no such kernel", "train_X of shape (24, 3)"]),
        (return_nothing, ["return_nothing", "NoneType", "posterior"]),
    ],
)
def test_faulty_model_is_named_with_what_it_was_given(constructor, words):
    with pytest.raises(ModelError) as found:
        fit_botorch_model(make_example(), ModelSpec(constructor, fit=lambda model: None))
    for word in words:
        assert word in str(found.value)


def test_posterior_that_is_no_number_is_an_error():
    with pytest.raises(ModelError, match="NotANumber"):
        fit_botorch_model(make_example(), ModelSpec(NotANumber, fit=lambda model: None))


def test_options_are_held_to_the_signature():
    with pytest.raises(UnknownNameError, match=r"SmoothGP has no argument 'nuu'.*Did you mean 'nu'"):
        ModelSpec(SmoothGP, {"nuu": 1.5})
    with pytest.raises(UserInputError, match="needs 'depth'"):
        ModelSpec(lambda train_X, train_Y, depth: None)
    with pytest.raises(UserInputError, match="class or a function"):
        ModelSpec(3)


def test_device_is_checked():
    with pytest.raises(UserInputError, match="torch_device 'nowhere'"):
        fit_botorch_model(make_example(), ModelSpec(SingleTaskGP), device="nowhere")
    model = fit_botorch_model(make_example(), ModelSpec(SingleTaskGP), device="cpu")
    assert isinstance(model, BoTorchModel)
    with pytest.raises(UnsupportedError):
        model.prior_correlation(model.source.X, model.source.X)
