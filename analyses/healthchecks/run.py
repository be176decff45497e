"""Health checks of how the experiment runs: does early stopping save or could it, and can it go on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.drawing import words
from axnb.analyses.healthchecks.card import HealthcheckStatus, checked
from axnb.analyses.shared.goals import Goal
from axnb.analyses.shared.learning_curves import progression_frame, stepped_metrics
from axnb.errors import AxnbError, DataRequiredError, UnsupportedError, UserInputError
from axnb.record.trial import TrialStatus

_MOST_CURVES = 50
_MOST_STEPS = 20


@dataclass(frozen=True, slots=True)
class EarlyStoppingAnalysis:
    """What stopping trials early has saved, or would have saved.

    What it would have saved is found by replaying the finished curves: a trial stops when it is worse than half of the
    curves before it at the same step, after a fifth of the steps and once there are a few curves.

    Args:
        min_savings_threshold: Share of the steps that could be saved from which on it is worth a hint.
        min_curves: Curves that must be finished before a trial may be stopped.

    Raises:
        UserInputError: If a number is out of range.

    Example:
        >>> EarlyStoppingAnalysis().min_savings_threshold
        0.1
    """

    min_savings_threshold: float = 0.1
    min_curves: int = 5

    def __post_init__(self) -> None:
        if not 0 <= self.min_savings_threshold <= 1:
            raise UserInputError(
                f"min_savings_threshold must be a share from 0 to 1, got {self.min_savings_threshold!r}."
            )

    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If there is no goal yet.
            DataRequiredError: If no objective has readings by step.
            UnsupportedError: If there are several objectives.
        """
        if context.optimization.is_multi_objective:
            raise UnsupportedError("Early stopping is for one objective.")
        wanted = [n for n in context.optimization.objective_metric_names if n in stepped_metrics(context)]
        if not wanted:
            raise DataRequiredError("This needs readings of the objective by step: give attach_data a progression.")
        direction = Goal.of(context.view, context.optimization).direction(wanted[0])
        curves = progression_frame(context, wanted[0], direction)
        frame = savings_frame(curves, direction, self.min_curves)
        stopped = int((frame["trial_status"] == TrialStatus.EARLY_STOPPED.name).sum())
        longest = frame["last_step"].max()
        if stopped:
            early = frame[frame["trial_status"] == TrialStatus.EARLY_STOPPED.name]
            saved = float((longest - early["last_step"]).sum() / (longest * len(frame)))
            text = (
                f"{stopped} of {len(frame)} trials were stopped early, which saved {words.percent(saved)} of the steps."
            )
            return checked(self, "Early stopping", HealthcheckStatus.INFO, text, frame)
        possible = float((frame["last_step"] - frame["would_stop_at"]).sum() / frame["last_step"].sum())
        if possible < self.min_savings_threshold:
            text = "No trial was stopped early, and little would have been saved by it."
            return checked(self, "Early stopping", HealthcheckStatus.PASS, text, frame)
        lost = bool((frame["is_best"] & (frame["would_stop_at"] < frame["last_step"])).any())
        risk = ", but the best trial would have been stopped" if lost else ""
        text = f"Stopping trials early would have saved {words.percent(possible)} of the steps{risk}."
        return checked(
            self, "Early stopping", HealthcheckStatus.INFO if lost else HealthcheckStatus.WARNING, text, frame
        )


def savings_frame(curves: pd.DataFrame, direction: int, min_curves: int = 5) -> pd.DataFrame:
    """Return for each curve where it ended and where it would have been stopped.

    Args:
        curves: What `progression_frame` returned.
        direction: 1 if larger is better, -1 if smaller is.
        min_curves: Curves that must be finished before a trial may be stopped.

    Returns:
        Columns `trial_index`, `trial_status`, `last_step`, `would_stop_at`, `is_best`; at most fifty curves.
    """
    rows = []
    finished: list[tuple[np.ndarray, np.ndarray]] = []
    groups = list(curves.groupby("arm_name", sort=False))[:_MOST_CURVES]
    longest = float(curves["step"].max())
    for _, curve in groups:
        step, value = curve["step"].to_numpy(), curve["mean"].to_numpy() * direction
        at = _stop(step, value, finished, longest, min_curves)
        first = curve.iloc[0]
        rows.append((first["trial_index"], first["trial_status"], step[-1], at, bool(first["is_best"])))
        finished.append((step, value))
    return pd.DataFrame(rows, columns=["trial_index", "trial_status", "last_step", "would_stop_at", "is_best"])


def _stop(
    step: np.ndarray, value: np.ndarray, finished: "list[tuple[np.ndarray, np.ndarray]]", longest: float, least: int
) -> float:
    """Return the step at which a curve falls behind half of the finished ones; its last step if it never does."""
    looked = np.unique(np.linspace(0, len(step) - 1, _MOST_STEPS).round().astype(int))
    for i in looked:
        if step[i] < 0.2 * longest:
            continue
        peers = [float(np.interp(step[i], s, v)) for s, v in finished if s[0] <= step[i] <= s[-1]]
        if len(peers) >= least and value[i] < np.median(peers):
            return float(step[i])
    return float(step[-1])


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

    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card."""
        able, reason = self.can_generate_candidates, self.reason
        if able is None:
            able, reason = context.once("can suggest", lambda: can_suggest(context))
        if able:
            return checked(self, "Suggestions", HealthcheckStatus.PASS, "Another trial can be suggested.")
        why = words.short(reason or "no reason was given", 300).rstrip(".")
        text = f"No trial can be suggested now: {why}."
        begun = [t.time_created for t in context.view.trials.values() if t.time_created is not None]
        if not context.view.trials:
            return checked(self, "Suggestions", HealthcheckStatus.FAIL, text)
        ends = [t.time_completed for t in context.view.trials.values() if t.time_completed is not None]
        idle = (max([*begun, *ends]) - max(begun)).total_seconds() / 86400.0 if begun else 0.0
        status = HealthcheckStatus.FAIL if idle > self.days_till_fail else HealthcheckStatus.INFO
        return checked(self, "Suggestions", status, text)


def can_suggest(context: AnalysisContext) -> tuple[bool, str | None]:
    """Return whether a trial can be suggested, and if not, why."""
    from axnb.suggest.strategy import suggest

    try:
        suggest(context.view, 1, nonlinear_constraints=context.parts.nonlinear_constraints)
    except AxnbError as error:
        return False, str(error)
    return True, None
