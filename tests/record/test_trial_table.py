"""Trials by index: a frozen copy never changes, and has the trials in order."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axnb.record.state import TrialTable
from axnb.record.trial import Arm, Trial, TrialStatus

INDICES = st.integers(0, 3) | st.integers(250, 260) | st.sampled_from([10**6, 10**30])
ACTIONS = st.lists(st.tuples(st.sampled_from(["put", "put", "remove", "freeze"]), INDICES), max_size=40)


def trial(index):
    return Trial(index=index, arms=(Arm(name=f"{index}_0", parameters=(("x", index),)),))


@given(ACTIONS)
def test_frozen_copies_are_as_the_trials_were(actions):
    table, held, copies = TrialTable(), {}, []
    for action, index in actions:
        if action == "put":
            made = trial(index) if index not in held else replace(held[index], status=TrialStatus.FAILED)
            held[index] = made
            table.put(made)
        elif action == "remove":
            held.pop(index, None)
            table.remove(index)
        else:
            copies.append((table.freeze(), dict(sorted(held.items()))))
        assert list(table) == sorted(held)
        assert table.get(index) is held.get(index)
    for frozen, expected in copies:
        assert list(frozen) == list(expected)
        assert list(reversed(frozen)) == list(expected)[::-1]
        assert list(frozen.items()) == list(expected.items())
        assert list(frozen.values()) == list(expected.values())
        assert frozen == expected
        assert len(frozen) == len(expected)
        assert repr(frozen) == repr(expected)
        assert all(frozen[i] is t for i, t in expected.items())


@pytest.mark.parametrize("index", [1, -1, 300, None, "0", 0.5])
def test_what_is_not_there_is_no_key(index):
    table = TrialTable()
    table.put(trial(0))
    frozen = table.freeze()
    assert index not in frozen
    assert frozen.get(index) is None
    with pytest.raises(KeyError):
        frozen[index]


def test_copies_share_what_has_not_changed():
    table = TrialTable()
    for index in range(1000):
        table.put(trial(index))
    before = table.freeze()
    table.put(trial(1000))
    after = table.freeze()
    assert [before._blocks[k] is after._blocks[k] for k in before._blocks] == [True, True, True, False]
