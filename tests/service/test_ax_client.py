"""AxClient drives an experiment in the words of Ax's Service API."""

import json
import logging
import math
import warnings

import plotly.graph_objects as go
import pytest

from axnb.errors import (
    AxnbWarning,
    DataRequiredError,
    NotConfiguredError,
    ObjectNotFoundError,
    OptimizationShouldStop,
    SnapshotError,
    TrialMutationError,
    UnknownNameError,
    UnsupportedError,
    UserInputError,
)
from axnb.problem.generation import GenerationNode, GenerationStrategy, PartSpec, Transition
from axnb.record.trial import TrialStatus
from axnb.service.ax_client import AxClient, DBSettings, FixedFeatures, ObjectiveProperties
from axnb.utils.measurement.synthetic_functions import branin

X = {"name": "x", "type": "range", "bounds": [-5.0, 10.0]}
Y = {"name": "y", "type": "range", "bounds": [0.0, 15.0]}


def make(**options):
    client = AxClient(random_seed=1)
    client.create_experiment([X, Y], **({"objectives": {"loss": ObjectiveProperties(minimize=True)}} | options))
    return client


def ran(trials=8, **options):
    client = make(**options)
    for _ in range(trials):
        point, index = client.get_next_trial()
        client.complete_trial(index, {"loss": branin(point["x"], point["y"])})
    return client


@pytest.fixture(scope="module")
def tuned():
    return ran()


def test_branin_in_the_old_form():
    client = AxClient(random_seed=0)
    client.create_experiment(
        name="branin", parameters=[X, Y], objective_name="branin", minimize=True, parameter_constraints=["x + y <= 20"]
    )
    for _ in range(15):
        parameters, trial_index = client.get_next_trial()
        client.complete_trial(trial_index=trial_index, raw_data=(branin(parameters["x"], parameters["y"]), 0.0))
    best, (means, covariances) = client.get_best_parameters()
    assert branin(best["x"], best["y"]) < 2
    assert means["branin"] < 2
    assert covariances["branin"]["branin"] >= 0
    assert client.objective_name == "branin"


def test_the_objective_has_a_name_where_none_is_given():
    client = AxClient()
    client.create_experiment([X])
    assert client.objective_names == ["objective"]
    assert str(client.experiment.view().optimization) == "objective"


def test_several_objectives_with_thresholds_and_constraints():
    client = make(
        objectives={"a": ObjectiveProperties(minimize=True, threshold=5.0), "b": ObjectiveProperties(minimize=False)},
        outcome_constraints=["c <= 3.", "d >= -5%"],
        status_quo={"x": 0.0, "y": 1.0},
        tracking_metric_names=["seconds"],
    )
    view = client.experiment.view()
    assert str(view.optimization) == "-a, b"
    assert view.optimization.thresholds == (("a", 5.0),)
    assert [str(c) for c in view.optimization.constraints] == ["c <= 3", "d >= 0.95*baseline"]
    assert view.metrics == ("a", "b", "c", "d", "seconds")
    assert client.status_quo == {"x": 0.0, "y": 1.0}
    with pytest.raises(UnsupportedError, match="objective_names"):
        client.objective_name  # noqa: B018


def test_both_forms_of_a_goal_are_refused():
    with pytest.raises(UserInputError, match="either objectives"):
        make(objective_name="loss")


def test_a_second_experiment_is_refused_unless_the_first_is_given_up():
    client = make()
    with pytest.raises(UnsupportedError, match="overwrite_existing_experiment"):
        client.create_experiment([X])
    client.create_experiment([X], overwrite_existing_experiment=True)
    assert client.experiment.view().search_space.names == ("x",)


def test_nothing_works_before_there_is_an_experiment():
    with pytest.raises(NotConfiguredError, match="create_experiment"):
        AxClient().get_next_trial()


@pytest.mark.parametrize(
    ("raw", "outcome"),
    [
        (0.5, (0.5, None)),
        ((0.5, 0.1), (0.5, 0.1)),
        ((0.5, None), (0.5, None)),
        ({"loss": 0.5}, (0.5, None)),
        ({"loss": (0.5, 0.1)}, (0.5, 0.1)),
        ([(1, {"loss": 0.7}), (2, {"loss": 0.5})], (0.5, None)),
        ([({"epoch": 1}, {"loss": 0.7}), ({"epoch": 2}, {"loss": (0.5, 0.2)})], (0.5, 0.2)),
    ],
)
def test_raw_data_in_every_form(raw, outcome):
    client = make()
    _, index = client.get_next_trial()
    client.complete_trial(index, raw)
    trial = client.get_trial(index)
    assert trial.status is TrialStatus.COMPLETED
    assert trial.outcomes == {"loss": outcome}


