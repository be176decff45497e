"""Writing a file: wholly or not at all, through links, with the rights it had, and onto files only."""

import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from axnb import Client, RangeParameterConfig
from axnb.errors import AxnbError, StorageError
from axnb.store.cards_file import read_cards, write_cards
from axnb.store.files import find_file, write_atomically


def configured(**arguments):
    client = Client(random_seed=1, **arguments)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")], name="e")
    client.configure_optimization("-y")
    return client


WRITERS = {
    "snapshot": lambda path: configured().save_to_json_file(path),
    "report": lambda path: configured().report(path),
    "cards": lambda path: write_cards(path, {"a": "{}"}),
    "journal": lambda path: configured(storage=path),
}
every_writer = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)


@every_writer
@pytest.mark.parametrize("exists", [True, False])
def test_symbolic_links_are_followed(write, exists, tmp_path):
    (tmp_path / "there").mkdir()
    target, link, over = tmp_path / "there" / "real", tmp_path / "link", tmp_path / "over"
    if exists:
        target.write_bytes(b"")
    link.symlink_to("there/real")
    over.symlink_to(link)
    write(over)
    assert over.is_symlink()
    assert link.is_symlink()
    assert target.stat().st_size > 0
    assert sorted(p.name for p in tmp_path.iterdir() if not p.name.endswith(".lock")) == ["link", "over", "there"]


def test_a_journal_has_one_lock_under_all_its_names(tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "link.jsonl").symlink_to(tmp_path / "run.jsonl")
    one = configured(storage=tmp_path / "run.jsonl")
    two = Client(storage=tmp_path / "other" / "link.jsonl")
    one.attach_trial({"x": 0.5})
    assert two.attach_trial({"x": 0.25}) == 1
    assert {p.name for p in tmp_path.rglob("*.lock")} == {"run.jsonl.lock"}


@every_writer
@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "circle", "null byte"])
def test_what_is_no_regular_file_is_refused_and_left_alone(write, kind, tmp_path):
    path = tmp_path / "odd"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/full")
    elif kind == "circle":
        path.symlink_to(path)
    else:
        path = f"{path}\0"
    before = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(AxnbError):
        write(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("path", [".", "/", "/dev/null", "/dev/stdin"])
def test_a_storage_that_is_no_file_says_what_it_is(path):
    with pytest.raises(StorageError, match=r"is a (folder|device|pipe|socket)|cannot be used"):
        Client(storage=path)
    with pytest.raises(AxnbError):
        Client.load_from_json_file("/dev/zero")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_permissions_are_kept(mode, tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")
    path.chmod(mode)
    write_atomically(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_text() == "new"


def test_a_new_file_has_the_rights_that_the_user_gives_to_new_files(tmp_path):
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "a", "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def fail(error, after=0):
    """Return an `os.write` that writes some bytes in parts and fails then."""
    real, left = os.write, [after]

    def write(descriptor, data):
        if left[0] <= 0:
            raise error
        written = real(descriptor, bytes(data)[: min(7, left[0])])
        left[0] -= written
        return written

    return write


def try_to(act, *arguments):
    """Return whether something fails, in whatever way."""
    try:
        act(*arguments)
    except (StorageError, KeyboardInterrupt, MemoryError, SystemExit):
        return True
    return False


def fail_to_sync(error):
    """Return an `os.fsync` that fails."""

    def sync(descriptor):
        raise error

    return sync


FAILURES = [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), MemoryError(), SystemExit(1)]


every_failure = pytest.mark.parametrize("error", FAILURES, ids=lambda e: type(e).__name__)


@every_failure
@pytest.mark.parametrize("after", [0, 1, 7, 20])
@every_writer
def test_whatever_fails_no_file_is_begun_and_none_is_changed(write, error, after, tmp_path, monkeypatch):
    path = tmp_path / "a"
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", fail(error, after))
        assert try_to(write, path)
    assert [p.name for p in tmp_path.iterdir() if not p.name.endswith(".lock")] == []
    write(path)
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail_to_sync(error))
        assert write is WRITERS["journal"] or try_to(write, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".tmp")] == []


@every_failure
@pytest.mark.parametrize("after", [0, 1, 20, 100, None])
def test_whatever_fails_a_journal_is_as_before_and_goes_on(error, after, tmp_path, monkeypatch):
    path = tmp_path / "run.jsonl"
    client = configured(storage=path)
    before, view = path.read_bytes(), client.experiment.view()
    with monkeypatch.context() as patch:
        if after is None:
            patch.setattr(os, "fsync", fail_to_sync(error))
        else:
            patch.setattr(os, "write", fail(error, after))
        assert try_to(client.attach_trial, {"x": 0.5})
    assert path.read_bytes() == before
    assert client.experiment.view() is view
    assert client.attach_trial({"x": 0.5}) == 0
    assert Client(storage=path).experiment.journal == client.experiment.journal


def test_short_writes_are_continued(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "write", fail(None, 10**9))
    client = configured(storage=tmp_path / "run.jsonl")
    client.save_to_json_file(tmp_path / "a.json")
    assert Client(storage=tmp_path / "run.jsonl").experiment.journal == client.experiment.journal
    assert Client.load_from_json_file(tmp_path / "a.json").experiment.journal == client.experiment.journal


def test_temporary_files_of_killed_saves_are_swept_and_no_others(tmp_path):
    path = tmp_path / "a.json"
    code = (
        "import os, signal, sys\n"
        "from axnb.store import files\n"
        "os.fsync = lambda d: os.kill(os.getpid(), signal.SIGKILL)\n"
        "files.write_atomically(sys.argv[1], 'text')\n"
    )
    for _ in range(2):
        assert subprocess.run([sys.executable, "-c", code, path], check=False).returncode == -signal.SIGKILL
    assert len(list(tmp_path.glob(".a.json.*.tmp"))) == 1  # the second swept what the first had left
    (tmp_path / ".b.json.tmp").write_text("somebody else's")
    busy, descriptor = __import__("axnb.store.files", fromlist=["_new_file"])._new_file(tmp_path, ".a.json.")
    write_atomically(path, "text")
    os.close(descriptor)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([busy.name, ".b.json.tmp", "a.json"])


def test_a_file_is_found_behind_its_links(tmp_path):
    (tmp_path / "link").symlink_to("nothing-yet")
    assert find_file(tmp_path / "link") == tmp_path / "nothing-yet"


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "{", "3", '{"a": 1', "\ud800".encode("utf-8", "surrogatepass").decode("latin1")]
)
def test_a_damaged_file_of_cards_is_left_out_with_a_warning(tmp_path, text):
    (tmp_path / "cards").write_text(text, encoding="latin1")
    with pytest.warns(UserWarning, match="saved cards are damaged and left out"):
        assert read_cards(tmp_path / "cards") == {}


def test_one_damaged_card_is_left_out_with_its_name(tmp_path):
    path = tmp_path / "cards"
    cards = {"good": '{"a":0.25}', "bad": '{"a":0.35}', "last": "{}"}
    write_cards(path, cards)
    assert read_cards(path) == cards
    path.write_text(path.read_text().replace("0.35", "0.25"))
    with pytest.warns(UserWarning, match="'bad'"):
        assert read_cards(path) == {"good": '{"a":0.25}', "last": "{}"}
