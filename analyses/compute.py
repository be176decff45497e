"""From an analysis to its card, whatever happens."""

import traceback
from dataclasses import replace
from typing import Any

import pandas as pd

from axnb.analyses.ax_analysis import Analysis as AxAnalysis
from axnb.analyses.card import (
    Analysis,
    AnalysisCard,
    AnalysisCardBase,
    AnalysisCardGroup,
    ErrorAnalysisCard,
    NotApplicableStateAnalysisCard,
    Outlined,
    View,
)
from axnb.analyses.context import AnalysisContext
from axnb.errors import AxnbError, DataRequiredError, NotConfiguredError, UnsupportedError, UserInputError


def compute_card(analysis: Analysis, context: "AnalysisContext", view: View | None = None) -> AnalysisCardBase:
    """Return the analysis's card, whatever happens.

    An analysis that cannot answer yet, or not for this experiment, gives a `NotApplicableStateAnalysisCard` that says
    why; one that fails gives an `ErrorAnalysisCard`.

    Args:
        analysis: What to compute.
        context: What is known of the experiment.
        view: How the cards are to be shown live, given to every card of a group.

    Example:
        >>> class Broken:
        ...     def compute(self, context):
        ...         return 1 / 0
        >>> card = compute_card(Broken(), context=None)
        >>> card
        ErrorAnalysisCard(name='Broken', title='Broken failed')
        >>> card.subtitle
        'ZeroDivisionError: division by zero'
    """
    name = type(analysis).__name__
    try:
        card: Any = analysis.compute_in(context) if isinstance(analysis, AxAnalysis) else analysis.compute(context)
        if not isinstance(card, AnalysisCardBase):
            raise UserInputError(  # noqa: TRY301 - one place turns errors into cards
                f"{name}.compute returned {_kind(card)}; return an AnalysisCard or an AnalysisCardGroup."
            )
    except (DataRequiredError, NotConfiguredError) as error:
        card = NotApplicableStateAnalysisCard(title=f"{name} is not available yet", subtitle=_sentence(error))
    except UnsupportedError as error:
        card = NotApplicableStateAnalysisCard(title=f"{name} does not apply here", subtitle=_sentence(error))
    except Exception as error:
        lines = "".join(traceback.format_exception(error)).splitlines()
        card = ErrorAnalysisCard(
            title=f"{name} failed", subtitle=_sentence(error), df=pd.DataFrame({"traceback": lines})
        )
    if isinstance(card, AnalysisCard) and card.uses_model and context.part:
        card = replace(card, subtitle=f"{card.subtitle} {context.part}".strip())
    return attach_view(replace(card, name=card.name or name, analysis=card.analysis or analysis), view)


def group_of(analysis: Outlined, context: "AnalysisContext", name: str = "") -> AnalysisCardGroup:
    """Return the group that an analysis outlines.

    Args:
        analysis: What to outline.
        context: What is known of the experiment.
        name: What the group is called, if not by the class of the analysis.
    """
    outline = analysis.outline(context)
    return AnalysisCardGroup(
        name=name or type(analysis).__name__,
        title=outline.title,
        subtitle=outline.subtitle,
        children=[compute_card(one, context) for one in outline.analyses],
        analysis=analysis,
    )


def attach_view(card: AnalysisCardBase, view: View | None) -> AnalysisCardBase:
    """Return the card, and every card under it, shown live by ``view``; unchanged if that is ``None``.

    Args:
        card: A card or a group.
        view: How it is to be shown live.
    """
    if view is None:
        return card
    if isinstance(card, AnalysisCardGroup):
        return replace(card, view=view, children=tuple(attach_view(child, view) for child in card.children))
    return replace(card, view=view)


def _kind(value: object) -> str:
    kind = type(value).__name__
    return "nothing" if value is None else f"{'an' if kind[0] in 'aeioAEIO' else 'a'} {kind}"


def _sentence(error: Exception) -> str:
    """Return the cause in one line; our own errors are written as sentences, others carry their kind."""
    text = " ".join(str(error).split())
    if isinstance(error, AxnbError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else f"{type(error).__name__}."
