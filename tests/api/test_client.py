"""The Client: the whole path from a search space to a best point, as a user walks it."""

import threading

import pytest

import axnb
from axnb import ChoiceParameterConfig, Client, RangeParameterConfig, TrialStatus
from axnb.analyses import CanGenerateCandidatesAnalysis
from axnb.errors import (
    AxnbWarning,
    DataRequiredError,
    SearchSpaceExhausted,
    UndoError,
    UnsupportedError,
)


def branin_like(p):
    return (p["x"] - 0.3) ** 2 + (p["y"] - 0.7) ** 2


def new_client(objective="-loss", constraints=None, seed=0, parameters=None, **settings):
    client = Client(random_seed=seed)
    client.configure_experiment(
        parameters or [RangeParameterConfig("x", (0.0, 1.0), "float"), RangeParameterConfig("y", (0.0, 1.0), "float")],
        name="test",
        **settings,
    )
    client.configure_optimization(objective, constraints)
    return client


def run(client, count, evaluate=branin_like):
    for _ in range(count):
        for index, parameters in client.get_next_trials(max_trials=1).items():
            client.complete_trial(index, {"loss": evaluate(parameters)})
    return client


def test_ask_and_tell_finds_the_optimum():
    client = run(new_client(), 15)
    assert "predicted" in client.get_best_parameterization().rule
    parameters, values, index, arm = client.get_best_parameterization()
    assert abs(parameters["x"] - 0.3) < 0.1
    assert abs(parameters["y"] - 0.7) < 0.1
    assert values["loss"][0] < 0.02
    assert arm == f"{index}_0"
    assert client.experiment.view().trials[index].parameters == parameters


def test_the_first_suggestion_is_the_centre_and_later_ones_come_from_the_model():
    client = run(new_client(), 8)
    assert client.experiment.view().trials[0].parameters == {"x": 0.5, "y": 0.5}
    origins = [t.provenance.generator for t in client.experiment.view().trials.values()]
    assert origins == ["Center"] + ["Sobol"] * 4 + ["BO"] * 3


def test_the_next_suggestion_is_the_same_after_saving_and_loading(tmp_path):
    client = run(new_client(), 7)
    client.compute_analyses(display=False)  # looking changes nothing
    client.save_to_json_file(tmp_path / "a.json")
    again = Client.load_from_json_file(tmp_path / "a.json")
    assert again.get_next_trials(2) == client.get_next_trials(2)
    assert again.predict([{"x": 0.1, "y": 0.2}]) == client.predict([{"x": 0.1, "y": 0.2}])


def test_runs_with_one_seed_are_equal_and_with_another_different():
    one, two, other = run(new_client(seed=5), 8), run(new_client(seed=5), 8), run(new_client(seed=6), 8)
    assert [t.parameters for t in one.experiment.view().trials.values()] == [
        t.parameters for t in two.experiment.view().trials.values()
    ]
    assert one.experiment.view().trials[7].parameters != other.experiment.view().trials[7].parameters


def test_load_works_on_an_instance_and_never_overwrites(tmp_path):
    client = run(new_client(), 2)
    client.save_to_json_file(tmp_path / "a.json")
    fresh = Client()
    assert fresh.load_from_json_file(tmp_path / "a.json") is fresh
    assert dict(fresh.experiment.view().trials) == dict(client.experiment.view().trials)
    with pytest.raises(UnsupportedError, match="has an experiment already"):
        fresh.load_from_json_file(filepath=tmp_path / "a.json")


@pytest.mark.parametrize("count", [1, 3, 8])
def test_any_number_of_trials_is_answered_and_they_differ(count):
    for done in (0, 4, 6):
        client = run(new_client(), done)
        trials = client.get_next_trials(max_trials=count)
        assert list(trials) == list(range(done, done + count))
        assert len({tuple(p.items()) for p in trials.values()}) == count


def test_running_trials_are_not_suggested_again():
    client = run(new_client(), 6)
    points = [tuple(client.get_next_trials(1).popitem()[1].items()) for _ in range(4)]
    assert len(set(points)) == 4


def test_results_are_waited_for_once_the_initial_trials_are_out():
    client = new_client()
    client.get_next_trials(5)
    with pytest.raises(DataRequiredError, match="complete"):
        client.get_next_trials(1)
    client.configure_generation_strategy(allow_exceeding_initialization_budget=True)
    assert len(client.get_next_trials(2)) == 2