def test_metadata_and_sample_size_are_kept():
    client = make()
    _, index = client.get_next_trial()
    client.complete_trial(index, 0.5, metadata={"host": "a"}, sample_size=30)
    assert dict(client.get_trial(index).run_metadata) == {"host": '"a"', "sample_size": "30"}
    frame = client.get_trials_data_frame()
    assert frame.loc[0, "host"] == "a"
    _, index = client.get_next_trial()
    client.log_trial_failure(index, metadata={"why": "power"})
    assert client.get_trial(index).status is TrialStatus.FAILED
    with pytest.raises(UserInputError, match="plain JSON"):
        client.log_trial_failure(client.get_next_trial()[1], metadata={"why": object()})


def test_a_number_needs_a_single_objective():
    client = make(objectives={"a": ObjectiveProperties(minimize=True), "b": ObjectiveProperties(minimize=True)})
    _, index = client.get_next_trial()
    with pytest.raises(UserInputError, match="which metric"):
        client.complete_trial(index, 0.5)


def test_metrics_never_named_are_tracked():
    client = make()
    _, index = client.get_next_trial()
    client.complete_trial(index, {"loss": 0.5, "seconds": 3.0, "los": 1.0})
    assert client.experiment.view().metrics == ("loss", "seconds", "los")
    assert client.get_trial(index).outcomes["seconds"] == (3.0, None)


@pytest.mark.parametrize("name", ["los", "Loss", "losss"])
def test_a_slip_of_the_goal_is_refused_and_nothing_recorded(name):
    client = make()
    _, index = client.get_next_trial()
    before = client.experiment.view().version
    with pytest.raises(UnknownNameError, match="Did you mean 'loss'"):
        client.complete_trial(index, {name: 0.5})
    assert client.experiment.view().version == before


def test_data_that_cannot_be_used_leaves_no_trace():
    client = make()
    _, index = client.get_next_trial()
    before = client.experiment.view().version
    for raw in (
        {"loss": math.nan, "seconds": 1.0},
        {"loss": 0.5, "x": 1.0},
        "0.5",
        [],
        {},
        [(1, [(2, 0.5)])],
        {3: 1.0},
    ):
        with pytest.raises(UserInputError):
            client.complete_trial(index, raw)
    with pytest.raises(ObjectNotFoundError):
        client.complete_trial(99, {"loss": 0.5, "seconds": 1.0})
    assert client.experiment.view().version == before


def test_a_trial_is_completed_once():
    client = ran(1)
    with pytest.raises(TrialMutationError):
        client.complete_trial(0, {"loss": 0.5, "new": 1.0})
    with pytest.raises(TrialMutationError, match="update_trial_data"):
        client.update_running_trial_with_intermediate_data(0, 0.5)
    client.update_trial_data(0, {"loss": 0.25})
    assert client.get_trial(0).outcomes == {"loss": (0.25, None)}


def test_a_completed_trial_without_the_objective_warns():
    client = make()
    _, index = client.get_next_trial()
    with pytest.warns(AxnbWarning, match="without 'loss'"):
        client.complete_trial(index, {"seconds": 1.0})


def test_learning_curves_stop_early():
    client = make()
    for value in (1.0, 2.0, 3.0, 4.0, 5.0):
        _, index = client.get_next_trial()
        steps = [(step, {"loss": value}) for step in range(12)]
        if value < 5:
            client.complete_trial(index, steps)
    assert not client.should_stop_early(index)
    assert client.should_stop_early(index, [(11, {"loss": 9.0})])
    assert not client.should_stop_early(index, [(11, {"loss": 0.5})])
    assert client.get_trial(index).data == ()
    client.update_running_trial_with_intermediate_data(index, steps)
    assert list(client.should_stop_trials_early({0, index})) == [index]
    client.stop_trial_early(index)
    assert client.get_trial(index).status is TrialStatus.EARLY_STOPPED


def test_fixed_features_are_held():
    client = make()
    assert client.get_next_trial(fixed_features=FixedFeatures({"x": 2.5}))[0]["x"] == 2.5
    with pytest.raises(UnsupportedError, match="trial_index"):
        FixedFeatures({"x": 2.5}, trial_index=1)
    with pytest.raises(UserInputError):
        client.get_next_trial(fixed_features={"x": 2.5})


