"""Ax's generator of BoTorch parts, as ours."""

from collections.abc import Callable, Mapping
from typing import Any

from axnb.adapter.registry import Generators
from axnb.generation_strategy.generator_spec import GeneratorSpec
from axnb.problem.generation import PartSpec
from axnb.surrogate.model_config import SurrogateSpec

__all__ = ["BoTorchGenerator"]


def build_botorch_generator(
    surrogate_spec: SurrogateSpec | None = None,
    botorch_acqf_class: Callable[..., Any] | None = None,
    acquisition_options: Mapping[str, Any] | None = None,
) -> PartSpec:
    """Return the generator of a model and an acquisition, for a `GenerationNode`.

    Args:
        surrogate_spec: The model; BoTorch's own Gaussian process by default.
        botorch_acqf_class: The acquisition; expected improvement by default.
        acquisition_options: Its options.

    Raises:
        UserInputError: If a part cannot be used.

    Example:
        >>> BoTorchGenerator().name
        'BO'
    """
    given: dict[str, Any] = {
        "surrogate_spec": surrogate_spec,
        "botorch_acqf_class": botorch_acqf_class,
        "acquisition_options": acquisition_options,
    }
    return GeneratorSpec(Generators.BOTORCH_MODULAR, {k: v for k, v in given.items() if v is not None}).to_part()


BoTorchGenerator = build_botorch_generator
