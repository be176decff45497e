"""Reads the metrics of trials, and records what they read."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from axnb.errors import AxnbError, StorageError, UserInputError
from axnb.run.protocols import IMetric, JobReport


class ReadingsRecord(Protocol):
    """What takes readings."""

    def tell(self, trial_index: int, metric: str, progression: float | None, outcome: Any) -> None:
        """Record a reading."""
        ...


class MetricReader:
    """Reads metrics of trials, and records their readings.

    Args:
        record: What takes the readings.
        metrics: The metrics that are read; others come with the reports on jobs.
    """

    def __init__(self, record: ReadingsRecord, metrics: Sequence[IMetric]) -> None:
        self._record, self._metrics = record, metrics
        self.unread: dict[str, str] = {}

    def read(self, index: int, metadata: Mapping[str, Any], report: JobReport) -> dict[str, str]:
        """Record what the metrics of a trial read; return for each that cannot be read why."""
        unread: dict[str, str] = {}
        readings = {name: (None, outcome) for name, outcome in report.outcomes.items()}
        for name in dict.fromkeys([*readings, *(m.name for m in self._metrics)]):
            try:
                metric = next((m for m in self._metrics if m.name == name), None)
                progression, outcome = readings[name] if metric is None else _pair(metric.fetch(index, metadata))
                self._record.tell(index, name, progression, outcome)
            except StorageError:
                raise
            except Exception as error:  # the user's code may raise anything
                unread[name] = tell_briefly(error)
        return unread

    def tell_progress(self, index: int, report: JobReport) -> None:
        """Record the readings that came with a report on a job that runs."""
        for step, metrics in report.progress:
            for name, value in metrics.items():
                try:
                    self._record.tell(index, name, step, value)
                except UserInputError as error:
                    self.unread[name] = tell_briefly(error)


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
