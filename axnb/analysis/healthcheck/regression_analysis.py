"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import RegressionAnalysis

__all__ = ["RegressionAnalysis"]
