"""The static face of cards: what a saved notebook shows without a kernel, untrusted, in a report or on a web page.

Title, sentence, the picture as SVG in an ``<img>``, and the table. Pages that do not trust a notebook remove scripts,
style sheets and inline SVG, so styles stand on the elements and nothing here needs the others. It has a paper of its
own, light on every page. Everything that comes from a user is escaped.
"""

import base64
import html

import pandas as pd

from axnb.analyses.drawing import style
from axnb.analyses.static.excerpt import Excerpt, cut_excerpt
from axnb.analyses.static.face import Face, Group, Leaf, is_group
from axnb.analyses.static.markdown import render_markdown
from axnb.analyses.static.svg import render_svg
from axnb.analyses.static.svg.text import legal
from axnb.errors import UnsupportedError

_WRAPPED = 16  # characters beyond which a cell is kept on one line
_LONGEST_TEXT = 20_000  # characters of a traceback

_INK, _MUTED, _EDGE = style.LIGHT.ink, style.LIGHT.muted, "#d5dae0"
_NO_MATH = "tex2jax_ignore mathjax_ignore"  # a name such as $x^2$ is a name, not a formula
_CARD = (
    f"background-color:{style.LIGHT.paper};color:{_INK};border:1px solid {_EDGE};border-radius:6px;"
    "padding:12px 14px;margin:6px 0;box-sizing:border-box;overflow-x:auto;"
)
_NARROW = "max-width:700px;"
_GROUP = f"background-color:{style.LIGHT.paper};color:{_INK};padding:8px 10px;margin:6px 0;border-radius:6px;"


def render_html(card: Face, *, note: str = "") -> str:
    """Return a card, or a group as a grid of two columns, as static HTML.

    Args:
        card: A card or a group.
        note: A sentence to add under the card's own.

    Example:
        >>> from axnb.analyses.card import AnalysisCard
        >>> "&lt;b&gt;" in render_html(AnalysisCard(title="<b>"))
        True
    """
    if is_group(card):
        return f'<div class="{_NO_MATH}" style="{_GROUP}">{_grid(card, note)}</div>'
    (leaf,) = card.flatten()
    narrow = "" if _is_table(leaf) else _NARROW
    return f'<div class="{_NO_MATH}" style="{_CARD}{narrow}{_accent(leaf)}">{_heading(leaf, note)}{_body(leaf)}</div>'


def escape(value: object) -> str:
    """Return a text as HTML that shows it as it is."""
    return html.escape(legal(value), quote=True)


def _is_table(card: Face) -> bool:
    """Whether a card is nothing but a table, which may take all the width there is."""
    return card.kind == "card" and all(leaf.figure is None and not leaf.markdown for leaf in card.flatten())


def _accent(card: Face) -> str:
    color = {"error": style.ORANGE, "not applicable": _EDGE}.get(card.kind)
    return f"border-left:4px solid {color};" if color else ""


def _heading(card: Face, note: str) -> str:
    title = f'<div style="font-weight:600;font-size:15px;color:{_INK};">{escape(card.title)}</div>'
    lines = [line for line in (card.subtitle, note) if line]
    return title + "".join(f'<div style="color:{_MUTED};margin:2px 0 8px 0;">{escape(line)}</div>' for line in lines)


def _grid(group: Group, note: str = "") -> str:
    """Return a group's heading and its cards; groups within it stand on the same paper."""
    cells = []
    for child in group.children:
        if not child.flatten():
            continue
        wide = is_group(child) or _is_table(child)
        place = "flex:1 1 100%;" if wide else f"flex:1 1 420px;{_NARROW}"
        shown = _grid(child) if is_group(child) else render_html(child)
        cells.append(f'<div style="{place}min-width:0;box-sizing:border-box;">{shown}</div>')
    grid = f'<div style="display:flex;flex-wrap:wrap;gap:4px 12px;">{"".join(cells)}</div>'
    return f'<div style="margin:6px 0;">{_heading(group, note)}{grid}</div>'


def _body(card: Leaf) -> str:
    if card.kind == "error":
        return _traceback(card)
    if card.kind == "not applicable":
        return ""
    picture, missing = _picture(card)
    text = render_markdown(card.markdown) if card.markdown and card.figure is None else ""
    why = f'<div style="color:{_MUTED};margin:4px 0;">{escape(missing)}</div>' if missing else ""
    return picture + why + text + _table(card.df, unfolded=not picture and not text)


def _traceback(card: Leaf) -> str:
    text = card.blob
    text = text if len(text) <= _LONGEST_TEXT else "…" + text[-_LONGEST_TEXT:]
    look = f"background-color:#f6f7f9;color:{_INK};padding:8px;overflow-x:auto;font-size:12px;white-space:pre;"
    return f'<details><summary>Traceback</summary><pre style="{look}">{escape(text)}</pre></details>' if text else ""


def _picture(card: Leaf) -> tuple[str, str]:
    """Return the picture, or why there is none."""
    if card.figure is None:
        return "", ""
    try:
        svg = render_svg(card.figure)
    except UnsupportedError as error:
        return "", f"No still picture: {error}"
    size = [svg.split(f'{name}="', 1)[1].split('"', 1)[0] for name in ("width", "height")]
    data = base64.b64encode(svg.encode()).decode()
    alt = escape(f"{card.title}. {card.subtitle}".strip())
    look = "max-width:100%;height:auto;display:block;"
    source = f"data:image/svg+xml;base64,{data}"
    return f'<img src="{source}" alt="{alt}" width="{size[0]}" height="{size[1]}" style="{look}">', ""


# --- tables


def _table(frame: pd.DataFrame, *, unfolded: bool) -> str:
    """Return the head of a table, in ``<details>`` unless it is all there is to see."""
    if frame.empty:
        return ""
    excerpt = cut_excerpt(frame)
    table = _rows(excerpt)
    if unfolded:
        look = f"color:{_MUTED};margin:4px 0;"
        note = f'<div style="{look}">First {excerpt.extent}; the rest is in card.df.</div>'
        return table if excerpt.is_whole else table + note
    summary = f'<summary style="color:{_MUTED};">Table: {excerpt.extent}</summary>'
    return f'<details style="margin-top:6px;">{summary}{table}</details>'


def _rows(excerpt: Excerpt) -> str:
    look = f"background-color:{style.LIGHT.paper};color:{_INK};"
    aligned = [' align="right"' if is_number else ' align="left"' for is_number in excerpt.numeric]
    head = "".join(f"<th{a}>{escape(n)}</th>" for n, a in zip(excerpt.names, aligned, strict=True))
    rows = ["".join(_cell(c, a) for c, a in zip(row, aligned, strict=True)) for row in excerpt.rows]
    body = "".join(f'<tr style="{look}">{row}</tr>' for row in rows)
    table = f"border-collapse:collapse;font-size:12px;color:{_INK};margin:6px 0;"
    start = f'<div style="overflow-x:auto;"><table cellpadding="4" style="{table}"><thead><tr style="{look}">'
    return f"{start}{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _cell(text: str, attributes: str) -> str:
    keep = ' style="white-space:nowrap"' if len(text) > _WRAPPED else ""  # or a page's own style makes tall rows of it
    return f"<td{attributes}{keep}>{escape(text)}</td>"
