"""What is asked of BoTorch models in tensors: moments, fits, and what is fantasized.

Importing this imports PyTorch; it is imported where a BoTorch model is used only.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # PyTorch's own, raised while GPyTorch is imported
    import torch
    from botorch.exceptions.warnings import BotorchWarning
    from botorch.fit import fit_fully_bayesian_model_nuts, fit_gpytorch_mll
    from botorch.models.fully_bayesian import AbstractFullyBayesianSingleTaskGP
    from botorch.models.gpytorch import GPyTorchModel
    from botorch.models.model import Model
    from botorch.posteriors.ensemble import EnsemblePosterior
    from botorch.posteriors.fully_bayesian import GaussianMixturePosterior
    from botorch.posteriors.gpytorch import GPyTorchPosterior, scalarize_posterior
    from gpytorch.distributions import MultivariateNormal
    from gpytorch.mlls import ExactMarginalLogLikelihood
    from linear_operator import to_linear_operator
    from linear_operator.utils.cholesky import psd_safe_cholesky
    from linear_operator.utils.warnings import NumericalWarning
    from torch import Tensor

from axnb.surrogate.threads import TORCH_LOCK, single_thread

_LEAST_NOISE = 1e-8  # of what is fantasized: rows that are observed are fantasized too
_SEED = 0  # of what a fit draws: the same results give the same model


@contextmanager
def torch_at_work(seed: int = _SEED) -> Iterator[None]:
    """Let PyTorch work alone, on one thread, with its random numbers seeded and restored, and without chatter."""
    devices = range(torch.cuda.device_count())
    with TORCH_LOCK, single_thread(), warnings.catch_warnings(), torch.random.fork_rng(devices=devices):
        for kind in (BotorchWarning, NumericalWarning, DeprecationWarning):
            warnings.simplefilter("ignore", kind)
        warnings.filterwarnings("ignore", "Converting a tensor with requires_grad=True", UserWarning)  # in BoTorch
        warnings.filterwarnings("ignore", "Sparse invariant checks are implicitly disabled", UserWarning)  # in GPyTorch
        torch.manual_seed(seed)
        yield


def fit_in_place(model: Any, fit: Callable[[Any], object] | None) -> None:
    """Fit a model by a user's function, or in BoTorch's way for its class; one without likelihood is left as it is."""
    if fit is not None:
        fit(model)
    elif isinstance(model, AbstractFullyBayesianSingleTaskGP):
        fit_fully_bayesian_model_nuts(model, disable_progbar=True)
    elif isinstance(model, GPyTorchModel):
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    model.eval()
    model.requires_grad_(requires_grad=False)


def is_mixture(posterior: Any) -> bool:
    """Return whether a posterior is a mixture of Gaussian ones, one a batch."""
    return isinstance(posterior, GaussianMixturePosterior)


def is_normal(posterior: Any) -> bool:
    """Return whether a posterior is one joint normal distribution."""
    return isinstance(posterior, GPyTorchPosterior) and not is_mixture(posterior)


def read_moments(posterior: Any) -> tuple[Tensor, Tensor]:
    """Return mean and variance of a posterior; those of the mixture where it is one."""
    if is_mixture(posterior):
        return posterior.mixture_mean, posterior.mixture_variance
    return posterior.mean, posterior.variance


class ConditionedModel(Model):
    """A model of one output given more observations, by the joint normal distribution with them.

    Works whatever transforms or kernels the model has.

    Args:
        base: The model; its posterior is joint normal.
        X: `k x d`, the rows observed besides.
        y: `k`, what was observed.
        noise: `k`, variances of the noise.
    """

    X: Tensor
    y: Tensor
    noise: Tensor

    def __init__(self, base: Any, X: Tensor, y: Tensor, noise: Tensor) -> None:
        super().__init__()
        self.base = base
        self.register_buffer("X", X)
        self.register_buffer("y", y)
        self.register_buffer("noise", noise)

    @property
    def num_outputs(self) -> int:
        """One."""
        return 1

    @property
    def batch_shape(self) -> torch.Size:
        """That of the model."""
        return torch.Size(self.base.batch_shape)

    def posterior(
        self,
        X: Tensor,
        output_indices: list[int] | None = None,
        observation_noise: bool | Tensor = False,
        posterior_transform: Any = None,
    ) -> Any:
        """Return the posterior at rows `b x q x d`."""
        q = X.shape[-2]
        rows = torch.cat([X, self.X.expand(*X.shape[:-2], *self.X.shape)], dim=-2)
        joint = self.base.posterior(rows).distribution
        mean, covariance = joint.mean, joint.covariance_matrix
        across = covariance[..., q:, :q]
        root = psd_safe_cholesky(covariance[..., q:, q:] + torch.diag(self.noise.clamp_min(_LEAST_NOISE)))
        gain = torch.cholesky_solve(across, root)
        miss = (self.y - mean[..., q:]).unsqueeze(-1)
        mean = mean[..., :q] + (gain.transpose(-1, -2) @ miss).squeeze(-1)
        left = covariance[..., :q, :q] - across.transpose(-1, -2) @ gain
        if observation_noise is True:
            noisy = self.base.posterior(X, observation_noise=True).variance - self.base.posterior(X).variance
            left = left + torch.diag_embed(noisy.squeeze(-1))
        posterior = GPyTorchPosterior(MultivariateNormal(mean, to_linear_operator(left)))  # factorised when drawn from
        return posterior if posterior_transform is None else posterior_transform(posterior)


class IndexedColumnModel(Model):
    """A model that sees one column as whole numbers: tasks of BoTorch's multi-task models are such.

    Args:
        base: The model.
        column: Which column.
        last: What 1 stands for; 0 stands for 0.
    """

    def __init__(self, base: Any, column: int, last: int) -> None:
        super().__init__()
        self.base, self.column, self.last = base, column, last

    @property
    def num_outputs(self) -> int:
        """As of the model."""
        return int(self.base.num_outputs)

    @property
    def batch_shape(self) -> torch.Size:
        """As of the model."""
        return torch.Size(self.base.batch_shape)

    def posterior(
        self,
        X: Tensor,
        output_indices: list[int] | None = None,
        observation_noise: bool | Tensor = False,
        posterior_transform: Any = None,
    ) -> Any:
        """Return the posterior at rows `b x q x d` of the unit cube."""
        j = self.column
        tasks = (X[..., j : j + 1].detach() * self.last).round()
        rows = torch.cat([X[..., :j], tasks, X[..., j + 1 :]], dim=-1)
        return self.base.posterior(rows, output_indices, observation_noise, posterior_transform)


class OutputModel(Model):
    """One output of a model of several.

    Args:
        base: The model.
        index: Which output.
    """

    def __init__(self, base: Any, index: int) -> None:
        super().__init__()
        self.base, self.index = base, index

    @property
    def num_outputs(self) -> int:
        """One."""
        return 1

    @property
    def batch_shape(self) -> torch.Size:
        """That of the model."""
        return torch.Size(self.base.batch_shape)

    def posterior(
        self,
        X: Tensor,
        output_indices: list[int] | None = None,
        observation_noise: bool | Tensor = False,
        posterior_transform: Any = None,
    ) -> Any:
        """Return the posterior of the output at rows `b x q x d`."""
        whole = self.base.posterior(X, observation_noise=observation_noise)
        if isinstance(whole, GPyTorchPosterior):
            posterior: Any = scalarize_posterior(whole, one_hot(self.index, self.base.num_outputs, X))
        else:
            posterior = EnsemblePosterior(whole.values[..., self.index : self.index + 1])
        return posterior if posterior_transform is None else posterior_transform(posterior)


def one_hot(index: int, count: int, like: Tensor) -> Tensor:
    """Return weights `count` that are 0 but for one, of the kind of another tensor."""
    weights = torch.zeros(count, dtype=like.dtype, device=like.device)
    weights[index] = 1.0
    return weights
