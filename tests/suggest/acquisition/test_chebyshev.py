"""More than four objectives: gradient, direction, a front that is spread."""

import numpy as np
import pytest

from axnb.suggest.acquisition import builder
from axnb.suggest.acquisition.chebyshev import scalarize
from axnb.suggest.acquisition.expected_improvement import LinearOutcome
from axnb.suggest.pareto import is_non_dominated
from axnb.surrogate.gp import fit_gp
from tests.suggest.helpers import Bench, number


def setting(seed=0, thresholds=(None,) * 5, outcome_constraints=()):
    rng = np.random.default_rng(0)
    X = rng.random((15, 2))
    centres = rng.random((5, 2))
    models = [fit_gp(X, -((X - c) ** 2).sum(1) * 4) for c in centres]
    objectives = [LinearOutcome(((j, 1.0),)) for j in range(5)]
    values = np.column_stack([p.y for p in models])
    return scalarize(models, objectives, outcome_constraints, values, thresholds, (seed,)), X


def test_gradient():
    (improvement, _), _ = setting(outcome_constraints=(LinearOutcome(((0, -1.0),), -0.5),))
    X = np.random.default_rng(3).random((6, 2))
    value, gradient = improvement.value_and_gradient(X)
    assert value == pytest.approx(improvement.value(X))
    for j in range(2):
        step = 1e-6 * np.eye(2)[j]
        slope = (improvement.value(X + step) - improvement.value(X - step)) / 2e-6
        assert gradient[:, j] == pytest.approx(slope, rel=2e-3, abs=1e-3)


def test_directions_differ_and_repeat():
    (one, order), _ = setting(1)
    assert one.weights.tolist() == setting(1)[0][0].weights.tolist()
    assert one.weights.tolist() != setting(2)[0][0].weights.tolist()
    sums = (one.models[0].y * 0)[order]
    assert len(sums) == 15


def test_a_threshold_is_where_an_objective_starts_to_count():
    (free, _), _ = setting()
    (held, _), _ = setting(thresholds=(-0.5, None, None, None, None))
    assert held.reference[0] == -0.5
    assert held.reference[1:].tolist() == free.reference[1:].tolist()


@pytest.mark.parametrize("method", ["fast", "quality"])
def test_six_objectives_are_served(method, monkeypatch):
    monkeypatch.setattr(builder, "decompose_into_boxes", None)  # the gain in hypervolume is not computed
    names = [f"f{j}" for j in range(6)]
    centres = np.random.default_rng(1).random((6, 2))
    bench = Bench(
        (number("x"), number("y")), objective=", ".join(names), method=method, outcome_constraints=["f0 >= -0.4"]
    )

    def evaluate(p):
        return {n: -((p["x"] - c[0]) ** 2) - (p["y"] - c[1]) ** 2 for n, c in zip(names, centres, strict=True)}

    bench.run(evaluate, 12)
    later = [t for t in bench.view.trials.values() if t.provenance.generator == "BO"]
    assert len(later) == 7
    Y = np.array([[t.outcomes[n][0] for n in names] for t in bench.view.trials.values()])
    assert is_non_dominated(Y)[5:].mean() > 0.7
