"""Two metrics against each other, and the Pareto front: the trials that no other trial beats in every objective."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.controls import Control, drop_down, toggle
from axnb.analyses.drawing import figures, style, words
from axnb.analyses.drawing.downsample import downsample_rows
from axnb.analyses.drawing.figures import CONFIDENCE
from axnb.analyses.drawing.rows import iterate_rows
from axnb.analyses.shared.arms import check_points, parse_statuses, read_choice, select_arms
from axnb.analyses.shared.goals import Goal
from axnb.errors import DataRequiredError, UnknownNameError, UnsupportedError, UserInputError, listing
from axnb.problem.objective import OptimizationConfig, OutcomeConstraint
from axnb.problem.space import Parameterization
from axnb.record.trial import ArmResult, TrialStatus
from axnb.suggest.best import Outcomes, may_be_best, select_front

if TYPE_CHECKING:
    import plotly.graph_objects as go

Pairs: TypeAlias = Mapping[str, str] | tuple[tuple[str, str], ...]
Numbers: TypeAlias = Mapping[str, float] | tuple[tuple[str, float], ...]

COLUMNS = (
    "trial_index",
    "arm_name",
    "trial_status",
    "generation_method",
    "x_mean",
    "x_sem",
    "y_mean",
    "y_sem",
    "feasible",
    "on_front",
    "point",
)

_MOVED = " Judged by bounds and thresholds as set here, not by those of the goal."


@dataclass(frozen=True, slots=True)
class ScatterPlot:
    """Two metrics of every trial against each other, with the Pareto front where both are objectives.

    Args:
        x_metric_name: The horizontal metric; by default the first objective's.
        y_metric_name: The vertical metric; by default the next objective's or the first constraint's.
        use_model_predictions: Whether to show what the model predicts at the trials, not what was observed.
        show_pareto_frontier: Whether to draw the front.
        relativize: Whether to show changes against the baseline, in percent.
        trial_index: The only trial to show.
        trial_statuses: The statuses to show; by default all but failed and abandoned ones.
        additional_arms: Parameterizations to predict beside the trials.
        labels: What metrics are called on the card, a dict by name.
        title: Title of the card.
        thresholds: Worst values of interest, a dict by objective, in place of those of the goal.
        bounds: Bounds of outcome constraints, a dict by metric, in place of those of the goal.

    Raises:
        UserInputError: If both metrics are the same, or an option cannot be used.

    Example:
        >>> ScatterPlot("accuracy", "latency").show_pareto_frontier
        True
    """

    x_metric_name: str | None = None
    y_metric_name: str | None = None
    use_model_predictions: bool = False
    show_pareto_frontier: bool = True
    _: KW_ONLY
    relativize: bool = False
    trial_index: int | None = None
    trial_statuses: Iterable[TrialStatus | str] | None = None
    additional_arms: Iterable[Parameterization] | None = None
    labels: Pairs | None = None
    title: str | None = None
    thresholds: Numbers | None = None
    bounds: Numbers | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "trial_statuses", parse_statuses(self.trial_statuses))
        object.__setattr__(self, "additional_arms", check_points(self.additional_arms))
        object.__setattr__(self, "labels", tuple(dict(self.labels or ()).items()))
        object.__setattr__(self, "thresholds", tuple(dict(self.thresholds or ()).items()))
        object.__setattr__(self, "bounds", tuple(dict(self.bounds or ()).items()))
        read_choice(self, relativize=self.relativize)
        if self.x_metric_name is not None and self.x_metric_name == self.y_metric_name:
            raise UserInputError(f"the two metrics of a scatter plot must differ, got {self.x_metric_name!r} twice.")

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If there is no goal yet.
            DataRequiredError: If no trial has results for both metrics, or too few for a model.
            UnsupportedError: If there is only one metric.
            UnknownNameError: If there is no such metric.
        """
        x, y = self._metrics(context)
        goal = self._goal(context)
        frame = self._frame(context, goal, x, y)
        if frame.empty:
            raise DataRequiredError(f"This needs a completed trial with a value of {x!r} and {y!r}.")
        fronted = self.show_pareto_frontier and bool(goal.direction(x) and goal.direction(y))
        named = dict(self.labels or ())
        pair = f"{words.short(named.get(x, x))} and {words.short(named.get(y, y))}"
        look = ScatterLook(
            x=x, y=y, fronted=fronted, predicted=self.use_model_predictions, relative=self.relativize, labels=named
        )
        return AnalysisCard(
            name=type(self).__name__,
            title=self.title or (f"Pareto front: {pair}" if fronted else pair),
            subtitle=describe_scatter(frame, look) + (_MOVED if self.thresholds or self.bounds else ""),
            df=frame.rename(columns=lambda c: {"x_": x, "y_": y}[c[:2]] + c[1:] if c[:2] in ("x_", "y_") else c),
            figure=draw_scatter(frame, goal, look),
            controls=self._controls(context, x, y, goal),
            analysis=self,
            uses_model=self.use_model_predictions,
        )

    def _goal(self, context: AnalysisContext) -> Goal:
        """Return the goal, with the thresholds and bounds of this card."""
        config = context.optimization
        given, bounds = dict(self.thresholds or ()), dict(self.bounds or ())
        for name in given:
            if name not in config.objective_metric_names:
                known = listing(config.objective_metric_names)
                raise UnknownNameError(
                    f"there is no objective {name!r} to have a threshold; the objectives are {known}."
                )
        if given:
            config = replace(config, thresholds=tuple({**dict(config.thresholds), **given}.items()))
        for name, bound in bounds.items():
            held = bounded(config, name)
            if held is None:
                raise UnknownNameError(f"there is no single constraint on {name!r} alone whose bound could be moved.")
            moved = tuple(replace(c, bound=bound) if c is held else c for c in config.constraints)
            config = replace(config, constraints=moved)
        return Goal.of(context.view, config)

    def _frame(self, context: AnalysisContext, goal: Goal, x: str, y: str) -> pd.DataFrame:
        """Return the frame; feasibility and front are judged before values become changes."""
        shown = select_arms(context, (x, y), read_choice(self))
        space = context.search_space
        counts = [self.use_model_predictions or may_be_best(s.result, goal.optimization, space) for s in shown]
        frame = tabulate_scatter([s.result for s in shown], [s.outcomes for s in shown], goal, x, y, counts)
        if not self.relativize:
            return frame
        changed = select_arms(context, (x, y), read_choice(self, relativize=self.relativize))
        for column, metric in (("x", x), ("y", y)):
            frame[f"{column}_mean"] = [s.outcomes[metric][0] for s in changed]
            frame[f"{column}_sem"] = np.array([s.outcomes[metric][1] for s in changed], dtype=float)
        return frame

    def _metrics(self, context: AnalysisContext) -> tuple[str, str]:
        wanted = [*context.optimization.metric_names, *context.view.metrics]
        given = [context.metric(n) for n in (self.x_metric_name, self.y_metric_name) if n is not None]
        rest = [n for n in dict.fromkeys(wanted) if n not in given]
        if len(given) + len(rest) < 2:
            raise UnsupportedError("A scatter plot needs two metrics; this experiment has one.")
        x = rest.pop(0) if self.x_metric_name is None else self.x_metric_name
        return x, rest.pop(0) if self.y_metric_name is None else self.y_metric_name

    def _controls(self, context: AnalysisContext, x: str, y: str, goal: Goal) -> tuple[Control, ...]:
        names = context.view.metrics
        made = [
            drop_down("x_metric_name", "Across", x, [n for n in names if n != y]),
            drop_down("y_metric_name", "Up", y, [n for n in names if n != x]),
        ]
        if not self.additional_arms:
            made.append(toggle("use_model_predictions", "Predicted", self.use_model_predictions))
        if context.view.baseline is not None:
            made.append(toggle("relativize", "Against the baseline", self.relativize))
        if self.relativize:
            return tuple(made)
        axes: tuple[tuple[str, Literal["x", "y"]], ...] = ((x, "x"), (y, "y"))
        if goal.optimization.is_multi_objective and self.show_pareto_frontier:
            made += [c for m, axis in axes if (c := _threshold_control(context, goal, m, axis)) is not None]
        made += [c for m, axis in axes if (c := _bound_control(context, goal, m, axis)) is not None]
        return tuple(made)


