"""Health checks of how the experiment runs: does early stopping save or could it, and can it go on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.drawing import words
from axnb.analyses.healthchecks.card import HealthcheckStatus, check_share, make_check_card
from axnb.analyses.shared.goals import Goal
from axnb.analyses.shared.learning_curves import find_stepped_metrics
from axnb.errors import AxnbError, DataRequiredError, UnsupportedError
from axnb.record.experiment import ExperimentView
from axnb.record.trial import Trial, TrialStatus
from axnb.run.early_stopping import PercentileEarlyStoppingStrategy, curves
from axnb.run.protocols import EarlyStoppingStrategy

_MOST_CURVES = 50
_MOST_STEPS = 20


@dataclass(frozen=True, slots=True)
class EarlyStoppingAnalysis:
    """What stopping trials early has saved, or would have saved.

    What it would have saved is found by replaying the learning curves: the strategy that decides while trials run is
    asked at up to twenty readings of each of the first fifty, as if the trials after it were still to come.

    Args:
        min_savings_threshold: Share of the steps that could be saved from which on it is worth a hint.
        min_curves: Curves that must reach a trial's step before it may be stopped, where no strategy is configured.
        early_stopping_strategy: The strategy to ask; by default the experiment's own.
        nudge_additional_info: What to add where stopping would have saved something.

    Raises:
        UserInputError: If a number is out of range.

    Example:
        >>> EarlyStoppingAnalysis().min_savings_threshold
        0.1
    """

    min_savings_threshold: float = 0.1
    min_curves: int = 5
    early_stopping_strategy: EarlyStoppingStrategy | None = None
    nudge_additional_info: str | None = None

    def __post_init__(self) -> None:
        check_share("min_savings_threshold", self.min_savings_threshold)

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If there is no goal yet.
            DataRequiredError: If no objective has readings by step.
            UnsupportedError: If there are several objectives.
        """
        if context.optimization.is_multi_objective:
            raise UnsupportedError("Early stopping is for one objective.")
        wanted = [n for n in context.optimization.objective_metric_names if n in find_stepped_metrics(context)]
        if not wanted:
            raise DataRequiredError("This needs readings of the objective by step: give attach_data a progression.")
        direction = Goal.of(context.view, context.optimization).direction(wanted[0])
        frame = tabulate_savings(context.view, wanted[0], direction, self._strategy(context))
        if frame.empty:
            raise UnsupportedError("Early stopping is for trials of one arm.")
        stopped = int((frame["trial_status"] == TrialStatus.EARLY_STOPPED.name).sum())
        longest = frame["last_step"].max()
        if stopped:
            early = frame[frame["trial_status"] == TrialStatus.EARLY_STOPPED.name]
            saved = _share((longest - early["last_step"]).sum(), longest * len(frame))
            text = (
                f"{stopped} of {len(frame)} trials were stopped early, which saved {words.percent(saved)} of the steps."
            )
            return make_check_card(self, "Early stopping", HealthcheckStatus.INFO, text, frame)
        possible = _share((frame["last_step"] - frame["would_stop_at"]).sum(), frame["last_step"].sum())
        if possible < self.min_savings_threshold:
            text = "No trial was stopped early, and little would have been saved by it."
            return make_check_card(self, "Early stopping", HealthcheckStatus.PASS, text, frame)
        lost = bool((frame["is_best"] & (frame["would_stop_at"] < frame["last_step"])).any())
        risk = ", but the best trial would have been stopped" if lost else ""
        text = f"Stopping trials early would have saved {words.percent(possible)} of the steps{risk}."
        text = f"{text} {self.nudge_additional_info or ''}".strip()
        return make_check_card(
            self, "Early stopping", HealthcheckStatus.INFO if lost else HealthcheckStatus.WARNING, text, frame
        )

    def _strategy(self, context: AnalysisContext) -> EarlyStoppingStrategy:
        chosen = self.early_stopping_strategy or context.parts.early_stopping_strategy
        return chosen or PercentileEarlyStoppingStrategy(min_curves=self.min_curves)


