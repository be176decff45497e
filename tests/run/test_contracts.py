"""What every executor, runner, metric and rule for early stopping keeps to; add yours to the lists at the top."""

import contextlib
import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import MappingProxyType

import pytest

from axnb import Client, RangeParameterConfig, TrialStatus
from axnb.api.protocols import IMetric, IRunner
from axnb.problem.objective import parse_optimization
from axnb.record.experiment import Experiment
from axnb.run.early_stopping import (
    AndEarlyStoppingStrategy,
    OrEarlyStoppingStrategy,
    PercentileEarlyStoppingStrategy,
    ThresholdEarlyStoppingStrategy,
)
from axnb.run.executors import RunnerExecutor
from axnb.run.futures import FutureExecutor, process_pool
from axnb.run.loop import ClosedLoop, LoopOptions
from axnb.run.parts import DEFAULT_EARLY_STOPPING


def loss(point):
    if point["x"] < 0:
        raise ValueError("x is below 0")
    return {"loss": point["x"] ** 2}


class Immediate(IRunner):
    """Computes when asked to run, and remembers the result in its metadata."""

    def run_trial(self, trial_index, parameterization):
        return {"failed": parameterization["x"] < 0, "x": parameterization["x"]}

    def poll_trial(self, trial_index, trial_metadata):
        return TrialStatus.FAILED if trial_metadata["failed"] else TrialStatus.COMPLETED

    def stop_trial(self, trial_index, trial_metadata):
        return {"stopped": True}


class Unstoppable(IRunner):
    def run_trial(self, trial_index, parameterization):
        return {}

    def poll_trial(self, trial_index, trial_metadata):
        return TrialStatus.RUNNING


class Squared(IMetric):
    def fetch(self, trial_index, trial_metadata):
        return 0, trial_metadata.get("x", 1.0) ** 2


EXECUTORS = {
    "runner": lambda: RunnerExecutor(Immediate(), sleep=lambda _: None),
    "threads": lambda: FutureExecutor(loss, ThreadPoolExecutor(2), ["loss"]),
    "processes": lambda: FutureExecutor(loss, lambda: process_pool(2), ["loss"]),
}
RUNNERS = {"immediate": Immediate, "unstoppable": Unstoppable}
METRICS = {"squared": lambda: Squared("loss")}
STRATEGIES = {
    "percentile": PercentileEarlyStoppingStrategy,
    "default": lambda: DEFAULT_EARLY_STOPPING,
    "threshold": lambda: ThresholdEarlyStoppingStrategy(metric_threshold=2.5),
    "and": lambda: AndEarlyStoppingStrategy(PercentileEarlyStoppingStrategy(), DEFAULT_EARLY_STOPPING),
    "or": lambda: OrEarlyStoppingStrategy(PercentileEarlyStoppingStrategy(), DEFAULT_EARLY_STOPPING),
    "eager": lambda: PercentileEarlyStoppingStrategy(min_progression=None, min_curves=2, percentile_threshold=100),
}


@pytest.fixture(params=EXECUTORS)
def executor(request):
    return EXECUTORS[request.param]()


def ended(executor, jobs):
    """Poll until every job has ended."""
    for _ in range(200):
        reports = executor.poll(jobs)
        if all(r.status.is_terminal for r in reports.values()):
            return reports
        executor.wait(jobs, 0.05)
    raise AssertionError("the jobs never end")


def test_an_executor_says_how_to_find_a_job_again_in_json(executor):
    metadata = executor.submit(0, {"x": 0.5})
    assert isinstance(metadata, Mapping)
    assert json.loads(json.dumps(dict(metadata))) == metadata


def test_an_executor_reports_each_job_that_it_is_asked_for_and_no_other(executor):
    jobs = {index: executor.submit(index, {"x": index / 10}) for index in range(4)}
    assert executor.poll({}) == {}
    some = {i: jobs[i] for i in (1, 3)}
    assert set(ended(executor, some)) == {1, 3}
    assert all(r.status is TrialStatus.COMPLETED for r in ended(executor, jobs).values())
    assert ended(executor, jobs) == ended(executor, jobs)  # asking changes nothing


