"""Trials to work with: they tell how they stand now, and record what is done to them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, Self

from axnb.errors import NotConfiguredError, UnsupportedError, UserInputError, listing
from axnb.problem.parameters import ParameterValue
from axnb.record import trial as record
from axnb.record.data import Data
from axnb.record.events import (
    ArmsAdded,
    Change,
    DataAttached,
    MetricsTracked,
    TrialCreated,
    TrialRunStarted,
    TrialStatusChanged,
)
from axnb.record.frames import data_frame
from axnb.record.generator_run import GeneratorRun
from axnb.record.journaled import ExperimentView, JournaledExperiment
from axnb.record.trial import Arm, Observation, Provenance, TrialStatus


class TrialRunner(Protocol):
    """Starts trials."""

    def run(self, trial: "BaseTrial") -> Mapping[str, Any]:
        """Start a trial, and return what is to be kept of that (plain JSON values)."""
        ...


class BaseTrial:
    """A trial of an experiment; it is in the experiment from the moment when it has an arm.

    Args:
        experiment: The experiment.
        index: The trial; `None` for one that is yet to get its arms.
        runner: What starts it.
    """

    def __init__(
        self, experiment: JournaledExperiment, index: int | None = None, runner: TrialRunner | None = None
    ) -> None:
        self.experiment = experiment
        self.runner = runner
        self._index = index

    @property
    def index(self) -> int:
        """Its number; of one without arms the number that it would get now."""
        return self.experiment.view().next_index if self._index is None else self._index

    @property
    def record(self) -> record.Trial:
        """What is recorded of it at present.

        Raises:
            UserInputError: If it has no arms yet.
        """
        if self._index is None:
            raise UserInputError("the trial has no arms yet: add one first.")
        return self.experiment.view().trial(self._index)

    @property
    def status(self) -> TrialStatus:
        """Where it stands."""
        return TrialStatus.CANDIDATE if self._index is None else self.record.status

    @property
    def arms(self) -> list[Arm]:
        """What is evaluated."""
        return [] if self._index is None else list(self.record.arms)

    @property
    def arms_by_name(self) -> dict[str, Arm]:
        """The arms by their names."""
        return {arm.name: arm for arm in self.arms}

    @property
    def run_metadata(self) -> dict[str, Any]:
        """What its runner said."""
        return {key: json.loads(text) for key, text in self.record.run_metadata}

    @property
    def time_created(self) -> datetime | None:
        """When it was made."""
        return self.record.time_created

    def add_generator_run(self, generator_run: GeneratorRun) -> Self:
        """Add the arms of a generator run.

        Raises:
            TrialMutationError: If the trial is run already.
            UserInputError: If an arm does not belong to the search space, or its point or name is there already.
        """
        return self._add(generator_run.arms, generator_run.weights, generator_run.provenance)

    def _add(self, arms: Iterable[Arm], weights: Sequence[float], provenance: Provenance) -> Self:
        made: list[int] = []

        def events(now: ExperimentView) -> list[Change]:
            index = now.next_index if self._index is None else self._index
            begun = () if self._index is None else now.trial(index).arms
            named = tuple([_named(now, arm, f"{index}_{i}") for i, arm in enumerate(arms, start=len(begun))])
            made.append(index)
            if begun:
                return [ArmsAdded(index=index, arms=named, weights=tuple(weights), provenance=provenance)]
            shares = tuple(weights) if len(set(weights)) > 1 else ()
            new = dict(index=index, arms=named, weights=shares, provenance=provenance)
            return [TrialCreated(**new, status=TrialStatus.CANDIDATE)]  # type: ignore[arg-type]

        self.experiment.record(events)
        self._index = made[-1]
        return self

    def run(self) -> Self:
        """Start the trial by its runner.

        Raises:
            NotConfiguredError: If there is no runner.
            TrialMutationError: If it was started before.
        """
        if self.runner is None:
            raise NotConfiguredError("there is no runner: give the experiment one, or call mark_running.")
        said = self.runner.run(self)
        told = TrialRunStarted(index=self.index, metadata=tuple((k, json.dumps(v)) for k, v in said.items()))
        self.experiment.record([TrialStatusChanged(index=self.index, status=TrialStatus.RUNNING), told])
        return self

    def mark_as(self, status: TrialStatus, reason: str | None = None) -> Self:
        """Record where the trial stands.

        Raises:
            TrialMutationError: If it cannot get there from where it is.
        """
        self.experiment.record([TrialStatusChanged(index=self.record.index, status=status, reason=reason)])
        return self

    def mark_running(self, no_runner_required: bool = False) -> Self:
        """Record that it runs.

        Args:
            no_runner_required: Taken for the sake of old code: none is.
        """
        return self.mark_as(TrialStatus.RUNNING)

    def mark_completed(self) -> Self:
        """Record that it was evaluated to its end."""
        return self.mark_as(TrialStatus.COMPLETED)

    def mark_failed(self, reason: str | None = None) -> Self:
        """Record that it could not be evaluated."""
        return self.mark_as(TrialStatus.FAILED, reason)

    def mark_abandoned(self, reason: str | None = None) -> Self:
        """Record that it was given up."""
        return self.mark_as(TrialStatus.ABANDONED, reason)

    def mark_early_stopped(self) -> Self:
        """Record that it was ended because others did better."""
        return self.mark_as(TrialStatus.EARLY_STOPPED)

    def lookup_data(self) -> Data:
        """Return the readings of the trial."""
        return Data(df=data_frame(self.experiment.view())).filter([self.record.index])

    def __repr__(self) -> str:
        name = self.experiment.view().name
        return f"{type(self).__name__}(experiment_name={name!r}, index={self.index}, status={self.status.name})"


class Trial(BaseTrial):
    """A trial of one arm."""

    @property
    def arm(self) -> Arm | None:
        """What is evaluated; `None` before it is said."""
        return None if self._index is None else self.record.arm

    def add_arm(self, arm: Arm) -> Self:
        """Say what is evaluated.

        Raises:
            UnsupportedError: If that was said already.
            UserInputError: If the arm does not belong to the search space.
        """
        if self._index is not None:
            raise UnsupportedError(f"trial {self.index} has its arm: make another trial, or a batch.")
        return self._add([arm], (1.0,), Provenance(generator="Manual"))

    def add_generator_run(self, generator_run: GeneratorRun) -> Self:
        """Evaluate the only arm of a generator run.

        Raises:
            UnsupportedError: If it has several arms, or the trial has one already.
            UserInputError: If the arm does not belong to the search space.
        """
        if len(generator_run.arms) != 1 or self._index is not None:
            raise UnsupportedError("a trial has one arm: make a batch by new_batch_trial for several.")
        return super().add_generator_run(generator_run)

    @property
    def objective_mean(self) -> float:
        """The value of the only objective's metric.

        Raises:
            UnsupportedError: If there are several objectives.
            UserInputError: If there is no result.
        """
        goal = self.experiment.view().optimization
        if goal is None or len(goal.objective_metric_names) != 1:
            raise UnsupportedError("objective_mean needs one objective of one metric: ask for get_metric_mean.")
        return self.get_metric_mean(goal.objective_metric_names[0])

    def get_metric_mean(self, metric_name: str) -> float:
        """Return the value of a metric.

        Raises:
            UserInputError: If there is no result.
        """
        outcomes = self.record.outcomes
        if metric_name not in outcomes:
            raise UserInputError(f"trial {self.index} has no {metric_name!r}; it has {listing(outcomes)}.")
        return outcomes[metric_name][0]

    def update_trial_data(self, raw_data: Mapping[str, Any]) -> None:
        """Record results: for each metric a number, or a pair of mean and standard error.

        Raises:
            UserInputError: If a value is no finite number.
        """
        attach_rows(self.experiment, {self.record.index: observations(self.record.arm_name, raw_data)})


class BatchTrial(BaseTrial):
    """A trial of several arms that are evaluated together."""

    @property
    def arm_weights(self) -> dict[Arm, float]:
        """How much of the trial each arm gets, relative to the others."""
        return {} if self._index is None else self.record.arm_weights

    @property
    def weights(self) -> list[float]:
        """The weight of each arm, in their order."""
        return list(self.arm_weights.values())

    def normalized_arm_weights(self, total: float = 1.0) -> dict[Arm, float]:
        """Return the weights such that they add up to a total."""
        whole = sum(self.weights)
        return {arm: total * weight / whole for arm, weight in self.arm_weights.items()}

    @property
    def status_quo(self) -> Arm | None:
        """The arm of it that is the experiment's status quo, if it is among them."""
        view = self.experiment.view()
        wanted = None if view.baseline is None else view.trial(view.baseline).arm.parameters
        return next((arm for arm in self.arms if arm.parameters == wanted), None)

    def add_arm(self, arm: Arm, weight: float = 1.0) -> Self:
        """Add an arm.

        Raises:
            TrialMutationError: If the trial is run already.
            UserInputError: If the arm does not belong to the search space, or is there already.
        """
        return self.add_arms_and_weights([arm], [weight])

    def add_arms_and_weights(self, arms: Sequence[Arm], weights: Sequence[float] | None = None) -> Self:
        """Add arms, with 1 as the weight of each by default.

        Raises:
            TrialMutationError: If the trial is run already.
            UserInputError: If an arm does not belong to the search space, or is there already.
        """
        return self.add_generator_run(GeneratorRun(arms, weights))

    def add_status_quo_arm(self, weight: float = 1.0) -> Self:
        """Add the experiment's status quo.

        Raises:
            NotConfiguredError: If the experiment has none.
        """
        view = self.experiment.view()
        if view.baseline is None:
            raise NotConfiguredError("the experiment has no status quo: set one, or add an arm by add_arm.")
        return self._add([view.trial(view.baseline).arm], (weight,), Provenance(generator="Baseline"))

    @property
    def is_factorial(self) -> bool:
        """Whether the arms are all combinations of the values that their parameters have in them."""
        values: dict[str, set[ParameterValue]] = {}
        for arm in self.arms:
            for name, value in arm.parameters.items():
                values.setdefault(name, set()).add(value)
        combinations = 1
        for held in values.values():
            combinations *= len(held)
        return len(self.arms) > 1 and combinations == len(self.arms)

    def attach_batch_trial_data(self, raw_data: Mapping[str, Mapping[str, Any]]) -> None:
        """Record results by arm: for each metric a number, or a pair of mean and standard error.

        Raises:
            UnknownNameError: If there is no such arm.
            UserInputError: If a value is no finite number.
        """
        rows = [row for name, data in raw_data.items() for row in observations(name, data)]
        attach_rows(self.experiment, {self.record.index: rows})


