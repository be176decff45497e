"""Live cards: an analysis's card as a widget that redraws itself.

A card redraws when a control of it is moved and when the experiment changes, in a background thread, and only while a
browser shows it. The drawing itself is done by `axnb.widgets.card_source`; here are the messages.

The browser asks `show`, `hide`, `seen`, `move`, `open` (a link, or the way back), `act` and `module`; the news it gets
are ``drawn`` (a picture and what belongs to it), ``failed``, ``stale`` (ask again if anybody is there) and ``module``
(code). Figures are no traits, so that a saved notebook does not hold them; it holds the still picture that stands in
for them.
"""

import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from axnb.analyses.card import (
    AnalysisCard,
    AnalysisCardBase,
    AnalysisCardGroup,
    ErrorAnalysisCard,
    NotApplicableStateAnalysisCard,
    compute_card,
)
from axnb.analyses.protocol import Analysis, Outlined
from axnb.errors import AxnbError, UnsupportedError, UserInputError
from axnb.widgets.assets import module, stylesheet
from axnb.widgets.card_code import card_name, compressed
from axnb.widgets.card_source import Drawing, Source
from axnb.widgets.rpc import Method, Params, Rpc, integer, text
from axnb.widgets.worker import Worker

if TYPE_CHECKING:
    from axnb.analyses.context import AnalysisContext
    from axnb.widgets.session import Session

MIME = "application/vnd.jupyter.widget-view+json"

_PAUSE = 0.15  # seconds in which changes of the experiment are taken together
_REST = 4.0  # times its last duration that a card waits until it follows a change: the kernel has other work
_PATIENCE = 120.0  # seconds after which a view that does not answer is taken to be gone
_MOST_SIDE_BY_SIDE = 4  # cards of a group; more become tabs
_SETTLED = 1.0  # seconds after a drawing when the static picture is renewed

_WORKER = Worker("axnb-cards")


