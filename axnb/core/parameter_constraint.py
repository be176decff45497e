"""A path of Ax for our classes of values; nothing decides here."""

from axnb.problem.constraints import ParameterConstraint

__all__ = ["ParameterConstraint"]
