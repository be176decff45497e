"""Bad input gets one of our errors with the remedy, and leaves the experiment exactly as it was."""

import inspect
import math
import os

import numpy as np
import pandas as pd
import pytest

from axnb import ChoiceParameterConfig, Client, RangeParameterConfig
from axnb.errors import (
    AxnbError,
    ExpressionError,
    NotConfiguredError,
    ObjectNotFoundError,
    StorageError,
    TrialMutationError,
    UnknownNameError,
    UnsupportedError,
    UserInputError,
)
from axnb.problem.generation import GenerationOptions
from axnb.problem.objective import parse_optimization


def is_documented(error):
    """Return whether the docstring of the Client's method that was called names an error, or a base of it."""
    frames = [f.frame.f_code.co_name for f in inspect.getinnerframes(error.__traceback__)]
    called = [getattr(Client, n) for n in frames if not n.startswith(("_", "<", "test_")) and hasattr(Client, n)]
    raises = inspect.getdoc([*called, Client][0]).partition("Raises:")[2]
    return any(f"{kind.__name__}:" in raises for kind in type(error).__mro__)


HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def client():
    made = Client(random_seed=0)
    made.configure_experiment(
        [
            RangeParameterConfig("x", (0.0, 1.0), "float"),
            RangeParameterConfig("n", (1, 8), "int"),
            ChoiceParameterConfig("kernel", ["rbf", "poly", "linear"], "str"),
        ]
    )
    made.configure_optimization("accuracy", ["weight <= 10"])
    made.attach_trial({"x": 0.1, "n": 2, "kernel": "rbf"})
    made.attach_trial({"x": 0.2, "n": 3, "kernel": "rbf"})
    made.complete_trial(0, {"accuracy": 0.5, "weight": 1})
    return made


GOOD = {"x": 0.5, "n": 4, "kernel": "poly"}

