"""Pictures stay small, whatever is drawn: thinning, simplifying, colours."""

import re

import numpy as np
import plotly.graph_objects as go
import pytest

from axnb.analyses.drawing import style
from axnb.analyses.drawing.style import new_figure
from axnb.analyses.static.svg import MOST_BYTES, render_svg
from axnb.analyses.static.svg.colour import Scale, dark, paint, parse
from axnb.analyses.static.svg.fields import simplify
from axnb.analyses.static.svg.marks import thin_line, thin_points


@pytest.mark.parametrize("mode", ["lines", "markers", "lines+markers"])
def test_ten_thousand_points_fit_and_keep_their_extremes(mode):
    y = np.random.default_rng(1).normal(size=10_000)
    y[4321], y[1234] = 50, -50
    figure = new_figure(
        go.Scatter(x=np.arange(10_000), y=y, mode=mode), go.Scatter(x=[0], y=[0], mode="markers", name="b")
    )
    svg = render_svg(figure)
    assert len(svg) <= MOST_BYTES
    alone = new_figure(go.Scatter(x=[4321, 1234], y=[50, -50], mode="markers"))
    alone.update_xaxes(range=[0, 9999])
    numbers = np.array(re.findall(r"[ML ]([\d.]+) ([\d.]+)(?=h0|[ LM\"])", svg), dtype=float)
    assert np.ptp(numbers[:, 1]) > 250


def test_ten_thousand_coloured_points_with_errors_fit():
    rng = np.random.default_rng(1)
    figure = new_figure(
        go.Scatter(
            x=rng.normal(size=10_000),
            y=rng.normal(size=10_000),
            mode="markers",
            marker={"color": rng.random(10_000)},
            error_y={"array": rng.random(10_000)},
        )
    )
    assert len(render_svg(figure)) <= MOST_BYTES
    lines = go.Parcoords(
        dimensions=[{"values": rng.random(10_000)} for _ in range(8)], line={"color": rng.random(10_000)}
    )
    assert len(render_svg(new_figure(lines))) <= MOST_BYTES
    rough = new_figure(go.Contour(z=rng.random((120, 120))))
    assert len(render_svg(rough)) <= MOST_BYTES


def test_thinning_keeps_the_ends_and_the_peaks():
    x = np.arange(5000.0)
    y = np.sin(x / 50)
    y[777], y[3333] = 9, -9
    for kept in (thin_line(x, y, 300), thin_points(x / 10, y * 10, 300)):
        assert {0, 4999, 777, 3333} <= set(kept.tolist())
        assert len(kept) < 400
    assert thin_points(np.array([1.0, np.nan]), np.array([1.0, 1.0]), 5).tolist() == [0]


def test_simplifying_keeps_a_line_within_its_tolerance():
    t = np.linspace(0, 6, 400)
    line = np.stack([100 * t, 80 * np.sin(t)], axis=1)
    kept = simplify(line, 0.25)
    assert len(kept) < 120
    assert np.abs(np.interp(line[:, 0], kept[:, 0], kept[:, 1]) - line[:, 1]).max() < 0.3


def test_colours_are_read_in_every_form():
    assert parse("rgb(255, 0, 0)") == (255, 0, 0, 1.0)
    assert parse("hsl(120, 100%, 50%)") == (0, 255, 0, 1.0)
    assert parse("#00000080") == (0, 0, 0, 0.502)
    assert parse("White") == (255, 255, 255, 1.0)
    assert paint("fill", "tomato") == ' fill="tomato"'
    assert paint("fill", '"><script>') == ' fill="#808080"'
    assert paint("stroke", "#000", 0.5) == ' stroke="#000000" stroke-opacity="0.5"'
    assert dark("#101010")
    assert not dark("#f0f0f0")


def test_a_scale_of_one_value_has_one_colour():
    scale = Scale(style.colorscale(style.SEQUENTIAL), 2.0, 2.0)
    assert len(set(scale.colours([2.0, 2.0]))) == 1
