"""What was asked, as tables: the metrics with what is wanted of them, and the search space."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.drawing import words
from axnb.analyses.shared.goals import Goal
from axnb.errors import DataRequiredError
from axnb.problem.parameters import ChoiceParameter, FixedParameter, Parameter, RangeParameter
from axnb.problem.space import SearchSpace


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """The metrics: what each is for, which way is better, and its bounds.

    Example:
        >>> MetricSummary()
        MetricSummary()
    """

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            DataRequiredError: If there is no metric yet.
        """
        frame = tabulate_metrics(context)
        if frame.empty:
            raise DataRequiredError("There are no metrics yet: call configure_optimization first.")
        counts = frame["type"].value_counts(sort=False)
        parts = [f"{n} {_plural(str(kind), n)}" for kind, n in counts.items()]
        return AnalysisCard(
            name=type(self).__name__,
            title="Metrics",
            subtitle=f"{words.listed(parts).capitalize()}.",
            df=frame,
            analysis=self,
        )


def _plural(kind: str, count: int) -> str:
    noun = {"objective": "objective", "constraint": "constrained metric", "tracking": "tracking metric"}[kind]
    return noun if count == 1 else f"{noun}s"


def tabulate_metrics(context: AnalysisContext) -> pd.DataFrame:
    """Return a metric a row.

    Returns:
        Columns `name`, `type` (objective, constraint or tracking), `goal` (maximize, minimize or empty), `bound` in
        words, `lower_is_better` (None where neither), `results` (how many arms have one).
    """
    config = context.view.optimization
    goal = None if config is None else Goal.of(context.view, config)
    objectives = set() if config is None else set(config.objective_metric_names)
    constrained = set() if config is None else set(config.metric_names) - objectives
    rows = []
    for name in context.view.metrics:
        direction = goal.direction(name) if goal else 0
        bounds = goal.bounds(name) if goal else ()
        sums = (
            [words.rule(c) for c in config.constraints if len(c.metric_names) > 1 and name in c.metric_names]
            if config
            else []
        )
        bound = [words.bound(op, at) for op, at in bounds] + sums
        rows.append(
            {
                "name": name,
                "type": "objective" if name in objectives else "constraint" if name in constrained else "tracking",
                "goal": {1: "maximize", -1: "minimize", 0: ""}[direction],
                "bound": ", ".join(bound),
                "lower_is_better": {1: False, -1: True, 0: None}[direction],
                "results": len(context.observed([name])),
            }
        )
    columns = ["name", "type", "goal", "bound", "lower_is_better", "results"]
    return pd.DataFrame(rows, columns=columns).astype({"lower_is_better": object})


@dataclass(frozen=True, slots=True)
class SearchSpaceSummary:
    """The parameters, what each may be, and the constraints between them.

    Example:
        >>> SearchSpaceSummary()
        SearchSpaceSummary()
    """

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If there is no search space yet.
        """
        space = context.search_space
        frame = tabulate_space(
            space, dict(context.view.optimization.pruning_target or ()) if context.view.optimization else {}
        )
        return AnalysisCard(
            name=type(self).__name__, title="Search space", subtitle=describe_space(space), df=frame, analysis=self
        )


def describe_space(space: SearchSpace) -> str:
    """Return how large a search space is, in a sentence."""
    kinds = [
        (sum(isinstance(p, RangeParameter) for p in space.parameters), "range"),
        (sum(isinstance(p, ChoiceParameter) for p in space.parameters), "choice"),
        (sum(isinstance(p, FixedParameter) for p in space.parameters), "fixed parameter"),
        (sum(type(p) not in _KINDS for p in space.parameters), "derived parameter"),
    ]
    parts = [f"{n} {noun}{'s' * (n != 1)}" for n, noun in kinds if n]
    size = 1.0
    for parameter in space.tunable:
        size *= parameter.cardinality
    points = "" if size == float("inf") else f", {size:,.0f} points"
    bounds = "" if not space.constraints else "; " + "; ".join(words.rule(c, 60) for c in space.constraints[:3])
    more = f" and {len(space.constraints) - 3} more constraints" if len(space.constraints) > 3 else ""
    return f"{words.listed(parts).capitalize()}{points}{bounds}{more}."


def tabulate_space(space: SearchSpace, target: "dict[str, object] | None" = None) -> pd.DataFrame:
    """Return a parameter a row.

    Args:
        space: The search space.
        target: The parameterization that suggestions are simplified towards, if any.

    Returns:
        Columns `name`, `type` (range, choice, fixed or derived), `domain` in words, `datatype`, `flags`,
        `target` and `dependents`, the last two only where there are any.
    """
    rows = [
        {
            "name": parameter.name,
            "type": _KINDS.get(type(parameter), "derived"),
            "domain": parameter.domain,
            "datatype": parameter.parameter_type,
            "flags": ", ".join(_flags(parameter)),
            "target": (target or {}).get(parameter.name),
            "dependents": describe_dependents(parameter),
        }
        for parameter in space.parameters
    ]
    frame = pd.DataFrame(rows)
    empty = [c for c in ("target", "dependents") if not frame[c].map(bool).any() and not (c == "target" and target)]
    return frame.drop(columns=empty)


_KINDS: dict[type, str] = {RangeParameter: "range", ChoiceParameter: "choice", FixedParameter: "fixed"}


def _flags(parameter: Parameter) -> list[str]:
    if isinstance(parameter, RangeParameter):
        step = [] if parameter.step_size is None else [f"step {words.number(float(parameter.step_size))}"]
        return ["log"] * parameter.log_scale + step
    return ["ordered" if parameter.is_ordered else "unordered"] if isinstance(parameter, ChoiceParameter) else []


def find_dependents(parameter: Parameter) -> dict[object, tuple[str, ...]]:
    """Return for each value of a choice the parameters that exist only with it; empty for a flat space."""
    pairs: Sequence[tuple[object, Sequence[str]]] = getattr(parameter, "dependents", ())
    return {value: tuple(names) for value, names in pairs}


def describe_dependents(parameter: Parameter) -> str:
    """Return which parameters depend on the values of a choice, in words."""
    pairs = find_dependents(parameter).items()
    return "; ".join(f"{words.short(value)}: {', '.join(map(words.short, names))}" for value, names in pairs)
