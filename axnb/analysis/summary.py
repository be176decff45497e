"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import Summary

__all__ = ["Summary"]