CASES = [
    (lambda c: c.complete_trial(1, {"accuracy": math.nan}), UserInputError, "'accuracy': the mean must be a finite"),
    (lambda c: c.complete_trial(1, {"accuracy": math.inf}), UserInputError, "finite number"),
    (lambda c: c.complete_trial(1, {"accuracy": np.float64("-inf")}), UserInputError, "finite number"),
    (lambda c: c.complete_trial(1, {"accuracy": "0.9"}), UserInputError, "takes a number, or a pair"),
    (lambda c: c.complete_trial(1, {"accuracy": None}), UserInputError, "takes a number"),
    (lambda c: c.complete_trial(1, {"accuracy": True}), UserInputError, "takes a number"),
    (lambda c: c.complete_trial(1, {"accuracy": 1j}), UserInputError, "takes a number"),
    (lambda c: c.complete_trial(1, {"accuracy": np.array([0.1, 0.2])}), UserInputError, "takes a number"),
    (lambda c: c.complete_trial(1, {"accuracy": (0.9, -1)}), UserInputError, "must not be negative"),
    (lambda c: c.complete_trial(1, {"accuracy": (0.9, math.inf)}), UserInputError, "standard error must be a finite"),
    (lambda c: c.complete_trial(1, {"accuracy": (0.9, 0.1, 0.2)}), UserInputError, "pair of mean"),
    (lambda c: c.complete_trial(1, {"acuracy": 0.9}), UnknownNameError, "Did you mean 'accuracy'"),
    (lambda c: c.complete_trial(1, {"Accuracy": 0.9, "bogus": 1}), UnknownNameError, "configure_tracking_metrics"),
    (lambda c: c.complete_trial(1, {"accuracy": 0.9, "bogus": "1"}), UserInputError, "'bogus' takes a number"),
    (lambda c: c.complete_trial(99, {"accuracy": 0.9, "bogus": 1}), ObjectNotFoundError, "99"),
    (lambda c: c.complete_trial(1, {3: 0.9}), UnknownNameError, "no metric 3"),
    (lambda c: c.complete_trial(1, 0.9), UserInputError, "must be a dict"),
    (lambda c: c.complete_trial(1, {}), UserInputError, "raw_data is empty"),
    (lambda c: c.complete_trial(1, {"accuracy": 0.9}, progression="last"), UserInputError, "progression must be"),
    (lambda c: c.attach_data(1, None), UserInputError, "must be a dict"),
    (lambda c: c.complete_trial(0, {"accuracy": 0.7}), TrialMutationError, "already completed"),
    (lambda c: c.mark_trial_failed(0), TrialMutationError, "it is completed"),
    (lambda c: c.mark_trial_abandoned(0), TrialMutationError, "it is completed"),
    (lambda c: c.mark_trial_early_stopped(1), UnsupportedError, "no data"),
    (lambda c: c.complete_trial(7, {"accuracy": 1}), ObjectNotFoundError, "no trial 7; the trials are 0, 1"),
    (lambda c: c.complete_trial(-1, {"accuracy": 1}), ObjectNotFoundError, "no trial -1"),
    (lambda c: c.complete_trial("1", {"accuracy": 1}), UserInputError, "trial index must be a whole number"),
    (lambda c: c.complete_trial(1.0, {"accuracy": 1}), UserInputError, "trial index must be a whole number"),
    (lambda c: c.complete_trial(True, {"accuracy": 1}), UserInputError, "trial index must be a whole number"),
    (lambda c: c.complete_trial(None, {"accuracy": 1}), UserInputError, "trial index must be a whole number"),
    (lambda c: c.amend_data(0, {"accuracy": math.nan}), UserInputError, "finite"),
    (lambda c: c.amend_data(0, {"acuracy": 1}), UnknownNameError, "Did you mean 'accuracy'"),
    (lambda c: c.amend_data(0, {"acuracy": None}), UserInputError, "no data for 'acuracy'"),
    (lambda c: c.amend_data(0, 3), UserInputError, "must be a dict"),
    (lambda c: c.amend_data(0, {}), UserInputError, "raw_data is empty"),
    (lambda c: c.amend_data(7, {"accuracy": 1}), ObjectNotFoundError, "no trial 7"),
    (lambda c: c.delete_trial(7), ObjectNotFoundError, "no trial 7"),
    (lambda c: c.delete_trial("a"), UserInputError, "whole number"),
    (lambda c: c.note_trial(7, "x"), ObjectNotFoundError, "no trial 7"),
    (lambda c: c.note_trial(0, 7), UserInputError, "note must be a string"),
    (lambda c: c.reject_trial(0), TrialMutationError, "it is completed"),
    (lambda c: c.reject_trial(7), ObjectNotFoundError, "no trial 7"),
    (lambda c: c.attach_dataframe(3), UserInputError, "data frame"),
    (lambda c: c.attach_dataframe("none.csv"), ObjectNotFoundError, "no file"),
    (lambda c: c.suggest(0), UserInputError, "count must be"),
    (lambda c: c.suggest(1, {"y": 1}), UnknownNameError, "no parameter 'y'"),
    (lambda c: c.should_stop_trial_early(7), ObjectNotFoundError, "no trial 7"),
    (lambda c: c.should_stop_trial_early(None), UserInputError, "whole number"),
    (lambda c: c.attach_baseline({"x": 2}), UserInputError, "nearest allowed"),
    (lambda c: c.set_experiment(3), UserInputError, "expected an instance of Experiment"),
    (lambda c: c.set_experiment(Client().experiment), UnsupportedError, "already"),
    (lambda c: c.set_optimization_config("accuracy"), UserInputError, "OptimizationConfig"),
    (lambda c: c.set_generation_strategy("fast"), UserInputError, "GenerationOptions"),
    (lambda c: c.report(3), UserInputError, "path of a file"),
    (lambda c: c.run_trials(1), UnsupportedError, "configure_runner"),
    (lambda c: c.mark_trial_failed(1, 3), UserInputError, "reason must be a string"),
    (lambda c: c.attach_trial(GOOD | {"x": 2}), UserInputError, "nearest allowed value is 1.0"),
    (lambda c: c.attach_trial(GOOD | {"x": math.nan}), UserInputError, "finite"),
    (lambda c: c.attach_trial(GOOD | {"x": "0.5"}), UserInputError, "parameter 'x' takes"),
    (lambda c: c.attach_trial(GOOD | {"x": 10**400}), UserInputError, "parameter 'x' takes"),
    (lambda c: c.attach_trial(GOOD | {"n": 2.5}), UserInputError, "parameter 'n' takes an int"),
    (lambda c: c.attach_trial(GOOD | {"kernel": "rbg"}), UserInputError, "Did you mean 'rbf'"),
    (lambda c: c.attach_trial(GOOD | {"kernl": "rbf"}), UnknownNameError, "Did you mean 'kernel'"),
    (lambda c: c.attach_trial({"x": 0.5}), UserInputError, "missing for 'n', 'kernel'"),
    (lambda c: c.attach_trial(None), UserInputError, "expected a dict"),
    (lambda c: c.attach_trial([0.5, 4, "poly"]), UserInputError, "expected a dict"),
    (lambda c: c.attach_trial(GOOD, arm_name=3), UserInputError, "arm_name"),
    (lambda c: c.get_next_trials(0), UserInputError, "max_trials must be a whole number from 1 to 10000"),
    (lambda c: c.get_next_trials("3"), UserInputError, "max_trials"),
    (lambda c: c.get_next_trials(1.5), UserInputError, "max_trials"),
    (lambda c: c.get_next_trials(1, fixed_parameters={"y": 1}), UnknownNameError, "no parameter 'y'"),
    (lambda c: c.get_next_trials(1, fixed_parameters={"x": 3}), UserInputError, "nearest allowed value is 1.0"),
    (lambda c: c.get_next_trials(1, fixed_parameters=[1]), UserInputError, "expected a dict"),
    (lambda c: c.predict([{"x": 0.5}]), UserInputError, "missing"),
    (lambda c: c.predict({"x": 0.5}), UserInputError, "put it in a list"),
    (lambda c: c.summarize(trial_indices=[9]), ObjectNotFoundError, "no trial 9"),
    (lambda c: c.summarize(trial_statuses=["compleet"]), UserInputError, "no trial status"),
    (lambda c: c.configure_optimization("accuracy**2"), ExpressionError, "not linear"),
    (lambda c: c.configure_optimization("log(accuracy)"), ExpressionError, "calls 'log'"),
    (lambda c: c.configure_optimization("x"), UserInputError, "name of a parameter"),
    (lambda c: c.configure_optimization("accuracy", ["accuracy >= 0.5"]), UserInputError, "bounds the objective"),
    (lambda c: c.configure_optimization("accuracy", "weight <= 10"), UserInputError, "must be a list of strings"),
    (lambda c: c.configure_optimization("accuracy", [3]), UserInputError, "non-empty strings"),
    (lambda c: c.configure_optimization("accuracy", None, {"x": 0.5}), UserInputError, "missing"),
    (lambda c: c.configure_experiment([RangeParameterConfig("z", (0, 1), "float")]), UnsupportedError, "already"),
    (lambda c: c.configure_generation_strategy("fats"), UnsupportedError, "Did you mean 'fast'"),
    (lambda c: c.configure_generation_strategy(initialization_budget=-1), UserInputError, "initialization_budget"),
    (lambda c: c.configure_generation_strategy(initialization_budget=2.5), UserInputError, "initialization_budget"),
    (lambda c: c.configure_tracking_metrics("weight"), UserInputError, "must be a list"),
    (lambda c: c.configure_tracking_metrics([3]), UserInputError, "non-empty strings"),
    (lambda c: c.configure_tracking_metrics(["x"]), UserInputError, "name of a parameter"),
    (lambda c: c.compute_analyses([3], display=False), UserInputError, "no analysis|not an analysis"),
    (lambda c: c.save_to_json_file(3), UserInputError, "path of a file"),
    (lambda c: c.save_to_json_file(""), UserInputError, "path of a file"),
    (lambda c: c.load_from_json_file("x.json"), UnsupportedError, "has an experiment already"),
    (lambda c: Client.load_from_json_file("no-such-file.json"), ObjectNotFoundError, "no file"),
    (lambda c: Client(random_seed=-1), UserInputError, "random_seed"),
    (lambda c: Client(random_seed="0"), UserInputError, "random_seed"),
    (lambda c: Client(storage_config="sqlite"), UserInputError, "must be a StorageConfig"),
]


