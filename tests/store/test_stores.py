"""What every place that keeps an experiment must do: the same contract for memory, file and databases."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from axnb.errors import (
    AxnbError,
    ConflictError,
    ObjectNotFoundError,
    RetryableError,
    SnapshotError,
    StorageError,
    UndoError,
    UserInputError,
)
from axnb.problem.objective import parse_optimization
from axnb.problem.parameters import RangeParameter
from axnb.problem.space import SearchSpace
from axnb.record.events import (
    DataAttached,
    ExperimentConfigured,
    ExperimentRenamed,
    OptimizationConfigured,
    TrialCreated,
    TrialStatusChanged,
)
from axnb.record.experiment import Experiment
from axnb.record.metadata import ExperimentMetadata
from axnb.record.trial import Arm, Observation, Provenance, TrialStatus
from axnb.store.journal_file import JournalFile
from axnb.store.sql import Database

SPACE = SearchSpace(parameters=(RangeParameter(name="x", lower=0, upper=1),))


class FilePlace:
    def __init__(self, folder):
        self.path = folder / "run.jsonl"

    def new(self):
        return Experiment(journal=JournalFile(self.path))

    open = new


class DatabasePlace:
    def __init__(self, url):
        self.url = url

    def new(self):
        return Experiment(journal=Database(self.url).new_journal())

    def open(self):
        return Database(self.url).load("e")


@pytest.fixture(params=["file", "sqlite", "postgres"])
def place(request, tmp_path):
    if request.param == "file":
        return FilePlace(tmp_path)
    if request.param == "sqlite":
        return DatabasePlace(f"sqlite:///{tmp_path}/runs.db")
    return DatabasePlace(request.getfixturevalue("postgres_url"))


def configure(experiment):
    header = ExperimentMetadata(name="e", description=None, experiment_type=None, owner=None, seed=1)
    experiment.record([ExperimentConfigured(header=header, search_space=SPACE)])
    experiment.record([OptimizationConfigured(config=parse_optimization("-y"))])
    return experiment


def create(experiment, x=0.5):
    def events(now):
        arm = Arm(name=f"{now.next_index}_0", parameters=(("x", x),))
        return [TrialCreated(index=now.next_index, arms=(arm,), provenance=Provenance(generator="Sobol"))]

    return experiment.record(events)[0].event.index


def complete(experiment, index, mean=1.0):
    row = Observation(metric="y", arm_name=f"{index}_0", mean=mean)
    events = [DataAttached(index=index, rows=(row,)), TrialStatusChanged(index=index, status=TrialStatus.COMPLETED)]
    experiment.record(events)


def same(one, two):
    a, b = one.view(), two.view()
    return one.journal == two.journal and dict(a.trials) == dict(b.trials) and a.undo_label == b.undo_label


def test_what_is_recorded_is_there_for_the_next_who_opens(place):
    experiment = configure(place.new())
    complete(experiment, create(experiment))
    create(experiment)
    experiment.undo()
    assert same(place.open(), experiment)
    again = place.open()
    again.redo()
    assert experiment.refresh() == 1
    assert same(again, experiment)


def test_a_refused_action_is_not_kept(place):
    experiment = configure(place.new())
    create(experiment)
    with pytest.raises(ObjectNotFoundError):
        experiment.record([TrialStatusChanged(index=0, status=TrialStatus.FAILED), *_missing()])
    assert same(place.open(), experiment)
    assert experiment.view().trials[0].status is TrialStatus.RUNNING


def _missing():
    return [TrialStatusChanged(index=9, status=TrialStatus.FAILED)]


def test_two_who_write_lose_nothing_and_double_nothing(place):
    one = configure(place.new())
    two = place.open()
    assert create(one) == 0
    assert create(two) == 1  # it folded the other's trial in first
    complete(one, 1)
    with pytest.raises(AxnbError, match="already completed"):
        complete(two, 1)
    two.refresh()
    assert same(one, two)
    assert same(place.open(), one)


def test_who_folds_in_tells_subscribers(place):
    one = configure(place.new())
    two = place.open()
    heard = []
    two.subscribe(lambda notice: heard.append(notice.trial_indices))
    create(one)
    two.refresh()
    create(one)
    create(two)
    assert heard == [(0,), (1,), (2,)]


def test_many_threads_with_an_experiment_each(place):
    configure(place.new())

    def work():
        mine = place.open()
        for _ in range(5):
            complete(mine, create(mine))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    view = place.open().view()
    assert list(view.trials) == list(range(20))
    assert all(t.status is TrialStatus.COMPLETED for t in view.trials.values())


NURSERY = """
import os, sys
sys.path.insert(0, {tests!r})
from test_stores import FilePlace, DatabasePlace, complete, create
from pathlib import Path
place = FilePlace(Path({where!r})) if {kind!r} == "file" else DatabasePlace({where!r})
for _ in sys.stdin:
    child = os.fork()
    if child == 0:
        experiment = place.open()
        os.write(1, f"ready {{os.getpid()}}\\n".encode())
        while True:
            index = create(experiment)
            complete(experiment, index)
            os.write(1, f"{{index}}\\n".encode())
    os.waitpid(child, 0)
    os.write(1, b"gone\\n")
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["file", "sqlite"])
def test_a_killed_process_loses_nothing_that_was_acknowledged(kind, tmp_path):
    where = str(tmp_path) if kind == "file" else f"sqlite:///{tmp_path}/runs.db"
    place = FilePlace(tmp_path) if kind == "file" else DatabasePlace(where)
    configure(place.new())
    code = NURSERY.format(tests=str(Path(__file__).parent), where=where, kind=kind)
    pipe = subprocess.PIPE
    acknowledged = set()
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True, bufsize=1) as nursery:
        for round_ in range(50):
            nursery.stdin.write("another\n")
            nursery.stdin.flush()
            child = int(nursery.stdout.readline().removeprefix("ready "))
            time.sleep(0.01 + 0.0037 * (round_ % 17))
            os.kill(child, signal.SIGKILL)
            while (line := nursery.stdout.readline()) != "gone\n":
                acknowledged.add(int(line))
            view = place.open().view()
            done = {i for i, t in view.trials.items() if t.status is TrialStatus.COMPLETED}
            assert acknowledged <= done
            assert all(t.outcomes == {"y": (1.0, None)} for i, t in view.trials.items() if i in done)
        nursery.stdin.close()
    assert len(acknowledged) >= 10  # a slow machine gets little done between two kills


