"""All tables of `make bench` in one run: waiting times, how they grow, costs, quality, storage, cards.

    make bench                              about half an hour: all libraries that are installed
    make bench BENCH="--size quick"         some minutes
    make bench BENCH="--size full"          hours: every problem, ten seeds
    make bench BENCH="--ours"               axnb alone, every problem that the stored results have, ten seeds

Results are stored in `benchmarks/results`, each line with versions, machine and date; notebooks/benchmarks.ipynb draws
them.
"""

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from stored import RESULTS

HERE = Path(__file__).resolve().parent
KEPT = ("speed", "scaling", "costs", "quality")  # parts that store results
PARTS = (*KEPT, "storage", "cards")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: what each part is given.

    Args:
        speed: Of `speed.py`.
        scaling: Of `scaling.py`.
        costs: Of `costs.py`.
        quality: Of `quality.py`.
    """

    speed: str
    scaling: str
    costs: str
    quality: str

    def arguments(self, part: str) -> list[str]:
        """Return what a part is given."""
        given = {"speed": self.speed, "scaling": self.scaling, "costs": self.costs, "quality": self.quality}
        return given.get(part, "").split()


SIZES = {
    "quick": Size(
        "--repeats 1 --trials 20",
        "--trials 10 50 200 --parameters 2 20 --limit 20",
        "--parameters 6 --repeats 7",
        "--problems branin gramacy --seeds 1",
    ),
    "usual": Size("--repeats 1", "--limit 60", "", "--problems some --seeds 3 --slow-seeds 1"),
    "full": Size("--repeats 3", "--limit 300", "", "--problems all --seeds 10 --slow-seeds 3"),
}
OURS = Size(
    "--libraries axnb --repeats 3",
    "--libraries axnb --limit 300",
    "--libraries axnb",
    "--methods fast --problems visible --seeds 10",
)


def main() -> None:
    """Read the command line, run the parts one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="usual")
    parser.add_argument("--ours", action="store_true", help="measure axnb alone, and keep what is stored of the others")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--results", type=Path, default=RESULTS, help="where to store results")
    given = parser.parse_args()
    size = OURS if given.ours else SIZES[given.size]
    failed = []
    for part in given.parts:
        kept = ["--results", str(given.results)] if part in KEPT else []
        command = [sys.executable, "-W", "ignore", str(HERE / f"{part}.py"), *size.arguments(part), *kept]
        if subprocess.run(command, check=False).returncode:  # noqa: S603 - ours
            failed.append(part)
        print(flush=True)
    if failed:
        sys.exit(f"these parts failed: {', '.join(failed)}.")


if __name__ == "__main__":
    main()
