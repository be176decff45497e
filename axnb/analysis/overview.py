"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import OverviewAnalysis

__all__ = ["OverviewAnalysis"]
