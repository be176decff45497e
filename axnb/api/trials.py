"""What the Client does to trials: each function records one action in an experiment.

Those who ask for trials queue up in an `AskQueue`: one computes, the others wait, and all can be cancelled.
"""

import itertools
import math
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from axnb.api.arguments import listed, text
from axnb.api.outcomes import by_arm, observations, observations_of_arm, unnamed_metrics
from axnb.api.results import Suggestions
from axnb.api.types import TBatchOutcome, TOutcome, TParameterization, TParameterValue
from axnb.api.warm import SUGGESTING
from axnb.errors import AxnbWarning, RetryableError, UnsupportedError, UserInputError, listing, shown
from axnb.interrupts import CANCELLATION, Cancellation, check_cancelled, import_whole
from axnb.problem.parameters import plain, to_float
from axnb.record.events import (
    BaselineSet,
    Change,
    DataAmended,
    DataAttached,
    MetricsTracked,
    TrialCreated,
    TrialRunStarted,
    TrialStatusChanged,
    pairs,
)
from axnb.record.experiment import Experiment, ExperimentView
from axnb.record.trial import LEASE, Arm, Provenance, Trial, TrialStatus

if TYPE_CHECKING:
    from axnb.suggest.generators.base import Suggestion

_Answer = TypeVar("_Answer")
_Point: TypeAlias = tuple[tuple[str, TParameterValue], ...]
_EXACT_ATTEMPTS = 2  # how often suggestions that others have overtaken are made anew; then only where they must be
_PAUSE = 0.01  # seconds between two looks at whether it is one's turn
_PATIENCE = 60.0  # seconds after which one who is overtaken again and again gives up


