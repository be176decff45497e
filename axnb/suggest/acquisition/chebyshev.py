"""Many objectives by one random scalarisation a suggestion.

The gain in hypervolume of more than four objectives costs too much; an augmented Chebyshev sum with random weights
looks at one direction of the front at a time, and over the suggestions at all of them: ParEGO, Knowles (2006),
https://doi.org/10.1109/TEVC.2005.851274. Everything is maximised.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from axnb.suggest.acquisition.expected_improvement import LinearOutcome, LogProbabilityOfFeasibility
from axnb.surrogate.kernels import Array
from axnb.surrogate.outcome_model import OutcomeModel

_SHARE = 0.05  # of the plain sum in the augmented one, as in ParEGO
_SOFT = 1e-2  # width of the corner of the improvement, in units of the scaled objectives; not tuned
_DRAWS = 64  # half of them mirrored; not tuned


def augment_chebyshev(U: Array) -> Array:
    """Return the augmented Chebyshev sums of weighted objectives, over the last axis.

    Example:
        >>> float(augment_chebyshev(np.array([[1.0, 3.0]]))[0])
        1.2
    """
    return np.asarray(U.min(-1) + _SHARE * U.sum(-1))


@dataclass(frozen=True, slots=True, eq=False)
class LogChebyshevImprovement:
    """The logarithm of the expected feasible improvement of an augmented Chebyshev sum, over fixed draws.

    Args:
        models: The models.
        objectives: What is maximised, `m` outcomes.
        weights: `m`, weights of the objectives in the sum.
        reference: `m`, what is subtracted from the objectives first.
        best: The sum to improve on.
        draws: `s x m`, standard normal draws.
        outcome_constraints: Outcomes that should be at most 0.
    """

    models: tuple[OutcomeModel, ...]
    objectives: tuple[LinearOutcome, ...]
    weights: Array
    reference: Array
    best: float
    draws: Array
    outcome_constraints: tuple[LinearOutcome, ...] = ()

    def value(self, X: Array) -> Array:
        """Return the scores of the rows."""
        parts = [m.posterior(X) for m in self.models]
        found = [o.moments(parts) for o in self.objectives]
        gain = self._sums(np.array([m for m, _ in found]), np.array([v for _, v in found]))[0]
        feasible = LogProbabilityOfFeasibility(self.models, self.outcome_constraints).of_parts(parts, len(X))
        return np.asarray(np.log(np.maximum(np.logaddexp(0.0, gain).mean(0), 1e-300)) + np.log(_SOFT) + feasible)

    def value_and_gradient(self, X: Array) -> tuple[Array, Array]:
        """Return the scores and their gradients."""
        parts = [m.posterior_with_gradient(X) for m in self.models]
        found = [o.posterior(parts) for o in self.objectives]
        gain, U, sd = self._sums(np.array([f.mean for f in found]), np.array([f.variance for f in found]))
        soft = np.logaddexp(0.0, gain)
        total = np.maximum(soft.mean(0), 1e-300)
        by_gain = np.exp(gain - soft) / (total * len(self.draws)) / _SOFT  # `s x q`
        least = U.argmin(-1)
        gradient = np.zeros_like(X)
        for j, post in enumerate(found):
            by_value = by_gain * self.weights[j] * ((least == j) + _SHARE)
            gradient += by_value.sum(0)[:, None] * post.mean_gradient
            by_variance = (by_value * self.draws[:, j, None]).sum(0) / (2.0 * sd[j])
            gradient += by_variance[:, None] * post.variance_gradient
        feasible, slope = LogProbabilityOfFeasibility(self.models, self.outcome_constraints).with_gradient(parts, X)
        return np.log(total) + np.log(_SOFT) + feasible, gradient + slope

    def _sums(self, mean: Array, variance: Array) -> tuple[Array, Array, Array]:
        """Return scaled gains `s x q`, weighted objectives `s x q x m` and standard deviations `m x q`."""
        sd = np.sqrt(np.maximum(variance, 1e-18))
        values = mean[None] + sd[None] * self.draws[:, :, None]
        U = ((values - self.reference[None, :, None]) * self.weights[None, :, None]).transpose(0, 2, 1)
        return (augment_chebyshev(U) - self.best) / _SOFT, U, sd


def scalarize(
    models: Sequence[OutcomeModel],
    objectives: Sequence[LinearOutcome],
    outcome_constraints: Sequence[LinearOutcome],
    values: Array,
    thresholds: Sequence[float | None],
    seed: Sequence[int],
) -> tuple[LogChebyshevImprovement, NDArray[np.int64]]:
    """Return the improvement in a random direction, and the order of the known rows in it, best first.

    Args:
        models: The models.
        objectives: What is maximised, `m` outcomes.
        outcome_constraints: Outcomes that should be at most 0.
        values: `n x m`, objectives of the rows to improve on.
        thresholds: For each objective the least value of interest, ``None`` where there is none.
        seed: What the direction depends on.
    """
    rng = np.random.default_rng(list(seed))
    low, high = values.min(0), values.max(0)
    low = np.array([b if t is None else t for t, b in zip(thresholds, low, strict=True)])
    weights = rng.dirichlet(np.ones(len(objectives))) / np.maximum(high - low, 1e-9)
    sums = augment_chebyshev((values - low) * weights)
    draws = rng.standard_normal((_DRAWS // 2, len(objectives)))
    improvement = LogChebyshevImprovement(
        models=tuple(models),
        objectives=tuple(objectives),
        weights=weights,
        reference=low,
        best=float(sums.max()),
        draws=np.vstack([draws, -draws]),
        outcome_constraints=tuple(outcome_constraints),
    )
    return improvement, np.argsort(-sums, kind="stable")
