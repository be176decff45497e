"""The closed loop: it runs what is asked for, survives the user's code, and records as a program."""

import json
import random
import sqlite3
import subprocess
import sys
import time

import pytest

from axnb import Client, RangeParameterConfig, TrialStatus
from axnb.api.protocols.metric import IMetric
from axnb.api.protocols.runner import IRunner
from axnb.errors import (
    AxnbWarning,
    FailureRateExceededError,
    SearchSpaceExhausted,
    UndoError,
    UnsupportedError,
    UserInputError,
)
from axnb.record.events import TrialCreated
from axnb.record.trial import Arm, Provenance
from axnb.run.early_stopping import PercentileEarlyStoppingStrategy
from axnb.run.executors import RunnerExecutor
from axnb.run.loop import LoopOptions, run_loop


class Job(IRunner):
    """Completes a trial at its n-th poll; fails those whose index is in `bad`."""

    def __init__(self, polls=1, bad=(), most_at_once=99):
        self.polls, self.bad, self.seen, self.live, self.peak = polls, set(bad), {}, set(), 0

    def run_trial(self, trial_index, parameterization):
        self.live.add(trial_index)
        self.peak = max(self.peak, len(self.live))
        return {"x": parameterization["x"]}

    def poll_trial(self, trial_index, trial_metadata):
        self.seen[trial_index] = self.seen.get(trial_index, 0) + 1
        if self.seen[trial_index] < self.polls:
            return TrialStatus.RUNNING
        self.live.discard(trial_index)
        return TrialStatus.FAILED if trial_index in self.bad else TrialStatus.COMPLETED


class Loss(IMetric):
    def fetch(self, trial_index, trial_metadata):
        return 0, ((trial_metadata["x"] - 0.3) ** 2, 0.0)


class Broken(IMetric):
    def fetch(self, trial_index, trial_metadata):
        raise OSError("the sensor is off")


@pytest.fixture
def client():
    made = Client(random_seed=0)
    made.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    made.configure_optimization("-loss")
    made.configure_metrics([Loss("loss")])
    return made


def run(runner, metric, trials):
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_optimization("-loss")
    client.configure_runner(runner)
    client.configure_metrics([metric])
    client.run_trials(trials, initial_seconds_between_polls=0)
    return client.experiment.view().trials.values()


def statuses(client):
    return [t.status.name for t in client.experiment.view().trials.values()]


def test_trials_run_to_their_end(client):
    client.configure_runner(Job())
    client.run_trials(8, initial_seconds_between_polls=0)
    assert statuses(client) == ["COMPLETED"] * 8
    assert abs(client.get_best_parameterization().parameters["x"] - 0.3) < 0.1
    assert client.experiment.view().trials[0].outcomes == {"loss": (pytest.approx(0.04), 0.0)}


def test_no_more_run_at_once_than_asked_for(client):
    job = Job(polls=3)
    client.configure_runner(job)
    client.run_trials(7, parallelism=3, initial_seconds_between_polls=0)
    assert statuses(client) == ["COMPLETED"] * 7
    assert job.peak == 3


def test_pauses_grow_and_begin_anew_when_a_trial_ends(client):
    pauses = []
    client.configure_runner(Job(polls=4))
    backend = client._loop_backend()
    options = LoopOptions(max_trials=2, initial_seconds_between_polls=1.0)
    run_loop(backend, RunnerExecutor(Job(polls=4), sleep=pauses.append), [Loss("loss")], options)
    assert pauses == [1.0, 1.5, 2.25, 3.375, 1.0, 1.5, 2.25, 3.375]  # and none is polled at once


def test_a_program_is_not_undone(client):
    client.configure_runner(Job())
    before = len(client.experiment.journal)
    client.run_trials(2, initial_seconds_between_polls=0)
    assert all(e.automatic for e in client.experiment.journal[before:])
    with pytest.raises(UndoError):
        client.undo()


def test_failures_are_recorded_and_too_many_stop_the_loop(client):
    client.configure_runner(Job(bad={1}))
    client.run_trials(6, initial_seconds_between_polls=0)
    assert statuses(client).count("FAILED") == 1
    client.configure_runner(Job(bad=range(100)))
    with pytest.raises(FailureRateExceededError, match="5 of 5 trials failed"):
        client.run_trials(20, initial_seconds_between_polls=0)


