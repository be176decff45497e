"""From what a user says about storage to the place that keeps the experiment. Databases are imported when asked for."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from axnb.api.arguments import path
from axnb.api.configs import StorageConfig
from axnb.errors import UserInputError, shown
from axnb.record.events import ExperimentRenamed
from axnb.record.experiment import Experiment
from axnb.record.journal import Journal

if TYPE_CHECKING:
    from axnb.store.recover import Recovery
    from axnb.store.sql import Database


def open_database(config: StorageConfig | None, url: object) -> "Database":
    """Return the database that a config or a URL names.

    Raises:
        UserInputError: If neither or both are given, or they cannot be used.
        StorageError: If it cannot be reached.
    """
    from axnb.store.sql import Database

    if config is not None and not isinstance(config, StorageConfig):
        raise UserInputError(f"storage_config must be a StorageConfig, got {shown(config)}.")
    if (config is None) == (url is None):
        raise UserInputError("say where the experiment is kept: give either storage_config or storage.")
    if config is not None:
        return Database(url=config.url, creator=config.creator)
    return Database(url=path(url))


def recover(filepath: str | os.PathLike[str]) -> "Recovery":
    """Write what is sound in a damaged journal or snapshot, all above the first damaged line, to a file beside it.

    Args:
        filepath: The damaged file; it stays as it is.

    Returns:
        The name of the new file, a journal for `Client(storage=...)`, and what is left out.

    Raises:
        ObjectNotFoundError: If there is no such file.
        SnapshotError: If it is neither a journal nor a snapshot with checksums.
        StorageError: If it cannot be read, or the new file cannot be written.
        UserInputError: If the path is none.
    """
    from axnb.store.recover import recover

    return recover(path(filepath))


def new_journal(config: StorageConfig | None, storage: str | os.PathLike[str] | None) -> Journal | None:
    """Return the journal for a new experiment; `None` where it is kept in memory only.

    Raises:
        UserInputError: If the storage cannot be used.
        StorageError: If it cannot be reached.
    """
    if config is None and storage is None:
        return None
    if config is None and "://" not in path(storage):
        from axnb.store.journal_file import JournalFile

        return JournalFile(path(storage))
    return open_database(config, storage).new_journal()


def load_snapshot(filepath: str, journal: Journal | None) -> tuple[Experiment, dict[str, str]]:
    """Return the experiment in a file, kept in a journal from now on where one is given, and its cards.

    Raises:
        ObjectNotFoundError: If there is no such file.
        SnapshotError: If it is no snapshot, is damaged, or comes from a later version.
        StorageError: If the file cannot be read, or the experiment cannot be kept.
    """
    from axnb.store.snapshot import load

    experiment, cards = load(filepath)
    if journal is not None:
        if not experiment.view().name:
            experiment.record([ExperimentRenamed(name=Path(filepath).stem)])
        experiment = Experiment.replay(experiment.journal, journal)
    return experiment, cards
