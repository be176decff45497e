"""Numbers, names and points in words, as titles, sentences and hover texts show them. Knows nothing of figures."""

import functools
import math
import textwrap
from collections.abc import Container, Mapping, Sequence

import pandas as pd

from axnb.analyses.drawing.style import plain

MOST_WITH_POINT = 2000
"""Hover texts of more marks than this name trial and values, but not every parameter: they would fill a notebook."""

_MOST_IN_HOVER = 12
_PLAIN_BELOW = 1e6  # numbers from here on keep their exponent


def number(value: float | None, digits: int = 4) -> str:
    """Return a number with so many significant digits, as short as that allows.

    Example:
        >>> number(0.93000001), number(1234567.0), number(-2.0), number(None), number(283.7, 2)
        ('0.93', '1.235e+06', '-2', 'unknown', '280')
    """
    if value is None or math.isnan(value):
        return "unknown"
    text = f"{value:.{digits}g}"
    return f"{float(text):.0f}" if "e+" in text and abs(value) < _PLAIN_BELOW else text


def percent(share: float) -> str:
    """Return a share in whole percents.

    Example:
        >>> percent(0.714), percent(0.004), percent(0.9999), percent(1.0)
        ('71 %', 'under 1 %', 'over 99 %', '100 %')
    """
    if 0.995 <= share < 1 - 1e-9:
        return "over 99 %"
    return "under 1 %" if 0 < share < 0.005 else f"{share * 100:.0f} %"


def span(low: float, high: float) -> str:
    """Return between what numbers something runs, as the rest of a sentence.

    Example:
        >>> span(1.0, 2.0), span(1.0, 1.00000001)
        ('runs from 1 to 2', 'stays near 1')
    """
    return f"stays near {number(low)}" if is_level(low, high) else f"runs from {number(low)} to {number(high)}"


def is_level(low: float, high: float) -> bool:
    """Return whether two ends are the same number to a reader."""
    return number(low) == number(high)


def value(given: object) -> str:
    """Return a parameter's value as a reader would write it.

    Example:
        >>> value(0.1 + 0.2), value(3), value("rbf"), value(True)
        ('0.3', '3', 'rbf', 'True')
    """
    return number(given) if isinstance(given, float) else str(given)


def labels(values: Sequence[object], limit: int = 26) -> tuple[str, ...]:
    """Return categories as the labels of an axis; no two are the same.

    Args:
        values: The categories.
        limit: The longest label, in characters.

    Example:
        >>> labels(["<rbf>", 0.1, 0.1000001])
        ('&lt;rbf&gt;', '0.1', '0.1 (2)')
    """
    made: list[str] = []
    for given in values:
        label, count = plain(value(given), limit=limit), 1
        while (label if count == 1 else f"{label} ({count})") in made:
            count += 1
        made.append(label if count == 1 else f"{label} ({count})")
    return tuple(made)


def short(name: object, limit: int = 40) -> str:
    """Return a name for a title or a sentence: one line, cut with an ellipsis.

    Example:
        >>> short("validation accuracy", limit=10)
        'validatio…'
    """
    text = " ".join(str(name).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def find_batches(frame: pd.DataFrame) -> frozenset[int]:
    """Return the trials of which a table shows several arms.

    Args:
        frame: Columns `trial_index` and `arm_name`.

    Example:
        >>> sorted(find_batches(pd.DataFrame({"trial_index": [0, 1, 1], "arm_name": ["0_0", "1_0", "1_1"]})))
        [1]
    """
    arms = frame[["trial_index", "arm_name"]].drop_duplicates()
    return frozenset(arms["trial_index"][arms["trial_index"].duplicated()].tolist())


def name_arm(trial_index: int, arm_name: object, batches: Container[int] = (), *, starts: bool = False) -> str:
    """Return what an arm is called: by its trial, by its own name too where that has several, by it alone without one.

    Args:
        trial_index: Its trial, below 0 for none.
        arm_name: Its name.
        batches: The trials that have several arms.
        starts: Whether a sentence or a line starts with it.

    Example:
        >>> name_arm(3, "3_0"), name_arm(3, "3_1", {3}, starts=True), name_arm(-1, "mine")
        ('trial 3', 'Arm 3_1 of trial 3', 'mine')
    """
    if trial_index < 0:
        return short(arm_name)
    name = f"arm {short(arm_name, 24)} of trial {trial_index}" if trial_index in batches else f"trial {trial_index}"
    return name[0].upper() + name[1:] if starts else name


def bound(op: str, value: float) -> str:
    """Return a bound in words.

    Example:
        >>> bound("<=", 0.6)
        '≤ 0.6'
    """
    return f"{'≤' if op == '<=' else '≥'} {number(value)}"


def rule(constraint: object, limit: int = 40) -> str:
    """Return a constraint in words: what is bounded may be cut, the bound never.

    Example:
        >>> rule("crumbs_per_square_centimetre <= 0.6", limit=12)
        'crumbs_per_… ≤ 0.6'
    """
    text = " ".join(str(constraint).split())
    for op, sign in (("<=", "≤"), (">=", "≥")):
        what, found, at = text.rpartition(f" {op} ")
        if found:
            return f"{short(what, limit)} {sign} {at}"
    return short(text, limit)


def point(parameters: Mapping[str, object]) -> str:
    """Return a point in words.

    Example:
        >>> point({"C": 0.25, "kernel": "rbf"})
        'C = 0.25, kernel = rbf'
    """
    return ", ".join(f"{name} = {value(given)}" for name, given in parameters.items())


def points(many: Sequence[Mapping[str, object]]) -> list[str]:
    """Return points in words, empty where there are more than hover texts can name."""
    return [point(p) for p in many] if len(many) <= MOST_WITH_POINT else [""] * len(many)


def listed(items: Sequence[str], joint: str = "and") -> str:
    """Return items as they stand in a sentence.

    Example:
        >>> listed(["a"]), listed(["a", "b", "c"])
        ('a', 'a, b and c')
    """
    return f"{', '.join(items[:-1])} {joint} {items[-1]}" if len(items) > 1 else "".join(items)


def hover(lines: Sequence[str], width: int = 56) -> str:
    """Return a hover text in which names do no harm, one line an item and long ones wrapped.

    Example:
        >>> hover(["Trial 3", "<x> = 1"])
        'Trial 3<br>&lt;x&gt; = 1'
    """
    parts = [part for line in lines for part in _wrapped(line, width)]
    return "<br>".join(plain(part, limit=width + 1) for part in parts)


@functools.lru_cache(maxsize=8192)  # the same points stand on many cards, before and after one more trial
def _wrapped(line: str, width: int) -> list[str]:
    return [line] if len(line) <= width else textwrap.wrap(line, width)[:_MOST_IN_HOVER]
