"""Which arms a card shows, and their outcomes: observed or predicted, in the metrics' units or against the baseline.

Knows nothing of tables, figures or cards.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

import numpy as np

from axnb.analyses.context import AnalysisContext
from axnb.analyses.drawing import words
from axnb.analyses.shared.prospects import compute_feasibility, compute_feasibility_at_arms
from axnb.errors import DataRequiredError, ObjectNotFoundError, UnsupportedError, UserInputError, listing, near_miss
from axnb.problem.parameters import ParameterValue
from axnb.problem.space import Parameterization
from axnb.record.events import pairs
from axnb.record.trial import Arm, ArmResult, Provenance, TrialStatus
from axnb.suggest.best import BestPoint, Outcomes

Point: TypeAlias = tuple[tuple[str, ParameterValue], ...]
INITIAL = ("Center", "Sobol")
ATTACHED = ("Manual", "Baseline")

Statuses = tuple[TrialStatus, ...] | None

ADDITIONAL = -1
"""Trial index of an arm that belongs to no trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An arm as a card shows it.

    Args:
        result: The arm.
        outcomes: Its outcomes as they are to be shown.
        p_feasible: Probability that all outcome constraints hold; NaN where there are none or it is not known.
    """

    result: ArmResult
    outcomes: Outcomes
    p_feasible: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which arms, and how.

    Args:
        predicted: Whether to show what the model predicts, not what was observed.
        relativize: Whether to show changes against the baseline, in percent.
        trial_index: The only trial to show.
        statuses: The statuses to show; by default all but failed, abandoned and stale.
        points: Parameterizations to predict beside the trials.
    """

    predicted: bool = True
    relativize: bool = False
    trial_index: int | None = None
    statuses: Statuses = None
    points: tuple[Point, ...] = ()

    def __post_init__(self) -> None:
        if self.points and not self.predicted:
            raise UserInputError("additional_arms have no results: show them with use_model_predictions=True.")


class ShowsArms(Protocol):
    """The fields of an analysis by which a reader chooses arms."""

    @property
    def use_model_predictions(self) -> bool: ...  # noqa: D102
    @property
    def trial_index(self) -> int | None: ...  # noqa: D102
    @property
    def trial_statuses(self) -> Iterable[TrialStatus | str] | None: ...  # noqa: D102
    @property
    def additional_arms(self) -> Iterable[Parameterization] | None: ...  # noqa: D102


def read_choice(analysis: ShowsArms, *, relativize: bool = False) -> Choice:
    """Return which arms an analysis shows.

    Raises:
        UserInputError: If its fields do not fit together.
    """
    return Choice(
        predicted=analysis.use_model_predictions,
        relativize=relativize,
        trial_index=analysis.trial_index,
        statuses=parse_statuses(analysis.trial_statuses),
        points=check_points(analysis.additional_arms),
    )


def check_points(given: "Iterable[Parameterization | Point] | None") -> tuple[Point, ...]:
    """Return parameterizations in the form that a frozen analysis keeps.

    Raises:
        UserInputError: If it is no list of parameterizations.
    """
    if given is None:
        return ()
    if isinstance(given, Mapping | str) or not isinstance(given, Iterable):
        raise UserInputError(f"additional_arms must be a list of parameterizations, got {given!r}: put it in a list.")
    points = [one.parameters if isinstance(one, Arm) else one for one in given]
    for point in points:
        if not isinstance(point, Mapping | tuple):
            raise UserInputError(f"additional_arms must hold dicts of parameter values, got {point!r}.")
    return tuple(tuple(dict(point).items()) for point in points)


def select_arms(context: AnalysisContext, metrics: Sequence[str], choice: Choice) -> tuple[Shown, ...]:
    """Return the arms that have all the metrics, in the order of the trials.

    Raises:
        DataRequiredError: If predictions are wanted and there are too few results, or there is no baseline to compare
            with.
        ObjectNotFoundError: If there is no such trial.
        UserInputError: If a point cannot be predicted.
    """
    if choice.trial_index is not None:
        context.view.trial(choice.trial_index)
    found = _predicted(context, metrics, choice) if choice.predicted else _observed(context, metrics)
    kept = [s for s in found if _wanted(s.result, choice)]
    if not choice.relativize:
        return tuple(kept)
    base = _baseline(context, metrics, found)
    return tuple(replace(s, outcomes={n: compute_change(s.outcomes[n], base[n], n) for n in metrics}) for s in kept)


def _wanted(result: ArmResult, choice: Choice) -> bool:
    if result.trial_index == ADDITIONAL:
        return True
    if choice.trial_index is not None and result.trial_index != choice.trial_index:
        return False
    return not result.status.is_lost if choice.statuses is None else result.status in choice.statuses


def _observed(context: AnalysisContext, metrics: Sequence[str]) -> list[Shown]:
    return [Shown(result=r, outcomes=r.outcomes, p_feasible=np.nan) for r in context.results if r.has(metrics)]


