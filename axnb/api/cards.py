"""Keeps computed cards beside the experiment."""

from collections.abc import Iterable

from axnb.analyses.card import AnalysisCardBase
from axnb.analyses.saved import to_json
from axnb.record.experiment import Experiment


def as_text(card: AnalysisCardBase | str) -> str:
    """Return a card as JSON text."""
    return card if isinstance(card, str) else to_json(card)


def keep(experiment: Experiment, cards: Iterable[AnalysisCardBase]) -> None:
    """Put cards into the place that keeps the experiment, if there is one.

    Raises:
        StorageError: If they cannot be kept.
    """
    if experiment.store is not None:
        for card in cards:
            experiment.store.keep_card(card.name, to_json(card))
