"""Candidate search: maxima, constraints, finite columns, what is taken."""

from dataclasses import replace

import numpy as np
import pytest

from axnb.problem.constraints import parse_parameter_constraints
from axnb.problem.space import SearchSpace
from axnb.suggest.search.optimize import (
    Region,
    SearchOptions,
    ascend,
    enumerate_rows,
    find_feasible_rows,
    maximise,
    spread_rows,
)
from axnb.surrogate.encoder import Encoder
from tests.suggest.helpers import choice, number


class Peak:
    """Largest, 0, at a row."""

    def __init__(self, at, steep=1.0):
        self.at, self.steep = np.asarray(at, dtype=float), np.asarray(steep)

    def value(self, X):
        return -(self.steep * (X - self.at) ** 2).sum(1)

    def value_and_gradient(self, X):
        return self.value(X), -2 * self.steep * (X - self.at)


def region(parameters, constraints=(), fixed=None, taken=(), seeds=()):
    space = SearchSpace(parameters=tuple(parameters), constraints=parse_parameter_constraints(constraints, parameters))
    d = len(parameters)
    return Region(
        encoder=Encoder(space),
        fixed=np.full(d, np.nan) if fixed is None else np.array(fixed),
        taken=np.array(taken, dtype=float).reshape(-1, d),
        seeds=np.array(seeds, dtype=float).reshape(-1, d),
    )


def rng():
    return np.random.default_rng(0)


def floats(d):
    return [number(f"x{i}") for i in range(d)]


@pytest.mark.parametrize("at", [(0.3, 0.7, 0.2, 0.9), (-1.0, 0.5, 2.0, 0.0)])
def test_a_smooth_maximum_is_found_to_many_digits(at):
    row, value = maximise(Peak(at, (1.0, 300.0, 5.0, 0.1)), region(floats(4)), rng())
    np.testing.assert_allclose(row, np.clip(at, 0, 1), atol=1e-3)
    assert value == pytest.approx(-((np.clip(at, 0, 1) - at) ** 2) @ (1.0, 300.0, 5.0, 0.1), abs=1e-5)


def test_ascend_follows_a_curved_valley():
    class Valley:
        def value(self, X):
            return self.value_and_gradient(X)[0]

        def value_and_gradient(self, X):
            a, b = X[:, 1] - X[:, 0] ** 2, 0.8 - X[:, 0]
            return -(100 * a**2 + b**2), np.column_stack([400 * a * X[:, 0] + 2 * b, -200 * a])

    rows = ascend(Valley(), region(floats(2)), np.random.default_rng(1).random((8, 2)), np.ones(2, dtype=bool), 200)
    np.testing.assert_allclose(rows, np.tile([0.8, 0.64], (8, 1)), atol=2e-2)


def test_fixed_columns_stay():
    row, _ = maximise(Peak((0.3, 0.7)), region(floats(2), fixed=[np.nan, 0.25]), rng())
    np.testing.assert_allclose(row, [0.3, 0.25], atol=1e-3)


def test_a_constrained_maximum_lies_on_the_boundary():
    found = region(floats(3), ["x0 + x1 + x2 <= 1"])
    row, _ = maximise(Peak((0.9, 0.6, 0.3)), found, rng())
    np.testing.assert_allclose(row, [0.9 - 0.8 / 3, 0.6 - 0.8 / 3, 0.3 - 0.8 / 3], atol=5e-3)
    assert found.encoder.satisfies(row[None], 1e-9)[0]


def test_constraints_hold_on_a_log_scale():
    parameters = [number("a", 1e-3, 10.0, log_scale=True), number("b", 0.0, 10.0)]
    found = region(parameters, ["a + b <= 2"])
    row, _ = maximise(Peak((1.0, 1.0)), found, rng())
    point = found.encoder.decode(row[None])[0]
    assert point["a"] + point["b"] == pytest.approx(2.0, abs=0.01)
    assert found.encoder.space.satisfies(point)


class Counted(Peak):
    """A peak that counts how often it is asked for its slope."""

    asked = 0

    def value_and_gradient(self, X):
        self.asked += 1
        return super().value_and_gradient(X)


@pytest.mark.parametrize(
    "constraints",
    [
        ["x0 + x1 + x2 + x3 + x4 + x5 <= 1"],
        ["x0 + x1 + x2 + x3 + x4 + x5 <= 1", "x0 - x1 >= -0.1", "2*x2 + x3 <= 0.4"],
    ],
)
def test_the_ascent_along_constraints_takes_few_steps_and_ends_at_the_nearest_point(constraints):
    from scipy.optimize import minimize

    at, steep = np.array([0.2, 0.9, 0.8, -0.5, 0.4, 0.1]), np.array([1.0, 30.0, 5.0, 0.1, 2.0, 9.0])
    free, bound = Counted(at, steep), Counted(at, steep)
    maximise(free, region(floats(6)), rng())
    room = region(floats(6), constraints)
    row, value = maximise(bound, room, rng())
    assert room.is_allowed(row[None]).all()
    nearest = minimize(
        lambda x: -free.value(x[None])[0],
        np.zeros(6),
        bounds=[(0, 1)] * 6,
        constraints=[{"type": "ineq", "fun": lambda x: room.encoder.slack(x[None])[0]}],
    )
    assert value == pytest.approx(-nearest.fun, abs=1e-4)
    assert bound.asked <= 4 * free.asked


