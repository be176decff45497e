"""A journal of events, its state as their fold, and frozen views of it.

`Experiment`, which adds what Ax's developers ask and do, is the only mutable object in axnb. Every change goes through
`record`: the events are checked, appended to the journal and applied, all or none, under a lock that is held for
nothing else. Readers work on an `ExperimentView`, which never changes. Undo and redo append events too; nothing is
ever erased.

An experiment may be kept in a `Journal` that other processes write to as well. Then an action counts only once the
journal has it; if another process was first, its entries are folded in and the action is checked anew.
"""

import getpass
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Self, TypeAlias
from weakref import WeakKeyDictionary

from axnb.errors import AxnbError, ConflictError, SnapshotError, UndoError, UnsupportedError
from axnb.interrupts import acquire, hold_signals
from axnb.problem.generation import GenerationOptions
from axnb.problem.objective import OptimizationConfig
from axnb.problem.parameters import ParameterValue, whole
from axnb.problem.space import SearchSpace
from axnb.record.events import ActionRedone, ActionUndone, Change, Event, Slot
from axnb.record.journal import Entry, Journal
from axnb.record.metadata import ExperimentMetadata
from axnb.record.state import Action, ArmPlaces, ExperimentState
from axnb.record.trial import Arm, ArmResult, Trial, no_such_trial

_log = logging.getLogger("axnb")


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class ExperimentView:
    """The state of an experiment at one moment; never changes.

    Args:
        version: Grows with every entry of the journal.
        metadata: Name, description, owner and seed; `None` before configuration.
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
        part_names: Pairs of kind and names of objects and functions of the user's, which are not saved themselves.
        places: Where points and names of arms have been used, in this view or others.
    """

    version: int
    metadata: ExperimentMetadata | None
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
    part_names: tuple[tuple[str, tuple[str, ...]], ...] = ()
    places: ArmPlaces = field(default_factory=ArmPlaces, repr=False)

    @property
    def name(self) -> str | None:
        """The experiment's name."""
        return self.metadata.name if self.metadata else None

    @property
    def description(self) -> str | None:
        """The experiment's description."""
        return self.metadata.description if self.metadata else None

    @property
    def seed(self) -> int:
        """The seed of everything random in the experiment."""
        return self.metadata.seed if self.metadata else 0

    def trial(self, index: object) -> Trial:
        """Return a trial.

        Raises:
            UserInputError: If the index is no whole number.
            ObjectNotFoundError: If there is no such trial.
        """
        number = whole("a trial index", index)
        if number not in self.trials:
            raise no_such_trial(number, list(self.trials))
        return self.trials[number]

    def find_arms(self, key: str | tuple[tuple[str, ParameterValue], ...]) -> Iterator[Arm]:
        """Go through the arms of a name, or of a point given as pairs of parameter and value."""
        for index in self.places.find(key):
            trial = self.trials.get(index)
            yield from (a for a in (() if trial is None else trial.arms) if key in (a.name, a.parameters.pairs))


_results: WeakKeyDictionary[ExperimentView, tuple[ArmResult, ...]] = WeakKeyDictionary()


def arm_results(view: ExperimentView) -> tuple[ArmResult, ...]:
    """Return what every arm of every trial came to, in the order of the trials and of the arms in them.

    This is the one table of results: the best point, models, tables and cards are made from it. The outcome of a metric
    is the reading without progression, or, where there is none, that with the largest progression. Trials of every
    status are in it, also those whose results are not to be counted: `TrialStatus` says which these are.

    Example:
        >>> arm_results(JournaledExperiment().view())
        ()
    """
    held = _results.get(view)
    if held is None:  # each trial keeps its own, so that this is a walk, not a computation
        held = _results.setdefault(view, tuple([r for trial in view.trials.values() for r in trial.results]))
    return held


Events: TypeAlias = Sequence[Change]


