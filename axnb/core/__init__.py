"""A path of Ax for our classes of values; nothing decides here."""

from axnb.core.parameter import ChoiceParameter, FixedParameter, Parameter, ParameterType, RangeParameter
from axnb.core.types import ComparisonOp
from axnb.problem.constraints import ParameterConstraint
from axnb.problem.objective import Objective, OptimizationConfig, OutcomeConstraint
from axnb.problem.space import SearchSpace
from axnb.record.experiment import Experiment
from axnb.record.trial import Arm, Trial

__all__ = [
    "Arm",
    "ChoiceParameter",
    "ComparisonOp",
    "Experiment",
    "FixedParameter",
    "Objective",
    "OptimizationConfig",
    "OutcomeConstraint",
    "Parameter",
    "ParameterConstraint",
    "ParameterType",
    "RangeParameter",
    "SearchSpace",
    "Trial",
]
