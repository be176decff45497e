"""Does to stores what disks, people and schedulers do: fills, flips, interrupts, kills, races. Nothing may be lost.

    python tests/store/torture.py [--rounds 500]

Each function does one thing many times and asserts after each that what was acknowledged is there, that what is there
is right, and that nothing is locked. The tests call them with fewer rounds.
"""

import argparse
import contextlib
import gc
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

from axnb import Client, RangeParameterConfig
from axnb.errors import AxnbError, StorageError

KINDS = ("journal", "snapshot", "sqlite")


def storage_in(kind, folder):
    """Return what a client calls the storage."""
    return f"{folder}/run.jsonl" if kind == "journal" else f"sqlite:///{folder}/runs.db"


def make_client(kind, folder, trials=3):
    """Return a client with some completed trials, kept in a folder."""
    client = configure(Client(storage=storage_in(kind, folder), random_seed=1))
    for _ in range(trials):
        work(client)
    return client


def configure(client):
    """Give a client an experiment, and return it."""
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")], name="e")
    client.configure_optimization("-y")
    return client


def open_client(kind, folder):
    """Return a client of what is kept in a folder."""
    storage = storage_in(kind, folder)
    return Client(storage=storage) if kind == "journal" else Client.load_from_database("e", storage=storage)


def work(client):
    """Attach a trial and complete it; return its index."""
    index = client.attach_trial({"x": random.random()})
    client.complete_trial(index, {"y": 0.25})
    return index


def is_free(kind, folder):
    """Return whether somebody else could write now."""
    code = (
        "import sys, sqlite3, filelock\n"
        "if sys.argv[1] == 'journal':\n"
        "    filelock.FileLock(sys.argv[2] + '/run.jsonl.lock', timeout=0).acquire()\n"
        "else:\n"
        "    c = sqlite3.connect(sys.argv[2] + '/runs.db', timeout=0, isolation_level=None)\n"
        "    c.execute('begin immediate'); c.rollback()\n"
    )
    if kind == "sqlite":
        connection = sqlite3.connect(f"{folder}/runs.db", timeout=0, isolation_level=None)
        try:
            connection.execute("begin immediate")
            connection.rollback()
        except sqlite3.OperationalError:
            return False
        finally:
            connection.close()
        return True
    return subprocess.run([sys.executable, "-c", code, kind, folder], check=False).returncode == 0


def start_anew(kind, folder):
    """Empty a folder, and return a client that begins there again."""
    gc.collect()
    for left in Path(folder).glob("run*"):
        left.unlink()
    return make_client(kind, folder)


def check_agreement(kind, folder, client):
    """See that memory and store say the same."""
    client.refresh()
    assert open_client(kind, folder).experiment.journal == client.experiment.journal


# -- flipped bits ------------------------------------------------------------------------------------------------------


def flip_bits(kind, rounds, seed=0):
    """Flip one bit of a file a round: it is refused, or (in a database) nothing that counts has changed."""
    chance = random.Random(seed)
    told = Counter()
    with tempfile.TemporaryDirectory() as folder:
        client = make_client("sqlite" if kind == "sqlite" else "journal", folder)
        entries = client.experiment.journal
        path = Path(folder, {"journal": "run.jsonl", "snapshot": "a.json", "sqlite": "runs.db"}[kind])
        if kind == "snapshot":
            client.save_to_json_file(path)
        if kind == "sqlite":
            del client
            _merge_log(path)
        data = path.read_bytes()
        for round_ in range(rounds):
            at = round_ % len(data) if kind != "sqlite" and rounds >= len(data) else chance.randrange(len(data))
            changed = bytearray(data)
            changed[at] ^= 1 << chance.randrange(8)
            for left in Path(folder).glob("runs.db*"):
                left.unlink()
            path.write_bytes(changed)
            told[_try_load(kind, folder, path, entries, at)] += 1
    return told


def _merge_log(path):
    connection = sqlite3.connect(path)
    connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()


def _try_load(kind, folder, path, entries, at):
    try:
        loaded = Client.load_from_json_file(path) if kind == "snapshot" else open_client(kind, folder)
    except AxnbError:
        return "refused"
    assert loaded.experiment.journal == entries, f"byte {at} was flipped and something else was loaded"
    assert kind == "sqlite", f"byte {at} was flipped and nothing was said"
    return "unharmed"


