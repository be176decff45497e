"""The surrogate: one Gaussian process a metric, asked in the metrics' own units.

Outcomes reach the model's scale by a monotone warp and standardisation; means and variances come back by quadrature.
Knows rows of the unit cube and named outcomes; knows nothing of parameters, trials or goals.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from axnb.errors import AxnbWarning, ModelError
from axnb.surrogate.gp import Array, GaussianProcess, Hyperparameters, Kernel, Priors, fit_gp
from axnb.surrogate.threads import single_thread

if TYPE_CHECKING:
    from botorch.models.model import Model

WarpKind = Literal["identity", "log_low", "log_high", "bilog"]

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(32)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
_MAX_EXPONENT = 300.0


@dataclass(frozen=True, slots=True)
class Warp:
    """A monotone, increasing map of outcomes.

    Args:
        kind: ``"identity"``; ``"log_low"`` spreads out values near the smallest; ``"log_high"`` those near the largest;
            ``"bilog"`` those on both sides of a bound.
        origin: Where the spreading is strongest.
        unit: The distance from there at which the logarithm takes over.

    Example:
        >>> warp = Warp("log_low", origin=0.0, unit=1.0)
        >>> float(warp.inverse(warp.forward(np.array([3.0])))[0])
        3.0
    """

    kind: WarpKind = "identity"
    origin: float = 0.0
    unit: float = 1.0

    def forward(self, y: Array) -> Array:
        """Return the warped outcomes; what lies beyond the warp's end is moved to just inside."""
        t = (y - self.origin) / self.unit
        if self.kind == "log_low":
            return np.log1p(np.maximum(t, -1.0 + 1e-12))
        if self.kind == "log_high":
            return -np.log1p(np.maximum(-t, -1.0 + 1e-12))
        return np.sign(t) * np.log1p(np.abs(t)) if self.kind == "bilog" else t

    def inverse(self, w: Array) -> Array:
        """Return the outcomes of warped values."""
        if self.kind == "identity":
            t = w
        elif self.kind == "log_low":
            t = np.expm1(np.minimum(w, _MAX_EXPONENT))
        elif self.kind == "log_high":
            t = -np.expm1(np.minimum(-w, _MAX_EXPONENT))
        else:
            t = np.sign(w) * np.expm1(np.minimum(np.abs(w), _MAX_EXPONENT))
        return self.origin + self.unit * t

    def slope(self, y: Array) -> Array:
        """Return the derivative of ``forward``."""
        if self.kind == "identity":
            return np.full(np.shape(y), 1.0 / self.unit)
        t = (y - self.origin) / self.unit
        t = -t if self.kind == "log_high" else np.abs(t) if self.kind == "bilog" else t
        return np.asarray(1.0 / (self.unit * (1.0 + np.maximum(t, -1.0 + 1e-12))))


@dataclass(frozen=True, slots=True)
class Scaling:
    """A warp and the standardisation after it.

    Args:
        warp: The warp.
        center: What is subtracted from warped outcomes.
        scale: What they are divided by.
    """

    warp: Warp
    center: float
    scale: float

    @property
    def is_affine(self) -> bool:
        """Whether the map is a straight line."""
        return self.warp.kind == "identity"

    def forward(self, y: Array) -> Array:
        """Return outcomes on the model's scale."""
        return (self.warp.forward(y) - self.center) / self.scale

    def inverse(self, z: Array) -> Array:
        """Return outcomes in the metric's own units."""
        return self.warp.inverse(self.center + self.scale * z)

    def slope(self, y: Array) -> Array:
        """Return the derivative of ``forward``."""
        return self.warp.slope(y) / self.scale

    def log_jacobian(self, y: Array) -> float:
        """Return the sum of the logarithms of ``slope``, by which likelihoods on different scales compare."""
        return float(np.log(np.maximum(self.slope(y), 1e-300)).sum())

    def unscale(self, mean: Array, variance: Array) -> tuple[Array, Array]:
        """Return mean and standard deviation in the metric's own units of normal values on the model's scale."""
        sd = np.sqrt(variance)
        if self.is_affine:
            return self.inverse(mean), sd * self.scale * self.warp.unit
        values = self.inverse(mean[..., None] + sd[..., None] * _NODES)
        middle = self.inverse(mean)  # differences from the middle keep their digits
        offset = (values - middle[..., None]) @ _WEIGHTS
        deviation = values - (middle + offset)[..., None]
        size = np.maximum(np.abs(deviation).max(-1), 1e-300)  # squares of large numbers overflow
        return middle + offset, size * np.sqrt((deviation / size[..., None]) ** 2 @ _WEIGHTS)