def test_a_row_that_is_far_behind_stops_early():
    class Ridge:
        """A round hill to the left; to the right, far below, a bent ridge along which steps gain little."""

        asked = 0

        def value(self, X):
            return self.value_and_gradient(X)[0]

        def value_and_gradient(self, X):
            self.asked += 1
            a, b = 4.0 * X[:, 0] - 3.0, 4.0 * X[:, 1] - 1.0
            right = -20.0 - 0.1 * (1 - a) ** 2 - 10 * (b - a**2) ** 2
            slopes = np.column_stack([0.8 * (1 - a) + 160 * a * (b - a**2), -80 * (b - a**2)])
            hill = X[:, 0] < 0.4
            value = np.where(hill, -((X - 0.2) ** 2).sum(1), right)
            return value, np.where(hill[:, None], -2 * (X - 0.2), slopes)

    room, movable = region(floats(2)), np.ones(2, dtype=bool)
    both, alone = Ridge(), Ridge()
    first, second = ascend(both, room, np.array([[0.3, 0.1], [0.55, 0.5]]), movable, 50)
    np.testing.assert_allclose(first, [0.2, 0.2], atol=1e-3)
    (end,) = ascend(alone, room, np.array([[0.55, 0.5]]), movable, 50)
    assert alone.value(end[None])[0] > alone.value(second[None])[0]
    assert both.asked < 0.7 * alone.asked


def test_a_walk_through_a_simplex_spreads_over_it():
    names = floats(10)
    room = region(names, [" + ".join(p.name for p in names) + " <= 1"])
    rows = spread_rows(room, rng(), 400)
    assert len(rows) == 400
    assert room.is_allowed(rows).all()
    ideal = np.sqrt(10 / 12) / 11
    assert rows.mean() == pytest.approx(1 / 11, rel=0.15)
    assert ideal < rows.std(0).mean() < 1.4 * ideal
    assert len(np.unique(rows, axis=0)) == 400


def test_a_thin_sliver_is_sampled_without_waiting():
    found = region(floats(6), ["x0 + x1 + x2 + x3 + x4 + x5 <= 0.05"])
    rows = spread_rows(found, rng(), 200)
    assert len(rows) >= 100
    assert found.is_allowed(rows).all()
    assert (rows.std(0) > 1e-3).all()


def test_constraints_that_leave_nothing_give_nothing():
    found = region(floats(2), ["x0 + x1 <= 0.4", "x0 + x1 >= 0.6"])
    assert len(find_feasible_rows(found, rng())) == 0
    assert maximise(Peak((0.5, 0.5)), found, rng()) is None


def test_a_small_finite_space_is_enumerated():
    parameters = [choice("c", "a", "b", "c"), number("i", 0, 4, parameter_type="int")]
    everything = region(parameters)
    assert len(enumerate_rows(everything)) == 15
    row, value = maximise(Peak((0.5, 0.75)), everything, rng())
    assert (row.tolist(), value) == ([0.5, 0.75], 0.0)
    left = replace(everything, taken=enumerate_rows(everything)[:-1])
    assert maximise(Peak((0.5, 0.75)), left, rng())[0].tolist() == [1.0, 1.0]
    assert maximise(Peak((0.5, 0.75)), replace(everything, taken=enumerate_rows(everything)), rng()) is None


def test_mixed_columns_are_searched_together():
    parameters = [
        *floats(2),
        *(choice(f"b{i}", 0, 1, is_ordered=True) for i in range(10)),
        number("i", 0, 1000, parameter_type="int"),
    ]
    at = [0.31, 0.77, *([0, 1] * 5), 0.437]
    row, value = maximise(Peak(at), region(parameters), rng())
    np.testing.assert_allclose(row, at, atol=2e-3)
    assert value > -1e-5


def test_what_is_taken_is_not_found_again():
    taken = [[0.3, 0.7]]
    row, _ = maximise(Peak((0.3, 0.7)), region(floats(2), taken=taken, seeds=taken), rng())
    assert np.abs(row - taken[0]).max() > 1e-7


def test_a_large_finite_space_does_not_repeat_itself():
    parameters = [number(f"i{k}", 0, 30, parameter_type="int") for k in range(3)]
    found = region(parameters)
    taken = []
    for _ in range(12):
        row, _ = maximise(Peak((0.5, 0.5, 0.5)), replace(found, taken=np.array(taken).reshape(-1, 3)), rng())
        assert not any(np.allclose(row, t) for t in taken)
        taken.append(row)
    assert np.abs(np.array(taken) - 0.5).max() <= 3 / 30 + 1e-9


def test_the_same_stream_finds_the_same_row():
    options = SearchOptions(raw=64, restarts=4)
    one, two = (maximise(Peak((0.3, 0.7)), region(floats(2)), rng(), options)[0] for _ in range(2))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(("columns", "levels"), [(16, 16), (40, 10)])
def test_many_columns_of_few_values_are_more_than_can_be_counted(columns, levels):
    many = [number(f"x{i}", 0, levels - 1, parameter_type="int") for i in range(columns)]
    whole = region(many)
    assert whole.size == pytest.approx(float(levels) ** columns)
    _, score = maximise(Peak(np.full(columns, 1.0)), whole, rng())
    assert score > -0.1 * columns
    held = [0.0] * (columns - 2) + [np.nan, np.nan]
    rows = enumerate_rows(region(many, fixed=held))
    assert rows.shape == (levels**2, columns)
    assert len(np.unique(rows[:, -2:], axis=0)) == levels**2


def test_a_row_is_fresh_unless_a_taken_one_is_the_same():
    taken = rng().random((40, 3))
    X = np.vstack([taken[::4], taken[::4] + 1e-9, taken[::4] + np.array([1e-6, 0, 0]), rng().random((10, 3)) + 2.0])
    fresh = region([number(n) for n in "abc"], taken=taken).is_new(X)
    assert fresh.tolist() == [False] * 20 + [True] * 20