def test_what_the_runner_says_is_kept_and_shown(tmp_path):
    class Queued(Job):
        def run_trial(self, trial_index, parameterization):
            return {"job_id": f"q{trial_index}", "hosts": ["a", "b"], "x": parameterization["x"]}

    url = f"sqlite:///{tmp_path}/runs.db"
    made = Client(random_seed=0, storage=url)
    made.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")], name="kept")
    made.configure_optimization("-loss")
    made.configure_metrics([Loss("loss")])
    made.configure_runner(Queued())
    made.run_trials(2, initial_seconds_between_polls=0)
    table = Client.load_from_database("kept", storage=url).summarize()
    assert list(table["job_id"]) == ["q0", "q1"]
    assert list(table["hosts"]) == ['["a", "b"]'] * 2
    assert list(table["run.x"]) == list(table["x"])
    assert "trial 1 taken up by the runner" in list(made.history()["what"])
    with sqlite3.connect(tmp_path / "runs.db") as connection:
        texts = [json.loads(row[0]) for row in connection.execute("select run_metadata from trials")]
    connection.close()
    assert [t["hosts"] for t in texts] == [["a", "b"]] * 2


def test_what_the_users_code_raises_fails_its_trial_with_the_reason(client):
    client.configure_runner(Job())
    client.configure_metrics([Broken("loss")])
    client.run_trials(2, initial_seconds_between_polls=0, tolerated_trial_failure_rate=1)
    reasons = [t.status_reason for t in client.experiment.view().trials.values()]
    assert reasons == ["metric 'loss' could not be read: OSError: the sensor is off"] * 2

    class Odd(Job):
        def run_trial(self, trial_index, parameterization):
            return {"what": object()}

    client.configure_runner(Odd())
    client.run_trials(1, initial_seconds_between_polls=0)
    assert "must return a dict of JSON values" in client.experiment.view().trials[2].status_reason

    class Vague(Job):
        def poll_trial(self, trial_index, trial_metadata):
            return "done"

    client.configure_runner(Vague())
    client.run_trials(1, initial_seconds_between_polls=0)
    assert "must return a TrialStatus" in client.experiment.view().trials[3].status_reason


def test_a_loop_needs_a_runner_and_metrics(client):
    with pytest.raises(UnsupportedError, match="configure_runner"):
        client.run_trials(1)
    client.configure_runner(Job())
    client.configure_optimization("-loss", ["weight <= 3"])
    with pytest.raises(UnsupportedError, match="cannot read 'weight'"):
        client.run_trials(1)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda c: c.configure_runner(3), "IRunner"),
        (lambda c: c.configure_metrics([3]), "IMetric"),
        (lambda c: c.configure_metrics([Loss("")]), "IMetric"),
        (lambda c: c.run_trials(0), "max_trials"),
        (lambda c: c.run_trials(1, parallelism=0), "parallelism"),
        (lambda c: c.run_trials(1, tolerated_trial_failure_rate=-1), "tolerated"),
        (lambda c: c.run_trials(1, initial_seconds_between_polls="x"), "initial_seconds"),
    ],
    ids=[str(i) for i in range(7)],
)
def test_bad_settings_are_refused(client, call, reason):
    with pytest.raises(UserInputError, match=reason):
        call(client)


def test_a_space_that_is_exhausted_ends_the_loop():
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (1, 3), "int")])
    client.configure_optimization("-loss")
    client.configure_metrics([Loss("loss")])
    client.configure_runner(Job())
    with pytest.warns(AxnbWarning, match="stopped after 3 of 10 trials: every allowed point"):
        client.run_trials(10, initial_seconds_between_polls=0)
    assert statuses(client) == ["COMPLETED"] * 3
    with pytest.raises(SearchSpaceExhausted, match="every allowed point"):
        client.run_trials(10)


def test_a_space_without_any_point_is_said():
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_nonlinear_constraints([lambda p: False])
    client.configure_optimization("-loss")
    client.configure_metrics([Loss("loss")])
    client.configure_runner(Job())
    with pytest.raises(SearchSpaceExhausted, match="constraints"):
        client.run_trials(3)


