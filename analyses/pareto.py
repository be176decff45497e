"""Two metrics against each other, and the Pareto front: the trials that no other trial beats in every objective."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from axnb.analyses import style, words
from axnb.analyses.card import AnalysisCard
from axnb.analyses.findings import SET_ASIDE, ArmResult, Findings
from axnb.analyses.goals import CONFIDENCE, Goal, Outcomes, non_dominated
from axnb.analyses.protocol import Control
from axnb.errors import DataRequiredError, UnsupportedError, UserInputError

if TYPE_CHECKING:
    import plotly.graph_objects as go

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


@dataclass(frozen=True, slots=True)
class ScatterPlot:
    """Two metrics of every trial against each other, with the Pareto front where both are objectives.

    Args:
        x_metric_name: The horizontal metric; by default the first objective's.
        y_metric_name: The vertical metric; by default the next objective's or the first constraint's.
        use_model_predictions: Whether to show what the model predicts at the trials, not what was observed.
        show_pareto_frontier: Whether to draw the front.

    Raises:
        UserInputError: If both metrics are the same.

    Example:
        >>> ScatterPlot("accuracy", "latency").show_pareto_frontier
        True
    """

    x_metric_name: str | None = None
    y_metric_name: str | None = None
    use_model_predictions: bool = False
    show_pareto_frontier: bool = True

    def __post_init__(self) -> None:
        if self.x_metric_name is not None and self.x_metric_name == self.y_metric_name:
            raise UserInputError(f"the two metrics of a scatter plot must differ, got {self.x_metric_name!r} twice.")

    def compute(self, findings: Findings) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If there is no goal yet.
            DataRequiredError: If no trial has results for both metrics, or too few for a model.
            UnsupportedError: If there is only one metric.
            UnknownNameError: If there is no such metric.
        """
        x, y = self._metrics(findings)
        goal = Goal.of(findings.view, findings.optimization)
        results, outcomes = self._outcomes(findings, (x, y))
        frame = scatter_frame(results, outcomes, goal, x, y)
        if frame.empty:
            raise DataRequiredError(f"This needs a completed trial with a value of {x!r} and {y!r}.")
        fronted = self.show_pareto_frontier and bool(goal.direction(x) and goal.direction(y))
        pair = f"{words.short(x)} and {words.short(y)}"
        return AnalysisCard(
            name=type(self).__name__,
            title=f"Pareto front: {pair}" if fronted else pair,
            subtitle=scatter_sentence(frame, x, y, fronted=fronted, predicted=self.use_model_predictions),
            df=frame.rename(columns=lambda c: {"x_": x, "y_": y}[c[:2]] + c[1:] if c[:2] in ("x_", "y_") else c),
            figure=scatter_figure(frame, goal, x, y, fronted=fronted, predicted=self.use_model_predictions),
            controls=self._controls(findings, x, y),
            analysis=self,
        )

    def _metrics(self, findings: Findings) -> tuple[str, str]:
        wanted = [*findings.optimization.metric_names, *findings.view.metrics]
        given = [findings.metric(n) for n in (self.x_metric_name, self.y_metric_name) if n is not None]
        rest = [n for n in dict.fromkeys(wanted) if n not in given]
        if len(given) + len(rest) < 2:
            raise UnsupportedError("A scatter plot needs two metrics; this experiment has one.")
        x = rest.pop(0) if self.x_metric_name is None else self.x_metric_name
        return x, rest.pop(0) if self.y_metric_name is None else self.y_metric_name

    def _outcomes(self, findings: Findings, metrics: Sequence[str]) -> tuple[Sequence[ArmResult], Sequence[Outcomes]]:
        if not self.use_model_predictions:
            results = findings.observed(metrics)
            return results, [r.outcomes for r in results]
        findings.require(metrics)
        pairs = zip(findings.results, findings.predictions_at_arms(), strict=True)
        kept = [(r, p) for r, p in pairs if r.status not in SET_ASIDE]
        return [r for r, _ in kept], [p for _, p in kept]

    def _controls(self, findings: Findings, x: str, y: str) -> tuple[Control, ...]:
        names = findings.view.metrics
        labels = tuple(words.short(n) for n in names)
        across = tuple((n, w) for n, w in zip(names, labels, strict=True) if n != y)
        up = tuple((n, w) for n, w in zip(names, labels, strict=True) if n != x)
        return (
            _drop_down("x_metric_name", "Across", x, across),
            _drop_down("y_metric_name", "Up", y, up),
            Control(field="use_model_predictions", label="Predicted", kind="toggle", value=self.use_model_predictions),
        )