def _spread(y: Array) -> float:
    """Return a positive typical size of the deviations of ``y``, safe from overflow."""
    largest = float(np.max(np.abs(y), initial=0.0))
    if largest == 0.0:
        return 1.0
    width = float(np.std(y / largest, ddof=1)) * largest if len(y) > 1 else 0.0
    return width if width > 1e-12 * largest else largest


def standardised(warp: Warp, y: Array) -> Scaling:
    """Return the scaling by a warp that gives ``y`` mean 0 and standard deviation 1.

    Example:
        >>> standardised(Warp(), np.array([1.0, 3.0])).forward(np.array([2.0])).tolist()
        [0.0]
    """
    w = warp.forward(y)
    return Scaling(warp, float(np.mean(w)), _spread(w - np.mean(w)) if np.ptp(w) > 1e-12 * np.max(np.abs(w)) else 1.0)


def identity(y: Array) -> Scaling:
    """Return the plain standardisation of ``y``."""
    largest = float(np.max(np.abs(y), initial=0.0))
    unit = largest if largest > 0.0 else 1.0
    return standardised(Warp("identity", 0.0, unit), y)


def candidates(y: Array, direction: int, bound: float | None, strengths: tuple[float, ...]) -> list[Scaling]:
    """Return the scalings worth a try, the plain one first.

    Args:
        y: `n`, outcomes.
        direction: 1 where large outcomes are wanted, -1 where small ones are, 0 where neither.
        bound: A bound on the outcome that matters, if any.
        strengths: How strongly a logarithm spreads out the good end, one warp each.
    """
    out = [identity(y)]
    if len(y) < 4 or np.ptp(y / out[0].warp.unit) < 1e-9:
        return out
    if bound is not None:
        unit = float(np.median(np.abs(y - bound)))
        if unit > 0.0:
            out.append(standardised(Warp("bilog", bound, unit), y))
    elif direction:
        best = float(y.max() if direction > 0 else y.min())
        unit = float(np.median(np.abs(y - best)))
        if unit > 0.0:
            kind: WarpKind = "log_high" if direction > 0 else "log_low"
            out += [standardised(Warp(kind, best, unit / c), y) for c in strengths]
    return out


WARP_STRENGTHS = (1.0, 5.0, 30.0)
_LEAST_FOR_SHARE = 4  # results from which on a share of the process may be additive
_LARGEST = 1_000_000  # entries of the columns' covariances, beyond which no share of the process is additive
_OFTEN, _SELDOM = 30, 5  # up to so many results the share is looked for each time, then at every so many
_FAILURES = (np.linalg.LinAlgError, ValueError, FloatingPointError)
_LAST_RESORT = 10.0  # standard deviations beyond which results count no more where no fit succeeded
_MANY = 100  # results beyond which scale and start come from a part of them


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
        return self.noise_at(float(np.median(self.y)))

    def noise_at(self, value: float) -> float:
        """Return the standard deviation of the inferred noise in the metric's own units, at a value of the metric."""
        return float(np.sqrt(self.process.hyperparameters.noise) / self.scaling.slope(np.array([value]))[0])


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


def _priors(data: MetricData, scaling: Scaling) -> Priors:
    """Return what is believed of a metric on a scale.

    Results of a search gather near the best. On a straight scale a free mean would then call everything else hopeless,
    so it is held near their average. With several objectives results spread along the front, where smoothness pays.
    """
    if data.direction:
        return Priors(mean_scale=0.3) if scaling.is_affine else Priors()
    return Priors() if data.bound is not None else Priors(lengthscale_loc=0.0, lengthscale_scale=1.0)


_LARGEST_SEM = 1e6  # in the model's units, where results spread by about 1: beyond it a result says nothing


def _scaled_noise(data: MetricData, scaling: Scaling) -> Array:
    return np.minimum(data.sem * scaling.slope(data.y), _LARGEST_SEM) ** 2


def fit_metric(
    data: MetricData,
    kernel: Kernel,
    warm: Hyperparameters | None = None,
    priors: Priors | None = None,
) -> MetricModel:
    """Fit one metric, on the scale that its results make most likely.

    A share of the process is a sum of functions of one column each where the results speak for that. Once they have
    not, this is looked at again now and then.

    Where no fit succeeds, there is a warning, and a model that takes all results for very noisy.

    Args:
        data: Results and what is wanted.
        kernel: Column kinds and smoothness.
        warm: Hyperparameters to start from.
        priors: Priors of the hyperparameters.
    """
    try:
        return _fit_metric(data, kernel, warm, priors)
    except _FAILURES as error:
        warnings.warn(
            f"the model of {data.name!r} could not be fitted ({error}): until it can, all its results are taken for "
            "very noisy. Look for values that are out of all order.",
            AxnbWarning,
            stacklevel=2,
        )
    scaling = identity(data.y)
    z = np.clip(scaling.forward(data.y), -_LAST_RESORT, _LAST_RESORT)
    process = fit_gp(data.X, z, np.ones(len(z)), kernel=kernel, starts=1, max_iterations=1)
    return MetricModel(data.name, process, scaling, data.y, data.sem)


