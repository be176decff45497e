"""Constraints between parameters as people write them."""

from decimal import Decimal

import numpy as np
import pytest

from axnb import ChoiceParameterConfig, Client, DerivedParameterConfig, RangeParameterConfig
from axnb.errors import ExpressionError, UserInputError
from axnb.problem.constraints import parse_parameter_constraints
from axnb.problem.expressions import parse_linear
from axnb.problem.feasibility import check_feasible
from axnb.problem.parameters import ChoiceParameter, DerivedParameter, FixedParameter, RangeParameter
from axnb.problem.space import SearchSpace
from axnb.surrogate.encoder import Encoder

X, Y, Z = (RangeParameter(name=n, lower=0.0, upper=10.0) for n in "xyz")
SIZE = ChoiceParameter(name="size", values=(1, 2, 5), parameter_type="int", is_ordered=True)
K = FixedParameter(name="k", value=4.0)
TWICE = DerivedParameter(name="twice", expression=parse_linear("2*x + 1"))
ALL = (X, Y, Z, SIZE, K, TWICE)


def read(*texts, parameters=ALL):
    return [str(c) for c in parse_parameter_constraints(texts, parameters)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("|x − z| <= 3", ["x - z <= 3", "-x + z <= 3"]),
        ("3 >= abs(x - z)", ["x - z <= 3", "-x + z <= 3"]),
        ("|x - z| <= y", ["x - z - y <= 0", "-x + z - y <= 0"]),
        ("x + y ≤ 5", ["x + y <= 5"]),
        ("2·x - y ≥ 1", ["-2*x + y <= -1"]),
        ("1 <= x + y <= 5", ["-x - y <= -1", "x + y <= 5"]),
        ("x == z", ["x - z == 0"]),
    ],
)
def test_what_people_write_is_read(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("x = z", "as in 'x == z'"),
        ("2 x <= 3", r"as in '2\*x <= 3'"),
        ("2x + 0.5 y <= 3", r"as in '2\*x \+ 0.5\*y <= 3'"),
        ("x*y <= 3", "configure_nonlinear_constraints"),
        ("x/y <= 3", "configure_nonlinear_constraints"),
        ("sqrt(x) <= 3", "configure_nonlinear_constraints"),
        ("|x - y| >= 3", "bounded from above"),
        ("|x - y| == 3", "bounded from above"),
        ("x + <= 3", "'flow rate'"),
        ("k <= 5", "no parameter that is tuned"),
    ],
)
def test_slips_are_answered_in_the_words_of_parameters(text, remedy):
    with pytest.raises(UserInputError, match=remedy) as caught:
        read(text)
    assert "metric" not in str(caught.value)


def test_slips_in_objectives_are_answered_in_the_words_of_metrics():
    with pytest.raises(ExpressionError, match="metric of its own"):
        parse_linear("a*b")


def test_ordered_choices_fixed_and_derived_parameters_may_be_constrained():
    client = Client(random_seed=0)
    client.configure_experiment(
        [
            RangeParameterConfig("x", (0.0, 10.0), "float"),
            ChoiceParameterConfig("size", [1, 2, 5], "int", is_ordered=True),
            ChoiceParameterConfig("k", [4.0], "float"),
            DerivedParameterConfig("twice", "2*x + 1", "float"),
        ],
        parameter_constraints=["x + size <= 6", "twice <= k + 5", "x >= 0.5*size"],
    )
    client.configure_optimization("y")
    for _ in range(14):
        for index, p in client.get_next_trials(max_trials=1).items():
            assert p["x"] + p["size"] <= 6 + 1e-6
            assert 2 * p["x"] + 1 <= 4 + 5 + 1e-6
            assert p["x"] >= 0.5 * p["size"] - 1e-6
            client.complete_trial(index, {"y": p["x"] * p["size"]})
    best = client.get_best_parameterization().parameters
    assert best["size"] == 2
    assert best["x"] == pytest.approx(4.0, abs=0.05)
    with pytest.raises(UserInputError, match="does not satisfy"):
        client.attach_trial({"x": 4.0, "size": 5})


def test_an_equation_with_an_ordered_choice_holds_in_every_suggestion():
    client = Client(random_seed=0)
    client.configure_experiment(
        [
            RangeParameterConfig("x", (0.0, 10.0), "float"),
            ChoiceParameterConfig("size", [1, 2, 5], "int", is_ordered=True),
        ],
        parameter_constraints=["x == 2*size"],
    )
    client.configure_optimization("y")
    for _ in range(3):
        for index, p in client.get_next_trials(max_trials=1).items():
            assert p["x"] == pytest.approx(2 * p["size"])
            client.complete_trial(index, {"y": p["x"]})


