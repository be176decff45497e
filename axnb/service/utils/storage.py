"""Experiments in databases, as Ax's older faces save and load them."""

from dataclasses import replace
from typing import Any, NamedTuple

from axnb.api.arguments import instance
from axnb.api.configs import StorageConfig
from axnb.api.storage import open_database
from axnb.errors import NotConfiguredError, UnsupportedError, UserInputError, shown
from axnb.problem.generation import DEFAULT_OPTIONS, GenerationOptions, GenerationStrategy
from axnb.record.events import GenerationConfigured
from axnb.record.experiment import Experiment


class DBSettings(NamedTuple):
    """A database that keeps experiments.

    Args:
        creator: A function that returns a new DBAPI connection.
        decoder: Always `None`: there is nothing to register, as metrics and runners are never kept.
        encoder: Always `None`, likewise.
        url: Instead of a creator, an SQLAlchemy URL.

    Example:
        >>> DBSettings(url="sqlite:///runs.db").url
        'sqlite:///runs.db'
    """

    creator: Any = None
    decoder: Any = None
    encoder: Any = None
    url: str | None = None

    def to_storage_config(self) -> StorageConfig:
        """Return the settings as the Client takes them.

        Raises:
            UnsupportedError: If there is an encoder or decoder.
            UserInputError: If neither or both of creator and URL are given.
        """
        if self.encoder is not None or self.decoder is not None:
            raise UnsupportedError(
                "encoder and decoder are not needed: metrics and runners are not kept in the database. Leave them out."
            )
        return StorageConfig(creator=self.creator, url=self.url)


def storage_config_of(db_settings: object) -> StorageConfig:
    """Return settings of a database as the Client takes them.

    Raises:
        UnsupportedError: If there is an encoder or decoder.
        UserInputError: If they are no settings, or cannot be used.
    """
    if isinstance(db_settings, StorageConfig):
        return db_settings
    if not isinstance(db_settings, DBSettings):
        raise UserInputError(f"db_settings must be DBSettings(url=...), got {shown(db_settings)}.")
    return db_settings.to_storage_config()


def save_experiment(experiment: Experiment, db_settings: DBSettings) -> None:
    """Keep an experiment in a database; what is recorded in it later is kept by saving it again.

    Raises:
        NotConfiguredError: If the experiment has no search space yet.
        UnsupportedError: If there is another experiment of that name.
        UserInputError: If the experiment has no name, or the settings cannot be used.
        StorageError: If the database refuses.
    """
    view = instance(experiment, Experiment).view()
    if view.search_space is None:
        raise NotConfiguredError("there is nothing to save: configure the experiment first.")
    if not view.name:
        raise UserInputError("the experiment needs a name to be found by in a database: give it one when it is made.")
    database = open_database(storage_config_of(db_settings), None)
    entries = experiment.journal
    if view.name not in database.names():
        Experiment.replay(entries, database.new_journal())
        return
    kept = database.load(view.name)
    count = len(kept.journal)
    if kept.journal != entries[:count]:
        raise UnsupportedError(f"the database has another experiment {view.name!r}: rename it, or delete it there.")
    if count < len(entries) and kept.store is not None:
        kept.store.append(entries[count:], {i: view.trials.get(i) for i in range(view.next_index)})


def load_experiment(name: str, db_settings: DBSettings) -> Experiment:
    """Return an experiment in a database; what is recorded in it is kept there.

    Raises:
        ObjectNotFoundError: If there is none of that name.
        UserInputError: If the settings cannot be used.
        StorageError: If the database cannot be read.
    """
    return open_database(storage_config_of(db_settings), None).load(name)


def save_experiment_and_generation_strategy(
    experiment: Experiment, generation_strategy: GenerationOptions | GenerationStrategy, db_settings: DBSettings
) -> None:
    """Keep an experiment in a database, with how its suggestions are made.

    Raises:
        NotConfiguredError: If the experiment has no search space yet.
        UnsupportedError: If there is another experiment of that name.
        UserInputError: If the experiment has no name, or the settings cannot be used.
        StorageError: If the database refuses.
    """
    held = experiment.view().generation or DEFAULT_OPTIONS
    if isinstance(generation_strategy, GenerationStrategy):
        generation_strategy = replace(held, strategy=generation_strategy)
    if instance(generation_strategy, GenerationOptions) != held:
        experiment.record([GenerationConfigured(options=generation_strategy)])
    save_experiment(experiment, db_settings)


def load_experiment_and_generation_strategy(
    experiment_name: str, db_settings: DBSettings
) -> tuple[Experiment, GenerationOptions]:
    """Return an experiment in a database, and how its suggestions are made.

    Raises:
        ObjectNotFoundError: If there is none of that name.
        UserInputError: If the settings cannot be used.
        StorageError: If the database cannot be read.
    """
    experiment = load_experiment(experiment_name, db_settings)
    return experiment, experiment.view().generation or DEFAULT_OPTIONS
