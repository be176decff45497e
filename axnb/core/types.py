"""Types of Ax's signatures, and the operators of constraints."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

from axnb.api.types import TParameterization, TParameterValue

__all__ = [
    "ComparisonOp",
    "TEvaluationOutcome",
    "TMapTrialEvaluation",
    "TModelPredictArm",
    "TParamValue",
    "TParameterization",
    "TTrialEvaluation",
]

TParamValue: TypeAlias = TParameterValue
TModelPredictArm: TypeAlias = tuple[dict[str, float], dict[str, dict[str, float]] | None]
"""Means by metric, and covariances by pairs of metrics."""
TTrialEvaluation: TypeAlias = dict[str, tuple[float, float | None]]
"""For each metric mean and standard error, `None` where that is unknown."""
TMapTrialEvaluation: TypeAlias = list[tuple[float, TTrialEvaluation]]
"""Readings by step."""
TEvaluationOutcome: TypeAlias = (
    float | tuple[float, float | None] | Mapping[str, float | tuple[float, float | None]] | TMapTrialEvaluation
)


class ComparisonOp(StrEnum):
    """The operator of a constraint; equal to the text that constraints hold.

    Example:
        >>> ComparisonOp.LEQ == "<="
        True
    """

    GEQ = ">="
    LEQ = "<="
