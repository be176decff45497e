"""The fold of the journal: values in slots, and for each action what it wrote and what was there before.

Trials are kept such that a frozen copy costs nothing: copies share the blocks in which nothing has changed. Also kept
is where points and names of arms have been used, which is asked for every trial that is added.
"""

from collections.abc import ItemsView, Iterator, Mapping, Sequence, ValuesView
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from axnb.errors import UndoError
from axnb.record.events import (
    ActionRedone,
    ActionUndone,
    Change,
    DataAttached,
    Event,
    Slot,
    TrialCreated,
    TrialStatusChanged,
)
from axnb.record.trial import Trial

ABSENT = object()
_NAMED = 3  # events of an action that its description names
_LONGEST_LABEL = 160  # characters: a tooltip
_BITS = 8  # a block has the trials of 256 indices


@dataclass(slots=True)
class Action:
    """What an action wrote, and what was there before."""

    number: int
    events: Sequence[Change] = ()
    before: dict[Slot, tuple[Any, int]] = field(default_factory=dict)
    after: dict[Slot, Any] = field(default_factory=dict)
    counters: tuple[int, int] = (0, 0)
    _label: str | None = None

    @property
    def label(self) -> str:
        """What it did, in a few words; put together when somebody asks, as few do of what is loaded."""
        if self._label is None:
            self._label = describe(self.events)
        return self._label

    def trials(self, *, undone: bool = False) -> dict[int, Trial | None]:
        """Return the trials that the action wrote, as they are after it, or after it is undone."""
        values: Mapping[Slot, Any] = {s: v for s, (v, _) in self.before.items()} if undone else self.after
        return {s: None if v is ABSENT else v for s, v in values.items() if isinstance(s, int)}


class ExperimentState:
    """Values in slots, each with the action that wrote it. A trial's slot is its index."""

    def __init__(self) -> None:
        self.settings: dict[Slot, Any] = {}
        self.trials = TrialTable()
        self.writers: dict[Slot, int] = {}
        self.next_index = 0
        self.next_position = 0
        self.actions: dict[int, Action] = {}
        self.done: list[int] = []
        self.undone: list[int] = []

    def get(self, slot: Slot) -> Any:
        """Return what is in a slot, or `None`."""
        return self.trials.get(slot) if isinstance(slot, int) else self.settings.get(slot)

    @property
    def trial_indices(self) -> list[int]:
        """The indices of all trials, in order."""
        return list(self.trials)

    def _write(self, slot: Slot, value: Any, writer: int) -> tuple[Any, int]:
        """Write a slot and return what was there: value and writer."""
        held = self.get(slot)
        before = (ABSENT if held is None else held, self.writers.get(slot, -1))
        if value is ABSENT:
            self.writers.pop(slot, None)
            if isinstance(slot, int):
                self.trials.remove(slot)
            else:
                self.settings.pop(slot, None)
        else:
            self.writers[slot] = writer
            if isinstance(slot, int):
                self.trials.put(value)
            else:
                self.settings[slot] = value
        return before

    def start(self, number: int) -> Action:
        """Return a new action, to be applied, then closed or rolled back."""
        return Action(number=number, counters=(self.next_index, self.next_position))

    def apply(self, events: Sequence[Change], time: datetime, action: Action) -> None:
        """Check and apply events one after another.

        Raises:
            AxnbError: If an event can't happen; roll the action back then.
        """
        for event in events:
            for slot, value in event.changes(self, time):
                after = ABSENT if value is None else value
                action.before.setdefault(slot, self._write(slot, after, action.number))
                action.after[slot] = after
            if isinstance(event, TrialCreated):
                self.next_index = max(self.next_index, event.index + 1)
                self.next_position = max([self.next_position, *(p + 1 for p in event.positions)])
        action.events = events

    def roll_back(self, action: Action) -> None:
        """Take back what an action wrote that is not closed yet."""
        for slot, (value, writer) in action.before.items():
            self._write(slot, value, writer)
        self.next_index, self.next_position = action.counters

    def close(self, action: Action, events: Sequence[Change], *, automatic: bool) -> None:
        """Keep an applied action, and make it the next to undo if a person did it."""
        first_goal = "optimization" in action.before and action.before["optimization"][0] is ABSENT
        self.actions[action.number] = action
        if not automatic and not first_goal and all(e.undoable for e in events):
            self.done.append(action.number)
            self.undone.clear()

    def next_turn(self, *, undo: bool) -> Action:
        """Return the action that undo or redo would turn.

        Raises:
            UndoError: If there is none, or later events stand in the way.
        """
        stack, verb = (self.done, "undo") if undo else (self.undone, "redo")
        if not stack:
            raise UndoError(f"there is nothing to {verb}.")
        action = self.actions[stack[-1]]
        later = [i for i in self.trials if i >= action.counters[0] and i not in action.before]
        if "search_space" in action.before and later:
            raise UndoError(f"cannot {verb} '{action.label}': trial {later[0]} was made since.")
        for slot, (_, writer) in action.before.items():
            expected = action.number if undo else writer
            if action.after.get(slot) is ABSENT and undo:
                expected = -1
            if self.writers.get(slot, -1) != expected:
                what = f"trial {slot}" if isinstance(slot, int) else f"the {slot.replace('_', ' ')}"
                raise UndoError(f"cannot {verb} '{action.label}': {what} has changed since.")
        return action

    def turn(self, event: ActionUndone | ActionRedone) -> None:
        """Undo or redo an action."""
        action = self.actions[event.action]
        if isinstance(event, ActionUndone):
            for slot, (value, writer) in action.before.items():
                self._write(slot, value, writer)
            self.undone.append(self.done.pop())
        else:
            for slot, value in action.after.items():
                self._write(slot, value, action.number)
            self.done.append(self.undone.pop())

    def label(self, *, undo: bool) -> str | None:
        """Return what undo or redo would turn, in a few words."""
        stack = self.done if undo else self.undone
        return self.actions[stack[-1]].label if stack else None


