"""What is reached under noise with several objectives and with outcome constraints: six small problems.

    python benchmarks/noisy_goals.py --seeds 10

Each line: of the trials that the model recommends at the end, the true hypervolume as a share of the reference box
(more is better), or for constraints how far the true value of the recommended trial is above the optimum (less is
better; beside it the share of runs whose recommendation does not hold its constraint).
"""

import argparse
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from axnb import Client, RangeParameterConfig
from axnb.errors import DataRequiredError
from axnb.surrogate.threads import single_thread

Row = NDArray[np.float64]


def _branin(x: Row) -> float:
    a, b = 15.0 * x[0] - 5.0, 15.0 * x[1]
    curve = b - 5.1 / (4.0 * np.pi**2) * a * a + 5.0 / np.pi * a - 6.0
    return float(curve**2 + 10.0 * (1.0 - 1.0 / (8.0 * np.pi)) * np.cos(a) + 10.0)


def _currin(x: Row) -> float:
    above = 2300.0 * x[0] ** 3 + 1900.0 * x[0] ** 2 + 2092.0 * x[0] + 60.0
    below = 100.0 * x[0] ** 3 + 500.0 * x[0] ** 2 + 4.0 * x[0] + 20.0
    return float((1.0 - np.exp(-0.5 / max(x[1], 1e-9))) * above / below)


def _dtlz2(x: Row) -> tuple[float, float]:
    radius, angle = 1.0 + float(((x[1:] - 0.5) ** 2).sum()), 0.5 * np.pi * x[0]
    return radius * float(np.cos(angle)), radius * float(np.sin(angle))


def _zdt1(x: Row) -> tuple[float, float]:
    g = 1.0 + 9.0 * float(x[1:].mean())
    return float(x[0]), g * (1.0 - float(np.sqrt(x[0] / g)))


def _distance(x: Row, *centre: float) -> float:
    return float(((x[: len(centre)] - np.array(centre)) ** 2).sum())


@dataclass(frozen=True, slots=True)
class Case:
    """Two metrics over the unit cube: both to be minimised, or the first while the second is at most 0.

    Args:
        parameters: Number of parameters.
        evaluate: Both metrics without noise.
        noise: Their noise's standard deviations, 10 to 30 % of what is seen of them.
        reference: Worst values of interest of two objectives; ``None`` where the second metric is a constraint.
        optimum: The least value of the first metric where the constraint holds.
    """

    parameters: int
    evaluate: Callable[[Row], tuple[float, float]]
    noise: tuple[float, float]
    reference: tuple[float, float] | None = None
    optimum: float = 0.0


CASES = {
    "branin_currin": Case(2, lambda x: (_branin(x), _currin(x)), (10.0, 0.5), (18.0, 6.0)),
    "dtlz2": Case(4, _dtlz2, (0.1, 0.1), (1.2, 1.2)),
    "zdt1": Case(4, _zdt1, (0.1, 0.8), (1.1, 5.0)),
    "currin_bowl": Case(2, lambda x: (_currin(x), _distance(x, 0.7, 0.2)), (1.0, 0.1), (13.0, 1.0)),
    "branin_disk": Case(2, lambda x: (_branin(x), _distance(x, 0.5, 0.5) - 0.16), (10.0, 0.05), None, 0.397887),
    "bowl_plane": Case(3, lambda x: (_distance(x, 0.2, 0.2, 0.5), 0.8 - x[0] - x[1]), (0.1, 0.2), None, 0.08),
}


def measure_hypervolume(points: Sequence[tuple[float, float]], reference: tuple[float, float]) -> float:
    """Return the share of the box between 0 and the reference that points dominate; both are minimised.

    Example:
        >>> measure_hypervolume([(0.5, 0.5)], (1.0, 1.0))
        0.25
    """
    volume, edge = 0.0, reference[1]
    for a, b in sorted(points):
        if a < reference[0] and b < edge:
            volume, edge = volume + (reference[0] - a) * (edge - b), b
    return volume / (reference[0] * reference[1])


def run(case: Case, seed: int, trials: int) -> tuple[float, bool]:
    """Return how good what the model recommends is in truth, and whether it holds the constraint."""
    names, g = [f"x{j}" for j in range(case.parameters)], np.random.default_rng([seed, 5])
    client, truths = Client(random_seed=seed), []
    client.configure_experiment([RangeParameterConfig(n, (0.0, 1.0), "float") for n in names])
    if case.reference is None:
        client.configure_optimization("-a", outcome_constraints=["b <= 0"])
    else:
        client.configure_optimization("-a, -b")
    for _ in range(trials):
        ((index, point),) = client.get_next_trials(max_trials=1).items()
        truths.append(case.evaluate(np.array([float(point[n]) for n in names])))
        client.complete_trial(
            index, {k: v + s * g.normal() for k, v, s in zip("ab", truths[-1], case.noise, strict=True)}
        )
    if case.reference is not None:
        front = {p.trial_index for p in client.get_pareto_frontier()}
        return measure_hypervolume([truths[i] for i in front], case.reference), True
    try:
        value, limit = truths[client.get_best_parameterization().trial_index]
    except DataRequiredError:
        return float("nan"), False
    return value - case.optimum, limit <= 0.0


def main() -> None:
    """Read the command line, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--trials", type=int, default=30)
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    print(f"{'problem':>15}{'score':>10}{'spread':>9}{'violated':>10}")
    for name in given.cases:
        with single_thread():
            runs = [run(CASES[name], seed, given.trials) for seed in range(given.seeds)]
        scores = np.array([s for s, _ in runs])
        violated = np.mean([not held for _, held in runs])
        print(f"{name:>15}{np.nanmean(scores):10.4f}{np.nanstd(scores):9.4f}{violated:10.2f}", flush=True)


if __name__ == "__main__":
    main()
