"""A path of Ax for our errors; nothing decides here."""

from axnb.errors import DataRequiredError as MaxParallelismReachedException
from axnb.errors import NotConfiguredError as OptimizationConfigRequired
from axnb.errors import OptimizationComplete as GenerationStrategyCompleted
from axnb.errors import SearchSpaceExhausted as GenerationStrategyRepeatedPoints

__all__ = [
    "GenerationStrategyCompleted",
    "GenerationStrategyRepeatedPoints",
    "MaxParallelismReachedException",
    "OptimizationConfigRequired",
]
