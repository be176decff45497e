"""A path of Ax for our errors; nothing decides here."""

from axnb.errors import SnapshotError as JSONDecodeError
from axnb.errors import SnapshotError as SQADecodeError
from axnb.errors import StorageError as JSONEncodeError
from axnb.errors import StorageError as SQAEncodeError
from axnb.errors import UserInputError as IncorrectDBConfigurationError

__all__ = ["IncorrectDBConfigurationError", "JSONDecodeError", "JSONEncodeError", "SQADecodeError", "SQAEncodeError"]
