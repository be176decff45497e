"""How often trials fail, and what is reached, where a hidden region of the space fails: twelve problems, 1-D to 8-D.

    python benchmarks/failures.py --seeds 3

Each line: failures among the trials after the tenth, what share of them chance would bring, and the regret (the best
trial that succeeded against the optimum of what succeeds).
"""

import argparse
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from axnb import Client, RangeParameterConfig
from axnb.surrogate.threads import single_thread

Row = NDArray[np.float64]
_FIRST = 10  # trials that are not counted: nothing is known then
_DRAWN = 200_000  # rows by which chance and optimum are found


@dataclass(frozen=True, slots=True)
class Case:
    """A loss over the unit cube with a region that fails.

    Args:
        parameters: Number of parameters.
        loss: Of rows `n x d`, to be minimised.
        fails: Whether rows fail.
        trials: How many are run.
        noise: Standard deviation of the noise of a result.
    """

    parameters: int
    loss: Callable[[Row], Row]
    fails: Callable[[Row], NDArray[np.bool_]]
    trials: int = 40
    noise: float = 0.0


def _bowl(*centre: float) -> Callable[[Row], Row]:
    return lambda X: ((X[:, : len(centre)] - np.array(centre)) ** 2).sum(1)


def _wavy(X: Row) -> Row:
    return np.asarray(_bowl(0.4, 0.6)(X) + 0.05 * np.sin(12.0 * X).sum(1))


CASES = {
    "half": Case(1, _bowl(0.35), lambda X: X[:, 0] > 0.5),
    "near edge": Case(1, _bowl(0.45), lambda X: X[:, 0] > 0.5),
    "beyond edge": Case(1, _bowl(0.9), lambda X: X[:, 0] > 0.6),
    "towards edge": Case(2, lambda X: -X[:, 0] - 0.2 * X[:, 1], lambda X: X[:, 0] > 0.8),
    "corner": Case(2, _bowl(0.8, 0.8), lambda X: (X > 0.7).all(1)),
    "island": Case(2, _bowl(0.3, 0.6), lambda X: _bowl(0.3, 0.6)(X) < 0.02),
    "stripe": Case(2, _wavy, lambda X: np.abs(X[:, 0] - X[:, 1]) < 0.15),
    "noisy half": Case(2, _bowl(0.4, 0.4), lambda X: X.sum(1) > 1.0, noise=0.05),
    "edge of four": Case(4, _bowl(0.45, 0.3, 0.6, 0.5), lambda X: X[:, 0] > 0.5),
    "corner of four": Case(4, _bowl(0.7, 0.7, 0.7, 0.7), lambda X: X[:, :2].sum(1) > 1.3),
    "ball of six": Case(6, _bowl(0.3, 0.3, 0.3, 0.3, 0.3, 0.3), lambda X: _bowl(0.8, 0.8, 0.8)(X) < 0.3),
    "half of eight": Case(8, _bowl(0.3, 0.6, 0.5, 0.5), lambda X: X[:, 1] + X[:, 2] > 1.1),
}


def run(case: Case, seed: int) -> tuple[float, float]:
    """Return the share of later trials that failed, and the regret."""
    names = [f"x{j}" for j in range(case.parameters)]
    client, g = Client(random_seed=seed), np.random.default_rng(seed)
    client.configure_experiment([RangeParameterConfig(n, (0.0, 1.0), "float") for n in names])
    client.configure_optimization("-loss")
    failed, best = [], np.inf
    for _ in range(case.trials):
        ((index, point),) = client.get_next_trials(max_trials=1).items()
        x = np.array([[float(point[n]) for n in names]])
        failed.append(bool(case.fails(x)[0]))
        if failed[-1]:
            client.mark_trial_failed(index)
            continue
        loss = float(case.loss(x)[0])
        best = min(best, loss)
        client.complete_trial(index, {"loss": loss + case.noise * float(g.normal())})
    return float(np.mean(failed[_FIRST:])), best - optimum(case)


def optimum(case: Case) -> float:
    """Return the least loss where nothing fails, nearly."""
    X = np.random.default_rng(0).random((_DRAWN, case.parameters))
    return float(case.loss(X)[~case.fails(X)].min())


def main() -> None:
    """Read the command line, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    print(f"{'problem':>15}{'chance':>8}{'failed':>8}{'of chance':>11}{'regret':>12}")
    shares = []
    for name in given.cases:
        case = CASES[name]
        chance = float(case.fails(np.random.default_rng(1).random((_DRAWN, case.parameters))).mean())
        with single_thread():
            runs = np.array([run(case, seed) for seed in range(given.seeds)])
        failed, regret = runs.mean(0)
        shares.append(failed / chance)
        print(f"{name:>15}{chance:8.2f}{failed:8.2f}{shares[-1]:11.2f}{regret:12.2g}", flush=True)
    print(f"under a third of chance: {np.mean(np.array(shares) < 1.0 / 3.0):.0%}; mean share {np.mean(shares):.2f}")


if __name__ == "__main__":
    main()
