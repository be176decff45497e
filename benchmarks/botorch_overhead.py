"""What the loop adds to the bare calls of BoTorch: one suggestion by SingleTaskGP and qLogEI, 30 results in 4-D.

Run as `python benchmarks/botorch_overhead.py`. Both fit by `fit_gpytorch_mll` and search with 10 starts from 512 rows
on one thread; the loop's suggestion includes encoding, the leave-one-out score, predictions, and the record.
"""

import time
import warnings

import numpy as np

from axnb import Client, RangeParameterConfig
from axnb.surrogate import torch_models  # noqa: F401 - imports PyTorch, quietly

import torch  # isort: skip
from botorch.acquisition import qLogExpectedImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.optim import optimize_acqf
from gpytorch.mlls import ExactMarginalLogLikelihood

COLUMNS, RESULTS, SEEDS = 4, 30, 8


def evaluate(x: np.ndarray) -> float:
    """Return a smooth loss."""
    return float(((x - 0.4) ** 2).sum() + np.sin(5.0 * x[0]))


def time_loop(X: np.ndarray, seed: int) -> float:
    """Return the seconds of a suggestion by axnb."""
    client = Client(random_seed=seed)
    client.configure_experiment([RangeParameterConfig(f"x{j}", (0.0, 1.0), "float") for j in range(COLUMNS)])
    client.configure_optimization("-loss")
    client.configure_generation_strategy(model=SingleTaskGP, acquisition=qLogExpectedImprovement)
    for x in X:
        index = client.attach_trial({f"x{j}": float(v) for j, v in enumerate(x)})
        client.complete_trial(index, raw_data={"loss": evaluate(x)})
    begun = time.perf_counter()
    client.get_next_trials(max_trials=1)
    return time.perf_counter() - begun


def time_bare(X: np.ndarray) -> float:
    """Return the seconds of the same by BoTorch alone."""
    torch.set_num_threads(1)
    rows = torch.tensor(X)
    y = -torch.tensor([[evaluate(x)] for x in X], dtype=torch.float64)
    begun = time.perf_counter()
    y = (y - y.mean()) / y.std()
    model = SingleTaskGP(rows, y)
    fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    acquisition = qLogExpectedImprovement(model, best_f=y.max())
    cube = torch.tensor([[0.0] * COLUMNS, [1.0] * COLUMNS], dtype=torch.float64)
    optimize_acqf(acquisition, cube, q=1, num_restarts=10, raw_samples=512)
    return time.perf_counter() - begun


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    pairs = []
    for seed in range(SEEDS + 1):  # the first warms up
        X = np.random.default_rng(seed).random((RESULTS, COLUMNS))
        pairs.append((time_loop(X, seed), time_bare(X)))
    loop, bare = np.median(pairs[1:], axis=0)
    print(f"axnb {loop:.3f} s, BoTorch alone {bare:.3f} s a suggestion: {100 * (loop / bare - 1):+.0f} %")
