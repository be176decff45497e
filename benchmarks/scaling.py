"""How the wait for a suggestion, and the memory, grow with trials and parameters, beside other libraries.

    make bench
    python benchmarks/scaling.py --libraries axnb

Every cell is measured in a process of its own, on one thread: random results of a smooth function are attached, then
the median of three suggestions is taken, the first not counted. A cell that takes longer than the limit is left out.
"""

import argparse
import importlib
import importlib.util
import json
import math
import os
import random
import resource
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable

MODULES = {"axnb": "axnb", "ax": "ax", "optuna": "optuna"}
TRIALS = (10, 50, 200, 500, 1000, 2000)  # with six parameters
PARAMETERS = (2, 6, 20, 50)  # with fifty trials

Point = dict[str, float]


def value(point: Point) -> float:
    """Return a smooth function of all parameters."""
    return sum(math.sin(3.0 * v + i) for i, v in enumerate(point.values())) / math.sqrt(len(point))


def start_client(library: str, names: list[str], known: list[Point]) -> Callable[[], None]:
    """Return a suggestion's ask and tell with axnb's or Ax's Client."""
    module = importlib.import_module("axnb" if library == "axnb" else "ax.api.client")
    configs = importlib.import_module("axnb" if library == "axnb" else "ax.api.configs")
    client = module.Client(random_seed=0)
    client.configure_experiment([configs.RangeParameterConfig(n, (0.0, 1.0), "float") for n in names])
    client.configure_optimization(objective="-y")
    for point in known:
        client.complete_trial(client.attach_trial(point), raw_data={"y": value(point)})

    def once() -> None:
        ((index, point),) = client.get_next_trials(max_trials=1).items()
        client.complete_trial(index, raw_data={"y": value(point)})

    return once


def start_optuna(names: list[str], known: list[Point]) -> Callable[[], None]:
    """Return a suggestion's ask and tell with Optuna's Gaussian-process sampler."""
    optuna = importlib.import_module("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.GPSampler(seed=0))
    ranges = {name: optuna.distributions.FloatDistribution(0.0, 1.0) for name in names}
    for point in known:
        study.add_trial(optuna.trial.create_trial(params=point, distributions=ranges, value=value(point)))

    def once() -> None:
        trial = study.ask(ranges)
        study.tell(trial, value(trial.params))

    return once


def measure(library: str, trials: int, parameters: int) -> dict[str, float]:
    """Return the median seconds of a suggestion and the largest memory of the process in MB."""
    warnings.filterwarnings("ignore")
    rng, names = random.Random(0), [f"x{i}" for i in range(parameters)]  # noqa: S311 - no secret
    known = [{n: rng.random() for n in names} for _ in range(trials)]
    once = start_optuna(names, known) if library == "optuna" else start_client(library, names, known)
    once()
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        once()
        seconds.append(time.perf_counter() - begun)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    return {"seconds": statistics.median(seconds), "memory": memory}


def in_new_process(library: str, trials: int, parameters: int, limit: float) -> dict[str, float] | None:
    """Measure in a fresh interpreter on one thread; `None` if it fails or takes too long."""
    command = [sys.executable, "-W", "ignore", __file__, "--one", library, str(trials), str(parameters)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - ourselves
            command, check=False, capture_output=True, text=True, env=environment, timeout=limit
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        sys.stderr.write(f"{library} failed: {done.stderr.strip().splitlines()[-1]}\n")
        return None
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def table(libraries: list[str], sizes: list[tuple[int, int]], limit: float) -> None:
    """Print a line a size: seconds a suggestion and megabytes for each library."""
    print(f"{'trials':>7} {'parameters':>11}", *(f"{name + ' s':>10} {name + ' MB':>10}" for name in libraries))
    late: set[str] = set()
    for trials, parameters in sizes:
        cells = []
        for name in libraries:
            found = None if name in late else in_new_process(name, trials, parameters, limit)
            if found is None:
                late.add(name)
                cells.append(f"{'-':>10} {'-':>10}")
            else:
                cells.append(f"{found['seconds']:10.3f} {found['memory']:10.0f}")
        print(f"{trials:7} {parameters:11}", *cells, flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--libraries", nargs="+", choices=MODULES, default=list(MODULES))
    parser.add_argument("--limit", type=float, default=180.0, help="seconds that a cell may take")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one[0], int(given.one[1]), int(given.one[2]))))
        return
    libraries = [name for name in given.libraries if importlib.util.find_spec(MODULES[name])]
    print("Seconds a suggestion, and memory of the process, one thread")
    table(libraries, [(n, 6) for n in TRIALS], given.limit)
    table(libraries, [(50, d) for d in PARAMETERS], given.limit)


if __name__ == "__main__":
    main()
