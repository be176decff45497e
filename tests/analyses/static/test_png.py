"""Cards as PNG pictures, drawn by a browser."""

import struct

import pandas as pd
import plotly.graph_objects as go
import pytest

from axnb.analyses.card import AnalysisCard, AnalysisCardGroup
from axnb.analyses.drawing.style import new_figure
from axnb.analyses.static import png
from axnb.errors import UnsupportedError, UserInputError
from tests.analyses.conftest import HOSTILE

needs_browser = pytest.mark.skipif(png.browser() is None, reason="no Chromium or Chrome on this machine")


def size_of(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


@pytest.fixture
def card():
    figure = new_figure(go.Scatter(y=[3.0, 2.0, 1.0]), x="trial", y="loss")
    return AnalysisCard(title="Loss", subtitle="It fell.", df=pd.DataFrame({"loss": [3.0, 2.0]}), figure=figure)


@needs_browser
def test_a_figure_is_drawn_in_its_size(card):
    assert size_of(card.to_png(width=300, height=200)) == (600, 400)


@needs_browser
def test_a_card_without_a_figure_and_a_group_are_as_tall_as_they_are(card):
    table = AnalysisCard(title=HOSTILE[0], df=pd.DataFrame({HOSTILE[1]: range(40)}))
    width, height = size_of(table.to_png(scale=1))
    assert width == 900
    assert 700 < height < 3000
    assert size_of(AnalysisCardGroup(title="All", children=[card, table]).to_png(scale=1))[1] > height


@needs_browser
def test_a_figure_that_only_plotly_can_draw_is_drawn(card):
    pie = AnalysisCard(title="Pie", figure=go.Figure(go.Pie(values=[1, 2, 3])))
    with pytest.raises(UnsupportedError):
        pie.to_svg()
    assert size_of(pie.to_png(width=300, height=300, scale=1)) == (300, 300)
    assert len(pie.to_png(width=300, height=300, scale=1)) > 3000  # more than an empty page


def test_without_a_browser_it_says_what_to_install(card, monkeypatch):
    monkeypatch.setattr(png, "browser", lambda: None)
    with pytest.raises(UnsupportedError, match=r"apt-get install chromium.*AXNB_BROWSER.*to_svg"):
        card.to_png()


def test_a_browser_can_be_named(card, monkeypatch, tmp_path):
    broken = tmp_path / "browser"
    broken.write_text("#!/bin/sh\necho no display >&2\n")
    broken.chmod(0o755)
    monkeypatch.setenv("AXNB_BROWSER", str(broken))
    assert png.browser() == str(broken)
    with pytest.raises(UnsupportedError, match="no display"):
        card.to_png()
    monkeypatch.setenv("AXNB_BROWSER", "no-such-browser")
    assert png.browser() is None


@pytest.mark.parametrize("size", [{"width": 10}, {"height": 10**6}, {"scale": 0}])
def test_a_size_that_makes_no_sense_is_refused(card, size):
    with pytest.raises(UserInputError, match=next(iter(size))):
        card.to_png(**size)
