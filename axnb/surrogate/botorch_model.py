"""Any BoTorch model as the model of one metric.

What the model can do is found out when it is fitted: gradients where autograd reaches the rows, a joint covariance
where the posterior is normal. PyTorch is imported inside the functions only.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from axnb.errors import AxnbError, ModelError, UnsupportedError, UserInputError
from axnb.surrogate.gaussian_process_model import MetricData
from axnb.surrogate.gp import Posterior
from axnb.surrogate.kernels import Array
from axnb.surrogate.model_inputs import ModelColumns, build_arguments, list_tasks, make_transforms, to_tensor
from axnb.surrogate.model_spec import ModelSpec, describe
from axnb.surrogate.outcome_model import Capabilities, OutcomeModel, TrainingData
from axnb.surrogate.outcome_transforms import OutcomeTransform, OutcomeWarp, standardize
from axnb.surrogate.sensitivity import ColumnSobolIndices

if TYPE_CHECKING:
    from botorch.models.model import Model

_CHUNK = 512  # rows whose joint covariance is held at once
_LEAST_VARIANCE = 1e-12
_LEAST_NOISE = 1e-6  # variance below which BoTorch warns of numbers that do not hold


@contextmanager
def asking(name: str, spec: ModelSpec, what: str, given: str) -> Iterator[None]:
    """Turn whatever a model of a user's raises into our error.

    Args:
        name: The metric.
        spec: The model.
        what: What was asked of it.
        given: What it was given, in words.

    Raises:
        ModelError: If anything is raised.
    """
    try:
        yield
    except (AxnbError, MemoryError):
        raise
    except Exception as error:  # a user's part may raise anything
        raise ModelError(
            f"the model {spec.name} of {name!r} cannot {what}: {describe(error)}. It was given {given}. "
            "Mend it, or go back with configure_generation_strategy(model='default')."
        ) from error


@dataclass(frozen=True, slots=True, eq=False)
class BoTorchModel:
    """A fitted BoTorch model of one output with the scale on which it sees a metric.

    Args:
        spec: How it was made.
        source: The results that it was fitted to, and what was observed besides.
        outcome_transform: From the metric's own units to the model's scale; never a warp.
        model: The fitted model; its inputs are rows of the unit cube.
        capabilities: What it can do.
        noise: `n`, variances of the observation noise on the model's scale.
        inferred_noise: Variance of the noise that the model found.
        left_out: Mean and variance of the value at each row of the data without its result, where they are known.
        columns: What the columns are.
        device: Where the tensors lie; ``None`` for the CPU.
    """

    spec: ModelSpec
    source: MetricData
    outcome_transform: OutcomeTransform
    model: Any
    capabilities: Capabilities
    noise: Array
    inferred_noise: float
    left_out: tuple[Array, Array] | None
    columns: ModelColumns
    device: str | None = None

    @property
    def name(self) -> str:
        """The metric's name."""
        return self.source.name

    @property
    def data(self) -> TrainingData:
        """What the model was fitted to."""
        source = self.source
        return TrainingData(
            X=source.X,
            y=source.y,
            sem=source.sem,
            targets=self.transform(source.y),
            noise=self.noise,
            inferred_noise=self.inferred_noise,
        )

    @property
    def components(self) -> tuple[tuple[float, OutcomeModel], ...]:
        """The model alone."""
        return ((1.0, self),)

    @property
    def is_affine(self) -> bool:
        """That the model's scale is the metric's own, moved and stretched."""
        return True

    def posterior(self, X: Array) -> tuple[Array, Array]:
        """Return mean and variance, `q` each, at the rows of ``X``.

        Raises:
            ModelError: If the model raises, or answers with numbers of another shape, or that are none.
        """
        import torch

        parts = []
        with _ask(self, f"tell a posterior at {len(X)} rows", X), torch.no_grad():
            for i in range(0, max(len(X), 1), _CHUNK):
                part = X[i : i + _CHUNK]
                if len(part):
                    mean, variance = _moments(self, to_tensor(part, self.device))
                    parts.append((mean.cpu().numpy(), variance.cpu().numpy()))
        if not parts:
            return np.zeros(0), np.zeros(0)
        mean, variance = (np.concatenate([p[k] for p in parts]).astype(np.float64) for k in (0, 1))
        return mean, np.maximum(variance, _LEAST_VARIANCE)

    def posterior_with_gradient(self, X: Array) -> Posterior:
        """Return mean and variance with their gradients by the rows; 0 for categorical columns.

        Raises:
            UnsupportedError: If the model's posterior is not differentiable by the rows.
            ModelError: If the model raises, or answers with numbers of another shape, or that are none.
        """
        if not self.capabilities.gradients:
            raise UnsupportedError(f"the model {self.spec.name} of {self.name!r} has no gradients by the rows.")
        import torch

        with _ask(self, "tell gradients of its posterior", X):
            rows = to_tensor(X, self.device).requires_grad_()
            mean, variance = _moments(self, rows)
            slopes = []
            for value in (mean, variance):
                (found,) = torch.autograd.grad(value.sum(), rows, retain_graph=True, allow_unused=True)
                slope = np.zeros_like(X) if found is None else found.cpu().numpy().astype(np.float64)
                slopes.append(np.where(self.columns.categorical, 0.0, slope))
            moments = [v.detach().cpu().numpy().astype(np.float64) for v in (mean, variance)]
        return Posterior(moments[0], np.maximum(moments[1], _LEAST_VARIANCE), slopes[0], slopes[1])

    def joint_posterior(self, X: Array) -> tuple[Array, Array]:
        """Return the mean `q` and the covariance `q x q` at the rows of ``X``.

        Raises:
            UnsupportedError: If the model's posterior is not normal.
            ModelError: If the model raises.
        """
        if not self.capabilities.joint_covariance:
            raise UnsupportedError(f"the posterior of the model {self.spec.name} of {self.name!r} is not joint normal.")
        import torch

        with _ask(self, f"tell a joint posterior at {len(X)} rows", X), torch.no_grad():
            found = self.model.posterior(to_tensor(X, self.device)).distribution
            return found.mean.cpu().numpy(), found.covariance_matrix.cpu().numpy()

    def sample(self, X: Array, count: int, rng: np.random.Generator) -> Array:
        """Return draws `count x q` of the values at the rows of ``X`` together.

        Raises:
            ModelError: If the model raises.
        """
        import torch

        seed = int(rng.integers(2**31))
        with _ask(self, f"draw from its posterior at {len(X)} rows", X, seed), torch.no_grad():
            draws = self.model.posterior(to_tensor(X, self.device)).rsample(torch.Size([count]))[..., 0].cpu().numpy()
        if draws.ndim > 2:  # a mixture: each draw is of one of its components
            draws = draws.reshape(count, -1, len(X))
            draws = draws[np.arange(count), rng.integers(draws.shape[1], size=count)]
        return np.asarray(draws, dtype=np.float64)

    def condition(self, x: Array, target: float, noise: float = 0.0) -> "BoTorchModel":
        """Return the model with one more observation.

        A normal posterior is conditioned exactly, with the hyperparameters kept; any other model is fitted again.

        Raises:
            UnsupportedError: If it is a model of several metrics whose posterior is not normal.
            ModelError: If the model raises.
        """
        old, slope = self.source, self.transform_slope(np.zeros(1))
        source = replace(
            old,
            X=np.vstack([old.X, x]),
            y=np.append(old.y, self.untransform(np.array([target]))),
            sem=np.append(old.sem, math.sqrt(noise) / slope if noise or not np.isnan(old.sem).any() else np.nan),
        )
        if not self.capabilities.conditioning:
            raise UnsupportedError(
                f"the model {self.spec.name} of all metrics takes in no result of one, {self.name!r}."
            )
        if not self.capabilities.joint_covariance:
            return _fit(source, self.spec, self.outcome_transform, self.columns, self.device)
        from axnb.surrogate.torch_models import ConditionedModel

        base, known = self.model, [(x, target, noise)]
        if isinstance(base, ConditionedModel):
            earlier = (t.cpu().numpy() for t in (base.X, base.y, base.noise))
            known, base = [*zip(*earlier, strict=True), *known], base.base
        tensors = [to_tensor(np.array([k[i] for k in known]), self.device) for i in range(3)]
        return replace(
            self,
            source=source,
            model=ConditionedModel(base, *tensors),
            capabilities=replace(self.capabilities, leave_one_out="none"),
            noise=np.append(self.noise, noise),
            left_out=None,
        )

    def leave_one_out(self) -> tuple[Array, Array]:
        """Return mean and variance `n` of the value at each row of the data, given all results but its own.

        Raises:
            UnsupportedError: If there is no closed form for the model.
        """
        if self.left_out is None:
            raise UnsupportedError(f"the model {self.spec.name} of {self.name!r} has no leave-one-out in closed form.")
        return self.left_out

    def refit(self, rows: NDArray[np.bool_]) -> "BoTorchModel":
        """Return a model fitted again to some of the results only, on the same scale.

        Raises:
            UnsupportedError: If it is a model of several metrics.
            ModelError: If the model raises.
        """
        if not self.capabilities.refitting:
            raise UnsupportedError(
                f"the model {self.spec.name} of all metrics is not fitted again to some of {self.name!r}."
            )
        old = self.source
        source = replace(old, X=old.X[rows], y=old.y[rows], sem=old.sem[rows])
        return _fit(source, self.spec, self.outcome_transform, self.columns, self.device)

    def prior_correlation(self, A: Array, B: Array) -> Array:
        """Refuse: BoTorch's models are asked for posteriors.

        Raises:
            UnsupportedError: Always.
        """
        raise UnsupportedError(f"the model {self.spec.name} of {self.name!r} is not asked for prior correlations.")

    def compute_sobol_indices(self, levels: NDArray[np.int64]) -> ColumnSobolIndices:
        """Return how much of the variance of the mean over the cube each column explains, from many predictions.

        Raises:
            ModelError: If the model raises.
        """
        from axnb.surrogate.sobol_estimates import estimate_sobol_indices

        return estimate_sobol_indices(lambda X: self.posterior(X)[0], levels, self.columns.categorical)

    def to_botorch(self) -> "Model":
        """Return the model itself."""
        made: Model = self.model
        return made

    def summarize(self, columns: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Return the noise that was found: hyperparameters of any model have no common names."""
        return (("noise", self.inferred_noise),)

    def transform(self, y: Array) -> Array:
        """Return outcomes in the metric's own units on the model's scale."""
        return self.outcome_transform.transform(y)

    def transform_slope(self, y: Array) -> Array:
        """Return the derivative of ``transform``."""
        return self.outcome_transform.slope(y)

    def untransform(self, z: Array) -> Array:
        """Return values on the model's scale in the metric's own units."""
        return self.outcome_transform.untransform(z)

    def untransform_moments(self, mean: Array, variance: Array) -> tuple[Array, Array]:
        """Return mean and standard deviation in the metric's own units of normal values on the model's scale."""
        return self.outcome_transform.untransform_moments(mean, variance)


@contextmanager
def _ask(model: BoTorchModel, what: str, X: Array, seed: int = 0) -> Iterator[None]:
    from axnb.surrogate.torch_models import torch_at_work

    with asking(model.name, model.spec, what, f"X of shape {X.shape}"), torch_at_work(seed):
        yield


def _moments(model: BoTorchModel, rows: Any) -> tuple[Any, Any]:
    from axnb.surrogate.torch_models import read_moments

    return _check_moments(model.name, model.spec, *read_moments(model.model.posterior(rows)), len(rows))


def _check_moments(name: str, spec: ModelSpec, mean: Any, variance: Any, q: int) -> tuple[Any, Any]:
    """Return moments `q` each.

    Raises:
        ModelError: If they have another shape, or are no numbers.
    """
    for what, value in (("mean", mean), ("variance", variance)):
        if tuple(value.shape) != (q, 1):
            raise ModelError(
                f"the model {spec.name} of {name!r} has a posterior whose {what} at {q} rows has shape "
                f"{tuple(value.shape)}, expected ({q}, 1): return one output, one value a row."
            )
        if not bool(value.isfinite().all()):
            raise ModelError(
                f"the model {spec.name} of {name!r} has a posterior whose {what} is NaN or infinite at "
                f"{int((~value.isfinite()).sum())} of {q} rows: look at its fit, or at results out of all order."
            )
    return mean[:, 0], variance[:, 0]


def check_device(device: str | None) -> None:
    """Hold a device to what PyTorch has.

    Raises:
        UserInputError: If PyTorch knows no such device, or there is none in this machine.
    """
    if device is None:
        return
    import torch

    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UserInputError(f"the torch_device {device!r} cannot be used: {reason}") from error


def fit_botorch_model(
    data: MetricData, spec: ModelSpec, columns: ModelColumns | None = None, device: str | None = None
) -> BoTorchModel:
    """Fit a BoTorch model to the results of one metric.

    Args:
        data: The results.
        spec: Which model.
        columns: What the columns of the rows are; continuous ones by default.
        device: Where the tensors lie; the CPU by default.

    Raises:
        ModelError: If the model cannot be made, fitted or asked.
        UserInputError: If the device cannot be used, or an option names a parameter that does not exist.

    Example:
        >>> def make(train_X, train_Y):
        ...     from botorch.models import SingleTaskGP
        ...     return SingleTaskGP(train_X, train_Y)
        >>> X = np.linspace(0, 1, 6)[:, None]
        >>> data = MetricData(name="y", X=X, y=X[:, 0] ** 2, sem=np.full(6, np.nan))
        >>> model = fit_botorch_model(data, ModelSpec(make))
        >>> model.capabilities.gradients, bool(abs(model.untransform(model.posterior(X)[0])[5] - 1.0) < 0.05)
        (True, True)
    """
    from axnb.surrogate import torch_models  # noqa: F401 - imports PyTorch, quietly

    check_device(device)
    columns = ModelColumns.continuous(data.X.shape[1]) if columns is None else columns
    return _fit(data, spec, choose_transform(data, spec, columns), columns, device)


def choose_transform(data: MetricData, spec: ModelSpec, columns: ModelColumns) -> OutcomeTransform:
    """Return the scale on which a model sees a metric: its own units where the model transforms outcomes itself."""
    own = not spec.standardize or make_transforms(spec, columns, 1)[1]
    return OutcomeTransform(OutcomeWarp(), 0.0, 1.0) if own else standardize(data.y)


def _fit(
    data: MetricData, spec: ModelSpec, transform: OutcomeTransform, columns: ModelColumns, device: str | None
) -> BoTorchModel:
    noise = scale_noise(data, transform)
    known = None if np.isnan(noise).any() else np.maximum(noise, _LEAST_NOISE)[:, None]
    rows = (data.X, transform.transform(data.y)[:, None], known)
    model = make_and_fit(data.name, spec, rows, columns, device)
    left_out = _leave_one_out(model)
    return describe_fit(data, spec, (transform, columns, device), model, left_out)


def scale_noise(data: MetricData, transform: OutcomeTransform) -> Array:
    """Return the variances `n` of the noise of results on the model's scale; NaN where they are not known."""
    return (data.sem * transform.slope(data.y)) ** 2


def make_and_fit(
    name: str,
    spec: ModelSpec,
    rows: tuple[Array, Array, Array | None],
    columns: ModelColumns,
    device: str | None,
    task_feature: int | None = None,
) -> Any:
    """Return a model, made and fitted.

    Args:
        name: The metric, or several.
        spec: Which model.
        rows: Inputs, outcomes on the model's scale, and the variances of their noise where known.
        columns: What the columns of the inputs are.
        device: Where the tensors lie; ``None`` for the CPU.
        task_feature: The column that says which metric an outcome is of, where one model explains several.

    Raises:
        ModelError: If it cannot be made or fitted.
        UserInputError: If an option names a parameter that does not exist, or the model cannot take transforms.
    """
    from axnb.surrogate.torch_models import IndexedColumnModel, fit_in_place, torch_at_work

    with torch_at_work():
        given = build_arguments(spec, rows, columns, device, task_feature)
        said = ", ".join(f"{k} of shape {tuple(v.shape)}" if k.startswith("train") else k for k, v in given.items())
        with asking(name, spec, "be made", said):
            model = spec.constructor(**given)
            model = model.to(given["train_X"]) if callable(getattr(model, "to", None)) else model
        if not callable(getattr(model, "posterior", None)):
            raise ModelError(
                f"{spec.name} returned {type(model).__name__} for {name!r}, which has no method posterior: return "
                "a BoTorch model."
            )
        with asking(name, spec, "be fitted", said):
            fit_in_place(model, spec.fit)
        tasks = list_tasks(spec, columns)
        return model if tasks is None else IndexedColumnModel(model, *tasks)


def describe_fit(
    data: MetricData,
    spec: ModelSpec,
    seen: tuple[OutcomeTransform, ModelColumns, str | None],
    model: Any,
    left_out: tuple[Array, Array] | None,
) -> BoTorchModel:
    """Return a fitted model with what it can do, as its answers at two rows show.

    Args:
        data: The results of a metric.
        spec: How the model was made.
        seen: The scale on which it sees the metric, what its columns are, and where its tensors lie.
        model: The fitted model of one output.
        left_out: Mean and variance of the values without each result, where they are known.

    Raises:
        ModelError: If it cannot be asked.
    """
    from axnb.surrogate.torch_models import is_normal, read_moments, torch_at_work

    transform, columns, device = seen
    noise = scale_noise(data, transform)
    inferred = 0.0
    with torch_at_work():
        rows = to_tensor(data.X[:2], device).requires_grad_()
        with asking(data.name, spec, "tell a posterior", f"X of shape {tuple(rows.shape)}"):
            posterior = model.posterior(rows)
            mean, variance = _check_moments(data.name, spec, *read_moments(posterior), len(rows))
        if np.isnan(noise).any():
            with asking(data.name, spec, "tell a posterior with noise", f"X of shape {tuple(rows.shape)}"):
                noisy = read_moments(model.posterior(rows.detach(), observation_noise=True))[1][:, 0]
                inferred = max(float((noisy - variance).detach().mean()), 0.0)
        is_joint = is_normal(posterior)
    return BoTorchModel(
        spec=spec,
        source=data,
        outcome_transform=transform,
        model=model,
        capabilities=Capabilities(
            gradients=bool(mean.requires_grad),
            joint_covariance=is_joint,
            conditioning=is_joint or not spec.joint,
            refitting=not spec.joint,
            prior_correlation=False,
            leave_one_out="exact" if left_out is not None and is_joint else "none",
            sensitivity="approximate",
        ),
        noise=np.where(np.isnan(noise), inferred, noise),
        inferred_noise=inferred,
        left_out=left_out if is_joint else None,
        columns=columns,
        device=device,
    )


def _leave_one_out(model: Any) -> tuple[Array, Array] | None:
    """Return mean and variance of the values without each result, by BoTorch; ``None`` where it has no closed form."""
    import torch
    from botorch.cross_validation import loo_cv
    from botorch.models.gpytorch import GPyTorchModel
    from gpytorch.models import ExactGP

    if not (isinstance(model, GPyTorchModel) and isinstance(model, ExactGP)):
        return None
    leave: Callable[..., Any] = loo_cv
    try:
        with torch.no_grad():
            found = leave(model, observation_noise=False).posterior
        mean, variance = (v.reshape(-1).cpu().numpy() for v in (found.mean, found.variance))
    except Exception:  # a user's class may not be made for it
        return None
    finally:
        model.eval()
    return (mean, np.maximum(variance, _LEAST_VARIANCE)) if np.isfinite([mean, variance]).all() else None
