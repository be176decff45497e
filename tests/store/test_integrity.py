"""What was changed, removed or moved in a store is seen when it is loaded, and what is sound can be rescued."""

import os
import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from axnb import Client
from axnb.errors import AxnbError, ObjectNotFoundError, SnapshotError, StorageError, UserInputError
from axnb.record.events import ExperimentRenamed
from axnb.store.sql import Database
from tests.store.torture import configure, make_client, open_client, work


@pytest.fixture
def journal(tmp_path):
    client = make_client("journal", tmp_path, trials=3)
    client.note_trial(0, "0.35")
    work(client)
    return tmp_path / "run.jsonl"


def move(lines):
    lines[4], lines[5] = lines[5], lines[4]


def remove(lines):
    del lines[4]


def double(lines):
    lines.insert(4, lines[4])


def change(lines):
    lines[4] = lines[4].replace(b"0.25", b"0.35")


def swap_checksums(lines):
    lines[4], lines[5] = lines[4][:20] + lines[5][20:], lines[5][:20] + lines[4][20:]


def join(lines):
    lines[4:6] = [lines[4][:-1] + lines[5]]


harms = pytest.mark.parametrize("harm", [move, remove, double, change, swap_checksums, join])


@harms
def test_a_line_of_a_journal_that_is_not_as_it_was_is_named(journal, harm):
    lines = journal.read_bytes().splitlines(keepends=True)
    harm(lines)
    journal.write_bytes(b"".join(lines))
    with pytest.raises(SnapshotError, match=r"damaged at line [56]: .*Client\.recover\('.*run\.jsonl'\)"):
        Client(storage=journal)


@harms
def test_a_line_of_a_snapshot_that_is_not_as_it_was_is_named(journal, harm, tmp_path):
    target = tmp_path / "a.json"
    Client(storage=journal).save_to_json_file(target)
    lines = target.read_bytes().splitlines(keepends=True)
    harm(lines)
    target.write_bytes(b"".join(lines))
    with pytest.raises(SnapshotError, match=r"damaged at line [56]: .*Client\.recover\('.*a\.json'\)"):
        Client.load_from_json_file(target)


def test_a_snapshot_whose_last_line_is_removed_is_refused(journal, tmp_path):
    target = tmp_path / "a.json"
    Client(storage=journal).save_to_json_file(target)
    lines = target.read_bytes().splitlines(keepends=True)
    del lines[-2]
    lines[-2] = lines[-2].replace(b",\n", b"\n")
    target.write_bytes(b"".join(lines))
    with pytest.raises(SnapshotError, match="damaged at line"):
        Client.load_from_json_file(target)


def test_a_snapshot_with_the_line_ends_of_windows_is_read(journal, tmp_path):
    target = tmp_path / "a.json"
    client = Client(storage=journal)
    client.save_to_json_file(target)
    target.write_bytes(target.read_bytes().replace(b"\n", b"\r\n"))
    assert Client.load_from_json_file(target).experiment.journal == client.experiment.journal


@pytest.mark.parametrize("kind", ["journal", "snapshot"])
def test_what_is_above_the_damage_is_rescued_and_the_rest_is_named(journal, kind, tmp_path):
    client = Client(storage=journal)
    damaged = journal
    if kind == "snapshot":
        damaged = tmp_path / "a.json"
        client.save_to_json_file(damaged)
    data = damaged.read_bytes()
    damaged.write_bytes(data.replace(b'"note":"0.35"', b'"note":"0.25"'))
    told = Client.recover(damaged)
    assert told.path == tmp_path / f"{damaged.stem}.recovered.jsonl"
    assert (told.actions, told.last) == (8, "trial 2 completed (y 0.25)")
    assert "damaged at line 10" in told.reason
    assert told.lines_left_out == (3 if kind == "journal" else 4)
    assert "8 actions are sound, the last is: trial 2 completed" in str(told)
    again = Client(storage=told.path)
    assert again.experiment.journal == client.experiment.journal[: len(again.experiment.journal)]
    assert work(again) == 3
    assert Client.recover(damaged).path.name == f"{damaged.stem}.recovered-2.jsonl"
    assert Client.recover(told.path).reason is None


