"""The search space validates points and reads linear constraints."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axnb.errors import ExpressionError, UnknownNameError, UserInputError
from axnb.problem.constraints import parse_parameter_constraints
from axnb.problem.parameters import ChoiceParameter, FixedParameter, RangeParameter
from axnb.problem.space import SearchSpace

X = RangeParameter(name="x", lower=0, upper=1)
Y = RangeParameter(name="y size", lower=0, upper=10, parameter_type="int")
C = ChoiceParameter(name="c", values=("a", "b", "c"))
F = FixedParameter(name="f", value=7, parameter_type="int")
SPACE = SearchSpace(parameters=(X, Y, C, F), constraints=parse_parameter_constraints(["10*x + y size <= 12"], [X, Y]))


def test_a_point_is_kept_in_the_order_of_the_space_with_exact_types():
    point = SPACE.validate({"c": "b", "y size": 2.0, "x": 1})
    assert list(point.items()) == [("x", 1.0), ("y size", 2), ("c", "b"), ("f", 7)]
    assert type(point["y size"]) is int


@pytest.mark.parametrize(
    ("point", "belongs"),
    [
        ({"x": 0.1, "y size": 9, "c": "a", "f": 7}, True),
        ({"x": 1.0, "y size": 9, "c": "a", "f": 7}, True),  # the constraint does not matter
        ({"x": 0.1, "y size": 9, "c": "d", "f": 7}, False),
        ({"x": 0.1, "y size": 9, "c": "a"}, False),
        ({"x": 0.1, "y size": 9, "c": "a", "f": 7, "gone": 1.0}, True),  # no longer a parameter
        ({"x": 0.1, "y size": 9.5, "c": "a", "f": 7}, True),  # as it may have been measured
        ({"x": 0.1, "y size": 12, "c": "a", "f": 7}, False),
    ],
)
def test_a_member_has_an_allowed_value_of_every_parameter(point, belongs):
    assert SPACE.is_member(point) is belongs


@pytest.mark.parametrize(
    ("point", "error", "reason"),
    [
        ({"x": 0.1, "y size": 1}, UserInputError, "missing for 'c'"),
        ({"x": 0.1, "y size": 1, "c": "a", "z": 1}, UnknownNameError, "no parameter 'z'"),
        ({"x": 0.1, "y_size": 1, "c": "a"}, UnknownNameError, "Did you mean 'y size'"),
        ({"x": 1.0, "y size": 3, "c": "a"}, UserInputError, "does not satisfy"),
        ({"x": 0.1, "y size": 1, "c": "a", "f": 8}, UserInputError, "always 7"),
        ([0.1, 1, "a"], UserInputError, "expected a dict"),
    ],
)
def test_bad_points_are_refused_by_name(point, error, reason):
    with pytest.raises(error, match=reason):
        SPACE.validate(point)


@pytest.mark.parametrize(
    ("text", "error", "reason"),
    [
        ("x + z <= 1", UnknownNameError, "names 'z'"),
        ("x + c <= 1", UserInputError, "only ranges"),
        ("x*x <= 1", ExpressionError, "not linear"),
        ("x - x <= 1", UserInputError, "constrains no parameter"),
        ("x < 1", ExpressionError, "operator"),
    ],
)
def test_bad_constraints_are_refused(text, error, reason):
    with pytest.raises(error, match=reason):
        parse_parameter_constraints([text], SPACE.parameters)


@given(st.floats(0, 1), st.integers(0, 10))
def test_slack_agrees_with_the_inequality(x, y):
    point = {"x": x, "y size": y, "c": "a", "f": 7}
    if abs(10 * x + y - 12) > 1e-6:
        assert SPACE.satisfies(point) == (10 * x + y <= 12)


def test_a_space_needs_parameters_with_names_of_their_own():
    with pytest.raises(UserInputError, match="at least one"):
        SearchSpace(parameters=())
    with pytest.raises(UserInputError, match="given twice: 'x'"):
        SearchSpace(parameters=(X, X))


def test_its_table_escapes_names():
    hostile = RangeParameter(name="<img src=x onerror=alert(1)>", lower=0, upper=1)
    html = SearchSpace(parameters=(hostile,))._repr_html_()
    assert "<img" not in html
    assert "&lt;img" in html
