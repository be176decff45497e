"""A path of Ax for what fetching came to; nothing decides here."""

from axnb.record.data import Err, Ok

__all__ = ["Err", "Ok"]
