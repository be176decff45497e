"""The model of one metric by one Gaussian process, and its fit on the scale that the results make most likely.

Knows rows of the unit cube and named outcomes; knows nothing of parameters, trials or goals.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from axnb.errors import AxnbWarning, UnsupportedError
from axnb.surrogate.gp import GaussianProcess, Hyperparameters, Posterior, Priors, fit_gp
from axnb.surrogate.input_warp import InputWarpedGaussianProcess
from axnb.surrogate.kernels import Array, Kernel
from axnb.surrogate.outcome_model import Capabilities, OutcomeModel, TrainingData
from axnb.surrogate.outcome_transforms import OutcomeTransform, list_candidates, standardize
from axnb.surrogate.sensitivity import ColumnSobolIndices, compute_sobol_indices

if TYPE_CHECKING:
    from botorch.models.model import Model

_LEAST_FOR_SHARE = 4  # results from which on a share of the process may be additive; not tuned
_LARGEST = 1_000_000  # entries of the columns' covariances, beyond which a search for an additive share costs too much
_OFTEN, _SELDOM = 30, 5  # up to so many results the share is looked for each time, then at every so many; for time
_FAILURES = (np.linalg.LinAlgError, ValueError, FloatingPointError)
_LAST_RESORT = 10.0  # standard deviations beyond which results count no more where no fit succeeded; not tuned
_MANY = 100  # results beyond which scale and start come from a part of them: 200 were answered in 2/3 of the time
_LARGEST_SEM = 1e6  # on the model's scale, where results spread by about 1: beyond it a result says nothing


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
class GaussianProcessModel:
    """A Gaussian process, over the columns or over warped ones, with the scale on which it sees a metric.

    Args:
        name: The metric's name.
        process: The process on the model's scale.
        outcome_transform: From the metric's own units to that scale.
        y: `n`, outcomes in the metric's own units.
        sem: `n`, standard errors of the outcomes; NaN where unknown.
    """

    name: str
    process: GaussianProcess | InputWarpedGaussianProcess
    outcome_transform: OutcomeTransform
    y: Array
    sem: Array

    @property
    def capabilities(self) -> Capabilities:
        """All but a fit anew over warped columns, and sensitivity where no integrals are known."""
        process = self.process
        if not isinstance(process, GaussianProcess):
            return Capabilities(refitting=False, sensitivity="none")
        return Capabilities(sensitivity="exact" if process.kernel.smoothness == "rbf" else "none")

    @property
    def data(self) -> TrainingData:
        """What the process was fitted to."""
        p = self.process
        inferred = p.hyperparameters.noise
        return TrainingData(X=p.X, y=self.y, sem=self.sem, targets=p.y, noise=p.noise, inferred_noise=inferred)

    @property
    def components(self) -> tuple[tuple[float, OutcomeModel], ...]:
        """The model alone."""
        return ((1.0, self),)

    @property
    def is_affine(self) -> bool:
        """Whether the model's scale is the metric's own, moved and stretched."""
        return self.outcome_transform.is_affine

    def posterior(self, X: Array) -> tuple[Array, Array]:
        """Return mean and variance, `q` each, at the rows of ``X``."""
        return self.process.posterior(X)

    def posterior_with_gradient(self, X: Array) -> Posterior:
        """Return mean and variance with their gradients by the rows."""
        return self.process.posterior_with_gradient(X)

    def joint_posterior(self, X: Array) -> tuple[Array, Array]:
        """Return the mean `q` and the covariance `q x q` at the rows of ``X``."""
        return self.process.joint_posterior(X)

    def sample(self, X: Array, count: int, rng: np.random.Generator) -> Array:
        """Return draws `count x q` of the values at the rows of ``X`` together."""
        return self.process.sample(X, count, rng)

    def condition(self, x: Array, target: float, noise: float = 0.0) -> "GaussianProcessModel":
        """Return the model with one more observation and the same hyperparameters."""
        y = self.untransform(np.array([target]))
        sem = np.sqrt(noise) / self.transform_slope(y)
        process = self.process.condition(x, target, noise)
        return replace(self, process=process, y=np.append(self.y, y), sem=np.append(self.sem, sem))

    def leave_one_out(self) -> tuple[Array, Array]:
        """Return mean and variance `n` of the value at each row of the data, given all results but its own."""
        return self.process.leave_one_out()

    def refit(self, rows: NDArray[np.bool_]) -> "GaussianProcessModel":
        """Return a model fitted again to some of the results only, from the same hyperparameters.

        Raises:
            UnsupportedError: If the columns are warped.
        """
        process, transform = self.process, self.outcome_transform
        if not isinstance(process, GaussianProcess):
            raise UnsupportedError(
                f"the model of {self.name!r} warps its columns, and is not fitted to a part of them."
            )
        given = process.hyperparameters
        found = fit_gp(
            process.X[rows],
            process.y[rows],
            _scale_noise(self.y[rows], self.sem[rows], transform),
            kernel=process.kernel,
            initial_hyperparameters=given,
            additive=given.additive > 0.0,
        )
        return GaussianProcessModel(self.name, found, transform, self.y[rows], self.sem[rows])

    def prior_correlation(self, A: Array, B: Array) -> Array:
        """Return how alike the model holds two sets of rows before any results, `n x m`."""
        return self.process.prior_covariance(A, B) / self.process.hyperparameters.outputscale

    def compute_sobol_indices(self, levels: NDArray[np.int64]) -> ColumnSobolIndices:
        """Return how much of the variance of the mean over the cube each column explains.

        Raises:
            UnsupportedError: If the kernel has no integrals in closed form.
        """
        process = self.process
        if self.capabilities.sensitivity == "none" or not isinstance(process, GaussianProcess):
            raise UnsupportedError(
                f"the model of {self.name!r} has no Sobol indices in closed form: its kernel is not RBF."
            )
        return compute_sobol_indices(process, levels)

    def to_botorch(self) -> "Model":
        """Return a BoTorch model with the same posterior, on the model's scale; imports PyTorch."""
        from axnb.surrogate.botorch_conversion import convert_process

        return convert_process(self.process)

    def summarize(self, columns: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Return the hyperparameters, and the warp of outcomes where there is one."""
        pairs, warp = self.process.hyperparameters.to_pairs(columns), self.outcome_transform.warp
        return pairs if self.is_affine else (*pairs, (f"warp.{warp.kind}", warp.unit))

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


def _choose_priors(data: MetricData, transform: OutcomeTransform) -> Priors:
    """Return what is believed of a metric on a scale.

    Results of a search gather near the best. On a straight scale a free mean would then call everything else hopeless,
    so it is held near their average; kept after an ablation over ten seeds of each benchmark problem. With several
    objectives results spread along the front, where smoothness pays.
    """
    if data.direction:
        return Priors(mean_scale=0.3) if transform.is_affine else Priors()
    return Priors() if data.bound is not None else Priors(lengthscale_loc=0.0, lengthscale_scale=1.0)


def _scale_noise(y: Array, sem: Array, transform: OutcomeTransform) -> Array:
    return np.minimum(sem * transform.slope(y), _LARGEST_SEM) ** 2


def fit_metric(
    data: MetricData,
    kernel: Kernel,
    initial_hyperparameters: Hyperparameters | None = None,
    priors: Priors | None = None,
) -> GaussianProcessModel:
    """Fit one metric, on the scale that its results make most likely.

    A share of the process is a sum of functions of one column each where the results speak for that. Once they have
    not, this is looked at again now and then.

    Where no fit succeeds, there is a warning, and a model that takes all results for very noisy.

    Args:
        data: Results and what is wanted.
        kernel: Column kinds and smoothness.
        initial_hyperparameters: Hyperparameters to start from.
        priors: Priors of the hyperparameters.
    """
    try:
        return _Fit(data, kernel, initial_hyperparameters, priors).run()
    except _FAILURES as error:
        warnings.warn(
            f"the model of {data.name!r} could not be fitted ({error}): until it can, all its results are taken for "
            "very noisy. Look for values that are out of all order.",
            AxnbWarning,
            stacklevel=2,
        )
    transform = standardize(data.y)
    z = np.clip(transform.transform(data.y), -_LAST_RESORT, _LAST_RESORT)
    process = fit_gp(data.X, z, np.ones(len(z)), kernel=kernel, starts=1, max_iterations=1)
    return GaussianProcessModel(data.name, process, transform, data.y, data.sem)


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """What a metric is fitted from."""

    data: MetricData
    kernel: Kernel
    initial: Hyperparameters | None
    priors: Priors | None

    def run(self) -> GaussianProcessModel:
        """Return the model.

        Raises:
            numpy.linalg.LinAlgError: No scale can be fitted.
        """
        data, initial = self.data, self.initial
        n = len(data.y)
        look = initial is None or initial.additive > 0.0 or n <= _OFTEN or n % _SELDOM == 0
        if n <= _MANY:
            _, transform, process = self.choose_scale(looks=2 if look else 0)
            return GaussianProcessModel(data.name, process, transform, data.y, data.sem)
        part = replace(self, data=_select_part(data, _MANY))
        choice, _, small = part.choose_scale(looks=1 if look else 0)
        choices = self.list_transforms()
        transform = choices[choice if choice < len(choices) else 0]
        process = fit_gp(
            data.X,
            transform.transform(data.y),
            _scale_noise(data.y, data.sem, transform),
            kernel=self.kernel,
            priors=self.priors or _choose_priors(data, transform),
            initial_hyperparameters=small.hyperparameters,
            max_iterations=max(1, min(5, round(8 * (400 / n) ** 2))),  # from so near that few do
            refine=True,
            additive=small.hyperparameters.additive > 0.0 and data.X.size * len(data.X) <= _LARGEST,
        )
        return GaussianProcessModel(data.name, process, transform, data.y, data.sem)

    def list_transforms(self) -> list[OutcomeTransform]:
        """Return the scales worth a try."""
        data = self.data
        return [standardize(data.y)] if data.is_summed else list_candidates(data.y, data.direction, data.bound)

    def choose_scale(self, *, looks: int) -> tuple[int, OutcomeTransform, GaussianProcess]:
        """Return the number of the most likely scale, the scale and the process on it.

        From ``looks`` starts it is looked whether a share of the process is additive.

        Raises:
            numpy.linalg.LinAlgError: No scale can be fitted.
        """
        data, start = self.data, self.initial
        best: tuple[float, int, OutcomeTransform, GaussianProcess] | None = None
        failure: Exception = ValueError("there is no scale")
        for i, transform in enumerate(self.list_transforms()):
            z, noise = transform.transform(data.y), _scale_noise(data.y, data.sem, transform)
            try:
                process = fit_gp(
                    data.X,
                    z,
                    noise,
                    kernel=self.kernel,
                    priors=self.priors or _choose_priors(data, transform),
                    initial_hyperparameters=start,
                    starts=1 if start else 2,
                )
            except _FAILURES as error:
                failure = error
                continue
            evidence = process.log_posterior + transform.log_jacobian(data.y)
            if best is None or evidence > best[0]:
                best = evidence, i, transform, process
            start = start or process.hyperparameters
        if best is None:
            raise failure
        _, i, transform, process = best
        return i, transform, self.try_additive_share(transform, process, looks) if looks else process

    def try_additive_share(self, transform: OutcomeTransform, process: GaussianProcess, starts: int) -> GaussianProcess:
        """Return a process of which a share is additive, if that pays for its one more hyperparameter (BIC)."""
        data, initial = self.data, self.initial
        n, d = data.X.shape
        if n < _LEAST_FOR_SHARE or d < 2:
            return process
        known = initial is not None and initial.additive > 0.0
        try:
            mixed = fit_gp(
                data.X,
                process.y,
                _scale_noise(data.y, data.sem, transform),
                kernel=process.kernel,
                priors=self.priors or _choose_priors(data, transform),
                initial_hyperparameters=initial if known else process.hyperparameters,
                starts=1 if known else starts,
                additive=True,
            )
        except _FAILURES:
            return process
        return mixed if mixed.log_posterior > process.log_posterior + 0.5 * np.log(n) else process


def _select_part(data: MetricData, size: int) -> MetricData:
    """Return some of the results: the best third and an even spread of the rest."""
    order = np.argsort(-data.y if data.direction > 0 else data.y, kind="stable")
    best = order[: size // 3]
    rest = np.setdiff1d(np.arange(len(data.y)), best)
    others = rest[np.linspace(0, len(rest) - 1, size - len(best)).astype(int)]
    rows = np.sort(np.concatenate([best, others]))
    return replace(data, X=data.X[rows], y=data.y[rows], sem=data.sem[rows])
