"""The strategy: order of generators, budgets, determinism, duplicates, pending trials, exhaustion."""

import logging

import numpy as np
import pytest

from axnb.errors import DataRequiredError, NotConfiguredError, SearchSpaceExhausted, UnknownNameError, UserInputError
from axnb.record.experiment import Experiment
from axnb.record.trial import TrialStatus
from axnb.suggest.generators.sobol import draw_sequence
from axnb.suggest.strategy import suggest
from tests.suggest.helpers import XY, Bench, bowl, choice, number


def generators(suggestions):
    return [s.provenance.generator for s in suggestions]


def test_centre_then_sobol_then_model():
    bench = Bench()
    assert bench.run(bowl, 8) == ["Center", "Sobol", "Sobol", "Sobol", "Sobol", "BO", "BO", "BO"]
    assert bench.view.trials[0].parameters == {"x": 0.5, "y": 0.5}


def test_the_model_finds_the_optimum():
    bench = Bench()
    bench.run(bowl, 20)
    best = max(t.outcomes["f"][0] for t in bench.view.trials.values())
    assert best > -1e-4


def test_a_request_is_answered_whole_before_there_are_results():
    assert generators(Bench().suggest(12)) == ["Center"] + 11 * ["Sobol"]


def test_a_request_spans_initial_points_and_model():
    bench = Bench()
    bench.run(bowl, 3)
    assert generators(bench.suggest(6)) == ["Sobol", "Sobol", "BO", "BO", "BO", "BO"]


def test_the_model_waits_for_results():
    bench = Bench()
    for s in bench.suggest(5):
        bench.create(s.parameters, s.provenance)
    with pytest.raises(DataRequiredError, match="2 more"):
        bench.suggest()
    bench.data(0, f=1.0)
    bench.end(0)
    with pytest.raises(DataRequiredError, match="one more"):
        bench.suggest()
    bench.data(1, f=2.0)
    bench.end(1)
    assert generators(bench.suggest()) == ["BO"]


def test_the_budget_may_be_exceeded_where_that_is_allowed():
    bench = Bench(allow_exceeding_initialization_budget=True)
    for s in bench.suggest(5):
        bench.create(s.parameters, s.provenance)
    assert generators(bench.suggest(2)) == ["Sobol", "Sobol"]


def test_failed_and_abandoned_trials_do_not_count():
    bench = Bench()
    for s in bench.suggest(5):
        index = bench.create(s.parameters, s.provenance)
        bench.end(index, TrialStatus.FAILED if index % 2 else TrialStatus.ABANDONED)
    assert generators(bench.suggest(2)) == ["Sobol", "Sobol"]


def test_attached_trials_count_and_replace_the_centre():
    bench = Bench()
    for x in (0.1, 0.4, 0.9):
        bench.done({"x": x, "y": x}, f=x)
    assert generators(bench.suggest(3)) == ["Sobol", "Sobol", "BO"]
    bench = Bench(use_existing_trials_for_initialization=False)
    bench.done({"x": 0.1, "y": 0.1}, f=1.0)
    assert generators(bench.suggest(5)) == ["Center"] + 4 * ["Sobol"]


def test_random_search_never_models():
    bench = Bench(method="random_search", initialize_with_center=False)
    assert set(bench.run(bowl, 9)) == {"Sobol"}


@pytest.mark.parametrize("budget", [0, 1, 2])
def test_small_budgets(budget):
    bench = Bench(initialization_budget=budget)
    bench.done({"x": 0.2, "y": 0.2}, f=1.0)
    assert generators(bench.suggest(3)) == max(budget - 1, 0) * ["Sobol"] + (3 - max(budget - 1, 0)) * ["BO"]


def test_no_budget_and_no_results_is_a_clear_error():
    with pytest.raises(DataRequiredError):
        Bench(initialization_budget=0).suggest()


def test_before_configuration():
    with pytest.raises(NotConfiguredError, match="configure_optimization"):
        suggest(Experiment().view(), 1)
    with pytest.raises(UserInputError, match="at least 1"):
        Bench().suggest(0)


def test_suggestions_are_a_function_of_the_record():
    one, two, other = Bench(seed=3), Bench(seed=3), Bench(seed=4)
    for bench in (one, two, other):
        bench.run(bowl, 7)
    assert [t.parameters for t in one.view.trials.values()] == [t.parameters for t in two.view.trials.values()]
    assert one.view.trials[6].parameters != other.view.trials[6].parameters
    assert one.suggest(3)[2].parameters == one.suggest(3)[2].parameters


def test_one_request_for_several_initial_points_equals_several_requests():
    bench = Bench()
    together = [s.parameters for s in bench.suggest(5)]
    bench.run(bowl, 5)
    assert [t.parameters for t in bench.view.trials.values()] == together


def test_positions_of_the_sequence_are_used_once():
    bench = Bench()
    bench.run(bowl, 4)
    positions = [t.provenance.position for t in bench.view.trials.values()]
    assert positions == [None, 0, 1, 2]
    points = draw_sequence(1, 2, 0, 3)
    assert bench.view.trials[3].parameters == {"x": points[2, 0], "y": points[2, 1]}


