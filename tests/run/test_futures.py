"""Functions on executors: each failure stays with its trial, and says why."""

import os
import signal
import sys
import threading
import time
from collections import Counter
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from axnb import Client, RangeParameterConfig, TrialStatus
from axnb.errors import FailureRateExceededError, UserInputError
from axnb.run.early_stopping import ThresholdEarlyStoppingStrategy
from axnb.run.futures import FutureExecutor, process_pool

posix = pytest.mark.skipif(sys.platform == "win32", reason="kills by a signal")


@pytest.fixture
def client():
    made = Client(random_seed=0)
    made.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    made.configure_optimization("-loss")
    made.configure_generation_strategy(method="random_search")
    return made


def trials(client):
    return client.experiment.view().trials


def square(point):
    return point["x"] ** 2


@pytest.mark.parametrize(
    "pool",
    [None, partial(ThreadPoolExecutor, 2), partial(ProcessPoolExecutor, 2)],
    ids=["default", "threads", "stdlib"],
)
def test_a_function_runs_on_every_pool(client, pool):
    report = client.optimize(lambda point: point["x"] ** 2, 6, executor=pool, parallelism=2)
    assert report.completed == tuple(range(6))
    assert all(t.outcomes["loss"][0] == pytest.approx(t.parameters["x"] ** 2) for t in trials(client).values())


class Inline(Executor):
    """Runs at once: an engine of somebody else's with nothing but `submit`."""

    def submit(self, fn, /, *args):
        future = Future()
        future.set_result(fn(*args))
        return future


def test_a_function_runs_on_an_engine_of_somebody_else(client):
    assert client.optimize(square, 5, executor=Inline()).completed == tuple(range(5))


def test_a_pool_of_the_users_stays_open(client):
    with ThreadPoolExecutor(1) as pool:
        client.optimize(square, 2, executor=pool)
        assert pool.submit(abs, -1).result() == 1


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (float("nan"), "metric 'loss' is of no use: metric 'loss': the mean must be a finite number, got nan"),
        ("good", "metric 'loss' is of no use: metric 'loss' takes a number"),
        (None, "metric 'loss' is of no use: metric 'loss' takes a number"),
        ({"los": 1.0}, "the function returned 'los', and not 'loss'. Did you mean 'los'?"),
    ],
)
def test_a_result_of_no_use_fails_its_trial_with_the_reason(client, value, reason):
    report = client.optimize(lambda point: value, 1, executor=partial(ThreadPoolExecutor, 1))
    assert [i for i, _ in report.failed] == [0]
    assert trials(client)[0].status_reason.startswith(reason)


def test_several_goals_need_a_dict(client):
    client.configure_optimization("-loss, -weight")
    client.optimize(square, 1, executor=partial(ThreadPoolExecutor, 1))
    assert "must return a dict with 'loss', 'weight'" in trials(client)[0].status_reason
    report = client.optimize(lambda p: {"loss": 1.0, "weight": (2.0, 0.1), "heat": 3.0}, 1, executor=Inline())
    assert report.completed == (1,)
    assert trials(client)[1].outcomes["heat"] == (3.0, None)  # and is tracked


def test_what_a_function_raises_is_told_with_its_place(client):
    def hot(point):
        raise ArithmeticError("too hot")

    client.optimize(hot, 1, executor=partial(ThreadPoolExecutor, 1))
    reason = trials(client)[0].status_reason
    assert reason.startswith("ArithmeticError: too hot (line ")
    assert "test_futures.py in hot" in reason


def test_a_trial_that_failed_is_retried_as_asked(client):
    calls = []

    def shaky(point):
        calls.append(point["x"])
        if len(calls) < 3:
            raise OSError("no answer")
        return 1.0

    report = client.optimize(shaky, 1, executor=partial(ThreadPoolExecutor, 1), retries=2)
    assert report.completed == (0,)
    assert len(calls) == 3
    assert len(set(calls)) == 1
    metadata = dict(trials(client)[0].run_metadata)
    assert metadata["attempt"] == "3"
    assert "no answer" in metadata["begun_again"]