def observations(arm_name: str, raw_data: Mapping[str, Any]) -> list[Observation]:
    """Return readings of an arm as they are recorded.

    Raises:
        UserInputError: If a value is no finite number.
    """
    rows = []
    for metric, value in raw_data.items():
        mean, sem = value if isinstance(value, tuple | list) else (value, None)
        rows.append(Observation(metric=metric, arm_name=arm_name, mean=mean, sem=sem))
    return rows


def attach_rows(experiment: JournaledExperiment, rows: Mapping[int, Sequence[Observation]]) -> None:
    """Record readings by trial; metrics that are new are tracked.

    Raises:
        ObjectNotFoundError: If there is no such trial.
        UnknownNameError: If there is no such arm.
    """

    def events(now: ExperimentView) -> list[Change]:
        new = [r.metric for held in rows.values() for r in held if r.metric not in now.metrics]
        tracked: list[Change] = [MetricsTracked(names=tuple(dict.fromkeys(new)))] if new else []
        return [*tracked, *(DataAttached(index=i, rows=tuple(held)) for i, held in rows.items() if held)]

    experiment.record(events)


def _named(view: ExperimentView, arm: Arm, name: str) -> Arm:
    """Return an arm with a name, and the values that the search space keeps for it; a repeated point keeps its name."""
    space = view.search_space
    point = arm.parameters if space is None else record.ArmParameters(space.validate(dict(arm.parameters)))
    held = next((other.name for other in view.find_arms(point.pairs)), None)
    return Arm(point, held or arm.name or name)
