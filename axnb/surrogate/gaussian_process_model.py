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
from axnb.surrogate.gp_many import fit_gp_to_many
from axnb.surrogate.input_warp import InputWarpedGaussianProcess
from axnb.surrogate.kernels import Array, Kernel
from axnb.surrogate.outcome_model import Capabilities, OutcomeModel, TrainingData
from axnb.surrogate.outcome_transforms import OutcomeTransform, list_candidates, standardize
from axnb.surrogate.replicates import PooledRows, Replicates, find_replicates, pool_rows
from axnb.surrogate.sensitivity import ColumnSobolIndices, compute_sobol_indices

if TYPE_CHECKING:
    from botorch.models.model import Model

_LEAST_FOR_SHARE = 4  # results from which on a share of the process may be additive; not tuned
_LARGEST = 1_000_000  # entries of the columns' covariances, beyond which a search for an additive share takes too long
_OFTEN = 30  # results up to which a share and much noise are looked for each time
_SELDOM = 5  # beyond, they are looked for at every so many results; for time
_FAILURES = (np.linalg.LinAlgError, ValueError, FloatingPointError)
_LAST_RESORT = 10.0  # standard deviations beyond which results count no more where no fit succeeded; not tuned
_MANY = 100  # results beyond which scale and start come from a part of them: 200 were answered in 2/3 of the time
_COLD, _WARM = 25, 5  # iterations for more results, without and with an earlier fit; for time, not tuned
_MUCH = 10.0  # times the noise of the start: so much more was found in another mode; not tuned
_LARGEST_SEM = 1e6  # on the model's scale, where results spread by about 1: beyond it a result says nothing; not tuned


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
        replicates: How the outcomes share the rows of the process; ``None`` where each has its own.
    """

    name: str
    process: GaussianProcess | InputWarpedGaussianProcess
    outcome_transform: OutcomeTransform
    y: Array
    sem: Array
    replicates: Replicates | None = None

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
        p, shared = self.process, self.replicates
        X, targets, noise = p.X, p.y, p.noise
        if shared is not None:
            X, targets, noise = X[shared.group], self.transform(self.y), shared.noise
        inferred = p.hyperparameters.noise
        return TrainingData(X=X, y=self.y, sem=self.sem, targets=targets, noise=noise, inferred_noise=inferred)

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
        shared = self.replicates
        if shared is not None:
            shared = shared.append(len(self.process.y), noise)
        return replace(self, process=process, y=np.append(self.y, y), sem=np.append(self.sem, sem), replicates=shared)

    def leave_one_out(self) -> tuple[Array, Array]:
        """Return mean and variance `n` of the value at each row of the data, given all results but its own."""
        process, shared = self.process, self.replicates
        found = process.leave_one_out()
        return found if shared is None else shared.leave_one_out(self.data.targets, (process.y, process.noise), found)

    def pool_targets(self) -> PooledRows:
        """Return the outcomes on the model's scale, those at the same row together."""
        data = self.data
        return pool_rows(data.X, data.targets, np.where(np.isnan(self.sem), np.nan, np.maximum(data.noise, 1e-12)))

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
        given, known = process.hyperparameters, self.data
        X, y, sem = known.X[rows], self.y[rows], self.sem[rows]
        noise = np.where(np.isnan(sem), np.nan, known.noise[rows])
        found = fit_gp(
            X,
            known.targets[rows],
            noise,
            kernel=process.kernel,
            initial_hyperparameters=given,
            additive=given.additive > 0.0,
        )
        return GaussianProcessModel(
            self.name, found, transform, y, sem, find_replicates(X, noise, found.hyperparameters.noise)
        )

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


def scale_noise(data: MetricData, transform: OutcomeTransform, at: Array) -> Array:
    """Return the noise variances on the model's scale; NaN where unknown.

    Args:
        data: Results with their standard errors.
        transform: To the model's scale.
        at: `n`, the values at which its slope is taken. At the results themselves it would depend on their noise, and
            the evidence would favour scales whose slope is large there.
    """
    return np.minimum(data.sem * transform.slope(at), _LARGEST_SEM) ** 2


def _smooth(data: MetricData, transform: OutcomeTransform, process: GaussianProcess) -> Array:
    """Return what the results would be without their noise, by a process on a straight scale."""
    if not (data.sem > 0.0).any():
        return data.y
    return np.clip(transform.untransform(process.posterior(data.X)[0]), data.y.min(), data.y.max())


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
    return _build_model(data, transform, process, np.ones(len(z)))


