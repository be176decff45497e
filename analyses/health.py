"""Health checks: what a check's card is, and the checks that suit the state of an experiment as one group."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import pandas as pd

from axnb.analyses.card import (
    AnalysisCard,
    AnalysisCardBase,
    AnalysisCardGroup,
    NotApplicableStateAnalysisCard,
    compute_card,
    group_of,
)
from axnb.analyses.findings import Findings
from axnb.analyses.protocol import Analysis, Outline


class HealthcheckStatus(IntEnum):
    """What a check came to.

    Example:
        >>> HealthcheckStatus.WARNING.label
        'warning'
    """

    PASS = 0
    FAIL = 1
    WARNING = 2
    INFO = 3

    @property
    def label(self) -> str:
        """The status as a word."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class HealthcheckAnalysisCard(AnalysisCard):
    """What one check came to; ``subtitle`` says why, and what to do.

    Args:
        status: What it came to.
    """

    status: HealthcheckStatus = HealthcheckStatus.PASS

    def get_status(self) -> HealthcheckStatus:
        """Return what the check came to."""
        return self.status

    def is_passing(self) -> bool:
        """Return whether nothing needs to be done."""
        return self.status in (HealthcheckStatus.PASS, HealthcheckStatus.INFO)

    def is_user_facing(self) -> bool:
        """Return whether there is something to see."""
        return self.status is not HealthcheckStatus.PASS


def checked(
    analysis: Analysis, title: str, status: HealthcheckStatus, sentence: str, frame: pd.DataFrame | None = None
) -> HealthcheckAnalysisCard:
    """Return the card of a check.

    Args:
        analysis: The check.
        title: A few words.
        status: What it came to.
        sentence: Why, and what to do.
        frame: The data behind it.
    """
    return HealthcheckAnalysisCard(
        name=type(analysis).__name__,
        title=f"{title}: {status.label}",
        subtitle=sentence,
        df=pd.DataFrame() if frame is None else frame,
        status=status,
        analysis=analysis,
    )


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

    def compute(self, findings: Findings) -> AnalysisCardGroup:
        """Return the group."""
        return group_of(self, findings)

    def outline(self, findings: Findings) -> Outline:  # noqa: D102
        summary = HealthcheckSummary(self.model_fit_threshold)
        told = [c for c in summary.cards(findings) if not isinstance(c, NotApplicableStateAnalysisCard)]
        told = [c for c in told if not isinstance(c, HealthcheckAnalysisCard) or c.is_user_facing()]
        sentence = checks_sentence(checks_frame(summary.cards(findings)))
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

    def cards(self, findings: Findings) -> tuple[AnalysisCardBase, ...]:
        """Return the card of every check."""
        chosen = default_checks(findings, self.model_fit_threshold)
        key = ("checks", self.model_fit_threshold)
        return findings.once(key, lambda: tuple(compute_card(one, findings) for one in chosen))

    def compute(self, findings: Findings) -> AnalysisCard:
        """Return the card."""
        table = checks_frame(self.cards(findings))
        name = type(self).__name__
        return AnalysisCard(name=name, title="All checks", subtitle=checks_sentence(table), df=table, analysis=self)


def default_checks(findings: Findings, model_fit_threshold: float = 0.1) -> tuple[Analysis, ...]:
    """Return the checks that suit the state of the experiment.

    Args:
        findings: What is known of it.
        model_fit_threshold: Share of the variance below which a model counts as poor.
    """
    from axnb.analyses import health_data, health_run, health_space
    from axnb.analyses.progression import stepped_metrics

    goal = findings.view.optimization
    if goal is None:
        return ()
    chosen: list[Analysis] = [health_data.PredictableMetricsAnalysis(model_fit_threshold)]
    if findings.view.baseline is not None:
        chosen.append(health_data.BaselineImprovementAnalysis())
    if goal.constraints:
        chosen.append(health_data.ConstraintsFeasibilityAnalysis())
    if any(sem for r in findings.results for _, sem in r.outcomes.values()):
        chosen.append(health_data.TestOfNoEffectAnalysis())
    chosen.append(health_space.SearchSpaceAnalysis())
    if stepped_metrics(findings):
        chosen.append(health_run.EarlyStoppingAnalysis())
    chosen.append(health_space.ComplexityRatingAnalysis())
    return tuple(chosen)


def checks_frame(cards: Sequence[AnalysisCardBase]) -> pd.DataFrame:
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


def checks_sentence(frame: pd.DataFrame) -> str:
    """Return what the checks came to, in a sentence.

    Args:
        frame: What `checks_frame` returned.
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
