"""The trial board: an experiment's trials as a table to act on, in the notebook.

The kernel is the only writer. The browser asks for rows and for actions (`Rpc`); it is told what changed by the news
``rows``, which carries the rows that differ from what was last sent, and never the whole table. Any change of the
experiment arrives here, whoever made it, so that boards and programs stay in step.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import anywidget
import traitlets

from axnb.analyses.static.output import show
from axnb.errors import ObjectNotFoundError, listing
from axnb.record.experiment import Experiment, ExperimentView, Notice
from axnb.widgets import entry, fallback, state
from axnb.widgets.assets import module, stylesheet
from axnb.widgets.rpc import Params, Rpc, integer, mapping, text
from axnb.widgets.session import Session

Json = dict[str, object]

_FIRST_ROWS = 120  # sent with the state: more than a screen
_MOST_ROWS = 400  # in one message
_PAUSE = 0.05  # seconds between news at least: a program may complete a thousand trials in one


class Board(anywidget.AnyWidget):
    """The trials of an experiment, live: one row a trial, with the actions that are possible now.

    It is a widget like any other, to be put beside others and observed. What can be observed:

    - `version`: grows with every change of the experiment;
    - `counts`: how many trials there are by status, such as ``{"running": 1, "completed": 8}``;
    - `selected`: index of the trial that the reader is at, or `None`; it can be set;
    - `busy`: what the board is waiting for, or an empty string.

    A board lives until `close`.
    """

    _esm = module("board.js")
    _css = stylesheet("theme.css", "board.css", "board-forms.css")

    version = traitlets.Int(0, read_only=True).tag(sync=True)  # a page that missed news sees that it did
    counts = traitlets.Dict(read_only=True)
    selected = traitlets.Int(None, allow_none=True).tag(sync=True)
    busy = traitlets.Unicode("", read_only=True).tag(sync=True)

    def __init__(self, session: Session) -> None:
        """Show the experiment of a session.

        Args:
            session: Who is asked to act; `axnb.Client` is one.
        """
        self._session = session
        self._feed = _Feed(session, self.send, self._note)
        super().__init__()
        self._note(self._feed.view)
        methods: Mapping[str, Callable[[Params], object]] = {
            "state": lambda _: self._feed.snapshot(),
            "rows": lambda params: self._feed.rows(integer(params, "first"), integer(params, "last")),
            "suggest": self._suggest,
            "add": self._add,
            "complete": self._complete,
            "fail": self._fail,
            "abandon": self._abandon,
            "undo": lambda _: self._done(session.undo()),
            "redo": lambda _: self._done(session.redo()),
            "select": self._select,
        }
        self.on_msg(Rpc(self.send, methods, background=["suggest"]))

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
        self._feed.close()
        super().close()

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

    def _done(self, sentence: str) -> Json:
        """Return the answer to an action, after the news of it."""
        self._feed.flush()
        return {"text": sentence}

    def _suggest(self, params: Params) -> Json:
        count = entry.read_count(text(params, "count", "1"))
        self.set_trait("busy", f"Suggesting {count} {'trial' if count == 1 else 'trials'}")
        try:
            trials = list(self._session.get_next_trials(count))
        finally:
            self.set_trait("busy", "")
        few = f" That is {len(trials)} of the {count} asked for." if len(trials) < count else ""
        return {**self._done(f"Suggested {_trials(trials)}.{few}"), "trials": trials}

    def _add(self, params: Params) -> Json:
        point = entry.read_point(self._session.experiment.view(), mapping(params, "values"))
        index = self._session.attach_trial(point)
        return {**self._done(f"Trial {index} added."), "trials": [index]}

    def _complete(self, params: Params) -> Json:
        index = integer(params, "trial")
        results = entry.read_results(self._session.experiment.view(), mapping(params, "values"))
        self._session.complete_trial(index, raw_data=results)
        trial = self._session.experiment.view().trial(index)
        shown = ", ".join(state.result_sentence(name, *result) for name, result in trial.outcomes.items())
        return self._done(f"Trial {index} {trial.status.label.lower()}{f': {shown}' if shown else ''}.")

    def _fail(self, params: Params) -> Json:
        index, reason = integer(params, "trial"), text(params, "reason", "").strip()
        self._session.mark_trial_failed(index, failed_reason=reason or None)
        return self._done(f"Trial {index} failed{f': {reason}' if reason else ''}.")

    def _abandon(self, params: Params) -> Json:
        index, reason = integer(params, "trial"), text(params, "reason", "").strip()
        self._session.mark_trial_abandoned(index, reason=reason or None)
        return self._done(f"Trial {index} abandoned{f': {reason}' if reason else ''}.")

    def _select(self, params: Params) -> None:
        self.selected = None if params.get("trial") is None else integer(params, "trial")


class _Feed:
    """Follows an experiment and sends what changed: one news at a time, in order, on whatever thread."""

    def __init__(
        self, session: Session, send: Callable[[Json], object], note: Callable[[ExperimentView], None]
    ) -> None:
        self._session = session
        self._send = send
        self._note = note
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None
        self._last = 0.0
        self._closed = False
        self._experiment: Experiment = session.experiment
        self._leave = self._experiment.subscribe(self._changed)
        self._start(self._experiment.view())

    def _start(self, view: ExperimentView) -> None:
        self.view = view
        self._best = state.leaders(view)
        self._columns = state.columns(view)
        rows = (state.row(view, trial, self._best) for trial in view.trials.values())
        self._extents = state.extents(rows)

    def snapshot(self) -> Json:
        """Return everything that a page needs to begin: the columns, and the newest rows."""
        self.flush()
        with self._lock:
            newest = list(self.view.trials)[-_FIRST_ROWS:]
            return {**self._top(), "columns": self._columns, "rows": self._rows(newest)}

    def rows(self, first: int, last: int) -> Json:
        """Return the rows whose index is from ``first`` to ``last``, as many as one message may hold."""
        with self._lock:
            wanted = [index for index in self.view.trials if first <= index <= last]
            return {"version": self.view.version, "rows": self._rows(wanted[:_MOST_ROWS])}

    def flush(self) -> None:
        """Send what changed since the last time, if anything did."""
        with self._lock:
            if self._closed:
                return
            if self._session.experiment is not self._experiment:
                self._move()
            view = self._experiment.view()
            news = self._news(view) if view is not self.view else None
            if news is not None:
                self._last = time.monotonic()
                self._send(news)
        if news is not None:
            self._note(view)

    def close(self) -> None:
        """Stop following."""
        with self._lock:
            self._closed = True
            self._leave()
            if self._timer is not None:
                self._timer.cancel()

    def _changed(self, notice: Notice) -> None:
        """Send news of a change: at once, or together with what follows within a moment."""
        with self._lock:
            wait = self._last + _PAUSE - time.monotonic()
            if wait > 0:
                if self._timer is None and not self._closed:
                    self._timer = threading.Timer(wait, self._late)
                    self._timer.daemon = True
                    self._timer.start()
                return
        self.flush()

    def _late(self) -> None:
        with self._lock:
            self._timer = None
        self.flush()

    def _move(self) -> None:
        """Follow the experiment that the session has now."""
        self._leave()
        self._experiment = self._session.experiment
        self._leave = self._experiment.subscribe(self._changed)
        self._columns = {}

    def _news(self, view: ExperimentView) -> Json:
        before, best, columns = self.view, self._best, state.columns(view)
        if columns != self._columns:
            self._start(view)
            newest = list(view.trials)[-_FIRST_ROWS:]
            return {"news": "rows", **self._top(), "columns": columns, "rows": self._rows(newest)}
        self.view, self._best = view, state.leaders(view)
        changed = {index for index, trial in view.trials.items() if before.trials.get(index) is not trial}
        changed |= {index for index in best.keys() | self._best.keys() if best.get(index) != self._best.get(index)}
        rows = self._rows(sorted(changed & view.trials.keys()))
        self._extents = state.extents(rows, self._extents)
        news = {"news": "rows", **self._top(), "rows": rows[-_MOST_ROWS:]}
        return {**news, "stale": True} if len(rows) > _MOST_ROWS else news

    def _top(self) -> Json:
        return {
            "version": self.view.version,
            "header": state.header(self.view, self._best),
            "spans": state.spans(self.view.trials),
            "extents": self._extents,
        }

    def _rows(self, indices: Iterable[int]) -> list[Json]:
        return [state.row(self.view, self.view.trials[index], self._best) for index in indices]


def _trials(indices: list[int]) -> str:
    if len(indices) == 1:
        return f"trial {indices[0]}"
    if not indices:
        return "no trials"
    return f"trials {', '.join(map(str, indices[:-1]))} and {indices[-1]}"
