"""What the model promises at points that were not tried."""

import numpy as np
import pytest
from scipy.stats import norm

from axnb import GenerationNode, GenerationStrategy, PartSpec
from axnb.analyses.shared import prospects
from axnb.errors import DataRequiredError
from axnb.suggest.generators import bayesian
from axnb.suggest.search.optimize import maximise
from tests.analyses.conftest import make, number


def test_feasibility_is_the_normal_probability_of_each_constraint(several):
    context = several.analysis_context()
    rows = np.random.default_rng(1).random((5, 2))
    mean, sd = context.model.predict_encoded(rows)
    cost = list(context.model.metric_names).index("cost")
    expected = norm.cdf((0.9 - mean[:, cost]) / sd[:, cost])
    assert prospects.compute_each_feasibility(context, rows)[:, 0] == pytest.approx(expected, abs=1e-6)
    assert prospects.compute_feasibility(context, rows) == pytest.approx(expected, abs=1e-6)


def test_without_constraints_everything_is_feasible(context):
    assert prospects.compute_feasibility(context, np.full((3, 2), 0.5)).tolist() == [1.0, 1.0, 1.0]
    assert prospects.compute_each_feasibility(context, np.full((3, 2), 0.5)).shape == (3, 0)


def test_the_next_suggestion_is_where_most_is_promised(plain):
    context = plain.analysis_context()
    (point,) = plain.get_next_trials(1).values()
    here = context.model.encoder.encode([point])
    rows = np.vstack([prospects.scatter_rows(context), here])
    assert prospects.compute_promise(context, rows)[-1] > 0.99


def test_a_pending_trial_takes_the_promise_from_its_place():
    client = make([number("a"), number("b")], "u", lambda p: {"u": np.sin(9 * p["a"]) + np.cos(7 * p["b"])}, 7)
    before = client.analysis_context()
    (point,) = client.get_next_trials(1).values()
    rows = np.vstack([prospects.scatter_rows(before), before.model.encoder.encode([point])])
    assert prospects.compute_promise(before, rows)[-1] > 0.9
    assert prospects.compute_promise(client.analysis_context(), rows)[-1] < 0.5


def test_scattered_points_are_the_same_every_time_and_allowed():
    client = make([number("a"), number("b")], "u", lambda p: {"u": p["a"]}, 6, parameter_constraints=("a + b <= 1",))
    rows = prospects.scatter_rows(client.analysis_context())
    assert (rows.sum(axis=1) <= 1 + 1e-6).all()
    assert len(rows) > 500
    from axnb.analyses.context import AnalysisContext

    assert np.array_equal(rows, prospects.scatter_rows(AnalysisContext(client.experiment.view())))


def test_it_says_what_it_needs():
    with pytest.raises(DataRequiredError):
        prospects.compute_feasibility(make([number("a")], "u", trials=2).analysis_context(), np.zeros((1, 1)))


def hills(p):
    return float(np.sin(9 * p["a"]) + np.cos(7 * p["b"]))


def noisy():
    rng = np.random.default_rng(0)
    return make([number("a"), number("b")], "u", lambda p: {"u": hills(p) + 0.5 * rng.normal()}, 20)


def failing():
    client = make([number("a"), number("b")], "u", lambda p: {"u": hills(p)}, 8)
    for a in (0.8, 0.85, 0.9):
        client.mark_trial_failed(client.attach_trial({"a": a, "b": a}))
    return client


def averaging():
    client = make([number("a"), number("b")], "u", lambda p: {"u": hills(p)}, 8)
    client.configure_generation_strategy(method="quality")
    return client


def with_five_objectives():
    names = ["a", "b", "c", "d", "e"]
    parameters = [number(n) for n in names]
    return make(parameters, ", ".join(f"u{n}" for n in names), lambda p: {f"u{n}": p[n] * p["a"] for n in names}, 12)


def waiting():
    client = make([number("a"), number("b")], "u", lambda p: {"u": hills(p)}, 7)
    client.get_next_trials(2)
    return client


def kept_in_a_disc():
    client = make([number("a"), number("b")], "u", lambda p: {"u": hills(p)}, 8)
    client.configure_nonlinear_constraints([lambda p: (p["a"] - 0.5) ** 2 + (p["b"] - 0.5) ** 2 <= 0.09])
    return client


def at_a_node_with_an_acquisition_of_its_own():
    client = make([number("a"), number("b")], "u", lambda p: {"u": hills(p)}, 8)
    client.set_generation_strategy(
        GenerationStrategy((GenerationNode("model", PartSpec("BO", {"acquisition": "ucb"})),))
    )
    return client


PREPARED = [noisy, failing, averaging, with_five_objectives, waiting, kept_in_a_disc]


@pytest.mark.parametrize("prepare", [*PREPARED, at_a_node_with_an_acquisition_of_its_own], ids=lambda f: f.__name__)
def test_cards_draw_the_acquisition_that_the_next_suggestion_maximises(prepare, monkeypatch):
    client = prepare()
    context = client.analysis_context()
    rows = prospects.scatter_rows(context, 256)
    drawn = prospects.compute_log_promise(context, rows)
    maximised = []

    def spy(acquisition, region, *given):
        maximised.append(region.restrict(acquisition).value(rows))
        return maximise(acquisition, region, *given)

    monkeypatch.setattr(bayesian, "maximise", spy)
    (point,) = client.suggest(1)
    assert drawn == pytest.approx(maximised[0], rel=1e-9, abs=1e-9)
    here = prospects.compute_log_promise(context, context.model.encoder.encode([point]))
    assert here[0] >= drawn.max() - 1e-6
