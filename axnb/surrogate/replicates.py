"""Results at the same row, pooled before a fit: an exact likelihood at the cost of the distinct rows.

Of results of one row with one unknown variance, mean, number and spread tell all (Binois, Gramacy and Ludkovski, 2018,
https://doi.org/10.1080/10618600.2018.1458625); of results whose variances are known, the weighted mean.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from axnb.surrogate.kernels import Array

_LOG_2PI = float(np.log(2.0 * np.pi))


@dataclass(frozen=True, slots=True, eq=False)
class PooledRows:
    """Distinct rows with the mean of their outcomes.

    Args:
        X: `k x d`, distinct rows; one that has outcomes of known and of unknown variance stands twice.
        y: `k`, mean outcomes.
        known: `k`, variance of each mean where it is known, 0 elsewhere.
        inferred: `k`, share of the unknown variance that each mean has: one by the number of its outcomes; 0 where the
            variance is known.
        freedom: Number of outcomes of unknown variance beyond the first of their row.
        within: Sum of their squared deviations from their row's mean.
        constant: What the negative log likelihood of all outcomes has besides, whatever the hyperparameters.
        group: `n`, the pooled row of each outcome.
    """

    X: Array
    y: Array
    known: Array
    inferred: Array
    freedom: int
    within: float
    constant: float
    group: NDArray[np.int64]

    def log_likelihood_within(self, noise: float) -> float:
        """Return the log likelihood of the outcomes' deviations from their means, given the unknown variance."""
        if not self.freedom:
            return -self.constant
        return -self.constant - 0.5 * (self.freedom * float(np.log(noise)) + self.within / noise)

    def select(self, chosen: NDArray[np.int64]) -> "PooledRows":
        """Return some of the rows, without what is known from outcomes at the same row."""
        X, y, known, inferred = (a[chosen] for a in (self.X, self.y, self.known, self.inferred))
        return PooledRows(X, y, known, inferred, 0, 0.0, 0.0, np.arange(len(chosen)))


def pool_rows(X: Array, y: Array, noise: Array) -> PooledRows:
    """Pool outcomes at the same row.

    Args:
        X: `n x d`, rows.
        y: `n`, outcomes.
        noise: `n`, known variances; NaN where the variance is unknown.

    Example:
        >>> found = pool_rows(np.array([[0.1], [0.1], [0.4]]), np.array([1.0, 3.0, 5.0]), np.full(3, np.nan))
        >>> found.y.tolist(), found.inferred.tolist(), found.freedom, found.within
        ([2.0, 5.0], [0.5, 1.0], 1, 2.0)
    """
    unknown = np.isnan(noise)
    first, group = _find_groups(np.column_stack([X, unknown]))
    weight = np.where(unknown, 1.0, 1.0 / np.where(unknown, 1.0, noise))
    total = np.bincount(group, weight)
    mean = y.astype(np.float64) if len(first) == len(y) else np.bincount(group, weight * y) / total
    free = unknown[first]
    squares = np.where(unknown, 1.0, weight) * (y - mean[group]) ** 2
    counts = np.bincount(group)
    repeated = counts[free]
    constant = 0.5 * float(squares[~unknown].sum() - np.log(weight[~unknown]).sum() + np.log(total[~free]).sum())
    constant += 0.5 * float(np.log(repeated).sum()) + 0.5 * _LOG_2PI * (len(y) - len(first))
    return PooledRows(
        X=X[first],
        y=mean,
        known=np.where(free, 0.0, 1.0 / total),
        inferred=np.where(free, 1.0 / counts, 0.0),
        freedom=int(repeated.sum() - len(repeated)),
        within=float(squares[unknown].sum()),
        constant=constant,
        group=group,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Replicates:
    """How outcomes share the rows of a process that was fitted to their means.

    Args:
        group: `n`, the row of each outcome.
        noise: `n`, variance of each outcome alone.
    """

    group: NDArray[np.int64]
    noise: Array

    def append(self, row: int, noise: float) -> "Replicates":
        """Return the same with one more outcome, which has a row of its own."""
        return Replicates(np.append(self.group, row), np.append(self.noise, noise))

    def leave_one_out(
        self, y: Array, pooled: tuple[Array, Array], without_row: tuple[Array, Array]
    ) -> tuple[Array, Array]:
        """Return mean and variance of the value at each outcome's row, given all outcomes but its own.

        What the other outcomes of the row tell is added to what is known without the row.

        Args:
            y: `n`, the outcomes.
            pooled: Mean outcome of each row and its variance.
            without_row: Mean and variance of the value at each row, given the others.
        """
        g = self.group
        means, noise = pooled
        precision = 1.0 / noise[g] - 1.0 / self.noise  # of the mean of the other outcomes
        alone = np.bincount(g)[g] == 1
        precision = np.where(alone, 0.0, np.maximum(precision, 0.0))
        weighted = np.where(alone, 0.0, means[g] / noise[g] - y / self.noise)
        mean, variance = without_row[0][g], without_row[1][g]
        total = 1.0 / variance + precision
        return (mean / variance + weighted) / total, 1.0 / total


def find_replicates(X: Array, noise: Array, inferred: float) -> Replicates | None:
    """Return how outcomes share the rows of a process that was fitted to them; ``None`` where each has its own.

    Args:
        X: `n x d`, rows of the outcomes.
        noise: `n`, variances on the model's scale; NaN where the process inferred it.
        inferred: The variance that it inferred.
    """
    first, group = _find_groups(np.column_stack([X, np.isnan(noise)]))
    if len(first) == len(X):
        return None
    return Replicates(group, np.where(np.isnan(noise), inferred, noise))


def _find_groups(rows: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first row of each group of equal rows, in order, and the group of each row."""
    seen: dict[bytes, int] = {}
    group = np.array([seen.setdefault(row.tobytes(), len(seen)) for row in rows + 0.0], dtype=np.int64)
    first = np.empty(len(seen), dtype=np.int64)
    first[group[::-1]] = np.arange(len(rows))[::-1]
    return first, group
