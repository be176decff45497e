"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import ProgressionPlot

__all__ = ["ProgressionPlot"]
