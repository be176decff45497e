"""Ax's Loop API: one call, or one object, that tunes a function. Thin over the Client."""

import importlib
import inspect
import logging
import math
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from axnb.api.arguments import instance, listed
from axnb.api.client import Client
from axnb.api.results import BestParameterization
from axnb.api.types import TParameterization, TParameterValue
from axnb.api.warm import SUGGESTING
from axnb.core.types import TModelPredictArm, TTrialEvaluation
from axnb.errors import (
    AxnbWarning,
    DataRequiredError,
    NotConfiguredError,
    OptimizationComplete,
    UnsupportedError,
    UserInputError,
    listing,
    near_miss,
    shown,
)
from axnb.interrupts import import_whole
from axnb.problem.generation import DEFAULT_OPTIONS, GenerationOptions, GenerationStrategy
from axnb.problem.parameters import flag, to_float, whole
from axnb.record.events import Change, TrialCreated, pairs
from axnb.record.experiment import Experiment, ExperimentView
from axnb.record.trial import Arm, Trial, TrialStatus
from axnb.run.protocols import IMetric, IRunner
from axnb.service.best_points import predicted
from axnb.service.results import tell
from axnb.service.utils.dispatch import DEFAULT_BAYESIAN_CONCURRENCY, choose_generation_strategy
from axnb.service.utils.instantiation import (
    TParameterRepresentation,
    make_experiment,
    raw_data_to_evaluation,
)

if TYPE_CHECKING:
    from axnb.suggest.fitting import FittedModel

logger = logging.getLogger(__name__)

Evaluation: TypeAlias = Callable[..., Any]


