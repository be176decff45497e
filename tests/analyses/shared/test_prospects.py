"""What the model promises at points that were not tried."""

import numpy as np
import pytest
from scipy.stats import norm

from axnb.analyses.shared import prospects
from axnb.errors import DataRequiredError
from tests.analyses.conftest import make, number


def test_feasibility_is_the_normal_probability_of_each_constraint(several):
    context = several.analysis_context()
    rows = np.random.default_rng(1).random((5, 2))
    mean, sd = context.model.predict_encoded(rows)
    cost = list(context.model.metric_names).index("cost")
    expected = norm.cdf((0.9 - mean[:, cost]) / sd[:, cost])
    assert prospects.feasibility_each(context, rows)[:, 0] == pytest.approx(expected, abs=1e-6)
    assert prospects.feasibility(context, rows) == pytest.approx(expected, abs=1e-6)


def test_without_constraints_everything_is_feasible(context):
    assert prospects.feasibility(context, np.full((3, 2), 0.5)).tolist() == [1.0, 1.0, 1.0]
    assert prospects.feasibility_each(context, np.full((3, 2), 0.5)).shape == (3, 0)


def test_the_next_suggestion_is_where_most_is_promised(plain):
    context = plain.analysis_context()
    (point,) = plain.get_next_trials(1).values()
    here = context.model.encoder.encode([point])
    rows = np.vstack([prospects.scattered(context), here])
    assert prospects.promise(context, rows)[-1] > 0.99


def test_a_pending_trial_takes_the_promise_from_its_place():
    client = make([number("a"), number("b")], "u", lambda p: {"u": np.sin(9 * p["a"]) + np.cos(7 * p["b"])}, 7)
    before = client.analysis_context()
    (point,) = client.get_next_trials(1).values()
    rows = np.vstack([prospects.scattered(before), before.model.encoder.encode([point])])
    assert prospects.promise(before, rows)[-1] > 0.9
    assert prospects.promise(client.analysis_context(), rows)[-1] < 0.5


def test_scattered_points_are_the_same_every_time_and_allowed():
    client = make([number("a"), number("b")], "u", lambda p: {"u": p["a"]}, 6, parameter_constraints=("a + b <= 1",))
    rows = prospects.scattered(client.analysis_context())
    assert (rows.sum(axis=1) <= 1 + 1e-6).all()
    assert len(rows) > 500
    from axnb.analyses.context import AnalysisContext

    assert np.array_equal(rows, prospects.scattered(AnalysisContext(client.experiment.view())))


def test_it_says_what_it_needs():
    with pytest.raises(DataRequiredError):
        prospects.feasibility(make([number("a")], "u", trials=2).analysis_context(), np.zeros((1, 1)))


def test_a_pending_trial_counts_as_if_it_came_out_as_expected():
    client = make([number("a"), number("b")], "u", lambda p: {"u": np.sin(9 * p["a"]) + np.cos(7 * p["b"])}, 7)
    (point,) = client.get_next_trials(1).values()
    context = client.analysis_context()
    row = context.model.encoder.encode([point])
    (expected,) = prospects.suggesting_goal(context).models
    (asked,) = prospects.acquisition(context).models
    assert asked.posterior(row)[0] == pytest.approx(expected.posterior(row)[0], abs=1e-3)
    assert asked.posterior(row)[1] < 0.1 * expected.posterior(row)[1]