def test_trials_fail_that_take_too_long():
    client = make()
    _, index = client.get_next_trial(ttl_seconds=1e-6)
    _, later = client.get_next_trial(ttl_seconds=3600)
    client.get_next_trial()
    assert client.get_trial(index).status is TrialStatus.FAILED
    assert "within 1e-06 seconds" in client.get_trial(index).status_reason
    assert client.get_trial(later).status is TrialStatus.RUNNING
    with pytest.raises(UserInputError, match="ttl_seconds"):
        client.get_next_trial(ttl_seconds=-1)


def test_many_trials_and_how_many_there_may_be():
    client = make()
    assert client.get_current_trial_generation_limit() == (5, False)
    assert client.get_max_parallelism() == client.get_recommended_max_parallelism() == [(5, 5), (-1, 3)]
    made, done = client.get_next_trials(3)
    assert (list(made), done) == ([0, 1, 2], False)
    made, done = client.get_next_trials(9)
    assert (list(made), done) == ([3, 4], False)
    assert client.get_current_trial_generation_limit() == (0, False)
    with pytest.raises(DataRequiredError):
        client.get_next_trial()
    for i in range(2):
        client.complete_trial(i, 0.5)
    assert client.get_current_trial_generation_limit() == (-1, False)


def test_a_model_need_not_be_waited_for():
    client = AxClient(enforce_sequential_optimization=False, random_seed=0)
    client.create_experiment([X])
    assert len(client.get_next_trials(9)[0]) == 9


def test_a_finite_space_is_complete_at_its_end():
    client = AxClient()
    client.create_experiment([{"name": "k", "type": "choice", "values": ["a", "b"]}])
    assert len(client.get_next_trials(5)[0]) == 2
    client.complete_trial(0, 1.0)
    client.complete_trial(1, 2.0)
    assert client.get_next_trials(5) == ({}, True)


def test_a_strategy_by_arguments():
    client = make(choose_generation_strategy_kwargs={"num_initialization_trials": 3})
    assert client.generation_strategy.budget == 3
    with pytest.raises(UnknownNameError, match="Did you mean 'num_trials'"):
        make(choose_generation_strategy_kwargs={"num_trial": 3})


def test_a_strategy_of_nodes():
    nodes = GenerationNode("start", "Sobol"), GenerationNode("model", "BO")
    strategy = GenerationStrategy(nodes, (Transition("start", "model", (PartSpec("MinTrials", {"threshold": 3}),)),))
    client = AxClient(generation_strategy=strategy, random_seed=0)
    client.create_experiment([X])
    for _ in range(4):
        point, index = client.get_next_trial()
        client.complete_trial(index, point["x"])
    made = [t.provenance.generator for t in client.experiment.view().trials.values()]
    assert len(set(made[:3])) == 1
    assert made[3] != made[0]
    assert client.generation_strategy.strategy is strategy
    assert client.get_current_trial_generation_limit() == (-1, False)
    assert client.get_max_parallelism() == [(-1, 3)]


def test_a_global_stopping_strategy_is_heeded_unless_forced():
    class Enough:
        def should_stop_optimization(self, experiment):
            return len(experiment.view().trials) >= 1, "One is enough."

    client = AxClient(global_stopping_strategy=Enough())
    client.create_experiment([X])
    client.get_next_trial()
    with pytest.raises(OptimizationShouldStop, match="One is enough"):
        client.get_next_trial()
    client.get_next_trial(force=True)


def test_the_status_quo_is_given_first():
    client = make(status_quo={"x": 0.0, "y": 1.0}, outcome_constraints=["m <= 10%"])
    assert client.get_next_trial() == ({"x": 0.0, "y": 1.0}, 0)
    client.complete_trial(0, {"loss": 1.0, "m": 2.0})
    point, index = client.get_next_trial()
    client.complete_trial(index, {"loss": 0.5, "m": 2.1})
    assert client.get_best_trial(use_model_predictions=False)[:2] == (index, point)


def test_the_status_quo_may_be_attached():
    client = make(status_quo={"x": 0.0, "y": 1.0})
    assert client.attach_trial({"x": 0.0, "y": 1.0}) == ({"x": 0.0, "y": 1.0}, 0)
    assert client.get_next_trial()[1] == 1
    later = make()
    later.set_status_quo({"x": 0.0, "y": 1.0})
    assert later.status_quo == {"x": 0.0, "y": 1.0}
    with pytest.raises(UnsupportedError, match="baseline already"):
        later.set_status_quo({"x": 0.0, "y": 2.0})


