"""Checks of parts that you bring, the same that our own parts pass."""

from axnb.testing.outcome_models import check_outcome_model

__all__ = ["check_outcome_model"]
