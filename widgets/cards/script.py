"""What the kernel lends to a page once for all of its cards: the code of live cards, and plotly.js.

Both go gzipped, as ES modules. A card itself brings along only what it needs to ask for them.
"""

import functools
import gzip
import hashlib
import json
from importlib.resources import files

from axnb.analyses.drawing import style
from axnb.errors import StorageError, UnknownNameError, listing
from axnb.widgets.assets import module, stylesheet

# plotly.js is a script for browsers and for Node; these lines make it a module that leaves no global variable.
_BEFORE = b"const module = { exports: {} }, before = globalThis.Plotly;\n"
_AFTER = b"\nglobalThis.Plotly = before;\nexport default module.exports;\n"


@functools.cache
def card_name() -> str:
    """Return the name of the cards' code; another version of the code has another name.

    Example:
        >>> card_name().startswith("card-")
        True
    """
    return f"card-{hashlib.sha256(_card_source()).hexdigest()[:12]}"


@functools.cache
def compressed(name: str) -> bytes:
    """Return a module, gzipped; what is asked for is plotly (1.5 MB) or the cards' code.

    Raises:
        StorageError: If the installed plotly package has no plotly.js.
        UnknownNameError: If there is no such module; a page that was made by another version asks for one.

    Example:
        >>> len(compressed(card_name())) < 25_000 < 1_000_000 < len(compressed("plotly"))
        True
    """
    if name == card_name():
        return gzip.compress(_card_source(), mtime=0)
    if name == "plotly":
        return gzip.compress(_BEFORE + _plotly_source() + _AFTER, 6, mtime=0)  # level 6 takes 0.2 s; 9 saves nothing
    raise UnknownNameError(f"There is no module {name!r}; there are {listing([card_name(), 'plotly'])}.")


@functools.cache
def _card_source() -> bytes:
    css = stylesheet("theme.css", "cards/card.css")
    return "\n".join([module("cards/live.js"), _constant("css", css), _constant("themes", _themes())]).encode()


def _constant(name: str, value: object) -> str:
    return f"export const {name} = {json.dumps(value)};"


def _themes() -> dict[str, object]:
    """Return the figures' templates of both themes, and which colour of the one stands for which of the other."""
    light, dark = style.LIGHT, style.DARK
    pairs = [(light.paper, dark.paper), (light.ink, dark.ink), (light.muted, dark.muted), (light.grid, dark.grid)]
    pairs += list(zip(light.palette, dark.palette, strict=True))
    return {"light": style.template_spec(light), "dark": style.template_spec(dark), "pairs": pairs}


def _plotly_source() -> bytes:
    try:
        return (files("plotly") / "package_data" / "plotly.min.js").read_bytes()
    except (OSError, ModuleNotFoundError) as error:
        raise StorageError(f"The plotly package has no plotly.js ({error}). Install plotly again.") from error
