"""The closed loop: one step starts what there is room for, and records what has ended.

What runs is what the journal says: trials that a runner has taken up and that have not ended. So the loop may be
interrupted and begun again, in this process or the next one, and goes on with them.
"""

import logging
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from axnb.errors import (
    AxnbWarning,
    DataRequiredError,
    FailureRateExceededError,
    OptimizationComplete,
    StorageError,
    listing,
)
from axnb.interrupts import check_cancelled
from axnb.problem.space import Parameterization
from axnb.record.experiment import ExperimentView
from axnb.record.trial import Observation, TrialStatus
from axnb.run.limits import RunLimits
from axnb.run.protocols import Executor, IMetric, JobReport
from axnb.run.readings import MetricReader, tell_briefly
from axnb.run.report import LoopReport, build_report, progress_bar
from axnb.run.supply import SuggestionSupply

_log = logging.getLogger("axnb")

_LONGEST_PAUSE = 60.0
_FAILURES_BEFORE_CHECK = 5
_LOSSES = 3  # how often a trial is begun again that was lost with its process: it may be what kills the process
_LOOK_FOR_SUGGESTIONS = 0.02  # seconds between two looks, where a worker has nothing to do
_LOOK_FOR_LEASES = 0.5  # seconds between two looks at leases of others
_POLLS_BEFORE_FAILURE = 5  # in a row that raise; with the usual pauses they span 13 seconds


class TrialBackend(Protocol):
    """What the loop asks of the experiment, and does to it."""

    @property
    def goal_metrics(self) -> Sequence[str]:
        """The metrics without which a trial is of no use."""
        ...

    @property
    def stops_early(self) -> bool:
        """Whether a rule says which running trials to stop."""
        ...

    def take_over(self) -> Mapping[int, tuple[str, bool]]:
        """Take over the running trials that no loop runs any more, and return those that others run.

        Returns:
            For each of them who runs it, and whether that is sure: where it is not yet, it is worth asking again.
        """
        ...

    def jobs(self) -> Mapping[int, Mapping[str, Any]]:
        """Return what a runner said about each running trial of this loop that it has taken up."""
        ...

    def waiting(self) -> Mapping[int, Parameterization]:
        """Return the trials that were asked for by this loop, and that no runner has been given yet."""
        ...

    def status(self, trial_index: int) -> TrialStatus | None:
        """Return how a trial stands; `None` if it has been deleted."""
        ...

    def ask(self, count: int) -> Mapping[int, Parameterization]:
        """Suggest trials; they wait for a runner from then on."""
        ...

    def keep(self, trial_index: int, metadata: Mapping[str, Any]) -> bool:
        """Record that a runner has taken a trial up, and what it said about it; return whether it is still ours."""
        ...

    def read(self, trial_index: int, metric: str, progression: float | None, outcome: Any) -> tuple[Observation, ...]:
        """Return a reading as it can be kept; raise an error of ours where it is of no use."""
        ...

    def tell(self, trial_index: int, rows: Sequence[Observation]) -> None:
        """Record readings of a trial that runs."""
        ...

    def stop_reason(self, trial_index: int) -> str | None:
        """Return why a running trial should be stopped early, or `None`."""
        ...

    def end(
        self, trial_index: int, status: TrialStatus, reason: str | None = None, rows: Sequence[Observation] = ()
    ) -> str | None:
        """End a trial, with its last readings; return what is to be said where somebody else was first."""
        ...

    def withdraw(self, trial_indices: Iterable[int]) -> None:
        """Take back trials that were asked for, and that no runner has been given."""
        ...

    def view(self) -> ExperimentView:
        """Return the experiment as it is."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopOptions:
    """Settings of the loop.

    Args:
        max_trials: How many trials to start.
        parallelism: How many run at a time, those of an earlier loop that still run included.
        tolerated_trial_failure_rate: Largest share of failed and abandoned trials, looked at from five on.
        initial_seconds_between_polls: The pause before a trial is polled first; later pauses grow, unless trials may be
            stopped early.
        retries: How often a trial that failed is begun again.
        ahead: How many suggestions are made ahead while all workers are busy.
        trial_time_limit: Seconds after which a trial is stopped and failed.
        limits: When no further trial is started, though there are some left.
        progress: Whether to show a progress bar.
        min_failures: So many trials must have failed before their share is looked at.
        backoff: The factor by which pauses between polls grow.
    """

    max_trials: int
    parallelism: int = 1
    tolerated_trial_failure_rate: float = 0.5
    initial_seconds_between_polls: float = 1.0
    retries: int = 0
    ahead: int = 0
    trial_time_limit: float | None = None
    limits: RunLimits = field(default_factory=RunLimits)
    progress: bool = False
    min_failures: int = 0
    backoff: float = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step of the loop did.

    Args:
        ended: The trials that have ended.
        running: The trials that run now.
        done: Whether there is nothing left to do.
    """

    ended: tuple[int, ...]
    running: tuple[int, ...]
    done: bool


