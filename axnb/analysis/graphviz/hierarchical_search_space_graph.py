"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import HierarchicalSearchSpaceGraph

__all__ = ["HierarchicalSearchSpaceGraph"]
