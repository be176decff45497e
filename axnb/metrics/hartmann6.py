"""The metric of the Hartmann6 function."""

from collections.abc import Sequence

from axnb.metrics.noisy_function import NoisyFunctionMetric
from axnb.utils.measurement.synthetic_functions import hartmann6

__all__ = ["Hartmann6Metric"]


class Hartmann6Metric(NoisyFunctionMetric):
    """The Hartmann6 function of its parameters, with noise."""

    def f(self, x: Sequence[float]) -> float:
        """Return the value at a point."""
        return hartmann6(x)