class ClosedLoop:
    """Runs trials step by step; `run_loop` does so until the number asked for has ended.

    Args:
        backend: The experiment.
        executor: Where trials run.
        metrics: Read when a trial has ended, and while it runs where trials may be stopped early. A trial is failed if
            a metric of the goal cannot be read.
        options: Settings.
    """

    def __init__(
        self, backend: TrialBackend, executor: Executor, metrics: Sequence[IMetric], options: LoopOptions
    ) -> None:
        self._backend, self._executor, self._options = backend, executor, options
        self._readings = MetricReader(backend, metrics)
        self._supply = SuggestionSupply(backend, options.ahead, options.parallelism)
        self._began = time.monotonic()
        self._looked: float | None = None
        self._others: Mapping[int, tuple[str, bool]] = {}
        self._taken: dict[int, Mapping[str, Any]] = {}
        self._since: dict[int, float] = {}
        self._tally = Tally()
        self._begun = 0
        self._troubles: dict[int, int] = {}
        self._stoppable = True
        self._complete: OptimizationComplete | None = None
        self._no_more: str | None = None
        self._said: list[str] = []

    def step(self) -> Step:
        """Look at what runs, record what has ended, and start what there is room for.

        Raises:
            FailureRateExceededError: If too many trials failed.
            DataRequiredError: If suggestions need results, and nothing runs that could bring them.
            OptimizationComplete: If there was nothing to suggest at all.
            StorageError: If the change cannot be kept.
        """
        check_cancelled()
        self._take_over()
        ended = self._look()
        self._check_failures()
        if self._no_more is None:
            self._no_more = self._options.limits.reached(self._backend.view(), time.monotonic() - self._began)
        if self._no_more is None:
            self._begin_waiting()
            self._executor.poll({})  # what is in the journal begins before suggestions take their time
            self._order()
            self._begin_waiting()
        else:
            self._withdraw()
        running = tuple(self._backend.jobs())
        left = self._begun < self._options.max_trials and self._complete is None and self._no_more is None
        if self._complete is not None and not self._tally.trials:
            raise self._complete
        unsure = any(not sure for _, sure in self._others.values())
        return Step(ended=ended, running=running, done=not (running or left or unsure))

    def wait(self, seconds: float) -> None:
        """Wait for what runs, for some seconds at most."""
        if self._supply.is_busy and len(self._backend.jobs()) < self._options.parallelism:
            seconds = min(seconds, _LOOK_FOR_SUGGESTIONS)
        if any(not sure for _, sure in self._others.values()):
            seconds = min(seconds, _LOOK_FOR_LEASES)
        self._executor.wait(self._backend.jobs(), seconds)

    def close(self) -> None:
        """Give up what is being suggested."""
        self._supply.close()

    def warnings(self) -> list[str]:
        """Return what the user should know at the end."""
        said = [f"metric {n!r} could not be read, and is left out: {why}" for n, why in self._readings.unread.items()]
        said += [f"trial {i} is left to {who}, which runs it." for i, (who, _) in self._others.items()]
        said += self._said
        if self._complete is not None and self._begun < self._options.max_trials:
            said.append(f"stopped after {self._begun} of {self._options.max_trials} trials: {self._complete}")
        return said

    def report(self) -> LoopReport:
        """Return what the loop came to so far."""
        why = self._no_more or (str(self._complete) if self._complete is not None else None)
        return build_report(self._backend.view(), self._tally.trials, time.monotonic() - self._began, why)

    def _take_over(self) -> None:
        """Go on with what others have left, at the first step and whenever their leases may have ended."""
        now = time.monotonic()
        if self._looked is not None and (not self._others or now - self._looked < _LOOK_FOR_LEASES):
            return
        self._looked = now
        self._others = self._backend.take_over()
        for index, metadata in self._backend.jobs().items():
            self._taken.setdefault(index, metadata)
            self._since.setdefault(index, now)
            self._tally.add(index)

    def _withdraw(self) -> None:
        self._supply.close()
        self._backend.withdraw(self._backend.waiting())

    def _begin_waiting(self) -> None:
        room = min(self._options.parallelism - len(self._backend.jobs()), self._options.max_trials - self._begun)
        for index, parameters in list(self._backend.waiting().items())[: max(0, room)]:
            self._begun += 1
            self._tally.add(index)
            self._run(index, parameters, {})

    def _order(self) -> None:
        """Ask for as many suggestions as there is room for, and ahead."""
        waiting, running = len(self._backend.waiting()), len(self._backend.jobs())
        room = max(0, self._options.parallelism - running) if not waiting else 0
        left = self._options.max_trials - self._begun - waiting
        if self._supply.is_busy and room and running:
            self._supply.starve()
        wanted = min(max(room, self._supply.ahead - waiting) if self._supply.ahead else room, left)
        if wanted <= 0 or self._complete is not None:
            return
        try:
            self._supply.order(wanted, urgent=not running and not waiting)
        except OptimizationComplete as complete:
            self._complete = complete
        except DataRequiredError:
            if not waiting and not running:
                raise

    def _run(self, index: int, parameters: Parameterization, about: Mapping[str, Any]) -> None:
        """Give a trial to the executor, and keep what it says, and what is to be remembered besides."""
        self._since[index] = time.monotonic()
        try:
            metadata = {**self._executor.submit(index, parameters, int(about.get("attempt", 1))), **about}
        except Exception as error:  # the user's code may raise anything: it fails this trial only
            self._end(index, TrialStatus.FAILED, f"the runner could not start it: {tell_briefly(error)}")
            return
        except BaseException:
            self._end(
                index, TrialStatus.FAILED, "interrupted while the runner was starting it: it may run nevertheless"
            )
            raise
        self._taken[index] = metadata
        try:
            kept = self._backend.keep(index, metadata)
        except KeyboardInterrupt:
            self._backend.keep(index, metadata)  # or nobody would know that it runs
            raise
        if not kept:  # somebody has taken it over, or ended it
            self._stop(index, self._taken.pop(index))

    def _look(self) -> tuple[int, ...]:
        """Ask how the running trials stand, and end those in the experiment that have ended."""
        jobs = self._backend.jobs()
        gone = {i: metadata for i, metadata in self._taken.items() if i not in jobs}
        if not jobs and not gone:
            return ()
        try:
            reports = self._executor.poll({**jobs, **gone})
        except Exception as error:  # of all of them at once
            reports = {i: JobReport(trouble=tell_briefly(error)) for i in jobs}
        for index in gone:
            self._let_go(index, reports.get(index, JobReport()))
        for index in jobs:
            self._take(index, jobs[index], reports[index])
        still = self._backend.jobs()
        return tuple(i for i in jobs if i not in still)

    def _let_go(self, index: int, report: JobReport) -> None:
        """Keep the result of a trial that somebody else has ended or taken over, or stop its job."""
        metadata = self._taken.pop(index)
        status = self._backend.status(index)
        if status is not None and report.status.is_successful:
            self._finish(index, metadata, report)
        elif status is None or not status.is_successful:
            self._stop(index, metadata)

    def _take(self, index: int, metadata: Mapping[str, Any], report: JobReport) -> None:
        limit = self._options.trial_time_limit
        if report.trouble is not None:
            self._troubles[index] = self._troubles.get(index, 0) + 1
            if self._troubles[index] < _POLLS_BEFORE_FAILURE:
                _log.warning("Trial %d could not be polled: %s", index, report.trouble)
                return
            self._end(index, TrialStatus.FAILED, f"the runner could not tell its status: {report.trouble}")
            return
        self._troubles.pop(index, None)
        progress = self._readings.read_progress(index, report)
        if progress:
            self._backend.tell(index, progress)
        if self._again(index, metadata, report):
            return
        if report.lost is not None:
            self._end(index, TrialStatus.FAILED, report.lost)
        elif report.status.is_successful:
            self._finish(index, metadata, report)
        elif report.status.is_terminal:
            ended = TrialStatus.FAILED if report.status is TrialStatus.FAILED else TrialStatus.ABANDONED
            self._end(index, ended, report.reason or "reported by the runner")
        elif limit is not None and time.monotonic() - self._since[index] > limit:
            self._stop(index, metadata)
            self._end(index, TrialStatus.FAILED, f"it ran longer than the limit of {limit:g} s")
        elif self._backend.stops_early and self._stoppable:
            self._judge(index, metadata)

    def _again(self, index: int, metadata: Mapping[str, Any], report: JobReport) -> bool:
        """Begin a trial again that was lost, or that failed and is to be retried; return whether it was."""
        attempt, excused = int(metadata.get("attempt", 1)), int(metadata.get("excused", 0))
        most = 1 + self._options.retries + (_LOSSES if report.lost is not None else 0)
        why = report.lost or report.reason or "reported by the runner"
        excused += report.excused
        if (report.lost is None and report.status is not TrialStatus.FAILED) or attempt - excused >= most:
            return False
        _log.warning("Trial %d is begun again: %s", index, why)
        about = {"attempt": attempt + 1, "begun_again": why} | ({"excused": excused} if excused else {})
        self._run(index, self._backend.view().trial(index).parameters, about)
        return True

    def _finish(self, index: int, metadata: Mapping[str, Any], report: JobReport) -> None:
        """Read the metrics of a trial, and end it."""
        rows, unread = self._readings.read(index, metadata, report)
        self._readings.unread |= {n: why for n, why in unread.items() if n not in self._backend.goal_metrics}
        for name in self._backend.goal_metrics:
            if name in unread:
                how = "is of no use" if name in report.outcomes else "could not be read"
                self._end(index, TrialStatus.FAILED, f"metric {name!r} {how}: {unread[name]}", rows)
                return
        self._end(index, report.status, report.reason, rows)

    def _judge(self, index: int, metadata: Mapping[str, Any]) -> None:
        """Stop a running trial where the rule says so."""
        rows, unread = self._readings.read(index, metadata, JobReport())
        for name, why in unread.items():
            _log.info("Metric %r of running trial %d could not be read: %s", name, index, why)
        if rows:
            self._backend.tell(index, rows)
        reason = self._backend.stop_reason(index)
        if reason is not None and self._stop(index, metadata):
            self._end(index, TrialStatus.EARLY_STOPPED, reason)

    def _stop(self, index: int, metadata: Mapping[str, Any]) -> bool:
        """Stop a job; return whether it could be stopped."""
        try:
            said = self._executor.stop(index, metadata)
            if said and self._backend.status(index) is TrialStatus.RUNNING:
                self._backend.keep(index, said)
        except NotImplementedError as error:
            self._stoppable = False
            _log.warning("Trial %d is not stopped: %s", index, error)
            return False
        except StorageError:
            raise
        except Exception as error:  # the user's code may raise anything; it is tried again
            _log.warning("Trial %d could not be stopped: %s", index, tell_briefly(error))
            return False
        return True

    def _end(self, index: int, status: TrialStatus, reason: str | None, rows: Sequence[Observation] = ()) -> None:
        self._taken.pop(index, None)
        said = self._backend.end(index, status, reason, rows)
        if said is not None:
            _log.warning("%s", said)
            self._said.append(said)

    def _check_failures(self) -> None:
        ended, failed = self._tally.count(self._backend)
        if ended < _FAILURES_BEFORE_CHECK or failed < self._options.min_failures:
            return
        if failed <= self._options.tolerated_trial_failure_rate * ended:
            return
        self._withdraw()
        raise FailureRateExceededError(
            f"{failed} of {ended} trials failed, more than the tolerated share of "
            f"{self._options.tolerated_trial_failure_rate:g}: {self.report().why_failed} Look at summarize()."
            f"{_still_running(self._backend)}"
        )


