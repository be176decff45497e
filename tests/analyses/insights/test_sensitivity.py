"""Sensitivity."""

import numpy as np
import pytest

from axnb.analyses.controls import set_field
from axnb.analyses.insights.contour import ContourPlot
from axnb.analyses.insights.sensitivity import SensitivityAnalysisPlot, describe_sensitivity, tabulate_sensitivity
from axnb.analyses.insights.slice import SlicePlot
from axnb.analyses.insights.surfaces import TopSurfacesAnalysis
from axnb.errors import DataRequiredError, UnknownNameError, UserInputError
from axnb.suggest.fitting import SobolIndices
from tests.analyses.conftest import make, number


def indices(first, total, signs, second=None):
    d = len(first)
    return SobolIndices(
        parameters=tuple("xyzuvw"[:d]),
        first=np.array(first),
        total=np.array(total),
        second=np.zeros((d, d)) if second is None else np.array(second),
        signs=np.array(signs),
    )


def test_frame_is_sorted_and_signed():
    found = indices([0.1, 0.6, 0.0], [0.3, 0.8, 0.001], [1, -1, 1])
    frame = tabulate_sensitivity(found)
    assert frame["parameter_name"].tolist() == ["y", "x", "z"]
    assert frame["sensitivity"].tolist() == [0.8, 0.3, 0.001]
    assert frame["direction"].tolist() == ["decreases", "increases", ""]
    assert tabulate_sensitivity(found, "first")["sensitivity"].tolist() == [0.6, 0.1, 0.0]
    assert tabulate_sensitivity(found, undirected=["y"])["direction"].tolist() == ["", "increases", ""]


def test_second_order_shows_pairs():
    frame = tabulate_sensitivity(indices([0.1, 0.6], [0.4, 0.9], [1, 1], [[0, 0.3], [0.3, 0]]), "second")
    assert frame["parameter_name"].tolist() == ["y", "x & y", "x"]


def test_sentence_says_who_explains_how_much():
    frame = tabulate_sensitivity(indices([0.7, 0.1], [0.714, 0.29], [1, 1]))
    assert describe_sensitivity(frame, "loss") == "x explains 71 % of the variation of loss, y 29 %."
    frame = tabulate_sensitivity(indices([0.1, 0.1], [0.9, 0.8], [1, 1]))
    assert describe_sensitivity(frame, "loss").endswith("y 80 %; some of it jointly.")
    flat = tabulate_sensitivity(indices([0.0], [0.0], [0]))
    assert describe_sensitivity(flat, "loss") == "The model sees no parameter that loss depends on."


def test_card_shows_the_important_parameter_first(context):
    card = SensitivityAnalysisPlot().compute(context)
    assert card.df["parameter_name"].tolist() == ["a", "b"]
    assert card.subtitle.startswith("a explains ")
    layout = card.figure.layout
    assert layout.yaxis.categoryarray == ("b", "a")  # the last is on top
    assert layout.xaxis.tickformat == ".0%"
    assert {t.orientation for t in card.figure.data} == {"h"}
    assert card.figure.data[0].hovertext[0].startswith("a · ")
    assert card.to_svg()


def test_bars_are_coloured_by_direction():
    client = make([number("a"), number("b")], "u", lambda p: {"u": 2 * p["a"] - p["b"]}, 12)
    traces = {t.name: t for t in SensitivityAnalysisPlot().compute(client.analysis_context()).figure.data}
    assert traces["raises u as it grows"].y == ("a",)
    assert traces["lowers u as it grows"].y == ("b",)
    assert len({t.marker.color for t in traces.values()}) == 2


def test_unordered_choices_have_no_direction(mixed):
    frame = SensitivityAnalysisPlot("acc").compute(mixed.analysis_context()).df.set_index("parameter_name")
    assert frame.loc["kernel", "direction"] == ""


def test_top_k_limits_the_bars_not_the_table(context):
    card = SensitivityAnalysisPlot(top_k=1).compute(context)
    assert len(card.df) == 2
    assert sum(len(t.y) for t in card.figure.data) == 1


