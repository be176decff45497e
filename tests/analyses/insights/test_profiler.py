"""The profiler: every metric along every parameter."""

import numpy as np
import pytest

from axnb import ChoiceParameterConfig, RangeParameterConfig
from axnb.analyses import ProfilerPlot, SlicePlot, WhatIf, compute_card
from axnb.analyses.card import AnalysisCard
from axnb.analyses.controls import set_field
from axnb.analyses.shared.desirability import compute_desirability
from axnb.errors import DataRequiredError, UnknownNameError
from tests.analyses.conftest import make, number


def test_it_is_what_predict_says(mixed):
    context = mixed.analysis_context()
    point = {"C": 2.0, "kernel": "rbf", "degree": 3}
    card = ProfilerPlot(at=point).compute(context)
    frame = card.df
    assert set(frame["parameter_name"]) == set(point)
    for row in frame.iloc[:: max(1, len(frame) // 20)].itertuples():
        mean, sem = context.model.predict([{**point, row.parameter_name: row.value}])[0][row.metric_name]
        assert (row.mean, row.sem) == (pytest.approx(mean, rel=1e-4), pytest.approx(sem, rel=1e-3, abs=1e-6))
    mean, _ = context.model.predict([point])[0]["acc"]
    assert f"acc {mean:.4g}" in card.subtitle
    wanted = compute_desirability(context, context.model.encoder.encode([point]))[0]
    assert f"desirability {wanted:.2g}" in card.subtitle
    assert "the constraints hold with" in card.subtitle


def test_the_model_is_asked_once_for_all_slices(several, monkeypatch):
    context = several.analysis_context()
    ProfilerPlot().compute(context)
    asked = []
    predict = type(context.model).predict_encoded
    monkeypatch.setattr(
        type(context.model), "predict_encoded", lambda self, X: asked.append(len(X)) or predict(self, X)
    )
    ProfilerPlot(at={"a": 0.4}, resolution=20).compute(context)
    assert asked == [1 + 20 + 20]


def test_dragging_one_line_moves_all_slices(several):
    context = several.analysis_context()
    card = ProfilerPlot().compute(context)
    (control,) = [c for c in card.controls if c.key == "a" and c.field == "at"]
    assert (control.kind, control.axis) == ("slider", "x")
    low, high = control.span
    assert 0 <= low < high <= 1
    after = set_field(card.analysis, "at", control.read(0.9), "a").compute(context)
    before = card.df[card.df["parameter_name"] == "b"]["mean"].to_numpy()
    assert not np.allclose(before, after.df[after.df["parameter_name"] == "b"]["mean"].to_numpy())
    (action,) = after.actions
    assert dict(action.arguments)["parameters"]["a"] == 0.9


def test_the_best_under_these_locks_moves_what_is_not_locked(several):
    context = several.analysis_context()
    card = ProfilerPlot(at={"a": 0.2, "b": 0.9}, locked=["a"]).compute(context)
    (link,) = card.links
    assert link.label == "Best under these locks"
    found = link.analysis.compute(context)
    (action,) = found.actions
    settings = dict(action.arguments)["parameters"]
    assert settings["a"] == 0.2
    assert settings["b"] < 0.05
    assert found.analysis.optimize is False
    assert dict(found.analysis.at) == settings
    again = found.analysis.compute(context)
    assert again.subtitle == found.subtitle


def test_a_lock_is_set_by_its_control_and_pins_the_value(several):
    context = several.analysis_context()
    card = ProfilerPlot().compute(context)
    (lock,) = [c for c in card.controls if (c.field, c.key) == ("locked", "b")]
    assert (lock.kind, lock.value) == ("toggle", False)
    after = set_field(card.analysis, "locked", True, "b").compute(context)
    assert dict(after.analysis.at)["b"] == dict(card.actions[0].arguments)["parameters"]["b"]
    unlocked = set_field(after.analysis, "locked", False, "b").compute(context)
    assert unlocked.links[0].label == "Best predicted settings"


def test_settings_that_break_a_parameter_constraint_are_marked_and_said():
    client = make([number("a"), number("b")], "y", lambda p: {"y": p["a"] * p["b"]}, 10, (), ("a + b <= 1",))
    card = ProfilerPlot(at={"a": 0.8, "b": 0.7}).compute(client.analysis_context())
    assert "These settings break a + b ≤ 1, so they can't be a trial." in card.subtitle
    assert card.actions == ()
    (outside,) = [t for t in card.figure.data if t.name == "outside the parameter constraints"]
    assert np.isfinite(np.asarray(outside.y, dtype=float)).any()
    assert not card.df["allowed"].all()


def test_what_a_branch_lacks_is_not_used():
    branches = ChoiceParameterConfig("m", ["a", "b"], "str", dependent_parameters={"a": ["x"], "b": ["y"]})
    client = make(
        [branches, number("x"), number("y")], "-loss", lambda p: {"loss": p.get("x", 1.0 + p.get("y", 0.0))}, 12
    )
    card = ProfilerPlot().compute(client.analysis_context())
    assert isinstance(card, AnalysisCard)
    shown = [t for trace in card.figure.data for t in (trace.text if trace.text is not None else [])]
    assert "not used here" in shown
    assert card.to_svg()


def test_ordered_choices_integers_and_steps_have_their_own_values():
    parameters = [
        ChoiceParameterConfig("grade", [1, 2, 5], "int", is_ordered=True),
        RangeParameterConfig("runs", (1, 40), "int"),
        RangeParameterConfig("heat", (20.0, 80.0), "float", step_size=5.0),
    ]
    client = make(parameters, "y", lambda p: {"y": p["grade"] + p["runs"] - 0.01 * (p["heat"] - 50) ** 2}, 14)
    card = ProfilerPlot().compute(client.analysis_context())
    levels = {name: set(part["value"]) for name, part in card.df.groupby("parameter_name")}
    assert levels["grade"] == {1, 2, 5}
    assert all(isinstance(v, int) for v in levels["runs"])
    assert {v % 5 for v in levels["heat"]} == {0}
    (link,) = card.links
    best = dict(link.analysis.compute(client.analysis_context()).analysis.at)
    assert best == {"grade": 5, "runs": 40, "heat": 50.0}


def test_it_is_a_still_picture_too(hostile):
    card = ProfilerPlot().compute(hostile.analysis_context())
    svg = card.to_svg(width=700)
    assert "<img" not in svg
    assert "alert" not in card.to_html() or "<img src=x" not in card.to_html()


def test_what_is_missing_or_misspelt_is_said(plain):
    empty = make([number("a")], "-loss")
    with pytest.raises(DataRequiredError, match="3 more completed trials"):
        ProfilerPlot().compute(empty.analysis_context())
    context = plain.analysis_context()
    with pytest.raises(UnknownNameError, match="there is no parameter 'aa'"):
        ProfilerPlot(locked=["aa"]).compute(context)
    with pytest.raises(UnknownNameError, match="there is no metric 'los'"):
        ProfilerPlot(["los"]).compute(context)
    assert compute_card(ProfilerPlot(), context).title == "Profiler"


@pytest.mark.parametrize("analysis", [SlicePlot("a", at={"b": 0.3}), WhatIf(at={"b": 0.3})])
def test_a_slice_and_a_what_if_lead_to_the_profiler_where_they_are_held(plain, analysis):
    context = plain.analysis_context()
    (link,) = analysis.compute(context).links
    card = link.analysis.compute(context)
    assert card.title == "Profiler"
    assert dict(card.actions[0].arguments)["parameters"]["b"] == 0.3
