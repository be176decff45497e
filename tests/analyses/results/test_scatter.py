"""Two metrics against each other, and the Pareto front."""

import pytest

from axnb.analyses.controls import set_field
from axnb.analyses.results.scatter import ScatterPlot, tabulate_scatter
from axnb.analyses.shared.goals import Goal
from axnb.errors import DataRequiredError, NotConfiguredError, UnknownNameError, UnsupportedError, UserInputError
from tests.analyses.conftest import make, number


def points(goal, values, constraints=()):
    """Return a client whose trials had these results of `u` and `v`."""
    client = make([number("a")], goal, trials=len(values), outcome_constraints=constraints)
    for index, pair in enumerate(values):
        client.complete_trial(index, dict(zip("uvw", pair, strict=False)))
    return client


def frame_of(client, x="u", y="v"):
    context = client.analysis_context()
    results = context.observed([x, y])
    goal = Goal.of(context.view, context.optimization)
    return tabulate_scatter(results, [r.outcomes for r in results], goal, x, y)


def named(card):
    return {t.name: t for t in card.figure.data}


def test_the_front_is_who_nobody_beats():
    frame = frame_of(points("u, -v", [(1, 1), (2, 2), (3, 3), (2, 3), (1, 2)]))
    assert frame["on_front"].tolist() == [True, True, True, False, False]


def test_the_front_agrees_with_the_pareto_frontier(several):
    frame = frame_of(several, "strength", "weight")
    front = {p.trial_index for p in several.analysis_context().pareto_frontier()}
    assert set(frame["trial_index"][frame["on_front"]]) == front
    assert 0 < len(front) < 12


def test_infeasible_results_and_those_below_a_threshold_are_not_on_the_front():
    client = points("u, v", [(3, 3, 9), (2, 2, 0), (5, 0, 0), (0, 0, 0)], ("w <= 1", "v >= 1"))
    frame = frame_of(client)
    assert frame["feasible"].tolist() == [False, True, True, True]
    assert frame["on_front"].tolist() == [False, True, False, False]


@pytest.mark.parametrize(("goal", "shape"), [("u, v", "vh"), ("u, -v", "vh"), ("-u, v", "hv"), ("-u, -v", "hv")])
def test_the_front_is_drawn_along_what_its_points_beat(goal, shape):
    card = ScatterPlot().compute(points(goal, [(1, 1), (2, 2), (3, 1), (1, 3), (3, 3)]).analysis_context())
    assert named(card)["Pareto front"].line.shape == shape


def test_figure_says_directions_thresholds_and_trials(several):
    card = ScatterPlot().compute(several.analysis_context())
    assert card.title == "Pareto front: strength and weight"
    assert card.figure.layout.xaxis.title.text == "strength (maximise)"
    assert card.figure.layout.yaxis.title.text == "weight (minimise)"
    traces = named(card)
    assert traces["weight ≤ 8"].y == (8.0, 8.0)
    assert traces["weight ≤ 8"].line.dash == "dash"
    assert traces["on the front"].hovertext[0].startswith("Trial ")
    assert " · strength " in traces["on the front"].hovertext[0]
    assert "dominated" in traces
    assert card.to_svg()


def test_table_is_named_after_the_metrics(several):
    frame = ScatterPlot("cost", "weight").compute(several.analysis_context()).df
    assert {"cost_mean", "cost_sem", "weight_mean", "weight_sem", "feasible", "on_front"} <= set(frame.columns)


def test_sentence_counts_the_front_and_names_its_ends():
    card = ScatterPlot().compute(points("u, -v", [(1, 1), (2, 2), (3, 3), (2, 3)]).analysis_context())
    assert card.subtitle == "3 of 4 results are on the front, from u 1 with v 1 to u 3 with v 3."
    card = ScatterPlot().compute(points("u, v", [(1, 1), (2, 2)]).analysis_context())
    assert card.subtitle == "1 of 2 results is on the front: u 2 with v 2."
    card = ScatterPlot().compute(points("u, v", [(1, 1)], ("u >= 5",)).analysis_context())
    assert card.subtitle == "None of the 1 results satisfies the constraints and thresholds yet."
    assert card.to_svg()


def test_predictions_have_intervals_and_include_what_is_running(several):
    several.attach_trial({"a": 0.5, "b": 0.5})
    card = ScatterPlot(use_model_predictions=True).compute(several.analysis_context())
    assert len(card.df) == 13
    assert card.figure.layout.xaxis.title.text == "predicted strength (maximise) · bars: 95 %"
    trace = named(card)["on the front"]
    rows = card.df[card.df["on_front"] & card.df["feasible"].map(bool)]
    assert trace.error_x.array == pytest.approx(1.959964 * rows["strength_sem"].to_numpy(), rel=1e-4)
    assert card.to_svg()


def test_an_objective_and_a_constraint_have_no_front(mixed):
    card = ScatterPlot().compute(mixed.analysis_context())
    assert card.title == "acc and time"
    traces = named(card)
    assert "Pareto front" not in traces
    assert {"feasible", "infeasible", "time ≤ 3"} <= set(traces)
    allowed = sum(r.outcomes["time"][0] <= 3 for r in mixed.analysis_context().results)
    assert card.subtitle == f"{allowed} of 14 results satisfy the constraints."


def test_the_front_can_be_left_out(several):
    card = ScatterPlot(show_pareto_frontier=False).compute(several.analysis_context())
    assert "on the front" not in named(card)


