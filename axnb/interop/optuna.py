"""Studies of Optuna: read from the study, its database or its journal, and written as a study."""

import json
import math
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from axnb.api.client import Client
from axnb.errors import NotConfiguredError, UserInputError
from axnb.interop.optuna_files import (
    NAMED_CONSTRAINT,
    KeptStudy,
    KeptTrial,
    choose_study,
    make_hashable,
    read_studies,
    read_study,
)
from axnb.interop.past import PastExperiment, PastTrial, make_choice, open_client
from axnb.problem.expressions import LinearExpression
from axnb.problem.objective import Objective, OptimizationConfig, OutcomeConstraint
from axnb.problem.parameters import (
    ChoiceParameter,
    DerivedParameter,
    FixedParameter,
    Parameter,
    ParameterValue,
    RangeParameter,
    to_float,
)
from axnb.problem.space import SearchSpace
from axnb.record.experiment import ExperimentView, arm_results
from axnb.record.trial import ArmResult, TrialStatus

if TYPE_CHECKING:
    import optuna

_STATUSES = {
    "RUNNING": TrialStatus.RUNNING,
    "COMPLETE": TrialStatus.COMPLETED,
    "PRUNED": TrialStatus.EARLY_STOPPED,
    "FAIL": TrialStatus.FAILED,
    "WAITING": TrialStatus.CANDIDATE,
}


_GIVEN = (FixedParameter, DerivedParameter)  # parameters that nobody chooses


def from_optuna(
    study: "optuna.Study | str | os.PathLike[str]", study_name: str | None = None, random_seed: int | None = None
) -> Client:
    """Return a client that goes on with a study of Optuna; Optuna is not needed to read its files.

    Parameters with their ranges, scales and steps, directions, constraints, trials with results, intermediate values
    and states are carried over. A parameter that exists for some values of a choice only becomes a dependent one. A
    warning names what is not carried over, such as trials without a result of a number.

    Args:
        study: The study; or the address of its database such as ``"sqlite:///study.db"``; or the path of its SQLite
            file or journal.
        study_name: Which study of a database or journal; needed where there are several.
        random_seed: Seed of everything random from now on.

    Raises:
        ObjectNotFoundError: If there is no such file or study.
        SnapshotError: If it is no file of Optuna, or has something that no experiment here can hold.
        StorageError: If the database cannot be read.
        UserInputError: If there are several studies and none is named, or something is of the wrong type.

    Example:
        >>> import optuna
        >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
        >>> study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
        >>> study.optimize(lambda trial: trial.suggest_float("x", -1.0, 1.0) ** 2, n_trials=5)
        >>> client = from_optuna(study, random_seed=0)
        >>> len(client.summarize())
        5
    """
    if isinstance(study, str | os.PathLike):
        found = choose_study(read_studies(os.fspath(study)), study_name)
    else:
        found = read_study(study)
    return open_client(_translate(found), random_seed)


def _translate(study: KeptStudy) -> PastExperiment:
    left_out: list[str] = []
    parameters, read = _make_parameters(study.trials, left_out)
    metrics = _name_metrics(study)
    limits = {n: f"constraint {n}" if n in metrics else n for t in study.trials for n in t.constraints}
    made = []
    for number, trial in enumerate(study.trials):
        past = _make_trial(trial, number, metrics, limits, read, left_out)
        made += [] if past is None else [past]
    left_out += ["attributes of the study"] if study.user else []
    return PastExperiment(
        tool="Optuna",
        parameters=parameters,
        config=OptimizationConfig(
            objectives=tuple(
                Objective(expression=LinearExpression(terms=((m, 1.0 if d == "MAXIMIZE" else -1.0),)))
                for m, d in zip(metrics, study.directions, strict=True)
            ),
            constraints=tuple(
                OutcomeConstraint(expression=LinearExpression(terms=((m, 1.0),)), op="<=", bound=0.0)
                for m in limits.values()
            ),
        ),
        trials=made,
        name=None if study.name.startswith("no-name-") else study.name,
        left_out=left_out,
    )


def _name_metrics(study: KeptStudy) -> list[str]:
    known = study.system.get("study:metric_names")
    if known:
        return list(known)
    several = len(study.directions) > 1
    return [f"value_{k}" for k in range(len(study.directions))] if several else ["value"]


