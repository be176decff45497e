"""A path of Ax for our classes of values; nothing decides here."""

from axnb.core.types import ComparisonOp
from axnb.problem.objective import OutcomeConstraint

__all__ = ["ComparisonOp", "OutcomeConstraint"]
