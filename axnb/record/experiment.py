"""The experiment: a journal of events, its state as their fold, and frozen views of it.

`Experiment` is the only mutable object in axnb. Every change goes through `record`: the events are checked, appended
to the journal and applied, all or none, under a lock that is held for nothing else. Readers work on an
`ExperimentView`, which never changes. Undo and redo append events too; nothing is ever erased.
"""

import getpass
import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeAlias

from axnb.errors import SnapshotError, UndoError
from axnb.problem.generation import GenerationOptions
from axnb.problem.objective import OptimizationConfig
from axnb.problem.space import SearchSpace
from axnb.record.events import (
    ActionRedone,
    ActionUndone,
    Change,
    Event,
    Header,
    Slot,
    TrialCreated,
    describe,
)
from axnb.record.trial import Trial, no_such_trial, trial_number

_log = logging.getLogger("axnb")
_ABSENT = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the journal.

    Args:
        sequence: Its number, from 0, without gaps.
        action: Number of the first entry of the same action; an action is undone as a whole.
        time: When, in UTC.
        actor: Who.
        automatic: Whether a program did it in a closed loop; only what a person did can be undone.
        event: What.
    """

    sequence: int
    action: int
    time: datetime
    actor: str
    automatic: bool
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What subscribers are told.

    Args:
        version: The experiment's version after the change.
        slots: What was written: a trial's index, or the name of a setting.
        label: What happened, in a few words.
    """

    version: int
    slots: tuple[Slot, ...]
    label: str

    @property
    def trial_indices(self) -> tuple[int, ...]:
        """The trials that were written."""
        return tuple(s for s in self.slots if isinstance(s, int))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExperimentView:
    """The state of an experiment at one moment; never changes.

    Args:
        version: Grows with every entry of the journal.
        header: Name, description, owner and seed; `None` before configuration.
        search_space: What may be tried.
        optimization: What is wanted.
        generation: How suggestions are made; `None` for the defaults.
        metrics: The metrics that data may have, in order of first mention.
        baseline: Index of the baseline trial.
        trials: The trials by index, in order.
        next_index: The index of the next trial.
        next_position: The next position in the quasi-random sequence.
        undo_label: What `undo` would take back.
        redo_label: What `redo` would carry out again.
    """

    version: int
    header: Header | None
    search_space: SearchSpace | None
    optimization: OptimizationConfig | None
    generation: GenerationOptions | None
    metrics: tuple[str, ...]
    baseline: int | None
    trials: Mapping[int, Trial]
    next_index: int
    next_position: int
    undo_label: str | None
    redo_label: str | None

    @property
    def name(self) -> str | None:
        """The experiment's name."""
        return self.header.name if self.header else None

    @property
    def description(self) -> str | None:
        """The experiment's description."""
        return self.header.description if self.header else None

    @property
    def seed(self) -> int:
        """The seed of everything random in the experiment."""
        return self.header.seed if self.header else 0

    def trial(self, index: object) -> Trial:
        """Return a trial.

        Raises:
            UserInputError: If the index is no whole number.
            ObjectNotFoundError: If there is no such trial.
        """
        number = trial_number(index)
        if number not in self.trials:
            raise no_such_trial(number, list(self.trials))
        return self.trials[number]


@dataclass(slots=True)
class _Action:
    """What an action wrote, and what was there before."""

    number: int
    label: str
    undoable: bool
    before: dict[Slot, tuple[Any, int]] = field(default_factory=dict)
    after: dict[Slot, Any] = field(default_factory=dict)


class _State:
    """The fold of the journal: values in slots, each with the action that wrote it."""

    def __init__(self) -> None:
        self.values: dict[Slot, Any] = {}
        self.writers: dict[Slot, int] = {}
        self.next_index = 0
        self.next_position = 0
        self.actions: dict[int, _Action] = {}
        self.done: list[int] = []
        self.undone: list[int] = []

    def __getitem__(self, slot: Slot) -> Any:
        return self.values[slot]

    def get(self, slot: Slot) -> Any:
        return self.values.get(slot)

    @property
    def trial_indices(self) -> list[int]:
        return sorted(s for s in self.values if isinstance(s, int))

    def write(self, slot: Slot, value: Any, writer: int) -> tuple[Any, int]:
        """Write a slot and return what was there: value and writer."""
        before = (self.values.get(slot, _ABSENT), self.writers.get(slot, -1))
        if value is _ABSENT:
            self.values.pop(slot, None)
            self.writers.pop(slot, None)
        else:
            self.values[slot] = value
            self.writers[slot] = writer
        return before