def test_too_many_failures_end_the_loop_and_say_why(client):
    def hot(point):
        raise ArithmeticError("too hot")

    with pytest.raises(FailureRateExceededError, match=r"5 of 5 trials failed.*ArithmeticError: too hot.*5 trials"):
        client.optimize(hot, 20, executor=partial(ThreadPoolExecutor, 1))


def kills_its_worker(point):
    if point["x"] > 0.9:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.02)
    return point["x"]


@posix
@pytest.mark.parametrize("pool", [None, partial(ProcessPoolExecutor, 2)], ids=["default", "stdlib"])
def test_only_what_kills_its_worker_fails(client, pool):
    report = client.optimize(kills_its_worker, 16, executor=pool, parallelism=2)
    guilty = {i for i, t in trials(client).items() if t.parameters["x"] > 0.9}
    assert guilty
    assert {i for i, _ in report.failed} == guilty
    assert all(reason.startswith("the process that ran it died") for _, reason in report.failed)
    assert len(report.completed) == 16 - len(guilty)


def hangs(point):
    if point["x"] == 0.5:  # the first
        time.sleep(60)
    return point["x"]


@posix
def test_a_call_that_hangs_is_killed_and_the_others_go_on(client):
    report = client.optimize(hangs, 6, parallelism=2, trial_time_limit=1.0)
    assert report.failed == ((0, "it ran longer than the limit of 1 s"),)
    assert report.completed == (1, 2, 3, 4, 5)


def test_a_thread_that_hangs_holds_up_nobody(client):
    free = threading.Event()

    def stuck(point):
        if point["x"] == 0.5:
            free.wait(60)
        return point["x"]

    try:
        report = client.optimize(stuck, 4, executor=partial(ThreadPoolExecutor, 1), trial_time_limit=0.2)
    finally:
        free.set()
    assert report.failed == ((0, "it ran longer than the limit of 0.2 s"),)
    assert report.completed == (1, 2, 3)


def trains(point, report):
    for epoch in range(1, 100):
        report(epoch, loss=point["x"])
        if report.should_stop:
            return None
        time.sleep(0.02)
    return point["x"]


@pytest.mark.parametrize("pool", [None, partial(ThreadPoolExecutor, 3)], ids=["processes", "threads"])
def test_a_function_reports_and_learns_that_it_should_stop(client, pool):
    client.set_early_stopping_strategy(
        ThresholdEarlyStoppingStrategy(metric_threshold=0.48, min_progression=5, min_curves=1)
    )
    report = client.optimize(trains, 3, executor=pool, parallelism=3)
    assert len(report.stopped_early) == 2
    best = min(trials(client).values(), key=lambda t: t.parameters["x"])
    assert best.status is TrialStatus.COMPLETED
    assert len(best.data) == 100  # each epoch and the end
    assert report.seconds < 30


def test_the_next_starts_as_soon_as_one_ends_without_polls(client):
    report = client.optimize(
        lambda point: time.sleep(0.05) or 1.0, 24, executor=partial(ThreadPoolExecutor, 4), parallelism=4
    )
    assert len(report.completed) == 24
    assert report.seconds < 1.5  # of 0.3 s of work; pauses between polls begin at 1 s


def test_limits_end_the_loop_and_leave_nothing_behind(client):
    report = client.optimize(square, 50, executor=partial(ThreadPoolExecutor, 2), parallelism=2, until=0.3)
    assert "was to come to 0.3" in report.ended_because
    assert len(report.completed) < 50
    assert not report.running
    assert all(t.status is TrialStatus.COMPLETED for t in trials(client).values())
    report = client.optimize(
        lambda p: time.sleep(0.05) or 1.0, 500, executor=partial(ThreadPoolExecutor, 2), parallelism=2, time_limit=0.3
    )
    assert report.ended_because == "the time limit of 0.3 s is over"
    assert 0 < report.trials < 50
    report = client.optimize(square, 5, executor=Inline(), until=lambda view: True)
    assert report.trials == 0


