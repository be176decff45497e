"""Configs of parameters that depend on others, and experiments with them, kept and read back."""

import pytest

from axnb import ChoiceParameterConfig, Client, RangeParameterConfig
from axnb.api.configs import DerivedParameterConfig
from axnb.errors import ExpressionError, UserInputError


def client():
    made = Client(random_seed=0)
    made.configure_experiment(
        parameters=[
            ChoiceParameterConfig(
                "kind", ["svm", "forest"], "str", dependent_parameters={"svm": ["C"], "forest": ["depth", "trees"]}
            ),
            RangeParameterConfig("C", (0.01, 100), "float", scaling="log"),
            RangeParameterConfig("depth", (1, 9), "int"),
            RangeParameterConfig("trees", (0, 1), "float"),
            RangeParameterConfig("u", (0, 1), "float"),
            RangeParameterConfig("v", (0, 1), "float"),
            RangeParameterConfig("w", (0, 1), "float"),
            DerivedParameterConfig("rest", "1 - u", "float"),
        ],
        parameter_constraints=["u + v + w == 1", "count(u, v, w) <= 2"],
    )
    made.configure_optimization(objective="f")
    return made


def fill(made, trials):
    for _ in range(trials):
        for index, p in made.get_next_trials(1).items():
            assert p["u"] + p["v"] + p["w"] == pytest.approx(1)
            assert p["rest"] == 1 - p["u"]
            assert ("C" in p) == (p["kind"] == "svm") != ("depth" in p)
            made.complete_trial(index, {"f": p["u"] * p["v"] + (p["kind"] == "svm")})


def test_all_rules_together_through_the_client_and_a_file(tmp_path):
    made = client()
    fill(made, 8)
    made.save_to_json_file(tmp_path / "x.json")
    again = Client.load_from_json_file(tmp_path / "x.json")
    assert again.experiment.view().search_space == made.experiment.view().search_space
    assert again.get_next_trials(1) == made.get_next_trials(1)
    assert len(again.summarize()) == 9
    best = again.get_best_parameterization()[0]
    assert again.predict([best])[0]["f"][0] > 0.5


def test_what_does_not_exist_is_refused():
    with pytest.raises(UserInputError, match="'depth' does not exist"):
        client().attach_trial({"kind": "svm", "C": 1.0, "depth": 3, "u": 0.5, "v": 0.5, "w": 0.0})


@pytest.mark.parametrize("given", [["C"], {"svm": "C"}, {"tree": ["C"]}])
def test_bad_dependents(given):
    with pytest.raises(UserInputError, match="kind"):
        ChoiceParameterConfig("kind", ["svm", "forest"], "str", dependent_parameters=given)


def test_bad_derived():
    with pytest.raises(ExpressionError, match="not linear"):
        DerivedParameterConfig("d", "x*y", "float")
    with pytest.raises(UserInputError, match="derived parameter 'd'"):
        DerivedParameterConfig("d", "2*x", "str")
