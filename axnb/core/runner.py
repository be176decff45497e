"""Runners as Ax's developers write them: they are given the trial."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from axnb.record.live_trials import BaseTrial

__all__ = ["Runner"]


class Runner(ABC):
    """Starts trials of an `Experiment`; an `IRunner` does that for the Client's closed loop.

    Example:
        >>> class Oven(Runner):
        ...     def run(self, trial):
        ...         return {"job": f"bake {trial.index}"}
        >>> Oven().staging_required
        False
    """

    @abstractmethod
    def run(self, trial: BaseTrial) -> Mapping[str, Any]:
        """Start a trial, and return what is to be kept of that (plain JSON values)."""

    @property
    def staging_required(self) -> bool:
        """Whether a trial is first prepared, then run."""
        return False
