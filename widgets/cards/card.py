"""Live cards: an analysis's card as a widget that redraws itself.

A card redraws when a control of it is moved and when the experiment changes, in a background thread, and only while a
browser shows it. The drawing itself is done by `axnb.widgets.cards.source`; here are the messages.

The browser asks `show`, `hide`, `seen`, `move`, `open` (a link, or the way back), `act`, `select` (trials that were
clicked or brushed) and `module`; the news it gets are ``drawn`` (a picture and what belongs to it), ``failed``,
``stale`` (ask again if anybody is there), ``selected`` (trials to light up) and ``module`` (code). Figures are no
traits, so that a saved notebook does not hold them; it holds the still picture that stands in for them.
"""

import threading
import time
from typing import TYPE_CHECKING

import traitlets

from axnb.analyses.card import AnalysisCard
from axnb.errors import AxnbError, UnsupportedError, UserInputError
from axnb.widgets.assets import module
from axnb.widgets.cards.audience import Audience
from axnb.widgets.cards.followers import WORKER, follow, wait_after
from axnb.widgets.cards.script import card_name, compressed
from axnb.widgets.cards.source import Drawing, Source
from axnb.widgets.kernel_widget import KernelWidget
from axnb.widgets.rpc import Method, Params, Rpc, indices, integer, text
from axnb.widgets.selection import selection_of

if TYPE_CHECKING:
    from axnb.widgets.session import Session

_SETTLED = 1.0  # seconds after a drawing when the static picture is renewed


class LiveCard(KernelWidget):
    """One card, live; made by `LiveView`."""

    _esm = module("cards/card.js")
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
        super().__init__(code=card_name(), face=self._drawing.face, picture=_draw_svg(card))
        self._followers = follow(session, self)
        self._selection = selection_of(session)
        self._selection.follow(self)
        methods: dict[str, Method] = {"show": self._show, "hide": self._hide, "seen": self._seen}
        methods["select"] = self._select
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
            WORKER.soon(self._redraw, wait_after(self._source.seconds))
        elif self._views.asleep:
            self.send({"news": "stale"})

    def show_selection(self, trials: tuple[int, ...]) -> None:
        """Light up these trials, and no others."""
        if self._views.present:
            self.send({"news": "selected", "trials": list(trials)})

    def show_only(self, trials: frozenset[int] | None) -> None:
        """Leave the picture as it is: a card shows all trials."""

    def close(self) -> None:
        """Stop drawing and take the card off every page."""
        self._views.clear()
        self._selection.leave(self)
        for job in (self._redraw, self._renew):
            WORKER.drop(job)
        super().close()

    # ------------------------------------------------------------------------------------- what the browser asks for

    def _show(self, params: Params) -> dict[str, object]:
        self._views.heard(text(params, "view"))
        with self._asked:
            self._draft = False
        if integer(params, "have", -1) != self._serial:
            self._push(self._ticket)
        if self._source.can_redraw and self._source.is_stale:
            WORKER.soon(self._redraw)
        self._followers.arrange()
        return {"selected": list(self._selection.trials)}

    def _select(self, params: Params) -> None:
        self._views.heard(text(params, "view"))
        brushed = params.get("brushed") is True
        trials = None if brushed and params.get("trials") is None else indices(params, "trials")
        if brushed:
            self._selection.show_only(trials)
        self._selection.choose(trials or ())

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
        return self._draw_soon(draft=params.get("draft") is True)

    def _open(self, params: Params) -> int:
        self._views.heard(text(params, "view"))
        if mark := text(params, "mark", ""):
            self._source.open(mark)
        else:
            self._source.back()
        return self._draw_soon()

    def _act(self, params: Params) -> str:
        self._views.heard(text(params, "view"))
        return self._source.act(text(params, "mark"))

    def _draw_soon(self, *, draft: bool = False) -> int:
        """Have the card drawn with its present settings and return the number of the picture to come."""
        with self._asked:
            self._ticket += 1
            self._draft = draft
            ticket = self._ticket
        WORKER.soon(self._redraw)
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
            WORKER.soon(self._renew, _SETTLED)

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
        self.picture = _draw_svg(self._drawing.card)


def _draw_svg(card: AnalysisCard) -> str:
    try:
        return card.to_svg()
    except UnsupportedError:
        return ""  # no figure, or one that only the browser can draw
