"""The closed loop: one step starts what there is room for, and records what has ended.

What runs is what the journal says: trials that a runner has taken up and that have not ended. So the loop may be
interrupted and begun again, in this process or the next one, and goes on with them.
"""

import logging
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from axnb.errors import (
    AxnbWarning,
    DataRequiredError,
    FailureRateExceededError,
    OptimizationComplete,
    StorageError,
    TrialMutationError,
    listing,
)
from axnb.interrupts import check_cancelled
from axnb.problem.space import Parameterization
from axnb.record.experiment import ExperimentView
from axnb.record.trial import TrialStatus
from axnb.run.limits import RunLimits
from axnb.run.protocols import Executor, IMetric, JobReport
from axnb.run.readings import MetricReader, tell_briefly
from axnb.run.report import LoopReport, build_report, progress_bar

_log = logging.getLogger("axnb")

_LONGEST_PAUSE = 60.0
_FAILURES_BEFORE_CHECK = 5
_LOSSES = 3  # how often a trial is begun again that was lost with its process: it may be what kills the process
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

    def jobs(self) -> Mapping[int, Mapping[str, Any]]:
        """Return what a runner said about each trial that it has taken up and that is running."""
        ...

    def waiting(self) -> Mapping[int, Parameterization]:
        """Return the trials that were asked for, and that no runner has been given yet."""
        ...

    def status(self, trial_index: int) -> TrialStatus | None:
        """Return how a trial stands; `None` if it has been deleted."""
        ...

    def ask(self, count: int) -> Mapping[int, Parameterization]:
        """Suggest trials; they wait for a runner from then on."""
        ...

    def keep(self, trial_index: int, metadata: Mapping[str, Any]) -> None:
        """Record that a runner has taken a trial up, and what it said about it."""
        ...

    def tell(self, trial_index: int, metric: str, progression: float | None, outcome: Any) -> None:
        """Record a reading."""
        ...

    def stop_reason(self, trial_index: int) -> str | None:
        """Return why a running trial should be stopped early, or `None`."""
        ...

    def end(self, trial_index: int, status: TrialStatus, reason: str | None = None) -> None:
        """End a trial."""
        ...

    def withdraw(self, trial_index: int) -> None:
        """Take back a trial that was asked for, and that no runner has been given."""
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
        self._taken: dict[int, Mapping[str, Any]] = dict(backend.jobs())  # of an earlier loop: they are gone on with
        self._ours = set(self._taken)
        self._begun = 0
        self._troubles: dict[int, int] = {}
        self._stoppable = True
        self._complete: OptimizationComplete | None = None
        self._began = time.monotonic()
        self._since = dict.fromkeys(self._taken, self._began)
        self._no_more: str | None = None
        self._elsewhere: dict[int, str] = {}

    def step(self) -> Step:
        """Look at what runs, record what has ended, and start what there is room for.

        Raises:
            FailureRateExceededError: If too many trials failed.
            DataRequiredError: If suggestions need results, and nothing runs that could bring them.
            OptimizationComplete: If there was nothing to suggest at all.
            StorageError: If the change cannot be kept.
        """
        check_cancelled()
        ended = self._look()
        self._check_failures()
        if self._no_more is None:
            self._no_more = self._options.limits.reached(self._backend.view(), time.monotonic() - self._began)
        if self._no_more is None:
            self._start()
        else:
            self._withdraw()
        running = tuple(self._running())
        left = self._begun < self._options.max_trials and self._complete is None and self._no_more is None
        if self._complete is not None and not self._ours:
            raise self._complete
        return Step(ended=ended, running=running, done=not running and not left)

    def wait(self, seconds: float) -> None:
        """Wait for what runs, for some seconds at most."""
        self._executor.wait(self._running(), seconds)

    def warnings(self) -> list[str]:
        """Return what the user should know at the end."""
        said = [f"metric {n!r} could not be read, and is left out: {why}" for n, why in self._readings.unread.items()]
        said += [f"trial {i} is left to {where}, which runs it." for i, where in self._elsewhere.items()]
        if self._complete is not None and self._begun < self._options.max_trials:
            said.append(f"stopped after {self._begun} of {self._options.max_trials} trials: {self._complete}")
        return said

    def report(self) -> LoopReport:
        """Return what the loop came to so far."""
        why = self._no_more or (str(self._complete) if self._complete is not None else None)
        return build_report(self._backend.view(), self._ours, time.monotonic() - self._began, why)

    def _withdraw(self) -> None:
        for index in self._backend.waiting():
            self._backend.withdraw(index)

    def _running(self) -> dict[int, Mapping[str, Any]]:
        return {i: metadata for i, metadata in self._backend.jobs().items() if i in self._ours}

    def _start(self) -> None:
        waiting = dict(self._backend.waiting())
        room = self._options.parallelism - len(self._running())
        left = self._options.max_trials - self._begun
        now = min(room, left)
        for index, parameters in list(waiting.items())[: max(0, now)]:  # those made ahead begin at once
            self._submit(index, parameters)
            del waiting[index]
            now, left = now - 1, left - 1
        self._executor.poll({})  # what is in the journal begins before suggestions take their time
        wanted = min(now if now > 0 else self._options.ahead - len(waiting), left - len(waiting))
        if wanted > 0 and self._complete is None:
            try:
                waiting |= self._backend.ask(wanted)
            except OptimizationComplete as complete:
                self._complete = complete
            except DataRequiredError:
                if not waiting and not self._running():
                    raise
        for index, parameters in list(waiting.items())[: max(0, now)]:
            self._submit(index, parameters)

    def _submit(self, index: int, parameters: Parameterization) -> None:
        self._begun += 1
        self._ours.add(index)
        self._run(index, parameters, {})

    def _run(self, index: int, parameters: Parameterization, about: Mapping[str, Any]) -> None:
        """Give a trial to the executor, and keep what it says, and what is to be remembered besides."""
        self._since[index] = time.monotonic()
        try:
            metadata = {**self._executor.submit(index, parameters), **about}
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
            self._backend.keep(index, metadata)
        except KeyboardInterrupt:
            self._backend.keep(index, metadata)  # or nobody would know that it runs
            raise

    def _look(self) -> tuple[int, ...]:
        """Ask how the running trials stand, and end those in the experiment that have ended."""
        jobs = self._running()
        self._let_go(jobs)
        if not jobs:
            return ()
        try:
            reports = self._executor.poll(jobs)
        except Exception as error:  # of all of them at once
            reports = {i: JobReport(trouble=tell_briefly(error)) for i in jobs}
        for index, report in reports.items():
            self._take(index, jobs[index], report)
        return tuple(i for i in jobs if i not in self._running())

    def _let_go(self, jobs: Mapping[int, object]) -> None:
        """Stop the jobs of trials that somebody else has ended in the experiment."""
        for index in [i for i in self._taken if i not in jobs]:
            metadata = self._taken.pop(index)
            status = self._backend.status(index)
            if status is None or not status.is_successful:
                self._stop(index, metadata)

    def _take(self, index: int, metadata: Mapping[str, Any], report: JobReport) -> None:
        if report.trouble is not None:
            self._troubles[index] = self._troubles.get(index, 0) + 1
            if self._troubles[index] < _POLLS_BEFORE_FAILURE:
                _log.warning("Trial %d could not be polled: %s", index, report.trouble)
                return
            self._end(index, TrialStatus.FAILED, f"the runner could not tell its status: {report.trouble}")
            return
        self._troubles.pop(index, None)
        self._readings.tell_progress(index, report)
        if report.elsewhere is not None:
            self._elsewhere[index] = report.elsewhere
            self._ours.discard(index)
            self._taken.pop(index, None)
        elif self._again(index, metadata, report):
            return
        elif report.lost is not None:
            self._end(index, TrialStatus.FAILED, report.lost)
        elif report.status.is_successful:
            self._finish(index, metadata, report)
        elif report.status.is_terminal:
            ended = TrialStatus.FAILED if report.status is TrialStatus.FAILED else TrialStatus.ABANDONED
            self._end(index, ended, report.reason or "reported by the runner")
        elif self._overdue(index):
            self._stop(index, metadata)
            limit = self._options.trial_time_limit
            self._end(index, TrialStatus.FAILED, f"it ran longer than the limit of {limit:g} s")
        elif self._backend.stops_early and self._stoppable:
            self._judge(index, metadata)

    def _again(self, index: int, metadata: Mapping[str, Any], report: JobReport) -> bool:
        """Begin a trial again that was lost, or that failed and is to be retried; return whether it was."""
        attempt = int(metadata.get("attempt", 1))
        most = 1 + self._options.retries + (_LOSSES if report.lost is not None else 0)
        why = report.lost or report.reason or "reported by the runner"
        if (report.lost is None and report.status is not TrialStatus.FAILED) or attempt >= most:
            return False
        _log.warning("Trial %d is begun again: %s", index, why)
        about = {"attempt": attempt + 1, "begun_again": why}
        self._run(index, self._backend.view().trial(index).parameters, about)
        return True

    def _overdue(self, index: int) -> bool:
        limit, now = self._options.trial_time_limit, time.monotonic()
        return limit is not None and now - self._since.get(index, now) > limit

    def _finish(self, index: int, metadata: Mapping[str, Any], report: JobReport) -> None:
        """Read the metrics of a trial, and end it."""
        unread = self._readings.read(index, metadata, report)
        self._readings.unread |= {n: why for n, why in unread.items() if n not in self._backend.goal_metrics}
        for name in self._backend.goal_metrics:
            if name in unread:
                how = "is of no use" if name in report.outcomes else "could not be read"
                self._end(index, TrialStatus.FAILED, f"metric {name!r} {how}: {unread[name]}")
                return
        self._end(index, report.status, report.reason)

    def _judge(self, index: int, metadata: Mapping[str, Any]) -> None:
        """Stop a running trial where the rule says so."""
        for name, why in self._readings.read(index, metadata, JobReport()).items():
            _log.info("Metric %r of running trial %d could not be read: %s", name, index, why)
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

    def _end(self, index: int, status: TrialStatus, reason: str | None) -> None:
        self._taken.pop(index, None)
        try:
            self._backend.end(index, status, reason)
        except TrialMutationError as error:  # somebody else was first
            _log.info("Trial %d had ended already: %s", index, error)

    def _check_failures(self) -> None:
        statuses = [self._backend.status(i) for i in self._ours]
        ended = [s for s in statuses if s is not None and s.is_terminal]
        failed = sum(s.is_lost for s in ended)
        if len(ended) < _FAILURES_BEFORE_CHECK or failed < self._options.min_failures:
            return
        if failed <= self._options.tolerated_trial_failure_rate * len(ended):
            return
        self._withdraw()
        raise FailureRateExceededError(
            f"{failed} of {len(ended)} trials failed, more than the tolerated share of "
            f"{self._options.tolerated_trial_failure_rate:g}: {self.report().why_failed} Look at summarize()."
            f"{_still_running(self._backend)}"
        )


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
            if step.running:
                loop.wait(pause)
                pause = pause if backend.stops_early else min(pause * options.backoff, _LONGEST_PAUSE)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"the loop was interrupted.{_still_running(backend)}") from None


def _still_running(backend: TrialBackend) -> str:
    jobs = list(backend.jobs())
    if not jobs:
        return ""
    what = f"Trial {jobs[0]} is" if len(jobs) == 1 else f"Trials {listing(jobs)} are".replace("'", "")
    return f" {what} still running: the next run_trials goes on with {'it' if len(jobs) == 1 else 'them'}."
