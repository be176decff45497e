"""The Client: describe an experiment, ask for trials, tell results, see what was learnt."""

import os
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from axnb.api import closed_loop, trials, warm
from axnb.api.arguments import MOST_SEED, experiment_name, functions, instance, listed, path, strings, text
from axnb.api.border import guard
from axnb.api.closed_loop import check_metrics, check_runner, loop_options
from axnb.api.configs import ParameterConfig, StorageConfig
from axnb.api.edit import SpaceEdit
from axnb.api.loading import FromAxJson, LoadFromFile
from axnb.api.loop_backend import ExperimentTrialBackend
from axnb.api.reopening import configure_or_reopen
from axnb.api.results import BestParameterization, Predictions, Suggestions, find_best, find_frontier, in_short
from axnb.api.storage import load_snapshot, new_journal, open_database, recover
from axnb.api.types import TBatchOutcome, TOutcome, TParameterization, TParameterValue
from axnb.api.utils.instantiation.from_config import search_space_from_configs
from axnb.errors import NotConfiguredError, UnsupportedError, UserInputError, shown
from axnb.interrupts import import_whole
from axnb.problem.generation import MOST_AT_ONCE, GenerationOptions, GenerationStrategy
from axnb.problem.objective import OptimizationConfig, check_weights, parse_optimization
from axnb.problem.parameters import flag, whole
from axnb.record.events import (
    ExperimentConfigured,
    GenerationConfigured,
    MetricsTracked,
    OptimizationConfigured,
    TrialDeleted,
    TrialNoted,
    TrialStatusChanged,
    pairs,
)
from axnb.record.experiment import Experiment, ExperimentView
from axnb.record.metadata import ExperimentMetadata
from axnb.record.trial import TrialStatus
from axnb.run.parts import ExperimentParts, MissingParts, new_names
from axnb.run.protocols import EarlyStoppingStrategy, GlobalStoppingStrategy, IMetric, IRunner
from axnb.run.report import LoopReport
from axnb.suggest.parts import with_parts

if TYPE_CHECKING:
    import pandas as pd

    from axnb.analyses.card import Analysis, AnalysisCardBase
    from axnb.analyses.context import AnalysisContext
    from axnb.run.futures import Pool
    from axnb.suggest.stopping import StoppingAdvice
    from axnb.widgets.board import Board


