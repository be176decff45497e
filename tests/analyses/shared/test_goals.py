"""Goals: direction, feasibility, dominance."""

from axnb.analyses.shared.goals import Goal, compute_shown_value
from axnb.problem.objective import parse_optimization


def goal(objective, *constraints, baseline=None):
    return Goal(optimization=parse_optimization(objective, list(constraints)), baseline=baseline)


def test_titles_say_the_direction():
    wanted = goal("acc, -loss", "size <= 3")
    assert [wanted.title(n) for n in ("acc", "loss", "size")] == ["acc (maximise)", "loss (minimise)", "size"]


def test_a_result_is_feasible_where_its_interval_reaches_the_allowed_side():
    wanted = goal("acc", "size <= 3", "speed >= 1")
    fast = {"speed": (2.0, None)}
    assert wanted.feasible({"size": (3.0, None)} | fast) is True
    assert wanted.feasible({"size": (3.1, None)} | fast) is False
    assert wanted.feasible({"size": (3.1, 0.06)} | fast) is True
    assert wanted.feasible({"size": (2.0, None)}) is None
    assert wanted.feasible({"size": (4.0, None)}) is False


def test_relative_constraints_compare_with_the_baseline():
    assert goal("acc", "size <= 2 * baseline").feasible({"size": (3.0, None)}) is None
    wanted = goal("acc", "size <= 2 * baseline", baseline={"size": (2.0, None)})
    assert wanted.feasible({"size": (3.9, None)}) is True
    assert wanted.feasible({"size": (4.1, None)}) is False
    assert wanted.bounds("size") == (("<=", 4.0),)


def test_bounds_hold_constraints_and_thresholds():
    assert goal("acc, -loss", "loss <= 2", "size >= 1").bounds("loss") == (("<=", 2.0),)
    assert goal("acc, -loss", "loss <= 2", "size >= 1").bounds("size") == ((">=", 1.0),)
    assert goal("acc, -loss", "acc >= 0.5").bounds("acc") == ((">=", 0.5),)


def test_a_sum_is_shown_as_the_sum_and_a_metric_as_itself():
    results = {"a": (1.0, 0.3), "b": (2.0, 0.2)}
    assert compute_shown_value(goal("-a").optimization.objective, results) == (1.0, 0.3)
    mean, sem = compute_shown_value(goal("a - 2*b").optimization.objective, results)
    assert mean == -3.0
    assert sem == 0.5
    assert compute_shown_value(goal("a + c").optimization.objective, results) is None