def bounded(config: OptimizationConfig, metric: str) -> OutcomeConstraint | None:
    """Return the constraint on a metric alone that does not depend on the baseline, `None` unless there is just one."""
    found = [c for c in config.constraints if c.metric_names == (metric,)]
    return found[0] if len(found) == 1 and not found[0].relative else None


def _threshold_control(context: AnalysisContext, goal: Goal, metric: str, axis: Literal["x", "y"]) -> Control | None:
    """Return the slider of an objective's threshold, over the range of its results."""
    if not goal.direction(metric):
        return None
    held = dict(goal.optimization.thresholds).get(metric)
    label = f"Threshold of {words.short(metric, 24)}"
    return _line_control(context, metric, "thresholds", label, held, axis, worst_high=goal.direction(metric) < 0)


def _bound_control(context: AnalysisContext, goal: Goal, metric: str, axis: Literal["x", "y"]) -> Control | None:
    """Return the slider of a constraint's bound, over the range of the metric's results."""
    constraint = bounded(goal.optimization, metric)
    if constraint is None:
        return None
    label = f"Bound of {words.short(metric, 24)}"
    return _line_control(context, metric, "bounds", label, constraint.bound, axis, worst_high=constraint.op == "<=")


def _line_control(
    context: AnalysisContext,
    metric: str,
    field: str,
    label: str,
    held: float | None,
    axis: Literal["x", "y"],
    *,
    worst_high: bool,
) -> Control | None:
    """Return the slider of a line across the plot; without a value it stands at the worst result."""
    values = [r.outcomes[metric][0] for r in context.observed([metric])]
    if len(values) < 2 or not min(values) < max(values):
        return None
    value = (max(values) if worst_high else min(values)) if held is None else held
    ends = [*values, value, *(bound for _, bound in Goal.of(context.view, context.optimization).bounds(metric))]
    low, high = min(ends), max(ends)
    return Control(
        field=field, key=metric, label=label, kind="slider", value=value, minimum=low, maximum=high, axis=axis
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScatterLook:
    """How two metrics are drawn against each other.

    Args:
        x: The horizontal metric.
        y: The vertical metric.
        fronted: Whether to draw the front.
        predicted: Whether the values are predictions.
        relative: Whether they are changes against the baseline, in percent.
        labels: What the metrics are called, by name.
    """

    x: str
    y: str
    fronted: bool = True
    predicted: bool = False
    relative: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)

    def title(self, metric: str, goal: Goal) -> str:
        """Return the title of a metric's axis, without escapes."""
        way = {1: " (maximise)", -1: " (minimise)", 0: ""}[goal.direction(metric)]
        name = words.short(self.labels.get(metric, metric))
        return f"{'predicted ' if self.predicted else ''}{name}{way}{', change in %' if self.relative else ''}"


