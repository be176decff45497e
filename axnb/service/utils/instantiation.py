"""From what Ax's older faces take (dicts of parameters, text, raw data) to what the Client takes."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from axnb.api.arguments import listed, strings, text
from axnb.api.client import Client
from axnb.api.configs import (
    ChoiceParameterConfig,
    DerivedParameterConfig,
    ParameterConfig,
    RangeParameterConfig,
)
from axnb.api.types import TParameterization, TParameterValue
from axnb.core.types import ComparisonOp, TMapTrialEvaluation, TTrialEvaluation
from axnb.errors import UnsupportedError, UserInputError, listing, near_miss, shown
from axnb.problem.constraints import CountConstraint, ParameterConstraint, parse_parameter_constraints
from axnb.problem.expressions import is_text
from axnb.problem.objective import OutcomeConstraint, parse_outcome_constraint
from axnb.problem.parameters import Parameter, is_number, plain, to_float, whole
from axnb.record.events import BaselineSet, Change, TrialCreated, pairs
from axnb.record.experiment import Experiment, ExperimentView
from axnb.record.trial import Arm, Provenance, TrialStatus

TParameterRepresentation: TypeAlias = Mapping[str, TParameterValue | Sequence[TParameterValue] | None]

PARAM_CLASSES = ["range", "choice", "fixed", "derived"]
PARAM_TYPES: dict[str, type] = {"bool": bool, "float": float, "int": int, "str": str}
COMPARISON_OPS = {"<=": ComparisonOp.LEQ, ">=": ComparisonOp.GEQ}
DEFAULT_OBJECTIVE_NAME = "objective"
STATUS_QUO = "status_quo"

_NEEDED = {"range": "bounds", "choice": "values", "fixed": "value", "derived": "expression_str"}
_KEYS = (
    "name",
    "type",
    *_NEEDED.values(),
    "value_type",
    "log_scale",
    "is_ordered",
    "step_size",
    "digits",
    "dependents",
)
_IGNORED = ("sort_values",)  # ordered numbers are always sorted
_UNSUPPORTED = ("is_fidelity", "target_value", "is_task")
_PERCENT = re.compile(r"(?P<metric>.+?)\s*(?P<op><=|>=)\s*(?P<percent>[-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*%\s*")


@dataclass(frozen=True, slots=True)
class ObjectiveProperties:
    """What is wanted of a metric.

    Args:
        minimize: Whether small values are.
        threshold: With several objectives, the worst value that is of interest.

    Example:
        >>> ObjectiveProperties(minimize=True, threshold=20.0).threshold
        20.0
    """

    minimize: bool
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class FixedFeatures:
    """Values of parameters that a suggestion is to have.

    Args:
        parameters: The values by name.
        trial_index: Always `None`: no trial is a task of its own here.

    Raises:
        UnsupportedError: If a trial index is given.

    Example:
        >>> FixedFeatures({"x": 0.5}).parameters
        {'x': 0.5}
    """

    parameters: TParameterization
    trial_index: int | None = None

    def __post_init__(self) -> None:
        if self.trial_index is not None:
            raise UnsupportedError("trial_index of FixedFeatures has no meaning here: leave it out.")


def config_from_json(representation: TParameterRepresentation) -> ParameterConfig:
    """Return the config that a dict describes.

    Args:
        representation: `name`, `type` (`"range"`, `"choice"`, `"fixed"` or `"derived"`) and `bounds`, `values`, `value`
            or `expression_str`; optionally `value_type`, `log_scale`, `is_ordered`, `step_size`, `digits` (steps of a
            power of ten), `dependents`.

    Raises:
        UnsupportedError: If it has a key for something that does not exist here.
        UserInputError: If a key is missing, unknown, or its value cannot be used.

    Example:
        >>> config_from_json({"name": "lr", "type": "range", "bounds": [1e-4, 1.0], "log_scale": True}).scaling
        'log'
    """
    given: Mapping[str, Any] = representation
    if not isinstance(given, Mapping) or "name" not in given:
        raise UserInputError(f"a parameter is a dict with 'name', 'type' and 'bounds' or 'values', got {shown(given)}.")
    name = given["name"]
    _check_keys(name, given)
    kind = given.get("type")
    if not isinstance(kind, str) or kind not in _NEEDED or _NEEDED[kind] not in given:
        raise UserInputError(
            f"parameter {name!r} needs 'type' with 'bounds', 'values', 'value' or 'expression_str' to go with it "
            f"('range', 'choice', 'fixed' or 'derived'), got {shown(dict(given))}."
        )
    if kind == "derived":
        return DerivedParameterConfig(name, given["expression_str"], given.get("value_type", "float"))
    if kind == "range":
        return _range_config(name, given)
    values = given["values"] if kind == "choice" else [given["value"]]
    if not isinstance(values, list | tuple) or not values:
        raise UserInputError(f"parameter {name!r}: values must be a list, got {shown(values)}.")
    return ChoiceParameterConfig(
        name,
        values,
        given.get("value_type", type(plain(values[0])).__name__),
        is_ordered=given.get("is_ordered"),
        dependent_parameters=given.get("dependents"),
    )


def mapping(name: str, value: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Return a dict.

    Raises:
        UserInputError: If the value is none.
    """
    if not isinstance(value, Mapping):
        raise UserInputError(f"{name} must be a dict, got {shown(value)}.")
    return value


