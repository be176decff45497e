"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import ParallelCoordinatesPlot

__all__ = ["ParallelCoordinatesPlot"]
