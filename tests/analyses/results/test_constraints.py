"""Feasibility by trial, by constraint, and what a risk would buy; marginal effects."""

import numpy as np
import pytest
from scipy.stats import norm

from axnb.analyses import (
    ConstraintFeasibilityPlot,
    MarginalEffectsPlot,
    ObjectivePFeasibleFrontierPlot,
    OutcomeConstraintsAnalysis,
    PFeasiblePlot,
)
from axnb.errors import DataRequiredError, UnknownNameError, UnsupportedError
from tests.analyses.conftest import make, number


def test_feasibility_by_the_model_and_by_what_was_observed(baselined):
    context = baselined.analysis_context()
    frame = PFeasiblePlot().compute(context).df
    mean, sd = zip(*(p["time"] for p in context.predictions_at_arms()), strict=True)
    expected = norm.cdf((0.8 - np.array(mean)) / np.array(sd))
    assert frame["time <= 0.8"].to_numpy() == pytest.approx(expected, abs=1e-6)
    seen = PFeasiblePlot(use_model_predictions=False).compute(context).df
    observed = np.array([r.outcomes["time"][0] for r in context.observed(["time"])])
    assert seen["time <= 0.8"].to_numpy() == pytest.approx(norm.cdf((0.8 - observed) / 0.01))


def test_exact_results_are_feasible_or_not():
    def outcome(p):
        return {"u": 1.0, "v": p["a"], "w": 2 * p["a"]}

    client = make([number("a")], "u", outcome, 8, ("v >= 0.5", "v + w <= 2.25"))
    frame = PFeasiblePlot(use_model_predictions=False).compute(client.analysis_context()).df
    values = np.array([r.parameters["a"] for r in client.analysis_context().results])
    assert frame["v >= 0.5"].tolist() == (values >= 0.5).astype(float).tolist()
    assert frame["all constraints"].tolist() == ((values >= 0.5) & (values <= 0.75)).astype(float).tolist()


def test_the_axis_is_in_percent_and_groups_are_told_apart(baselined):
    card = PFeasiblePlot().compute(baselined.analysis_context())
    assert card.figure.layout.yaxis.tickformat == ".0%"
    assert {t.name for t in card.figure.data} == {"probably feasible", "probably infeasible"}
    likely = int((card.df["all constraints"] >= 0.5).sum())
    assert card.subtitle.startswith(f"{likely} of 14 arms probably satisfy the constraints")


def test_each_constraint_is_an_axis(baselined):
    card = ConstraintFeasibilityPlot().compute(baselined.analysis_context())
    assert [d.label for d in card.figure.data[0].dimensions] == ["time ≤ 0.8", "all constraints"]
    assert card.subtitle.startswith("time ≤ 0.8 is the tightest constraint")


def test_lines_of_what_is_sure_do_not_lie_on_the_edge(baselined):
    (lines,) = ConstraintFeasibilityPlot().compute(baselined.analysis_context()).figure.data
    for axis in lines.dimensions:
        assert axis.range[0] < 0
        assert axis.range[1] > 1
        assert list(axis.tickvals) == [0, 0.25, 0.5, 0.75, 1]
    assert lines.rangefont.color == "rgba(0,0,0,0)"  # else it would say 104 %


def test_no_constraints_no_cards(context):
    for analysis in (
        PFeasiblePlot(),
        ConstraintFeasibilityPlot(),
        ObjectivePFeasibleFrontierPlot(),
        OutcomeConstraintsAnalysis(),
    ):
        with pytest.raises(UnsupportedError):
            analysis.compute(context)


def risky():
    """Maximise `gain`, which grows with `a` as `cost <= 0.5` breaks."""
    rng = np.random.default_rng(0)
    parameters = [number("a"), number("b")]
    return make(
        parameters,
        "gain",
        lambda p: {"gain": p["a"] - 0.1 * p["b"], "cost": (p["a"] + 0.1 * rng.normal(), 0.1)},
        25,
        ("cost <= 0.5",),
    )


def test_the_frontier_is_beaten_by_no_trial():
    context = risky().analysis_context()
    frame = ObjectivePFeasibleFrontierPlot(num_points_to_generate=8).compute(context).df
    front = frame[frame["kind"] == "frontier"]
    assert 3 <= len(front) <= 8
    assert front["p_feasible"].is_monotonic_increasing
    assert front["mean"].is_monotonic_decreasing
    trials = frame[frame["kind"] == "trial"]
    for gain, chance in front[["mean", "p_feasible"]].to_numpy():
        assert not ((trials["mean"] > gain + 1e-3) & (trials["p_feasible"] > chance + 1e-3)).any()
    again = ObjectivePFeasibleFrontierPlot(num_points_to_generate=8).compute(risky().analysis_context()).df
    assert frame["point"].tolist() == again["point"].tolist()


def test_the_sentence_says_what_a_risk_would_buy():
    card = ObjectivePFeasibleFrontierPlot().compute(risky().analysis_context())
    assert card.subtitle.startswith("With 95 % safety gain can be 0.")
    assert "at P(feasible)" in card.subtitle
    assert card.figure.layout.yaxis.title.text == "predicted gain (maximise) · bars: 95 %"
    group = OutcomeConstraintsAnalysis().compute(risky().analysis_context())
    assert [c.name for c in group.children] == ["PFeasiblePlot", "ObjectivePFeasibleFrontierPlot"]


def test_marginal_effects_are_percent_of_the_average(baselined):
    card = MarginalEffectsPlot("acc").compute(baselined.analysis_context())
    frame = card.df.set_index("level")
    assert frame["arms"].to_dict() == {"x": 5, "y": 5, "z": 4}
    assert frame["effect"]["y"] > 0 > frame["effect"]["x"]
    assert card.subtitle.startswith("kind = y raises acc most")
    assert list(card.figure.layout.yaxis.categoryarray) == ["z", "y", "x"]
    assert "right is better" in card.figure.layout.xaxis.title.text


def test_marginal_effects_need_few_values(context, baselined):
    with pytest.raises(UnsupportedError, match="SlicePlot"):
        MarginalEffectsPlot().compute(context)
    with pytest.raises(UnknownNameError, match="with few values"):
        MarginalEffectsPlot(parameters=["a"]).compute(baselined.analysis_context())
    waiting = make([number("a")], "u", trials=3, outcome_constraints=("v <= 1",)).analysis_context()
    with pytest.raises(DataRequiredError):
        PFeasiblePlot().compute(waiting)
