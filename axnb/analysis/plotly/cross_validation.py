"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import CrossValidationPlot

__all__ = ["CrossValidationPlot"]
