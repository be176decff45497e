"""A path of Ax for writing an experiment into a file."""

import os

from axnb.record.experiment import Experiment
from axnb.store.snapshot import save

__all__ = ["save_experiment"]


def save_experiment(experiment: Experiment, filepath: str | os.PathLike[str]) -> None:
    """Write an experiment into a JSON file; metrics and runner are not in it.

    Raises:
        StorageError: If the file cannot be written.
    """
    save(experiment, filepath)
