"""Checks what a user hands in as results, and turns it into observations."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from axnb.errors import UnknownNameError, UserInputError, listing, near_miss, shown
from axnb.problem.expressions import is_text
from axnb.problem.parameters import is_number, plain
from axnb.record.trial import Observation, Trial, no_such_arm


def observations(
    raw_data: object, trial: Trial, metrics: Sequence[str], progression: float | None
) -> tuple[Observation, ...]:
    """Return the observations that raw data stands for.

    Args:
        raw_data: For each metric its mean, or a pair of mean and standard error; for each arm such data, where the
            trial is a batch.
        trial: The trial that was measured.
        metrics: The metrics of the experiment.
        progression: How far the trial had come; `None` for final values.

    Raises:
        UserInputError: If the data is no mapping, is empty, or a value is no finite number.
        UnknownNameError: If a metric or an arm is unknown.
    """
    told = by_arm(raw_data, trial, metrics).items()
    return tuple([row for name, data in told for row in observations_of_arm(data, name, metrics, progression)])


def by_arm(raw_data: object, trial: Trial, metrics: Sequence[str]) -> dict[str, object]:
    """Return the data of each arm of a trial.

    Raises:
        UserInputError: If the trial is a batch and the data says nothing of its arms.
        UnknownNameError: If an arm is unknown.
    """
    if not trial.is_batch:
        return {trial.arm_name: raw_data}
    known = trial.arms_by_name
    metric = metrics[0] if metrics else "accuracy"
    example = f"{{{trial.arms[0].name!r}: {{{metric!r}: 0.93}}, …}}"
    if not isinstance(raw_data, Mapping) or not raw_data or (not raw_data.keys() & known.keys() and metric in raw_data):
        raise UserInputError(
            f"trial {trial.index} has {len(known)} arms: raw_data must be a dict with the data of each arm, such as "
            f"{example}, got {raw_data!r}."
        )
    for name in raw_data:
        if name not in known:
            raise no_such_arm(trial, name)
    return dict(raw_data)


def observations_of_arm(
    raw_data: object, arm_name: str, metrics: Sequence[str], progression: float | None
) -> tuple[Observation, ...]:
    """Return the observations that the data of one arm stands for.

    Raises:
        UserInputError: If the data is no mapping, is empty, or a value is no finite number.
        UnknownNameError: If a metric is unknown.
    """
    if not isinstance(raw_data, Mapping):
        example = f"{{{metrics[0]!r}: 0.93}}" if metrics else "{'accuracy': 0.93}"
        raise UserInputError(f"raw_data must be a dict of metric values such as {example}, got {shown(raw_data)}.")
    if not raw_data:
        raise UserInputError(f"raw_data is empty: give a value for {listing(metrics)}.")
    rows = []
    for name, value in raw_data.items():
        if name not in metrics:
            raise UnknownNameError(
                f"there is no metric {shown(name)}; the metrics are {listing(metrics)}.{near_miss(name, metrics)}"
                f" To record a further one, call configure_tracking_metrics([{shown(name)}]) first."
            )
        mean, sem = _mean_and_sem(name, value)
        rows.append(Observation(metric=str(plain(name)), arm_name=arm_name, mean=mean, sem=sem, step=progression))
    return tuple(rows)


_NEAR = 0.75  # how alike names must be for one to be a slip: "los" and "loss" are, "val_loss" is not


def unnamed_metrics(told: Iterable[object], metrics: Sequence[str], goal: Sequence[str]) -> tuple[str, ...]:
    """Return the metrics that data has and the experiment does not know, which are to be tracked from now on.

    Args:
        told: The metrics that the data of an arm has.
        metrics: The metrics of the experiment.
        goal: Those that are objectives or constrained.

    Raises:
        UnknownNameError: If one nearly is a metric of the goal that the same data lacks: a slip.

    Example:
        >>> unnamed_metrics(["loss", "seconds"], ["loss"], ["loss"])
        ('seconds',)
    """
    given = [str(plain(n)) for n in dict.fromkeys(told) if is_text(n) and str(n).strip()]
    lacking = {n.lower(): n for n in goal if n not in given}
    new = tuple(n for n in given if n not in metrics)
    for name in new:
        near = get_close_matches(name.lower(), lacking, n=1, cutoff=_NEAR)
        if near:
            raise UnknownNameError(
                f"there is no metric {shown(name)}. Did you mean {lacking[near[0]]!r}? "
                f"To record both, call configure_tracking_metrics([{shown(name)}]) first."
            )
    return new


def _mean_and_sem(name: str, value: object) -> tuple[float, float | None]:
    value = plain(value)
    if is_number(value):
        return value, None  # type: ignore[return-value]
    if isinstance(value, list | tuple) and len(value) == 2:
        mean, sem = value
        return mean, sem  # Observation checks them
    raise UserInputError(
        f"metric {shown(name)} takes a number, or a pair of mean and standard error, "
        f"got {shown(value)} ({type(value).__name__})."
    )
