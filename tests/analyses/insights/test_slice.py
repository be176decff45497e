"""The slice."""

import numpy as np
import pytest

from axnb.analyses import ContourPlot, ParallelCoordinatesPlot
from axnb.analyses.controls import set_field
from axnb.analyses.insights.slice import SlicePlot
from axnb.errors import DataRequiredError, UnknownNameError, UserInputError
from tests.analyses.conftest import make, number


def test_the_band_is_the_models_95_percent_interval(mixed):
    context = mixed.analysis_context()
    card = SlicePlot("C", at={"kernel": "poly", "degree": 2}, resolution=5).compute(context)
    expected = context.model.predict([{"C": c, "kernel": "poly", "degree": 2} for c in np.logspace(-2, 3, 5)])
    mean, sem = (np.array([p["acc"][k] for p in expected]) for k in (0, 1))
    assert card.df["acc_mean"].to_numpy() == pytest.approx(mean, abs=1e-6)
    traces = {t.name: t for t in card.figure.data}
    assert traces["95 % interval"].y == pytest.approx(mean + 1.959964 * sem, abs=1e-5)
    assert card.figure.data[1].y == pytest.approx(mean - 1.959964 * sem, abs=1e-5)
    assert traces["95 % interval"].fill == "tonexty"
    assert card.figure.layout.xaxis.type == "log"
    assert card.figure.layout.yaxis.title.text == "acc (maximise)"


def test_choices_are_points_with_intervals_in_order(mixed):
    card = SlicePlot("kernel").compute(mixed.analysis_context())
    mean = card.figure.data[-1]
    assert mean.x == ("rbf", "poly", "linear")
    assert mean.name == "predicted mean, 95 % interval"
    assert len(mean.error_y.array) == 3
    assert card.figure.layout.xaxis.categoryarray == ("rbf", "poly", "linear")
    assert card.to_svg()


def test_the_most_important_parameter_is_the_default_and_trials_are_marked(context):
    card = SlicePlot().compute(context)
    assert card.figure.layout.xaxis.title.text == "a"
    trials = card.figure.data[0]
    assert trials.name == "trials"  # drawn first: behind the curve
    assert trials.x == tuple(r.parameters["a"] for r in context.results)
    assert trials.hovertext[3].startswith("Trial 3 · loss ")
    assert all(t.name != "trials" for t in SlicePlot(display_sampled=False).compute(context).figure.data)


def test_the_sentence_names_optimum_and_held_values(context):
    subtitle = SlicePlot("a").compute(context).subtitle
    assert subtitle.startswith("Predicted loss is lowest at a = 0.2")
    assert subtitle.endswith(f"(as in trial {context.best().trial_index}, the best so far).")


def test_moving_a_control_moves_the_slice(context):
    analysis = SlicePlot("a")
    card = analysis.compute(context)
    (control,) = [c for c in card.controls if c.key == "b"]
    after = set_field(analysis, control.field, control.read(0.9), control.key).compute(context)
    assert not np.allclose(after.df["loss_mean"], card.df["loss_mean"])
    assert "b = 0.9 (as set)" in after.subtitle


def test_a_single_parameter_has_nothing_to_hold():
    context = make([number("a")], "u", lambda p: {"u": p["a"]}, 4).analysis_context()
    assert SlicePlot().compute(context).subtitle.startswith("Predicted u is highest at a = ")
    assert "with" not in SlicePlot().compute(context).subtitle


def test_points_outside_parameter_constraints_are_left_out():
    client = make([number("a"), number("b")], "u", lambda p: {"u": p["a"]}, 6, parameter_constraints=("a + b <= 1",))
    card = SlicePlot("a", at={"b": 0.5}, resolution=11).compute(client.analysis_context())
    assert card.df["a"].max() == pytest.approx(0.5)


def test_it_says_what_it_needs_and_refuses_what_it_cannot():
    context = make([number("a")], "u", trials=1).analysis_context()
    with pytest.raises(DataRequiredError, match="needs 3 more completed trials"):
        SlicePlot().compute(context)
    with pytest.raises(UnknownNameError, match="no parameter 'z'"):
        SlicePlot("z").compute(context)
    with pytest.raises(UserInputError):
        SlicePlot(resolution=0)


def test_the_best_at_a_bound_is_said_so():
    context = make([number("a"), number("b")], "u", lambda p: {"u": 2 * p["a"] + p["b"]}, 8).analysis_context()
    assert "at a = 1 (" in SlicePlot("a").compute(context).subtitle
    assert "), the upper bound, with b" in SlicePlot("a").compute(context).subtitle
    inside = make([number("a")], "-u", lambda p: {"u": (p["a"] - 0.5) ** 2}, 8).analysis_context()
    assert "bound" not in SlicePlot("a").compute(inside).subtitle


def test_bounds_on_the_metric_are_drawn(mixed):
    figure = SlicePlot("degree", "time").compute(mixed.analysis_context()).figure
    assert [s.y0 for s in figure.layout.shapes] == [3.0]
    (note,) = figure.layout.annotations
    assert (note.text, note.x, note.xanchor) == ("≤ 3", 1, "left")  # beside the picture, where it covers nothing
    assert figure.layout.margin.r >= 31


def test_other_things_can_be_shown_along_it(mixed):
    context = mixed.analysis_context()
    sd = SlicePlot("C", display="sd").compute(context)
    assert sd.figure.data[0].y == pytest.approx(sd.df["acc_sem"])
    gain = SlicePlot("C", display="acquisition").compute(context)
    assert gain.df["acquisition"].max() == pytest.approx(1.0)
    chance = SlicePlot("degree", display="feasibility").compute(context)
    assert chance.df["p_feasible"].iloc[0] > 0.9 > chance.df["p_feasible"].iloc[-1]
    (control,) = [c for c in chance.controls if c.field == "display"]
    assert control.options == ("mean", "sd", "acquisition", "feasibility")


def test_changes_against_the_baseline(baselined):
    context = baselined.analysis_context()
    base = context.model.predict([{"a": 0.2, "kind": "x"}])[0]["acc"][0]
    own = SlicePlot("a", "acc", resolution=5).compute(context).df["acc_mean"]
    changed = SlicePlot("a", "acc", resolution=5, relativize=True).compute(context).df["acc_mean"]
    assert changed.to_numpy() == pytest.approx(100 * (own - base) / base)


def test_where_all_results_are_the_same_nothing_is_called_best():
    context = make([number("a"), number("b")], "u", lambda p: {"u": 3.0}, 8).analysis_context()
    assert SlicePlot("a").compute(context).subtitle.startswith("Predicted u stays near 3, with b = ")
    assert ContourPlot("a", "b").compute(context).subtitle.startswith("Predicted u stays near 3.")
    assert ParallelCoordinatesPlot().compute(context).subtitle == "8 trials; u stays near 3."
