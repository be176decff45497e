"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import TopSurfacesAnalysis

__all__ = ["TopSurfacesAnalysis"]