class TrialMap(Mapping[int, Trial]):
    """Trials by index, in order of index; never changes.

    Args:
        blocks: The trials of each block, blocks and trials in order of index.
        count: How many trials there are.
    """

    __slots__ = ("_blocks", "_count")

    def __init__(self, blocks: Mapping[int, Mapping[int, Trial]], count: int) -> None:
        self._blocks = blocks
        self._count = count

    def __getitem__(self, index: int) -> Trial:
        """Return the trial of that index.

        Raises:
            KeyError: If there is none.
        """
        try:
            return self._blocks[index >> _BITS][index]
        except TypeError:  # what is no whole number is no index
            raise KeyError(index) from None

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        for block in self._blocks.values():
            yield from block

    def __reversed__(self) -> Iterator[int]:
        for block in reversed(list(self._blocks.values())):
            yield from reversed(list(block))

    def values(self) -> ValuesView[Trial]:
        """Return the trials, in order of index."""
        return _Trials(self)

    def items(self) -> ItemsView[int, Trial]:
        """Return pairs of index and trial, in order of index."""
        return _Pairs(self)

    @property
    def blocks(self) -> Mapping[int, Mapping[int, Trial]]:
        """The trials of each block; a block that did not change is the same object at another moment."""
        return self._blocks

    def iterate_pairs(self) -> Iterator[tuple[int, Trial]]:
        """Go through pairs of index and trial, in order of index."""
        for block in self._blocks.values():
            yield from block.items()

    def iterate_trials(self) -> Iterator[Trial]:
        """Go through the trials, in order of index."""
        for block in self._blocks.values():
            yield from block.values()

    def __repr__(self) -> str:
        return repr(dict(self))


def find_changes(now: Mapping[int, Trial], before: Mapping[int, Trial]) -> set[int]:
    """Return the indices of the trials that are new, other than before, or gone.

    What two moments of an experiment hold in common is not looked at: of ten thousand trials the one that changed is
    found in no time.

    Args:
        now: The trials.
        before: The trials at another moment.
    """
    if not isinstance(now, TrialMap) or not isinstance(before, TrialMap):
        return {i for i in now.keys() | before.keys() if now.get(i) is not before.get(i)}
    changed: set[int] = set()
    blocks, others = now.blocks, before.blocks
    for key in blocks.keys() | others.keys():
        mine, theirs = blocks.get(key, {}), others.get(key, {})
        if mine is not theirs:
            changed |= {i for i in mine.keys() | theirs.keys() if mine.get(i) is not theirs.get(i)}
    return changed


class _Trials(ValuesView[Trial]):
    _mapping: TrialMap

    def __iter__(self) -> Iterator[Trial]:
        return self._mapping.iterate_trials()


class _Pairs(ItemsView[int, Trial]):
    _mapping: TrialMap

    def __iter__(self) -> Iterator[tuple[int, Trial]]:
        return self._mapping.iterate_pairs()


