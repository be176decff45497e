"""Objectives, outcome constraints and thresholds are read as meant, or refused."""

import math

import pytest

from axnb.errors import DataRequiredError, ExpressionError, UserInputError
from axnb.problem.expressions import LinearExpression
from axnb.problem.objective import (
    Objective,
    OptimizationConfig,
    OutcomeConstraint,
    parse_objectives,
    parse_optimization,
    parse_outcome_constraint,
)


def test_directions():
    (loss,) = parse_objectives("-loss")
    assert loss.minimize
    assert not parse_objectives("acc")[0].minimize
    assert parse_optimization("a + 2*b").objective.weights == (1.0, 2.0)
    assert parse_optimization("acc, -latency").lower_is_better == {"acc": False, "latency": True}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must be a string"),
        (None, "must be a string"),
        ("acc,", "empty part"),
        ("acc + 1", "adds a constant"),
        ("acc - acc", "names no metric"),
        ("acc, -acc", "in two parts"),
        ("acc**2", "not linear"),
        ("baseline", "stands for the baseline"),
    ],
)
def test_objectives_that_make_no_sense_are_refused(text, reason):
    with pytest.raises(ExpressionError, match=reason.replace("*", r"\*")):
        parse_objectives(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("weight <= 10", "weight <= 10"),
        ("10 >= weight", "weight <= 10"),
        ("-2*weight >= -20", "weight <= 10"),
        ("a + 2*b <= 3", "a + 2*b <= 3"),
        ("a >= b", "a - b >= 0"),
        ("qps >= 0.95*baseline", "qps >= 0.95*baseline"),
        ("2*qps >= baseline", "qps >= 0.5*baseline"),
        ("qps >= baseline - 5", "qps >= baseline - 5"),
    ],
)
def test_outcome_constraints(text, shown):
    constraint = parse_outcome_constraint(text)
    assert str(constraint) == shown
    assert parse_outcome_constraint(str(constraint)) == constraint


def test_a_relative_bound_is_plain_arithmetic_for_negative_baselines_too():
    constraint = parse_outcome_constraint("qps >= 0.95*baseline")
    assert constraint.bound_at(100.0) == 95.0
    assert constraint.bound_at(-100.0) == -95.0
    with pytest.raises(DataRequiredError, match="needs the baseline's result"):
        constraint.bound_at(None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("weight", "no constraint"),
        ("weight < 10", "operator"),
        ("weight == 10", "equality"),
        ("3 <= 4", "names no metric"),
        ("a*b <= 1", "not linear"),
        ("qps >= 0.95*basline", "Did you mean 'baseline'"),
        ("a + b >= baseline", "single metric"),
    ],
)
def test_constraints_that_make_no_sense_are_refused(text, reason):
    with pytest.raises(ExpressionError, match=reason):
        parse_outcome_constraint(text)


def test_a_bound_on_one_of_several_objectives_is_its_threshold():
    config = parse_optimization("f, -g", ["f >= 3", "g <= 11", "h <= 1"])
    assert dict(config.thresholds) == {"f": 3.0, "g": 11.0}
    assert [str(c) for c in config.constraints] == ["h <= 1"]
    assert config.threshold(config.objectives[1]) == 11.0
    assert [str(c) for c in parse_optimization("f, -g", ["f <= 9"]).constraints] == ["f <= 9"]  # the other way round
    with pytest.raises(UserInputError, match="two thresholds"):
        parse_optimization("f, -g", ["f >= 3", "f >= 4"])


@pytest.mark.parametrize("constraint", ["f <= 11", "f >= 11", "f + g <= 3"])
def test_a_bound_on_the_only_objective_is_refused(constraint):
    with pytest.raises(UserInputError, match="bounds the objective"):
        parse_optimization("f", [constraint])


def test_contradictions_are_refused():
    with pytest.raises(UserInputError, match="nothing between"):
        parse_optimization("f", ["w <= 3", "w >= 3"])
    with pytest.raises(UserInputError, match="two constraints"):
        parse_optimization("f", ["w <= 3", "w <= 4"])
    assert len(parse_optimization("f", ["w <= 4", "w >= 3"]).constraints) == 2


@pytest.mark.parametrize(
    "text", ["1e-300*w <= 1e300", "w - 1e308 <= 1e308", "1e-300*w >= 1e300*baseline", "1e308*w >= -1e308*w"]
)
def test_bounds_that_no_float_holds_are_refused(text):
    with pytest.raises(UserInputError, match=r"finite|too large"):
        parse_outcome_constraint(text)


LOSS = parse_objectives("-loss")
WEIGHT = parse_outcome_constraint("weight <= 10")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: OptimizationConfig(objectives=()), "at least one objective"),
        (lambda: OptimizationConfig(objectives="loss"), "tuple of Objectives, got 'loss'"),
        (lambda: OptimizationConfig(objectives=LOSS, constraints=("w <= 3",)), "tuple of OutcomeConstraints"),
        (lambda: OptimizationConfig(objectives=LOSS, thresholds=(("w", 1.0),)), "no objective 'w'"),
        (lambda: OptimizationConfig(objectives=LOSS, thresholds=(("loss", math.nan),)), "finite number, got nan"),
        (lambda: Objective(expression=0.5), "weighted sum of metrics"),
        (lambda: Objective(expression=LinearExpression(terms=())), "sum of metrics as in"),
        (lambda: OutcomeConstraint(expression=WEIGHT.expression, op="<", bound=1.0), "'<=' or '>=', got '<'"),
        (lambda: OutcomeConstraint(expression=WEIGHT.expression, op="<=", bound="1"), "finite number, got '1'"),
    ],
)
def test_goals_made_by_hand_are_checked_too(make, reason):
    with pytest.raises(UserInputError, match=reason):
        make()


def test_a_list_of_objectives_is_kept_as_a_tuple():
    assert OptimizationConfig(objectives=list(LOSS)) == OptimizationConfig(objectives=LOSS)


@pytest.mark.parametrize("goal", ["1e300*a + 1e300*b", "1e200*a + b", "1e-200*a - 1e-300*b", "1e300*a"])
def test_weights_that_no_sum_can_be_reckoned_with_are_refused_with_the_remedy(goal):
    with pytest.raises(UserInputError, match=r"largest weight of the objective .* divide the objective by"):
        parse_optimization(goal)


def test_only_the_largest_weight_of_a_sum_must_be_near_one():
    assert parse_optimization("a + 1e-200*b").objective.weights == (1.0, 1e-200)
    with pytest.raises(UserInputError, match="largest weight of the constraint"):
        parse_optimization("a", ["1e300*b + 1e300*c <= 1"])
