"""The fold of the journal: values in slots, and for each action what it wrote and what was there before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from axnb.errors import UndoError
from axnb.record.events import ActionRedone, ActionUndone, Change, Slot, TrialCreated, describe
from axnb.record.trial import Trial
from axnb.record.trial_table import TrialTable

ABSENT = object()


@dataclass(slots=True)
class Action:
    """What an action wrote, and what was there before."""

    number: int
    label: str = ""
    before: dict[Slot, tuple[Any, int]] = field(default_factory=dict)
    after: dict[Slot, Any] = field(default_factory=dict)
    counters: tuple[int, int] = (0, 0)

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
        action.label = describe(events)

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
