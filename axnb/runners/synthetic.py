"""Starts trials of test functions: there is nothing to start."""

from collections.abc import Mapping
from typing import Any

from axnb.core.runner import Runner
from axnb.record.live_trials import BaseTrial

__all__ = ["SyntheticRunner"]


class SyntheticRunner(Runner):
    """Says that a trial runs; metrics of test functions know the rest from its arms."""

    def run(self, trial: BaseTrial) -> Mapping[str, Any]:
        """Return a name for the run."""
        name = trial.experiment.view().name or "experiment"
        return {"name": f"{name}_{trial.index}"}
