"""Fitted models as the text of a plain BoTorch script; PyTorch is imported inside the functions only."""

import inspect
import json
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from axnb.errors import UnsupportedError
from axnb.surrogate.botorch_model import BoTorchModel
from axnb.surrogate.gaussian_process_model import GaussianProcessModel
from axnb.surrogate.gp import GaussianProcess
from axnb.surrogate.input_warp import EDGE, InputWarp, InputWarpedGaussianProcess
from axnb.surrogate.kernels import Array
from axnb.surrogate.outcome_model import OutcomeModel

KUMARASWAMY = f'''
class KumaraswamyTransform(InputTransform):
    """A warp of the columns by Kumaraswamy's distribution."""

    def __init__(self, a, b, is_straight):
        super().__init__()
        self.transform_on_train = self.transform_on_eval = self.transform_on_fantasize = True
        self.register_buffer("a", a)
        self.register_buffer("b", b)
        self.register_buffer("is_straight", is_straight)

    def transform(self, X):
        u = X.clamp({EDGE!r}, {1.0 - EDGE!r})
        return torch.where(self.is_straight, X, 1.0 - (1.0 - u**self.a) ** self.b)

'''
"""The warp of inputs, for models that have one."""


def write_numbers(values: Array) -> str:
    """Return an array as the text of nested lists, every digit kept."""
    return json.dumps(np.asarray(values).tolist())


def write_model(model: OutcomeModel, function: str) -> str:
    """Return the text of a function that makes a model, fitted, with its data and hyperparameters.

    Args:
        model: The model.
        function: What the function is called.

    Raises:
        UnsupportedError: If the model cannot be told in BoTorch's words.
    """
    if isinstance(model, GaussianProcessModel):
        body = _write_process(model)
    elif isinstance(model, BoTorchModel):
        body = _write_botorch(model)
    else:
        raise UnsupportedError(
            f"the model of {model.name!r} averages several fits and has no BoTorch script: choose method='fast'."
        )
    said = f'"""Return the model of {model.name!r}.{_describe_scale(model)}"""'
    return f"def {function}():\n" + textwrap.indent(f"{said}\n{body}", "    ")


def _describe_scale(model: OutcomeModel) -> str:
    """Return how the model's numbers become the metric's, where that is a straight line."""
    if not model.is_affine:
        return " Its scale is a warp of the metric's."
    shift, size = float(model.untransform(np.zeros(1))[0]), float(1.0 / model.transform_slope(np.zeros(1))[0])
    return f" The metric is {shift:.6g} + {size:.6g} times its output."


def _write_process(model: GaussianProcessModel) -> str:
    process = model.process
    if isinstance(process, InputWarpedGaussianProcess):
        base, warp = process.base, _write_warp(process.input_warp)
    elif isinstance(process, GaussianProcess):
        base, warp = process, "None"
    else:
        raise UnsupportedError(f"the model of {model.name!r} knows too many results for a script.")
    return f"""kernel = {_write_kernel(base)}
model = SingleTaskGP(
    train_X=tensor({write_numbers(process.X)}),
    train_Y=tensor({write_numbers(base.y)})[:, None],
    train_Yvar=tensor({write_numbers(np.maximum(base.noise, 1e-9))})[:, None],
    covar_module=kernel,
    outcome_transform=None,
    input_transform={warp},
)
model.mean_module.constant.data.fill_({base.hyperparameters.mean!r})
return model.eval()
"""


def _write_warp(warp: InputWarp) -> str:
    straight = f"torch.tensor({np.asarray(warp.is_straight).tolist()!s})"
    return f"KumaraswamyTransform(tensor({write_numbers(warp.a)}), tensor({write_numbers(warp.b)}), {straight})"


def _write_kernel(process: GaussianProcess) -> str:
    """Return the covariance as an expression of GPyTorch's kernels."""
    h, kernel = process.hyperparameters, process.kernel
    parts = [_write_part(process, np.flatnonzero(f)) for f in (kernel.numeric, kernel.categorical) if f.any()]
    whole = parts[0] if len(parts) == 1 else f"ProductKernel({', '.join(parts)})"
    terms = [f"scaled({whole}, {h.outputscale * (1.0 - h.additive)!r})"]
    if h.additive:
        d = len(h.lengthscales)
        terms += [
            f"scaled({_write_part(process, np.array([j]))}, {h.outputscale * h.additive / d!r})" for j in range(d)
        ]
    return " + ".join(terms)


def _write_part(process: GaussianProcess, columns: Any) -> str:
    kernel, lengthscales = process.kernel, process.hyperparameters.lengthscales[columns]
    if kernel.categorical[columns[0]]:
        name, lengthscales = "CategoricalKernel, ", lengthscales / len(columns)  # BoTorch averages where we sum
    else:
        name = "RBFKernel, " if kernel.smoothness == "rbf" else "MaternKernel, "
    return f"long({name}{columns.tolist()}, {write_numbers(lengthscales)})"


def _write_botorch(model: BoTorchModel) -> str:
    from axnb.surrogate.torch_models import ConditionedModel, IndexedColumnModel, OutputModel

    if isinstance(model.model, ConditionedModel | IndexedColumnModel | OutputModel) or model.spec.transforms:
        raise UnsupportedError(
            f"the model {model.spec.name} of {model.name!r} has transforms, tasks, several metrics, or trials to come "
            "folded in, and no BoTorch script: use findings.model.botorch_model."
        )
    data, named = model.data, write_options(model.spec.name, model.spec.options)
    noise = "" if np.isnan(data.sem).any() else f", tensor({write_numbers(np.maximum(data.noise, 1e-6))})[:, None]"
    state = {k: v.tolist() for k, v in model.model.state_dict().items()}
    return f"""torch.manual_seed(0)
X = tensor({write_numbers(data.X)})
Y = tensor({write_numbers(data.targets)})[:, None]
model = {model.spec.constructor.__name__}(X, Y{noise}{named})
model = model.to(X)
state = model.state_dict()
for name, values in {state!r}.items():
    state[name] = torch.tensor(values, dtype=state[name].dtype).reshape(state[name].shape)
model.load_state_dict(state)
return model.eval()
"""


def list_sources(model: OutcomeModel) -> list[str]:
    """Return what a script needs before it can make a model: imports, or the source of a user's.

    Raises:
        UnsupportedError: If there is no source.
    """
    return [write_source(model.spec.constructor)] if isinstance(model, BoTorchModel) else []


def write_source(function: Callable[..., Any]) -> str:
    """Return the import of a library's class or function, or the source of a user's.

    Raises:
        UnsupportedError: If there is no source.
    """
    module = str(getattr(function, "__module__", ""))
    if module.split(".", maxsplit=1)[0] in ("botorch", "gpytorch"):
        return f"from {module} import {function.__name__}\n"
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError) as error:
        raise UnsupportedError(f"the source of {function!r} is not known here, as a script needs: {error}.") from error


def write_options(name: str, options: Mapping[str, Any]) -> str:
    """Return options as the text of arguments.

    Raises:
        UnsupportedError: If one is more than a plain value.
    """
    for option, value in options.items():
        if not isinstance(value, str | int | float | bool | list | tuple | type(None)):
            raise UnsupportedError(
                f"the option {option!r} of {name} is an object, which no script holds: make it in a function of yours."
            )
    return "".join(f", {option}={value!r}" for option, value in options.items())
