"""What a live view of a card must be able to do.

The static picture is made here in ``axnb.analyses``; the live one by whoever implements this protocol. Knows nothing of
widgets, of the kernel or of the browser.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from axnb.analyses.card import AnalysisCardBase


@runtime_checkable
class View(Protocol):
    """Shows cards live in a notebook.

    One view serves all the cards of one experiment. It finds what it needs on the card: ``card.figure``, ``card.df``,
    ``card.controls`` and ``card.analysis``, which it computes again when a control moves or the experiment changes.
    """

    def bundle(self, card: "AnalysisCardBase") -> Mapping[str, object]:
        """Return the live representations of a card, by MIME type.

        Args:
            card: A card or a group of cards.

        Returns:
            What the card's own MIME bundle is to hold beside its static HTML and text; empty if there is none.
        """
        ...
