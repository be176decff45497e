"""Random points, factorial designs, and points that are tried again."""

import pytest

from axnb import ChoiceParameterConfig, Client, RangeParameterConfig
from axnb.errors import UserInputError
from axnb.problem.generation import GenerationNode, GenerationStrategy, PartSpec
from axnb.suggest.generators.factorial import FactorialGenerator
from axnb.suggest.generators.uniform import UniformGenerator
from axnb.testing import check_generator


def client_with(generator, constraints=None):
    client = Client(random_seed=3)
    client.configure_experiment(
        [
            RangeParameterConfig("x", (1.0, 100.0), "float", scaling="log"),
            RangeParameterConfig("n", (1, 3), "int"),
            ChoiceParameterConfig("kind", ["a", "b"], "str"),
        ],
        constraints,
    )
    client.configure_optimization("f")
    client.set_generation_strategy(GenerationStrategy((GenerationNode("design", generator),)))
    return client


def test_random_points_keep_the_contract():
    check_generator(UniformGenerator)
    check_generator(lambda: UniformGenerator(seed=5))


def test_a_factorial_design_has_every_combination_once():
    client = client_with(PartSpec("Factorial", {"levels": 3}))
    points = list(client.get_next_trials(max_trials=50).values())
    assert len(points) == 3 * 3 * 2
    assert {round(p["x"], 6) for p in points} == {1.0, 10.0, 100.0}
    assert {p["n"] for p in points} == {1, 2, 3}
    assert len({tuple(p.values()) for p in points}) == 18
    assert {t.provenance.generator for t in client.experiment.view().trials.values()} == {"Factorial"}


def test_a_design_keeps_constraints_and_fixed_values():
    client = client_with(PartSpec("Factorial", {"levels": 3}), ["n <= 2"])
    points = list(client.get_next_trials(max_trials=9, fixed_parameters={"x": 5.0}).values())
    assert [(p["n"], p["kind"]) for p in points] == [(n, kind) for n in (1, 2) for kind in "ab"]
    assert [p["x"] for p in points] == pytest.approx([5.0] * 4)


def test_a_design_may_be_too_large():
    with pytest.raises(UserInputError, match="has 8 combinations, more than 5"):
        client_with(PartSpec("Factorial", {"max_cardinality": 5})).get_next_trials(max_trials=1)
    with pytest.raises(UserInputError, match="2 or more levels"):
        FactorialGenerator(levels=1)


def test_points_are_tried_again_as_often_as_each_other():
    client = client_with("InSample")
    points = [{"x": 2.0, "n": 1, "kind": "a"}, {"x": 3.0, "n": 2, "kind": "b"}]
    for point in points:
        client.complete_trial(client.attach_trial(point), {"f": 1.0})
    found = list(client.get_next_trials(max_trials=4).values())
    assert sorted(p["n"] for p in found) == [1, 1, 2, 2]
    (held,) = client.get_next_trials(max_trials=1, fixed_parameters={"kind": "b"}).values()
    assert held == points[1]