class LiveCard(anywidget.AnyWidget):
    """One card, live; made by `LiveView`."""

    _esm = module("card.js")
    code = traitlets.Unicode().tag(sync=True)
    face = traitlets.Dict().tag(sync=True)
    picture = traitlets.Unicode().tag(sync=True)

    def __init__(self, card: AnalysisCard, session: "Session") -> None:
        """Take a card and whom to ask for later contexts; the session is not kept alive."""
        self._source = Source(card, session)
        self._drawing = self._source.first
        self._views = Audience()
        self._asked, self._sending = threading.Lock(), threading.Lock()
        self._ticket, self._draft = 0, False
        self._serial = 0  # of the last drawing that was not a draft
        super().__init__(code=card_name(), face=self._drawing.face, picture=_svg_of(card))
        self._followers = _follow(session, self)
        methods: dict[str, Method] = {"show": self._show, "hide": self._hide, "seen": self._seen}
        methods |= {"move": self._move, "open": self._open, "act": self._act, "module": self._module}
        self.on_msg(Rpc(self.send, methods, background=("act",)))

    def __repr__(self) -> str:
        return f"LiveCard({self.face['title']!r})"

    @property
    def title(self) -> str:
        """A few words."""
        return str(self.face["title"])

    @property
    def present(self) -> bool:
        """Whether a browser shows it."""
        return self._views.present

    def refresh(self) -> None:
        """Draw again soon, in the background, if a browser shows the card."""
        if self._source.can_redraw and self._views.present:
            _WORKER.soon(self._redraw, max(_PAUSE, _REST * self._source.seconds))
        elif self._views.asleep:
            self.send({"news": "stale"})

    def close(self) -> None:
        """Stop drawing and take the card off every page."""
        self._views.clear()
        for job in (self._redraw, self._renew):
            _WORKER.drop(job)
        super().close()

    # ------------------------------------------------------------------------------------- what the browser asks for

    def _show(self, params: Params) -> None:
        self._views.heard(text(params, "view"))
        with self._asked:
            self._draft = False
        if integer(params, "have", -1) != self._serial:
            self._push(self._ticket)
        if self._source.can_redraw and self._source.is_stale:
            _WORKER.soon(self._redraw)
        self._followers.arrange()

    def _hide(self, params: Params) -> None:
        self._views.left(text(params, "view"))

    def _seen(self, params: Params) -> None:
        self._views.heard(text(params, "view"))

    def _move(self, params: Params) -> int:
        changes = params.get("changes")
        if not isinstance(changes, list):
            raise UserInputError(f"The request's 'changes' must be a list, but it is {changes!r}.")
        self._views.heard(text(params, "view"))
        self._source.move(changes, reset=params.get("reset") is True)
        return self._drawn_soon(draft=params.get("draft") is True)

    def _open(self, params: Params) -> int:
        self._views.heard(text(params, "view"))
        if mark := text(params, "mark", ""):
            self._source.open(mark)
        else:
            self._source.back()
        return self._drawn_soon()

    def _act(self, params: Params) -> str:
        self._views.heard(text(params, "view"))
        return self._source.act(text(params, "mark"))

    def _drawn_soon(self, *, draft: bool = False) -> int:
        """Have the card drawn with its present settings and return the number of the picture to come."""
        with self._asked:
            self._ticket += 1
            self._draft = draft
            ticket = self._ticket
        _WORKER.soon(self._redraw)
        return ticket

    def _module(self, params: Params) -> None:
        name = text(params, "name")
        self.send({"news": "module", "name": name}, buffers=[compressed(name)])

    # ------------------------------------------------------------------------------------ what the background does

    def _redraw(self) -> None:
        with self._asked:
            ticket, draft = self._ticket, self._draft
        if not self._views.present:
            return
        start = time.perf_counter()
        try:
            drawing = self._source.draw(draft=draft)
        except AxnbError as error:
            self.send({"news": "failed", "ticket": ticket, "error": str(error)})
            return
        self._source.seconds = time.perf_counter() - start
        self._push(ticket, drawing, draft=draft)
        if not draft:
            self.face = drawing.face
            _WORKER.soon(self._renew, _SETTLED)

    def _push(self, ticket: int, drawing: Drawing | None = None, *, draft: bool = False) -> None:
        with self._sending:  # so that no older picture follows a newer one
            if drawing is None:
                drawing = self._drawing
            elif not draft:
                self._drawing, self._serial = drawing, self._serial + 1
            face = {name: value for name, value in drawing.face.items() if name != "table"}
            serial = -1 if draft else self._serial
            news = {"news": "drawn", "ticket": ticket, "serial": serial, "draft": draft, "face": face}
            self._views.told()
            self.send(news, buffers=[drawing.figure] if drawing.figure is not None else [])

    def _renew(self) -> None:
        self.picture = _svg_of(self._drawing.card)


class LiveGroup(anywidget.AnyWidget):
    """Several live cards under one title, as tabs or side by side; made by `LiveView`.

    When the experiment changes, cards that belong to it now appear and others go; those that stay are left alone.
    """

    _esm = module("card-group.js")
    _css = stylesheet("theme.css", "card-group.css")
    face = traitlets.Dict().tag(sync=True)
    members: "traitlets.List[LiveCard | LiveGroup]" = traitlets.List().tag(
        sync=True, to_json=lambda value, _: [f"anywidget:{w.model_id}" for w in value], from_json=lambda value, _: value
    )

    def __init__(self, card: AnalysisCardGroup, session: "Session", members: "Sequence[LiveCard | LiveGroup]") -> None:
        """Take a group, whom to ask for later contexts, which is not kept alive, and the widgets of its cards."""
        self._analysis = card.analysis
        self._session = weakref.ref(session)
        self._title, self._subtitle = card.title, card.subtitle
        self._keys = [_key(child) for child in card.children if child.flatten()]
        self._version = session.experiment.view().version
        self._seconds = 0.0
        super().__init__()
        self._hold(members)
        _follow(session, self)

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
            _WORKER.soon(self._arrange, max(_PAUSE, _REST * self._seconds))

    def _arrange(self) -> None:
        session, analysis = self._session(), self._analysis
        if session is None or analysis is None:
            return
        start = time.perf_counter()
        context = session.analysis_context()
        sketch = sketched(analysis, context)
        view, left = LiveView(session), list(zip(self._keys, self.members, strict=True))
        keys, members = [], []
        for part in sketch.parts:
            key = _key(part)
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
        tabbed = nested or len(self.members) > _MOST_SIDE_BY_SIDE
        titles = [member.title for member in self.members]
        self.face = {"title": self._title, "subtitle": self._subtitle, "titles": titles, "tabbed": tabbed}

    def close(self) -> None:
        """Close the group and its members."""
        self._analysis = None
        _WORKER.drop(self._arrange)
        for member in self.members:
            member.close()
        super().close()


