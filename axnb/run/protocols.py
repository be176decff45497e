"""What users implement to let axnb run trials by itself."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from axnb.problem.space import Parameterization
from axnb.record.experiment import ExperimentView
from axnb.record.trial import Trial, TrialStatus


class IRunner(ABC):
    """Starts trials somewhere and tells how they stand.

    Example:
        >>> class Instant(IRunner):
        ...     def run_trial(self, trial_index, parameterization):
        ...         return {"job": trial_index}
        ...     def poll_trial(self, trial_index, trial_metadata):
        ...         return TrialStatus.COMPLETED
        >>> Instant().run_trial(3, {"x": 0.5})
        {'job': 3}
    """

    @abstractmethod
    def run_trial(self, trial_index: int, parameterization: Parameterization) -> Mapping[str, Any]:
        """Start a trial, and return what is needed to find it again (plain JSON values)."""

    @abstractmethod
    def poll_trial(self, trial_index: int, trial_metadata: Mapping[str, Any]) -> TrialStatus:
        """Return how a trial stands: `RUNNING`, `COMPLETED`, `EARLY_STOPPED`, `FAILED` or `ABANDONED`."""

    def stop_trial(self, trial_index: int, trial_metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        """Stop a trial early, and return what is to be remembered of that.

        Raises:
            NotImplementedError: If this runner cannot stop trials.
        """
        raise NotImplementedError(f"{type(self).__name__} does not implement stop_trial.")


class IMetric(ABC):
    """Reads one metric of a trial.

    Args:
        name: The metric's name, as in the objective.

    Example:
        >>> class Loss(IMetric):
        ...     def fetch(self, trial_index, trial_metadata):
        ...         return 0, 0.25
        >>> Loss("loss").fetch(0, {})
        (0, 0.25)
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def fetch(self, trial_index: int, trial_metadata: Mapping[str, Any]) -> tuple[float, float | tuple[float, float]]:
        """Return the progression of the trial, and the metric's mean or a pair of mean and standard error."""


class EarlyStoppingStrategy(Protocol):
    """Decides whether a running trial is worth going on with."""

    def should_stop(self, view: ExperimentView, trial: Trial) -> str | None:
        """Return why a trial should be stopped, or `None`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReport:
    """How the job of a trial stands.

    Args:
        status: `RUNNING`, or how it has ended.
        reason: Why it has ended so.
        outcomes: Results that came with it: for each metric the mean, or a pair of mean and standard error.
        trouble: Why it cannot be told how the job stands; then it is asked again.
        progress: Readings that are new: pairs of step, and metrics with their values.
        lost: Why nobody runs the job any more, through no fault of its own; then it is begun again.
        excused: Whether a loss is known not to be of the job's making, so that it may be lost so without an end.
    """

    status: TrialStatus = TrialStatus.RUNNING
    reason: str | None = None
    outcomes: Mapping[str, Any] = field(default_factory=dict)
    trouble: str | None = None
    progress: tuple[tuple[float, Mapping[str, Any]], ...] = ()
    lost: str | None = None
    excused: bool = False


class GlobalStoppingStrategy(Protocol):
    """Decides whether further trials are worth their while."""

    def should_stop_experiment(self, view: ExperimentView) -> str | None:
        """Return why no further trial should be started, or `None`."""
        ...


class Executor(Protocol):
    """Where the loop runs trials: behind a runner, in a pool of processes, on a cluster.

    What `submit` returns is kept in the journal, so that another process can ask for the job later on. An executor that
    does not know a job reports it as failed, or as lost where it was lost with its process.
    """

    def submit(self, trial_index: int, parameterization: Parameterization, attempt: int = 1) -> Mapping[str, Any]:
        """Start a trial, and return what is needed to find it again (plain JSON values); may raise anything."""
        ...

    def poll(self, jobs: Mapping[int, Mapping[str, Any]]) -> Mapping[int, JobReport]:
        """Return how each job stands, given what `submit` returned for it."""
        ...

    def stop(self, trial_index: int, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        """Stop a job, and return what is to be remembered of that.

        Raises:
            NotImplementedError: If jobs cannot be stopped here.
        """
        ...

    def wait(self, jobs: Mapping[int, Mapping[str, Any]], seconds: float) -> None:
        """Return after some seconds, or sooner where it is known that one of the jobs has ended."""
        ...
