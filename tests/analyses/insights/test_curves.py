"""Parallel coordinates and learning curves."""

import numpy as np
import pytest

from axnb import ChoiceParameterConfig
from axnb.analyses import ParallelCoordinatesPlot, ProgressionPlot
from axnb.analyses.drawing import style
from axnb.errors import DataRequiredError, UserInputError
from tests.analyses.conftest import make, number


def axes(card):
    return {d.label: d for d in card.figure.data[0].dimensions}


def test_axes_are_on_the_parameters_own_scales(mixed):
    card = ParallelCoordinatesPlot().compute(mixed.analysis_context())
    found = axes(card)
    assert list(found) == ["C", "kernel", "degree", "acc"]
    assert list(found["C"].ticktext) == ["0.01", "0.1", "1", "10", "100", "1000"]
    assert list(found["C"].tickvals) == [-2, -1, 0, 1, 2, 3]
    assert found["C"].values == pytest.approx(np.log10(card.df["C"].to_numpy(float)))
    assert list(found["kernel"].ticktext) == ["rbf", "poly", "linear"]
    assert [("rbf", "poly", "linear")[int(v)] for v in found["kernel"].values] == card.df["kernel"].tolist()
    assert list(found["degree"].tickvals) == [1, 2, 3, 4]


def test_dark_lines_are_the_best(mixed, plain):
    highest = ParallelCoordinatesPlot().compute(mixed.analysis_context()).figure.data[0].line
    lowest = ParallelCoordinatesPlot().compute(plain.analysis_context()).figure.data[0].line
    assert highest.colorscale[-1][1] == lowest.colorscale[0][1] == style.SEQUENTIAL[-1]
    assert lowest.color == pytest.approx([r.outcomes["loss"][0] for r in plain.analysis_context().results])


def test_the_most_important_axis_can_stand_next_to_the_metric(context):
    card = ParallelCoordinatesPlot(order="importance").compute(context)
    assert list(axes(card)) == ["b", "a", "loss"]
    assert {c.field: c.options for c in card.controls}["order"] == ("space", "importance")
    with pytest.raises(UserInputError, match="Did you mean 'space'"):
        ParallelCoordinatesPlot(order="spac")


def test_the_sentence_says_where_the_best_lie(plain):
    def outcome(p):
        return {"u": abs(p["a"] - 0.3)}

    client = make([number("a"), number("b")], "-u", outcome, 30)
    best = sorted((outcome(r.parameters)["u"], r.parameters["a"]) for r in client.analysis_context().results)[:3]
    low, high = (f"{f(a for _, a in best):.3g}" for f in (min, max))
    expected = f"The best 3 of 30 trials by u have a between {low} and {high}."
    assert ParallelCoordinatesPlot().compute(client.analysis_context()).subtitle == expected


def test_thousands_of_lines_are_thinned_and_the_extremes_kept():

    from axnb.analyses.insights.parallel import MOST_LINES, draw_parallel, tabulate_parallel
    from axnb.problem.parameters import RangeParameter
    from axnb.record.trial import Arm, ArmResult, Provenance, TrialStatus

    rng = np.random.default_rng(0)
    made = [
        ArmResult(
            trial_index=i,
            arm=Arm(name=f"{i}_0", parameters=(("x", x),)),
            status=TrialStatus.COMPLETED,
            provenance=Provenance(generator="Sobol"),
            outcomes={"u": (u, None)},
        )
        for i, (x, u) in enumerate(rng.random((5000, 2)).tolist())
    ]
    frame = tabulate_parallel(made, ["x"], "u")
    figure = draw_parallel(frame, [RangeParameter(name="x", lower=0.0, upper=1.0)], "u", 1)
    x, u = (d.values for d in figure.data[0].dimensions)
    assert len(x) <= MOST_LINES
    assert {x.min(), x.max()} == {frame["x"].min(), frame["x"].max()}
    assert {u.min(), u.max()} == {frame["u"].min(), frame["u"].max()}
    assert len(frame) == 5000


def test_curves_end_where_trials_were_stopped(stepped):
    card = ProgressionPlot().compute(stepped.analysis_context())
    assert card.df.groupby("trial_index")["step"].max().tolist() == [10, 10, 10, 4, 10, 10, 10, 4, 10]
    traces = {t.name: t for t in card.figure.data}
    assert set(traces) == {"finished", "stopped early", "running", "best", "stop"}
    assert list(traces["stop"].x) == [4, 4]
    assert traces["stop"].marker.symbol == "square"
    assert card.subtitle == "9 curves of loss, 2 of them stopped early; trial 0 ends best, at 1.2 after step 10."
    assert card.figure.layout.xaxis.title.text == "step"
    assert card.figure.layout.yaxis.title.text == "loss (minimise)"


def test_curves_by_time_are_spread_over_the_trial(stepped):
    frame = ProgressionPlot(by_wallclock_time=True).compute(stepped.analysis_context()).df
    first = frame[frame["trial_index"] == 0]["hours"].to_numpy()
    assert np.diff(first) == pytest.approx(np.full(9, (first[-1] - first[0]) / 9))
    assert frame[frame["trial_index"] == 8]["hours"].isna().all()  # it runs


def test_curves_need_steps(context):
    with pytest.raises(DataRequiredError, match="progression"):
        ProgressionPlot().compute(context)


def test_values_without_steps_are_no_curves():
    client = make([number("a")], "u", lambda p: {"u": p["a"]}, 2)
    client.attach_data(0, {"u": 0.5}, progression=1)
    assert ProgressionPlot().compute(client.analysis_context()).df["trial_index"].tolist() == [0]


def test_ticks_that_know_no_markup_show_what_was_written():
    client = make(
        [ChoiceParameterConfig("k", ["<i>R&D</i>", "b" * 40], "str", is_ordered=False)], "u", lambda p: {"u": 1.0}, 2
    )
    (axis, _) = ParallelCoordinatesPlot().compute(client.analysis_context()).figure.data[0].dimensions
    assert axis.ticktext[0] == "\u2039i\u203aR&D\u2039/i\u203a"
    assert len(axis.ticktext[1]) == 16
