"""The optimisation trace: every result in the order of the trials, and the best so far.

With several objectives the trace is that of the hypervolume.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from axnb.analyses import style, words
from axnb.analyses.card import AnalysisCard
from axnb.analyses.findings import COUNTED, SET_ASIDE, ArmResult, Findings
from axnb.analyses.goals import CONFIDENCE, Goal, non_dominated, shown_value
from axnb.analyses.protocol import Control
from axnb.errors import DataRequiredError, UserInputError
from axnb.suggest.hypervolume import hypervolume, reference_point

if TYPE_CHECKING:
    import plotly.graph_objects as go

HYPERVOLUME = "hypervolume"
INITIAL = ("Center", "Sobol")
ATTACHED = ("Manual", "Baseline")

COLUMNS = (
    "trial_index",
    "arm_name",
    "trial_status",
    "generation_method",
    "value",
    "sem",
    "feasible",
    "best_so_far",
    "improved",
    "point",
)


@dataclass(frozen=True, slots=True)
class UtilityProgressionAnalysis:
    """Every result in the order of the trials, and the best feasible one so far; hypervolume for several objectives.

    Args:
        scale: Scale of the vertical axis; values that are not positive need `"linear"`.

    Raises:
        UserInputError: If there is no such scale.

    Example:
        >>> UtilityProgressionAnalysis(scale="log").scale
        'log'
    """

    scale: Literal["linear", "log"] = "linear"

    def __post_init__(self) -> None:
        if self.scale not in ("linear", "log"):
            raise UserInputError(f"scale must be 'linear' or 'log', got {self.scale!r}.")

    def compute(self, findings: Findings) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If there is no goal yet.
            DataRequiredError: If no trial has a result yet.
        """
        goal = Goal.of(findings.view, findings.optimization)
        objectives = goal.optimization.objectives
        frame = trace_frame(findings.results, goal)
        if frame.empty:
            wanted = ", ".join(repr(n) for n in goal.optimization.objective_metric_names)
            raise DataRequiredError(f"This needs a completed trial with a value of {wanted}.")
        several = len(objectives) > 1
        label = HYPERVOLUME if several else objectives[0].label
        title = label if several or objectives[0].is_scalarized else goal.title(label)
        positive = bool((frame["value"] > 0).all())
        scale = self.scale if positive else "linear"
        options = ("linear", "log") if positive else ("linear",)
        return AnalysisCard(
            name=type(self).__name__,
            title="Hypervolume by trial" if several else f"{words.short(label)} by trial",
            subtitle=trace_sentence(frame, label),
            df=frame,
            figure=trace_figure(frame, label, title, scale, constrained=bool(goal.optimization.constraints)),
            controls=(Control(field="scale", label="Scale", kind="dropdown", options=options, value=scale),),
            analysis=self,
        )


def trace_frame(results: Sequence[ArmResult], goal: Goal) -> pd.DataFrame:
    """Return every result in the order of the trials with the best so far.

    Args:
        results: The arms; those of failed and abandoned trials and those without a result are left out.
        goal: What is wanted.

    Returns:
        A row an arm, columns `COLUMNS`: `value` is the objective's value in its own units (for several objectives the
        hypervolume reached), `feasible` is `None` where a constraint's metric is missing, `best_so_far` is NaN
        until a finished trial is feasible, `point` is the parameterization in words.
    """
    metrics = goal.optimization.objective_metric_names
    kept = [r for r in results if r.status not in SET_ASIDE and r.has(metrics)]
    feasible = [goal.feasible(r.outcomes) for r in kept]
    counted = np.array([f is True and r.status in COUNTED for f, r in zip(feasible, kept, strict=True)], dtype=bool)
    if len(goal.optimization.objectives) == 1:
        value, sem, best = _single(kept, counted, goal)
    else:
        value, sem, best = _several(kept, counted, goal)
    known = ~np.isnan(best)
    before = np.concatenate([[np.nan], best[:-1]]) if len(best) else best
    improved = known & (np.isnan(before) | (best != before))
    return pd.DataFrame(
        {
            "trial_index": pd.array([r.trial_index for r in kept], dtype="int64"),
            "arm_name": [r.arm_name for r in kept],
            "trial_status": [r.status.name for r in kept],
            "generation_method": [r.generator for r in kept],
            "value": value,
            "sem": sem,
            "feasible": pd.Series(feasible, dtype=object),
            "best_so_far": best,
            "improved": improved,
            "point": [words.point(r.parameters) for r in kept],
        },
        columns=list(COLUMNS),
    )


def _single(kept: Sequence[ArmResult], counted: np.ndarray, goal: Goal) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    objective = goal.optimization.objective
    pairs = [shown_value(objective, r.outcomes) for r in kept]
    value = np.array([np.nan if p is None else p[0] for p in pairs], dtype=float)
    sem = np.array([np.nan if p is None or p[1] is None else p[1] for p in pairs], dtype=float)
    best = (np.fmin if objective.minimize else np.fmax).accumulate(np.where(counted, value, np.nan))
    return value, sem, best


