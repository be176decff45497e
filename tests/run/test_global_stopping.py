"""The improvement rule ends an experiment whose last trials gained little."""

import pytest

from axnb import Client, RangeParameterConfig
from axnb.errors import UserInputError
from axnb.run.global_stopping import ImprovementGlobalStoppingStrategy


def client_with(values, objective="-loss", constraints=()):
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_optimization(objective, constraints)
    for k, value in enumerate(values):
        client.complete_trial(client.attach_trial({"x": k / 100}), value)
    return client


def said(client, **settings):
    return ImprovementGlobalStoppingStrategy(min_trials=5, **settings).should_stop_experiment(client.experiment.view())


FALLING = [{"loss": 1.0 - k / 10} for k in range(10)]
FLAT = [{"loss": v} for v in (5.0, 3.0, 1.0, 4.0, 2.0, 1.5, 1.0, 0.99, 3.0)]


def test_it_ends_where_little_is_gained_and_not_where_much_is():
    assert said(client_with(FALLING)) is None
    assert said(client_with(FLAT)).startswith("the last 5 trials bettered the best value by")
    assert said(client_with(FLAT), improvement_bar=0.001) is None
    assert said(client_with(FLAT, objective="loss")).startswith("the last 5 trials")


def test_it_waits_for_trials_and_for_those_that_run():
    assert said(client_with(FLAT[:4])) is None
    client = client_with(FLAT)
    client.attach_trial({"x": 0.9})
    assert said(client) is None
    assert said(client, inactive_when_pending_trials=False) is not None


def test_several_objectives_are_judged_by_the_hypervolume():
    def both(pairs):
        return [{"a": a, "b": b} for a, b in pairs]

    steady = both([(k, 10 - k) for k in range(6)] + [(0.1, 0.1)] * 5)
    assert "hypervolume" in said(client_with(steady, objective="a, b"))
    growing = both([(k, k) for k in range(10)])
    assert said(client_with(growing, objective="a, b")) is None


def test_nothing_feasible_goes_on():
    assert said(client_with([{"loss": 1.0, "w": 9.0}] * 9, constraints=["w <= 1"])) is None


def test_it_ends_a_loop():
    client = client_with([])
    client.configure_generation_strategy(method="random_search")
    rule = ImprovementGlobalStoppingStrategy(min_trials=6)
    from concurrent.futures import ThreadPoolExecutor

    report = client.optimize(
        lambda p: max(p["x"], 0.5), 50, executor=lambda: ThreadPoolExecutor(1), global_stopping_strategy=rule
    )
    assert report.trials < 50
    assert report.ended_because.startswith("the last 5 trials")


@pytest.mark.parametrize("field", ["min_trials", "window_size", "improvement_bar"])
def test_settings_that_make_no_sense_are_refused(field):
    with pytest.raises(UserInputError, match=field):
        ImprovementGlobalStoppingStrategy(**{"min_trials": 5, field: -1})
