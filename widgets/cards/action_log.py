"""What a reader does to the experiment from a live card: each action once, however often its button is pressed.

Knows nothing of messages and drawings.
"""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from axnb.analyses.actions import Action
from axnb.errors import ObjectNotFoundError, UnsupportedError

if TYPE_CHECKING:
    from axnb.widgets.session import Session

_KEPT = 200  # actions that a page may still show


@dataclass(slots=True, kw_only=True)
class _Offer:
    action: Action
    trial: int | None = None  # that came of it


class ActionLog:
    """The actions that a card has offered, and what came of them.

    An action that has been done is not done again as long as its trial is there, so that two clicks, two views of a
    card or a page that is loaded again make one trial; once it is undone it may be done again.
    """

    def __init__(self, session: "Session") -> None:
        """Take whom to ask; it is not kept alive."""
        self._session = weakref.ref(session)
        self._offers: OrderedDict[str, _Offer] = OrderedDict()
        self._lock = threading.Lock()

    def offer(self, actions: Sequence[Action]) -> list[dict[str, str]]:
        """Return for each action its mark, its label, and what is said of it if it has been done.

        Args:
            actions: What the card offers now.
        """
        with self._lock:
            for action in actions:
                self._offers.setdefault(action.mark, _Offer(action=action))
                self._offers.move_to_end(action.mark)
            while len(self._offers) > max(_KEPT, len(actions)):
                self._offers.popitem(last=False)
            return [{"mark": a.mark, "label": a.label, "done": self._said(self._offers[a.mark])} for a in actions]

    def do(self, mark: str) -> str:
        """Do what was offered under a mark, unless it has been done, and return what is said of it.

        Raises:
            ObjectNotFoundError: If nothing was offered under that mark, or the session is gone.
            AxnbError: If the session refuses it.
        """
        with self._lock:
            offer = self._offers.get(mark)
            if offer is None:
                raise ObjectNotFoundError("This card no longer offers that; choose again.")
            if not self._said(offer):
                offer.trial = _done(self._alive(), offer.action)
            return self._said(offer)

    def _alive(self) -> "Session":
        session = self._session()
        if session is None:
            raise ObjectNotFoundError("The experiment of this card has been closed; run its cell again.")
        return session

    def _said(self, offer: _Offer) -> str:
        session = self._session()
        if offer.trial is None or session is None or offer.trial not in session.experiment.view().trials:
            return ""
        return offer.action.done.replace("{}", str(offer.trial)) or "Done."


def _done(session: "Session", action: Action) -> int:
    arguments: dict[str, Any] = dict(action.arguments)
    if action.method == "attach_trial":
        return session.attach_trial(arguments["parameters"], arguments.get("arm_name"))
    raise UnsupportedError(f"A card cannot ask for {action.method!r}; it can ask for 'attach_trial'.")
