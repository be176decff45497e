"""What every tool's experiment is turned into before it becomes one of ours."""

import secrets
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from axnb.api.client import Client
from axnb.errors import AxnbError, AxnbWarning, SnapshotError, listing
from axnb.problem.objective import OptimizationConfig
from axnb.problem.parameters import ChoiceParameter, FixedParameter, Parameter, plain
from axnb.problem.space import SearchSpace
from axnb.record.events import (
    Change,
    DataAttached,
    ExperimentConfigured,
    MetricsTracked,
    OptimizationConfigured,
    TrialCreated,
    TrialNoted,
    TrialStatusChanged,
    pairs,
)
from axnb.record.experiment import Experiment
from axnb.record.metadata import ExperimentMetadata
from axnb.record.trial import Arm, Observation, Provenance, TrialStatus

ParameterType: TypeAlias = Literal["bool", "int", "float", "str"]

_TOLERANCE = 1e-9  # of a range: what other tools round differently is not worth a word
_SHOWN = 5  # things that a warning names
_NAMES: dict[type[bool | int | float | str], ParameterType] = {bool: "bool", int: "int", float: "float", str: "str"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTrial:
    """One trial of another tool.

    Args:
        parameters: Its point.
        readings: Tuples of metric, value, standard error or `None`, and step or `None` for the final value.
        status: Where it stands.
        reason: Why it failed or was given up.
        note: What somebody remarked.
        generator: What made it.
    """

    parameters: Mapping[str, Any]
    readings: Sequence[tuple[str, float, float | None, float | None]] = ()
    status: TrialStatus = TrialStatus.COMPLETED
    reason: str | None = None
    note: str | None = None
    generator: str = "Manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastExperiment:
    """An experiment of another tool.

    Args:
        tool: Its name.
        parameters: What may be tried.
        config: The goal, `None` where there is none.
        trials: What was tried, in order.
        constraints: Constraints on parameters.
        name: The experiment's name.
        left_out: What could not be carried over.
    """

    tool: str
    parameters: Sequence[Parameter]
    config: OptimizationConfig | None
    trials: Sequence[PastTrial]
    constraints: Sequence[Any] = ()
    name: str | None = None
    left_out: list[str] = field(default_factory=list)


def open_client(past: PastExperiment, random_seed: int | None) -> Client:
    """Return a client that goes on with an experiment of another tool; a warning names what could not be carried over.

    Raises:
        SnapshotError: If the experiment has something that no experiment here can hold.
        UserInputError: If the seed is none.
    """
    seed = secrets.randbelow(2**31) if random_seed is None else random_seed
    client = Client(random_seed=seed)
    try:
        space = SearchSpace(parameters=tuple(past.parameters), constraints=tuple(past.constraints))
        experiment = Experiment()
        header = ExperimentMetadata(name=past.name, description=None, experiment_type=None, owner=None, seed=seed)
        begun = ExperimentConfigured(header=header, search_space=space)
        goal = [] if past.config is None else [OptimizationConfigured(config=past.config)]
        metrics = dict.fromkeys(metric for trial in past.trials for metric, *_ in trial.readings)
        experiment.record([begun, *goal, MetricsTracked(names=tuple(metrics))])
        left_out = [*past.left_out]
        experiment.record(_list_events(past.trials, space, left_out))
    except AxnbError as error:
        raise SnapshotError(f"this experiment of {past.tool} has something that axnb does not take: {error}") from error
    client.set_experiment(experiment)
    if left_out:
        more = f"; and {len(left_out) - _SHOWN} more" if len(left_out) > _SHOWN else ""
        told = "; ".join(left_out[:_SHOWN]) + more
        warnings.warn(f"not carried over from {past.tool}: {told}.", AxnbWarning, stacklevel=3)
    return client


def _list_events(trials: Sequence[PastTrial], space: SearchSpace, left_out: list[str]) -> list[Change]:
    events: list[Change] = []
    names: dict[Any, str] = {}
    index = 0
    for number, trial in enumerate(trials):
        try:
            point, _ = space.measure({n: v for n, v in trial.parameters.items() if n in space.names}, _TOLERANCE)
        except AxnbError as error:
            left_out.append(f"trial {number} ({error})")
            continue
        values = pairs(point)
        arm = Arm(name=names.setdefault(values, f"{index}_0"), parameters=values)
        events += _list_changes(trial, index, arm)
        index += 1
    return events


def _list_changes(trial: PastTrial, index: int, arm: Arm) -> list[Change]:
    begun = trial.status if trial.status.is_candidate else TrialStatus.RUNNING
    origin = Provenance(generator=trial.generator)
    events: list[Change] = [TrialCreated(index=index, arms=(arm,), provenance=origin, status=begun)]
    rows = tuple(Observation(metric=m, arm_name=arm.name, mean=v, sem=s, step=k) for m, v, s, k in trial.readings)
    events += [DataAttached(index=index, rows=rows)] if rows else []
    status, reason = trial.status, trial.reason
    if status.is_early_stopped and not rows:
        status, reason = TrialStatus.ABANDONED, reason or "stopped before its first result"
    if status is not begun:
        events.append(TrialStatusChanged(index=index, status=status, reason=reason))
    return [*events, TrialNoted(index=index, note=trial.note)] if trial.note else events


def make_choice(
    name: str, values: Sequence[Any], left_out: list[str], dependents: Sequence[tuple[Any, tuple[str, ...]]] = ()
) -> tuple[Parameter, Mapping[Any, Any]]:
    """Return the parameter that has some values, and for each value that of the parameter.

    Values of one kind stay as they are; mixed ones, and what is neither number nor text, become their text.

    Example:
        >>> parameter, read = make_choice("kind", ["a", None], [])
        >>> parameter.values, read[None]
        (('a', 'None'), 'None')
    """
    given: list[Any] = [plain(v) for v in dict.fromkeys(values)]
    kinds = {type(v) for v in given}
    kind = float if kinds == {int, float} else next((k for k in _NAMES if kinds == {k}), str)
    read: dict[Any, Any] = {v: kind(v) for v in given}
    if kind is str and kinds != {str}:
        left_out.append(f"the kinds of the values of {name!r}: they are text here ({listing(list(read.values()))})")
    if len(read) == 1:
        (only,) = read.values()
        return FixedParameter(name=name, value=only, parameter_type=_NAMES[kind]), read
    children = tuple((read[v], names) for v, names in dependents)
    return ChoiceParameter(
        name=name,
        values=tuple(read.values()),
        parameter_type=_NAMES[kind],
        is_ordered=kind in (int, float) or len(read) == 2,  # of two values each order is one
        dependents=children,
    ), read
