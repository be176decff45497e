"""How well our model knows a noisy function, beside BoTorch's `SingleTaskGP` on the same results.

    python benchmarks/noise.py                                      a quick look, some minutes
    python benchmarks/noise.py --results 20 60 250 600 1000 2000 --parameters 1 4 6 20 --noise 0 0.5 1 2 --seeds 10

Each cell: R² at points that were not tried, and the share of them whose true value the 95 % interval holds, of the
model behind suggestions, of `Client.predict`, and of BoTorch (default priors; the variances where all standard errors
are known); the seconds of a fit; and how much worse than the best tried point `get_best_parameterization` is, in
standard deviations of the function. Means over the seeds. Ends with the figures over all cells.
"""

import argparse
import itertools
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from stored import RESULTS, Row, circumstances, read, store

from axnb import Client, RangeParameterConfig
from axnb.suggest.fitting import fit_model
from axnb.surrogate.threads import single_thread

Array = NDArray[np.float64]
Answer = tuple[Array, Array]
KEYS = ("model", "function", "results", "parameters", "noise", "sem", "seed")
MODELS = ("suggest", "predict", "botorch")
_ASKED = 500  # points at which a model is tested


def _sines(X: Array, seed: int) -> Array:
    parts = [np.sin(4.0 * X[:, 0]), X[:, 1:2].sum(1) ** 2, X[:, 2:3].sum(1) * (X[:, 3] if X.shape[1] > 3 else 1.0)]
    return np.asarray(sum(parts))


def _bumps(X: Array, seed: int) -> Array:
    """Return a smooth function of at most six columns, each of them of another importance."""
    g = np.random.default_rng([7, seed])
    used = min(X.shape[1], 6)
    columns = g.permutation(X.shape[1])[:used]
    frequencies = g.normal(size=(used, 60)) * np.linspace(3.0, 1.0, used)[:, None] / np.sqrt(used)
    return np.asarray(np.cos(X[:, columns] @ frequencies + g.uniform(0.0, 2.0 * np.pi, 60)) @ g.normal(size=60))


def _skewed(X: Array, seed: int) -> Array:
    return np.asarray(np.exp(0.25 * _bumps(X, seed)))


FUNCTIONS: dict[str, Callable[[Array, int], Array]] = {"sines": _sines, "bumps": _bumps, "skewed": _skewed}


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Noisy results and what is true.

    Args:
        X: `n x d`, where they were measured.
        y: `n`, what was measured.
        sem: `n`, its standard errors; NaN where unknown.
        asked: `q x d`, other points.
        truth: `q`, the function there.
        without_noise: `n`, the function where it was measured.
    """

    X: Array
    y: Array
    sem: Array
    asked: Array
    truth: Array
    without_noise: Array


def make_table(function: str, results: int, parameters: int, noise: float, sem: str, seed: int) -> Table:
    """Return a table; see the script's options."""
    g = np.random.default_rng([seed, results, parameters])
    X, asked = g.random((results, parameters)), g.random((_ASKED, parameters))
    f, truth = FUNCTIONS[function](X, seed), FUNCTIONS[function](asked, seed)
    deviation = noise * float(truth.std())
    known = {"all": np.ones(results, bool), "some": np.arange(results) % 2 == 0, "none": np.zeros(results, bool)}[sem]
    errors = np.where(known, deviation, np.nan)
    return Table(X, f + deviation * g.normal(size=results), errors, asked, truth, f)


def make_client(table: Table) -> Client:
    """Return a client with the results of a table."""
    names = [f"x{j}" for j in range(table.X.shape[1])]
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig(n, (0.0, 1.0), "float") for n in names])
    client.configure_optimization("y")
    frame = pd.DataFrame(table.X, columns=names).assign(y=table.y, y_sem=table.sem)
    client.attach_dataframe(frame)
    return client


def ask_ours(client: Client, table: Table, model: str) -> Answer:
    """Return mean and standard deviation of the function at the points asked for."""
    points = [{f"x{j}": float(v) for j, v in enumerate(row)} for row in table.asked]
    found = client.predict(points) if model == "predict" else fit_model(client.experiment.view()).predict(points)
    pairs = np.array([p["y"] for p in found])
    return pairs[:, 0], pairs[:, 1]


def ask_botorch(table: Table) -> Answer:
    """Return the same of BoTorch's model, fitted as its authors do."""
    import torch
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import SingleTaskGP
    from gpytorch.mlls import ExactMarginalLogLikelihood

    X, y = torch.as_tensor(table.X), torch.as_tensor(table.y)[:, None]
    known = np.isfinite(table.sem).all()
    variances = torch.as_tensor(np.maximum(table.sem, 1e-4 * table.y.std()) ** 2)[:, None] if known else None
    model: Any = SingleTaskGP(X, y, train_Yvar=variances)
    fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    with torch.no_grad():
        posterior = model.posterior(torch.as_tensor(table.asked))
    return posterior.mean.numpy()[:, 0], posterior.variance.numpy()[:, 0] ** 0.5


