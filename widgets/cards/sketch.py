"""What a live group is to hold for a state of the experiment, said without computing the cards it only names."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from axnb.analyses.card import (
    Analysis,
    AnalysisCardBase,
    AnalysisCardGroup,
    ErrorAnalysisCard,
    NotApplicableStateAnalysisCard,
    Outlined,
)
from axnb.analyses.compute import compute_card

if TYPE_CHECKING:
    from axnb.analyses.context import AnalysisContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """What a live group is to hold.

    Args:
        title: Its title; empty where a single card says it.
        subtitle: Its sentence.
        parts: Its cards, or the analyses that make them.
        analysis: What to ask for another state of the experiment; `None` if it would say the same.
    """

    title: str = ""
    subtitle: str = ""
    parts: Sequence[Analysis | AnalysisCardBase]
    analysis: Analysis | None


def sketch_group(analysis: Analysis, context: "AnalysisContext") -> Sketch:
    """Return what a live group of an analysis is to hold; cards that its analysis only names are not computed.

    Args:
        analysis: The analysis.
        context: What is known of the experiment.
    """
    if isinstance(analysis, Outlined):
        try:
            outline = analysis.outline(context)
        except Exception:  # noqa: S110 - the card says what is the matter
            pass
        else:
            return Sketch(title=outline.title, subtitle=outline.subtitle, parts=outline.analyses, analysis=analysis)
    card = compute_card(analysis, context)
    if isinstance(card, AnalysisCardGroup):
        if isinstance(card.analysis, Outlined) and card.analysis != analysis:
            return sketch_group(card.analysis, context)
        return Sketch(title=card.title, subtitle=card.subtitle, parts=card.children, analysis=analysis)
    if isinstance(card, ErrorAnalysisCard | NotApplicableStateAnalysisCard):
        return Sketch(parts=[replace(card, analysis=None)], analysis=analysis)
    return Sketch(parts=[card], analysis=None)


def key_of(part: Analysis | AnalysisCardBase) -> object:
    """Return what tells a part of a group from others, for as long as it need not be made anew."""
    if not isinstance(part, AnalysisCardBase):
        return part
    if part.analysis is not None:
        return part.analysis
    return (part.title, part.subtitle) if isinstance(part, NotApplicableStateAnalysisCard) else part
