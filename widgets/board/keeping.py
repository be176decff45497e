"""Where the layout of the board's columns is kept: with the experiment, in memory and beside what its store keeps."""

import weakref

from axnb.errors import ReadOnlyError, StorageError
from axnb.record.experiment import Experiment
from axnb.record.journal import OWN_CARDS
from axnb.widgets.board.arrangement import Layout

_NAME = f"{OWN_CARDS}board"

_held: weakref.WeakKeyDictionary[Experiment, Layout] = weakref.WeakKeyDictionary()


def find_layout(experiment: Experiment) -> Layout:
    """Return the layout that is kept with an experiment, the plain one where there is none."""
    held = _held.get(experiment)
    if held is None:
        try:
            text = experiment.store.cards().get(_NAME, "") if experiment.store is not None else ""
        except StorageError:  # it is only how a table looks
            text = ""
        held = _held[experiment] = Layout.from_text(text)
    return held


def keep_layout(experiment: Experiment, layout: Layout) -> None:
    """Keep a layout with an experiment; in memory only where its place cannot be written."""
    _held[experiment] = layout
    if experiment.store is None:
        return
    try:
        experiment.store.keep_card(_NAME, layout.to_text())
    except (ReadOnlyError, StorageError):  # it is only how a table looks
        return
