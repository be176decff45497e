"""CSV files as spreadsheets write them: any usual encoding and separator, empty rows, and where each row stands."""

import csv
import io
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from axnb.errors import ObjectNotFoundError, UserInputError, listing, shown

_SEPARATORS = (",", ";", "\t")
_ENCODINGS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


class CsvTable(NamedTuple):
    """The cells of a file as text.

    Args:
        header: The names of the columns.
        rows: The rows that have a cell that is not empty.
        lines: The line of each row, as a spreadsheet counts: the first line is 1.
        decimal: The sign before decimals that goes with the separator.
    """

    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    decimal: str


def read_csv(name: str) -> CsvTable:
    """Read a file.

    Raises:
        ObjectNotFoundError: If there is no such file.
        UserInputError: If it cannot be read, has no rows, a row has more cells than the header, or two columns have
            the same name. Columns without a name are left out.
    """
    path = Path(name)
    try:
        if not path.exists():
            raise ObjectNotFoundError(f"there is no file {shown(name)}.")
        text = _decode(path.read_bytes())
        separator = _separator(text)
        found = list(_numbered(text, separator))
    except (OSError, csv.Error, UnicodeError, ValueError) as error:
        raise UserInputError(f"{shown(name)} cannot be read as CSV: {error}") from error
    if not found:
        raise UserInputError(f"{name!r} has no rows.")
    header, rest = [n.strip() for n in found[0][1]], found[1:]
    width = max((k for k, n in enumerate(header, start=1) if n), default=0)
    for line, row in rest:
        if any(c.strip() for c in row[width:]):
            raise UserInputError(
                f"line {line} of {name!r} cannot be read as CSV: a row has more cells than the first one."
            )
    header = header[:width]
    twice = [n for n, count in Counter(header).items() if n and count > 1]
    if twice:
        raise UserInputError(f"the table has columns of the same name: {listing(twice)}.")
    kept = [k for k, n in enumerate(header) if n]
    rows = [[row[k] if k < len(row) else "" for k in kept] for _, row in rest]
    return CsvTable([header[k] for k in kept], rows, [line for line, _ in rest], "," if separator != "," else ".")


def _decode(data: bytes) -> str:
    for mark, encoding in _ENCODINGS:
        if data.startswith(mark):
            return data.decode(encoding)
    if b"\0" in data[:200]:
        return data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _separator(text: str) -> str:
    """Return the sign that cuts the first lines into the most cells, the same number in each if possible."""
    head = [line for line in text.splitlines()[:50] if line.strip(" ,;\t")]

    def score(sign: str) -> tuple[bool, int]:
        widths = [len(row) for row in csv.reader(head, delimiter=sign)]
        return bool(widths) and widths[0] > 1, min(widths, default=0)

    return max(_SEPARATORS, key=score)


def _numbered(text: str, separator: str) -> list[tuple[int, list[str]]]:
    """Return the rows that are not empty, each with the line where it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    out, begins = [], 1
    for row in reader:
        if any(c.strip() for c in row):
            out.append((begins, row))
        begins = reader.line_num + 1
    return out