@pytest.mark.parametrize(("call", "error", "reason"), CASES, ids=[str(i) for i in range(len(CASES))])
def test_bad_input_is_refused_and_nothing_changes(client, call, error, reason):
    view, journal = client.experiment.view(), client.experiment.journal
    with pytest.raises(error, match=reason) as caught:
        call(client)
    assert isinstance(caught.value, AxnbError)
    assert is_documented(caught.value)
    assert client.experiment.view() is view
    assert client.experiment.journal == journal


BEFORE = [
    lambda c: c.configure_optimization("y"),
    lambda c: c.configure_tracking_metrics(["y"]),
    lambda c: c.configure_generation_strategy(),
    lambda c: c.get_next_trials(1),
    lambda c: c.attach_trial({"x": 1}),
    lambda c: c.attach_baseline({"x": 1}),
    lambda c: c.attach_data(0, {"y": 1}),
    lambda c: c.complete_trial(0),
    lambda c: c.mark_trial_failed(0),
    lambda c: c.mark_trial_abandoned(0),
    lambda c: c.mark_trial_early_stopped(0),
    lambda c: c.summarize(),
    lambda c: c.get_best_parameterization(),
    lambda c: c.get_pareto_frontier(),
    lambda c: c.predict([]),
    lambda c: c.compute_analyses(),
    lambda c: c.analysis_context(),
    lambda c: c.board(),
    lambda c: c.save_to_json_file("x.json"),
    lambda c: c.amend_data(0, {"y": 1}),
    lambda c: c.delete_trial(0),
    lambda c: c.note_trial(0, "x"),
    lambda c: c.reject_trial(0),
    lambda c: c.edit_search_space(disable={"x": 1}),
    lambda c: c.to_dataframe(),
    lambda c: c.attach_dataframe("x.csv"),
    lambda c: c.suggest(),
    lambda c: c.stopping_advice(),
    lambda c: c.expected_improvement(),
    lambda c: c.report(),
    lambda c: c.run_trials(1),
    lambda c: c.configure_metrics([]),
    lambda c: c.should_stop_trial_early(0),
]