def tabulate_scatter(
    results: Sequence[ArmResult],
    outcomes: Sequence[Outcomes],
    goal: Goal,
    x: str,
    y: str,
    counts: Sequence[bool] | None = None,
) -> pd.DataFrame:
    """Return two metrics of every arm, and whether it is feasible and on the front.

    Args:
        results: The arms.
        outcomes: What to show of each: observed or predicted.
        goal: What is wanted.
        x: The horizontal metric.
        y: The vertical metric.
        counts: Which arms may be on the front; all by default.

    Returns:
        Columns `COLUMNS`; `feasible` is `None` where a constraint's metric is missing. On the front is who is feasible,
        within the thresholds and beaten by nobody in all objectives; nobody where a metric is no objective's.
    """
    rows = zip(results, outcomes, counts or [True] * len(results), strict=True)
    held = [(r, o, count) for r, o, count in rows if x in o and y in o]
    kept, shown = [(r, o) for r, o, _ in held], [o for _, o, _ in held]
    feasible = [goal.feasible(o) for o in shown]
    eligible = [count and f is True for (_, _, count), f in zip(held, feasible, strict=True)]
    return pd.DataFrame(
        {
            "trial_index": pd.array([r.trial_index for r, _ in kept], dtype="int64"),
            "arm_name": [r.arm_name for r, _ in kept],
            "trial_status": [r.status.name for r, _ in kept],
            "generation_method": [r.generator for r, _ in kept],
            "x_mean": np.array([o[x][0] for o in shown], dtype=float),
            "x_sem": np.array([o[x][1] for o in shown], dtype=float),
            "y_mean": np.array([o[y][0] for o in shown], dtype=float),
            "y_sem": np.array([o[y][1] for o in shown], dtype=float),
            "feasible": pd.Series(feasible, dtype=object),
            "on_front": _on_front(shown, eligible, goal, (x, y)),
            "point": words.points([r.parameters for r, _ in kept]),
        },
        columns=list(COLUMNS),
    )