def test_a_small_space_is_exhausted_with_a_sentence():
    small = [ChoiceParameterConfig("c", ["a", "b", "c"], "str"), ChoiceParameterConfig("flag", [True, False], "bool")]
    client = new_client(parameters=small)
    seen = []
    for _ in range(6):
        for index, p in client.get_next_trials(1).items():
            seen.append(tuple(p.items()))
            client.complete_trial(index, {"loss": len(seen)})
    assert len(set(seen)) == 6
    with pytest.raises(SearchSpaceExhausted, match="has been tried"):
        client.get_next_trials(1)


def test_fixed_parameters_are_held():
    client = run(new_client(), 6)
    for p in client.get_next_trials(3, fixed_parameters={"x": 0.25}).values():
        assert p["x"] == 0.25


def test_parameter_constraints_hold_in_every_stage():
    client = new_client(parameter_constraints=["x + y <= 0.6", "x - y >= -0.2"])
    run(client, 10)
    for t in client.experiment.view().trials.values():
        p = t.parameters
        assert p["x"] + p["y"] <= 0.6 + 1e-9
        assert p["x"] - p["y"] >= -0.2 - 1e-9


def test_outcome_constraints_rule_the_best_point():
    client = new_client("strength", ["weight <= 1"])
    for _ in range(12):
        for index, p in client.get_next_trials(1).items():
            client.complete_trial(index, {"strength": p["x"] + p["y"], "weight": 2 * p["x"]})
    best = client.get_best_parameterization(use_model_predictions=False)
    assert best.values["weight"][0] <= 1
    assert best.parameters["x"] <= 0.5
    assert best.values["strength"][0] > 1.3


def test_several_objectives_give_a_frontier():
    client = new_client("a, -b", ["b <= 1.5"])
    for _ in range(12):
        for index, p in client.get_next_trials(1).items():
            client.complete_trial(index, {"a": p["x"] + 0.1 * p["y"], "b": p["x"] ** 2 + p["y"] ** 2})
    frontier = client.get_pareto_frontier(use_model_predictions=False)
    assert len(frontier) >= 2
    values = [(v["a"][0], -v["b"][0]) for _, v, _, _ in frontier]
    assert not any(o != v and o[0] >= v[0] and o[1] >= v[1] for v in values for o in values)
    assert all(v["b"][0] <= 1.5 for _, v, _, _ in frontier)
    with pytest.raises(UnsupportedError, match="get_pareto_frontier"):
        client.get_best_parameterization()


def test_one_objective_has_no_frontier():
    with pytest.raises(UnsupportedError, match="get_best_parameterization"):
        run(new_client(), 6).get_pareto_frontier()


def test_a_weighted_sum_is_one_objective():
    client = new_client("-a - 2*b")
    for _ in range(10):
        for index, p in client.get_next_trials(1).items():
            client.complete_trial(index, {"a": p["x"], "b": (p["y"] - 0.5) ** 2})
    best = client.get_best_parameterization(use_model_predictions=False)
    assert best.parameters["x"] < 0.1


def test_partial_data_is_kept_with_a_warning():
    client = new_client("strength", ["weight <= 1"])
    index = client.attach_trial({"x": 0.1, "y": 0.2})
    with pytest.warns(AxnbWarning, match="trial 0 is completed without 'weight'"):
        assert client.complete_trial(index, {"strength": 1.0}) is TrialStatus.COMPLETED
    client.attach_data(index, {"weight": 0.5})
    assert client.experiment.view().trials[0].outcomes == {"strength": (1.0, None), "weight": (0.5, None)}


def test_known_noise_is_kept_and_progressions_end_in_the_last():
    client = new_client()
    index = client.attach_trial({"x": 0.1, "y": 0.2})
    client.attach_data(index, {"loss": (3.0, 0.5)}, progression=1)
    client.attach_data(index, {"loss": [2.0, 0.25]}, progression=2)
    client.mark_trial_early_stopped(index)
    trial = client.experiment.view().trials[index]
    assert trial.outcomes == {"loss": (2.0, 0.25)}
    assert trial.status is TrialStatus.EARLY_STOPPED


def test_repeated_points_share_the_arms_name():
    client = new_client()
    first = client.attach_trial({"x": 0.1, "y": 0.2}, arm_name="mine")
    second = client.attach_trial({"x": 0.1, "y": 0.2})
    names = {client.experiment.view().trials[i].arm_name for i in (first, second)}
    assert names == {"mine"}
    with pytest.raises(ValueError, match="another arm is called 'mine'"):
        client.attach_trial({"x": 0.3, "y": 0.2}, arm_name="mine")


