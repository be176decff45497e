"""The optimisation trace: every result in the order of the trials, and the best so far.

With several objectives the trace is that of the hypervolume.
"""

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.controls import drop_down, toggle
from axnb.analyses.drawing import figures, style, words
from axnb.analyses.drawing.downsample import downsample_rows
from axnb.analyses.drawing.figures import CONFIDENCE
from axnb.analyses.drawing.rows import iterate_rows
from axnb.analyses.shared.arms import ATTACHED, INITIAL
from axnb.analyses.shared.goals import Goal, compute_shown_value
from axnb.analyses.shared.magnitude import binary_unit
from axnb.errors import DataRequiredError, UserInputError
from axnb.problem.space import SearchSpace
from axnb.record.trial import ArmResult
from axnb.suggest.best import may_be_best
from axnb.suggest.pareto import compute_hypervolume, infer_reference_point, is_non_dominated

if TYPE_CHECKING:
    import plotly.graph_objects as go

HYPERVOLUME = "hypervolume"
_LARGE_EXPONENT = 900  # of 2; volumes beyond leave no room to add and subtract them

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
    "best_sem",
    "point",
)


@dataclass(frozen=True, slots=True)
class UtilityProgressionAnalysis:
    """Every result in the order of the trials, and the best feasible one so far; hypervolume for several objectives.

    Args:
        scale: Scale of the vertical axis; values that are not positive need `"linear"`.
        optimum: The best value that is possible, where it is known, in the objective's own units.
        regret: Whether to show how far results are from the optimum, not the results.

    Raises:
        UserInputError: If there is no such scale, or regret is wanted without an optimum.

    Example:
        >>> UtilityProgressionAnalysis(scale="log").scale
        'log'
    """

    scale: Literal["linear", "log"] = "linear"
    _: KW_ONLY
    optimum: float | None = None
    regret: bool = False

    def __post_init__(self) -> None:
        if self.scale not in ("linear", "log"):
            raise UserInputError(f"scale must be 'linear' or 'log', got {self.scale!r}.")
        if self.optimum is not None and not math.isfinite(self.optimum):
            raise UserInputError(f"optimum must be a finite number, got {self.optimum!r}.")
        if self.regret and self.optimum is None:
            raise UserInputError("regret is the distance from the optimum: give the optimum too.")

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If there is no goal yet.
            DataRequiredError: If no trial has a result yet.
        """
        goal = Goal.of(context.view, context.optimization)
        objectives = goal.optimization.objectives
        frame = tabulate_trace(context.results, goal, context.search_space)
        if frame.empty:
            wanted = ", ".join(repr(n) for n in goal.optimization.objective_metric_names)
            raise DataRequiredError(f"This needs a completed trial with a value of {wanted}.")
        several = len(objectives) > 1
        label = HYPERVOLUME if several else objectives[0].label
        title = label if several or objectives[0].is_scalarized else goal.title(label)
        regret = self.regret and not several
        shown = compute_regret(frame, self.optimum or 0.0, minimize=objectives[0].minimize) if regret else frame
        positive = bool((shown["value"] > 0).all())
        scale = self.scale if positive else "linear"
        controls = [drop_down("scale", "Scale", scale, ("linear", "log") if positive else ("linear",))]
        controls += [toggle("regret", "Regret", regret)] if self.optimum is not None and not several else []
        axis = f"regret of {label} (minimise)" if regret else title
        return AnalysisCard(
            name=type(self).__name__,
            title="Hypervolume by trial" if several else f"{words.short(label)} by trial",
            subtitle=describe_trace(shown, f"regret of {label}" if regret else label),
            df=shown,
            figure=draw_trace(shown, label, axis, scale, constrained=bool(goal.optimization.constraints)),
            controls=tuple(controls),
            analysis=self,
        )


def compute_regret(frame: pd.DataFrame, optimum: float, *, minimize: bool) -> pd.DataFrame:
    """Return a trace with the distance from the optimum in place of the values.

    Args:
        frame: What `tabulate_trace` returned.
        optimum: The best value that is possible.
        minimize: Whether small values are wanted.
    """
    sign = 1.0 if minimize else -1.0
    return frame.assign(value=sign * (frame["value"] - optimum), best_so_far=sign * (frame["best_so_far"] - optimum))


def tabulate_trace(results: Sequence[ArmResult], goal: Goal, space: SearchSpace) -> pd.DataFrame:
    """Return every result in the order of the trials with the best so far.

    Args:
        results: The arms; those of failed and abandoned trials and those without a result are left out.
        goal: What is wanted.
        space: The search space as it is now: what is outside cannot be the best.

    Returns:
        A row an arm, columns `COLUMNS`: `value` is the objective's value in its own units (for several objectives the
        hypervolume reached), `feasible` is `None` where a constraint's metric is missing, `best_so_far` is NaN
        until a finished trial is feasible, `best_sem` is its standard error, `point` is the
        parameterization in words, empty where there are thousands.
    """
    metrics = goal.optimization.objective_metric_names
    kept = [r for r in results if not r.status.is_lost and r.has(metrics)]
    feasible = [goal.feasible(r.outcomes) for r in kept]
    counted = np.array(
        [f is True and may_be_best(r, goal.optimization, space) for f, r in zip(feasible, kept, strict=True)],
        dtype=bool,
    )
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
            "best_sem": np.append(sem, np.nan)[np.maximum.accumulate(np.where(improved, np.arange(len(kept)), -1))],
            "point": words.points([r.parameters for r in kept]),
        },
        columns=list(COLUMNS),
    )


def _single(kept: Sequence[ArmResult], counted: np.ndarray, goal: Goal) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    objective = goal.optimization.objective
    pairs = [compute_shown_value(objective, r.outcomes) for r in kept]
    value = np.array([np.nan if p is None else p[0] for p in pairs], dtype=float)
    sem = np.array([np.nan if p is None or p[1] is None else p[1] for p in pairs], dtype=float)
    best = (np.fmin if objective.minimize else np.fmax).accumulate(np.where(counted, value, np.nan))
    return value, sem, best


def _several(kept: Sequence[ArmResult], counted: np.ndarray, goal: Goal) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the hypervolume reached after each arm; the reference point is that of all results.

    Where the product of the objectives is no number, each is counted in a unit near its largest value.
    """
    reached = np.zeros(len(kept))
    Y = np.array([goal.utilities(r.outcomes) for r in kept], dtype=float)
    Y = Y.reshape(len(kept), len(goal.optimization.objectives))
    units = _units(Y)
    Y = Y / units
    if counted.any():
        given = np.array([_threshold(goal, i) for i in range(Y.shape[1])]) / units
        reference = np.where(
            np.isnan(given), infer_reference_point(Y[counted][is_non_dominated(Y[counted], keep_equal=True)]), given
        )
        front, volume = np.empty((0, Y.shape[1])), 0.0
        for i, y in enumerate(Y):
            if counted[i] and (y > reference).all() and not (front >= y).all(axis=1).any():
                front = np.vstack([front, y])
                front = front[is_non_dominated(front, keep_equal=True)]
                volume = compute_hypervolume(front, reference)
            reached[i] = volume
    return reached, np.full(len(kept), np.nan), np.where(np.maximum.accumulate(counted), reached, np.nan)