@pytest.mark.parametrize("call", BEFORE, ids=[str(i) for i in range(len(BEFORE))])
def test_calls_before_configuration_say_what_to_call(call):
    with pytest.raises(NotConfiguredError, match="call configure_experiment first") as caught:
        call(Client())
    assert is_documented(caught.value)


CHANGES = [
    lambda c: c.configure_optimization("weight"),
    lambda c: c.configure_tracking_metrics(["seconds"]),
    lambda c: c.configure_generation_strategy(),
    lambda c: c.set_generation_strategy(GenerationOptions()),
    lambda c: c.set_optimization_config(parse_optimization("-accuracy")),
    lambda c: c.get_next_trials(1),
    lambda c: c.attach_trial(GOOD),
    lambda c: c.attach_baseline(GOOD),
    lambda c: c.attach_data(1, {"accuracy": 1}),
    lambda c: c.complete_trial(1),
    lambda c: c.mark_trial_failed(1),
    lambda c: c.mark_trial_abandoned(1),
    lambda c: c.amend_data(0, {"accuracy": 1}),
    lambda c: c.delete_trial(0),
    lambda c: c.note_trial(0, "x"),
    lambda c: c.reject_trial(1),
    lambda c: c.edit_search_space(disable={"x": 0.5}),
    lambda c: c.attach_dataframe(pd.DataFrame([GOOD | {"accuracy": 1}])),
    lambda c: c.undo(),
]


