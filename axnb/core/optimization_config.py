"""A path of Ax for our classes of values; nothing decides here."""

from axnb.problem.objective import OptimizationConfig

__all__ = ["OptimizationConfig"]
