"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import EarlyStoppingAnalysis

__all__ = ["EarlyStoppingAnalysis"]
