"""The simple closed loop: ask, run, poll, fetch, tell."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from axnb.errors import AxnbError, DataRequiredError, FailureRateExceededError, OptimizationComplete, UserInputError
from axnb.problem.space import Parameterization
from axnb.record.trial import TrialStatus
from axnb.run.protocols import IMetric, IRunner

_BACKOFF = 1.5
_LONGEST_PAUSE = 60.0
_FAILURES_BEFORE_CHECK = 5


class Hands(Protocol):
    """What the loop does to the experiment."""

    def ask(self, count: int) -> Mapping[int, Parameterization]:
        """Suggest and start trials."""
        ...

    def keep(self, trial_index: int, metadata: Mapping[str, Any]) -> None:
        """Record what the runner said about a trial that it started."""
        ...

    def tell(self, trial_index: int, metric: str, progression: float, outcome: Any) -> None:
        """Record a reading."""
        ...

    def end(self, trial_index: int, status: TrialStatus, reason: str | None = None) -> None:
        """End a trial."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopOptions:
    """Settings of the loop.

    Args:
        max_trials: How many trials to run.
        parallelism: How many of them at a time.
        tolerated_trial_failure_rate: Largest share of failed and abandoned trials, looked at from five on.
        initial_seconds_between_polls: The first pause between two polls; later pauses grow.
    """

    max_trials: int
    parallelism: int = 1
    tolerated_trial_failure_rate: float = 0.5
    initial_seconds_between_polls: float = 1.0


@dataclass(slots=True)
class _Progress:
    started: int = 0
    failed: int = 0
    running: dict[int, Mapping[str, Any]] = field(default_factory=dict)


def run_loop(
    hands: Hands,
    runner: IRunner,
    metrics: Sequence[IMetric],
    options: LoopOptions,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Run trials until the number asked for has ended.

    Args:
        hands: The experiment.
        runner: Starts and polls trials.
        metrics: Read when a trial is completed. A trial whose metric cannot be read is failed.
        options: Settings.
        sleep: Waits between polls.

    Raises:
        FailureRateExceededError: If too many trials fail.
    """
    progress = _Progress()
    pause = options.initial_seconds_between_polls
    while progress.started < options.max_trials or progress.running:
        complete = _start(hands, runner, options, progress)
        ended = [index for index in list(progress.running) if _poll(hands, runner, metrics, progress, index)]
        _check_failures(options, progress)
        if complete and not progress.running:
            return
        if ended:
            pause = options.initial_seconds_between_polls
        elif progress.running:
            sleep(pause)
            pause = min(pause * _BACKOFF, _LONGEST_PAUSE)


def _start(hands: Hands, runner: IRunner, options: LoopOptions, progress: _Progress) -> bool:
    """Start as many trials as there is room for; return whether there is nothing left to suggest."""
    room = min(options.parallelism - len(progress.running), options.max_trials - progress.started)
    if room <= 0:
        return False
    try:
        asked = hands.ask(room)
    except OptimizationComplete:
        progress.started = options.max_trials
        return True
    except DataRequiredError:
        if not progress.running:
            raise
        return False
    for index, parameters in asked.items():
        progress.started += 1
        try:
            metadata = dict(runner.run_trial(index, parameters) or {})
        except Exception as error:  # the user's code may raise anything: it fails this trial only
            _end(hands, progress, index, TrialStatus.FAILED, f"the runner could not start it: {_told(error)}")
            continue
        progress.running[index] = metadata
        if metadata:
            hands.keep(index, metadata)
    return False


def _poll(hands: Hands, runner: IRunner, metrics: Sequence[IMetric], progress: _Progress, index: int) -> bool:
    """Ask how a trial stands, and end it in the experiment when it has ended."""
    metadata = progress.running[index]
    try:
        status = runner.poll_trial(index, metadata)
    except Exception as error:  # the user's code may raise anything: it fails this trial only
        _end(hands, progress, index, TrialStatus.FAILED, f"the runner could not tell its status: {_told(error)}")
        return True
    if status.is_successful:
        _fetch(hands, metrics, progress, index, status)
    elif status.is_terminal:
        ended = TrialStatus.FAILED if status.is_failed else TrialStatus.ABANDONED
        _end(hands, progress, index, ended, "reported by the runner")
    return status.is_terminal


def _fetch(hands: Hands, metrics: Sequence[IMetric], progress: _Progress, index: int, status: TrialStatus) -> None:
    """Read the metrics of a trial, and end it."""
    for metric in metrics:
        try:
            progression, outcome = _reading(metric.fetch(index, progress.running[index]))
            hands.tell(index, metric.name, progression, outcome)
        except Exception as error:  # the user's code may raise anything: it fails this trial only
            _end(
                hands, progress, index, TrialStatus.FAILED, f"metric {metric.name!r} could not be read: {_told(error)}"
            )
            return
    _end(hands, progress, index, status, None)


def _reading(given: object) -> tuple[float, Any]:
    """Return the progression and the outcome that a metric gave.

    Raises:
        UserInputError: If it gave something else.
    """
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise UserInputError(f"fetch must return a pair of progression and outcome, such as (0, 0.93), got {given!r}.")
    return given[0], given[1]


def _end(hands: Hands, progress: _Progress, index: int, status: TrialStatus, reason: str | None) -> None:
    progress.running.pop(index, None)
    progress.failed += status.is_failure
    hands.end(index, status, reason)


def _told(error: Exception) -> str:
    said = str(error) if isinstance(error, AxnbError) else f"{type(error).__name__}: {error}"
    return said.replace("\0", "?").encode(errors="replace").decode()  # what every file can keep


def _check_failures(options: LoopOptions, progress: _Progress) -> None:
    ended = progress.started - len(progress.running)
    if ended < _FAILURES_BEFORE_CHECK or progress.failed <= options.tolerated_trial_failure_rate * ended:
        return
    raise FailureRateExceededError(
        f"{progress.failed} of {ended} trials failed, more than the tolerated share of "
        f"{options.tolerated_trial_failure_rate:g}: look at their reasons in summarize()."
    )
