"""Rules that stop a trial early, from the learning curves so far."""

import bisect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from axnb.errors import UserInputError, shown
from axnb.problem.objective import OptimizationConfig
from axnb.problem.parameters import flag, plain, to_float, whole
from axnb.record.experiment import ExperimentView
from axnb.record.trial import Trial
from axnb.run.protocols import EarlyStoppingStrategy

Curve = Sequence[tuple[float, float]]
Curves = Mapping[tuple[int, str], Curve]  # by trial and arm

_RECENT = 3  # of a trial's readings: it is judged at the latest of them that enough others have reached


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveEarlyStoppingStrategy:
    """What rules that compare learning curves have in common: base of those here, and of your own.

    A rule of your own overrides `judge`. Every arm has a curve of its own. A batch is stopped only where the rule says
    so of each of its arms that has a curve: it is one job, and one good arm is worth finishing it for. Its arms are
    compared with those of other trials.

    Args:
        metric_names: The metric whose curves are compared; by default the only objective's.
        metric_signatures: The same, under Ax's name for it.
        min_progression: A trial is not stopped before this step.
        max_progression: A trial is not stopped after this step.
        min_curves: Curves that must reach the trial's step, its own included.
        trial_indices_to_ignore: Trials that are neither stopped nor compared with.
        normalize_progressions: Whether steps are taken as shares of the largest step of any curve.
        interval: A trial is looked at only when it passes `min_progression` or another whole number of these after it.

    Raises:
        UserInputError: If a number is out of range, or several metrics are named.
    """

    metric_names: Sequence[str] | None = None
    metric_signatures: Sequence[str] | None = None
    min_progression: float | None = 10.0
    max_progression: float | None = None
    min_curves: int = 5
    trial_indices_to_ignore: Sequence[int] | None = None
    normalize_progressions: bool = False
    interval: float | None = None

    def __post_init__(self) -> None:
        for name, value in (("min_progression", self.min_progression), ("max_progression", self.max_progression)):
            if value is not None and not math.isfinite(to_float(plain(value))):
                raise UserInputError(f"{name} must be a finite number or None, got {shown(value)}.")
        if self.interval is not None and not 0 < to_float(plain(self.interval)) < math.inf:
            raise UserInputError(f"interval must be a number above 0 or None, got {shown(self.interval)}.")
        whole("min_curves", self.min_curves, 1)
        flag("normalize_progressions", self.normalize_progressions)
        named = self.metric_names if self.metric_names is not None else self.metric_signatures
        if named is not None and (isinstance(named, str) or len(named) != 1):
            raise UserInputError(f"metric_names must be a list with one metric, got {shown(named)}.")

    def judge(self, mine: Curve, others: Curves, label: str) -> str | None:
        """Return why a trial should be stopped, or `None`.

        Args:
            mine: The curve of the trial, or of one of its arms, up to now; large values are good.
            others: The curves of other trials, by trial and arm.
            label: The metric's name; `-loss` where small values of `loss` are wanted.
        """
        raise NotImplementedError

    def should_stop(self, view: ExperimentView, trial: Trial) -> str | None:
        """Return why a trial should be stopped, or `None`: so where no one metric says, or there is too little data."""
        found = self._metric(view.optimization)
        ignored = set(self.trial_indices_to_ignore or ())
        if found is None or trial.index in ignored:
            return None
        name, sign = found
        trials = [t for t in view.trials.values() if t.status.expecting_data and t.index != trial.index]
        raw = {(t.index, arm): readings for t in [*trials, trial] for arm, readings in curves(t, name).items()}
        longest = max([abs(s) for c in raw.values() for s, _ in c], default=0.0) if self.normalize_progressions else 1.0
        scaled = {
            key: [(s / (longest or 1.0), sign * v) for s, v in readings]
            for key, readings in raw.items()
            if key[0] not in ignored
        }
        others = {key: readings for key, readings in scaled.items() if key[0] != trial.index}
        said = None
        for (index, arm), readings in scaled.items():
            if index != trial.index:
                continue
            mine = _common(readings, list(others.values()), self.min_curves)
            said = self.judge(mine, others, name if sign > 0 else f"-{name}") if mine and self._is_due(mine) else None
            if said is None:
                return None
            said = f"Arm {arm}, the last of {len(trial.arms)}: {said}" if trial.is_batch else said
        return said

    def _metric(self, goal: OptimizationConfig | None) -> tuple[str, float] | None:
        """Return the metric that is compared, and 1 where large values are good, -1 otherwise."""
        named = self.metric_names if self.metric_names is not None else self.metric_signatures
        if goal is None or (named is None and goal.is_multi_objective):
            return None
        wanted = goal.metric_names[0] if named is None else named[0]
        for objective in goal.objectives:
            if not objective.is_scalarized and objective.metric_names[0] == wanted:
                return wanted, -1.0 if objective.minimize else 1.0
        return None

    def _is_due(self, mine: Curve) -> bool:
        least = -math.inf if self.min_progression is None else self.min_progression
        step = mine[-1][0]
        if step < least or (self.max_progression is not None and step > self.max_progression):
            return False
        if self.interval is None or len(mine) < 2:
            return True
        start, before = self.min_progression or 0.0, mine[-2][0]
        return before < least or (step - start) // self.interval > (before - start) // self.interval


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentileEarlyStoppingStrategy(CurveEarlyStoppingStrategy):
    """Stops a trial that is worse than a percentile of the others at its latest step.

    Args:
        metric_names: The metric whose curves are compared; by default the only objective's.
        metric_signatures: The same, under Ax's name for it.
        min_progression: A trial is not stopped before this step.
        max_progression: A trial is not stopped after this step.
        min_curves: Curves that must reach the trial's step, its own included.
        trial_indices_to_ignore: Trials that are neither stopped nor compared with.
        normalize_progressions: Whether steps are taken as shares of the largest step of any curve.
        interval: A trial is looked at only when it passes `min_progression` or another whole number of these after it.
        percentile_threshold: Percentile of the other curves, between 0 and 100; 50 is the median.
        patience: A trial must have been worse at all its readings this far back, in steps.
        n_best_trials_to_complete: The trials with the best latest values that are never stopped; a batch counts as its
            best arm.

    Raises:
        UserInputError: If a number is out of range, or several metrics are named.

    Example:
        >>> PercentileEarlyStoppingStrategy().percentile_threshold
        50.0
    """

    percentile_threshold: float = 50.0
    patience: float = 0.0
    n_best_trials_to_complete: int | None = None

    def __post_init__(self) -> None:
        super(PercentileEarlyStoppingStrategy, self).__post_init__()
        if not 0 <= to_float(plain(self.percentile_threshold)) <= 100:
            raise UserInputError(f"percentile_threshold must be from 0 to 100, got {shown(self.percentile_threshold)}.")
        if not 0 <= to_float(plain(self.patience)) < math.inf:
            raise UserInputError(f"patience must be a number of at least 0, got {shown(self.patience)}.")
        if self.n_best_trials_to_complete is not None:
            whole("n_best_trials_to_complete", self.n_best_trials_to_complete, 0)

    def judge(self, mine: Curve, others: Curves, label: str) -> str | None:
        """Return why a trial should be stopped, or `None`."""
        said = None
        for step, value in reversed(mine):
            if step < mine[-1][0] - self.patience:
                break
            worse = self._worse(step, value, others, label)
            if worse is None:
                return None
            said = worse if said is None else said
        return said

    def _worse(self, step: float, value: float, others: Curves, label: str) -> str | None:
        reached = [(trial, v) for (trial, _), c in others.items() if (v := value_at(c, step)) is not None]
        peers = [v for _, v in reached]
        if len(peers) + 1 < self.min_curves:
            return None
        better = {trial for trial, v in reached if v > value}
        if self.n_best_trials_to_complete is not None and len(better) < self.n_best_trials_to_complete:
            return None
        threshold = _percentile([*peers, value], self.percentile_threshold)
        if value >= threshold:
            return None
        name, sign = (label[1:], -1.0) if label.startswith("-") else (label, 1.0)
        limit = f"{sign * threshold:g}, the threshold of {len(peers)} others"
        return f"{name} is {sign * value:g} at step {step:g}, worse than {limit}."


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdEarlyStoppingStrategy(CurveEarlyStoppingStrategy):
    """Stops a trial whose latest value is worse than a fixed one.

    Args:
        metric_names: The metric whose curves are looked at; by default the only objective's.
        metric_signatures: The same, under Ax's name for it.
        min_progression: A trial is not stopped before this step.
        max_progression: A trial is not stopped after this step.
        min_curves: Curves that must reach the trial's step, its own included.
        trial_indices_to_ignore: Trials that are not stopped.
        normalize_progressions: Whether steps are taken as shares of the largest step of any curve.
        interval: A trial is looked at only when it passes `min_progression` or another whole number of these after it.
        metric_threshold: The value, in the metric's own units.

    Raises:
        UserInputError: If a number is out of range, or several metrics are named.

    Example:
        >>> ThresholdEarlyStoppingStrategy(metric_threshold=0.8).min_progression
        10.0
    """

    metric_threshold: float = 0.2

    def __post_init__(self) -> None:
        super(ThresholdEarlyStoppingStrategy, self).__post_init__()
        if not math.isfinite(to_float(plain(self.metric_threshold))):
            raise UserInputError(f"metric_threshold must be a finite number, got {shown(self.metric_threshold)}.")

    def judge(self, mine: Curve, others: Curves, label: str) -> str | None:
        """Return why a trial should be stopped, or `None`."""
        (step, value), name = mine[-1], label.removeprefix("-")
        sign = -1.0 if label.startswith("-") else 1.0
        if value >= sign * self.metric_threshold:
            return None
        return f"{name} is {sign * value:g} at step {step:g}, worse than {self.metric_threshold:g}."


