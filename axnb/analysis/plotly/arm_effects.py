"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import ArmEffectsPlot

__all__ = ["ArmEffectsPlot"]
