"""Findings: what is known of one state of an experiment, computed once."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from axnb.analyses import InsightsAnalysis, SlicePlot, Summary
from axnb.analyses.card import compute_card
from axnb.analyses.findings import MINIMUM_FOR_MODEL, Findings
from axnb.errors import DataRequiredError, NotConfiguredError, UnknownNameError, UnsupportedError
from axnb.record.experiment import Experiment
from tests.analyses.conftest import make, number


def test_results_hold_every_arm_with_its_final_outcomes(plain):
    plain.attach_trial({"a": 0.1, "b": 0.2})
    results = plain.findings().results
    assert [r.trial_index for r in results] == list(range(13))
    mean, sem = results[0].outcomes["loss"]
    assert mean == pytest.approx((results[0].parameters["a"] - 0.25) ** 2 + 0.05 * results[0].parameters["b"])
    assert sem is None
    assert results[-1].outcomes == {}


def test_the_last_step_is_the_final_outcome(plain):
    index = plain.attach_trial({"a": 0.1, "b": 0.2})
    for step, value in ((1, 3.0), (5, 1.0), (3, 2.0)):
        plain.attach_data(index, {"loss": value}, progression=step)
    assert plain.findings().results[-1].outcomes["loss"] == (1.0, None)


def test_observed_leaves_out_failed_and_abandoned_trials(plain):
    for end in (plain.mark_trial_failed, plain.mark_trial_abandoned):
        index = plain.attach_trial({"a": 0.1, "b": 0.2})
        plain.attach_data(index, {"loss": -9.0})
        end(index)
    findings = plain.findings()
    assert len(findings.results) == 14
    assert [r.trial_index for r in findings.observed(["loss"])] == list(range(12))


def test_frame_is_long_and_a_copy(findings):
    frame = findings.frame()
    assert list(frame.columns) == ["trial_index", "arm_name", "metric_name", "step", "mean", "sem"]
    frame["mean"] = 0.0
    assert findings.frame()["mean"].ne(0.0).all()


def test_nothing_is_known_of_an_unconfigured_experiment():
    findings = Findings(Experiment().view())
    assert findings.results == ()
    for ask in (lambda: findings.search_space, lambda: findings.optimization, findings.metric):
        with pytest.raises(NotConfiguredError, match="call configure_"):
            ask()


def test_metric_defaults_to_the_first_objective_and_suggests_the_near_name(several):
    findings = several.findings()
    assert findings.metric() == "strength"
    assert findings.metric("cost") == "cost"
    with pytest.raises(UnknownNameError, match="Did you mean 'weight'"):
        findings.metric("wieght")


@pytest.mark.parametrize("done", range(MINIMUM_FOR_MODEL))
def test_require_says_how_many_trials_are_missing(done):
    client = make([number("a")], "loss", lambda p: {"loss": p["a"]}, done)
    with pytest.raises(DataRequiredError, match=rf"needs {MINIMUM_FOR_MODEL - done} more completed trials? .*'loss'"):
        client.findings().require(["loss"])


def test_require_refuses_a_metric_that_is_not_modelled(plain):
    plain.configure_generation_strategy(fit_tracking_metrics=False)
    plain.configure_tracking_metrics(["extra"])
    for index in range(3):
        plain.attach_data(index, {"extra": 1.0})
    with pytest.raises(UnsupportedError, match="'extra' is not modelled"):
        plain.findings().require(["extra"])


def test_the_model_predicts_what_it_learned(findings):
    for result, predicted in zip(findings.results, findings.predictions_at_arms(), strict=True):
        mean, sem = predicted["loss"]
        assert mean == pytest.approx(result.outcomes["loss"][0], abs=0.01)
        assert sem >= 0
    observed, mean, sd = findings.leave_one_out()["loss"]
    assert len(observed) == len(mean) == len(sd) == 12
    assert np.argmax(findings.sensitivity("loss").total) == 0


def test_nothing_is_predicted_for_points_that_are_no_longer_allowed(findings):
    view = findings.view
    outside = replace(view.trials[1], arms=(replace(view.trials[1].arm, parameters=(("a", 7.0), ("b", 0.1))),))
    made = Findings(replace(view, trials={**view.trials, 1: outside})).predictions_at_arms()
    assert [bool(p) for p in made] == [True, False, *[True] * 10]
