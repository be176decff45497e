"""The encoder and its inverse, and linear constraints in the cube."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from axnb.errors import UserInputError
from axnb.problem.constraints import parse_parameter_constraints
from axnb.problem.parameters import ChoiceParameter, FixedParameter, RangeParameter
from axnb.problem.space import SearchSpace
from axnb.surrogate.encoder import Encoder

PARAMETERS = (
    RangeParameter(name="a", lower=-3.0, upper=5.0),
    RangeParameter(name="rate", lower=1e-5, upper=1e2, log_scale=True),
    RangeParameter(name="i", lower=1, upper=100, parameter_type="int"),
    RangeParameter(name="li", lower=1, upper=1024, parameter_type="int", log_scale=True),
    RangeParameter(name="s", lower=0.0, upper=1.0, step_size=0.1),
    ChoiceParameter(name="c", values=("red", "green", "blue"), parameter_type="str"),
    ChoiceParameter(name="o", values=(16, 32, 64), parameter_type="int", is_ordered=True),
    ChoiceParameter(name="b", values=(False, True), parameter_type="bool"),
    FixedParameter(name="f", value=7, parameter_type="int"),
)
SPACE = SearchSpace(
    parameters=PARAMETERS,
    constraints=parse_parameter_constraints(("a + rate <= 20", "2*i - 10*s <= 150"), PARAMETERS),
)
ENCODER = Encoder(SPACE)
rows = st.lists(st.floats(0, 1), min_size=8, max_size=8).map(lambda r: np.array([r]))


@given(rows)
def test_decode_gives_allowed_plain_values(X):
    (point,) = ENCODER.decode(X)
    assert list(point) == list(SPACE.names)
    for parameter in PARAMETERS:
        value = point[parameter.name]
        assert parameter.cast(value) == value
        assert type(value) is type(parameter.cast(value))


@given(rows)
def test_encode_and_decode_are_inverses_on_allowed_points(X):
    (point,) = ENCODER.decode(X)
    again = ENCODER.decode(ENCODER.encode([point]))[0]
    for name, value in point.items():
        if name in ("a", "rate"):
            assert again[name] == pytest.approx(value, rel=1e-12, abs=1e-12)
        else:
            assert again[name] == value


@given(rows)
def test_round_is_encode_after_decode(X):
    np.testing.assert_allclose(ENCODER.round(X), ENCODER.encode(ENCODER.decode(X)), atol=1e-9)


@given(rows)
def test_draws_become_allowed_rows(U):
    X = ENCODER.from_uniform(U)
    np.testing.assert_allclose(ENCODER.round(X), X, atol=1e-9)


def test_draws_are_fair_to_every_choice():
    U = np.tile(((np.arange(3000) + 0.5) / 3000)[:, None], 8)
    X = ENCODER.from_uniform(U)
    for name, levels in (("c", 3), ("o", 3), ("b", 2), ("i", 100), ("s", 11)):
        _, counts = np.unique(X[:, ENCODER.index(name)], return_counts=True)
        assert len(counts) == levels
        assert counts.max() - counts.min() <= 1


@given(rows)
def test_slack_has_the_sign_of_the_constraint_and_its_gradient(X):
    X = ENCODER.round(X)
    (point,) = ENCODER.decode(X)
    own = [c.slack(point) for c in SPACE.constraints]
    assert np.sign(ENCODER.slack(X)[0]) == pytest.approx(np.sign(own), abs=1) or np.allclose(own, 0, atol=1e-9)
    for slack, exact in zip(ENCODER.slack(X)[0], own, strict=True):
        assert slack * exact >= -1e-12
    inner = np.clip(X, 0.01, 0.99)
    gradient = ENCODER.slack_gradient(inner)[0]
    for j in range(8):
        e = np.zeros((1, 8))
        e[0, j] = 1e-6
        numeric = (ENCODER.slack(inner + e) - ENCODER.slack(inner - e))[0] / 2e-6
        np.testing.assert_allclose(gradient[:, j], numeric, atol=1e-6)


def test_center_is_the_middle_on_each_scale():
    middle = ENCODER.decode(ENCODER.center()[None])[0]
    assert middle["a"] == pytest.approx(1.0)
    assert middle["rate"] == pytest.approx(10**-1.5)
    assert middle["li"] == 32
    assert middle["s"] == 0.5
    assert middle["c"] == "green"
    assert middle["f"] == 7


def test_a_fixed_parameter_counts_in_constraints():
    parameters = (RangeParameter(name="x", lower=0.0, upper=10.0), FixedParameter(name="f", value=4.0))
    (constraint,) = parse_parameter_constraints(["x <= 5"], parameters)
    terms = (*constraint.terms, ("f", 1.0))
    encoder = Encoder(SearchSpace(parameters=parameters, constraints=(type(constraint)(terms=terms, bound=5.0),)))
    assert encoder.satisfies(np.array([[0.05], [0.2]])).tolist() == [True, False]


def test_an_unknown_choice_is_refused():
    point = ENCODER.decode(np.full((1, 8), 0.5))[0]
    with pytest.raises(UserInputError, match="'c'"):
        ENCODER.encode([point | {"c": "purple"}])


def test_unordered_choices_of_three_are_categorical_and_of_two_are_not():
    assert ENCODER.categorical.tolist() == [False] * 5 + [True, False, False]


def test_an_inequality_that_holds_everywhere_costs_nothing():
    encoder = Encoder(SearchSpace(parameters=(RangeParameter(name="x", lower=0.0, upper=2.0), _log())))
    terms = (("x", 1.0), ("rate", -1.0))
    assert not encoder.narrow([(terms, 2.0)]).has_constraints
    kept = encoder.narrow([(terms, 1.9), ((("x", -1.0),), -0.5)])
    assert kept.satisfies(np.array([[1.0, 0.0], [0.2, 0.0], [0.5, 0.0]])).tolist() == [False, False, True]


def test_slopes_of_the_slack_are_its_derivatives():
    x = RangeParameter(name="x", lower=1.0, upper=3.0)
    encoder = Encoder(SearchSpace(parameters=(x, _log()))).narrow([((("x", 2.0), ("rate", 1.0)), 3.0)])
    X, step = np.array([[0.3, 0.6], [0.9, 0.1]]), 1e-6
    assert not encoder.is_straight
    for j in range(2):
        shift = step * np.eye(2)[j]
        rise = (encoder.slack(X + shift) - encoder.slack(X - shift)) / (2 * step)
        np.testing.assert_allclose(encoder.slack_gradient(X)[:, :, j], rise, rtol=1e-6)


def _log():
    return RangeParameter(name="rate", lower=0.01, upper=1.0, log_scale=True)


def test_ranges_near_the_ends_of_floating_point_overflow_nowhere():
    wide = RangeParameter(name="b", lower=1e-300, upper=1e300, log_scale=True)
    encoder = Encoder(SearchSpace(parameters=(RangeParameter(name="a", lower=0.0, upper=1e200), wide)))
    numbers, slopes = encoder.numbers_and_slopes(np.array([[0.5, 1.0], [1.0, 0.0]]))
    np.testing.assert_allclose(numbers, [[5e199, 1e300], [1e200, 1e-300]])
    np.testing.assert_allclose(slopes, numbers * [[2.0, 600 * np.log(10)], [1.0, 600 * np.log(10)]])


def test_a_constraint_on_a_parameter_that_does_not_exist_holds():
    kind = ChoiceParameter(name="kind", values=("a", "b"), parameter_type="str", dependents=(("a", ("u",)),))
    parameters = (
        kind,
        RangeParameter(name="u", lower=0.0, upper=1.0),
        RangeParameter(name="x", lower=0.0, upper=2.0),
    )
    (constraint,) = parse_parameter_constraints(["u + x <= 1.2"], parameters)
    encoder = Encoder(SearchSpace(parameters=parameters, constraints=(constraint,)))
    X = encoder.encode([{"kind": "a", "u": 0.5, "x": 1.0}, {"kind": "b", "x": 1.0}])
    assert encoder.branches.exists(X).tolist() == [[True, True, True], [True, False, True]]
    assert encoder.satisfies(X).tolist() == [False, True]
    assert encoder.slack_gradient(X)[0].any()
    assert not encoder.slack_gradient(X)[1].any()