Events: TypeAlias = Sequence[Change]


class Experiment:
    """An experiment: append events with `record`, read with `view`.

    Thread-safe. Subscribers are called after the lock is released, on the thread that made the change.

    Example:
        >>> experiment = Experiment()
        >>> experiment.view().version
        0
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._journal: list[Entry] = []
        self._state = _State()
        self._view: ExperimentView | None = None
        self._subscribers: list[Callable[[Notice], None]] = []

    @classmethod
    def replay(cls, entries: Iterable[Entry]) -> "Experiment":
        """Return the experiment that a journal tells of.

        Raises:
            SnapshotError: If the entries do not follow from each other.
        """
        experiment = cls()
        by_action: dict[int, list[Entry]] = {}
        for entry in entries:
            if entry.sequence != len(experiment._journal) or entry.action > entry.sequence:
                raise SnapshotError(f"the journal is damaged: entry {entry.sequence} is out of order.")
            by_action.setdefault(entry.action, []).append(entry)
            experiment._journal.append(entry)
        for number in sorted(by_action):
            experiment._replay_action(number, by_action[number])
        return experiment

    def _replay_action(self, number: int, entries: list[Entry]) -> None:
        first = entries[0].event
        if isinstance(first, ActionUndone | ActionRedone):
            if first.action not in self._state.actions:
                raise SnapshotError(f"the journal is damaged: entry {number} refers to an unknown action.")
            stack = self._state.done if isinstance(first, ActionUndone) else self._state.undone
            if not stack or stack[-1] != first.action:
                raise SnapshotError(f"the journal is damaged: entry {number} undoes or redoes out of order.")
            self._turn(first)
            return
        action = _Action(number=number, label="", undoable=False)
        events = [e.event for e in entries if not isinstance(e.event, ActionUndone | ActionRedone)]
        for event in events:
            self._apply(event, entries[0].time, action)
        self._close(action, events, automatic=entries[0].automatic)

    @property
    def journal(self) -> tuple[Entry, ...]:
        """All entries so far."""
        with self._lock:
            return tuple(self._journal)

    def view(self) -> ExperimentView:
        """Return the present state, frozen."""
        with self._lock:
            if self._view is None:
                self._view = self._make_view()
            return self._view

    def _make_view(self) -> ExperimentView:
        state = self._state
        get = state.values.get
        trials = {i: state.values[i] for i in state.trial_indices}
        return ExperimentView(
            version=len(self._journal),
            header=get("header"),
            search_space=get("search_space"),
            optimization=get("optimization"),
            generation=get("generation"),
            metrics=get("metrics", ()),
            baseline=get("baseline"),
            trials=MappingProxyType(trials),
            next_index=state.next_index,
            next_position=state.next_position,
            undo_label=state.actions[state.done[-1]].label if state.done else None,
            redo_label=state.actions[state.undone[-1]].label if state.undone else None,
        )

    def record(
        self,
        events: Events | Callable[[ExperimentView], Events],
        *,
        automatic: bool = False,
        actor: str | None = None,
    ) -> tuple[Entry, ...]:
        """Check, append and apply the events of one action; all of them or none.

        Args:
            events: The events, or a function that makes them from the view at the moment of writing.
            automatic: Whether a program in a closed loop does it; then it can't be undone.
            actor: Who does it; `None` for the name of the user who runs the process.

        Returns:
            The entries of the journal that were added.

        Raises:
            AxnbError: If an event can't happen now; the experiment is then as before.
        """
        time = datetime.now(UTC)
        with self._lock:
            made = events(self.view()) if callable(events) else events
            if not made:
                return ()
            action = _Action(number=len(self._journal), label="", undoable=False)
            try:
                for event in made:
                    self._apply(event, time, action)
            except BaseException:
                self._roll_back(action)
                raise
            self._close(action, made, automatic=automatic)
            entries = self._append(made, action.number, time, actor, automatic=automatic)
            notice = Notice(version=len(self._journal), slots=tuple(action.after), label=action.label)
        self._notify(notice)
        return entries

    def _append(
        self, events: Sequence[Event], action: int, time: datetime, actor: str | None, *, automatic: bool
    ) -> tuple[Entry, ...]:
        start = len(self._journal)
        entries = tuple(
            Entry(
                sequence=start + k, action=action, time=time, actor=actor or _user(), automatic=automatic, event=event
            )
            for k, event in enumerate(events)
        )
        self._journal.extend(entries)
        self._view = None
        return entries

    def _apply(self, event: Change, time: datetime, action: _Action) -> None:
        for slot, value in event.changes(self._state, time):
            before = self._state.write(slot, value, action.number)
            action.before.setdefault(slot, before)
            action.after[slot] = value
        if isinstance(event, TrialCreated):
            self._state.next_index = max(self._state.next_index, event.index + 1)
            if event.provenance.position is not None:
                self._state.next_position = max(self._state.next_position, event.provenance.position + 1)

    def _roll_back(self, action: _Action) -> None:
        for slot, (value, writer) in action.before.items():
            self._state.write(slot, value, writer)
        self._state.next_index = max((i + 1 for i in self._created()), default=0)
        self._state.next_position = max((p + 1 for p in self._positions()), default=0)

    def _created(self) -> Iterable[int]:
        return (e.event.index for e in self._journal if isinstance(e.event, TrialCreated))

    def _positions(self) -> Iterable[int]:
        made = (e.event.provenance.position for e in self._journal if isinstance(e.event, TrialCreated))
        return (p for p in made if p is not None)

    def _close(self, action: _Action, events: Events, *, automatic: bool) -> None:
        action.label = describe(events)
        first_goal = "optimization" in action.before and action.before["optimization"][0] is _ABSENT
        action.undoable = not automatic and not first_goal and all(e.undoable for e in events)
        self._state.actions[action.number] = action
        if action.undoable:
            self._state.done.append(action.number)
            self._state.undone.clear()

    def undo(self, *, actor: str | None = None) -> str:
        """Take back the newest thing that a person did, and say what it was.

        Raises:
            UndoError: If there is nothing to undo, or later events depend on it.
        """
        return self._turn_newest(actor, undo=True)

    def redo(self, *, actor: str | None = None) -> str:
        """Carry out again what was undone last, and say what it was.

        Raises:
            UndoError: If there is nothing to redo, or later events stand in the way.
        """
        return self._turn_newest(actor, undo=False)

    def _turn_newest(self, actor: str | None, *, undo: bool) -> str:
        with self._lock:
            stack = self._state.done if undo else self._state.undone
            verb = "undo" if undo else "redo"
            if not stack:
                raise UndoError(f"there is nothing to {verb}.")
            action = self._state.actions[stack[-1]]
            self._check_turn(action, verb, undo=undo)
            event = ActionUndone(action=action.number) if undo else ActionRedone(action=action.number)
            self._turn(event)
            self._append([event], len(self._journal), datetime.now(UTC), actor, automatic=False)
            sentence = f"{'Undid' if undo else 'Redid'}: {action.label}."
            notice = Notice(version=len(self._journal), slots=tuple(action.after), label=sentence)
        self._notify(notice)
        return sentence

    def _check_turn(self, action: _Action, verb: str, *, undo: bool) -> None:
        for slot, (_, writer) in action.before.items():
            expected = action.number if undo else writer
            if self._state.writers.get(slot, -1) != expected:
                what = f"trial {slot}" if isinstance(slot, int) else f"the {slot.replace('_', ' ')}"
                raise UndoError(f"cannot {verb} '{action.label}': {what} has changed since.")

    def _turn(self, event: ActionUndone | ActionRedone) -> None:
        action = self._state.actions[event.action]
        if isinstance(event, ActionUndone):
            for slot, (value, writer) in action.before.items():
                self._state.write(slot, value, writer)
            self._state.undone.append(self._state.done.pop())
        else:
            for slot, value in action.after.items():
                self._state.write(slot, value, action.number)
            self._state.done.append(self._state.undone.pop())

    def subscribe(self, callback: Callable[[Notice], None]) -> Callable[[], None]:
        """Call a function after every change, and return a function that ends it.

        An exception in the callback is logged and goes no further.
        """
        with self._lock:
            self._subscribers.append(callback)

        def unsubscribe() -> None:
            with self._lock:
                if callback in self._subscribers:
                    self._subscribers.remove(callback)

        return unsubscribe

    def _notify(self, notice: Notice) -> None:
        with self._lock:
            callbacks = list(self._subscribers)
        for callback in callbacks:
            try:
                callback(notice)
            except Exception:  # whatever a callback does must not undo what is recorded
                _log.exception("A subscriber of the experiment failed on: %s", notice.label)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user, as in some containers
        return "unknown"