def test_what_cannot_have_happened_is_left_out_of_what_is_rescued(tmp_path):
    path = tmp_path / "run.jsonl"
    shutil.copy(Path(__file__).parent / "samples" / "format-2.jsonl", path)  # without checksums
    lines = path.read_bytes().splitlines(keepends=True)
    del lines[4]
    path.write_bytes(b"".join(lines))
    told = Client.recover(path)
    assert told.actions == 3
    assert "cannot have happened" in told.reason
    assert len(Client(storage=told.path).experiment.journal) == 3


def test_only_what_is_ours_is_rescued(tmp_path):
    with pytest.raises(ObjectNotFoundError, match="there is no file"):
        Client.recover(tmp_path / "none")
    (tmp_path / "other").write_text("hello\n")
    with pytest.raises(SnapshotError, match="is not a journal"):
        Client.recover(tmp_path / "other")


CHANGES = {
    "a body": "update events set body = replace(body, '0.25', '0.35') where sequence = 3",
    "a checksum": "update events set checksum = '0000000000000000' where sequence = 4",
    "one removed": "delete from events where sequence = 4",
    "the last removed": "delete from events where sequence = 7",
    "two moved": "update events set sequence = case sequence when 4 then 5 else 4 end where sequence in (4, 5)",
    "no text": "update events set body = x'ff', checksum = x'ff' where sequence = 4",
    "a number": "update events set body = 3 where sequence = 4",
    "the length": "update experiments set length = length - 1",
}


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES)
def test_an_event_in_a_database_that_is_not_as_it_was_is_refused(tmp_path, statement):
    del_me = make_client("sqlite", tmp_path, trials=2)
    assert len(del_me.experiment.journal) == 8
    with sqlite3.connect(tmp_path / "runs.db") as connection:
        connection.execute("pragma ignore_check_constraints = on")
        if "case" in statement:
            connection.execute("update events set sequence = -1 where sequence = 4")
            connection.execute("update events set sequence = 4 where sequence = 5")
            connection.execute("update events set sequence = 5 where sequence = -1")
        else:
            connection.execute(statement)
    connection.close()
    with pytest.raises(StorageError, match=r"damaged|refused"):
        open_client("sqlite", tmp_path)


def test_a_damaged_card_in_a_database_is_left_out_with_its_name(tmp_path):
    client = make_client("sqlite", tmp_path)
    for name in ("one", "two"):
        client.experiment.store.keep_card(name, '{"a":0.25}')
    with sqlite3.connect(tmp_path / "runs.db") as connection:
        connection.execute("update cards set body = replace(body, '2', '3') where name = 'two'")
    connection.close()
    with pytest.warns(UserWarning, match="'two'"):
        assert client.experiment.store.cards() == {"one": '{"a":0.25}'}


@pytest.mark.parametrize("act", [work, Client.refresh, Client.undo])
@pytest.mark.parametrize("other", ["older", "another", "garbage"])
def test_a_database_that_is_overwritten_in_place_is_noticed_at_once(tmp_path, act, other):
    (tmp_path / "other").mkdir()
    client = make_client("sqlite", tmp_path, trials=5)
    path = tmp_path / "runs.db"
    with sqlite3.connect(path) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()
    older = path.read_bytes()
    for _ in range(3):
        work(client)
    if other == "another":
        make_client("sqlite", tmp_path / "other", trials=5)
        with sqlite3.connect(tmp_path / "other" / "runs.db") as connection:
            connection.execute("pragma wal_checkpoint(truncate)")
        connection.close()
    with sqlite3.connect(path) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()
    content = {"older": older, "garbage": os.urandom(len(older))}.get(other)
    path.write_bytes(content or (tmp_path / "other" / "runs.db").read_bytes())
    view = client.experiment.view()
    with pytest.raises(AxnbError):
        act(client)
    assert client.experiment.view() is view


