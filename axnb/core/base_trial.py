"""A path of Ax for trials to work with; nothing decides here."""

from axnb.record.live_trials import BaseTrial
from axnb.record.trial import TrialStatus

__all__ = ["BaseTrial", "TrialStatus"]
