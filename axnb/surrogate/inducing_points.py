"""The model of a metric with more results than an exact process can carry: it knows them through inducing points.

The approximation is that of Snelson and Ghahramani (2006, "Sparse Gaussian processes using pseudo-inputs"), the fully
independent training conditional of Quiñonero-Candela and Rasmussen (2005, https://jmlr.org/papers/v6/): the process at
some rows tells what it is elsewhere, and what they leave open at a result counts as noise of that result alone. The
inducing rows are rows that were tried: half of them spread over all by a pivoted Cholesky factorisation (Burt,
Rasmussen and van der Wilk 2020, https://jmlr.org/papers/v21/19-1015.html), half over the best, where a search goes on.
Hyperparameters come from an exact fit to a part of the results.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from axnb.errors import UnsupportedError
from axnb.interrupts import check_cancelled
from axnb.surrogate.gaussian_process_model import GaussianProcessModel, MetricData, fit_metric, scale_noise
from axnb.surrogate.gp import GaussianProcess, Hyperparameters, Posterior, Priors, factorize
from axnb.surrogate.kernels import Array, Kernel
from axnb.surrogate.outcome_model import Capabilities, OutcomeModel, TrainingData
from axnb.surrogate.sensitivity import ColumnSobolIndices

if TYPE_CHECKING:
    from botorch.models.model import Model

MOST_EXACT = 1500
"""Distinct rows up to which the process is exact. An exact fit to 5,000 took 31 s and 1.5 GB; on 2,000 results of five
functions of 2 to 20 columns, R² differs by .001 at most and an exact fit takes 2 to 4 times as long."""

_PART = 1200  # rows that hyperparameters come from; a fit to them takes a second
_INDUCING = 800  # inducing rows at most
_CANDIDATES = 3000  # rows that the spread ones are chosen from; for time
_BEST = 0.1  # share of the rows that counts as the best, of which half the inducing rows are
_CHUNK = 2048  # rows at once; for memory
_LEAST_NOISE = 1e-6  # variance of a result at least; for rounding
_NOTHING_LEFT = 1e-6  # of the variance, below which another inducing row tells nothing; not tuned


@dataclass(frozen=True, slots=True, eq=False)
class InducingPointModel:
    """A Gaussian process that knows many results through fewer rows.

    Args:
        base: The process at the inducing rows, which stand for the results.
        given: The results themselves.
        left_open: `n`, variance of the value at each result that the inducing rows leave open.
        part: The exact model of a part of the results, which the hyperparameters come from.
    """

    base: GaussianProcessModel
    given: TrainingData
    left_open: Array
    part: GaussianProcessModel

    @property
    def name(self) -> str:
        """The metric's name."""
        return self.base.name

    @property
    def capabilities(self) -> Capabilities:
        """All but a fit anew to a part; leaving one out and BoTorch's model are approximate."""
        return replace(
            self.base.capabilities,
            refitting=False,
            leave_one_out="approximate",
            botorch="approximate",
        )

    @property
    def data(self) -> TrainingData:
        """What the process was fitted to."""
        return self.given

    @property
    def components(self) -> tuple[tuple[float, OutcomeModel], ...]:
        """The model alone."""
        return ((1.0, self),)

    @property
    def is_affine(self) -> bool:
        """Whether the model's scale is the metric's own, moved and stretched."""
        return self.base.is_affine

    def posterior(self, X: Array) -> tuple[Array, Array]:
        """Return mean and variance, `q` each, at the rows of ``X``."""
        if len(X) <= _CHUNK:
            return self.base.posterior(X)
        parts = [self.base.posterior(X[rows]) for rows in _iterate_chunks(len(X))]
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])

    def posterior_with_gradient(self, X: Array) -> Posterior:
        """Return mean and variance with their gradients by the rows."""
        return self.base.posterior_with_gradient(X)

    def joint_posterior(self, X: Array) -> tuple[Array, Array]:
        """Return the mean `q` and the covariance `q x q` at the rows of ``X``."""
        return self.base.joint_posterior(X)

    def sample(self, X: Array, count: int, rng: np.random.Generator) -> Array:
        """Return draws `count x q` of the values at the rows of ``X`` together."""
        return self.base.sample(X, count, rng)

    def condition(self, x: Array, target: float, noise: float = 0.0) -> "InducingPointModel":
        """Return the model with one more observation, exact, and the same hyperparameters."""
        base, given = self.base.condition(x, target, noise), self.given
        return InducingPointModel(
            base,
            TrainingData(
                X=np.vstack([given.X, x]),
                y=np.append(given.y, base.y[-1]),
                sem=np.append(given.sem, base.sem[-1]),
                targets=np.append(given.targets, target),
                noise=np.append(given.noise, noise),
                inferred_noise=given.inferred_noise,
                inducing_points=given.inducing_points,
            ),
            np.append(self.left_open, 0.0),
            self.part.condition(x, target, noise),
        )

    def leave_one_out(self) -> tuple[Array, Array]:
        """Return mean and variance `n` of the value at each row of the data, given all results but its own.

        What a result told the inducing rows is taken back; they and the hyperparameters stay.
        """
        mean, variance = self.posterior(self.given.X)
        tiny = 1e-12 * self.base.process.hyperparameters.outputscale
        known = np.maximum(variance - self.left_open, tiny)  # of what the inducing rows say there
        apart = np.maximum(self.given.noise + self.left_open, tiny)
        without = 1.0 / np.maximum(1.0 / known - 1.0 / apart, tiny)
        return without * (mean / known - self.given.targets / apart), without + self.left_open

    def refit(self, rows: NDArray[np.bool_]) -> "InducingPointModel":
        """Refuse to fit again.

        Raises:
            UnsupportedError: Always.
        """
        raise UnsupportedError(f"the model of {self.name!r} has too many results to be fitted again to a part of them.")

    def prior_correlation(self, A: Array, B: Array) -> Array:
        """Return how alike the model holds two sets of rows before any results, `n x m`."""
        return self.base.prior_correlation(A, B)

    def compute_sobol_indices(self, levels: NDArray[np.int64]) -> ColumnSobolIndices:
        """Return how much of the variance of the mean over the cube each column explains."""
        return self.base.compute_sobol_indices(levels)

    def to_botorch(self) -> "Model":
        """Return a BoTorch model of a part of the results, on the model's scale; imports PyTorch."""
        return self.part.to_botorch()

    def summarize(self, columns: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Return the hyperparameters, and the warp of outcomes where there is one."""
        return self.base.summarize(columns)

    def transform(self, y: Array) -> Array:
        """Return outcomes in the metric's own units on the model's scale."""
        return self.base.transform(y)

    def transform_slope(self, y: Array) -> Array:
        """Return the derivative of ``transform``."""
        return self.base.transform_slope(y)

    def untransform(self, z: Array) -> Array:
        """Return values on the model's scale in the metric's own units."""
        return self.base.untransform(z)

    def untransform_moments(self, mean: Array, variance: Array) -> tuple[Array, Array]:
        """Return mean and standard deviation in the metric's own units of normal values on the model's scale."""
        return self.base.untransform_moments(mean, variance)


def fit_inducing_points(
    data: MetricData,
    kernel: Kernel,
    initial_hyperparameters: Hyperparameters | None = None,
    priors: Priors | None = None,
) -> InducingPointModel:
    """Return the model of many results: hyperparameters and scale from a part of them, what is known from all.

    Args:
        data: Results and what is wanted.
        kernel: Column kinds and smoothness.
        initial_hyperparameters: Hyperparameters to start from.
        priors: Priors of the hyperparameters.

    Raises:
        numpy.linalg.LinAlgError: The covariance of the inducing rows does not factorise.
    """
    rng = np.random.default_rng(0)
    ends = [int(data.y.argmin()), int(data.y.argmax())]  # no result lies beyond the scale that is found
    part = np.unique(np.append(rng.permutation(len(data.y))[:_PART], ends))
    model = fit_metric(_select(data, part), kernel, initial_hyperparameters, priors)
    check_cancelled()
    process = model.process
    if not isinstance(process, GaussianProcess):
        raise UnsupportedError(f"the model of {data.name!r} warps its columns, and takes no inducing rows.")
    targets = model.transform(data.y)
    inferred = process.hyperparameters.noise
    expected = model.untransform(_ask(process, data.X)) if (data.sem > 0.0).any() else data.y
    known = scale_noise(data, model.outcome_transform, np.clip(expected, data.y.min(), data.y.max()))
    noise = np.where(np.isnan(known), inferred, np.maximum(known, _LEAST_NOISE))
    Z = data.X[_choose_rows(process, data, rng)]
    found, left_open = _condense(process, data.X, targets, np.maximum(noise, _LEAST_NOISE), Z)
    y = model.untransform(found.posterior(Z)[0])
    base = GaussianProcessModel(data.name, found, model.outcome_transform, y, np.full(len(y), np.nan))
    given = TrainingData(
        X=data.X,
        y=data.y,
        sem=data.sem,
        targets=targets,
        noise=noise,
        inferred_noise=inferred,
        inducing_points=len(Z),
    )
    return InducingPointModel(base, given, left_open, model)


def _select(data: MetricData, rows: NDArray[np.int64]) -> MetricData:
    return replace(data, X=data.X[rows], y=data.y[rows], sem=data.sem[rows])


def _iterate_chunks(count: int) -> Iterator[slice]:
    for first in range(0, count, _CHUNK):
        check_cancelled()
        yield slice(first, first + _CHUNK)


def _ask(process: GaussianProcess, X: Array) -> Array:
    """Return the means `n` at many rows."""
    h = process.hyperparameters
    parts = [process.prior_covariance(X[rows], process.X) @ process.weights for rows in _iterate_chunks(len(X))]
    return h.mean + np.concatenate(parts)


def _choose_rows(process: GaussianProcess, data: MetricData, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the rows at which the process is kept: spread over all, and over the best where some are wanted."""
    candidates = rng.permutation(len(data.y))[:_CANDIDATES]
    if data.direction == 0:
        return candidates[_spread(process, data.X[candidates], _INDUCING)]
    order = np.argsort(-data.direction * _ask(process, data.X))
    best = order[: max(_INDUCING, int(_BEST * len(order)))][:_CANDIDATES]
    wide = candidates[_spread(process, data.X[candidates], _INDUCING // 2)]
    return np.unique(np.concatenate([wide, best[_spread(process, data.X[best], _INDUCING // 2)]]))


def _spread(process: GaussianProcess, X: Array, count: int) -> NDArray[np.int64]:
    """Return rows, each the one of which those before tell least: the pivots of a Cholesky factorisation."""
    scale = process.hyperparameters.outputscale
    left, factors, chosen = np.full(len(X), scale), np.empty((min(count, len(X)), len(X))), []
    for k in range(len(factors)):
        at = int(left.argmax())
        if left[at] < _NOTHING_LEFT * scale:
            break
        row = process.prior_covariance(X[at : at + 1], X)[0] - factors[:k, at] @ factors[:k]
        factors[k] = row / np.sqrt(left[at])
        left -= factors[k] ** 2
        left[at] = 0.0
        chosen.append(at)
        check_cancelled()
    return np.array(chosen, dtype=np.int64)


def _condense(process: GaussianProcess, X: Array, y: Array, noise: Array, Z: Array) -> tuple[GaussianProcess, Array]:
    """Return the process that knows many results through some rows, and what the rows leave open at each result.

    With `K` the covariance of the rows `Z`, `k` theirs with the results and `D` the results' own variances, the
    precision of what is known at `Z` is `K + k D^-1 k'`; its eigenvalues, `K` taken out, give a factor that loses no
    digits.

    Args:
        process: Kernel and hyperparameters.
        X: `n x d`, rows.
        y: `n`, outcomes.
        noise: `n`, their variances.
        Z: `m x d`, inducing rows.

    Raises:
        numpy.linalg.LinAlgError: The covariance of the inducing rows does not factorise.
    """
    from scipy.linalg import eigh, solve_triangular

    h, m = process.hyperparameters, len(Z)
    L, _ = factorize(process.prior_covariance(Z, Z), h.outputscale)
    inner, sums, left_open = np.zeros((m, m)), np.zeros((m, 2)), np.empty(len(y))
    outer, logs = np.zeros((2, 2)), 0.0
    for rows in _iterate_chunks(len(y)):
        a = solve_triangular(L, process.prior_covariance(Z, X[rows]), lower=True, check_finite=False)
        left_open[rows] = np.maximum(h.outputscale - np.einsum("ij,ij->j", a, a), 0.0)
        root = np.sqrt(noise[rows] + left_open[rows])
        a /= root
        told = np.column_stack([y[rows], np.ones(len(root))]) / root[:, None]
        inner += a @ a.T
        sums += a @ told
        outer += told.T @ told
        logs += 2.0 * float(np.log(root).sum())
    values, vectors = eigh(inner, check_finite=False)
    values = np.maximum(values, _LEAST_NOISE * max(float(values[-1]), 1.0) * 1e-6)
    turned = vectors.T @ sums
    left = outer - turned.T @ (turned / (1.0 + values)[:, None])  # of outcomes and ones, by the results' precision
    mean = float(left[0, 1] / (left[1, 1] + process.mean_precision))
    centred = turned[:, 0] - mean * turned[:, 1]
    factor = np.sqrt(values / (1.0 + values))[:, None] * solve_triangular(L, vectors, lower=True, trans="T").T
    likelihood = -0.5 * float(left[0, 0] - 2.0 * mean * left[0, 1] + mean**2 * left[1, 1])
    likelihood -= 0.5 * (logs + float(np.log1p(values).sum()) + len(y) * float(np.log(2.0 * np.pi)))
    return replace(
        process,
        X=Z,
        y=mean + L @ (vectors @ (centred / values)),
        noise=np.full(m, h.noise),
        hyperparameters=replace(h, mean=mean),
        inverse_factor=factor,
        weights=factor.T @ (centred / np.sqrt(values * (1.0 + values))),
        log_posterior=likelihood + process.log_posterior - process.log_likelihood,
        log_likelihood=likelihood,
    ), left_open
