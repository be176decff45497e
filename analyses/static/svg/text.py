"""Words in an SVG: what they say, how wide they are, and how they are cut.

Text comes in plotly's small markup (``<b>``, ``<i>``, ``<br>``, ``<sub>``, ``<sup>`` and entities); every other tag is
shown as it was written. Nothing that comes out can be anything but text.
"""

import html
import re
from dataclasses import dataclass

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAG = re.compile(r"<(/?)(b|strong|i|em|sub|sup|br|span|a)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_WIDER = 1.15  # the widths below are Helvetica's; the reader's own font may be wider
_WIDTHS = {
    **dict.fromkeys("'ijl|", 222),
    **dict.fromkeys(" !,./:;I[]\\ft·", 278),
    **dict.fromkeys("()-r`{}⁻⁰¹²³⁴⁵⁶⁷⁸⁹", 333),
    **dict.fromkeys('"*', 370),
    **dict.fromkeys("cksvxyzJ^", 500),
    **dict.fromkeys("+<=>~×−", 584),
    **dict.fromkeys("FTZ", 611),
    **dict.fromkeys("ABEKPSVXY&", 667),
    **dict.fromkeys("CDHNRUw", 722),
    **dict.fromkeys("GOQ", 778),
    **dict.fromkeys("mM%", 850),
    **dict.fromkeys("W@…", 980),
}


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one manner."""

    text: str
    bold: bool = False
    italic: bool = False
    shift: str = ""


def legal(value: object) -> str:
    """Return the text without the characters that no XML document may hold."""
    return _ILLEGAL.sub("\ufffd", str(value))


def attribute(value: object) -> str:
    """Return the text escaped for an attribute in double quotes, or for element content."""
    return html.escape(legal(value), quote=True)


def number(value: float) -> str:
    """Return a coordinate with at most one decimal.

    Example:
        >>> number(12.04), number(-0.01), number(3.25)
        ('12', '0', '3.2')
    """
    text = f"{value:.1f}"
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text


def box(x: float, y: float, wide: float, high: float) -> str:
    """Return the attributes of a rectangle's place.

    Example:
        >>> box(0, 1, 2.5, -3)
        'x="0" y="1" width="2.5" height="0"'
    """
    return f'x="{number(x)}" y="{number(y)}" width="{number(max(wide, 0))}" height="{number(max(high, 0))}"'


def width(text: str, size: float) -> float:
    """Return about how many pixels a line of text takes."""
    units = sum(_WIDTHS.get(c, 556 if ord(c) < 0x2E80 else 1000) for c in text)
    return units * size * _WIDER / 1000


def cut(text: str, size: float, room: float) -> str:
    """Return the text, cut with an ellipsis if it is wider than ``room`` pixels.

    Example:
        >>> cut("a long title", 12, 200)
        'a long title'
        >>> cut("a long title", 12, 40)
        'a lo…'
    """
    if width(text, size) <= room:
        return text
    room -= width("…", size)
    used, kept = 0.0, 0
    for kept, character in enumerate(text):  # noqa: B007 - read after the loop
        used += width(character, size)
        if used > room:
            break
    return text[: max(kept, 1)].rstrip() + "…"


def parse(markup: object) -> list[list[Run]]:
    """Return the lines of a text in plotly's markup, each a list of runs.

    Example:
        >>> parse("<b>R<sup>2</sup></b><br><img>")
        [[Run(text='R', bold=True, italic=False, shift=''), Run(text='2', bold=True, italic=False, shift='super')],
         [Run(text='<img>', bold=False, italic=False, shift='')]]
    """
    source = legal(markup).replace("\n", "<br>")
    lines: list[list[Run]] = [[]]
    state: dict[str, bool] = {}
    at = 0
    for tag in [*_TAG.finditer(source), None]:
        text = html.unescape(source[at : tag.start()] if tag else source[at:])
        if text:
            shift = "super" if state.get("sup") else "sub" if state.get("sub") else ""
            bold, italic = (
                state.get("b", False) or state.get("strong", False),
                state.get("i", False) or state.get("em", False),
            )
            lines[-1].append(Run(legal(text), bold, italic, shift))
        if tag is None:
            break
        at = tag.end()
        if tag[2].lower() == "br":
            lines.append([])
        else:
            state[tag[2].lower()] = not tag[1]
    return lines


def flat(markup: object) -> str:
    """Return what the markup says, on one line."""
    return " ".join("".join(run.text for run in line) for line in parse(markup))


def extent(markup: object, size: float) -> tuple[float, float]:
    """Return the width and height, in pixels, of a text in markup."""
    lines = parse(markup)
    return max(width("".join(r.text for r in line), size) for line in lines), len(lines) * size * 1.25


def _fitted(line: list[Run], size: float, room: float) -> list[Run]:
    """Return the runs of a line, cut at the end where they do not fit."""
    kept: list[Run] = []
    for run in line:
        wide = width(run.text, size)
        if wide <= room:
            kept.append(run)
            room -= wide
            continue
        kept.append(Run(cut(run.text, size, max(room, 0)), run.bold, run.italic, run.shift))
        break
    return kept


def _spans(line: list[Run], size: float) -> str:
    parts = []
    for run in line:
        manner = ' font-weight="600"' if run.bold else ""
        manner += ' font-style="italic"' if run.italic else ""
        if run.shift:
            manner += f' baseline-shift="{run.shift}" font-size="{number(size * 0.75)}"'
        text = html.escape(run.text, quote=False)
        parts.append(f"<tspan{manner}>{text}</tspan>" if manner else text)
    return "".join(parts)


def label(
    x: float,
    y: float,
    markup: object,
    *,
    size: float,
    fill: str = "",
    anchor: str = "start",
    valign: str = "baseline",
    angle: float = 0,
    room: float = 1e9,
    extra: str = "",
) -> str:
    """Return a text element.

    Args:
        x: Pixels from the left.
        y: Pixels from the top.
        markup: What to say, in plotly's markup.
        size: Font size in pixels.
        fill: Colour; that of the surrounding group if empty.
        anchor: ``start``, ``middle`` or ``end``.
        valign: What ``y`` means: ``top``, ``middle``, ``bottom`` or ``baseline``.
        angle: Degrees, clockwise, about (x, y).
        room: The widest a line may be, in pixels.
        extra: More attributes, already escaped.
    """
    lines = [_fitted(line, size, room) for line in parse(markup)]
    leading = size * 1.25
    tall = leading * (len(lines) - 1)
    offset = {"top": size * 0.85, "middle": size * 0.35 - tall / 2, "bottom": -size * 0.2 - tall}.get(valign, 0.0)
    attributes = f'x="{number(x)}" y="{number(y + offset)}" font-size="{number(size)}"'
    attributes += f' text-anchor="{anchor}"' if anchor != "start" else ""
    attributes += f' fill="{attribute(fill)}"' if fill else ""
    attributes += f' transform="rotate({number(angle)} {number(x)} {number(y)})"' if angle else ""
    body = _spans(lines[0], size)
    for line in lines[1:]:
        body += f'<tspan x="{number(x)}" dy="{number(leading)}">{_spans(line, size)}</tspan>'
    return f"<text {attributes}{extra}>{body}</text>"