class LiveView:
    """Shows the cards of one session live; hand it to `axnb.analyses.card.compute_card`.

    Example:
        >>> from axnb.analyses.view import View
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
            widget = self._widgets[card] = self._made(card)
        return widget

    def _made(self, card: AnalysisCardBase) -> LiveCard | LiveGroup:
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


class Audience:
    """The views of a card in browsers: present as long as they answer.

    A page that is closed says nothing, so a view that has been told something and does not answer is asleep after a
    while; it wakes when it is heard of again.

    Example:
        >>> views = Audience()
        >>> views.heard("a")
        >>> views.present, views.asleep
        (True, False)
        >>> views.left("a")
        >>> views.present
        False
    """

    def __init__(self, patience: float = _PATIENCE) -> None:
        """Take the seconds to wait for an answer."""
        self._patience = patience
        self._told: dict[str, float | None] = {}
        self._lock = threading.Lock()

    def heard(self, view: str) -> None:
        """Note that a view is there."""
        with self._lock:
            self._told[view] = None

    def left(self, view: str) -> None:
        """Note that a view is closed."""
        with self._lock:
            self._told.pop(view, None)

    def told(self) -> None:
        """Note that every view has been told something, which it is to answer."""
        now = time.monotonic()
        with self._lock:
            self._told = {view: since if since is not None else now for view, since in self._told.items()}

    def clear(self) -> None:
        """Forget all views."""
        with self._lock:
            self._told.clear()

    @property
    def present(self) -> bool:
        """Whether anybody looks."""
        limit = time.monotonic() - self._patience
        with self._lock:
            return any(since is None or since > limit for since in self._told.values())

    @property
    def asleep(self) -> bool:
        """Whether somebody was there who has not answered for long, and nobody else is."""
        return bool(self._told) and not self.present


class _Followers:
    """The cards that follow one experiment; called when it changes, and never blocks whoever changed it."""

    def __init__(self) -> None:
        self._cards: weakref.WeakSet[LiveCard | LiveGroup] = weakref.WeakSet()
        self._lock = threading.Lock()

    def add(self, card: LiveCard | LiveGroup) -> None:
        with self._lock:
            self._cards.add(card)

    def __call__(self, notice: object) -> None:
        with self._lock:
            cards = list(self._cards)
        for card in cards:
            card.refresh()

    def arrange(self) -> None:
        """Have the groups follow that a browser shows now."""
        with self._lock:
            groups = [card for card in self._cards if isinstance(card, LiveGroup)]
        for group in groups:
            group.refresh()


# Keeps neither sessions nor cards alive. ipywidgets keeps a widget until it is closed, which must not keep its session.
_followers: weakref.WeakKeyDictionary[Any, _Followers] = weakref.WeakKeyDictionary()


def _follow(session: "Session", card: LiveCard | LiveGroup) -> _Followers:
    followers = _followers.get(session)
    if followers is None:
        followers = _followers[session] = _Followers()
        session.experiment.subscribe(followers)
    followers.add(card)
    return followers


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


def sketched(analysis: Analysis, context: "AnalysisContext") -> Sketch:
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
            return sketched(card.analysis, context)
        return Sketch(title=card.title, subtitle=card.subtitle, parts=card.children, analysis=analysis)
    if isinstance(card, ErrorAnalysisCard | NotApplicableStateAnalysisCard):
        return Sketch(parts=[replace(card, analysis=None)], analysis=analysis)
    return Sketch(parts=[card], analysis=None)


def _key(part: Analysis | AnalysisCardBase) -> object:
    """Return what tells a part of a group from others, for as long as it need not be made anew."""
    if not isinstance(part, AnalysisCardBase):
        return part
    if part.analysis is not None:
        return part.analysis
    return (part.title, part.subtitle) if isinstance(part, NotApplicableStateAnalysisCard) else part


def _svg_of(card: AnalysisCard) -> str:
    try:
        return card.to_svg()
    except UnsupportedError:
        return ""  # no figure, or one that only the browser can draw