@pytest.mark.parametrize("kind", ["memory", "journal", "sqlite", "postgres"])
def test_a_name_that_is_too_long_is_refused_on_every_store(tmp_path, kind, request):
    storage = {
        "memory": lambda: None,
        "journal": lambda: tmp_path / "run.jsonl",
        "sqlite": lambda: f"sqlite:///{tmp_path}/runs.db",
        "postgres": lambda: request.getfixturevalue("postgres_url"),
    }[kind]()
    client = Client(storage=storage)
    with pytest.raises(UserInputError, match=r"may have up to 500 characters, '.*'… has 501"):
        client.configure_experiment(_parameters(), name="n" * 501)
    client.configure_experiment(_parameters(), name="n" * 500)
    if "://" in str(storage):
        with pytest.raises(UserInputError, match="up to 500 characters"):
            Database(storage).rename("n" * 500, "m" * 501)
        with pytest.raises(UserInputError, match="up to 500 characters"):
            client.experiment.record([ExperimentRenamed(name="m" * 501)])


def _parameters():
    from axnb import RangeParameterConfig

    return [RangeParameterConfig("x", (0.0, 1.0), "float")]


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "{" * 50_000, '{"format":' * 50_000, "1" * 10_000, "\ud800"], ids=range(5)
)
def test_odd_first_lines_are_refused_with_our_errors(tmp_path, text):
    path = tmp_path / "run.jsonl"
    path.write_bytes(text.encode(errors="surrogatepass") + b"\n")
    with pytest.raises(SnapshotError):
        Client(storage=path)
    with pytest.raises(SnapshotError):
        Client.load_from_json_file(path)


ODD_VALUES = {
    "no arms": (r'"arms":\[.*?\}\}\]', '"arms":[]'),
    "a huge index": (r'"_":"TrialCreated","index":0', f'"_":"TrialCreated","index":{10**30}'),
    "a negative index": (r'"_":"TrialCreated","index":0', '"_":"TrialCreated","index":-5'),
    "a huge position": (r'"position":\d+', f'"position":{10**30}'),
    "too many digits": (r'"position":\d+', f'"position":{10**4000}0' + "0" * 1000),
    "a mean beyond floats": (r'"mean":0\.\d+', f'"mean":{10**400}'),
    "a mean that is infinite": (r'"mean":0\.\d+', '"mean":1e400'),
    "a value of another type": (r'"x":0\.\d+', '"x":"a"'),
    "a parameter that does not exist": (r'"parameters":\{"x":0\.\d+,', '"parameters":{"zz":0.5,'),
    "a negative seed": (r'"seed":7', '"seed":-7'),
    "half of a surrogate pair": (r'"note":"as it was"', r'"note":"\\ud800"'),
    "bounds the wrong way round": (r'"lower":0.0', '"lower":5.0'),
    "data of an arm that does not exist": (r'"arm_name":"0_0"', '"arm_name":"9_9"'),
    "lists in lists": (r"\Z", "[" * 100_000 + "\n"),
}


@pytest.mark.parametrize(("what", "by"), ODD_VALUES.values(), ids=ODD_VALUES)
def test_values_in_a_file_without_checksums_are_checked_as_those_of_a_person(tmp_path, what, by):
    text = (Path(__file__).parent / "samples" / "format-2.jsonl").read_text(encoding="utf-8")
    changed = re.sub(what, by, text, count=1)
    assert changed != text
    (tmp_path / "run.jsonl").write_text(changed, encoding="utf-8")
    with pytest.raises(SnapshotError, match="damaged") as caught:
        Client(storage=tmp_path / "run.jsonl")
    assert len(str(caught.value)) < 2000


def test_a_text_that_files_cannot_keep_is_refused_and_changes_nothing(tmp_path):
    from axnb.record.events import TrialNoted

    client = configure(Client(storage=tmp_path / "run.jsonl"))
    work(client)
    before = (tmp_path / "run.jsonl").read_bytes()
    with pytest.raises(AxnbError):
        client.experiment.record([TrialNoted(index=0, note="\ud800")])
    assert (tmp_path / "run.jsonl").read_bytes() == before
    work(client)
