"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import GenerationStrategyGraph

__all__ = ["GenerationStrategyGraph"]
