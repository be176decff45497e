"""A path of Ax for our classes of values; nothing decides here."""

from axnb.core.metric import Metric
from axnb.core.parameter import ChoiceParameter, FixedParameter, Parameter, ParameterType, RangeParameter
from axnb.core.runner import Runner
from axnb.core.types import ComparisonOp
from axnb.problem.constraints import ParameterConstraint
from axnb.problem.objective import Objective, OptimizationConfig, OutcomeConstraint
from axnb.problem.space import SearchSpace
from axnb.record.data import Data
from axnb.record.experiment import Experiment
from axnb.record.generator_run import GeneratorRun
from axnb.record.live_trials import BatchTrial, Trial
from axnb.record.trial import Arm

__all__ = [
    "Arm",
    "BatchTrial",
    "ChoiceParameter",
    "ComparisonOp",
    "Data",
    "Experiment",
    "FixedParameter",
    "GeneratorRun",
    "Metric",
    "Objective",
    "OptimizationConfig",
    "OutcomeConstraint",
    "Parameter",
    "ParameterConstraint",
    "ParameterType",
    "RangeParameter",
    "Runner",
    "SearchSpace",
    "Trial",
]
