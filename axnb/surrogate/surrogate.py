"""The surrogate: one Gaussian process a metric, asked in the metrics' own units.

Knows rows of the unit cube and named outcomes; knows nothing of parameters, trials or goals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from axnb.errors import ModelError
from axnb.surrogate.gp import GaussianProcess, Hyperparameters, Priors, fit_gp
from axnb.surrogate.kernels import Array, Kernel
from axnb.surrogate.scaling import Scaling, candidates
from axnb.surrogate.threads import single_thread

if TYPE_CHECKING:
    from botorch.models.model import Model

WARP_STRENGTHS = (1.0, 5.0, 30.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MetricData:
    """The results of one metric and what is wanted of it.

    Args:
        name: The metric's name.
        X: `n x d`, rows in the unit cube.
        y: `n`, outcomes in the metric's own units.
        sem: `n`, standard errors of the outcomes; NaN where unknown.
        direction: 1 if large outcomes are wanted, -1 if small ones are, 0 if neither.
        bound: A bound on the outcome, if there is one.
        is_summed: Whether the metric is part of a weighted sum, which keeps its scale straight.
    """

    name: str
    X: Array
    y: Array
    sem: Array
    direction: int = 0
    bound: float | None = None
    is_summed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class MetricModel:
    """The process of one metric with its scaling.

    Args:
        name: The metric's name.
        process: The process on the model's scale.
        scaling: From the metric's own units to the model's scale.
        y: `n`, outcomes in the metric's own units.
        sem: `n`, standard errors of the outcomes; NaN where unknown.
    """

    name: str
    process: GaussianProcess
    scaling: Scaling
    y: Array
    sem: Array

    def predict(self, X: Array) -> tuple[Array, Array]:
        """Return mean and standard deviation `q` of the metric without observation noise."""
        return self.scaling.unscale(*self.process.predict(X))

    def leave_one_out(self) -> tuple[Array, Array, Array]:
        """Return observed outcomes, and means and standard deviations predicted without each of them.

        The standard deviations include the observation noise, as the observed outcomes do.
        """
        mean, variance = self.process.leave_one_out()
        return self.y, *self.scaling.unscale(mean, variance + self.process.noise)

    @property
    def noise(self) -> float:
        """Standard deviation of the inferred noise in the metric's own units, at its typical value."""
        h = self.process.hyperparameters
        at = np.array([float(np.median(self.y))])
        return float(np.sqrt(h.noise) / self.scaling.slope(at)[0])


@dataclass(frozen=True, slots=True, eq=False)
class Surrogate:
    """Models of several metrics over the same columns.

    Args:
        models: One a metric.

    Example:
        >>> X = np.linspace(0, 1, 6)[:, None]
        >>> data = MetricData(name="y", X=X, y=X[:, 0] ** 2, sem=np.full(6, np.nan))
        >>> mean, sd = fit([data]).predict(np.array([[0.5]]))
        >>> mean.shape, bool(abs(mean[0, 0] - 0.25) < 0.05)
        ((1, 1), True)
    """

    models: tuple[MetricModel, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics, in order."""
        return tuple(m.name for m in self.models)

    def __getitem__(self, name: str) -> MetricModel:
        """Return the model of a metric."""
        return self.models[self.names.index(name)]

    def predict(self, X: Array) -> tuple[Array, Array]:
        """Return means and standard deviations, each `q x m`, in the metrics' own units and without noise."""
        with single_thread():
            parts = [m.predict(X) for m in self.models]
        return np.column_stack([p[0] for p in parts]), np.column_stack([p[1] for p in parts])

    @property
    def botorch_model(self) -> "Model":
        """The same posterior as a BoTorch model, on the model's scale; imports PyTorch."""
        from axnb.surrogate.bridge import botorch_model

        return botorch_model([m.process for m in self.models])


def _scaled_noise(data: MetricData, scaling: Scaling) -> Array:
    return (data.sem * scaling.slope(data.y)) ** 2


def fit_metric(
    data: MetricData,
    kernel: Kernel,
    warm: Hyperparameters | None = None,
    priors: Priors | None = None,
) -> MetricModel:
    """Fit one metric, on the scale that its results make most likely.

    Args:
        data: Results and what is wanted.
        kernel: Column kinds and smoothness.
        warm: Hyperparameters to start from.
        priors: Priors of the hyperparameters.

    Raises:
        ModelError: If the results cannot be modelled at all.
    """
    choices = candidates(data.y, 0 if data.is_summed else data.direction, data.bound, WARP_STRENGTHS)
    if data.is_summed:
        choices = choices[:1]
    best: tuple[float, GaussianProcess, Scaling] | None = None
    for scaling in choices:
        z, noise = scaling.forward(data.y), _scaled_noise(data, scaling)
        try:
            process = fit_gp(data.X, z, noise, kernel=kernel, priors=priors, warm=warm, starts=1 if warm else 2)
        except (np.linalg.LinAlgError, ValueError, FloatingPointError):
            continue
        evidence = process.log_posterior + scaling.log_jacobian(data.y)
        if best is None or evidence > best[0]:
            best = evidence, process, scaling
        warm = warm or process.hyperparameters
    if best is None:
        raise ModelError(f"the results of {data.name!r} cannot be modelled: look for values that are out of all order.")
    return MetricModel(data.name, best[1], best[2], data.y, data.sem)


def fit(
    data: Sequence[MetricData],
    *,
    kernel: Kernel | None = None,
    warm: Mapping[str, Hyperparameters] | None = None,
    priors: Priors | None = None,
) -> Surrogate:
    """Fit a surrogate to the results of several metrics.

    Args:
        data: One entry a metric; the metrics may have been measured at different rows.
        kernel: Column kinds and smoothness; by default numeric and RBF.
        warm: Hyperparameters to start from, by metric.
        priors: Priors of the hyperparameters.

    Raises:
        ModelError: If a metric has no results or they cannot be modelled.
    """
    models = []
    with single_thread():
        for entry in data:
            if not len(entry.y):
                raise ModelError(f"the metric {entry.name!r} has no results to model.")
            shape = kernel or Kernel(np.zeros(entry.X.shape[1], dtype=bool))
            models.append(fit_metric(entry, shape, (warm or {}).get(entry.name), priors))
    return Surrogate(tuple(models))
