"""Problems with the answers that they claim, runs that repeat themselves, scores, frames."""

import math
from dataclasses import replace

import numpy as np
import pytest

from axnb.benchmark.methods import METHODS, installed, method, register_method
from axnb.benchmark.problems import PROBLEMS, available, problem
from axnb.benchmark.replication import (
    baseline,
    benchmark,
    from_trace,
    plot,
    quality,
    replicate,
    results_frame,
    score,
    summary_frame,
)
from axnb.errors import UnknownNameError, UnsupportedError, UserInputError
from axnb.problem.constraints import parse_parameter_constraints
from axnb.problem.space import SearchSpace

BEST = {
    "branin": {"x0": math.pi, "x1": 2.275},
    "levy4": {f"x{i}": 1.0 for i in range(4)},
    "ackley8": {f"x{i}": 0.0 for i in range(8)},
    "rosenbrock6": {f"x{i}": 1.0 for i in range(6)},
    "gramacy": {"x0": 0.1951, "x1": 0.4047},
    "mixed_ackley_8_4": {f"b{i}": i % 2 for i in range(8)} | {"x0": 0.37, "x1": -0.52, "x2": 0.18, "x3": -0.29},
    "pressure_vessel": {"x0": 0.781249999, "x1": 0.406249999, "x2": 40.4792745595, "x3": 197.78935},
    "mixed_ackley": {f"b{i}": i % 2 for i in range(5)} | {"x0": 0.37, "x1": -0.52, "x2": 0.18},
    "hartmann6": dict(
        zip((f"x{i}" for i in range(6)), (0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573), strict=True)
    ),
}


@pytest.mark.parametrize("name", BEST)
def test_the_optimum_is_where_it_is_said_to_be(name):
    task = problem(name)
    point = task.space.validate(BEST[name])
    assert quality(task, [task.evaluate(point)]) == pytest.approx(task.optimum, abs=2e-3)


@pytest.mark.parametrize("name", PROBLEMS)
def test_nothing_random_beats_the_optimum(name):
    task = problem(name)
    sign = -1.0 if task.goal.objective.minimize and not task.goal.is_multi_objective else 1.0
    assert sign * baseline(name) < sign * task.optimum
    assert score(baseline(name), baseline(name), task.optimum) == 0.0
    assert score(task.optimum, baseline(name), task.optimum) == pytest.approx(100.0)


@pytest.mark.parametrize("name", ["branin", "gramacy", "branin_currin", "mixed_ackley", "branin_crash"])
@pytest.mark.parametrize("by", ["fast", "random_search"])
def test_a_run_repeats_itself_and_never_falls(name, by):
    one, two = (replicate(name, by, 3, trials=8) for _ in range(2))
    assert one.trace == two.trace
    scores = np.array([s for s in one.scores if not math.isnan(s)])
    assert (np.diff(scores) >= -1e-9).all()
    assert len(one.seconds) == len(one.times) == 8


def test_the_front_of_dtlz2_is_a_quarter_circle():
    task = problem("dtlz2_6")
    front = [task.evaluate({"x0": u, **{f"x{i}": 0.5 for i in range(1, 6)}}) for u in np.linspace(0, 1, 400)]
    assert quality(task, front) == pytest.approx(task.optimum, abs=3e-3)
    assert quality(task, front) < task.optimum


def test_a_kept_trace_gives_the_same_frame():
    run = replicate("branin", "random_search", 0, trials=6)
    again = from_trace("branin", "random_search", 0, run.trace, run.seconds)
    assert results_frame([again]).equals(results_frame([run]))


def test_a_model_beats_chance():
    ours, chance = (
        np.median([replicate("gramacy", by, s).scores[-1] for s in range(3)]) for by in ("fast", "random_search")
    )
    assert ours > 90
    assert ours > chance


def test_noise_is_told_but_not_scored():
    run = replicate("hartmann6_noisy", "random_search", 0, trials=6)
    assert run.trace == replicate("hartmann6", "random_search", 0, trials=6).trace


def test_failures_are_counted_and_give_nothing():
    run = replicate("branin_crash", "random_search", 0, trials=20)
    assert 0 < run.failures < 20


