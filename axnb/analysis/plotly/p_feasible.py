"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import PFeasiblePlot

__all__ = ["PFeasiblePlot"]
