"""Checks of parts that you bring, the same that our own parts pass.

==============================  ===================================================================================
`check_model`                   a BoTorch model class, or a function that makes a model
`check_acquisition_function`    a BoTorch acquisition class, or a function that makes an acquisition
`check_optimizer`               a function that maximises an acquisition over a region
`check_generator`               what makes suggestions its own way
`check_outcome_model`           an implementation of the protocol `OutcomeModel`
`check_acquisition`             an implementation of the protocol `Acquisition`
`check_acquisition_builder`     an implementation of the protocol `AcquisitionBuilder`
==============================  ===================================================================================
"""

from axnb.testing.acquisitions import check_acquisition, check_acquisition_builder
from axnb.testing.generators import check_generator
from axnb.testing.outcome_models import check_outcome_model
from axnb.testing.parts import check_acquisition_function, check_model, check_optimizer

__all__ = [
    "check_acquisition",
    "check_acquisition_builder",
    "check_acquisition_function",
    "check_generator",
    "check_model",
    "check_optimizer",
    "check_outcome_model",
]
