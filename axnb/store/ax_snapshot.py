"""Reads the JSON snapshots of Ax 1.x: of its Client, its AxClient, and its experiments. Ax itself is not needed.

What an experiment here can hold is carried over; what it cannot is named.
"""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from axnb.errors import AxnbError, ObjectNotFoundError, SnapshotError
from axnb.problem.constraints import CountConstraint, ParameterConstraint, parse_parameter_constraints
from axnb.problem.expressions import LinearExpression, parse_linear
from axnb.problem.generation import GenerationOptions
from axnb.problem.objective import (
    Objective,
    OptimizationConfig,
    OutcomeConstraint,
    parse_objectives,
    parse_outcome_constraint,
)
from axnb.problem.parameters import ChoiceParameter, DerivedParameter, FixedParameter, Parameter, RangeParameter
from axnb.problem.space import SearchSpace
from axnb.record.events import (
    BaselineSet,
    Change,
    DataAttached,
    ExperimentConfigured,
    GenerationConfigured,
    MetricsTracked,
    OptimizationConfigured,
    TrialCreated,
    TrialRunStarted,
    TrialStatusChanged,
    pairs,
)
from axnb.record.experiment import Experiment
from axnb.record.metadata import ExperimentMetadata
from axnb.record.trial import Arm, Observation, Provenance, TrialStatus
from axnb.store.files import read_file

_TYPES = {"FLOAT": "float", "INT": "int", "STRING": "str", "BOOL": "bool"}
_OPS: dict[str, Any] = {"LEQ": "<=", "GEQ": ">="}
_NOT_ENDED = (TrialStatus.CANDIDATE, TrialStatus.STAGED, TrialStatus.DISPATCHED)
_GENERATORS = {"Sobol": "Sobol", "CenterOfSearchSpace": "Center", "Manual": "Manual"}
_RANDOM = {"SOBOL", "UNIFORM"}
_ODD = ("logit_scale", "is_fidelity", "is_task", "target_value", "digits")  # of parameters, without a counterpart


def load(path: str | os.PathLike[str], seed: int) -> tuple[Experiment, list[str]]:
    """Read an experiment from a snapshot of Ax, and return with it what could not be carried over.

    Args:
        path: The file.
        seed: Seed of everything random from now on.

    Raises:
        ObjectNotFoundError: If there is no such file.
        SnapshotError: If it is no snapshot of Ax 1.x, or has something that no experiment here can hold.
        StorageError: If it cannot be read.
    """
    name = str(path)
    try:
        text = read_file(path)
    except FileNotFoundError:
        raise ObjectNotFoundError(f"there is no file {name!r}.") from None
    try:
        return loads(text, seed)
    except SnapshotError as error:
        raise SnapshotError(f"cannot read {name!r}: {error}") from error


