"""Colours and colour scales, from what plotly accepts to what every SVG reader understands."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from axnb.analyses.static.svg.text import attribute

_NAMES = {
    "white": "#ffffff",
    "black": "#000000",
    "red": "#ff0000",
    "green": "#008000",
    "blue": "#0000ff",
    "gray": "#808080",
    "grey": "#808080",
    "lightgray": "#d3d3d3",
    "lightgrey": "#d3d3d3",
    "darkgray": "#a9a9a9",
    "darkgrey": "#a9a9a9",
    "orange": "#ffa500",
    "yellow": "#ffff00",
    "purple": "#800080",
    "magenta": "#ff00ff",
    "cyan": "#00ffff",
    "crimson": "#dc143c",
    "navy": "#000080",
}
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]*)\)", re.IGNORECASE)
_WORD = re.compile(r"[a-zA-Z]{3,30}")

Rgba = tuple[int, int, int, float]


def parse(color: object) -> Rgba | None:
    """Return red, green, blue (0 to 255) and alpha (0 to 1), or ``None`` for what cannot be read.

    Example:
        >>> parse("#09f"), parse("rgba(1, 2, 3, 0.5)"), parse("papayawhip")
        ((0, 153, 255, 1.0), (1, 2, 3, 0.5), None)
    """
    text = str(color).strip().lower()
    text = _NAMES.get(text, text)
    if text == "transparent":
        return (0, 0, 0, 0.0)
    if re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})", text):
        digits = text[1:] if len(text) > 4 else "".join(2 * c for c in text[1:])
        red, green, blue, *alpha = (int(digits[i : i + 2], 16) for i in range(0, len(digits), 2))
        return (red, green, blue, round(alpha[0] / 255, 3) if alpha else 1.0)
    match = _FUNCTION.fullmatch(text)
    try:
        values = [float(v.strip().rstrip("%")) for v in match[2].split(",")] if match else []
    except ValueError:
        return None
    if match is None or len(values) not in (3, 4) or not all(map(np.isfinite, values)):
        return None
    alpha_value = min(max(values[3], 0.0), 1.0) if len(values) == 4 else 1.0
    channels = values[:3] if match[1] == "rgb" else _from_hsl(values[0], values[1], values[2])
    return (_byte(channels[0]), _byte(channels[1]), _byte(channels[2]), alpha_value)


def _byte(value: float) -> int:
    return round(min(max(value, 0), 255))


def _from_hsl(hue: float, saturation: float, lightness: float) -> tuple[float, float, float]:
    import colorsys

    red, green, blue = colorsys.hls_to_rgb((hue % 360) / 360, min(lightness / 100, 1), min(saturation / 100, 1))
    return 255 * red, 255 * green, 255 * blue


def hexadecimal(rgba: Sequence[float] | NDArray[Any]) -> str:
    """Return ``#rrggbb``."""
    red, green, blue = (int(rgba[c]) for c in range(3))
    return f"#{red:02x}{green:02x}{blue:02x}"


def paint(role: str, color: object, opacity: float = 1.0) -> str:
    """Return the attributes that give a fill or a stroke its colour, with a leading space.

    Args:
        role: ``fill`` or ``stroke``.
        color: In any form plotly takes; ``None`` for none.
        opacity: Multiplies the colour's own.

    Example:
        >>> paint("fill", "rgba(0,0,0,0.2)")
        ' fill="#000000" fill-opacity="0.2"'
    """
    if color is None or color == "none":
        return f' {role}="none"'
    rgba = parse(color)
    if rgba is None:
        word = str(color).strip()
        name = word if _WORD.fullmatch(word) else "#808080"
        return f' {role}="{attribute(name)}"' + (f' {role}-opacity="{opacity:.3g}"' if opacity < 1 else "")
    alpha = rgba[3] * opacity
    return f' {role}="{hexadecimal(rgba)}"' + (f' {role}-opacity="{alpha:.3g}"' if alpha < 1 else "")


def dark(color: object) -> bool:
    """Whether white text reads better on the colour than black."""
    red, green, blue, alpha = parse(color) or (128, 128, 128, 1.0)
    return alpha > 0.5 and 0.299 * red + 0.587 * green + 0.114 * blue < 140


class Scale:
    """A colour scale over a range of values."""

    __slots__ = ("high", "low", "stops", "values")

    def __init__(self, stops: Sequence[Any], low: float, high: float, reverse: bool = False) -> None:
        """Read plotly's pairs of position and colour.

        Args:
            stops: Pairs from 0 to 1.
            low: The value of position 0.
            high: The value of position 1.
            reverse: Whether to turn the scale round.
        """
        pairs = [(float(p), parse(c) or (128, 128, 128, 1.0)) for p, c in stops] or [(0.0, (128, 128, 128, 1.0))]
        pairs = [(1 - p, c) for p, c in reversed(pairs)] if reverse else pairs
        self.stops = np.array([p for p, _ in pairs])
        self.values = np.array([c[:3] for _, c in pairs], dtype=float)
        self.low, self.high = low, high

    def rgb(self, values: Any) -> NDArray[np.uint8]:
        """Return a row of red, green and blue for each value; the ends of the scale outside its range."""
        span = self.high - self.low
        place = (np.asarray(values, dtype=float) - self.low) / span if span > 0 else np.full(np.shape(values), 0.5)
        place = np.clip(np.nan_to_num(place, nan=0.0), 0, 1)
        return (
            np.stack([np.interp(place, self.stops, self.values[:, c]) for c in range(3)], axis=-1)
            .round()
            .astype(np.uint8)
        )

    def colours(self, values: Any) -> list[str]:
        """Return a ``#rrggbb`` for each value, in a flat list."""
        return [hexadecimal(row) for row in self.rgb(values).reshape(-1, 3)]
