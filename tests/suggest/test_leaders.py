"""The best trials by what was observed, kept as the experiment changes."""

import numpy as np
import pytest

from axnb import Client, RangeParameterConfig
from axnb.errors import DataRequiredError
from axnb.suggest import best
from axnb.suggest.best import Leaders, best_point, judge_outcomes, may_hold, pareto_frontier, select_best


@pytest.fixture
def client():
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 10.0), "float")])
    client.configure_optimization(objective="strength", outcome_constraints=["weight <= 10"])
    return client


def complete(client, x, strength, weight=9.0):
    index = client.attach_trial({"x": x})
    client.complete_trial(index, {"strength": strength, "weight": weight})
    return index


def found(leaders, client):
    return [result.arm_name for result in leaders.find(client.experiment.view())]


def test_only_what_changed_is_judged_again(client, monkeypatch):
    judged = []
    judge = best._judge_trial
    monkeypatch.setattr(best, "_judge_trial", lambda trial, *rest: judged.append(trial.index) or judge(trial, *rest))
    leaders = Leaders()
    for x in range(3):
        complete(client, float(x), strength=float(x))
    assert found(leaders, client) == ["2_0"]
    complete(client, 5.0, strength=7.0)
    assert found(leaders, client) == ["3_0"]
    assert judged == [0, 1, 2, 3]
    client.undo()
    client.undo()
    assert found(leaders, client) == ["2_0"]
    assert judged == [0, 1, 2, 3]


def test_another_goal_or_space_judges_all_again(client):
    leaders = Leaders()
    complete(client, 1.0, strength=5.0, weight=9.0)
    complete(client, 2.0, strength=4.0, weight=7.0)
    assert found(leaders, client) == ["0_0"]
    client.configure_optimization(objective="strength", outcome_constraints=["weight <= 8"])
    assert found(leaders, client) == ["1_0"]
    client.edit_search_space(update=[RangeParameterConfig("x", (3.0, 10.0), "float")])
    assert found(leaders, client) == []


def test_a_constraint_that_needs_a_baseline_holds_for_nothing_before_there_is_one(client):
    client.configure_optimization(objective="strength", outcome_constraints=["weight <= 1.1 * baseline"])
    complete(client, 1.0, strength=5.0)
    assert found(Leaders(), client) == []


def test_each_arm_of_a_batch_may_lead(client):
    client.attach_batch([{"x": 1.0}, {"x": 2.0}, {"x": 3.0}])
    client.complete_trial(
        0, {f"0_{k}": {"strength": s, "weight": w} for k, (s, w) in enumerate([(1, 9), (3, 9), (5, 11)])}
    )
    assert found(Leaders(), client) == ["0_1"]


def test_an_error_that_is_unknown_counts_as_none_in_a_sum(client):
    client.configure_optimization(objective="strength", outcome_constraints=["weight + cost <= 10"])
    (constraint,) = client.experiment.view().optimization.constraints
    assert may_hold(constraint, {"weight": (9.0, 1.0), "cost": (2.0, None)}, 10.0)
    assert not may_hold(constraint, {"weight": (9.0, 0.1), "cost": (2.0, float("nan"))}, 10.0)
    assert may_hold(constraint, {"weight": (9.0, 1e160), "cost": (2.0, 1e300)}, 10.0)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("goal", ["strength", "strength, -weight"])
def test_the_best_point_is_among_the_leaders_and_the_frontier_is_they(goal, seed):
    rng = np.random.default_rng(seed)
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 10.0), "float")])
    client.configure_optimization(objective=goal, outcome_constraints=["cost <= 2", "weight <= 3"])
    for x in range(9):  # few values, so that many are equal
        index = client.attach_trial({"x": float(x)})
        outcomes = dict(zip(("strength", "weight", "cost"), rng.integers(0, 5, 3).astype(float).tolist(), strict=True))
        outcomes["cost"] = (outcomes["cost"], float(rng.integers(0, 2)))
        if rng.random() < 0.2:
            client.mark_trial_failed(index)
        else:
            client.complete_trial(index, outcomes)
    view = client.experiment.view()
    leaders = [r.arm_name for r in Leaders().find(view)]
    if view.optimization.is_multi_objective:
        assert [p.arm_name for p in pareto_frontier(view, use_model_predictions=False)] == leaders
    elif leaders:
        assert [best_point(view, use_model_predictions=False).arm_name] == leaders
    else:
        with pytest.raises(DataRequiredError):
            best_point(view, use_model_predictions=False)


def test_where_it_is_certain_which_trials_are_feasible_the_worst_of_all_may_be_the_best(client):
    goal = client.experiment.view().optimization
    told = [{"strength": (s, None), "weight": (w, None)} for s, w in [(1.0, 9.0), (5.0, 11.0), (-1e20, 12.0)]]
    assert select_best(goal, [judge_outcomes(goal, outcomes) for outcomes in told]) == [0]
    assert select_best(goal, [judge_outcomes(goal, outcomes) for outcomes in told[1:]]) == []
