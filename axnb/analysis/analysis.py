"""A path of Ax for what analyses of one's own begin with; nothing decides here."""

from axnb.analyses.ax_analysis import Analysis
from axnb.analyses.card import AnalysisCard, AnalysisCardBase, AnalysisCardGroup, ErrorAnalysisCard

__all__ = ["Analysis", "AnalysisCard", "AnalysisCardBase", "AnalysisCardGroup", "ErrorAnalysisCard"]
