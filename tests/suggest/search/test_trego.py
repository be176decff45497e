"""Searches near the best point, in turn with searches of the whole space."""

import pytest

from axnb.record.trial import Provenance
from axnb.suggest.search.trego import find_trego_state
from axnb.utils.measurement.synthetic_functions import branin
from tests.suggest.helpers import Bench

BO = Provenance(generator="BO")


def tried(values, **kwargs):
    """An experiment whose model-based trials came to some values; `None` for one that is still running."""
    bench = Bench(**kwargs)
    bench.done({"x": 0.3, "y": 0.6}, f=0.0, g=0.0)
    for i, value in enumerate(values):
        index = bench.create({"x": 0.01 * (i + 1), "y": 0.02 * (i + 1)}, BO)
        if value is not None:
            bench.data(index, f=value, g=0.0)
            bench.end(index)
    return bench


@pytest.mark.parametrize(
    ("values", "is_local", "radius"),
    [
        ([], False, 0.2),
        ([1.0, 2.0], False, 0.2),  # the whole space goes on as long as that pays
        ([-1.0], True, 0.2),
        ([-1.0, 1.0], True, 0.4),  # and so does the box, which grows
        ([-1.0, 1.0, 2.0], True, 0.4),
        ([-1.0, -1.0], False, 0.1),
        ([-1.0, -1.0, -1.0], True, 0.1),
        ([-1.0] * 30, False, 1e-3),
        ([None], True, 0.2),  # while nothing is known they take turns, and the box stays as it is
        ([None, None, None], True, 0.2),
    ],
)
def test_what_the_suggestions_brought_says_where_to_look(values, is_local, radius):
    state = find_trego_state(tried(values).view)
    assert (state.is_local, state.radius) == (is_local, pytest.approx(radius))


def test_the_box_is_around_the_best_feasible_point():
    assert find_trego_state(tried([1.0, -1.0]).view).best.parameters == {"x": 0.01, "y": 0.02}
    assert find_trego_state(tried([1.0], outcome_constraints=["g >= 1.0"]).view).best is None


def test_every_other_suggestion_of_a_batch_stays_near():
    bench = Bench(initialization_budget=4)
    bench.run(lambda p: {"f": -((p["x"] - 0.3) ** 2) - (p["y"] - 0.8) ** 2, "g": 0.0}, 8)
    state = find_trego_state(bench.view)
    made = bench.suggest(4)
    for k, suggestion in enumerate(made):
        if state.is_local:
            for name, value in state.best.parameters.items():
                assert abs(suggestion.parameters[name] - value) <= state.radius + 1e-9, k
        state = state.after(improved=None)


def test_a_smooth_function_is_followed_to_its_minimum():
    bench = Bench(initialization_budget=6)
    found = []
    for _ in range(24):
        (made,) = bench.suggest(1)
        value = -branin(15.0 * made.parameters["x"] - 5.0, 15.0 * made.parameters["y"])
        bench.done(made.parameters, f=value, g=0.0) if made.provenance.generator != "BO" else _record(
            bench, made, value
        )
        found.append(value)
    assert max(found) > -0.397887 - 2e-3


def _record(bench, made, value):
    index = bench.create(made.parameters, made.provenance)
    bench.data(index, f=value, g=0.0)
    bench.end(index)
