"""Learning curves: one metric of every trial by step, or by the time since the experiment began."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from axnb.analyses import figures, style, words
from axnb.analyses.card import AnalysisCard
from axnb.analyses.controls import drop_down, toggle
from axnb.analyses.findings import Findings
from axnb.analyses.goals import Goal
from axnb.analyses.thin import thinned
from axnb.errors import DataRequiredError
from axnb.record.trial import Observation, Trial, TrialStatus

if TYPE_CHECKING:
    import plotly.graph_objects as go

COLUMNS = ("trial_index", "arm_name", "trial_status", "step", "hours", "mean", "sem", "is_best")
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

    def compute(self, findings: Findings) -> AnalysisCard:
        """Return the card.

        Raises:
            DataRequiredError: If no trial has readings by step.
            UnknownNameError: If there is no such metric.
        """
        names = stepped_metrics(findings)
        metric = findings.metric(self.metric_name) if self.metric_name is not None else names[0] if names else None
        if metric is None or metric not in names:
            what = f"of {metric!r} " if metric else ""
            raise DataRequiredError(f"This needs readings {what}by step: give attach_data a progression.")
        goal = Goal.of(findings.view, findings.optimization) if findings.view.optimization else None
        direction = goal.direction(metric) if goal else 0
        frame = progression_frame(findings, metric, direction)
        timed = frame["hours"].notna().any()
        by_time = self.by_wallclock_time and bool(timed)
        controls = [drop_down("metric_name", "Metric", metric, names)]
        controls += [toggle("by_wallclock_time", "By time", by_time)] if timed else []
        return AnalysisCard(
            name=type(self).__name__,
            title=f"{words.short(metric)} by {'time' if by_time else 'step'}",
            subtitle=progression_sentence(frame, metric, direction),
            df=frame,
            figure=progression_figure(frame, goal.title(metric) if goal else words.short(metric), by_time=by_time),
            controls=tuple(controls),
            analysis=self,
        )


def stepped_metrics(findings: Findings) -> tuple[str, ...]:
    """Return the metrics that have readings by step, those of the goal first."""
    found = {row.metric for trial in findings.view.trials.values() for row in trial.data if row.step is not None}
    goal = findings.view.optimization.metric_names if findings.view.optimization else ()
    return tuple(n for n in dict.fromkeys([*goal, *findings.view.metrics]) if n in found)


def _curves(findings: Findings, metric: str) -> Iterator[tuple[Trial, str, list[Observation]]]:
    for trial in findings.view.trials.values():
        if trial.status.is_lost:
            continue
        by_arm: dict[str, list[Observation]] = {}
        for row in trial.data:
            if row.metric == metric and row.step is not None:
                by_arm.setdefault(row.arm_name, []).append(row)
        for arm, rows in by_arm.items():
            yield trial, arm, sorted(rows, key=lambda r: r.step or 0.0)


def progression_frame(findings: Findings, metric: str, direction: int = 0) -> pd.DataFrame:
    """Return the learning curves, a reading a row.

    Args:
        findings: What is known of the experiment.
        metric: The metric.
        direction: 1 if it is to be maximised, -1 if minimised, else 0.

    Returns:
        Columns `COLUMNS`; `hours` since the first trial began are NaN where a trial has no times, `is_best` marks the
        curve that ends best.
    """
    curves = list(_curves(findings, metric))
    begun = [t.time_created for t, _, _ in curves if t.time_created is not None]
    start = min(begun) if begun else None
    ends = [rows[-1].mean * direction for _, _, rows in curves]
    best = int(np.argmax(ends)) if direction and ends else -1
    out = []
    for i, (trial, arm, rows) in enumerate(curves):
        hours = _hours(trial, len(rows), start)
        for row, hour in zip(rows, hours, strict=True):
            sem = np.nan if row.sem is None else row.sem
            out.append((trial.index, arm, trial.status.name, row.step, hour, row.mean, sem, i == best))
    frame = pd.DataFrame(out, columns=list(COLUMNS))
    return frame.astype({"step": float, "hours": float, "mean": float, "sem": float, "is_best": bool})


def _hours(trial: Trial, count: int, start: datetime | None) -> Sequence[float]:
    if start is None or trial.time_created is None or trial.time_completed is None:
        return [np.nan] * count
    first = (trial.time_created - start).total_seconds() / 3600.0
    length = (trial.time_completed - trial.time_created).total_seconds() / 3600.0
    spread: list[float] = (first + length * np.arange(1, count + 1) / count).tolist()
    return spread


def progression_sentence(frame: pd.DataFrame, metric: str, direction: int) -> str:
    """Return what learning curves show, in a sentence.

    Args:
        frame: What `progression_frame` returned, with at least a row.
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
    return (
        f"{count} of {words.short(metric)}{early}; trial {best['trial_index']} ends best, at {value} "
        f"after step {words.number(best['step'])}."
    )


def progression_figure(frame: pd.DataFrame, title: str, *, by_time: bool = False) -> "go.Figure":
    """Return the picture of the curves: the best in colour, the others behind it.

    Args:
        frame: What `progression_frame` returned.
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
    traces = [_lines(frame[rows], axis, n, c, w) for n, c, w, rows in groups if rows.any()]
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


def _lines(part: pd.DataFrame, axis: str, name: str, color: str, width: float) -> Any:
    """Return curves as one trace, broken between trials."""
    curves = [curve for _, curve in part.groupby("arm_name", sort=False)]
    share = max(20, _MOST // len(curves))
    x: list[float] = []
    y: list[float] = []
    text: list[str] = []
    for curve in curves:
        rows = curve.iloc[thinned([curve["mean"]], most=share, always=_ends(len(curve)))]
        x += [*rows[axis].tolist(), np.nan]
        y += [*rows["mean"].tolist(), np.nan]
        text += [
            *(f"Trial {i} · {words.number(v)}" for i, v in zip(rows["trial_index"], rows["mean"], strict=True)),
            "",
        ]
    line = {"color": style.faded(color, 0.55) if width == 1.0 else color, "width": width}
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
