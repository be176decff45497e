"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import PredictableMetricsAnalysis

__all__ = ["PredictableMetricsAnalysis"]
