"""`method="quality"`: averages over hyperparameters in every step of a suggestion."""

import numpy as np
import pytest

from axnb.suggest.acquisition.average import LogAverageAcquisition, _combine_members
from axnb.suggest.fitting import fit_model
from tests.suggest.helpers import Bench, bowl, choice, number


class Plane:
    def __init__(self, slope, height):
        self.slope, self.height = np.array(slope), height

    def value(self, X):
        return X @ self.slope + self.height

    def value_and_gradient(self, X):
        return self.value(X), np.tile(self.slope, (len(X), 1))


def test_the_average_is_one_of_values_not_of_logarithms():
    parts = (Plane([1.0, 0.0], 0.0), Plane([0.0, -2.0], -1000.0), Plane([3.0, 1.0], 0.5))
    mean = LogAverageAcquisition(parts, np.array([0.5, 0.2, 0.3]))
    X = np.random.default_rng(0).random((5, 2))
    expected = np.log(sum(w * np.exp(p.value(X)) for w, p in zip(mean.weights, parts, strict=True)))
    assert mean.value(X) == pytest.approx(expected)
    value, gradient = mean.value_and_gradient(X)
    assert value == pytest.approx(expected)
    for j in range(2):
        step = 1e-6 * np.eye(2)[j]
        assert gradient[:, j] == pytest.approx((mean.value(X + step) - mean.value(X - step)) / 2e-6, rel=1e-4)


def test_joint_members_keep_the_weights_of_each_metric():
    joint, weights = _combine_members([np.array([0.5, 0.5]), np.array([1.0 / 3, 2.0 / 3])])
    assert weights.sum() == pytest.approx(1.0)
    assert weights.tolist() == sorted(weights, reverse=True)
    for metric, share in ((0, 0.5), (1, 1.0 / 3)):
        assert sum(w for m, w in zip(joint, weights, strict=True) if m[metric] == 0) == pytest.approx(share)


def test_quality_is_not_fast():
    one, two = Bench(method="fast"), Bench(method="quality")
    for bench in (one, two):
        bench.run(bowl, 9)
    assert type(fit_model(two.view).surrogate["f"]).__name__ == "MixtureModel"
    assert type(fit_model(one.view).surrogate["f"]).__name__ == "GaussianProcessModel"
    assert one.suggest()[0].parameters != two.suggest()[0].parameters


def test_quality_finds_the_optimum_and_repeats_itself():
    one, two = Bench(method="quality"), Bench(method="quality")
    one.run(bowl, 16)
    two.run(bowl, 16)
    assert [t.parameters for t in one.view.trials.values()] == [t.parameters for t in two.view.trials.values()]
    assert max(t.outcomes["f"][0] for t in one.view.trials.values()) > -1e-3


def test_quality_knows_constraints_choices_objectives_and_batches():
    parameters = (number("x"), choice("c", "a", "b", "c"))
    bench = Bench(parameters, objective="f, -g", outcome_constraints=["h <= 0.8"], method="quality")
    bench.run(lambda p: {"f": p["x"], "g": p["x"] ** 2 + (p["c"] == "b"), "h": p["x"]}, 9, n=3)
    assert [t.provenance.generator for t in bench.view.trials.values()][5:] == ["BO"] * 4
