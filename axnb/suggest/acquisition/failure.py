"""Where trials are likely to fail, learned from those that did.

Several explanations are weighed against each other by evidence: failures at random, failures in a region, failures that
depend on one parameter alone. Each is a Gaussian process classifier by Laplace's approximation, Rasmussen and Williams
(2006), Gaussian Processes for Machine Learning, algorithms 3.1 and 3.2; its mean probability is MacKay's approximation.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from axnb.record.experiment import arm_results
from axnb.record.trial import TrialStatus
from axnb.suggest.acquisition.base import Acquisition, AcquisitionBuilder, BuiltAcquisition
from axnb.suggest.generators.base import GenerationRequest
from axnb.surrogate.kernels import Array, Kernel

_WEIGHTS = {TrialStatus.FAILED: 1.0, TrialStatus.ABANDONED: 0.5}  # abandoned: another reason; not tuned
_MOST_ROWS = 300  # that a classifier learns from: its cost grows with their cube; not tuned
_MOST_COLUMNS = 12  # columns that may explain failures alone; for time, not tuned
_VARIANCE = 25.0  # of the log odds; not tuned
_DREAD, _BEND = 40.0, 0.5  # over 12 problems and 2 seeds 0.47 of the later trials failed, without 0.76; little tuned
_LEAST_WEIGHT = 0.02  # of an explanation that is kept; not tuned


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """One reason why trials fail: a process of the log odds of success.

    Args:
        lengthscales: `d`; an empty array for failures at random.
        slopes: `n`, derivatives of the log likelihood at the mode of the log odds.
        half: `n x n`, from covariances with the rows to what they take off the variance.
        evidence: Logarithm of how likely it makes what happened.
    """

    lengthscales: Array
    slopes: Array
    half: Array
    evidence: float


@dataclass(frozen=True, slots=True, eq=False)
class FailureModel:
    """The probability that a trial succeeds.

    Args:
        kernel: Column kinds.
        X: `n x d`, rows that were tried.
        base: Log odds of success where nothing is known.
        explanations: The reasons that hold.
        weights: How likely each is; they sum to 1.
    """

    kernel: Kernel
    X: Array
    base: float
    explanations: tuple[Explanation, ...]
    weights: Array

    def log_success(self, X: Array) -> Array:
        """Return the log probability of success at the rows of ``X``."""
        return self.log_success_with_gradient(X)[0]

    def log_success_with_gradient(self, X: Array) -> tuple[Array, Array]:
        """Return the log probability of success and its gradient by the rows."""
        total, gradient = np.zeros(len(X)), np.zeros_like(X)
        for weight, reason in zip(self.weights, self.explanations, strict=True):
            chance, slope = self._compute_chance(reason, X)
            total += weight * chance
            gradient += weight * slope
        total = np.maximum(total, 1e-300)
        return np.log(total), gradient / total[:, None]

    def _compute_chance(self, reason: Explanation, X: Array) -> tuple[Array, Array]:
        if not len(reason.lengthscales):
            return np.full(len(X), _logistic(np.array([self.base]))[0]), np.zeros_like(X)
        numeric, l = self.kernel.numeric, reason.lengthscales
        k, steep = self.kernel.correlation_with_slope(X, self.X, l)
        k, steep = _VARIANCE * k, _VARIANCE * steep
        v = k @ reason.half.T
        mean = self.base + k @ reason.slopes
        variance = np.maximum(_VARIANCE - np.einsum("ij,ij->i", v, v), 0.0)
        shrink = 1.0 / np.sqrt(1.0 + np.pi / 8.0 * variance)
        chance = _logistic(mean * shrink)
        by_odds = chance * (1.0 - chance)
        by_mean, by_variance = by_odds * shrink, -by_odds * mean * np.pi / 16.0 * shrink**3
        weighted = steep * (by_mean[:, None] * reason.slopes - 2.0 * by_variance[:, None] * (v @ reason.half))
        gradient = np.zeros_like(X)
        A, B = X[:, numeric], self.X[:, numeric]
        gradient[:, numeric] = (weighted @ B - weighted.sum(1)[:, None] * A) / l[numeric] ** 2
        return chance, gradient


def _logistic(z: Array) -> Array:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * z)))


def weigh_explanations(X: Array, failed: Array, kernel: Kernel) -> FailureModel:
    """Learn where trials fail.

    Args:
        X: `n x d`, rows that were tried.
        failed: `n`, 0 for a success, otherwise how much the failure counts, up to 1.
        kernel: Column kinds.

    Example:
        >>> X = np.linspace(0, 1, 11)[:, None]
        >>> model = weigh_explanations(X, np.where(X[:, 0] > 0.55, 1.0, 0.0), Kernel(np.zeros(1, dtype=bool)))
        >>> high, low = np.exp(model.log_success(np.array([[0.1], [0.9]])))
        >>> bool(high > 0.8), bool(low < 0.2)
        (True, True)
    """
    sign = np.where(failed > 0.0, -1.0, 1.0)
    counts = np.where(failed > 0.0, failed, 1.0)
    lost = float(failed.sum())
    base = float(np.clip(np.log((len(X) - (failed > 0).sum() + 2.0) / (lost + 0.5)), 0.5, 3.0))
    chance = _logistic(sign * base)
    random = Explanation(np.zeros(0), np.zeros(0), np.zeros((0, 0)), float(counts @ np.log(chance)))
    found = [random]
    for lengthscales in _lengthscales(X.shape[1]):
        K = _VARIANCE * kernel.correlation(X, X, lengthscales)
        found.append(_explain(K, sign, counts, base, lengthscales))
    evidence = np.array([f.evidence for f in found])
    evidence[1:] -= np.log(len(found) - 1)  # half of the belief is in chance
    weights = np.exp(evidence - evidence.max())
    weights /= weights.sum()
    kept = np.flatnonzero(weights >= _LEAST_WEIGHT)
    return FailureModel(kernel, X, base, tuple(found[i] for i in kept), weights[kept] / weights[kept].sum())


def _lengthscales(d: int) -> list[Array]:
    out = [np.full(d, l * np.sqrt(d)) for l in (0.07, 0.15, 0.3, 0.6)]
    for j in range(d if 1 < d <= _MOST_COLUMNS else 0):
        out += [np.where(np.arange(d) == j, l, 30.0) for l in (0.2, 0.5)]
    return out


def _explain(K: Array, sign: Array, counts: Array, base: float, lengthscales: Array) -> Explanation:
    """Return an explanation by Laplace's approximation around the mode of the log odds."""
    from scipy.linalg import solve_triangular

    latent = np.zeros(len(sign))
    for _ in range(30):
        chance = _logistic(base + latent)
        root = np.sqrt(np.maximum(counts * chance * (1.0 - chance), 1e-10))
        L = np.linalg.cholesky(np.eye(len(sign)) + root[:, None] * K * root)
        slopes = counts * ((sign > 0) - chance)
        b = root**2 * latent + slopes
        step = solve_triangular(L, root * (K @ b), lower=True)
        a = b - root * solve_triangular(L.T, step, lower=False)
        moved = K @ a
        done = np.abs(moved - latent).max() < 1e-6
        latent = moved
        if done:
            break
    fit = counts @ np.log(np.maximum(_logistic(sign * (base + latent)), 1e-300))
    evidence = float(fit - 0.5 * a @ latent - np.log(L.diagonal()).sum())
    half = solve_triangular(L, np.diag(root), lower=True)
    return Explanation(lengthscales, counts * ((sign > 0) - _logistic(base + latent)), half, evidence)


