"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import GenerationStrategyGraph, HierarchicalSearchSpaceGraph

__all__ = ["GenerationStrategyGraph", "HierarchicalSearchSpaceGraph"]
