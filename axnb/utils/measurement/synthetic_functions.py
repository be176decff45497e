"""Test functions of the field, for examples and trials of one's own."""

import math
from collections.abc import Sequence

_HARTMANN_ALPHA = (1.0, 1.2, 3.0, 3.2)
_HARTMANN_A = (
    (10.0, 3.0, 17.0, 3.5, 1.7, 8.0),
    (0.05, 10.0, 17.0, 0.1, 8.0, 14.0),
    (3.0, 3.5, 1.7, 10.0, 17.0, 8.0),
    (17.0, 8.0, 0.05, 10.0, 0.1, 14.0),
)
_HARTMANN_P = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)


def branin(x1: float, x2: float) -> float:
    """Return Branin's function; smallest 0.397887, on -5 <= x1 <= 10 and 0 <= x2 <= 15.

    Example:
        >>> round(branin(math.pi, 2.275), 4)
        0.3979
    """
    curve = x2 - 5.1 / (4 * math.pi**2) * x1**2 + 5 / math.pi * x1 - 6
    return curve**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x1) + 10


def hartmann6(x: Sequence[float]) -> float:
    """Return Hartmann's function in six dimensions; smallest -3.32237, on the unit cube.

    Example:
        >>> round(hartmann6([0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573]), 4)
        -3.3224
    """
    total = 0.0
    for alpha, row, centre in zip(_HARTMANN_ALPHA, _HARTMANN_A, _HARTMANN_P, strict=True):
        total += alpha * math.exp(-sum(a * (v - p) ** 2 for a, v, p in zip(row, x, centre, strict=True)))
    return -total


# The smallest values, as code for Ax reads them.
branin.fmin = 0.397887  # type: ignore[attr-defined]
hartmann6.fmin = -3.32237  # type: ignore[attr-defined]
