"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import ContourPlot, SlicePlot

__all__ = ["ContourPlot", "SlicePlot"]