def test_an_interrupt_says_what_still_runs_and_the_next_call_goes_on(client, monkeypatch):
    free, begun = threading.Event(), []

    def slow(point):
        begun.append(point["x"])
        free.wait(60)
        return point["x"]

    def interrupted(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(FutureExecutor, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt, match="Trials 0, 1 are still running"):
            client.optimize(slow, 4, executor=partial(ThreadPoolExecutor, 2), parallelism=2)
    free.set()
    report = client.optimize(slow, 2, executor=partial(ThreadPoolExecutor, 2), parallelism=2)
    assert report.completed == (0, 1, 2, 3)[: len(report.completed)]
    assert len(begun) == len(set(begun))


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda c: c.optimize(3), "expected a function"),
        (lambda c: c.optimize(square, executor=3), "PEP 3148"),
        (lambda c: c.optimize(square, time_limit=0), "time_limit"),
        (lambda c: c.optimize(square, trial_time_limit="a"), "trial_time_limit"),
        (lambda c: c.optimize(square, retries=-1), "retries"),
        (lambda c: c.optimize(square, until="good"), "until"),
        (lambda c: c.optimize(square, global_stopping_strategy=3), "global stopping"),
        (lambda c: c.optimize(partial(str, threading.Lock())), "cannot be sent to another process"),
    ],
    ids=[str(i) for i in range(8)],
)
def test_what_cannot_be_used_is_refused(client, call, reason):
    with pytest.raises(UserInputError, match=reason):
        call(client)


def test_a_pool_of_processes_is_there():
    pool = process_pool(1)
    assert pool.submit(square, {"x": 2.0}).result() == 4.0
    pool.shutdown()


class CallsAgain(Inline):
    """Calls a second time what a worker had begun, as engines do that have lost a worker."""

    def __init__(self, times):
        self.times = times

    def submit(self, fn, /, *args):
        if self.times:
            self.times -= 1
            fn(*args)
        return super().submit(fn, *args)


def test_what_an_engine_calls_again_by_itself_is_begun_again_knowingly(client, tmp_path):
    def noted(point):
        with (tmp_path / "calls").open("a") as file:
            file.write("x")
        return 1.0

    report = client.optimize(noted, 1, executor=CallsAgain(2))
    assert report.completed == (0,)
    metadata = dict(trials(client)[0].run_metadata)
    assert metadata["attempt"] == "3"
    assert (tmp_path / "calls").read_text() == "xxx"
    assert metadata["begun_again"] == '"it was lost with the worker that ran it"'
    report = client.optimize(lambda p: 1.0, 1, executor=CallsAgain(99))
    assert report.failed == ((1, "it was lost with the worker that ran it"),)


def dies_beside_others(point):
    marker = Path(os.environ["AXNB_TEST_FOLDER"])
    with (marker / "calls").open("a") as file:
        file.write(f"{point['x']!r}\n")
    if point["x"] > 0.5:
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.3)
    return point["x"]


@posix
def test_what_is_lost_beside_another_is_called_again_knowingly(client, tmp_path, monkeypatch):
    monkeypatch.setenv("AXNB_TEST_FOLDER", str(tmp_path))
    report = client.optimize(dies_beside_others, 12, parallelism=2, tolerated_trial_failure_rate=1.0)
    begun = Counter(float(line) for line in (tmp_path / "calls").read_text().splitlines())
    assert report.failed
    for trial in trials(client).values():
        metadata = dict(trial.run_metadata)
        assert begun[trial.parameters["x"]] <= int(metadata.get("attempt", "1"))
        assert (trial.status is TrialStatus.FAILED) == (trial.parameters["x"] > 0.5)
    assert any(count > 1 for count in begun.values())
