"""What constraints and batches cost, relative to a single suggestion without constraints.

    make bench
    python benchmarks/costs.py --libraries axnb

Seconds are those of the processor, so that a busy machine does not matter: medians over suggestions after so many
trials of a smooth function. Experiments of different kinds take turns. Ax keeps inequalities but no equations, Optuna's
Gaussian-process sampler neither.
"""

import argparse
import json
import statistics
import time
import warnings
from pathlib import Path

from libraries import client_of, in_new_process, installed, smooth
from stored import RESULTS, Row, circumstances, store

BATCH = 8


def kinds(library: str, names: list[str]) -> dict[str, list[str]]:
    """Return the constraints of each kind."""
    total, half = " + ".join(names), 0.5 * len(names)
    known = {
        "none": [],
        "1 inequality": [f"{total} <= {half}"],
        "2 inequalities": [f"{total} <= {half}", "x0 - x1 >= -0.5"],
    }
    if library == "ax":
        return known
    return known | {
        "1 equation": [f"{total} == {half}"],
        "2 equations": [f"{total} == {half}", "x0 - x1 == 0.1"],
        "mixture": [f"{total} == 1"],
    }


def measure(library: str, parameters: int, trials: int, repeats: int) -> dict[str, float]:
    """Return seconds of the processor for a suggestion of each kind and for a batch."""
    warnings.filterwarnings("ignore")
    names = [f"x{i}" for i in range(parameters)]
    clients = {kind: client_of(library, names, 0, rules) for kind, rules in kinds(library, names).items()}
    seconds: dict[str, list[float]] = {kind: [] for kind in [*clients, f"batch of {BATCH}"]}

    def ask(kind: str, count: int = 1) -> float:
        client = clients["none" if kind not in clients else kind]
        begun = time.process_time()
        made = client.get_next_trials(max_trials=count)
        took = time.process_time() - begun
        for index, point in made.items():
            client.complete_trial(index, raw_data={"y": smooth(point)})
        return took

    for round_ in range(trials + repeats):
        for kind in clients:
            took = ask(kind)
            if round_ >= trials:
                seconds[kind].append(took)
    for _ in range(min(repeats, 5)):
        seconds[f"batch of {BATCH}"].append(ask(f"batch of {BATCH}", BATCH))
    return {kind: statistics.median(found) for kind, found in seconds.items()}


def main() -> None:
    """Read the command line, measure each library in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--libraries", nargs="+", choices=("axnb", "ax"), default=("axnb", "ax"))
    parser.add_argument("--parameters", nargs="+", type=int, default=(6, 12))
    parser.add_argument("--trials", type=int, default=25)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--results", type=Path, default=RESULTS, help="where to store them")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one[0], int(given.one[1]), given.trials, given.repeats)))
        return
    print(f"Seconds of the processor a suggestion after {given.trials} trials, and how many times those without rules")
    for parameters in given.parameters:
        for library in installed(given.libraries):
            # Ax takes many seconds for some of these: fewer repeats tell enough.
            repeats, trials = (given.repeats, given.trials) if library == "axnb" else (3, 8)
            arguments = ["--one", library, parameters, "--trials", trials, "--repeats", repeats]
            lines, ended = in_new_process(__file__, arguments, 900.0)
            if not lines:
                print(f"{library}, {parameters} parameters: {ended}")
                continue
            base = lines[0]["none"]
            rows: list[Row] = [
                {"parameters": parameters, "what": what, "trials": trials, "seconds": took, "times": took / base}
                | circumstances(library)
                for what, took in lines[0].items()
            ]
            store(given.results / "costs.jsonl", rows, ("library", "parameters", "what"))
            cells = "  ".join(f"{row['what']} {row['seconds']:.3f} s ({row['times']:.2f})" for row in rows)
            print(f"{library}, {parameters} parameters: {cells}", flush=True)


if __name__ == "__main__":
    main()
