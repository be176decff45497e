"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import ConstraintFeasibilityPlot

__all__ = ["ConstraintFeasibilityPlot"]
