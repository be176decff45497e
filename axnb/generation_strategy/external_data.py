"""What an optimiser of a user's is told of an experiment: plain read-only values in the shape that Ax gives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from axnb.errors import NotConfiguredError
from axnb.problem.constraints import CountConstraint, ParameterConstraint
from axnb.problem.parameters import Parameter, ParameterValue
from axnb.record.experiment import ExperimentView, arm_results
from axnb.record.trial import TrialStatus

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class ExternalArm:
    """An arm.

    Args:
        name: Its name.
        parameters: The point.
    """

    name: str
    parameters: dict[str, ParameterValue]


@dataclass(frozen=True, slots=True)
class ExternalTrial:
    """A trial.

    Args:
        index: Its number.
        status: Where it stands.
        arms: What is evaluated.
    """

    index: int
    status: TrialStatus
    arms: tuple[ExternalArm, ...]

    @property
    def arm(self) -> ExternalArm:
        """The first arm, of most trials the only one."""
        return self.arms[0]


@dataclass(frozen=True, slots=True)
class ExternalSearchSpace:
    """What may be tried.

    Args:
        parameters: The parameters by name.
        parameter_constraints: What holds between them.
    """

    parameters: Mapping[str, Parameter]
    parameter_constraints: tuple[ParameterConstraint | CountConstraint, ...]


@dataclass(frozen=True, slots=True)
class ExternalObjective:
    """What is optimised.

    Args:
        metric_names: The metrics in it.
        minimize: Whether small values are wanted.
    """

    metric_names: tuple[str, ...]
    minimize: bool


@dataclass(frozen=True, slots=True)
class ExternalGoal:
    """The goal.

    Args:
        objective: What is optimised first.
        objectives: All of it.
        metrics: Every metric of the goal, with whether small values are wanted.
    """

    objective: ExternalObjective
    objectives: tuple[ExternalObjective, ...]
    metrics: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class ExternalExperiment:
    """An experiment.

    Args:
        search_space: What may be tried.
        optimization_config: What is wanted.
        trials: The trials by number.
    """

    search_space: ExternalSearchSpace
    optimization_config: ExternalGoal
    trials: Mapping[int, ExternalTrial]

    @property
    def trials_by_status(self) -> dict[TrialStatus, list[ExternalTrial]]:
        """The trials of each status."""
        return {s: [t for t in self.trials.values() if t.status is s] for s in TrialStatus}


@dataclass(frozen=True, slots=True, eq=False)
class ExternalData:
    """Results.

    Args:
        df: A row each arm and metric: ``trial_index``, ``arm_name``, ``metric_name``, ``mean``, ``sem``.
    """

    df: "pd.DataFrame"


def read_experiment(
    view: ExperimentView,
) -> tuple[ExternalExperiment, ExternalData, list[dict[str, ParameterValue]]]:
    """Return an experiment, its results, and the points whose results are to come.

    Raises:
        NotConfiguredError: If there is no search space or no goal.
    """
    import pandas as pd

    space, goal = view.search_space, view.optimization
    if space is None or goal is None:
        raise NotConfiguredError("there is no search space or no goal yet: configure the experiment first.")
    objectives = tuple(ExternalObjective(o.metric_names, o.minimize) for o in goal.objectives)
    wanted = dict(goal.lower_is_better)
    trials = {
        t.index: ExternalTrial(t.index, t.status, tuple(ExternalArm(a.name, dict(a.parameters)) for a in t.arms))
        for t in view.trials.values()
    }
    rows = [
        (r.trial_index, r.arm_name, name, mean, float("nan") if sem is None else sem)
        for r in arm_results(view)
        if r.status.expecting_data
        for name, (mean, sem) in r.outcomes.items()
    ]
    pending = [r.parameters for r in arm_results(view) if not r.status.is_terminal and not r.has(goal.metric_names)]
    experiment = ExternalExperiment(
        ExternalSearchSpace({p.name: p for p in space.parameters}, tuple(space.constraints)),
        ExternalGoal(objectives[0], objectives, {name: wanted.get(name, False) for name in goal.metric_names}),
        trials,
    )
    frame = pd.DataFrame(rows, columns=["trial_index", "arm_name", "metric_name", "mean", "sem"])
    return experiment, ExternalData(frame), pending
