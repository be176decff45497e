"""All tables of `make bench` in one run: waiting times, how they grow, and how good the suggestions are.

    make bench
    python benchmarks/run.py --seeds 1 --problems branin gramacy

Other libraries take part where they are installed.
"""

import argparse
import subprocess
import sys
import warnings
from pathlib import Path

from axnb.benchmark.methods import METHODS, installed
from axnb.benchmark.problems import PROBLEMS
from axnb.benchmark.replication import benchmark, summary_frame
from axnb.surrogate.threads import single_thread

HERE = Path(__file__).resolve().parent
SOME = ("branin", "hartmann6", "levy4", "gramacy", "branin_currin", "mixed_ackley")


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, default=list(SOME))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=[m for m in METHODS if installed(m)])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only-quality", action="store_true", help="leave out the tables of times")
    given = parser.parse_args()
    if not given.only_quality:
        for script in ("speed.py", "scaling.py"):
            subprocess.run([sys.executable, str(HERE / script)], check=True)  # noqa: S603 - ours
            print()
    warnings.filterwarnings("ignore")
    print(f"Quality: medians of {given.seeds} seeds; score 0 is five quasi-random points, 100 the optimum")
    with single_thread():
        results = benchmark(given.problems, given.methods, range(given.seeds))
    print(summary_frame(results).to_string(index=False, float_format=lambda v: f"{v:.4g}"))


if __name__ == "__main__":
    main()
