"""How long a person waits: the import, the first model-based suggestion, and the ones after it, beside other libraries.

    make bench
    python benchmarks/speed.py --libraries axnb --trials 50 --repeats 3

Every measurement is made in a process of its own, on one thread, on the Hartmann function of six parameters;
libraries take turns, so that a drift of the machine's speed touches all alike. A library that is not installed is
left out.
"""

import argparse
import importlib.util
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

MODULES = {"axnb": "axnb", "ax": "ax", "optuna": "optuna"}
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

Ask = Callable[[], tuple[object, dict[str, float]]]
Tell = Callable[[object, float], None]


def hartmann(point: dict[str, float]) -> float:
    """Return the Hartmann function, to be minimised; its least value is -3.32237."""
    x = [point[name] for name in NAMES]
    return -sum(
        weight * math.exp(-sum(a * (v - p) ** 2 for a, v, p in zip(row, x, centre, strict=True)))
        for weight, row, centre in zip(WEIGHTS, A, P, strict=True)
    )


def start_client(library: str, seed: int) -> tuple[Ask, Tell]:
    """Return ask and tell of axnb's or Ax's Client."""
    module = importlib.import_module("axnb" if library == "axnb" else "ax.api.client")
    configs = importlib.import_module("axnb" if library == "axnb" else "ax.api.configs")
    client = module.Client(random_seed=seed)
    client.configure_experiment(
        parameters=[configs.RangeParameterConfig(name=n, bounds=(0.0, 1.0), parameter_type="float") for n in NAMES]
    )
    client.configure_optimization(objective="-y")

    def ask() -> tuple[object, dict[str, float]]:
        ((index, point),) = client.get_next_trials(max_trials=1).items()
        return index, point

    return ask, lambda index, y: client.complete_trial(index, raw_data={"y": y})


def start_optuna(seed: int) -> tuple[Ask, Tell]:
    """Return ask and tell of Optuna's study with its Gaussian-process sampler."""
    optuna = importlib.import_module("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.GPSampler(seed=seed, n_startup_trials=5))
    ranges = {name: optuna.distributions.FloatDistribution(0.0, 1.0) for name in NAMES}

    def ask() -> tuple[object, dict[str, float]]:
        trial = study.ask(ranges)
        return trial, trial.params

    return ask, study.tell


def measure(library: str, trials: int, seed: int) -> dict[str, float]:
    """Run one optimisation in this process and return a value a column: seconds, but for the regret."""
    begin = time.perf_counter()
    if library == "axnb":
        from axnb import Client, RangeParameterConfig  # noqa: F401 - the import that we teach
    else:
        importlib.import_module(MODULES[library])
    imported = time.perf_counter() - begin
    ask, tell = start_optuna(seed) if library == "optuna" else start_client(library, seed)
    asked: list[float] = []
    values: list[float] = []
    sixth = math.inf
    for _ in range(trials):
        before = time.perf_counter()
        token, point = ask()
        asked.append(time.perf_counter() - before)
        if len(asked) == 6:  # five initial points; the sixth comes from a model
            sixth = time.perf_counter() - begin - imported
        values.append(hartmann(point))
        tell(token, values[-1])
    late = asked[trials // 3 :]
    times = (imported, sixth, statistics.median(late), max(late))
    return dict(zip(COLUMNS, (*times, min(values) + 3.32237), strict=True))


def in_new_process(library: str, trials: int, seed: int) -> dict[str, float] | None:
    """Measure in a fresh interpreter on one thread; `None` if it fails."""
    command = [sys.executable, "-W", "ignore", __file__, "--one", library, "--trials", str(trials), "--seed", str(seed)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)  # noqa: S603 - ourselves
    if done.returncode:
        sys.stderr.write(f"{library} failed: {done.stderr.strip().splitlines()[-1]}\n")
        return None
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def table(libraries: list[str], trials: int, repeats: int) -> None:
    """Measure and print one line a library: medians over the repeats."""
    runs: dict[str, list[dict[str, float]]] = {library: [] for library in libraries}
    for seed in range(repeats):
        for library in libraries:
            if found := in_new_process(library, trials, seed):
                runs[library].append(found)
    print(f"Hartmann6, {trials} trials, one thread, medians of {repeats}; seconds, but for the regret")
    print(f"{'':8}", *(f"{column:>18}" for column in COLUMNS))
    for library, found in runs.items():
        if found:
            print(f"{library:8}", *(f"{statistics.median(run[column] for run in found):18.3f}" for column in COLUMNS))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--libraries", nargs="+", choices=MODULES, default=list(MODULES))
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--one", choices=MODULES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one, given.trials, given.seed)))
        return
    table([name for name in given.libraries if importlib.util.find_spec(MODULES[name])], given.trials, given.repeats)


if __name__ == "__main__":
    main()
