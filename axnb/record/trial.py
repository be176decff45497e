"""Trials and what they hold: arms, observations, provenance. Frozen values."""

import math
from collections.abc import ItemsView, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import TypeVar

from axnb.errors import (
    ObjectNotFoundError,
    UnknownNameError,
    UnsupportedError,
    UserInputError,
    listing,
    near_miss,
    shown,
)
from axnb.html import html_table, mean_and_sem
from axnb.problem.expressions import is_text
from axnb.problem.parameters import ParameterValue, is_number, plain, to_float, whole

LEASE = "lease"
"""The key of a trial's run metadata that says which loop runs it; it is not shown among what runners say."""

LATE = "late_results"
"""The key of a trial's run metadata that holds what came when the trial had ended otherwise: it does not count."""

LARGEST_POSITION = 2**30 - 2**16
"""Positions beyond it are near the end of a Sobol sequence of 30 bits."""

_Number = TypeVar("_Number", float, float | None)


class TrialStatus(IntEnum):
    """Where a trial stands.

    Example:
        >>> TrialStatus.RUNNING.is_terminal, TrialStatus.FAILED.is_terminal
        (False, True)
        >>> print(TrialStatus.RUNNING, f"{TrialStatus.FAILED}")
        RUNNING FAILED
    """

    CANDIDATE = 0
    STAGED = 1
    FAILED = 2
    COMPLETED = 3
    RUNNING = 4
    ABANDONED = 5
    DISPATCHED = 6
    EARLY_STOPPED = 7
    STALE = 8

    def __str__(self) -> str:
        return self.name

    def __format__(self, spec: str) -> str:
        return format(self.name, spec)

    @property
    def is_terminal(self) -> bool:
        """Whether a trial stays in this status."""
        return self.is_successful or self.is_lost

    @property
    def is_successful(self) -> bool:
        """Whether a trial has ended with results that count: it may be the best."""
        return self in (TrialStatus.COMPLETED, TrialStatus.EARLY_STOPPED)

    @property
    def is_failure(self) -> bool:
        """Whether a trial has ended as one does where nothing can be measured: failed, or given up by somebody."""
        return self in (TrialStatus.FAILED, TrialStatus.ABANDONED)

    @property
    def is_lost(self) -> bool:
        """Whether a trial has ended and its results, if any, do not count."""
        return self.is_failure or self is TrialStatus.STALE

    @property
    def expecting_data(self) -> bool:
        """Whether results of a trial are to be learned from: it runs, or has ended with results that count."""
        return self.is_successful or self is TrialStatus.RUNNING

    @property
    def is_deployed(self) -> bool:
        """Whether a trial has been handed over to be evaluated, and has not ended."""
        return self in (TrialStatus.STAGED, TrialStatus.RUNNING)

    @property
    def is_candidate(self) -> bool:
        """Whether a trial is only proposed."""
        return self is TrialStatus.CANDIDATE

    @property
    def is_running(self) -> bool:
        """Whether a trial is being evaluated."""
        return self is TrialStatus.RUNNING

    @property
    def is_completed(self) -> bool:
        """Whether a trial was evaluated to its end."""
        return self is TrialStatus.COMPLETED

    @property
    def is_early_stopped(self) -> bool:
        """Whether a trial was ended because others did better; its results count."""
        return self is TrialStatus.EARLY_STOPPED

    @property
    def is_failed(self) -> bool:
        """Whether a trial could not be evaluated; its point may be tried again."""
        return self is TrialStatus.FAILED

    @property
    def is_abandoned(self) -> bool:
        """Whether a trial was given up; its point is not suggested again."""
        return self is TrialStatus.ABANDONED

    @property
    def label(self) -> str:
        """The status as a word, such as `"Early stopped"`."""
        return self.name.replace("_", " ").capitalize()


ALLOWED_FROM: Mapping[TrialStatus, frozenset[TrialStatus]] = {
    TrialStatus.STAGED: frozenset({TrialStatus.CANDIDATE}),
    TrialStatus.RUNNING: frozenset({TrialStatus.CANDIDATE, TrialStatus.STAGED}),
    TrialStatus.COMPLETED: frozenset({TrialStatus.RUNNING}),
    TrialStatus.FAILED: frozenset({TrialStatus.RUNNING}),
    TrialStatus.EARLY_STOPPED: frozenset({TrialStatus.RUNNING}),
    TrialStatus.ABANDONED: frozenset(
        {TrialStatus.CANDIDATE, TrialStatus.STAGED, TrialStatus.RUNNING, TrialStatus.DISPATCHED}
    ),
    TrialStatus.STALE: frozenset({TrialStatus.CANDIDATE}),
}