def _drop_down(field: str, label: str, value: str, options: Sequence[tuple[str, str]]) -> Control:
    names, labels = tuple(n for n, _ in options), tuple(w for _, w in options)
    return Control(field=field, label=label, kind="dropdown", value=value, options=names, labels=labels)


def scatter_frame(
    results: Sequence[ArmResult], outcomes: Sequence[Outcomes], goal: Goal, x: str, y: str
) -> pd.DataFrame:
    """Return two metrics of every arm, and whether it is feasible and on the front.

    Args:
        results: The arms.
        outcomes: What to show of each: observed or predicted.
        goal: What is wanted.
        x: The horizontal metric.
        y: The vertical metric.

    Returns:
        Columns `COLUMNS`; `feasible` is `None` where a constraint's metric is missing. On the front is who is feasible,
        within the thresholds and beaten by nobody in all objectives; nobody where a metric is no objective's.
    """
    kept = [(r, o) for r, o in zip(results, outcomes, strict=True) if x in o and y in o]
    shown = [o for _, o in kept]
    feasible = [goal.feasible(o) for o in shown]
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
            "on_front": _on_front(shown, feasible, goal, (x, y)),
            "point": [words.point(r.parameters) for r, _ in kept],
        },
        columns=list(COLUMNS),
    )


def _on_front(
    outcomes: Sequence[Outcomes], feasible: Sequence[bool | None], goal: Goal, metrics: tuple[str, str]
) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    front = np.zeros(len(outcomes), dtype=bool)
    directions = [goal.direction(m) for m in metrics]
    if not all(directions):
        return front
    utilities = [goal.utilities(o) for o in outcomes]
    pairs = [tuple(o[m][0] * d for m, d in zip(metrics, directions, strict=True)) for o in outcomes]
    complete = all(u is not None for u in utilities) and goal.optimization.is_multi_objective
    Y = np.array(utilities if complete else pairs, dtype=float)
    allowed = np.array([f is True and _within(o, goal) for f, o in zip(feasible, outcomes, strict=True)], dtype=bool)
    front[np.flatnonzero(allowed)[non_dominated(Y[allowed])]] = True
    return front


def _within(outcomes: Outcomes, goal: Goal) -> bool:
    """Return whether results are no worse than any threshold."""
    thresholds = ((n, t, goal.direction(n)) for n, t in goal.optimization.thresholds if n in outcomes)
    return all((outcomes[n][0] - t) * d >= 0 for n, t, d in thresholds)


def scatter_sentence(frame: pd.DataFrame, x: str, y: str, *, fronted: bool, predicted: bool = False) -> str:
    """Return what a scatter plot shows, in a sentence.

    Args:
        frame: What `scatter_frame` returned, with at least a row.
        x: The horizontal metric.
        y: The vertical metric.
        fronted: Whether the front is drawn.
        predicted: Whether the values are predictions.
    """
    front = frame[frame["on_front"]].sort_values("x_mean")
    count = f"{len(front)} of {len(frame)} {'predictions' if predicted else 'results'}"
    if not fronted:
        allowed = int(frame["feasible"].map(lambda f: f is True).sum())
        return f"{allowed} of {len(frame)} {'predictions satisfy' if predicted else 'results satisfy'} the constraints."
    if front.empty:
        return f"None of the {len(frame)} results satisfies the constraints and thresholds yet."
    ends = [
        f"{words.short(x, 24)} {words.number(row.x_mean, 3)} with {words.short(y, 24)} {words.number(row.y_mean, 3)}"
        for row in (front.iloc[0], front.iloc[-1])
    ]
    if len(front) == 1:
        return f"{count} is on the front: {ends[0]}."
    return f"{count} are on the front, from {ends[0]} to {ends[1]}."


