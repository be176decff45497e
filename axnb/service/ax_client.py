"""Ax's Service API: an experiment that you drive trial by trial. Thin over the Client."""

import inspect
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from axnb.api.arguments import MOST_SEED, instance, listed, strings
from axnb.api.border import guard
from axnb.api.client import Client
from axnb.api.configs import ParameterConfig, StorageConfig
from axnb.api.storage import open_database
from axnb.api.trials import change_status
from axnb.api.types import TParameterization, TParameterValue
from axnb.core.types import TEvaluationOutcome, TMapTrialEvaluation, TModelPredictArm, TTrialEvaluation
from axnb.errors import (
    DataRequiredError,
    NotConfiguredError,
    OptimizationComplete,
    OptimizationShouldStop,
    SnapshotError,
    TrialMutationError,
    UnknownNameError,
    UnsupportedError,
    UserInputError,
    listing,
    near_miss,
    shown,
)
from axnb.problem.generation import DEFAULT_OPTIONS, GenerationOptions, GenerationStrategy
from axnb.problem.objective import OptimizationConfig
from axnb.problem.parameters import flag, whole
from axnb.record.experiment import Experiment, ExperimentView
from axnb.record.trial import Trial, TrialStatus
from axnb.run.parts import ExperimentParts
from axnb.run.protocols import EarlyStoppingStrategy, IRunner
from axnb.service import best_points, plots, results
from axnb.service.utils import instantiation
from axnb.service.utils.dispatch import DEFAULT_BAYESIAN_CONCURRENCY, choose_generation_strategy
from axnb.service.utils.instantiation import FixedFeatures, ObjectiveProperties, mapping
from axnb.service.utils.storage import DBSettings, storage_config_of

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from axnb.analyses.card import Analysis, AnalysisCardBase
    from axnb.suggest.fitting import FittedModel

__all__ = ["AxClient", "DBSettings", "FixedFeatures", "GlobalStoppingStrategy", "ObjectiveProperties", "logger"]

logger = logging.getLogger(__name__)

_FORMAT = "axnb-ax-client"


class GlobalStoppingStrategy(Protocol):
    """Decides whether further trials are worth it."""

    def should_stop_optimization(self, experiment: Experiment) -> tuple[bool, str]:
        """Return whether to stop, and why."""
        ...


