"""Tables of the trials: all of them, or the best."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.drawing import words
from axnb.analyses.shared.arms import statuses_of
from axnb.analyses.shared.goals import Goal
from axnb.errors import DataRequiredError
from axnb.record.experiment import ExperimentView
from axnb.record.frames import select, summary_frame
from axnb.record.trial import Trial, TrialStatus

BEST = "best"
"""The column that marks the best trials."""


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
        object.__setattr__(self, "trial_statuses", statuses_of(self.trial_statuses))

    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            DataRequiredError: If there is no trial yet.
            ObjectNotFoundError: If there is no trial of an index.
        """
        view = context.view
        if not view.trials:
            raise DataRequiredError("There are no trials yet: call get_next_trials or attach_trial first.")
        chosen = select(view, self.trial_indices, statuses_of(self.trial_statuses))
        frame = summary_table(view, chosen, best_trials(context), omit_empty_columns=self.omit_empty_columns)
        return AnalysisCard(
            name=type(self).__name__,
            title="Trials",
            subtitle=summary_sentence(chosen, best_trials(context)),
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
        object.__setattr__(self, "trial_statuses", statuses_of(self.trial_statuses))

    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If there is no goal yet.
            DataRequiredError: If no trial has a result that satisfies the constraints.
        """
        several = context.optimization.is_multi_objective
        best = best_trials(context, use_model_predictions=self.use_model_predictions)
        chosen = select(context.view, best, statuses_of(self.trial_statuses))
        if not chosen:
            raise DataRequiredError("This needs a completed trial that satisfies the constraints.")
        goal = Goal.of(context.view, context.optimization)
        wanted = words.listed([goal.title(n) for n in goal.optimization.objective_metric_names])
        rule = "predicted" if self.use_model_predictions else "observed"
        if several:
            sentence = f"{len(chosen)} trials are on the Pareto front of the {rule} {wanted}."
        else:
            sentence = f"Trial {chosen[0].index} is the best by {rule} {wanted}."
        return AnalysisCard(
            name=type(self).__name__,
            title="Trials on the Pareto front" if several else "Best trial",
            subtitle=sentence.replace("1 trials are", "1 trial is") if len(chosen) == 1 else sentence,
            df=summary_table(context.view, chosen, (), omit_empty_columns=True),
            analysis=self,
            uses_model=self.use_model_predictions,
        )


def best_trials(context: AnalysisContext, *, use_model_predictions: bool = False) -> tuple[int, ...]:
    """Return the indices of the best trial, or of those on the Pareto front; none without a goal or a result."""
    if context.view.optimization is None:
        return ()
    if not use_model_predictions:
        return context.once("observed best", lambda: _observed_best(context))
    best = context.best(use_model_predictions)
    points = (best,) if best is not None else context.pareto_frontier(use_model_predictions)
    return tuple(sorted({p.trial_index for p in points if p.trial_index is not None}))


def _observed_best(context: AnalysisContext) -> tuple[int, ...]:
    goal, results, space = Goal.of(context.view, context.optimization), context.results, context.search_space
    if goal.optimization.is_multi_objective:
        counted = [r.outcomes if r.status.is_successful and space.is_member(r.parameters) else None for r in results]
        return tuple(sorted({results[i].trial_index for i in goal.front(counted)}))
    utilities = [(goal.utilities(r.outcomes), r) for r in results if r.status.is_successful]
    ranked = sorted(((u[0], r) for u, r in utilities if u is not None), key=lambda one: -one[0])
    for _, result in ranked:
        if goal.feasible(result.outcomes) is True and space.is_member(result.parameters):
            return (result.trial_index,)
    return ()


def summary_table(
    view: ExperimentView, trials: Sequence[Trial], best: Sequence[int], *, omit_empty_columns: bool = True
) -> pd.DataFrame:
    """Return one row a trial, the best marked by a star in the column `BEST`.

    Args:
        view: The experiment.
        trials: The trials to show.
        best: The indices of the best; without any of them there is no such column.
        omit_empty_columns: Whether to leave out columns without any value.
    """
    frame = summary_frame(view, trials, omit_empty_columns=omit_empty_columns)
    chosen = set(best)
    marks = ["★" if t.index in chosen else "" for t in trials]
    if any(marks) and BEST not in frame:
        frame.insert(1, BEST, marks)
    return frame


def summary_sentence(trials: Sequence[Trial], best: Sequence[int]) -> str:
    """Return how many trials there are of each status, and the best, in a sentence."""
    counts = Counter(t.status for t in trials)
    parts = [f"{counts[s]} {s.label.lower()}" for s in TrialStatus if counts[s]]
    total = f"{len(trials)} {'trial' if len(trials) == 1 else 'trials'}"
    there = {t.index for t in trials}
    shown = [i for i in best if i in there]
    if len(shown) > 8:
        ending = f"; {len(shown)} of them are on the Pareto front"
    elif shown:
        names = words.listed([str(i) for i in shown])
        ending = (
            f"; trial {names} has the best result so far"
            if len(shown) == 1
            else f"; trials {names} are on the Pareto front"
        )
    else:
        ending = ""
    return f"{total}: {', '.join(parts) or 'none'}{ending}."