def waves(p):
    return {"f": float(np.sin(9 * p["x"]) * np.cos(7 * p["y"]))}


def smallest_gap(suggestions):
    rows = np.array([list(s.parameters.values()) for s in suggestions])
    return np.abs(rows[:, None] - rows[None]).max(2)[np.triu_indices(len(rows), 1)].min()


def test_a_batch_is_diverse():
    bench = Bench()
    bench.run(waves, 8)
    assert smallest_gap(bench.suggest(5)) > 2e-2


def test_suggestions_mind_what_is_running():
    bench = Bench()
    bench.run(waves, 8)
    (running,) = bench.suggest()
    bench.create(running.parameters, running.provenance)
    assert smallest_gap([running, *bench.suggest()]) > 2e-2


def test_fixed_parameters_are_kept_by_every_generator():
    bench = Bench()
    bench.run(bowl, 3)
    for s in bench.suggest(5, y=0.25):
        assert s.parameters["y"] == 0.25
    with pytest.raises(UnknownNameError, match="'x'"):
        bench.suggest(1, xx=1)
    with pytest.raises(UserInputError, match="'x'"):
        bench.suggest(1, x=7.0)


def test_every_suggestion_satisfies_the_constraints():
    parameters = (number("x"), number("n", 1, 20, parameter_type="int"), number("r", 0.01, 1.0, log_scale=True))
    bench = Bench(parameters, constraints=["x + 0.1*n + r <= 0.9", "x >= 0.2"])
    bench.run(lambda p: {"f": p["x"] + 0.1 * p["n"] + p["r"]}, 14, n=2)
    for trial in bench.view.trials.values():
        assert bench.view.search_space.satisfies(trial.parameters)


def test_a_finite_space_is_used_up_without_repeats_and_said_to_be(caplog):
    bench = Bench((choice("c", "a", "b", "c"), number("i", 1, 3, parameter_type="int")))
    with caplog.at_level(logging.INFO, logger="axnb"):
        bench.run(lambda p: {"f": p["i"]}, 9, n=4)
    seen = {tuple(t.parameters.values()) for t in bench.view.trials.values()}
    assert len(seen) == 9
    assert "Suggested 1 of 4" in caplog.text
    with pytest.raises(SearchSpaceExhausted, match="has been tried"):
        bench.suggest()


def test_failed_points_are_tried_again_only_at_the_end():
    bench = Bench((number("i", 1, 7, parameter_type="int"),))
    first = bench.create(bench.suggest()[0].parameters)
    bench.end(first, TrialStatus.FAILED)
    failed = bench.view.trials[first].parameters
    for _ in range(6):
        (s,) = bench.suggest()
        assert s.parameters != failed
        bench.done(s.parameters, f=float(s.parameters["i"]))
    assert bench.suggest()[0].parameters == failed


def test_abandoned_points_are_never_tried_again():
    bench = Bench((number("i", 1, 6, parameter_type="int"),))
    index = bench.create({"i": 3})
    bench.end(index, TrialStatus.ABANDONED)
    for s in bench.suggest(5):
        bench.done(s.parameters, f=1.0)
    assert {t.parameters["i"] for t in bench.view.trials.values()} == {1, 2, 3, 4, 5, 6}
    with pytest.raises(SearchSpaceExhausted):
        bench.suggest()


def test_constraints_that_nothing_satisfies_are_said():
    with pytest.raises(SearchSpaceExhausted, match="satisfies the parameter constraints"):
        Bench(XY, constraints=["x + y <= 0.4", "x + y >= 0.6"]).suggest()


def test_provenance_tells_where_a_suggestion_comes_from():
    bench = Bench()
    bench.run(bowl, 6)
    origin = bench.view.trials[5].provenance
    assert origin.generator == "BO"
    assert [name for name, _ in origin.seconds] == ["fit", "search"]
    assert np.isfinite(origin.acquisition_value)
    assert origin.predictions[0][0] == "f"
    values = dict(origin.models[0].hyperparameters)
    assert {"lengthscale.x", "lengthscale.y", "noise", "outputscale"} <= set(values)
    assert np.isfinite(origin.models[0].score)


def test_the_way_to_the_missing_results_is_told():
    bench = Bench(initialization_budget=2, min_observed_initialization_trials=2)
    first, second = (bench.create(s.parameters, s.provenance) for s in bench.suggest(2))
    with pytest.raises(DataRequiredError, match="complete a running trial"):
        bench.suggest()
    bench.data(first, f=1.0)
    bench.end(first)
    bench.end(second)
    with pytest.raises(DataRequiredError, match="trial 1 has no 'f': attach it with amend_data"):
        bench.suggest()
    bench.data(second, f=2.0)
    assert bench.suggest()


def test_more_results_than_initial_trials_can_be_asked_for():
    bench = Bench(initialization_budget=1, min_observed_initialization_trials=3)
    bench.run(bowl, 1)
    with pytest.raises(DataRequiredError, match="attach further trials, or lower min_observed"):
        bench.suggest()
