"""Loading that works on the class and on an instance."""

import os
from collections.abc import Callable
from typing import Protocol, TypeVar

from axnb.api.border import Border
from axnb.api.configs import StorageConfig


class Loadable(Protocol):
    """What can take over an experiment that is read from a file."""

    def _load(self, filepath: str | os.PathLike[str], storage_config: StorageConfig | None) -> None: ...


_Loadable = TypeVar("_Loadable", bound=Loadable)


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
