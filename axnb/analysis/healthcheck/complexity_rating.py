"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import ComplexityRatingAnalysis

__all__ = ["ComplexityRatingAnalysis"]