class OptimizationLoop:
    """Runs the trials of an experiment one after another, and learns from them.

    Args:
        experiment: The experiment, with its goal.
        total_trials: How many trials are run in all.
        arms_per_trial: How many parameterizations a trial has, which are suggested together.
        random_seed: Seed of the quasi-random points; the experiment's by default.
        wait_time: Seconds between two trials, or between two looks at how a runner's trials stand.
        run_async: Whether a runner has several trials at a time.
        evaluation_function: Takes a parameterization (and, if it has a second parameter, its weight, `None` for a
            single arm) and returns a number, a pair of mean and standard error, or a dict of these by metric.
        runner: Instead of a function, what runs trials.
        metrics: What reads the runner's results.
        generation_strategy: How suggestions are made; chosen for the search space by default.

    Raises:
        NotConfiguredError: If the experiment or its goal is not configured.
        UnsupportedError: If a runner is to have trials of several arms, or a function is to run several at a time.
        UserInputError: If an argument cannot be used.

    Example:
        >>> loop = OptimizationLoop.with_evaluation_function(
        ...     parameters=[{"name": "x", "type": "range", "bounds": [-1.0, 1.0]}],
        ...     evaluation_function=lambda p: (p["x"] - 0.25) ** 2,
        ...     minimize=True,
        ...     total_trials=8,
        ...     random_seed=0,
        ... )
        >>> parameters, values = loop.full_run().get_best_point()
        >>> abs(parameters["x"] - 0.25) < 0.1
        True
    """

    def __init__(
        self,
        experiment: Experiment,
        total_trials: int = 20,
        arms_per_trial: int = 1,
        random_seed: int | None = None,
        wait_time: float = 0,
        run_async: bool = False,
        *,
        evaluation_function: Evaluation | None = None,
        runner: IRunner | None = None,
        metrics: Sequence[IMetric] = (),
        generation_strategy: GenerationOptions | GenerationStrategy | None = None,
    ) -> None:
        view = instance(experiment, Experiment).view()
        if view.search_space is None or view.optimization is None:
            raise NotConfiguredError("a loop needs an experiment with a goal: make one by make_experiment.")
        self.experiment = experiment
        self.total_trials = whole("total_trials", total_trials, 1)
        self.arms_per_trial = whole("arms_per_trial", arms_per_trial, 1)
        self.wait_time = to_float(wait_time)
        self.run_async = flag("run_async", run_async)
        if not 0 <= self.wait_time < math.inf:
            raise UserInputError(f"wait_time must be a number of seconds of at least 0, got {shown(wait_time)}.")
        self._runs_itself = runner is not None
        if self._runs_itself and self.arms_per_trial > 1:
            raise UnsupportedError("a runner is given one parameterization at a time: leave arms_per_trial at 1.")
        if not self._runs_itself and self.run_async:
            raise UnsupportedError("a function runs one trial at a time: give a runner, or leave run_async.")
        self._evaluate = None if evaluation_function is None else evaluator(evaluation_function)
        self._client = Client()
        self._client.set_experiment(experiment)
        if runner is not None:
            self._client.configure_runner(runner)
            self._client.configure_metrics(metrics)
        strategy = generation_strategy or view.generation
        if strategy is None:
            strategy = choose_generation_strategy(view.search_space, self.arms_per_trial, random_seed=random_seed)
        if strategy != (view.generation or DEFAULT_OPTIONS):
            self._client.set_generation_strategy(strategy)

    @staticmethod
    def with_evaluation_function(
        parameters: Sequence[TParameterRepresentation],
        evaluation_function: Evaluation,
        experiment_name: str | None = None,
        objective_name: str | None = None,
        minimize: bool = False,
        parameter_constraints: Sequence[str] | None = None,
        outcome_constraints: Sequence[str] | None = None,
        total_trials: int = 20,
        arms_per_trial: int = 1,
        wait_time: float = 0,
        random_seed: int | None = None,
        *,
        generation_strategy: GenerationOptions | GenerationStrategy | None = None,
    ) -> "OptimizationLoop":
        """Return a loop over a function; for the arguments see `optimize`.

        Raises:
            UnsupportedError: If a parameter has a key for something that does not exist here.
            UserInputError: If an argument cannot be used.
        """
        goal = (objective_name, minimize, parameter_constraints, outcome_constraints)
        return OptimizationLoop(
            make_experiment(parameters, experiment_name, *goal, random_seed=random_seed),
            total_trials,
            arms_per_trial,
            wait_time=wait_time,
            evaluation_function=evaluation_function,
            generation_strategy=generation_strategy,
        )

    @classmethod
    def with_runners_and_metrics(
        cls,
        parameters: Sequence[TParameterRepresentation],
        path_to_runner: str,
        paths_to_metrics: Sequence[str] | Mapping[str, str],
        experiment_name: str | None = None,
        objective_name: str | None = None,
        minimize: bool = False,
        parameter_constraints: Sequence[str] | None = None,
        outcome_constraints: Sequence[str] | None = None,
        total_trials: int = 20,
        arms_per_trial: int = 1,
        wait_time: float = 0,
        random_seed: int | None = None,
    ) -> "OptimizationLoop":
        """Return a loop over a runner, which has several trials at a time.

        Args:
            parameters: As for `optimize`.
            path_to_runner: Where an `IRunner` can be imported from, such as `"lab.furnace.Runner"`: an instance, or a
                class or function that returns one.
            paths_to_metrics: Where an `IMetric` can be imported from, likewise; by name, where it is a class that takes
                the name.
            experiment_name: As for `optimize`.
            objective_name: As for `optimize`.
            minimize: As for `optimize`.
            parameter_constraints: As for `optimize`.
            outcome_constraints: As for `optimize`.
            total_trials: As for `optimize`.
            arms_per_trial: Must be 1.
            wait_time: Seconds between two looks at how trials stand.
            random_seed: As for `optimize`.

        Raises:
            UnsupportedError: If `arms_per_trial` is not 1.
            UserInputError: If something cannot be imported from its path, or an argument cannot be used.
        """
        if isinstance(paths_to_metrics, Mapping):
            metrics = [_load(path, IMetric, name) for name, path in paths_to_metrics.items()]
        else:
            metrics = [_load(path, IMetric) for path in listed("paths_to_metrics", paths_to_metrics, "paths")]
        goal = (objective_name, minimize, parameter_constraints, outcome_constraints)
        return cls(
            make_experiment(parameters, experiment_name, *goal, random_seed=random_seed),
            total_trials,
            arms_per_trial,
            wait_time=wait_time,
            run_async=True,
            runner=_load(path_to_runner, IRunner),
            metrics=metrics,
        )

    @property
    def current_trial(self) -> int:
        """How many trials there are."""
        return len(self.experiment.view().trials)

    def run_trial(self) -> None:
        """Run one trial more.

        Raises:
            OptimizationComplete: If all have been run, or every point of a finite space has been tried.
            DataRequiredError: If results of running trials are needed first.
            UserInputError: If the function returns something that cannot be used.
            StorageError: If the change cannot be kept.
        """
        if self.current_trial >= self.total_trials:
            raise OptimizationComplete(f"all {self.total_trials} trials have been run: make a loop with more.")
        if self._runs_itself:
            self._run(1)
            return
        if self._evaluate is None:
            raise NotConfiguredError("there is nothing to run trials: give an evaluation_function or a runner.")
        if self.arms_per_trial > 1:
            _complete_batch(self._client, new_batch(self.experiment, self.arms_per_trial), self._evaluate)
            return
        for index, point in self._client.get_next_trials(1).items():
            told = raw_data_to_evaluation(self._evaluate(point, None, self._objective), self._objective)
            tell(self._client, index, told, {}, TrialStatus.COMPLETED)

    @property
    def _objective(self) -> str:
        goal = self.experiment.view().optimization
        assert goal is not None
        return goal.objective_metric_names[0]

    def _run(self, count: int) -> None:
        parallelism = DEFAULT_BAYESIAN_CONCURRENCY if self.run_async else 1
        self._client.run_trials(count, parallelism, initial_seconds_between_polls=self.wait_time)

    def full_run(self) -> "OptimizationLoop":
        """Run all trials, and return the loop. A warning says where a finite space has fewer points.

        Raises:
            DataRequiredError: If results of running trials are needed first.
            FailureRateExceededError: If too many trials of a runner fail.
            UserInputError: If the function returns something that cannot be used.
            StorageError: If the change cannot be kept.
        """
        if self._runs_itself and self.current_trial < self.total_trials:
            self._run(self.total_trials - self.current_trial)
        while self.current_trial < self.total_trials and not self._runs_itself:
            try:
                self.run_trial()
            except OptimizationComplete as error:
                warnings.warn(f"stopped before {self.total_trials} trials: {error}", AxnbWarning, stacklevel=2)
                break
            if self.wait_time and self.current_trial < self.total_trials:
                time.sleep(self.wait_time)
        return self

    def get_best_point(self) -> tuple[dict[str, TParameterValue], TModelPredictArm]:
        """Return the best parameters and their values: means, and variances as a nested dict.

        Raises:
            DataRequiredError: If no trial is completed, or none satisfies the constraints.
        """
        best: BestParameterization = self._client.get_best_parameterization()
        return best.parameters, predicted(best)

    def get_current_model(self) -> "FittedModel | None":
        """Return the model of all metrics; `None` where there are too few results for one."""
        try:
            return self._client.analysis_context().model
        except DataRequiredError:
            return None


