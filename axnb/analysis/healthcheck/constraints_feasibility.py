"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import ConstraintsFeasibilityAnalysis

__all__ = ["ConstraintsFeasibilityAnalysis"]
