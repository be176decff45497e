"""Joins the Client's experiment to the loop: what a program does is recorded as automatic and cannot be undone."""

import json
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from axnb.api.outcomes import observations
from axnb.problem.space import Parameterization
from axnb.record.events import (
    Change,
    DataAttached,
    MetricsTracked,
    TrialCreated,
    TrialDeleted,
    TrialRunStarted,
    TrialStatusChanged,
)
from axnb.record.experiment import Experiment, ExperimentView, Notice
from axnb.record.trial import LATE, LEASE, Observation, Trial, TrialStatus
from axnb.run.futures import FutureJob
from axnb.run.leases import LeaseKeeper, Mark, Standing, read_mark
from axnb.run.parts import ExperimentParts
from axnb.run.protocols import EarlyStoppingStrategy

Ask = Callable[[int, str], Mapping[int, Parameterization]]


class ExperimentTrialBackend:
    """Reads from an experiment what runs, and does to it what the loop decides.

    It belongs to one Client for as long as that lives. What it writes about a trial it writes only where the trial
    carries its mark still, or has none: the check and the writing are one action in the journal.

    Args:
        experiment: The experiment.
        ask: Suggests trials and records them with a mark.
    """

    def __init__(self, experiment: Experiment, ask: Ask) -> None:
        self.experiment = experiment
        self._ask = ask
        self.lease = LeaseKeeper()
        weakref.finalize(self, self.lease.stop)
        events = [e.event for e in experiment.journal if e.automatic]
        self._begun = {e.index for e in events if isinstance(e, TrialRunStarted)}  # those of earlier versions
        self._automatic = [e.index for e in events if isinstance(e, TrialCreated)]
        self._open = OpenTrials(experiment)
        self.early_stopping: EarlyStoppingStrategy | None = None
        self.futures: dict[int, FutureJob] = {}  # what functions of the user's run here, also after an interrupt

    @property
    def goal_metrics(self) -> Sequence[str]:
        """The metrics of the goal."""
        goal = self.experiment.view().optimization
        return goal.metric_names if goal is not None else ()

    @property
    def stops_early(self) -> bool:
        """Whether a rule says which running trials to stop."""
        return self.early_stopping is not None

    @contextmanager
    def at_work(self, parts: ExperimentParts) -> Iterator[None]:
        """Hold a lease while a loop runs, and as long after it as functions that it began are running here.

        Raises:
            StorageError: If the lease cannot be kept.
        """
        self.early_stopping = parts.early_stopping_strategy
        self.experiment.refresh()
        self.lease.start(self.experiment.store)
        try:
            yield
        finally:
            if all(job.report is not None for job in self.futures.values()):
                self.lease.stop()

    def take_over(self) -> Mapping[int, tuple[str, bool]]:
        """Take over the trials that no loop runs any more; return those that others run, as the protocol says."""
        others: dict[int, tuple[str, bool]] = {}
        free: dict[int, str | None] = {}
        for trial in self._open.running():
            mark = read_mark(trial)
            if mark is None and (trial.run_metadata or trial.index in self._begun):
                free[trial.index] = None
            elif mark is not None and mark.token != self.lease.token:
                standing = self.lease.look_at(mark.token)
                if standing is Standing.ENDED:
                    free[trial.index] = mark.token
                else:
                    others[trial.index] = (self.lease.holder(mark.token), standing is Standing.HELD)

        def events(now: ExperimentView) -> list[Change]:
            held = [t for i in free if (t := now.trials.get(i)) is not None and t.status is TrialStatus.RUNNING]
            marks = [(t.index, read_mark(t)) for t in held]
            return [
                TrialRunStarted(index=i, metadata=((LEASE, Mark(self.lease.token, mark is None or mark.begun).text),))
                for i, mark in marks
                if (None if mark is None else mark.token) == free[i]
            ]

        if free:
            self.experiment.record(events, automatic=True)
        return others

    def jobs(self) -> Mapping[int, Mapping[str, Any]]:
        """Return what a runner said about each running trial of this loop that it has taken up."""
        return {
            trial.index: {key: json.loads(text) for key, text in trial.run_metadata if key != LEASE}
            for trial in self._open.running()
            if (mark := read_mark(trial)) is not None and mark.token == self.lease.token and mark.begun
        }

    def waiting(self) -> Mapping[int, Parameterization]:
        """Return the trials that were asked for by this loop, and that no runner has been given yet."""
        return {
            trial.index: trial.parameters
            for trial in self._open.running()
            if (mark := read_mark(trial)) is not None and mark.token == self.lease.token and not mark.begun
        }

    def lost(self) -> list[int]:
        """Return the running trials that a program of an earlier version asked for, and may not have begun."""
        found = {t.index: t for t in self._open.running()}
        left = [i for i in self._automatic if i in found and i not in self._begun]
        return [i for i in left if not found[i].run_metadata]

    def status(self, trial_index: int) -> TrialStatus | None:
        """Return how a trial stands; `None` if it has been deleted."""
        trial = self.experiment.view().trials.get(trial_index)
        return trial.status if trial is not None else None

    def ask(self, count: int) -> Mapping[int, Parameterization]:
        """Suggest trials; they wait for a runner from then on."""
        return self._ask(count, Mark(self.lease.token, begun=False).text)

    def keep(self, trial_index: int, metadata: Mapping[str, Any]) -> bool:
        """Record that a runner has taken a trial up, and what it said about it; return whether it is still ours."""
        texts = [(str(key), json.dumps(value, allow_nan=False)) for key, value in metadata.items()]
        event = TrialRunStarted(index=trial_index, metadata=(*texts, (LEASE, Mark(self.lease.token, begun=True).text)))
        return bool(self.experiment.record(lambda now: [event] if self._runs(now, trial_index) else [], automatic=True))

    def read(self, trial_index: int, metric: str, progression: float | None, outcome: Any) -> tuple[Observation, ...]:
        """Return a reading as it can be kept.

        Raises:
            UserInputError: If it is of no use.
        """
        view = self.experiment.view()
        known = (*view.metrics, *(() if metric in view.metrics else (metric,)))
        return observations({metric: outcome}, view.trial(trial_index), known, progression)

    def tell(self, trial_index: int, rows: Sequence[Observation]) -> None:
        """Record readings of a trial that runs; a metric that is new is tracked from then on."""
        self.experiment.record(
            lambda now: self._attach(now, trial_index, rows) if self._runs(now, trial_index) else [], automatic=True
        )

    def stop_reason(self, trial_index: int) -> str | None:
        """Return why a running trial should be stopped early, or `None`."""
        view = self.experiment.view()
        return self.early_stopping.should_stop(view, view.trial(trial_index)) if self.early_stopping else None

    def view(self) -> ExperimentView:
        """Return the experiment as it is."""
        return self.experiment.view()

    def withdraw(self, trial_indices: Iterable[int]) -> None:
        """Take back trials that were asked for, and that no runner has been given yet."""
        indices = list(trial_indices)
        if indices:
            self.experiment.record(
                lambda now: [TrialDeleted(index=i) for i in indices if self._runs(now, i)], automatic=True
            )

    def end(
        self, trial_index: int, status: TrialStatus, reason: str | None = None, rows: Sequence[Observation] = ()
    ) -> str | None:
        """End a trial, with its last readings, in one action; return what is to be said where somebody was first.

        A result counts also where another loop has taken the trial over and has none yet. One that comes after the end
        is kept in the trial's run metadata.
        """
        said: list[str] = []

        def events(now: ExperimentView) -> list[Change]:
            said.clear()
            trial = now.trials.get(trial_index)
            if trial is None:
                return []
            ours = self._runs(now, trial_index)
            if ours or (trial.status is TrialStatus.RUNNING and status.is_successful):
                return [
                    *self._attach(now, trial_index, rows),
                    TrialStatusChanged(index=trial_index, status=status, reason=reason),
                ]
            came = ", ".join(f"{r.metric} {r.mean:g}" for r in rows) or (reason or status.label.lower())
            said.append(
                f"trial {trial_index} was {_how(trial)} when its end came late ({came}): that is kept in its "
                "run metadata, and does not count."
            )
            return [_late(trial, status, reason, rows)]

        self.experiment.record(events, automatic=True)
        return said[0] if said else None

    def _runs(self, now: ExperimentView, trial_index: int) -> bool:
        """Return whether a trial runs, and for this loop."""
        trial = now.trials.get(trial_index)
        if trial is None or trial.status is not TrialStatus.RUNNING:
            return False
        mark = read_mark(trial)
        return mark is None or mark.token == self.lease.token

    def _attach(self, now: ExperimentView, trial_index: int, rows: Sequence[Observation]) -> list[Change]:
        new = tuple(dict.fromkeys([r.metric for r in rows if r.metric not in now.metrics]))
        tracked: list[Change] = [MetricsTracked(names=new)] if new else []
        return [*tracked, DataAttached(index=trial_index, rows=tuple(rows))] if rows else []