def _fit_metric(data: MetricData, kernel: Kernel, warm: Hyperparameters | None, priors: Priors | None) -> MetricModel:
    n = len(data.y)
    look = warm is None or warm.additive > 0.0 or n <= _OFTEN or n % _SELDOM == 0
    if n <= _MANY:
        _, scaling, process = _most_likely(data, kernel, warm, priors, looks=2 if look else 0)
        return MetricModel(data.name, process, scaling, data.y, data.sem)
    choice, _, small = _most_likely(_part(data, _MANY), kernel, warm, priors, looks=1 if look else 0)
    choices = _choices(data)
    scaling = choices[choice if choice < len(choices) else 0]
    process = fit_gp(
        data.X,
        scaling.forward(data.y),
        _scaled_noise(data, scaling),
        kernel=kernel,
        priors=priors or _priors(data, scaling),
        warm=small.hyperparameters,
        max_iterations=max(1, min(5, round(8 * (400 / n) ** 2))),  # from so near that few do
        refine=True,
        additive=small.hyperparameters.additive > 0.0 and data.X.size * len(data.X) <= _LARGEST,
    )
    return MetricModel(data.name, process, scaling, data.y, data.sem)


def _choices(data: MetricData) -> list[Scaling]:
    if data.is_summed:
        return [identity(data.y)]
    return candidates(data.y, data.direction, data.bound, WARP_STRENGTHS)


def _part(data: MetricData, size: int) -> MetricData:
    """Return some of the results: the best third and an even spread of the rest."""
    order = np.argsort(-data.y if data.direction > 0 else data.y, kind="stable")
    best = order[: size // 3]
    rest = np.setdiff1d(np.arange(len(data.y)), best)
    others = rest[np.linspace(0, len(rest) - 1, size - len(best)).astype(int)]
    rows = np.sort(np.concatenate([best, others]))
    return replace(data, X=data.X[rows], y=data.y[rows], sem=data.sem[rows])


def _most_likely(
    data: MetricData, kernel: Kernel, warm: Hyperparameters | None, priors: Priors | None, *, looks: int
) -> tuple[int, Scaling, GaussianProcess]:
    """Return the number of the most likely scaling, the scaling and the process on it.

    From ``looks`` starts it is looked whether a share of the process is additive.
    """
    given = warm
    best: tuple[float, int, Scaling, GaussianProcess] | None = None
    failure: Exception = ValueError("there is no scale")
    for i, scaling in enumerate(_choices(data)):
        z, noise = scaling.forward(data.y), _scaled_noise(data, scaling)
        try:
            process = fit_gp(
                data.X,
                z,
                noise,
                kernel=kernel,
                priors=priors or _priors(data, scaling),
                warm=warm,
                starts=1 if warm else 2,
            )
        except _FAILURES as error:
            failure = error
            continue
        evidence = process.log_posterior + scaling.log_jacobian(data.y)
        if best is None or evidence > best[0]:
            best = evidence, i, scaling, process
        warm = warm or process.hyperparameters
    if best is None:
        raise failure
    _, i, scaling, process = best
    return i, scaling, _mixed(data, scaling, process, given, priors, looks) if looks else process


def _mixed(
    data: MetricData,
    scaling: Scaling,
    process: GaussianProcess,
    warm: Hyperparameters | None,
    priors: Priors | None,
    starts: int,
) -> GaussianProcess:
    """Return a process of which a share is additive, if that pays for its one more hyperparameter."""
    n, d = data.X.shape
    if n < _LEAST_FOR_SHARE or d < 2:
        return process
    known = warm is not None and warm.additive > 0.0
    try:
        mixed = fit_gp(
            data.X,
            process.y,
            _scaled_noise(data, scaling),
            kernel=process.kernel,
            priors=priors or _priors(data, scaling),
            warm=warm if known else process.hyperparameters,
            starts=1 if known else starts,
            additive=True,
        )
    except _FAILURES:
        return process
    return mixed if mixed.log_posterior > process.log_posterior + 0.5 * np.log(n) else process


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
        ModelError: If a metric has no results.
    """
    models = []
    with single_thread():
        for entry in data:
            if not len(entry.y):
                raise ModelError(f"the metric {entry.name!r} has no results to model.")
            shape = kernel or Kernel(np.zeros(entry.X.shape[1], dtype=bool))
            models.append(fit_metric(entry, shape, (warm or {}).get(entry.name), priors))
    return Surrogate(tuple(models))
