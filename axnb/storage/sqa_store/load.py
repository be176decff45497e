"""A path of Ax for experiments in databases; nothing decides here."""

from axnb.service.utils.storage import load_experiment

__all__ = ["load_experiment"]
