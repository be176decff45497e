"""Rules of the search space: every generator keeps them, and the optimum on them is found."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from axnb.errors import SearchSpaceExhausted, UserInputError
from axnb.problem.expressions import parse_linear
from axnb.problem.parameters import ChoiceParameter, DerivedParameter
from axnb.record.trial import TrialStatus
from axnb.suggest.acquisition.builder import _select_inside
from axnb.suggest.fitting import fit_model
from axnb.suggest.generators.base import build_request
from axnb.suggest.strategy import suggest
from tests.suggest.helpers import Bench, bowl, choice, number

ABC = (number("a"), number("b"), number("c"))


def recipe(p):
    return {"f": -((p["a"] - 0.2) ** 2) - (p["b"] - 0.3) ** 2 - (p["c"] - 0.5) ** 2}


def keeps_rules(bench, generators=("Center", "Sobol", "BO")):
    space = bench.view.search_space
    for trial in bench.view.trials.values():
        assert space.validate(trial.parameters) == trial.parameters
    assert {t.provenance.generator for t in bench.view.trials.values()} <= set(generators)
    assert any(t.provenance.generator == "BO" for t in bench.view.trials.values())


def test_a_mixture_sums_to_one_and_its_best_recipe_is_found():
    bench = Bench(ABC, constraints=["a + b + c == 1"])
    bench.run(recipe, 14, n=2)
    keeps_rules(bench)
    assert max(t.outcomes["f"][0] for t in bench.view.trials.values()) > -1e-3


def test_a_mixture_of_many():
    many = tuple(number(f"x{i}") for i in range(10))
    bench = Bench(many, constraints=[" + ".join(p.name for p in many) + " == 1"])
    bench.run(lambda p: {"f": p["x3"] * p["x7"]}, 8)
    keeps_rules(bench)


@pytest.mark.parametrize(
    ("parameters", "constraints"),
    [
        ((number("a", 0, 9, parameter_type="int"), number("b", 0, 9, parameter_type="int")), ["a + b == 7"]),
        ((number("a", 0, 9, parameter_type="int"), number("b", 0, 30, parameter_type="int")), ["2*a + 3*b == 12"]),
        ((number("a", 0, 1, step_size=0.1), number("b", 0, 1, step_size=0.05)), ["a + b == 0.9"]),
        ((number("a", 0.01, 10, log_scale=True), number("b", 0, 10)), ["a + 2*b == 5"]),
        ((number("a", 0.01, 10, log_scale=True), number("b", 1, 100, log_scale=True)), ["a - 0.1*b == 0"]),
        ((number("a"), number("b", 1, 9, parameter_type="int"), number("c")), ["a + b == 3.25", "a <= 0.5"]),
        ((*ABC, number("d")), ["a + b == 1", "b + c == 0.5", "a + d >= 0.2"]),
        ((*ABC, choice("k", "u", "v", "w")), ["a + b + c == 1"]),
    ],
)
def test_equations_of_every_kind(parameters, constraints):
    bench = Bench(parameters, constraints=constraints, initialization_budget=2)
    try:
        bench.run(lambda p: {"f": p["a"] - p["b"] ** 2}, 7, n=2)
    except SearchSpaceExhausted:
        assert bench.view.search_space["a"].cardinality < 20
    keeps_rules(bench)


@settings(max_examples=15)
@given(st.lists(st.integers(-3, 3).filter(bool), min_size=2, max_size=4), st.floats(0.1, 0.9), st.integers(0, 99))
def test_equations_at_random(weights, share, seed):
    names = "abcd"[: len(weights)]
    low, high = sum(min(w, 0) for w in weights), sum(max(w, 0) for w in weights)
    text = " + ".join(f"{w}*{n}" for w, n in zip(weights, names, strict=True)).replace("+ -", "- ")
    bench = Bench(tuple(number(n) for n in names), constraints=[f"{text} == {low + share * (high - low)}"], seed=seed)
    for s in bench.suggest(4):
        assert bench.view.search_space.validate(s.parameters) == s.parameters


def test_equations_with_a_parameter_held_fixed():
    bench = Bench(ABC, constraints=["a + b + c == 1"])
    bench.run(recipe, 6)
    for name in "abc":
        for s in bench.suggest(2, **{name: 0.25}):
            assert s.parameters[name] == 0.25
            assert sum(s.parameters.values()) == pytest.approx(1)


def test_equations_that_contradict_each_other_are_said():
    with pytest.raises(UserInputError, match="contradicts"):
        Bench(ABC, constraints=["a + b == 1", "a + b == 0.5"]).suggest()


def test_at_most_so_many_parameters_are_used():
    many = tuple(number(f"x{i}") for i in range(6))
    bench = Bench(many, constraints=["count(x0, x1, x2, x3, x4, x5) <= 2", "x0 + x1 + x2 + x3 + x4 + x5 <= 1"])
    bench.run(lambda p: {"f": p["x1"] * p["x4"] - 0.1 * p["x0"]}, 18)
    keeps_rules(bench)
    best = max(bench.view.trials.values(), key=lambda t: t.outcomes["f"][0])
    assert best.outcomes["f"][0] > 0.2
    assert {n for n, v in best.parameters.items() if v} == {"x1", "x4"}


def test_a_recipe_of_few_ingredients():
    many = tuple(number(f"x{i}") for i in range(6))
    names = ", ".join(p.name for p in many)
    bench = Bench(many, constraints=[f"count({names}) <= 3", names.replace(", ", " + ") + " == 1"])
    bench.run(lambda p: {"f": p["x1"] * p["x4"]}, 9)
    keeps_rules(bench)


def used(parameters):
    return frozenset(n for n, v in parameters.items() if v)


@pytest.mark.parametrize("kind", ["float", "mixed"])
def test_every_choice_of_ingredients_can_be_drawn(kind):
    many = [number(f"x{i}") for i in range(4)]
    if kind == "mixed":
        many[1] = number("x1", parameter_type="float", step_size=0.25)
    bench = Bench(many, constraints=["count(x0, x1, x2, x3) <= 2", "x0 + x1 + x2 + x3 == 1"])
    region = build_request(bench.view, None).region()
    rows = region.project_uniform(np.random.default_rng(0).random((512, 4)))
    points = region.encoder.decode(rows[region.is_allowed(rows)])
    assert {used(p) for p in points} >= {frozenset(pair) for pair in combinations((p.name for p in many), 2)}
    assert all(bench.view.search_space.satisfies(p) for p in points)


@pytest.mark.parametrize("pair", [("x0", "x3"), ("x2", "x3")])
def test_the_best_recipe_of_two_ingredients_is_found(pair):
    many = tuple(number(f"x{i}") for i in range(4))
    bench = Bench(many, constraints=["count(x0, x1, x2, x3) <= 2", "x0 + x1 + x2 + x3 == 1"])
    bench.run(lambda p: {"f": -((p[pair[0]] - 0.4) ** 2) - (p[pair[1]] - 0.6) ** 2}, 18)
    keeps_rules(bench)
    best = max(bench.view.trials.values(), key=lambda t: t.outcomes["f"][0])
    assert used(best.parameters) == set(pair)
    assert best.outcomes["f"][0] > -1e-4


def test_recipes_of_one_ingredient_are_used_up():
    many = tuple(number(f"x{i}") for i in range(3))
    bench = Bench(many, constraints=["count(x0, x1, x2) <= 1", "x0 + x1 + x2 == 1"], method="random_search")
    assert {used(s.parameters) for s in bench.suggest(3)} == {frozenset({n}) for n in ("x0", "x1", "x2")}
    for s in bench.suggest(3):
        bench.create(s.parameters)
    with pytest.raises(SearchSpaceExhausted, match="no other point was found that satisfies the parameter constraints"):
        bench.suggest(1)


@pytest.mark.parametrize("constraints", [[], ["x0 + x1 + x2 + x3 == 1.5"]])
@pytest.mark.parametrize("value", [0.0, 0.25])
def test_what_is_held_fixed_counts_and_stays(constraints, value):
    bench = Bench(tuple(number(f"x{i}") for i in range(4)), constraints=["count(x0, x1, x2, x3) <= 3", *constraints])
    bench.run(lambda p: {"f": p["x0"] - p["x3"]}, 6)
    for s in bench.suggest(3, x3=value):
        assert s.parameters["x3"] == value
        assert bench.view.search_space.validate(s.parameters) == s.parameters


def test_more_held_fixed_than_may_be_used_leaves_nothing():
    bench = Bench(tuple(number(f"x{i}") for i in range(3)), constraints=["count(x0, x1, x2) <= 1"])
    with pytest.raises(SearchSpaceExhausted, match="x0, x1 held fixed"):
        bench.suggest(1, x0=0.5, x1=0.5)


def test_a_counted_parameter_that_is_left_out_follows_nothing():
    parameters = (number("a", 0, 2, parameter_type="int"), number("b"), number("c"), number("d"))
    bench = Bench(parameters, constraints=["count(a, b, c) <= 2", "a + b == 1.5", "d - 2*c == 0"])
    assert [s.parameters for s in bench.suggest(1)] == [{"a": 1, "b": 0.5, "c": 0.0, "d": 0.0}]


def test_equations_and_counts_together_break_no_equation():
    parameters = (*(number(f"p{i}") for i in range(3)), number("p3", 0, 2, parameter_type="int"))
    bench = Bench(parameters, constraints=["count(p0, p2, p1) <= 2", "p2 + p1 == 1", "p3 - 2*p2 == 0"])
    region = build_request(bench.view, None).region()
    rows = region.project_uniform(np.random.default_rng(0).random((256, 4)))
    points = region.encoder.decode(rows[region.is_allowed(rows)])
    assert {p["p3"] for p in points} >= {0, 2}
    assert all(bench.view.search_space.satisfies(p) for p in points)


def test_a_used_up_neighbourhood_is_said_to_be_one():
    bench = Bench((number("x", 0, 9, parameter_type="int"),), method="random_search")
    for x in (4, 5, 6):
        bench.create({"x": x})
    with pytest.raises(SearchSpaceExhausted, match="so near the given point has been tried"):
        suggest(bench.view, 1, near=({"x": 5}, 0.12))


def test_functions_that_allow_nothing_are_named():
    with pytest.raises(SearchSpaceExhausted, match="that satisfies the parameter constraints and functions"):
        suggest(Bench().view, 1, nonlinear_constraints=[lambda _: False])


def tree():
    kind = ChoiceParameter(
        name="kind", values=("svm", "forest", "none"), dependents=(("svm", ("C", "kernel")), ("forest", ("depth",)))
    )
    kernel = ChoiceParameter(name="kernel", values=("rbf", "poly"), dependents=(("poly", ("degree",)),))
    numbers = number("C", 0.01, 100, log_scale=True), number("depth", 1, 12, parameter_type="int")
    return kind, kernel, *numbers, number("degree", 2, 5, parameter_type="int"), number("x")


def score(p):
    bonus = {"svm": 1 - abs(math.log10(p.get("C", 1.0)) - 1), "forest": p.get("depth", 0) / 20, "none": 0.0}
    return {"f": bonus[p["kind"]] + 0.1 * (p.get("degree") == 4) - (p["x"] - 0.5) ** 2}


def test_only_what_exists_is_suggested_and_learned_from():
    bench = Bench(tree())
    bench.run(score, 24, n=2)
    keeps_rules(bench)
    seen = {tuple(t.parameters) for t in bench.view.trials.values()}
    assert ("kind", "depth", "x") in seen
    assert ("kind", "kernel", "C", "x") in seen
    best = max(bench.view.trials.values(), key=lambda t: t.outcomes["f"][0])
    assert best.parameters["kind"] == "svm"
    assert best.outcomes["f"][0] > 0.8
    predicted = fit_model(bench.view).predict([{"kind": "none", "x": 0.5}])
    assert np.isfinite(predicted[0]["f"][0])


def test_rows_of_what_does_not_exist_are_the_same():
    encoder = build_request(Bench(tree()).view, None).encoder
    X = encoder.encode([{"kind": "none", "x": 0.2}])
    assert encoder.decode(X) == [{"kind": "none", "x": 0.2}]
    region = build_request(Bench(tree()).view, None).region()
    rows = region.project_uniform(np.random.default_rng(0).random((200, 6)))
    assert region.is_allowed(rows).all()
    none = rows[np.abs(rows[:, 0] - 1.0) < 1e-9]
    assert len(np.unique(none[:, 1:5], axis=0)) == 1


def test_a_parameter_of_a_branch_may_be_held_fixed():
    bench = Bench(tree())
    for s in bench.suggest(4, kind="forest"):
        assert set(s.parameters) == {"kind", "depth", "x"}


def test_derived_parameters_follow():
    twice = DerivedParameter(name="twice", expression=parse_linear("2*x + 1"))
    same = DerivedParameter(name="same", expression=parse_linear("c"), parameter_type="str")
    bench = Bench((number("x"), number("y"), choice("c", "u", "v", "w"), twice, same))
    bench.run(lambda p: {**bowl(p), "g": p["twice"]}, 8)
    for trial in bench.view.trials.values():
        assert trial.parameters["twice"] == 2 * trial.parameters["x"] + 1
        assert trial.parameters["same"] == trial.parameters["c"]
    keeps_rules(bench)
    assert "twice" not in fit_model(bench.view).encoder.names


def disc(p):
    return 0.2 - (p["x"] - 0.6) ** 2 - (p["y"] - 0.6) ** 2


def inside(p):
    return disc(p) >= 0


@pytest.mark.parametrize("condition", [disc, inside])
def test_functions_are_kept_to(condition):
    bench = Bench()
    for _ in range(12):
        (s,) = suggest(bench.view, 1, nonlinear_constraints=[condition])
        assert inside(s.parameters)
        bench.done(s.parameters, f=s.parameters["x"] + s.parameters["y"])
    best = max(t.outcomes["f"][0] for t in bench.view.trials.values())
    assert best > 1.2 + 0.95 * math.sqrt(0.4)


def test_a_function_that_fails_is_named():
    def broken(p):
        return p["z"] > 0

    with pytest.raises(UserInputError, match="'broken' failed"):
        suggest(Bench().view, 1, nonlinear_constraints=[broken])


def test_near_a_point():
    parameters = (number("x", 0, 10), number("r", 0.01, 1, log_scale=True), choice("c", "a", "b", "d"))
    bench = Bench(parameters)
    bench.run(lambda p: {"f": p["x"] * p["r"]}, 7)
    point = {"x": 3.0, "r": 0.1, "c": "b"}
    for s in suggest(bench.view, 5, near=(point, 0.1)):
        assert 1.999 <= s.parameters["x"] <= 4.001
        assert 0.99 * 10**-1.2 <= s.parameters["r"] <= 1.01 * 10**-0.8
        assert s.parameters["c"] == "b"
    for bad in (point, (point, 0.0), (point, 2.0), ({"x": 1.0}, 0.1)):
        with pytest.raises(UserInputError, match="near"):
            suggest(bench.view, 1, near=bad)


@pytest.mark.parametrize(
    "rules", [["a + b - 2*c == 0.5"], ["a + c + b == 1", "count(a, c) <= 1"], ["a + c == 0.75", "count(a, c) <= 1"]]
)
def test_the_ascent_follows_equations(rules):
    class Sum:
        def value(self, X):
            return (X**2 @ np.array([1.0, 2.0, 3.0])) - X[:, 0]

        def value_and_gradient(self, X):
            return self.value(X), 2 * X * np.array([1.0, 2.0, 3.0]) - np.array([1.0, 0.0, 0.0])

    bench = Bench((number("a"), number("b", 0.1, 10, log_scale=True), number("c")), constraints=rules)
    region = build_request(bench.view, None).region()
    restricted = region.restrict(Sum())
    X = region.project_uniform(np.random.default_rng(0).random((50, 3)))
    X = X[region.is_allowed(X)][:5]
    value, gradient = restricted.value_and_gradient(X)
    for j in range(3):
        step = 1e-6 * np.eye(3)[j]
        slope = (restricted.value(X + step) - restricted.value(X - step)) / 2e-6
        assert gradient[:, j] == pytest.approx(slope, rel=1e-4, abs=1e-6)
    assert value == pytest.approx(Sum().value(X))


def test_disabled_parameters_are_held_by_the_engine():
    from dataclasses import replace

    from axnb.record.events import SearchSpaceEdited

    bench = Bench()
    bench.run(bowl, 6)
    space = replace(bench.view.search_space, disabled=(("y", 0.125),))
    bench.experiment.record([SearchSpaceEdited(search_space=space)])
    assert {s.parameters["y"] for s in bench.suggest(3)} == {0.125}
    assert bench.suggest(1, y=0.5)[0].parameters["y"] == 0.5


def test_results_out_of_the_narrowed_space_are_learned_from():
    from dataclasses import replace

    from axnb.record.events import SearchSpaceEdited
    from axnb.suggest.best import best_point

    bench = Bench()
    bench.run(bowl, 9)
    space = replace(bench.view.search_space, parameters=(number("x", 0.6, 1.0), number("y")))
    bench.experiment.record([SearchSpaceEdited(search_space=space)])
    assert len(fit_model(bench.view).arms) == 9
    for s in bench.suggest(3):
        assert 0.6 <= s.parameters["x"] <= 1.0
        bench.done(s.parameters, **bowl(s.parameters))
    assert best_point(bench.view).parameters["x"] >= 0.6
    assert fit_model(bench.view).predict([{"x": 0.6, "y": 0.6}])[0]["f"][0] == pytest.approx(-0.09, abs=0.02)


def test_rejected_suggestions_never_come_back():
    bench = Bench((number("i", 1, 9, parameter_type="int"), choice("c", "a", "b")), initialization_budget=3)
    rejected = set()
    for _ in range(9):
        (s,) = bench.suggest()
        assert tuple(s.parameters.values()) not in rejected
        index = bench.create(s.parameters, s.provenance)
        if index % 2:
            rejected.add(tuple(s.parameters.values()))
            bench.end(index, TrialStatus.ABANDONED)
        else:
            bench.data(index, f=float(s.parameters["i"]))
            bench.end(index)


def test_every_draw_keeps_to_the_count():
    many = tuple(number(f"x{i}") for i in range(6))
    region = build_request(Bench(many, constraints=["count(x0, x1, x2, x3, x4, x5) <= 2"]).view, None).region()
    rows = region.project_uniform(np.random.default_rng(0).random((50, 6)))
    assert ((rows > 0).sum(1) == 2).all()
    assert region.is_allowed(rows).all()
    assert len(np.unique(rows > 0, axis=0)) > 8  # many pairs get their chance


def test_what_lies_outside_is_nothing_to_improve_on():
    assert _select_inside(np.array([[0.5, 0.5], [1.2, 0.5], [0.5, -0.1]])).tolist() == [[0.5, 0.5]]
    assert len(_select_inside(np.array([[1.2, 0.5]]))) == 1


def branching(**options):
    kind = choice("kind", "a", "b", dependents=(("a", ("u",)), ("b", ("v",))))
    return Bench(parameters=(kind, number("u"), number("v"), number("x", upper=2.0)), **options)


def test_branches_keep_only_the_constraints_on_what_exists_there():
    bench = branching(objective="-f", constraints=["u + x <= 1.2"])
    bench.run(lambda p: {"f": (p["x"] - 1.9) ** 2 + (p["kind"] == "a")}, 14)
    found = [t.parameters for t in bench.view.trials.values()]
    assert all(p["u"] + p["x"] <= 1.2 + 1e-9 for p in found if p["kind"] == "a")
    assert min(abs(p["x"] - 1.9) for p in found if p["kind"] == "b") < 0.05


def test_what_is_held_fixed_is_kept_when_its_branch_is_entered():
    bench = branching(objective="-f")
    region = build_request(bench.view, {"u": 0.9}).region()
    row = region.project(region.encoder.encode([{"kind": "b", "v": 0.2, "x": 1.0}]))
    row[:, 0] = 0.0  # from "b", where there is no u, to "a"
    (entered,) = region.encoder.decode(region.project_unrounded(row))
    assert entered == {"kind": "a", "u": 0.9, "x": 1.0}


def test_an_equation_that_follows_from_others_does_not_shift_them():
    parameters = tuple(number(n, 0.0, 10.0) for n in "abcd")
    texts = ["a + b == 5", "2*a + 2*b == 10", "c + d == 7"]
    bench = Bench(parameters, constraints=texts)
    for suggestion in bench.suggest(4):
        p = suggestion.parameters
        assert p["a"] + p["b"] == pytest.approx(5.0)
        assert p["c"] + p["d"] == pytest.approx(7.0)
