"""Small HTML tables for the rich representations of values. Everything in them is escaped."""

import html
import math
from collections.abc import Iterable, Sequence

_NO_MATH = "tex2jax_ignore mathjax_ignore"  # a name such as $x^2$ is a name, not a formula


def cell(value: object) -> str:
    """Return a value as short text: numbers to six digits, everything else as it is.

    Example:
        >>> cell(0.30000000000000004), cell("<b>"), cell(None)
        ('0.3', '<b>', '')
    """
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)


def mean_and_sem(mean: float, sem: float | None) -> str:
    """Return a mean and its standard error as text.

    Example:
        >>> mean_and_sem(0.25, 0.01), mean_and_sem(3.0, None)
        ('0.25 ± 0.01', '3')
    """
    return f"{cell(mean)} ± {sem:.2g}" if sem and math.isfinite(sem) else cell(mean)


def html_table(columns: Sequence[object], rows: Iterable[Sequence[object]], caption: str | None = None) -> str:
    """Return an escaped HTML table.

    Example:
        >>> html_table(["x"], [["<b>"]]).split("<tbody>")[1]
        '<tr><td>&lt;b&gt;</td></tr></tbody></table>'
    """
    head = "".join(f"<th>{html.escape(cell(c))}</th>" for c in columns)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell(v))}</td>" for v in row) + "</tr>" for row in rows)
    title = f'<caption style="text-align:left">{html.escape(caption)}</caption>' if caption else ""
    return f'<table class="{_NO_MATH}">{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
