"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import CanGenerateCandidatesAnalysis

__all__ = ["CanGenerateCandidatesAnalysis"]