def test_a_torn_last_line_is_dropped_and_written_over(tmp_path):
    place = FilePlace(tmp_path)
    experiment = configure(place.new())
    create(experiment)
    whole = place.path.read_bytes()
    create(experiment)
    torn = place.path.read_bytes()
    for cut in range(len(whole) + 1, len(torn)):
        place.path.write_bytes(torn[:cut])
        again = place.open()
        assert list(again.view().trials) == [0]
    assert create(again) == 1
    assert list(place.open().view().trials) == [0, 1]


@pytest.mark.parametrize("text", ["hello\n", '{"format": "other"}\n', "[]\n", "x"])
def test_a_foreign_file_is_refused_and_left_alone(tmp_path, text):
    path = tmp_path / "run.jsonl"
    path.write_text(text)
    with pytest.raises(SnapshotError, match="not a journal"):
        Experiment(journal=JournalFile(path))
    assert path.read_text() == text


def test_a_journal_of_a_later_version_is_refused(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text(json.dumps({"format": "axnb-journal", "version": 99}) + "\n")
    with pytest.raises(SnapshotError, match="update axnb"):
        Experiment(journal=JournalFile(path))


def test_damage_in_the_middle_is_said(tmp_path):
    place = FilePlace(tmp_path)
    experiment = configure(place.new())
    create(experiment)
    lines = place.path.read_bytes().splitlines(keepends=True)
    place.path.write_bytes(b"".join([*lines[:1], b"{]\n", *lines[2:]]))
    with pytest.raises(SnapshotError, match="damaged"):
        place.open()


def test_what_was_read_but_not_folded_in_is_a_conflict_too(place):
    one = configure(place.new())
    two = place.open()
    create(one)
    two.store.read(0)  # as when folding it in failed
    assert create(two) == 1
    assert same(place.open(), two)


def _remove(file):
    file.unlink()


def _cut(file):
    os.truncate(file, file.stat().st_size // 2)


def _replace_by_an_older_one(file):
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:2]))


def _replace_by_another(file):
    text = file.read_bytes()
    file.write_bytes(text.replace(b"2", b"3"))