def _make_trial(
    trial: KeptTrial,
    number: int,
    metrics: Sequence[str],
    limits: Mapping[str, str],
    read: Mapping[str, Mapping[Any, Any]],
    left_out: list[str],
) -> PastTrial | None:
    given = trial.params or trial.system.get("fixed_params") or {}
    if not given:
        left_out.append(f"trial {number}, which has no parameters")
        return None
    point = {n: read[n].get(v, v) if n in read else v for n, v in given.items()}
    status = _STATUSES[trial.state]
    readings: list[tuple[str, float, float | None, float | None]] = []
    if len(metrics) == 1:
        readings += [(metrics[0], v, None, float(k)) for k, v in sorted(trial.steps.items()) if v is not None]
    if status.is_completed:
        readings += [(m, v, None, None) for m, v in zip(metrics, trial.values, strict=True) if v is not None]
    readings += [(limits[n], v, None, None) for n, v in trial.constraints.items()]
    kept = [r for r in readings if math.isfinite(r[1])]
    if status.is_completed and not {m for m, _, _, step in kept if step is None} >= set(metrics):
        status = TrialStatus.FAILED
    reason = trial.system.get("fail_reason")
    note = json.dumps(trial.user, ensure_ascii=False, default=str) if trial.user else None
    return PastTrial(parameters=point, readings=kept, status=status, reason=reason, note=note, generator="Optuna")


def _make_parameters(
    trials: Iterable[KeptTrial], left_out: list[str]
) -> tuple[list[Parameter], dict[str, Mapping[Any, Any]]]:
    """Return the parameters of a study, each with all the values that were ever allowed, and how choices are read."""
    told = [t for t in trials if t.params]
    kinds: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for trial in told:
        for name, distribution in trial.distributions.items():
            kinds.setdefault(name, []).append(distribution)
    children = _find_dependents(told, kinds)
    made: list[Parameter] = []
    read: dict[str, Mapping[Any, Any]] = {}
    for name, found in kinds.items():
        if found[0][0] == "CategoricalDistribution":
            values = [make_hashable(v) for _, numbers in found for v in numbers["choices"]]
            parameter, read[name] = make_choice(name, values, left_out, children.get(name, ()))
            made.append(parameter)
        else:
            made.append(_make_range(name, found))
    return made, read


def _make_range(name: str, found: Sequence[tuple[str, Mapping[str, Any]]]) -> Parameter:
    low, high = min(n["low"] for _, n in found), max(n["high"] for _, n in found)
    kind: Any = "int" if all(k == "IntDistribution" for k, _ in found) else "float"
    if low == high:
        return FixedParameter(name=name, value=low, parameter_type=kind)
    step = found[0][1].get("step")
    step = None if step is None or (kind == "int" and step == 1) else step
    log = any(n.get("log") for _, n in found)
    return RangeParameter(name=name, lower=low, upper=high, parameter_type=kind, log_scale=log, step_size=step)


def _find_dependents(
    trials: Sequence[KeptTrial], kinds: Mapping[str, Sequence[tuple[str, Mapping[str, Any]]]]
) -> dict[str, list[tuple[Any, tuple[str, ...]]]]:
    """Return for each choice the parameters that exist for some of its values and for no other."""
    always = [
        n for n, f in kinds.items() if f[0][0] == "CategoricalDistribution" and all(n in t.params for t in trials)
    ]
    of_value: dict[str, dict[Any, list[str]]] = {}
    for name in kinds:
        if all(name in t.params for t in trials):
            continue
        for parent in always:
            having = {t.params[parent] for t in trials if name in t.params}
            if not having & {t.params[parent] for t in trials if name not in t.params}:
                for value in having:
                    of_value.setdefault(parent, {}).setdefault(value, []).append(name)
                break
    return {parent: [(v, tuple(names)) for v, names in found.items()] for parent, found in of_value.items()}


