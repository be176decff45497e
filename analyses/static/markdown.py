"""A little Markdown as HTML, everything else escaped.

Headings, paragraphs, lists, code, tables of pipes, **bold**, *italic* and `code`. No links, no images, no HTML of the
text's own: it is shown as it was written.
"""

import html
import re

from axnb.analyses.static.svg.text import legal

_INLINE = re.compile(r"`([^`\n]+)`|\*\*(\S(?:[^*\n]*\S)?)\*\*|(?<!\w)[*_](\S(?:[^*_\n]*\S)?)[*_](?!\w)")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+(.*)")
_PRE = "background-color:#f6f7f9;color:#1f2933;padding:8px;overflow-x:auto;font-size:12px;"
_CODE = "background-color:#f6f7f9;color:#1f2933;"
_ROW = "background-color:#ffffff;color:#1f2933;"


def render_markdown(source: str) -> str:
    """Return Markdown as HTML with inline styles.

    Args:
        source: The text.

    Example:
        >>> render_markdown("Use **x2** <script>")
        '<p>Use <b>x2</b> &lt;script&gt;</p>'
    """
    lines = legal(source).splitlines()
    out: list[str] = []
    at = 0
    while at < len(lines):
        made, at = _block(lines, at)
        out.append(made)
    return "".join(out)


def _block(lines: list[str], at: int) -> tuple[str, int]:
    """Return the block that starts at a line, and where the next one starts."""
    line = lines[at].strip()
    if not line:
        return "", at + 1
    if line.startswith("```"):
        end = next((i for i in range(at + 1, len(lines)) if lines[i].strip().startswith("```")), len(lines))
        code = html.escape("\n".join(lines[at + 1 : end]))
        return f'<pre style="{_PRE}">{code}</pre>', end + 1
    heading = re.match(r"(#{1,6})\s+(.*)", line)
    if heading:
        return f'<div style="font-weight:600;margin:6px 0;">{_inline(heading[2])}</div>', at + 1
    for starts, made in ((_is_item, _list), (_is_row, _table)):
        if starts(line):
            end = next((i for i in range(at, len(lines)) if not starts(lines[i].strip())), len(lines))
            return made(lines[at:end]), end
    end = next((i for i in range(at + 1, len(lines)) if _ends(lines[i].strip())), len(lines))
    return f"<p>{_inline(' '.join(part.strip() for part in lines[at:end]))}</p>", end


def _ends(line: str) -> bool:
    """Whether a line ends the paragraph before it."""
    return not line or line.startswith(("```", "#")) or _is_item(line) or _is_row(line)


def _is_item(line: str) -> bool:
    return _ITEM.fullmatch(line) is not None


def _is_row(line: str) -> bool:
    return len(line) > 1 and line.startswith("|") and line.endswith("|")


def _list(lines: list[str]) -> str:
    items = [match[1] for line in lines if (match := _ITEM.fullmatch(line.strip()))]
    kind = "ol" if lines[0].strip()[:1].isdigit() else "ul"
    return f"<{kind}>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</{kind}>"


def _table(lines: list[str]) -> str:
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    ruled = len(rows) > 1 and all(re.fullmatch(r":?-+:?", cell) for cell in rows[1])
    out = []
    for i, row in enumerate(rows):
        if ruled and i == 1:
            continue
        tag = "th" if ruled and i == 0 else "td"
        out.append(f'<tr style="{_ROW}">{"".join(f"<{tag}>{_inline(cell)}</{tag}>" for cell in row)}</tr>')
    return f'<table style="border-collapse:collapse;color:#1f2933;">{"".join(out)}</table>'


def _inline(text: str) -> str:
    out, at = [], 0
    for match in _INLINE.finditer(text):
        out.append(html.escape(text[at : match.start()]))
        at = match.end()
        if match[1] is not None:
            out.append(f'<code style="{_CODE}">{html.escape(match[1])}</code>')
        elif match[2] is not None:
            out.append(f"<b>{_inline(match[2])}</b>")
        else:
            out.append(f"<i>{html.escape(match[3])}</i>")
    return "".join(out) + html.escape(text[at:])
