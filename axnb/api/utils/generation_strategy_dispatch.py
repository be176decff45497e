"""Which strategy suits some settings, and a model that is said by its classes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from axnb.api.utils.structs import GenerationStrategyDispatchStruct
from axnb.errors import UserInputError
from axnb.problem.generation import GenerationOptions, PartSpec
from axnb.suggest.acquisition.acquisition_spec import ACQUISITIONS
from axnb.surrogate.model_config import ModelConfig, register_config


def choose_generation_strategy(
    struct: GenerationStrategyDispatchStruct,
    model_config: ModelConfig | None = None,
    botorch_acqf_class: Callable[..., Any] | None = None,
) -> GenerationOptions:
    """Return how suggestions are made, for `Client.set_generation_strategy`.

    Args:
        struct: The settings.
        model_config: The model of `method="custom"`.
        botorch_acqf_class: The acquisition; expected improvement by default.

    Raises:
        UserInputError: If `method="custom"` comes without a model, a model without it, or a number is out of range.
        UnsupportedError: If the method does not exist.

    Example:
        >>> choose_generation_strategy(GenerationStrategyDispatchStruct(method="quality")).name
        'Center+Sobol+MBM:quality'
    """
    is_custom = struct.method == "custom"
    if is_custom != (model_config is not None):
        raise UserInputError(
            "method='custom' and model_config go together: give both, or neither, "
            f"got method={struct.method!r} and model_config={model_config!r}."
        )
    options = GenerationOptions(
        method="fast" if struct.method == "custom" else struct.method,
        initialization_budget=struct.initialization_budget,
        initialization_random_seed=struct.initialization_random_seed,
        initialize_with_center=struct.initialize_with_center,
        use_existing_trials_for_initialization=struct.use_existing_trials_for_initialization,
        min_observed_initialization_trials=struct.min_observed_initialization_trials,
        allow_exceeding_initialization_budget=struct.allow_exceeding_initialization_budget,
        torch_device=struct.torch_device,
        simplify_parameter_changes=struct.simplify_parameter_changes,
    )
    if model_config is not None:
        options = replace(options, model=PartSpec(register_config(model_config)))
    if botorch_acqf_class is not None:
        options = replace(options, acquisition=ACQUISITIONS.record(botorch_acqf_class))
    return options