# -- full disks --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def limit_files(size):
    """Let no file grow over a size, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def fill_disk(kind, rounds, seed=0):
    """Let the disk be full a round, at a random byte: the file is as before, and the client goes on afterwards."""
    chance = random.Random(seed)
    told = Counter()
    with tempfile.TemporaryDirectory() as folder:
        client = make_client("sqlite" if kind == "sqlite" else "journal", folder)
        path = Path(folder, "run.jsonl")
        target = Path(folder, "a.json")
        client.save_to_json_file(target)
        for _ in range(rounds):
            before, view, saved = (
                path.read_bytes() if path.exists() else b"",
                client.experiment.view(),
                target.read_bytes(),
            )
            room = {"journal": len(before), "snapshot": 0, "sqlite": _log_size(folder)}[kind]
            try:
                with limit_files(room + chance.randrange(400)):
                    if kind == "snapshot":
                        client.save_to_json_file(target)
                    else:
                        client.attach_trial({"x": chance.random()})
                told["room enough"] += 1
            except StorageError:
                told["refused"] += 1
                assert client.experiment.view() is view
                assert not path.exists() or path.read_bytes() == before
                assert target.read_bytes() == saved
            if kind != "snapshot":
                client.attach_trial({"x": chance.random()})
                check_agreement(kind, folder, client)
            if len(client.experiment.journal) > 200:
                client = start_anew(kind, folder)
            assert not list(Path(folder).glob(".*.tmp"))
    return told


def _log_size(folder):
    log = Path(folder, "runs.db-wal")
    return log.stat().st_size if log.exists() else 0


# -- interrupts --------------------------------------------------------------------------------------------------------

INTERRUPTED = """
import gc, os, random, signal, sys, threading, time
sys.path.insert(0, {tests!r})
from torture import check_agreement, is_free, make_client, work
kind, folder, rounds, where = {kind!r}, {folder!r}, {rounds}, {where!r}
chance = random.Random({seed})
client = make_client(kind, folder)
work(client)
cell = "done.append(work(client))\\n" * 20
done = []

def interrupt(pause, stopped):
    time.sleep(pause)
    while not stopped.is_set():  # Python drops an interrupt that falls into a destructor
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        stopped.wait(5.0)

def run_cell():
    if where == "ipython":
        shell.user_ns.update(globals())
        result = shell.run_cell(cell)
        if result.error_in_exec is not None:
            assert isinstance(result.error_in_exec, KeyboardInterrupt), result.error_in_exec
            return True
        return False
    try:
        while True:
            done.append(work(client))
    except KeyboardInterrupt as error:
        sys.last_value = error
        return True

if where == "ipython":
    from IPython.core.interactiveshell import InteractiveShell
    shell = InteractiveShell.instance()
    shell.showtraceback = lambda *a, **k: setattr(sys, "last_value", sys.exc_info()[1])
caught = 0
for round_ in range(rounds):
    stopped = threading.Event()
    thread = threading.Thread(target=interrupt, args=(chance.uniform(0, 0.006), stopped))
    try:
        thread.start()
        caught += run_cell()
        stopped.set()
        while thread.is_alive():
            thread.join()
    except KeyboardInterrupt:  # between the cells
        sys.last_value = sys.exc_info()[1]
    stopped.set()
    thread.join()
    assert is_free(kind, folder) if kind == "sqlite" or round_ % 10 == 0 else True, f"locked after round {{round_}}"
    check_agreement(kind, folder, client)
    if len(client.experiment.journal) > 1000:
        import shutil, pathlib
        client = None
        gc.collect()
        for left in pathlib.Path(folder).iterdir():
            left.unlink()
        client = make_client(kind, folder)
        done.clear()
    view = client.experiment.view()
    assert all(view.trials[index].status.is_terminal for index in done), "an acknowledged trial is lost"
print(caught)
"""


def interrupt_writes(kind, rounds, where="python", seed=0):
    """Send SIGINT at random times while trials are written: nothing is left locked, memory and store agree."""
    with tempfile.TemporaryDirectory() as folder:
        tests = str(Path(__file__).parent)
        code = INTERRUPTED.format(tests=tests, kind=kind, folder=folder, rounds=rounds, where=where, seed=seed)
        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-3000:]
        return Counter(interrupted=int(ended.stdout.split()[-1]), rounds=rounds)


# -- kills -------------------------------------------------------------------------------------------------------------

NURSERY = """
import os, sys
sys.path.insert(0, {tests!r})
from torture import open_client, work
for _ in sys.stdin:
    child = os.fork()
    if child == 0:
        client = open_client({kind!r}, {folder!r})
        os.write(1, f"ready {{os.getpid()}}\\n".encode())
        while True:
            index = work(client)
            if {save}:
                client.save_to_json_file({folder!r} + "/a.json")
            os.write(1, f"{{index}}\\n".encode())
    os.waitpid(child, 0)
    os.write(1, b"gone\\n")
