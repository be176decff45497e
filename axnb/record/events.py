"""The events that make an experiment, and what each one writes.

An event is a frozen value. `changes(state)` checks it against the state and returns what it writes: pairs of slot and
new value. The inverse of an event is therefore known once it is applied: the values that were in those slots before.
Events know nothing of how they are stored or shown.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeAlias

from axnb.errors import TrialMutationError, UnsupportedError, UserInputError, listing, shown
from axnb.problem.generation import GenerationOptions
from axnb.problem.objective import OptimizationConfig
from axnb.problem.parameters import DerivedParameter, ParameterValue, to_float, whole
from axnb.problem.space import SearchSpace
from axnb.record.metadata import ExperimentMetadata, check_text
from axnb.record.trial import (
    ALLOWED_FROM,
    LATE,
    LEASE,
    Arm,
    Observation,
    Provenance,
    Trial,
    TrialStatus,
    no_such_arm,
    no_such_trial,
)

LARGEST_INDEX = 2**31 - 1  # databases keep a trial's index in 32 bits

Slot: TypeAlias = str | int  # a trial's slot is its index
Changes: TypeAlias = list[tuple[Slot, Any]]


class StateReader(Protocol):
    """What events may read."""

    def get(self, slot: Slot) -> Any:
        """Return what is in a slot, or `None`."""
        ...

    @property
    def next_index(self) -> int:
        """The index of the next trial."""
        ...

    @property
    def trial_indices(self) -> list[int]:
        """The indices of all trials, in order."""
        ...


def trial_in(state: StateReader, index: object) -> Trial:
    """Return a trial of the state.

    Raises:
        UserInputError: If the index is no whole number.
        ObjectNotFoundError: If there is no such trial.
    """
    number = whole("a trial index", index)
    trial = state.get(number)
    if trial is None:
        raise no_such_trial(number, state.trial_indices)
    assert isinstance(trial, Trial)
    return trial


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentConfigured:
    """The experiment got its search space and its seed."""

    header: ExperimentMetadata
    search_space: SearchSpace
    undoable: ClassVar[bool] = False

    def changes(self, state: StateReader, time: datetime) -> Changes:
        """Return what the event writes, or raise why it can't happen."""
        if state.get("metadata") is not None:
            raise UnsupportedError("the experiment is configured already: make a new Client for another experiment.")
        return [("metadata", self.header), ("search_space", self.search_space)]

    @property
    def label(self) -> str:
        """What happened, in a few words."""
        return "experiment configured"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentRenamed:
    """The experiment got another name."""

    name: str
    undoable: ClassVar[bool] = False

    def changes(self, state: StateReader, time: datetime) -> Changes:
        """Return what the event writes, or raise why it can't happen."""
        check_text("name", self.name)
        return [("metadata", replace(state.get("metadata"), name=self.name))]

    @property
    def label(self) -> str:
        """What happened, in a few words."""
        return f"experiment renamed to {self.name!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizationConfigured:
    """The goal was set or changed."""

    config: OptimizationConfig
    undoable: ClassVar[bool] = True

    def changes(self, state: StateReader, time: datetime) -> Changes:
        """Return what the event writes, or raise why it can't happen."""
        return [("optimization", self.config), *_with_metrics(state, self.config.metric_names)]

    @property
    def label(self) -> str:
        """What happened, in a few words."""
        return f"goal set to {self.config}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationConfigured:
    """The settings of the generation strategy were set or changed."""

    options: GenerationOptions
    undoable: ClassVar[bool] = False

    def changes(self, state: StateReader, time: datetime) -> Changes:
        """Return what the event writes, or raise why it can't happen."""
        return [("generation", self.options)]

    @property
    def label(self) -> str:
        """What happened, in a few words."""
        own = self.options.strategy
        return "generation strategy set" if own is not None else f"generation method set to {self.options.method}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsTracked:
    """Metrics that are recorded although they are neither objective nor constraint."""

    names: tuple[str, ...]
    undoable: ClassVar[bool] = False

    def changes(self, state: StateReader, time: datetime) -> Changes:
        """Return what the event writes, or raise why it can't happen."""
        return _with_metrics(state, self.names)

    @property
    def label(self) -> str:
        """What happened, in a few words."""
        return f"metrics tracked: {', '.join(self.names)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsConfigured:
    """Objects or functions of the user's were given, or taken away, that no file keeps; only their names are recorded.

    Args:
        kind: What they are for, such as `"nonlinear constraints"`.
        names: What they are called; empty for none.
    """

    kind: str
    names: tuple[str, ...]
    undoable: ClassVar[bool] = False

    def changes(self, state: StateReader, time: datetime) -> Changes:
        """Return what the event writes, or raise why it can't happen."""
        for text in (self.kind, *self.names):
            check_text("a name", text)
        held = dict(state.get("part_names") or ())
        return [("part_names", tuple((held | {self.kind: self.names}).items()))]

    @property
    def label(self) -> str:
        """What happened, in a few words."""
        return f"{self.kind} set to {', '.join(self.names) or 'none'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialCreated:
    """A trial was suggested or attached.

    Args:
        index: The trial.
        arms: What is to be evaluated: one arm, or several in a batch.
        provenance: Where the trial came from.
        status: Where it stands.
        weights: How much of the trial is given to each arm, relative to the others; empty where all get the same.
        provenances: Where each arm came from; empty where all came from where the trial did.
    """

    index: int
    arms: tuple[Arm, ...]
    provenance: Provenance
    status: TrialStatus = TrialStatus.RUNNING
    weights: tuple[float, ...] = ()
    provenances: tuple[Provenance, ...] = ()
    undoable: ClassVar[bool] = True

    def changes(self, state: StateReader, time: datetime) -> Changes:
        """Return what the event writes, or raise why it can't happen."""
        space = state.get("search_space")
        if self.index < state.next_index:
            raise UnsupportedError(f"trial index {self.index} is in use or was; the next is {state.next_index}.")
        whole("the index of a trial", self.index, 0, LARGEST_INDEX)
        self.check(space)
        trial = Trial(
            index=self.index,
            arms=self.arms,
            weights=self.weights,
            status=self.status,
            provenance=self.provenance,
            provenances=self.provenances,
            time_created=time,
        )
        return [(self.index, trial)]

    def check(self, space: SearchSpace | None) -> None:
        """Check the arms.

        Raises:
            UserInputError: If there is none, a name or point is missing or twice there, or a weight is not above 0.
        """
        self._check_arms()
        for arm in self.arms:
            if space is not None:
                space.check_values(arm.parameters.pairs)

    def _check_arms(self) -> None:
        count = len(self.arms)
        if count == 0:
            raise UserInputError(f"trial {self.index} has no arms: give it at least one parameterization.")
        if not all(arm.has_name for arm in self.arms):
            raise UserInputError(f"trial {self.index}: each arm needs a name.")
        for what, different in (("name", {a.name for a in self.arms}), ("point", {a.parameters for a in self.arms})):
            if len(different) < count:
                raise UserInputError(f"trial {self.index}: each arm needs a {what} of its own.")
        for what, values in (("weights", self.weights), ("origins", self.provenances)):
            if len(values) not in (0, count):
                raise UserInputError(f"trial {self.index} has {count} arms, but {len(values)} {what}: give one an arm.")
        for arm, weight in zip(self.arms, self.weights, strict=False):
            if not 0.0 < to_float(weight) < math.inf:
                raise UserInputError(
                    f"trial {self.index}: the weight of arm {arm.name!r} must be above 0, got {shown(weight)}."
                )

    @property
    def positions(self) -> list[int]:
        """The positions in the quasi-random sequence that the arms were taken from."""
        return [p.position for p in (self.provenance, *self.provenances) if p.position is not None]

    @property
    def label(self) -> str:
        """What happened, in a few words."""
        attached = self.provenance.generator in ("Manual", "Baseline")
        what = f"trial {self.index}" if len(self.arms) == 1 else f"trial {self.index} of {len(self.arms)} arms"
        return f"{what} {'attached' if attached else 'suggested'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmsAdded:
    """Arms were added to a trial that is only proposed.

    Args:
        index: The trial.
        arms: The arms.
        weights: The weight of each of them.
        provenance: Where they came from.
    """

    index: int
    arms: tuple[Arm, ...]
    weights: tuple[float, ...]
    provenance: Provenance
    undoable: ClassVar[bool] = True

    def changes(self, state: StateReader, time: datetime) -> Changes:
        """Return what the event writes, or raise why it can't happen."""
        trial = trial_in(state, self.index)
        if not trial.status.is_candidate:
            raise TrialMutationError(
                f"trial {trial.index} is {trial.status.label.lower()}: arms are added before it is run."
            )
        arms = (*trial.arms, *self.arms)
        weights = (*(trial.weights or (1.0,) * len(trial.arms)), *self.weights)
        origins = (*(trial.provenances or (trial.provenance,) * len(trial.arms)), *[self.provenance] * len(self.arms))
        same = len(set(weights)) == 1
        whole_trial = TrialCreated(
            index=trial.index,
            arms=arms,
            provenance=trial.provenance,
            weights=() if same else weights,
            provenances=() if len(set(origins)) == 1 else origins,
        )
        whole_trial.check(state.get("search_space"))
        changed = replace(trial, arms=arms, weights=whole_trial.weights, provenances=whole_trial.provenances)
        return [(trial.index, changed)]

    @property
    def label(self) -> str:
        """What happened, in a few words."""
        return f"{len(self.arms)} arms added to trial {self.index}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineSet:
    """A trial became the one that relative constraints compare with."""

    index: int
    undoable: ClassVar[bool] = True

    def changes(self, state: StateReader, time: datetime) -> Changes:
        """Return what the event writes, or raise why it can't happen."""
        if state.get("baseline") is not None:
            raise UnsupportedError(f"trial {state.get('baseline')} is the baseline already.")
        trial = trial_in(state, self.index)
        if trial.is_batch:
            raise UnsupportedError(
                f"trial {self.index} has {len(trial.arms)} arms: the baseline must be a trial of one."
            )
        return [("baseline", trial.index)]

    @property
    def label(self) -> str:
        """What happened, in a few words."""
        return f"trial {self.index} made the baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataAttached:
    """Readings came in; one with the same metric, arm and step replaces the earlier one."""

    index: int
    rows: tuple[Observation, ...]
    undoable: ClassVar[bool] = True

    def changes(self, state: StateReader, time: datetime) -> Changes:
        """Return what the event writes, or raise why it can't happen."""
        trial = trial_in(state, self.index)
        _check_arm_names(trial, self.rows)
        held = {(r.metric, r.arm_name, r.step): r for r in trial.data}
        held |= {(r.metric, r.arm_name, r.step): r for r in self.rows}
        return [(self.index, replace(trial, data=tuple(held.values())))]

    @property
    def label(self) -> str:
        """What happened, in a few words."""
        return f"data of trial {self.index} ({self.values})"

    @property
    def values(self) -> str:
        """The readings, in a few words."""
        of_several = len({r.arm_name for r in self.rows}) > 1
        shown = ", ".join(f"{r.arm_name + ' ' if of_several else ''}{r.metric} {r.mean:g}" for r in self.rows[:3])
        return f"{shown}{', …' if len(self.rows) > 3 else ''}"


