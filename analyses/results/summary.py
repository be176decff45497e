"""Tables of the trials: all of them, or the best."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.drawing import words
from axnb.analyses.shared.arms import find_result, parse_statuses
from axnb.analyses.shared.goals import Goal
from axnb.errors import DataRequiredError
from axnb.record.experiment import ExperimentView
from axnb.record.frames import select, summary_frame
from axnb.record.trial import ArmResult, Trial, TrialStatus
from axnb.suggest.best import Leaders

BEST = "best"
"""The column that marks the best arms."""

_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class Summary:
    """Every trial: status, origin, metrics and parameters, the best marked.

    Args:
        trial_indices: The trials to show; all if left out.
        trial_statuses: The statuses to show, such as `"completed"`; all if left out.
        omit_empty_columns: Whether to leave out columns without any value.

    Raises:
        UserInputError: If there is no such status.

    Example:
        >>> Summary(trial_statuses=["completed"]).trial_statuses
        (<TrialStatus.COMPLETED: 3>,)
    """

    trial_indices: Iterable[int] | None = None
    trial_statuses: Iterable[TrialStatus | str] | None = None
    omit_empty_columns: bool = True

    def __post_init__(self) -> None:
        indices = None if self.trial_indices is None else tuple(self.trial_indices)
        object.__setattr__(self, "trial_indices", indices)
        object.__setattr__(self, "trial_statuses", parse_statuses(self.trial_statuses))

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            DataRequiredError: If there is no trial yet.
            ObjectNotFoundError: If there is no trial of an index.
        """
        view = context.view
        if not view.trials:
            raise DataRequiredError("There are no trials yet: call get_next_trials or attach_trial first.")
        chosen = select(view, self.trial_indices, parse_statuses(self.trial_statuses))
        best = find_best_arms(context)
        frame = tabulate_trials(view, chosen, best, omit_empty_columns=self.omit_empty_columns)
        return AnalysisCard(
            name=type(self).__name__,
            title="Trials",
            subtitle=describe_summary(chosen, best),
            df=frame,
            analysis=self,
        )


@dataclass(frozen=True, slots=True)
class BestTrials:
    """The best trial, or the trials on the Pareto front.

    Args:
        trial_statuses: The statuses to choose from, such as `"completed"`; all if left out.
        use_model_predictions: Whether by what the model predicts at the trials, not by what was observed.

    Raises:
        UserInputError: If there is no such status.

    Example:
        >>> BestTrials().use_model_predictions
        False
    """

    trial_statuses: Iterable[TrialStatus | str] | None = None
    use_model_predictions: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "trial_statuses", parse_statuses(self.trial_statuses))

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If there is no goal yet.
            DataRequiredError: If no trial has a result that satisfies the constraints.
        """
        several = context.optimization.is_multi_objective
        best = find_best_arms(context, use_model_predictions=self.use_model_predictions)
        chosen = select(context.view, [p.trial_index for p in best], parse_statuses(self.trial_statuses))
        shown = [p for p in best if p.trial_index in {t.index for t in chosen}]
        if not shown:
            raise DataRequiredError("This needs a completed trial that satisfies the constraints.")
        goal = Goal.of(context.view, context.optimization)
        wanted = words.listed([goal.title(n) for n in goal.optimization.objective_metric_names])
        rule = "predicted" if self.use_model_predictions else "observed"
        if several:
            arms = "arm" if any(t.is_batch for t in chosen) else "trial"
            count = f"{len(shown)} {arms}s are" if len(shown) > 1 else f"1 {arms} is"
            sentence = f"{count} on the Pareto front of the {rule} {wanted}."
        else:
            who = words.name_arm(shown[0].trial_index, shown[0].arm_name, _batches(chosen), starts=True)
            sentence = f"{who} is the best by {rule} {wanted}."
        table = tabulate_trials(context.view, chosen, (), omit_empty_columns=True)
        names = {p.arm_name for p in shown}
        return AnalysisCard(
            name=type(self).__name__,
            title="Trials on the Pareto front" if several else "Best trial",
            subtitle=sentence,
            df=table[table["arm_name"].isin(names)].reset_index(drop=True),
            analysis=self,
            uses_model=self.use_model_predictions,
        )


def find_best_arms(context: AnalysisContext, *, use_model_predictions: bool = False) -> tuple[ArmResult, ...]:
    """Return the best arm, or those on the Pareto front in order of trials; none without a goal or a result."""
    if context.view.optimization is None:
        return ()
    if not use_model_predictions:
        return context.once("observed best", lambda: Leaders().find(context.view))
    best = context.best(use_model_predictions)
    points = (best,) if best is not None else context.pareto_frontier(use_model_predictions)
    return tuple(find_result(context, p) for p in points)


def tabulate_trials(
    view: ExperimentView, trials: Sequence[Trial], best: Sequence[ArmResult], *, omit_empty_columns: bool = True
) -> pd.DataFrame:
    """Return one row an arm, the best marked by a star in the column `BEST`.

    Args:
        view: The experiment.
        trials: The trials to show.
        best: The best arms; without any of them there is no such column.
        omit_empty_columns: Whether to leave out columns without any value.
    """
    frame = summary_frame(view, trials, omit_empty_columns=omit_empty_columns)
    chosen = {(p.trial_index, p.arm_name) for p in best}
    marks = ["★" if (t.index, arm.name) in chosen else "" for t in trials for arm in t.arms]
    if any(marks) and BEST not in frame:
        frame.insert(1, BEST, marks)
    return frame


def describe_summary(trials: Sequence[Trial], best: Sequence[ArmResult]) -> str:
    """Return how many trials there are of each status, and the best, in a sentence."""
    counts = Counter(t.status for t in trials)
    parts = [f"{counts[s]} {s.label.lower()}" for s in TrialStatus if counts[s]]
    total = f"{len(trials)} {'trial' if len(trials) == 1 else 'trials'}"
    there, batches = {t.index for t in trials}, _batches(trials)
    shown = [p for p in best if p.trial_index in there]
    names = [words.name_arm(p.trial_index, p.arm_name, batches) for p in shown]
    if not shown:
        ending = ""
    elif len(shown) == 1:
        ending = f"; {names[0]} has the best result so far"
    elif any(p.trial_index in batches for p in shown):
        ending = (
            f"; {words.listed(names) if len(shown) <= _MOST_NAMED else f'{len(shown)} arms'} are on the Pareto front"
        )
    elif len(shown) <= _MOST_NAMED:
        ending = f"; trials {words.listed([str(p.trial_index) for p in shown])} are on the Pareto front"
    else:
        ending = f"; {len(shown)} of them are on the Pareto front"
    return f"{total}: {', '.join(parts) or 'none'}{ending}."


def _batches(trials: Sequence[Trial]) -> frozenset[int]:
    return frozenset(t.index for t in trials if t.is_batch)
