"""What the static face needs of a card: a single one, or a group of them."""

from collections.abc import Sequence
from typing import Any, Literal, Protocol, TypeGuard

import pandas as pd

Kind = Literal["group", "card", "error", "not applicable"]


class Face(Protocol):
    """A card or a group of cards."""

    @property
    def kind(self) -> Kind: ...  # noqa: D102
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def subtitle(self) -> str: ...  # noqa: D102
    def flatten(self) -> "Sequence[Leaf]":
        """Return the single cards, in order: itself, if it is one."""
        ...


class Leaf(Face, Protocol):
    """A single card."""

    @property
    def df(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def figure(self) -> Any: ...  # noqa: D102
    @property
    def markdown(self) -> str | None: ...  # noqa: D102
    @property
    def blob(self) -> str: ...  # noqa: D102


class Group(Face, Protocol):
    """Several cards."""

    @property
    def children(self) -> Sequence[Face]: ...  # noqa: D102


def is_group(card: Face) -> TypeGuard[Group]:
    """Return whether a card is a group of cards; else it is the only one that it flattens to."""
    return card.kind == "group"