@pytest.mark.parametrize("harm", [_remove, _cut, _replace_by_an_older_one, _replace_by_another])
def test_a_journal_that_is_changed_from_without_is_left_alone(tmp_path, harm):
    place = FilePlace(tmp_path)
    experiment = configure(place.new())
    create(experiment)
    harm(place.path)
    left = place.path.read_bytes() if place.path.exists() else None
    view = experiment.view()
    for act in (lambda: create(experiment), experiment.undo, experiment.refresh):
        with pytest.raises(StorageError, match="is not the file that was opened"):
            act()
    assert (place.path.read_bytes() if place.path.exists() else None) == left
    assert experiment.view() is view


def _restore_a_copy(file):
    copy = file.with_name("copy.db")
    shutil.copy(file, copy)
    copy.replace(file)


@pytest.mark.parametrize("harm", [_remove, _restore_a_copy])
def test_a_database_file_that_is_changed_from_without_is_left_alone(tmp_path, harm):
    place = DatabasePlace(f"sqlite:///{tmp_path}/runs.db")
    experiment = configure(place.new())
    harm(tmp_path / "runs.db")
    view = experiment.view()
    for act in (lambda: create(experiment), experiment.refresh):
        with pytest.raises(StorageError, match="is not the file that was opened"):
            act()
    assert experiment.view() is view


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@pytest.mark.parametrize("more", [0, 1])
def test_who_has_a_deleted_experiment_open_never_meets_the_next_one(kind, more, tmp_path, request):
    url = f"sqlite:///{tmp_path}/runs.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    place = DatabasePlace(url)
    held = configure(place.new())
    Database(url).delete("e")
    other = configure(place.new())  # SQLite gives it the number of the one that is gone
    for _ in range(more):
        create(other)
    view = held.view()
    for act in (lambda: create(held), held.refresh):
        with pytest.raises(ObjectNotFoundError, match="has been deleted"):
            act()
    with pytest.raises(StorageError, match="has been deleted"):
        held.store.keep_card("trace", "{}")
    assert held.view() is view
    assert other.refresh() == 0
    assert same(place.open(), other)


def test_a_full_disk_leaves_file_and_experiment_as_they_were(tmp_path, monkeypatch):
    place = FilePlace(tmp_path)
    experiment = configure(place.new())
    before, view = place.path.read_bytes(), experiment.view()

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(StorageError, match="No space left"):
            create(experiment)
    assert place.path.read_bytes() == before
    assert experiment.view() is view
    assert create(experiment) == 0


def test_tables_follow_the_journal(tmp_path):
    import sqlalchemy as sa

    place = DatabasePlace(f"sqlite:///{tmp_path}/runs.db")
    experiment = configure(place.new())
    complete(experiment, create(experiment), mean=2.5)
    create(experiment)
    experiment.undo()
    engine = sa.create_engine(place.url)
    with engine.connect() as connection:
        rows = connection.execute(sa.text("select trial_index, status, parameters from trials")).all()
        assert [tuple(r) for r in rows] == [(0, "COMPLETED", '{"x": 0.5}')]
        rows = connection.execute(sa.text("select trial_index, metric, mean, sem from observations")).all()
        assert [tuple(r) for r in rows] == [(0, "y", 2.5, None)]
        assert connection.scalar(sa.text("select count(*) from events")) == len(experiment.journal)
        assert connection.scalar(sa.text("pragma journal_mode")) == "wal"
    engine.dispose()


def test_experiments_are_listed_renamed_and_deleted(tmp_path):
    place = DatabasePlace(f"sqlite:///{tmp_path}/runs.db")
    configure(place.new())
    database = Database(place.url)
    assert database.names() == ["e"]
    with pytest.raises(UserInputError, match="'e' in the database already"):
        configure(place.new())
    database.rename("e", "étude")
    assert database.names() == ["étude"]
    assert database.load("étude").view().name == "étude"
    with pytest.raises(ObjectNotFoundError, match="Did you mean 'étude'"):
        database.load("etude")
    held = database.load("étude")
    database.delete("étude")
    assert database.names() == []
    with pytest.raises(AxnbError, match="deleted"):
        create(held)