def _share(part: float, whole: float) -> float:
    """Return a part of a whole; nothing is a part of nothing, as where all readings are at step 0."""
    return float(part / whole) if whole else 0.0


def tabulate_savings(
    view: ExperimentView, metric: str, direction: int, strategy: EarlyStoppingStrategy
) -> pd.DataFrame:
    """Return for each trial with a learning curve where it ended and where it would have been stopped.

    Args:
        view: The experiment.
        metric: The objective's metric.
        direction: 1 if larger is better, -1 if smaller is.
        strategy: Decides whether to stop.

    Returns:
        Columns `trial_index`, `trial_status`, `last_step`, `would_stop_at`, `is_best`; at most fifty trials. A batch is
        judged as the strategy judges it, and is as good as its best arm.
    """
    before: dict[int, Trial] = {}
    rows = []
    for trial in view.trials.values():
        found = {} if trial.status.is_lost else curves(trial, metric)
        if not found or len(before) == _MOST_CURVES:
            continue
        steps = sorted({step for readings in found.values() for step, _ in readings})
        kept = {steps[i] for i in np.linspace(0, len(steps) - 1, _MOST_STEPS).round().astype(int)}
        data = tuple(r for r in trial.data if r.metric == metric and r.step in kept)
        shown = before[trial.index] = replace(trial, data=data)
        at = _replay(strategy, replace(view, trials=dict(before)), shown, sorted(kept))
        end = max(readings[-1][1] * direction for readings in found.values())
        rows.append((trial.index, trial.status.name, steps[-1], at, end))
    frame = pd.DataFrame(rows, columns=["trial_index", "trial_status", "last_step", "would_stop_at", "is_best"])
    return frame.assign(is_best=frame.index == (frame["is_best"].astype(float).argmax() if rows else 0))


def _replay(strategy: EarlyStoppingStrategy, view: ExperimentView, trial: Trial, steps: Sequence[float]) -> float:
    """Return the step at which a strategy stops a trial that runs; its last step if it never does."""
    for step in steps[:-1]:
        data = tuple(r for r in trial.data if r.step is not None and r.step <= step)
        running = replace(trial, data=data, status=TrialStatus.RUNNING, time_completed=None)
        if strategy.should_stop(replace(view, trials={**view.trials, trial.index: running}), running):
            return step
    return steps[-1]


@dataclass(frozen=True, slots=True)
class CanGenerateCandidatesAnalysis:
    """Whether another trial can be suggested.

    Args:
        can_generate_candidates: Whether it can, where that is known; by default it is tried.
        reason: Why not.
        days_till_fail: Days without a new trial after which it is a failure not to be able to.

    Example:
        >>> CanGenerateCandidatesAnalysis(can_generate_candidates=True).days_till_fail
        2
    """

    can_generate_candidates: bool | None = None
    reason: str | None = None
    days_till_fail: float = 2

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card."""
        able, reason = self.can_generate_candidates, self.reason
        if able is None:
            able, reason = context.once("can suggest", lambda: can_suggest(context))
        if able:
            return make_check_card(self, "Suggestions", HealthcheckStatus.PASS, "Another trial can be suggested.")
        why = words.short(reason or "no reason was given", 300).rstrip(".")
        text = f"No trial can be suggested now: {why}."
        begun = [t.time_created for t in context.view.trials.values() if t.time_created is not None]
        if not context.view.trials:
            return make_check_card(self, "Suggestions", HealthcheckStatus.FAIL, text)
        ends = [t.time_completed for t in context.view.trials.values() if t.time_completed is not None]
        idle = (max([*begun, *ends]) - max(begun)).total_seconds() / 86400.0 if begun else 0.0
        status = HealthcheckStatus.FAIL if idle > self.days_till_fail else HealthcheckStatus.INFO
        return make_check_card(self, "Suggestions", status, text)


def can_suggest(context: AnalysisContext) -> tuple[bool, str | None]:
    """Return whether a trial can be suggested, and if not, why."""
    from axnb.suggest.strategy import suggest

    try:
        suggest(context.view, 1, nonlinear_constraints=context.parts.nonlinear_constraints)
    except AxnbError as error:
        return False, str(error)
    return True, None
