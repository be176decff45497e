"""Geometry of Pareto fronts: which rows no other beats, and the volume that they dominate. Everything is maximised."""

import numpy as np
from numpy.typing import NDArray

from axnb.surrogate.kernels import Array

UNBOUNDED = 1e30
"""Upper corner of a box without an end."""


def is_non_dominated(Y: Array, *, keep_equal: bool = False) -> NDArray[np.bool_]:
    """Return which rows of `n x m` no other row beats.

    Args:
        Y: The rows; larger is better.
        keep_equal: Whether all of equal rows are returned, not the first alone.

    Example:
        >>> Y = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 0.0], [1.0, 0.0]])
        >>> is_non_dominated(Y).tolist(), is_non_dominated(Y, keep_equal=True).tolist()
        ([True, True, False, False], [True, True, False, True])
    """
    keep = np.ones(len(Y), dtype=bool)
    ranks = np.argsort(np.argsort(Y, axis=0), axis=0).sum(axis=1) if len(Y) else np.zeros(0)
    for i in np.argsort(-ranks):  # likely winners first: they rule out most of the others
        if keep[i]:
            keep &= ~((Y[i] >= Y).all(1) & (Y[i] > Y).any(1))
    if not keep_equal:
        for i in np.flatnonzero(keep):
            keep[i] = not (Y[:i][keep[:i]] == Y[i]).all(1).any()
    return keep


def infer_reference_point(Y: Array, share: float = 0.1) -> Array:
    """Return a reference below the non-dominated rows: their worst values less a share of their ranges.

    Example:
        >>> infer_reference_point(np.array([[0.0, 1.0], [1.0, 0.0]])).tolist()
        [-0.1, -0.1]
    """
    front = Y[is_non_dominated(Y)]
    worst, spread = front.min(0), np.ptp(front, axis=0)
    everywhere = np.ptp(Y, axis=0)
    spread = np.where(spread > 0, spread, np.where(everywhere > 0, everywhere, np.maximum(np.abs(worst), 1.0)))
    return np.asarray(worst - share * spread)


def decompose_into_boxes(front: Array, reference: Array) -> tuple[Array, Array]:
    """Return lower and upper corners `k x m` of disjoint boxes that fill what the front leaves above the reference.

    Args:
        front: `n x m`, rows to improve on; dominated ones and those not above the reference do no harm.
        reference: `m`, the point from which volume is measured.

    Example:
        >>> low, high = decompose_into_boxes(np.array([[1.0, 1.0]]), np.zeros(2))
        >>> low.tolist()
        [[0.0, 1.0], [1.0, 0.0]]
    """
    inside = front[(front > reference).all(1)]
    front = inside[is_non_dominated(inside)]
    m = len(reference)
    if m == 1:
        best = max([float(reference[0]), *front[:, 0].tolist()])
        return np.array([[best]]), np.array([[UNBOUNDED]])
    if not len(front):
        return reference[None].copy(), np.full((1, m), UNBOUNDED)
    order = front[np.argsort(front[:, 0])]
    if m == 2:
        low = np.column_stack([np.append(reference[0], order[:, 0]), np.append(order[:, 1], reference[1])])
        return low, np.column_stack([np.append(order[:, 0], UNBOUNDED), np.full(len(low), UNBOUNDED)])
    return _stack_boxes(order, reference)


def _stack_boxes(order: Array, reference: Array) -> tuple[Array, Array]:
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
        corners = np.hstack(decompose_into_boxes(order[order[:, 0] > at][:, 1:], reference[1:]))
        here = {row.tobytes(): row for row in corners}
        for key in [k for k in begun if k not in here]:
            end(key, float(at))
        begun |= {key: (float(at), row) for key, row in here.items() if key not in begun}
    for key in list(begun):
        end(key, UNBOUNDED)
    return np.array(lows), np.array(highs)


def compute_hypervolume(Y: Array, reference: Array) -> float:
    """Return the volume between the reference and the rows.

    Example:
        >>> compute_hypervolume(np.array([[1.0, 2.0], [2.0, 1.0]]), np.zeros(2))
        3.0
    """
    return _measure_volume(Y[(reference < Y).all(1)] - reference)


def _measure_volume(sides: Array) -> float:
    """Return the volume of the union of boxes that share a corner, given their sides `n x m`."""
    if sides.shape[1] == 1 or not len(sides):
        return float(sides.max(initial=0.0))
    if sides.shape[1] == 2:
        sides = sides[np.argsort(-sides[:, 0])]
        return float(sides[:, 0] @ np.diff(np.maximum.accumulate(sides[:, 1]), prepend=0.0))
    sides = sides[is_non_dominated(sides)]
    sides = sides[np.argsort(sides[:, -1])]
    return sum(float(row.prod()) - _measure_shared(sides[i + 1 :], row) for i, row in enumerate(sides))


def _measure_shared(others: Array, row: Array) -> float:
    """Return how much of a box others fill that are at least as long in the last direction."""
    return _measure_volume(np.minimum(others, row)[:, :-1]) * float(row[-1])


def compute_hypervolume_gain(y: Array, front: Array, reference: Array) -> float:
    """Return by how much a row adds to the volume between the reference and other rows.

    Example:
        >>> compute_hypervolume_gain(np.array([2.0, 2.0]), np.array([[1.0, 3.0], [3.0, 1.0]]), np.zeros(2))
        1.0
    """
    if not (y > reference).all() or (y <= front).all(1).any():
        return 0.0
    return max(float((y - reference).prod()) - compute_hypervolume(np.minimum(front, y), reference), 0.0)
