"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import ArmEffectsPair, ResultsAnalysis

__all__ = ["ArmEffectsPair", "ResultsAnalysis"]