@guard
class AxClient:
    """An experiment that you drive trial by trial, in the words of Ax's Service API.

    Args:
        generation_strategy: How suggestions are made; chosen for the search space by default.
        db_settings: The database that keeps the experiment.
        enforce_sequential_optimization: Whether the model waits for results of initial trials; otherwise quasi-random
            points are suggested meanwhile.
        random_seed: Seed of everything random in the experiment; it is saved with it.
        torch_device: Device for the parts that run on torch.
        verbose_logging: Taken for the sake of old code: nothing is written into cells either way.
        suppress_storage_errors: Must be `False`: a result that was not kept is not taken silently.
        early_stopping_strategy: The rule that is asked whether trials should be stopped early. It is not saved.
        global_stopping_strategy: An object whose `should_stop_optimization(experiment)` says whether to stop, and why.
            It is not saved.

    Raises:
        UnsupportedError: If storage errors are to be suppressed.
        UserInputError: If an argument cannot be used.

    Example:
        >>> client = AxClient(random_seed=0)
        >>> client.create_experiment(
        ...     [{"name": "x", "type": "range", "bounds": [0.0, 1.0]}],
        ...     objectives={"loss": ObjectiveProperties(minimize=True)},
        ... )
        >>> parameters, trial_index = client.get_next_trial()
        >>> client.complete_trial(trial_index, raw_data={"loss": (parameters["x"] - 0.25) ** 2})
        >>> client.get_best_parameters()
        ({'x': 0.5}, ({'loss': 0.0625}, {'loss': {'loss': nan}}))
    """

    def __init__(
        self,
        generation_strategy: GenerationOptions | GenerationStrategy | None = None,
        db_settings: DBSettings | StorageConfig | None = None,
        enforce_sequential_optimization: bool = True,
        random_seed: int | None = None,
        torch_device: str | None = None,
        verbose_logging: bool = True,
        suppress_storage_errors: bool = False,
        early_stopping_strategy: EarlyStoppingStrategy | None = None,
        global_stopping_strategy: GlobalStoppingStrategy | None = None,
    ) -> None:
        if suppress_storage_errors:
            raise UnsupportedError("suppress_storage_errors must be False: a result that was not kept would be lost.")
        self._generation = generation_strategy
        self._storage = None if db_settings is None else storage_config_of(db_settings)
        self._sequential = enforce_sequential_optimization
        self._device = torch_device
        self._early_stopping = ExperimentParts(early_stopping_strategy=early_stopping_strategy).early_stopping
        self._global_stopping = global_stopping_strategy
        self._seed = None if random_seed is None else whole("random_seed", random_seed, 0, MOST_SEED)
        self._held: Client | None = None

    # -- set up --------------------------------------------------------------------------------------------------

    def create_experiment(
        self,
        parameters: Sequence[instantiation.TParameterRepresentation],
        name: str | None = None,
        objective_name: str | None = None,
        minimize: bool = False,
        parameter_constraints: Sequence[str] | None = None,
        outcome_constraints: Sequence[str] | None = None,
        status_quo: TParameterization | None = None,
        *,
        objectives: Mapping[str, ObjectiveProperties] | None = None,
        description: str | None = None,
        owners: Sequence[str] | None = None,
        overwrite_existing_experiment: bool = False,
        experiment_type: str | None = None,
        tracking_metric_names: Sequence[str] | None = None,
        choose_generation_strategy_kwargs: Mapping[str, Any] | None = None,
        support_intermediate_data: bool = False,
        immutable_search_space_and_opt_config: bool = True,
        is_test: bool = False,
        default_runner: IRunner | None = None,
    ) -> None:
        """Say what may be tried and what is wanted.

        Args:
            parameters: For each parameter a dict with `name`, `type` (`"range"`, `"choice"`, `"fixed"` or `"derived"`)
                and `bounds`, `values`, `value` or `expression_str`.
            name: Name of the experiment; needed where a database keeps it.
            objective_name: The metric to optimise, `"objective"` by default.
            minimize: Whether small values of it are wanted.
            parameter_constraints: Linear constraints between parameters, such as `"x3 >= x4"`.
            outcome_constraints: Bounds on metrics, such as `"m1 <= 3."`, or `"m1 >= -5%"` of the status quo.
            status_quo: How things stand now. It becomes a trial of its own, the first that `get_next_trial` gives.
            objectives: Instead of name and direction, what is wanted of each of one or several metrics.
            description: What it is about.
            owners: Whose it is.
            overwrite_existing_experiment: Whether an experiment that was there before is given up.
            experiment_type: Kind of experiment, in your own words.
            tracking_metric_names: Metrics that are recorded besides.
            choose_generation_strategy_kwargs: Arguments of `choose_generation_strategy`.
            support_intermediate_data: Taken for the sake of old code: results by step are always taken.
            immutable_search_space_and_opt_config: Taken likewise: both may always be changed, and undone.
            is_test: Taken likewise.
            default_runner: What runs trials in `run_trials` of the Client; it is not saved.

        Raises:
            UnsupportedError: If there is an experiment already, or a parameter has a key that has no meaning here.
            UserInputError: If something cannot be used.
            StorageError: If the experiment cannot be kept.
        """
        if self._held is not None and not overwrite_existing_experiment:
            raise UnsupportedError(
                "there is an experiment already: make a new AxClient, or set overwrite_existing_experiment."
            )
        goal = instantiation.goal_from_properties(objectives, objective_name, minimize, outcome_constraints)
        made = instantiation.make_client(
            parameters,
            name,
            goal,
            parameter_constraints,
            status_quo=status_quo,
            tracking_metric_names=tracking_metric_names,
            description=description,
            owner=None if owners is None else ", ".join(strings("owners", owners)),
            experiment_type=experiment_type,
            random_seed=self._seed,
        )
        self._set_generation(made, dict(choose_generation_strategy_kwargs or {}))
        if default_runner is not None:
            made.configure_runner(default_runner)
        self._held = self._kept(made, overwrite=overwrite_existing_experiment)

    def _set_generation(self, client: Client, chosen: dict[str, Any]) -> None:
        """Set how suggestions are made."""
        strategy = self._generation
        if strategy is None:
            space = client.experiment.view().search_space
            assert space is not None
            options: dict[str, Any] = {"torch_device": self._device}
            options["enforce_sequential_optimization"] = self._sequential
            known = inspect.signature(choose_generation_strategy).parameters
            unknown = [key for key in chosen if key not in known or key == "search_space"]
            if unknown:
                hint = near_miss(unknown[0], known)
                raise UnknownNameError(f"choose_generation_strategy has no argument {unknown[0]!r}.{hint}")
            strategy = choose_generation_strategy(space, **(options | chosen))
        if strategy != DEFAULT_OPTIONS:
            client.set_generation_strategy(strategy)

    def _kept(self, client: Client, *, overwrite: bool) -> Client:
        """Return a client whose experiment is kept in the database, if there is one."""
        if self._storage is None:
            return client
        database, name = open_database(self._storage, None), client.experiment.view().name
        if not name:
            raise UserInputError("an experiment in a database needs a name to be found by: give one.")
        if overwrite and name in database.names():
            database.delete(name)
        Experiment.replay(client.experiment.journal, database.new_journal())
        return Client.load_from_database(name, self._storage)

    @property
    def _client(self) -> Client:
        if self._held is None:
            raise NotConfiguredError("there is no experiment yet: call create_experiment first.")
        return self._held

    @property
    def _view(self) -> ExperimentView:
        return self._client.experiment.view()

    @property
    def _goal(self) -> OptimizationConfig:
        goal = self._view.optimization
        assert goal is not None  # create_experiment sets one
        return goal

    @property
    def experiment(self) -> Experiment:
        """The experiment: its journal, its state.

        Raises:
            NotConfiguredError: If there is none yet.
        """
        return self._client.experiment

    @property
    def generation_strategy(self) -> GenerationOptions:
        """How suggestions are made.

        Raises:
            NotConfiguredError: If there is no experiment yet.
        """
        return self._view.generation or DEFAULT_OPTIONS

    @property
    def objective_names(self) -> list[str]:
        """The metrics of the objectives.

        Raises:
            NotConfiguredError: If there is no experiment yet.
        """
        return list(self._goal.objective_metric_names)

    @property
    def objective_name(self) -> str:
        """The metric of the only objective.

        Raises:
            NotConfiguredError: If there is no experiment yet.
            UnsupportedError: If there are several objectives.
        """
        if len(self.objective_names) > 1:
            raise UnsupportedError("there are several objectives: ask for objective_names.")
        return self.objective_names[0]

    @property
    def status_quo(self) -> dict[str, TParameterValue] | None:
        """The parameterization that relative constraints compare with.

        Raises:
            NotConfiguredError: If there is no experiment yet.
        """
        baseline = self._view.baseline
        return None if baseline is None else self._view.trial(baseline).parameters

    def set_status_quo(self, params: TParameterization) -> None:
        """Say how things stand now: a trial of its own, the next that `get_next_trial` gives.

        Raises:
            UnsupportedError: If there is a status quo already.
            UserInputError: If a value is missing or not allowed.
            StorageError: If the change cannot be kept.
        """
        instantiation.set_status_quo(self._client.experiment, params)

    def set_optimization_config(
        self,
        objectives: Mapping[str, ObjectiveProperties] | None = None,
        outcome_constraints: Sequence[str] | None = None,
    ) -> None:
        """Say anew what is wanted.

        Args:
            objectives: What is wanted of each metric; as before by default.
            outcome_constraints: Bounds on metrics; as before by default.

        Raises:
            UserInputError: If neither is given, or the parts do not fit together.
            StorageError: If the change cannot be kept.
        """
        if objectives is None and outcome_constraints is None:
            raise UserInputError("say what changes: give objectives, outcome_constraints or both.")
        held = self._goal
        if outcome_constraints is None:
            texts = [str(c) for c in held.constraints]
        else:
            texts = list(strings("outcome_constraints", outcome_constraints))
        if objectives is None:
            thresholds = dict(held.thresholds)
            objectives = {n: ObjectiveProperties(low, thresholds.get(n)) for n, low in held.lower_is_better.items()}
        self._client.configure_optimization(*instantiation.goal_from_properties(objectives, None, False, texts))

    def add_tracking_metrics(self, metric_names: Sequence[str]) -> None:
        """Name metrics that are recorded although they are neither objective nor constraint.

        Raises:
            UserInputError: If a name is no non-empty string or is the name of a parameter.
            StorageError: If the change cannot be kept.
        """
        self._client.configure_tracking_metrics(metric_names)

    def set_search_space(
        self,
        parameters: Sequence[ParameterConfig | instantiation.TParameterRepresentation],
        parameter_constraints: Sequence[str] | None = None,
    ) -> None:
        """Change bounds, values and constraints of the parameters; past results are kept and used.

        Args:
            parameters: All parameters, each with the type that it has.
            parameter_constraints: The constraints from now on.

        Raises:
            UserInputError: If a parameter is missing, new or of another type, or nothing is changed.
            StorageError: If the change cannot be kept.
        """
        space = self._view.search_space
        assert space is not None
        made = _configs(parameters)
        if {c.name for c in made} != set(space.names):
            raise UserInputError(
                f"set_search_space takes the parameters that there are, {listing(space.names)}: use add_parameters or "
                "disable_parameters for others."
            )
        self._client.edit_search_space(
            update=made,
            drop_constraints=[str(c) for c in space.constraints],
            add_constraints=parameter_constraints or (),
        )

    def add_parameters(
        self,
        parameters: Sequence[ParameterConfig | instantiation.TParameterRepresentation],
        backfill_values: TParameterization | None = None,
        parameter_constraints: Sequence[str] | None = None,
    ) -> None:
        """Add parameters while the experiment runs.

        Args:
            parameters: The new ones, as configs or dicts.
            backfill_values: The value of each in past trials.
            parameter_constraints: Further constraints.

        Raises:
            UserInputError: If a parameter or a value cannot be used, or a value is missing.
            StorageError: If the change cannot be kept.
        """
        self._client.edit_search_space(
            add=_configs(parameters), past_values=backfill_values, add_constraints=parameter_constraints or ()
        )

    def update_parameters(self, parameters: Sequence[ParameterConfig | instantiation.TParameterRepresentation]) -> None:
        """Change bounds or values of parameters while the experiment runs.

        Raises:
            UserInputError: If one does not exist, or gets another type.
            StorageError: If the change cannot be kept.
        """
        self._client.edit_search_space(update=_configs(parameters))

    def disable_parameters(self, default_parameter_values: TParameterization) -> None:
        """Hold parameters at a value from now on.

        Raises:
            UserInputError: If one does not exist or a value is not allowed.
            StorageError: If the change cannot be kept.
        """
        self._client.edit_search_space(disable=default_parameter_values)

    # -- ask -----------------------------------------------------------------------------------------------------

    def get_next_trial(
        self, ttl_seconds: float | None = None, force: bool = False, fixed_features: FixedFeatures | None = None
    ) -> tuple[dict[str, TParameterValue], int]:
        """Return what to try next and the index of its trial, which is running from then on.

        Args:
            ttl_seconds: After so long without a result the trial is marked failed.
            force: Whether to go on although the global stopping strategy says to stop.
            fixed_features: Values of parameters that are held fixed.

        Raises:
            NotConfiguredError: If there is no experiment yet.
            DataRequiredError: If results of running trials are needed first.
            OptimizationShouldStop: If the global stopping strategy says so.
            SearchSpaceExhausted: If every point of a finite space has been tried.
            UserInputError: If an argument cannot be used.
            StorageError: If the change cannot be kept.
        """
        experiment, fixed = self._client.experiment, _fixed(fixed_features)
        results.fail_overdue(experiment)
        if ttl_seconds is not None:
            results.check_ttl(ttl_seconds)
        if self._global_stopping is not None and not force:
            stop, why = self._global_stopping.should_stop_optimization(experiment)
            if stop:
                raise OptimizationShouldStop(f"{why} To go on all the same, call get_next_trial(force=True).")
        given = self._take_status_quo(None) if fixed is None else None
        made = {given.index: given.parameters} if given is not None else self._client.get_next_trials(1, fixed)
        results.keep_ttl(experiment, made, ttl_seconds)
        (index, point), *_ = made.items()
        return point, index

    def get_next_trials(
        self, max_trials: int, ttl_seconds: float | None = None, fixed_features: FixedFeatures | None = None
    ) -> tuple[dict[int, dict[str, TParameterValue]], bool]:
        """Return what to try next by trial, and whether the optimisation is complete.

        Args:
            max_trials: How many at most; fewer where results are needed first.
            ttl_seconds: After so long without a result a trial is marked failed.
            fixed_features: Values of parameters that are held fixed.

        Raises:
            NotConfiguredError: If there is no experiment yet.
            UserInputError: If an argument cannot be used.
            StorageError: If the change cannot be kept.
        """
        made: dict[int, dict[str, TParameterValue]] = {}
        for _ in range(whole("max_trials", max_trials, 1)):
            try:
                point, index = self.get_next_trial(ttl_seconds, fixed_features=fixed_features)
            except DataRequiredError:
                return made, False
            except OptimizationComplete:
                return made, not made
            made[index] = point
        return made, False

    def _take_status_quo(self, point: TParameterization | None) -> Trial | None:
        """Return the trial of the status quo, running from now on, if it waits and has the point asked for."""
        view = self._view
        trial = None if view.baseline is None else view.trial(view.baseline)
        if trial is None or not trial.status.is_candidate or (point is not None and trial.parameters != dict(point)):
            return None
        change_status(self._client.experiment, trial.index, TrialStatus.RUNNING, None)
        return trial

    def get_current_trial_generation_limit(self) -> tuple[int, bool]:
        """Return how many trials can be had now, -1 for any number, and whether the optimisation is complete.

        Raises:
            NotConfiguredError: If there is no experiment yet.
        """
        options = self.generation_strategy
        trials = [t for t in self._view.trials.values() if not t.status.is_lost]
        ready = sum(t.status.is_successful for t in trials) >= options.observed_before_model
        free = options.method == "random_search" or options.strategy is not None
        if ready or free or options.allow_exceeding_initialization_budget:
            return -1, False
        return max(0, options.budget - len(trials)), False

    def get_max_parallelism(self) -> list[tuple[int, int]]:
        """Return how many trials should run at a time, as pairs of number of trials and parallelism; -1 for any.

        Of the model's trials three at a time learn from each other; the initial ones need not wait.

        Raises:
            NotConfiguredError: If there is no experiment yet.

        Example:
            >>> client = AxClient()
            >>> client.create_experiment([{"name": "x", "type": "range", "bounds": [0.0, 1.0]}])
            >>> client.get_max_parallelism()
            [(5, 5), (-1, 3)]
        """
        options = self.generation_strategy
        if options.method == "random_search":
            return [(-1, -1)]
        if options.strategy is not None:
            return [(-1, DEFAULT_BAYESIAN_CONCURRENCY)]
        initial = -1 if options.allow_exceeding_initialization_budget else options.budget
        return [(options.budget, initial), (-1, DEFAULT_BAYESIAN_CONCURRENCY)]

    get_recommended_max_parallelism = get_max_parallelism
    get_max_concurrency = get_max_parallelism

    def attach_trial(
        self, parameters: TParameterization, ttl_seconds: float | None = None, arm_name: str | None = None
    ) -> tuple[dict[str, TParameterValue], int]:
        """Add a trial with parameters of your own, and return them with its index.

        Args:
            parameters: A value for every parameter; those of the status quo are taken for its trial, if that waits.
            ttl_seconds: After so long without a result the trial is marked failed.
            arm_name: Name of the arm; made from the trial's index by default.

        Raises:
            NotConfiguredError: If there is no experiment yet.
            UserInputError: If a value is missing, not allowed or unknown, or the arm's name is taken.
            StorageError: If the change cannot be kept.
        """
        if ttl_seconds is not None:
            results.check_ttl(ttl_seconds)
        waiting = self._take_status_quo(mapping("parameters", parameters))
        index = self._client.attach_trial(parameters, arm_name) if waiting is None else waiting.index
        results.keep_ttl(self._client.experiment, [index], ttl_seconds)
        return self.get_trial_parameters(index), index

    # -- tell ----------------------------------------------------------------------------------------------------

    def complete_trial(
        self,
        trial_index: int,
        raw_data: TEvaluationOutcome,
        metadata: Mapping[str, Any] | None = None,
        sample_size: int | None = None,
    ) -> None:
        """Record the results of a trial and end it.

        Args:
            trial_index: The trial.
            raw_data: The objective, or a pair of it and its standard error; a dict of such by metric; or a list of
                pairs of step and such. Metrics that were never named are tracked from then on.
            metadata: What else is to be kept of the trial, plain JSON values.
            sample_size: How many samples were taken; kept with the metadata.

        Raises:
            ObjectNotFoundError: If there is no such trial.
            TrialMutationError: If the trial is not running.
            UnknownNameError: If a metric nearly is one of the goal that is missing.
            UserInputError: If a value is no finite number.
            StorageError: If the change cannot be kept.
        """
        told = self._evaluation(raw_data)
        results.tell(self._client, trial_index, told, _metadata(metadata, sample_size), TrialStatus.COMPLETED)

    def update_running_trial_with_intermediate_data(
        self,
        trial_index: int,
        raw_data: TEvaluationOutcome,
        metadata: Mapping[str, Any] | None = None,
        sample_size: int | None = None,
    ) -> None:
        """Record results of a trial that goes on.

        Args:
            trial_index: The trial.
            raw_data: As for `complete_trial`.
            metadata: What else is to be kept of the trial, plain JSON values.
            sample_size: How many samples were taken; kept with the metadata.

        Raises:
            ObjectNotFoundError: If there is no such trial.
            TrialMutationError: If the trial is not running.
            UserInputError: If a metric or a value cannot be used.
            StorageError: If the change cannot be kept.
        """
        trial = self.get_trial(trial_index)
        if not trial.status.is_running:
            raise TrialMutationError(
                f"trial {trial.index} is {trial.status.label.lower()}, not running: use update_trial_data."
            )
        self.update_trial_data(trial_index, raw_data, metadata, sample_size)

    def update_trial_data(
        self,
        trial_index: int,
        raw_data: TEvaluationOutcome,
        metadata: Mapping[str, Any] | None = None,
        sample_size: int | None = None,
    ) -> None:
        """Record further results of a trial, in whatever status; newer readings take the place of older ones.

        Raises:
            ObjectNotFoundError: If there is no such trial.
            UserInputError: If a metric or a value cannot be used.
            StorageError: If the change cannot be kept.
        """
        results.tell(self._client, trial_index, self._evaluation(raw_data), _metadata(metadata, sample_size))

    def _evaluation(self, raw_data: TEvaluationOutcome) -> TTrialEvaluation | TMapTrialEvaluation:
        names = self._goal.objective_metric_names
        return instantiation.raw_data_to_evaluation(raw_data, names[0] if len(names) == 1 else None)

    def log_trial_failure(self, trial_index: int, metadata: Mapping[str, Any] | None = None) -> None:
        """Say that a trial gave no usable result.

        Args:
            trial_index: The trial.
            metadata: What else is to be kept of the trial, plain JSON values.

        Raises:
            ObjectNotFoundError: If there is no such trial.
            TrialMutationError: If the trial is not running.
            UserInputError: If the metadata cannot be kept.
            StorageError: If the change cannot be kept.
        """
        self._client.mark_trial_failed(trial_index)
        results.keep_metadata(self._client.experiment, trial_index, metadata)

    def abandon_trial(self, trial_index: int, reason: str | None = None) -> None:
        """Say that a trial will not be run, and that its point is not to be suggested again.

        Raises:
            ObjectNotFoundError: If there is no such trial.
            TrialMutationError: If the trial has ended already.
            UserInputError: If the reason is no string.
            StorageError: If the change cannot be kept.
        """
        self._client.mark_trial_abandoned(trial_index, reason)

    def should_stop_early(self, trial_index: int, data: TEvaluationOutcome | None = None) -> bool:
        """Return whether a trial should be stopped early, given what it has come to; nothing is recorded.

        Args:
            trial_index: The trial.
            data: Further results, as for `complete_trial`.

        Raises:
            ObjectNotFoundError: If there is no such trial.
            UserInputError: If the data cannot be used.
        """
        told = None if data is None else self._evaluation(data)
        return results.reason_to_stop(self._early_stopping, self._view, trial_index, told) is not None

    def should_stop_trials_early(self, trial_indices: Iterable[int]) -> dict[int, str]:
        """Return which of some trials should be stopped early, and why.

        Raises:
            ObjectNotFoundError: If there is no such trial.
        """
        rule, view = self._early_stopping, self._view
        found = {
            i: results.reason_to_stop(rule, view, i, None) for i in listed("trial_indices", trial_indices, "trials")
        }
        return {i: why for i, why in found.items() if why is not None}

    def stop_trial_early(self, trial_index: int) -> None:
        """End a running trial with the data that it has.

        Raises:
            ObjectNotFoundError: If there is no such trial.
            TrialMutationError: If the trial is not running.
            UnsupportedError: If it has no data.
            StorageError: If the change cannot be kept.
        """
        self._client.mark_trial_early_stopped(trial_index)

    # -- see -----------------------------------------------------------------------------------------------------

    def get_trial(self, trial_index: int) -> Trial:
        """Return a trial.

        Raises:
            ObjectNotFoundError: If there is no such trial.
            UserInputError: If the index is no whole number.
        """
        return self._view.trial(trial_index)

    def get_trial_parameters(self, trial_index: int) -> dict[str, TParameterValue]:
        """Return the parameterization of a trial.

        Raises:
            ObjectNotFoundError: If there is no such trial.
            UserInputError: If the index is no whole number.
        """
        return self.get_trial(trial_index).parameters

    def verify_trial_parameterization(self, trial_index: int, parameterization: TParameterization) -> bool:
        """Return whether a trial has this parameterization.

        Raises:
            ObjectNotFoundError: If there is no such trial.
            UserInputError: If it is no parameterization.
        """
        return self.get_trial_parameters(trial_index) == dict(mapping("parameterization", parameterization))

    def get_trials_data_frame(self) -> "pd.DataFrame":
        """Return a table with one row a trial: status, origin, metrics, parameters.

        Raises:
            NotConfiguredError: If there is no experiment yet.
        """
        return self._client.summarize()

    def get_best_trial(
        self,
        optimization_config: OptimizationConfig | None = None,
        trial_indices: Iterable[int] | None = None,
        use_model_predictions: bool = True,
    ) -> tuple[int, dict[str, TParameterValue], TModelPredictArm] | None:
        """Return index, parameters and values of the best trial; `None` where none is completed and feasible.

        Args:
            optimization_config: Another goal to judge by.
            trial_indices: The trials to look at; all by default.
            use_model_predictions: Whether to judge by the model, where it is good enough, or by observed values.

        Raises:
            NotConfiguredError: If there is no experiment yet.
            ObjectNotFoundError: If there is no trial of an index.
            UnsupportedError: If there are several objectives.
        """
        view = best_points.seen_by(self._view, optimization_config, trial_indices)
        best = best_points.best_trial(view, use_model=flag("use_model_predictions", use_model_predictions))
        return None if best is None else (best.trial_index, best.parameters, best_points.predicted(best))

    def get_best_parameters(
        self,
        optimization_config: OptimizationConfig | None = None,
        trial_indices: Iterable[int] | None = None,
        use_model_predictions: bool = True,
    ) -> tuple[dict[str, TParameterValue], TModelPredictArm] | None:
        """Return parameters and values (means and covariances) of the best trial, as `get_best_trial` does.

        Raises:
            NotConfiguredError: If there is no experiment yet.
            ObjectNotFoundError: If there is no trial of an index.
            UnsupportedError: If there are several objectives.
        """
        best = self.get_best_trial(optimization_config, trial_indices, use_model_predictions)
        return None if best is None else best[1:]

    def get_pareto_optimal_parameters(
        self,
        optimization_config: OptimizationConfig | None = None,
        trial_indices: Iterable[int] | None = None,
        use_model_predictions: bool = True,
    ) -> dict[int, tuple[dict[str, TParameterValue], TModelPredictArm]]:
        """Return parameters and values of the trials that no other one dominates, by trial.

        Args:
            optimization_config: Another goal to judge by.
            trial_indices: The trials to look at; all by default.
            use_model_predictions: Whether to judge by the model, where it is good enough, or by observed values.

        Raises:
            NotConfiguredError: If there is no experiment yet.
            ObjectNotFoundError: If there is no trial of an index.
            UnsupportedError: If there is one objective.
        """
        view = best_points.seen_by(self._view, optimization_config, trial_indices)
        return best_points.pareto_points(view, use_model=flag("use_model_predictions", use_model_predictions))

    def get_hypervolume(
        self,
        optimization_config: OptimizationConfig | None = None,
        trial_indices: Iterable[int] | None = None,
        use_model_predictions: bool = True,
    ) -> float:
        """Return the volume between the thresholds and the trials that no other one dominates.

        Raises:
            NotConfiguredError: If there is no experiment yet.
            ObjectNotFoundError: If there is no trial of an index.
            UnsupportedError: If there is one objective.
        """
        view = best_points.seen_by(self._view, optimization_config, trial_indices)
        return best_points.hypervolume(view, use_model=flag("use_model_predictions", use_model_predictions))

    def get_model_predictions(
        self,
        metric_names: Sequence[str] | None = None,
        include_out_of_sample: bool = True,
        parameterizations: Mapping[int, TParameterization] | None = None,
    ) -> dict[int, dict[str, tuple[float, float]]]:
        """Return for each trial and metric the predicted mean and its standard error.

        Args:
            metric_names: The metrics; all that are modelled by default.
            include_out_of_sample: Whether trials without results are predicted too.
            parameterizations: Instead of the trials, points by numbers of your choice.

        Raises:
            DataRequiredError: If there are too few results for a model.
            UserInputError: If a point or a metric cannot be used.
        """
        if parameterizations is not None:
            points = dict(mapping("parameterizations", parameterizations))
            made = self.get_model_predictions_for_parameterizations(list(points.values()), metric_names)
            return dict(zip(points, made, strict=True))
        context, goal = self._client.analysis_context(), self._goal
        found = zip(context.results, context.predictions_at_arms(), strict=True)
        kept = {r.trial_index: p for r, p in found if include_out_of_sample or r.has(goal.objective_metric_names)}
        return {i: _some_metrics(p, metric_names) for i, p in kept.items()}

    def get_model_predictions_for_parameterizations(
        self, parameterizations: Sequence[TParameterization], metric_names: Sequence[str] | None = None
    ) -> list[dict[str, tuple[float, float]]]:
        """Return for each point and metric the predicted mean and its standard error.

        Raises:
            DataRequiredError: If there are too few results for a model.
            UserInputError: If a point or a metric cannot be used.
        """
        return [_some_metrics(p, metric_names) for p in self._client.predict(parameterizations)]

    def fit_model(self) -> "FittedModel":
        """Return the model of all metrics that the cards show.

        Raises:
            DataRequiredError: If there are too few results.
        """
        return self._client.analysis_context().model

    def get_contour_plot(
        self, param_x: str | None = None, param_y: str | None = None, metric_name: str | None = None
    ) -> "go.Figure":
        """Return a figure of what the model says along two parameters, the others held at their middle.

        Args:
            param_x: The horizontal axis; the first parameter by default.
            param_y: The vertical axis; the first of the others by default.
            metric_name: The metric; that of the first objective by default.

        Raises:
            DataRequiredError: If there are too few results for a model.
            UnsupportedError: If there are fewer than two parameters to vary.
            UserInputError: If a parameter or metric does not exist.
        """
        return plots.contour_plot(self._client.analysis_context(), param_x, param_y, metric_name)

    def get_optimization_trace(self, objective_optimum: float | None = None) -> "go.Figure":
        """Return a figure of every result and the best so far, in the order of the trials.

        Args:
            objective_optimum: The best value that is possible, where it is known.

        Raises:
            DataRequiredError: If no trial has a result yet.
            UserInputError: If the optimum is no finite number.
        """
        return plots.optimization_trace(self._client.analysis_context(), objective_optimum)

    def get_feature_importances(self, relative: bool = True) -> "go.Figure":
        """Return a figure of which share of the variation of the objective each parameter explains.

        Args:
            relative: Must be `True`: what the model tells is a share.

        Raises:
            DataRequiredError: If there are too few results for a model.
            UnsupportedError: If `relative` is not `True`.
        """
        if not flag("relative", relative):
            raise UnsupportedError("feature importances are shares of the variation: leave relative=True.")
        return plots.feature_importances(self._client.analysis_context())

    def compute_analyses(
        self, analyses: "Sequence[Analysis] | None" = None, display: bool = True
    ) -> "list[AnalysisCardBase]":
        """Compute analyses, by default those that suit the state of the experiment, and show their cards.

        Raises:
            NotConfiguredError: If there is no experiment yet.
            UserInputError: If something in the list is no analysis.
        """
        return self._client.compute_analyses(analyses, display)

    def get_report(self) -> str:
        """Return the cards as one HTML page that works offline.

        Raises:
            NotConfiguredError: If there is no experiment yet.
        """
        from axnb.analyses.static.report import report

        view = self._view
        cards = self._client.compute_analyses(display=False)
        return report(cards, title=view.name or "Experiment", subtitle=view.description or "")

    # -- keep ----------------------------------------------------------------------------------------------------

    def to_json_snapshot(self) -> dict[str, Any]:
        """Return the experiment as a dict of plain JSON values.

        Raises:
            NotConfiguredError: If there is no experiment yet.
        """
        from axnb.store.snapshot import dumps

        return {"format": _FORMAT, "experiment": dumps(self._client.experiment)}

    @classmethod
    def from_json_snapshot(cls, serialized: Mapping[str, Any]) -> "AxClient":
        """Return a client for the experiment in a dict that `to_json_snapshot` returned.

        Raises:
            SnapshotError: If it is none, is damaged, or comes from a later version.
        """
        from axnb.store.snapshot import loads

        body = serialized.get("experiment") if isinstance(serialized, Mapping) else None
        if not isinstance(body, str) or serialized.get("format") != _FORMAT:
            raise SnapshotError(f"expected what to_json_snapshot returned, got {shown(serialized)}.")
        held = Client()
        held.set_experiment(loads(body)[0])
        return cls._holding(held)

    @classmethod
    def _holding(cls, held: Client) -> "AxClient":
        client = cls()
        client._held = held
        return client

    def save_to_json_file(self, filepath: str | os.PathLike[str] = "ax_client_snapshot.json") -> None:
        """Write the experiment to a JSON file, which `Client.load_from_json_file` reads too.

        Raises:
            NotConfiguredError: If there is no experiment yet.
            UserInputError: If the path is none.
            StorageError: If the file cannot be written.
        """
        self._client.save_to_json_file(filepath)

    @classmethod
    def load_from_json_file(cls, filepath: str | os.PathLike[str] = "ax_client_snapshot.json") -> "AxClient":
        """Return a client for the experiment in a JSON file.

        Raises:
            ObjectNotFoundError: If there is no such file.
            SnapshotError: If it is no snapshot, is damaged, or comes from a later version.
        """
        return cls._holding(Client.load_from_json_file(filepath))

    save = save_to_json_file
    load = load_from_json_file

    def load_experiment_from_database(self, experiment_name: str) -> None:
        """Take up an experiment in the database; what is told is kept there.

        Raises:
            ObjectNotFoundError: If there is none of that name.
            UnsupportedError: If there is an experiment already, or no `db_settings` were given.
            StorageError: If the database cannot be read.
        """
        if self._storage is None:
            raise UnsupportedError("there is no database to load from: give AxClient its db_settings.")
        if self._held is not None:
            raise UnsupportedError("there is an experiment already: make a new AxClient.")
        self._held = Client.load_from_database(experiment_name, self._storage)

    load_experiment = load_experiment_from_database


