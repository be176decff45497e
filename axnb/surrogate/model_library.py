"""Models by name besides our own Gaussian process; each imports PyTorch when it is made."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botorch.models.model import Model
    from torch import Tensor


def make_botorch(
    train_X: "Tensor",
    train_Y: "Tensor",
    train_Yvar: "Tensor | None" = None,
    cat_dims: Sequence[int] = (),
    input_transform: Any = None,
    outcome_transform: Any = None,
) -> "Model":
    """Return BoTorch's own Gaussian process, for comparison with it, and for its transforms.

    Lengthscales have the prior of Hvarfner et al. (2024), https://arxiv.org/abs/2402.02229; with choices without order
    it is `MixedSingleTaskGP`.
    """
    from botorch.models.gp_regression import SingleTaskGP
    from botorch.models.gp_regression_mixed import MixedSingleTaskGP

    transforms = {"input_transform": input_transform, "outcome_transform": outcome_transform}
    if cat_dims:
        return MixedSingleTaskGP(train_X, train_Y, list(cat_dims), train_Yvar, **transforms)
    return SingleTaskGP(train_X, train_Y, train_Yvar, **transforms)


def make_additive(train_X: "Tensor", train_Y: "Tensor", train_Yvar: "Tensor | None" = None) -> "Model":
    """Return a sum of functions of one parameter each (Duvenaud et al. 2011): where parameters hardly interact."""
    from botorch.models.gp_regression import SingleTaskGP
    from gpytorch.kernels import RBFKernel, ScaleKernel
    from gpytorch.priors import GammaPrior

    parts: list[Any] = [
        ScaleKernel(RBFKernel(active_dims=[j], lengthscale_prior=GammaPrior(3.0, 6.0)), GammaPrior(2.0, 0.15))
        for j in range(train_X.shape[-1])
    ]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return SingleTaskGP(train_X, train_Y, train_Yvar, covar_module=total)


def make_fully_bayesian(train_X: "Tensor", train_Y: "Tensor", train_Yvar: "Tensor | None" = None) -> "Model":
    """Return a sparse Gaussian process averaged over its hyperparameters by NUTS: many parameters, minutes a fit.

    Eriksson and Jankowiak (2021), https://arxiv.org/abs/2103.00377. Needs the extra ``fully-bayesian``.
    """
    from botorch.models.fully_bayesian import SaasFullyBayesianSingleTaskGP

    return SaasFullyBayesianSingleTaskGP(train_X, train_Y, train_Yvar)


def make_saas(train_X: "Tensor", train_Y: "Tensor", train_Yvar: "Tensor | None" = None, num_taus: int = 4) -> "Model":
    """Return an ensemble of Gaussian processes with a sparse prior: for many parameters of which few matter.

    MAP estimates of the model of Eriksson and Jankowiak (2021), https://arxiv.org/abs/2103.00377.
    """
    from botorch.models.map_saas import EnsembleMapSaasSingleTaskGP

    return EnsembleMapSaasSingleTaskGP(train_X, train_Y, train_Yvar, num_taus=num_taus)


def make_linear(train_X: "Tensor", train_Y: "Tensor", train_Yvar: "Tensor | None" = None) -> "Model":
    """Return a Gaussian process of a linear trend and smooth deviations from it (Matérn 5/2): for monotone effects."""
    from botorch.models.gp_regression import SingleTaskGP
    from gpytorch.kernels import LinearKernel, MaternKernel, ScaleKernel

    d = train_X.shape[-1]
    smooth: Any = ScaleKernel(MaternKernel(nu=2.5, ard_num_dims=d))
    return SingleTaskGP(train_X, train_Y, train_Yvar, covar_module=LinearKernel(ard_num_dims=d) + smooth)


def make_robust(train_X: "Tensor", train_Y: "Tensor", train_Yvar: "Tensor | None" = None) -> "Model":
    """Return a Gaussian process that finds out which results are outliers: for measurements that go wrong now and then.

    Relevance pursuit, as in Ament et al. (2024), https://arxiv.org/abs/2410.24222.
    """
    from botorch.models.robust_relevance_pursuit_model import RobustRelevancePursuitSingleTaskGP

    return RobustRelevancePursuitSingleTaskGP(train_X, train_Y, train_Yvar)


BUILT_IN: dict[str, Callable[..., Any]] = {
    "botorch": make_botorch,
    "saas": make_saas,
    "fully_bayesian": make_fully_bayesian,
    "additive": make_additive,
    "linear": make_linear,
    "robust": make_robust,
}
"""The models by name."""
