"""The utilities below the service layer: parameters, goals and data from dicts and text; strategies; databases."""

import plotly.graph_objects as go
import pytest

from axnb.errors import (
    ExpressionError,
    NotConfiguredError,
    ObjectNotFoundError,
    UnknownNameError,
    UnsupportedError,
    UserInputError,
)
from axnb.problem.generation import GenerationNode, GenerationOptions, GenerationStrategy
from axnb.problem.parameters import ChoiceParameter, DerivedParameter, FixedParameter, RangeParameter
from axnb.problem.space import SearchSpace
from axnb.record.experiment import Experiment
from axnb.service.ax_client import DBSettings, ObjectiveProperties
from axnb.service.managed_loop import optimize
from axnb.service.utils.dispatch import choose_generation_strategy
from axnb.service.utils.instantiation import (
    InstantiationBase,
    constraint_from_str,
    goal_from_properties,
    make_experiment,
    outcome_constraint_from_str,
    parameter_from_json,
    raw_data_to_evaluation,
)
from axnb.service.utils.report_utils import exp_to_df, get_standard_plots
from axnb.service.utils.storage import (
    load_experiment,
    load_experiment_and_generation_strategy,
    save_experiment,
    save_experiment_and_generation_strategy,
)
from axnb.utils.notebook.plotting import init_notebook_plotting, render

X = {"name": "x", "type": "range", "bounds": [0.0, 1.0]}
N = {"name": "n", "type": "range", "bounds": [1, 5]}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (X, RangeParameter(name="x", lower=0.0, upper=1.0)),
        (N, RangeParameter(name="n", lower=1, upper=5, parameter_type="int")),
        (N | {"value_type": "float"}, RangeParameter(name="n", lower=1, upper=5)),
        (X | {"digits": 1}, RangeParameter(name="x", lower=0.0, upper=1.0, step_size=0.1)),
        (X | {"step_size": 0.25}, RangeParameter(name="x", lower=0.0, upper=1.0, step_size=0.25)),
        (N | {"digits": 3}, RangeParameter(name="n", lower=1, upper=5, parameter_type="int")),
        (
            X | {"bounds": [1e-3, 1.0], "log_scale": True},
            RangeParameter(name="x", lower=1e-3, upper=1.0, log_scale=True),
        ),
        (
            {"name": "k", "type": "choice", "values": ["a", "b", "c"], "is_ordered": True, "sort_values": False},
            ChoiceParameter(name="k", values=("a", "b", "c"), is_ordered=True),
        ),
        ({"name": "f", "type": "fixed", "value": True}, FixedParameter(name="f", value=True, parameter_type="bool")),
    ],
    ids=str,
)
def test_parameters(given, expected):
    assert parameter_from_json(given) == expected


def test_derived_parameters():
    made = parameter_from_json({"name": "d", "type": "derived", "expression_str": "2*x + 1"})
    assert isinstance(made, DerivedParameter)
    assert made.domain == "always 2*x + 1"


def test_digits_and_steps_are_two_ways_of_one_thing():
    with pytest.raises(UserInputError, match="both 'digits' and 'step_size'"):
        parameter_from_json(X | {"digits": 1, "step_size": 0.1})
    with pytest.raises(UnsupportedError, match="'is_fidelity'"):
        parameter_from_json(X | {"is_fidelity": True})


def test_parameter_constraints():
    parameters = {p["name"]: parameter_from_json(p) for p in (X, N)}
    assert str(constraint_from_str("x + n <= 3", parameters)) == "x + n <= 3"
    assert constraint_from_str("x == n", parameters).op == "=="
    with pytest.raises(UserInputError, match="2 constraints"):
        constraint_from_str("1 <= x + n <= 2", parameters)
    with pytest.raises(UserInputError, match="dict of parameters"):
        constraint_from_str("x <= n", list(parameters.values()))


@pytest.mark.parametrize(
    ("text", "op", "bound", "factor"),
    [
        ("m1 <= 3.", "<=", 3.0, 0.0),
        ("m1 >= -5%", ">=", 0.0, 0.95),
        ("m1 <= 10.5 %", "<=", 0.0, 1.105),
        ("'val loss' <= 2", "<=", 2.0, 0.0),
    ],
)
def test_outcome_constraints(text, op, bound, factor):
    made = outcome_constraint_from_str(text)
    assert (made.op, made.bound, pytest.approx(made.baseline_factor)) == (op, bound, factor)


def test_outcome_constraints_that_make_no_sense():
    with pytest.raises(ExpressionError):
        outcome_constraint_from_str("m1 == 3")
    with pytest.raises(ExpressionError):
        outcome_constraint_from_str(3)


def test_goals():
    odd = goal_from_properties(
        {"val loss": ObjectiveProperties(True), "it's": ObjectiveProperties(False, 2)}, None, False, None
    )
    assert odd == ("-'val loss', \"it's\"", ['"it\'s" >= 2.0'])
    alone = goal_from_properties({"loss": ObjectiveProperties(True, 3.0)}, None, False, ["m <= 3"])
    assert alone == ("-'loss'", ["m <= 3"])
    for objectives in ({}, {"loss": "minimize"}, ["loss"]):
        with pytest.raises(UserInputError):
            goal_from_properties(objectives, None, False, None)
    with pytest.raises(UserInputError, match="both kinds of quotes"):
        goal_from_properties(None, "a'b\"c", False, None)


