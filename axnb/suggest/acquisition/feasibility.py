"""Outcome constraints for acquisitions that know none: what a row is worth counts as far as it is likely feasible."""

from dataclasses import dataclass

import numpy as np

from axnb.suggest.acquisition.base import Acquisition
from axnb.suggest.acquisition.expected_improvement import LogProbabilityOfFeasibility
from axnb.surrogate.kernels import Array


@dataclass(frozen=True, slots=True, eq=False)
class FeasibilityWeightedAcquisition:
    """An acquisition weighted by the probability that the outcome constraints hold (Schonlau et al. 1998).

    The logarithm of the probability is added to one on a logarithmic scale. Any other is multiplied by it where it is
    positive, and by 2 minus it where it is negative: so that less likely is worse everywhere.

    Args:
        acquisition: What is weighted.
        feasibility: The probability.
        is_logarithmic: Whether scores are logarithms.
        has_gradients: Whether the models' posteriors are differentiable by the rows.
    """

    acquisition: Acquisition
    feasibility: LogProbabilityOfFeasibility
    is_logarithmic: bool
    has_gradients: bool = True

    def value(self, X: Array) -> Array:
        """Return the scores of the rows."""
        score, chance = self.acquisition.value(X), self.feasibility.value(X)
        if self.is_logarithmic:
            return score + chance
        p = np.exp(chance)
        return score * np.where(score > 0.0, p, 2.0 - p)

    def value_and_gradient(self, X: Array) -> tuple[Array, Array]:
        """Return the scores and their gradients."""
        if not self.has_gradients:
            return self.value(X), np.zeros_like(X)
        score, slope = self.acquisition.value_and_gradient(X)
        chance, by_row = self.feasibility.value_and_gradient(X)
        if self.is_logarithmic:
            return score + chance, slope + by_row
        p = np.exp(chance)
        weight = np.where(score > 0.0, p, 2.0 - p)
        turn = np.where(score > 0.0, p, -p)
        return score * weight, slope * weight[:, None] + (score * turn)[:, None] * by_row
