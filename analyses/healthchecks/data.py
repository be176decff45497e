"""Health checks of the results: can they be predicted, do they improve, do the constraints leave room."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.drawing import words
from axnb.analyses.drawing.figures import CONFIDENCE
from axnb.analyses.drawing.rows import iterate_rows
from axnb.analyses.healthchecks.card import HealthcheckStatus, check_share, make_check_card
from axnb.analyses.shared.arms import find_arm
from axnb.analyses.shared.goals import Goal
from axnb.analyses.shared.magnitude import binary_unit
from axnb.analyses.shared.prospects import compute_each_feasibility, encode_arms
from axnb.analyses.shared.validation import measure_fit, tabulate_validation
from axnb.errors import DataRequiredError, UnsupportedError
from axnb.record.trial import ArmResult


@dataclass(frozen=True, slots=True)
class PredictableMetricsAnalysis:
    """Whether the model predicts each metric of the goal better than its average does.

    Args:
        model_fit_threshold: Share of the variance of results left out below which a metric counts as unpredictable.
        guidance_message: What to advise where one is, in place of our sentence.

    Raises:
        UserInputError: If it is no share.

    Example:
        >>> PredictableMetricsAnalysis().model_fit_threshold
        0.1
    """

    model_fit_threshold: float = 0.1
    guidance_message: str | None = None

    def __post_init__(self) -> None:
        check_share("model_fit_threshold", self.model_fit_threshold)

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If there is no goal yet.
            DataRequiredError: If there are too few results for a model.
        """
        names = context.optimization.metric_names
        context.require(names)
        rows = [{"metric_name": n, **measure_fit(tabulate_validation(context, n))} for n in names]
        frame = pd.DataFrame(rows)
        poor = frame["metric_name"][frame["r2"] < self.model_fit_threshold].tolist()
        if not poor:
            least = words.number(frame["r2"].min(), 2)
            text = f"Every metric of the goal is predicted: R² of results left out is at least {least}."
            return make_check_card(self, "Predictable metrics", HealthcheckStatus.PASS, text, frame, uses_model=True)
        named = words.listed([words.short(n) for n in poor])
        advice = self.guidance_message or (
            "Add trials, repeat noisy ones, and look for outliers or missing parameters before trusting pictures of "
            "the model."
        )
        text = f"{named} {'is' if len(poor) == 1 else 'are'} hardly predicted. {advice}"
        return make_check_card(self, "Predictable metrics", HealthcheckStatus.WARNING, text, frame, uses_model=True)