class Tally:
    """Counts how trials have ended, looking only at those that had not ended before."""

    def __init__(self) -> None:
        self.trials: set[int] = set()
        self._open: set[int] = set()
        self._ended = self._failed = 0

    def add(self, index: int) -> None:
        """Count a trial from now on."""
        if index not in self.trials:
            self.trials.add(index)
            self._open.add(index)

    def count(self, backend: TrialBackend) -> tuple[int, int]:
        """Return how many of the trials have ended, and how many of these are lost."""
        for index in list(self._open):
            status = backend.status(index)
            if status is None or status.is_terminal:
                self._open.discard(index)
            if status is not None and status.is_terminal:
                self._ended += 1
                self._failed += status.is_lost
        return self._ended, self._failed


def run_loop(backend: TrialBackend, executor: Executor, metrics: Sequence[IMetric], options: LoopOptions) -> LoopReport:
    """Run trials until the number asked for has ended, and return what came of it.

    Args:
        backend: The experiment.
        executor: Where trials run.
        metrics: Read when a trial has ended.
        options: Settings.

    Raises:
        FailureRateExceededError: If too many trials fail.
        DataRequiredError: If suggestions need results, and nothing runs that could bring them.
        OptimizationComplete: If there was nothing to suggest at all.
        StorageError: If a change cannot be kept.
        KeyboardInterrupt: If interrupted; it says what still runs.
    """
    loop = ClosedLoop(backend, executor, metrics, options)
    with progress_bar(options.max_trials, shown=options.progress) as advance:
        for step in run_steps(loop, backend, options):
            advance(len(step.ended))
    for sentence in loop.warnings():
        warnings.warn(sentence, AxnbWarning, stacklevel=5)
    return loop.report()


