"""The live controls that several cards have. Knows nothing of figures."""

from collections.abc import Sequence
from typing import Any

from axnb.analyses.drawing import words
from axnb.analyses.protocol import Control


def drop_down(field: str, label: str, value: Any, options: Sequence[Any], labels: Sequence[str] = ()) -> Control:
    """Return a drop-down whose options are labelled with their own names, or as given.

    Args:
        field: The field of the analysis that it sets.
        label: What a reader sees.
        value: The present value.
        options: What can be chosen.
        labels: What is shown for each.

    Example:
        >>> drop_down("metric_name", "Metric", "loss", ["loss", "time"]).labels
        ('loss', 'time')
    """
    shown = tuple(labels) or tuple(words.short(o) for o in options)
    return Control(field=field, label=label, kind="dropdown", value=value, options=tuple(options), labels=shown)


def toggle(field: str, label: str, value: bool) -> Control:
    """Return a switch.

    Args:
        field: The field of the analysis that it sets.
        label: What a reader sees.
        value: Whether it is on.
    """
    return Control(field=field, label=label, kind="toggle", value=value)