@pytest.mark.parametrize("change", CHANGES, ids=[str(i) for i in range(len(CHANGES))])
def test_a_change_that_cannot_be_kept_is_not_made(client, change, tmp_path, monkeypatch):
    client.save_to_json_file(tmp_path / "a.json")
    kept = Client(storage=tmp_path / "run.jsonl")
    kept.load_from_json_file(tmp_path / "a.json")
    view = kept.experiment.view()

    def refuse(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageError, match="No space left") as caught:
        change(kept)
    assert is_documented(caught.value)
    assert kept.experiment.view() is view


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.get_next_trials(1),
        lambda c: c.get_best_parameterization(),
        lambda c: c.get_pareto_frontier(),
        lambda c: c.predict([{"x": 0.5}]),
    ],
    ids=["suggest", "best", "frontier", "predict"],
)
def test_calls_without_a_goal_say_what_to_call(call):
    client = Client()
    client.configure_experiment([RangeParameterConfig("x", (0, 1), "float")])
    with pytest.raises(NotConfiguredError, match="call configure_optimization first"):
        call(client)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: RangeParameterConfig("x", (1, 0), "float"), "below the upper"),
        (lambda: RangeParameterConfig("x", 3, "float"), "pair of numbers"),
        (lambda: RangeParameterConfig("x", (0, 1, 2), "float"), "pair of numbers"),
        (lambda: RangeParameterConfig("x", "01", "float"), "pair of numbers"),
        (lambda: RangeParameterConfig("x", (0, 1), "float", scaling="ln"), "'linear' or 'log'"),
        (lambda: RangeParameterConfig("x", (0, 1), "str"), "'float' or 'int'"),
        (lambda: ChoiceParameterConfig("x", [], "str"), "at least two"),
        (lambda: ChoiceParameterConfig("x", [1, "a"], "str"), "of type str"),
        (lambda: ChoiceParameterConfig("x", "ab", "str"), "must be a list"),
        (lambda: Client().configure_experiment("x"), "list of parameter configs"),
        (lambda: Client().configure_experiment([]), "at least one parameter"),
        (lambda: Client().configure_experiment([{"name": "x"}]), "expected a RangeParameterConfig"),
        (lambda: Client().configure_experiment([RangeParameterConfig("x", (0, 1), "float")] * 2), "given twice"),
        (lambda: Client().configure_experiment([RangeParameterConfig("x", (0, 1), "float")], "x <= 1"), "list of str"),
        (lambda: Client().configure_experiment([RangeParameterConfig("x", (0, 1), "float")], ["y <= 1"]), "names 'y'"),
        (lambda: Client().configure_experiment([RangeParameterConfig("x", (0, 1), "float")], name=3), "name must be"),
    ],
    ids=[str(i) for i in range(16)],
)
def test_configs_check_themselves(make, reason):
    with pytest.raises(UserInputError, match=reason):
        make()


def test_an_impossible_constraint_is_said_clearly():
    client = Client()
    x, y = RangeParameterConfig("x", (0, 1), "float"), RangeParameterConfig("y", (0, 1), "float")
    with pytest.raises(UserInputError, match="no point within the bounds satisfies the constraint"):
        client.configure_experiment([x, y], ["x >= 2"])
    with pytest.raises(UserInputError, match=r"constraints '-x - y <= -1.5', 'x <= 0.2' together"):
        client.configure_experiment([x, y], ["x + y >= 1.5", "x <= 0.2"])


def test_hostile_names_are_text_everywhere():
    client = Client(random_seed=0)
    client.configure_experiment(
        [RangeParameterConfig(HOSTILE, (0, 1), "float"), ChoiceParameterConfig("$x_1^2$", ["<b>", "'", '"'], "str")],
        name=HOSTILE,
    )
    client.configure_optimization("-'<script>alert(2)</script>'", ["'a \"quoted\" <i>' <= 3"])
    for _ in range(7):
        for index, p in client.get_next_trials(1).items():
            client.complete_trial(index, {"<script>alert(2)</script>": p[HOSTILE], 'a "quoted" <i>': 1.0})
    board, _ = client._repr_mimebundle_()
    shown = [
        client.get_next_trials(1)._repr_html_(),
        client.get_best_parameterization()._repr_html_(),
        client.experiment.view().search_space._repr_html_(),
        board["text/html"],
        *(c.to_html() for c in client.compute_analyses(display=False)),
    ]
    for html in shown:
        assert "<img src=x" not in html
        assert "<script>alert" not in html


def test_long_and_odd_names_do_no_harm():
    name = "ü" * 200
    client = Client(random_seed=0)
    client.configure_experiment(
        [RangeParameterConfig(name, (0, 1), "float"), RangeParameterConfig("épaisseur (µm)", (0, 1), "float")]
    )
    client.configure_optimization(f"-{name}y")
    for _ in range(6):
        for index, p in client.get_next_trials(1).items():
            client.complete_trial(index, {f"{name}y": sum(p.values())})
    assert len(client.compute_analyses(display=False)) >= 1
