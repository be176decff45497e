"""How the wait for a suggestion, and the memory, grow with trials and parameters, beside other libraries.

    make bench
    python benchmarks/scaling.py --libraries axnb

Every cell is measured in a process of its own, on one thread: random results of a smooth function are attached, then
the median of three suggestions is taken (ask and tell), the first not counted. Seconds are those of the processor, so
that a busy machine does not matter; those of the clock are stored too. A cell that takes too long is stopped, and says
how long the suggestion had taken until then.
"""

import argparse
import json
import os
import random
import resource
import signal
import statistics
import sys
import time
import warnings
from pathlib import Path

from libraries import MODULES, in_new_process, installed, smooth, start
from stored import RESULTS, Row, circumstances, store

TRIALS = (10, 50, 100, 200, 500, 1000, 2000, 5000, 20000)  # with six parameters
PARAMETERS = (2, 6, 10, 20, 50)  # with fifty trials
LOADING = 120.0  # seconds of the clock that the import and the attaching of results may take besides


def measure(library: str, trials: int, parameters: int, limit: float) -> None:
    """Print a line of JSON after each suggestion; one that says how long the last had taken when time is up."""
    warnings.filterwarnings("ignore")
    rng, names = random.Random(0), [f"x{i}" for i in range(parameters)]  # noqa: S311 - no secret
    known = [{n: rng.random() for n in names} for _ in range(trials)]
    ask, tell = start(library, names, 0, known)
    begun = before = time.process_time()

    def stop(signal_number: int, frame: object) -> None:
        print(json.dumps({"over": time.process_time() - before}), flush=True)
        os._exit(0)

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, limit)
    for i in range(4):
        before, clock = time.process_time(), time.perf_counter()
        token, point = ask()
        tell(token, smooth(point))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
        took = {"seconds": time.process_time() - before, "clock": time.perf_counter() - clock}
        print(json.dumps({**took, "memory": memory}), flush=True)
        if i and time.process_time() - begun > limit / 2.0:
            break
    signal.setitimer(signal.ITIMER_PROF, 0.0)


def cell(library: str, trials: int, parameters: int, limit: float) -> Row:
    """Return the result of a cell: seconds a suggestion (at least so many if stopped) and megabytes, or an error."""
    arguments, patience = ["--one", library, trials, parameters, "--limit", limit], 4.0 * limit + LOADING
    lines, ended = in_new_process(__file__, arguments, patience)
    row: Row = {"trials": trials, "parameters": parameters, **circumstances(library)}
    timed = [line for line in lines if "seconds" in line]
    counted = timed[1:]  # the first loads what is lazy, and Ax makes it without a model
    if counted:
        medians = {part: statistics.median(line[part] for line in counted) for part in ("seconds", "clock")}
        return row | medians | {"memory": timed[-1]["memory"], "counted": len(counted)}
    over = [line["over"] for line in lines if "over" in line]
    if over:
        return row | {"over": over[0]}
    error = f"stopped after {patience:.0f} s of the clock" if ended == "limit" else ended
    sys.stderr.write(f"{library}, {trials} trials, {parameters} parameters: {error}\n")
    return row | {"error": error}


def shown(row: Row) -> str:
    """Return seconds and megabytes of a cell, as wide as its two columns."""
    if "seconds" in row:
        return f"{row['seconds']:10.3f} {row['memory']:10.0f}"
    return f"{'> %.0f' % row['over'] if 'over' in row else '-':>10} {'-':>10}"  # noqa: UP031 - within a format


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--libraries", nargs="+", choices=MODULES, default=list(MODULES))
    parser.add_argument("--trials", nargs="*", type=int, default=TRIALS, help="with six parameters")
    parser.add_argument("--parameters", nargs="*", type=int, default=PARAMETERS, help="with fifty trials")
    parser.add_argument("--limit", type=float, default=90.0, help="seconds of the processor for a cell")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where to store them")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        measure(given.one[0], int(given.one[1]), int(given.one[2]), given.limit)
        return
    names = installed(given.libraries)
    print("Seconds of the processor a suggestion, and peak memory of the process in MB, one thread")
    print(f"{'trials':>7} {'parameters':>11}", *(f"{name + ' s':>10} {name + ' MB':>10}" for name in names))
    sizes = [(n, 6) for n in given.trials] + [(50, d) for d in given.parameters if d != 6 or 50 not in given.trials]
    for trials, parameters in sizes:
        rows = [cell(name, trials, parameters, given.limit) for name in names]
        store(given.results / "scaling.jsonl", rows, ("library", "trials", "parameters"))
        print(f"{trials:7} {parameters:11}", *map(shown, rows), flush=True)


if __name__ == "__main__":
    main()