def _units(Y: np.ndarray) -> np.ndarray:
    """Return `m` units, all 1 unless volumes of such sizes leave the range of floats."""
    units = np.array([binary_unit(column) for column in Y.T])
    return units if abs(np.log2(units).sum()) > _LARGE_EXPONENT else np.ones(len(units))


def _threshold(goal: Goal, index: int) -> float:
    objective = goal.optimization.objectives[index]
    given = goal.optimization.threshold(objective)
    return np.nan if given is None else given * objective.weights[0]


def describe_trace(frame: pd.DataFrame, label: str) -> str:
    """Return what a trace shows, in a sentence.

    Args:
        frame: What `tabulate_trace` returned, with at least a row.
        label: What the values are.
    """
    name = words.short(label)
    if frame["best_so_far"].isna().all():
        return f"None of the {len(frame)} results satisfies the constraints yet."
    at = frame.index[frame["improved"]][-1]
    best = frame["best_so_far"].iloc[-1]
    where = words.name_arm(frame["trial_index"].loc[at], frame["arm_name"].loc[at], words.find_batches(frame))
    since = len(frame) - 1 - at
    trials = "trial has" if since == 1 else f"{since} trials have"
    after = f"; the last {trials} not improved on it" if since else ", the latest result"
    verb = "The hypervolume reached" if label == HYPERVOLUME else f"The best {name} is"
    return f"{verb} {words.number(best)} at {where}{after}."


