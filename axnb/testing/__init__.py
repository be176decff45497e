"""Checks of parts that you bring, the same that our own parts pass."""

from axnb.testing.acquisitions import check_acquisition, check_acquisition_builder
from axnb.testing.generators import check_generator
from axnb.testing.outcome_models import check_outcome_model

__all__ = ["check_acquisition", "check_acquisition_builder", "check_generator", "check_outcome_model"]