@dataclass(frozen=True, slots=True)
class BaselineImprovementAnalysis:
    """Whether the best trials are better than the baseline, for each objective.

    Args:
        comparison_arm_names: The arms to compare; the best ones if left out.
        baseline_arm_name: What to compare with: by default the baseline, else the first trial.
        documentation_link: An address where more is said, added to the sentence.
        no_improvement_message: What to say where no trial is better, in place of our sentence.

    Example:
        >>> BaselineImprovementAnalysis(baseline_arm_name="0_0").baseline_arm_name
        '0_0'
    """

    comparison_arm_names: Sequence[str] | None = None
    baseline_arm_name: str | None = None
    documentation_link: str | None = None
    no_improvement_message: str | None = None

    def __post_init__(self) -> None:
        if self.comparison_arm_names is not None:
            object.__setattr__(self, "comparison_arm_names", tuple(self.comparison_arm_names))

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If there is no goal yet.
            DataRequiredError: If the baseline or what to compare has no result.
            ObjectNotFoundError: If there is no such arm.
        """
        goal = Goal.of(context.view, context.optimization)
        base = self._base(context)
        rows = [row for n in goal.optimization.objective_metric_names if (row := self._row(context, goal, base, n))]
        if not rows:
            raise DataRequiredError("This needs a completed trial besides the baseline.")
        frame = pd.DataFrame(rows)
        better = frame[frame["improvement"] > 0]
        if better.empty:
            text = f"No trial is better than {words.short(base.arm_name)} in any objective yet."
            text = self._with_link(self.no_improvement_message or text)
            return make_check_card(self, "Improvement on the baseline", HealthcheckStatus.WARNING, text, frame)
        parts = [_improved(row) for row in iterate_rows(better)]
        text = self._with_link(f"The best trials improve on {words.short(base.arm_name)}: {words.listed(parts)}.")
        return make_check_card(self, "Improvement on the baseline", HealthcheckStatus.INFO, text, frame)

    def _with_link(self, text: str) -> str:
        return text if self.documentation_link is None else f"{text} See {self.documentation_link}."

    def _base(self, context: AnalysisContext) -> ArmResult:
        if self.baseline_arm_name is not None:
            return find_arm(context, self.baseline_arm_name)
        index = context.view.baseline
        found = [r for r in context.results if r.outcomes and (index is None or r.trial_index == index)]
        if not found:
            raise DataRequiredError("This needs the results of the baseline, or of a first trial.")
        return found[0]

    def _row(self, context: AnalysisContext, goal: Goal, base: ArmResult, metric: str) -> dict[str, object] | None:
        if self.comparison_arm_names is not None:
            others = [find_arm(context, n) for n in self.comparison_arm_names]
        else:
            others = [r for r in context.results if r.status.is_successful and r.arm_name != base.arm_name]
        way = goal.direction(metric)
        known = [r for r in others if metric in r.outcomes and goal.feasible(r.outcomes) is not False]
        if not known or metric not in base.outcomes:
            return None
        best = max(known, key=lambda r: r.outcomes[metric][0] * way)
        (mean, sem), (at, at_sem) = best.outcomes[metric], base.outcomes[metric]
        gain = (mean - at) * way
        return {
            "metric_name": metric,
            "arm_name": best.arm_name,
            "best": mean,
            "baseline": at,
            "improvement": gain,
            "percent": 100.0 * gain / abs(at) if at else np.nan,
            "is_sure": gain > CONFIDENCE * float(np.hypot(sem or 0.0, at_sem or 0.0)),
        }


def _improved(row: Any) -> str:
    size = words.number(row.improvement, 3) if np.isnan(row.percent) else f"{words.number(row.percent, 3)} %"
    return f"{words.short(row.metric_name, 24)} by {size}{'' if row.is_sure else ' (may be noise)'}"


@dataclass(frozen=True, slots=True)
class ConstraintsFeasibilityAnalysis:
    """Whether some outcome constraint leaves hardly any room.

    Args:
        restrictive_threshold: Probability below which an arm counts as breaking a constraint.
        fraction_arms_threshold: Share of such arms from which on a constraint counts as too tight.

    Raises:
        UserInputError: If one of them is no share.

    Example:
        >>> ConstraintsFeasibilityAnalysis(fraction_arms_threshold=0.8).restrictive_threshold
        0.5
    """

    restrictive_threshold: float = 0.5
    fraction_arms_threshold: float = 0.9

    def __post_init__(self) -> None:
        check_share("restrictive_threshold", self.restrictive_threshold)
        check_share("fraction_arms_threshold", self.fraction_arms_threshold)

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            DataRequiredError: If there are too few results for a model.
            UnsupportedError: If there are no outcome constraints.
        """
        constraints = context.optimization.constraints
        if not constraints:
            raise UnsupportedError("There are no outcome constraints.")
        P = compute_each_feasibility(context, encode_arms(context).X)
        shares = (self.restrictive_threshold > P).mean(axis=0)
        frame = pd.DataFrame({"constraint": [str(c) for c in constraints], "share_of_arms_breaking_it": shares})
        tight = frame[frame["share_of_arms_breaking_it"] >= self.fraction_arms_threshold]
        if tight.empty:
            return make_check_card(
                self,
                "Room within the constraints",
                HealthcheckStatus.PASS,
                "Every constraint leaves room.",
                frame,
                uses_model=True,
            )
        parts = [
            f"{words.short(r.constraint, 40)} ({words.percent(r.share_of_arms_breaking_it)})"
            for r in iterate_rows(tight)
        ]
        text = f"Most arms probably break {words.listed(parts)}: check the bound, or loosen it if you can."
        return make_check_card(
            self, "Room within the constraints", HealthcheckStatus.WARNING, text, frame, uses_model=True
        )


