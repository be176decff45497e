"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import ScatterPlot

__all__ = ["ScatterPlot"]
