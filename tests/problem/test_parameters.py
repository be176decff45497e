"""Parameters check themselves and cast values exactly."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from axnb.errors import UserInputError
from axnb.problem.parameters import ChoiceParameter, FixedParameter, RangeParameter


@given(st.integers(-1000, 1000), st.sampled_from(["0.1", "0.01", "0.3", "2.5", "1e-3"]), st.integers(1, 200), st.data())
def test_values_on_a_step_grid_are_free_of_float_noise(start, step, count, data):
    lower = Decimal(start) * Decimal(step)
    upper = lower + count * Decimal(step)
    parameter = RangeParameter(name="x", lower=float(lower), upper=float(upper), step_size=float(step))
    index = data.draw(st.integers(0, count))
    exact = float(lower + index * Decimal(step))
    assert parameter.cardinality == count + 1
    assert parameter.value_at(index) == exact
    assert parameter.cast(float(lower) + index * float(step)) == exact  # what naive arithmetic gives is taken


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.floats(0, 1))
def test_nearest_stays_in_the_range(lower, width, u):
    parameter = RangeParameter(name="x", lower=lower, upper=lower + width)
    assert parameter.lower <= parameter.nearest(lower + 2 * (u - 0.25) * width) <= parameter.upper


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (dict(lower=1, upper=0), "below the upper"),
        (dict(lower=1, upper=1), "below the upper"),
        (dict(lower=math.nan, upper=1), "finite"),
        (dict(lower=0, upper=math.inf), "finite"),
        (dict(lower="0", upper=1), "finite number"),
        (dict(lower=True, upper=2), "finite number"),
        (dict(lower=1, upper=1 + 1e-15), "too narrow"),
        (dict(lower=-1e308, upper=1e308), "too narrow or too wide"),
        (dict(lower=0.5, upper=2, parameter_type="int"), "whole number"),
        (dict(lower=0, upper=1, log_scale=True), "above 0"),
        (dict(lower=0, upper=1, step_size=0.3), "use 0.9 or 1.2"),
        (dict(lower=0, upper=1, step_size=-0.1), "above 0"),
        (dict(lower=0, upper=1, step_size=2), "larger than the range"),
        (dict(lower=0, upper=1, parameter_type="number"), "'float' or 'int'"),
        (dict(lower=0, upper=2**60, parameter_type="int"), "2\\*\\*53"),
        (dict(name="", lower=0, upper=1), "non-empty string"),
        (dict(name=3, lower=0, upper=1), "non-empty string"),
    ],
)
def test_a_range_that_makes_no_sense_is_refused(settings, reason):
    with pytest.raises(UserInputError, match=reason):
        RangeParameter(**(dict(name="x") | settings))


def test_all_problems_come_in_one_message():
    with pytest.raises(UserInputError, match=r"(?s)non-empty string.*below the upper.*above 0"):
        RangeParameter(name=" ", lower=0, upper=-1, log_scale=True)


@pytest.mark.parametrize("value", [1, np.int64(1), np.float32(1.0), 1.0 + 1e-12])
def test_numbers_of_other_types_are_taken(value):
    got = RangeParameter(name="x", lower=0, upper=1).cast(value)
    assert type(got) is float
    assert got == 1.0


@pytest.mark.parametrize("value", ["1", None, True, [1], math.nan, math.inf, 2, -0.1, np.array([1.0])])
def test_what_is_no_value_of_the_range_is_refused_by_name(value):
    with pytest.raises(UserInputError, match="parameter 'x' takes"):
        RangeParameter(name="x", lower=0, upper=1).cast(value)


def test_integers_are_ints():
    parameter = RangeParameter(name="n", lower=1.0, upper=64.0, parameter_type="int")
    assert parameter.cast(np.float64(8.0)) == 8
    assert type(parameter.cast(8.0)) is int
    assert parameter.cardinality == 64
    with pytest.raises(UserInputError, match="nearest allowed value is 8"):
        parameter.cast(8.4)


def test_choices_are_matched_by_type_and_value():
    assert ChoiceParameter(name="c", values=(3, 1, 2), parameter_type="int", is_ordered=True).values == (1, 2, 3)
    flags = ChoiceParameter(name="c", values=(True, False), parameter_type="bool")
    assert flags.cast(np.bool_(True)) is True
    with pytest.raises(UserInputError, match="parameter 'c' takes one of True, False"):
        flags.cast(1)
    words = ChoiceParameter(name="c", values=("rbf", "poly"), parameter_type="str")
    with pytest.raises(UserInputError, match="Did you mean 'poly'"):
        words.cast("polly")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (dict(values=("a",)), "at least two"),
        (dict(values=()), "at least two"),
        (dict(values=("a", "a")), "given twice"),
        (dict(values=("a", 1)), "must be of type str"),
        (dict(values=(1, 2.5), parameter_type="int"), "must be of type int"),
        (dict(values="ab"), "must be a list"),
        (dict(values=("a", "b"), parameter_type="text"), "parameter_type"),
    ],
)
def test_choices_that_make_no_sense_are_refused(settings, reason):
    with pytest.raises(UserInputError, match=reason):
        ChoiceParameter(**(dict(name="c") | settings))


def test_a_fixed_parameter_takes_its_value_only():
    fixed = FixedParameter(name="epochs", value=10, parameter_type="int")
    assert fixed.cast(10.0) == 10
    with pytest.raises(UserInputError, match="always 10"):
        fixed.cast(11)
    with pytest.raises(UserInputError, match="of type int"):
        FixedParameter(name="epochs", value="10", parameter_type="int")


def test_float_choices_are_met_up_to_rounding_and_the_nearest_is_named():
    made = ChoiceParameter(name="x", values=(0.1, 0.2, 0.1 + 0.2), parameter_type="float", is_ordered=True)
    assert made.cast(0.3) == 0.1 + 0.2
    with pytest.raises(UserInputError, match=r"The nearest is 0\.2"):
        made.cast(0.21)


def test_steps_that_floats_cannot_tell_apart_are_refused():
    with pytest.raises(UserInputError, match=r"step_size 0\.001 is too small for floating point"):
        RangeParameter(name="x", lower=0, upper=1e15, step_size=1e-3)
    assert RangeParameter(name="x", lower=0, upper=1e6, step_size=1e-3).cast(999_999.999) == 999_999.999
    assert (
        RangeParameter(name="x", lower=0, upper=2**52, step_size=1, parameter_type="int").cast(2**52 - 1) == 2**52 - 1
    )


def test_choices_of_very_many_values_compare_no_pairs():
    many = tuple(f"v{i}" for i in range(100_000))  # minutes, if each were compared with all others
    parameter = ChoiceParameter(name="c", values=many, dependents=(("v99999", ("x",)),))
    assert [parameter.cast(v) for v in many] == list(many)
    with pytest.raises(UserInputError, match="the value 'v5' is given twice"):
        ChoiceParameter(name="c", values=(*many, "v5"))
    with pytest.raises(UserInputError, match=r"parameter 'c' takes one of 'v0', .* Did you mean 'v10'"):
        parameter.cast("v10 ")