def test_attached_and_abandoned_trials():
    client = make()
    point, index = client.attach_trial({"x": 1, "y": 2.0}, arm_name="mine")
    assert (point, index) == ({"x": 1.0, "y": 2.0}, 0)
    assert client.get_trial_parameters(0) == point
    assert client.get_trial(0).arm_name == "mine"
    assert client.verify_trial_parameterization(0, {"x": 1.0, "y": 2.0})
    assert not client.verify_trial_parameterization(0, {"x": 1.5, "y": 2.0})
    client.abandon_trial(0, reason="lost")
    assert client.get_trial(0).status_reason == "lost"


def test_the_best_of_some_trials_or_of_another_goal(tuned):
    index, point, (means, _) = tuned.get_best_trial(use_model_predictions=False)
    losses = {i: t.outcomes["loss"][0] for i, t in tuned.experiment.view().trials.items()}
    assert index == min(losses, key=losses.get)
    assert means["loss"] == losses[index] == branin(point["x"], point["y"])
    others = [i for i in losses if i != index]
    assert tuned.get_best_trial(trial_indices=others, use_model_predictions=False)[0] in others
    most = ran(1)
    most.set_optimization_config(objectives={"loss": ObjectiveProperties(minimize=False)})
    goal = most.experiment.view().optimization
    found = tuned.get_best_trial(optimization_config=goal, use_model_predictions=False)[0]
    assert found == max(losses, key=losses.get)


def test_there_is_no_best_trial_yet():
    client = make()
    assert client.get_best_trial() is client.get_best_parameters() is None


def test_a_frontier_and_its_volume():
    client = make(objectives={"a": ObjectiveProperties(True, 10.0), "b": ObjectiveProperties(False, 0.0)})
    assert client.get_pareto_optimal_parameters() == {}
    assert client.get_hypervolume() == 0.0
    for a, b in ((2.0, 1.0), (4.0, 3.0), (5.0, 2.0)):
        _, index = client.get_next_trial()
        client.complete_trial(index, {"a": a, "b": b})
    frontier = client.get_pareto_optimal_parameters(use_model_predictions=False)
    assert {i: means for i, (_, (means, _)) in frontier.items()} == {0: {"a": 2.0, "b": 1.0}, 1: {"a": 4.0, "b": 3.0}}
    assert client.get_hypervolume(use_model_predictions=False) == pytest.approx(6 * 3 + 2 * 1)
    with pytest.raises(UnsupportedError):
        client.get_best_trial()
    with pytest.raises(UnsupportedError, match="hypervolume"):
        make().get_hypervolume()


def test_the_volume_is_that_of_the_trace():
    client = make(objectives={"a": ObjectiveProperties(True), "b": ObjectiveProperties(False)})
    for a, b in ((2.0, 1.0), (4.0, 3.0), (3.0, 2.5)):
        _, index = client.get_next_trial()
        client.complete_trial(index, {"a": a, "b": b})
    trace = client.get_optimization_trace()
    assert client.get_hypervolume(use_model_predictions=False) == pytest.approx(max(max(t.y) for t in trace.data))


def test_predictions(tuned):
    predicted = tuned.get_model_predictions()
    assert list(predicted) == list(range(8))
    mean, sem = predicted[0]["loss"]
    assert math.isfinite(mean)
    assert sem >= 0
    point = tuned.get_trial_parameters(0)
    assert tuned.get_model_predictions(parameterizations={7: point})[7]["loss"][0] == pytest.approx(mean)
    assert tuned.get_model_predictions_for_parameterizations([point], ["loss"])[0]["loss"][0] == pytest.approx(mean)
    assert tuned.fit_model().metric_names == ("loss",)
    with pytest.raises(UnknownNameError, match="Did you mean 'loss'"):
        tuned.get_model_predictions(metric_names=["los"])


def test_plots_are_figures(tuned):
    contour = tuned.get_contour_plot()
    assert isinstance(contour, go.Figure)
    assert contour.layout.xaxis.title.text == "x"
    assert tuned.get_contour_plot(param_x="y", param_y="x", metric_name="loss").layout.xaxis.title.text == "y"
    trace = tuned.get_optimization_trace(objective_optimum=0.397887)
    assert any(s.y0 == 0.397887 for s in trace.layout.shapes)
    assert set(tuned.get_feature_importances().data[0].y) == {"x", "y"}
    with pytest.raises(UnsupportedError, match="shares"):
        tuned.get_feature_importances(relative=False)


