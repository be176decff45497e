"""Plotly figures as SVG, drawn in Python: no browser, no script, no network."""

from axnb.analyses.static.svg.drawing import HEIGHT, MOST_BYTES, WIDTH, render_svg

__all__ = ["HEIGHT", "MOST_BYTES", "WIDTH", "render_svg"]