def test_a_job_that_fails_fails_alone(executor):
    jobs = {index: executor.submit(index, {"x": x}) for index, x in enumerate([0.5, -1.0, 0.25])}
    found = {index: report.status.name for index, report in ended(executor, jobs).items()}
    assert found == {0: "COMPLETED", 1: "FAILED", 2: "COMPLETED"}


def test_a_job_that_an_executor_does_not_know_is_reported_and_not_raised(executor):
    (report,) = executor.poll({77: {}}).values()
    assert report.trouble or report.lost or report.status is TrialStatus.FAILED


def test_stopping_says_what_is_to_be_remembered_or_that_it_cannot(executor):
    metadata = executor.submit(0, {"x": 0.5})
    with contextlib.suppress(NotImplementedError):
        assert isinstance(executor.stop(0, metadata), Mapping)


def test_waiting_ends(executor):
    begun = time.monotonic()
    executor.wait({0: executor.submit(0, {"x": 0.5})}, 0.01)
    assert begun <= time.monotonic()


def test_the_loop_runs_on_every_executor(executor):
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_optimization("-loss")
    backend = client._loop_backend()
    metrics = [Squared("loss")] if isinstance(executor, RunnerExecutor) else []
    loop = ClosedLoop(backend, executor, metrics, LoopOptions(max_trials=7, parallelism=2))
    while not (step := loop.step()).done:
        assert len(step.running) <= 2
        loop.wait(0.01)
    trials = client.experiment.view().trials.values()
    assert [t.status for t in trials] == [TrialStatus.COMPLETED] * 7
    assert all(t.outcomes["loss"][0] == pytest.approx(t.parameters["x"] ** 2) for t in trials)


@pytest.mark.parametrize("name", RUNNERS)
def test_a_runner_speaks_in_json_and_statuses(name):
    runner = RUNNERS[name]()
    metadata = runner.run_trial(0, {"x": 0.5})
    assert json.loads(json.dumps(metadata)) == metadata
    assert isinstance(runner.poll_trial(0, metadata), TrialStatus)
    with contextlib.suppress(NotImplementedError):
        json.dumps(runner.stop_trial(0, metadata))


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_has_a_name_and_reads_a_progression_and_an_outcome(name):
    metric = METRICS[name]()
    progression, outcome = metric.fetch(0, {"x": 0.5})
    client = Client()
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_optimization(f"-{metric.name}")
    client.attach_data(client.attach_trial({"x": 0.5}), {metric.name: outcome}, progression=progression)


@pytest.fixture(params=STRATEGIES)
def strategy(request):
    return STRATEGIES[request.param]()


def curves(objective="-loss, -time", steps=(0, 10, 20)):
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_optimization(objective)
    for k in range(6):
        index = client.attach_trial({"x": k / 10})
        for step in steps:
            client.attach_data(index, {"loss": float(k), "time": 1.0}, progression=step)
    return client.experiment.view()


def one_goal():
    return parse_optimization("-loss", ())


def test_a_rule_says_why_or_nothing_and_changes_nothing(strategy):
    view = curves()
    assert [strategy.should_stop(view, t) for t in view.trials.values()] == [None] * 6  # several objectives
    config = one_goal()
    view = replace(view, optimization=config)
    before = dict(view.trials)
    said = [strategy.should_stop(view, t) for t in view.trials.values()]
    assert all(s is None or s.startswith("loss is ") for s in said)
    assert said == [strategy.should_stop(view, t) for t in view.trials.values()]
    assert dict(view.trials) == before


def test_a_rule_never_stops_the_best_and_may_stop_the_worst(strategy):
    view = replace(curves(), optimization=one_goal())
    assert strategy.should_stop(view, view.trials[0]) is None
    assert strategy.should_stop(view, view.trials[5]) is not None


def test_a_rule_waits_where_there_is_nothing_to_judge_by(strategy):
    view = Experiment().view()
    trial = curves().trials[0]
    assert strategy.should_stop(view, trial) is None  # no goal
    goal = one_goal()
    bare = replace(trial, data=())
    assert strategy.should_stop(replace(view, optimization=goal, trials=MappingProxyType({0: bare})), bare) is None


@pytest.mark.parametrize("steps", [(0,), (0.0, 1e-300), (1e300,)])
def test_a_rule_takes_any_steps(strategy, steps):
    view = replace(curves(steps=steps), optimization=one_goal())
    for trial in view.trials.values():
        strategy.should_stop(view, trial)
