"""The trial board: an experiment's trials as a table to act on, in the notebook.

The kernel is the only writer. The browser asks for rows and for actions (`Rpc`); it is told what changed by the news
``rows``, which carries the rows that differ from what was last sent, and never the whole table. Any change of the
experiment arrives here, whoever made it, so that boards and programs stay in step.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import traitlets

from axnb.analyses.static.output import show
from axnb.errors import (
    CancelledError,
    ObjectNotFoundError,
    listing,
)
from axnb.interrupts import Cancellation
from axnb.record.experiment import ExperimentView
from axnb.record.frames import summary_frame
from axnb.widgets.assets import module, stylesheet
from axnb.widgets.board import entry, fallback, state
from axnb.widgets.board.actions import TrialActions, list_trials
from axnb.widgets.board.arrangement import read_arrangement, read_layout
from axnb.widgets.board.feed import Feed
from axnb.widgets.board.records import RecordRequests
from axnb.widgets.board.watcher import Watcher
from axnb.widgets.kernel_widget import KernelWidget
from axnb.widgets.number_format import read_entry
from axnb.widgets.rpc import Params, Rpc, indices, integer, mapping, text
from axnb.widgets.selection import selection_of
from axnb.widgets.session import Session

if TYPE_CHECKING:
    import pandas as pd

    from axnb.widgets.cards.view import LiveGroup

Json = dict[str, object]


class Board(KernelWidget):
    """The trials of an experiment, live: one row a trial, with the actions that are possible now.

    It is a widget like any other, to be put beside others and observed. What can be observed:

    - `version`: grows with every change of the experiment;
    - `counts`: how many trials there are by status, such as ``{"running": 1, "completed": 8}``;
    - `selected`: index of the trial that the reader is at, or `None`; it can be set;
    - `selected_trials`: indices of the trials that are selected, the one that the reader is at among them or not;
    - `busy`: what the board is waiting for, and after a colon what that is at, or an empty string.

    A board lives until `close`.
    """

    _esm = module("board/board.js")
    _css = stylesheet("theme.css", "board/board.css", "board/cells.css", "board/arrange.css", "board/forms.css")

    version = traitlets.Int(0, read_only=True).tag(sync=True)  # a page that missed news sees that it did
    counts = traitlets.Dict(read_only=True)
    selected = traitlets.Int(None, allow_none=True).tag(sync=True)
    selected_trials = traitlets.List(traitlets.Int(), read_only=True).tag(sync=True)
    panel = traitlets.Unicode("", read_only=True).tag(sync=True)  # what stands beside the rows, for the page
    busy = traitlets.Unicode("", read_only=True).tag(sync=True)

    def __init__(self, session: Session) -> None:
        """Show the experiment of a session.

        Args:
            session: Who is asked to act; `axnb.Client` is one.
        """
        self._session = session
        self._cancellation = Cancellation()
        self._cards: LiveGroup | None = None
        self._feed = Feed(session, self.send, self._note)
        super().__init__()
        self._watcher = Watcher(session)
        self._watcher.heard()  # a board is made to be shown; its pages say so from then on
        self._selection = selection_of(session)
        self._selection.follow(self)
        self.show_selection(self._selection.trials)
        self._note(self._feed.view)
        methods: Mapping[str, Callable[[Params], object]] = {
            "state": lambda _: self._feed.snapshot(),
            "here": lambda _: self._watcher.heard(),
            "rows": lambda params: self._feed.rows(indices(params, "trials")),
            "arrange": lambda params: self._feed.arrange(read_arrangement(params, self._feed.arrangement)),
            "lay_out": lambda params: self._feed.lay_out(read_layout(params.get("layout"))),
            "suggest": self._suggest,
            "cancel": self._cancel,
            "add": self._add,
            "read": lambda params: {"text": read_entry(text(params, "text")).told},
            "panel": self._open_panel,
            "undo": lambda _: self._done(session.undo()),
            "redo": lambda _: self._done(session.redo()),
            "select": self._select,
            **TrialActions(session, self._done).methods(),
            **RecordRequests(session, self._feed).methods(),
        }
        self.on_msg(Rpc(self.send, methods, background=["suggest", "panel"]))

    def __repr__(self) -> str:
        """Return the experiment's name and how it stands."""
        view = self._session.experiment.view()
        name = f"{view.name!r}, " if view.name else ""
        return f"Board({name}{fallback.summary(view)})"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the live view, and a still table for whoever reads the notebook without a kernel."""
        live: Any = super()._repr_mimebundle_(**kwargs)
        data, metadata = live
        return {**data, "text/html": fallback.html(self._session.experiment.view())}, metadata

    def _ipython_display_(self) -> None:
        live, _ = self._repr_mimebundle_()
        still, text = live.pop("text/html"), live.pop("text/plain")
        show(live, still, text)

    def close(self) -> None:
        """Stop following the experiment and remove the board from every page."""
        self._selection.leave(self)
        self._watcher.close()
        if self._cards is not None:
            self._cards.close()
        self._feed.close()
        super().close()

    @property
    def selection(self) -> "pd.DataFrame":
        """The selected trials, one row an arm; set it to trial indices, or to a table with a column `trial_index`.

        Raises:
            ObjectNotFoundError: If a trial that is to be selected is not there.
            UserInputError: If an index is no whole number.
        """
        view = self._session.experiment.view()
        return summary_frame(view, [view.trials[i] for i in self.selected_trials if i in view.trials])

    @selection.setter
    def selection(self, trials: "Iterable[int] | pd.DataFrame") -> None:
        view = self._session.experiment.view()
        columns: Any = getattr(trials, "columns", ())
        table: Any = trials
        given = table["trial_index"] if "trial_index" in columns else trials
        self._choose([view.trial(index).index for index in given])

    def _choose(self, trials: Iterable[int]) -> None:
        self._selection.choose(trials)

    def show_selection(self, trials: tuple[int, ...]) -> None:
        """Mark these trials as selected, and no others."""
        self.set_trait("selected_trials", list(trials))

    def show_only(self, trials: frozenset[int] | None) -> None:
        """Filter the rows down to these trials; `None` takes that filter away."""
        if self._feed.arrangement.among != trials:
            self._feed.arrange(replace(self._feed.arrangement, among=trials))

    @traitlets.validate("selected")
    def _check_selected(self, proposal: Any) -> int | None:
        index: int | None = proposal["value"]
        trials = self._session.experiment.view().trials
        if index is not None and index not in trials:
            raise ObjectNotFoundError(f"There is no trial {index} to select; the trials are {listing(trials)}.")
        return index

    def _note(self, view: ExperimentView) -> None:
        """Let Python see what the browser was told."""
        if view.version < self.version:
            return  # a newer state was noted by another thread meanwhile
        self.set_trait("version", view.version)
        self.set_trait("counts", {s.name.lower(): n for s, n in state.counts(view).items()})
        if self.selected is not None and self.selected not in view.trials:
            self.selected = None
        if any(index not in view.trials for index in self.selected_trials):
            self._choose(index for index in self.selected_trials if index in view.trials)

    def _done(self, sentence: str) -> Json:
        """Return the answer to an action, after the news of it."""
        self._feed.flush()
        return {"text": sentence}

    def _suggest(self, params: Params) -> Json:
        count = entry.read_count(text(params, "count", "1"))
        doing = f"Suggesting {count} {'trial' if count == 1 else 'trials'}"
        self._cancellation = Cancellation(lambda stage: self.set_trait("busy", f"{doing}: {stage}"))
        self.set_trait("busy", doing)
        try:
            with self._cancellation.applied():
                trials = list(self._session.get_next_trials(count))
        except CancelledError:
            return {**self._done("Cancelled; no trials were added."), "trials": []}
        finally:
            self.set_trait("busy", "")
        few = f" That is {len(trials)} of the {count} asked for." if len(trials) < count else ""
        return {**self._done(f"Suggested {list_trials(trials)}.{few}"), "trials": trials}

    def _open_panel(self, params: Params) -> None:
        """Make the cards that stand beside the rows; once a board, however often they are shown."""
        from axnb.widgets.board.panel import make_panel  # plotly and all that: not before it is asked for

        if self._cards is None:
            self._cards = make_panel(self._session)
            self.set_trait("panel", f"anywidget:{self._cards.model_id}")

    def _cancel(self, params: Params) -> None:
        """Ask that the suggestion under way be given up; it answers as soon as it is."""
        self._cancellation.cancel()

    def _add(self, params: Params) -> Json:
        point = entry.read_point(self._session.experiment.view(), mapping(params, "values"))
        index = self._session.attach_trial(point)
        return {**self._done(f"Trial {index} added."), "trials": [index]}

    def _select(self, params: Params) -> None:
        self.selected = None if params.get("trial") is None else integer(params, "trial")
        trials = params.get("trials", [])
        if isinstance(trials, list):
            there = self._session.experiment.view().trials
            self._choose(index for index in trials if type(index) is int and index in there)
