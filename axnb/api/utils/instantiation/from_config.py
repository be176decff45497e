"""Parameters and search spaces from configs."""

from collections.abc import Sequence

from axnb.api.arguments import listed, strings
from axnb.api.configs import ChoiceParameterConfig, DerivedParameterConfig, ParameterConfig, RangeParameterConfig
from axnb.errors import UserInputError, shown
from axnb.problem.constraints import parse_parameter_constraints
from axnb.problem.feasibility import check_feasible
from axnb.problem.parameters import Parameter
from axnb.problem.space import SearchSpace


def parameter_from_config(config: ParameterConfig) -> Parameter:
    """Return the parameter that a config describes.

    Raises:
        UserInputError: If it is no config.

    Example:
        >>> from axnb import RangeParameterConfig
        >>> parameter_from_config(RangeParameterConfig("x", (0, 1), "float")).domain
        'a number in [0.0, 1.0]'
    """
    if not isinstance(config, RangeParameterConfig | ChoiceParameterConfig | DerivedParameterConfig):
        raise UserInputError(
            "expected a RangeParameterConfig, a ChoiceParameterConfig or a DerivedParameterConfig, "
            f"got {shown(config)} ({type(config).__name__})."
        )
    return config.to_parameter()


def search_space_from_configs(
    parameters: Sequence[ParameterConfig], parameter_constraints: Sequence[str] | None
) -> SearchSpace:
    """Return the search space that configs and constraints describe.

    Raises:
        UserInputError: If a parameter or constraint cannot be used.

    Example:
        >>> from axnb import RangeParameterConfig
        >>> search_space_from_configs([RangeParameterConfig("x", (0, 1), "float")], ["2*x <= 1"]).names
        ('x',)
    """
    made = tuple(parameter_from_config(p) for p in listed("parameters", parameters, "parameter configs"))
    texts = strings("parameter_constraints", parameter_constraints)
    space = SearchSpace(parameters=made, constraints=parse_parameter_constraints(texts, made))
    check_feasible(space)
    return space
