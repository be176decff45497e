"""Cards as one self-contained page: pictures that answer to the mouse, static ones without scripts and in print.

plotly.js is in the page once; nothing is fetched from a network. Knows nothing of experiments.
"""

import html
import json
from collections.abc import Iterator, Sequence

from plotly.utils import PlotlyJSONEncoder

from axnb.analyses.drawing import style
from axnb.analyses.static.face import Face, Leaf, is_group
from axnb.analyses.static.html import escape, render_html

_LOOK = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 1480px; padding: 24px 28px 64px; background: %(paper)s; color: %(ink)s;
  font: 14px/1.45 %(font)s; }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 32px 0 2px; }
h3 { font-size: 16px; margin: 22px 0 2px; }
header p, .lead { color: %(muted)s; margin: 0 0 10px; max-width: 80ch; }
nav { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 14px 0 6px; padding: 0 0 10px;
  border-bottom: 1px solid %(grid)s; }
nav a { color: %(blue)s; text-decoration: none; } nav a:hover { text-decoration: underline; }
.cards { display: flex; flex-wrap: wrap; gap: 6px 14px; align-items: flex-start; }
.card { flex: 1 1 480px; max-width: 720px; min-width: 0; break-inside: avoid; }
.card.wide { flex: 1 1 100%%; max-width: 100%%; }
.plot { display: none; width: 100%%; } .live .plot { display: block; } .live .still img { display: none !important; }
table { border-collapse: collapse; } td, th { padding: 2px 8px; border-bottom: 1px solid %(grid)s; }
@page { margin: 12mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 11px; } nav { display: none; }
  .card { flex: 1 1 45%%; max-width: 49%%; } .live .plot { display: none !important; }
  .live .still img { display: block !important; } h1, h2, h3, h4, .lead { break-after: avoid; }
  .still, .still div { overflow: visible !important; } tr { break-inside: avoid; }
  .still table { font-size: 9px !important; max-width: 100%%; }
  td, th { padding: 1px 5px; white-space: normal !important; overflow-wrap: anywhere; }
}
"""

_SCRIPT = """
(() => {
  const draw = (card) => {
    const spec = JSON.parse(card.querySelector("script").textContent);
    const place = card.querySelector(".plot");
    card.classList.add("live");
    spec.layout.autosize = true; delete spec.layout.width;
    Plotly.newPlot(place, spec.data, spec.layout, { responsive: true, displaylogo: false, showSendToCloud: false })
      .catch(() => card.classList.remove("live"));
  };
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) { seen.unobserve(entry.target); draw(entry.target); }
  }, { rootMargin: "600px" });
  document.querySelectorAll(".card.figure").forEach((card) => seen.observe(card));
})();
"""


def report(cards: Sequence[Face], title: str = "Experiment", subtitle: str = "", *, live: bool = True) -> str:
    """Return cards as one HTML page that needs nothing else.

    Args:
        cards: Cards and groups of cards, in order.
        title: Title of the page, such as the experiment's name.
        subtitle: A sentence below it.
        live: Whether pictures answer to the mouse, which takes about 5 MB for plotly.js; else they are still.

    Example:
        >>> from axnb.analyses.card import AnalysisCard
        >>> page = report([AnalysisCard(title="Loss", subtitle="It fell.")], title="<Run>", live=False)
        >>> page.startswith("<!doctype html>"), "&lt;Run&gt;" in page, "<script" in page
        (True, True, False)
    """
    body = "".join(_section(card, 2, f"part{i}", live) for i, card in enumerate(cards))
    links = "".join(f'<a href="#{anchor}">{escape(name)}</a>' for name, anchor in _anchors(cards))
    lead = f"<p>{escape(subtitle)}</p>" if subtitle else ""
    drawn = live and any(leaf.figure is not None for card in cards for leaf in card.flatten())
    script = f"<script>{_plotly()}</script><script>{_SCRIPT}</script>" if drawn else ""
    colors = {"paper": style.LIGHT.paper, "ink": style.LIGHT.ink, "muted": style.LIGHT.muted, "grid": style.LIGHT.grid}
    look = _LOOK % (colors | {"blue": style.BLUE, "font": style.FONT})
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{look}</style></head><body>"
        f"<header><h1>{escape(title)}</h1>{lead}</header><nav>{links}</nav><main>{body}</main>{script}</body></html>\n"
    )


def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs()).replace("</script", "<\\/script")


def _anchors(cards: Sequence[Face]) -> Iterator[tuple[str, str]]:
    for i, card in enumerate(cards):
        groups = [(k, c) for k, c in enumerate(card.children) if is_group(c)] if is_group(card) else []
        if not groups:
            yield card.title, f"part{i}"
        for k, group in groups:
            yield group.title, f"part{i}-{k}"


def _section(card: Face, level: int, anchor: str, live: bool) -> str:
    """Return a card, or a group with its cards side by side and its groups below each other."""
    if not card.flatten():
        return ""
    if not is_group(card):
        return f'<section id="{anchor}"><div class="cards">{_card(card.flatten()[0], live)}</div></section>'
    size = min(level, 4)
    parts: list[str] = []
    row: list[str] = []
    for i, child in enumerate(card.children):
        if is_group(child):
            parts += [f'<div class="cards">{"".join(row)}</div>'] if row else []
            row = []
            parts.append(_section(child, level + 1, f"{anchor}-{i}", live))
        else:
            row += [_card(leaf, live) for leaf in child.flatten()]
    parts += [f'<div class="cards">{"".join(row)}</div>'] if row else []
    lead = f'<p class="lead">{escape(card.subtitle)}</p>' if card.subtitle else ""
    return f'<section id="{anchor}"><h{size}>{escape(card.title)}</h{size}>{lead}{"".join(parts)}</section>'


def _card(card: Leaf, live: bool) -> str:
    """Return a card as static HTML, with the data of its live picture beside it."""
    still = render_html(card)
    if not live or card.figure is None:
        wide = " wide" if card.figure is None and not card.markdown else ""  # a table
        return f'<div class="card{wide}"><div class="still">{still}</div></div>'
    data = json.dumps(card.figure.to_plotly_json(), cls=PlotlyJSONEncoder, separators=(",", ":"))
    safe = data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    name = html.escape(card.title, quote=True)
    still = _with_plot(still, f'<div class="plot" role="img" aria-label="{name}"></div>')
    return (
        f'<div class="card figure"><div class="still">{still}</div>'
        f'<script type="application/json">{safe}</script></div>'
    )


def _with_plot(still: str, plot: str) -> str:
    """Return a card's HTML with the place of its live picture before the still one."""
    at = still.find("<img ")
    return still[:at] + plot + still[at:] if at >= 0 else still + plot
