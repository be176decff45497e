"""Learning curves: one metric of every trial by step, or by the time since the experiment began."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.controls import drop_down, toggle
from axnb.analyses.drawing import figures, style, words
from axnb.analyses.drawing.downsample import downsample_rows
from axnb.analyses.shared.goals import Goal
from axnb.analyses.shared.learning_curves import find_stepped_metrics, tabulate_progression
from axnb.errors import DataRequiredError
from axnb.record.trial import TrialStatus

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MOST = 4000


@dataclass(frozen=True, slots=True)
class ProgressionPlot:
    """The learning curves of the trials; a square ends those that were stopped early.

    Args:
        metric_name: The metric; by default the first of the goal, then of the others, that has readings by step.
        by_wallclock_time: Whether along hours since the first trial began. Readings have no time of their own: those of
            a trial are spread evenly over it.

    Example:
        >>> ProgressionPlot("loss").by_wallclock_time
        False
    """

    metric_name: str | None = None
    by_wallclock_time: bool = False

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            DataRequiredError: If no trial has readings by step.
            UnknownNameError: If there is no such metric.
        """
        names = find_stepped_metrics(context)
        metric = context.metric(self.metric_name) if self.metric_name is not None else names[0] if names else None
        if metric is None or metric not in names:
            what = f"of {metric!r} " if metric else ""
            raise DataRequiredError(f"This needs readings {what}by step: give attach_data a progression.")
        goal = Goal.of(context.view, context.optimization) if context.view.optimization else None
        direction = goal.direction(metric) if goal else 0
        frame = tabulate_progression(context, metric, direction)
        timed = frame["hours"].notna().any()
        by_time = self.by_wallclock_time and bool(timed)
        controls = [drop_down("metric_name", "Metric", metric, names)]
        controls += [toggle("by_wallclock_time", "By time", by_time)] if timed else []
        return AnalysisCard(
            name=type(self).__name__,
            title=f"{words.short(metric)} by {'time' if by_time else 'step'}",
            subtitle=describe_progression(frame, metric, direction),
            df=frame,
            figure=draw_progression(frame, goal.title(metric) if goal else words.short(metric), by_time=by_time),
            controls=tuple(controls),
            analysis=self,
        )


def describe_progression(frame: pd.DataFrame, metric: str, direction: int) -> str:
    """Return what learning curves show, in a sentence.

    Args:
        frame: What `tabulate_progression` returned, with at least a row.
        metric: The metric.
        direction: 1 if it is to be maximised, -1 if minimised, else 0.
    """
    ends = frame.groupby("arm_name", sort=False).last()
    stopped = int((ends["trial_status"] == TrialStatus.EARLY_STOPPED.name).sum())
    count = f"{len(ends)} {'curve' if len(ends) == 1 else 'curves'}"
    early = f", {stopped} of them stopped early" if stopped else ""
    if not direction or not frame["is_best"].any():
        return f"{count} of {words.short(metric)}{early}."
    best = frame[frame["is_best"]].iloc[-1]
    value = words.number(best["mean"])
    where = words.name_arm(best["trial_index"], best["arm_name"], words.find_batches(frame))
    return (
        f"{count} of {words.short(metric)}{early}; {where} ends best, at {value} "
        f"after step {words.number(best['step'])}."
    )


def draw_progression(frame: pd.DataFrame, title: str, *, by_time: bool = False) -> "go.Figure":
    """Return the picture of the curves: the best in colour, the others behind it.

    Args:
        frame: What `tabulate_progression` returned.
        title: Title of the vertical axis.
        by_time: Whether along hours, not steps.
    """
    unit, size = _unit(float(frame["hours"].max())) if by_time else ("", 1.0)
    axis = "hours" if by_time else "step"
    frame = frame.assign(hours=frame["hours"] / size)
    status = frame["trial_status"]
    open_ = ~status.isin([s.name for s in TrialStatus if s.is_terminal])
    early = status == TrialStatus.EARLY_STOPPED.name
    groups: list[tuple[str, str, float, pd.Series[bool]]] = [
        ("finished", style.GREY, 1.0, ~frame["is_best"] & ~open_ & ~early),
        ("stopped early", style.PURPLE, 1.0, ~frame["is_best"] & early),
        ("running", style.SKY, 1.5, ~frame["is_best"] & open_),
        ("best", style.ORANGE, 2.5, frame["is_best"]),
    ]
    batches = words.find_batches(frame)
    traces = [_lines(frame[rows], axis, n, c, w, batches) for n, c, w, rows in groups if rows.any()]
    last = frame[early].groupby("arm_name", sort=False).last()
    if len(last):
        marker = {"symbol": "square", "size": 7, "color": style.PURPLE}
        common = {"mode": "markers", "name": "stop", "marker": marker, "hoverinfo": "skip", "showlegend": False}
        traces.append(figures.scatter(x=last[axis], y=last["mean"], **common))
    across = f"{unit} since the first trial began, readings spread evenly over each trial" if by_time else "step"
    shown = style.plain(title, limit=80)
    return figures.new_figure(*traces, x=across, y=shown, height=360, layout={"showlegend": True})


def _unit(hours: float) -> tuple[str, float]:
    """Return the unit that suits a length of time, and how many hours it has."""
    return ("hours", 1.0) if hours >= 2 else ("minutes", 1 / 60) if hours >= 2 / 60 else ("seconds", 1 / 3600)


def _lines(part: pd.DataFrame, axis: str, name: str, color: str, width: float, batches: frozenset[int]) -> Any:
    """Return curves as one trace, broken between trials."""
    curves = [curve for _, curve in part.groupby("arm_name", sort=False)]
    share = max(20, _MOST // len(curves))
    x: list[float] = []
    y: list[float] = []
    text: list[str] = []
    for curve in curves:
        rows = curve.iloc[downsample_rows([curve["mean"]], most=share, always=_ends(len(curve)))]
        x += [*rows[axis].tolist(), np.nan]
        y += [*rows["mean"].tolist(), np.nan]
        text += [
            *(
                f"{words.name_arm(i, n, batches, starts=True)} · {words.number(v)}"
                for i, n, v in zip(rows["trial_index"], rows["arm_name"], rows["mean"], strict=True)
            ),
            "",
        ]
    line = {"color": style.fade(color, 0.55) if width == 1.0 else color, "width": width}
    markers = len(part) == len(curves)
    return figures.scatter(
        x=np.array(x),
        y=np.array(y),
        mode="markers" if markers else "lines",
        name=name,
        line=line,
        marker={"color": color},
        hoverinfo="text",
        hovertext=text,
        connectgaps=False,
    )


def _ends(count: int) -> np.ndarray:
    ends = np.zeros(count, dtype=bool)
    ends[[0, -1]] = True
    return ends
