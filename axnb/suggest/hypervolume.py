"""Expected hypervolume improvement in closed form, and the Pareto geometry that it needs.

Everything is maximised. Knows numbers only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from axnb.suggest.acquisition import Combination, Feasibility, _sd, log_h, shares_of_h
from axnb.surrogate.gp import Array, GaussianProcess, Posterior

_FAR = 1e30


def non_dominated(Y: Array) -> NDArray[np.bool_]:
    """Return which rows no other row beats; of equal rows the first.

    Example:
        >>> non_dominated(np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 0.0], [1.0, 0.0]])).tolist()
        [True, True, False, False]
    """
    keep = np.ones(len(Y), dtype=bool)
    for i, row in enumerate(Y):
        at_least = (row <= Y).all(1)
        keep[i] = not (at_least & (row < Y).any(1)).any() and not at_least[:i].any()
    return keep


def reference_point(Y: Array, share: float = 0.1) -> Array:
    """Return a reference below the non-dominated rows: their worst values less a share of their ranges.

    Example:
        >>> reference_point(np.array([[0.0, 1.0], [1.0, 0.0]])).tolist()
        [-0.1, -0.1]
    """
    front = Y[non_dominated(Y)]
    worst, spread = front.min(0), np.ptp(front, axis=0)
    everywhere = np.ptp(Y, axis=0)
    spread = np.where(spread > 0, spread, np.where(everywhere > 0, everywhere, np.maximum(np.abs(worst), 1.0)))
    return np.asarray(worst - share * spread)


def boxes(front: Array, reference: Array) -> tuple[Array, Array]:
    """Return lower and upper corners `k x m` of disjoint boxes that fill what the front leaves above the reference.

    Args:
        front: `n x m`, rows to improve on; dominated ones and those not above the reference do no harm.
        reference: `m`, the point from which volume is measured.

    Example:
        >>> low, high = boxes(np.array([[1.0, 1.0]]), np.zeros(2))
        >>> low.tolist()
        [[0.0, 1.0], [1.0, 0.0]]
    """
    inside = front[(front > reference).all(1)]
    front = inside[non_dominated(inside)]
    m = len(reference)
    if m == 1:
        best = max([float(reference[0]), *front[:, 0].tolist()])
        return np.array([[best]]), np.array([[_FAR]])
    if not len(front):
        return reference[None].copy(), np.full((1, m), _FAR)
    order = front[np.argsort(front[:, 0])]
    if m == 2:
        low = np.column_stack([np.append(reference[0], order[:, 0]), np.append(order[:, 1], reference[1])])
        return low, np.column_stack([np.append(order[:, 0], _FAR), np.full(len(low), _FAR)])
    return _stacked(order, reference)


def _stacked(order: Array, reference: Array) -> tuple[Array, Array]:
    """Return the boxes above rows in ascending order of their first coordinate.

    They are those that the rows above a slab along that coordinate leave in the others; one that is the same in slabs
    next to each other, as most are, is one box.
    """
    begun: dict[bytes, tuple[float, Array]] = {}
    lows: list[Array] = []
    highs: list[Array] = []

    def end(key: bytes, at: float) -> None:
        start, corners = begun.pop(key)
        low, high = np.split(corners, 2)
        lows.append(np.append(start, low))
        highs.append(np.append(at, high))

    for at in np.unique(np.append(reference[0], order[:, 0])):
        corners = np.hstack(boxes(order[order[:, 0] > at][:, 1:], reference[1:]))
        here = {row.tobytes(): row for row in corners}
        for key in [k for k in begun if k not in here]:
            end(key, float(at))
        begun |= {key: (float(at), row) for key, row in here.items() if key not in begun}
    for key in list(begun):
        end(key, _FAR)
    return np.array(lows), np.array(highs)


def hypervolume(Y: Array, reference: Array) -> float:
    """Return the volume between the reference and the rows.

    Example:
        >>> hypervolume(np.array([[1.0, 2.0], [2.0, 1.0]]), np.zeros(2))
        3.0
    """
    return _volume(Y[(reference < Y).all(1)] - reference)


def _volume(sides: Array) -> float:
    """Return the volume of the union of boxes that share a corner, given their sides `n x m`."""
    if sides.shape[1] == 1 or not len(sides):
        return float(sides.max(initial=0.0))
    if sides.shape[1] == 2:
        sides = sides[np.argsort(-sides[:, 0])]
        return float(sides[:, 0] @ np.diff(np.maximum.accumulate(sides[:, 1]), prepend=0.0))
    sides = sides[non_dominated(sides)]
    sides = sides[np.argsort(sides[:, -1])]
    return sum(float(row.prod()) - _shared(sides[i + 1 :], row) for i, row in enumerate(sides))


def _shared(others: Array, row: Array) -> float:
    """Return how much of a box others fill that are at least as long in the last direction."""
    return _volume(np.minimum(others, row)[:, :-1]) * float(row[-1])


def gain_in_volume(y: Array, front: Array, reference: Array) -> float:
    """Return by how much a row adds to the volume between the reference and other rows.

    Example:
        >>> gain_in_volume(np.array([2.0, 2.0]), np.array([[1.0, 3.0], [3.0, 1.0]]), np.zeros(2))
        1.0
    """
    if not (y > reference).all() or (y <= front).all(1).any():
        return 0.0
    return max(float((y - reference).prod()) - hypervolume(np.minimum(front, y), reference), 0.0)


def _log_slab(mean: Array, sd: Array, low: Array, high: Array) -> tuple[Array, Array, Array]:
    """Return ``log E[min(y, high) - low]+`` for `q` values and `k` slabs, with derivatives by mean and sd, `q x k`."""
    z = (mean[:, None] - low) / sd[:, None]
    upper = np.where(high < _FAR, (mean[:, None] - high) / sd[:, None], -1e8)
    near, far = log_h(z), np.where(high < _FAR, log_h(np.minimum(upper, 1e8)), -np.inf)
    gap = np.minimum(far - near, -1e-15)
    left, beyond = -np.expm1(gap), np.exp(gap)
    log_value = near + np.log(left)
    by_mean, by_sd = (
        (n - beyond * f) / left for n, f in zip(shares_of_h(z, near), shares_of_h(upper, far), strict=True)
    )
    return log_value + np.log(sd)[:, None], by_mean / sd[:, None], by_sd / sd[:, None]


@dataclass(frozen=True, slots=True, eq=False)
class ExpectedHypervolumeImprovement:
    """The logarithm of the expected feasible gain in hypervolume, objectives independent.

    Args:
        processes: The processes.
        objectives: What is maximised, `m` combinations.
        lows: `k x m`, lower corners of the boxes above the front.
        highs: `k x m`, their upper corners.
        limits: Combinations that should be at most 0.
    """

    processes: tuple[GaussianProcess, ...]
    objectives: tuple[Combination, ...]
    lows: Array
    highs: Array
    limits: tuple[Combination, ...] = ()

    def value(self, X: Array) -> Array:
        """Return the scores of the rows."""
        parts = [p.predict(X) for p in self.processes]
        logs = np.zeros((len(X), len(self.lows)))
        for j, objective in enumerate(self.objectives):
            mean, variance = objective.moments(parts)
            logs += _log_slab(mean, _sd(variance), self.lows[:, j], self.highs[:, j])[0]
        return _log_sum(logs)[0] + Feasibility(self.processes, self.limits).of_parts(parts, len(X))

    def value_and_gradient(self, X: Array) -> tuple[Array, Array]:
        """Return the scores and their gradients."""
        parts = [p.predict_with_gradient(X) for p in self.processes]
        logs = np.zeros((len(X), len(self.lows)))
        slopes = []
        for j, objective in enumerate(self.objectives):
            post = objective.posterior(parts)
            slab = _log_slab(post.mean, _sd(post.variance), self.lows[:, j], self.highs[:, j])
            logs += slab[0]
            slopes.append((post, slab[1], slab[2]))
        value, share = _log_sum(logs)
        gradient = self._chain(slopes, share, X)
        feasible, slope = Feasibility(self.processes, self.limits).with_gradient(parts, X)
        return value + feasible, gradient + slope

    @staticmethod
    def _chain(slopes: Sequence[tuple[Posterior, Array, Array]], share: Array, X: Array) -> Array:
        gradient = np.zeros_like(X)
        for post, by_mean, by_sd in slopes:
            sd = _sd(post.variance)
            gradient += np.einsum("qk,qk->q", share, by_mean)[:, None] * post.mean_gradient
            gradient += (np.einsum("qk,qk->q", share, by_sd) / (2.0 * sd))[:, None] * post.variance_gradient
        return gradient


def _log_sum(logs: Array) -> tuple[Array, Array]:
    """Return the logarithm of the row sums of exponentials and each entry's share of it."""
    top = logs.max(1, keepdims=True)
    shares = np.exp(logs - top)
    total = shares.sum(1, keepdims=True)
    return (top + np.log(total))[:, 0], shares / total
