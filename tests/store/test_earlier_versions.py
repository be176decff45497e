"""What earlier versions have written is read, shown alike, continued, and brought up to date."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from axnb import Client
from axnb.errors import SnapshotError
from axnb.record.experiment import Experiment
from axnb.record.trial import TrialStatus
from axnb.store.journal_file import JournalFile
from axnb.store.schema import SCHEMA_VERSION
from axnb.store.snapshot import loads
from axnb.store.sql import Database

SAMPLES = Path(__file__).parent / "samples"
versions = pytest.mark.parametrize("version", [1, 2])


def copy_journal(version, folder):
    path = folder / "run.jsonl"
    shutil.copy(SAMPLES / f"format-{version}.jsonl", path)
    return path


def make_database(version, folder):
    with sqlite3.connect(folder / "runs.db") as connection:
        connection.executescript((SAMPLES / f"schema-{version}.sql").read_text(encoding="utf-8"))
    connection.close()
    return f"sqlite:///{folder}/runs.db"


def check(view):
    assert view.name == "sample"
    assert list(view.trials) == [0, 1, 2, 3, 4, 6]
    assert view.trials[1].status is TrialStatus.FAILED
    assert view.trials[4].outcomes == {"y": (0.35, None), "w": (1.0, None)}
    assert view.trials[4].note == "as it was"
    batch = view.trials[6]
    assert [arm.name for arm in batch.arms] == ["6_0", "6_1"]
    assert [row.mean for row in batch.data] == [0.5, 0.5, 1.5, 1.5]


@versions
def test_a_journal_is_read_and_continued_with_checksums(version, tmp_path):
    path = copy_journal(version, tmp_path)
    before = path.read_bytes()
    client = Client(storage=path)
    check(client.experiment.view())
    watching = Client(storage=path)
    index = client.attach_trial({"x": 0.75, "n": 4, "kind": "a"})
    client.complete_trial(index, {"y": 0.5, "w": 1.0})
    assert path.read_bytes().startswith(before)
    assert watching.refresh() == 3
    assert Client(storage=path).experiment.journal == client.experiment.journal == watching.experiment.journal
    watching.note_trial(index, "both go on")
    assert client.refresh() == 1


@versions
def test_what_an_earlier_version_wrote_is_covered_once_it_is_continued(version, tmp_path):
    path = copy_journal(version, tmp_path)
    Client(storage=path).note_trial(0, "continued")
    data = path.read_bytes()
    at = data.index(b"0.35")
    path.write_bytes(data[:at] + b"0.25" + data[at + 4 :])
    with pytest.raises(SnapshotError, match=r"is damaged at line \d+: it does not agree with its checksum"):
        Client(storage=path)


@versions
def test_cards_beside_an_earlier_journal_are_shown(version, tmp_path):
    path = copy_journal(version, tmp_path)
    shutil.copy(SAMPLES / "format-2.jsonl.cards.json", tmp_path / "run.jsonl.cards.json")
    client = Client(storage=path)
    assert [card.title for card in client.saved_cards()] == ["Hello"]
    client.experiment.store.keep_card("Other", client.experiment.store.cards()["Greeting"])
    assert list(client.experiment.store.cards()) == ["Greeting", "Other"]


@versions
def test_a_database_is_brought_up_to_date(version, tmp_path):
    url = make_database(version, tmp_path)
    experiment = Database(url).load("sample")
    check(experiment.view())
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert connection.scalar(sa.text("select version from axnb_schema")) == SCHEMA_VERSION
        arms = connection.execute(sa.text("select trial_index, arm_name, parameters from arms")).all()
        assert [(r[0], r[1]) for r in arms][-2:] == [(6, "6_0"), (6, "6_1")]
        assert json.loads(arms[-1][2]) == {"x": 0.1, "n": 2, "kind": "a"}
        assert connection.scalar(sa.text("select count(*) from observations where trial_index = 6")) == 4
        assert connection.scalar(sa.text("select count(*) from sqlite_master where name like 'events_%'")) == 0
    engine.dispose()
    client = Client.load_from_database("sample", storage=url)
    assert [card.title for card in client.saved_cards()] == (["Hello"] if version == 2 else [])
    client.undo()
    assert Database(url).load("sample").journal == client.experiment.journal


@versions
def test_a_database_that_can_only_be_read_is_read_as_it_is(version, tmp_path):
    make_database(version, tmp_path)
    client = Client.load_from_database("sample", storage=f"sqlite:///file:{tmp_path}/runs.db?mode=ro&uri=true")
    check(client.experiment.view())
    assert client.saved_cards() == []


def downgrade(connection):
    """Make a database of version 2 of one of version 3."""
    connection.execute(sa.text("drop table arms"))
    for table, column in (("events", "checksum"), ("cards", "checksum"), ("experiments", "length")):
        connection.execute(sa.text(f"alter table {table} drop column {column}"))
    connection.execute(sa.text("alter table experiments drop column checksum"))
    connection.execute(sa.text("update axnb_schema set version = 2"))


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_database_is_brought_up_to_date_on_every_server(kind, tmp_path, request):
    url = f"sqlite:///{tmp_path}/runs.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    journal = Experiment(journal=JournalFile(copy_journal(2, tmp_path))).journal
    for name in ("a", "b"):
        draft = Experiment.replay(journal, Database(url).new_journal())
        draft.store.keep_card("Greeting", "{}")
        Database(url).rename("sample", name)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        downgrade(connection)
    engine.dispose()
    for name in ("a", "b"):
        experiment = Database(url).load(name)
        assert experiment.journal[:-1] == journal
        assert experiment.store.cards() == {"Greeting": "{}"}
        experiment.undo()
        assert Database(url).load(name).journal == experiment.journal


def test_a_damaged_experiment_does_not_stand_in_the_way_of_others(tmp_path):
    url = make_database(2, tmp_path)
    with sqlite3.connect(tmp_path / "runs.db") as connection:
        connection.execute(
            "insert into experiments (id, name, created) values (9, 'odd', '2026-11-30 00:00:00.000000')"
        )
        connection.execute(
            "insert into events select 9, sequence, action, time, actor, automatic, kind, '{' from events limit 1"
        )
    connection.close()
    check(Database(url).load("sample").view())
    with pytest.raises(SnapshotError, match="event 0 in the database is damaged"):
        Database(url).load("odd")


@versions
def test_a_snapshot_that_says_it_is_older_than_it_is_is_refused(version, tmp_path):
    client = Client(storage=copy_journal(2, tmp_path))
    client.save_to_json_file(tmp_path / "a.json")
    text = (tmp_path / "a.json").read_text()
    assert len(loads(text)[0].journal) == len(client.experiment.journal)
    with pytest.raises(SnapshotError):
        loads(text.replace('"version":3', f'"version":{version}', 1))