_ADVICE = {
    TrialStatus.COMPLETED: "undo the completion to enter other results",
    TrialStatus.FAILED: "attach the point again to try it once more",
    TrialStatus.ABANDONED: "attach the point again to try it once more",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialStatusChanged:
    """A trial was completed, failed, abandoned, stopped or started."""

    index: int
    status: TrialStatus
    reason: str | None = None
    undoable: ClassVar[bool] = True

    def changes(self, state: StateReader, time: datetime) -> Changes:
        """Return what the event writes, or raise why it can't happen."""
        return [(self.index, self.applied_to(trial_in(state, self.index), time))]

    def applied_to(self, trial: Trial, time: datetime) -> Trial:
        """Return the trial in its new status.

        Raises:
            TrialMutationError: If it cannot get that status.
            UnsupportedError: If it is to be stopped early and has no data.
        """
        verb = self.status.label.lower()
        check_text("the reason", self.reason)
        if trial.status not in ALLOWED_FROM.get(self.status, frozenset()):
            advice = f": {_ADVICE[trial.status]}" if trial.status in _ADVICE else ""
            was = "already " if trial.status == self.status else ""
            raise TrialMutationError(
                f"trial {self.index} cannot become {verb}, it is {was}{trial.status.label.lower()}{advice}."
            )
        if self.status is TrialStatus.EARLY_STOPPED and not trial.data:
            raise UnsupportedError(f"trial {self.index} has no data yet: attach some before stopping it early.")
        ended = time if self.status.is_terminal else trial.time_completed
        reason = self.reason[:1000] if self.reason else None
        return replace(trial, status=self.status, status_reason=reason, time_completed=ended)

    @property
    def label(self) -> str:
        """What happened, in a few words."""
        return f"trial {self.index} {self.status.label.lower()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataAmended:
    """Readings were corrected: those of some metrics are replaced, or removed.

    Args:
        index: The trial.
        rows: The readings that take the place of all earlier ones of their metrics.
        removed: Metrics whose readings are removed.
        before: The readings that were there, for the history.
        arm_name: The arm whose readings they are; `None` in a trial of one arm.
    """

    index: int
    rows: tuple[Observation, ...] = ()
    removed: tuple[str, ...] = ()
    before: tuple[Observation, ...] = ()
    arm_name: str | None = None
    undoable: ClassVar[bool] = True

    def changes(self, state: StateReader, time: datetime) -> Changes:
        """Return what the event writes, or raise why it can't happen."""
        trial = trial_in(state, self.index)
        arm_name = trial.arm_name if self.arm_name is None else self.arm_name
        _check_arm_names(trial, self.rows, arm_name)
        touched = {r.metric for r in self.rows} | set(self.removed)
        kept = tuple(r for r in trial.data if r.arm_name != arm_name or r.metric not in touched)
        return [(self.index, replace(trial, data=kept + self.rows))]

    @property
    def label(self) -> str:
        """What happened, in a few words."""
        old = {r.metric: f"{r.mean:g}" for r in self.before}
        moves = [f"{r.metric} {old.get(r.metric, 'nothing')} → {r.mean:g}" for r in self.rows]
        moves += [f"{name} {old.get(name, 'nothing')} → nothing" for name in self.removed]
        what = f"trial {self.index}" if self.arm_name is None else f"arm {self.arm_name} of trial {self.index}"
        return f"data of {what} amended ({', '.join(moves)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialDeleted:
    """A trial was removed, with its data; its index is not used again."""

    index: int
    undoable: ClassVar[bool] = True

    def changes(self, state: StateReader, time: datetime) -> Changes:
        """Return what the event writes, or raise why it can't happen."""
        index = trial_in(state, self.index).index
        return [(index, None), ("baseline", None)] if state.get("baseline") == index else [(index, None)]

    @property
    def label(self) -> str:
        """What happened, in a few words."""
        return f"trial {self.index} deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialNoted:
    """A person's remark on a trial was written, changed or, with `None`, removed."""

    index: int
    note: str | None
    undoable: ClassVar[bool] = True

    def changes(self, state: StateReader, time: datetime) -> Changes:
        """Return what the event writes, or raise why it can't happen."""
        check_text("note", self.note)
        return [(self.index, replace(trial_in(state, self.index), note=self.note))]

    @property
    def label(self) -> str:
        """What happened, in a few words."""
        return f"note on trial {self.index}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRunStarted:
    """A runner took a trial up, and said how to find it again.

    Args:
        index: The trial.
        metadata: Pairs of key and JSON text.
    """

    index: int
    metadata: tuple[tuple[str, str], ...]
    undoable: ClassVar[bool] = True

    def changes(self, state: StateReader, time: datetime) -> Changes:
        """Return what the event writes, or raise why it can't happen."""
        trial = trial_in(state, self.index)
        merged = dict(trial.run_metadata) | dict(self.metadata)
        return [(self.index, replace(trial, run_metadata=tuple(merged.items())))]

    @property
    def label(self) -> str:
        """What happened, in a few words."""
        said = {LEASE: "is to be run by a loop", LATE: "came late"}
        return f"trial {self.index} {said.get(','.join(key for key, _ in self.metadata), 'taken up by the runner')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpaceEdited:
    """The search space was changed; past trials got a value for each parameter that is new.

    Args:
        search_space: The space from now on.
        backfill: Pairs of new parameter and the value that it had in past trials.
        summary: What was changed, in a few words.
    """

    search_space: SearchSpace
    backfill: tuple[tuple[str, ParameterValue], ...] = ()
    summary: str = ""
    undoable: ClassVar[bool] = True

    def changes(self, state: StateReader, time: datetime) -> Changes:
        """Return what the event writes, or raise why it can't happen."""
        before = state.get("search_space")
        added = {n for n in self.search_space.names if before is None or n not in before.names}
        clash = sorted(added & set(state.get("metrics") or ()))
        if clash:
            raise UserInputError(f"{listing(clash)} is the name of a metric: give the parameter another name.")
        changes: Changes = [("search_space", self.search_space)]
        if added:
            changes += [(i, self._completed(trial_in(state, i))) for i in state.trial_indices]
        return changes

    def _completed(self, trial: Trial) -> Trial:
        """Return a trial with values of what is new, where that exists with the values that the trial has."""
        arms = []
        for arm in trial.arms:
            held = dict(arm.parameters)
            values = dict(self.backfill) | held
            for p in self.search_space.parameters:
                if isinstance(p, DerivedParameter) and p.name not in values:
                    values[p.name] = p.value_of(values)
            there = {*held, *self.search_space.active(values)}
            kept = tuple((n, values[n]) for n in self.search_space.names if n in values and n in there)
            arms.append(Arm(kept, arm.name))
        return replace(trial, arms=tuple(arms))

    @property
    def label(self) -> str:
        """What happened, in a few words."""
        return f"search space edited ({self.summary})" if self.summary else "search space edited"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionUndone:
    """An earlier action was taken back."""

    action: int
    undoable: ClassVar[bool] = False

    @property
    def label(self) -> str:
        """What happened, in a few words."""
        return "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRedone:
    """An undone action was carried out again."""

    action: int
    undoable: ClassVar[bool] = False

    @property
    def label(self) -> str:
        """What happened, in a few words."""
        return "redone"


Change: TypeAlias = (
    ExperimentConfigured
    | ExperimentRenamed
    | OptimizationConfigured
    | GenerationConfigured
    | MetricsTracked
    | PartsConfigured
    | TrialCreated
    | ArmsAdded
    | BaselineSet
    | DataAttached
    | DataAmended
    | TrialStatusChanged
    | TrialDeleted
    | TrialNoted
    | TrialRunStarted
    | SearchSpaceEdited
)
Event: TypeAlias = Change | ActionUndone | ActionRedone

TRIAL_EVENTS = (
    TrialCreated,
    ArmsAdded,
    BaselineSet,
    DataAttached,
    DataAmended,
    TrialStatusChanged,
    TrialDeleted,
    TrialNoted,
    TrialRunStarted,
)


def _check_arm_names(trial: Trial, rows: Sequence[Observation], only: str | None = None) -> None:
    """Check that the arms of readings are arms of the trial.

    Raises:
        UnknownNameError: If one is not.
    """
    known = trial.arms_by_name
    for name in [*([] if only is None else [only]), *(r.arm_name for r in rows)]:
        if name not in known or (only is not None and name != only):
            raise no_such_arm(trial, name)


def _with_metrics(state: StateReader, names: tuple[str, ...]) -> Changes:
    """Return what adding metrics writes: nothing if all are there, so that it stands in the way of no undo."""
    for name in names:
        check_text("a metric's name", name)
    space = state.get("search_space")
    clash = [n for n in names if space is not None and n in space.names]
    if clash:
        raise UserInputError(f"{listing(clash)} is the name of a parameter: give the metric another name.")
    held = state.get("metrics") or ()
    new = tuple(n for n in dict.fromkeys(names) if n not in held)
    return [("metrics", (*held, *new))] if new else []


def pairs(parameters: Mapping[str, ParameterValue]) -> tuple[tuple[str, ParameterValue], ...]:
    """Return a parameterization as the tuple of pairs that frozen values hold."""
    return tuple(parameters.items())