@guard
class Client:
    """An experiment that you drive trial by trial: ask for parameters, tell results, look at cards.

    Args:
        storage_config: The database that keeps the experiment.
        random_seed: Seed of everything random in the experiment; a random one by default. It is saved with the
            experiment.
        storage: Where every change is kept before the call returns: the name of a journal file such as
            `"run.jsonl"` (what it holds already is loaded), or the URL of a database such as `"sqlite:///runs.db"`.

    Raises:
        UserInputError: If the seed is no whole number of at least 0, or the storage cannot be used.
        StorageError: If the storage cannot be read.

    Example:
        >>> from axnb import Client, RangeParameterConfig
        >>> client = Client(random_seed=0)
        >>> client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
        >>> client.configure_optimization(objective="-loss")
        >>> client.get_next_trials(max_trials=1)
        {0: {'x': 0.5}}
        >>> client.complete_trial(trial_index=0, raw_data={"loss": 0.25}).name
        'COMPLETED'
    """

    load_from_json_file = LoadFromFile()
    from_ax_json = FromAxJson()
    recover = staticmethod(recover)

    def __init__(
        self,
        storage_config: StorageConfig | None = None,
        random_seed: int | None = None,
        *,
        storage: str | os.PathLike[str] | None = None,
    ) -> None:
        self._is_seeded = random_seed is not None
        self._seed = (
            secrets.randbelow(2**31) if random_seed is None else whole("random_seed", random_seed, 0, MOST_SEED)
        )
        self._experiment = Experiment(journal=new_journal(storage_config, storage))
        self._asks = trials.AskQueue()
        self._creating = threading.Lock()
        self._analysis_context: AnalysisContext | None = None
        self._board: Board | None = None
        self._cards: dict[str, AnalysisCardBase | str] = {}
        self._parts = ExperimentParts()
        self._missing = MissingParts()
        self._backend: ExperimentTrialBackend | None = None
        warm.warm_up()

    # -- configuration -------------------------------------------------------------------------------------------

    def configure_experiment(
        self,
        parameters: Sequence[ParameterConfig],
        parameter_constraints: Sequence[str] | None = None,
        name: str | None = None,
        description: str | None = None,
        experiment_type: str | None = None,
        owner: str | None = None,
    ) -> None:
        """Say what may be tried.

        Of an experiment that was loaded, or is in the storage, the same call goes on with it and records nothing: a
        notebook can be run again.

        Args:
            parameters: The parameters.
            parameter_constraints: Linear inequalities between ranges, such as `"x1 + x2 <= 1"`.
            name: Name of the experiment.
            description: What it is about.
            experiment_type: Kind of experiment, in your own words.
            owner: Whose it is.

        Raises:
            UnsupportedError: If the experiment is configured already, and otherwise; the message says what differs.
            UserInputError: If a parameter or constraint cannot be used.
            StorageError: If the change cannot be kept.
        """
        space = search_space_from_configs(parameters, parameter_constraints)
        header = ExperimentMetadata(
            name=experiment_name(name),
            description=text("description", description),
            experiment_type=text("experiment_type", experiment_type),
            owner=text("owner", owner),
            seed=self._seed,
        )
        asked = ExperimentConfigured(header=header, search_space=space)
        self._hold(configure_or_reopen(self._experiment, asked, seeded=self._is_seeded))
        self._experiment.record(lambda now: new_names(now.part_names, self._parts))

    def configure_optimization(
        self,
        objective: str,
        outcome_constraints: Sequence[str] | None = None,
        pruning_target_parameterization: TParameterization | None = None,
    ) -> None:
        """Say what is wanted. May be called again later to change the goal; the same goal again records nothing.

        Args:
            objective: `"accuracy"` to maximise, `"-loss"` to minimise, `"a + 2*b"` for a weighted sum,
                `"accuracy, -latency"` for several objectives.
            outcome_constraints: Bounds on other metrics, such as `"weight <= 10"`. With several objectives a bound on
                an objective is its threshold.
            pruning_target_parameterization: A parameterization that suggestions should keep to where that costs little.

        Raises:
            NotConfiguredError: If `configure_experiment` has not been called.
            ExpressionError: If a string is no linear expression or constraint.
            UserInputError: If the parts do not fit together.
            StorageError: If the change cannot be kept.
        """
        view = self._view("configure_optimization")
        config = parse_optimization(objective, strings("outcome_constraints", outcome_constraints))
        if pruning_target_parameterization is not None:
            assert view.search_space is not None
            target = pairs(view.search_space.validate(pruning_target_parameterization))
            config = replace(config, pruning_target=target)
        self._experiment.record([] if view.optimization == config else [OptimizationConfigured(config=config)])

    def configure_generation_strategy(
        self,
        method: Literal["fast", "quality", "random_search"] = "fast",
        initialization_budget: int | None = None,
        initialization_random_seed: int | None = None,
        initialize_with_center: bool = True,
        use_existing_trials_for_initialization: bool = True,
        min_observed_initialization_trials: int | None = None,
        allow_exceeding_initialization_budget: bool = False,
        torch_device: str | None = None,
        simplify_parameter_changes: bool = False,
        fit_tracking_metrics: bool = True,
        model: object = None,
        acquisition: object = None,
        optimizer: object = None,
        transforms: Sequence[object] = (),
    ) -> None:
        """Say how suggestions are made. Optional; the defaults suit most experiments.

        A model, acquisition or optimiser of your own takes the place of ours; constraints, failures, cards and storage
        stay. A file keeps its name: register it under one to go on after loading, or configure it again.

        Args:
            method: `"fast"` for a model after a few initial trials; `"quality"` for an average of several models, at up
                to ten times the time; `"random_search"` for quasi-random points only.
            initialization_budget: Number of initial trials, 5 by default; the centre and existing trials count.
            initialization_random_seed: Seed of the quasi-random points; the experiment's by default.
            initialize_with_center: Whether the first suggestion is the centre of the search space.
            use_existing_trials_for_initialization: Whether attached trials count towards the budget.
            min_observed_initialization_trials: Completed initial trials that the model waits for; half the budget by
                default.
            allow_exceeding_initialization_budget: Whether to go on with quasi-random points while results are missing.
            torch_device: Device for the parts that run on torch.
            simplify_parameter_changes: Whether suggestions keep to the pruning target where that costs little.
            fit_tracking_metrics: Whether metrics that are neither objective nor constraint are modelled too.
            model: A BoTorch model class, a function that makes a model of `train_X` and `train_Y`, a `ModelSpec`,
                several of these of which each metric gets the best (or a `ModelChoice`), a registered name, or
                `"default"` or another name of the table in `axnb.suggest.parts`.
            acquisition: A BoTorch acquisition class, a function that makes one, an `AcquisitionSpec`, a registered
                name, or `"log_ei"` (the default), `"ucb"`, `"thompson"`, `"knowledge_gradient"`, `"active_learning"`.
            optimizer: A function of `acquisition`, `region` and `rng` that returns a row, an `OptimizerSpec`, a
                registered name, or `"trust_region"` for a box around the best point.
            transforms: BoTorch's input and outcome transforms through which the model looks.

        Raises:
            NotConfiguredError: If `configure_experiment` has not been called.
            UnsupportedError: If the method does not exist.
            UserInputError: If a number is out of range, or a part cannot be used.
            StorageError: If the change cannot be kept.

        Example:
            A model of your own in five lines:

            >>> def matern(train_X, train_Y, nu=1.5):
            ...     from botorch.models import SingleTaskGP
            ...     from gpytorch.kernels import MaternKernel, ScaleKernel
            ...     return SingleTaskGP(train_X, train_Y, covar_module=ScaleKernel(MaternKernel(nu=nu)))
            >>> from axnb import RangeParameterConfig
            >>> client = Client()
            >>> client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
            >>> client.configure_generation_strategy(model=matern, acquisition="ucb")
        """
        view = self._view("configure_generation_strategy")
        options = GenerationOptions(
            method=method,
            initialization_budget=initialization_budget,
            initialization_random_seed=initialization_random_seed,
            initialize_with_center=initialize_with_center,
            use_existing_trials_for_initialization=use_existing_trials_for_initialization,
            min_observed_initialization_trials=min_observed_initialization_trials,
            allow_exceeding_initialization_budget=allow_exceeding_initialization_budget,
            torch_device=torch_device,
            simplify_parameter_changes=simplify_parameter_changes,
            fit_tracking_metrics=fit_tracking_metrics,
        )
        through = listed("transforms", transforms, "transforms")
        options = with_parts(options, model, acquisition, optimizer, through)
        self._experiment.record([] if view.generation == options else [GenerationConfigured(options=options)])

    def configure_tracking_metrics(self, metric_names: Sequence[str]) -> None:
        """Name metrics that are recorded although they are neither objective nor constraint.

        Raises:
            NotConfiguredError: If `configure_experiment` has not been called.
            UserInputError: If a name is no non-empty string or is the name of a parameter.
            StorageError: If the change cannot be kept.
        """
        view = self._view("configure_tracking_metrics")
        new = tuple(n for n in strings("metric_names", metric_names) if n not in view.metrics)
        self._experiment.record([MetricsTracked(names=new)] if new else [])

    def configure_nonlinear_constraints(self, constraints: Sequence[Callable[[TParameterization], object]]) -> None:
        """Give functions of a parameterization that must be true, or at least 0, for it to be suggested.

        Functions are not saved, only their names are: give them again after loading, a warning says so.

        Raises:
            UserInputError: If one is no function.
            StorageError: If the change cannot be kept.
        """
        self._bring("nonlinear constraints", replace(self._parts, nonlinear_constraints=functions(constraints)))

    def configure_runner(self, runner: IRunner) -> None:
        """Say what runs trials in `run_trials`. It is not saved: configure it again after loading.

        Raises:
            UserInputError: If it is no `IRunner`.
            StorageError: If the change cannot be kept.
        """
        self._bring("runner", replace(self._parts, runner=check_runner(runner)))

    def configure_metrics(self, metrics: Sequence[IMetric]) -> None:
        """Say what reads metrics in `run_trials`. They are not saved: configure them again after loading.

        Raises:
            NotConfiguredError: If `configure_experiment` has not been called.
            UserInputError: If one is no `IMetric` with a name.
            StorageError: If the change cannot be kept.
        """
        view = self._view("configure_metrics")
        made = check_metrics(metrics)
        new = tuple(m.name for m in made if m.name not in view.metrics)
        self._experiment.record([MetricsTracked(names=new)] if new else [])
        self._bring("metrics", replace(self._parts, metrics={**self._parts.metrics, **{m.name: m for m in made}}))

    def set_experiment(self, experiment: Experiment) -> None:
        """Take over an experiment that was made elsewhere.

        Raises:
            UnsupportedError: If this client has one already, or a storage, which would not keep it.
            UserInputError: If it is no `Experiment`.
        """
        instance(experiment, Experiment)
        if self._experiment.view().metadata is not None:
            raise UnsupportedError("this client has an experiment already: make a new Client.")
        if self._experiment.store is not None:
            raise UnsupportedError("the storage of this client would not keep the experiment: make a Client without.")
        self._hold(experiment)

    def set_optimization_config(self, optimization_config: OptimizationConfig) -> None:
        """Set the goal from an `OptimizationConfig` instead of strings.

        Raises:
            NotConfiguredError: If `configure_experiment` has not been called.
            UserInputError: If it is none.
            StorageError: If the change cannot be kept.
        """
        view = self._view("set_optimization_config")
        check_weights(instance(optimization_config, OptimizationConfig))
        if optimization_config.pruning_target is not None and view.search_space is not None:
            view.search_space.validate(dict(optimization_config.pruning_target))
        same = view.optimization == optimization_config
        self._experiment.record([] if same else [OptimizationConfigured(config=optimization_config)])

    def set_generation_strategy(self, generation_strategy: GenerationOptions | GenerationStrategy) -> None:
        """Set how suggestions are made from `GenerationOptions`, or a strategy of your own, instead of arguments.

        Raises:
            NotConfiguredError: If `configure_experiment` has not been called.
            UserInputError: If it is none.
            StorageError: If the change cannot be kept.
        """
        held = self._view("set_generation_strategy").generation
        if isinstance(generation_strategy, GenerationStrategy):
            generation_strategy = replace(held or GenerationOptions(), strategy=generation_strategy)
        options = instance(generation_strategy, GenerationOptions)
        self._experiment.record([] if held == options else [GenerationConfigured(options=options)])

    def set_early_stopping_strategy(self, early_stopping_strategy: EarlyStoppingStrategy) -> None:
        """Set the rule that `should_stop_trial_early` asks.

        Raises:
            UserInputError: If it has no method `should_stop`.
        """
        if not callable(getattr(early_stopping_strategy, "should_stop", None)):
            raise UserInputError(f"expected an early stopping strategy, got {shown(early_stopping_strategy)}.")
        self._bring("early stopping strategy", replace(self._parts, early_stopping_strategy=early_stopping_strategy))

    # -- ask -----------------------------------------------------------------------------------------------------

    def get_next_trials(
        self,
        max_trials: int,
        fixed_parameters: TParameterization | None = None,
        *,
        near: TParameterization | None = None,
        radius: float = 0.1,
    ) -> dict[int, dict[str, TParameterValue]]:
        """Ask for trials to run next; they are running from then on.

        Args:
            max_trials: How many, 10,000 at most.
            fixed_parameters: Values of parameters that are held fixed in these trials.
            near: A parameterization near which to look.
            radius: How far from it, as a share of each parameter's range.

        Returns:
            The parameterizations by trial index. Fewer than asked for only if the search space has no more points that
            were not tried.

        Raises:
            NotConfiguredError: If the experiment or its goal is not configured.
            DataRequiredError: If results of running trials are needed first.
            SearchSpaceExhausted: If every point of a finite space has been tried.
            CancelledError: If somebody calls `cancel_suggestions`.
            UserInputError: If an argument cannot be used.
            StorageError: If the change cannot be kept.
        """
        self._view("get_next_trials", goal=True)
        count, where = whole("max_trials", max_trials, 1, MOST_AT_ONCE), trials.near_to(near, radius)
        return self._asks.answer(self._asking(count, fixed_parameters, near=where))

    def suggest(
        self,
        count: int = 1,
        fixed_parameters: TParameterization | None = None,
        *,
        near: TParameterization | None = None,
        radius: float = 0.1,
    ) -> list[dict[str, TParameterValue]]:
        """Look at what `get_next_trials` would suggest, without making trials.

        Args:
            count: How many, 10,000 at most.
            fixed_parameters: Values of parameters that are held fixed.
            near: A parameterization near which to look.
            radius: How far from it, as a share of each parameter's range.

        Returns:
            The parameterizations, in the order in which trials would be made.

        Raises:
            NotConfiguredError: If the experiment or its goal is not configured.
            DataRequiredError: If results of running trials are needed first.
            SearchSpaceExhausted: If every point of a finite space has been tried.
            CancelledError: If somebody calls `cancel_suggestions`.
            UserInputError: If an argument cannot be used.
        """
        view, number = self._view("suggest", goal=True), whole("count", count, 1, MOST_AT_ONCE)
        where, rules = trials.near_to(near, radius), self._parts.nonlinear_constraints
        return self._asks.answer(partial(trials.look_ahead, view, number, fixed_parameters, where, rules), waits=False)

    def cancel_suggestions(self) -> int:
        """Give up all suggestions that are being made or waited for, on whatever thread; nothing is recorded of them.

        Returns:
            How many asks were given up; each ends with a `CancelledError`.
        """
        return self._asks.cancel()

    def attach_trial(self, parameters: TParameterization, arm_name: str | None = None) -> int:
        """Add a trial with parameters of your own; it is running from then on.

        Args:
            parameters: A value for every parameter.
            arm_name: Name of the arm; made from the trial's index by default.

        Returns:
            The index of the trial.

        Raises:
            NotConfiguredError: If the experiment is not configured.
            UserInputError: If a value is missing, not allowed or unknown, or the arm's name is taken.
            StorageError: If the change cannot be kept.
        """
        self._view("attach_trial")
        return trials.attach(self._experiment, parameters, arm_name, generator="Manual")

    def attach_batch(
        self,
        parameterizations: Sequence[TParameterization],
        arm_names: Sequence[str | None] | None = None,
        weights: Sequence[float] | None = None,
    ) -> int:
        """Add a trial of several arms that are evaluated together; it is running from then on.

        Args:
            parameterizations: The arms, a value for every parameter in each.
            arm_names: A name for each arm; by default the one that its point had before, or one made from the index.
            weights: How much of the trial is given to each arm, relative to the others; the same by default.

        Returns:
            The index of the trial, which takes data for each arm: `{"3_0": {"loss": 0.1}, "3_1": {"loss": 0.2}}`.

        Raises:
            NotConfiguredError: If the experiment is not configured.
            UserInputError: If a value is not allowed, an arm's name is taken, an arm is given twice, or there is no
                name or weight for one.
            StorageError: If the change cannot be kept.
        """
        self._view("attach_batch")
        return trials.attach_batch(self._experiment, parameterizations, arm_names, weights, generator="Manual")

    def attach_baseline(self, parameters: TParameterization, arm_name: str | None = None) -> int:
        """Add the trial that relative constraints compare with.

        Args:
            parameters: A value for every parameter.
            arm_name: Name of the arm, `"baseline"` by default.

        Returns:
            The index of the trial.

        Raises:
            NotConfiguredError: If the experiment is not configured.
            UnsupportedError: If there is a baseline already.
            UserInputError: If a value is missing, not allowed or unknown.
            StorageError: If the change cannot be kept.
        """
        self._view("attach_baseline")
        name = "baseline" if arm_name is None else arm_name
        return trials.attach(self._experiment, parameters, name, generator="Baseline")

    # -- tell ----------------------------------------------------------------------------------------------------

    def attach_data(
        self, trial_index: int, raw_data: TOutcome | TBatchOutcome, progression: float | None = None
    ) -> None:
        """Record results of a trial without ending it. A later reading of the same metric and step replaces this one.

        Args:
            trial_index: The trial.
            raw_data: For each metric its mean, or a pair of mean and standard error, in the metric's own units. Of a
                batch, such data for each arm. Metrics that were never named are tracked from then on.
            progression: How far the trial had come, such as an epoch; `None` for final values.

        Raises:
            NotConfiguredError: If the experiment is not configured.
            ObjectNotFoundError: If there is no such trial.
            UserInputError: If a value is no finite number, or a metric nearly is one of the goal that the data lacks.
            StorageError: If the change cannot be kept.
        """
        self._view("attach_data")
        trials.tell(self._experiment, trial_index, raw_data, progression, status=None)

    def complete_trial(
        self, trial_index: int, raw_data: TOutcome | TBatchOutcome | None = None, progression: float | None = None
    ) -> TrialStatus:
        """Record the results of a trial, if given, and end it.

        Args:
            trial_index: The trial.
            raw_data: For each metric its mean, or a pair of mean and standard error, in the metric's own units. Of a
                batch, such data for each arm. Metrics that were never named are tracked from then on.
            progression: How far the trial had come; `None` for final values.

        Returns:
            The new status, `COMPLETED`. A warning names metrics of the goal that have no data.

        Raises:
            NotConfiguredError: If the experiment is not configured.
            ObjectNotFoundError: If there is no such trial.
            TrialMutationError: If the trial is not running.
            UserInputError: If a value is no finite number, or a metric nearly is one of the goal that the data lacks.
            StorageError: If the change cannot be kept.
        """
        self._view("complete_trial")
        return trials.complete(self._experiment, trial_index, raw_data, progression).status

    def mark_trial_failed(self, trial_index: int, failed_reason: str | None = None) -> None:
        """Say that a trial gave no usable result.

        Args:
            trial_index: The trial.
            failed_reason: Why.

        Raises:
            NotConfiguredError: If the experiment is not configured.
            ObjectNotFoundError: If there is no such trial.
            TrialMutationError: If the trial is not running.
            UserInputError: If the index is no whole number or the reason no string.
            StorageError: If the change cannot be kept.
        """
        self._view("mark_trial_failed")
        trials.change_status(self._experiment, trial_index, TrialStatus.FAILED, text("failed_reason", failed_reason))

    def mark_trial_abandoned(self, trial_index: int, reason: str | None = None) -> None:
        """Say that a trial will not be run, and that its point is not to be suggested again.

        Args:
            trial_index: The trial.
            reason: Why.

        Raises:
            NotConfiguredError: If the experiment is not configured.
            ObjectNotFoundError: If there is no such trial.
            TrialMutationError: If the trial has ended already.
            UserInputError: If the index is no whole number or the reason no string.
            StorageError: If the change cannot be kept.
        """
        self._view("mark_trial_abandoned")
        trials.change_status(self._experiment, trial_index, TrialStatus.ABANDONED, text("reason", reason))

    def mark_trial_early_stopped(self, trial_index: int) -> None:
        """End a running trial with the data that it has.

        Raises:
            NotConfiguredError: If the experiment is not configured.
            ObjectNotFoundError: If there is no such trial.
            TrialMutationError: If the trial is not running.
            UnsupportedError: If it has no data.
            UserInputError: If the index is no whole number.
            StorageError: If the change cannot be kept.
        """
        self._view("mark_trial_early_stopped")
        trials.change_status(self._experiment, trial_index, TrialStatus.EARLY_STOPPED, None)

    def should_stop_trial_early(self, trial_index: int) -> bool:
        """Return whether a running trial is worse than its peers were at its latest step.

        Without data that has a progression the answer is no.

        Raises:
            NotConfiguredError: If the experiment or its goal is not configured.
            ObjectNotFoundError: If there is no such trial.
            UserInputError: If the index is no whole number.
        """
        view = self._view("should_stop_trial_early", goal=True)
        return bool(self._parts.early_stopping.should_stop(view, view.trial(trial_index)))

    def run_trials(
        self,
        max_trials: int,
        parallelism: int = 1,
        tolerated_trial_failure_rate: float = 0.5,
        initial_seconds_between_polls: float = 1.0,
        *,
        retries: int = 0,
        time_limit: float | None = None,
        trial_time_limit: float | None = None,
        until: float | Callable[[ExperimentView], object] | None = None,
        global_stopping_strategy: GlobalStoppingStrategy | None = None,
        progress: bool = False,
    ) -> LoopReport:
        """Run trials in a closed loop: suggest, run, poll, read the metrics, complete.

        Trials that an earlier call left running, as it was interrupted or its process ended, are gone on with. Where a
        strategy is set by `set_early_stopping_strategy`, metrics are read while trials run too, and it is asked.

        Args:
            max_trials: How many to start, a million at most.
            parallelism: How many at a time.
            tolerated_trial_failure_rate: Largest share of failed and abandoned trials.
            initial_seconds_between_polls: The pause before a trial is first polled; later pauses grow.
            retries: How often a trial that failed is begun again.
            time_limit: Seconds after which no further trial is started.
            trial_time_limit: Seconds after which a trial is stopped and failed.
            until: A value of the only objective that is good enough, or a function of the experiment's view that says
                whether it is enough.
            global_stopping_strategy: Says when further trials are not worth their while.
            progress: Whether to show a bar in the terminal.

        Returns:
            What came of it.

        Raises:
            NotConfiguredError: If the experiment or its goal is not configured.
            UnsupportedError: If there is no runner, or no metric for a name of the goal.
            FailureRateExceededError: If too many trials fail.
            DataRequiredError: If suggestions need results that no running trial will bring.
            SearchSpaceExhausted: If there was nothing to suggest at all.
            UserInputError: If a number is out of range.
            StorageError: If the change cannot be kept.
        """
        self._view("run_trials", goal=True)
        options = loop_options(
            max_trials,
            parallelism,
            tolerated_trial_failure_rate,
            initial_seconds_between_polls,
            retries=retries,
            time_limit=time_limit,
            trial_time_limit=trial_time_limit,
            until=until,
            global_stopping_strategy=global_stopping_strategy,
            progress=progress,
        )
        return closed_loop.run_trials(self._loop_backend(), self._parts, options)

    def optimize(
        self,
        function: Callable[..., TOutcome | float | tuple[float, float]],
        trials: int = 20,
        *,
        executor: "Pool | Callable[[], Pool] | None" = None,
        parallelism: int = 1,
        tolerated_trial_failure_rate: float = 0.5,
        retries: int = 0,
        time_limit: float | None = None,
        trial_time_limit: float | None = None,
        until: float | Callable[[ExperimentView], object] | None = None,
        global_stopping_strategy: GlobalStoppingStrategy | None = None,
        progress: bool = False,
    ) -> LoopReport:
        """Run trials in a closed loop by calling a function, here or wherever an executor runs it.

        What the function raises, a result of no use, a worker that dies and a call that takes too long fail their
        trial only, with the reason. Trials that an earlier call left running are gone on with; those that were lost
        with their process are begun again.

        Args:
            function: Takes a parameterization as a dict; returns the value of the only metric, a pair of mean and
                standard error, or a dict of these by metric. Where it has a parameter `report` it may call
                `report(step, loss=0.5)` while it runs, and look at `report.should_stop`.
            trials: How many to start.
            executor: An executor of PEP 3148, such as `ThreadPoolExecutor(8)` or Dask's, or a function that makes one;
                by default as many processes as `parallelism` says.
            parallelism: How many run at a time. With more than one, suggestions are made ahead while all are busy.
            tolerated_trial_failure_rate: Largest share of failed and abandoned trials.
            retries: How often a trial that failed is begun again.
            time_limit: Seconds after which no further trial is started.
            trial_time_limit: Seconds after which a call fails; its process is killed.
            until: As in `run_trials`.
            global_stopping_strategy: As in `run_trials`.
            progress: Whether to show a bar in the terminal.

        Returns:
            What came of it.

        Raises:
            NotConfiguredError: If the experiment or its goal is not configured.
            FailureRateExceededError: If too many trials fail.
            DataRequiredError: If suggestions need results that no running trial will bring.
            SearchSpaceExhausted: If there was nothing to suggest at all.
            UserInputError: If a number is out of range, or the function or executor cannot be used.
            StorageError: If the change cannot be kept.
        """
        self._view("optimize", goal=True)
        options = loop_options(
            trials,
            parallelism,
            tolerated_trial_failure_rate,
            1.0,
            retries=retries,
            time_limit=time_limit,
            trial_time_limit=trial_time_limit,
            until=until,
            global_stopping_strategy=global_stopping_strategy,
            progress=progress,
            ahead=True,
        )
        return closed_loop.optimize(self._loop_backend(), self._parts, function, executor, options)

    def amend_data(self, trial_index: int, raw_data: Mapping[str, Any]) -> None:
        """Correct results: the new values take the place of all readings of their metrics.

        Args:
            trial_index: The trial, in whatever status.
            raw_data: For each metric to correct its mean, or a pair of mean and standard error; `None` removes it. Of a
                batch, such data for each arm to correct.

        Raises:
            NotConfiguredError: If the experiment is not configured.
            ObjectNotFoundError: If there is no such trial.
            UserInputError: If a metric is unknown or a value is no finite number.
            StorageError: If the change cannot be kept.
        """
        self._view("amend_data")
        trials.amend(self._experiment, trial_index, raw_data)

    def delete_trial(self, trial_index: int) -> None:
        """Remove a trial with its data. `undo` brings it back; its index is not used again.

        Raises:
            NotConfiguredError: If the experiment is not configured.
            ObjectNotFoundError: If there is no such trial.
            UserInputError: If the index is no whole number.
            StorageError: If the change cannot be kept.
        """
        self._view("delete_trial")
        self._experiment.record(lambda now: [TrialDeleted(index=now.trial(trial_index).index)])

    def note_trial(self, trial_index: int, note: str | None) -> None:
        """Write a remark on a trial; `None` removes it.

        Raises:
            NotConfiguredError: If the experiment is not configured.
            ObjectNotFoundError: If there is no such trial.
            UserInputError: If the note is no string.
            StorageError: If the change cannot be kept.
        """
        self._view("note_trial")
        remark = text("note", note)
        self._experiment.record(lambda now: [TrialNoted(index=now.trial(trial_index).index, note=remark)])

    def reject_trial(
        self, trial_index: int, fixed_parameters: TParameterization | None = None, reason: str | None = None
    ) -> dict[int, dict[str, TParameterValue]]:
        """Turn a suggestion down, and ask for another one in its place; one `undo` takes back both.

        Args:
            trial_index: The trial; it is abandoned, and its point is not suggested again.
            fixed_parameters: Values of parameters that are held fixed in the new suggestion.
            reason: Why.

        Returns:
            The new parameterization by trial index.

        Raises:
            NotConfiguredError: If the experiment or its goal is not configured.
            ObjectNotFoundError: If there is no such trial.
            TrialMutationError: If the trial has ended already.
            DataRequiredError: If results of running trials are needed first; the trial stays as it is then.
            SearchSpaceExhausted: If there is no other point; the trial stays as it is then.
            CancelledError: If somebody calls `cancel_suggestions`; the trial stays as it is then.
            UserInputError: If an argument cannot be used.
            StorageError: If the change cannot be kept.
        """
        index = self._view("reject_trial", goal=True).trial(trial_index).index
        why = "suggestion rejected" if reason is None else text("reason", reason)
        rejected = TrialStatusChanged(index=index, status=TrialStatus.ABANDONED, reason=why)
        return self._asks.answer(self._asking(1, fixed_parameters, instead_of=rejected))

    def edit_search_space(
        self,
        *,
        update: Sequence[ParameterConfig] = (),
        add: Sequence[ParameterConfig] = (),
        past_values: TParameterization | None = None,
        disable: TParameterization | None = None,
        enable: Sequence[str] = (),
        add_constraints: Sequence[str] = (),
        drop_constraints: Sequence[str] = (),
    ) -> None:
        """Change the search space while the experiment runs; old data is kept and used, also where it lies outside now.

        Args:
            update: Configs that take the place of parameters of the same name: wider or narrower bounds, other steps.
            add: Configs of new parameters.
            past_values: For each new parameter the value that it had in past trials; none for derived ones.
            disable: Parameters that are no longer tuned, with the value at which suggestions hold them.
            enable: Parameters that are tuned again.
            add_constraints: Linear inequalities between ranges.
            drop_constraints: Inequalities to drop.

        Raises:
            NotConfiguredError: If the experiment is not configured.
            UserInputError: If a part of the edit cannot be carried out; then nothing is changed.
            StorageError: If the change cannot be kept.
        """
        self._view("edit_search_space")
        edit = SpaceEdit(
            update=update,
            add=add,
            past_values=past_values,
            disable=disable,
            enable=enable,
            add_constraints=add_constraints,
            drop_constraints=drop_constraints,
        )
        self._experiment.record(lambda now: [edit.applied_to(now.search_space)] if now.search_space else [])

    def undo(self) -> str:
        """Take back the newest thing that a person did, and return a sentence that says what.

        Raises:
            UndoError: If there is nothing to undo, or later events depend on it.
            StorageError: If the change cannot be kept.
        """
        return self._experiment.undo()

    def redo(self) -> str:
        """Carry out again what was undone last, and return a sentence that says what.

        Raises:
            UndoError: If there is nothing to redo, or later events stand in the way.
            StorageError: If the change cannot be kept.
        """
        return self._experiment.redo()

    # -- see -----------------------------------------------------------------------------------------------------

    @property
    def experiment(self) -> Experiment:
        """The experiment: its journal, its state, its subscribers."""
        return self._experiment

    def summarize(
        self, trial_indices: Iterable[int] | None = None, trial_statuses: Iterable[TrialStatus | str] | None = None
    ) -> "pd.DataFrame":
        """Return a table with one row a trial: status, origin, metrics, parameters.

        Args:
            trial_indices: The trials to show; all by default.
            trial_statuses: The statuses to show, such as `"completed"`; all by default.

        Raises:
            NotConfiguredError: If the experiment is not configured.
            ObjectNotFoundError: If there is no trial of an index.
            UserInputError: If a status does not exist.
        """
        import_whole(warm.TABLES)
        from axnb.api.dataframes import summary

        return summary(self._view("summarize"), trial_indices, trial_statuses)

    def history(self) -> "pd.DataFrame":
        """Return what happened, one row an action: when, who, what, which trials, and whether it is undone."""
        import_whole(warm.TABLES)
        from axnb.record.frames import history_frame

        return history_frame(self._experiment)

    def to_dataframe(self) -> "pd.DataFrame":
        """Return one row a trial with every parameter, and each metric's mean and standard error (`<metric>_sem`).

        Raises:
            NotConfiguredError: If the experiment is not configured.
        """
        import_whole(warm.TABLES)
        from axnb.record.frames import wide_frame

        return wide_frame(self._view("to_dataframe"))

    def attach_dataframe(
        self,
        frame: "pd.DataFrame | str | os.PathLike[str]",
        sems: Mapping[str, str] | None = None,
        tolerance: float = 0.001,
    ) -> list[int]:
        """Record past results: every row becomes a trial, a completed one where it has a result; all rows or none.

        Args:
            frame: A data frame or CSV file with a column for each parameter and for metrics; others are ignored, but
                for `trial_status`, which may say that a trial failed or was abandoned, and `note`.
            sems: For each metric the column of its standard errors; by default `<metric>_sem` where there is one.
            tolerance: Settings are taken as measured, also off steps, bounds and constraints of the search space. A
                warning names the rows that are off by more than this share of a range, or of a constraint's size.

        Returns:
            The indices of the trials.

        Raises:
            NotConfiguredError: If the experiment or its goal is not configured.
            ObjectNotFoundError: If there is no such file.
            UserInputError: If a column is missing or a cell cannot be used; the message names the row.
            StorageError: If the change cannot be kept.
        """
        import_whole(warm.TABLES)
        from axnb.api.dataframes import attach_dataframe

        return attach_dataframe(self._experiment, self._view("attach_dataframe", goal=True), frame, sems, tolerance)

    @classmethod
    def from_dataframe(
        cls,
        frame: "pd.DataFrame | str | os.PathLike[str]",
        parameters: Sequence[str | ParameterConfig],
        objective: str,
        outcome_constraints: Sequence[str] | None = None,
        random_seed: int | None = None,
        *,
        storage: str | os.PathLike[str] | None = None,
        name: str | None = None,
    ) -> "Client":
        """Return a client for an experiment that begins with past results.

        Where the storage has the experiment that these results began, it is gone on with.

        Args:
            frame: A data frame, or the name of a CSV file: a row each result.
            parameters: Columns that are parameters. A name stands for a parameter whose type and bounds are taken from
                the column (a warning says what was taken); give a config to say it yourself.
            objective: As for `configure_optimization`.
            outcome_constraints: As for `configure_optimization`.
            random_seed: Seed of everything random in the experiment.
            storage: Where every change is kept.
            name: Name of the experiment.

        Raises:
            ObjectNotFoundError: If there is no such file.
            UserInputError: If a column is missing, its values are no parameter's, or a cell cannot be used.
            UnsupportedError: If the storage has an experiment that began otherwise; the message says what differs.
            StorageError: If the experiment cannot be kept.
        """
        import_whole(warm.TABLES)
        from axnb.api.dataframes import begin_experiment

        client = cls(random_seed=random_seed, storage=storage)
        past = (frame, parameters, objective, outcome_constraints)
        client._hold(begin_experiment(client.experiment, cls, *past, seed=random_seed, name=name))
        return client

    def get_best_parameterization(self, use_model_predictions: bool = True) -> BestParameterization:
        """Return the best parameterization so far.

        Args:
            use_model_predictions: Whether to judge the trials by the model, which averages out noise, where the model
                is good enough; otherwise by their observed values.

        Returns:
            Parameters, values (for each metric mean and standard error), trial index and arm name; its `rule` says by
            which rule it is the best.

        Raises:
            NotConfiguredError: If the experiment or its goal is not configured.
            UnsupportedError: If there are several objectives.
            DataRequiredError: If no trial is completed, or none satisfies the constraints.
        """
        view = self._view("get_best_parameterization", goal=True)
        return find_best(view, use_model=flag("use_model_predictions", use_model_predictions))

    def get_pareto_frontier(self, use_model_predictions: bool = True) -> list[BestParameterization]:
        """Return the trials that no other trial dominates, thresholds and constraints observed.

        Args:
            use_model_predictions: Whether to judge the trials by the model or by their observed values.

        Raises:
            NotConfiguredError: If the experiment or its goal is not configured.
            UnsupportedError: If there is one objective.
            DataRequiredError: If no trial is completed.
        """
        view = self._view("get_pareto_frontier", goal=True)
        return find_frontier(view, use_model=flag("use_model_predictions", use_model_predictions))

    def stopping_advice(self) -> "StoppingAdvice":
        """Return how much the next trial can be expected to gain, and whether that is worth it.

        Returns:
            Expected further gain in the metric's own units, noise, cost so far, and a recommendation in a sentence.

        Raises:
            NotConfiguredError: If the experiment or its goal is not configured.
            DataRequiredError: If there are too few results for a model.
        """
        import_whole(warm.SUGGESTING)
        from axnb.suggest.stopping import stopping_advice

        return stopping_advice(self._view("stopping_advice", goal=True), self._parts.nonlinear_constraints)

    expected_improvement = stopping_advice  # the name that it once had

    def predict(self, points: Sequence[TParameterization]) -> list[dict[str, tuple[float, float]]]:
        """Predict the metrics at some points, by the model that the cards show.

        Of more than 20,000 results it models the newest and some of each age.

        Args:
            points: Parameterizations.

        Returns:
            For each point and metric the predicted mean and its standard error, in the metric's own units, without the
            noise of an observation.

        Raises:
            NotConfiguredError: If the experiment or its goal is not configured.
            DataRequiredError: If there are too few results for a model.
            UserInputError: If a point cannot be used.
        """
        view = self._view("predict", goal=True)
        assert view.search_space is not None
        checked = [view.search_space.validate(p) for p in listed("points", points, "parameterizations")]
        return Predictions(self.analysis_context().model.predict(checked)) if checked else Predictions()

    def analysis_context(self) -> "AnalysisContext":
        """Return what is known of the experiment as it is now; analyses share it.

        Raises:
            NotConfiguredError: If the experiment is not configured.
        """
        import_whole((*warm.SUGGESTING, *warm.TABLES))
        from axnb.analyses.context import AnalysisContext

        view = self._view("analysis_context")
        self._missing.tell(self._parts, view.part_names)
        with self._creating:
            if (held := self._analysis_context) is None or held.view is not view or held.parts is not self._parts:
                held = self._analysis_context = AnalysisContext(view, self._parts, self._experiment)
            return held

    findings = analysis_context  # the name that it once had

    @property
    def _generation_strategy(self) -> GenerationOptions | None:
        return self._experiment.view().generation

    def compute_analyses(
        self, analyses: "Sequence[Analysis] | None" = None, display: bool = True
    ) -> "list[AnalysisCardBase]":
        """Compute analyses and show their cards.

        Args:
            analyses: The analyses; by default those that suit the state of the experiment.
            display: Whether to show the cards in a notebook.

        Returns:
            One card, or group of cards, for each analysis. One that fails gives a card that says why.

        Raises:
            NotConfiguredError: If the experiment is not configured.
            UserInputError: If something in the list is no analysis.
        """
        import_whole(warm.CARDS)
        from axnb.analyses.overview import compute_cards
        from axnb.api.cards import keep, show
        from axnb.widgets.cards.view import LiveView

        shown = flag("display", display)
        cards = compute_cards(analyses, self.analysis_context(), view=LiveView(self) if warm.in_notebook() else None)
        self._cards |= {card.name: card for card in cards}
        keep(self._experiment, cards)
        if shown and warm.in_notebook():
            show(cards)
        return cards

    def saved_cards(self) -> "list[AnalysisCardBase]":
        """Return the cards that were computed last, one of each name, without computing them again.

        They are saved with the experiment; those that come from a file or a database are not live. A warning names
        those that are damaged, which are left out.
        """
        from axnb.api.cards import saved

        return saved(self._experiment, self._cards)

    def report(
        self, filepath: str | os.PathLike[str] = "experiment.html", analyses: "Sequence[Analysis] | None" = None
    ) -> None:
        """Write the cards into one self-contained HTML page that works offline.

        Args:
            filepath: The file.
            analyses: The analyses; by default those that suit the state of the experiment.

        Raises:
            NotConfiguredError: If the experiment is not configured.
            StorageError: If the file cannot be written.
            UserInputError: If something in the list is no analysis.
        """
        from axnb.analyses.static.report import report
        from axnb.store.files import write_atomically

        view = self._view("report")
        target = Path(path(filepath))
        cards = self.compute_analyses(analyses, display=False)
        write_atomically(target, report(cards, title=view.name or "Experiment", subtitle=view.description or ""))

    def to_botorch_script(self) -> str:
        """Return a plain BoTorch script of what the next suggestion maximises; it runs without axnb.

        Raises:
            NotConfiguredError: If the experiment or its goal is not configured.
            DataRequiredError: If there are too few results for a model.
            UnsupportedError: If something has no words in BoTorch; the message says what.
        """
        from axnb.suggest.botorch_script import write_botorch_script

        return write_botorch_script(self._view("to_botorch_script", goal=True))

    def board(self) -> "Board":
        """Return the trial board: a widget that shows the trials and takes results.

        Raises:
            NotConfiguredError: If the experiment is not configured.
        """
        from axnb.widgets.board import Board

        self._view("board")
        with self._creating:
            if self._board is None or self._board.comm is None:  # none yet, or closed
                self._board = Board(self)
            return self._board

    # -- keep ----------------------------------------------------------------------------------------------------

    def save_to_json_file(self, filepath: str | os.PathLike[str] = "axnb_client_snapshot.json") -> None:
        """Write the experiment to a JSON file, either wholly or not at all.

        Raises:
            NotConfiguredError: If the experiment is not configured.
            UserInputError: If the path is none.
            StorageError: If the file cannot be written.
        """
        from axnb.store.snapshot import save

        self._view("save_to_json_file")
        cards: Mapping[str, str] = {}
        if self._cards:  # else nothing heavy is loaded
            from axnb.api.cards import as_texts

            cards = as_texts(self._cards)
        save(self._experiment, path(filepath), cards)

    def _load(self, filepath: str | os.PathLike[str], storage_config: StorageConfig | None) -> None:
        if self._experiment.view().search_space is not None:
            raise UnsupportedError(
                "this client has an experiment already, loading would overwrite it: "
                "call Client.load_from_json_file(...) for a new client."
            )
        journal = self._experiment.store if storage_config is None else new_journal(storage_config, None)
        experiment, cards = load_snapshot(path(filepath), journal)
        self._hold(experiment)
        self._cards |= cards

    def _hold(self, experiment: Experiment) -> None:
        self._missing = MissingParts()
        self._experiment = experiment
        self._seed = experiment.view().seed

    @classmethod
    def load_from_database(
        cls, experiment_name: str, storage_config: StorageConfig | None = None, *, storage: str | None = None
    ) -> "Client":
        """Return a client for an experiment in a database; what is told to it is kept there.

        Args:
            experiment_name: The experiment.
            storage_config: The database.
            storage: Instead, the URL of the database.

        Raises:
            ObjectNotFoundError: If there is no experiment of that name.
            StorageError: If the database cannot be read.
            UserInputError: If the storage cannot be used.
        """
        client = cls()
        client._hold(open_database(storage_config, storage).load(experiment_name))
        return client

    def refresh(self) -> int:
        """Take in what other processes have written to the storage, and return the number of new events.

        Raises:
            StorageError: If the storage cannot be read.
        """
        return self._experiment.refresh()

    # -- within --------------------------------------------------------------------------------------------------

    def _bring(self, kind: str, parts: ExperimentParts) -> None:
        """Take over parts that no file keeps, and record the names of one kind once there is an experiment."""
        self._parts = parts
        self._experiment.record(lambda now: new_names(now.part_names, parts, [kind]) if now.metadata else [])

    def _asking(
        self,
        count: int,
        fixed_parameters: TParameterization | None = None,
        *,
        near: tuple[TParameterization, float] | None = None,
        instead_of: TrialStatusChanged | None = None,
        lease: str | None = None,
    ) -> Callable[[], Suggestions]:
        """Return what asks for trials once it is this ask's turn."""
        if recorded := self._experiment.view().part_names:
            self._missing.tell(self._parts, recorded)
        return partial(
            trials.ask,
            self._experiment,
            count,
            fixed_parameters=fixed_parameters,
            near=near,
            nonlinear_constraints=self._parts.nonlinear_constraints,
            instead_of=instead_of,
            lease=lease,
        )

    def _loop_backend(self) -> ExperimentTrialBackend:
        if self._backend is None or self._backend.experiment is not self._experiment:
            self._backend = ExperimentTrialBackend(
                self._experiment, lambda count, lease: self._asks.answer(self._asking(count, lease=lease))
            )
        return self._backend

    def _view(self, method: str, *, goal: bool = False) -> ExperimentView:
        """Return the present view, if the experiment (and its goal) is configured."""
        view = self._experiment.view()
        if view.search_space is None:
            raise NotConfiguredError(f"{method} needs an experiment: call configure_experiment first.")
        if goal and view.optimization is None:
            raise NotConfiguredError(f"{method} needs a goal: call configure_optimization first.")
        return view

    def __repr__(self) -> str:
        return f"Client({in_short(self._experiment.view())})"

    def _ipython_display_(self) -> None:
        if self._experiment.view().search_space is None:
            raise NotImplementedError  # so that IPython shows the text
        self.board()._ipython_display_()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        if self._experiment.view().search_space is None:
            return {"text/plain": repr(self)}
        return self.board()._repr_mimebundle_(include=include, exclude=exclude)