def measure(model: str, table: Table) -> Row:
    """Return R², coverage, seconds, and for our own model the loss of the best point."""
    client = make_client(table) if model != "botorch" else None
    begun = time.process_time()
    mean, sd = ask_botorch(table) if client is None else ask_ours(client, table, model)
    seconds = time.process_time() - begun
    miss = table.truth - mean
    row: Row = {
        "r2": round(1.0 - float((miss**2).mean() / table.truth.var()), 4),
        "coverage": round(float((np.abs(miss) <= 1.96 * sd).mean()), 4),
        "seconds": round(seconds, 3),
    }
    if client is not None and model == "predict":
        chosen = client.get_best_parameterization().trial_index
        loss = table.without_noise.max() - table.without_noise[chosen]
        row["loss"] = round(float(loss / table.truth.std()), 4)
    return row


def show(rows: list[Row]) -> None:
    """Print the means of a cell over the seeds, one line, a column group each model."""
    frame = pd.DataFrame(rows)
    if not len(frame):
        return
    cell = [k for k in KEYS if k not in ("model", "seed")]
    for key, group in frame.groupby(cell, sort=False):
        parts = []
        for model in MODELS:
            mine = group[group["model"] == model]
            text = "      -" * 3
            if len(mine):
                text = f"{mine['r2'].mean():7.3f}{mine['coverage'].mean():7.2f}{mine['seconds'].mean():7.1f}"
            parts.append(text)
        loss = group["loss"].mean() if "loss" in group else float("nan")
        print("".join(f"{k!s:>9}" for k in key), "  |", "  |".join(parts), f"  |{loss:7.3f}", flush=True)


def show_totals(rows: list[Row]) -> None:
    """Print how often ours is at least BoTorch's and covers between 0.90 and 0.98, over cells with the same seeds."""
    frame = pd.DataFrame(rows)
    seeds = frame.groupby([k for k in KEYS if k != "model"])["model"].transform("nunique")
    frame = frame[seeds == frame["model"].nunique()]
    cell = [k for k in KEYS if k not in ("model", "seed")]
    means = {v: frame.pivot_table(v, index=cell, columns="model") for v in ("r2", "coverage")}
    print(f"\n{'model':>9}{'cells':>7}{'R²':>8}{'worst':>8}{'cover':>8}{'0.90-0.98':>11}{'R² >= BoTorch - 0.01':>22}")
    for model in frame["model"].unique():
        r2, cover = means["r2"][model].dropna(), means["coverage"][model].dropna()
        level = (r2 >= means["r2"]["botorch"].reindex(r2.index) - 0.01).mean() if "botorch" in means["r2"] else np.nan
        inside = cover.between(0.90, 0.98).mean()
        print(f"{model:>9}{len(r2):7d}{r2.mean():8.3f}{r2.min():8.3f}{cover.mean():8.3f}{inside:11.2f}{level:22.2f}")


def main() -> None:
    """Read the command line, measure, store, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--functions", nargs="+", choices=FUNCTIONS, default=["sines"])
    parser.add_argument("--results", nargs="+", type=int, default=[20, 60, 250])
    parser.add_argument("--parameters", nargs="+", type=int, default=[1, 4])
    parser.add_argument("--noise", nargs="+", type=float, default=[0.0, 1.0], help="as a multiple of the signal's sd")
    parser.add_argument("--sem", nargs="+", choices=("all", "none", "some"), default=["all", "none"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--slow", type=int, default=1000, help="results from which BoTorch has one seed only")
    parser.add_argument("--again", action="store_true", help="measure BoTorch again where its result is stored")
    parser.add_argument("--output", type=Path, default=RESULTS / "noise.jsonl", help="where to store results")
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    print("".join(f"{k:>9}" for k in ("function", "n", "d", "noise", "sem")), end="   |")
    print("  |".join(f"{m:>9}:  R² cover sec" for m in MODELS), "  |   loss")
    held = {tuple(r.get(k) for k in KEYS): r for r in read(given.output)}
    every = []
    cells = itertools.product(given.functions, given.results, given.parameters, given.noise, given.sem)
    for function, results, parameters, noise, sem in cells:
        if noise == 0.0 and sem != "none":
            continue
        made: list[Row] = []
        for seed, model in itertools.product(range(given.seeds), given.models):
            if model == "botorch" and results >= given.slow and seed > 0:
                continue
            key = (model, function, results, parameters, noise, sem, seed)
            if model == "botorch" and key in held and not given.again:
                made.append(held[key])
                continue
            table = make_table(function, results, parameters, noise, sem, seed)
            with single_thread():
                row = measure(model, table)
            made.append(
                dict(zip(KEYS, key, strict=True)) | row | circumstances("axnb" if model != "botorch" else model)
            )
        store(given.output, made, KEYS)
        show(made)
        every += made
    show_totals(every)


if __name__ == "__main__":
    main()
