"""AnalysisContext: what is known of one state of an experiment, computed once."""

import re
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from axnb.analyses import InsightsAnalysis, ModelHealth, SlicePlot, Summary
from axnb.analyses.compute import compute_card
from axnb.analyses.context import MINIMUM_FOR_MODEL, AnalysisContext
from axnb.errors import DataRequiredError, NotConfiguredError, UnknownNameError, UnsupportedError
from axnb.record.experiment import Experiment
from axnb.suggest import fitting
from tests.analyses.conftest import make, number


def test_results_hold_every_arm_with_its_final_outcomes(plain):
    plain.attach_trial({"a": 0.1, "b": 0.2})
    results = plain.analysis_context().results
    assert [r.trial_index for r in results] == list(range(13))
    mean, sem = results[0].outcomes["loss"]
    assert mean == pytest.approx((results[0].parameters["a"] - 0.25) ** 2 + 0.05 * results[0].parameters["b"])
    assert sem is None
    assert results[-1].outcomes == {}


def test_the_last_step_is_the_final_outcome(plain):
    index = plain.attach_trial({"a": 0.1, "b": 0.2})
    for step, value in ((1, 3.0), (5, 1.0), (3, 2.0)):
        plain.attach_data(index, {"loss": value}, progression=step)
    assert plain.analysis_context().results[-1].outcomes["loss"] == (1.0, None)


def test_observed_leaves_out_failed_and_abandoned_trials(plain):
    for end in (plain.mark_trial_failed, plain.mark_trial_abandoned):
        index = plain.attach_trial({"a": 0.1, "b": 0.2})
        plain.attach_data(index, {"loss": -9.0})
        end(index)
    context = plain.analysis_context()
    assert len(context.results) == 14
    assert [r.trial_index for r in context.observed(["loss"])] == list(range(12))


def test_frame_is_long_and_a_copy(context):
    frame = context.frame()
    assert list(frame.columns) == ["trial_index", "arm_name", "metric_name", "step", "mean", "sem"]
    frame["mean"] = 0.0
    assert context.frame()["mean"].ne(0.0).all()


def test_nothing_is_known_of_an_unconfigured_experiment():
    context = AnalysisContext(Experiment().view())
    assert context.results == ()
    for ask in (lambda: context.search_space, lambda: context.optimization, context.metric):
        with pytest.raises(NotConfiguredError, match="call configure_"):
            ask()


def test_metric_defaults_to_the_first_objective_and_suggests_the_near_name(several):
    context = several.analysis_context()
    assert context.metric() == "strength"
    assert context.metric("cost") == "cost"
    with pytest.raises(UnknownNameError, match="Did you mean 'weight'"):
        context.metric("wieght")


@pytest.mark.parametrize("done", range(MINIMUM_FOR_MODEL))
def test_require_says_how_many_trials_are_missing(done):
    client = make([number("a")], "loss", lambda p: {"loss": p["a"]}, done)
    with pytest.raises(DataRequiredError, match=rf"needs {MINIMUM_FOR_MODEL - done} more completed trials? .*'loss'"):
        client.analysis_context().require(["loss"])


def test_require_refuses_a_metric_that_is_not_modelled(plain):
    plain.configure_generation_strategy(fit_tracking_metrics=False)
    plain.configure_tracking_metrics(["extra"])
    for index in range(3):
        plain.attach_data(index, {"extra": 1.0})
    with pytest.raises(UnsupportedError, match="'extra' is not modelled"):
        plain.analysis_context().require(["extra"])


def test_the_model_predicts_what_it_learned(context):
    for result, predicted in zip(context.results, context.predictions_at_arms(), strict=True):
        mean, sem = predicted["loss"]
        assert mean == pytest.approx(result.outcomes["loss"][0], abs=0.01)
        assert sem >= 0
    observed, mean, sd = context.leave_one_out()["loss"]
    assert len(observed) == len(mean) == len(sd) == 12
    assert np.argmax(context.sensitivity("loss").total) == 0


