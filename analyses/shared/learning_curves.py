"""Learning curves: the readings of one metric of every trial by step, and by time."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
import pandas as pd

from axnb.analyses.context import AnalysisContext
from axnb.record.trial import Observation, Trial

COLUMNS = ("trial_index", "arm_name", "trial_status", "step", "hours", "mean", "sem", "is_best")


def find_stepped_metrics(context: AnalysisContext) -> tuple[str, ...]:
    """Return the metrics that have readings by step, those of the goal first."""
    found = {row.metric for trial in context.view.trials.values() for row in trial.data if row.step is not None}
    goal = context.view.optimization.metric_names if context.view.optimization else ()
    return tuple(n for n in dict.fromkeys([*goal, *context.view.metrics]) if n in found)


def _curves(context: AnalysisContext, metric: str) -> Iterator[tuple[Trial, str, list[Observation]]]:
    for trial in context.view.trials.values():
        if trial.status.is_lost:
            continue
        by_arm: dict[str, list[Observation]] = {}
        for row in trial.data:
            if row.metric == metric and row.step is not None:
                by_arm.setdefault(row.arm_name, []).append(row)
        for arm, rows in by_arm.items():
            yield trial, arm, sorted(rows, key=lambda r: r.step or 0.0)


def tabulate_progression(context: AnalysisContext, metric: str, direction: int = 0) -> pd.DataFrame:
    """Return the learning curves, a reading a row.

    Args:
        context: What is known of the experiment.
        metric: The metric.
        direction: 1 if it is to be maximised, -1 if minimised, else 0.

    Returns:
        Columns `COLUMNS`; `hours` since the first trial began are NaN where a trial has no times, `is_best` marks the
        curve that ends best.
    """
    curves = list(_curves(context, metric))
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
