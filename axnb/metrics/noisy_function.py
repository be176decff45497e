"""Metrics that are functions of the point, with noise."""

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from axnb.core.metric import Metric, MetricFetchResult
from axnb.core.types import TParameterization
from axnb.errors import UserInputError
from axnb.problem.parameters import to_float
from axnb.record.data import Data, Ok
from axnb.record.live_trials import BaseTrial

__all__ = ["GenericNoisyFunctionMetric", "NoisyFunctionMetric"]


class GenericNoisyFunctionMetric(Metric):
    """A function of the parameterization, with noise.

    Args:
        name: The metric's name.
        f: Takes a parameterization and returns a number.
        noise_sd: Standard deviation of the noise; the same arm of the same trial gets the same noise.
        lower_is_better: Whether small values are good.

    Raises:
        UserInputError: If the noise is no number of at least 0.
    """

    def __init__(
        self,
        name: str,
        f: Callable[[TParameterization], float],
        noise_sd: float = 0.0,
        lower_is_better: bool | None = None,
    ) -> None:
        super().__init__(name, lower_is_better)
        if not 0 <= to_float(noise_sd) < math.inf:
            raise UserInputError(f"noise_sd must be a number of at least 0, got {noise_sd!r}.")
        self._function, self.noise_sd = f, float(noise_sd)

    def fetch_trial_data(self, trial: BaseTrial) -> MetricFetchResult:
        """Return a reading of each arm."""
        return Ok(Data([self._read(trial, arm.name, arm.parameters) for arm in trial.arms]))

    def _read(self, trial: BaseTrial, arm_name: str, point: TParameterization) -> dict[str, Any]:
        noise = random.Random(f"{self.name} {trial.index} {arm_name}").gauss(0.0, self.noise_sd)  # noqa: S311 - no secret
        row = {"trial_index": trial.index, "arm_name": arm_name, "metric_name": self.name}
        return row | {"mean": float(self._function(point)) + noise, "sem": self.noise_sd}


class NoisyFunctionMetric(GenericNoisyFunctionMetric):
    """A function of some parameters, in their order, with noise; a subclass says which by `f`.

    Args:
        name: The metric's name.
        param_names: The parameters that it is a function of.
        noise_sd: Standard deviation of the noise.
        lower_is_better: Whether small values are good.

    Example:
        >>> class Sum(NoisyFunctionMetric):
        ...     def f(self, x):
        ...         return sum(x)
        >>> Sum("sum", ["a", "b"]).f([1.0, 2.0])
        3.0
    """

    def __init__(
        self, name: str, param_names: Sequence[str], noise_sd: float = 0.0, lower_is_better: bool | None = None
    ) -> None:
        self.param_names = list(param_names)
        super().__init__(name, self._at, noise_sd, lower_is_better)

    def _at(self, point: TParameterization) -> float:
        return self.f([float(point[name]) for name in self.param_names])

    def f(self, x: Sequence[float]) -> float:
        """Return the value at a point, given as numbers in the order of the parameters.

        Raises:
            NotImplementedError: If the subclass does not say.
        """
        raise NotImplementedError(f"{type(self).__name__} does not implement f.")