def test_raw_data():
    assert raw_data_to_evaluation([(0, 1.0), (1, (0.5, 0.1))], "loss") == [
        (0.0, {"loss": (1.0, None)}),
        (1.0, {"loss": (0.5, 0.1)}),
    ]
    for raw in ("0.5", {"loss": "0.5"}, [("a", 0.5)], [0.5, 0.5, 0.5], None, {"loss": (1, 2, 3)}, [({}, 0.5)]):
        with pytest.raises(UserInputError):
            raw_data_to_evaluation(raw, "loss")


def test_an_experiment_without_a_class():
    made = make_experiment([X, N], "mine", "loss", True, ["x + n <= 5"], ["m <= 3"], {"x": 0.5, "n": 2})
    view = made.view()
    assert (view.name, str(view.optimization), view.metrics) == ("mine", "-loss", ("loss", "m"))
    assert view.trial(view.baseline).parameters == {"x": 0.5, "n": 2}
    assert isinstance(InstantiationBase.make_experiment([X]), Experiment)


def test_strategies():
    space = SearchSpace(parameters=(parameter_from_json(N),))
    assert choose_generation_strategy(space) == GenerationOptions()
    assert choose_generation_strategy(space, num_trials=5).method == "random_search"
    assert choose_generation_strategy(space, num_trials=4).method == "fast"
    assert choose_generation_strategy(space, arms_per_trial=4).budget == 4
    assert choose_generation_strategy(space, max_initialization_trials=3).budget == 3
    assert choose_generation_strategy(space, use_saasbo=True).method == "quality"
    made = choose_generation_strategy(space, 1, False, 7, force_random_search=True, min_sobol_trials_observed=2)
    assert made == GenerationOptions(
        method="random_search",
        initialization_random_seed=7,
        min_observed_initialization_trials=2,
        allow_exceeding_initialization_budget=True,
    )
    with pytest.raises(UserInputError, match="SearchSpace"):
        choose_generation_strategy([X])
    with pytest.raises(UserInputError, match="more than the 3"):
        choose_generation_strategy(space, num_initialization_trials=4, max_initialization_trials=3)


def test_databases(tmp_path):
    settings = DBSettings(url=f"sqlite:///{tmp_path}/runs.db")
    experiment = make_experiment([X], "mine", random_seed=3)
    save_experiment(experiment, settings)
    save_experiment(experiment, settings)
    assert load_experiment("mine", settings).journal == experiment.journal
    options = GenerationOptions(initialization_budget=7)
    save_experiment_and_generation_strategy(experiment, options, settings)
    loaded, strategy = load_experiment_and_generation_strategy("mine", settings)
    assert (loaded.journal, strategy) == (experiment.journal, options)
    nodes = GenerationStrategy((GenerationNode("start", "Sobol"),))
    save_experiment_and_generation_strategy(experiment, nodes, settings)
    assert load_experiment_and_generation_strategy("mine", settings)[1].strategy == nodes
    with pytest.raises(UnsupportedError, match="another experiment"):
        save_experiment(make_experiment([X], "mine"), settings)
    with pytest.raises(UserInputError, match="needs a name"):
        save_experiment(make_experiment([X]), settings)
    with pytest.raises(NotConfiguredError, match="nothing to save"):
        save_experiment(Experiment(), settings)
    with pytest.raises(ObjectNotFoundError, match="Did you mean 'mine'"):
        load_experiment("mien", settings)


def test_an_experiment_saved_again_takes_its_trials_along(tmp_path):
    from axnb import Client

    settings = DBSettings(url=f"sqlite:///{tmp_path}/runs.db")
    client = Client()
    client.set_experiment(make_experiment([X], "mine"))
    client.attach_trial({"x": 0.5})
    save_experiment(client.experiment, settings)
    client.delete_trial(0)
    client.attach_trial({"x": 0.25})
    client.complete_trial(1, {"objective": 1.0})
    save_experiment(client.experiment, settings)
    view = load_experiment("mine", settings).view()
    assert {i: t.outcomes for i, t in view.trials.items()} == {1: {"objective": (1.0, None)}}


def _ran():
    return optimize(
        [X, X | {"name": "y"}], lambda p: {"objective": p["x"] * p["y"], "cost": 1.0}, total_trials=6, random_seed=0
    )[2]


def test_an_experiment_as_a_table():
    experiment = _ran()
    assert list(exp_to_df(experiment)["cost"]) == [1.0] * 6
    frame = exp_to_df(experiment, metrics=["objective"])
    assert "cost" not in frame
    assert {"trial_index", "objective", "x", "y"} <= set(frame)
    with pytest.raises(UnknownNameError, match="Did you mean 'cost'"):
        exp_to_df(experiment, metrics=["costs"])


def test_standard_plots_are_figures():
    plots = get_standard_plots(_ran())
    assert len(plots) >= 3
    assert all(isinstance(p, go.Figure) for p in plots)
    assert len(get_standard_plots(make_experiment([X]))) == 1  # the strategy


def test_figures_are_rendered(monkeypatch):
    seen = []
    monkeypatch.setattr(go.Figure, "show", lambda self: seen.append(self))  # noqa: PLW0108
    init_notebook_plotting(offline=True)
    figure = go.Figure()
    render(figure)
    assert seen == [figure]
    with pytest.raises(UserInputError, match="plotly figure"):
        render({"data": []})


def test_unknown_keys_are_named():
    with pytest.raises(UserInputError, match="Did you mean 'log_scale'"):
        parameter_from_json(X | {"logscale": True})
    with pytest.raises(UnknownNameError):
        make_experiment([X], parameter_constraints=["y <= 1"])
