"""The report: one page that needs nothing else."""

import re
from html.parser import HTMLParser

import pandas as pd

from axnb.analyses.card import AnalysisCard, AnalysisCardGroup
from axnb.analyses.overview import compute_cards
from axnb.analyses.static.report import report

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Balanced(HTMLParser):
    """Checks that every element that is opened is closed, in order."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def parsed(page):
    parser = Balanced()
    parser.feed(page)
    assert not parser.open
    return parser.seen


def test_plotly_is_there_once_and_nothing_is_fetched(mixed):
    page = report(compute_cards(None, mixed.analysis_context()), title="SVM", subtitle="An experiment.")
    elements = parsed(page)
    scripts = [attrs for tag, attrs in elements if tag == "script" and "type" not in attrs]
    assert len(scripts) == 2  # plotly.js and a few lines of our own
    assert not any({"src", "srcset"} & set(attrs) for tag, attrs in elements if tag != "img")
    assert all(attrs["src"].startswith("data:image/svg+xml;base64,") for tag, attrs in elements if tag == "img")
    assert not any(tag == "link" for tag, _ in elements)
    figures = [attrs for tag, attrs in elements if tag == "script" and attrs.get("type") == "application/json"]
    (group,) = compute_cards(None, mixed.analysis_context())
    assert len(figures) == sum(c.figure is not None for c in group.flatten())
    for part in group.children:
        assert f">{part.title}</a>" in page
        assert f">{part.title}</h3>" in page


def test_without_live_pictures_there_is_no_script(plain):
    page = report(compute_cards(None, plain.analysis_context()), live=False)
    assert not any(tag == "script" for tag, _ in parsed(page))
    assert len(page) < 1_000_000


def test_names_do_no_harm(hostile):
    page = report(compute_cards(None, hostile.analysis_context()), title="</title><script>alert(1)</script>")
    for tag, attrs in parsed(re.sub(r"<script>.*?</script>", "<script></script>", page, flags=re.DOTALL)):
        assert not any(name.startswith("on") for name in attrs), tag
    assert "<script>alert" not in page
    assert "</script><" not in report([card_with("</script><b>")], live=True).split("<script>")[0].replace(
        "</script></div>", ""
    )


def card_with(name):
    import plotly.graph_objects as go

    return AnalysisCard(title=name, df=pd.DataFrame({name: [1]}), figure=go.Figure(go.Scatter(x=[1], y=[2], name=name)))


def test_empty_groups_leave_nothing():
    page = report([AnalysisCardGroup(title="Nothing", children=[])])
    assert "<h2>Nothing" not in page
    assert parsed(page)
