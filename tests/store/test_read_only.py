"""Files that may be read but not written to: everything can be looked at, the first change is refused in a sentence."""

import gc
import os
import shutil
import sqlite3
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from axnb import Client, RangeParameterConfig
from axnb.errors import ReadOnlyError, StorageError
from axnb.store.sql import Database

NOBODY = 65534


@pytest.fixture
def folder():
    """Give a folder that another user may enter, which pytest's own is not."""
    made = Path(tempfile.mkdtemp(prefix="axnb é #"))
    made.chmod(0o755)
    yield made
    made.chmod(0o755)
    shutil.rmtree(made)


@contextmanager
def lowered():
    """Act as a user whom permissions bind: nothing is read-only for root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def worked(storage):
    client = Client(storage=storage, random_seed=1)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")], name="e")
    client.configure_optimization("-y")
    for _ in range(6):
        for index, point in client.get_next_trials(1).items():
            client.complete_trial(index, {"y": (point["x"] - 0.3) ** 2})
    client.get_next_trials(1)
    return client


def reopened(storage):
    return Client.load_from_database("e", storage=storage) if "://" in storage else Client(storage=storage)


def looked_at(client):
    best = client.get_best_parameterization()
    cards = [card.name for card in client.compute_analyses(display=False)]
    return client.summarize().to_csv(), client.predict([{"x": 0.2}]), best, cards, len(client.history())


CHANGES = [
    lambda c: c.complete_trial(6, {"y": 1.0}),
    lambda c: c.get_next_trials(1),
    lambda c: c.reject_trial(6),
    lambda c: c.note_trial(0, "x"),
    lambda c: c.edit_search_space(update=[RangeParameterConfig("x", (0.0, 2.0), "float")]),
    lambda c: c.undo(),
]


@pytest.mark.parametrize("sealed", ["file", "folder", "both"])
@pytest.mark.parametrize("name", ["{}/run.jsonl", "sqlite:///{}/runs.db"])
def test_what_cannot_be_written_can_be_looked_at_and_refuses_changes(name, sealed, folder):
    storage = name.format(folder)
    client = worked(storage)
    shown = looked_at(client)
    del client
    gc.collect()
    before = {f.name: f.read_bytes() for f in folder.iterdir()}
    if sealed != "folder":
        for file in folder.iterdir():
            file.chmod(0o444)
    folder.chmod(0o777 if sealed == "file" else 0o555)
    with lowered():
        again = reopened(storage)
        assert looked_at(again) == shown
        view = again.experiment.view()
        for change in CHANGES:
            with pytest.raises(ReadOnlyError, match="can be read but not written to"):
                change(again)
        assert again.experiment.view() is view
        assert again.refresh() == 0
        del again
        gc.collect()
    kept = {f.name: f.read_bytes() for f in folder.iterdir()}
    assert {n: kept[n] for n in before if not n.endswith(".cards.json")} == {
        n: data for n, data in before.items() if not n.endswith(".cards.json")
    }


def test_a_database_that_its_url_opens_for_reading(tmp_path):
    worked(f"sqlite:///{tmp_path}/runs.db")
    gc.collect()
    again = reopened(f"sqlite:///file:{tmp_path}/runs.db?mode=ro&uri=true")
    assert len(again.summarize()) == 7
    with pytest.raises(ReadOnlyError, match="can be read but not written to"):
        again.complete_trial(6, {"y": 1.0})
    database = Database(f"sqlite:///file:{tmp_path}/runs.db?mode=ro&uri=true")
    for change in (lambda: database.delete("e"), lambda: database.rename("e", "f")):
        with pytest.raises(ReadOnlyError):
            change()
    assert database.names() == ["e"]


def test_what_somebody_else_writes_meanwhile_is_seen(folder):
    url = f"sqlite:///{folder}/runs.db"
    worked(url)
    gc.collect()
    folder.chmod(0o555)
    with lowered():
        reader = reopened(url)
    folder.chmod(0o755)
    reopened(url).note_trial(0, "meanwhile")
    gc.collect()
    folder.chmod(0o555)
    with lowered():
        assert reader.refresh() == 1
        assert reader.experiment.view().trials[0].note == "meanwhile"


def test_a_copy_that_lacks_its_newest_entries_is_refused(folder):
    client = worked(f"sqlite:///{folder}/runs.db")
    copy = folder / "copy"
    copy.mkdir()
    for name in ("runs.db", "runs.db-wal"):
        shutil.copy(folder / name, copy)
    copy.chmod(0o555)
    with lowered(), pytest.raises(ReadOnlyError, match=r"newest entries are in 'runs.db-wal': copy both"):
        Database(f"sqlite:///{copy}/runs.db")
    copy.chmod(0o755)
    assert len(reopened(f"sqlite:///{copy}/runs.db").summarize()) == len(client.summarize())


def test_a_read_only_database_of_an_earlier_version_is_read_as_it_is(tmp_path):
    worked(f"sqlite:///{tmp_path}/runs.db")
    gc.collect()
    connection = sqlite3.connect(tmp_path / "runs.db")
    connection.execute("alter table trials drop column run_metadata")
    connection.execute("update axnb_schema set version = 1")
    connection.commit()
    connection.close()
    again = reopened(f"sqlite:///file:{tmp_path}/runs.db?mode=ro&uri=true")
    assert len(again.summarize()) == 7


def test_opening_a_database_does_not_wait_for_who_writes(tmp_path):
    url = f"sqlite:///{tmp_path}/runs.db"
    client = worked(url)
    connection = sqlite3.connect(tmp_path / "runs.db", isolation_level=None)
    connection.execute("begin immediate")  # opening would wait 30 s for its end, and fail
    assert len(reopened(url).summarize()) == len(client.summarize())
    connection.close()


def test_a_snapshot_that_was_made_read_only_is_not_replaced(folder):
    client = worked(None)
    target = folder / "a.json"
    client.save_to_json_file(target)
    target.chmod(0o444)
    folder.chmod(0o777)
    kept = target.read_bytes()
    with lowered():
        again = Client.load_from_json_file(target)
        again.complete_trial(6, {"y": 1.0})  # in memory
        with pytest.raises(StorageError, match=r"cannot write .*a.json': Permission denied"):
            again.save_to_json_file(target)
        again.save_to_json_file(folder / "b.json")
    assert target.read_bytes() == kept
    assert [f.name for f in folder.iterdir() if f.suffix == ".tmp"] == []
