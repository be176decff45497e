"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import SlicePlot

__all__ = ["SlicePlot"]