class ArmParameters(Mapping[str, ParameterValue]):
    """A parameterization that never changes: a mapping that also equals the tuple of its pairs, and can be a key.

    Args:
        given: A mapping, or pairs of parameter and value.

    Example:
        >>> point = ArmParameters({"x": 1.0})
        >>> point["x"], point == {"x": 1.0}, point == (("x", 1.0),), {(("x", 1.0),): "found"}[point]
        (1.0, True, True, 'found')
    """

    __slots__ = ("pairs",)

    def __init__(self, given: Mapping[str, ParameterValue] | Iterable[tuple[str, ParameterValue]] = ()) -> None:
        pairs = given.items() if isinstance(given, Mapping) else given
        self.pairs: tuple[tuple[str, ParameterValue], ...] = tuple(pairs)

    def __getitem__(self, name: str) -> ParameterValue:
        for held, value in self.pairs:
            if held == name:
                return value
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def items(self) -> ItemsView[str, ParameterValue]:
        """Return pairs of parameter and value."""
        return dict(self.pairs).items()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ArmParameters | tuple):
            return self.pairs == (other.pairs if isinstance(other, ArmParameters) else other)
        return isinstance(other, Mapping) and dict(self.pairs) == dict(other)

    def __hash__(self) -> int:
        return hash(self.pairs)

    def __repr__(self) -> str:
        return repr(dict(self.pairs))


