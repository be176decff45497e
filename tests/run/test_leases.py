"""Leases: who runs a trial keeps it while alive, others take it over afterwards, and what comes late is kept."""

import json
import threading

import pytest

from axnb import Client, IMetric, IRunner, RangeParameterConfig, TrialStatus
from axnb.errors import AxnbWarning
from axnb.record.trial import LATE
from axnb.run import leases
from axnb.run.leases import LeaseKeeper, Standing, this_process


class Held(IRunner):
    """Keeps its trials running until told."""

    def __init__(self, over=False):
        self.over, self.begun, self.stopped = over, [], []

    def run_trial(self, trial_index, parameterization):
        self.begun.append(trial_index)
        return {"job": trial_index}

    def poll_trial(self, trial_index, trial_metadata):
        return TrialStatus.COMPLETED if self.over else TrialStatus.RUNNING

    def stop_trial(self, trial_index, trial_metadata):
        self.stopped.append(trial_index)
        return {}


class Loss(IMetric):
    def __init__(self, value):
        super().__init__("loss")
        self.value = value

    def fetch(self, trial_index, trial_metadata):
        return 0, self.value


@pytest.fixture(params=["journal", "sqlite"])
def opened(request, tmp_path):
    """A function that opens the experiment, as another process would."""

    def open_(runner, value=1.0):
        url = f"sqlite:///{tmp_path}/runs.db" if request.param == "sqlite" else tmp_path / "run.jsonl"
        if request.param == "sqlite" and (tmp_path / "runs.db").exists():
            client = Client.load_from_database("leased", storage=url)
        else:
            client = Client(random_seed=0, storage=url)
        if client.experiment.view().search_space is None:
            client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")], name="leased")
            client.configure_optimization("-loss")
            client.configure_generation_strategy(method="random_search")
        client.configure_runner(runner)
        client.configure_metrics([Loss(value)])
        return client

    return open_


def run(client, trials=1):
    return client.run_trials(trials, initial_seconds_between_polls=0)


def begin(client):
    """Begin a trial and leave it running, with the lease held as by a process that lives."""
    backend = client._loop_backend()
    (index,) = backend.ask(1)
    backend.keep(index, client._parts.runner.run_trial(index, backend.waiting()[index]))
    backend.lease.start(client.experiment.store)
    return index


def test_a_trial_of_a_loop_that_lives_is_left_to_it(opened):
    first = opened(Held())
    index = begin(first)
    second = Held(over=True)
    client = opened(second)
    with pytest.warns(AxnbWarning, match="trial 0 is left to .*, which runs it"):
        run(client)
    assert client.experiment.view().trials[index].status is TrialStatus.RUNNING
    assert second.begun == [1]
    first._loop_backend().lease.stop()
    run(client)
    assert client.experiment.view().trials[index].status is TrialStatus.COMPLETED
    assert second.begun == [1, 2]


def test_a_late_result_is_kept_and_said_and_does_not_count(opened):
    late = opened(Held(over=True), value=7.0)
    index = begin(late)
    late._loop_backend().lease.stop()  # as if its process had been frozen for too long
    run(opened(Held(over=True), value=1.0))
    late.experiment.refresh()
    said = late._loop_backend().end(
        index, TrialStatus.COMPLETED, None, late._loop_backend().read(index, "loss", 0, 7.0)
    )
    assert said.startswith("trial 0 was completed when its end came late (loss 7)")
    trial = opened(Held()).experiment.view().trials[index]
    assert trial.status is TrialStatus.COMPLETED
    assert [row.mean for row in trial.data] == [1.0]
    (kept,) = json.loads(dict(trial.run_metadata)[LATE])
    assert kept["metrics"] == {"loss": [7.0, None]}
    assert "late" in list(late.history()["what"])[-1]