def test_metric_and_order_are_controls(several):
    context = several.analysis_context()
    analysis = SensitivityAnalysisPlot()
    card = analysis.compute(context)
    assert {c.field: c.value for c in card.controls} == {"metric_name": "strength", "order": "total"}
    assert card.controls[0].options == ("strength", "weight", "cost")
    after = set_field(set_field(analysis, "metric_name", "cost"), "order", "second").compute(context)
    assert after.title == "What cost depends on"
    assert after.df["parameter_name"].iloc[0] == "b"
    assert "in pairs" in after.figure.layout.xaxis.title.text


def test_a_flat_model_is_no_error():
    client = make([number("a"), number("b")], "u", lambda p: {"u": 3.0}, 5)
    card = SensitivityAnalysisPlot().compute(client.analysis_context())
    assert "sees no parameter" in card.subtitle
    assert card.to_svg()


def test_hostile_names_do_no_harm(hostile):
    card = SensitivityAnalysisPlot().compute(hostile.analysis_context())
    text = card.figure.to_json()
    assert "<img" not in text
    assert "\\u003cimg" not in text
    assert "$x^2$" not in text
    assert "<img" not in card.to_svg()


def test_bad_settings_are_refused(context):
    with pytest.raises(UserInputError, match="Did you mean 'second'"):
        SensitivityAnalysisPlot(order="secnd")
    with pytest.raises(UserInputError, match="at least 1"):
        SensitivityAnalysisPlot(top_k=0)
    with pytest.raises(UnknownNameError):
        SensitivityAnalysisPlot("los").compute(context)
    with pytest.raises(DataRequiredError, match="2 more completed trials"):
        SensitivityAnalysisPlot().compute(make([number("a")], "u", lambda p: {"u": 1.0}, 1).analysis_context())


def test_shares_agree_with_sampling():
    """SALib estimates the same indices from many predictions."""
    from SALib.analyze import sobol
    from SALib.sample import sobol as design

    parameters = [number("a"), number("b"), number("c")]
    client = make(parameters, "u", lambda p: {"u": np.sin(4 * p["a"]) + 2 * p["b"] * p["c"] + p["c"] ** 2}, 40)
    context = client.analysis_context()
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0.0, 1.0]] * 3}
    X = design.sample(problem, 1024, calc_second_order=True, seed=0)
    model = context.model.surrogate["u"]
    found = sobol.analyze(problem, model.posterior(X)[0], calc_second_order=True, seed=0)
    exact = context.sensitivity("u")
    assert exact.first == pytest.approx(found["S1"], abs=0.02)
    assert exact.total == pytest.approx(found["ST"], abs=0.02)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert exact.second[i, j] == pytest.approx(found["S2"][i, j], abs=0.03)


def test_every_bar_leads_to_its_slice_or_contour(plain):
    card = SensitivityAnalysisPlot(order="second").compute(plain.analysis_context())
    links = {link.mark: link for link in card.links}
    bars = {i: y for t in card.figure.data for i, y in zip(t.ids, t.y, strict=True)}
    assert {links[i].label: y for i, y in bars.items()} == {"a": "a", "b": "b", "a & b": "a &amp; b"}
    analyses = {link.label: link.analysis for link in card.links}
    assert analyses == {
        "a": SlicePlot("a", "loss"),
        "b": SlicePlot("b", "loss"),
        "a & b": ContourPlot("a", "b", "loss"),
    }
    assert [link.label for link in card.links] == card.df["parameter_name"].tolist()


def test_a_parameter_named_like_a_pair_leads_to_its_own_slice():
    client = make([number("a"), number("b"), number("a & b")], "-loss", lambda p: {"loss": p["a"] * p["b"]}, 12)
    links = SensitivityAnalysisPlot(order="total").compute(client.analysis_context()).links
    assert {link.label: link.analysis for link in links}["a & b"] == SlicePlot("a & b", "loss")


def test_a_metric_may_be_called_otherwise(plain):
    context = plain.analysis_context()
    for analysis in (
        TopSurfacesAnalysis(labels={"loss": "validation loss"}),
        SensitivityAnalysisPlot(labels={"loss": "validation loss"}),
    ):
        card = analysis.compute(context)
        assert card.title == "What validation loss depends on"
    assert "of validation loss" in card.subtitle
    assert card.controls[0].labels == ("validation loss",)
    assert card.links[0].analysis.metric_name == "loss"
