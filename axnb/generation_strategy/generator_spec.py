"""Ax's specification of a generator, as one of our parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from axnb.adapter.registry import Generators, make_part
from axnb.errors import UserInputError
from axnb.problem.generation import PartSpec

__all__ = ["GeneratorSpec", "ModelSpec"]


@dataclass(frozen=True, slots=True)
class GeneratorSpec:
    """A generator by its name in Ax, with its options.

    Args:
        generator_enum: The generator.
        generator_kwargs: Its options.
        generator_gen_kwargs: Options of a suggestion.
        generator_key_override: What it is called.
        model_enum: What ``generator_enum`` was once called.
        model_kwargs: What ``generator_kwargs`` was once called.
        model_gen_kwargs: What ``generator_gen_kwargs`` was once called.

    Raises:
        UserInputError: If there is no generator.

    Example:
        >>> GeneratorSpec(Generators.SOBOL, {"seed": 3}).to_part()
        PartSpec(name='Sobol', arguments=(('seed', 3),))
    """

    generator_enum: Generators | None = None
    generator_kwargs: Mapping[str, Any] = field(default_factory=dict)
    generator_gen_kwargs: Mapping[str, Any] = field(default_factory=dict)
    generator_key_override: str | None = None
    model_enum: Generators | None = None
    model_kwargs: Mapping[str, Any] = field(default_factory=dict)
    model_gen_kwargs: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.generator_enum is None and self.model_enum is None:
            raise UserInputError("a GeneratorSpec needs a generator_enum, such as Generators.BOTORCH_MODULAR.")

    def to_part(self) -> PartSpec:
        """Return the generator as a part that files keep.

        Raises:
            UnknownNameError: If there is no such option.
            UnsupportedError: If an option has no counterpart here.
            UserInputError: If a part cannot be used.
        """
        generator = self.generator_enum or self.model_enum
        assert generator is not None
        kwargs = {**self.model_kwargs, **self.generator_kwargs}
        return make_part(generator, kwargs, {**self.model_gen_kwargs, **self.generator_gen_kwargs})


ModelSpec = GeneratorSpec  # the name that it once had
