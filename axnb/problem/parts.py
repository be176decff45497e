"""Parts that users bring, by the names under which experiments keep them.

A file keeps a part's name and plain arguments; the part itself lives in the process. This module knows nothing of what
the parts are.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from axnb.errors import NotConfiguredError, UserInputError, listing, near_miss, shown
from axnb.problem.generation import PartSpec

Spec = TypeVar("Spec")


class PartRegistry(Generic[Spec]):
    """Specifications of one kind of part, by name.

    Args:
        kind: What the parts are, for errors.
        verb: The function that registers such a part, for errors.
        make: Makes a specification of a class, a function, or a specification.
        ours: The built-in ones.
    """

    __slots__ = ("_given", "_kind", "_make", "_ours", "_parts", "_revisions", "_verb")

    def __init__(self, kind: str, verb: str, make: Callable[[object], Spec], ours: dict[str, Spec]) -> None:
        self._kind, self._verb, self._make = kind, verb, make
        self._ours = frozenset(ours)
        self._parts = dict(ours)
        self._given: dict[str, object] = {}
        self._revisions: dict[str, int] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names there are."""
        return tuple(self._parts)

    def add(self, name: str, part: object) -> None:
        """Give a part a name, instead of what had it before.

        Raises:
            UserInputError: If the name is no text or one of ours, or the part cannot be used.
        """
        if not isinstance(name, str) or not name or name in self._ours:
            raise UserInputError(
                f"a {self._kind} of your own needs a name other than {listing(sorted(self._ours))}, got "
                f"{shown(name)}: choose another."
            )
        self._parts[name], self._given[name] = self._make(part), part
        self._revisions[name] = self._revisions.get(name, 0) + 1

    def record(self, given: object) -> PartSpec:
        """Return what a file keeps of a part: a registered name, or one that holds in this process.

        A class or function of a module that is defined anew takes the place of the former one.

        Args:
            given: A registered name, a `PartSpec`, a class, a function, or a specification.

        Raises:
            UserInputError: If it cannot be used, or nothing is registered under the name.
        """
        if isinstance(given, str | PartSpec):
            spec = given if isinstance(given, PartSpec) else PartSpec(given)
            if spec.name not in self._parts:
                hint = near_miss(spec.name, self._parts)
                raise UserInputError(
                    f"there is no {self._kind} {spec.name!r}; there are {listing(self._parts)}. Register your own with "
                    f"{self._verb}({spec.name!r}, …), or give the class or function itself.{hint}"
                )
            return spec
        known = next((n for n, held in self._given.items() if held is given), None)
        if known is not None:
            return PartSpec(known)
        made = self._make(given)
        source: Any = getattr(made, "constructor", made)
        base = f"{getattr(source, '__module__', '')}.{getattr(source, '__qualname__', type(source).__name__)}"
        name, count = base, 1
        is_new_version = made is not given and "<" not in base
        while name in self._parts and not is_new_version:  # the same with other options, or one of another function
            count += 1
            name = f"{base}#{count}"
        self.add(name, given)
        return PartSpec(name)

    def find(self, part: PartSpec) -> Spec:
        """Return the specification registered under a part's name; its arguments are the caller's to apply.

        Raises:
            NotConfiguredError: If it is not registered in this process.
        """
        if part.name not in self._parts:
            raise NotConfiguredError(
                f"suggestions use the {self._kind} {part.name!r}, which is not registered here: no file keeps it. Call "
                f"{self._verb}({part.name!r}, …) first, or configure_generation_strategy anew."
                f"{near_miss(part.name, self._parts)}"
            )
        return self._parts[part.name]

    def describe(self, part: PartSpec) -> str:
        """Return text that differs whenever another part, or another version of it, is meant."""
        return repr((part, self._revisions.get(part.name, 0)))