def loads(text: str | bytes, seed: int) -> tuple[Experiment, list[str]]:
    """Return the experiment in the text of a snapshot of Ax, and what could not be carried over.

    Raises:
        SnapshotError: If it is no snapshot of Ax 1.x, or has something that no experiment here can hold.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SnapshotError(f"it is no valid JSON ({error}): is it complete?") from error
    whole = found if isinstance(found, dict) else {}
    experiment = whole if whole.get("__type") == "Experiment" else whole.get("experiment")
    if not isinstance(experiment, dict) or "search_space" not in experiment:
        raise SnapshotError("it is no snapshot of Ax: expected what its Client, AxClient or save_experiment wrote.")
    try:
        return _Reader(experiment).read(whole.get("generation_strategy"), seed)
    except AxnbError as error:
        raise SnapshotError(f"it has something that axnb does not take: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise SnapshotError(f"it is damaged, or of another version of Ax: {type(error).__name__}: {error}") from error


class _Reader:
    """Reads one experiment, and keeps what it leaves out."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        self.found = found
        self.left_out: list[str] = []

    def read(self, strategy: Mapping[str, Any] | None, seed: int) -> tuple[Experiment, list[str]]:
        experiment = Experiment()
        properties = self.found.get("properties") or {}
        owners = properties.get("owners") or []
        header = ExperimentMetadata(
            name=self.found.get("name"),
            description=self.found.get("description"),
            experiment_type=self.found.get("experiment_type"),
            owner=", ".join(owners) or None,
            seed=seed,
        )
        space = self._space(self.found["search_space"])
        events: list[Change] = [ExperimentConfigured(header=header, search_space=space)]
        goal = self.found.get("optimization_config")
        if goal is not None:
            events.append(OptimizationConfigured(config=self._goal(goal)))
        metrics = [m["name"] for m in self.found.get("tracking_metrics") or ()]
        rows = {int(i): _rows(kept) for i, kept in (self.found.get("data_by_trial") or {}).items()}
        metrics += [row["metric_name"] for kept in rows.values() for row in kept]
        events.append(MetricsTracked(names=tuple(dict.fromkeys(metrics))))
        options = _options(strategy)
        events += [] if options is None else [GenerationConfigured(options=options)]
        experiment.record(events)
        trials = sorted(self.found.get("trials", {}).values(), key=lambda t: int(t["index"]))
        made = [e for t in trials for e in self._trial(t, rows.get(int(t["index"]), []), space)]
        experiment.record([*made, *self._baseline(made, space)])
        if self.found.get("runner") is not None:
            self.left_out.append("the runner")
        return experiment, self.left_out

    def _space(self, found: Mapping[str, Any]) -> SearchSpace:
        parameters = tuple(self._parameter(p) for p in found["parameters"])
        constraints = tuple(c for f in found.get("parameter_constraints") or () for c in _constraints(f, parameters))
        return SearchSpace(parameters=parameters, constraints=constraints)

    def _parameter(self, found: Mapping[str, Any]) -> Parameter:
        kind: Any = _TYPES[found["parameter_type"]["name"]]
        name, what = found["name"], found["__type"]
        odd = [key for key in _ODD if found.get(key)]
        if what == "ChoiceParameter" and found.get("log_scale"):
            odd.append("log_scale")
        if odd:
            self.left_out.append(f"{', '.join(odd)} of parameter {name!r}")
        if what == "RangeParameter":
            bounds = dict(lower=found["lower"], upper=found["upper"])
            log = bool(found.get("log_scale"))
            return RangeParameter(name=name, parameter_type=kind, log_scale=log, **bounds)
        if what == "FixedParameter":
            return FixedParameter(name=name, value=found["value"], parameter_type=kind)
        if what == "DerivedParameter":
            return DerivedParameter(name=name, expression=parse_linear(found["expression_str"]), parameter_type=kind)
        values = tuple(found["values"])
        given = {str(v): tuple(names) for v, names in (found.get("dependents") or {}).items()}
        dependents = tuple((v, given[key]) for v in values for key in (str(v), json.dumps(v)) if key in given)
        return ChoiceParameter(
            name=name,
            values=values,
            parameter_type=kind,
            is_ordered=bool(found.get("is_ordered")),
            dependents=tuple(dict.fromkeys(dependents)),
        )

    def _goal(self, found: Mapping[str, Any]) -> OptimizationConfig:
        objectives = _objectives(found["objective"])
        constraints = [_outcome_constraint(c) for c in found.get("outcome_constraints") or ()]
        bounds = [_outcome_constraint(c) for c in found.get("objective_thresholds") or ()]
        thresholds = tuple((c.metric_names[0], c.bound) for c in bounds if not c.relative)
        target = found.get("pruning_target_parameterization")
        return OptimizationConfig(
            objectives=objectives,
            constraints=tuple(constraints + [c for c in bounds if c.relative]),
            thresholds=thresholds,
            pruning_target=None if target is None else pairs(target.get("parameters", target)),
        )

    def _trial(self, found: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], space: SearchSpace) -> list[Change]:
        index, status = int(found["index"]), TrialStatus[found["status"]["name"]]
        arms, weights, key = _arms(found, space)
        generator = _GENERATORS.get(key, "BO") if key else "Manual"
        begun = status if status in _NOT_ENDED else TrialStatus.RUNNING
        begun = TrialStatus.CANDIDATE if status is TrialStatus.STALE else begun
        made = Provenance(generator=generator)
        events: list[Change] = [TrialCreated(index=index, arms=arms, provenance=made, status=begun, weights=weights)]
        known = {a.name for a in arms}
        readings = [_observation(r) for r in rows if r["mean"] is not None and r["arm_name"] in known]
        if len(readings) < len(rows):
            self.left_out.append(f"{len(rows) - len(readings)} results of trial {index} without a value or an arm")
        if readings:
            events.append(DataAttached(index=index, rows=tuple(readings)))
        said = tuple((str(k), json.dumps(v)) for k, v in (found.get("run_metadata") or {}).items())
        if said:
            events.append(TrialRunStarted(index=index, metadata=said))
        if status is TrialStatus.EARLY_STOPPED and not readings:
            self.left_out.append(f"that trial {index} was stopped early, as it has no results: it is abandoned here")
            status = TrialStatus.ABANDONED
        if status is not begun:
            reason = found.get("status_reason") or found.get("abandoned_reason") or found.get("failed_reason")
            events.append(TrialStatusChanged(index=index, status=status, reason=reason))
        return events

    def _baseline(self, made: Sequence[Change], space: SearchSpace) -> list[Change]:
        """Return what makes the status quo the baseline: its trial, or one that waits to be run."""
        found = self.found.get("status_quo")
        if found is None:
            return []
        created = [e for e in made if isinstance(e, TrialCreated)]
        arm = _arm(found, space)
        index = next((e.index for e in created if [a.parameters for a in e.arms] == [arm.parameters]), None)
        if index is not None:
            return [BaselineSet(index=index)]
        index = created[-1].index + 1 if created else 0
        waiting = Provenance(generator="Baseline")
        self.left_out.append(f"results of the status quo by itself: trial {index} waits to be run for them")
        trial = TrialCreated(index=index, arms=(arm,), provenance=waiting, status=TrialStatus.CANDIDATE)
        return [trial, BaselineSet(index=index)]