def test_a_contour_needs_two_parameters():
    client = AxClient(random_seed=0)
    client.create_experiment([X])
    for _ in range(4):
        point, index = client.get_next_trial()
        client.complete_trial(index, point["x"])
    with pytest.raises(UnsupportedError, match="two parameters"):
        client.get_contour_plot()


@pytest.mark.slow
def test_a_report_and_cards(tuned):
    assert tuned.get_report().startswith("<!doctype html>")
    assert tuned.compute_analyses(display=False)


def test_the_search_space_may_be_changed():
    client = ran(2)
    client.add_parameters([{"name": "z", "type": "range", "bounds": [0.0, 1.0]}], backfill_values={"z": 0.5})
    client.update_parameters([{"name": "x", "type": "range", "bounds": [-5.0, 20.0]}])
    client.disable_parameters({"z": 0.25})
    assert client.get_next_trial()[0]["z"] == 0.25
    assert client.get_trial_parameters(0)["z"] == 0.5
    one = make(parameter_constraints=["x + y <= 20"])
    one.set_search_space([X, Y | {"bounds": [0.0, 10.0]}], parameter_constraints=["x <= y"])
    assert [str(c) for c in one.experiment.view().search_space.constraints] == ["x - y <= 0"]
    with pytest.raises(UserInputError, match="add_parameters"):
        one.set_search_space([X])


def test_the_goal_may_be_changed_in_part():
    client = make(outcome_constraints=["m <= 3"])
    client.set_optimization_config(objectives={"gain": ObjectiveProperties(minimize=False)})
    assert [str(c) for c in client.experiment.view().optimization.constraints] == ["m <= 3"]
    client.set_optimization_config(outcome_constraints=["m <= 5"])
    goal = client.experiment.view().optimization
    assert (str(goal), [str(c) for c in goal.constraints]) == ("gain", ["m <= 5"])
    with pytest.raises(UserInputError, match="say what changes"):
        client.set_optimization_config()


def test_snapshots_go_on_as_before(tuned, tmp_path, monkeypatch):
    snapshot = json.loads(json.dumps(tuned.to_json_snapshot()))
    restored = AxClient.from_json_snapshot(snapshot)
    monkeypatch.chdir(tmp_path)
    restored.save_to_json_file()
    assert (tmp_path / "ax_client_snapshot.json").exists()
    loaded = AxClient.load_from_json_file()
    loaded.save("other.json")
    again = AxClient.load("other.json")
    assert again.get_next_trial() == restored.get_next_trial()
    with pytest.raises(SnapshotError, match="to_json_snapshot"):
        AxClient.from_json_snapshot({"format": "axnb-ax-client"})


def test_a_database_keeps_the_experiment(tmp_path):
    settings = DBSettings(url=f"sqlite:///{tmp_path}/runs.db")
    client = AxClient(db_settings=settings, random_seed=0)
    with pytest.raises(UserInputError, match="needs a name"):
        client.create_experiment([X])
    client.create_experiment([X], name="mine", status_quo={"x": 0.0})
    point, index = client.get_next_trial()
    client.complete_trial(index, point["x"])
    other = AxClient(db_settings=settings)
    other.load_experiment_from_database("mine")
    assert other.get_trial(0).outcomes == {"objective": (0.0, None)}
    with pytest.raises(UnsupportedError, match="already"):
        other.load_experiment("mine")
    other.create_experiment([Y], name="mine", overwrite_existing_experiment=True)
    third = AxClient(db_settings=settings)
    third.load_experiment("mine")
    assert third.experiment.view().search_space.names == ("y",)


def test_storage_that_cannot_be_used_is_refused():
    with pytest.raises(UnsupportedError, match="encoder"):
        AxClient(db_settings=DBSettings(url="sqlite://", encoder=object()))
    with pytest.raises(UserInputError, match="DBSettings"):
        AxClient(db_settings="sqlite://")
    with pytest.raises(UnsupportedError, match="db_settings"):
        AxClient().load_experiment("mine")
    with pytest.raises(UnsupportedError, match="suppress_storage_errors"):
        AxClient(suppress_storage_errors=True)


def test_it_is_quiet(caplog, capsys):
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings():
        warnings.simplefilter("error")
        ran(2)
    assert not [r for r in caplog.records if r.name.startswith("axnb")]
    assert capsys.readouterr() == ("", "")