class AskQueue:
    """Lets one thread at a time compute.

    Who computes is known by a token, not by a lock: an interrupt at any moment leaves nothing held.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # held for a few instructions only
        self._asks: dict[object, Cancellation] = {}
        self._computing: object = None

    def answer(self, compute: Callable[[], _Answer], *, waits: bool = True) -> _Answer:
        """Wait for a turn, unless told not to, compute, and return the answer.

        Raises:
            CancelledError: If somebody cancels the ask.
        """
        turn, outer = object(), CANCELLATION.get()
        try:
            self._asks[turn] = outer or Cancellation()
            CANCELLATION.set(self._asks[turn])
            while waits and not self._begin(turn):
                check_cancelled()
                time.sleep(_PAUSE)
            check_cancelled()
            return compute()
        finally:
            if self._computing is turn:  # no call before this is done: Python looks for interrupts at calls
                self._computing = None
            self._asks.pop(turn, None)
            CANCELLATION.set(outer)

    def cancel(self) -> int:
        """Cancel all asks, those that compute and those that wait, and return how many there were."""
        asks = list(self._asks.values())
        for ask in asks:
            ask.cancel()
        return len(asks)

    def _begin(self, turn: object) -> bool:
        with self._lock:
            if self._computing is None:
                self._computing = turn
            return self._computing is turn


def ask(
    experiment: Experiment,
    count: int,
    *,
    fixed_parameters: TParameterization | None = None,
    near: tuple[TParameterization, float] | None = None,
    nonlinear_constraints: Sequence[Callable[[TParameterization], object]] = (),
    instead_of: TrialStatusChanged | None = None,
    lease: str | None = None,
) -> Suggestions:
    """Suggest trials and record them.

    Args:
        experiment: The experiment, with its goal.
        count: How many.
        fixed_parameters: Values of parameters that are held fixed.
        near: A point near which to look, and how far from it.
        nonlinear_constraints: Functions of a parameterization that must be true, or at least 0.
        instead_of: What happens to a trial in the same action.
        lease: The mark of the loop that asks and is going to run them; `None` where a person asks.

    Returns:
        The parameterizations by trial index.

    Raises:
        DataRequiredError: If results of running trials are needed first.
        SearchSpaceExhausted: If every point of a finite space has been tried.
        UserInputError: If a value is not allowed.
        RetryableError: If others keep taking the same points first, or keep editing the experiment.
    """
    import_whole(SUGGESTING)
    from axnb.suggest.strategy import suggest

    deadline = time.monotonic() + _PATIENCE
    for attempt in itertools.count():
        view = experiment.view()
        fixed = held_fixed(view, fixed_parameters)
        seen = view if instead_of is None else after(view, instead_of)
        made = suggest(seen, count, fixed, near=near, nonlinear_constraints=nonlinear_constraints)
        exact = attempt < _EXACT_ATTEMPTS
        created = create(experiment, view, made, instead_of=instead_of, lease=lease, exact=exact)
        if created is not None:
            return created
        if time.monotonic() > deadline:
            break
    raise RetryableError("others kept changing the experiment while suggestions were made: ask again.")


def look_ahead(
    view: ExperimentView,
    count: int,
    fixed_parameters: TParameterization | None,
    near: tuple[TParameterization, float] | None,
    nonlinear_constraints: Sequence[Callable[[TParameterization], object]],
) -> list[dict[str, TParameterValue]]:
    """Return what would be suggested.

    Raises:
        DataRequiredError: If results of running trials are needed first.
        SearchSpaceExhausted: If every point of a finite space has been tried.
        UserInputError: If a value is not allowed.
    """
    import_whole(SUGGESTING)
    from axnb.suggest.strategy import suggest

    fixed = held_fixed(view, fixed_parameters)
    made = suggest(view, count, fixed, near=near, nonlinear_constraints=nonlinear_constraints)
    return [dict(s.parameters) for s in made]


def held_fixed(view: ExperimentView, fixed_parameters: TParameterization | None) -> dict[str, TParameterValue] | None:
    """Return what suggestions hold fixed: disabled parameters, and what the user says.

    Raises:
        UserInputError: If a value is not allowed, or a parameter does not exist with the others.
    """
    assert view.search_space is not None
    space = view.search_space
    given = {} if fixed_parameters is None else space.validate_some(fixed_parameters)
    fixed = dict(space.disabled) | given
    above = list(given)
    while above:  # where a parameter is held, it exists
        parent, values = space.parents.get(above.pop(), ("", ()))
        if len(values) == 1:
            fixed.setdefault(parent, values[0])
        above += [parent] if parent else []
    for name, (parent, values) in space.parents.items():
        if name in given and parent in fixed and fixed[parent] not in values:
            raise UserInputError(f"the parameter {shown(name)} does not exist with {parent!r} {fixed[parent]!r}.")
    return fixed or None


def near_to(point: TParameterization | None, radius: float) -> tuple[TParameterization, float] | None:
    """Return the point to stay near and the radius around it.

    Raises:
        UserInputError: If the radius is no share of a range.
    """
    if point is None:
        return None
    if not 0 < to_float(plain(radius)) <= 1:
        raise UserInputError(
            f"radius must be a number above 0 and up to 1, a share of each range, got {shown(radius)}."
        )
    return point, radius


def after(view: ExperimentView, event: TrialStatusChanged) -> ExperimentView:
    """Return a view as it will be after a trial has got another status.

    Raises:
        TrialMutationError: If it cannot get that status.
    """
    trial = event.applied_to(view.trial(event.index), datetime.now(UTC))
    return replace(view, trials=MappingProxyType({**view.trials, event.index: trial}))


def create(
    experiment: Experiment,
    view: ExperimentView,
    suggestions: "Sequence[Suggestion]",
    *,
    instead_of: TrialStatusChanged | None = None,
    lease: str | None = None,
    exact: bool = True,
) -> Suggestions | None:
    """Record suggestions made from a view as trials.

    Args:
        experiment: The experiment.
        view: What the suggestions were made from.
        suggestions: The suggestions.
        instead_of: What happens to a trial in the same action.
        lease: The mark of the loop that is going to run them; `None` where a person asked.
        exact: Whether no trial may have been added meanwhile. Otherwise the suggestions get the next indices, if
            nobody has taken one of their points.

    Returns:
        The parameterizations by trial index, or `None` if the experiment has changed under the suggestions.
    """
    made: dict[int, dict[str, TParameterValue]] = {}

    def events(now: ExperimentView) -> list[Change]:
        made.clear()
        same = now.search_space is view.search_space and now.optimization is view.optimization
        if not same or (now.next_index != view.next_index and (exact or _is_taken(suggestions, view, now))):
            return []
        names: dict[object, str] = {}
        created: list[Change] = [] if instead_of is None else [instead_of]
        for index, suggestion in enumerate(suggestions, start=now.next_index):
            parameters = pairs(suggestion.parameters)
            name = names.setdefault(parameters, _arm_name(now, parameters) or f"{index}_0")
            arm = Arm(name=name, parameters=parameters)
            created.append(TrialCreated(index=index, arms=(arm,), provenance=suggestion.provenance))
            created += [] if lease is None else [TrialRunStarted(index=index, metadata=((LEASE, lease),))]
            made[index] = dict(suggestion.parameters)
        return created

    return Suggestions(made) if experiment.record(events, automatic=lease is not None) else None


def _is_taken(suggestions: "Sequence[Suggestion]", view: ExperimentView, now: ExperimentView) -> bool:
    """Return whether one of the points is that of a trial which is newer than the view."""
    newer = [t for index in range(view.next_index, now.next_index) if (t := now.trials.get(index)) is not None]
    taken = {arm.parameters.pairs for trial in newer for arm in trial.arms}
    return any(pairs(suggestion.parameters) in taken for suggestion in suggestions)


def attach(experiment: Experiment, parameters: TParameterization, arm_name: str | None, generator: str) -> int:
    """Record a trial with parameters of the user's own, and return its index.

    Raises:
        UserInputError: If a value is missing, not allowed or unknown, or the arm's name is taken.
        UnsupportedError: If the generator is `"Baseline"` and there is a baseline already.
    """
    return attach_batch(experiment, [parameters], [arm_name], None, generator)


def attach_batch(
    experiment: Experiment,
    parameterizations: Sequence[TParameterization],
    arm_names: Sequence[str | None] | None,
    weights: Sequence[float] | None,
    generator: str,
) -> int:
    """Record a trial with one or several arms of the user's own, and return its index.

    Args:
        experiment: The experiment.
        parameterizations: The arms.
        arm_names: A name for each of them, or `None` for that which its point had, or one made from the trial's index.
        weights: How much of the trial is given to each arm, relative to the others; empty where all get the same.
        generator: What the trial is said to come from.

    Raises:
        UserInputError: If a value is missing, not allowed or unknown, an arm's name is taken, or there is not one name
            and weight for each arm.
        UnsupportedError: If the generator is `"Baseline"` and there is a baseline already.
    """
    given = listed("parameterizations", parameterizations, "parameterizations")
    names = [
        _given_name(n) for n in ([None] * len(given) if arm_names is None else listed("arm_names", arm_names, "names"))
    ]
    shares = listed("weights", () if weights is None else weights, "numbers")
    if len(names) != len(given):
        raise UserInputError(f"there are {len(given)} arms, but {len(names)} arm_names: give one an arm.")
    made: list[int] = []

    def events(now: ExperimentView) -> list[Change]:
        assert now.search_space is not None
        if generator == "Baseline" and now.baseline is not None:
            raise UnsupportedError(
                f"trial {now.baseline} is the baseline already: undo that, or delete the trial, to attach another."
            )
        index = now.next_index
        points = [pairs(now.search_space.validate(parameters)) for parameters in given]
        arms = tuple(
            [_attached_arm(now, *one, f"{index}_{i}") for i, one in enumerate(zip(points, names, strict=True))]
        )
        made.append(index)
        weighed = tuple([to_float(plain(share)) for share in shares])
        event = TrialCreated(index=index, arms=arms, provenance=Provenance(generator=generator), weights=weighed)
        return [event, BaselineSet(index=index)] if generator == "Baseline" else [event]

    experiment.record(events)
    return made[-1]


def _given_name(name: str | None) -> str | None:
    given = text("arm_name", name)
    if given is not None and not given.strip():
        raise UserInputError(f"arm_name must be a non-empty string, got {shown(given)}.")
    return given


def _attached_arm(view: ExperimentView, point: _Point, given: str | None, default: str) -> Arm:
    """Return the arm of a point: a repeated one keeps its name."""
    if given is not None and any(arm.parameters != point for arm in view.find_arms(given)):
        raise UserInputError(f"another arm is called {given!r} already: choose another name.")
    return Arm(name=_arm_name(view, point) or given or default, parameters=point)


def tell(
    experiment: Experiment,
    trial_index: int,
    raw_data: TOutcome | TBatchOutcome | None,
    progression: float | None,
    status: TrialStatus | None,
) -> Trial:
    """Record results of a trial, if given, and its new status, if given; return the trial.

    Raises:
        ObjectNotFoundError: If there is no such trial.
        TrialMutationError: If the trial cannot get that status.
        UserInputError: If a metric is unknown or a value is no finite number.
    """

    def events(now: ExperimentView) -> list[Change]:
        trial = now.trial(trial_index)
        change: list[Change] = [] if status is None else [TrialStatusChanged(index=trial.index, status=status)]
        if raw_data is None and status is not None:
            if progression is not None and not math.isfinite(to_float(plain(progression))):
                raise UserInputError(f"the progression must be a finite number, got {shown(progression)}.")
            return change
        rows = observations(raw_data, trial, now.metrics, progression)
        return [DataAttached(index=trial.index, rows=rows), *change]

    if isinstance(raw_data, Mapping):
        _track_unnamed(experiment, trial_index, raw_data, progression, status)
    experiment.record(events)
    return experiment.view().trial(trial_index)


def _track_unnamed(
    experiment: Experiment,
    trial_index: int,
    raw_data: TOutcome | TBatchOutcome,
    progression: float | None,
    status: TrialStatus | None,
) -> None:
    """Track the metrics that data has and the experiment does not know, if the data can be recorded then.

    It is an action of its own, so that taking back the data stays possible.

    Raises:
        ObjectNotFoundError: If there is no such trial.
        TrialMutationError: If the trial cannot get the status.
        UserInputError: If a metric nearly is one of the goal that the data lacks, or a value is no finite number.
    """
    view = experiment.view()
    trial = view.trial(trial_index)
    goal = view.optimization.metric_names if view.optimization is not None else ()
    told = [data for data in by_arm(raw_data, trial, view.metrics).values() if isinstance(data, Mapping)]
    new = tuple(dict.fromkeys([n for data in told for n in unnamed_metrics(data, view.metrics, goal)]))
    if new:
        observations(raw_data, trial, (*view.metrics, *new), progression)
        if status is not None:
            TrialStatusChanged(index=trial.index, status=status).applied_to(trial, datetime.now(UTC))
        experiment.record([MetricsTracked(names=new)])


def complete(
    experiment: Experiment, trial_index: int, raw_data: TOutcome | TBatchOutcome | None, progression: float | None
) -> Trial:
    """Record results of a trial, if given, and that it is completed; a warning names metrics of the goal without data.

    Raises:
        ObjectNotFoundError: If there is no such trial.
        TrialMutationError: If the trial is not running.
        UserInputError: If a metric is unknown or a value is no finite number.
    """
    trial = tell(experiment, trial_index, raw_data, progression, status=TrialStatus.COMPLETED)
    goal = experiment.view().optimization
    wanted = goal.metric_names if goal is not None else ()
    missing = [m for m in wanted if not all(r.has([m]) for r in trial.results)]
    if missing:
        warnings.warn(
            f"trial {trial.index} is completed without {listing(missing)}: add it by attach_data.",
            AxnbWarning,
            stacklevel=4,
        )
    return trial


def amend(experiment: Experiment, trial_index: int, raw_data: Mapping[str, Any]) -> None:
    """Record corrected results of a trial: they take the place of all readings of their metrics.

    Raises:
        ObjectNotFoundError: If there is no such trial.
        UserInputError: If a metric is unknown or a value is no finite number.
    """

    def events(now: ExperimentView) -> list[Change]:
        trial = now.trial(trial_index)
        told = by_arm(raw_data, trial, now.metrics)
        return [_amendment(trial, name, data, now.metrics) for name, data in told.items()]

    experiment.record(events)


def _amendment(trial: Trial, arm_name: str, raw_data: object, metrics: Sequence[str]) -> DataAmended:
    given = raw_data if isinstance(raw_data, Mapping) else {}
    held = tuple(r for r in trial.data if r.arm_name == arm_name)
    removed = tuple(n for n, value in given.items() if value is None)
    missing = [n for n in removed if n not in {r.metric for r in held}]
    if missing:
        who = f"arm {arm_name!r} of trial {trial.index}" if trial.is_batch else f"trial {trial.index}"
        raise UserInputError(f"{who} has no data for {listing(missing)} to remove.")
    kept = {n: value for n, value in given.items() if value is not None}
    rows = () if removed and not kept else observations_of_arm(kept or raw_data, arm_name, metrics, None)
    touched = {r.metric for r in rows} | set(removed)
    return DataAmended(
        index=trial.index,
        rows=rows,
        removed=removed,
        before=tuple(r for r in held if r.metric in touched),
        arm_name=arm_name if trial.is_batch else None,
    )


def change_status(experiment: Experiment, trial_index: int, status: TrialStatus, reason: str | None) -> None:
    """Record a new status of a trial.

    Raises:
        ObjectNotFoundError: If there is no such trial.
        TrialMutationError: If the trial cannot get that status.
    """

    def events(now: ExperimentView) -> list[Change]:
        index = now.trial(trial_index).index
        return [TrialStatusChanged(index=index, status=status, reason=reason)]

    experiment.record(events)


def _arm_name(view: ExperimentView, point: _Point) -> str | None:
    """Return the name of the arm with these parameters: a repeated point keeps its name."""
    return next((arm.name for arm in view.find_arms(point)), None)