class JournaledExperiment:
    """A journal of events: append with `record`, read with `view`.

    Thread-safe. Subscribers are called after the lock is released, on the thread that made the change.

    Args:
        journal: Where the entries are kept, besides memory; what it holds already is read.

    Raises:
        StorageError: If the journal cannot be read.

    Example:
        >>> experiment = JournaledExperiment()
        >>> experiment.view().version
        0
    """

    def __init__(self, journal: Journal | None = None) -> None:
        self._lock = threading.RLock()
        self._store = journal
        self._journal: list[Entry] = []
        self._state = ExperimentState()
        self._view = _build_view(self._state, len(self._journal))  # for all who read: they never wait for the lock
        self._subscribers: list[Callable[[Notice], None]] = []
        self._subscribing = threading.Lock()
        if journal is not None:
            self._fold(journal.read(0))

    @classmethod
    def replay(cls, entries: Sequence[Entry], journal: Journal | None = None) -> Self:
        """Return the experiment that entries tell of.

        Args:
            entries: All entries of an experiment.
            journal: A new place that is to keep them from now on.

        Raises:
            SnapshotError: If the entries do not follow from each other.
            StorageError: If the journal cannot keep them.
        """
        experiment = cls()
        experiment._fold(entries)
        if journal is not None and entries:
            journal.append(entries, experiment._state.trials.freeze())
            experiment._store = journal
        return experiment

    def _fold(self, entries: Iterable[Entry]) -> list[tuple[int, Action]]:
        """Fold entries into the state that others have put into the journal; return the version after each action."""
        actions: list[list[Entry]] = []
        for number, entry in enumerate(entries, start=len(self._journal)):
            first = actions[-1][0].sequence if actions else -1
            if entry.sequence != number or entry.action not in (number, first):
                raise SnapshotError(f"the journal is damaged: entry {entry.sequence} is out of order.")
            if entry.action == number:
                actions.append([entry])
            else:
                actions[-1].append(entry)
        try:
            return [self._fold_action(action) for action in actions]
        finally:
            if actions:
                self._view = _build_view(self._state, len(self._journal))

    def _fold_action(self, entries: list[Entry]) -> tuple[int, Action]:
        first = entries[0]
        turn = first.event
        try:
            if isinstance(turn, ActionUndone | ActionRedone):
                action = self._state.next_turn(undo=isinstance(turn, ActionUndone))
                if action.number != turn.action:
                    raise SnapshotError(f"the journal is damaged: entry {first.sequence} turns another action.")  # noqa: TRY301 - it is as damaged as what others raise
                self._state.turn(turn)
            else:
                action = self._state.start(first.action)
                events = [e.event for e in entries if not isinstance(e.event, ActionUndone | ActionRedone)]
                self._state.apply(events, first.time, action)
                self._state.close(action, events, automatic=first.automatic)
        except SnapshotError:
            raise
        except Exception as error:  # data from without can be wrong in any way
            raise SnapshotError(f"the journal is damaged: {str(error)[:1000]}") from error
        self._journal.extend(entries)
        return len(self._journal), action

    @property
    def journal(self) -> tuple[Entry, ...]:
        """All entries so far."""
        return tuple(self._journal)

    def view(self) -> ExperimentView:
        """Return the present state, frozen. Nobody waits for it, also while a change is being kept."""
        return self._view

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

        def attempt() -> tuple[tuple[Entry, ...], Notice | None]:
            made = events(self.view()) if callable(events) else events
            if not made:
                return (), None
            now = datetime.now(UTC)
            action = self._state.start(len(self._journal))
            try:
                self._state.apply(made, now, action)
                entries = _number_entries(len(self._journal), made, now, actor, automatic=automatic)
                if self._store is not None:
                    self._store.append(entries, action.trials())
            except BaseException:
                self._state.roll_back(action)
                raise
            self._state.close(action, made, automatic=automatic)
            return self._keep(entries, tuple(action.after), action.label)

        return self._write(attempt)

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
        sentence = ""
        meant: int | None = None

        def attempt() -> tuple[tuple[Entry, ...], Notice | None]:
            nonlocal sentence, meant
            action = self._state.next_turn(undo=undo)
            meant = action.number if meant is None else meant
            if action.number != meant:
                raise UndoError("the experiment has changed meanwhile: look again at what would be turned.")
            event = ActionUndone(action=action.number) if undo else ActionRedone(action=action.number)
            entries = _number_entries(len(self._journal), [event], datetime.now(UTC), actor, automatic=False)
            if self._store is not None:
                self._store.append(entries, action.trials(undone=undo))
            self._state.turn(event)
            sentence = f"{'Undid' if undo else 'Redid'}: {action.label}."
            return self._keep(entries, tuple(action.after), sentence)

        self._write(attempt)
        return sentence

    def _write(self, attempt: Callable[[], tuple[tuple[Entry, ...], Notice | None]]) -> tuple[Entry, ...]:
        """Carry out an attempt; where others were first, fold in what they wrote and keep them waiting for this one."""
        heard: list[Notice] = []
        try:
            with self._locked():
                try:
                    entries, notice = attempt()
                except AxnbError as error:
                    heard += self._catch_up()
                    if self._store is None or not (heard or isinstance(error, ConflictError)):
                        raise
                    with self._store.hold():  # others queue up behind this one: it can't be too late again
                        heard += self._catch_up()
                        entries, notice = attempt()
                heard += [notice] if notice is not None else []
                return entries
        finally:
            self._notify(heard)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock, and signals back: memory and journal must agree when they come."""
        with hold_signals():
            acquire(self._lock)
            try:
                yield
            finally:
                self._lock.release()

    def _keep(
        self, entries: tuple[Entry, ...], slots: tuple[Slot, ...], label: str
    ) -> tuple[tuple[Entry, ...], Notice]:
        self._journal.extend(entries)
        self._view = _build_view(self._state, len(self._journal))
        return entries, Notice(version=len(self._journal), slots=slots, label=label)

    @property
    def store(self) -> Journal | None:
        """Where the entries are kept, besides memory."""
        return self._store

    def keep_in(self, journal: Journal) -> None:
        """Keep the experiment in a new place from now on, with all that has happened so far.

        Args:
            journal: The place; it must be empty.

        Raises:
            UnsupportedError: If the experiment is kept somewhere already, or the place has another one.
            StorageError: If the journal cannot keep it.
        """
        with self._locked():
            if self._store is not None:
                raise UnsupportedError("the experiment is kept already: load it elsewhere to keep it twice.")
            if journal.read(0):
                raise UnsupportedError("there is an experiment at that place already: choose another name.")
            if self._journal:
                journal.append(tuple(self._journal), self._state.trials.freeze())
            self._store = journal

    def refresh(self) -> int:
        """Fold in what other processes have written, and return the number of new entries.

        Raises:
            StorageError: If the journal cannot be read.
        """
        with self._locked():
            before = len(self._journal)
            heard = self._catch_up()
            count = len(self._journal) - before
        self._notify(heard)
        return count

    def _catch_up(self) -> list[Notice]:
        folded = self._fold(self._store.read(len(self._journal))) if self._store is not None else []
        return [Notice(version=v, slots=tuple(action.after), label=action.label) for v, action in folded]

    def subscribe(self, callback: Callable[[Notice], None]) -> Callable[[], None]:
        """Call a function after every change, and return a function that ends it.

        An exception in the callback is logged and goes no further.
        """
        with self._subscribing:
            self._subscribers.append(callback)

        def unsubscribe() -> None:
            with self._subscribing:
                if callback in self._subscribers:
                    self._subscribers.remove(callback)

        return unsubscribe

    def _notify(self, notices: Iterable[Notice]) -> None:
        with self._subscribing:
            callbacks = list(self._subscribers)
        for notice in notices:
            for callback in callbacks:
                try:
                    callback(notice)
                except Exception:  # whatever a callback does must not undo what is recorded
                    _log.exception("A subscriber of the experiment failed on: %s", notice.label)


def _build_view(state: ExperimentState, version: int) -> ExperimentView:
    return ExperimentView(
        version=version,
        metadata=state.get("metadata"),
        search_space=state.get("search_space"),
        optimization=state.get("optimization"),
        generation=state.get("generation"),
        metrics=state.get("metrics") or (),
        baseline=state.get("baseline"),
        trials=state.trials.freeze(),
        part_names=state.get("part_names") or (),
        places=state.trials.places,
        next_index=state.next_index,
        next_position=state.next_position,
        undo_label=state.label(undo=True),
        redo_label=state.label(undo=False),
    )


def _number_entries(
    start: int, events: Sequence[Event], when: datetime, actor: str | None, *, automatic: bool
) -> tuple[Entry, ...]:
    who = actor or _user()
    return tuple(
        Entry(sequence=start + k, action=start, time=when, actor=who, automatic=automatic, event=event)
        for k, event in enumerate(events)
    )


@cache
def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user, as in some containers
        return "unknown"
