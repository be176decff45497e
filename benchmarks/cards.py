"""How long cards take: the default overview, cold and after one more trial, and the largest pictures.

    python benchmarks/cards.py

Where Ax is installed its default overview of the same experiments is timed too. Every size is measured in a process of
its own, on one thread. `cold` is the first overview of a process, imports included; `warm` is the median of three (of
Ax: one), each after one more trial. Seconds are those of the processor, so that a busy machine does not matter, with
those of the clock in brackets.
"""

import argparse
import importlib
import importlib.util
import json
import logging
import math
import random
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

SIZES = ((20, 2), (50, 6), (200, 10))
MANY = 10_000
AX_ASKED = 7  # trials that Ax must suggest until it suggests one by a model; before that its cards show none

Point = dict[str, float]


def value(point: Point) -> float:
    """Return a smooth function of all parameters."""
    return sum(math.sin(3.0 * v + i) for i, v in enumerate(point.values())) / math.sqrt(len(point))


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds of processor and clock that some work takes."""
    processor, clock = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - processor, time.perf_counter() - clock


def overview(trials: int, parameters: int, library: str) -> dict[str, object]:
    """Measure the default overview and what it adds to a saved notebook; of Ax one repetition, as it takes long."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    client, attach = experiment(trials, parameters, library)
    shown: list[Any] = []

    def compute() -> None:
        shown[:] = client.compute_analyses(display=False)

    cold, warm = timed(compute), []
    for _ in range(3 if library == "axnb" else 1):
        attach()
        warm.append(timed(compute))
    leaves = [leaf for card in shown for leaf in card.flatten()]
    saved: list[int] = []

    pictures = timed(lambda: saved.extend(kept(leaf) for leaf in leaves))
    return {
        "overview": f"{library}, {trials} x {parameters}",
        "cards": len(leaves),
        "cold": cold,
        "warm": tuple(statistics.median(part) for part in zip(*warm, strict=True)),
        "pictures": pictures,
        "largest kB": round(max(saved) / 1e3),
    }


def kept(card: Any) -> int:
    """Return how many characters a card puts into a saved notebook."""
    if hasattr(card, "to_html"):
        return len(card.to_html())
    try:
        return len(card._repr_html_())
    except Exception:  # Ax's graph of the strategy needs another program, which may not be there
        return 0


def experiment(trials: int, parameters: int, library: str) -> tuple[Any, Callable[[], None]]:
    """Return an experiment with so many results, and a function that adds another one."""
    module = importlib.import_module("axnb" if library == "axnb" else "ax.api.client")
    configs = importlib.import_module("axnb" if library == "axnb" else "ax.api.configs")
    names = [f"x{i}" for i in range(parameters)]
    client = module.Client(random_seed=0)
    ranges = [configs.RangeParameterConfig(name=n, bounds=(0.0, 1.0), parameter_type="float") for n in names]
    client.configure_experiment(parameters=ranges)
    client.configure_optimization(objective="-y")
    rng = random.Random(0)  # noqa: S311 - not for secrets

    def attach() -> None:
        point = {n: rng.random() for n in names}
        client.complete_trial(client.attach_trial(parameters=point), raw_data={"y": value(point)})

    asked = AX_ASKED if library == "ax" else 0
    for _ in range(trials - asked):
        attach()
    for _ in range(asked):
        for index, point in client.get_next_trials(max_trials=1).items():
            client.complete_trial(index, raw_data={"y": value(point)})
    return client, attach


def many() -> list[dict[str, object]]:
    """Measure pictures of ten thousand trials."""
    from axnb import Client, RangeParameterConfig
    from axnb.analyses import ParallelCoordinatesPlot, ScatterPlot, Summary, UtilityProgressionAnalysis, compute_card
    from axnb.analyses.context import AnalysisContext
    from axnb.record.trial import Arm, Observation, Provenance, Trial, TrialStatus

    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig(f"x{i}", (0.0, 1.0), "float") for i in range(6)])
    client.configure_optimization(objective="u, -v")
    rng = random.Random(0)  # noqa: S311 - not for secrets
    trials = {}
    for i in range(MANY):
        point = tuple((f"x{j}", rng.random()) for j in range(6))
        arm = Arm(name=f"{i}_0", parameters=point)
        data = tuple(
            Observation(metric=m, arm_name=arm.name, mean=value(dict(point)) + rng.gauss(0, 1), sem=1.0) for m in "uv"
        )
        trials[i] = Trial(
            index=i, arms=(arm,), status=TrialStatus.COMPLETED, provenance=Provenance(generator="Sobol"), data=data
        )
    view = replace(client.experiment.view(), trials=trials, next_index=MANY)
    compute_card(ScatterPlot(), AnalysisContext(replace(view, trials={i: trials[i] for i in range(20)}))).to_html()
    out = []
    for analysis in (UtilityProgressionAnalysis(), ScatterPlot(), ParallelCoordinatesPlot(), Summary()):
        context = AnalysisContext(view)
        card = compute_card(analysis, context)
        took = timed(lambda a=analysis: compute_card(a, AnalysisContext(view)))  # type: ignore[misc]
        live = len(card.figure.to_json()) if card.figure is not None else 0  # type: ignore[attr-defined]
        kilobytes = {"live kB": round(live / 1e3), "saved kB": round(len(card.to_html()) / 1e3)}
        out.append({"card": type(analysis).__name__, "seconds": took, **kilobytes})
    return out


def shown(entry: object) -> str:
    """Return a cell: seconds of the processor, those of the clock in brackets."""
    return f"{entry[0]:.2f} ({entry[1]:.2f})" if isinstance(entry, list) else str(entry)


def main() -> None:
    """Measure each size in a process of its own and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--ours", action="store_true", help="leave out Ax")
    parser.add_argument("--many", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one or given.many:
        rows = many() if given.many else [overview(int(given.one[0]), int(given.one[1]), given.one[2])]
        print(json.dumps(rows))
        return
    libraries = ["axnb"] + ["ax"] * (not given.ours and importlib.util.find_spec("ax") is not None)
    for title, runs in (
        ("Default overview", [["--one", str(n), str(d), library] for n, d in SIZES for library in libraries]),
        (f"{MANY:,} trials", [["--many"]]),
    ):
        rows = []
        for run in runs:
            done = subprocess.run([sys.executable, __file__, *run], check=True, capture_output=True, text=True)  # noqa: S603 - ours
            rows += json.loads(done.stdout.splitlines()[-1])
        print(f"{title}: seconds of the processor (of the clock)")
        print("  ".join(f"{name:>28}" if i == 0 else f"{name:>14}" for i, name in enumerate(rows[0])))
        for row in rows:
            cells = [shown(cell) for cell in row.values()]
            print("  ".join(f"{cell:>28}" if i == 0 else f"{cell:>14}" for i, cell in enumerate(cells)))


if __name__ == "__main__":
    main()