@dataclass(frozen=True, slots=True)
class TestOfNoEffectAnalysis:
    """Whether the arms differ by more than their standard errors explain, metric by metric.

    Weighted sums of squares against their expectation: with known standard errors this is Welch's test.

    Args:
        no_effect_alpha: Probability of an effect by chance below which there is one.

    Raises:
        UserInputError: If it is no share.

    Example:
        >>> TestOfNoEffectAnalysis().no_effect_alpha
        0.05
    """

    __test__ = False  # pytest takes the name for a test

    no_effect_alpha: float = 0.05

    def __post_init__(self) -> None:
        check_share("no_effect_alpha", self.no_effect_alpha)

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            DataRequiredError: If no metric has two results with standard errors.
        """
        rows = [row for name in context.view.metrics if (row := _test(context, name))]
        if not rows:
            raise DataRequiredError("This needs two completed trials with standard errors.")
        frame = pd.DataFrame(rows, columns=["metric_name", "arms", "statistic", "p_value"])
        none = frame["metric_name"][frame["p_value"] > self.no_effect_alpha].tolist()
        if not none:
            text = "Every metric differs between arms by more than its standard errors explain."
            return make_check_card(self, "Effects beyond noise", HealthcheckStatus.PASS, text, frame)
        text = (
            f"The arms do not differ in {words.listed([words.short(n) for n in none])} by more than noise: "
            "measure more precisely, or widen the search space."
        )
        return make_check_card(self, "Effects beyond noise", HealthcheckStatus.WARNING, text, frame)


def _test(context: AnalysisContext, metric: str) -> tuple[str, int, float, float] | None:
    from scipy.special import chdtrc

    values = [r.outcomes[metric] for r in context.observed([metric])]
    known = [(mean, sem) for mean, sem in values if sem]
    if len(known) < 2:
        return None
    mean, sem = (np.array(column, dtype=float) for column in zip(*known, strict=True))
    unit = binary_unit(mean, sem)
    mean, sem = mean / unit, sem / unit
    weight = (sem.min() / sem) ** 2
    with np.errstate(over="ignore"):  # an infinite statistic is as good as a very large one
        statistic = float((((mean - weight @ mean / weight.sum()) / sem) ** 2).sum())
    return metric, len(known), statistic, float(chdtrc(len(known) - 1, statistic))


@dataclass(frozen=True, slots=True)
class RegressionAnalysis:
    """Which finished arms are surely worse than the baseline, in the objectives.

    Args:
        prob_threshold: Probability of being worse from which on an arm is named.

    Raises:
        UserInputError: If it is no share.

    Example:
        >>> RegressionAnalysis().prob_threshold
        0.95
    """

    prob_threshold: float = 0.95

    def __post_init__(self) -> None:
        check_share("prob_threshold", self.prob_threshold)

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            DataRequiredError: If there is no baseline or there are too few results for a model.
        """
        from scipy.special import ndtr

        index = context.view.baseline
        if index is None:
            raise DataRequiredError("This compares with a baseline, and there is none: call attach_baseline first.")
        goal = Goal.of(context.view, context.optimization)
        names = goal.optimization.objective_metric_names
        context.require(names)
        made = list(zip(context.results, context.predictions_at_arms(), strict=True))
        base = next((p for r, p in made if r.trial_index == index and p), None)
        if base is None:
            raise DataRequiredError("The baseline lies outside the search space, so it cannot be compared with.")
        rows = []
        for result, predicted in made:
            for name in names if predicted and result.trial_index != index and result.status.is_successful else ():
                worse = (base[name][0] - predicted[name][0]) * goal.direction(name)
                error = float(np.hypot(base[name][1], predicted[name][1]))
                rows.append((result.arm_name, name, float(ndtr(worse / error)) if error > 0 else float(worse > 0)))
        frame = pd.DataFrame(rows, columns=["arm_name", "metric_name", "p_worse"])
        bad = frame[frame["p_worse"] > self.prob_threshold]
        if bad.empty:
            text = "No arm is surely worse than the baseline."
            return make_check_card(self, "Regressions", HealthcheckStatus.PASS, text, frame, uses_model=True)
        count = bad["arm_name"].nunique()
        arms = "1 arm is" if count == 1 else f"{count} arms are"
        return make_check_card(
            self,
            "Regressions",
            HealthcheckStatus.WARNING,
            f"{arms} surely worse than the baseline.",
            bad,
            uses_model=True,
        )
