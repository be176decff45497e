"""Runs of methods on problems: traces, scores, waiting times, simulated asynchronous work, frames and a plot."""

import heapq
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from axnb.benchmark.methods import method
from axnb.benchmark.problems import Problem, problem
from axnb.errors import UnknownNameError, UserInputError, listing, near_miss
from axnb.problem.parameters import ParameterValue, whole
from axnb.suggest.best import judge_outcomes, select_best
from axnb.suggest.generators.sobol import draw_sequence
from axnb.suggest.pareto import compute_hypervolume
from axnb.surrogate.encoder import Encoder

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

_REPEATS, _FEW = 50, 5  # the baseline is what so many quasi-random points give, on average over so many draws


@dataclass(frozen=True, slots=True, kw_only=True)
class Replication:
    """One run of a method on a problem.

    Args:
        problem: The problem's name.
        method: The method's name.
        seed: The seed.
        trace: After each trial the best feasible value so far without noise (with several objectives the hypervolume),
            in the objective's own units; NaN while there is none.
        scores: After each trial 0 for what five quasi-random points give, 100 for the optimum.
        seconds: For each trial how long asking and telling took.
        times: For each trial when it ended in the simulation, in seconds.
        failures: Number of failed trials.
    """

    problem: str
    method: str
    seed: int
    trace: tuple[float, ...]
    scores: tuple[float, ...]
    seconds: tuple[float, ...]
    times: tuple[float, ...]
    failures: int


def quality(task: Problem, found: Sequence[dict[str, float]]) -> float:
    """Return the best feasible value of results without noise, or their hypervolume; NaN where nothing is feasible."""
    goal = task.goal
    judged = [judge_outcomes(goal, {name: (value, None) for name, value in metrics.items()}) for metrics in found]
    if goal.is_multi_objective:
        values = np.array([c.utilities for c in judged if c.chance])
        signs = np.array([o.weights[0] for o in goal.objectives])
        return compute_hypervolume(values, signs * np.array(task.reference)) if len(values) else 0.0
    best = select_best(goal, judged)
    if not best:
        return math.nan
    return judged[best[0]].utilities[0] * (-1.0 if goal.objective.minimize else 1.0)


def score(trace: float, baseline: float, optimum: float) -> float:
    """Return 0 for the baseline, 100 for the optimum, less than 0 for what is worse than the baseline.

    Example:
        >>> score(2.0, baseline=3.0, optimum=1.0)
        50.0
    """
    return 100.0 * (trace - baseline) / (optimum - baseline)


def baseline(task: Problem | str) -> float:
    """Return what five quasi-random points give on a problem, on average.

    Args:
        task: The problem, or its name.

    Raises:
        UnknownNameError: If there is no such problem.
        UnsupportedError: If the library that the problem needs is not installed.
        UserInputError: If random points are never feasible.
    """
    return _baseline_of_name(task) if isinstance(task, str) else _baseline(task)


@cache
def _baseline_of_name(name: str) -> float:
    return _baseline(problem(name))


def _baseline(task: Problem) -> float:
    encoder = Encoder(task.space)
    found = []
    for seed in range(_REPEATS):
        points = encoder.decode(encoder.round(draw_sequence(seed, encoder.dimension, 0, _FEW)))
        tried = [p for p in points if task.space.satisfies(p) and not task.fails(p)]
        found.append(quality(task, [task.evaluate(p) for p in tried]))
    known = [v for v in found if not math.isnan(v)]
    if not known:
        raise UserInputError(f"the problem {task.name!r} has no baseline: five random points are never feasible.")
    return float(np.mean(known))