def test_an_error_that_says_what_no_file_can_keep_fails_its_trial_only(tmp_path):
    class Odd(IRunner):
        def run_trial(self, trial_index, parameterization):
            raise RuntimeError("odd \ud800 and \0")

        def poll_trial(self, trial_index, trial_metadata):
            return TrialStatus.COMPLETED

    class Loss(IMetric):
        def fetch(self, trial_index, trial_metadata):
            return 0, 1.0

    client = Client(random_seed=0, storage=tmp_path / "run.jsonl")
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_optimization("-loss")
    client.configure_runner(Odd())
    client.configure_metrics([Loss("loss")])
    client.run_trials(1, initial_seconds_between_polls=0)
    trial = Client(storage=tmp_path / "run.jsonl").experiment.view().trials[0]
    assert trial.status is TrialStatus.FAILED
    assert trial.status_reason == "the runner could not start it: RuntimeError: odd ? and ?"


@pytest.mark.parametrize("name", ["\ud800", "a\0b", " ", "", 3, None])
def test_metrics_need_a_name_that_can_be_kept(name):
    class Loss(IMetric):
        def __init__(self, name):
            if name is not None:
                super().__init__(name)

        def fetch(self, trial_index, trial_metadata):
            return 0, 1.0

    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    with pytest.raises(UserInputError, match="IMetric with a name"):
        client.configure_metrics([Loss(name)])


@pytest.mark.parametrize(
    ("said", "kept"),
    [(TrialStatus.EARLY_STOPPED, TrialStatus.EARLY_STOPPED), (TrialStatus.STALE, TrialStatus.ABANDONED)],
)
def test_every_end_that_a_runner_reports_ends_the_trial(said, kept):
    class Ending(Job):
        def poll_trial(self, trial_index, trial_metadata):
            return said

    class Loss(IMetric):
        def fetch(self, trial_index, trial_metadata):
            return 0, 1.0

    assert [t.status for t in run(Ending(), Loss("loss"), 2)] == [kept, kept]


@pytest.mark.parametrize(
    ("job", "reading", "reason"),
    [
        ({}, 1.0, "fetch must return a pair of progression and outcome, such as (0, 0.93), got 1.0."),
        (
            {},
            (0, 1.0, 0.1),
            "fetch must return a pair of progression and outcome, such as (0, 0.93), got (0, 1.0, 0.1).",
        ),
        ([1], (0, 1.0), "run_trial must return a dict of JSON values, got [1]."),
        ({"a": {1}}, (0, 1.0), "Object of type set is not JSON serializable."),
    ],
)
def test_what_a_runner_or_metric_must_return_is_said(job, reading, reason):
    class Odd(Job):
        def run_trial(self, trial_index, parameterization):
            return job

    class Loss(IMetric):
        def fetch(self, trial_index, trial_metadata):
            return reading

    (trial,) = run(Odd(), Loss("loss"), 1)
    assert trial.status_reason.endswith(reason)


class Slow(Job):
    """Runs until told to end."""

    def __init__(self):
        super().__init__()
        self.over, self.stopped, self.interrupt = False, [], None

    def poll_trial(self, trial_index, trial_metadata):
        if self.interrupt is not None:
            raise self.interrupt
        return TrialStatus.COMPLETED if self.over else TrialStatus.RUNNING

    def stop_trial(self, trial_index, trial_metadata):
        self.stopped.append(trial_index)
        return {"stopped": True}


def interrupted(client, job, trials=4):
    """Run trials until an interrupt in the middle of a poll."""
    job.interrupt = KeyboardInterrupt()
    client.configure_runner(job)
    with pytest.raises(KeyboardInterrupt) as raised:
        client.run_trials(trials, parallelism=2, initial_seconds_between_polls=0)
    job.interrupt, job.over = None, True
    return str(raised.value)


def test_an_interrupt_says_what_still_runs_and_the_next_call_goes_on(client):
    job = Slow()
    said = interrupted(client, job)
    assert said == "the loop was interrupted. Trials 0, 1 are still running: the next run_trials goes on with them."
    assert statuses(client) == ["RUNNING"] * 2
    client.run_trials(1, initial_seconds_between_polls=0)
    assert statuses(client) == ["COMPLETED"] * 3
    assert job.seen == {}
    assert sorted(job.live) == [0, 1, 2]  # each was begun once


