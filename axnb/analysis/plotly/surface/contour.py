"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import ContourPlot

__all__ = ["ContourPlot"]
