"""Constraints relative to the baseline: the arithmetic is taken as it is written."""

import pytest

from axnb.errors import DataRequiredError
from axnb.suggest.acquisition.builder import express_objective
from axnb.suggest.best import best_point
from axnb.suggest.fitting import fit_model
from tests.suggest.helpers import Bench


def relative(limit, at_baseline, slope=1.0):
    bench = Bench(outcome_constraints=[limit])
    bench.baseline(bench.done({"x": 0.5, "y": 0.5}, f=-0.5, g=at_baseline))
    bench.run(lambda p: {"f": -p["x"], "g": at_baseline + slope * (p["x"] - 0.5)}, 14)
    return bench


@pytest.mark.parametrize(
    ("limit", "at_baseline", "bound"),
    [
        ("g >= 0.9 * baseline", 2.0, 1.8),
        ("g >= 0.9 * baseline", -2.0, -1.8),
        ("g >= baseline - 0.2", -2.0, -2.2),
        ("2*g >= 2*baseline + 0.4", 1.0, 1.2),
        ("0.9 * baseline <= g", 2.0, 1.8),
    ],
)
def test_the_bound_is_a_multiple_of_the_baseline_whatever_its_sign(limit, at_baseline, bound):
    bench = relative(limit, at_baseline)
    found = bench.view.trials.values()
    kept = [t for t in found if t.outcomes["g"][0] >= bound]
    assert (
        best_point(bench.view, use_model_predictions=False).parameters
        == max(kept, key=lambda t: t.outcomes["f"][0]).parameters
    )
    edge = 0.5 + bound - at_baseline  # the smallest x allowed, and f is best there
    best = best_point(bench.view).parameters["x"]
    assert best == pytest.approx(edge, abs=0.05)


def test_the_bound_moves_with_the_baseline_as_the_model_has_it():
    bench = relative("g >= 0.9 * baseline", 2.0)
    goal = express_objective(bench.view, fit_model(bench.view))
    ((_, sign),) = goal.outcome_constraints[0].terms
    model = fit_model(bench.view).surrogate["g"]
    edge = -goal.outcome_constraints[0].offset / sign
    assert model.untransform(edge) == pytest.approx(1.8, abs=0.02)


def test_without_a_baseline_the_way_out_is_said():
    bench = Bench(outcome_constraints=["g >= 0.9 * baseline"])
    for k in range(5):
        bench.done({"x": 0.2 * k, "y": 0.5}, f=1.0 * k, g=1.0)
    with pytest.raises(DataRequiredError, match="attach a baseline"):
        bench.suggest()
