"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import BanditRollout

__all__ = ["BanditRollout"]