def test_workers_share_the_time():
    alone = replicate("branin", "fast", 0, trials=9)
    together = replicate("branin", "fast", 0, trials=9, parallelism=3)
    assert alone.times[-1] == pytest.approx(9.0)
    assert together.times[-1] == pytest.approx(3.0)
    assert list(together.times) == sorted(together.times)


def test_seconds_are_read_from_the_clock_that_is_given():
    ticks = iter(range(10_000))
    run = replicate("branin", "random_search", 0, trials=4, clock=lambda: float(next(ticks)))
    assert run.seconds == (2.0,) * 4  # an ask and a tell, a tick each
    assert run.times == (1.0, 2.0, 3.0, 4.0)


def test_frames_and_plot():
    results = benchmark(["branin", "gramacy"], ["fast", "random_search"], seeds=[0, 1], trials=7)
    assert len(results) == 2 * 2 * 2 * 7
    summary = summary_frame(results)
    assert summary[["problem", "method"]].drop_duplicates().shape[0] == 4
    assert set(summary["seeds"]) == {2}
    final = results[(results["problem"] == "branin") & (results["method"] == "fast") & (results["trial"] == 6)]
    row = summary[(summary["problem"] == "branin") & (summary["method"] == "fast")].iloc[0]
    assert row["best"] == pytest.approx(final["best"].median())
    assert [t.name for t in plot(results).data] == ["fast", "random_search"]
    assert len(plot(results, "branin").data[0].x) == 7


def test_a_problem_of_ones_own_is_run_and_scored():
    mine = replace(
        problem("branin"),
        name="mine",
        space=SearchSpace(
            parameters=problem("branin").space.parameters,
            constraints=parse_parameter_constraints(["x0 + x1 <= 15"], problem("branin").space.parameters),
        ),
        evaluate=lambda p: {"y": float(p["x0"]) ** 2},
        optimum=0.0,
    )
    run = replicate(mine, "random_search", 0, trials=5)
    assert run.problem == "mine"
    assert run.scores[-1] == pytest.approx(score(run.trace[-1], baseline(mine), 0.0))
    assert run.scores[-1] > -200.0
    assert set(benchmark([mine, "branin"], ["random_search"], seeds=[0], trials=2)["problem"]) == {"mine", "branin"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"task": 3}, "a Problem or the name of one"),
        ({"seed": -1}, "seed"),
        ({"trials": 2.5}, "trials"),
        ({"parallelism": 0}, "parallelism"),
    ],
)
def test_what_cannot_be_run_is_said(given, said):
    with pytest.raises(UserInputError, match=said):
        replicate(**{"task": "branin", "by": "random_search", "seed": 0, "trials": 1} | given)


def test_lists_are_lists_and_names_are_known_before_the_first_run():
    with pytest.raises(UserInputError, match="problems must be a list"):
        benchmark("branin", ["fast"])
    with pytest.raises(UserInputError, match="methods must be a list"):
        benchmark(["branin"], "fast")
    with pytest.raises(UnknownNameError, match="'fats'"):
        benchmark([3], ["random_search", "fats"])
    with pytest.raises(UnknownNameError, match="no results of 'bramin'"):
        plot(benchmark(["branin"], ["random_search"], seeds=[0], trials=1), "bramin")


def test_errors(monkeypatch):
    with pytest.raises(UnknownNameError, match="'branin'"):
        problem("brannin")
    with pytest.raises(UnknownNameError, match="'quality'"):
        method("qualty")
    with pytest.raises(UserInputError, match="at least 1"):
        replicate("branin", "fast", 0, trials=0)
    monkeypatch.setattr("axnb.benchmark.methods.importlib.util.find_spec", lambda name: None)
    assert not available("svc_wine")
    assert available("branin")
    with pytest.raises(UnsupportedError, match="scikit-learn"):
        problem("svc_wine")
    assert not installed("ax")
    assert all(installed(n) for n in set(METHODS) - {"ax", "optuna"})
    with pytest.raises(UnsupportedError, match="bench"):
        method("ax")


def test_parts_of_ones_own_are_compared_under_a_name() -> None:
    register_method("a bound", acquisition="ucb", model="linear")
    found = replicate("branin", "a bound", seed=0, trials=6)
    assert len(found.scores) == 6
    with pytest.raises(UserInputError, match="name other than"):
        register_method("fast")
