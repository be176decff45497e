"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import UtilityRankingPlot

__all__ = ["UtilityRankingPlot"]