@dataclass(frozen=True, slots=True)
class AndEarlyStoppingStrategy:
    """Stops a trial where two rules both say so.

    Args:
        left: One rule.
        right: The other rule.

    Raises:
        UserInputError: If one is no rule.

    Example:
        >>> both = AndEarlyStoppingStrategy(PercentileEarlyStoppingStrategy(), ThresholdEarlyStoppingStrategy())
        >>> both.right.metric_threshold
        0.2
    """

    left: EarlyStoppingStrategy
    right: EarlyStoppingStrategy

    def __post_init__(self) -> None:
        _check_rules(self.left, self.right)

    def should_stop(self, view: ExperimentView, trial: Trial) -> str | None:
        """Return why a trial should be stopped, or `None`."""
        left, right = self.left.should_stop(view, trial), self.right.should_stop(view, trial)
        return None if left is None or right is None else f"{left} And {right}"


@dataclass(frozen=True, slots=True)
class OrEarlyStoppingStrategy:
    """Stops a trial where one of two rules says so.

    Args:
        left: One rule.
        right: The other rule.

    Raises:
        UserInputError: If one is no rule.

    Example:
        >>> either = OrEarlyStoppingStrategy(PercentileEarlyStoppingStrategy(), ThresholdEarlyStoppingStrategy())
        >>> either.left.percentile_threshold
        50.0
    """

    left: EarlyStoppingStrategy
    right: EarlyStoppingStrategy

    def __post_init__(self) -> None:
        _check_rules(self.left, self.right)

    def should_stop(self, view: ExperimentView, trial: Trial) -> str | None:
        """Return why a trial should be stopped, or `None`."""
        return self.left.should_stop(view, trial) or self.right.should_stop(view, trial)


def _check_rules(*rules: object) -> None:
    for rule in rules:
        if not callable(getattr(rule, "should_stop", None)):
            raise UserInputError(f"expected an early stopping strategy, got {shown(rule)}.")


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


def _common(mine: Curve, others: Sequence[Curve], count: int) -> Curve:
    """Return a curve up to the latest of its recent readings that enough curves reach; an empty one if none is.

    Of trials that run side by side one is always a step ahead, and would never be judged.
    """
    for end in range(len(mine), max(len(mine) - _RECENT, 0), -1):
        step = mine[end - 1][0]
        if 1 + sum(value_at(c, step) is not None for c in others) >= count:
            return mine[:end]
    return ()


def _percentile(values: Sequence[float], percent: float) -> float:
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))
