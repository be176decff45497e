"""A path of Ax for cards with a figure."""

from typing import TYPE_CHECKING

import pandas as pd

from axnb.analyses.card import AnalysisCard

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["PlotlyAnalysisCard", "create_plotly_analysis_card"]

PlotlyAnalysisCard = AnalysisCard


def create_plotly_analysis_card(
    name: str, title: str, subtitle: str, df: pd.DataFrame, fig: "go.Figure"
) -> AnalysisCard:
    """Return a card with a figure and the table behind it.

    Raises:
        UserInputError: If the figure is none of plotly's.
    """
    return AnalysisCard(name=name, title=title, subtitle=subtitle, df=df, figure=fig)
