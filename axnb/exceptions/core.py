"""A path of Ax for our errors; nothing decides here."""

from axnb.errors import AxnbError as AxError
from axnb.errors import AxnbWarning as AxOptimizationWarning
from axnb.errors import AxnbWarning as AxParameterWarning
from axnb.errors import AxnbWarning as AxStorageWarning
from axnb.errors import AxnbWarning as AxWarning
from axnb.errors import (
    DataRequiredError,
    ObjectNotFoundError,
    OptimizationComplete,
    OptimizationShouldStop,
    SearchSpaceExhausted,
    TrialMutationError,
    UnsupportedError,
    UserInputError,
)
from axnb.errors import DataRequiredError as MetricDataNotReadyError
from axnb.errors import DataRequiredError as NoDataError
from axnb.errors import NotConfiguredError as ExperimentNotReadyError
from axnb.errors import NotConfiguredError as MisconfiguredExperiment
from axnb.errors import NotConfiguredError as OptimizationNotConfiguredError
from axnb.errors import ObjectNotFoundError as ExperimentNotFoundError
from axnb.errors import UnsupportedError as RunnerNotFoundError
from axnb.errors import UnsupportedError as UnsupportedPlotError

__all__ = [
    "AxError",
    "AxOptimizationWarning",
    "AxParameterWarning",
    "AxStorageWarning",
    "AxWarning",
    "DataRequiredError",
    "ExperimentNotFoundError",
    "ExperimentNotReadyError",
    "MetricDataNotReadyError",
    "MisconfiguredExperiment",
    "NoDataError",
    "ObjectNotFoundError",
    "OptimizationComplete",
    "OptimizationNotConfiguredError",
    "OptimizationShouldStop",
    "RunnerNotFoundError",
    "SearchSpaceExhausted",
    "TrialMutationError",
    "UnsupportedError",
    "UnsupportedPlotError",
    "UserInputError",
]
