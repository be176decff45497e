"""Cards of a search space in which some parameters exist for some choices only."""

import numpy as np
import pytest

from axnb import ChoiceParameterConfig, Client, RangeParameterConfig, analyses
from axnb.analyses.card import ErrorAnalysisCard


@pytest.fixture(scope="module")
def client():
    made = Client(random_seed=0)
    branches = ChoiceParameterConfig("m", ["a", "b"], "str", dependent_parameters={"a": ["x"], "b": ["y"]})
    ranges = [RangeParameterConfig("x", (0.0, 1.0), "float"), RangeParameterConfig("y", (1, 9), "int")]
    made.configure_experiment([branches, *ranges])
    made.configure_optimization("-loss")
    for k in range(5):
        made.complete_trial(made.attach_trial({"m": "a", "x": k / 4}), {"loss": k / 4})
        made.complete_trial(made.attach_trial({"m": "b", "y": 2 * k + 1}), {"loss": 1 + k / 4})
    return made


def test_every_card_of_the_overview_is_made(client):
    cards = [card for group in client.compute_analyses() for card in group.flatten()]
    assert len(cards) > 5
    assert [c.subtitle for c in cards if isinstance(c, ErrorAnalysisCard)] == []


def test_a_point_follows_its_branch(client):
    card = analyses.WhatIf(at={"m": "b"}).compute(client.analysis_context())
    assert [c.key for c in card.controls if c.key] == ["m", "y"]
    assert dict(card.actions[0].arguments)["parameters"] == {"m": "b", "y": 5}
    expected = client.predict([{"m": "b", "y": 5}])[0]["loss"][0]
    assert card.df["mean"].iloc[0] == pytest.approx(expected)


def test_a_slice_lies_where_its_parameter_exists(client):
    card = analyses.SlicePlot("y").compute(client.analysis_context())
    assert "with m = b (otherwise as in trial 0" in card.subtitle
    expected = [r["loss"][0] for r in client.predict([{"m": "b", "y": v} for v in (1, 9)])]
    drawn = card.df.sort_values("y")
    assert np.allclose(drawn["loss_mean"].iloc[[0, -1]], expected)


def test_a_slice_along_the_choice_asks_for_what_exists(client):
    card = analyses.SlicePlot("m").compute(client.analysis_context())
    expected = client.predict([{"m": "a", "x": 0.0}, {"m": "b", "y": 5}])
    assert np.allclose(card.df["loss_mean"], [r["loss"][0] for r in expected])


def test_every_arm_is_predicted(client):
    context = client.analysis_context()
    predicted = context.predictions_at_arms()
    points = [dict(r.parameters) for r in context.results]
    assert [p["loss"][0] for p in predicted] == pytest.approx([p["loss"][0] for p in client.predict(points)])
    assert len(analyses.ArmEffectsPlot().compute(context).df) == len(points)


def test_every_line_is_drawn_and_meets_below_where_a_parameter_does_not_exist(client):
    card = analyses.ParallelCoordinatesPlot().compute(client.analysis_context())
    _, x, y, _ = card.figure.data[0].dimensions
    for axis, absent in ((x, card.df["x"].isna()), (y, card.df["y"].isna())):
        values, low = np.asarray(axis.values), axis.range[0]
        assert axis.tickvals[0] == low
        assert axis.ticktext[0] == "–"
        assert (values == low).tolist() == absent.tolist()
        assert np.isfinite(values).all()
    assert "unknown" not in card.subtitle
    assert "m a" in card.subtitle


def test_names_of_the_tree_stand_where_no_arrow_runs(client):
    (circles,) = [
        t for t in analyses.HierarchicalSearchSpaceGraph().compute(client.analysis_context()).figure.data if t.text
    ]
    sides = dict(zip(circles.text, circles.textposition, strict=True))
    assert sides == {"m": "top center", "x": "bottom center", "y": "bottom center"}


def test_the_best_of_a_whole_number_is_one():
    made = Client(random_seed=0)
    branches = ChoiceParameterConfig("m", ["a", "b"], "str", dependent_parameters={"b": ["n"]})
    made.configure_experiment([branches, RangeParameterConfig("n", (1, 60), "int")])
    made.configure_optimization("-loss")
    for n in (1, 12, 20, 27, 33, 41, 50, 60):
        made.complete_trial(made.attach_trial({"m": "b", "n": n}), {"loss": (n - 31.4) ** 2})
    card = analyses.SlicePlot("n", resolution=30).compute(made.analysis_context())
    assert all(isinstance(n, int) or float(n).is_integer() for n in card.df["n"])
    assert (card.df["n"].iloc[0], card.df["n"].iloc[-1]) == (1, 60)
    assert 20 < len(card.df) <= 30
    assert "lowest at n = 3" in card.subtitle
    assert "." not in card.subtitle.split("n = ")[1].split(" ")[0]
