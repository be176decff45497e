"""Saved cards in a file of their own, beside a journal. They can be computed again: one that is damaged is left out."""

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from axnb.errors import AxnbWarning, StorageError
from axnb.store.checksums import dump_cards, load_cards, warn_of
from axnb.store.files import read_file, write_atomically

_HEAD = '{"format":"axnb-cards","version":3,"cards":'


def write_cards(path: Path, cards: Mapping[str, str]) -> None:
    """Write cards, JSON texts by name, to a file.

    Raises:
        StorageError: If it cannot be written.
    """
    write_atomically(path, f"{_HEAD}{dump_cards(cards)}}}")


def read_cards(path: Path) -> dict[str, str]:
    """Return the cards in a file: none where it is missing. A warning names what is damaged and left out."""
    try:
        data = read_file(path)
    except FileNotFoundError:
        return {}
    except StorageError as error:
        warnings.warn(f"saved cards cannot be read: {error}", AxnbWarning, stacklevel=4)
        return {}
    lines = data.split(b"\n")
    if not data.startswith(b'{"format"'):
        return _read_earlier(data)
    cards, damaged = load_cards(lines[1:-1])
    if lines[0] != f"{_HEAD}{{".encode() or lines[-1] != b"}}":
        damaged.append("format")
    if damaged:
        warnings.warn(warn_of(damaged), AxnbWarning, stacklevel=4)
    return cards


def _read_earlier(data: bytes) -> dict[str, str]:
    """Return the cards in a file of an earlier version, which has no checksums."""
    try:
        found: Any = json.loads(data)
        return {name: json.dumps(card, ensure_ascii=False) for name, card in found.items()}
    except (ValueError, RecursionError, AttributeError):
        warnings.warn(warn_of(["all"]), AxnbWarning, stacklevel=4)
        return {}