def evaluator(function: Evaluation) -> Evaluation:
    """Return a function of point, weight and objective, from a function that takes the point, and perhaps the weight.

    Raises:
        UserInputError: If it is no function.
    """
    if not callable(function):
        raise UserInputError(f"evaluation_function must be a function, got {shown(function)}.")
    try:
        needed = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
        takes_weight = len([p for p in needed if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]) > 1
    except (TypeError, ValueError):
        takes_weight = False

    def evaluate(point: TParameterization, weight: float | None, objective: str) -> Any:
        result = function(point, weight) if takes_weight else function(point)
        if isinstance(result, Mapping) and objective not in result:
            hint = near_miss(objective, result)
            raise UserInputError(f"evaluation_function must return {objective!r}, got {listing(result)}.{hint}")
        return result

    return evaluate


def new_batch(experiment: Experiment, count: int) -> Trial:
    """Suggest some points, and return the trial that has them as its arms.

    Raises:
        DataRequiredError: If results of running trials are needed first.
        SearchSpaceExhausted: If every point of a finite space has been tried.
        StorageError: If the change cannot be kept.
    """
    import_whole(SUGGESTING)
    from axnb.suggest.strategy import suggest

    suggestions = suggest(experiment.view(), count)
    made: list[int] = []

    def events(now: ExperimentView) -> list[Change]:
        index = now.next_index
        made.append(index)
        arms = tuple([Arm(name=f"{index}_{i}", parameters=pairs(s.parameters)) for i, s in enumerate(suggestions)])
        origins = tuple([s.provenance for s in suggestions])
        return [TrialCreated(index=index, arms=arms, provenance=origins[0], provenances=origins)]

    experiment.record(events)
    return experiment.view().trial(made[-1])