def _check_keys(name: object, given: Mapping[str, Any]) -> None:
    asked = [k for k in _UNSUPPORTED if given.get(k)]
    if asked:
        raise UnsupportedError(f"parameter {name!r} has {listing(asked)}, which does not exist here: leave it out.")
    unknown = [k for k in given if k not in (*_KEYS, *_IGNORED, *_UNSUPPORTED)]
    if unknown:
        hint = near_miss(unknown[0], _KEYS)
        raise UserInputError(f"parameter {name!r} has the key {unknown[0]!r}; the keys are {listing(_KEYS, 12)}.{hint}")


def _range_config(name: str, given: Mapping[str, Any]) -> RangeParameterConfig:
    bounds, step = given["bounds"], given.get("step_size")
    integers = isinstance(bounds, list | tuple) and all(
        isinstance(b, int) and not isinstance(b, bool) for b in map(plain, bounds)
    )
    kind = given.get("value_type", "int" if integers else "float")
    if given.get("digits") is not None and kind != "int":
        if step is not None:
            raise UserInputError(f"parameter {name!r} has both 'digits' and 'step_size': give one of them.")
        step = 10.0 ** -whole(f"digits of parameter {name!r}", given["digits"], 0, 12)
    return RangeParameterConfig(name, bounds, kind, step_size=step, scaling="log" if given.get("log_scale") else None)


def parameter_from_json(representation: TParameterRepresentation) -> Parameter:
    """Return the parameter that a dict describes, as `create_experiment` and `optimize` take it.

    Raises:
        UnsupportedError: If it has a key for something that does not exist here.
        UserInputError: If a key is missing, unknown, or its value cannot be used.

    Example:
        >>> parameter_from_json({"name": "x", "type": "range", "bounds": [0.0, 1.0]}).domain
        'a number in [0.0, 1.0]'
    """
    return config_from_json(representation).to_parameter()


def constraint_from_str(
    representation: str, parameters: Mapping[str, Parameter]
) -> ParameterConstraint | CountConstraint:
    """Return the constraint that text such as `"x1 + x2 <= 1"` stands for.

    Args:
        representation: The text.
        parameters: The parameters by name.

    Raises:
        ExpressionError: If the text is no linear constraint.
        UserInputError: If it names something that cannot be constrained, or stands for two constraints.

    Example:
        >>> x = parameter_from_json({"name": "x", "type": "range", "bounds": [0.0, 1.0]})
        >>> str(constraint_from_str("2*x <= 1", {"x": x}))
        '2*x <= 1'
    """
    if not isinstance(parameters, Mapping):
        raise UserInputError(f"parameters must be a dict of parameters by name, got {shown(parameters)}.")
    made = parse_parameter_constraints([representation], parameters.values())
    if len(made) != 1:
        raise UserInputError(f"{representation!r} stands for {len(made)} constraints: write them one by one.")
    return made[0]


def outcome_constraint_from_str(representation: str) -> OutcomeConstraint:
    """Return the constraint that text such as `"m1 <= 3."` stands for.

    A bound in percent is relative to the status quo: `"m1 >= -5%"` is `"m1 >= 0.95 * baseline"`.

    Raises:
        ExpressionError: If the text is no linear comparison by `<=` or `>=`, or names no metric.

    Example:
        >>> outcome_constraint_from_str("m1 <= 3.").bound, outcome_constraint_from_str("m1 >= -5%").baseline_factor
        (3.0, 0.95)
    """
    return parse_outcome_constraint(_plain_constraint(representation))


def _plain_constraint(representation: str) -> str:
    """Return a constraint with a bound in percent as one relative to the baseline."""
    match = _PERCENT.fullmatch(representation) if isinstance(representation, str) else None
    if match is None:
        return representation
    return f"{match['metric']} {match['op']} {1 + float(match['percent']) / 100!r} * baseline"


