"""What is shown by default."""

import inspect
import xml.etree.ElementTree as ET

import plotly.graph_objects as go
import pytest

from axnb.analyses import (
    BanditRollout,
    ContourPlot,
    DiagnosticAnalysis,
    HealthchecksAnalysis,
    OverviewAnalysis,
    Summary,
    UtilityRankingPlot,
)
from axnb.analyses.card import ErrorAnalysisCard, NotApplicableStateAnalysisCard
from axnb.analyses.compute import compute_card
from axnb.analyses.context import AnalysisContext
from axnb.analyses.overview import choose_analyses, compute_cards
from axnb.errors import UserInputError
from axnb.record.experiment import Experiment
from tests.analyses.conftest import make, number

KINDS = {"scatter", "bar", "heatmap", "contour", "box", "parcoords"}


def names(client):
    (group,) = compute_cards(None, client.analysis_context())
    return [c.name for c in group.flatten()]


def test_one_objective(plain):
    (group,) = compute_cards(None, plain.analysis_context())
    parts = {part.name: [child.name for child in part.children] for part in group.children}
    assert parts == {
        "ResultsAnalysis": ["UtilityProgressionAnalysis", "ArmEffectsPair", "StoppingAdvice", "BestTrials", "Summary"],
        "InsightsAnalysis": ["WhatIf", "TopSurfacesAnalysis"],
        "DiagnosticAnalysis": ["ModelHealth", "CrossValidationPlot", "NoiseAndOutliers", "GenerationStrategyGraph"],
        "HealthchecksAnalysis": ["HealthcheckSummary"],
    }


def test_several_objectives_get_the_front_and_each_metric(several):
    found = names(several)
    assert found.count("ScatterPlot") == 2  # the objectives, and the first of them with the constraint
    assert found.count("SensitivityAnalysisPlot") == 3
    assert "PFeasiblePlot" not in found


def test_constraints_get_scatters_and_what_a_risk_would_buy(mixed):
    found = names(mixed)
    for name in ("ScatterPlot", "PFeasiblePlot", "ObjectivePFeasibleFrontierPlot", "WhatIf"):
        assert name in found, name


def test_one_parameter_gets_a_slice_and_no_contour():
    found = names(make([number("a")], "u", lambda p: {"u": p["a"] ** 2}, 6))
    assert "SlicePlot" in found
    assert "ContourPlot" not in found


def test_trials_in_progress_are_explained(plain):
    plain.get_next_trials(1)
    (group,) = compute_cards(None, plain.analysis_context())
    assert group.children[-1].name == "AllTrialsAnalysis"
    assert [c.name for c in group.children[-1].children] == ["SuggestionExplanation"]


def test_readings_by_step_get_curves(plain):
    for step in range(4):
        plain.attach_data(0, {"loss": 1.0 / (step + 1)}, progression=step)
    assert "ProgressionPlot" in names(plain)


def test_an_empty_experiment_has_nothing_to_show():
    assert choose_analyses(AnalysisContext(Experiment().view())) == ()
    (card,) = compute_cards(None, AnalysisContext(Experiment().view()))
    assert card.subtitle == "Nothing has been measured yet."


@pytest.mark.parametrize("trials", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("done", [True, False])
def test_every_state_gives_cards_and_never_an_error(trials, done):
    outcome = (lambda p: {"u": p["a"], "v": p["b"]}) if done else None
    client = make([number("a"), number("b")], "u, -v", outcome, trials, ("v <= 2",))
    (group,) = compute_cards(None, client.analysis_context())
    seen = {}
    for card in group.flatten():
        assert not isinstance(card, ErrorAnalysisCard), card.blob
        seen[card.name] = not isinstance(card, NotApplicableStateAnalysisCard)
        assert card.subtitle.endswith("."), card.subtitle
    assert seen.get("Summary", False) == (trials > 0)
    assert seen.get("UtilityProgressionAnalysis", False) == (done and trials > 0)
    assert seen.get("WhatIf", False) == (done and trials >= 3)


@pytest.mark.parametrize("kind", ["plain", "mixed", "several", "hostile"])
def test_every_card_is_drawn_from_the_closed_list_and_rendered(kind, request):
    client = request.getfixturevalue(kind)
    (group,) = compute_cards(None, client.analysis_context())
    assert group.subtitle
    for card in group.flatten():
        assert not isinstance(card, ErrorAnalysisCard | NotApplicableStateAnalysisCard)
        assert card.analysis is not None
        if card.figure is not None:
            assert {t.type for t in card.figure.data} <= KINDS
            go.Figure(card.figure.to_plotly_json())  # plotly finds nothing wrong with it
            assert ET.fromstring(card.to_svg()).tag.endswith("svg")
            assert len(card.figure.to_json()) < 100_000


def test_group_says_how_far_the_experiment_is(plain):
    plain.attach_trial({"a": 0.5, "b": 0.5})
    assert OverviewAnalysis().compute(plain.analysis_context()).subtitle == "12 trials have results; 1 still to come."


def test_a_failing_analysis_is_a_card_beside_the_others(plain):
    class Broken:
        def compute(self, context):
            return 1 / 0

    first, second, third = compute_cards([Broken(), ContourPlot("nothing"), Summary()], plain.analysis_context())
    assert isinstance(first, ErrorAnalysisCard)
    assert isinstance(second, ErrorAnalysisCard)
    assert "no parameter 'nothing'" in second.subtitle
    assert third.name == "Summary"


def test_what_is_no_analysis_is_refused(plain):
    for wrong, message in (
        (Summary, "must be a list"),
        (Summary(), "put it in a list"),
        ("Summary", "must be a list"),
        ([Summary], r"write Summary\(\)"),
        ([3], "no analysis"),
    ):
        with pytest.raises(UserInputError, match=message):
            compute_cards(wrong, plain.analysis_context())


def test_client_computes_them(plain):
    (group,) = plain.compute_analyses()
    assert [c.name for c in group.flatten()] == names(plain)
    (card,) = plain.compute_analyses([Summary(trial_indices=[0])], display=False)
    assert len(card.df) == 1


def test_public_names_are_those_of_the_package():
    import axnb.analyses

    for name in set(axnb.analyses.__all__) - {"Findings"}:
        assert getattr(axnb.analyses, name).__name__ == name
    imported = {n for n, v in vars(axnb.analyses).items() if not n.startswith("_") and not inspect.ismodule(v)}
    assert set(axnb.analyses.__all__) == imported
    assert axnb.analyses.Findings is axnb.analyses.AnalysisContext


@pytest.mark.parametrize("analysis", [BanditRollout(), UtilityRankingPlot("taste", ["completed"])])
def test_analyses_of_data_that_there_is_not_say_what_they_wait_for(plain, analysis):
    card = compute_card(analysis, plain.analysis_context())
    assert isinstance(card, NotApplicableStateAnalysisCard)
    assert card.subtitle.startswith("This needs ")


def test_options_of_the_overview_reach_its_cards(plain):
    checks = OverviewAnalysis(model_fit_threshold=0.999).compute(plain.analysis_context()).children[3]
    assert checks.analysis == HealthchecksAnalysis(0.999)
    group = DiagnosticAnalysis(test_trial_index=3).compute(plain.analysis_context())
    (fit,) = [card for card in group.flatten() if card.name == "CrossValidationPlot"]
    assert fit.df["trial_index"].tolist() == [3]
