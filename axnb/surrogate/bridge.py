"""Our fitted processes as BoTorch models.

The only module here that imports PyTorch at all, and only inside its function.
"""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from axnb.errors import UserInputError
from axnb.surrogate.gp import GaussianProcess
from axnb.surrogate.threads import TORCH_LOCK, single_thread

if TYPE_CHECKING:
    from botorch.models.model import Model


def _covariance(process: GaussianProcess) -> Any:
    """Return the process's covariance as a GPyTorch kernel."""
    from gpytorch.kernels import ProductKernel, ScaleKernel

    h, kernel = process.hyperparameters, process.kernel
    parts = [_part(process, np.flatnonzero(f)) for f in (kernel.numeric, kernel.categorical) if f.any()]
    total = ScaleKernel(parts[0] if len(parts) == 1 else ProductKernel(*parts)).double()
    total.outputscale = h.outputscale * (1.0 - h.additive)
    if not h.additive:
        return total
    for j in range(len(h.lengthscales)):
        alone = ScaleKernel(_part(process, np.array([j]))).double()
        alone.outputscale = h.outputscale * h.additive / len(h.lengthscales)
        total = total + alone
    return total


def _part(process: GaussianProcess, columns: NDArray[np.int64]) -> Any:
    """Return the correlation over some columns, all numeric or all categorical, as a GPyTorch kernel."""
    import torch
    from botorch.models.kernels.categorical import CategoricalKernel
    from gpytorch.kernels import MaternKernel, RBFKernel

    kernel = process.kernel
    lengthscales = torch.as_tensor(process.hyperparameters.lengthscales[columns], dtype=torch.float64)
    options: dict[str, Any] = {"ard_num_dims": len(columns), "active_dims": columns.tolist()}
    if kernel.categorical[columns[0]]:
        part: Any = CategoricalKernel(**options)
        lengthscales = lengthscales / len(columns)  # BoTorch averages where we sum
    elif kernel.smoothness == "rbf":
        part = RBFKernel(**options)
    else:
        part = MaternKernel(nu=2.5, **options)
    part = part.double()
    part.lengthscale = lengthscales
    return part


def _single(process: GaussianProcess) -> Any:
    import torch
    from botorch.models.gp_regression import SingleTaskGP

    model = SingleTaskGP(
        train_X=torch.as_tensor(process.X, dtype=torch.float64),
        train_Y=torch.as_tensor(process.y, dtype=torch.float64)[:, None],
        train_Yvar=torch.as_tensor(np.maximum(process.noise, 1e-9), dtype=torch.float64)[:, None],
        covar_module=_covariance(process),
        outcome_transform=None,
    )
    model.mean_module.constant.data.fill_(process.hyperparameters.mean)
    return model.eval()


def botorch_model(processes: Sequence[GaussianProcess], device: str | None = None) -> "Model":
    """Return a BoTorch model with the posterior of the processes, one output each.

    Inputs are rows of the unit cube and outputs are on the models' scale.

    Args:
        processes: The processes.
        device: Where the model's tensors lie, such as ``"cuda"``; the CPU by default.

    Raises:
        UserInputError: If PyTorch knows no such device, or there is none in this machine.
    """
    with TORCH_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # PyTorch's own, raised while GPyTorch is imported
        from botorch.models.model_list_gp_regression import ModelListGP

    with TORCH_LOCK, single_thread():
        models = [_single(p) for p in processes]
        model = models[0] if len(models) == 1 else ModelListGP(*models)
        return model if device is None else _moved(model, device)


def _moved(model: Any, device: str) -> Any:
    try:
        return model.to(device).eval()
    except (RuntimeError, AssertionError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UserInputError(f"the torch_device {device!r} cannot be used: {reason}") from error
