"""A path of Ax for models said by classes and options; nothing decides here."""

from axnb.surrogate.model_config import ModelConfig, Surrogate, SurrogateSpec, submodel_input_constructor

__all__ = ["ModelConfig", "Surrogate", "SurrogateSpec", "submodel_input_constructor"]