def goal_from_properties(
    objectives: Mapping[str, ObjectiveProperties] | None,
    objective_name: str | None,
    minimize: bool,
    outcome_constraints: Sequence[str] | None,
) -> tuple[str, list[str]]:
    """Return objective and outcome constraints as `Client.configure_optimization` takes them.

    Args:
        objectives: What is wanted of each metric.
        objective_name: Instead, the only metric; `"objective"` where neither is given.
        minimize: Whether small values of it are wanted.
        outcome_constraints: Bounds on metrics.

    Raises:
        UserInputError: If both forms are given, or something is no objective.

    Example:
        >>> wanted = {"a": ObjectiveProperties(True, 3.0), "b": ObjectiveProperties(False)}
        >>> goal_from_properties(wanted, None, False, [])
        ("-'a', 'b'", ["'a' <= 3.0"])
    """
    if objectives is not None and (objective_name is not None or minimize):
        raise UserInputError("give either objectives, or objective_name and minimize.")
    if objectives is None:
        name = text("objective_name", objective_name)
        objectives = {DEFAULT_OBJECTIVE_NAME if name is None else name: ObjectiveProperties(minimize)}
    if not isinstance(objectives, Mapping) or not objectives:
        raise UserInputError(f"objectives must be a dict of metric and ObjectiveProperties, got {shown(objectives)}.")
    parts: list[str] = []
    constraints = [_plain_constraint(c) for c in strings("outcome_constraints", outcome_constraints)]
    for metric, wanted in objectives.items():
        if not isinstance(wanted, ObjectiveProperties):
            raise UserInputError(f"objective {metric!r} must be ObjectiveProperties, got {shown(wanted)}.")
        parts.append(f"-{_quoted(metric)}" if wanted.minimize else _quoted(metric))
        if wanted.threshold is not None and len(objectives) > 1:  # alone, it has no front to bound
            constraints.append(f"{_quoted(metric)} {'<=' if wanted.minimize else '>='} {to_float(wanted.threshold)!r}")
    return ", ".join(parts), constraints


def _quoted(metric: str) -> str:
    if "'" in metric and '"' in metric:
        raise UserInputError(f"the name of an objective must not have both kinds of quotes, got {metric!r}.")
    return f'"{metric}"' if "'" in metric else f"'{metric}'"


def raw_data_to_evaluation(raw_data: Any, objective_name: str | None) -> TTrialEvaluation | TMapTrialEvaluation:
    """Return raw data as means and standard errors by metric, or as a list of such by step.

    Args:
        raw_data: A number, a pair of mean and standard error, a dict of these by metric, or a list of pairs of step and
            one of these.
        objective_name: The metric that a number or a pair is of; `None` where there are several objectives.

    Raises:
        UserInputError: If the data is none of these, or a number without a metric to belong to.

    Example:
        >>> raw_data_to_evaluation(0.5, "loss"), raw_data_to_evaluation({"loss": (0.5, 0.1)}, "loss")
        ({'loss': (0.5, None)}, {'loss': (0.5, 0.1)})
        >>> raw_data_to_evaluation([(1, 0.5), ({"epoch": 2}, {"loss": 0.4})], "loss")
        [(1.0, {'loss': (0.5, None)}), (2.0, {'loss': (0.4, None)})]
    """
    if isinstance(raw_data, Mapping):
        wrong = [name for name in raw_data if not is_text(name)]
        if wrong or not raw_data:
            raise UserInputError(f"raw_data must be a dict of numbers by the name of a metric, got {shown(raw_data)}.")
        return {str(plain(name)): _mean_and_sem(name, value) for name, value in raw_data.items()}
    given = plain(raw_data)
    if is_number(given) or _is_pair(given):
        if objective_name is None:
            raise UserInputError(
                f"a number alone does not say which metric it is of, got {shown(raw_data)}: give a dict by metric."
            )
        return {objective_name: _mean_and_sem(objective_name, given)}
    steps = list(given) if isinstance(given, list | tuple) else []
    if not steps or not all(isinstance(s, list | tuple) and len(s) == 2 for s in steps):
        raise UserInputError(
            "raw_data must be a number, a pair of mean and standard error, a dict of these by metric, or a list of "
            f"pairs of step and such data, got {shown(raw_data)}."
        )
    made: TMapTrialEvaluation = []
    for step, data in steps:
        evaluation = raw_data_to_evaluation(data, objective_name)
        if isinstance(evaluation, list):
            raise UserInputError(f"the data of a step must be that of one step, got {shown(data)}.")
        made.append((_step(step), evaluation))
    return made


def _is_pair(given: object) -> bool:
    if not isinstance(given, list | tuple) or len(given) != 2:
        return False
    mean, sem = map(plain, given)
    return is_number(mean) and (sem is None or is_number(sem))