def replicate(
    task: Problem | str,
    by: str,
    seed: int,
    *,
    trials: int | None = None,
    parallelism: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> Replication:
    """Run a method on a problem, one of `axnb.benchmark.problems` or your own.

    With several workers a trial is asked for whenever a worker is free; who is free when is simulated from the run
    times of the problem.

    Args:
        task: The problem, or its name.
        by: The method's name.
        seed: Seed of method and noise.
        trials: Number of trials; the problem's budget by default.
        parallelism: Number of workers.
        clock: What the seconds are read from; `time.process_time` leaves out what other programs take.

    Raises:
        UnknownNameError: If there is no such problem or method.
        UnsupportedError: If a library is not installed.
        UserInputError: If a number is below 1, or not whole, or random points are never feasible on the problem.

    Example:
        >>> len(replicate("branin", "random_search", seed=0, trials=4).scores)
        4
    """
    if not isinstance(task, Problem | str):
        raise UserInputError(f"expected a Problem or the name of one, got {task!r}.")
    worst, task = baseline(task), problem(task) if isinstance(task, str) else task
    count, seed = whole("trials", task.budget if trials is None else trials, 1), whole("seed", seed, 0)
    parallelism = whole("parallelism", parallelism, 1)
    run, rng = method(by)(task, seed), np.random.default_rng([seed, 77])
    running: list[tuple[float, int, dict[str, ParameterValue]]] = []
    waits: dict[int, float] = {}
    found: list[dict[str, float]] = []
    trace: list[float] = []
    seconds: list[float] = []
    times: list[float] = []
    failures, now = 0, 0.0
    while len(times) < count:
        while len(running) < parallelism and len(waits) < count:
            begun = clock()
            trial, point = run.ask()
            waits[trial] = clock() - begun
            heapq.heappush(running, (now + task.run_time(point), trial, point))
        now, trial, point = heapq.heappop(running)
        failed = task.fails(point)
        truth = None if failed else task.evaluate(point)
        failures += failed
        told = None if truth is None else {n: v + task.noise * rng.standard_normal() for n, v in truth.items()}
        begun = clock()
        run.tell(trial, told)
        seconds.append(waits[trial] + clock() - begun)
        found += [] if truth is None else [truth]
        trace.append(quality(task, found))
        times.append(now)
    return Replication(
        problem=task.name,
        method=by,
        seed=seed,
        trace=tuple(trace),
        scores=_scores(trace, worst, task),
        seconds=tuple(seconds),
        times=tuple(times),
        failures=failures,
    )


def _scores(trace: Iterable[float], worst: float, task: Problem) -> tuple[float, ...]:
    return tuple(score(v, worst, task.optimum) for v in trace)


def from_trace(name: str, by: str, seed: int, trace: Sequence[float], seconds: Sequence[float]) -> Replication:
    """Return a run of which only the trace was kept, one trial after the other.

    Args:
        name: The problem's name.
        by: The method's name.
        seed: The seed.
        trace: As of `Replication`.
        seconds: As of `Replication`.

    Raises:
        UnknownNameError: If there is no such problem.
        UnsupportedError: If the library that the problem needs is not installed.

    Example:
        >>> from_trace("branin", "fast", 0, [0.4], [0.1]).scores[0] > 99.9
        True
    """
    return Replication(
        problem=name,
        method=by,
        seed=seed,
        trace=tuple(trace),
        scores=_scores(trace, baseline(name), problem(name)),
        seconds=tuple(seconds),
        times=tuple(float(i + 1) for i in range(len(trace))),
        failures=0,
    )


def benchmark(
    problems: Sequence[Problem | str],
    methods: Sequence[str],
    seeds: Iterable[int] = range(3),
    *,
    trials: int | None = None,
    parallelism: int = 1,
) -> "pd.DataFrame":
    """Run every method on every problem with every seed; methods take turns.

    Args:
        problems: Problems, or their names.
        methods: Names of methods.
        seeds: The seeds.
        trials: Number of trials; each problem's budget by default.
        parallelism: Number of workers that are simulated.

    Returns:
        One row a trial; see `results_frame`.

    Raises:
        UnknownNameError: If there is no such problem or method.
        UnsupportedError: If a library is not installed.
        UserInputError: If the problems or methods are no list, or a number cannot be used.

    Example:
        >>> results = benchmark(["branin"], ["random_search"], seeds=range(2), trials=3)
        >>> summary_frame(results)[["problem", "method", "seeds"]].values.tolist()
        [['branin', 'random_search', 2]]
    """
    for what, given in (("problems", problems), ("methods", methods)):
        if not isinstance(given, list | tuple):
            raise UserInputError(f"{what} must be a list, got {given!r}.")
    numbers = list(seeds)
    for by in methods:
        method(by)  # a misspelt one is told before hours have passed
    made = [
        replicate(task, by, seed, trials=trials, parallelism=parallelism)
        for task in problems
        for seed in numbers
        for by in methods
    ]
    return results_frame(made)


def results_frame(replications: Iterable[Replication]) -> "pd.DataFrame":
    """Return one row a trial: problem, method, seed, trial, best, score, seconds, time."""
    import pandas as pd

    columns = ["problem", "method", "seed", "trial", "best", "score", "seconds", "time"]
    rows = [
        (r.problem, r.method, r.seed, i, *found)
        for r in replications
        for i, found in enumerate(zip(r.trace, r.scores, r.seconds, r.times, strict=True))
    ]
    return pd.DataFrame(rows, columns=columns)


def summary_frame(results: "pd.DataFrame") -> "pd.DataFrame":
    """Return one row a problem and method: medians over the seeds of final best and score, and of seconds a suggestion.

    The first third of the trials does not count for the seconds, as initial points take no time.
    """
    last = results.loc[results.groupby(["problem", "method", "seed"])["trial"].idxmax()]
    out = last.groupby(["problem", "method"], sort=False)[["best", "score"]].median()
    length = results.groupby(["problem", "method", "seed"])["trial"].transform("max") + 1
    late = results[results["trial"] >= length // 3]
    out["seconds"] = late.groupby(["problem", "method"])["seconds"].median()
    out["seeds"] = last.groupby(["problem", "method"])["seed"].nunique()
    return out.reset_index()


def plot(results: "pd.DataFrame", problem: str | None = None) -> "go.Figure":
    """Return a figure of the median score by trial, one line a method.

    Args:
        results: What `benchmark` returned.
        problem: The problem to show; by default the mean over all.

    Raises:
        UnknownNameError: If the results have no such problem.
    """
    import plotly.graph_objects as go

    names = list(dict.fromkeys(results["problem"]))
    if problem is not None and problem not in names:
        raise UnknownNameError(
            f"there are no results of {problem!r}; there are of {listing(names)}.{near_miss(problem, names)}"
        )
    chosen = results if problem is None else results[results["problem"] == problem]
    figure = go.Figure()
    for name, part in chosen.groupby("method", sort=False):
        medians = part.groupby(["problem", "trial"])["score"].median().groupby("trial").mean()
        figure.add_trace(go.Scatter(x=medians.index + 1, y=medians.to_numpy(), mode="lines", name=str(name)))
    figure.update_xaxes(title="trial")
    figure.update_yaxes(title="score", range=[0, 100])
    figure.update_layout(title=problem or "mean over the problems")
    return figure
