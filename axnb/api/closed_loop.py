"""Joins the Client's experiment to the loop: what a program does is recorded as automatic and cannot be undone."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from axnb.api import trials
from axnb.api.arguments import listed
from axnb.errors import UnsupportedError, UserInputError, listing
from axnb.problem.expressions import is_text
from axnb.problem.parameters import plain, to_float, whole
from axnb.problem.space import Parameterization
from axnb.record.events import TrialRunStarted
from axnb.record.experiment import Experiment
from axnb.record.trial import TrialStatus
from axnb.run.loop import LoopOptions
from axnb.run.protocols import IMetric, IRunner

Ask = Callable[[int], Mapping[int, Parameterization]]


class AutomaticHands:
    """Does what the loop decides to an experiment.

    Args:
        experiment: The experiment.
        ask: Suggests and records trials.
    """

    def __init__(self, experiment: Experiment, ask: Ask) -> None:
        self._experiment = experiment
        self._ask = ask

    def ask(self, count: int) -> Mapping[int, Parameterization]:
        """Suggest and start trials."""
        return self._ask(count)

    def keep(self, trial_index: int, metadata: Mapping[str, Any]) -> None:
        """Record what the runner said about a trial that it started."""
        texts = tuple((str(key), json.dumps(value, allow_nan=False)) for key, value in metadata.items())
        self._experiment.record([TrialRunStarted(index=trial_index, metadata=texts)], automatic=True)

    def tell(self, trial_index: int, metric: str, progression: float, outcome: Any) -> None:
        """Record a reading."""
        trials.tell(self._experiment, trial_index, {metric: outcome}, progression, status=None, automatic=True)

    def end(self, trial_index: int, status: TrialStatus, reason: str | None = None) -> None:
        """End a trial."""
        trials.change_status(self._experiment, trial_index, status, reason, automatic=True)


class RecordingRunner(IRunner):
    """Checks that what a user's runner returns can be kept.

    Args:
        runner: The user's runner.
    """

    def __init__(self, runner: IRunner) -> None:
        self._runner = runner

    def run_trial(self, trial_index: int, parameterization: Parameterization) -> Mapping[str, Any]:
        """Start a trial.

        Raises:
            UserInputError: If what the runner returns is no dict of JSON values.
        """
        metadata = self._runner.run_trial(trial_index, parameterization)
        if metadata is not None and not isinstance(metadata, Mapping):
            raise UserInputError(f"run_trial must return a dict of JSON values, got {metadata!r}.")
        try:
            json.dumps(metadata, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise UserInputError(f"run_trial must return a dict of JSON values: {error}.") from error
        return metadata or {}

    def poll_trial(self, trial_index: int, trial_metadata: Mapping[str, Any]) -> TrialStatus:
        """Return how a trial stands.

        Raises:
            UserInputError: If what the runner returns is no `TrialStatus`.
        """
        status = self._runner.poll_trial(trial_index, trial_metadata)
        if not isinstance(status, TrialStatus):
            raise UserInputError(f"poll_trial must return a TrialStatus, got {status!r}.")
        return status


def check_runner(runner: object) -> IRunner:
    """Return a runner.

    Raises:
        UserInputError: If it is no `IRunner`.
    """
    if not isinstance(runner, IRunner):
        raise UserInputError(f"expected an instance of a subclass of IRunner, got {runner!r}.")
    return runner


def check_metrics(metrics: Sequence[IMetric]) -> list[IMetric]:
    """Return metrics as a list.

    Raises:
        UserInputError: If one is no `IMetric` with a name.
    """
    made: list[Any] = [metrics] if isinstance(metrics, IMetric) else list(listed("metrics", metrics, "IMetrics"))
    for metric in made:
        name = getattr(metric, "name", None)  # a subclass that has its own __init__ may lack it
        if not isinstance(metric, IMetric) or not is_text(name) or not str(name).strip():
            raise UserInputError(f"expected instances of a subclass of IMetric with a name, got {metric!r}.")
    return made


def check_ready(runner: IRunner | None, metrics: Mapping[str, IMetric], wanted: Sequence[str]) -> IRunner:
    """Return the runner, if everything is there that a closed loop needs.

    Raises:
        UnsupportedError: If there is no runner, or no metric for a name of the goal.
    """
    if runner is None:
        raise UnsupportedError("run_trials needs a runner: call configure_runner first.")
    missing = [name for name in wanted if name not in metrics]
    if missing:
        raise UnsupportedError(
            f"run_trials cannot read {listing(missing)}: give an IMetric for it to configure_metrics."
        )
    return runner


def loop_options(max_trials: int, parallelism: int, failure_rate: float, seconds: float) -> LoopOptions:
    """Return the settings of the loop.

    Raises:
        UserInputError: If a number is out of range.
    """
    for name, value in (("tolerated_trial_failure_rate", failure_rate), ("initial_seconds_between_polls", seconds)):
        if not 0 <= to_float(plain(value)) < math.inf:
            raise UserInputError(f"{name} must be a number of at least 0, got {value!r}.")
    return LoopOptions(
        max_trials=whole("max_trials", max_trials, 1),
        parallelism=whole("parallelism", parallelism, 1),
        tolerated_trial_failure_rate=float(failure_rate),
        initial_seconds_between_polls=float(seconds),
    )
