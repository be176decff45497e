"""A path of Ax for how models are said and fitted; nothing decides here."""

from axnb.surrogate.model_config import ModelConfig, fit_botorch_model

__all__ = ["ModelConfig", "fit_botorch_model"]