@pytest.mark.parametrize("metadata", [{"job": 1}, {}])
def test_trials_of_a_process_that_has_ended_are_gone_on_with(tmp_path, metadata):
    class Remote(Slow):
        def run_trial(self, trial_index, parameterization):
            super().run_trial(trial_index, parameterization)
            return metadata

    class Loss(IMetric):
        def fetch(self, trial_index, trial_metadata):
            assert dict(trial_metadata) == metadata
            return 0, 1.0

    def opened(runner):
        client = Client(random_seed=0, storage=tmp_path / "run.jsonl")
        client.configure_runner(runner)
        if client.experiment.view().search_space is None:
            client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
            client.configure_optimization("-loss")
        client.configure_metrics([Loss("loss")])
        return client

    first = Remote()
    interrupted(opened(first), first)
    second = Remote()
    second.over = True
    client = opened(second)
    client.run_trials(1, initial_seconds_between_polls=0)
    assert statuses(client) == ["COMPLETED"] * 3
    assert sorted(second.live) == [2]


def test_a_trial_whose_start_was_interrupted_is_said(client):
    class Interrupted(Job):
        def run_trial(self, trial_index, parameterization):
            if trial_index == 0:
                raise KeyboardInterrupt
            return super().run_trial(trial_index, parameterization)

    client.configure_runner(Interrupted())
    with pytest.raises(KeyboardInterrupt):
        client.run_trials(2, parallelism=2)
    assert client.experiment.view().trials[0].status_reason.startswith("interrupted while the runner was starting it")
    client.run_trials(1, initial_seconds_between_polls=0)  # the one that was asked for and not begun
    assert statuses(client) == ["FAILED", "COMPLETED"]


def test_trials_of_another_process_that_nobody_began_are_begun(client, tmp_path):
    client._loop_backend().ask(2)  # and then the process is killed
    client.save_to_json_file(tmp_path / "run.json")
    again = Client.load_from_json_file(tmp_path / "run.json")
    again.configure_runner(Job())
    again.configure_metrics([Loss("loss")])
    again.run_trials(3, initial_seconds_between_polls=0)
    assert statuses(again) == ["COMPLETED"] * 3


def test_trials_of_an_earlier_version_that_nobody_is_known_to_have_begun_are_said(client, tmp_path):
    arm = Arm(name="0_0", parameters=(("x", 0.5),))
    client.experiment.record(
        [TrialCreated(index=0, arms=(arm,), provenance=Provenance(generator="Sobol"))], automatic=True
    )
    client.configure_runner(Job())
    with pytest.warns(AxnbWarning, match="trials '0' were suggested to a runner in another process"):
        client.run_trials(1, initial_seconds_between_polls=0)
    assert statuses(client) == ["RUNNING", "COMPLETED"]


def test_a_poll_that_raises_is_tried_again(client):
    class Shaky(Job):
        def poll_trial(self, trial_index, trial_metadata):
            self.seen[trial_index] = self.seen.get(trial_index, 0) + 1
            if self.seen[trial_index] < 5:
                raise OSError("no answer")
            return TrialStatus.COMPLETED

    client.configure_runner(Shaky())
    client.run_trials(2, initial_seconds_between_polls=0)
    assert statuses(client) == ["COMPLETED"] * 2

    class Dead(Job):
        def poll_trial(self, trial_index, trial_metadata):
            raise OSError("no answer")

    client.configure_runner(Dead())
    client.run_trials(1, initial_seconds_between_polls=0)
    reason = client.experiment.view().trials[2].status_reason
    assert reason == "the runner could not tell its status: OSError: no answer"


def test_a_tracking_metric_that_cannot_be_read_is_said_and_fails_nothing(client):
    client.configure_runner(Job())
    client.configure_metrics([Broken("humidity")])
    with pytest.warns(AxnbWarning, match="metric 'humidity' could not be read, and is left out: OSError"):
        client.run_trials(2, initial_seconds_between_polls=0)
    assert statuses(client) == ["COMPLETED"] * 2


class Falling(IMetric):
    """Worse, the later a trial was begun."""

    def __init__(self):
        super().__init__("loss")
        self.step = {}

    def fetch(self, trial_index, trial_metadata):
        self.step[trial_index] = self.step.get(trial_index, 0) + 1
        return self.step[trial_index], float(trial_index)


