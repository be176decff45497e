"""Ways to make suggestions, on one footing: ours, and those of other libraries where they are installed."""

import importlib.util
import logging
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from axnb.benchmark.problems import Problem
from axnb.errors import UnknownNameError, UnsupportedError, UserInputError, listing, near_miss
from axnb.problem.generation import GenerationOptions
from axnb.problem.parameters import ChoiceParameter, ParameterValue, RangeParameter
from axnb.record.events import (
    DataAttached,
    ExperimentConfigured,
    GenerationConfigured,
    OptimizationConfigured,
    TrialCreated,
    TrialStatusChanged,
    pairs,
)
from axnb.record.experiment import Experiment
from axnb.record.metadata import ExperimentMetadata
from axnb.record.trial import Arm, Observation, TrialStatus
from axnb.suggest.parts import with_parts
from axnb.suggest.strategy import suggest

Point = dict[str, ParameterValue]


class Run(Protocol):
    """One optimisation under way."""

    def ask(self) -> tuple[int, Point]:
        """Return the number of a new trial and its point."""
        ...

    def tell(self, trial: int, outcomes: Mapping[str, float] | None) -> None:
        """End a trial with its metrics, or as failed with ``None``."""
        ...


Method = Callable[[Problem, int], Run]
"""Starts an optimisation of a problem with a seed."""


class _Ours:
    def __init__(self, options: GenerationOptions, problem: Problem, seed: int) -> None:
        header = ExperimentMetadata(name=problem.name, description=None, experiment_type=None, owner=None, seed=seed)
        self.experiment = Experiment()
        self.experiment.record([ExperimentConfigured(header=header, search_space=problem.space)])
        self.experiment.record([OptimizationConfigured(config=problem.goal)])
        self.experiment.record([GenerationConfigured(options=options)])

    def ask(self) -> tuple[int, Point]:
        view = self.experiment.view()
        (made,) = suggest(view, 1)
        arm = Arm(name=f"{view.next_index}_0", parameters=pairs(made.parameters))
        self.experiment.record([TrialCreated(index=view.next_index, arms=(arm,), provenance=made.provenance)])
        return view.next_index, made.parameters

    def tell(self, trial: int, outcomes: Mapping[str, float] | None) -> None:
        if outcomes is None:
            self.experiment.record([TrialStatusChanged(index=trial, status=TrialStatus.FAILED)])
            return
        rows = tuple(Observation(metric=n, arm_name=f"{trial}_0", mean=v) for n, v in outcomes.items())
        done = TrialStatusChanged(index=trial, status=TrialStatus.COMPLETED)
        self.experiment.record([DataAttached(index=trial, rows=rows), done])


class _Ax:
    def __init__(self, problem: Problem, seed: int) -> None:
        client, configs = importlib.import_module("ax.api.client"), importlib.import_module("ax.api.configs")
        for name in [n for n in logging.root.manager.loggerDict if n.split(".")[0] == "ax"]:
            logging.getLogger(name).setLevel(logging.ERROR)  # each of Ax's modules has a logger with a level of its own
        self.client = client.Client(random_seed=seed)
        self.client.configure_experiment(parameters=[self._config(configs, p) for p in problem.space.tunable])
        limits = [str(c) for c in problem.goal.constraints]
        worse = problem.goal.lower_is_better
        limits += [f"{n} {'<=' if worse[n] else '>='} {b}" for n, b in problem.goal.thresholds]
        self.client.configure_optimization(objective=str(problem.goal), outcome_constraints=limits or None)

    @staticmethod
    def _config(configs: Any, p: RangeParameter | ChoiceParameter) -> Any:
        if isinstance(p, ChoiceParameter):
            return configs.ChoiceParameterConfig(
                name=p.name, values=list(p.values), parameter_type=p.parameter_type, is_ordered=p.is_ordered
            )
        return configs.RangeParameterConfig(
            name=p.name,
            bounds=(p.lower, p.upper),
            parameter_type=p.parameter_type,
            scaling="log" if p.log_scale else None,
        )

    def ask(self) -> tuple[int, Point]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ((trial, point),) = self.client.get_next_trials(max_trials=1).items()
        return trial, dict(point)

    def tell(self, trial: int, outcomes: Mapping[str, float] | None) -> None:
        if outcomes is None:
            self.client.mark_trial_failed(trial)
        else:
            self.client.complete_trial(trial, raw_data=dict(outcomes))


