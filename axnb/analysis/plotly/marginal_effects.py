"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import MarginalEffectsPlot

__all__ = ["MarginalEffectsPlot"]
