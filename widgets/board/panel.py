"""The cards that stand beside the board's rows, as tabs: they follow the experiment, and share its selection."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from axnb.analyses.card import Analysis, AnalysisCardGroup, Outline
from axnb.analyses.compute import group_of
from axnb.analyses.context import MINIMUM_FOR_MODEL, AnalysisContext
from axnb.analyses.insights.contour import ContourPlot
from axnb.analyses.insights.parallel import ParallelCoordinatesPlot
from axnb.analyses.insights.slice import SlicePlot
from axnb.analyses.insights.what_if import WhatIf
from axnb.analyses.results.scatter import ScatterPlot
from axnb.analyses.results.trace import UtilityProgressionAnalysis
from axnb.problem.parameters import RangeParameter
from axnb.widgets.cards.view import LiveGroup, LiveView

if TYPE_CHECKING:
    from axnb.widgets.session import Session


@dataclass(frozen=True, slots=True)
class PanelAnalysis:
    """What belongs beside the rows: the trace, and as results come contour or slice, scatter, coordinates, what-if.

    Example:
        >>> PanelAnalysis()
        PanelAnalysis()
    """

    def compute(self, context: AnalysisContext) -> AnalysisCardGroup:
        """Return the group.

        Raises:
            NotConfiguredError: If there is no goal yet.
        """
        return group_of(self, context)

    def outline(self, context: AnalysisContext) -> Outline:  # noqa: D102
        goal = context.optimization
        chosen: list[Analysis] = [UtilityProgressionAnalysis()]
        observed = min(len(context.observed([name])) for name in goal.metric_names)
        if observed:
            if len(goal.metric_names) > 1:
                across, up = goal.metric_names[:2]
                chosen.append(ScatterPlot(across, up, show_pareto_frontier=goal.is_multi_objective))
            chosen.append(ParallelCoordinatesPlot())
        if observed >= MINIMUM_FOR_MODEL:
            ranges = sum(isinstance(p, RangeParameter) for p in context.search_space.tunable)
            chosen += [ContourPlot()] if ranges > 1 else [SlicePlot()]
            chosen.append(WhatIf())
        return Outline(title="", subtitle="", analyses=tuple(chosen))


def make_panel(session: "Session") -> LiveGroup:
    """Return the live cards that belong beside the rows of a session's experiment; it is not kept alive.

    Raises:
        NotConfiguredError: If there is no goal yet.
    """
    view = LiveView(session)
    card = PanelAnalysis().compute(session.analysis_context())
    members = [view.widget(child) for child in card.children if child.flatten()]
    return LiveGroup(card, session, members, tabs=True)
