"""A path of Ax for our errors; nothing decides here."""

from axnb.errors import ModelError

__all__ = ["ModelError"]
