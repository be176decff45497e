"""What every place that keeps an experiment must do, whoever made it: `Journal` in axnb/record/journal.py says what.

A store of one's own passes when it is added to `PLACES`.
"""

import threading
import time

import pytest

from axnb import Client, RangeParameterConfig
from axnb.errors import AxnbError, BusyError, RetryableError
from axnb.record.experiment import Experiment
from axnb.record.trial import TrialStatus
from axnb.store.journal_file import JournalFile
from axnb.store.snapshot import dumps, loads
from axnb.store.sql import Database


class Place:
    """Makes experiments that are kept, and opens them again."""

    shared = True  # several may have it open

    def __init__(self, new, reopen):
        self.new, self.reopen = new, reopen


def memory_place(folder, request):
    kept = {}

    def new():
        kept["experiment"] = Experiment()
        return kept["experiment"]

    return Place(new, lambda: Experiment.replay(kept["experiment"].journal))


def snapshot_place(folder, request):
    kept = {}

    def new():
        kept["experiment"] = Experiment()
        return kept["experiment"]

    return Place(new, lambda: loads(dumps(kept["experiment"]))[0])


def journal_place(folder, request):
    def open_():
        return Experiment(journal=JournalFile(folder / "run.jsonl"))

    return Place(open_, open_)


def sqlite_place(folder, request):
    url = f"sqlite:///{folder}/runs.db"
    return Place(lambda: Experiment(journal=Database(url).new_journal()), lambda: Database(url).load("e"))


def postgres_place(folder, request):
    url = request.getfixturevalue("postgres_url")
    return Place(lambda: Experiment(journal=Database(url).new_journal()), lambda: Database(url).load("e"))


PLACES = {
    "memory": memory_place,
    "snapshot": snapshot_place,
    "journal": journal_place,
    "sqlite": sqlite_place,
    "postgres": postgres_place,
}
SHARED = ("journal", "sqlite", "postgres")


@pytest.fixture(params=PLACES)
def place(request, tmp_path):
    return PLACES[request.param](tmp_path, request)


@pytest.fixture(params=SHARED)
def shared(request, tmp_path):
    return PLACES[request.param](tmp_path, request)


def client_of(experiment):
    client = Client(random_seed=1)
    client._hold(experiment)
    return client


def configured(place):
    client = client_of(place.new())
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")], name="e", description="é \u2028 <b>")
    client.configure_optimization("-y", ["w <= 3"])
    return client


def same(one, two):
    a, b = one.view(), two.view()
    fields = ("version", "metadata", "search_space", "optimization", "generation", "metrics", "baseline")
    more = ("next_index", "next_position", "undo_label", "redo_label")
    return (
        one.journal == two.journal
        and dict(a.trials) == dict(b.trials)
        and all(getattr(a, f) == getattr(b, f) for f in (*fields, *more))
    )


def work(client):
    """Do one of each thing that can be recorded."""
    for index in client.get_next_trials(2):
        client.attach_data(index, {"y": 0.1 + 0.2}, progression=1)
        client.complete_trial(index, {"y": (5e-324, 0.0), "w": 1e300})
    client.mark_trial_failed(client.attach_trial({"x": 1 / 3}), "broke \u2028 here")
    client.mark_trial_abandoned(client.attach_trial({"x": 0.25}))
    if client.experiment.view().baseline is None:
        client.attach_baseline({"x": 0.75}, arm_name='"quoted" <é>')
    client.amend_data(0, {"w": -0.0})
    client.note_trial(1, "a\nb\\ \x7f")
    client.delete_trial(client.attach_trial({"x": 0.125}))
    client.edit_search_space(update=[RangeParameterConfig("x", (0.0, 2.0), "float")])
    client.undo()
    client.redo()
    client.undo()


def test_what_comes_back_is_what_was_recorded(place):
    client = configured(place)
    work(client)
    again = place.reopen()
    assert same(again, client.experiment)
    assert client_of(again).suggest() == client.suggest()


def test_trials_of_several_arms_come_back_with_weights_and_data(place):
    client = configured(place)
    index = client.attach_batch([{"x": 0.1}, {"x": 0.2}], weights=[1.0, 3.0])
    client.complete_trial(index, {arm: {"y": k + 0.5, "w": 1.0} for k, arm in enumerate(_arms(client, index))})
    trial = place.reopen().view().trials[index]
    assert trial == client.experiment.view().trials[index]
    assert [result.weight for result in trial.results] == [1.0, 3.0]
    assert trial.status is TrialStatus.COMPLETED


def _arms(client, index):
    return [arm.name for arm in client.experiment.view().trials[index].arms]


def test_what_was_refused_is_not_kept(place):
    client = configured(place)
    index = client.attach_trial({"x": 0.5})
    for act in (
        lambda: client.attach_trial({"x": 3.0}),
        lambda: client.complete_trial(index, {"y": "a"}),
        lambda: client.complete_trial(9, {"y": 1.0}),
        client.redo,
    ):
        with pytest.raises(AxnbError):
            act()
    assert same(place.reopen(), client.experiment)


def test_two_who_write_see_each_other_and_lose_nothing(shared):
    one = configured(shared)
    two = client_of(shared.reopen())
    for _ in range(3):
        work(one)
        two.attach_trial({"x": 0.5})
        two.note_trial(0, "two")
    one.refresh()
    assert same(one.experiment, two.experiment)
    assert same(shared.reopen(), one.experiment)


def test_who_holds_keeps_others_waiting_and_they_come_next(shared):
    one = configured(shared)
    two = client_of(shared.reopen())
    done = []

    def write():
        two.attach_trial({"x": 0.5})
        done.append(time.monotonic())

    thread = threading.Thread(target=write)
    with one.experiment.store.hold():
        assert one.refresh() == 0
        thread.start()
        thread.join(0.3)
        assert not done
        one.attach_trial({"x": 0.25})  # this ends the holding for databases; files let go below
    thread.join()
    assert done
    assert one.refresh() == 1
    assert [t.parameters["x"] for t in one.experiment.view().trials.values()] == [0.25, 0.5]


def test_who_waits_too_long_is_told_to_try_again(shared, monkeypatch):
    monkeypatch.setattr("axnb.store.engine.WAIT_SECONDS", 0.1)
    monkeypatch.setattr("axnb.store.journal_file._LOCK_SECONDS", 0.1)
    one = configured(shared)
    two = client_of(shared.reopen())
    view = two.experiment.view()
    errors = []

    def write():
        try:
            two.attach_trial({"x": 0.5})
        except RetryableError as error:
            errors.append(error)

    thread = threading.Thread(target=write)
    with one.experiment.store.hold():
        thread.start()
        thread.join()
    assert [type(error) for error in errors] == [BusyError]
    assert two.experiment.view() is view
    assert two.attach_trial({"x": 0.5}) == 0


def test_eight_threads_that_ask_tell_and_attach_are_all_answered(shared):
    one = configured(shared)
    one.configure_generation_strategy(allow_exceeding_initialization_budget=True)  # eight may run at a time
    clients = [one, *(client_of(shared.reopen()) for _ in range(3))]
    errors = []

    def write(client, number):
        try:
            for k in range(3):
                for index in client.get_next_trials(1):
                    client.complete_trial(index, {"y": 0.5, "w": 1.0})
                client.attach_trial({"x": (number + 8 * k + 0.5) / 24})
        except AxnbError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(clients[n % 4], n)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    one.refresh()
    assert list(one.experiment.view().trials) == list(range(48))
    assert same(shared.reopen(), one.experiment)