def test_slopes_of_ordered_choices_are_those_of_the_numbers():
    space = SearchSpace(parameters=(X, SIZE), constraints=parse_parameter_constraints(["x + 2*size <= 9"], (X, SIZE)))
    encoder = Encoder(space)
    assert not encoder.is_straight
    assert encoder.numbers(encoder.encode([{"x": 3.0, "size": s} for s in (1, 2, 5)]))[:, 1].tolist() == [1, 2, 5]
    at, step = np.array([[0.3, 0.2], [0.3, 0.7]]), 1e-7
    rise = (encoder.slack(at + np.array([0.0, step])) - encoder.slack(at)) / step
    assert encoder.slack_gradient(at)[:, :, 1] == pytest.approx(rise, rel=1e-5)
    column = encoder.columns[1]
    assert column.coordinates_of(np.array([1.0, 2.0, 3.5, 5.0, 7.0])).tolist() == [0.0, 0.5, 0.75, 1.0, -1.0]


@pytest.mark.parametrize(
    ("texts", "guilty"),
    [
        (["x + y <= 3", "x >= 2", "y >= 2", "z <= 5"], ["x + y <= 3", "-x <= -2", "-y <= -2"]),
        (["x == z", "x >= 6", "z <= 5"], ["x - z == 0", "-x <= -6", "z <= 5"]),
        (["count(x, y, z) <= 1", "x >= 1", "y >= 1"], ["count(x, y, z) <= 1", "-x <= -1", "-y <= -1"]),
        (["twice >= 9", "x <= 3"], ["-twice <= -9", "x <= 3"]),
    ],
)
def test_contradictions_are_refused_when_they_are_given(texts, guilty):
    space = SearchSpace(parameters=ALL, constraints=parse_parameter_constraints(texts, ALL))
    with pytest.raises(UserInputError, match="no point satisfies") as caught:
        check_feasible(space)
    assert all(f"'{g}'" in str(caught.value) for g in guilty)
    assert "z <= 5" in guilty or "'z <= 5'" not in str(caught.value)


def test_whole_numbers_may_contradict_what_their_range_allows():
    client = Client(random_seed=0)
    configs = [RangeParameterConfig(name, (0, 9), "int") for name in "nm"]
    with pytest.raises(UserInputError, match="no point satisfies"):
        client.configure_experiment(configs, parameter_constraints=["2*n - 2*m == 1", "n >= 1"])
    client.configure_experiment(configs, parameter_constraints=["n - m == 1", "n >= 1"])
    with pytest.raises(UserInputError, match="no point satisfies"):
        client.edit_search_space(add_constraints=["m >= 9"])


@pytest.mark.parametrize("unit", [1e-15, 1e-6, 1.0, 1e12])
def test_tolerances_are_of_the_size_of_what_is_constrained(unit):
    parts = [RangeParameterConfig(n, (0.0, unit), "float") for n in "abc"]
    client = Client(random_seed=0)
    client.configure_experiment(
        [*parts, DerivedParameterConfig("w", "2*a", "float")], parameter_constraints=[f"a + b + c == {unit!r}"]
    )
    client.configure_optimization("y")
    for _ in range(7):
        for index, p in client.get_next_trials(max_trials=1).items():
            assert p["a"] + p["b"] + p["c"] == pytest.approx(unit, rel=1e-6)
            client.complete_trial(index, {"y": p["a"] / unit})
    third = unit / 4
    with pytest.raises(UserInputError, match="'w' is always"):
        client.attach_trial({"a": third, "b": third, "c": unit / 2, "w": 5 * third})
    with pytest.raises(UserInputError, match="does not satisfy"):
        client.attach_trial({"a": third, "b": third, "c": third})


def test_decimals_are_numbers():
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (Decimal("0.1"), Decimal("0.5")), "float")])
    client.configure_optimization("y")
    index = client.attach_trial({"x": Decimal("0.2")})
    client.complete_trial(index, {"y": (Decimal("1.5"), Decimal("0.1"))})
    trial = client.experiment.view().trials[index]
    assert dict(trial.arms[0].parameters) == {"x": 0.2}
    assert trial.outcomes["y"] == (1.5, 0.1)
    with pytest.raises(UserInputError, match="finite"):
        client.attach_trial({"x": Decimal("NaN")})