def to_optuna(client: Client) -> "optuna.Study":
    """Return the experiment as a study of Optuna in memory, with its trials, results and states; needs Optuna 5.

    Args:
        client: The experiment. A batch gives a trial an arm.

    Raises:
        NotConfiguredError: If the experiment or its goal is not configured, or Optuna is not installed.
        UserInputError: If an objective is a sum of several metrics, which a study has no name for.

    Example:
        >>> from axnb import Client, RangeParameterConfig
        >>> client = Client(random_seed=0)
        >>> client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
        >>> client.configure_optimization("-loss")
        >>> _ = client.attach_trial({"x": 0.25})
        >>> client.complete_trial(0, {"loss": 2.0}).name
        'COMPLETED'
        >>> to_optuna(client).best_params
        {'x': 0.25}
    """
    try:
        import optuna
    except ImportError:
        raise NotConfiguredError("to_optuna needs Optuna: install it with 'pip install optuna'.") from None
    view = client.experiment.view()
    if view.search_space is None or view.optimization is None:
        raise NotConfiguredError(
            "to_optuna needs an experiment with a goal: call configure_experiment and configure_optimization first."
        )
    directions = []
    for objective in view.optimization.objectives:
        if objective.is_scalarized:
            raise UserInputError(f"the objective {objective} is a sum: a study of Optuna has one metric an objective.")
        direction = optuna.study.StudyDirection
        directions.append(direction.MINIMIZE if objective.minimize else direction.MAXIMIZE)
    metrics = view.optimization.objective_metric_names
    study = optuna.create_study(study_name=view.name, directions=directions)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Optuna: that names of metrics may come to be set otherwise
        study.set_metric_names(list(metrics))
    for result in arm_results(view):
        study.add_trial(_make_frozen(view, result, metrics))
    return study


def _make_frozen(view: ExperimentView, result: ArmResult, metrics: Sequence[str]) -> "optuna.trial.FrozenTrial":
    from optuna.trial import TrialState, create_trial

    assert view.search_space is not None
    names = {status: name for name, status in _STATUSES.items()} | {
        TrialStatus.ABANDONED: "FAIL",
        TrialStatus.STALE: "FAIL",
    }
    state = names.get(result.status, "RUNNING")
    has_values = result.has(metrics)
    if state == "COMPLETE" and not has_values:
        state = "FAIL"
    point = {n: v for n, v in result.parameters.items() if not isinstance(view.search_space[n], _GIVEN)}
    trial = view.trials[result.trial_index]
    rows = [r for r in trial.data if r.metric == metrics[0] and r.arm_name == result.arm_name and r.step is not None]
    held = _measure_violations(view, result)
    return create_trial(
        state=TrialState[state],
        params=point if state != "WAITING" else {},
        distributions={n: _make_distribution(view.search_space, n, v) for n, v in point.items()}
        if state != "WAITING"
        else {},
        values=[result.outcomes[m][0] for m in metrics] if state == "COMPLETE" else None,
        intermediate_values={int(r.step): r.mean for r in rows if r.step is not None and r.step == int(r.step)},
        user_attrs={"axnb_trial": result.trial_index} | ({"note": trial.note} if trial.note else {}),
        system_attrs={f"{NAMED_CONSTRAINT}{name}": value for name, value in held.items()}
        | ({"fixed_params": point} if state == "WAITING" else {})
        | ({"fail_reason": trial.status_reason} if trial.status_reason else {}),
    )


def _measure_violations(view: ExperimentView, result: ArmResult) -> dict[str, float]:
    """Return by how much each absolute outcome constraint is missed; at most 0 where it holds."""
    assert view.optimization is not None
    limits = [c for c in view.optimization.constraints if not c.relative]
    if not all(result.has(c.metric_names) for c in limits):
        return {}
    sums = [sum(w * result.outcomes[m][0] for m, w in c.expression.terms) for c in limits]
    return {str(c): v - c.bound if c.op == "<=" else c.bound - v for v, c in zip(sums, limits, strict=True)}


def _make_distribution(space: SearchSpace, name: str, value: ParameterValue) -> "optuna.distributions.BaseDistribution":
    """Return where a parameter's values come from; a measured value beside the steps or bounds widens it."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    parameter = space[name]
    if isinstance(parameter, ChoiceParameter):
        return CategoricalDistribution(parameter.values)
    assert isinstance(parameter, RangeParameter)
    number = to_float(value)
    low, high = min(parameter.lower, number), max(parameter.upper, number)
    step = parameter.step_size if parameter.nearest(number) == number else None
    if parameter.parameter_type == "int" and number == int(number):
        return IntDistribution(int(low), int(high), log=parameter.log_scale, step=int(step or 1))
    return FloatDistribution(low, high, log=parameter.log_scale, step=None if parameter.log_scale else step)
