"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import ObjectivePFeasibleFrontierPlot

__all__ = ["ObjectivePFeasibleFrontierPlot"]
