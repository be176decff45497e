"""Stationary correlation functions with their derivatives, in numpy.

A correlation is a radial function of the scaled distance over numeric columns times ``exp(-[a != b] / l)`` for each
categorical column. This module knows nothing about data, noise or fitting.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Smoothness = Literal["rbf", "matern52"]
_SQRT5 = float(np.sqrt(5.0))


def radial(squared: Array, smoothness: Smoothness) -> Array:
    """Return the correlation at squared scaled distances.

    Example:
        >>> float(radial(np.array([0.0]), "matern52")[0])
        1.0
    """
    if smoothness == "rbf":
        return np.exp(-0.5 * squared)
    r = np.sqrt(squared)
    return np.asarray((1.0 + _SQRT5 * r + (5.0 / 3.0) * squared) * np.exp(-_SQRT5 * r))


def radial_with_slope(squared: Array, smoothness: Smoothness) -> tuple[Array, Array]:
    """Return the correlation and minus twice its derivative with respect to the squared distance."""
    if smoothness == "rbf":
        value = np.exp(-0.5 * squared)
        return value, value
    r = np.sqrt(squared)
    decay = np.exp(-_SQRT5 * r)
    return (1.0 + _SQRT5 * r + (5.0 / 3.0) * squared) * decay, (5.0 / 3.0) * (1.0 + _SQRT5 * r) * decay


def squared_distances(A: Array, B: Array) -> Array:
    """Return the `n x m` squared Euclidean distances between the rows of ``A`` and of ``B``."""
    out = A @ (-2.0 * B.T)
    out += np.einsum("ij,ij->i", A, A)[:, None]
    out += np.einsum("ij,ij->i", B, B)[None, :]
    return np.maximum(out, 0.0, out=out)


@dataclass(frozen=True, slots=True)
class Kernel:
    """Which columns are numeric and which categorical, and how smooth the function is taken to be.

    Args:
        categorical: One flag a column: compared by equality only.
        smoothness: ``"rbf"`` or ``"matern52"``.
    """

    categorical: NDArray[np.bool_]
    smoothness: Smoothness = "rbf"

    @property
    def numeric(self) -> NDArray[np.bool_]:
        """The columns where distance has a meaning."""
        return ~self.categorical

    def correlation(self, A: Array, B: Array, lengthscales: Array) -> Array:
        """Return the `n x m` correlations between two sets of points."""
        value, _ = self.correlation_with_slope(A, B, lengthscales, slope=False)
        return value

    def correlation_with_slope(
        self, A: Array, B: Array, lengthscales: Array, *, slope: bool = True
    ) -> tuple[Array, Array]:
        """Return correlations and their slopes, each `n x m`.

        For a numeric column ``j``, the derivative of the correlation with respect to ``A[:, j]`` is
        ``slope * (B[:, j] - A[:, j]) / lengthscales[j] ** 2``.
        """
        numeric, categorical = self.numeric, self.categorical
        scale = lengthscales[numeric]
        centre = 0.5  # the cube's centre: keeps the products below small
        squared = squared_distances((A[:, numeric] - centre) / scale, (B[:, numeric] - centre) / scale)
        if slope:
            value, steep = radial_with_slope(squared, self.smoothness)
        else:
            value = steep = radial(squared, self.smoothness)
        if categorical.any():
            factor = np.exp(-hamming(A[:, categorical], B[:, categorical], lengthscales[categorical]))
            same = steep is value
            value = value * factor
            steep = value if same else steep * factor
        return value, steep


def hamming(A: Array, B: Array, lengthscales: Array) -> Array:
    """Return the `n x m` sums of ``1 / l`` over the columns in which the rows differ."""
    out = np.zeros((len(A), len(B)))
    for j, l in enumerate(lengthscales):
        out += (A[:, j, None] != B[None, :, j]) / l
    return out
