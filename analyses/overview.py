"""What is shown when nobody says what to show: the analyses that suit the state of the experiment."""

from collections.abc import Sequence
from dataclasses import dataclass

from axnb.analyses.card import AnalysisCardBase, AnalysisCardGroup, compute_card
from axnb.analyses.contour import ContourPlot
from axnb.analyses.findings import Findings
from axnb.analyses.pareto import ScatterPlot
from axnb.analyses.protocol import Analysis
from axnb.analyses.sensitivity import SensitivityAnalysisPlot
from axnb.analyses.slice import SlicePlot
from axnb.analyses.slicing import tunable_names
from axnb.analyses.summary import Summary
from axnb.analyses.trace import UtilityProgressionAnalysis
from axnb.analyses.view import View
from axnb.errors import UserInputError


@dataclass(frozen=True, slots=True)
class OverviewAnalysis:
    """The analyses that suit the state of the experiment, as one group of cards.

    Example:
        >>> from axnb.record.experiment import Experiment
        >>> OverviewAnalysis().compute(Findings(Experiment().view())).subtitle
        'Nothing has been measured yet.'
    """

    def compute(self, findings: Findings) -> AnalysisCardGroup:
        """Return the group."""
        children = [compute_card(a, findings) for a in default_analyses(findings)]
        return AnalysisCardGroup(
            name=type(self).__name__,
            title="Overview",
            subtitle=overview_sentence(findings),
            children=children,
            analysis=self,
        )


def default_analyses(findings: Findings) -> tuple[Analysis, ...]:
    """Return the analyses that suit the state of the experiment, those that say most first.

    Args:
        findings: What is known of it.
    """
    view = findings.view
    if view.search_space is None or view.optimization is None:
        return (Summary(),) if view.trials else ()
    goal = view.optimization
    chosen: list[Analysis] = [UtilityProgressionAnalysis()]
    if goal.is_multi_objective or goal.constraints:
        chosen.append(ScatterPlot())
    for metric in goal.objective_metric_names:
        chosen.append(SensitivityAnalysisPlot(metric))
        chosen.append(
            ContourPlot(metric_name=metric) if len(tunable_names(findings)) > 1 else SlicePlot(metric_name=metric)
        )
    return (*chosen, Summary())


def overview_sentence(findings: Findings) -> str:
    """Return how far the experiment is, in a sentence."""
    done = sum(1 for r in findings.results if r.outcomes)
    if not done:
        return "Nothing has been measured yet."
    measured = "1 trial has a result" if done == 1 else f"{done} trials have results"
    waiting = sum(1 for r in findings.results if not r.status.is_terminal)
    running = f"; {waiting} still to come" if waiting else ""
    return f"{measured}{running}."


def compute_cards(
    analyses: Sequence[Analysis] | None, findings: Findings, view: View | None = None
) -> list[AnalysisCardBase]:
    """Return the card of each analysis; one that fails gives a card that says why.

    Args:
        analyses: What to compute; by default the overview.
        findings: What is known of the experiment.
        view: How the cards are to be shown live.

    Raises:
        UserInputError: If something in the list is no analysis.
    """
    if analyses is not None and not isinstance(analyses, list | tuple):
        raise UserInputError(f"analyses must be a list of analyses, got {analyses!r}: put it in a list.")
    chosen: Sequence[Analysis] = [OverviewAnalysis()] if analyses is None else analyses
    for one in chosen:
        if isinstance(one, type):
            raise UserInputError(f"{one.__name__} is a class: write {one.__name__}() to make an analysis of it.")
        if not isinstance(one, Analysis):
            raise UserInputError(f"{one!r} is no analysis: expected an object with a method compute(findings).")
    return [compute_card(one, findings, view) for one in chosen]