def _on_front(
    outcomes: Sequence[Outcomes], eligible: Sequence[bool], goal: Goal, metrics: tuple[str, str]
) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    directions = [goal.direction(m) for m in metrics]
    if not outcomes or not all(directions):
        return np.zeros(len(outcomes), dtype=bool)
    utilities = [goal.utilities(o) for o in outcomes]
    pairs = [tuple(o[m][0] * d for m, d in zip(metrics, directions, strict=True)) for o in outcomes]
    complete = all(u is not None for u in utilities) and goal.optimization.is_multi_objective
    Y = np.array(utilities if complete else pairs, dtype=float)
    allowed = np.array([e and goal.within(o) for e, o in zip(eligible, outcomes, strict=True)], dtype=bool)
    return select_front(Y, allowed)


def describe_scatter(frame: pd.DataFrame, look: ScatterLook) -> str:
    """Return what a scatter plot shows, in a sentence.

    Args:
        frame: What `tabulate_scatter` returned, with at least a row.
        look: How it is drawn.
    """
    front = frame[frame["on_front"]].sort_values("x_mean")
    count = f"{len(front)} of {len(frame)} {'predictions' if look.predicted else 'results'}"
    if not look.fronted:
        allowed = int(frame["feasible"].map(lambda f: f is True).sum())
        satisfy = "predictions satisfy" if look.predicted else "results satisfy"
        return f"{allowed} of {len(frame)} {satisfy} the constraints."
    if front.empty:
        return f"None of the {len(frame)} results satisfies the constraints and thresholds yet."
    x, y = (words.short(look.labels.get(m, m), 24) for m in (look.x, look.y))
    ends = [
        f"{x} {words.number(row.x_mean, 3)} with {y} {words.number(row.y_mean, 3)}"
        for row in (front.iloc[0], front.iloc[-1])
    ]
    if len(front) == 1:
        return f"{count} is on the front: {ends[0]}."
    return f"{count} are on the front, from {ends[0]} to {ends[1]}."


def draw_scatter(frame: pd.DataFrame, goal: Goal, look: ScatterLook) -> "go.Figure":
    """Return the picture of two metrics against each other.

    Args:
        frame: What `tabulate_scatter` returned.
        goal: What is wanted.
        look: How it is drawn.
    """
    order = frame["x_mean"].to_numpy().argsort(kind="stable")
    part = frame.iloc[order]
    rows = downsample_rows([part["x_mean"], part["y_mean"]], always=part["on_front"])
    part = part.iloc[rows].sort_index()
    few = len(frame) <= words.MOST_WITH_POINT
    batches = words.find_batches(frame)
    hover = np.array([_hover(row, look, batches, with_point=few) for row in iterate_rows(part)], dtype=object)
    groups = [_markers(part[rows], hover[rows.to_numpy()], *of) for of, rows in _groups(part, fronted=look.fronted)]
    two = len(goal.optimization.objectives) == 2
    line = [_front(frame, goal, look.x)] if look.fronted and two and frame["on_front"].any() else []
    bars = " · bars: 95 %" if frame[["x_sem", "y_sem"]].gt(0).any(axis=None) else ""
    titles = [style.plain(look.title(m, goal), limit=80) for m in (look.x, look.y)]
    bounds = [] if look.relative else _bounds(frame, goal, look.x, look.y)
    return figures.new_figure(
        *bounds, *line, *groups, x=titles[0] + bars, y=titles[1], height=400, layout={"showlegend": True}
    )


