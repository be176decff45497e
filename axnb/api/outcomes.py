"""Checks what a user hands in as results, and turns it into observations."""

from collections.abc import Mapping, Sequence

from axnb.errors import UnknownNameError, UserInputError, listing, near_miss, shown
from axnb.problem.parameters import is_number, plain
from axnb.record.trial import Observation, Trial


def observations(
    raw_data: object, trial: Trial, metrics: Sequence[str], progression: float | None
) -> tuple[Observation, ...]:
    """Return the observations that raw data stands for.

    Args:
        raw_data: For each metric its mean, or a pair of mean and standard error.
        trial: The trial that was measured.
        metrics: The metrics of the experiment.
        progression: How far the trial had come; `None` for final values.

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
        rows.append(Observation(metric=str(plain(name)), arm_name=trial.arm_name, mean=mean, sem=sem, step=progression))
    return tuple(rows)


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
