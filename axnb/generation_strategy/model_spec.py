"""A path of Ax for our generators; nothing decides here."""

from axnb.generation_strategy.generator_spec import GeneratorSpec, ModelSpec

__all__ = ["GeneratorSpec", "ModelSpec"]
