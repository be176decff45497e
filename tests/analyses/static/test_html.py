"""The static face of cards."""

import base64
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from axnb.analyses.card import AnalysisCard, AnalysisCardGroup, ErrorAnalysisCard, NotApplicableStateAnalysisCard
from axnb.analyses.drawing.style import new_figure
from axnb.analyses.static.html import render_html
from axnb.analyses.static.markdown import render_markdown
from tests.analyses.conftest import HOSTILE

VOID = {"img", "br"}


class Reader(HTMLParser):
    """Collects tags, attributes and text, and holds that every tag is closed in turn."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text, self.open = [], [], "", []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def figure():
    return new_figure(go.Scatter(x=[0, 1, 2], y=[3.0, 1.0, 2.0]), x="trial", y="loss")


def frame(rows, columns=2):
    return pd.DataFrame({f"c{i}": np.arange(rows) / 3 for i in range(columns)})


def pictures(page):
    return [base64.b64decode(data).decode() for data in re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', page)]


def test_a_card_has_title_sentence_picture_and_folded_table():
    page = render_html(AnalysisCard(title="Loss by trial", subtitle="Loss fell.", df=frame(3), figure=figure()))
    reader = Reader(page)
    assert reader.text.startswith("Loss by trialLoss fell.Table: 3 rows")
    assert reader.tags.count("img") == 1
    assert "details" in reader.tags
    assert dict(reader.attributes)["alt"] == "Loss by trial. Loss fell."
    [svg] = pictures(page)
    assert "loss" in "".join(ET.fromstring(svg).itertext())


def test_nothing_needs_a_script_a_style_sheet_or_the_network():
    group = AnalysisCardGroup(title="g", children=[AnalysisCard(title="a", df=frame(3), figure=figure())])
    reader = Reader(render_html(group))
    assert set(reader.tags) <= {"div", "img", "details", "summary", "table", "thead", "tbody", "tr", "th", "td"}
    names = {name for name, _ in reader.attributes}
    assert names <= {"class", "style", "src", "alt", "width", "height", "align", "cellpadding"}
    assert all(value.startswith("data:image/svg+xml;base64,") for name, value in reader.attributes if name == "src")
    assert not any("url(" in value for name, value in reader.attributes if name == "style")


@pytest.mark.parametrize("name", HOSTILE)
def test_names_stay_text(name):
    odd = pd.DataFrame({name: [name, name]})
    drawn = new_figure(go.Scatter(x=[name], y=[1], name=name), x=name, y=name).update_layout(title=name)
    cards = [
        AnalysisCard(title=name, subtitle=name, df=odd, figure=drawn),
        AnalysisCard(title=name, df=odd),
        AnalysisCard(title=name, markdown=name),
        ErrorAnalysisCard(title=name, subtitle=name, df=pd.DataFrame({"traceback": [name]})),
        NotApplicableStateAnalysisCard(title=name, subtitle=name),
    ]
    for card in [*cards, AnalysisCardGroup(title=name, subtitle=name, children=cards)]:
        page = render_html(card)
        reader = Reader(page)
        leaves = card.flatten()
        assert reader.tags.count("img") == len([c for c in leaves if c.figure is not None])
        assert name in reader.text
        assert not {"script", "onerror"} & ({n for n, _ in reader.attributes} | set(reader.tags))
        for svg in pictures(page):
            tags = {element.tag.partition("}")[2] for element in ET.fromstring(svg).iter()}
            assert tags <= {"svg", "title", "rect", "g", "defs", "clipPath", "path", "text", "tspan", "circle"}


def test_a_long_table_is_cut_and_says_so():
    reader = Reader(render_html(AnalysisCard(title="t", df=frame(2500), figure=figure())))
    assert "Table: 50 of 2,500 rows" in reader.text
    assert reader.tags.count("tr") == 51
    alone = Reader(render_html(AnalysisCard(title="t", df=frame(51))))
    assert "First 50 of 51 rows; the rest is in card.df." in alone.text
    assert "details" not in alone.tags
    short = Reader(render_html(AnalysisCard(title="t", df=frame(50))))
    assert "First" not in short.text


def test_a_wide_table_is_cut_both_ways():
    reader = Reader(render_html(AnalysisCard(title="t", df=frame(100, columns=90))))
    assert "First 25 of 100 rows, 40 of 90 columns" in reader.text
    assert reader.tags.count("td") == 25 * 40


def test_missing_values_are_empty_cells():
    odd = pd.DataFrame({"a": [np.nan, 1 / 3], "b": [None, pd.NaT], "c": ["x" * 200, "y"]})
    page = render_html(AnalysisCard(title="t", df=odd))
    assert ">0.333333<" in page
    assert page.count("></td>") == 3
    assert "x" * 79 + "…" in page
    assert "x" * 80 not in page


def test_a_trace_that_cannot_be_drawn_falls_back_to_the_table():
    pie = go.Figure(go.Pie(labels=["a", "b"], values=[1, 2]))
    reader = Reader(render_html(AnalysisCard(title="t", df=frame(2), figure=pie)))
    assert "No still picture: A 'pie' trace cannot be drawn without a browser" in reader.text
    assert "img" not in reader.tags
    assert "details" not in reader.tags
    assert "table" in reader.tags


def test_an_error_shows_its_cause_and_folds_its_traceback():
    lines = pd.DataFrame({"traceback": ["Traceback", "  File x", "ValueError: no"]})
    reader = Reader(render_html(ErrorAnalysisCard(title="Sensitivity failed", subtitle="ValueError: no", df=lines)))
    assert "Sensitivity failedValueError: noTraceback" in reader.text
    assert "details" in reader.tags
    assert "table" not in reader.tags
    long = pd.DataFrame({"traceback": ["x" * 50_000]})
    assert len(render_html(ErrorAnalysisCard(title="t", df=long))) < 25_000


def test_a_group_is_a_grid_without_its_empty_groups():
    empty = AnalysisCardGroup(title="nobody")
    group = AnalysisCardGroup(title="all", children=[AnalysisCard(title="a", figure=figure()), empty])
    page = render_html(group)
    assert "flex-wrap:wrap" in page
    assert "nobody" not in page
    assert "flex:1 1 420px" in page
    assert "flex:1 1 100%" in render_html(AnalysisCardGroup(title="g", children=[AnalysisCard(title="a", df=frame(2))]))


def test_the_bundle_holds_the_live_form_beside_the_static_ones():
    class Live:
        def bundle(self, card):
            return {"application/x-live": card.title, "text/plain": "another"}

    card = AnalysisCard(name="Loss", title="t", view=Live())
    assert card._repr_mimebundle_() == {
        "application/x-live": "t",
        "text/html": render_html(card),
        "text/plain": "AnalysisCard(name='Loss', title='t')",
    }


def test_a_view_that_fails_leaves_the_static_card_and_says_why():
    class Broken:
        def bundle(self, card):
            raise RuntimeError("no <kernel>")

    bundle = AnalysisCard(title="t", view=Broken())._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert "not live: RuntimeError: no &lt;kernel&gt;" in bundle["text/html"]


def test_a_card_takes_tens_of_kilobytes():
    points = new_figure(go.Scatter(x=np.arange(10_000), y=np.random.default_rng(0).normal(size=10_000), mode="markers"))
    assert len(render_html(AnalysisCard(title="t", df=frame(10_000, 8), figure=points))) < 150_000
    assert len(render_html(AnalysisCard(title="t", df=frame(20), figure=figure()))) < 10_000


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("one\ntwo\n\nthree", "<p>one two</p><p>three</p>"),
        ("- a\n- **b**", "<ul><li>a</li><li><b>b</b></li></ul>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("*x* and snake_case_name", "<p><i>x</i> and snake_case_name</p>"),
        ("2 * 3 * 4", "<p>2 * 3 * 4</p>"),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>"),
        ("<u> **<u>** `<u>` *<u>*", "<p>&lt;u&gt; <b>&lt;u&gt;</b> <code>&lt;u&gt;</code> <i>&lt;u&gt;</i></p>"),
        ("<img src=x onerror=alert(1)>", "<p>&lt;img src=x onerror=alert(1)&gt;</p>"),
    ],
)
def test_markdown_is_a_little_and_safe(source, expected):
    assert re.sub(r' style="[^"]*"', "", render_markdown(source)) == expected


def test_markdown_blocks_end_where_another_begins():
    page = render_markdown("# Head\ntext\n```\n<code>\n```\n| a | b |\n|---|---|\n| 1 | `x|` |")
    reader = Reader(page)
    assert "<code>" in reader.text
    assert reader.tags.count("pre") == 1
    assert reader.tags.count("th") == 2
    assert Reader(render_markdown("```\nnever closed")).tags == ["pre"]


class Live:
    def bundle(self, card):
        return {"application/x-live": card.name}


@pytest.fixture
def put_out(monkeypatch):
    """What was put into a cell's output."""
    made = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: made.append(bundle))
    return made


def test_a_live_card_is_put_out_after_its_stand_in(put_out):
    card = AnalysisCard(name="Loss", title="Loss", view=Live())
    card._ipython_display_()
    still, live = put_out
    assert still["text/plain"] == repr(card)
    assert f'<div class="axnb-stand-in">{render_html(card)}</div>' in still["text/html"]
    assert live == {"application/x-live": "Loss", "text/html": ""}


def test_a_card_that_is_not_live_is_put_out_alone(put_out):
    card = AnalysisCard(name="Loss", title="Loss")
    card._ipython_display_()
    assert put_out == [card._repr_mimebundle_()]
