"""One trial, or every trial that waits for its results: why it was made and what is expected of it."""

from dataclasses import dataclass

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import Analysis, AnalysisCardGroup, Outline
from axnb.analyses.compute import group_of
from axnb.analyses.context import AnalysisContext
from axnb.analyses.drawing import words
from axnb.analyses.results.effects import ArmEffectsPlot
from axnb.analyses.results.explanation import SuggestionExplanation
from axnb.errors import DataRequiredError
from axnb.problem.parameters import whole
from axnb.record.live_trials import BaseTrial
from axnb.record.trial import Trial

MOST_TRIALS = 6


@dataclass(frozen=True, slots=True)
class TrialAnalysis:
    """Why a trial was made and, for a batch, what is expected of each of its arms.

    Args:
        trial_index: The number of the trial.
        trial: Instead, a trial of an experiment.

    Raises:
        UserInputError: If it is no whole number.

    Example:
        >>> TrialAnalysis(3).trial_index
        3
    """

    trial_index: int = -1
    trial: BaseTrial | None = None

    def __post_init__(self) -> None:
        if self.trial is not None:
            object.__setattr__(self, "trial_index", self.trial.index)
            object.__setattr__(self, "trial", None)
        whole("trial_index", self.trial_index, 0)

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCardGroup:
        """Return the group.

        Raises:
            ObjectNotFoundError: If there is no such trial.
        """
        return group_of(self, context)

    def outline(self, context: AnalysisContext) -> Outline:  # noqa: D102
        trial = context.view.trial(self.trial_index)
        chosen: list[Analysis] = [SuggestionExplanation(trial.index)]
        if len(trial.arms) > 1 and context.view.optimization is not None:
            names = context.optimization.metric_names
            chosen += [ArmEffectsPlot(n, trial_index=trial.index) for n in names]
        return Outline(title=f"Trial {trial.index}", subtitle=describe_trial(trial), analyses=tuple(chosen))


def describe_trial(trial: Trial) -> str:
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

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCardGroup:
        """Return the group.

        Raises:
            DataRequiredError: If no trial waits.
        """
        return group_of(self, context)

    def outline(self, context: AnalysisContext) -> Outline:  # noqa: D102
        waiting = find_waiting_trials(context)
        if not waiting:
            raise DataRequiredError("No trial waits for its results: call get_next_trials for new ones.")
        shown = waiting[::-1][:MOST_TRIALS]
        chosen: list[Analysis] = [SuggestionExplanation(t.index) for t in shown if len(t.arms) == 1]
        chosen += [TrialAnalysis(t.index) for t in shown if len(t.arms) > 1]
        sentence = describe_waiting(len(waiting), len(shown))
        return Outline(title="Trials in progress", subtitle=sentence, analyses=tuple(chosen))


def describe_waiting(count: int, shown: int) -> str:
    """Return how many trials wait for their results, in a sentence.

    Args:
        count: How many, at least one.
        shown: How many of them are shown.
    """
    words = "1 trial waits for its" if count == 1 else f"{count} trials wait for their"
    more = f"; the newest {shown} are shown" if shown < count else ""
    return f"{words} results{more}."


def find_waiting_trials(context: AnalysisContext) -> list[Trial]:
    """Return the trials whose results are still to come, in order."""
    return [t for t in context.view.trials.values() if not t.status.is_terminal and not t.data]
