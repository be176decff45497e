"""The surrogate: one outcome model a metric, and what is read from any such model in the metric's own units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from axnb.errors import ModelError, UnknownNameError, listing, near_miss
from axnb.interrupts import report_progress
from axnb.surrogate.gaussian_process_model import MetricData, fit_metric
from axnb.surrogate.gp import Hyperparameters, Priors
from axnb.surrogate.inducing_points import MOST_EXACT, fit_inducing_points
from axnb.surrogate.kernels import Array, Kernel
from axnb.surrogate.outcome_model import OutcomeModel
from axnb.surrogate.threads import single_thread

if TYPE_CHECKING:
    from botorch.models.model import Model


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

    models: tuple[OutcomeModel, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics, in order."""
        return tuple(m.name for m in self.models)

    def __getitem__(self, name: str) -> OutcomeModel:
        """Return the model of a metric.

        Raises:
            UnknownNameError: If it is not modelled.
        """
        for model in self.models:
            if model.name == name:
                return model
        raise UnknownNameError(
            f"there is no model of {name!r}; there are models of {listing(self.names)}.{near_miss(name, self.names)}"
        )

    def predict(self, X: Array) -> tuple[Array, Array]:
        """Return means and standard deviations, each `q x m`, in the metrics' own units and without noise."""
        with single_thread():
            parts = [predict_outcome(m, X) for m in self.models]
        return np.column_stack([p[0] for p in parts]), np.column_stack([p[1] for p in parts])

    def to_botorch(self, device: str | None = None) -> "Model":
        """Return one BoTorch model of all metrics, on the models' scales; imports PyTorch.

        Args:
            device: Where the model's tensors lie, such as ``"cuda"``; the CPU by default.

        Raises:
            UserInputError: If PyTorch knows no such device, or there is none in this machine.
        """
        from axnb.surrogate.botorch_conversion import join_models

        return join_models(self.models, device)


def predict_outcome(model: OutcomeModel, X: Array) -> tuple[Array, Array]:
    """Return mean and standard deviation `q` of a metric in its own units, without observation noise."""
    return _mix_moments([(w, m.untransform_moments(*m.posterior(X))) for w, m in model.components])


def predict_left_out(model: OutcomeModel) -> tuple[Array, Array, Array]:
    """Return observed outcomes, and means and standard deviations predicted without each, in the metric's own units.

    The standard deviations include the observation noise, as the observed outcomes do.

    Raises:
        UnsupportedError: If the model cannot leave one out.
    """
    parts = []
    for weight, component in model.components:
        mean, variance = component.leave_one_out()
        parts.append((weight, component.untransform_moments(mean, variance + component.data.noise)))
    return model.data.y, *_mix_moments(parts)


def predict_left_out_targets(model: OutcomeModel) -> tuple[Array, Array]:
    """Return mean and standard deviation of each new observation without the result itself, on the model's scale.

    Raises:
        UnsupportedError: If the model cannot leave one out.
    """
    parts = []
    for weight, component in model.components:
        mean, variance = component.leave_one_out()
        parts.append((weight, (mean, np.sqrt(variance + component.data.noise))))
    return _mix_moments(parts)


def _mix_moments(parts: Sequence[tuple[float, tuple[Array, Array]]]) -> tuple[Array, Array]:
    if len(parts) == 1:
        return parts[0][1]
    w = np.array([weight for weight, _ in parts])[:, None]
    means, sds = np.array([p[0] for _, p in parts]), np.array([p[1] for _, p in parts])
    mean = (w * means).sum(0)
    size = np.maximum(np.abs(np.concatenate([sds, means - mean])).max(), 1e-300)  # squares of large numbers overflow
    return mean, size * np.sqrt((w * ((sds / size) ** 2 + ((means - mean) / size) ** 2)).sum(0))


def compute_noise(model: OutcomeModel, value: float | None = None) -> float:
    """Return the standard deviation of the inferred noise in the metric's own units, at a value of the metric.

    Args:
        model: The model.
        value: The value; by default the median of the results.
    """
    data = model.data
    at = float(np.median(data.y)) if value is None else value
    return float(np.sqrt(data.inferred_noise) / model.transform_slope(np.array([at]))[0])


def estimate_reading_noise(model: OutcomeModel, value: float | None = None) -> float:
    """Return the standard deviation of one reading of a metric in its own units: as given, or as the model finds it.

    Where most results came with a standard error, that of a typical one is taken.

    Args:
        model: The model.
        value: The value of the metric near which inferred noise is told; by default the median of the results.
    """
    sem = model.data.sem
    known = sem[~np.isnan(sem)]
    return float(np.median(known)) if len(known) > len(sem) / 2 else compute_noise(model, value)


def compute_noise_variance(model: OutcomeModel, y: Array, sem: Array) -> Array:
    """Return the noise variances on the model's scale of results, `n`, inferred where their standard error is NaN."""
    return np.where(np.isnan(sem), model.data.inferred_noise, (sem * model.transform_slope(y)) ** 2)


def score_left_out(model: OutcomeModel) -> float | None:
    """Return the mean log density of the results, each predicted without itself, on the model's scale.

    ``None`` for a model that cannot leave one out.
    """
    if model.capabilities.leave_one_out == "none":
        return None
    mean, sd = predict_left_out_targets(model)
    return float(-0.5 * np.mean(((model.data.targets - mean) / sd) ** 2 + np.log(2.0 * np.pi * sd**2)))


def fit(
    data: Sequence[MetricData],
    *,
    kernel: Kernel | None = None,
    initial_hyperparameters: Mapping[str, Hyperparameters] | None = None,
    priors: Priors | None = None,
) -> Surrogate:
    """Fit a surrogate to the results of several metrics.

    Args:
        data: One entry a metric; the metrics may have been measured at different rows.
        kernel: Column kinds and smoothness; by default numeric and RBF.
        initial_hyperparameters: Hyperparameters to start from, by metric.
        priors: Priors of the hyperparameters.

    Raises:
        ModelError: If a metric has no results.
    """
    models = []
    with single_thread():
        for entry in data:
            if not len(entry.y):
                raise ModelError(f"the metric {entry.name!r} has no results to model.")
            report_progress(f"modelling {entry.name} by {len(entry.y):,} results")
            shape = kernel or Kernel(np.zeros(entry.X.shape[1], dtype=bool))
            models.append(fit_outcome_model(entry, shape, (initial_hyperparameters or {}).get(entry.name), priors))
    return Surrogate(tuple(models))


def fit_outcome_model(
    data: MetricData,
    kernel: Kernel,
    initial_hyperparameters: Hyperparameters | None = None,
    priors: Priors | None = None,
) -> OutcomeModel:
    """Fit one metric: exactly, or through inducing points where there are too many results for that.

    Args:
        data: Results and what is wanted.
        kernel: Column kinds and smoothness.
        initial_hyperparameters: Hyperparameters to start from.
        priors: Priors of the hyperparameters.
    """
    many = len(data.y) > MOST_EXACT and len(np.unique(data.X, axis=0)) > MOST_EXACT
    return (fit_inducing_points if many else fit_metric)(data, kernel, initial_hyperparameters, priors)