def _complete_batch(client: Client, trial: Trial, evaluate: Evaluation) -> None:
    """Evaluate every arm of a trial, and complete it."""
    goal = client.experiment.view().optimization
    assert goal is not None
    objective = goal.objective_metric_names[0]
    told: dict[str, TTrialEvaluation] = {}
    for result in trial.results:
        data = raw_data_to_evaluation(evaluate(result.parameters, result.weight, objective), objective)
        if isinstance(data, list):
            raise UserInputError("results by step are of a trial with one arm: leave arms_per_trial at 1.")
        told[result.arm_name] = data
    of_one = next(iter(told.values()))  # where a small space had no more points
    client.complete_trial(trial.index, told if trial.is_batch else of_one)  # type: ignore[arg-type]


def _load(path: str, kind: Any, *arguments: str) -> Any:
    """Return what can be imported from a dotted path: an instance of a class, or what makes one.

    Raises:
        UserInputError: If there is nothing of the kind.
    """
    module, _, name = path.rpartition(".") if isinstance(path, str) else ("", "", "")
    try:
        found = getattr(importlib.import_module(module), name) if module else None
    except (ImportError, AttributeError) as error:
        raise UserInputError(f"{shown(path)} cannot be imported: {error}.") from error
    made = found(*arguments) if callable(found) and not isinstance(found, kind) else found
    if not isinstance(made, kind):
        raise UserInputError(
            f"{shown(path)} must be the dotted path of an {kind.__name__}, such as 'lab.parts.Furnace'."
        )
    return made


def optimize(
    parameters: Sequence[TParameterRepresentation],
    evaluation_function: Evaluation,
    experiment_name: str | None = None,
    objective_name: str | None = None,
    minimize: bool = False,
    parameter_constraints: Sequence[str] | None = None,
    outcome_constraints: Sequence[str] | None = None,
    total_trials: int = 20,
    arms_per_trial: int = 1,
    random_seed: int | None = None,
    generation_strategy: GenerationOptions | GenerationStrategy | None = None,
) -> "tuple[dict[str, TParameterValue], TModelPredictArm, Experiment, FittedModel | None]":
    """Tune a function in one call.

    Args:
        parameters: For each parameter a dict with `name`, `type` (`"range"`, `"choice"`, `"fixed"` or `"derived"`) and
            `bounds`, `values`, `value` or `expression_str`; optionally `value_type`, `log_scale`, `is_ordered`,
            `step_size`, `digits`, `dependents`.
        evaluation_function: Takes a parameterization (and, if it has a second parameter, its weight, `None` for a
            single arm) and returns a number, a pair of mean and standard error, or a dict of these by metric; metrics
            that are neither objective nor constraint are tracked.
        experiment_name: Name of the experiment.
        objective_name: The metric to optimise, `"objective"` by default.
        minimize: Whether small values are wanted.
        parameter_constraints: Linear constraints between parameters.
        outcome_constraints: Bounds on other metrics that the function returns.
        total_trials: How many trials.
        arms_per_trial: How many parameterizations a trial has, which are suggested together.
        random_seed: Seed of everything random.
        generation_strategy: How suggestions are made; chosen for the search space by default.

    Returns:
        The best parameters, their values (means, and variances as a nested dict), the experiment, and the model of it
        (`None` where there are too few results for one).

    Raises:
        UnsupportedError: If a parameter has a key for something that does not exist here.
        UserInputError: If a parameter, constraint, number or result cannot be used.
        DataRequiredError: If no evaluation satisfies the constraints.

    Example:
        >>> best, values, experiment, model = optimize(
        ...     parameters=[{"name": "x", "type": "range", "bounds": [-1.0, 1.0]}],
        ...     evaluation_function=lambda p: (p["x"] - 0.25) ** 2,
        ...     minimize=True,
        ...     total_trials=8,
        ...     random_seed=0,
        ... )
        >>> abs(best["x"] - 0.25) < 0.1
        True
    """
    loop = OptimizationLoop.with_evaluation_function(
        parameters,
        evaluation_function,
        experiment_name,
        objective_name,
        minimize,
        parameter_constraints,
        outcome_constraints,
        total_trials,
        arms_per_trial,
        random_seed=random_seed,
        generation_strategy=generation_strategy,
    ).full_run()
    return *loop.get_best_point(), loop.experiment, loop.get_current_model()
