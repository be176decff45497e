"""A path of Ax for trials to work with; nothing decides here."""

from axnb.record.live_trials import Trial

__all__ = ["Trial"]
