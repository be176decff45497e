"""A path of Ax for reading an experiment from a file."""

import os

from axnb.record.experiment import Experiment
from axnb.store.snapshot import load

__all__ = ["load_experiment"]


def load_experiment(filepath: str | os.PathLike[str]) -> Experiment:
    """Return the experiment in a JSON file that `save_experiment` or a Client wrote.

    Raises:
        ObjectNotFoundError: If there is no such file.
        SnapshotError: If the file is damaged, or is no such file.
        StorageError: If it cannot be read.
    """
    return load(filepath)[0]
