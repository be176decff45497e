"""What a reader may do from a card, said as data: whoever shows the card live makes buttons of it.

Knows nothing of the experiment's owner.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

from axnb.analyses.protocol import Analysis

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
        return _mark(self.method, self.arguments)

    def to_json(self) -> dict[str, object]:
        """Return the action as plain JSON values."""
        return {"method": self.method, "arguments": dict(self.arguments), "label": self.label, "done": self.done}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A button of a card that shows another analysis in its place.

    Where marks of the card's figure stand for the same thing, their `ids` hold `mark`, and a click follows the link.

    Args:
        label: What stands on the button, such as a parameter's name.
        hint: What it does, in a few words.
        analysis: What it leads to.

    Example:
        >>> from axnb.analyses.insights.slice import SlicePlot
        >>> link = Link(label="heat", hint="Show the slice along heat", analysis=SlicePlot("heat"))
        >>> link.mark == Link(label="heat", hint="", analysis=SlicePlot("heat")).mark
        True
    """

    label: str
    hint: str = ""
    analysis: Analysis

    @property
    def mark(self) -> str:
        """What tells it from other links: the same for the same analysis."""
        return _mark(type(self.analysis).__name__, self.analysis)


def _mark(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:_MARK]
