"""Trials by index, such that a frozen copy costs nothing: copies share the blocks in which nothing has changed.

Also where points and names of arms have been used, which is asked for every trial that is added.
"""

from collections.abc import ItemsView, Iterator, Mapping, ValuesView

from axnb.record.trial import Trial

_BITS = 8  # a block has the trials of 256 indices


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
        self._indices: dict[object, list[int]] = {}

    def add(self, trial: Trial) -> None:
        """Note the arms of a trial."""
        for arm in trial.arms:
            for key in (arm.name, arm.parameters):
                held = self._indices.setdefault(key, [])
                if not held or held[-1] != trial.index:
                    held.append(trial.index)

    def find(self, key: object) -> Iterator[int]:
        """Go through the trials in which a name, or a point as pairs of parameter and value, was used."""
        return iter(self._indices.get(key, ()))
