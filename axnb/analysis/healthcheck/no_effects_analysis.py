"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import TestOfNoEffectAnalysis

__all__ = ["TestOfNoEffectAnalysis"]
