"""A driving process that is killed at random moments: nothing finished is lost, and nothing runs twice unknowingly."""

import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter

import pytest

from axnb import Client, TrialStatus

DRIVER = """
import os, sys, time
from axnb import Client, RangeParameterConfig
from axnb.errors import ObjectNotFoundError
folder, trials = sys.argv[1], int(sys.argv[2])
url = f"sqlite:///{folder}/runs.db"

def evaluate(point):
    with open(f"{folder}/begun", "a") as file:
        file.write(f"{point['x']!r}\\n")
    time.sleep(0.05)
    return point["x"] ** 2

try:
    client = Client.load_from_database("killed", storage=url)
except ObjectNotFoundError:
    client = Client(random_seed=0, storage=url)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")], name="killed")
    client.configure_optimization("-loss")
    client.configure_generation_strategy(method="random_search")
print("ready", flush=True)
client.optimize(evaluate, trials, parallelism=2)
"""
RUNS = 10


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills by a signal")
def test_a_driver_with_a_pool_of_processes_is_killed_and_resumed(tmp_path):
    rng = random.Random(1)
    for _ in range(RUNS):
        with subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", DRIVER, tmp_path, "1000"], stdout=subprocess.PIPE
        ) as driver:
            driver.stdout.readline()
            time.sleep(rng.uniform(1.0, 3.0))
            driver.kill()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DRIVER, tmp_path, "1"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    trials = Client.load_from_database("killed", storage=f"sqlite:///{tmp_path}/runs.db").experiment.view().trials
    begun = Counter(float(line) for line in (tmp_path / "begun").read_text().split())
    taken = {t.parameters["x"]: t for t in trials.values() if t.run_metadata}
    completed = {x: t for x, t in taken.items() if t.status is TrialStatus.COMPLETED}
    assert all(len(t.data) == 1 and t.outcomes["loss"][0] == x**2 for x, t in completed.items())  # there once
    for x in taken.keys() - completed.keys():  # begun again too often: it may be what kills the process
        assert taken[x].status_reason == "it was lost with the process that ran it"
        assert dict(taken[x].run_metadata)["attempt"] == "4"
    assert len(completed) > RUNS
    assert set(begun) <= set(taken)  # none ran that the journal does not know
    for x, count in begun.items():
        assert count <= int(dict(taken[x].run_metadata).get("attempt", "1"))  # nor more often than it says
    assert any(count > 1 for count in begun.values())  # the kills did hit running trials
    with sqlite3.connect(tmp_path / "runs.db") as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()
