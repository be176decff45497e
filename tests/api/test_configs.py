"""Configs of parameters that depend on others, and experiments with them, kept and read back."""

import numpy as np
import pytest

from axnb import ChoiceParameterConfig, Client, RangeParameterConfig
from axnb.api.configs import DerivedParameterConfig, StorageConfig
from axnb.errors import ExpressionError, UnsupportedError, UserInputError


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


@pytest.mark.parametrize(
    ("make", "error", "reason"),
    [
        (
            lambda: RangeParameterConfig("", (3,), "flot", scaling="lg"),
            UserInputError,
            "non-empty string.*'int', got 'flot'.*pair of numbers, got \\(3,\\).*'linear' or 'log', got 'lg'",
        ),
        (
            lambda: RangeParameterConfig("x", (3, 1), "flot", step_size=-1, scaling="lg"),
            UserInputError,
            "got 'flot'.*below the upper bound, got \\(3, 1\\).*step_size must be above 0.*got 'lg'",
        ),
        (
            lambda: RangeParameterConfig("x", (0.5, float("nan")), "int", step_size="a"),
            UserInputError,
            "upper bound must be a finite.*step_size must be a finite.*lower bound must be a whole",
        ),
        (
            lambda: ChoiceParameterConfig("", "abc", "it", is_ordered="no", dependent_parameters=3),
            UserInputError,
            "non-empty string.*got 'it'.*must be a list, got 'abc'.*is_ordered must be.*dict of value",
        ),
        (
            lambda: ChoiceParameterConfig("c", [1, 2], "int", is_ordered="no", dependent_parameters={7: ["x"]}),
            UserInputError,
            "'x' cannot depend on 7.*is_ordered must be",
        ),
        (
            lambda: DerivedParameterConfig("", "x*y", "q"),
            ExpressionError,
            "non-empty string.*got 'q'.*is not linear",
        ),
    ],
)
def test_all_problems_of_a_config_come_in_one_message(make, error, reason):
    with pytest.raises(error, match=f"(?s){reason}"):
        make()


def test_a_registry_is_not_needed_and_said_so():
    assert StorageConfig(url="sqlite:///runs.db", registry_bundle=None).url
    with pytest.raises(UnsupportedError, match="configure_metrics and configure_runner again"):
        StorageConfig(url="sqlite:///runs.db", registry_bundle=object())


def test_columns_of_odd_names_do_not_hide_others():
    made = Client(random_seed=0)
    made.configure_experiment([RangeParameterConfig(n, (0.0, 1.0), "float") for n in ("note", "arm_name", "job")])
    made.configure_optimization("trial_status")
    made.complete_trial(made.attach_trial({"note": 0.1, "arm_name": 0.2, "job": 0.3}), {"trial_status": 7.0})
    row = made.summarize().iloc[0]
    assert (row["trial_status"], row["metric.trial_status"], row["arm_name"]) == ("COMPLETED", 7.0, "0_0")
    assert (row["note"], row["parameter.arm_name"], row["job"]) == (0.1, 0.2, 0.3)
    row = made.to_dataframe().iloc[0]
    assert row["parameter.note"] == 0.1
    assert row["metric.trial_status"] == 7.0


def test_bounds_and_values_come_in_any_order_that_can_be_walked():
    assert RangeParameterConfig("x", np.array([0.0, 1.0]), "float") == RangeParameterConfig("x", (0.0, 1.0), "float")
    for values in (range(1, 4), np.arange(1, 4), (v for v in (1, 2, 3))):
        assert ChoiceParameterConfig("n", values, "int").to_parameter().values == (1, 2, 3)
    for unordered in ({1, 2}, {1: 2, 3: 4}, "12", np.array(3)):
        with pytest.raises(UserInputError, match="must be a list"):
            ChoiceParameterConfig("n", unordered, "int")


def test_many_choices_are_told_apart_at_once():
    many = [f"v{i}" for i in range(100_000)]  # minutes, if each were compared with all others
    assert len(ChoiceParameterConfig(name="c", values=many, parameter_type="str").to_parameter().values) == 100_000
