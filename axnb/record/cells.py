"""What people write into cells of tables, read as numbers: units, signs of thousands, decimal commas, "n.d."."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from axnb.errors import UserInputError

_MISSING = frozenset(
    ["", "na", "n/a", "n.a.", "nan", "-nan", "<na>", "null", "none", "#n/a", "n.d.", "n.d", "nd", "-", "?", "tbd"]
)
_SPACES = re.compile(r"[\s\u00a0\u202f\ufeff]+")
_POINT = r"(?:\d{1,3}(?:[,'\u2019 ]\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+)"
_COMMA = r"(?:\d{1,3}(?:[.'\u2019 ]\d{3})+(?:,\d*)?|\d+(?:,\d*)?|,\d+)"
_UNIT = r"(?P<unit>[^\d\s±+.,:;/\\|<>=_*'\"()-][^±]{0,11})?"
_PLAIN = re.compile(r"[+-]?\d+")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a cell was read as.

    Args:
        value: The number; `None` where the cell says that there is none.
        sem: What follows a `±`.
        unit: What follows the number.
        told: How it was read, where that is not plain; empty where it is.
    """

    value: int | float | None
    sem: float | None = None
    unit: str = ""
    told: str = ""


def is_missing(cell: object) -> bool:
    """Return whether a cell says that there is no value.

    Example:
        >>> [is_missing(c) for c in ("n.d.", " ", None, float("nan"), "0")]
        [True, True, True, True, False]
    """
    if cell is None or (isinstance(cell, float) and cell != cell):  # noqa: PLR0124 NaN
        return True
    return isinstance(cell, str) and _SPACES.sub(" ", cell).strip().casefold() in _MISSING


def read_number(cell: str, decimal: str = ".") -> Reading | None:
    """Return what a cell says; `None` where that is no number.

    Args:
        cell: The text.
        decimal: The sign before decimals where a cell could mean either, `"."` or `","`.

    Example:
        >>> read_number("1,030").value, read_number("1,5").value, read_number("1.030,5", ",").value
        (1030, 1.5, 1030.5)
        >>> read_number("30 °C")
        Reading(value=30, sem=None, unit='°C', told="'30 °C' is 30")
        >>> read_number("3 ± 0.2").sem, read_number("n.d.").value, read_number("blue")
        (0.2, None, None)
    """
    if is_missing(cell):
        return Reading(None, told="" if not cell.strip() else f"{cell.strip()!r} is no value")
    text = _SPACES.sub(" ", cell).strip().replace("\N{MINUS SIGN}", "-")
    for sign in (decimal, "." if decimal == "," else ","):
        number = _POINT if sign == "." else _COMMA
        signed = rf"[+-]?\s?{number}(?:[eE][+-]?\d+)?"
        match = re.fullmatch(
            rf"(?P<mean>{signed})\s?{_UNIT}(?:\s?(?:±|\+/-|\+-)\s?(?P<sem>{number}(?:[eE][+-]?\d+)?)\s?.*)?", text
        )
        if match is not None:
            value = _to_number(match["mean"], sign)
            sem = None if match["sem"] is None else float(_to_number(match["sem"], sign))
            unit = (match["unit"] or "").strip()
            plain = not unit and sem is None and re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", text)
            shown = f"{value}" if sem is None else f"{value} ± {sem}"
            return Reading(value, sem, unit, "" if plain else f"{cell.strip()!r} is {shown}")
    return None


def _to_number(text: str, decimal: str) -> int | float:
    digits = re.sub(r"[\s'\u2019]", "", text)
    digits = digits.replace(",", "") if decimal == "." else digits.replace(".", "").replace(",", ".")
    return int(digits) if _PLAIN.fullmatch(digits) and len(digits) < 300 else float(digits)


def read_column(
    name: str, cells: Sequence[object], places: Sequence[str], decimal: str
) -> tuple[list[Reading], list[str]]:
    """Return what each cell of a column of numbers says, and in a few words how odd ones were read.

    Args:
        name: The column.
        cells: Its cells; those that are no text are left to who uses them.
        places: Where each cell is, such as `"line 5 of 'a.csv'"`.
        decimal: The sign before decimals where a cell could mean either.

    Raises:
        UserInputError: If a cell is no number, or units differ; it names place, column and cell.
    """
    out: list[Reading] = []
    unit, of = "", ""
    for cell, place in zip(cells, places, strict=True):
        found = read_number(cell, decimal) if isinstance(cell, str) else Reading(None)
        if found is None:
            is_bound = str(cell).strip()[:1] in "<>≤≥~≈"
            what = "only bounds a number: write the number to take" if is_bound else "is no number: write one"
            raise UserInputError(
                f"{place}: column {name!r} has {str(cell)[:60]!r}, which {what}, or leave the cell empty."
            )
        if found.unit and unit and found.unit != unit:
            raise UserInputError(
                f"{place}: column {name!r} has {str(cell)[:60]!r} where {of} has the unit {unit!r}: write one unit."
            )
        if found.unit:
            unit, of = found.unit, place
        out.append(found)
    return out, _first_of_each(out)


def _first_of_each(readings: Iterable[Reading]) -> list[str]:
    """Return how odd cells were read: one example of each kind, and how many more there are."""
    kinds: dict[str, list[str]] = {}
    for r in readings:
        if r.told:
            kind = "none" if r.value is None else "sem" if r.sem is not None else f"unit {r.unit}" if r.unit else "sign"
            kinds.setdefault(kind, []).append(r.told)
    return [told[0] + (f" (and {len(told) - 1} more so)" if len(told) > 1 else "") for told in kinds.values()]


def looks_numeric(cells: Sequence[object], decimal: str) -> bool:
    """Return whether most of the cells of a column that say something are numbers."""
    said = [c for c in cells if not is_missing(c)]
    numbers = sum(not isinstance(c, str) or read_number(c, decimal) is not None for c in said)
    return bool(said) and numbers >= 0.8 * len(said)
