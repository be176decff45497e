"""Rules between parameters: equations, counts, what exists when, what follows from what."""

import pytest

from axnb.errors import UnknownNameError, UserInputError
from axnb.problem.constraints import parse_parameter_constraints
from axnb.problem.expressions import LinearExpression, parse_linear
from axnb.problem.parameters import ChoiceParameter, DerivedParameter, FixedParameter, RangeParameter
from axnb.problem.space import SearchSpace

X, Y = RangeParameter(name="x", lower=0.0, upper=1.0), RangeParameter(name="y", lower=0.0, upper=1.0)


def test_equations():
    space = SearchSpace(parameters=(X, Y), constraints=parse_parameter_constraints(["x + 0.5 == 1.25 - 0.5*y"], (X, Y)))
    assert str(space.constraints[0]) == "x + 0.5*y == 0.75"
    assert space.validate({"x": 0.5, "y": 0.5})
    with pytest.raises(UserInputError, match=r"== 0\.75"):
        space.validate({"x": 0.5, "y": 0.6})
    assert not space.satisfies({"x": 0.5, "y": 0.4})
    with pytest.raises(UserInputError, match="no point"):
        SearchSpace(parameters=(X, Y), constraints=parse_parameter_constraints(["x + y == 3"], (X, Y)))


def test_counts():
    (count,) = parse_parameter_constraints(["count(x, 'y') <= 1"], (X, Y))
    assert (str(count), count.names, count.bound) == ("count(x, y) <= 1", ("x", "y"), 1)
    space = SearchSpace(parameters=(X, Y), constraints=(count,))
    assert space.satisfies({"x": 0.5, "y": 0.0})
    assert not space.satisfies({"x": 0.5, "y": 0.1})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("count(x, z) <= 1", "names 'z'"),
        ("count(x, c) <= 1", "only ranges from 0"),
        ("count(x, y) <= 2", "one less"),
        ("count(x, x) <= 1", "each named once"),
        ("count(x, y) >= 1", "expected"),
        ("count(x, y) <= 1.5", "expected"),
    ],
)
def test_bad_counts(text, reason):
    choice = ChoiceParameter(name="c", values=("a", "b"))
    with pytest.raises(UserInputError, match=reason):
        parse_parameter_constraints([text], (X, Y, choice))


def branches(**dependents):
    kind = ChoiceParameter(
        name="kind", values=("a", "b"), dependents=tuple((k, tuple(v)) for k, v in dependents.items())
    )
    inner = ChoiceParameter(name="inner", values=(1, 2), parameter_type="int", dependents=((2, ("y",)),))
    return SearchSpace(parameters=(kind, inner, X, Y))


def test_only_what_exists_is_valid():
    space = branches(a=["x"], b=["inner"])
    assert space.active({"kind": "a"}) == ("kind", "x")
    assert space.validate({"kind": "a", "x": 1}) == {"kind": "a", "x": 1.0}
    assert space.validate({"y": 0.5, "inner": 2, "kind": "b"}) == {"kind": "b", "inner": 2, "y": 0.5}
    with pytest.raises(UserInputError, match="'y' does not exist with 'inner' 1"):
        space.validate({"kind": "b", "inner": 1, "y": 0.5})
    with pytest.raises(UserInputError, match="'inner' does not exist with 'kind' 'a'"):
        space.validate({"kind": "a", "x": 0.5, "inner": 1})
    with pytest.raises(UserInputError, match="missing for 'y'"):
        space.validate({"kind": "b", "inner": 2})


def test_dependents_that_make_no_sense():
    with pytest.raises(UnknownNameError, match="'z'"):
        branches(a=["z"])
    with pytest.raises(UserInputError, match="depends on 'kind', 'inner'"):
        branches(a=["y"])
    with pytest.raises(UserInputError, match="circle"):
        branches(a=["kind"])
    with pytest.raises(UserInputError, match="'c'"):
        branches(c=["x"])
    assert branches(a=["x"], b=["x"]).active({"kind": "b", "inner": 1}) == ("kind", "inner", "x")


def test_derived_parameters():
    total = DerivedParameter(name="total", expression=parse_linear("x + 2*y - 1"))
    space = SearchSpace(parameters=(total, X, Y))
    assert space.validate({"x": 0.5, "y": 0.25}) == {"total": 0.0, "x": 0.5, "y": 0.25}
    assert space.validate({"x": 0.5, "y": 0.5, "total": 0.5})["total"] == 0.5
    with pytest.raises(UserInputError, match=r"'total' is always x \+ 2\*y - 1"):
        space.validate({"x": 0.5, "y": 0.5, "total": 0.75})
    assert [p.name for p in space.tunable] == ["x", "y"]


@pytest.mark.parametrize(
    ("expression", "kind", "reason"),
    [
        ("x", "int", "'x' is of type float"),
        ("0.5*n", "int", "cannot be"),
        ("c", "float", "'c' is of type str"),
        ("other", "float", "always 2"),
        ("z", "float", "'z'"),
    ],
)
def test_derived_parameters_that_make_no_sense(expression, kind, reason):
    others = (
        X,
        RangeParameter(name="n", lower=1, upper=9, parameter_type="int"),
        ChoiceParameter(name="c", values=("a", "b")),
        FixedParameter(name="other", value=2.0),
    )
    made = DerivedParameter(name="made", expression=parse_linear(expression), parameter_type=kind)
    with pytest.raises(UserInputError, match=reason):
        SearchSpace(parameters=(*others, made))


def test_derived_parameters_need_something_to_follow():
    for text, kind in (("3", "float"), ("2*c", "str"), ("x + y", "bool")):
        with pytest.raises(UserInputError, match="derived parameter 'made'"):
            DerivedParameter(name="made", expression=parse_linear(text), parameter_type=kind)


@pytest.mark.parametrize("text", ["x - 1e308 <= 1e308", "1e308*x >= -1e308*x"])
def test_constraints_that_no_float_holds_are_refused(text):
    with pytest.raises(UserInputError, match="too large"):
        parse_parameter_constraints([text], [RangeParameter(name="x", lower=0, upper=1)])


@pytest.mark.parametrize(("kind", "weight"), [("float", 1e308), ("int", 1e15)])
def test_derived_values_that_get_too_large_are_refused(kind, weight):
    x = RangeParameter(name="x", lower=-10, upper=2, parameter_type="int")
    expression = LinearExpression(terms=(("x", weight),))
    derived = DerivedParameter(name="d", expression=expression, parameter_type=kind)
    with pytest.raises(UserInputError, match=r"derived parameter 'd': .* can get too large"):
        SearchSpace(parameters=(x, derived))
