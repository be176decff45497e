"""Loading that works on the class and on an instance."""

import os
import secrets
import warnings
from collections.abc import Callable
from typing import Protocol, TypeVar

from axnb.api.arguments import MOST_SEED, path
from axnb.api.border import Border
from axnb.api.configs import StorageConfig
from axnb.errors import AxnbWarning
from axnb.problem.parameters import whole
from axnb.record.experiment import Experiment


class Loadable(Protocol):
    """What can take over an experiment that is read from a file."""

    def _load(self, filepath: str | os.PathLike[str], storage_config: StorageConfig | None) -> None: ...


_Loadable = TypeVar("_Loadable", bound=Loadable)


class Holder(Protocol):
    """What can take over an experiment."""

    def set_experiment(self, experiment: Experiment) -> None:
        """Take it over."""


_Holder = TypeVar("_Holder", bound=Holder)


class FromAxJson:
    """Makes `from_ax_json` a method of the class."""

    def __get__(self, client: _Holder | None, owner: type[_Holder]) -> Callable[..., _Holder]:
        def from_ax_json(filepath: str | os.PathLike[str], random_seed: int | None = None) -> _Holder:
            """Return a client for the experiment in a JSON snapshot that Ax 1.x wrote; Ax itself is not needed.

            Parameters, constraints, goal, trials with their arms, results and statuses, baseline and names are carried
            over; of how suggestions are made, whether there is a model and how many trials come before it. A warning
            names what is not. Times are those of the reading.

            Args:
                filepath: The file, of Ax's Client, its AxClient or its `save_experiment`.
                random_seed: Seed of everything random from now on.

            Raises:
                ObjectNotFoundError: If there is no such file.
                SnapshotError: If it is no snapshot of Ax 1.x, or has something that no experiment here can hold.
                UserInputError: If the path or the seed cannot be used.
                StorageError: If the file cannot be read.
            """
            from axnb.store.ax_snapshot import load

            seed = secrets.randbelow(2**31) if random_seed is None else whole("random_seed", random_seed, 0, MOST_SEED)
            experiment, left_out = load(path(filepath), seed)
            made = owner()
            made.set_experiment(experiment)
            if left_out:
                warnings.warn(f"not carried over from Ax: {'; '.join(left_out)}.", AxnbWarning, stacklevel=3)
            return made

        return Border("from_ax_json")(from_ax_json)


class LoadFromFile:
    """Makes `load_from_json_file` work on the class and on an instance that is not configured yet."""

    def __get__(self, client: _Loadable | None, owner: type[_Loadable]) -> Callable[..., _Loadable]:
        def load_from_json_file(
            filepath: str | os.PathLike[str] = "axnb_client_snapshot.json", storage_config: StorageConfig | None = None
        ) -> _Loadable:
            """Read an experiment from a JSON file; works on the class and on a new instance.

            Args:
                filepath: The file.
                storage_config: A database that keeps the experiment from now on; there, an experiment without a name
                    is given that of the file.

            Returns:
                The client with the experiment: a new one, or the instance.

            Raises:
                ObjectNotFoundError: If there is no such file.
                SnapshotError: If it is no snapshot, is damaged, or comes from a later version.
                UnsupportedError: If the instance is configured already.
                UserInputError: If the path or the database cannot be used, or it has an experiment of that name.
                StorageError: If the file cannot be read, or the experiment cannot be kept.
            """
            target = owner() if client is None else client
            target._load(filepath, storage_config)  # noqa: SLF001 - this descriptor is part of the Client
            return target

        return Border("load_from_json_file")(load_from_json_file)
