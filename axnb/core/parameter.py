"""A path of Ax for our classes of parameters, and the names of their types."""

from enum import StrEnum

from axnb.problem.parameters import ChoiceParameter, DerivedParameter, FixedParameter, Parameter, RangeParameter

__all__ = ["ChoiceParameter", "DerivedParameter", "FixedParameter", "Parameter", "ParameterType", "RangeParameter"]


class ParameterType(StrEnum):
    """The types of parameters; equal to the text that parameters hold.

    Example:
        >>> RangeParameter(name="x", parameter_type=ParameterType.FLOAT, lower=0, upper=1).parameter_type
        'float'
    """

    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    STRING = "str"
