"""Checksums, chained: of a text together with the checksum of the one before it.

So a text that was changed, removed or moved is seen, and where. Eight bytes of BLAKE2b take half a microsecond a line.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from axnb.errors import SnapshotError

SEED = "0" * 16  # stands for what is before the first text
_CHANGED = "it does not agree with its checksum"


def link(before: str, text: bytes) -> str:
    """Return the checksum of a text after another.

    Args:
        before: The checksum of the text before.
        text: The text.

    Example:
        >>> link(SEED, b"{}")
        'ed90181911ecb80e'
    """
    return hashlib.blake2b(before.encode() + text, digest_size=8).hexdigest()


def seal(before: str, text: bytes) -> tuple[bytes, str]:
    """Return a line, a JSON list that begins with the checksum, and the checksum.

    Args:
        before: The checksum of the line before.
        text: JSON texts, comma-separated.
    """
    checksum = link(before, text)
    return b'["%s",%s]' % (checksum.encode(), text), checksum


def unseal(before: str, line: bytes) -> tuple[bytes, str]:
    """Return the JSON texts in a line, and its checksum.

    Raises:
        SnapshotError: If they do not agree.
    """
    text = line[20:-1]
    checksum = link(before, text)
    if line != b'["%s",%s]' % (checksum.encode(), text):
        raise SnapshotError(f"{_CHANGED}, which also covers the line before")
    return text, checksum


def dump_cards(cards: Mapping[str, str]) -> str:
    """Return lines with a JSON object of cards, each with a checksum.

    Args:
        cards: JSON texts by name.
    """
    lines = []
    for name, text in cards.items():
        key = json.dumps(name)
        sealed, _ = seal(link(SEED, key.encode()), text.encode())
        lines.append(f"{key}:{sealed.decode()}")
    return "{\n" + ",\n".join(lines) + "\n}"


def load_cards(lines: Sequence[bytes]) -> tuple[dict[str, str], list[str]]:
    """Return the cards that agree with their checksums, and the beginnings of lines that do not.

    Args:
        lines: What is between the braces.
    """
    cards: dict[str, str] = {}
    damaged = []
    for number, line in enumerate(lines, start=1):
        end = b"," if number < len(lines) else b""
        try:
            name, text = _load_card(line, end)
            cards[name] = text
        except (ValueError, SnapshotError):
            damaged.append(line.decode(errors="replace").partition('":[')[0].lstrip('"')[:80])
    return cards, damaged


def _load_card(line: bytes, end: bytes) -> tuple[str, str]:
    if not line.endswith(end):
        raise SnapshotError("the end of the line is another")
    key, _, _ = line.partition(b':["')
    name = json.loads(key)
    text, _ = unseal(link(SEED, key), line[len(key) + 1 : len(line) - len(end)])
    return str(name), text.decode()


def warn_of(damaged: Iterable[str]) -> str:
    """Return the sentence that names saved cards which are left out."""
    names = ", ".join(map(repr, damaged))
    return f"saved cards are damaged and left out ({names}): compute them again."
