"""Rules that stop a trial early, from the learning curves so far."""

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass

from axnb.errors import UserInputError
from axnb.problem.parameters import plain, to_float, whole
from axnb.record.experiment import ExperimentView
from axnb.record.trial import Trial

Curve = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentileEarlyStoppingStrategy:
    """Stops a trial that is worse than a percentile of the others at its latest step.

    Every arm has a curve of its own. A batch is stopped only where each of its arms that has a curve would be: it is
    one job, and one good arm is worth finishing it for. Its arms are compared with those of other trials.

    Args:
        percentile_threshold: Percentile of the other curves, between 0 and 100; 50 is the median.
        min_progression: A trial is not stopped before this step.
        min_curves: Curves that must reach the trial's step.
        n_best_trials_to_complete: So many trials with the best values at that step are never stopped; a batch counts by
            its best arm.

    Raises:
        UserInputError: If a number is out of range.

    Example:
        >>> PercentileEarlyStoppingStrategy().percentile_threshold
        50.0
    """

    percentile_threshold: float = 50.0
    min_progression: float | None = 10.0
    min_curves: int = 5
    n_best_trials_to_complete: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= to_float(plain(self.percentile_threshold)) <= 100:
            raise UserInputError(f"percentile_threshold must be from 0 to 100, got {self.percentile_threshold!r}.")
        if self.min_progression is not None and not math.isfinite(to_float(plain(self.min_progression))):
            raise UserInputError(f"min_progression must be a finite number or None, got {self.min_progression!r}.")
        whole("min_curves", self.min_curves, 1)
        if self.n_best_trials_to_complete is not None:
            whole("n_best_trials_to_complete", self.n_best_trials_to_complete, 0)

    def should_stop(self, view: ExperimentView, trial: Trial) -> str | None:
        """Return why a trial should be stopped, or `None`: so with several objectives, or too little data."""
        goal = view.optimization
        if goal is None or goal.is_multi_objective or goal.objective.is_scalarized:
            return None
        metric, sign = goal.objective.metric_names[0], -1.0 if goal.objective.minimize else 1.0
        mine = curves(trial, metric)
        latest = max((readings[-1][0] for readings in mine.values()), default=-math.inf)
        if not mine or (self.min_progression is not None and latest < self.min_progression):
            return None
        others = [
            [[(step, sign * value) for step, value in readings] for readings in curves(t, metric).values()]
            for t in view.trials.values()
            if t.index != trial.index and t.status.expecting_data
        ]
        reason = None
        for name, readings in mine.items():  # what is said is said of the last: all are worse
            step, value = readings[-1][0], sign * readings[-1][1]
            judged = self._find_threshold(step, value, others)
            if judged is None:
                return None
            threshold, count = judged
            arm = f" of arm {name}" if trial.is_batch else ""
            limit = f"{sign * threshold:g}, the threshold of {count} others"
            reason = f"{metric}{arm} is {sign * value:g} at step {step:g}, worse than {limit}."
        return reason

    def _find_threshold(self, step: float, value: float, others: Sequence[Sequence[Curve]]) -> tuple[float, int] | None:
        """Return what a value at a step falls short of, and the number of peers; `None` where it may go on.

        Args:
            step: The step.
            value: The value, larger is better.
            others: The curves of each other trial, larger is better.
        """
        by_trial = [[v for c in found if (v := value_at(c, step)) is not None] for found in others]
        peers = [v for found in by_trial for v in found]
        better = sum(max(found) > value for found in by_trial if found)
        if len(peers) + 1 < self.min_curves:
            return None
        if self.n_best_trials_to_complete is not None and better < self.n_best_trials_to_complete:
            return None
        threshold = _percentile([*peers, value], self.percentile_threshold)
        return None if value >= threshold else (threshold, len(peers))


def curves(trial: Trial, metric: str) -> dict[str, list[tuple[float, float]]]:
    """Return the readings of a metric that have a step: by arm, pairs of step and mean in order of step.

    Arms without such readings are left out.
    """
    made: dict[str, list[tuple[float, float]]] = {}
    for row in trial.data:
        if row.metric == metric and row.step is not None:
            made.setdefault(row.arm_name, []).append((row.step, row.mean))
    return {name: sorted(readings) for name, readings in made.items()}


def value_at(readings: Curve, step: float) -> float | None:
    """Return the value of a curve at a step, linear between readings; `None` outside of them.

    Example:
        >>> value_at([(0.0, 1.0), (10.0, 3.0)], 5.0)
        2.0
    """
    steps = [s for s, _ in readings]
    right = bisect.bisect_left(steps, step)
    if right == len(steps) or (right == 0 and steps[0] != step):
        return None
    if steps[right] == step:
        return readings[right][1]
    (a, ya), (b, yb) = readings[right - 1], readings[right]
    return ya + (yb - ya) * (step - a) / (b - a)


def _percentile(values: Sequence[float], percent: float) -> float:
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))
