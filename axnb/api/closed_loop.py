"""Joins the Client's experiment to the loop: what a program does is recorded as automatic and cannot be undone."""

import json
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from axnb.api import trials
from axnb.api.arguments import MOST_TRIALS, listed
from axnb.errors import AxnbWarning, UnsupportedError, UserInputError, listing, shown
from axnb.problem.expressions import is_text
from axnb.problem.generation import MOST_AT_ONCE
from axnb.problem.parameters import flag, plain, to_float, whole
from axnb.problem.space import Parameterization
from axnb.record.events import MetricsTracked, TrialCreated, TrialDeleted, TrialRunStarted
from axnb.record.experiment import Experiment, ExperimentView
from axnb.record.trial import TrialStatus
from axnb.run.executors import RunnerExecutor
from axnb.run.futures import FutureExecutor, FutureJob, Pool, process_pool
from axnb.run.limits import RunLimits
from axnb.run.loop import LoopOptions, run_loop
from axnb.run.parts import ExperimentParts
from axnb.run.protocols import EarlyStoppingStrategy, GlobalStoppingStrategy, IMetric, IRunner
from axnb.run.report import LoopReport

Ask = Callable[[int], Mapping[int, Parameterization]]


class ExperimentTrialBackend:
    """Reads from an experiment what runs, and does to it what the loop decides.

    It belongs to one Client for as long as that lives, and so knows which trials were asked for here and not yet begun.

    Args:
        experiment: The experiment.
        ask: Suggests and records trials.
    """

    def __init__(self, experiment: Experiment, ask: Ask) -> None:
        self.experiment = experiment
        self._ask = ask
        self._asked: set[int] = set()
        events = [e.event for e in experiment.journal if e.automatic]
        self._begun = {e.index for e in events if isinstance(e, TrialRunStarted)}
        self._automatic = [e.index for e in events if isinstance(e, TrialCreated)]
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

    def jobs(self) -> Mapping[int, Mapping[str, Any]]:
        """Return what a runner said about each trial that it has taken up and that is running."""
        return {
            t.index: {key: json.loads(text) for key, text in t.run_metadata}
            for t in self.experiment.view().trials.values()
            if t.status is TrialStatus.RUNNING and (t.run_metadata or t.index in self._begun)
        }

    def waiting(self) -> Mapping[int, Parameterization]:
        """Return the trials that were asked for here, and that no runner has been given yet."""
        trials = self.experiment.view().trials
        held = [trials[i] for i in sorted(self._asked) if i in trials]
        return {t.index: t.parameters for t in held if t.status is TrialStatus.RUNNING}

    def lost(self) -> list[int]:
        """Return the running trials that another process asked for, and that no runner is known to have taken up."""
        trials, jobs = self.experiment.view().trials, self.jobs()
        lost = [i for i in self._automatic if i not in jobs and i not in self._asked and i in trials]
        return [i for i in lost if trials[i].status is TrialStatus.RUNNING]

    def status(self, trial_index: int) -> TrialStatus | None:
        """Return how a trial stands; `None` if it has been deleted."""
        trial = self.experiment.view().trials.get(trial_index)
        return trial.status if trial is not None else None

    def ask(self, count: int) -> Mapping[int, Parameterization]:
        """Suggest trials; they wait for a runner from then on."""
        asked = self._ask(count)
        self._asked |= set(asked)
        return asked

    def keep(self, trial_index: int, metadata: Mapping[str, Any]) -> None:
        """Record that a runner has taken a trial up, and what it said about it."""
        texts = tuple((str(key), json.dumps(value, allow_nan=False)) for key, value in metadata.items())
        self.experiment.record([TrialRunStarted(index=trial_index, metadata=texts)], automatic=True)
        self._begun.add(trial_index)
        self._asked.discard(trial_index)

    def tell(self, trial_index: int, metric: str, progression: float | None, outcome: Any) -> None:
        """Record a reading; a metric that is new is tracked from then on."""
        if metric not in self.experiment.view().metrics:
            self.experiment.record([MetricsTracked(names=(metric,))], automatic=True)
        trials.tell(self.experiment, trial_index, {metric: outcome}, progression, status=None, automatic=True)

    def stop_reason(self, trial_index: int) -> str | None:
        """Return why a running trial should be stopped early, or `None`."""
        view = self.experiment.view()
        return self.early_stopping.should_stop(view, view.trial(trial_index)) if self.early_stopping else None

    def view(self) -> ExperimentView:
        """Return the experiment as it is."""
        return self.experiment.view()

    def withdraw(self, trial_index: int) -> None:
        """Take back a trial that was asked for, and that no runner has been given yet."""
        self._asked.discard(trial_index)
        self.experiment.record([TrialDeleted(index=trial_index)], automatic=True)

    def end(self, trial_index: int, status: TrialStatus, reason: str | None = None) -> None:
        """End a trial."""
        self._asked.discard(trial_index)
        trials.change_status(self.experiment, trial_index, status, reason, automatic=True)


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
    prepare(backend, parts)
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
    prepare(backend, parts)
    workers = options.parallelism
    limit, options = options.trial_time_limit, replace(options, trial_time_limit=None)  # the executor sees to it
    calls = FutureExecutor(
        function,
        (lambda: process_pool(workers)) if executor is None else executor,
        backend.goal_metrics,
        time_limit=limit,
        jobs=backend.futures,
    )
    try:
        return run_loop(backend, calls, (), options)
    finally:
        calls.close()


def prepare(backend: ExperimentTrialBackend, parts: ExperimentParts) -> None:
    """Bring the backend up to date, and say what is lost."""
    backend.early_stopping = parts.early_stopping_strategy
    backend.experiment.refresh()
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