def test_three_objectives_have_a_front_but_no_line():
    client = points("u, v, w", [(1, 1, 3), (2, 2, 1), (1, 1, 1)])
    card = ScatterPlot().compute(client.analysis_context())
    assert card.df["on_front"].tolist() == [True, True, False]
    assert "Pareto front" not in named(card)


def test_metrics_and_predictions_are_controls(several):
    context = several.analysis_context()
    card = ScatterPlot().compute(context)
    found = {c.field: c for c in card.controls}
    assert found["x_metric_name"].options == ("strength", "cost")
    assert found["y_metric_name"].options == ("weight", "cost")
    assert found["use_model_predictions"].kind == "toggle"
    after = set_field(ScatterPlot(), "x_metric_name", "cost").compute(context)
    assert after.figure.layout.xaxis.title.text == "cost"


def test_results_without_both_metrics_are_left_out(several):
    context = several.analysis_context()
    several.attach_data(several.attach_trial({"a": 0.1, "b": 0.1}), {"strength": 0.5})
    assert len(ScatterPlot().compute(several.analysis_context()).df) == len(ScatterPlot().compute(context).df)


def test_it_says_what_it_needs_and_refuses_what_it_cannot(several, plain):
    with pytest.raises(UnsupportedError, match="needs two metrics"):
        ScatterPlot().compute(plain.analysis_context())
    with pytest.raises(UserInputError, match="must differ"):
        ScatterPlot("u", "u")
    with pytest.raises(UnknownNameError, match="Did you mean 'weight'"):
        ScatterPlot("wight").compute(several.analysis_context())
    empty = make([number("a")], "u, v", trials=1).analysis_context()
    with pytest.raises(DataRequiredError, match="completed trial with a value of 'u' and 'v'"):
        ScatterPlot().compute(empty)
    with pytest.raises(DataRequiredError, match="3 more completed trials"):
        ScatterPlot(use_model_predictions=True).compute(empty)


def test_no_goal_is_said(monkeypatch):
    from axnb.analyses.context import AnalysisContext
    from axnb.record.experiment import Experiment

    with pytest.raises(NotConfiguredError):
        ScatterPlot().compute(AnalysisContext(Experiment().view()))


def test_thresholds_can_be_moved_on_the_card(several):
    context = several.analysis_context()
    card = ScatterPlot().compute(context)
    (control,) = [c for c in card.controls if (c.field, c.key) == ("thresholds", "weight")]
    assert (control.kind, control.value) == ("slider", 8.0)
    assert control.minimum <= 8.0 <= control.maximum
    tight = set_field(card.analysis, "thresholds", 6.0, key="weight").compute(context)
    assert (tight.df[tight.df["on_front"]]["weight_mean"] <= 6.0).all()
    assert card.df["on_front"].sum() > tight.df["on_front"].sum()
    assert named(tight)["weight ≤ 6"].y == (6.0, 6.0)
    with pytest.raises(UnknownNameError, match="no objective 'cost'"):
        ScatterPlot(thresholds={"cost": 1.0}).compute(context)


def test_changes_keep_front_and_feasibility(baselined):
    context = baselined.analysis_context()
    own = ScatterPlot("acc", "time").compute(context)
    changed = ScatterPlot("acc", "time", relativize=True, labels={"acc": "accuracy"}, title="Trade").compute(context)
    assert changed.df["feasible"].tolist() == own.df["feasible"].tolist()
    assert changed.df["acc_mean"].to_numpy() == pytest.approx(100 * (own.df["acc_mean"] - 1.2) / 1.2)
    assert changed.title == "Trade"
    assert changed.figure.layout.xaxis.title.text.startswith("accuracy (maximise), change in %")


def test_trials_can_be_chosen_and_points_added(several):
    context = several.analysis_context()
    assert ScatterPlot(trial_index=3).compute(context).df["trial_index"].tolist() == [3]
    added = ScatterPlot(use_model_predictions=True, additional_arms=[{"a": 0.5, "b": 0.5}]).compute(context)
    assert added.df["trial_index"].tolist() == [*range(12), -1]


def test_bounds_can_be_moved_on_the_card_and_along_its_axis(mixed):
    context = mixed.analysis_context()
    card = ScatterPlot("acc", "time").compute(context)
    (control,) = [c for c in card.controls if c.field == "bounds"]
    times = [r.outcomes["time"][0] for r in context.observed(["time"])]
    assert (control.key, control.value, control.axis) == ("time", 3, "y")
    assert (control.minimum, control.maximum) == (min(times), max(times))
    strict = set_field(card.analysis, "bounds", control.read(1.5), "time").compute(context)
    assert strict.df["feasible"].tolist() == [t <= 1.5 for t in times]
    assert strict.df["feasible"].sum() < card.df["feasible"].sum()
    assert "time ≤ 1.5" in named(strict)
    assert "as set here" in strict.subtitle
    assert "as set here" not in card.subtitle


def test_a_line_that_was_moved_inwards_can_be_moved_back(several):
    card = ScatterPlot(thresholds={"weight": 6.0}).compute(several.analysis_context())
    (control,) = [c for c in card.controls if c.key == "weight"]
    assert (control.axis, control.value) == ("y", 6.0)
    assert control.maximum >= 8.0


def test_a_bound_of_nothing_is_refused(mixed, baselined):
    with pytest.raises(UnknownNameError, match="no single constraint on 'acc'"):
        ScatterPlot("acc", "time", bounds={"acc": 1.0}).compute(mixed.analysis_context())
    relative = [c for c in ScatterPlot(relativize=True).compute(baselined.analysis_context()).controls if c.axis]
    assert relative == []
