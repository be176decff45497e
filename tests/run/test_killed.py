"""Driving processes and workers that are killed at random: nothing finished is lost, nothing runs twice unknowingly.

`python tests/run/test_killed.py 30 loky` kills thirty times, and `... 30 dask` with a cluster of several processes.
"""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest

from axnb import Client, TrialStatus

DRIVER = """
import os, sys, time
from axnb import Client, RangeParameterConfig
from axnb.errors import ObjectNotFoundError

def evaluate(point):
    with open(f"{folder}/begun", "a") as file:
        file.write(f"{point['x']!r} {os.getpid()}\\n")
    time.sleep(0.05)
    return point["x"] ** 2

folder, trials, engine = sys.argv[1], int(sys.argv[2]), sys.argv[3]
if __name__ == "__main__":
    url = f"sqlite:///{folder}/runs.db"
    executor = None
    if engine == "dask":
        from distributed import Client as Cluster, LocalCluster
        cluster = Cluster(LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None))
        executor = cluster.get_executor()
    try:
        client = Client.load_from_database("killed", storage=url)
    except ObjectNotFoundError:
        client = Client(random_seed=0, storage=url)
        client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")], name="killed")
        client.configure_optimization("-loss")
        client.configure_generation_strategy(method="random_search")
    print("ready", flush=True)
    client.optimize(evaluate, trials, executor=executor, parallelism=2, tolerated_trial_failure_rate=1.0)
    os._exit(0)
"""
LOST = ("it was lost with the", "the process that ran it died", "KilledWorker")


def kill_a_worker(folder):
    """Kill the process that began a trial last, if it is still there."""
    lines = (folder / "begun").read_text().splitlines() if (folder / "begun").exists() else []
    if lines and len(lines[-1].split()) == 2:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(lines[-1].split()[1]), signal.SIGKILL)


def count_begun(folder):
    return len((folder / "begun").read_text().splitlines()) if (folder / "begun").exists() else 0


def run_and_kill(folder, runs, engine, seed=1):
    """Let drivers run, kill workers of some and then each driver; at last let one run to its end, and check."""
    rng = random.Random(seed)
    command = [sys.executable, "-W", "ignore", str(folder / "driver.py"), str(folder)]
    (folder / "driver.py").write_text(DRIVER)
    for _ in range(runs):
        with subprocess.Popen([*command, "1000", engine], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as driver:
            driver.stdout.readline()
            before, deadline = count_begun(folder), time.monotonic() + 30
            while count_begun(folder) == before and time.monotonic() < deadline:
                time.sleep(0.05)
            for _ in range(rng.randrange(3)):
                time.sleep(rng.uniform(0.0, 1.0))
                kill_a_worker(folder)
            time.sleep(rng.uniform(0.0, 1.0))
            driver.kill()
    done = subprocess.run([*command, "12", engine], check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return check(folder)


def check(folder):
    """Return how many trials there are of each status, and how many ran again, if all is as it should be."""
    trials = Client.load_from_database("killed", storage=f"sqlite:///{folder}/runs.db").experiment.view().trials
    begun = Counter(float(line.split()[0]) for line in (folder / "begun").read_text().splitlines())
    known = {t.parameters["x"]: t for t in trials.values()}
    for x, trial in known.items():
        if trial.status is TrialStatus.COMPLETED:
            assert len(trial.data) == 1  # there once
            assert trial.outcomes["loss"][0] == x**2
        else:
            assert trial.status is TrialStatus.FAILED, f"{trial.index} is lost: {trial}"
            assert trial.status_reason.startswith(LOST)  # of its own fault, as far as can be told
    assert set(begun) <= set(known)  # none ran that the journal does not know
    for x, count in begun.items():
        said = int(dict(known[x].run_metadata).get("attempt", "1"))
        assert count <= said, f"{known[x]} was begun {count} times, and says {said}"
    with sqlite3.connect(folder / "runs.db") as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()
    return Counter(t.status.name for t in trials.values()), sum(count > 1 for count in begun.values())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills by a signal")
@pytest.mark.parametrize("engine", ["loky", "dask"])
def test_drivers_and_workers_are_killed_and_all_is_gone_on_with(tmp_path, engine):
    if engine == "dask":
        pytest.importorskip("distributed")
    statuses, _ = run_and_kill(tmp_path, 6, engine)
    assert statuses["COMPLETED"] > 6


if __name__ == "__main__":
    print(run_and_kill(Path(tempfile.mkdtemp()), int(sys.argv[1]), sys.argv[2]))
