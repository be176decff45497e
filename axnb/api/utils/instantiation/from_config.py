"""Parameters from configs."""

from axnb.api.configs import ChoiceParameterConfig, DerivedParameterConfig, ParameterConfig, RangeParameterConfig
from axnb.errors import UserInputError
from axnb.problem.parameters import Parameter


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
            f"got {config!r} ({type(config).__name__})."
        )
    return config.to_parameter()
