"""What actions did, in words."""

from collections.abc import Sequence

from axnb.record.events import DataAttached, Event, TrialCreated, TrialStatusChanged

_NAMED = 3  # events of an action that its description names
_LONGEST_LABEL = 160  # characters: a tooltip


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
