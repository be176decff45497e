"""A path of Ax for our classes of values; nothing decides here."""

from axnb.record.trial import Arm

__all__ = ["Arm"]
