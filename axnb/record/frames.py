"""The experiment as data frames. pandas is imported when a frame is asked for."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from axnb.record.events import TRIAL_EVENTS, ActionRedone, ActionUndone
from axnb.record.journal import Entry
from axnb.record.journaled import ExperimentView, JournaledExperiment, arm_results
from axnb.record.state import describe
from axnb.record.trial import LEASE, Trial, TrialStatus

if TYPE_CHECKING:
    import pandas as pd

OWN_COLUMNS = ("trial_index", "arm_name", "trial_status", "generation_node", "note")  # of a wide table
DATA_COLUMNS = ("trial_index", "arm_name", "metric_name", "step", "mean", "sem")


def data_frame(view: ExperimentView) -> "pd.DataFrame":
    """Return all observations as one long table.

    Columns: trial index, arm name, metric name, step (NaN for a final value), mean, and standard error (NaN where
    unknown), in the metrics' own units.
    """
    import pandas as pd

    rows = [(t.index, r.arm_name, r.metric, r.step, r.mean, r.sem) for t in view.trials.values() for r in t.data]
    frame = pd.DataFrame(rows, columns=list(DATA_COLUMNS))
    return frame.astype({"step": "float64", "mean": "float64", "sem": "float64"})


def summary_frame(
    view: ExperimentView, trials: Iterable[Trial] | None = None, *, omit_empty_columns: bool = True
) -> "pd.DataFrame":
    """Return one row an arm: trial index, arm, status, origin, what its runner said, metrics, parameters.

    Args:
        view: The experiment.
        trials: The trials to show; all of them by default.
        omit_empty_columns: Whether to leave out columns without any value.
    """
    import pandas as pd

    chosen = list(view.trials.values() if trials is None else trials)
    shown = [result for t in chosen for result in t.results]
    names = view.search_space.names if view.search_space is not None else ()
    columns: dict[str, list[Any]] = {
        "trial_index": [r.trial_index for r in shown],
        "arm_name": [r.arm_name for r in shown],
        "trial_status": [r.status.name for r in shown],
        "status_reason": [t.status_reason for t in chosen for _ in t.arms],
        "generation_node": [r.generator for r in shown],
    }
    if any(t.weights for t in chosen):
        columns["arm_weight"] = [r.weight for r in shown]
    outcomes = [r.outcomes for r in shown]
    parameters = [r.parameters for r in shown]
    said = [dict(t.run_metadata) for t in chosen for _ in t.arms]
    measured = {m: _free(m, columns, "metric") for m in view.metrics}
    chosen_by = {p: _free(p, columns, "parameter") for p in names}
    taken = {*columns, *measured.values(), *chosen_by.values()}
    keys = dict.fromkeys(k for s in said for k in s if k != LEASE)
    columns |= {_free(k, taken, "run"): [_shown(s.get(k)) for s in said] for k in keys}
    columns |= {measured[m]: [o[m][0] if m in o else None for o in outcomes] for m in view.metrics}
    columns |= {chosen_by[p]: [x.get(p) for x in parameters] for p in names}
    if omit_empty_columns:
        columns = {k: v for k, v in columns.items() if not v or any(x is not None for x in v)}
    if not chosen:
        columns.pop("status_reason", None)
    frame = pd.DataFrame(columns)
    return frame.astype({c: "float64" for c in measured.values() if c in frame})


def _free(name: str, taken: Iterable[str], kind: str) -> str:
    """Return the name of a column, with its kind before it where the name is taken."""
    return f"{kind}.{name}" if name in taken else name


def _shown(text: str | None) -> Any:
    """Return a value that a runner gave, as JSON text: plain ones as they are, others as text."""
    value = None if text is None else json.loads(text)
    return text if isinstance(value, list | dict) else value


def wide_columns(
    parameters: Iterable[str], metrics: Iterable[str]
) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Return the columns of a wide table that parameters, metrics and the metrics' standard errors have.

    Example:
        >>> wide_columns(["x", "note"], ["loss"])
        ({'x': 'x', 'note': 'parameter.note'}, {'loss': 'loss'}, {'loss': 'loss_sem'})
    """
    of_parameters = {p: _free(p, OWN_COLUMNS, "parameter") for p in parameters}
    of_metrics = {m: _free(m, OWN_COLUMNS, "metric") for m in metrics}
    taken = {*of_parameters.values(), *of_metrics.values()}
    return of_parameters, of_metrics, {m: _free(f"{c}_sem", taken, "error") for m, c in of_metrics.items()}


def wide_frame(view: ExperimentView) -> "pd.DataFrame":
    """Return one row an arm: trial index, arm, status, origin, note, every parameter, every metric with its error.

    The column `<metric>_sem` is NaN where the standard error is unknown.
    """
    import pandas as pd

    shown = arm_results(view)
    outcomes = [r.outcomes for r in shown]
    parameters = [r.parameters for r in shown]
    own = [(r.trial_index, r.arm_name, r.status.name, r.generator, view.trials[r.trial_index].note) for r in shown]
    columns: dict[str, list[Any]] = {name: [row[k] for row in own] for k, name in enumerate(OWN_COLUMNS)}
    names = view.search_space.names if view.search_space is not None else ()
    of_parameters, of_metrics, of_sems = wide_columns(names, view.metrics)
    columns |= {of_parameters[p]: [x.get(p) for x in parameters] for p in names}
    numbers: dict[str, list[Any]] = {}
    for metric in view.metrics:
        numbers[of_metrics[metric]] = [o[metric][0] if metric in o else None for o in outcomes]
        numbers[of_sems[metric]] = [o[metric][1] if metric in o else None for o in outcomes]
    return pd.DataFrame(columns | numbers).astype(dict.fromkeys(numbers, "float64"))


def select(view: ExperimentView, indices: Iterable[int] | None, statuses: Iterable[TrialStatus] | None) -> list[Trial]:
    """Return the trials with the given indices and statuses, in order of index.

    Raises:
        ObjectNotFoundError: If there is no trial of an index.
    """
    chosen = list(view.trials.values()) if indices is None else [view.trial(i) for i in sorted(set(indices))]
    wanted = None if statuses is None else set(statuses)
    return [t for t in chosen if wanted is None or t.status in wanted]


def history_frame(experiment: JournaledExperiment) -> "pd.DataFrame":
    """Return what happened, one row an action: number, time (UTC), who, by program or person, what, trials, undone.

    Undo and redo are rows of their own; an action that is undone now says so.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    by_number: dict[int, dict[str, Any]] = {}
    groups: dict[int, list[Entry]] = {}
    for entry in experiment.journal:
        groups.setdefault(entry.action, []).append(entry)
    for number, entries in groups.items():
        first = entries[0]
        row: dict[str, Any] = {"action": number, "time": first.time, "actor": first.actor, "automatic": first.automatic}
        turn = first.event
        if isinstance(turn, ActionUndone | ActionRedone):
            turned = by_number[turn.action]
            turned["undone"] = isinstance(turn, ActionUndone)
            row |= {"what": f"{turn.label}: {turned['what']}", "trials": turned["trials"], "undone": False}
        else:
            indices = [e.event.index for e in entries if isinstance(e.event, TRIAL_EVENTS)]
            row |= {"what": describe([e.event for e in entries]), "trials": sorted(set(indices)), "undone": False}
            by_number[number] = row
        rows.append(row)
    return pd.DataFrame(rows, columns=["action", "time", "actor", "automatic", "what", "trials", "undone"])
