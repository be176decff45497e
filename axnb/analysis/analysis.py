"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import Analysis

__all__ = ["Analysis"]