def _build_model(
    data: MetricData, transform: OutcomeTransform, process: GaussianProcess, noise: Array
) -> GaussianProcessModel:
    shared = find_replicates(data.X, noise, process.hyperparameters.noise)
    return GaussianProcessModel(data.name, process, transform, data.y, data.sem, shared)


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
        n = len(np.unique(data.X, axis=0)) if len(data.y) > _MANY else len(data.y)
        anew = initial is None or n <= _OFTEN or n % _SELDOM == 0
        look = anew or (initial is not None and initial.additive > 0.0)
        if n <= _MANY:
            found = self.choose_scale(looks=2 if look else 0, seeks_noise=anew)
            return _build_model(data, found.transform, found.process, found.noise)
        part = replace(self, data=_select_part(data, _MANY))
        small = part.choose_scale(looks=1 if look else 0, seeks_noise=anew)
        choices = self.list_transforms()
        transform = choices[small.choice if small.choice < len(choices) else 0]
        noise = scale_noise(data, transform, _smooth(data, small.plain_transform, small.plain))
        process = fit_gp_to_many(
            data.X,
            transform.transform(data.y),
            noise,
            [small.process.hyperparameters, *([] if initial is None else [initial])],
            kernel=self.kernel,
            priors=self.priors or _choose_priors(data, transform),
            iterations=_COLD if initial is None else _WARM,
            starts_anew=initial is None,
            seeks_noise=anew,
            additive=small.process.hyperparameters.additive > 0.0 and data.X.size * n <= _LARGEST,
        )
        return _build_model(data, transform, process, noise)

    def list_transforms(self) -> list[OutcomeTransform]:
        """Return the scales worth a try."""
        data = self.data
        return [standardize(data.y)] if data.is_summed else list_candidates(data.y, data.direction, data.bound)

    def choose_scale(self, *, looks: int, seeks_noise: bool) -> "_Choice":
        """Return the most likely scale and the process on it.

        From ``looks`` starts it is looked whether a share of the process is additive; ``seeks_noise`` says whether to
        look for a mode with much noise.

        Raises:
            numpy.linalg.LinAlgError: No scale can be fitted.
        """
        data, start = self.data, self.initial
        best: _Choice | None = None
        plain: tuple[OutcomeTransform, GaussianProcess] | None = None
        failure: Exception = ValueError("there is no scale")
        for i, transform in enumerate(self.list_transforms()):
            at = data.y if plain is None else _smooth(data, *plain)
            noise = scale_noise(data, transform, at)
            try:
                process = self.fit_on(transform, noise, start, look_for_noise=seeks_noise and plain is None)
            except _FAILURES as error:
                failure = error
                continue
            plain = plain or (transform, process)
            evidence = process.log_posterior + transform.log_jacobian(data.y)
            if best is None or evidence > best.evidence:
                best = _Choice(evidence, i, transform, process, noise, *plain)
            if start is None or process.hyperparameters.noise > _MUCH * start.noise:
                start = process.hyperparameters  # noise on one scale is noise on the others
        if best is None:
            raise failure
        return replace(best, process=self.try_additive_share(best, looks)) if looks else best

    def fit_on(
        self, transform: OutcomeTransform, noise: Array, start: Hyperparameters | None, *, look_for_noise: bool
    ) -> GaussianProcess:
        """Return the process on a scale.

        Raises:
            numpy.linalg.LinAlgError: It cannot be fitted.
        """
        data = self.data
        return fit_gp(
            data.X,
            transform.transform(data.y),
            noise,
            kernel=self.kernel,
            priors=self.priors or _choose_priors(data, transform),
            initial_hyperparameters=start,
            starts=1 if start else 2,
            look_for_noise=look_for_noise,
        )

    def try_additive_share(self, choice: "_Choice", starts: int) -> GaussianProcess:
        """Return a process of which a share is additive, if that pays for its one more hyperparameter (BIC)."""
        data, initial, transform, process = self.data, self.initial, choice.transform, choice.process
        n, d = data.X.shape
        if n < _LEAST_FOR_SHARE or d < 2:
            return process
        known = initial is not None and initial.additive > 0.0
        try:
            mixed = fit_gp(
                data.X,
                transform.transform(data.y),
                choice.noise,
                kernel=process.kernel,
                priors=self.priors or _choose_priors(data, transform),
                initial_hyperparameters=initial if known else process.hyperparameters,
                starts=1 if known else starts,
                additive=True,
                look_for_noise=False,
            )
        except _FAILURES:
            return process
        return mixed if mixed.log_posterior > process.log_posterior + 0.5 * np.log(n) else process


@dataclass(frozen=True, slots=True, eq=False)
class _Choice:
    """A scale with the process on it.

    Args:
        evidence: How likely the results are on it, as a logarithm.
        choice: Its number.
        transform: To the scale.
        process: The process on it.
        noise: `n`, noise variances on it; NaN where unknown.
        plain_transform: To the straight scale.
        plain: The process on that.
    """

    evidence: float
    choice: int
    transform: OutcomeTransform
    process: GaussianProcess
    noise: Array
    plain_transform: OutcomeTransform
    plain: GaussianProcess


def _select_part(data: MetricData, size: int) -> MetricData:
    """Return the results at some rows, drawn whatever they are.

    The noise of results that are chosen for being good does not average out: a third of the best among them made an
    R² of 0.46 of 0.97 where 600 results had as much noise as signal.
    """
    _, group = np.unique(data.X, axis=0, return_inverse=True)
    group = group.ravel()
    chosen = np.random.default_rng(0).permutation(int(group.max()) + 1)[:size]
    rows = np.flatnonzero(np.isin(group, chosen))
    return replace(data, X=data.X[rows], y=data.y[rows], sem=data.sem[rows])