def run_steps(loop: ClosedLoop, backend: TrialBackend, options: LoopOptions) -> Iterator[Step]:
    """Yield the steps of a loop to its end, and wait between them.

    Raises:
        FailureRateExceededError: If too many trials fail.
        DataRequiredError: If suggestions need results, and nothing runs that could bring them.
        OptimizationComplete: If there was nothing to suggest at all.
        StorageError: If a change cannot be kept.
        KeyboardInterrupt: If interrupted; it says what still runs.
    """
    try:
        pause = options.initial_seconds_between_polls
        while True:
            step = loop.step()
            yield step
            if step.done:
                return
            pause = options.initial_seconds_between_polls if step.ended else pause
            if step.running or not step.done:
                loop.wait(pause)
                pause = pause if backend.stops_early else min(pause * options.backoff, _LONGEST_PAUSE)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"the loop was interrupted.{_still_running(backend)}") from None
    finally:
        loop.close()


def _still_running(backend: TrialBackend) -> str:
    jobs = list(backend.jobs())
    if not jobs:
        return ""
    what = f"Trial {jobs[0]} is" if len(jobs) == 1 else f"Trials {listing(jobs)} are".replace("'", "")
    return f" {what} still running: the next run_trials goes on with {'it' if len(jobs) == 1 else 'them'}."
