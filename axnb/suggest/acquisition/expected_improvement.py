"""Expected improvement and the probability that outcome constraints hold, in closed form, with gradients, in numpy.

On a logarithmic scale (LogEI), as in Ament, Daulton, Eriksson, Balandat and Bakshy (2023), "Unexpected improvements to
expected improvement for Bayesian optimization", https://arxiv.org/abs/2310.20708; with constraints as in Gardner,
Kusner, Xu, Weinberger and Cunningham (2014), "Bayesian optimization with inequality constraints".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from axnb.surrogate.gp import Posterior
from axnb.surrogate.kernels import Array
from axnb.surrogate.outcome_model import OutcomeModel

_LOG_SQRT_2PI = 0.5 * float(np.log(2.0 * np.pi))
_C2 = 0.5 * float(np.log(np.pi / 2.0))
_SMALLEST_SD = 1e-9  # below which a standard deviation is taken for rounding; not tuned
_FAR_LEFT = -1e4  # from here on, logarithms of densities lose their digits


@dataclass(frozen=True, slots=True)
class LinearOutcome:
    """A weighted sum of models plus an offset.

    Args:
        terms: Pairs of model number and weight.
        offset: What is added.
    """

    terms: tuple[tuple[int, float], ...]
    offset: float = 0.0

    def moments(self, parts: Sequence[tuple[Array, Array]]) -> tuple[Array, Array]:
        """Return mean and variance, given those of each model."""
        mean = self.offset + sum((w * parts[i][0] for i, w in self.terms), np.zeros(1))
        return mean, sum((w * w * parts[i][1] for i, w in self.terms), np.zeros(1))

    def posterior(self, parts: Sequence[Posterior]) -> Posterior:
        """Return mean, variance and gradients, given those of each model."""
        mean, variance = self.moments([p[:2] for p in parts])
        slopes = [sum(w * parts[i].mean_gradient for i, w in self.terms)]
        slopes.append(sum(w * w * parts[i].variance_gradient for i, w in self.terms))
        return Posterior(mean, variance, np.asarray(slopes[0]), np.asarray(slopes[1]))


def log_phi(z: Array) -> Array:
    """Return the logarithm of the standard normal density."""
    return -0.5 * z * z - _LOG_SQRT_2PI


def log_h(z: Array) -> Array:
    """Return ``log(phi(z) + z * Phi(z))``, accurate far into the left tail.

    Example:
        >>> float(np.round(log_h(np.array([0.0]))[0], 6))
        -0.918939
    """
    from scipy.special import erfcx, log_ndtr

    out = np.empty_like(z)
    near = z > -1.0
    a = z[near]
    out[near] = np.log(np.exp(log_phi(a)) + a * np.exp(log_ndtr(a)))
    b = z[~near]
    ratio = np.log(erfcx(-b / np.sqrt(2.0)) * np.abs(b)) + _C2
    with np.errstate(divide="ignore", invalid="ignore"):
        tail = np.where(b > _FAR_LEFT, np.log(-np.expm1(np.minimum(ratio, -1e-16))), -2.0 * np.log(np.abs(b)))
    out[~near] = log_phi(b) + tail
    return out


def log_improvement(mean: Array, sd: Array, best: float | Array) -> tuple[Array, Array, Array]:
    """Return the logarithm of the expected improvement over ``best``, and its derivatives by mean and sd."""
    z = (mean - best) / sd
    log_value = log_h(z)
    by_mean, by_sd = split_log_h(z, log_value)
    return log_value + np.log(sd), by_mean / sd, by_sd / sd


def split_log_h(z: Array, log_value: Array) -> tuple[Array, Array]:
    """Return ``Phi(z)`` and ``phi(z)`` as shares of what ``log_value`` is the logarithm of, ``log_h(z)`` or more.

    Far in the left tail the logarithms are too large to have digits left; there both shares follow from ``z`` alone.
    """
    from scipy.special import log_ndtr

    far = z < _FAR_LEFT
    with np.errstate(invalid="ignore"):
        whole = np.exp(np.minimum(log_ndtr(z) - log_value, 690.0))
        density = np.exp(np.minimum(log_phi(z) - log_value, 690.0))
    return np.where(far, -z, whole), np.where(far, z * z, density)


def log_feasibility(mean: Array, sd: Array) -> tuple[Array, Array, Array]:
    """Return the log probability that a value is at most 0, and its derivatives by mean and sd."""
    from scipy.special import erfcx, log_ndtr

    z = -mean / sd
    ratio = np.sqrt(2.0 / np.pi) / erfcx(-z / np.sqrt(2.0))
    return log_ndtr(z), -ratio / sd, -ratio * z / sd


def _sd(variance: Array) -> Array:
    return np.sqrt(np.maximum(variance, _SMALLEST_SD**2))


@dataclass(frozen=True, slots=True, eq=False)
class LogProbabilityOfFeasibility:
    """The log probability that every outcome constraint holds, the constraints independent.

    Args:
        models: The models.
        outcome_constraints: Outcomes that should be at most 0.
    """

    models: tuple[OutcomeModel, ...]
    outcome_constraints: tuple[LinearOutcome, ...]

    def value(self, X: Array) -> Array:
        """Return the scores of the rows."""
        return self.of_parts([m.posterior(X) for m in self.models], len(X))

    def value_and_gradient(self, X: Array) -> tuple[Array, Array]:
        """Return the scores and their gradients."""
        return self.with_gradient([m.posterior_with_gradient(X) for m in self.models], X)

    def of_parts(self, parts: Sequence[tuple[Array, Array]], q: int) -> Array:
        """Return the scores, given the moments of the models."""
        total = np.zeros(q)
        for outcome in self.outcome_constraints:
            mean, variance = outcome.moments(parts)
            total += log_feasibility(mean, _sd(variance))[0]
        return total

    def with_gradient(self, parts: Sequence[Posterior], X: Array) -> tuple[Array, Array]:
        """Return scores and gradients, given the posteriors of the models."""
        total, gradient = np.zeros(len(X)), np.zeros_like(X)
        for outcome in self.outcome_constraints:
            post = outcome.posterior(parts)
            sd = _sd(post.variance)
            value, by_mean, by_sd = log_feasibility(post.mean, sd)
            total += value
            gradient += by_mean[:, None] * post.mean_gradient + (by_sd / (2.0 * sd))[:, None] * post.variance_gradient
        return total, gradient


def log_information_share(variance: Array, noise: float) -> tuple[Array, Array]:
    """Return the logarithm of the share that a noisy result tells of what is not known, and its derivative by variance.

    Where a value is known as well as one more result would tell it, an improvement expected there would stay unknown.
    The share is ``1 - sd(noise) / sd(result)``, as in augmented expected improvement (Huang, Allen, Notz and Zeng,
    2006, https://doi.org/10.1007/s10898-005-2454-3).
    """
    result = variance + noise
    known = np.sqrt(noise / result)
    share = np.maximum(1.0 - known, 1e-12)
    return np.log(share), 0.5 * known / (result * share)


@dataclass(frozen=True, slots=True, eq=False)
class LogConstrainedExpectedImprovement:
    """The logarithm of the expected feasible improvement of one objective.

    Args:
        models: The models.
        objective: What is maximised.
        best: The value to improve on.
        outcome_constraints: Outcomes that should be at most 0.
        noise: Variance of the objective's observation noise; where it is more than 0, an improvement counts by the
            share of it that a result would tell.
    """

    models: tuple[OutcomeModel, ...]
    objective: LinearOutcome
    best: float
    outcome_constraints: tuple[LinearOutcome, ...] = ()
    noise: float = 0.0

    def value(self, X: Array) -> Array:
        """Return the scores of the rows."""
        parts = [m.posterior(X) for m in self.models]
        mean, variance = self.objective.moments(parts)
        value = log_improvement(mean, _sd(variance), self.best)[0] + self._feasibility.of_parts(parts, len(X))
        return value + log_information_share(variance, self.noise)[0] if self.noise else value

    def value_and_gradient(self, X: Array) -> tuple[Array, Array]:
        """Return the scores and their gradients."""
        parts = [m.posterior_with_gradient(X) for m in self.models]
        post = self.objective.posterior(parts)
        sd = _sd(post.variance)
        value, by_mean, by_sd = log_improvement(post.mean, sd, self.best)
        gradient = by_mean[:, None] * post.mean_gradient + (by_sd / (2.0 * sd))[:, None] * post.variance_gradient
        feasible, slope = self._feasibility.with_gradient(parts, X)
        value, gradient = value + feasible, gradient + slope
        if self.noise:
            news, by_variance = log_information_share(post.variance, self.noise)
            value, gradient = value + news, gradient + by_variance[:, None] * post.variance_gradient
        return value, gradient

    @property
    def _feasibility(self) -> LogProbabilityOfFeasibility:
        return LogProbabilityOfFeasibility(self.models, self.outcome_constraints)
