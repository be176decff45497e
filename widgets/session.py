"""What widgets ask of the experiment's owner; `axnb.Client` satisfies it.

Widgets know nothing of `axnb.api`: they are below it, and take whatever answers to this protocol.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from axnb.analyses.context import AnalysisContext
from axnb.record.experiment import Experiment
from axnb.record.trial import TrialStatus


class Session(Protocol):
    """An experiment that can be asked for trials and told results. Every method may be called on any thread."""

    @property
    def experiment(self) -> Experiment:
        """The experiment; its view tells the state, its subscription the changes."""
        ...

    def get_next_trials(self, max_trials: int) -> Mapping[int, Mapping[str, Any]]:
        """Add suggested trials and return their parameters by trial index; may take seconds."""
        ...

    def attach_trial(self, parameters: Mapping[str, Any], arm_name: str | None = None) -> int:
        """Add a trial with parameters of the user's own and return its index."""
        ...

    def complete_trial(
        self,
        trial_index: int,
        raw_data: Mapping[str, Any] | None = None,
        progression: float | None = None,
    ) -> TrialStatus:
        """Record a trial's results, each a mean or a mean and its standard error, and finish the trial."""
        ...

    def attach_data(self, trial_index: int, raw_data: Mapping[str, Any], progression: float | None = None) -> None:
        """Record results of a trial without ending it."""
        ...

    def amend_data(self, trial_index: int, raw_data: Mapping[str, Any]) -> None:
        """Correct results of a trial, whatever its status; `None` removes that of a metric."""
        ...

    def mark_trial_failed(self, trial_index: int, failed_reason: str | None = None) -> None:
        """Say that a trial could not be evaluated."""
        ...

    def mark_trial_abandoned(self, trial_index: int, reason: str | None = None) -> None:
        """Say that a trial is not to be evaluated."""
        ...

    def mark_trial_early_stopped(self, trial_index: int) -> None:
        """End a running trial; the results that are there count."""
        ...

    def delete_trial(self, trial_index: int) -> None:
        """Take a trial out of the experiment."""
        ...

    def note_trial(self, trial_index: int, note: str | None) -> None:
        """Write a remark on a trial; `None` removes it."""
        ...

    def undo(self) -> str:
        """Take back the newest action and return a sentence that says which."""
        ...

    def redo(self) -> str:
        """Do again what was undone last and return a sentence that says what."""
        ...

    def analysis_context(self) -> AnalysisContext:
        """Return what is known of the experiment as it is now, for analyses."""
        ...
