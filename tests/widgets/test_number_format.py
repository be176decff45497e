"""Numbers as they are shown and typed."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axnb.errors import UserInputError
from axnb.problem.parameters import ChoiceParameter, FixedParameter, RangeParameter
from axnb.widgets.number_format import (
    MINUS,
    fraction_length,
    read_entry,
    read_number,
    show_domain,
    show_number,
    show_result,
    show_value,
)

finite = st.floats(allow_nan=False, allow_infinity=False)
readable = st.floats(-1e300, 1e300)


def ranged(lower, upper, **more):
    return RangeParameter(name="x", lower=lower, upper=upper, **more)


def back(shown):
    return float(shown.replace(MINUS, "-"))


@given(finite)
def test_a_number_typed_in_full_is_taken_exactly(value):
    assert read_number(repr(value)) == value


@given(st.integers(-(10**30), 10**30))
def test_whole_numbers_keep_every_digit(value):
    assert read_number(f" {value} ") == value
    assert isinstance(read_number(str(value)), int)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "Enter a number"),
        ("   ", "Enter a number"),
        ("1,000", "no separator between thousands"),
        ("-12,500", "Use a decimal point such as -12.500"),
        ("1,2,3", "no separator between thousands"),
        ("1.000,5", "no separator between thousands"),
        ("abc", "'abc' is not a number"),
        ("nan", "'nan' is not a number"),
        ("inf", "'inf' is not a number"),
        ("1_000", "'1_000' is not a number"),
        ("0x10", "'0x10' is not a number"),
        ("1e400", "too large"),
        ("9" * 350, "too large"),
        ("9" * 500, "too large"),
        ("1 2", "'1 2' is not a number"),
        ("--1", "'--1' is not a number"),
        ("\u0663", "is not a number"),
        ("1e", "'1e' is not a number"),
        ("5%", "'5%' is not a number"),
    ],
)
def test_what_could_be_misread_is_refused(typed, reason):
    with pytest.raises(UserInputError, match=reason):
        read_number(typed)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("+.5", 0.5),
        ("5.", 5.0),
        (f"{MINUS}3", -3),
        ("9,5", 9.5),
        ("-0,25", -0.25),
        ("1,2345", 1.2345),
        (",5e3", 500.0),
        ("1E-3", 0.001),
        ("007", 7),
    ],
)
def test_usual_ways_to_write_a_number(typed, value):
    assert read_number(typed) == value


@pytest.mark.parametrize(
    ("typed", "value", "told"),
    [
        ("9.5", 9.5, ""),
        (f"{MINUS}3", -3, ""),
        ("1,5", 1.5, "read as 1.5"),
        ("12 %", 12, "read as 12"),
        ("30 °C", 30, "read as 30"),
        ("n.d.", None, "read as: no value"),
        ("-", None, "read as: no value"),
    ],
)
def test_what_people_write_into_a_field_is_read_and_said(typed, value, told):
    found = read_entry(typed)
    assert (found.value, found.told) == (value, told)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("<0.1", "'<0.1' only bounds a number: enter the one to take, such as 0.1, or n.d."),
        (">= 5", "only bounds a number"),
        ("1,500", "no separator between thousands"),
        ("12,500 mg", "no separator between thousands"),
        ("0x10", "is not a number"),
        ("1e", "is not a number"),
        ("nan", "is not a number"),
        ("tbd", "is not a number"),
        ("", "Enter a number"),
    ],
)
def test_what_a_field_cannot_take_is_said(typed, reason):
    with pytest.raises(UserInputError, match=re.escape(reason)):
        read_entry(typed)


@given(readable)
def test_what_is_shown_is_near_what_is_meant(value):
    assert math.isclose(back(show_number(value)), value, rel_tol=1e-4, abs_tol=0)


@given(readable, st.floats(0, 1e300))
def test_a_result_is_shown_within_its_error(mean, sem):
    shown, error = show_result(mean, sem)
    assert abs(back(shown) - mean) <= max(0.051 * sem, 1e-4 * abs(mean))
    assert math.isclose(back(error), sem, rel_tol=0.051)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.floats(0, 1))
def test_a_value_is_shown_to_a_thousandth_of_its_range(lower, width, at):
    parameter = ranged(lower, lower + width)
    value = parameter.lower + at * (parameter.upper - parameter.lower)
    assert abs(back(show_value(parameter, value)) - value) <= 1e-3 * width


@pytest.mark.parametrize(
    ("parameter", "value", "shown"),
    [
        (ranged(0.0, 1.0), 0.5, "0.500"),
        (ranged(-1.0, 1.0), -0.25, f"{MINUS}0.250"),
        (ranged(-1.0, 1.0), -0.0, "0.000"),
        (ranged(0.0, 1.0, step_size=0.1), 0.3, "0.3"),
        (ranged(0.05, 0.95, step_size=0.1), 0.15, "0.15"),
        (ranged(0.0, 100.0, step_size=20.0), 40.0, "40"),
        (ranged(1, 9, parameter_type="int"), 4, "4"),
        (ranged(1e-5, 1.0, log_scale=True), 0.0031623, "0.00316"),
        (ranged(1e-9, 1.0, log_scale=True), 3.1623e-7, f"3.16e{MINUS}7"),
        (ranged(0.0, 1e-12), 5e-13, f"5e{MINUS}13"),
        (ChoiceParameter(name="c", values=(16, 32), parameter_type="int"), 32, "32"),
        (ChoiceParameter(name="c", values=(True, False), parameter_type="bool"), True, "True"),
        (FixedParameter(name="f", value="adam", parameter_type="str"), "adam", "adam"),
    ],
)
def test_values_are_shown_as_their_parameter_wants(parameter, value, shown):
    assert show_value(parameter, value) == shown


def test_a_result_of_zero_keeps_its_decimals():
    assert show_result(-0.0, 0.01) == ("0.000", "0.010")
    assert show_result(0.0, None) == ("0", "")


def test_domains_in_a_few_characters():
    dash = "\N{EN DASH}"
    assert show_domain(ranged(1e-5, 1.0, log_scale=True)) == f"1e{MINUS}5{dash}1, log"
    assert show_domain(ranged(1, 9, parameter_type="int", step_size=2)) == f"1{dash}9 by 2"
    assert show_domain(ranged(1, 9, parameter_type="int", step_size=1)) == f"1{dash}9"
    assert show_domain(ranged(-1.0, 1.0)) == f"{MINUS}1 {dash} 1"
    assert show_domain(ChoiceParameter(name="c", values=("a", "b"))) == "2 choices"
    assert show_domain(FixedParameter(name="f", value=1.0)) == "fixed"


def test_fractions_are_counted_after_the_point():
    assert [fraction_length(s) for s in ("12", f"{MINUS}0.250", f"1.5e{MINUS}7", f"9e{MINUS}7")] == [0, 3, 4, 3]
