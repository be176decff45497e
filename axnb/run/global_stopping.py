"""Rules that end an experiment, from all results so far."""

import math
from dataclasses import dataclass

from axnb.errors import UserInputError, shown
from axnb.problem.parameters import flag, plain, to_float, whole
from axnb.record.experiment import ExperimentView, arm_results
from axnb.record.trial import TrialStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ImprovementGlobalStoppingStrategy:
    """Ends an experiment whose last trials bettered the best value by little.

    With one objective the improvement is compared with the interquartile range of the feasible values, with several
    the growth of the hypervolume with the hypervolume.

    Args:
        min_trials: Trials with results before any end.
        window_size: How many of the last trials must have bettered the best value by little.
        improvement_bar: Share that counts as little.
        inactive_when_pending_trials: Whether trials that still run are waited for first.

    Raises:
        UserInputError: If a number is out of range.

    Example:
        >>> ImprovementGlobalStoppingStrategy(min_trials=10).window_size
        5
    """

    min_trials: int
    window_size: int = 5
    improvement_bar: float = 0.1
    inactive_when_pending_trials: bool = True

    def __post_init__(self) -> None:
        whole("min_trials", self.min_trials, 1)
        whole("window_size", self.window_size, 1)
        flag("inactive_when_pending_trials", self.inactive_when_pending_trials)
        if not 0 <= to_float(plain(self.improvement_bar)) < math.inf:
            raise UserInputError(f"improvement_bar must be a number of at least 0, got {shown(self.improvement_bar)}.")

    def should_stop_experiment(self, view: ExperimentView) -> str | None:
        """Return why no further trial should be started, or `None`."""
        goal, trials = view.optimization, view.trials.values()
        if goal is None or (self.inactive_when_pending_trials and any(t.status is TrialStatus.RUNNING for t in trials)):
            return None
        measured = [r for r in arm_results(view) if r.status.is_successful and r.has(goal.metric_names)]
        if len(measured) < max(self.min_trials, self.window_size + 1):
            return None
        gain, scale, what = _gain(view, self.window_size)
        if not gain < self.improvement_bar * scale:  # where there is no scale it goes on
            return None
        share = f"{gain / scale:.2g} of {what}, less than {self.improvement_bar:g}"
        return f"the last {self.window_size} trials bettered the best value by {share}"


def _gain(view: ExperimentView, window: int) -> tuple[float, float, str]:
    """Return by how much the last trials bettered the best value, what that is compared with, and its name."""
    import numpy as np

    from axnb.suggest.best import observed_objectives
    from axnb.suggest.pareto import compute_hypervolume, infer_reference_point, is_non_dominated

    values, feasible = observed_objectives(view)
    before = feasible[:-window]
    if not before.any():
        return math.inf, 1.0, "nothing"
    if values.shape[1] == 1:
        seen = values[feasible, 0]
        low, high = np.percentile(seen, [25, 75])
        return float(seen.max() - values[:-window][before, 0].max()), float(high - low), "the interquartile range"
    front = values[feasible]
    floor = infer_reference_point(front[is_non_dominated(front)])
    then = compute_hypervolume(values[:-window][before], floor)
    return compute_hypervolume(front, floor) - then, then, "the hypervolume"
