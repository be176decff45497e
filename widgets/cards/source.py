"""What a live card draws: an analysis with its settings, computed on an experiment as it is now.

Knows nothing of widgets and messages; its drawings are plain JSON values and bytes.
"""

import dataclasses
import functools
import json
import threading
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import plotly.io as pio
from plotly.utils import PlotlyJSONEncoder

from axnb.analyses.card import (
    Analysis,
    AnalysisCard,
    AnalysisCardBase,
    ErrorAnalysisCard,
    NotApplicableStateAnalysisCard,
)
from axnb.analyses.compute import compute_card
from axnb.analyses.controls import Control, set_field
from axnb.analyses.drawing import style
from axnb.analyses.static.excerpt import cut_excerpt
from axnb.analyses.static.markdown import render_markdown
from axnb.errors import ObjectNotFoundError, UserInputError, listing
from axnb.widgets.cards.action_log import ActionLog

if TYPE_CHECKING:
    from axnb.widgets.session import Session

Json: TypeAlias = dict[str, Any]

DEFAULT_HEIGHT = 400
"""Pixels of a figure that has no height of its own."""

_DRAFT = 0.5  # of the resolution, while a control is being moved
_COARSEST = 11
_BOUND_TO_DATA = frozenset({"title", "range", "type", "tickvals", "ticktext", "categoryarray", "annotations", "shapes"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """One card as it goes to the browser.

    Args:
        card: The card.
        face: What the card shows around its picture: title, sentence, controls, table.
        figure: The figure as JSON in UTF-8; `None` if the card has none.
    """

    card: AnalysisCard
    face: Json
    figure: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """An analysis to which a reader may go back: its present and its first settings, and its title."""

    analysis: Analysis
    first: Analysis | None
    title: str


class Source:
    """Draws one card again and again, with other settings or on a later state of the experiment.

    It does not keep the session alive. Settings may be changed on one thread while another draws.
    """

    def __init__(self, card: AnalysisCard, session: "Session") -> None:
        """Take the card as it was first computed, perhaps restyled since, and whom to ask for the context."""
        self._session = weakref.ref(session)
        self._action_log = ActionLog(session)
        self._lock = threading.Lock()
        self._analysis = self._first = self._drawn = card.analysis
        self._behind: tuple[_Place, ...] = ()  # what the present analysis was opened from
        self._layout = _layout_of(card)
        self._restyled: tuple[Json, Json] | None = None
        self.version = session.experiment.view().version
        self.seconds = 0.0
        self._card = card = dataclasses.replace(card, view=None)  # which knows the session
        self.first = self._drawing(card, _layout_of(card))

    @property
    def can_redraw(self) -> bool:
        """Whether there is an analysis to compute and somebody to ask."""
        return self._analysis is not None and self._session() is not None

    @property
    def is_stale(self) -> bool:
        """Whether the experiment or the settings have changed since the last drawing that was not a draft."""
        session = self._session()
        if session is None:
            return False
        return session.experiment.view().version != self.version or self._drawn is not self._analysis

    def move(self, changes: Sequence[object], *, reset: bool = False) -> None:
        """Change settings; all of them or none.

        Args:
            changes: For each control that was moved its ``field``, ``key`` and ``value``.
            reset: Whether to start from the settings that the card had at first.

        Raises:
            ObjectNotFoundError: If the card has no such control.
            UserInputError: If a control cannot have that value.
        """
        with self._lock:
            analysis = self._first if reset else self._analysis
            for change in changes:
                control, value = self._find(change)
                assert analysis is not None
                analysis = set_field(analysis, control.field, control.read(value), control.key)
            self._analysis = analysis

    def open(self, mark: str) -> None:
        """Show what a link leads to in the place of the present analysis.

        Raises:
            ObjectNotFoundError: If the card has no such link.
        """
        with self._lock:
            link = next((link for link in self._card.links if link.mark == mark), None)
            if link is None or self._analysis is None:
                raise ObjectNotFoundError("This card has changed since; choose again.")
            if link.in_place:
                self._analysis = link.analysis
                return
            place = _Place(analysis=self._analysis, first=self._first, title=self._card.title)
            self._behind = (*self._behind, place)
            self._analysis = self._first = link.analysis

    def back(self) -> None:
        """Show again what the present analysis was opened from, with its settings; does nothing if there is nothing."""
        with self._lock:
            if self._behind:
                *behind, place = self._behind
                self._behind, self._analysis, self._first = tuple(behind), place.analysis, place.first

    def act(self, mark: str) -> str:
        """Do what an action of the card says, once, and return what is said of it.

        Raises:
            AxnbError: If it cannot be done.
        """
        return self._action_log.do(mark)

    def draw(self, *, draft: bool = False) -> Drawing:
        """Compute the card on the experiment's present state.

        Args:
            draft: Whether a coarse picture will do.

        Raises:
            ObjectNotFoundError: If the session or the analysis is gone.
        """
        session = self._session()
        with self._lock:
            analysis, first, behind = self._analysis, self._first, self._behind
        if session is None or analysis is None:
            raise ObjectNotFoundError("The experiment of this card has been closed; run its cell again.")
        context = session.analysis_context()
        version = context.view.version
        if self._restyled is None and first is not None and not behind:
            drawn = _layout_of(_single(compute_card(coarse(first), context)))
            self._restyled = (restyled(self._layout, drawn, same_data=version == self.version), drawn)
        card = _single(compute_card(coarse(analysis) if draft else analysis, context))
        with self._lock:
            self._card = dataclasses.replace(card, controls=card.controls or self._card.controls)
        layout = _layout_of(card)
        if self._restyled is not None and self._restyled[0] and card.figure is not None and not behind:
            restyle(layout, *self._restyled)
            card.figure.layout = {"template": style.template(), **layout}  # for the still picture
        if not draft:
            self.version, self._drawn = version, analysis
            self._settle(analysis, card.analysis)
        return self._drawing(card, layout, behind)

    def _settle(self, asked: Analysis, told: Analysis | None) -> None:
        """Go on from the settings that a card says it shows, where it was asked to look for some."""
        with self._lock:
            if self._analysis is asked and told is not None and type(told) is type(asked):
                self._analysis = self._drawn = told

    def _drawing(self, card: AnalysisCard, layout: Json, behind: "tuple[_Place, ...]" = ()) -> Drawing:
        face = face_of(card) | {
            "height": 0 if card.figure is None else int(layout.get("height") or DEFAULT_HEIGHT),
            "actions": self._action_log.offer(card.actions),
            "back": behind[-1].title if behind else "",
        }
        return Drawing(card=card, face=face, figure=figure_json(card, layout))

    def _find(self, change: object) -> tuple[Control, object]:
        if not isinstance(change, dict) or "value" not in change:
            raise UserInputError(f"A change is a table with field, key and value, not {change!r}.")
        for control in self._card.controls:
            if (control.field, control.key) == (change.get("field"), change.get("key")):
                return control, change["value"]
        labels = listing([control.label for control in self._card.controls])
        raise ObjectNotFoundError(f"This card has no control {change.get('field')!r}; it has {labels}.")


def coarse(analysis: Analysis) -> Analysis:
    """Return the analysis with half its resolution, if it has one to change."""
    resolution = getattr(analysis, "resolution", None)
    if not isinstance(resolution, int) or resolution <= _COARSEST:
        return analysis
    return set_field(analysis, "resolution", max(_COARSEST, round(resolution * _DRAFT)))


def face_of(card: AnalysisCard) -> Json:
    """Return what a card shows around its picture, as JSON values; all but ``prose``, which is HTML, is plain text."""
    kinds = {ErrorAnalysisCard: "error", NotApplicableStateAnalysisCard: "waiting"}
    return {
        "kind": kinds.get(type(card), "card"),
        "name": card.name,
        "title": card.title,
        "subtitle": card.subtitle,
        "prose": render_markdown(card.markdown) if card.markdown and card.figure is None else "",
        "controls": [_control(control) for control in card.controls],
        "links": [{"mark": link.mark, "label": link.label, "hint": link.hint} for link in card.links],
        "table": table_of(card),
    }


def figure_json(card: AnalysisCard, layout: Json) -> bytes | None:
    """Return a card's figure as JSON; arrays are base64, and what is not a number is null.

    Args:
        card: The card.
        layout: The layout to send instead of the figure's own.
    """
    if card.figure is None:
        return None
    figure = card.figure.to_plotly_json() | {"layout": layout}
    return json.dumps(figure, cls=PlotlyJSONEncoder, separators=(",", ":")).encode()


def restyled(mine: Mapping[str, Any], drawn: Mapping[str, Any], *, same_data: bool = True) -> Json:
    """Return what a user has changed in a figure's layout.

    Args:
        mine: The layout as the user left it.
        drawn: The layout as the analysis draws it.
        same_data: Whether both come from the same state of the experiment; if not, what follows the data is left out.

    Example:
        >>> restyled({"height": 300, "xaxis": {"type": "log"}, "shapes": [1, 2]}, {"height": 400, "shapes": [1]})
        {'height': 300, 'xaxis': {'type': 'log'}, 'shapes': [2]}
    """
    changes: Json = {}
    for key, value in mine.items():
        if not same_data and key in _BOUND_TO_DATA:
            continue
        was = drawn.get(key)
        if isinstance(value, dict):
            if inner := restyled(value, was if isinstance(was, dict) else {}, same_data=same_data):
                changes[key] = inner
        elif isinstance(value, list) and isinstance(was, list):
            if added := [item for item in value if item not in was]:
                changes[key] = added
        elif value != was:
            changes[key] = value
    return changes


def restyle(layout: Json, changes: Mapping[str, Any], drawn: Mapping[str, Any]) -> None:
    """Make a user's changes to a layout again, in place, except where the analysis now draws something else there.

    Args:
        layout: A layout that the analysis has drawn.
        changes: What the user had changed.
        drawn: The layout that the user had changed.

    Example:
        >>> layout = {"height": 400, "xaxis": {"title": "x2"}, "shapes": [3]}
        >>> changes = {"height": 300, "xaxis": {"title": "dose"}, "shapes": [2]}
        >>> restyle(layout, changes, {"height": 400, "xaxis": {"title": "x1"}, "shapes": [1]})
        >>> layout
        {'height': 300, 'xaxis': {'title': 'x2'}, 'shapes': [3, 2]}
    """
    for key, change in changes.items():
        present, was = layout.get(key), drawn.get(key)
        if isinstance(change, dict) and (present is None or isinstance(present, dict)):
            inner = layout.setdefault(key, {})
            restyle(inner, change, was if isinstance(was, dict) else {})
        elif isinstance(change, list) and isinstance(was, list):
            layout[key] = [*(present or []), *change]
        elif present == was:
            layout[key] = change


def _layout_of(card: AnalysisCard) -> Json:
    """Return a copy of the figure's layout without a template that nobody chose, ours or plotly's own.

    The browser puts in that of its theme.
    """
    if card.figure is None:
        return {}
    layout: Json = card.figure.layout.to_plotly_json()
    if layout.get("template") in (style.template().to_plotly_json(), _plain_template()):
        del layout["template"]
    return layout


@functools.cache
def _plain_template() -> Json:
    """Return the template of a figure whose maker did not choose one."""
    template: Json = pio.templates["plotly"].to_plotly_json()
    return template


def _single(card: AnalysisCardBase) -> AnalysisCard:
    """Return the card, or one that says that there are several now."""
    if isinstance(card, AnalysisCard):
        return card
    sentence = "This analysis has several cards now; run its cell again to see them."
    return NotApplicableStateAnalysisCard(name=card.name, title=card.title, subtitle=sentence)


def _control(control: Control) -> Json:
    plain: Json = json.loads(json.dumps(control.to_json(), cls=PlotlyJSONEncoder))  # numpy's numbers become plain ones
    return plain


def table_of(card: AnalysisCard) -> Json:
    """Return a card's table as texts, cut as in its static face."""
    excerpt = cut_excerpt(card.df)
    return {
        "columns": excerpt.names,
        "numeric": excerpt.numeric,
        "rows": excerpt.rows,
        "extent": excerpt.extent,
        "whole": excerpt.is_whole,
    }
