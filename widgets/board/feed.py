"""The news that a board gets of an experiment: the rows that changed, never the whole table."""

import threading
import time
from collections.abc import Callable, Iterable

from axnb.record.experiment import Experiment, ExperimentView, Notice
from axnb.suggest.best import Leaders
from axnb.widgets.board import state
from axnb.widgets.session import Session

Json = dict[str, object]

_FIRST_ROWS = 120  # sent with the state: more than a screen
_MOST_ROWS = 400  # in one message
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
        self._experiment: Experiment = session.experiment
        self._leave = self._experiment.subscribe(self._changed)
        self._start(self._experiment.view())

    def _start(self, view: ExperimentView) -> None:
        self.view = view
        self._found = self._leaders.find(view)
        self._best = state.leaders(view, self._found)
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
            newest = list(view.trials)[-_FIRST_ROWS:]
            return {"news": "rows", **self._top(), "columns": columns, "rows": self._rows(newest)}
        self.view, self._found = view, self._leaders.find(view)
        self._best = state.leaders(view, self._found)
        changed = {index for index, trial in view.trials.items() if before.trials.get(index) is not trial}
        changed |= {index for index in best.keys() | self._best.keys() if best.get(index) != self._best.get(index)}
        rows = self._rows(sorted(changed & view.trials.keys()))
        self._extents = state.extents(rows, self._extents)
        news = {"news": "rows", **self._top(), "rows": rows[-_MOST_ROWS:]}
        return {**news, "stale": True} if len(rows) > _MOST_ROWS else news

    def _top(self) -> Json:
        return {
            "version": self.view.version,
            "header": {**state.header(self.view, self._found), "kept": self._experiment.store is not None},
            "spans": state.spans(self.view.trials),
            "extents": self._extents,
        }

    def _rows(self, indices: Iterable[int]) -> list[Json]:
        return [state.row(self.view, self.view.trials[index], self._best) for index in indices]
