"""Numbers as people read and type them. Knows nothing of trials or widgets.

What is shown is rounded for reading and never read back; what is typed is taken digit by digit or refused, never
guessed.
"""

import math
import re
from decimal import Decimal

from axnb.errors import UserInputError
from axnb.problem.parameters import (
    ChoiceParameter,
    DerivedParameter,
    FixedParameter,
    Parameter,
    ParameterValue,
    RangeParameter,
)
from axnb.record import cells
from axnb.record.cells import Reading, is_missing

MINUS = "\N{MINUS SIGN}"
"""What negative numbers are shown with; a hyphen is too short beside digits."""

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d*,(?!\d{3}(?!\d))\d+(?:[eE][+-]?\d+)?", re.ASCII)
_BOUNDS = "<>≤≥~≈"
_ODD_UNIT = re.compile(r"[xe]\d*$", re.IGNORECASE)  # what is left of 0x10 and 1e
_UNSAID = ("nan", "?", "tbd")  # in a table an empty cell, typed by hand a slip or a result to come
_DASH = "\N{EN DASH}"
_SMALL, _LARGE = 1e-4, 1e9  # beyond these a power of ten reads better
_LONGEST = 10  # more decimals than this are no help to a reader


def read_number(typed: str) -> float:
    """Return the number that was typed: digits, at most one decimal point or comma, perhaps a power of ten.

    A comma before three digits is refused: it may stand between thousands.

    Raises:
        UserInputError: It is empty, not a number, or could be read in two ways.

    Example:
        >>> read_number(" 9.5 "), read_number("12"), read_number("1e-3"), read_number("1,5")
        (9.5, 12, 0.001, 1.5)
    """
    given = typed.strip().replace(MINUS, "-")
    if not given:
        raise UserInputError("Enter a number.")
    if _COMMA.fullmatch(given):
        given = given.replace(",", ".")
    if _NUMBER.fullmatch(given):
        number = float(given)
        if not math.isfinite(number):
            raise UserInputError(f"{given[:40]!r} is too large a number.")
        return int(given) if re.fullmatch(r"[+-]?\d+", given) else number
    if "," in given:
        dotted = given.replace(",", ".")
        hint = f" such as {dotted}" if _NUMBER.fullmatch(dotted) else ""
        raise UserInputError(f"{given!r} has a comma. Use a decimal point{hint}, and no separator between thousands.")
    raise UserInputError(f"{given!r} is not a number. Enter one such as 9.5 or 1e-3.")


def read_entry(typed: str) -> Reading:
    """Return what was typed into a field for a number: also with a unit, or that there is none.

    Raises:
        UserInputError: If it is empty, only bounds a number, is none, or could be read in two ways.

    Example:
        >>> read_entry("12 %").value, read_entry("1,5").told, read_entry("n.d.").value
        (12, 'read as 1.5', None)
    """
    given = typed.strip()
    if given.startswith(tuple(_BOUNDS)):
        bound = given.lstrip(_BOUNDS + "= ")
        raise UserInputError(f"{given[:40]!r} only bounds a number: enter the one to take, such as {bound}, or n.d.")
    if given and is_missing(given) and given.casefold() not in _UNSAID:
        return Reading(None, told="read as: no value")
    try:
        number = read_number(given)
    except UserInputError:
        found = None if "," in given else cells.read_number(given)
        if found is None or found.value is None or not math.isfinite(found.value) or _ODD_UNIT.match(found.unit):
            raise
        return Reading(found.value, unit=found.unit, told=f"read as {found.value}")
    return Reading(number, told="" if _NUMBER.fullmatch(given.replace(MINUS, "-")) else f"read as {number}")


def split_result(typed: str) -> tuple[str, str]:
    """Return the texts of a mean and its standard error, where both were typed as they are shown.

    Example:
        >>> split_result("3 ± 0.2"), split_result("3 +/- 0.2"), split_result("3")
        (('3', '0.2'), ('3', '0.2'), ('3', ''))
    """
    mean, _, sem = typed.replace("+/-", "±").replace("+-", "±").partition("±")
    return mean.strip(), sem.strip()


