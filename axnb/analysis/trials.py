"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import AllTrialsAnalysis, TrialAnalysis

__all__ = ["AllTrialsAnalysis", "TrialAnalysis"]
