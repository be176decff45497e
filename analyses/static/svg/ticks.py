"""Ticks: where an axis is marked, and what the marks say."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from axnb.analyses.static.svg.axis import Axis, said
from axnb.analyses.static.svg.spec import Spec, listed, real

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MINUS = "−"
_FORMAT = re.compile(r"(?:.?[<>=^])?([+\-( ])?[$#]?0?\d*(,)?(?:\.(\d{1,2}))?(~)?([a-z%])?", re.IGNORECASE)
_PREFIXES = {-12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}


@dataclass(frozen=True, slots=True)
class Tick:
    """One mark of an axis: its coordinate, and its text in markup, empty for a minor one."""

    coordinate: float
    text: str
    minor: bool = False


def power(exponent: int, mantissa: str = "") -> str:
    """Return a power of ten in Unicode superscripts.

    Example:
        >>> power(-4), power(6, "1.5")
        ('10⁻⁴', '1.5×10⁶')
    """
    raised = "10" + str(exponent).translate(_SUPERSCRIPTS)
    return f"{mantissa}×{raised}" if mantissa else raised


def format_tick(value: float, code: str) -> str | None:
    """Return a number in d3's format language, or ``None`` if the format is not one that is understood.

    Example:
        >>> format_tick(0.1234, ".1%"), format_tick(1234.5, ",.0f"), format_tick(1500, "~s"), format_tick(1, "%d %b")
        ('12.3%', '1,234', '1.5k', None)
    """
    match = _FORMAT.fullmatch(code)
    if match is None or not code:
        return None
    sign, comma, digits, trim, kind = match.groups()
    most = int(digits) if digits else None
    start = ("+" if sign == "+" else "") + (comma or "")
    if kind == "s":
        exponent = 3 * math.floor(math.log10(abs(value)) / 3) if value else 0
        exponent = min(max(exponent, -12), 12)
        text = f"{value / 10**exponent:.{most or 3}g}" + _PREFIXES[exponent]
    elif kind in ("f", "e", "g", "%", "p"):
        text = format(value, f"{start}.{6 if most is None else most}{'%' if kind == 'p' else kind}")
    elif kind == "d":
        text = format(round(value), f"{start}d")
    elif kind in (None, "r"):
        text = format(value, f"{start}.{12 if most is None else most}g")
    else:
        return None
    if trim and "." in text:
        text = re.sub(r"\.?0+(?=\D*$)", "", text)
    return text.replace("-", MINUS)


def nice_step(span: float, count: int) -> float:
    """Return the step of 1, 2 or 5 times a power of ten that gives at most about ``count`` steps."""
    raw = span / max(count, 1)
    if not raw > 0 or not math.isfinite(raw):
        return 1.0
    size = 10.0 ** math.floor(math.log10(raw))
    return next((m * size for m in (1, 2, 5) if m * size >= raw * 0.9), 10 * size)


def steps(low: float, high: float, step: float, origin: float = 0.0) -> list[float]:
    """Return the multiples of a step between two values, free of float noise."""
    if not (step > 0 and math.isfinite((high - low) / step)) or (high - low) / step > 1000:
        return []
    first, last = math.ceil((low - origin) / step - 1e-9), math.floor((high - origin) / step + 1e-9)
    digits = max(0, 12 - math.floor(math.log10(max(abs(low), abs(high), step))))
    return [round(origin + i * step, digits) for i in range(first, last + 1)] if digits < 300 else []


def plain_number(value: float, step: float) -> str:
    """Return a number with the decimals that tell it from its neighbours.

    Example:
        >>> plain_number(0.30000000000000004, 0.1), plain_number(20000, 5000), plain_number(3e-7, 1e-7)
        ('0.3', '20,000', '3×10⁻⁷')
    """
    if value == 0 or abs(value) < step * 1e-6:
        return "0"
    if abs(value) >= 1e6 or step < 1e-5:  # too many zeros to count
        exponent = math.floor(math.log10(abs(value)))
        decimals = max(0, exponent - math.floor(math.log10(step) + 1e-9))
        mantissa = f"{value / 10.0**exponent:.{min(decimals, 6)}f}".replace("-", MINUS)
        return power(exponent, mantissa)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    grouped = "," if abs(value) >= 10_000 else ""
    return f"{value:{grouped}.{min(decimals, 9)}f}".replace("-", MINUS)


def ticks_of(axis: Axis, room: float) -> list[Tick]:
    """Return the ticks of an axis that are in view.

    Args:
        axis: The axis.
        room: The pixels that one label should have to itself.
    """
    low, high = sorted((axis.start, axis.end))
    count = max(2, min(int(axis.length / room), 12))
    wanted = axis.spec.get("nticks")
    if isinstance(wanted, int) and wanted > 0:
        count = min(count, wanted)
    values = listed(axis.spec.get("tickvals"))
    if values is not None and axis.spec.get("tickmode", "array") == "array":
        made = _given(axis, values)
    elif axis.how.kind == "category":
        made = _categories(axis, low, high)
    elif axis.how.kind == "log":
        made = _logarithmic(axis, low, high, count)
    elif axis.how.kind == "date":
        made = _dates(axis, low, high, count)
    else:
        made = _linear(axis, low, high, count)
    edge = (high - low) * 1e-6
    return [t for t in made if low - edge <= t.coordinate <= high + edge]


def _given(axis: Axis, values: Any) -> list[Tick]:
    texts = listed(axis.spec.get("ticktext"))
    coordinates = axis.how.coordinates(values).tolist()
    made = []
    for i, coordinate in enumerate(coordinates):
        if math.isnan(coordinate):
            continue
        own = str(texts[i]) if texts is not None and i < len(texts) else _said_at(axis.spec, values[i])
        made.append(Tick(coordinate, own))
    return made


def _said_at(spec: Spec, value: Any) -> str:
    number = real(value)
    if math.isnan(number):
        return str(value)
    return _affixed(spec, format_tick(number, str(spec.get("tickformat", ""))) or f"{number:.6g}".replace("-", MINUS))


def _affixed(spec: Spec, text: str) -> str:
    return f"{spec.get('tickprefix', '')}{text}{spec.get('ticksuffix', '')}"


def _categories(axis: Axis, low: float, high: float) -> list[Tick]:
    first, last = max(0, math.ceil(low)), min(len(axis.how.categories) - 1, math.floor(high))
    return [Tick(float(i), said(axis.how.categories[i])) for i in range(first, last + 1)]


def _linear(axis: Axis, low: float, high: float, count: int) -> list[Tick]:
    step = real(axis.spec.get("dtick"))
    origin = real(axis.spec.get("tick0", 0))
    places = steps(low, high, step, 0.0 if math.isnan(origin) else origin) if step > 0 else []
    if not places:
        step = nice_step(high - low, count)
        step = max(step, 1.0) if axis.how.whole else step
        places = steps(low, high, step)
    code = str(axis.spec.get("tickformat", ""))
    return [Tick(v, _affixed(axis.spec, format_tick(v, code) or plain_number(v, step))) for v in places]


def _decade(exponent: int, powers: bool) -> str:
    if powers:
        return power(exponent)
    return f"{10**exponent:,}" if exponent >= 4 else f"{10.0**exponent:.{max(0, -exponent)}f}"


def _logarithmic(axis: Axis, low: float, high: float, count: int) -> list[Tick]:
    code = str(axis.spec.get("tickformat", ""))
    if high - low < 0.7 and low > -290 and high < 290:
        ends = 10.0**low, 10.0**high
        step = nice_step(ends[1] - ends[0], max(count - 1, 2))
        places = [v for v in steps(*ends, step) if v > 0]
        return [Tick(math.log10(v), _affixed(axis.spec, format_tick(v, code) or plain_number(v, step))) for v in places]
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    powers = first < -3 or last > 5
    stride = max(1, math.ceil((last - first + 1) / count))
    made = []
    for exponent in range((first - 1) // stride * stride, last + 1, stride):
        text = format_tick(10.0**exponent, code) if code and abs(exponent) < 300 else None
        made.append(Tick(float(exponent), _affixed(axis.spec, text or _decade(exponent, powers))))
        between = {2, 5} if high - low < 1.9 and count >= 4 and not powers else set()
        for digit in range(2, 10) if stride == 1 else ():
            text = plain_number(digit * 10.0**exponent, 10.0**exponent) if digit in between else ""
            made.append(Tick(exponent + math.log10(digit), _affixed(axis.spec, text) if text else "", not text))
    return made


_SECOND, _DAY = 1000.0, 86_400_000.0
_INTERVALS = tuple(
    _SECOND * s for s in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)
) + tuple(_DAY * d for d in (1, 2, 7, 14))


def _dates(axis: Axis, low: float, high: float, count: int) -> list[Tick]:
    low, high = max(low, -6e13), min(high, 2.5e14)
    if not low < high:
        return []
    interval = next((i for i in _INTERVALS if (high - low) / i <= count), 0.0)
    code = str(axis.spec.get("tickformat", ""))
    if interval:
        return _said_dates(steps(low, high, interval, 4 * _DAY), code, interval)  # 1970-01-05 was a Monday
    months = max(1, math.ceil((high - low) / (30.4 * _DAY) / count))
    months = next((m for m in (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000, 12000, 60000) if m >= months), 120000)
    return _said_dates(_month_starts(low, high, months), code, months * 30.4 * _DAY)


def _moment(milliseconds: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def _month_starts(low: float, high: float, months: int) -> list[float]:
    start = _moment(low)
    places: list[float] = []
    index = (start.year * 12 + start.month - 1) // months * months
    while len(places) < 1000 and index // 12 <= 9999:
        if index // 12 >= 1:
            place = datetime(index // 12, index % 12 + 1, 1, tzinfo=UTC).timestamp() * 1000
            if place > high:
                break
            places.append(place)
        index += months
    return [p for p in places if p >= low]


def _said_dates(places: Sequence[float], code: str, interval: float) -> list[Tick]:
    made, before = [], ""
    for place in places:
        moment = _moment(place)
        if code:
            made.append(Tick(place, moment.strftime(re.sub(r"%-", "%", code))))
            continue
        if interval < _DAY:
            text = moment.strftime("%H:%M:%S" if interval < 60 * _SECOND else "%H:%M")
            under = f"{moment.day} {moment:%b %Y}"
        elif interval < 28 * _DAY:
            text, under = f"{moment.day} {moment:%b}", str(moment.year)
        elif interval < 360 * _DAY:
            text, under = f"{moment:%b}", str(moment.year)
        else:
            text, under = str(moment.year), ""
        made.append(Tick(place, text if under == before else f"{text}<br>{under}"))
        before = under
    return made


def evenly(values: Sequence[float], most: int) -> list[int]:
    """Return the indices of at most ``most`` values, spread evenly."""
    return sorted(set(np.linspace(0, len(values) - 1, min(most, len(values))).round().astype(int).tolist()))
