"""What the Client checks before a closed loop, and the loop with the executor that it wants."""

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from axnb.api.arguments import MOST_TRIALS, listed
from axnb.api.loop_backend import ExperimentTrialBackend
from axnb.errors import AxnbWarning, UnsupportedError, UserInputError, listing, shown
from axnb.problem.expressions import is_text
from axnb.problem.generation import MOST_AT_ONCE
from axnb.problem.parameters import flag, plain, to_float, whole
from axnb.record.experiment import ExperimentView
from axnb.run.executors import RunnerExecutor
from axnb.run.futures import FutureExecutor, Pool, process_pool
from axnb.run.limits import RunLimits
from axnb.run.loop import LoopOptions, run_loop
from axnb.run.parts import ExperimentParts
from axnb.run.protocols import GlobalStoppingStrategy, IMetric, IRunner
from axnb.run.report import LoopReport


def check_runner(runner: object) -> IRunner:
    """Return a runner.

    Raises:
        UserInputError: If it is no `IRunner`.
    """
    if not isinstance(runner, IRunner):
        raise UserInputError(f"expected an instance of a subclass of IRunner, got {shown(runner)}.")
    return runner


def check_metrics(metrics: Sequence[IMetric]) -> list[IMetric]:
    """Return metrics as a list.

    Raises:
        UserInputError: If one is no `IMetric` with a name.
    """
    made: list[Any] = [metrics] if isinstance(metrics, IMetric) else list(listed("metrics", metrics, "IMetrics"))
    for metric in made:
        name = getattr(metric, "name", None)  # a subclass that has its own __init__ may lack it
        if not isinstance(metric, IMetric) or not is_text(name) or not str(name).strip():
            raise UserInputError(f"expected instances of a subclass of IMetric with a name, got {shown(metric)}.")
    return made


def check_ready(parts: ExperimentParts, wanted: Sequence[str]) -> IRunner:
    """Return the runner, if everything is there that a closed loop needs.

    Raises:
        UnsupportedError: If there is no runner, or no metric for a name of the goal.
    """
    if parts.runner is None:
        raise UnsupportedError(
            "run_trials needs a runner, which is not saved with an experiment: call configure_runner first."
        )
    missing = [name for name in wanted if name not in parts.metrics]
    if missing:
        raise UnsupportedError(
            f"run_trials cannot read {listing(missing)}: give an IMetric for it to configure_metrics, "
            "after loading too."
        )
    return parts.runner


def run_trials(backend: ExperimentTrialBackend, parts: ExperimentParts, options: LoopOptions) -> LoopReport:
    """Run trials in a closed loop, and go on with those that an earlier one left running.

    Raises:
        UnsupportedError: If there is no runner, or no metric for a name of the goal.
        FailureRateExceededError: If too many trials fail.
        DataRequiredError: If suggestions need results that no running trial will bring.
        SearchSpaceExhausted: If there was nothing to suggest at all.
        StorageError: If a change cannot be kept.
    """
    runner = check_ready(parts, backend.goal_metrics)
    with backend.at_work(parts):
        say_what_is_lost(backend)
        return run_loop(backend, RunnerExecutor(runner), list(parts.metrics.values()), options)


def optimize(
    backend: ExperimentTrialBackend,
    parts: ExperimentParts,
    function: Callable[..., Any],
    executor: Pool | Callable[[], Pool] | None,
    options: LoopOptions,
) -> LoopReport:
    """Run trials in a closed loop by calling a function, and go on with those that an earlier one left running.

    Raises:
        UserInputError: If the function cannot be called or sent to another process, or the executor is none.
        FailureRateExceededError: If too many trials fail.
        DataRequiredError: If suggestions need results that no running trial will bring.
        SearchSpaceExhausted: If there was nothing to suggest at all.
        StorageError: If a change cannot be kept.
    """
    workers = options.parallelism
    limit, options = options.trial_time_limit, replace(options, trial_time_limit=None)  # the executor sees to it
    calls = FutureExecutor(
        function,
        (lambda: process_pool(workers)) if executor is None else executor,
        backend.goal_metrics,
        time_limit=limit,
        jobs=backend.futures,
    )
    with backend.at_work(parts):
        say_what_is_lost(backend)
        try:
            return run_loop(backend, calls, (), options)
        finally:
            calls.close()


def say_what_is_lost(backend: ExperimentTrialBackend) -> None:
    """Warn of trials that a program of an earlier version may or may not have begun."""
    lost = backend.lost()
    if lost:
        warnings.warn(
            f"trials {listing(lost)} were suggested to a runner in another process, and nothing says that they were "
            "started: if that process has ended, mark them failed or abandoned.",
            AxnbWarning,
            stacklevel=5,
        )


def loop_options(
    max_trials: int,
    parallelism: int,
    failure_rate: float,
    seconds: float,
    *,
    retries: int = 0,
    time_limit: float | None = None,
    trial_time_limit: float | None = None,
    until: float | Callable[[ExperimentView], object] | None = None,
    global_stopping_strategy: GlobalStoppingStrategy | None = None,
    progress: bool = False,
    ahead: bool = False,
) -> LoopOptions:
    """Return the settings of the loop.

    Raises:
        UserInputError: If a number is out of range, or something is not what it should be.
    """
    for name, value in (("tolerated_trial_failure_rate", failure_rate), ("initial_seconds_between_polls", seconds)):
        if not 0 <= to_float(plain(value)) < math.inf:
            raise UserInputError(f"{name} must be a number of at least 0, got {shown(value)}.")
    for name, limit in (("time_limit", time_limit), ("trial_time_limit", trial_time_limit)):
        if limit is not None and not 0 < to_float(plain(limit)) < math.inf:
            raise UserInputError(f"{name} must be a number of seconds above 0, got {shown(limit)}.")
    if until is not None and not callable(until) and not math.isfinite(to_float(plain(until))):
        raise UserInputError(f"until must be a value to be reached or a function of the view, got {shown(until)}.")
    is_strategy = callable(getattr(global_stopping_strategy, "should_stop_experiment", None))
    if global_stopping_strategy is not None and not is_strategy:
        raise UserInputError(f"expected a global stopping strategy, got {shown(global_stopping_strategy)}.")
    workers = whole("parallelism", parallelism, 1, MOST_AT_ONCE)
    return LoopOptions(
        max_trials=whole("max_trials", max_trials, 1, MOST_TRIALS),
        parallelism=workers,
        tolerated_trial_failure_rate=float(failure_rate),
        initial_seconds_between_polls=float(seconds),
        retries=whole("retries", retries, 0),
        ahead=-(-workers // 4) if ahead and workers > 1 else 0,  # one worker waits for what its last result teaches
        trial_time_limit=trial_time_limit,
        limits=RunLimits(time_limit=time_limit, until=until, global_stopping=global_stopping_strategy),
        progress=flag("progress", progress),
    )