def _configs(
    parameters: Sequence[ParameterConfig | instantiation.TParameterRepresentation],
) -> list[ParameterConfig]:
    """Return configs, given as such or as dicts."""
    given = listed("parameters", parameters, "configs or dicts")
    return [instantiation.config_from_json(p) if isinstance(p, Mapping) else p for p in given]


def _fixed(features: FixedFeatures | None) -> TParameterization | None:
    return None if features is None else instance(features, FixedFeatures).parameters


def _metadata(metadata: Mapping[str, Any] | None, sample_size: int | None) -> dict[str, Any]:
    """Return what is to be kept of a trial besides its results."""
    size = {} if sample_size is None else {"sample_size": whole("sample_size", sample_size, 0)}
    return dict(mapping("metadata", metadata) if metadata is not None else {}) | size


def _some_metrics(
    predictions: Mapping[str, tuple[float, float]], names: Sequence[str] | None
) -> dict[str, tuple[float, float]]:
    """Return the predictions of some metrics.

    Raises:
        UnknownNameError: If one is not modelled.
    """
    chosen = list(predictions) if names is None else strings("metric_names", names)
    missing = [n for n in chosen if predictions and n not in predictions]
    if missing:
        hint = near_miss(missing[0], predictions)
        raise UnknownNameError(f"there is no model of {missing[0]!r}; modelled are {listing(predictions)}.{hint}")
    return {n: predictions[n] for n in chosen if n in predictions}
