"""Reads the metrics of trials, and brings what they read into the form that is kept."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from axnb.errors import AxnbError, StorageError, UserInputError
from axnb.record.trial import Observation
from axnb.run.protocols import IMetric, JobReport


class ReadingsFormat(Protocol):
    """What brings readings into the form that is kept."""

    def read(self, trial_index: int, metric: str, progression: float | None, outcome: Any) -> tuple[Observation, ...]:
        """Return a reading as it can be kept; raise an error of ours where it is of no use."""
        ...


class MetricReader:
    """Reads metrics of trials.

    Args:
        form: What brings readings into the form that is kept.
        metrics: The metrics that are read; others come with the reports on jobs.
    """

    def __init__(self, form: ReadingsFormat, metrics: Sequence[IMetric]) -> None:
        self._form, self._metrics = form, metrics
        self.unread: dict[str, str] = {}

    def read(
        self, index: int, metadata: Mapping[str, Any], report: JobReport
    ) -> tuple[tuple[Observation, ...], dict[str, str]]:
        """Return what the metrics of a trial read, and for each that cannot be read why."""
        rows: tuple[Observation, ...] = ()
        unread: dict[str, str] = {}
        readings = {name: (None, outcome) for name, outcome in report.outcomes.items()}
        for name in dict.fromkeys([*readings, *(m.name for m in self._metrics)]):
            try:
                metric = next((m for m in self._metrics if m.name == name), None)
                progression, outcome = readings[name] if metric is None else _pair(metric.fetch(index, metadata))
                rows += self._form.read(index, name, progression, outcome)
            except StorageError:
                raise
            except Exception as error:  # the user's code may raise anything
                unread[name] = tell_briefly(error)
        return rows, unread

    def read_progress(self, index: int, report: JobReport) -> tuple[Observation, ...]:
        """Return the readings that came with a report on a job that runs."""
        rows: tuple[Observation, ...] = ()
        for step, metrics in report.progress:
            for name, value in metrics.items():
                try:
                    rows += self._form.read(index, name, step, value)
                except UserInputError as error:
                    self.unread[name] = tell_briefly(error)
        return rows


def _pair(given: object) -> tuple[float, Any]:
    """Return the progression and the outcome that a metric gave.

    Raises:
        UserInputError: If it gave something else.
    """
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise UserInputError(f"fetch must return a pair of progression and outcome, such as (0, 0.93), got {given!r}.")
    return given[0], given[1]


def tell_briefly(error: BaseException) -> str:
    """Return what an error says, as every file can keep it.

    Example:
        >>> tell_briefly(OSError("no answer"))
        'OSError: no answer'
    """
    said = str(error) if isinstance(error, AxnbError) else f"{type(error).__name__}: {error}"
    return said.replace("\0", "?").encode(errors="replace").decode()
