"""Ax's choice among the models of a node, as ours."""

from enum import StrEnum
from typing import Any

from axnb.errors import UnsupportedError, listing, shown
from axnb.problem.generation import PartSpec
from axnb.surrogate.model_config import EVAL_CRITERIA

__all__ = ["ReductionCriterion", "SingleDiagnosticBestModelSelector"]


class ReductionCriterion(StrEnum):
    """How numbers of several metrics, or of several models, become one.

    Example:
        >>> ReductionCriterion.MEAN.value
        'mean'
    """

    MEAN = "mean"
    MIN = "min"
    MAX = "max"


def build_selector(
    diagnostic: str, metric_aggregation: ReductionCriterion, criterion: ReductionCriterion, cv_kwargs: Any = None
) -> PartSpec:
    """Return what chooses the generator whose model predicts best.

    Args:
        diagnostic: By what they are compared: `"Rank correlation"`, `"MSE"` or `"Log likelihood"`.
        metric_aggregation: How the metrics' numbers become one; of errors the sense is turned around.
        criterion: Whether the largest or the smallest number is the best.
        cv_kwargs: Taken for the sake of old code.

    Raises:
        UnsupportedError: If there is no such diagnostic, or its worst number is asked for.
    """
    if diagnostic not in EVAL_CRITERIA:
        raise UnsupportedError(f"models are compared by one of {listing(EVAL_CRITERIA)}, got {shown(diagnostic)}.")
    is_error = diagnostic == "MSE"
    if criterion is not (ReductionCriterion.MIN if is_error else ReductionCriterion.MAX):
        raise UnsupportedError(
            f"of {diagnostic!r} {'small' if is_error else 'large'} numbers are good, and {criterion.name} asks for the "
            "worst model."
        )
    turned = {ReductionCriterion.MIN: "max", ReductionCriterion.MAX: "min"}
    aggregate = turned.get(metric_aggregation, "mean") if is_error else metric_aggregation.value
    given = {"criterion": EVAL_CRITERIA[diagnostic], "aggregate": aggregate}
    return PartSpec("BestModelSelector", tuple(given.items()))


SingleDiagnosticBestModelSelector = build_selector
