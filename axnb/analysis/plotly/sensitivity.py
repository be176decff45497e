"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import SensitivityAnalysisPlot

__all__ = ["SensitivityAnalysisPlot"]