def show_number(value: float, digits: int = 5) -> str:
    """Return a number to so many significant digits, without trailing zeros.

    Example:
        >>> show_number(0.93), show_number(0.123456789), show_number(12345.678), show_number(1.5e12)
        ('0.93', '0.12346', '12346', '1.5e12')
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    if not _SMALL <= abs(value) < _LARGE:
        return _power(value, digits)
    decimals = max(0, digits - 1 - _magnitude(value))
    shown = f"{value:.{decimals}f}"
    return _minus(shown.rstrip("0").rstrip(".") if "." in shown else shown)


def show_result(mean: float, sem: float | None) -> tuple[str, str]:
    """Return a mean and its standard error, rounded together: two digits of the error, the mean to the same place.

    Example:
        >>> show_result(0.931234, 0.01234), show_result(0.93, None), show_result(1234.5, 340.0)
        (('0.931', '0.012'), ('0.93', ''), ('1234', '340'))
    """
    if sem is None:
        return show_number(mean), ""
    if sem == 0:
        return show_number(mean), show_number(sem, 2)
    if not (_SMALL <= sem < _LARGE and abs(mean) < _LARGE):
        return show_number(mean), show_number(sem, 2)
    decimals = max(0, 1 - _magnitude(sem))
    return _minus(f"{mean + 0.0:.{decimals}f}"), f"{sem:.{decimals}f}"


def show_value(parameter: Parameter, value: ParameterValue) -> str:
    """Return a parameter's value for a table.

    A range in steps is shown to the step's decimals, another to a thousandth of its width.

    Example:
        >>> show_value(RangeParameter(name="x", lower=180.0, upper=260.0), 217.3456)
        '217.35'
        >>> show_value(RangeParameter(name="lr", lower=1e-5, upper=1.0, log_scale=True), 0.01)
        '0.0100'
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if not isinstance(parameter, RangeParameter):
        return show_number(value, 12)
    if parameter.parameter_type == "int":
        return _minus(str(value))
    if parameter.log_scale and parameter.step_size is None:
        return _three_digits(value)
    decimals = _decimals(parameter)
    if decimals > _LONGEST or abs(value) >= _LARGE:
        return show_number(value, 5)
    return _minus(f"{value + 0.0:.{decimals}f}")


def show_domain(parameter: Parameter) -> str:
    """Return what a parameter may be, in a few characters.

    Example:
        >>> show_domain(ChoiceParameter(name="size", values=("S", "M", "L"), is_ordered=True))
        '3 levels'
    """
    if isinstance(parameter, FixedParameter | DerivedParameter):
        return "fixed" if isinstance(parameter, FixedParameter) else "derived"
    if isinstance(parameter, ChoiceParameter):
        return f"{len(parameter.values)} {'levels' if parameter.is_ordered else 'choices'}"
    dash = _DASH if parameter.lower >= 0 else f" {_DASH} "
    bounds = f"{show_number(parameter.lower, 12)}{dash}{show_number(parameter.upper, 12)}"
    step = "" if parameter.step_size in (None, 1) else f" by {show_number(parameter.step_size or 1, 12)}"
    return bounds + step + (", log" if parameter.log_scale else "")


def fraction_length(shown: str) -> int:
    """Return how many characters follow the whole part of a number, the decimal point not counted.

    Example:
        >>> fraction_length("0.25"), fraction_length("12"), fraction_length("3e12")
        (2, 0, 3)
    """
    return len(shown.lstrip("0123456789" + MINUS).removeprefix("."))


def _decimals(parameter: RangeParameter) -> int:
    if parameter.step_size is not None:
        exponents = (Decimal(repr(x)).normalize().as_tuple().exponent for x in (parameter.step_size, parameter.lower))
        return max(0, *(-e for e in exponents if isinstance(e, int)))
    return max(0, 3 - _magnitude(parameter.upper - parameter.lower))


def _three_digits(value: float) -> str:
    if not _SMALL <= abs(value) < _LARGE:
        return _power(value, 3)
    return _minus(f"{value:.{max(0, 2 - _magnitude(value))}f}")


def _magnitude(value: float) -> int:
    return int(f"{abs(value):.12e}".partition("e")[2])


def _power(value: float, digits: int) -> str:
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return _minus(f"{mantissa}e{int(exponent)}")


def _minus(shown: str) -> str:
    return shown.replace("-", MINUS)
