"""A path of Ax for our classes of values; nothing decides here."""

from axnb.record.experiment import Experiment

__all__ = ["Experiment"]
