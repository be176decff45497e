"""What is shown by default."""

import xml.etree.ElementTree as ET

import pytest

from axnb.analyses import ContourPlot, OverviewAnalysis, Summary
from axnb.analyses.card import ErrorAnalysisCard, NotApplicableStateAnalysisCard
from axnb.analyses.findings import Findings
from axnb.analyses.overview import compute_cards, default_analyses
from axnb.errors import UserInputError
from axnb.record.experiment import Experiment
from tests.analyses.conftest import make, number

KINDS = {"scatter", "bar", "heatmap", "contour", "box", "parcoords"}


def names(client):
    return [type(a).__name__ for a in default_analyses(client.findings())]


def test_one_objective(plain):
    assert names(plain) == ["UtilityProgressionAnalysis", "SensitivityAnalysisPlot", "ContourPlot", "Summary"]


def test_several_objectives_get_the_front_and_each_metric(several):
    assert names(several) == [
        "UtilityProgressionAnalysis",
        "ScatterPlot",
        *["SensitivityAnalysisPlot", "ContourPlot"] * 2,
        "Summary",
    ]


def test_constraints_get_a_scatter_and_one_parameter_gets_a_slice(mixed):
    assert "ScatterPlot" in names(mixed)
    assert "SlicePlot" in names(make([number("a")], "u"))


def test_an_empty_experiment_has_nothing_to_show():
    assert default_analyses(Findings(Experiment().view())) == ()
    (card,) = compute_cards(None, Findings(Experiment().view()))
    assert card.subtitle == "Nothing has been measured yet."


@pytest.mark.parametrize("trials", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("done", [True, False])
def test_every_state_gives_cards_and_never_an_error(trials, done):
    outcome = (lambda p: {"u": p["a"], "v": p["b"]}) if done else None
    client = make([number("a"), number("b")], "u, -v", outcome, trials, ("v <= 2",))
    (group,) = compute_cards(None, client.findings())
    for card in group.flatten():
        assert not isinstance(card, ErrorAnalysisCard), card.blob
        missing = isinstance(card, NotApplicableStateAnalysisCard)
        assert missing or (done and trials) or card.name == "Summary"
        assert card.subtitle.endswith(".")
        assert card.name != "ContourPlot" or missing == (not done or trials < 3)


@pytest.mark.parametrize("kind", ["plain", "mixed", "several", "hostile"])
def test_every_card_is_drawn_from_the_closed_list_and_rendered(kind, request):
    client = request.getfixturevalue(kind)
    (group,) = compute_cards(None, client.findings())
    assert group.subtitle
    for card in group.flatten():
        assert not isinstance(card, ErrorAnalysisCard | NotApplicableStateAnalysisCard)
        assert card.analysis is not None
        if card.figure is not None:
            assert {t.type for t in card.figure.data} <= KINDS
            assert ET.fromstring(card.to_svg()).tag.endswith("svg")
            assert len(card.figure.to_json()) < 100_000


def test_group_says_how_far_the_experiment_is(plain):
    plain.attach_trial({"a": 0.5, "b": 0.5})
    assert OverviewAnalysis().compute(plain.findings()).subtitle == "12 trials have results; 1 still to come."


def test_a_failing_analysis_is_a_card_beside_the_others(plain):
    class Broken:
        def compute(self, findings):
            return 1 / 0

    first, second, third = compute_cards([Broken(), ContourPlot("nothing"), Summary()], plain.findings())
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
            compute_cards(wrong, plain.findings())


def test_client_computes_them(plain):
    (group,) = plain.compute_analyses()
    assert [c.name for c in group.children] == names(plain)
    (card,) = plain.compute_analyses([Summary(trial_indices=[0])], display=False)
    assert len(card.df) == 1


def test_public_names_are_those_of_the_package():
    import axnb.analyses

    for name in axnb.analyses.__all__:
        assert getattr(axnb.analyses, name).__name__ == name
    assert set(axnb.analyses.__all__) == set(axnb.analyses._HOMES) == set(dir(axnb.analyses))
