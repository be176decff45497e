"""A path of Ax for our classes of values; nothing decides here."""

from axnb.problem.space import SearchSpace

__all__ = ["SearchSpace"]
