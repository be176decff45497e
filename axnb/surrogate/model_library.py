"""Models by name besides our own Gaussian process; each imports PyTorch when it is made."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botorch.models.model import Model
    from torch import Tensor


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


BUILT_IN: dict[str, Callable[..., Any]] = {"saas": make_saas, "linear": make_linear, "robust": make_robust}
"""The models by name."""