def _predicted(context: AnalysisContext, metrics: Sequence[str], choice: Choice) -> list[Shown]:
    context.require(metrics)
    made = context.predictions_at_arms()
    constrained = context.view.optimization is not None and bool(context.optimization.constraints)
    known = constrained and can_judge(context)
    chances = compute_feasibility_at_arms(context) if known else np.full(len(made), np.nan)
    triples = zip(context.results, made, chances.tolist(), strict=True)
    shown = [Shown(result=r, outcomes=p, p_feasible=f) for r, p, f in triples if p]
    for i, given in enumerate(choice.points):
        point = context.search_space.validate(dict(given))
        result = ArmResult(
            trial_index=ADDITIONAL,
            arm=Arm(name=f"additional_{i}", parameters=pairs(point)),
            status=TrialStatus.CANDIDATE,
            provenance=Provenance(generator="Additional"),
        )
        chance = float(compute_feasibility(context, context.model.encoder.encode([point]))[0]) if known else np.nan
        shown.append(Shown(result=result, outcomes=context.model.predict([point])[0], p_feasible=chance))
    return shown


def can_judge(context: AnalysisContext) -> bool:
    """Return whether every metric of the goal is modelled and every constraint has a bound."""
    try:
        context.require(context.optimization.metric_names)
        context.once("goal judged", lambda: compute_feasibility_at_arms(context))
    except (DataRequiredError, UnsupportedError, UserInputError):
        return False
    return True


def _baseline(context: AnalysisContext, metrics: Sequence[str], found: Sequence[Shown]) -> Outcomes:
    index = context.view.baseline
    if index is None:
        raise DataRequiredError("relativize compares with a baseline, and there is none: call attach_baseline first.")
    for one in found:
        if one.result.trial_index == index and all(n in one.outcomes for n in metrics):
            return one.outcomes
    raise DataRequiredError(f"relativize needs the results of the baseline, trial {index}: complete it first.")


def compute_change(
    value: tuple[float, float | None], base: tuple[float, float | None], metric: str
) -> tuple[float, float | None]:
    """Return a value as a change against a base, in percent, with its standard error.

    Args:
        value: Mean and standard error.
        base: The same of the baseline.
        metric: The metric's name, for the message.

    Raises:
        UnsupportedError: If the base is 0.

    Example:
        >>> compute_change((11.0, 0.5), (10.0, 0.0), "loss")
        (10.0, 5.0)
    """
    (mean, sem), (at, at_sem) = value, base
    if at == 0.0:
        raise UnsupportedError(
            f"the baseline's {metric!r} is 0, so there are no changes in percent: do not relativize."
        )
    share = 100.0 * (mean - at) / abs(at)
    if sem is None:
        return share, None
    return share, 100.0 / abs(at) * float(np.hypot(sem, mean / at * (at_sem or 0.0)))


def find_arm(context: AnalysisContext, name: str) -> ArmResult:
    """Return an arm by its name.

    Raises:
        ObjectNotFoundError: If there is none.
    """
    for result in context.results:
        if result.arm_name == name:
            return result
    names = list(dict.fromkeys(r.arm_name for r in context.results))
    raise ObjectNotFoundError(f"there is no arm {name!r}; the arms are {listing(names)}.{near_miss(name, names)}")


def find_result(context: AnalysisContext, point: BestPoint) -> ArmResult:
    """Return what the arm that stands out came to."""
    return next(r for r in context.view.trials[point.trial_index].results if r.arm_name == point.arm_name)


def name_result(context: AnalysisContext, result: ArmResult) -> str:
    """Return what an arm is called in a sentence: its trial, and its own name too where that has several."""
    trial = context.view.trials.get(result.trial_index)
    batches = () if trial is None or not trial.is_batch else (trial.index,)
    return words.name_arm(result.trial_index, result.arm_name, batches)


def describe_result(result: ArmResult, metric: str, batches: frozenset[int]) -> str:
    """Return what a hover text says of an arm: what it is called, its value of a metric, where it stands, its point.

    Args:
        result: The arm.
        metric: The metric.
        batches: The trials that have several arms.
    """
    held = result.outcomes.get(metric)
    status = "" if result.status.is_completed else f" · {result.status.label.lower()}"
    value = f" · {words.short(metric)} {words.number(held[0])}" if held else ""
    who = words.name_arm(result.trial_index, result.arm_name, batches, starts=True)
    return words.hover([f"{who}{value}{status}", words.point(result.parameters)])


def find_batch_trials(results: Iterable[ArmResult]) -> frozenset[int]:
    """Return the trials that have several of some arms."""
    counts = Counter(r.trial_index for r in results)
    return frozenset(i for i, count in counts.items() if count > 1)


def positions(shown: Sequence[Shown]) -> np.ndarray:
    """Return where arms stand along an axis of trials: the trial's index, arms of one trial side by side."""
    index = np.array([s.result.trial_index for s in shown], dtype=float)
    extra = index == ADDITIONAL
    if extra.any():
        index[extra] = (index[~extra].max() if (~extra).any() else -1) + 1 + np.arange(extra.sum())
    out = index.copy()
    for trial in np.unique(index):
        rows = np.flatnonzero(index == trial)
        if len(rows) > 1:
            out[rows] += np.linspace(-0.35, 0.35, len(rows))
    return out


def parse_statuses(given: "Iterable[TrialStatus | str] | None") -> Statuses:
    """Return statuses given by name or number.

    Raises:
        UserInputError: If there is no such status.
    """
    if given is None:
        return None
    names = {s.name.lower(): s for s in TrialStatus}
    found = []
    for one in [given] if isinstance(given, str) else given:
        status = one if isinstance(one, TrialStatus) else names.get(str(one).lower())
        if status is None:
            raise UserInputError(
                f"there is no status {one!r}; the statuses are {listing(names, 9)}.{near_miss(one, names)}"
            )
        found.append(status)
    return tuple(found)