class _Optuna:
    def __init__(self, problem: Problem, seed: int) -> None:
        self.optuna, self.goal = importlib.import_module("optuna"), problem.goal
        self.optuna.logging.set_verbosity(self.optuna.logging.ERROR)
        self.ranges = {p.name: self._range(p) for p in problem.space.tunable}
        limits = self._limits if problem.goal.constraints else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sampler = self.optuna.samplers.GPSampler(seed=seed, constraints_func=limits)
        self.study = self.optuna.create_study(directions=["maximize"] * len(problem.goal.objectives), sampler=sampler)
        self.trials: dict[int, Any] = {}

    def _range(self, p: RangeParameter | ChoiceParameter) -> Any:
        if isinstance(p, ChoiceParameter):
            return self.optuna.distributions.CategoricalDistribution(p.values)
        kind = "IntDistribution" if p.parameter_type == "int" else "FloatDistribution"
        return getattr(self.optuna.distributions, kind)(p.lower, p.upper, log=p.log_scale)

    def _limits(self, trial: Any) -> list[float]:
        metrics: dict[str, float] = trial.user_attrs["metrics"]
        signs = {"<=": 1.0, ">=": -1.0}
        return [
            signs[c.op] * (sum(w * metrics[n] for n, w in c.expression.terms) - c.bound) for c in self.goal.constraints
        ]

    def ask(self) -> tuple[int, Point]:
        trial = self.study.ask(self.ranges)
        self.trials[trial.number] = trial
        return trial.number, dict(trial.params)

    def tell(self, trial: int, outcomes: Mapping[str, float] | None) -> None:
        handle = self.trials.pop(trial)
        if outcomes is None:
            self.study.tell(handle, state=self.optuna.trial.TrialState.FAIL)
            return
        handle.set_user_attr("metrics", dict(outcomes))
        values = [sum(w * outcomes[n] for n, w in o.expression.terms) for o in self.goal.objectives]
        self.study.tell(handle, values)


METHODS: dict[str, Method] = {
    "fast": partial(_Ours, GenerationOptions(method="fast")),
    "quality": partial(_Ours, GenerationOptions(method="quality")),
    "random_search": partial(_Ours, GenerationOptions(method="random_search")),
    "ax": _Ax,
    "optuna": _Optuna,
}
"""The methods by name; `"ax"` and `"optuna"` need these libraries installed."""


_BUILT_IN = frozenset(METHODS)


def register_method(name: str, *, model: object = None, acquisition: object = None, optimizer: object = None) -> None:
    """Give suggestions with parts of your own a name, to compare them with others.

    Args:
        name: The name.
        model: A model, as in `Client.configure_generation_strategy`.
        acquisition: An acquisition, likewise.
        optimizer: An optimiser, likewise.

    Raises:
        UserInputError: If the name is no text or one of ours, or a part cannot be used.

    Example:
        >>> register_method("confidence bound", acquisition="ucb")
        >>> "confidence bound" in METHODS
        True
    """
    if not isinstance(name, str) or not name or name in _BUILT_IN:
        raise UserInputError(
            f"a method of your own needs a name other than {listing(sorted(_BUILT_IN))}, got {name!r}."
        )
    METHODS[name] = partial(_Ours, with_parts(GenerationOptions(), model, acquisition, optimizer))


def installed(name: str) -> bool:
    """Return whether what a method needs is installed."""
    return name not in ("ax", "optuna") or importlib.util.find_spec(name) is not None


def method(name: str) -> Method:
    """Return a method.

    Raises:
        UnknownNameError: If there is none of that name.
        UnsupportedError: If the library that it needs is not installed.

    Example:
        >>> method("fast") is METHODS["fast"]
        True
    """
    if name not in METHODS:
        raise UnknownNameError(f"there is no method {name!r}; there are {listing(METHODS)}.{near_miss(name, METHODS)}")
    if not installed(name):
        raise UnsupportedError(f"the method {name!r} needs a library that is not installed: pip install 'axnb[bench]'.")
    return METHODS[name]
