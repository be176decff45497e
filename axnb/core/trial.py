"""A path of Ax for our classes of values; nothing decides here."""

from axnb.record.trial import Trial

__all__ = ["Trial"]