def test_an_experiment_in_a_database_needs_a_name(tmp_path):
    experiment = Experiment(journal=Database(f"sqlite:///{tmp_path}/runs.db").new_journal())
    header = ExperimentMetadata(name=None, description=None, experiment_type=None, owner=None, seed=1)
    with pytest.raises(UserInputError, match="needs a name"):
        experiment.record([ExperimentConfigured(header=header, search_space=SPACE)])
    assert experiment.view().metadata is None


@pytest.mark.parametrize("url", ["nonsense", "nosuch://x/y", "", 3])
def test_a_bad_url_is_refused(url):
    with pytest.raises(UserInputError, match="cannot be used"):
        Database(url)


def test_a_database_out_of_reach_or_of_a_later_version_is_refused(tmp_path):
    import sqlalchemy as sa

    with pytest.raises(StorageError, match="refused"):
        Database(f"sqlite:///{tmp_path}/no/folder/runs.db")
    Database(f"sqlite:///{tmp_path}/runs.db")
    engine = sa.create_engine(f"sqlite:///{tmp_path}/runs.db")
    with engine.begin() as connection:
        connection.execute(sa.text("update axnb_schema set version = 99"))
    engine.dispose()
    with pytest.raises(StorageError, match="update axnb"):
        Database(f"sqlite:///{tmp_path}/runs.db")


RACER = """
import sys
sys.path.insert(0, {tests!r})
from test_stores import DatabasePlace, complete
experiment = DatabasePlace({url!r}).open()
for index in range({start}, {stop}):
    complete(experiment, index, mean=float(index))
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_eight_processes_complete_trials_of_one_experiment_once_each(kind, tmp_path, request):
    url = f"sqlite:///{tmp_path}/runs.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    processes, share = 8, 25
    place = DatabasePlace(url)
    experiment = configure(place.new())
    for _ in range(processes * share):
        create(experiment)
    code = [
        RACER.format(tests=str(Path(__file__).parent), url=url, start=p * share, stop=(p + 1) * share)
        for p in range(processes)
    ]
    racers = [subprocess.Popen([sys.executable, "-c", c]) for c in code]
    assert [r.wait() for r in racers] == [0] * processes
    experiment.refresh()
    trials = experiment.view().trials
    assert len(trials) == processes * share
    assert all(t.outcomes == {"y": (float(i), None)} for i, t in trials.items())
    ends = [e.event.index for e in experiment.journal if isinstance(e.event, TrialStatusChanged)]
    assert sorted(ends) == list(range(processes * share))
    assert same(place.open(), experiment)


def test_a_conflict_that_does_not_end_is_an_error_that_says_so_and_changes_nothing():
    class Contested:
        def read(self, start):
            return []

        def append(self, entries, trials):
            raise ConflictError("somebody was first")

        def hold(self):
            return contextlib.nullcontext()

    experiment = Experiment(journal=Contested())
    with pytest.raises(RetryableError, match="somebody was first"):
        configure(experiment)
    assert experiment.view().metadata is None


def test_undo_never_takes_back_what_somebody_else_did_meanwhile(place):
    one = configure(place.new())
    create(one)
    two = place.open()
    create(two)
    with pytest.raises(UndoError, match="changed meanwhile"):
        one.undo()
    assert list(place.open().view().trials) == [0, 1]
    assert one.undo() == "Undid: trial 1 suggested."


def test_a_snapshot_goes_into_a_database_under_its_last_name(tmp_path):
    from axnb import Client, RangeParameterConfig, StorageConfig

    config = StorageConfig(url=f"sqlite:///{tmp_path}/runs.db")
    for name, file in (("old", "a"), (None, "étude")):
        client = Client()
        client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")], name=name)
        if name is not None:
            client.experiment.record([ExperimentRenamed(name="new")])
        client.save_to_json_file(tmp_path / f"{file}.json")
        Client.load_from_json_file(tmp_path / f"{file}.json", config)
    assert Database(config.url).names() == ["new", "étude"]
    assert Client.load_from_database("étude", config).experiment.view().name == "étude"
    with pytest.raises(UserInputError, match="an experiment 'new' in the database already"):
        Client.load_from_json_file(tmp_path / "a.json", config)


def test_a_database_opened_as_a_journal_is_told_apart(tmp_path):
    configure(DatabasePlace(f"sqlite:///{tmp_path}/runs.db").new())
    with pytest.raises(SnapshotError, match="it is a database, open it by"):
        JournalFile(tmp_path / "runs.db").read(0)
