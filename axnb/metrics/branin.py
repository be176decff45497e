"""The metric of the Branin function."""

from collections.abc import Sequence

from axnb.metrics.noisy_function import NoisyFunctionMetric
from axnb.utils.measurement.synthetic_functions import branin

__all__ = ["BraninMetric"]


class BraninMetric(NoisyFunctionMetric):
    """The Branin function of its parameters, with noise."""

    def f(self, x: Sequence[float]) -> float:
        """Return the value at a point."""
        return branin(*x)
