"""The news that a board gets of an experiment: the rows that changed, never the whole table."""

import threading
import time
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from axnb.record.experiment import Experiment, ExperimentView, Notice
from axnb.record.state import find_changes
from axnb.suggest.best import Leaders
from axnb.widgets.board import state
from axnb.widgets.board.arrangement import Arrangement, Layout
from axnb.widgets.board.keeping import find_layout, keep_layout
from axnb.widgets.board.row_index import RowIndex
from axnb.widgets.session import Session

Json = dict[str, object]

_FIRST_ROWS = 120  # sent with the state: more than a screen
_MOST_ROWS = 400  # in one message
_MOST_SPANS = 40  # of the order of the rows in one message; where there are more, what moved is told
_PAUSE = 0.05  # seconds between news at least: a program may complete a thousand trials in one


class Feed:
    """Follows an experiment and sends what changed: one news at a time, in order, on whatever thread."""

    def __init__(
        self, session: Session, send: Callable[[Json], object], note: Callable[[ExperimentView], None]
    ) -> None:
        """Take whose experiment to follow, who takes the news, and who notes each state that was told."""
        self._session = session
        self._send = send
        self._note = note
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None
        self._last = 0.0
        self._closed = False
        self._leaders = Leaders()
        self._arrangement = Arrangement()
        self._experiment: Experiment = session.experiment
        self._leave = self._experiment.subscribe(self._changed)
        self._start(self._experiment.view())

    def _start(self, view: ExperimentView) -> None:
        self.view = view
        self._found = self._leaders.find(view)
        self._best = state.leaders(view, self._found)
        self._columns = state.columns(view)
        self._index = RowIndex(view, state.metric_names(view))
        self._arrange()
        self._extents = state.extents(self._rows([*self._first_rows(), *self._index.extremes()]))

    def _arrange(self) -> None:
        self._order = self._index.arrange(self._arrangement)
        self._histograms = self._index.histograms(self._order)

    def _first_rows(self) -> list[int]:
        shown: list[int] = self._order[:_FIRST_ROWS].tolist()
        return shown

    @property
    def shown(self) -> list[int]:
        """The trials that are shown, in their order."""
        with self._lock:
            indices: list[int] = self._order.tolist()
            return indices

    @property
    def arrangement(self) -> Arrangement:
        """Which trials are shown, and in which order."""
        return self._arrangement

    def arrange(self, arrangement: Arrangement) -> None:
        """Show other trials, or in another order, on every page."""
        self.flush()
        with self._lock:
            self._arrangement = arrangement
            self._arrange()
            rows = self._rows(self._first_rows())
            self._send({"news": "rows", **self._top(), "spans": state.spans(self._order), "rows": rows})

    def lay_out(self, layout: Layout) -> None:
        """Show columns in another way on every page, and keep that with the experiment."""
        with self._lock:
            keep_layout(self._experiment, layout)
            self._send({"news": "rows", **self._top(), "layout": layout.to_json(), "rows": []})

    def snapshot(self) -> Json:
        """Return everything that a page needs to begin: the columns, the order, and the first rows."""
        self.flush()
        with self._lock:
            rows = self._rows(self._first_rows())
            layout = find_layout(self._experiment).to_json()
            spans = state.spans(self._order)
            return {**self._top(), "columns": self._columns, "layout": layout, "spans": spans, "rows": rows}

    def rows(self, trials: Iterable[int]) -> Json:
        """Return the rows of trials, as many as one message may hold; those of trials that are gone are left out."""
        with self._lock:
            wanted = [index for index in trials if index in self.view.trials]
            return {"version": self.view.version, "rows": self._rows(wanted[:_MOST_ROWS])}

    def flush(self, *, anyway: bool = False) -> None:
        """Send what changed since the last time, if anything did, or anyway."""
        with self._lock:
            if self._closed:
                return
            if self._session.experiment is not self._experiment:
                self._move()
            view = self._experiment.view()
            news = self._news(view) if anyway or view is not self.view else None
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
            rows = self._rows(self._first_rows())
            spans = state.spans(self._order)
            return {"news": "rows", **self._top(), "columns": columns, "spans": spans, "rows": rows}
        changed = find_changes(view.trials, before.trials)
        self.view, self._found = view, self._leaders.find(view)
        self._best = state.leaders(view, self._found)
        self._index.update(view, changed)
        order, drawn = self._order, self._histograms
        self._arrange()
        told = changed | {i for i in best.keys() | self._best.keys() if best.get(i) != self._best.get(i)}
        rows = self._rows(sorted(told & view.trials.keys()))
        self._extents = state.extents(rows, self._extents)
        news: Json = {"news": "rows", **self._top(), **self._moves(order, changed), "rows": rows[-_MOST_ROWS:]}
        news["histograms"] = {k: h for k, h in self._histograms.items() if drawn.get(k) != h}
        return {**news, "stale": True} if len(rows) > _MOST_ROWS else news

    def _moves(self, before: NDArray[np.int64], changed: set[int]) -> Json:
        """Return the order of the rows, or where there is much of it what is not where it was; nothing if all is."""
        if np.array_equal(before, self._order):
            return {}
        spans = state.spans(self._order)
        if len(spans) <= _MOST_SPANS or len(changed) > _MOST_ROWS:
            return {"spans": spans}
        moved = np.flatnonzero(np.isin(self._order, list(changed)))
        put = [[int(place), int(self._order[place])] for place in moved]
        return {"moves": {"out": sorted(changed), "put": put}}

    def _top(self) -> Json:
        return {
            "version": self.view.version,
            "header": {**state.header(self.view, self._found), "kept": self._experiment.store is not None},
            "total": len(self.view.trials),
            "arrangement": self._arrangement.to_json(),
            "histograms": self._histograms,
            "extents": self._extents,
        }

    def _rows(self, indices: Iterable[int]) -> list[Json]:
        return [state.row(self.view, self.view.trials[index], self._best) for index in indices]
