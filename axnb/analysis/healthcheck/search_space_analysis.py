"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import SearchSpaceAnalysis

__all__ = ["SearchSpaceAnalysis"]