def test_the_table_of_trials():
    client = run(new_client(), 3)
    client.attach_trial({"x": 0.1, "y": 0.2})
    client.mark_trial_failed(3, "spilt")
    frame = client.summarize()
    columns = ["trial_index", "arm_name", "trial_status", "status_reason", "generation_node", "loss", "x", "y"]
    assert list(frame.columns) == columns
    assert list(client.summarize(trial_statuses=["failed"]).status_reason) == ["spilt"]
    assert list(client.summarize(trial_indices=[2, 0]).trial_index) == [0, 2]
    assert list(new_client().summarize().columns)[:2] == ["trial_index", "arm_name"]


def test_undo_and_redo_say_what_they_did():
    client = run(new_client(), 1)
    assert client.undo().startswith("Undid: trial 0 completed (loss 0.08)")
    assert client.experiment.view().trials[0].status is TrialStatus.RUNNING
    assert client.redo().startswith("Redid: trial 0 completed")
    client.undo()
    client.undo()
    with pytest.raises(UndoError, match="nothing to undo"):
        client.undo()


def test_an_undone_suggestion_is_not_made_again():
    client = run(new_client(), 2)
    ((_, first),) = client.get_next_trials(1).items()
    client.undo()
    ((index, second),) = client.get_next_trials(1).items()
    assert index == 3
    assert first != second


def test_suggestions_from_many_threads_are_never_doubled():
    client = run(new_client(), 6)
    got = []

    def ask():
        got.extend(client.get_next_trials(1).items())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(i for i, _ in got) == [6, 7, 8, 9]
    assert len({tuple(p.items()) for _, p in got}) == 4


def test_failed_trials_are_no_data_and_abandoned_points_do_not_come_back():
    client = new_client()
    for index in client.get_next_trials(2):
        client.mark_trial_failed(index)
    with pytest.raises(DataRequiredError):
        client.get_best_parameterization()
    run(client, 6)
    assert client.get_best_parameterization().trial_index > 1


def test_everything_has_a_tidy_repr():
    client = run(new_client(), 6)
    assert repr(client) == "Client('test', 2 parameters, objective '-loss', 6 trials)"
    assert repr(Client()) == "Client(not configured)"
    assert client.get_next_trials(2)._repr_html_().count("<tr>") == 3
    best = client.get_best_parameterization(use_model_predictions=False)
    assert best.rule == "the best observed loss"
    assert f"Best: trial {best.trial_index}, the best observed loss" in best._repr_html_()
    assert "±" in client.predict([{"x": 0.5, "y": 0.5}])._repr_html_()
    assert "Trial 0: completed" in client.experiment.view().trials[0]._repr_html_()


def test_the_goal_may_change_and_be_changed_back():
    client = run(new_client(), 6)
    client.configure_optimization("loss")
    assert not client.experiment.view().optimization.objective.minimize
    assert client.get_best_parameterization(use_model_predictions=False).values["loss"][0] > 0.1
    client.undo()
    assert client.experiment.view().optimization.objective.minimize


def test_the_loader_speaks_of_the_module_paths_that_users_know():
    from axnb.api.client import Client as SameClient
    from axnb.api.configs import RangeParameterConfig as SameConfig
    from axnb.api.protocols import IMetric, IRunner
    from axnb.api.protocols.runner import TrialStatus
    from axnb.api.types import TOutcome, TParameterization
    from axnb.api.utils.instantiation.from_config import parameter_from_config

    assert SameClient is Client
    assert (IMetric, IRunner, TrialStatus) == (axnb.IMetric, axnb.IRunner, axnb.TrialStatus)
    assert SameConfig is RangeParameterConfig
    assert parameter_from_config(RangeParameterConfig("x", (0, 1), "float")).name == "x"
    assert TOutcome is not None
    assert TParameterization is not None


def test_cards_know_what_the_user_brought_to_the_experiment():
    client = new_client()
    assert client.analysis_context() is client.analysis_context()
    before = client.analysis_context()
    client.configure_nonlinear_constraints([lambda p: False])
    assert client.analysis_context().parts.nonlinear_constraints
    assert client.analysis_context() is not before
    assert not before.parts.nonlinear_constraints
    (card,) = client.compute_analyses([CanGenerateCandidatesAnalysis()], display=False)
    assert card.subtitle.startswith("No trial can be suggested now")