def test_the_first_result_counts_also_of_the_one_that_lost_the_lease(opened):
    first = opened(Held(over=True), value=7.0)
    index = begin(first)
    first._loop_backend().lease.stop()
    second = Held()
    client = opened(second)
    backend = client._loop_backend()
    backend.lease.start(client.experiment.store)
    assert backend.take_over() == {}
    assert list(backend.jobs()) == [index]
    assert not first._loop_backend().keep(index, {"again": True})  # it is not his any more
    old = first._loop_backend()
    assert old.end(index, TrialStatus.FAILED, "gave up") is not None  # a failure of his does not end it
    assert old.end(index, TrialStatus.COMPLETED, None, old.read(index, "loss", 0, 7.0)) is None
    client.experiment.refresh()
    assert backend.end(index, TrialStatus.COMPLETED, None, backend.read(index, "loss", 0, 1.0)) is not None
    assert client.experiment.view().trials[index].outcomes == {"loss": (7.0, None)}
    backend.lease.stop()


def test_only_one_takes_over(opened):
    first = opened(Held())
    begin(first)
    first._loop_backend().lease.stop()
    others = [opened(Held()) for _ in range(3)]
    backends = [c._loop_backend() for c in others]
    for backend in backends:
        backend.lease.start(backend.experiment.store)
    threads = [threading.Thread(target=b.take_over) for b in backends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for backend in backends:
        backend.experiment.refresh()
        backend.lease.stop()
    assert sum(len(b.jobs()) for b in backends) == 1


def test_the_loop_whose_trial_was_taken_over_goes_on_and_says_so(opened):
    first = Held()
    client = opened(first)

    class Frozen(Held):
        def poll_trial(self, trial_index, trial_metadata):
            if trial_index == 0 and not self.over:
                self.over = True
                client._loop_backend().lease.stop()  # the process was frozen, and the lease ended
                run(opened(Held(over=True), value=1.0))
                client.experiment.refresh()
            return TrialStatus.COMPLETED

    client.configure_runner(Frozen())
    client.configure_metrics([Loss(7.0)])
    with pytest.warns(AxnbWarning, match="trial 0 was completed when its end came late"):
        run(client)
    trials = client.experiment.view().trials
    assert [t.status for t in trials.values()] == [TrialStatus.COMPLETED] * 2
    assert trials[0].outcomes == {"loss": (1.0, None)}


def keeper_that_sees(store):
    keeper = LeaseKeeper()
    keeper._store = store
    return keeper


def test_a_process_that_is_gone_is_told_from_one_that_lives(opened, monkeypatch):
    client = opened(Held())
    store = client.experiment.store
    host, pid, began = this_process().rsplit(":", 2)
    store.keep_lease("mine", f"{host}:{pid}:{began}")  # a loop of this process that has let go
    store.keep_lease("lives", f"{host}:1:")
    store.keep_lease("gone", f"{host}:{2**22 + 1}:5")  # no number is so large
    store.keep_lease("far", "another:7:")
    keeper = keeper_that_sees(store)
    found = {token: keeper.look_at(token) for token in ("mine", "lives", "gone", "far", "never")}
    assert found == {
        "mine": Standing.ENDED,
        "lives": Standing.HELD,
        "gone": Standing.ENDED,
        "far": Standing.UNKNOWN,
        "never": Standing.ENDED,
    }
    assert keeper.holder("far") == "process 7 on another"


def test_a_lease_ends_by_silence_and_a_heartbeat_keeps_it(opened, monkeypatch):
    monkeypatch.setattr(leases, "_LOOK", 0.0)
    monkeypatch.setattr(leases, "LEASE_SECONDS", 30.0)
    clock = [0.0]
    monkeypatch.setattr(leases.time, "monotonic", lambda: clock[0])
    store = opened(Held()).experiment.store
    store.keep_lease("far", "another:7:")
    keeper = keeper_that_sees(store)
    assert keeper.look_at("far") is Standing.UNKNOWN
    clock[0] = 29.0
    store.keep_lease("far", "another:7:")
    assert keeper.look_at("far") is Standing.HELD
    clock[0] = 58.0
    assert keeper.look_at("far") is Standing.HELD
    clock[0] = 60.0
    assert keeper.look_at("far") is Standing.ENDED
    store.end_lease("far")
    assert store.leases() == {}


def test_the_mark_is_no_matter_of_the_runner_or_the_table(opened):
    client = opened(Held(over=True))
    run(client)
    assert "lease" not in client.summarize().columns
    assert client.experiment.store.leases() == {}
