"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import BestTrials

__all__ = ["BestTrials"]