def scatter_figure(
    frame: pd.DataFrame, goal: Goal, x: str, y: str, *, fronted: bool = True, predicted: bool = False
) -> "go.Figure":
    """Return the picture of two metrics against each other.

    Args:
        frame: What `scatter_frame` returned.
        goal: What is wanted.
        x: The horizontal metric.
        y: The vertical metric.
        fronted: Whether to draw the front.
        predicted: Whether the values are predictions.
    """
    hover = np.array(
        [_hover(row, x, y, len(frame) <= words.MOST_WITH_POINT) for row in frame.itertuples()], dtype=object
    )
    groups = [_markers(frame[rows], hover[rows.to_numpy()], *look) for look, rows in _groups(frame, fronted=fronted)]
    line = (
        [_front(frame, goal, x)]
        if fronted and len(goal.optimization.objectives) == 2 and frame["on_front"].any()
        else []
    )
    bars = " · bars: 95 %" if frame[["x_sem", "y_sem"]].gt(0).any(axis=None) else ""
    kind = "predicted " if predicted else ""
    titles = [style.plain(f"{kind}{goal.title(m)}", limit=80) for m in (x, y)]
    return style.new_figure(
        *_bounds(frame, goal, x, y), *line, *groups, x=titles[0] + bars, y=titles[1], height=400
    ).update_layout(showlegend=True)


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
    import plotly.graph_objects as go

    def bars(sem: "pd.Series[float]") -> dict[str, Any] | None:
        faint = style.faded(color, 0.45)
        return {"array": sem * CONFIDENCE, "thickness": 1, "width": 0, "color": faint} if sem.gt(0).any() else None

    line = {"color": color, "width": 1.5} if symbol.endswith(("thin", "open")) else None
    return go.Scatter(
        x=part["x_mean"],
        y=part["y_mean"],
        error_x=bars(part["x_sem"]),
        error_y=bars(part["y_sem"]),
        mode="markers",
        name=name,
        marker={"color": color, "symbol": symbol, "size": size, "line": line},
        hoverinfo="text",
        hovertext=hover,
    )


def _front(frame: pd.DataFrame, goal: Goal, x: str) -> Any:
    """Return the front as a step line: the edge of what the trials on it beat."""
    import plotly.graph_objects as go

    front = frame[frame["on_front"]].sort_values(["x_mean", "y_mean"])
    return go.Scatter(
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
    import plotly.graph_objects as go

    lines = []
    for metric, own, other in ((x, "x_mean", "y_mean"), (y, "y_mean", "x_mean")):
        for op, bound in goal.bounds(metric):
            across = [float(frame[other].min()), float(frame[other].max())]
            at = [bound, bound]
            name = f"{words.short(metric, 24)} {'≤' if op == '<=' else '≥'} {words.number(bound)}"
            lines.append(
                go.Scatter(
                    x=at if own == "x_mean" else across,
                    y=across if own == "x_mean" else at,
                    mode="lines",
                    name=style.plain(name),
                    line={"color": style.LIGHT.muted, "width": 1, "dash": "dash"},
                    hoverinfo="name",
                )
            )
    return lines


def _hover(row: Any, x: str, y: str, with_point: bool) -> str:
    values = [
        f"{words.short(m)} {words.number(mean)}" + (f" ± {words.number(sem * CONFIDENCE, 2)} (95 %)" if sem > 0 else "")
        for m, mean, sem in ((x, row.x_mean, row.x_sem), (y, row.y_mean, row.y_sem))
    ]
    verdict = {False: " · infeasible", None: " · constraint unknown"}.get(row.feasible, "")
    head = f"Trial {row.trial_index} · {' · '.join(values)}{verdict}"
    return words.hover([head, row.point] if with_point else [head])
