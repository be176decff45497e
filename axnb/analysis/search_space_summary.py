"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import SearchSpaceSummary

__all__ = ["SearchSpaceSummary"]