@dataclass(frozen=True, slots=True, eq=False)
class FailureWeightedAcquisition:
    """An acquisition that counts for as much as the trial is likely to succeed.

    Args:
        acquisition: What a success is worth, as a logarithm.
        model: How likely it is.
    """

    acquisition: Acquisition
    model: FailureModel

    def value(self, X: Array) -> Array:
        """Return the scores of the rows."""
        return self.acquisition.value(X) + _weigh(self.model.log_success(X))[0]

    def value_and_gradient(self, X: Array) -> tuple[Array, Array]:
        """Return the scores and their gradients."""
        value, gradient = self.acquisition.value_and_gradient(X)
        chance, slope = self.model.log_success_with_gradient(X)
        weight, by_chance = _weigh(chance)
        return value + weight, gradient + by_chance[:, None] * slope


def _weigh(log_success: Array) -> tuple[Array, Array]:
    """Return what a chance of success adds to a score, and the derivative by its logarithm.

    Near the optimum an improvement is a billionth of what may be hoped for where nothing is known, and the chance alone
    would not outweigh that: where a failure is more likely than not, its odds count many times.
    """
    short = np.maximum(np.log(0.5) - log_success, 0.0)
    added = _DREAD * short**2 / (short + _BEND)
    by_short = _DREAD * short * (short + 2.0 * _BEND) / (short + _BEND) ** 2
    return log_success - added, 1.0 + by_short


def fit_failure_model(request: GenerationRequest) -> FailureModel | None:
    """Return the model of an experiment's failures; ``None`` where there are none, or nothing else."""
    rows: list[dict[str, str | int | float | bool]] = []
    failed: list[float] = []
    for result in arm_results(request.view):
        has_told = result.status.is_failure or result.status.is_successful
        if has_told and request.space.is_member(result.parameters):
            rows.append(result.parameters)
            failed.append(_WEIGHTS.get(result.status, 0.0))
    if not any(failed) or all(failed):
        return None
    X, lost = request.encoder.encode(rows), np.array(failed)
    kept = _nearest(X, lost)
    return weigh_explanations(X[kept], lost[kept], Kernel(request.encoder.categorical))


def _nearest(X: Array, failed: Array) -> NDArray[np.int64]:
    """Return which rows to learn from: the newest failures, and the successes nearest to one."""
    bad, good = np.flatnonzero(failed > 0)[-_MOST_ROWS // 2 :], np.flatnonzero(failed == 0)
    if len(bad) + len(good) > _MOST_ROWS:
        gap = _gaps(X[good], X[bad])
        good = good[np.argsort(gap, kind="stable")[: _MOST_ROWS - len(bad)]]
    return np.sort(np.concatenate([bad, good]))


def _gaps(A: Array, B: Array) -> Array:
    return np.array([((B - a) ** 2).sum(1).min() for a in A])


@dataclass(frozen=True, slots=True, eq=False)
class FailureWeightedBuilder:
    """A builder that minds where trials fail.

    Args:
        builder: What it weights.
        model: Where trials fail.
    """

    builder: AcquisitionBuilder
    model: FailureModel

    def fantasize(self, row: Array, metrics: tuple[str, ...]) -> "FailureWeightedBuilder":
        """Return the builder for which the metrics turned out at a row as expected."""
        return FailureWeightedBuilder(self.builder.fantasize(row, metrics), self.model)

    def build(self) -> BuiltAcquisition:
        """Return what to maximise and the rows around which to look."""
        built = self.builder.build()
        return replace(built, acquisition=FailureWeightedAcquisition(built.acquisition, self.model))


def weight_by_failures(request: GenerationRequest, builder: AcquisitionBuilder) -> AcquisitionBuilder:
    """Return the builder with what the failures tell, if they tell anything."""
    model = fit_failure_model(request)
    return builder if model is None else FailureWeightedBuilder(builder, model)
