"""What holds for every analysis: sentences, pictures, controls, hostile names."""

import dataclasses
import xml.etree.ElementTree as ET

import plotly.graph_objects as go
import pytest

import axnb.analyses
from axnb.analyses.card import ErrorAnalysisCard, NotApplicableStateAnalysisCard
from axnb.analyses.compute import compute_card
from axnb.analyses.context import AnalysisContext
from axnb.analyses.controls import set_field
from axnb.analyses.drawing import style

KINDS = {"scatter", "bar", "heatmap", "contour", "box", "parcoords"}
NAMES = [
    n
    for n in axnb.analyses.__all__
    if callable(getattr(getattr(axnb.analyses, n), "compute", None)) and n != "Analysis"
]
MODELS = ("model", "suggesting model", "modelled view")  # what the model is kept under
CHECKERS = {"HealthcheckSummary", "CanGenerateCandidatesAnalysis"}  # say what other cards found, or try a suggestion
EXPERIMENTS = ("plain", "mixed", "several", "stepped", "baselined", "hostile")


def made(name):
    return getattr(axnb.analyses, name)(*([0] if name == "TrialAnalysis" else []))


@pytest.fixture(params=EXPERIMENTS)
def context_of(request):
    return request.getfixturevalue(request.param).analysis_context()


@pytest.mark.parametrize("name", NAMES)
def test_every_card_is_legible_and_harmless(name, context_of):
    for card in compute_card(made(name), context_of).flatten():
        assert not isinstance(card, ErrorAnalysisCard), card.blob
        assert card.subtitle.endswith("."), card.subtitle
        assert len(card.subtitle) < 600
        assert card.analysis is not None
        if card.figure is None:
            continue
        assert {t.type for t in card.figure.data} <= KINDS
        go.Figure(card.figure.to_plotly_json())  # plotly finds nothing wrong with it
        svg = card.to_svg()
        assert ET.fromstring(svg).tag.endswith("svg")
        assert "<img" not in card.figure.to_json().replace("&lt;img", "")
        assert "$x^2$" not in card.figure.to_json()
        assert len(card.to_html()) < 150_000


@pytest.mark.parametrize("name", NAMES)
def test_every_control_belongs_to_a_field_and_can_be_moved(name, context_of):
    for card in compute_card(made(name), context_of).flatten():
        for control in card.controls:
            fields = {f.name for f in dataclasses.fields(card.analysis)}
            assert control.field in fields
            if control.kind == "dropdown":
                assert control.value in control.options
                value = control.options[-1]
            else:
                value = not control.value if control.kind == "toggle" else control.maximum
            after = compute_card(set_field(card.analysis, control.field, control.read(value), control.key), context_of)
            for leaf in after.flatten():
                assert not isinstance(leaf, ErrorAnalysisCard), (control, leaf.blob)


@pytest.mark.parametrize("name", NAMES)
def test_a_card_that_does_not_say_so_tells_nothing_of_the_model(name, context_of, monkeypatch):
    shown = [leaf for leaf in compute_card(made(name), context_of).flatten() if leaf.kind == "card"]
    unlearned = AnalysisContext(context_of.view)
    monkeypatch.setattr(unlearned, "once", lambda key, make: pytest.fail("asked") if key in MODELS else make())
    for leaf in shown:
        if not leaf.uses_model and leaf.name not in CHECKERS:
            again = compute_card(leaf.analysis, unlearned)
            assert [c.subtitle for c in again.flatten()] == [leaf.subtitle]


@pytest.mark.parametrize("name", NAMES)
def test_settings_have_defaults_that_are_frozen_and_hashable(name):
    analysis = made(name)
    assert dataclasses.is_dataclass(analysis)
    assert hash(analysis) == hash(made(name))
    assert analysis == made(name)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_experiment_gets_a_reason_and_no_error(name):
    from axnb.analyses.context import AnalysisContext
    from axnb.record.experiment import Experiment

    card = compute_card(made(name), AnalysisContext(Experiment().view()))
    for leaf in card.flatten():
        assert isinstance(leaf, NotApplicableStateAnalysisCard) or leaf.subtitle.endswith(".")
        assert not isinstance(leaf, ErrorAnalysisCard) or name == "TrialAnalysis", leaf.blob


def test_figures_follow_a_dark_page(baselined):
    context = baselined.analysis_context()
    for name in ("WhatIf", "ArmEffectsPlot", "ContourPlot", "StoppingAdvice"):
        card = compute_card(made(name), context)
        card.figure.layout.template = go.layout.Template(style.template_spec(style.DARK))
        svg = card.to_svg()
        assert style.DARK.paper in svg
        assert ET.fromstring(svg) is not None
