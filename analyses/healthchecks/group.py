"""The health checks that suit the state of an experiment, as one group."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import (
    Analysis,
    AnalysisCard,
    AnalysisCardBase,
    AnalysisCardGroup,
    NotApplicableStateAnalysisCard,
    Outline,
)
from axnb.analyses.compute import compute_card, group_of
from axnb.analyses.context import AnalysisContext
from axnb.analyses.healthchecks import data, run, space
from axnb.analyses.healthchecks.card import HealthcheckAnalysisCard
from axnb.analyses.shared.learning_curves import find_stepped_metrics


@dataclass(frozen=True, slots=True)
class HealthchecksAnalysis:
    """The checks that suit the state of the experiment: a table of all, and the card of each that has something to say.

    Args:
        model_fit_threshold: Share of the variance below which a model counts as poor.

    Example:
        >>> HealthchecksAnalysis().model_fit_threshold
        0.1
    """

    model_fit_threshold: float = 0.1

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCardGroup:
        """Return the group."""
        return group_of(self, context)

    def outline(self, context: AnalysisContext) -> Outline:  # noqa: D102
        summary = HealthcheckSummary(self.model_fit_threshold)
        told = [c for c in summary.cards(context) if not isinstance(c, NotApplicableStateAnalysisCard)]
        told = [c for c in told if not isinstance(c, HealthcheckAnalysisCard) or c.is_user_facing()]
        sentence = describe_checks(tabulate_checks(summary.cards(context)))
        chosen = (summary, *(c.analysis for c in told if c.analysis is not None))
        return Outline(title="Health checks", subtitle=sentence, analyses=chosen)


@dataclass(frozen=True, slots=True)
class HealthcheckSummary:
    """A table of the checks that suit the state of the experiment, and what each came to.

    Args:
        model_fit_threshold: Share of the variance below which a model counts as poor.

    Example:
        >>> HealthcheckSummary().model_fit_threshold
        0.1
    """

    model_fit_threshold: float = 0.1

    def cards(self, context: AnalysisContext) -> tuple[AnalysisCardBase, ...]:
        """Return the card of every check."""
        chosen = choose_checks(context, self.model_fit_threshold)
        key = ("checks", self.model_fit_threshold)
        return context.once(key, lambda: tuple(compute_card(one, context) for one in chosen))

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card."""
        table = tabulate_checks(self.cards(context))
        name = type(self).__name__
        return AnalysisCard(name=name, title="All checks", subtitle=describe_checks(table), df=table, analysis=self)


def choose_checks(context: AnalysisContext, model_fit_threshold: float = 0.1) -> tuple[Analysis, ...]:
    """Return the checks that suit the state of the experiment.

    Args:
        context: What is known of it.
        model_fit_threshold: Share of the variance below which a model counts as poor.
    """
    goal = context.view.optimization
    if goal is None:
        return ()
    chosen: list[Analysis] = [data.PredictableMetricsAnalysis(model_fit_threshold)]
    if context.view.baseline is not None:
        chosen.append(data.BaselineImprovementAnalysis())
    if goal.constraints:
        chosen.append(data.ConstraintsFeasibilityAnalysis())
    if any(sem for r in context.results for _, sem in r.outcomes.values()):
        chosen.append(data.TestOfNoEffectAnalysis())
    chosen.append(space.SearchSpaceAnalysis())
    if find_stepped_metrics(context):
        chosen.append(run.EarlyStoppingAnalysis())
    chosen.append(space.ComplexityRatingAnalysis())
    return tuple(chosen)


def tabulate_checks(cards: Sequence[AnalysisCardBase]) -> pd.DataFrame:
    """Return a check a row: name, status in words, and what it says; those that failed first.

    Args:
        cards: The cards of the checks.
    """
    rows = []
    for card in cards:
        status = card.status.label if isinstance(card, HealthcheckAnalysisCard) else "not available"
        rows.append((card.name, status, card.subtitle))
    frame = pd.DataFrame(rows, columns=["check", "status", "finding"])
    order = {"fail": 0, "warning": 1, "info": 2, "pass": 3}
    return frame.sort_values("status", key=lambda s: s.map(order).fillna(4), kind="stable", ignore_index=True)


def describe_checks(frame: pd.DataFrame) -> str:
    """Return what the checks came to, in a sentence.

    Args:
        frame: What `tabulate_checks` returned.
    """
    made = frame[frame["status"] != "not available"]
    waiting = len(frame) - len(made)
    later = f"; {waiting} more will be made once there are results" if waiting else ""
    if made.empty:
        return f"No check can be made yet{later}."
    bad = made[made["status"].isin(["fail", "warning"])]
    if bad.empty:
        return f"All {len(made)} checks pass{later}." if len(made) > 1 else f"The check passes{later}."
    verb = "asks" if len(bad) == 1 else "ask"
    return f"{len(bad)} of {len(made)} {'check' if len(made) == 1 else 'checks'} {verb} for attention{later}."