def _groups(frame: pd.DataFrame, *, fronted: bool) -> "list[tuple[tuple[str, str, str, int], pd.Series[bool]]]":
    """Return name, colour, symbol, size and rows of each kind of trial that there is."""
    allowed = frame["feasible"].map(lambda f: f is True).astype(bool)
    unknown = frame["feasible"].map(lambda f: f is None).astype(bool)
    front = frame["on_front"] if fronted else pd.Series(data=False, index=frame.index)
    others = ("dominated", style.GREY, "circle", 6) if fronted else ("feasible", style.BLUE, "circle", 7)
    groups = [
        (others, allowed & ~front),
        (("constraint unknown", style.GREY, "circle-open", 7), unknown),
        (("infeasible", style.ORANGE, "x-thin", 7), ~allowed & ~unknown),
        (("on the front", style.BLUE, "circle", 9), front & allowed),
    ]
    return [(look, rows) for look, rows in groups if rows.any()]


def _markers(part: pd.DataFrame, hover: "np.ndarray[Any, Any]", name: str, color: str, symbol: str, size: int) -> Any:
    faint = style.fade(color, 0.45)
    line = {"color": color, "width": 1.5} if symbol.endswith(("thin", "open")) else None
    return figures.scatter(
        x=part["x_mean"],
        y=part["y_mean"],
        error_x=figures.whiskers(part["x_sem"], faint),
        error_y=figures.whiskers(part["y_sem"], faint),
        mode="markers",
        name=name,
        marker={"color": color, "symbol": symbol, "size": size, "line": line},
        hoverinfo="text",
        hovertext=hover,
        customdata=part["trial_index"].tolist(),
    )


def _front(frame: pd.DataFrame, goal: Goal, x: str) -> Any:
    """Return the front as a step line: the edge of what the trials on it beat."""
    front = frame[frame["on_front"]].sort_values(["x_mean", "y_mean"])
    return figures.scatter(
        x=front["x_mean"],
        y=front["y_mean"],
        mode="lines",
        name="Pareto front",
        line={"color": style.BLUE, "width": 1.5, "shape": "vh" if goal.direction(x) > 0 else "hv"},
        hoverinfo="skip",
        showlegend=False,
    )


def _bounds(frame: pd.DataFrame, goal: Goal, x: str, y: str) -> list[Any]:
    """Return the constraints and thresholds of both metrics as dashed lines."""
    lines = []
    for metric, own, other in ((x, "x_mean", "y_mean"), (y, "y_mean", "x_mean")):
        for op, bound in goal.bounds(metric):
            across = [float(frame[other].min()), float(frame[other].max())]
            at = [bound, bound]
            name = f"{words.short(metric, 24)} {words.bound(op, bound)}"
            lines.append(
                figures.scatter(
                    x=at if own == "x_mean" else across,
                    y=across if own == "x_mean" else at,
                    mode="lines",
                    name=style.plain(name),
                    line={"color": style.LIGHT.muted, "width": 1, "dash": "dash"},
                    hoverinfo="name",
                )
            )
    return lines


def _hover(row: Any, look: ScatterLook, batches: frozenset[int], *, with_point: bool) -> str:
    values = [
        f"{words.short(m)} {words.number(mean)}" + (f" ± {words.number(sem * CONFIDENCE, 2)} (95 %)" if sem > 0 else "")
        for m, mean, sem in ((look.x, row.x_mean, row.x_sem), (look.y, row.y_mean, row.y_sem))
    ]
    verdict = {False: " · infeasible", None: " · constraint unknown"}.get(row.feasible, "")
    who = words.name_arm(row.trial_index, row.arm_name, batches, starts=True)
    head = f"{who} · {' · '.join(values)}{verdict}"
    return words.hover([head, row.point] if with_point else [head])
