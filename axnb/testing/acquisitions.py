"""What an `Acquisition` and its builder promise, as checks: run them on one of your own before you plug it in."""

import numpy as np

from axnb.suggest.acquisition.base import Acquisition, AcquisitionBuilder
from axnb.surrogate.kernels import Array

_STEP = 1e-6  # of finite differences
_SLACK = 2e-3  # share of the steepest slope by which a gradient may be off


def check_acquisition(acquisition: Acquisition, X: Array, movable: Array | None = None) -> None:
    """Hold an acquisition to the protocol.

    Args:
        acquisition: The acquisition.
        X: `q x d`, rows of the unit cube, none of them at a kink.
        movable: `d`, the columns by which it is differentiable; all by default.

    Raises:
        AssertionError: If the acquisition breaks a promise; the message says which.
    """
    kept = X.copy()
    value = acquisition.value(X)
    assert value.shape == (len(X),), f"value has shape {value.shape}, expected ({len(X)},)"
    assert (value < np.inf).all(), "a score is NaN or infinite"  # NaN is not less either
    assert np.array_equal(value, acquisition.value(X)), "the same rows are scored otherwise when asked again"
    single = np.array([acquisition.value(row[None])[0] for row in X])
    assert _agree(value, single), "a row's score depends on the rows that it is asked with"
    other, gradient = acquisition.value_and_gradient(X)
    assert gradient.shape == X.shape, f"the gradient has shape {gradient.shape}, expected {X.shape}"
    assert _agree(value, other), "value and value_and_gradient do not agree"
    assert np.array_equal(X, kept), "the rows that it was given have changed"
    check_gradient(acquisition, X, np.ones(X.shape[1], dtype=bool) if movable is None else movable)


def check_gradient(acquisition: Acquisition, X: Array, movable: Array) -> None:
    """The gradient is the limit of differences, wherever the score is finite."""
    value, gradient = acquisition.value_and_gradient(X)
    finite = np.isfinite(value)
    for j in np.flatnonzero(movable):
        step = np.zeros(X.shape[1])
        step[j] = _STEP
        slope = (acquisition.value(X[finite] + step) - acquisition.value(X[finite] - step)) / (2.0 * _STEP)
        steepest = np.maximum(np.abs(gradient[finite]).max(1), 1.0)
        off = np.abs(slope - gradient[finite, j]) / steepest
        assert (off < _SLACK).all(), f"the gradient by column {j} is off by up to {off.max():.2g} of the steepest slope"


def check_acquisition_builder(builder: AcquisitionBuilder, rows: Array, metrics: tuple[str, ...]) -> None:
    """Hold a builder to the protocol.

    Args:
        builder: The builder.
        rows: `q x d`, rows of the unit cube.
        metrics: The metrics of the goal.

    Raises:
        AssertionError: If the builder breaks a promise; the message says which.
    """
    built = builder.build()
    before = built.acquisition.value(rows)
    assert built.seeds.shape[1:] == rows.shape[1:], f"seeds have shape {built.seeds.shape}"
    assert ((built.seeds >= 0.0) & (built.seeds <= 1.0)).all(), "a seed lies outside the unit cube"
    later = builder
    for row in rows[:3]:
        later = later.fantasize(row, metrics)
        after = later.build().acquisition.value(rows)
        assert (after < np.inf).all(), "after a fantasy a score is NaN or infinite"  # NaN is not less either
    partly = builder.fantasize(rows[0], metrics[:1]).build().acquisition.value(rows)
    assert not np.isnan(partly).any(), "after a fantasy of one metric a score is NaN"
    assert np.array_equal(before, builder.build().acquisition.value(rows)), "a fantasy has changed its builder"


def _agree(a: Array, b: Array) -> bool:
    return bool(np.allclose(a, b, rtol=1e-6, atol=1e-9))