def _constraints(
    found: Mapping[str, Any], parameters: Sequence[Parameter]
) -> Sequence[ParameterConstraint | CountConstraint]:
    text = found.get("inequality") or found.get("equality")
    if text is not None:
        return parse_parameter_constraints([text], parameters)
    terms = tuple((name, float(weight)) for name, weight in found["constraint_dict"].items())
    return [ParameterConstraint(terms=terms, bound=float(found["bound"]))]


def _objectives(found: Mapping[str, Any]) -> tuple[Objective, ...]:
    if found.get("expression") is not None:
        return parse_objectives(found["expression"])
    if "objectives" in found:
        return tuple(o for part in found["objectives"] for o in _objectives(part))
    sign = -1.0 if found.get("minimize") else 1.0
    metrics = found["metrics"] if "metrics" in found else [found["metric"]]
    weights = found.get("weights") or [1.0] * len(metrics)
    terms = tuple((m["name"], sign * float(w)) for m, w in zip(metrics, weights, strict=True))
    return (Objective(expression=LinearExpression(terms=terms)),)


def _outcome_constraint(found: Mapping[str, Any]) -> OutcomeConstraint:
    if found.get("expression") is not None:
        return parse_outcome_constraint(found["expression"])
    metrics = found["metrics"] if "metrics" in found else [found["metric"]]
    weights = found.get("weights") or [1.0] * len(metrics)
    terms = tuple((m["name"], float(w)) for m, w in zip(metrics, weights, strict=True))
    bound, relative = float(found["bound"]), bool(found.get("relative"))
    return OutcomeConstraint(
        expression=LinearExpression(terms=terms),
        op=_OPS[found["op"]["name"]],
        bound=0.0 if relative else bound,
        baseline_factor=1.0 + bound / 100.0 if relative else 0.0,
    )


def _options(strategy: Mapping[str, Any] | None) -> GenerationOptions | None:
    """Return the settings that make suggestions in the spirit of a strategy; `None` for the defaults."""
    nodes = (strategy or {}).get("nodes") or ()
    specs = [s for node in nodes for s in node.get("generator_specs") or ()]
    names = {(s.get("generator_enum") or {}).get("name") for s in specs}
    if names and names <= _RANDOM:
        return GenerationOptions(method="random_search")
    criteria = [c for node in nodes[:1] for c in node.get("transition_criteria") or ()]
    budgets = [c["threshold"] for c in criteria if c.get("__type") == "MinTrials" and not c.get("only_in_statuses")]
    return GenerationOptions(initialization_budget=int(budgets[0])) if budgets else None


def _arms(found: Mapping[str, Any], space: SearchSpace) -> tuple[tuple[Arm, ...], tuple[float, ...], str | None]:
    """Return the arms of a trial, their weights (none for a single arm), and what made them."""
    structs = found.get("generator_run_structs") or ()  # of earlier versions, with a weight each
    plain = [found["generator_run"]] if found.get("generator_run") else found.get("generator_runs") or ()
    runs = [(s["generator_run"], float(s.get("weight", 1.0))) for s in structs] or [(run, 1.0) for run in plain]
    arms: dict[str, Arm] = {}
    weights: dict[str, float] = {}
    keys = []
    for run, share in runs:
        keys.append(run.get("generator_key"))
        for arm, weight in zip(run["arms"], run.get("weights") or [1.0] * len(run["arms"]), strict=True):
            arms[arm["name"]] = _arm(arm, space)
            weights[arm["name"]] = weights.get(arm["name"], 0.0) + share * float(weight)
    kept = tuple(weights.values()) if len(arms) > 1 else ()
    return tuple(arms.values()), kept, next((k for k in keys if k), None)


def _arm(found: Mapping[str, Any], space: SearchSpace) -> Arm:
    """Return an arm with its values in the order of the parameters, as measured where they are off the space."""
    given = found["parameters"]
    values = {n: space[n].cast(given[n]) if _fits(space[n], given[n]) else given[n] for n in space.names if n in given}
    return Arm(name=found["name"], parameters=pairs({n: v for n, v in values.items() if v is not None}))


def _fits(parameter: Parameter, value: object) -> bool:
    try:
        parameter.cast(value)
    except AxnbError:
        return False
    return True


def _rows(kept: Any) -> list[dict[str, Any]]:
    """Return the rows of the data of a trial; later ones take the place of earlier ones."""
    tables = kept["value"] if isinstance(kept, Mapping) else kept
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for _, table in tables:
        columns = json.loads(table["df"]["value"])
        for key in columns.get("metric_name", {}):
            row = {name: cells.get(key) for name, cells in columns.items()}
            rows[row["arm_name"], row["metric_name"], row.get("step")] = row
    return list(rows.values())


def _observation(row: Mapping[str, Any]) -> Observation:
    return Observation(
        metric=row["metric_name"], arm_name=row["arm_name"], mean=row["mean"], sem=row.get("sem"), step=row.get("step")
    )
