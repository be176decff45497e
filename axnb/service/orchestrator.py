"""Ax's Orchestrator: an experiment that runs itself. Thin over the closed loop."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from axnb.api import trials
from axnb.api.arguments import instance
from axnb.api.closed_loop import check_metrics, check_ready, check_runner, loop_options, say_what_is_lost
from axnb.api.loop_backend import ExperimentTrialBackend
from axnb.errors import UserInputError
from axnb.problem.generation import GenerationOptions, GenerationStrategy
from axnb.problem.parameters import to_float, whole
from axnb.record.events import GenerationConfigured, MetricsTracked
from axnb.record.experiment import Experiment
from axnb.run.executors import RunnerExecutor
from axnb.run.loop import ClosedLoop, LoopOptions, run_steps
from axnb.run.parts import ExperimentParts
from axnb.run.protocols import EarlyStoppingStrategy, GlobalStoppingStrategy, IMetric, IRunner
from axnb.run.report import LoopReport
from axnb.service.utils.storage import DBSettings, load_experiment, save_experiment


@dataclass(frozen=True, slots=True, kw_only=True)
class OrchestratorOptions:
    """Settings of an Orchestrator.

    Args:
        max_pending_trials: How many trials run at a time.
        total_trials: How many trials the experiment may have; needed by `run_all_trials`.
        tolerated_trial_failure_rate: Largest share of failed and abandoned trials.
        min_failed_trials_for_failure_rate_check: So many must have failed before their share is looked at.
        ttl_seconds_for_trials: Seconds after which a trial is stopped and failed.
        init_seconds_between_polls: The pause before a trial is first polled.
        seconds_between_polls_backoff_factor: The factor by which pauses grow; 1 where trials may be stopped early.
        early_stopping_strategy: Says which trials to stop early.
        global_stopping_strategy: Says when further trials are not worth their while.

    Raises:
        UserInputError: If a number is out of range.

    Example:
        >>> OrchestratorOptions(total_trials=30).max_pending_trials
        10
    """

    max_pending_trials: int = 10
    total_trials: int | None = None
    tolerated_trial_failure_rate: float = 0.5
    min_failed_trials_for_failure_rate_check: int = 5
    ttl_seconds_for_trials: float | None = None
    init_seconds_between_polls: float = 1.0
    seconds_between_polls_backoff_factor: float = 1.5
    early_stopping_strategy: EarlyStoppingStrategy | None = None
    global_stopping_strategy: GlobalStoppingStrategy | None = None

    def __post_init__(self) -> None:
        if self.total_trials is not None:
            whole("total_trials", self.total_trials, 1)
        whole("min_failed_trials_for_failure_rate_check", self.min_failed_trials_for_failure_rate_check, 0)
        if not to_float(self.seconds_between_polls_backoff_factor) >= 1:
            raise UserInputError(
                "seconds_between_polls_backoff_factor must be a number of at least 1, got "
                f"{self.seconds_between_polls_backoff_factor!r}."
            )
        self.to_loop_options(1)

    def to_loop_options(self, max_trials: int, timeout_hours: float | None = None) -> LoopOptions:
        """Return the settings as the closed loop takes them.

        Raises:
            UserInputError: If a number is out of range.
        """
        options = loop_options(
            max_trials,
            self.max_pending_trials,
            self.tolerated_trial_failure_rate,
            self.init_seconds_between_polls,
            time_limit=None if timeout_hours is None else to_float(timeout_hours) * 3600,
            trial_time_limit=self.ttl_seconds_for_trials,
            global_stopping_strategy=self.global_stopping_strategy,
        )
        return replace(
            options,
            min_failures=self.min_failed_trials_for_failure_rate_check,
            backoff=self.seconds_between_polls_backoff_factor,
        )


class Orchestrator:
    """Runs the trials of an experiment: suggests, runs, polls, reads the metrics, completes.

    Trials that an earlier one left running, also in another process, are gone on with.

    Args:
        experiment: The experiment, with its goal.
        generation_strategy: How suggestions are made; `None` for what the experiment says.
        options: Settings.
        db_settings: The database that keeps the experiment.
        runner: What runs trials; runners are not kept with an experiment.
        metrics: What reads metrics.

    Raises:
        UserInputError: If something is not what it should be.
        UnsupportedError: If there is no metric for a name of the goal.
        StorageError: If the database refuses.

    Example:
        >>> from axnb import Client, RangeParameterConfig
        >>> from axnb.run.runners import FunctionMetric, SyntheticRunner
        >>> client = Client(random_seed=0)
        >>> client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
        >>> client.configure_optimization("-loss")
        >>> orchestrator = Orchestrator(
        ...     client.experiment,
        ...     options=OrchestratorOptions(init_seconds_between_polls=0),
        ...     runner=SyntheticRunner(),
        ...     metrics=[FunctionMetric("loss", lambda point: point["x"] ** 2)],
        ... )
        >>> orchestrator.run_n_trials(3).completed
        (0, 1, 2)
    """

    def __init__(
        self,
        experiment: Experiment,
        generation_strategy: GenerationOptions | GenerationStrategy | None = None,
        options: OrchestratorOptions | None = None,
        db_settings: DBSettings | None = None,
        *,
        runner: IRunner,
        metrics: Sequence[IMetric],
    ) -> None:
        self.experiment = instance(experiment, Experiment)
        self.options = instance(options or OrchestratorOptions(), OrchestratorOptions)
        self._db_settings = db_settings
        made = {m.name: m for m in check_metrics(metrics)}
        self._parts = ExperimentParts(
            runner=check_runner(runner), metrics=made, early_stopping_strategy=self.options.early_stopping_strategy
        )
        view = experiment.view()
        new = tuple(n for n in made if n not in view.metrics)
        if new:
            experiment.record([MetricsTracked(names=new)])
        if isinstance(generation_strategy, GenerationStrategy):
            generation_strategy = replace(view.generation or GenerationOptions(), strategy=generation_strategy)
        if generation_strategy is not None:
            experiment.record([GenerationConfigured(options=instance(generation_strategy, GenerationOptions))])
        self._backend = ExperimentTrialBackend(
            experiment, lambda count, lease: trials.ask(experiment, count, lease=lease)
        )
        check_ready(self._parts, self._backend.goal_metrics)
        self._save()
        self._report = LoopReport()

    @classmethod
    def from_stored_experiment(
        cls,
        experiment_name: str,
        options: OrchestratorOptions | None = None,
        db_settings: DBSettings | None = None,
        *,
        runner: IRunner,
        metrics: Sequence[IMetric],
    ) -> "Orchestrator":
        """Return an Orchestrator for an experiment in a database.

        Raises:
            ObjectNotFoundError: If there is none of that name.
            UserInputError: If there are no settings of a database, or something is not what it should be.
            UnsupportedError: If there is no metric for a name of the goal.
            StorageError: If the database cannot be read.
        """
        if db_settings is None:
            raise UserInputError("from_stored_experiment needs db_settings: say which database holds the experiment.")
        experiment = load_experiment(experiment_name, db_settings)
        return cls(experiment, options=options, runner=runner, metrics=metrics)

    def run_n_trials(
        self,
        max_trials: int,
        ignore_global_stopping_strategy: bool = False,
        timeout_hours: float | None = None,
        idle_callback: "Callable[[Orchestrator], object] | None" = None,
    ) -> LoopReport:
        """Run some more trials, and return what came of them.

        Args:
            max_trials: How many to start.
            ignore_global_stopping_strategy: Whether to go on though the strategy says that it is not worth it.
            timeout_hours: Hours after which no further trial is started.
            idle_callback: Called with this after each step.

        Raises:
            FailureRateExceededError: If too many trials fail.
            DataRequiredError: If suggestions need results that no running trial will bring.
            SearchSpaceExhausted: If there was nothing to suggest at all.
            UserInputError: If a number is out of range.
            StorageError: If a change cannot be kept.
        """
        steps = self.run_trials_and_yield_results(
            max_trials, ignore_global_stopping_strategy, timeout_hours, idle_callback
        )
        for _ in steps:
            pass
        return self._report

    def run_all_trials(
        self, timeout_hours: float | None = None, idle_callback: "Callable[[Orchestrator], object] | None" = None
    ) -> LoopReport:
        """Run trials until the experiment has as many as the options say, and return what came of them.

        Raises:
            UserInputError: If the options say no number.
            FailureRateExceededError: If too many trials fail.
            DataRequiredError: If suggestions need results that no running trial will bring.
            SearchSpaceExhausted: If there was nothing to suggest at all.
            StorageError: If a change cannot be kept.
        """
        if self.options.total_trials is None:
            raise UserInputError("run_all_trials needs OrchestratorOptions(total_trials=...).")
        left = self.options.total_trials - len(self.experiment.view().trials)
        if left <= 0 and not self._backend.jobs():
            return self._report
        return self.run_n_trials(max(left, 1), timeout_hours=timeout_hours, idle_callback=idle_callback)

    def run_trials_and_yield_results(
        self,
        max_trials: int,
        ignore_global_stopping_strategy: bool = False,
        timeout_hours: float | None = None,
        idle_callback: "Callable[[Orchestrator], object] | None" = None,
    ) -> Iterator[Mapping[str, Any]]:
        """Run some more trials, and yield `report_results()` whenever one has ended.

        Args:
            max_trials: How many to start.
            ignore_global_stopping_strategy: Whether to go on though the strategy says that it is not worth it.
            timeout_hours: Hours after which no further trial is started.
            idle_callback: Called with this after each step.

        Raises:
            FailureRateExceededError: If too many trials fail.
            DataRequiredError: If suggestions need results that no running trial will bring.
            SearchSpaceExhausted: If there was nothing to suggest at all.
            UserInputError: If a number is out of range.
            StorageError: If a change cannot be kept.
        """
        options = self.options.to_loop_options(max_trials, timeout_hours)
        if ignore_global_stopping_strategy:
            options = replace(options, limits=replace(options.limits, global_stopping=None))
        assert self._parts.runner is not None
        executor, metrics = RunnerExecutor(self._parts.runner), list(self._parts.metrics.values())
        with self._backend.at_work(self._parts):
            say_what_is_lost(self._backend)
            loop = ClosedLoop(self._backend, executor, metrics, options)
            for step in run_steps(loop, self._backend, options):
                self._report = loop.report()
                if step.ended or step.done:
                    self._save()
                    yield self.report_results()
                if idle_callback is not None:
                    idle_callback(self)

    def report_results(self) -> Mapping[str, Any]:
        """Return what is told after each step; yours may tell something else."""
        return {"report": self._report}

    def summarize_final_result(self) -> LoopReport:
        """Return what the last run came to."""
        return self._report

    def _save(self) -> None:
        if self._db_settings is not None and self.experiment.store is None:
            save_experiment(self.experiment, self._db_settings)
