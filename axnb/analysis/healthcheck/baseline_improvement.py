"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import BaselineImprovementAnalysis

__all__ = ["BaselineImprovementAnalysis"]