def draw_trace(
    frame: pd.DataFrame,
    label: str,
    title: str,
    scale: Literal["linear", "log"] = "linear",
    *,
    constrained: bool = False,
) -> "go.Figure":
    """Return the picture of a trace.

    Args:
        frame: What `tabulate_trace` returned.
        label: What the values are, in hover texts.
        title: Title of the vertical axis.
        scale: Scale of the vertical axis.
        constrained: Whether to tell feasible results from others.
    """
    several = label == HYPERVOLUME
    rows = downsample_rows([frame["value"]], always=frame["improved"])
    part = frame.iloc[rows]
    few = len(frame) <= words.MOST_WITH_POINT
    batches = words.find_batches(frame)
    hover = np.array([_hover(row, label, batches, few) for row in iterate_rows(part)], dtype=object)
    groups = [] if several else [_markers(part, hover, *group) for group in _groups(part, constrained=constrained)]
    band = [] if several else _band(frame)
    bars = " · bars: 95 %" if frame["sem"].gt(0).any() else ""
    best = _best_line(frame, label)
    span = float(frame["trial_index"].max() - frame["trial_index"].min())
    return figures.new_figure(
        *band,
        *groups,
        best,
        x="trial",
        y=figures.titled(title, bars),
        height=360,
        xaxis=figures.trial_axis(span),
        yaxis=figures.log_axis(frame["value"]) if scale == "log" else {"type": scale},
        layout={"showlegend": len(groups) > 0},
    )


def _steps(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows where the best so far changes, and the last."""
    steps: pd.DataFrame = frame[frame["improved"] | (frame.index == frame.index[-1])]
    return steps


def _best_line(frame: pd.DataFrame, label: str) -> figures.Trace:
    several = label == HYPERVOLUME
    part = _steps(frame)
    few = len(frame) <= words.MOST_WITH_POINT
    return figures.scatter(
        x=part["trial_index"],
        y=part["best_so_far"],
        mode="lines+markers" if several else "lines",
        name="reached" if several else "best so far",
        line={"shape": "hv", "color": style.ORANGE, "width": 2},
        hoverinfo="text" if several else "skip",
        hovertext=[_hover(row, label, words.find_batches(frame), few) for row in iterate_rows(part)]
        if several
        else None,
    )


def _band(frame: pd.DataFrame) -> list[figures.Trace]:
    """Return the 95 % interval of the best so far, where its error is known."""
    part = _steps(frame)
    if not part["best_sem"].gt(0).any():
        return []
    half = part["best_sem"].fillna(0.0) * CONFIDENCE
    none = {"width": 0, "color": style.ORANGE, "shape": "hv"}
    common = {"x": part["trial_index"], "mode": "lines", "line": none, "hoverinfo": "skip"}
    low = figures.scatter(**common, y=part["best_so_far"] - half, showlegend=False)
    fill = {"fill": "tonexty", "fillcolor": style.fade(style.ORANGE, 0.16)}
    return [low, figures.scatter(**common, y=part["best_so_far"] + half, name="its 95 % interval", **fill)]


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
) -> figures.Trace:
    part = frame[rows]
    line = {"color": color, "width": 1.5} if symbol.endswith(("thin", "open")) else None
    return figures.scatter(
        x=part["trial_index"],
        y=part["value"],
        mode="markers",
        name=name,
        marker={"color": color, "symbol": symbol, "size": figures.size_of_marks(len(frame)), "line": line},
        error_y=figures.whiskers(part["sem"], color),
        hoverinfo="text",
        hovertext=hover[rows.to_numpy()],
        customdata=part["trial_index"].tolist(),
    )


def _hover(row: Any, label: str, batches: frozenset[int], with_point: bool) -> str:
    interval = f" ± {words.number(row.sem * CONFIDENCE, 2)} (95 %)" if row.sem > 0 else ""
    verdict = {False: " · infeasible", None: " · constraint unknown"}.get(row.feasible, "")
    who = words.name_arm(row.trial_index, row.arm_name, batches, starts=True)
    head = f"{who} · {words.short(label)} {words.number(row.value)}{interval}{verdict}"
    origin = f"{row.trial_status.replace('_', ' ').lower()} · {row.generation_method}"
    return words.hover([head, origin, row.point] if with_point else [head, origin])