class TrialTable:
    """Trials by index that can be written, and frozen at any time: what is written afterwards is copied first.

    Example:
        >>> from axnb.record.trial import Arm
        >>> table = TrialTable()
        >>> before = table.freeze()
        >>> table.put(Trial(index=3, arms=(Arm(name="3_0", parameters=()),)))
        >>> len(before), list(table.freeze())
        (0, [3])
    """

    def __init__(self) -> None:
        self._blocks: dict[int, dict[int, Trial]] = {}
        self._own: set[int] = set()  # blocks that no frozen copy has
        self._count = 0
        self.places = ArmPlaces()

    def get(self, index: int) -> Trial | None:
        """Return the trial of that index, or `None`."""
        block = self._blocks.get(index >> _BITS)
        return None if block is None else block.get(index)

    def __iter__(self) -> Iterator[int]:
        """Go through the indices, in order."""
        for block in self._blocks.values():
            yield from block

    def put(self, trial: Trial) -> None:
        """Write a trial, in place of the one with its index if there is one."""
        key, index = trial.index >> _BITS, trial.index
        block = self._writable(key)
        before = block.get(index)
        is_last = index > next(reversed(block), -1)
        block[index] = trial
        if before is None:
            self._count += 1
            if not is_last:
                self._blocks[key] = dict(sorted(block.items()))
        if before is None or before.arms is not trial.arms:
            self.places.add(trial)

    def remove(self, index: int) -> None:
        """Remove the trial of that index, if there is one."""
        if self.get(index) is not None:
            del self._writable(index >> _BITS)[index]
            self._count -= 1

    def freeze(self) -> TrialMap:
        """Return the trials as they are now, for good."""
        self._own.clear()
        return TrialMap(self._blocks.copy(), self._count)

    def _writable(self, key: int) -> dict[int, Trial]:
        if key not in self._own:
            fresh = key not in self._blocks
            self._blocks[key] = dict(self._blocks.get(key, ()))
            self._own.add(key)
            if fresh and key != max(self._blocks):
                self._blocks = dict(sorted(self._blocks.items()))
        return self._blocks[key]


class ArmPlaces:
    """The trials in which each point and each arm's name has ever been used.

    It only grows, so that views of every moment can share it: they look whether the trials that it names are theirs.

    Example:
        >>> from axnb.record.trial import Arm
        >>> places = ArmPlaces()
        >>> places.add(Trial(index=3, arms=(Arm(name="best", parameters=(("x", 1.0),)),)))
        >>> list(places.find("best")), list(places.find((("x", 1),))), list(places.find("other"))
        ([3], [3], [])
    """

    def __init__(self) -> None:
        self._indices: dict[object, int | list[int]] = {}  # mostly one: ten thousand lists less to make

    def add(self, trial: Trial) -> None:
        """Note the arms of a trial."""
        for arm in trial.arms:
            for key in (arm.name, arm.parameters.pairs):
                held = self._indices.setdefault(key, trial.index)
                if isinstance(held, list):
                    if held[-1] != trial.index:
                        held.append(trial.index)
                elif held != trial.index:
                    self._indices[key] = [held, trial.index]

    def find(self, key: object) -> Iterator[int]:
        """Go through the trials in which a name, or a point as pairs of parameter and value, was used."""
        held = self._indices.get(key, ())
        return iter((held,) if isinstance(held, int) else held)


def describe(events: Sequence[Event]) -> str:
    """Return what an action did, in a few words, however many events it has: the words travel with every view.

    Example:
        >>> from axnb.record.trial import TrialStatus
        >>> describe([TrialStatusChanged(index=3, status=TrialStatus.FAILED)])
        'trial 3 failed'
        >>> describe([TrialStatusChanged(index=i, status=TrialStatus.STALE) for i in range(1000)])
        'trial 0 stale, trial 1 stale, trial 2 stale and 997 more'
    """
    created = [e for e in events if isinstance(e, TrialCreated)]
    data = [e for e in events if isinstance(e, DataAttached)]
    ended = [e for e in events if isinstance(e, TrialStatusChanged)]
    if len(created) > 1 and len(created) == len(events):
        return f"trials {created[0].index} to {created[-1].index} {created[0].label.split()[-1]}"
    if len(created) > 1 and len(created) + len(data) + len(ended) == len(events):
        return f"{len(created):,} trials imported"
    if len(data) == 1 and len(ended) == 1 and len(events) == 2:
        return _cut(f"{ended[0].label} ({data[0].values})")
    more = f" and {len(events) - _NAMED} more" if len(events) > _NAMED + 1 else ""
    return _cut(", ".join(e.label for e in events[: _NAMED if more else None])) + more


def _cut(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"
