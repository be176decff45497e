"""Correlations of rows of the unit cube, in numpy: radial over numeric columns, by equality over categorical ones.

The factor of categorical columns is that of BoTorch's ``CategoricalKernel``. Knows numbers alone.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Smoothness = Literal["rbf", "matern52"]
_SQRT5 = float(np.sqrt(5.0))


def radial_correlation(squared: Array, smoothness: Smoothness) -> Array:
    """Return the correlation at squared scaled distances.

    Example:
        >>> float(radial_correlation(np.array([0.0]), "matern52")[0])
        1.0
    """
    if smoothness == "rbf":
        return np.exp(-0.5 * squared)
    r = np.sqrt(squared)
    return np.asarray((1.0 + _SQRT5 * r + (5.0 / 3.0) * squared) * np.exp(-_SQRT5 * r))


def radial_correlation_with_slope(squared: Array, smoothness: Smoothness) -> tuple[Array, Array]:
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

    def correlation(self, A: Array, B: Array, lengthscales: Array, additive: float = 0.0) -> Array:
        """Return the `n x m` correlations between two sets of points.

        Args:
            A: `n x d`, the first.
            B: `m x d`, the second.
            lengthscales: `d`, one a column.
            additive: Share of the average over the columns, each taken alone; the rest is their product.
        """
        value, _ = self.correlation_with_slope(A, B, lengthscales, slope=False)
        if additive > 0.0:
            value = (1.0 - additive) * value
            for j in range(len(lengthscales)):
                only = slice(j, j + 1)
                value += (additive / len(lengthscales)) * self.alone(self.gaps(A, B, only), lengthscales, only)[0][0]
        return value

    def gaps(self, A: Array, B: Array, columns: slice = slice(None)) -> Array:
        """Return the differences of some columns, `k x n x m`; of a categorical column whether the values differ."""
        out = A.T[columns, :, None] - B.T[columns, None, :]
        for j in np.flatnonzero(self.categorical[columns]):
            out[j] = out[j] != 0.0
        return out

    def alone(self, gaps: Array, lengthscales: Array, columns: slice = slice(None)) -> tuple[Array, Array]:
        """Return the correlations by each of some columns alone and their slopes, each `k x n x m`."""
        scaled = gaps / lengthscales[columns, None, None]
        scaled *= scaled
        value, steep = radial_correlation_with_slope(scaled, self.smoothness)
        for j in np.flatnonzero(self.categorical[columns]):
            value[j] = steep[j] = np.exp(-gaps[j] / lengthscales[columns][j])
        return value, steep

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
            value, steep = radial_correlation_with_slope(squared, self.smoothness)
        else:
            value = steep = radial_correlation(squared, self.smoothness)
        if categorical.any():
            factor = np.exp(-hamming_distances(A[:, categorical], B[:, categorical], lengthscales[categorical]))
            same = steep is value
            value = value * factor
            steep = value if same else steep * factor
        return value, steep


def hamming_distances(A: Array, B: Array, lengthscales: Array) -> Array:
    """Return the `n x m` sums of ``1 / l`` over the columns in which the rows differ."""
    out = np.zeros((len(A), len(B)))
    for j, l in enumerate(lengthscales):
        out += (A[:, j, None] != B[None, :, j]) / l
    return out
