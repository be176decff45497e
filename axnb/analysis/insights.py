"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import InsightsAnalysis, OutcomeConstraintsAnalysis

__all__ = ["InsightsAnalysis", "OutcomeConstraintsAnalysis"]
