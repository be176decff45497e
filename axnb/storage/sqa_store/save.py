"""A path of Ax for experiments in databases; nothing decides here."""

from axnb.service.utils.storage import save_experiment

__all__ = ["save_experiment"]
