import numpy as np
import pytest

from axnb.analyses.shared.desirability import build_desirability, compute_desirability, find_most_desirable
from axnb.analyses.shared.prospects import encode_arms, scatter_rows
from tests.analyses.conftest import make, number


def test_the_best_trial_gets_nine_tenths_and_the_worst_one_tenth(plain):
    context = plain.analysis_context()
    found = compute_desirability(context, encode_arms(context).X)
    assert (found.min(), found.max()) == (pytest.approx(0.1), pytest.approx(0.9))
    losses = [r.outcomes["loss"][0] for r in context.results]
    assert np.argmax(found) == np.argmin(losses)


def test_what_breaks_a_constraint_is_not_desirable(several):
    context = several.analysis_context()
    X = scatter_rows(context, 200)
    means, _ = context.model.predict_encoded(X)
    dear = means[:, list(context.model.metric_names).index("cost")] > 0.95
    assert dear.any()
    assert compute_desirability(context, X)[dear].max() < 0.05


@pytest.mark.parametrize("name", ["plain", "several", "mixed"])
def test_the_gradient_is_that_of_the_value(name, request):
    context = request.getfixturevalue(name).analysis_context()
    score = build_desirability(context)
    X = np.random.default_rng(0).uniform(0.2, 0.8, (5, context.model.encoder.dimension))
    value, gradient = score.value_and_gradient(X)
    np.testing.assert_allclose(value, score.value(X))
    for j in np.flatnonzero(~context.model.encoder.categorical):
        step = np.zeros(X.shape[1])
        step[j] = 1e-5
        slope = (score.value(X + step) - score.value(X - step)) / 2e-5
        np.testing.assert_allclose(gradient[:, j], slope, rtol=1e-3, atol=1e-4)


def test_no_scattered_point_is_more_desirable_than_the_one_found(several):
    context = several.analysis_context()
    found = find_most_desirable(context, {})
    best = compute_desirability(context, context.model.encoder.encode([found]))[0]
    assert best >= compute_desirability(context, scatter_rows(context)).max() - 1e-6
    assert found == find_most_desirable(context, {})


def test_what_is_locked_stays(mixed):
    found = find_most_desirable(mixed.analysis_context(), {"kernel": "linear", "degree": 2})
    assert (found["kernel"], found["degree"]) == ("linear", 2)


def test_parameter_constraints_are_kept():
    client = make([number("a"), number("b")], "y", lambda p: {"y": p["a"] + p["b"]}, 10, (), ("a + b <= 1",))
    found = find_most_desirable(client.analysis_context(), {"a": 0.3})
    assert found == {"a": 0.3, "b": pytest.approx(0.7, abs=1e-3)}
    assert found["a"] + found["b"] <= 1 + 1e-9