def test_nothing_is_predicted_for_points_that_are_no_longer_allowed(context):
    view = context.view
    outside = replace(view.trials[1], arms=(replace(view.trials[1].arm, parameters=(("a", 7.0), ("b", 0.1))),))
    made = AnalysisContext(replace(view, trials={**view.trials, 1: outside})).predictions_at_arms()
    assert [bool(p) for p in made] == [True, False, *[True] * 10]


def test_best_follows_direction_and_constraints(plain, mixed):
    context = plain.analysis_context()
    assert context.best().trial_index == min(context.results, key=lambda r: r.outcomes["loss"][0]).trial_index
    assert context.pareto_frontier() == ()
    context = mixed.analysis_context()
    allowed = [r for r in context.results if r.outcomes["time"][0] <= 3]
    assert context.best().trial_index == max(allowed, key=lambda r: r.outcomes["acc"][0]).trial_index


def test_there_is_no_best_before_there_is_a_result():
    context = make([number("a")], "loss", trials=2).analysis_context()
    assert context.best() is None


def test_several_objectives_have_a_front_and_no_best(several):
    context = several.analysis_context()
    assert context.best() is None
    assert context.pareto_frontier()


def test_what_was_computed_once_is_not_computed_again(context):
    calls = []

    def make_slowly():
        calls.append(threading.get_ident())
        time.sleep(0.05)
        return object()

    found = []
    threads = [threading.Thread(target=lambda: found.append(context.once("slow", make_slowly))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert len(found) == 8
    assert len({id(f) for f in found}) == 1


def test_what_failed_once_is_not_tried_again(context):
    calls = []

    def fail():
        calls.append(1)
        raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            context.once("broken", fail)
    assert len(calls) == 1


@pytest.fixture
def many(monkeypatch, mixed):
    """AnalysisContext of more results than are modelled."""
    monkeypatch.setattr("axnb.analyses.context.MOST_MODELLED", 10)
    return mixed.analysis_context()


def test_of_many_results_the_model_learns_from_the_newest_and_some_of_each_age(many):
    trials = many.modelled_view.trials
    assert len(trials) == 10
    assert {12, 13} <= set(trials)
    assert len({i for i in trials if i < 7}) >= 4
    assert len(many.model.observed_arms("acc")) == 10
    assert many.view.trials.keys() > trials.keys()


def test_trials_without_results_and_the_baseline_are_kept(monkeypatch, baselined):
    monkeypatch.setattr("axnb.analyses.context.MOST_MODELLED", 8)
    context = baselined.analysis_context()
    trials = context.modelled_view.trials
    assert context.view.baseline in trials
    assert 13 in trials
    assert len(trials) == 9


def test_few_results_are_modelled_as_they_are(plain):
    context = plain.analysis_context()
    assert context.modelled_view is context.view
    assert context.part == ""


def test_a_card_says_when_its_model_knows_a_part_only(many, plain):
    note = "The model has learnt from 10 of the 14 trials."
    assert compute_card(SlicePlot("C", "acc"), many).subtitle.endswith(note)
    assert compute_card(SlicePlot("C", "acc"), many).subtitle.count(note) == 1
    assert note not in compute_card(Summary(), many).subtitle
    leaves = {leaf.name: leaf for leaf in compute_card(InsightsAnalysis(), many).flatten()}
    assert leaves["WhatIf"].subtitle.endswith(note)
    assert leaves["SensitivityAnalysisPlot"].subtitle.endswith(note)


def test_a_card_says_when_its_model_knows_its_results_through_inducing_points(monkeypatch, plain):
    monkeypatch.setattr("axnb.surrogate.surrogate.MOST_EXACT", 10)
    monkeypatch.setattr("axnb.suggest.fitting._CACHE", type(fitting._CACHE)())
    context = plain.analysis_context()
    assert re.fullmatch(r"It knows its many results through \d+ inducing points\.", context.part)
    assert "inducing points: the finest details" in compute_card(ModelHealth(), context).df["advice"][0]
