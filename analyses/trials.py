"""One trial, or every trial that waits for its results: why it was made and what is expected of it."""

from dataclasses import dataclass

from axnb.analyses import words
from axnb.analyses.card import AnalysisCardGroup, compute_card
from axnb.analyses.effects import ArmEffectsPlot
from axnb.analyses.explanation import SuggestionExplanation
from axnb.analyses.findings import Findings
from axnb.analyses.protocol import Analysis
from axnb.errors import DataRequiredError
from axnb.problem.parameters import whole
from axnb.record.trial import Trial

MOST_TRIALS = 6


@dataclass(frozen=True, slots=True)
class TrialAnalysis:
    """Why a trial was made and, for a batch, what is expected of each of its arms.

    Args:
        trial_index: The trial.

    Raises:
        UserInputError: If it is no whole number.

    Example:
        >>> TrialAnalysis(3).trial_index
        3
    """

    trial_index: int

    def __post_init__(self) -> None:
        whole("trial_index", self.trial_index, 0)

    def compute(self, findings: Findings) -> AnalysisCardGroup:
        """Return the group.

        Raises:
            ObjectNotFoundError: If there is no such trial.
        """
        trial = findings.view.trial(self.trial_index)
        chosen: list[Analysis] = [SuggestionExplanation(trial.index)]
        if len(trial.arms) > 1 and findings.view.optimization is not None:
            names = findings.optimization.metric_names
            chosen += [ArmEffectsPlot(n, trial_index=trial.index) for n in names]
        return AnalysisCardGroup(
            name=type(self).__name__,
            title=f"Trial {trial.index}",
            subtitle=trial_sentence(trial),
            tell=lambda later: trial_sentence(later.view.trial(trial.index)),
            children=[compute_card(one, findings) for one in chosen],
            analysis=self,
        )


def trial_sentence(trial: Trial) -> str:
    """Return what a trial is and where it stands, in a sentence."""
    arms = "" if len(trial.arms) == 1 else f" with {len(trial.arms)} arms"
    origin = words.short(trial.provenance.generator, 30)
    note = f": {words.short(trial.note, 120)}" if trial.note else ""
    return f"Trial {trial.index}{arms} is {trial.status.label.lower()}; made by {origin}{note}."


@dataclass(frozen=True, slots=True)
class AllTrialsAnalysis:
    """Every trial that waits for its results, the newest first.

    Example:
        >>> AllTrialsAnalysis()
        AllTrialsAnalysis()
    """

    def compute(self, findings: Findings) -> AnalysisCardGroup:
        """Return the group.

        Raises:
            DataRequiredError: If no trial waits.
        """
        waiting = waiting_trials(findings)
        if not waiting:
            raise DataRequiredError("No trial waits for its results: call get_next_trials for new ones.")
        shown = waiting[::-1][:MOST_TRIALS]
        cards = [compute_card(SuggestionExplanation(t.index), findings) for t in shown if len(t.arms) == 1]
        cards += [compute_card(TrialAnalysis(t.index), findings) for t in shown if len(t.arms) > 1]
        return AnalysisCardGroup(
            name=type(self).__name__,
            title="Trials in progress",
            subtitle=waiting_sentence(findings, len(shown)),
            tell=waiting_sentence,
            children=cards,
            analysis=self,
        )


def waiting_sentence(findings: Findings, shown: int | None = None) -> str:
    """Return how many trials wait for their results, in a sentence.

    Args:
        findings: What is known of the experiment.
        shown: How many of them are shown, where that is to be said.
    """
    count = len(waiting_trials(findings))
    if not count:
        return "No trial waits for its results any more."
    words = "1 trial waits for its" if count == 1 else f"{count} trials wait for their"
    more = f"; the newest {shown} are shown" if shown is not None and shown < count else ""
    return f"{words} results{more}."


def waiting_trials(findings: Findings) -> list[Trial]:
    """Return the trials whose results are still to come, in order."""
    return [t for t in findings.view.trials.values() if not t.status.is_terminal and not t.outcomes]
