"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import UtilityProgressionAnalysis

__all__ = ["UtilityProgressionAnalysis"]
