"""What a cell's output holds of something live: first a still stand-in, then the live view, which hides the stand-in.

In one output they would exclude each other: who opens a notebook of their own without its kernel would find the live
view preferred, and in its place a message that it cannot be shown. Knows nothing of cards, widgets or what they show.
"""

from collections.abc import Mapping

STILL = "axnb-stand-in"
"""The class by which a live view finds its stand-in."""

# In JupyterLab, a live view whose kernel is gone leaves a line of text; this takes it away beside a stand-in.
_QUIET = f".jp-OutputArea-child:has(.{STILL})+.jp-OutputArea-child>.jupyter-widgets:not(:has(*)){{display:none}}"


def outputs(live: Mapping[str, object], still: str, text: str) -> list[dict[str, object]]:
    """Return the MIME bundles to put out, one after another.

    Args:
        live: The live view, empty if there is none.
        still: The stand-in, as HTML without scripts.
        text: What a terminal shows.

    Example:
        >>> outputs({}, "<p>still</p>", "card")
        [{'text/html': '<p>still</p>', 'text/plain': 'card'}]
        >>> [sorted(bundle) for bundle in outputs({"application/x-live": 1}, "<p>still</p>", "card")]
        [['text/html', 'text/plain'], ['application/x-live', 'text/html']]
    """
    if not live:
        return [{"text/html": still, "text/plain": text}]
    stand_in = f'<style>{_QUIET}</style><div class="{STILL}">{still}</div>'
    return [{"text/html": stand_in, "text/plain": text}, {**live, "text/html": ""}]


def show(live: Mapping[str, object], still: str, text: str) -> None:
    """Put something into the output of the cell that runs.

    Args:
        live: The live view, empty if there is none.
        still: The stand-in, as HTML without scripts.
        text: What a terminal shows.
    """
    from IPython.display import display

    for bundle in outputs(live, still, text):
        display(bundle, raw=True)  # type: ignore[no-untyped-call]
