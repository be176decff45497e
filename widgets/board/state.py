"""The board's picture of an experiment, as plain tables that go to the browser as JSON.

Pure functions of a view; nothing here knows of widgets, sessions or messages. Numbers arrive in the browser as text: it
shows them and never reads them back.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from axnb.problem.generation import MOST_AT_ONCE
from axnb.problem.objective import OptimizationConfig
from axnb.problem.parameters import (
    ChoiceParameter,
    DerivedParameter,
    FixedParameter,
    Parameter,
    ParameterValue,
    RangeParameter,
)
from axnb.record.experiment import ExperimentView
from axnb.record.trial import ALLOWED_FROM, ArmResult, Trial, TrialStatus
from axnb.suggest.best import find_baseline, find_bound, may_hold
from axnb.widgets.number_format import MINUS, fraction_length, show_domain, show_number, show_result, show_value

Json = dict[str, object]

_ACTIONS = {"complete": TrialStatus.COMPLETED, "fail": TrialStatus.FAILED, "abandon": TrialStatus.ABANDONED}
_COUNTED = (
    TrialStatus.RUNNING,
    TrialStatus.CANDIDATE,
    TrialStatus.STAGED,
    TrialStatus.DISPATCHED,
    TrialStatus.COMPLETED,
    TrialStatus.EARLY_STOPPED,
    TrialStatus.FAILED,
    TrialStatus.ABANDONED,
    TrialStatus.STALE,
)


def columns(view: ExperimentView) -> Json:
    """Return the columns: one a parameter, one a metric, and what a form needs to ask for each.

    Example:
        >>> from axnb.record.experiment import Experiment
        >>> columns(Experiment().view())
        {'parameters': [], 'metrics': []}
    """
    parameters = view.search_space.parameters if view.search_space else ()
    return {
        "parameters": [_parameter_column(parameter) for parameter in parameters],
        "metrics": [_metric_column(view.optimization, name) for name in metric_names(view)],
    }


def metric_names(view: ExperimentView) -> tuple[str, ...]:
    """Return the metrics: those of the goal first, then the others in order of first mention."""
    wanted = view.optimization.metric_names if view.optimization else ()
    return tuple(dict.fromkeys([*wanted, *view.metrics]))


def row(view: ExperimentView, trial: Trial, best: Mapping[int, str]) -> Json:
    """Return one row.

    Args:
        view: The experiment.
        trial: A trial of it.
        best: What is said of the best trials, by index; as from `leaders`.
    """
    parameters = view.search_space.parameters if view.search_space else ()
    metrics = metric_names(view)
    made: Json = {
        "trial": trial.index,
        "status": trial.status.name.lower(),
        "word": trial.status.label,
        "origin": trial.provenance.generator,
        "best": best.get(trial.index, ""),
        "reason": trial.status_reason or "",
        "note": trial.note or "",
        "created": trial.time_created.isoformat(timespec="seconds") if trial.time_created else "",
        "predicted": [_prediction_cell(trial, name) for name in metrics],
        "actions": [name for name, status in _ACTIONS.items() if trial.status in ALLOWED_FROM[status]],
    }
    arms = [_arm_cells(view, result, parameters, metrics) for result in trial.results]
    if not trial.is_batch:
        return {**made, "values": arms[0][0], "results": arms[0][1]}
    names = [result.arm_name for result in trial.results]
    return {
        **made,
        "origin": f"{len(arms)} arms",
        "values": [_span_cell(cells) for cells in zip(*(values for values, _ in arms), strict=True)],
        "results": [_span_cell(cells) for cells in zip(*(results for _, results in arms), strict=True)],
        "arms": [{"name": n, "values": v, "results": r} for n, (v, r) in zip(names, arms, strict=True)],
    }


def _arm_cells(
    view: ExperimentView, result: ArmResult, parameters: Sequence[Parameter], metrics: Sequence[str]
) -> tuple[list[Json | None], list[Json | None]]:
    values, outcomes = result.parameters, result.outcomes
    broken = broken_constraints(view, outcomes)
    return (
        [_value_cell(p, values[p.name]) if p.name in values else None for p in parameters],
        [
            _result_cell(*outcomes[m]) | ({"broken": broken[m]} if m in broken else {}) if m in outcomes else None
            for m in metrics
        ],
    )


def broken_constraints(view: ExperimentView, outcomes: Mapping[str, tuple[float, float | None]]) -> dict[str, str]:
    """Return for each metric whose result breaks an outcome constraint a sentence that says so."""
    told: dict[str, str] = {}
    if view.optimization is None:
        return told
    base = find_baseline(view)
    for constraint in view.optimization.constraints:
        names = constraint.metric_names
        bound = find_bound(constraint, None if base is None else base.outcomes)
        if bound is None or any(n not in outcomes for n in names) or may_hold(constraint, outcomes, bound):
            continue
        value = result_sentence(names[0], *outcomes[names[0]]) if len(names) == 1 else str(constraint.expression)
        for name in names:
            told.setdefault(name, f"{value} breaks {_comparison(constraint.op)} {show_number(bound)}")
    return told


def _span_cell(cells: Sequence[Json | None]) -> Json | None:
    """Return what the arms of a batch have in a column: what they share, or how far they reach."""
    texts = list(dict.fromkeys(str(cell["text"]) for cell in cells if cell is not None))
    if not texts:
        return None
    if len(texts) == 1:
        return next(cell for cell in cells if cell is not None)
    try:
        ordered = sorted(texts, key=lambda text: float(text.replace(MINUS, "-")))
    except ValueError:
        return {"text": f"{len(texts)} values", "exact": ", ".join(texts), "span": True}
    return {"text": f"{ordered[0]} … {ordered[-1]}", "exact": ", ".join(texts), "span": True}


def leaders(view: ExperimentView, found: Sequence[ArmResult]) -> dict[int, str]:
    """Return what is said of the best trials, by index.

    Args:
        view: The experiment.
        found: Its best arms, as from `axnb.suggest.best.Leaders`.
    """
    front = view.optimization is not None and view.optimization.is_multi_objective
    return {result.trial_index: "On the Pareto front" if front else "Best so far" for result in found}


def header(view: ExperimentView, found: Sequence[ArmResult]) -> Json:
    """Return what stands above the rows: name, goal, counts, the best trial, what undo and redo would do."""
    return {
        "name": view.name or "",
        "goal": goal_sentence(view.optimization) if view.optimization else "",
        "best": best_sentence(view, found),
        "counts": [{"status": s.name.lower(), "word": s.label, "count": n} for s, n in counts(view).items()],
        "undo": view.undo_label or "",
        "redo": view.redo_label or "",
        "configured": view.search_space is not None,
        "most": MOST_AT_ONCE,
    }


def counts(view: ExperimentView) -> dict[TrialStatus, int]:
    """Return how many trials have each status that occurs."""
    found = Counter(trial.status for trial in view.trials.values())
    return {status: found[status] for status in _COUNTED if found[status]}


def goal_sentence(config: OptimizationConfig) -> str:
    """Return the goal in words.

    Example:
        >>> from axnb.problem.objective import parse_optimization
        >>> goal_sentence(parse_optimization("strength", ["weight <= 10"]))
        'Maximise strength, with weight ≤ 10'
        >>> goal_sentence(parse_optimization("acc, -latency", ["latency <= 20"]))
        'Maximise acc and minimise latency (at most 20)'
    """
    wanted = []
    for objective in config.objectives:
        threshold = config.threshold(objective)
        limit = (
            "" if threshold is None else f" (at {'most' if objective.minimize else 'least'} {show_number(threshold)})"
        )
        wanted.append(f"{'minimise' if objective.minimize else 'maximise'} {objective.label}{limit}")
    sentence = _listed(wanted)
    constraints = _listed([_comparison(str(c)) for c in config.constraints])
    return sentence[:1].upper() + sentence[1:] + (f", with {constraints}" if constraints else "")


def best_sentence(view: ExperimentView, found: Sequence[ArmResult]) -> str:
    """Return which trial is best, with its results, or how many are on the Pareto front; empty if none is."""
    if not found or view.optimization is None:
        return ""
    if view.optimization.is_multi_objective:
        count = len({result.trial_index for result in found})
        return f"{count} {'trial' if count == 1 else 'trials'} on the Pareto front"
    (result,) = found
    outcomes, arm = result.outcomes, f", arm {result.arm_name}," if view.trials[result.trial_index].is_batch else ""
    shown = ", ".join(result_sentence(m, *outcomes[m]) for m in view.optimization.metric_names if m in outcomes)
    return f"Best so far: trial {result.trial_index}{arm} with {shown}"


def result_sentence(metric: str, mean: float, sem: float | None) -> str:
    """Return a result in words.

    Example:
        >>> result_sentence("accuracy", 0.93, 0.012)
        'accuracy 0.930 ± 0.012'
    """
    shown, error = show_result(mean, sem)
    return f"{metric} {shown} ± {error}" if error else f"{metric} {shown}"


def completion_sentence(trial: Trial) -> str:
    """Return what a trial that was completed came to."""
    if trial.is_batch:
        told = sum(bool(result.outcomes) for result in trial.results)
        return f"Trial {trial.index} {trial.status.label.lower()}: results of {told} of {len(trial.arms)} arms."
    shown = ", ".join(result_sentence(name, *result) for name, result in trial.outcomes.items())
    return f"Trial {trial.index} {trial.status.label.lower()}{f': {shown}' if shown else ''}."


def extents(rows: Iterable[Json], before: Sequence[Sequence[int]] | None = None) -> list[list[int]]:
    """Return for each column of values and results the longest text, fraction and standard error, in characters.

    Columns are laid out by it before their rows are there, and decimal points line up.

    Args:
        rows: Rows, as from `row`.
        before: What was returned for other rows of the same columns; it only grows.
    """
    longest = [list(column) for column in before or ()]
    for each in rows:
        cells = [*_cells(each, "values"), *_cells(each, "results")]
        longest += [[0, 0, 0] for _ in range(len(cells) - len(longest))]
        for column, cell in zip(longest, cells, strict=True):
            if cell is not None:
                text, error = str(cell["text"]), str(cell.get("sem", ""))
                sizes = (
                    len(text),
                    fraction_length(text) if text[-1:].isdigit() and not cell.get("span") else 0,
                    len(error),
                )
                column[:] = [max(a, b) for a, b in zip(column, sizes, strict=True)]
    return longest


def spans(indices: Sequence[int] | NDArray[np.int64]) -> list[list[int]]:
    """Return numbers, none of them twice, as spans of first and last, which rise or fall by one.

    Example:
        >>> spans([0, 1, 2, 5, 8, 7])
        [[0, 2], [5, 5], [8, 7]]
    """
    order = np.asarray(indices, dtype=np.int64)
    if not len(order):
        return []
    ends = np.flatnonzero(np.abs(np.diff(order)) != 1)
    return np.stack([order[np.r_[0, ends + 1]], order[np.r_[ends, len(order) - 1]]], axis=1).tolist()  # type: ignore[no-any-return]


def _cells(each: Json, name: str) -> list[Json | None]:
    cells = each[name]
    assert isinstance(cells, list)
    return cells


def _parameter_column(parameter: Parameter) -> Json:
    column: Json = {"name": parameter.name, "note": show_domain(parameter), "number": _is_number(parameter)}
    match parameter:
        case RangeParameter():
            whole = parameter.parameter_type == "int"
            return {**column, "control": "number", "whole": whole, "hint": _sentence(parameter.domain)}
        case ChoiceParameter():
            return {**column, "control": "choice", "options": [show_value(parameter, v) for v in parameter.values]}
        case FixedParameter():
            return {**column, "control": "fixed", "text": show_value(parameter, parameter.value)}
        case DerivedParameter():
            return {**column, "control": "fixed", "text": _sentence(parameter.domain)}


def _is_number(parameter: Parameter) -> bool:
    return parameter.parameter_type in ("float", "int")


def _metric_column(config: OptimizationConfig | None, name: str) -> Json:
    return {"name": name, "note": _role(config, name), "needed": config is not None and name in config.metric_names}


def _role(config: OptimizationConfig | None, name: str) -> str:
    if config is None:
        return ""
    minimised = config.lower_is_better.get(name)
    role = [] if minimised is None else ["↓ minimise" if minimised else "↑ maximise"]
    for constraint in config.constraints:
        if constraint.metric_names == (name,):
            role.append(_comparison(str(constraint)).removeprefix(name).strip())
        elif name in constraint.metric_names:
            role.append("constrained")
    for metric, bound in config.thresholds:
        if metric == name:
            role.append(f"{'≤' if minimised else '≥'} {show_number(bound)}")
    return ", ".join(role) or "tracked"


def _value_cell(parameter: Parameter, value: ParameterValue) -> Json:
    shown, exact = show_value(parameter, value), str(value)
    return {"text": shown} if _same(shown, exact) else {"text": shown, "exact": exact}


def _prediction_cell(trial: Trial, metric: str) -> Json | None:
    told = next(((mean, sem) for name, mean, sem in trial.provenance.predictions if name == metric), None)
    return None if told is None else _result_cell(*told)


def _result_cell(mean: float, sem: float | None) -> Json:
    shown, error = show_result(mean, sem)
    exact = repr(mean) if sem is None else f"{mean!r} ± {sem!r}"
    cell: Json = {"text": shown}
    if error:
        cell["sem"] = error
    if not _same(shown, repr(mean)) or (sem is not None and not _same(error, repr(sem))):
        cell["exact"] = exact
    return cell


def _same(shown: str, exact: str) -> bool:
    """Return whether nothing is lost by what is shown."""
    if shown == exact:
        return True
    try:
        return float(shown.replace(MINUS, "-")) == float(exact)
    except ValueError:
        return False


def _comparison(text: str) -> str:
    return text.replace("<=", "≤").replace(">=", "≥")


def _listed(items: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]])) if items else ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