class OpenTrials:
    """The trials of an experiment that have not ended, without going through all others.

    Args:
        experiment: The experiment.
    """

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._lock = threading.Lock()
        self._indices = {t.index for t in experiment.view().trials.values() if not t.status.is_terminal}
        ours = weakref.ref(self)

        def hear(notice: Notice) -> None:
            self = ours()
            if self is not None:
                self._look_at(notice.trial_indices)

        weakref.finalize(self, experiment.subscribe(hear))

    def running(self) -> list[Trial]:
        """Return the trials that run, in order of index."""
        trials = self._experiment.view().trials
        with self._lock:
            indices = sorted(self._indices)
        return [t for i in indices if (t := trials.get(i)) is not None and t.status is TrialStatus.RUNNING]

    def _look_at(self, indices: Iterable[int]) -> None:
        trials = self._experiment.view().trials
        with self._lock:
            for index in indices:
                trial = trials.get(index)
                if trial is None or trial.status.is_terminal:
                    self._indices.discard(index)
                else:
                    self._indices.add(index)


def _how(trial: Trial) -> str:
    return "run by another loop" if trial.status is TrialStatus.RUNNING else trial.status.label.lower()


def _late(trial: Trial, status: TrialStatus, reason: str | None, rows: Sequence[Observation]) -> TrialRunStarted:
    """Return the event that keeps what came late."""
    earlier = json.loads(dict(trial.run_metadata).get(LATE, "[]"))
    came = {
        "status": status.name,
        "reason": reason,
        "metrics": {r.metric: [r.mean, r.sem] for r in rows},
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return TrialRunStarted(index=trial.index, metadata=((LATE, json.dumps([*earlier, came])),))
