"""How long a person waits: the import, the first model-based suggestion, and the ones after it, beside other libraries.

    make bench
    python benchmarks/speed.py --libraries axnb --trials 50 --repeats 3

Every measurement is made in a process of its own, on one thread, on the Hartmann function of six parameters;
libraries take turns, so that a drift of the machine's speed touches all alike. A library that is not installed is
left out. A suggestion is ask and tell; the first third of the trials, which has the initial points, does not count.
Seconds are those of the processor, so that a busy machine does not matter.
"""

import argparse
import importlib
import json
import math
import statistics
import time
import warnings
from pathlib import Path

from libraries import MODULES, in_new_process, installed, start
from stored import RESULTS, circumstances, store

NAMES = [f"x{i}" for i in range(1, 7)]
A = (
    (10, 3, 17, 3.5, 1.7, 8),
    (0.05, 10, 17, 0.1, 8, 14),
    (3, 3.5, 1.7, 10, 17, 8),
    (17, 8, 0.05, 10, 0.1, 14),
)
P = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)
WEIGHTS = (1.0, 1.2, 3.0, 3.2)
COLUMNS = ("import", "first model-based", "a suggestion", "slowest", "regret")


def hartmann(point: dict[str, float]) -> float:
    """Return the Hartmann function, to be minimised; its least value is -3.32237."""
    x = [point[name] for name in NAMES]
    return -sum(
        weight * math.exp(-sum(a * (v - p) ** 2 for a, v, p in zip(row, x, centre, strict=True)))
        for weight, row, centre in zip(WEIGHTS, A, P, strict=True)
    )


def measure(library: str, trials: int, seed: int) -> dict[str, float]:
    """Run one optimisation in this process and return a value a column: seconds, but for the regret."""
    begin = time.process_time()
    if library == "axnb":
        from axnb import Client, RangeParameterConfig  # noqa: F401 - the import that we teach
    else:
        importlib.import_module(MODULES[library])
    imported = time.process_time() - begin
    ask, tell = start(library, NAMES, seed, startup=5)
    took: list[float] = []
    values: list[float] = []
    sixth = math.inf
    for _ in range(trials):
        before = time.process_time()
        token, point = ask()
        asked = time.process_time()
        values.append(hartmann(point))
        evaluated = time.process_time()
        tell(token, values[-1])
        took.append(time.process_time() - evaluated + asked - before)
        if len(took) == 6:  # five initial points; the sixth comes from a model
            sixth = asked - begin - imported
    late = took[trials // 3 :]
    times = (imported, sixth, statistics.median(late), max(late))
    return dict(zip(COLUMNS, (*times, min(values) + 3.32237), strict=True))


def main() -> None:
    """Read the command line, measure, print one line a library: medians over the repeats."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--libraries", nargs="+", choices=MODULES, default=list(MODULES))
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--results", type=Path, default=RESULTS, help="where to store them")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        warnings.filterwarnings("ignore")
        print(json.dumps(measure(given.one[0], given.trials, int(given.one[1]))))
        return
    runs: dict[str, list[dict[str, float]]] = {library: [] for library in installed(given.libraries)}
    for seed in range(given.repeats):
        for library in runs:
            lines, ended = in_new_process(__file__, ["--one", library, seed, "--trials", given.trials])
            runs[library] += lines
            if ended:
                print(f"{library}, seed {seed}: {ended}")
    print(f"Hartmann6, {given.trials} trials, medians of {given.repeats}: seconds of the processor, one thread; regret")
    print(f"{'':8}", *(f"{column:>18}" for column in COLUMNS))
    for library, found in runs.items():
        if found:
            medians = {column: statistics.median(run[column] for run in found) for column in COLUMNS}
            row = {"trials": given.trials, "repeats": len(found), **medians, **circumstances(library)}
            store(given.results / "speed.jsonl", [row], ("library", "trials"))
            print(f"{library:8}", *(f"{value:18.3f}" for value in medians.values()))


if __name__ == "__main__":
    main()
