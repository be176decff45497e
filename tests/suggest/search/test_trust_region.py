"""The box around the best point grows, shrinks, and holds suggestions."""

import pytest

from axnb.problem.generation import PartSpec
from axnb.record.trial import ModelSummary, Provenance
from axnb.suggest.generators.base import build_request
from axnb.suggest.search.trust_region import START, narrow_to_trust_region
from tests.suggest.helpers import Bench

MODELLED = Provenance(generator="BO", models=(ModelSummary(metric="f", hyperparameters=()),))


def tried(values, **kwargs):
    """An experiment whose model-based trials came to some values."""
    bench = Bench(**kwargs)
    bench.done({"x": 0.3, "y": 0.6}, f=0.0, g=0.0)
    for i, value in enumerate(values):
        index = bench.create({"x": 0.01 * (i + 1), "y": 0.02 * (i + 1)}, MODELLED)
        bench.data(index, f=value, g=0.0)
        bench.end(index)
    return bench


def box_of(bench):
    return narrow_to_trust_region(build_request(bench.view, None)).near


def test_the_box_is_around_the_best_point():
    point, radius = box_of(tried([-1.0]))
    assert point == {"x": 0.3, "y": 0.6}
    assert radius == START / 2


@pytest.mark.parametrize(
    ("values", "length"),
    [([1.0, 2.0, 3.0], 1.6), ([1.0, 2.0, 1.5, 3.0], 0.8), ([-1.0] * 4, 0.4), ([-1.0] * 8, 0.2), ([-1.0] * 28, 0.8)],
)
def test_it_grows_with_successes_and_shrinks_with_failures(values, length):
    assert box_of(tried(values))[1] == pytest.approx(length / 2)


def test_there_is_none_where_nothing_feasible_is_known():
    assert box_of(tried([], outcome_constraints=["g >= 1.0"])) is None
    assert narrow_to_trust_region(build_request(tried([-1.0]).view, None, ({"x": 0.1, "y": 0.1}, 0.05))).near[1] == 0.05


def test_suggestions_stay_in_it():
    bench = tried([-1.0] * 8, initialization_budget=0, optimizer=PartSpec("trust_region"))
    (made,) = bench.suggest(1)
    assert abs(made.parameters["x"] - 0.3) <= 0.1 + 1e-9
    assert abs(made.parameters["y"] - 0.6) <= 0.1 + 1e-9
