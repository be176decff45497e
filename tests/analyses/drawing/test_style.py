"""The one look of all figures."""

import itertools

import numpy as np
import plotly.graph_objects as go
import pytest

from axnb.analyses.drawing import style
from axnb.analyses.static.svg.colour import parse

# What a reader without red, green or blue cones sees of linear light (Machado, Oliveira and Fernandes, 2009).
SIGHTS = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    "usual": np.eye(3).tolist(),
}


def linear(color):
    channels = np.array(parse(color)[:3]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def luminance(color):
    return float(linear(color) @ [0.2126, 0.7152, 0.0722])


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def seen(color, sight):
    """Return lightness and two opponent hues, roughly as far apart as they look."""
    light = np.clip(np.array(SIGHTS[sight]) @ linear(color), 0, 1)
    long, middle, short = np.cbrt(np.array([[0.41, 0.54, 0.05], [0.21, 0.68, 0.11], [0.09, 0.28, 0.63]]) @ light)
    lightness = 0.21 * long + 0.79 * middle
    return np.array([lightness, 2 * long - 2.4 * middle + 0.4 * short, 0.8 * middle - 0.8 * short])


@pytest.mark.parametrize("theme", [style.LIGHT, style.DARK])
def test_words_and_marks_stand_out_from_the_paper(theme):
    assert contrast(theme.ink, theme.paper) > 10
    assert contrast(theme.muted, theme.paper) > 4.5
    assert all(contrast(color, theme.paper) > 2.2 for color in theme.palette)


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("palette", [style.PALETTE, style.PALETTE_DARK])
def test_the_first_colours_are_told_apart_by_every_reader(palette, sight):
    distances = [np.linalg.norm(seen(a, sight) - seen(b, sight)) for a, b in itertools.combinations(palette[:4], 2)]
    assert min(distances) > 0.05


@pytest.mark.parametrize("colors", [style.SEQUENTIAL, style.UNCERTAINTY, style.MARKS])
def test_sequential_colours_only_grow_darker(colors):
    assert (np.diff([luminance(c) for c in colors]) < 0).all()


def test_diverging_colours_are_lightest_in_the_middle():
    lights = [luminance(c) for c in style.DIVERGING]
    assert (np.diff(lights[:4]) > 0).all()
    assert (np.diff(lights[3:]) < 0).all()


def test_a_figure_carries_the_small_template_alone():
    figure = style.new_figure(go.Scatter(x=[1], y=[2]), x="trial", y="loss", height=300)
    assert figure.layout.template == style.template()
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text, figure.layout.height) == (
        "trial",
        "loss",
        300,
    )
    assert len(figure.to_json()) < 3500


def test_the_template_is_what_plotly_takes():
    for theme in (style.LIGHT, style.DARK):
        assert style.template(theme).layout.paper_bgcolor == theme.paper
        assert style.template(theme).to_plotly_json()["layout"]["colorway"] == list(theme.palette)


def test_plain_names_hold_nothing_that_plotly_reads():
    assert style.plain("<b>x</b> & $y$") == "&lt;b&gt;x&lt;/b&gt; &amp; &#36;y&#36;"
    assert style.plain("a\n b\t c") == "a b c"
    assert style.plain("x" * 61) == "x" * 59 + "…"
    assert style.plain("x" * 60) == "x" * 60
