"""Sobol indices of a Gaussian process's mean, in closed form.

The mean is a sum over the data of products of one-dimensional functions, and of such functions alone, so its partial
variances over the unit cube are sums of products of one-dimensional integrals (Marrel, Iooss, Laurent and Roustant
2009, https://doi.org/10.1016/j.ress.2008.07.008). Knows rows of the unit cube, not parameters.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from axnb.surrogate.gp import GaussianProcess
from axnb.surrogate.kernels import Array, radial_correlation

_QUADRATURE = 48  # nodes a column; indices agree with sampling (SALib) to what that resolves
_NOTHING = 1e-3  # share of the variance below which a column has no direction; not tuned
_STEADY = 0.7  # correlation of a curve with a straight line from which it has one; an uneven valley has none; not tuned


@dataclass(frozen=True, slots=True, eq=False)
class ColumnSobolIndices:
    """Shares of the variance of the mean over the cube, all 0 where it is flat.

    Args:
        first: `d`, by one column alone.
        total: `d`, by the column with all interactions.
        second: `d x d`, symmetric, by the interaction of two columns; 0 on the diagonal.
        signs: `d`, direction in which the mean rises on average along the column: 1, -1, or 0 where undecided or
            categorical.
    """

    first: Array
    total: Array
    second: Array
    signs: NDArray[np.int64]


def _list_nodes(levels: int) -> tuple[Array, Array]:
    """Return the points and weights that a column is averaged over."""
    if 0 < levels <= _QUADRATURE:
        return np.linspace(0.0, 1.0, levels), np.full(levels, 1.0 / levels)
    x, w = np.polynomial.legendre.leggauss(_QUADRATURE)
    return 0.5 * (x + 1.0), 0.5 * w


def _evaluate_features(process: GaussianProcess, j: int, levels: int) -> tuple[Array, Array]:
    """Return the data's `n x k` factors at the nodes of column ``j``, and the weights of the nodes."""
    nodes, weights = _list_nodes(levels)
    gap = process.X[:, j, None] - nodes[None]
    scale = process.hyperparameters.lengthscales[j]
    if process.kernel.categorical[j]:
        return np.exp(-(np.abs(gap) > 1e-9).astype(np.float64) / scale), weights
    return radial_correlation((gap / scale) ** 2, "rbf"), weights


def compute_sobol_indices(process: GaussianProcess, levels: NDArray[np.int64]) -> ColumnSobolIndices:
    """Return the Sobol indices of the mean of a process.

    Args:
        process: The process; its kernel must be RBF over numeric columns.
        levels: `d`, number of values of each column, equally likely; 0 for a continuous one.

    Example:
        >>> from axnb.surrogate.gp import fit_gp
        >>> X = np.random.default_rng(0).random((30, 2))
        >>> found = compute_sobol_indices(fit_gp(X, np.sin(5 * X[:, 0])), np.array([0, 0]))
        >>> bool(found.first[0] > 0.99), found.signs.tolist()
        (True, [-1, 0])
    """
    d = process.X.shape[1]
    h = process.hyperparameters
    a = process.weights * h.outputscale * (1.0 - h.additive)
    alone = process.weights * h.outputscale * h.additive / max(d, 1)
    singles, pairs, signs = [], [], np.zeros(d, dtype=np.int64)
    for j in range(d):
        features, weights = _evaluate_features(process, j, int(levels[j]))
        average = features @ weights
        singles.append(average)
        centred = features - average[:, None]
        pairs.append((centred * weights) @ centred.T)
    if d == 0:
        return ColumnSobolIndices(np.zeros(0), np.zeros(0), np.zeros((0, 0)), signs)
    means = np.array(singles)
    for j in range(d):
        if not process.kernel.categorical[j]:
            signs[j] = _find_sign(process, j, a * np.prod(np.delete(means, j, 0), axis=0) + alone)
    return _compute_shares(a, alone, means, np.array(pairs), signs)


def _compute_shares(a: Array, alone: Array, means: Array, pairs: Array, signs: NDArray[np.int64]) -> ColumnSobolIndices:
    """Return the indices.

    Args:
        a: `n`, what each datum's product of columns counts.
        alone: `n`, what each of its columns counts besides.
        means: `d x n`, averages of the columns' factors.
        pairs: `d x n x n`, their covariances.
        signs: `d`, see ``ColumnSobolIndices``.
    """
    d = len(means)
    flat = np.array([np.outer(m, m) for m in means])

    def partial(which: tuple[int, ...]) -> float:
        """Variance of the term that belongs to exactly these columns."""
        product = np.outer(a, a)
        for j in range(d):
            product = product * (pairs[j] if j in which else flat[j])
        return max(float(product.sum()), 0.0)

    everything = np.outer(a, a) * np.prod(flat + pairs, axis=0)
    variance = float(everything.sum()) - float((a * np.prod(means, axis=0)).sum()) ** 2
    main = np.zeros(d)  # partial variances of single columns
    for j in range(d):
        b = a * np.prod(np.delete(means, j, 0), axis=0) + alone
        main[j] = max(float(b @ pairs[j] @ b), 0.0)
    of_products = np.array([partial((j,)) for j in range(d)])
    variance += float((main - of_products).sum())
    if not variance > 1e-12:
        return ColumnSobolIndices(np.zeros(d), np.zeros(d), np.zeros((d, d)), np.zeros_like(signs))
    first = main / variance
    total = np.empty(d)
    for j in range(d):
        rest = np.prod(np.delete(flat + pairs, j, 0), axis=0)
        total[j] = (float((np.outer(a, a) * pairs[j] * rest).sum()) + main[j] - of_products[j]) / variance
    second = np.zeros((d, d))
    for i in range(d):
        for j in range(i):
            second[i, j] = second[j, i] = partial((i, j)) / variance
    signs = np.where(first > _NOTHING, signs, 0)
    return ColumnSobolIndices(np.clip(first, 0.0, 1.0), np.clip(total, 0.0, None), np.clip(second, 0.0, 1.0), signs)


def _find_sign(process: GaussianProcess, j: int, amplitudes: Array) -> int:
    """Return where the mean goes along column ``j``, averaged over the others: the sign of its slope's share."""
    nodes, weights = _list_nodes(0)
    scale = process.hyperparameters.lengthscales[j]
    curve = amplitudes @ radial_correlation(((process.X[:, j, None] - nodes[None]) / scale) ** 2, "rbf")
    deviation = curve - curve @ weights
    size = float(np.sqrt(deviation**2 @ weights))
    if size < 1e-9:
        return 0
    lean = float((deviation * (nodes - 0.5)) @ weights) / (size * np.sqrt(1.0 / 12.0))
    return int(np.sign(lean)) if abs(lean) > _STEADY else 0
