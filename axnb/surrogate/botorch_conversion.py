"""Our fitted processes as BoTorch models.

PyTorch is imported inside the functions only: nothing on the way to a suggestion needs it.
"""

import itertools
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from axnb.errors import UserInputError
from axnb.surrogate.gp import GaussianProcess
from axnb.surrogate.input_warp import EDGE, InputWarp, InputWarpedGaussianProcess
from axnb.surrogate.threads import TORCH_LOCK, single_thread

if TYPE_CHECKING:
    from botorch.models.model import Model

    from axnb.surrogate.outcome_model import OutcomeModel


def _build_kernel(process: GaussianProcess) -> Any:
    """Return the process's covariance as a GPyTorch kernel."""
    from gpytorch.kernels import ProductKernel, ScaleKernel

    h, kernel = process.hyperparameters, process.kernel
    parts = [_build_part(process, np.flatnonzero(f)) for f in (kernel.numeric, kernel.categorical) if f.any()]
    total = ScaleKernel(parts[0] if len(parts) == 1 else ProductKernel(*parts)).double()
    total.outputscale = h.outputscale * (1.0 - h.additive)
    if not h.additive:
        return total
    for j in range(len(h.lengthscales)):
        alone = ScaleKernel(_build_part(process, np.array([j]))).double()
        alone.outputscale = h.outputscale * h.additive / len(h.lengthscales)
        total = total + alone
    return total


def _build_part(process: GaussianProcess, columns: NDArray[np.int64]) -> Any:
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


def _convert(process: GaussianProcess, X: NDArray[np.float64], input_transform: Any) -> Any:
    import torch
    from botorch.models.gp_regression import SingleTaskGP

    model = SingleTaskGP(
        train_X=torch.as_tensor(X, dtype=torch.float64),
        train_Y=torch.as_tensor(process.y, dtype=torch.float64)[:, None],
        train_Yvar=torch.as_tensor(np.maximum(process.noise, 1e-9), dtype=torch.float64)[:, None],
        covar_module=_build_kernel(process),
        outcome_transform=None,
        input_transform=input_transform,
    )
    model.mean_module.constant.data.fill_(process.hyperparameters.mean)
    return model.eval()


def _build_input_transform(input_warp: InputWarp) -> Any:
    """Return our warp of columns as one of BoTorch's input transforms, differentiable by the rows."""
    import torch
    from botorch.models.transforms.input import InputTransform

    class KumaraswamyTransform(InputTransform):
        """The warp; BoTorch's own keeps another distance from the ends."""

        a: torch.Tensor
        b: torch.Tensor
        is_straight: torch.Tensor

        def __init__(self) -> None:
            super().__init__()
            self.transform_on_train = self.transform_on_eval = self.transform_on_fantasize = True
            self.register_buffer("a", torch.as_tensor(input_warp.a))
            self.register_buffer("b", torch.as_tensor(input_warp.b))
            self.register_buffer("is_straight", torch.as_tensor(input_warp.is_straight))

        def transform(self, X: torch.Tensor) -> torch.Tensor:
            u = X.clamp(EDGE, 1.0 - EDGE)
            return torch.where(self.is_straight, X, 1.0 - (1.0 - u**self.a) ** self.b)

    return KumaraswamyTransform()


def _import_botorch() -> None:
    with TORCH_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # PyTorch's own, raised while GPyTorch is imported
        import botorch.models.model_list_gp_regression  # noqa: F401


def convert_process(process: GaussianProcess | InputWarpedGaussianProcess) -> "Model":
    """Return a BoTorch model with the posterior of a process.

    Inputs are rows of the unit cube and outputs are on the model's scale.
    """
    _import_botorch()
    with TORCH_LOCK, single_thread():
        if isinstance(process, GaussianProcess):
            return cast("Model", _convert(process, process.X, None))
        return cast("Model", _convert(process.base, process.X, _build_input_transform(process.input_warp)))


def join_models(models: Sequence["OutcomeModel"], device: str | None = None) -> "Model":
    """Return one BoTorch model of several metrics, one output each.

    Args:
        models: Their models.
        device: Where the model's tensors lie, such as ``"cuda"``; the CPU by default.

    Raises:
        UserInputError: If PyTorch knows no such device, or there is none in this machine.
    """
    _import_botorch()
    from botorch.models.gpytorch import GPyTorchModel
    from botorch.models.model import ModelList
    from botorch.models.model_list_gp_regression import ModelListGP

    with TORCH_LOCK, single_thread():
        parts: list[Any] = [m.to_botorch() for m in models]
        shared = _find_shared(parts)
        if shared is not None:
            model: Any = shared
        elif len(parts) == 1:
            model = parts[0]
        elif all(isinstance(p, GPyTorchModel) for p in parts):
            model = ModelListGP(*parts)
        else:
            model = ModelList(*parts)
        return cast("Model", model if device is None else _move_to_device(model, device))


def _find_shared(parts: Sequence[Any]) -> Any:
    """Return the model whose outputs some models are, all of them and in order; ``None`` where there is none."""
    from axnb.surrogate.torch_models import OutputModel

    first = parts[0]
    if not isinstance(first, OutputModel) or len(parts) != first.base.num_outputs:
        return None
    same = all(isinstance(p, OutputModel) and p.base is first.base and p.index == i for i, p in enumerate(parts))
    return first.base if same else None


def _move_to_device(model: Any, device: str) -> Any:
    try:
        return model.to(device).eval()
    except (RuntimeError, AssertionError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UserInputError(f"the torch_device {device!r} cannot be used: {reason}") from error


def read_posterior(model: "Model", X: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return means and variances `q x m` of a BoTorch model at rows of the unit cube, without observation noise."""
    _import_botorch()
    import torch

    from axnb.surrogate.torch_models import read_moments

    with TORCH_LOCK, single_thread(), torch.no_grad():
        held = next(itertools.chain(model.parameters(), model.buffers()), None)  # lies where the model does
        rows = torch.as_tensor(X, dtype=torch.float64, device=None if held is None else held.device)
        mean, variance = read_moments(model.posterior(rows))
        return mean.cpu().numpy(), variance.cpu().numpy()
