"""Times keeping an experiment: durable completions, saving, loading, tables, memory, many processes on PostgreSQL.

    python benchmarks/storage.py [--postgres URL]

Medians, in one process but for the last. The machine's disk decides what a durable write costs.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from axnb import Client, RangeParameterConfig
from axnb.record.trial import TrialStatus

WORKER = """
import sys
from axnb import Client
client = Client.load_from_database("bench", storage=sys.argv[1])
for index in range(int(sys.argv[2]), int(sys.argv[3])):
    client.complete_trial(index, {"y": float(index)})
"""


def new_client(storage: str | None = None) -> Client:
    """Return a client with four parameters and one goal."""
    client = Client(random_seed=0, storage=storage)
    client.configure_experiment([RangeParameterConfig(f"x{i}", (0.0, 1.0), "float") for i in range(4)], name="bench")
    client.configure_optimization("-y")
    return client


def fill(client: Client, count: int) -> list[float]:
    """Attach and complete trials; return the seconds of each completion."""
    seconds = []
    for k in range(count):
        index = client.attach_trial({f"x{i}": (k * (i + 3) % 997) / 997 for i in range(4)})
        start = time.perf_counter()
        client.complete_trial(index, {"y": float(k)})
        seconds.append(time.perf_counter() - start)
    return seconds


def timed(action: Callable[[], object]) -> float:
    """Return the seconds that an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--postgres", help="URL of an empty database, such as postgresql+psycopg://user@host/name")
    options.add_argument("--trials", type=int, default=10_000)
    given = options.parse_args()
    folder = Path(tempfile.mkdtemp())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    large = new_client()
    fill(large, given.trials)
    print(f"memory: {(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024:.0f} MB more at the peak")
    for name, storage in (("SQLite", f"sqlite:///{folder}/runs.db"), ("journal file", f"{folder}/run.jsonl")):
        seconds = fill(new_client(storage), given.trials)
        first, last = (1000 * statistics.median(part) for part in (seconds[:200], seconds[-200:]))
        print(f"{name}: complete_trial {first:.2f} ms at first, {last:.2f} ms at {given.trials} trials")
        again = timed(
            lambda s=storage: Client.load_from_database("bench", storage=s) if "://" in s else Client(storage=s)
        )
        print(f"{name}: load {given.trials} trials {again:.2f} s")
    small = new_client()
    fill(small, 1000)
    print(f"JSON: save 1000 trials {timed(lambda: small.save_to_json_file(folder / 's.json')):.3f} s")
    print(f"JSON: load 1000 trials {timed(lambda: Client.load_from_json_file(folder / 's.json')):.3f} s")
    large.save_to_json_file(folder / "l.json")
    print(f"JSON: load {given.trials} trials {timed(lambda: Client.load_from_json_file(folder / 'l.json')):.2f} s")
    large.summarize()
    print(f"summarize {given.trials} trials: {timed(large.summarize):.3f} s")
    if given.postgres:
        postgres(given.postgres)


def postgres(url: str, processes: int = 8, count: int = 1000) -> None:
    """Let many processes complete trials of one experiment, and count what is there."""
    client = new_client(url)
    for k in range(count):
        client.attach_trial({f"x{i}": (k * (i + 3) % 997) / 997 for i in range(4)})
    share = count // processes
    start = time.perf_counter()
    workers = [
        subprocess.Popen([sys.executable, "-c", WORKER, url, str(p * share), str((p + 1) * share)])  # noqa: S603
        for p in range(processes)
    ]
    failed = sum(worker.wait() != 0 for worker in workers)
    seconds = time.perf_counter() - start
    client.refresh()
    done = sum(t.status is TrialStatus.COMPLETED for t in client.experiment.view().trials.values())
    print(f"PostgreSQL: {processes} processes completed {done} of {count} trials in {seconds:.1f} s, {failed} failed")


if __name__ == "__main__":
    main()
