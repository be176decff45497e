"""Plotly figures of an experiment, as Ax's older faces return them: those of the cards."""

from typing import TYPE_CHECKING, Any

from axnb.errors import UnsupportedError

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from axnb.analyses.card import Analysis
    from axnb.analyses.context import AnalysisContext


def figure_of(analysis: "Analysis", context: "AnalysisContext") -> "go.Figure":
    """Return the figure of an analysis.

    Raises:
        AxnbError: If the analysis cannot answer; it says why.
    """
    card: Any = analysis.compute(context)
    return card.figure


def contour_plot(
    context: "AnalysisContext", param_x: str | None, param_y: str | None, metric_name: str | None
) -> "go.Figure":
    """Return what the model says along two parameters, the first two by default, the others at their middle.

    Raises:
        UnsupportedError: If there are fewer than two parameters to vary.
        UserInputError: If a parameter or metric does not exist.
        DataRequiredError: If there are too few results for a model.
    """
    from axnb.analyses.insights.contour import ContourPlot

    free = [p.name for p in context.search_space.tunable if p.name not in (param_x, param_y)]
    if len(free) + (param_x is not None) + (param_y is not None) < 2:
        raise UnsupportedError("a contour plot needs two parameters that are tuned: the experiment has one.")
    x = free.pop(0) if param_x is None else param_x
    y = free.pop(0) if param_y is None else param_y
    return figure_of(ContourPlot(x, y, metric_name, at="center"), context)


def optimization_trace(context: "AnalysisContext", optimum: float | None) -> "go.Figure":
    """Return every result and the best so far in the order of the trials, with the optimum where it is known.

    Raises:
        DataRequiredError: If no trial has a result yet.
        UserInputError: If the optimum is no finite number.
    """
    from axnb.analyses.results.trace import UtilityProgressionAnalysis

    figure = figure_of(UtilityProgressionAnalysis(optimum=optimum), context)
    if optimum is not None:
        figure.add_hline(y=optimum, line_dash="dash", annotation_text="optimum")
    return figure


def feature_importances(context: "AnalysisContext") -> "go.Figure":
    """Return which share of the variation of the objective each parameter explains.

    Raises:
        DataRequiredError: If there are too few results for a model.
    """
    from axnb.analyses.insights.sensitivity import SensitivityAnalysisPlot

    return figure_of(SensitivityAnalysisPlot(), context)
