"""Simplified suggestions: parameters that do not matter keep the target's values."""

from dataclasses import replace

import numpy as np
import pytest

from axnb.record.events import OptimizationConfigured, pairs
from axnb.suggest.acquisition.base import BuiltAcquisition, SearchPhase
from axnb.suggest.generators.base import build_request
from axnb.suggest.generators.bayesian import _simplify
from axnb.suggest.search.simplify import find_target_row, simplify
from tests.suggest.helpers import Bench, choice, number

FOUR = (number("x"), number("y"), number("u"), number("v"))


def aim(bench, **target):
    config = replace(bench.view.optimization, pruning_target=pairs(target))
    bench.experiment.record([OptimizationConfigured(config=config)])


def changes(parameters, target):
    return sum(parameters[n] != v for n, v in target.items())


@pytest.mark.parametrize("method", ["fast", "quality"])
def test_parameters_without_effect_keep_to_the_target(method):
    target = {"x": 0.5, "y": 0.5, "u": 0.25, "v": 0.75}
    counts, best = [], []
    for wanted in (False, True):
        bench = Bench(FOUR, method=method, simplify_parameter_changes=wanted)
        aim(bench, **target)
        bench.run(lambda p: {"f": -((p["x"] - 0.3) ** 2) - (p["y"] - 0.8) ** 2}, 16)
        later = [t for t in bench.view.trials.values() if t.provenance.generator == "BO"]
        counts.append(np.mean([changes(t.parameters, target) for t in later]))
        best.append(max(t.outcomes["f"][0] for t in later))
    assert counts[1] < counts[0] - 0.5
    assert best[1] > -0.02


def test_without_a_target_the_baseline_is_kept_to():
    bench = Bench(FOUR, simplify_parameter_changes=True)
    assert find_target_row(build_request(bench.view, None)) is None
    bench.baseline(bench.done({"x": 0.1, "y": 0.2, "u": 0.3, "v": 0.4}, f=0.0))
    assert find_target_row(build_request(bench.view, None)) == pytest.approx([0.1, 0.2, 0.3, 0.4])
    aim(bench, x=0.9, y=0.2, u=0.3, v=0.4)
    assert find_target_row(build_request(bench.view, None))[0] == pytest.approx(0.9)


class Peak:
    """Best at (0.2, 0.2, 0.2); the third column hardly matters."""

    def value(self, X):
        return -np.abs(X - 0.2) @ np.array([10.0, 10.0, 0.01])

    def value_and_gradient(self, X):
        raise NotImplementedError


def region(parameters, **kwargs):
    bench = Bench(parameters, **kwargs)
    return build_request(bench.view, None).region()


def test_only_what_costs_little_is_set_back():
    target = np.array([0.9, 0.9, 0.9])
    row = simplify(Peak(), region((number("a"), number("b"), number("c"))), np.full(3, 0.2), target, np.zeros((0, 3)))
    assert row.tolist() == [0.2, 0.2, 0.9]


class Flat(Peak):
    def value(self, X):
        return np.zeros(len(X))


def test_one_change_stays_and_constraints_hold():
    three = (number("a"), number("b"), number("c"))
    row = simplify(Flat(), region(three), np.full(3, 0.2), np.full(3, 0.9), np.zeros((0, 3)))
    assert sum(row == 0.2) == 1
    tight = region(three, constraints=["a + b + c <= 1.4"])
    row = simplify(Flat(), tight, np.full(3, 0.2), np.full(3, 0.9), np.zeros((0, 3)))
    assert sum(row == 0.9) == 1


def test_nothing_is_set_back_while_feasibility_is_looked_for():
    bench = Bench(FOUR, simplify_parameter_changes=True)
    aim(bench, x=0.9, y=0.9, u=0.9, v=0.9)
    request, found = build_request(bench.view, None), (np.full(4, 0.2), 0.0)
    nothing = np.zeros((0, 4))
    kept = [_simplify(request, BuiltAcquisition(Flat(), nothing, p), request.region(), found)[0] for p in SearchPhase]
    assert [bool((row == 0.2).all()) for row in kept] == [p is SearchPhase.FEASIBILITY for p in SearchPhase]


def test_choices_are_set_back_too():
    space = region((number("x"), choice("c", "a", "b", "c"), number("n", 0, 4, parameter_type="int")))
    row = simplify(Peak(), space, np.array([0.2, 0.0, 0.25]), np.array([0.9, 0.5, 1.0]), np.zeros((0, 3)))
    assert row.tolist() == [0.2, 0.0, 1.0]
    assert simplify(Peak(), space, np.array([0.2, 0.5, 0.25]), np.array([0.2, 0.0, 0.25]), row[None])[1] == 0.5