def _several(kept: Sequence[ArmResult], counted: np.ndarray, goal: Goal) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the hypervolume reached after each arm; the reference point is that of all results."""
    reached = np.zeros(len(kept))
    Y = np.array([goal.utilities(r.outcomes) for r in kept], dtype=float)
    Y = Y.reshape(len(kept), len(goal.optimization.objectives))
    if counted.any():
        given = np.array([_threshold(goal, i) for i in range(Y.shape[1])])
        reference = np.where(np.isnan(given), reference_point(Y[counted][non_dominated(Y[counted])]), given)
        front, volume = np.empty((0, Y.shape[1])), 0.0
        for i, y in enumerate(Y):
            if counted[i] and (y > reference).all() and not (front >= y).all(axis=1).any():
                front = np.vstack([front, y])
                front = front[non_dominated(front)]
                volume = hypervolume(front, reference)
            reached[i] = volume
    return reached, np.full(len(kept), np.nan), np.where(np.maximum.accumulate(counted), reached, np.nan)


def _threshold(goal: Goal, index: int) -> float:
    objective = goal.optimization.objectives[index]
    given = goal.optimization.threshold(objective)
    return np.nan if given is None else given * objective.weights[0]


def trace_sentence(frame: pd.DataFrame, label: str) -> str:
    """Return what a trace shows, in a sentence.

    Args:
        frame: What `trace_frame` returned, with at least a row.
        label: What the values are.
    """
    name = words.short(label)
    if frame["best_so_far"].isna().all():
        return f"None of the {len(frame)} results satisfies the constraints yet."
    at = frame.index[frame["improved"]][-1]
    best, trial = frame["best_so_far"].iloc[-1], frame["trial_index"].loc[at]
    since = len(frame) - 1 - at
    trials = "trial has" if since == 1 else f"{since} trials have"
    after = f"; the last {trials} not improved on it" if since else ", the latest result"
    verb = "The hypervolume reached" if label == HYPERVOLUME else f"The best {name} is"
    return f"{verb} {words.number(best)} at trial {trial}{after}."


def trace_figure(
    frame: pd.DataFrame,
    label: str,
    title: str,
    scale: Literal["linear", "log"] = "linear",
    *,
    constrained: bool = False,
) -> "go.Figure":
    """Return the picture of a trace.

    Args:
        frame: What `trace_frame` returned.
        label: What the values are, in hover texts.
        title: Title of the vertical axis.
        scale: Scale of the vertical axis.
        constrained: Whether to tell feasible results from others.
    """
    import plotly.graph_objects as go

    several = label == HYPERVOLUME
    hover = np.array(
        [_hover(row, label, len(frame) <= words.MOST_WITH_POINT) for row in frame.itertuples()], dtype=object
    )
    line = go.Scatter(
        x=frame["trial_index"],
        y=frame["best_so_far"],
        mode="lines+markers" if several else "lines",
        name="reached" if several else "best so far",
        line={"shape": "hv", "color": style.ORANGE, "width": 2},
        hoverinfo="text" if several else "skip",
        hovertext=hover if several else None,
    )
    groups = [] if several else [_markers(frame, hover, *group) for group in _groups(frame, constrained=constrained)]
    bars = " · bars: 95 %" if frame["sem"].gt(0).any() else ""
    figure = style.new_figure(*groups, line, x="trial", y=style.plain(title + bars, limit=80), height=360)
    span = int(frame["trial_index"].max() - frame["trial_index"].min())
    figure.update_xaxes(dtick=1 if span < 12 else None, tickformat="d")
    figure.update_yaxes(type=scale)
    figure.update_layout(showlegend=len(groups) > 0)
    return figure


def _groups(frame: pd.DataFrame, *, constrained: bool) -> "list[tuple[str, str, str, pd.Series]]":
    """Return name, colour, symbol and rows of each kind of result that there is."""
    allowed = frame["feasible"].map(lambda f: f is True) if constrained else pd.Series(data=True, index=frame.index)
    unknown = frame["feasible"].map(lambda f: f is None) & constrained
    initial = frame["generation_method"].isin(INITIAL)
    attached = frame["generation_method"].isin(ATTACHED)
    groups = [
        ("initial points", style.SKY, "circle", allowed & initial),
        ("attached", style.PURPLE, "diamond", allowed & attached),
        ("suggested by the model", style.BLUE, "circle", allowed & ~initial & ~attached),
        ("infeasible", style.GREY, "x-thin", ~allowed & ~unknown),
        ("constraint unknown", style.GREY, "circle-open", unknown),
    ]
    return [group for group in groups if group[3].any()]


def _markers(
    frame: pd.DataFrame, hover: np.ndarray, name: str, color: str, symbol: str, rows: "pd.Series"
) -> "go.Scatter":
    import plotly.graph_objects as go

    part = frame[rows]
    known = part["sem"].gt(0).any()
    line = {"color": color, "width": 1.5} if symbol.endswith(("thin", "open")) else None
    return go.Scatter(
        x=part["trial_index"],
        y=part["value"],
        mode="markers",
        name=name,
        marker={"color": color, "symbol": symbol, "size": 8, "line": line},
        error_y={"array": part["sem"] * CONFIDENCE, "thickness": 1, "width": 0, "color": color} if known else None,
        hoverinfo="text",
        hovertext=hover[rows.to_numpy()],
    )


def _hover(row: Any, label: str, with_point: bool) -> str:
    interval = f" ± {words.number(row.sem * CONFIDENCE, 2)} (95 %)" if row.sem > 0 else ""
    verdict = {False: " · infeasible", None: " · constraint unknown"}.get(row.feasible, "")
    head = f"Trial {row.trial_index} · {words.short(label)} {words.number(row.value)}{interval}{verdict}"
    origin = f"{row.trial_status.replace('_', ' ').lower()} · {row.generation_method}"
    return words.hover([head, origin, row.point] if with_point else [head, origin])
