"""Keeps computed cards beside the experiment."""

import warnings
from collections.abc import Iterable, Mapping

from axnb.analyses.card import AnalysisCardBase
from axnb.analyses.saved import from_json, to_json
from axnb.errors import AxnbWarning, ReadOnlyError, SnapshotError, StorageError
from axnb.record.experiment import Experiment
from axnb.record.journal import OWN_CARDS


def as_texts(cards: Mapping[str, AnalysisCardBase | str]) -> dict[str, str]:
    """Return cards as JSON texts."""
    return {name: card if isinstance(card, str) else to_json(card) for name, card in cards.items()}


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
        warnings.warn(f"the cards are not kept: {error}", AxnbWarning, stacklevel=4)


def saved(experiment: Experiment, held: Mapping[str, AnalysisCardBase | str]) -> list[AnalysisCardBase]:
    """Return the cards that the experiment's place keeps, and those that are held, which are newer.

    A warning names those that are damaged, which are left out: they can be computed again.
    """
    stored = experiment.store.cards() if experiment.store is not None else {}
    cards = {**{name: text for name, text in stored.items() if not name.startswith(OWN_CARDS)}, **held}
    out: list[AnalysisCardBase] = []
    for name, card in cards.items():
        try:
            out.append(from_json(card) if isinstance(card, str) else card)
        except SnapshotError as error:
            warnings.warn(f"the card {name!r} is left out: {error} Compute it again.", AxnbWarning, stacklevel=3)
    return out


def show(cards: Iterable[AnalysisCardBase]) -> None:
    """Show cards below the cell that runs."""
    import IPython.display

    for card in cards:
        IPython.display.display(card)  # type: ignore[no-untyped-call]
