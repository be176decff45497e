"""Effects of the arms: which are shown, how, and against what."""

import numpy as np
import pytest

from axnb.analyses import ArmEffectsPair, ArmEffectsPlot
from axnb.analyses.controls import set_field
from axnb.analyses.shared.arms import Choice, compute_change, select_arms
from axnb.errors import DataRequiredError, ObjectNotFoundError, UnsupportedError, UserInputError
from axnb.record.trial import TrialStatus


def test_predictions_come_with_95_percent_intervals(baselined):
    context = baselined.analysis_context()
    card = ArmEffectsPlot("acc").compute(context)
    expected = context.predictions_at_arms()
    assert card.df["mean"].tolist() == pytest.approx([p["acc"][0] for p in expected])
    half = [1.959964 * p["acc"][1] for p in expected]
    assert (card.df["upper"] - card.df["mean"]).to_numpy() == pytest.approx(half, rel=1e-5)
    bars = np.concatenate([t.error_y.array for t in card.figure.data if t.error_y.array is not None])
    assert sorted(bars) == pytest.approx(sorted(half), rel=1e-5)
    assert card.figure.layout.yaxis.title.text == "predicted acc (maximise) · bars: 95 %"


def test_observed_values_are_those_that_were_told(baselined):
    card = ArmEffectsPlot("acc", use_model_predictions=False).compute(baselined.analysis_context())
    assert len(card.df) == 13
    assert card.df["mean"][0] == 1.2
    assert card.df["sem"].eq(0.05).all()
    assert card.title == "Observed acc by trial"


def test_a_trial_in_progress_is_predicted_and_told_apart(baselined):
    card = ArmEffectsPlot().compute(baselined.analysis_context())
    (waiting,) = [t for t in card.figure.data if t.name == "no result yet"]
    assert list(waiting.x) == [13]
    assert waiting.marker.symbol == "diamond"


def test_arms_that_probably_break_the_constraints_are_open(baselined):
    card = ArmEffectsPlot().compute(baselined.analysis_context())
    (broken,) = [t for t in card.figure.data if t.name == "probably infeasible"]
    frame = card.df.set_index("trial_index")
    assert set(broken.x) == set(frame.index[frame["p_feasible"] < 0.5])
    assert broken.marker.symbol == "circle-open"
    best = card.df[card.df["p_feasible"] >= 0.5].sort_values("mean")["trial_index"].iloc[-1]
    assert f"trial {best} of those likely" in card.subtitle


def test_changes_are_against_the_baseline(baselined):
    card = ArmEffectsPlot("acc", use_model_predictions=False, relativize=True).compute(baselined.analysis_context())
    assert card.df["mean"][0] == 0.0
    assert card.df["mean"][12] == pytest.approx(100 * (2.0 - 1.2) / 1.2)
    assert card.figure.layout.yaxis.title.text == "acc, change in % (maximise) · bars: 95 %"
    (line,) = card.figure.layout.shapes
    assert (line.y0, line.y1) == (0.0, 0.0)


def test_change_has_the_standard_error_of_a_ratio():
    rng = np.random.default_rng(0)
    value, base = rng.normal(11.0, 0.2, 200_000), rng.normal(10.0, 0.1, 200_000)
    mean, sem = compute_change((11.0, 0.2), (10.0, 0.1), "m")
    assert mean == pytest.approx(10.0)
    assert sem == pytest.approx(np.std(100 * value / base), rel=0.02)
    with pytest.raises(UnsupportedError, match="'m' is 0"):
        compute_change((1.0, None), (0.0, None), "m")
    assert compute_change((-9.0, None), (-10.0, None), "m") == (pytest.approx(10.0), None)


def test_trials_can_be_chosen(baselined):
    context = baselined.analysis_context()
    assert ArmEffectsPlot(trial_index=3).compute(context).df["trial_index"].tolist() == [3]
    running = ArmEffectsPlot(trial_statuses=["running"]).compute(context)
    assert running.df["trial_status"].tolist() == ["RUNNING"]
    with pytest.raises(ObjectNotFoundError):
        ArmEffectsPlot(trial_index=99).compute(context)
    baselined.mark_trial_failed(13)
    assert 13 not in set(ArmEffectsPlot().compute(baselined.analysis_context()).df["trial_index"])
    kept = select_arms(baselined.analysis_context(), ["acc"], Choice(statuses=(TrialStatus.FAILED,)))
    assert [s.result.trial_index for s in kept] == [13]


def test_points_of_ones_own_are_predicted_beside_the_trials(baselined):
    context = baselined.analysis_context()
    point = {"a": 0.3, "kind": "z"}
    card = ArmEffectsPlot("acc", additional_arms=[point], label="accuracy").compute(context)
    last = card.df.iloc[-1]
    assert (last["trial_index"], last["arm_name"]) == (-1, "additional_0")
    assert last["mean"] == pytest.approx(context.model.predict([point])[0]["acc"][0])
    assert card.title == "Predicted accuracy by trial"
    with pytest.raises(UserInputError, match="additional_arms"):
        ArmEffectsPlot(use_model_predictions=False, additional_arms=[point])
    with pytest.raises(UserInputError, match="put it in a list"):
        ArmEffectsPlot(additional_arms=point)


def test_the_best_so_far_is_that_of_finished_trials(plain):
    card = ArmEffectsPlot(use_model_predictions=False).compute(plain.analysis_context())
    (line,) = [t for t in card.figure.data if t.name == "best so far"]
    assert list(line.y) == sorted(set(line.y), reverse=True) or line.y[-1] == line.y[-2]
    assert min(line.y) == card.df["mean"].min()
    assert line.line.shape == "hv"


def test_a_pair_is_predicted_beside_observed(baselined):
    group = ArmEffectsPair().compute(baselined.analysis_context())
    assert [c.title for c in group.children] == [
        "Predicted acc by trial",
        "Observed acc by trial",
        "Predicted time by trial",
        "Observed time by trial",
    ]
    assert ArmEffectsPair("acc").compute(baselined.analysis_context()).children[0].title == "Predicted acc by trial"


def test_relative_effects_need_a_baseline(context):
    with pytest.raises(DataRequiredError, match="attach_baseline"):
        ArmEffectsPlot(relativize=True).compute(context)


def test_controls_move_it(baselined):
    context = baselined.analysis_context()
    card = ArmEffectsPlot().compute(context)
    assert {c.field for c in card.controls} == {"metric_name", "use_model_predictions", "relativize"}
    after = set_field(card.analysis, "metric_name", "time").compute(context)
    assert after.title == "Predicted time by trial"


def test_the_lower_end_is_as_far_as_the_upper(baselined):
    frame = ArmEffectsPlot("acc").compute(baselined.analysis_context()).df
    assert (frame["mean"] - frame["lower"]).to_numpy() == pytest.approx(1.959964 * frame["sem"].to_numpy(), rel=1e-5)