def _mean_and_sem(name: object, value: object) -> tuple[float, float | None]:
    value = plain(value)
    if is_number(value):
        return to_float(value), None
    if isinstance(value, list | tuple) and _is_pair(value):
        mean, sem = map(plain, value)
        return to_float(mean), None if sem is None else to_float(sem)
    raise UserInputError(
        f"metric {shown(name)} takes a number, or a pair of mean and standard error, "
        f"got {shown(value)} ({type(value).__name__})."
    )


def _step(step: object) -> float:
    given = next(iter(step.values())) if isinstance(step, Mapping) and len(step) == 1 else step
    number = to_float(plain(given))
    if not math.isfinite(number):
        raise UserInputError(f"a step must be a number, or a dict with one, got {shown(step)}.")
    return number


def make_client(
    parameters: Sequence[TParameterRepresentation],
    name: str | None,
    goal: tuple[str, list[str]],
    parameter_constraints: Sequence[str] | None,
    *,
    status_quo: TParameterization | None = None,
    tracking_metric_names: Sequence[str] | None = None,
    description: str | None = None,
    owner: str | None = None,
    experiment_type: str | None = None,
    random_seed: int | None = None,
) -> Client:
    """Return a client for a new experiment, in memory.

    Raises:
        UnsupportedError: If a parameter has a key for something that does not exist here.
        UserInputError: If a parameter, a constraint, the goal or a name cannot be used.
    """
    made = [config_from_json(p) for p in listed("parameters", parameters, "dicts")]
    client = Client(random_seed=random_seed)
    client.configure_experiment(made, parameter_constraints, name, description, experiment_type, owner)
    client.configure_optimization(*goal)
    if tracking_metric_names:
        client.configure_tracking_metrics(tracking_metric_names)
    if status_quo is not None:
        set_status_quo(client.experiment, status_quo)
    return client


def set_status_quo(experiment: Experiment, parameters: TParameterization) -> None:
    """Make a point the one that relative constraints compare with: a trial of its own, which waits to be run.

    Raises:
        UnsupportedError: If there is one already.
        UserInputError: If a value is missing or not allowed.
        StorageError: If the change cannot be kept.
    """

    def events(now: ExperimentView) -> list[Change]:
        assert now.search_space is not None
        arm = Arm(name=STATUS_QUO, parameters=pairs(now.search_space.validate(parameters)))
        made = Provenance(generator="Baseline")
        created = TrialCreated(index=now.next_index, arms=(arm,), provenance=made, status=TrialStatus.CANDIDATE)
        return [created, BaselineSet(index=created.index)]

    experiment.record(events)


def make_experiment(
    parameters: Sequence[TParameterRepresentation],
    name: str | None = None,
    objective_name: str | None = None,
    minimize: bool = False,
    parameter_constraints: Sequence[str] | None = None,
    outcome_constraints: Sequence[str] | None = None,
    status_quo: TParameterization | None = None,
    *,
    objectives: Mapping[str, ObjectiveProperties] | None = None,
    tracking_metric_names: Sequence[str] | None = None,
    description: str | None = None,
    experiment_type: str | None = None,
    random_seed: int | None = None,
) -> Experiment:
    """Return an experiment, without a class to be made first.

    Args:
        parameters: A dict for each, as `config_from_json` reads it.
        name: Name of the experiment.
        objective_name: The metric to optimise, `"objective"` by default.
        minimize: Whether small values of it are wanted.
        parameter_constraints: Linear constraints between parameters.
        outcome_constraints: Bounds on metrics, such as `"m1 <= 3."`.
        status_quo: The parameterization that relative constraints compare with; a trial of its own.
        objectives: Instead of name and direction, what is wanted of each of several metrics.
        tracking_metric_names: Metrics that are recorded besides.
        description: What it is about.
        experiment_type: Kind of experiment, in your own words.
        random_seed: Seed of everything random in the experiment.

    Raises:
        UnsupportedError: If a parameter has a key for something that does not exist here.
        UserInputError: If something cannot be used.

    Example:
        >>> made = make_experiment([{"name": "x", "type": "range", "bounds": [0.0, 1.0]}], objective_name="loss")
        >>> str(made.view().optimization)
        'loss'
    """
    goal = goal_from_properties(objectives, objective_name, minimize, outcome_constraints)
    return make_client(
        parameters,
        name,
        goal,
        parameter_constraints,
        status_quo=status_quo,
        tracking_metric_names=tracking_metric_names,
        description=description,
        experiment_type=experiment_type,
        random_seed=random_seed,
    ).experiment


class InstantiationBase:
    """The functions of this module as methods."""

    parameter_from_json = staticmethod(parameter_from_json)
    constraint_from_str = staticmethod(constraint_from_str)
    outcome_constraint_from_str = staticmethod(outcome_constraint_from_str)
    raw_data_to_evaluation = staticmethod(raw_data_to_evaluation)
    make_experiment = staticmethod(make_experiment)