"""


def kill_writers(kind, rounds, seed=0):
    """Kill a process that writes, or saves, a round: nothing that was acknowledged is lost, no litter stays."""
    chance = random.Random(seed)
    acknowledged = set()
    store = "journal" if kind == "snapshot" else kind
    with tempfile.TemporaryDirectory() as folder:
        client = make_client(store, folder, trials=0)
        target = Path(folder, "a.json")
        client.save_to_json_file(target)
        code = NURSERY.format(tests=str(Path(__file__).parent), kind=store, folder=folder, save=kind == "snapshot")
        pipe = subprocess.PIPE
        with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True, bufsize=1) as nursery:
            for _ in range(rounds):
                nursery.stdin.write("another\n")
                nursery.stdin.flush()
                child = int(nursery.stdout.readline().removeprefix("ready "))
                time.sleep(chance.uniform(0.005, 0.05))
                os.kill(child, signal.SIGKILL)
                while (line := nursery.stdout.readline()) != "gone\n":
                    acknowledged.add(int(line))
                client.refresh()
                ended = {i for i, t in client.experiment.view().trials.items() if t.status.is_terminal}
                assert acknowledged <= ended
                Client.load_from_json_file(target)
            nursery.stdin.close()
        check_agreement(store, folder, client)
        client.save_to_json_file(target)
        assert not list(Path(folder).glob(".*.tmp")), "what killed processes left is not swept"
    return Counter(kills=rounds, acknowledged=len(acknowledged))


# -- races -------------------------------------------------------------------------------------------------------------

RACER = """
import sys
sys.path.insert(0, {tests!r})
from axnb import Client
from axnb.errors import AxnbError
client = Client(storage={url!r}) if {url!r}.endswith(".jsonl") else Client.load_from_database("e", storage={url!r})
refused = 0
for k in range({share}):
    try:
        for index in client.get_next_trials(1):
            client.complete_trial(index, {{"y": 0.25}})
        client.attach_trial({{"x": (k + {number} / 100) / {share}}})
    except AxnbError as error:
        print(type(error).__name__, error, file=sys.stderr)
        refused += 1
print(refused)
"""


def race(url, processes=8, share=10):
    """Let processes ask, tell and attach at the same time: no ask is refused, every trial is there once."""
    tests = str(Path(__file__).parent)
    code = [RACER.format(tests=tests, url=url, share=share, number=number) for number in range(processes)]
    pipe = subprocess.PIPE
    racers = [subprocess.Popen([sys.executable, "-c", c], stdout=pipe, stderr=pipe, text=True) for c in code]
    answers = [r.communicate() for r in racers]
    assert [r.returncode for r in racers] == [0] * processes, answers
    refused = sum(int(out) for out, _ in answers)
    assert refused == 0, [err[-500:] for _, err in answers]
    return Counter(asked=processes * share, refused=refused)


def main():
    """Print what each kind of torture came to."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=500)
    rounds = options.parse_args().rounds
    warnings.simplefilter("ignore")
    for kind in KINDS:
        for name, act in (("flipped bits", flip_bits), ("full disk", fill_disk), ("kills", kill_writers)):
            report(f"{kind}: {name}", lambda act=act, kind=kind: act(kind, rounds))
    for kind in ("journal", "sqlite"):
        for where in ("python", "ipython"):
            report(f"{kind}: SIGINT in {where}", lambda k=kind, w=where: interrupt_writes(k, rounds, w))
        with tempfile.TemporaryDirectory() as folder:
            make_client(kind, folder, trials=0)
            report(f"{kind}: 8 processes", lambda k=kind, f=folder: race(storage_in(k, f), share=max(1, rounds // 25)))


def report(name, act):
    """Print what something came to, and how long it took."""
    start = time.perf_counter()
    told = json.dumps(act())
    print(f"{name}: {told} in {time.perf_counter() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
