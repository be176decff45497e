"""A path of Ax for tables of readings; nothing decides here."""

from axnb.record.data import Data

__all__ = ["Data"]
