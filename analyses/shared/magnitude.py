"""Arithmetic with numbers so large, or so small, that their squares are no numbers."""

import math

import numpy as np
import numpy.typing as npt


def binary_unit(*values: npt.ArrayLike) -> float:
    """Return a power of two near the largest size among numbers, 1 where there is none.

    Dividing by it and multiplying with it loses no bit, and what is left has squares and sums.

    Example:
        >>> binary_unit([3.0, -5.0]), binary_unit([]), binary_unit([1e300]) > 1e299
        (8.0, 1.0, True)
    """
    sizes = np.concatenate([np.abs(np.asarray(v, dtype=float)).ravel() for v in values])
    largest = float(np.max(sizes[np.isfinite(sizes)], initial=0.0))
    return math.ldexp(1.0, min(math.frexp(largest)[1], 1023)) if largest > 0.0 else 1.0
