"""Metrics as Ax's developers write them: they are given the trial."""

from collections.abc import Mapping
from typing import Any

from axnb.errors import UnsupportedError
from axnb.record.data import Data, Err, MetricFetchE, Ok
from axnb.record.live_trials import BaseTrial
from axnb.run.protocols import IMetric

__all__ = ["Metric", "MetricFetchE", "MetricFetchResult"]

MetricFetchResult = Data | Ok | Err


class Metric(IMetric):
    """A metric: a name, and in a subclass how it is read of a trial.

    Args:
        name: Its name, as in the objective.
        lower_is_better: Whether small values are good; the goal of the experiment decides.

    Example:
        >>> Metric("loss").name
        'loss'
    """

    def __init__(self, name: str, lower_is_better: bool | None = None) -> None:
        super().__init__(name)
        self.lower_is_better = lower_is_better

    def fetch(self, trial_index: int, trial_metadata: Mapping[str, Any]) -> tuple[float, float | tuple[float, float]]:
        """Return step and value for a closed loop; a subclass that is to be used in one says how.

        Raises:
            UnsupportedError: If it does not say so.
        """
        raise UnsupportedError(f"{type(self).__name__} {self.name!r} does not say how it is read: implement fetch.")

    def fetch_trial_data(self, trial: BaseTrial) -> MetricFetchResult:
        """Return the readings of a trial; by default what `fetch` says of its only arm."""
        try:
            step, value = self.fetch(trial.index, trial.run_metadata)
        except UnsupportedError as error:
            return Err(MetricFetchE(str(error), error))
        mean, sem = value if isinstance(value, tuple) else (value, None)
        row = {"trial_index": trial.index, "arm_name": trial.arms[0].name, "metric_name": self.name}
        return Ok(Data([row | {"mean": mean, "sem": sem, "step": step or None}]))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"
