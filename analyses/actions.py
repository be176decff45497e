"""What a reader may do from a card, said as data: whoever shows the card live makes buttons of it.

Knows nothing of the experiment's owner.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

_MARK = 12  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A button of a card that changes the experiment.

    Args:
        method: The method of the experiment's owner that it calls.
        arguments: Pairs of name and value.
        label: What stands on the button.
        done: What is said once it has been done; `{}` stands for what the method returned.

    Example:
        >>> action = Action(method="attach_trial", arguments=(("parameters", {"x": 0.5}),), label="Make this a trial")
        >>> action.to_json()["label"]
        'Make this a trial'
    """

    method: Literal["attach_trial"]
    arguments: tuple[tuple[str, Any], ...] = ()
    label: str
    done: str = ""

    @property
    def mark(self) -> str:
        """What tells it from other actions: the same for the same method and arguments."""
        return hash_parts(self.method, self.arguments)

    def to_json(self) -> dict[str, object]:
        """Return the action as plain JSON values."""
        return {"method": self.method, "arguments": dict(self.arguments), "label": self.label, "done": self.done}


def hash_parts(*parts: object) -> str:
    """Return what tells things apart: the same few letters for the same parts."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:_MARK]