def test_trials_are_stopped_early_by_the_runner_where_a_strategy_is_set(client):
    class Epochs(Job):
        stopped = ()

        def stop_trial(self, trial_index, trial_metadata):
            self.stopped += (trial_index,)
            return {"stopped": True}

    job = Epochs(polls=4)
    client.configure_metrics([Falling()])
    client.configure_runner(job)
    client.set_early_stopping_strategy(PercentileEarlyStoppingStrategy(min_progression=1, min_curves=2))
    client.run_trials(3, parallelism=3, initial_seconds_between_polls=0)
    trials = client.experiment.view().trials
    assert statuses(client) == ["COMPLETED", "EARLY_STOPPED", "EARLY_STOPPED"]
    assert sorted(job.stopped) == [1, 2]
    assert trials[1].status_reason.startswith("loss is 1 at step")
    assert dict(trials[1].run_metadata)["stopped"] == "true"


def test_a_runner_that_cannot_stop_trials_goes_on_with_them(client):
    client.configure_metrics([Falling()])
    client.configure_runner(Job(polls=4))
    client.set_early_stopping_strategy(PercentileEarlyStoppingStrategy(min_progression=1, min_curves=2))
    client.run_trials(3, parallelism=3, initial_seconds_between_polls=0)
    assert statuses(client) == ["COMPLETED"] * 3


def test_the_job_of_a_trial_that_somebody_ends_is_stopped(client):
    class Watched(Slow):
        def poll_trial(self, trial_index, trial_metadata):
            if trial_index == 0:
                client.mark_trial_abandoned(0, "too hot")
                return TrialStatus.RUNNING
            return TrialStatus.COMPLETED

    job = Watched()
    client.configure_runner(job)
    client.run_trials(2, initial_seconds_between_polls=0)
    assert statuses(client) == ["ABANDONED", "COMPLETED"]
    assert job.stopped == [0]


def test_a_loaded_experiment_says_that_the_runner_is_missing(client, tmp_path):
    client.save_to_json_file(tmp_path / "run.json")
    loaded = Client.load_from_json_file(tmp_path / "run.json")
    with pytest.raises(UnsupportedError, match="a runner, which is not saved with an experiment"):
        loaded.run_trials(1)
    loaded.configure_runner(Job())
    with pytest.raises(UnsupportedError, match=r"cannot read 'loss'.*after loading too"):
        loaded.run_trials(1)


DRIVER = """
import random, sys, time
from axnb import Client, IMetric, IRunner, RangeParameterConfig, TrialStatus
from pathlib import Path
folder = Path(sys.argv[1])

class Remote(IRunner):
    def run_trial(self, trial_index, parameterization):
        with (folder / "begun").open("a") as file:
            file.write(f"{trial_index}\\n")
        return {"end": time.time() + 0.05}

    def poll_trial(self, trial_index, trial_metadata):
        return TrialStatus.COMPLETED if time.time() > trial_metadata["end"] else TrialStatus.RUNNING

class Loss(IMetric):
    def fetch(self, trial_index, trial_metadata):
        return 0, float(trial_index)

client = Client(random_seed=0, storage=folder / "run.jsonl")
if client.experiment.view().search_space is None:
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_optimization("-loss")
    client.configure_generation_strategy(method="random_search")
client.configure_metrics([Loss("loss")])
client.configure_runner(Remote())
print("ready", flush=True)
client.run_trials(int(sys.argv[2]), parallelism=3, initial_seconds_between_polls=0.01)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills by a signal")
def test_a_loop_that_is_killed_is_gone_on_with(tmp_path):
    rng = random.Random(0)
    for _ in range(5):
        with subprocess.Popen([sys.executable, "-c", DRIVER, tmp_path, "1000"], stdout=subprocess.PIPE) as driver:
            driver.stdout.readline()
            time.sleep(rng.uniform(0.1, 0.9))
            driver.kill()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DRIVER, tmp_path, "1"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    begun = [int(line) for line in (tmp_path / "begun").read_text().split()]
    assert len(begun) == len(set(begun))  # none ran twice
    trials = Client(storage=tmp_path / "run.jsonl").experiment.view().trials
    assert trials
    done = [t for t in trials.values() if t.status is TrialStatus.COMPLETED]
    assert all(t.outcomes["loss"][0] == t.index for t in done)
    assert len(trials) - len(done) <= 3  # asked for by the processes that were killed, for the next call to begin
