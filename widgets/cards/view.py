"""The live view of cards: a widget for each card, and groups of them that keep up with the experiment."""

import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import traitlets

from axnb.analyses.card import AnalysisCard, AnalysisCardBase, AnalysisCardGroup, NotApplicableStateAnalysisCard
from axnb.analyses.compute import compute_card
from axnb.widgets.assets import module, stylesheet
from axnb.widgets.cards.card import LiveCard
from axnb.widgets.cards.followers import WORKER, follow, wait_after
from axnb.widgets.cards.sketch import key_of, sketch_group
from axnb.widgets.kernel_widget import KernelWidget

if TYPE_CHECKING:
    from axnb.widgets.session import Session

MIME = "application/vnd.jupyter.widget-view+json"

_MOST_SIDE_BY_SIDE = 4  # cards of a group; more become tabs


class LiveGroup(KernelWidget):
    """Several live cards under one title, as tabs or side by side; made by `LiveView`.

    When the experiment changes, cards that belong to it now appear and others go; those that stay are left alone.
    """

    _esm = module("cards/group.js")
    _css = stylesheet("theme.css", "cards/group.css")
    face = traitlets.Dict().tag(sync=True)
    members: "traitlets.List[LiveCard | LiveGroup]" = traitlets.List().tag(
        sync=True, to_json=lambda value, _: [f"anywidget:{w.model_id}" for w in value], from_json=lambda value, _: value
    )

    def __init__(
        self,
        card: AnalysisCardGroup,
        session: "Session",
        members: "Sequence[LiveCard | LiveGroup]",
        *,
        tabs: bool = False,
    ) -> None:
        """Take a group and the widgets of its cards.

        Args:
            card: The group.
            session: Whom to ask for later contexts; it is not kept alive.
            members: The widgets of its cards.
            tabs: Whether they are tabs however few there are.
        """
        self._tabs = tabs
        self._analysis = card.analysis
        self._session = weakref.ref(session)
        self._title, self._subtitle = card.title, card.subtitle
        self._keys = [key_of(child) for child in card.children if child.flatten()]
        self._version = session.experiment.view().version
        self._seconds = 0.0
        super().__init__()
        self._hold(members)
        follow(session, self, is_group=True)

    def __repr__(self) -> str:
        return f"LiveGroup({self.title!r})"

    @property
    def title(self) -> str:
        """A few words."""
        return self.face["title"] or "".join(self.face["titles"])

    @property
    def present(self) -> bool:
        """Whether a browser shows any of its cards."""
        return any(member.present for member in self.members)

    def refresh(self) -> None:
        """See soon, in the background, what belongs to the group, if a browser shows it."""
        if self.present:
            self.follow()

    def follow(self) -> None:
        """See soon, in the background, what belongs to the group."""
        session = self._session()
        if self._analysis is not None and session is not None and session.experiment.view().version != self._version:
            WORKER.soon(self._arrange, wait_after(self._seconds))

    def _arrange(self) -> None:
        session, analysis = self._session(), self._analysis
        if session is None or analysis is None:
            return
        start = time.perf_counter()
        context = session.analysis_context()
        sketch = sketch_group(analysis, context)
        view, left = LiveView(session), list(zip(self._keys, self.members, strict=True))
        keys, members = [], []
        for part in sketch.parts:
            key = key_of(part)
            at = next((i for i, (held, _) in enumerate(left) if held == key), None)
            if at is not None:
                members.append(left.pop(at)[1])
            else:
                card = part if isinstance(part, AnalysisCardBase) else compute_card(part, context)
                if not card.flatten():
                    continue
                members.append(view.widget(replace(card, view=view)))
            keys.append(key)
        self._version, self._keys = context.view.version, keys
        self._title, self._subtitle = sketch.title, sketch.subtitle
        self._analysis = sketch.analysis
        self._hold(members)
        for _, member in left:
            member.close()
        for member in members:
            if isinstance(member, LiveGroup):
                member.follow()
        self._seconds = time.perf_counter() - start

    def _hold(self, members: "Sequence[LiveCard | LiveGroup]") -> None:
        for member in members:
            if member not in self.members:
                member.observe(self._label, "face")
        with self.hold_sync():
            self.members = list(members)
            self._label()

    def _label(self, change: object = None) -> None:
        nested = any(isinstance(member, LiveGroup) and member.face["title"] for member in self.members)
        tabbed = self._tabs or nested or len(self.members) > _MOST_SIDE_BY_SIDE
        titles = [member.title for member in self.members]
        self.face = {"title": self._title, "subtitle": self._subtitle, "titles": titles, "tabbed": tabbed}

    def close(self) -> None:
        """Close the group and its members."""
        self._analysis = None
        WORKER.drop(self._arrange)
        for member in self.members:
            member.close()
        super().close()


class LiveView:
    """Shows the cards of one session live; hand it to `axnb.analyses.compute.compute_card`.

    Example:
        >>> from axnb.analyses.card import View
        >>> issubclass(LiveView, View)
        True
    """

    def __init__(self, session: "Session") -> None:
        """Take whom the cards belong to."""
        self._session = session
        self._widgets: weakref.WeakKeyDictionary[AnalysisCardBase, LiveCard | LiveGroup] = weakref.WeakKeyDictionary()

    def widget(self, card: AnalysisCardBase) -> LiveCard | LiveGroup:
        """Return a widget that shows the card; one a card, however often it is shown."""
        widget = self._widgets.get(card)
        if widget is None:
            widget = self._widgets[card] = self._make(card)
        return widget

    def _make(self, card: AnalysisCardBase) -> LiveCard | LiveGroup:
        if isinstance(card, NotApplicableStateAnalysisCard) and card.analysis is not None:  # which may bring several
            card = AnalysisCardGroup(title="", children=[replace(card, analysis=None)], analysis=card.analysis)
        if not isinstance(card, AnalysisCardGroup):
            assert isinstance(card, AnalysisCard)
            return LiveCard(card, self._session)
        return LiveGroup(card, self._session, [self.widget(child) for child in card.children if child.flatten()])

    def bundle(self, card: AnalysisCardBase) -> Mapping[str, object]:
        """Return the widget that shows the card, as a MIME bundle; empty for a group of none."""
        if not card.flatten():
            return {}
        return {MIME: {"version_major": 2, "version_minor": 0, "model_id": self.widget(card).model_id}}
