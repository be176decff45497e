"""Sobol indices from predictions alone, for models whose integrals have no closed form.

The estimators are those of Saltelli et al. (2010), https://doi.org/10.1016/j.cpc.2009.09.018, and for interactions of
Saltelli (2002), https://doi.org/10.1016/S0010-4655(02)00280-1.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from axnb.surrogate.kernels import Array
from axnb.surrogate.sensitivity import ColumnSobolIndices

_ROWS = 512  # per matrix; of them two and two for each column are predicted


def estimate_sobol_indices(
    predict: Callable[[Array], Array], levels: NDArray[np.int64], categorical: NDArray[np.bool_]
) -> ColumnSobolIndices:
    """Return the Sobol indices of a function over the cube.

    Args:
        predict: The function, of rows.
        levels: `d`, number of values of each column, equally likely; 0 for a continuous one.
        categorical: `d`, columns whose values have no order.

    Example:
        >>> found = estimate_sobol_indices(lambda X: X[:, 0], np.zeros(2, dtype=int), np.zeros(2, dtype=bool))
        >>> found.total.round(2).tolist(), found.signs.tolist()
        ([1.0, 0.0], [1, 0])
    """
    from scipy.stats import qmc

    d = len(levels)
    pairs = qmc.Sobol(2 * d, seed=0).random(_ROWS)
    A, B = (_put_on_levels(part, levels) for part in (pairs[:, :d], pairs[:, d:]))
    a, b = predict(A), predict(B)
    variance = float(np.var(np.concatenate([a, b])))
    first, total, second = np.zeros(d), np.zeros(d), np.zeros((d, d))
    signs = np.zeros(d, dtype=np.int64)
    size = float(np.abs(np.concatenate([a, b])).max())
    if variance <= (1e-9 * size) ** 2:
        return ColumnSobolIndices(first=first, total=total, second=second, signs=signs)
    mixed = [_exchange(A, B, j) for j in range(d)]
    ab, ba = [predict(m) for m in mixed], [predict(_exchange(B, A, j)) for j in range(d)]
    for j in range(d):
        first[j] = np.mean(b * (ab[j] - a)) / variance
        total[j] = 0.5 * np.mean((a - ab[j]) ** 2) / variance
        rise = float(np.mean((ab[j] - a) * np.sign(B[:, j] - A[:, j])))
        signs[j] = 0 if categorical[j] or total[j] < 1e-3 else int(np.sign(rise))
    first, total = np.clip(first, 0.0, 1.0), np.clip(total, 0.0, 1.0)
    for j in range(d):
        for k in range(j):
            joint = np.mean(ba[j] * ab[k] - a * b) / variance - first[j] - first[k]
            second[j, k] = second[k, j] = max(0.0, min(float(joint), total[j] - first[j], total[k] - first[k]))
    return ColumnSobolIndices(first=first, total=np.maximum(total, first), second=second, signs=signs)


def _exchange(A: Array, B: Array, column: int) -> Array:
    out = A.copy()
    out[:, column] = B[:, column]
    return out


def _put_on_levels(U: Array, levels: NDArray[np.int64]) -> Array:
    out = U.copy()
    for j in np.flatnonzero(levels > 1):
        out[:, j] = np.minimum(np.floor(U[:, j] * levels[j]), levels[j] - 1) / (levels[j] - 1)
    return out
