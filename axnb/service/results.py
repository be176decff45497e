"""What users of Ax's older faces tell of trials, and the metrics that they never named."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from axnb.api.client import Client
from axnb.api.outcomes import observations, unnamed_metrics
from axnb.core.types import TMapTrialEvaluation, TTrialEvaluation
from axnb.errors import UserInputError, shown
from axnb.problem.parameters import to_float
from axnb.record.events import TrialRunStarted, TrialStatusChanged
from axnb.record.experiment import Experiment, ExperimentView
from axnb.record.trial import TrialStatus
from axnb.run.protocols import EarlyStoppingStrategy

_TTL = "ttl_seconds"


def tell(
    client: Client,
    trial_index: int,
    evaluation: TTrialEvaluation | TMapTrialEvaluation,
    metadata: Mapping[str, Any],
    status: TrialStatus | None = None,
) -> None:
    """Record what a trial came to: all of it, or nothing where a part cannot be used.

    Args:
        client: The client of the experiment.
        trial_index: The trial.
        evaluation: Means and standard errors by metric, or such by step.
        metadata: What else is to be kept of the trial, plain JSON values.
        status: `COMPLETED` to end it.

    Raises:
        ObjectNotFoundError: If there is no such trial.
        TrialMutationError: If the trial cannot get that status.
        UserInputError: If a metric or a value cannot be used.
        StorageError: If the change cannot be kept.
    """
    steps: list[tuple[float | None, TTrialEvaluation]] = (
        [*evaluation] if isinstance(evaluation, list) else [(None, evaluation)]
    )
    view = client.experiment.view()
    trial = view.trial(trial_index)
    goal = view.optimization.metric_names if view.optimization is not None else ()
    new = unnamed_metrics([name for _, data in steps for name in data], view.metrics, goal)
    for step, data in steps:
        observations(data, trial, (*view.metrics, *new), step)
    if status is not None:
        TrialStatusChanged(index=trial.index, status=status).applied_to(trial, datetime.now(UTC))
    keep_metadata(client.experiment, trial.index, metadata)
    if status is not None:
        *steps, (step, data) = steps
    for earlier, readings in steps:
        client.attach_data(trial.index, readings, earlier)  # type: ignore[arg-type]
    if status is not None:
        client.complete_trial(trial.index, data, step)  # type: ignore[arg-type]


def keep_metadata(experiment: Experiment, trial_index: int, metadata: Mapping[str, Any] | None) -> None:
    """Keep what is said of a trial beside its results.

    Raises:
        UserInputError: If it is no dict of plain JSON values.
        ObjectNotFoundError: If there is no such trial.
        StorageError: If the change cannot be kept.
    """
    if not metadata:
        return
    try:
        texts = tuple((str(key), json.dumps(value, allow_nan=False)) for key, value in dict(metadata).items())
    except (TypeError, ValueError) as error:
        raise UserInputError(f"metadata must be a dict of plain JSON values, got {shown(metadata)}.") from error
    experiment.record(lambda now: [TrialRunStarted(index=now.trial(trial_index).index, metadata=texts)])


def keep_ttl(experiment: Experiment, trial_indices: Iterable[int], ttl_seconds: float | None) -> None:
    """Keep how long after its making a trial may run.

    Raises:
        UserInputError: If the time is no positive number of seconds.
        StorageError: If the change cannot be kept.
    """
    if ttl_seconds is None:
        return
    for index in trial_indices:
        keep_metadata(experiment, index, {_TTL: check_ttl(ttl_seconds)})


def check_ttl(ttl_seconds: float) -> float:
    """Return a time in seconds.

    Raises:
        UserInputError: If it is no positive number.
    """
    if not 0 < to_float(ttl_seconds) < timedelta.max.total_seconds():
        raise UserInputError(f"ttl_seconds must be a positive number of seconds, got {shown(ttl_seconds)}.")
    return to_float(ttl_seconds)


def fail_overdue(experiment: Experiment) -> None:
    """Mark trials failed that have run longer than they may.

    Raises:
        StorageError: If the change cannot be kept.
    """
    now = datetime.now(UTC)
    overdue = []
    for trial in experiment.view().trials.values():
        text = dict(trial.run_metadata).get(_TTL)
        if trial.status.is_running and text is not None and trial.time_created is not None:
            seconds = float(json.loads(text))
            if (now - trial.time_created).total_seconds() > seconds:
                overdue.append((trial.index, seconds))
    events = [
        TrialStatusChanged(index=i, status=TrialStatus.FAILED, reason=f"no result within {s:g} seconds")
        for i, s in overdue
    ]
    if events:
        experiment.record(events, automatic=True)


def reason_to_stop(
    rule: EarlyStoppingStrategy,
    view: ExperimentView,
    trial_index: int,
    told: TTrialEvaluation | TMapTrialEvaluation | None,
) -> str | None:
    """Return why a trial should be stopped early, or `None`.

    Args:
        rule: The rule that is asked.
        view: The experiment.
        trial_index: The trial.
        told: What it has come to besides what is recorded.

    Raises:
        ObjectNotFoundError: If there is no such trial.
        UserInputError: If the data cannot be used.
    """
    trial = view.trial(trial_index)
    if told is not None:
        steps: list[Any] = [*told] if isinstance(told, list) else [(None, told)]
        rows = [row for step, data in steps for row in observations(data, trial, (*view.metrics, *data), step)]
        trial = replace(trial, data=(*trial.data, *rows))
        view = replace(view, trials=MappingProxyType({**view.trials, trial.index: trial}))
    return rule.should_stop(view, trial)
