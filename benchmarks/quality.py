"""How good suggestions are, and how long they take, on problems with known answers, beside other libraries.

    make bench
    python benchmarks/quality.py --methods fast --seeds 10 --problems all

Every run is stored: the best feasible value without noise (with several objectives the hypervolume) after each trial,
and the seconds of each ask and tell, those of the processor, so that a busy machine does not matter. The table has
medians over the seeds. Methods take turns.
"""

import argparse
import contextlib
import io
import logging
import math
import time
import warnings
from pathlib import Path

import pandas as pd
from stored import RESULTS, Row, circumstances, store

from axnb.benchmark.methods import METHODS, installed
from axnb.benchmark.problems import PROBLEMS, available
from axnb.benchmark.replication import Replication, from_trace, replicate, results_frame, summary_frame
from axnb.surrogate.threads import single_thread

SOME = ("branin", "hartmann6", "levy4", "gramacy", "branin_currin", "mixed_ackley")
VISIBLE = (
    "branin",
    "hartmann6",
    "levy4",
    "ackley8",
    "rosenbrock6",
    "hartmann6_noisy",
    "pressure_vessel",
    "branin_currin",
    "dtlz2_6",
    "mixed_ackley_8_4",
    "svc_wine",
)
COLUMNS = ("problem", "method", "best", "score", "seconds", "seeds")
SETS = {"some": SOME, "visible": VISIBLE, "all": tuple(PROBLEMS)}


def stored(run: Replication) -> Row:
    """Return a run as it is stored."""
    library = run.method if run.method in ("ax", "optuna") else "axnb"
    trace = [None if math.isnan(v) else float(f"{v:.7g}") for v in run.trace]
    seconds = [round(s, 4) for s in run.seconds]
    return {
        "problem": run.problem,
        "method": run.method,
        "seed": run.seed,
        "trace": trace,
        "seconds": seconds,
        "clock": "processor",
    } | circumstances(library)


def frame(rows: list[Row]) -> pd.DataFrame:
    """Return stored runs, one row a trial; see `axnb.benchmark.replication.results_frame`."""
    runs = []
    for r in rows:
        trace = [math.nan if v is None else v for v in r["trace"]]  # type: ignore[attr-defined]
        runs.append(from_trace(str(r["problem"]), str(r["method"]), int(str(r["seed"])), trace, r["seconds"]))  # type: ignore[arg-type]
    return results_frame(runs)


def main() -> None:
    """Read the command line, run, store, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", nargs="+", choices=[*SETS, *PROBLEMS], default=["some"])
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=["fast", "optuna", "ax"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--slow-seeds", type=int, default=1, help="seeds of methods that take seconds a suggestion: ax")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where to store them")
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    methods = [m for m in given.methods if installed(m)]
    names = [n for name in given.problems for n in SETS.get(name, (name,)) if available(n)]
    path = given.results / "quality.jsonl"
    print("Quality: medians over the seeds; score 0 is five quasi-random points, 100 the optimum")
    print("  ".join(f"{name:>16}" for name in COLUMNS))
    for name in dict.fromkeys(names):
        made = []
        for seed in range(max(given.seeds, given.slow_seeds)):
            for by in methods:
                if seed < (given.slow_seeds if by == "ax" else given.seeds):
                    with single_thread(), contextlib.redirect_stderr(io.StringIO()):
                        made.append(stored(replicate(name, by, seed, clock=time.process_time)))
        store(path, made, ("problem", "method", "seed"))
        for row in summary_frame(frame(made)).itertuples():
            cells = (getattr(row, name) for name in COLUMNS)
            print("  ".join(f"{c:16.4g}" if isinstance(c, float) else f"{c:>16}" for c in cells), flush=True)


if __name__ == "__main__":
    main()
