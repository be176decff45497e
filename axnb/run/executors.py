"""Where trials run: behind a user's runner."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from axnb.errors import AxnbError, UserInputError
from axnb.problem.space import Parameterization
from axnb.record.trial import TrialStatus
from axnb.run.protocols import IRunner, JobReport


class RunnerExecutor:
    """Runs trials by a user's runner, and checks that what it returns can be kept.

    Args:
        runner: The user's runner.
        sleep: Waits for some seconds.

    Example:
        >>> class Instant(IRunner):
        ...     def run_trial(self, trial_index, parameterization):
        ...         return {"job": trial_index}
        ...     def poll_trial(self, trial_index, trial_metadata):
        ...         return TrialStatus.COMPLETED
        >>> executor = RunnerExecutor(Instant())
        >>> executor.submit(3, {"x": 0.5})
        {'job': 3}
        >>> executor.poll({3: {"job": 3}})[3].status.name
        'COMPLETED'
    """

    def __init__(self, runner: IRunner, sleep: Callable[[float], object] = time.sleep) -> None:
        self._runner = runner
        self._sleep = sleep

    def submit(self, trial_index: int, parameterization: Parameterization, attempt: int = 1) -> Mapping[str, Any]:
        """Start a trial, and return what is needed to find it again.

        Raises:
            UserInputError: If what the runner returns is no dict of JSON values.
        """
        return _json("run_trial", self._runner.run_trial(trial_index, parameterization))

    def poll(self, jobs: Mapping[int, Mapping[str, Any]]) -> Mapping[int, JobReport]:
        """Return how each trial stands."""
        return {index: self._poll_one(index, metadata) for index, metadata in jobs.items()}

    def _poll_one(self, index: int, metadata: Mapping[str, Any]) -> JobReport:
        try:
            status: object = self._runner.poll_trial(index, metadata)
        except Exception as error:  # the user's code may raise anything; it may go well the next time
            said = str(error) if isinstance(error, AxnbError) else f"{type(error).__name__}: {error}"
            return JobReport(trouble=said)
        if not isinstance(status, TrialStatus):
            wrong = f"poll_trial must return a TrialStatus, got {status!r}."
            return JobReport(status=TrialStatus.FAILED, reason=f"the runner could not tell its status: {wrong}")
        return JobReport(status=status)

    def stop(self, trial_index: int, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        """Stop a trial, and return what is to be remembered of that.

        Raises:
            NotImplementedError: If the runner cannot stop trials.
            UserInputError: If what the runner returns is no dict of JSON values.
        """
        return _json("stop_trial", self._runner.stop_trial(trial_index, metadata))

    def wait(self, jobs: Mapping[int, Mapping[str, Any]], seconds: float) -> None:
        """Wait for some seconds."""
        self._sleep(seconds)


def _json(method: str, said: object) -> Mapping[str, Any]:
    """Return what a runner said, if it can be kept.

    Raises:
        UserInputError: If it is no dict of JSON values.
    """
    if said is not None and not isinstance(said, Mapping):
        raise UserInputError(f"{method} must return a dict of JSON values, got {said!r}.")
    try:
        json.dumps(said, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise UserInputError(f"{method} must return a dict of JSON values: {error}.") from error
    return dict(said or {})
