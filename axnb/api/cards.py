"""Keeps computed cards beside the experiment."""

import warnings
from collections.abc import Iterable

from axnb.analyses.card import AnalysisCardBase
from axnb.analyses.saved import to_json
from axnb.errors import AxnbWarning, ReadOnlyError, StorageError
from axnb.record.experiment import Experiment


def as_text(card: AnalysisCardBase | str) -> str:
    """Return a card as JSON text."""
    return card if isinstance(card, str) else to_json(card)


def keep(experiment: Experiment, cards: Iterable[AnalysisCardBase]) -> None:
    """Put cards into the place that keeps the experiment, if there is one; a warning says if they cannot be kept."""
    if experiment.store is None:
        return
    try:
        for card in cards:
            experiment.store.keep_card(card.name, to_json(card))
    except ReadOnlyError:  # there is nothing to say to who only looks
        return
    except StorageError as error:  # they can be computed again
        warnings.warn(f"the cards are not kept: {error}", AxnbWarning, stacklevel=3)
