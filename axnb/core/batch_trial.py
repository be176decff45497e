"""A path of Ax for trials of several arms; nothing decides here."""

from axnb.record.live_trials import BatchTrial

__all__ = ["BatchTrial"]