@dataclass(frozen=True, slots=True, init=False)
class Arm:
    """A parameterization with a name.

    Args:
        parameters: The value of each parameter, in the order of the search space: a mapping, or pairs.
        name: Name, such as `"3_0"` for the first arm of trial 3; an arm without one is named by the trial it joins.

    Raises:
        UserInputError: If the name is empty, or it or a value is nothing that can be kept.

    Example:
        >>> Arm({"x": 0.5}, name="first").parameters["x"]
        0.5
    """

    name: str
    parameters: ArmParameters

    def __init__(
        self,
        parameters: Mapping[str, ParameterValue] | Iterable[tuple[str, ParameterValue]] = (),
        name: str | None = None,
    ) -> None:
        if name is not None and (not is_text(name) or not name.strip()):
            raise UserInputError(f"an arm's name must be a non-empty string, got {shown(name)}.")
        point = parameters if isinstance(parameters, ArmParameters) else ArmParameters(parameters)
        for key, value in point.pairs:
            if not (is_text(value) if isinstance(value, str) else math.isfinite(to_float(value)) or value in (0, 1)):
                raise UserInputError(f"arm {name or 'without a name'!r}: parameter {key!r} cannot be {shown(value)}.")
        object.__setattr__(self, "name", name or "")
        object.__setattr__(self, "parameters", point)

    @property
    def has_name(self) -> bool:
        """Whether it has a name already."""
        return bool(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One reading of one metric.

    Args:
        metric: The metric's name.
        arm_name: The arm that was measured.
        mean: The value, in the metric's own units.
        sem: Standard error of the mean; `None` where unknown, 0 for an exact value.
        step: Progression of the trial at the reading; `None` for the final value.

    Raises:
        UserInputError: If a number is not finite or the standard error is negative.

    Example:
        >>> Observation(metric="loss", arm_name="0_0", mean=0.3).sem is None
        True
    """

    metric: str
    arm_name: str
    mean: float
    sem: float | None = None
    step: float | None = None

    def __post_init__(self) -> None:
        for what, name in (("a metric", self.metric), ("an arm", self.arm_name)):
            if not is_text(name):
                raise UserInputError(f"the name of {what} must be a string that can be kept, got {shown(name)}.")
        object.__setattr__(self, "mean", _finite(self.mean, f"metric {self.metric!r}: the mean"))
        sem = plain(self.sem)
        if is_number(sem) and math.isnan(to_float(sem)):
            sem = None  # how tables write "unknown"
        if sem is not None:
            sem = _finite(sem, f"metric {self.metric!r}: the standard error")
            if sem < 0:
                raise UserInputError(
                    f"metric {self.metric!r}: the standard error must not be negative, got {shown(sem)}."
                )
        object.__setattr__(self, "sem", sem)
        if self.step is not None:
            object.__setattr__(self, "step", _finite(self.step, f"metric {self.metric!r}: the progression"))


def _finite(value: object, what: str) -> float:
    value = plain(value)
    if not is_number(value):
        raise UserInputError(f"{what} must be a number, got {shown(value)} ({type(value).__name__}).")
    number = to_float(value)
    if not math.isfinite(number):
        raise UserInputError(
            f"{what} must be a finite number, got {shown(number)}: "
            "mark the trial failed if it gave no usable result, or leave the metric out."
        )
    return number


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSummary:
    """What the model of one metric looked like when a suggestion was made; six digits of each number are kept.

    Args:
        metric: The metric's name.
        hyperparameters: Pairs of name and value; the start of the next fit.
        score: Leave-one-out score, larger is better; `None` where it was not computed.
    """

    metric: str
    hyperparameters: tuple[tuple[str, float], ...] = ()
    score: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "hyperparameters", tuple([(n, _brief(v)) for n, v in self.hyperparameters]))
        object.__setattr__(self, "score", _brief(self.score))


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a trial came from; six digits of each number are kept.

    Args:
        generator: `"Center"`, `"Sobol"`, `"BO"`, `"Manual"`, `"Baseline"` or the name of a generator.
        position: Position in the experiment's quasi-random sequence, for points taken from it.
        seconds: Pairs of phase and seconds spent in it.
        acquisition_value: Value of the acquisition function, larger is better.
        predictions: Triples of metric, predicted mean and standard error.
        models: The models behind the suggestion.
        node: The node of the generation strategy that made it.

    Example:
        >>> Provenance(generator="Sobol", position=3).position
        3
    """

    generator: str
    position: int | None = None
    seconds: tuple[tuple[str, float], ...] = ()
    acquisition_value: float | None = None
    predictions: tuple[tuple[str, float, float], ...] = ()
    models: tuple[ModelSummary, ...] = ()
    node: str | None = None

    def __post_init__(self) -> None:
        if self.position is not None:
            whole("the position in the quasi-random sequence", self.position, 0, LARGEST_POSITION)
        predictions = tuple([(metric, _brief(mean), _brief(sem)) for metric, mean, sem in self.predictions])
        object.__setattr__(self, "seconds", tuple([(phase, _brief(s)) for phase, s in self.seconds]))
        object.__setattr__(self, "acquisition_value", _brief(self.acquisition_value))
        object.__setattr__(self, "predictions", predictions)


def _brief(number: _Number) -> _Number:
    """Return a number as it is kept: the same in memory as in a file."""
    return number if number is None else float(f"{number:.6g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmResult:
    """What one arm of one trial came to.

    Args:
        trial_index: The trial.
        arm: The arm.
        status: Where the trial stands.
        provenance: Where the arm came from.
        weight: How much of the trial is given to the arm, relative to its other arms.
        outcomes: For each metric the final mean and its standard error, `None` where unknown.
    """

    trial_index: int
    arm: Arm
    status: TrialStatus
    provenance: Provenance
    weight: float = 1.0
    outcomes: Mapping[str, tuple[float, float | None]] = field(default_factory=dict)

    @property
    def arm_name(self) -> str:
        """The arm's name."""
        return self.arm.name

    @property
    def parameters(self) -> dict[str, ParameterValue]:
        """The point."""
        return dict(self.arm.parameters)

    @property
    def generator(self) -> str:
        """What made the point."""
        return self.provenance.generator

    def has(self, metrics: Iterable[str]) -> bool:
        """Return whether there is a result for each of the metrics."""
        return all(name in self.outcomes for name in metrics)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One evaluation job: a single arm, or a batch of several that are evaluated together.

    Args:
        index: Number of the trial, never used again.
        arms: What was or will be evaluated.
        weights: How much of the trial is given to each arm, relative to the others; empty where all get the same.
        status: Where it stands.
        status_reason: Why it failed or was abandoned.
        provenance: Where it came from.
        provenances: Where each arm came from; empty where all came from where the trial did.
        data: Its observations, one for each metric, arm and step.
        time_created: When it was made, in UTC.
        time_completed: When it reached a terminal status, in UTC.
        run_metadata: Pairs of key and JSON text, kept for a runner.
        note: A person's remark.
    """

    index: int
    arms: tuple[Arm, ...]
    weights: tuple[float, ...] = ()
    status: TrialStatus = TrialStatus.RUNNING
    status_reason: str | None = None
    provenance: Provenance = Provenance(generator="Manual")
    provenances: tuple[Provenance, ...] = ()
    data: tuple[Observation, ...] = ()
    time_created: datetime | None = None
    time_completed: datetime | None = None
    run_metadata: tuple[tuple[str, str], ...] = ()
    note: str | None = None
    _results: tuple[ArmResult, ...] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def is_batch(self) -> bool:
        """Whether the trial has several arms."""
        return len(self.arms) > 1

    @property
    def arm(self) -> Arm:
        """The only arm.

        Raises:
            UnsupportedError: If the trial has several.
        """
        if len(self.arms) != 1:
            raise UnsupportedError(
                f"trial {self.index} has {len(self.arms)} arms: ask for `arms` or `results`, which tell of each."
            )
        return self.arms[0]

    @property
    def arm_name(self) -> str:
        """Name of the only arm.

        Raises:
            UnsupportedError: If the trial has several.
        """
        return self.arm.name

    @property
    def parameters(self) -> dict[str, ParameterValue]:
        """The parameterization of the only arm.

        Raises:
            UnsupportedError: If the trial has several.
        """
        return dict(self.arm.parameters)

    @property
    def outcomes(self) -> Mapping[str, tuple[float, float | None]]:
        """For each metric the final mean and standard error of the only arm, as in `results`.

        Raises:
            UnsupportedError: If the trial has several.
        """
        return self.results[self.arms.index(self.arm)].outcomes

    @property
    def arms_by_name(self) -> dict[str, Arm]:
        """The arms by their names."""
        return {arm.name: arm for arm in self.arms}

    @property
    def arm_weights(self) -> dict[Arm, float]:
        """How much of the trial is given to each arm, relative to the others."""
        return {result.arm: result.weight for result in self.results}

    @property
    def results(self) -> tuple[ArmResult, ...]:
        """What each arm came to.

        A reading without progression is final; where there is none, the one with the largest progression is.
        """
        if self._results is None:
            object.__setattr__(self, "_results", _collect_results(self))
        assert self._results is not None
        return self._results

    def _repr_html_(self) -> str:
        title = f"Trial {self.index}: {self.status.label.lower()}"
        if len(self.arms) == 1:
            rows: list[tuple[str, str, object]] = [("parameter", n, v) for n, v in self.parameters.items()]
            rows += [("metric", n, mean_and_sem(mean, sem)) for n, (mean, sem) in self.outcomes.items()]
            return html_table(["", "name", "value"], rows, title)
        points = [r.parameters for r in self.results]
        names = list(dict.fromkeys(n for point in points for n in point))
        metrics = list(dict.fromkeys(n for r in self.results for n in r.outcomes))
        body = [
            [
                r.arm_name,
                r.weight,
                *(point.get(n) for n in names),
                *(mean_and_sem(*r.outcomes[n]) if n in r.outcomes else "" for n in metrics),
            ]
            for r, point in zip(self.results, points, strict=True)
        ]
        return html_table(["arm", "weight", *names, *metrics], body, title)


def _collect_results(trial: Trial) -> tuple[ArmResult, ...]:
    final: dict[str, dict[str, Observation]] = {arm.name: {} for arm in trial.arms}
    for row in trial.data:
        rows = final.setdefault(row.arm_name, {})
        held = rows.get(row.metric)
        if held is None or _progress(row) >= _progress(held):
            rows[row.metric] = row
    return tuple(
        [
            ArmResult(
                trial_index=trial.index,
                arm=arm,
                status=trial.status,
                provenance=trial.provenances[i] if trial.provenances else trial.provenance,
                weight=trial.weights[i] if trial.weights else 1.0,
                outcomes={name: (row.mean, row.sem) for name, row in final[arm.name].items()},
            )
            for i, arm in enumerate(trial.arms)
        ]
    )


def _progress(row: Observation) -> float:
    return math.inf if row.step is None else row.step


def no_such_arm(trial: Trial, name: object) -> UnknownNameError:
    """Return the error for an arm that a trial does not have."""
    known = trial.arms_by_name
    return UnknownNameError(
        f"trial {trial.index} has no arm {str(name)!r}; its arms are {listing(known)}.{near_miss(name, known)}"
    )


def no_such_trial(index: int, known: Sequence[int]) -> ObjectNotFoundError:
    """Return the error for a trial that does not exist."""
    if not known:
        return ObjectNotFoundError(f"there is no trial {shown(index)}; there are no trials yet.")
    if len(known) <= 8:
        return ObjectNotFoundError(f"there is no trial {shown(index)}; the trials are {', '.join(map(str, known))}.")
    return ObjectNotFoundError(f"there is no trial {shown(index)}; the trials run from {known[0]} to {known[-1]}.")
