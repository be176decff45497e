"""What an `OutcomeModel` promises, as checks: run them on a model of your own before you plug it in."""

from collections.abc import Callable

import numpy as np

from axnb.errors import UnsupportedError
from axnb.surrogate.gaussian_process_model import MetricData
from axnb.surrogate.kernels import Array
from axnb.surrogate.outcome_model import OutcomeModel

_MISSING = object()
_STEP = 1e-6  # of finite differences
_DRAWS = 4000
_ERRORS = 6.0  # standard errors by which moments of draws may be off

LeaveOut = Callable[[OutcomeModel, int], tuple[float, float]]


def make_example(n: int = 24, seed: int = 0) -> MetricData:
    """Return results of a smooth function of three columns, small wanted, by which models are checked."""
    X = np.random.default_rng(seed).random((n, 3))
    y = np.exp(np.sin(4.0 * X[:, 0]) + X[:, 1] * X[:, 2])
    return MetricData(name="y", X=X, y=y, sem=np.full(n, np.nan), direction=-1)


def check_outcome_model(make: Callable[[MetricData], OutcomeModel], *, leave_out: LeaveOut | None = None) -> None:
    """Hold a model to the protocol.

    Args:
        make: Returns a model fitted to the results of one metric.
        leave_out: Returns, for a model and the number of a result, mean and variance of the value there as a model
            with the same hyperparameters predicts it without that result. With it, an exact leave-one-out is checked.

    Raises:
        AssertionError: If the model breaks a promise; the message says which.

    Example:
        >>> from axnb.surrogate.surrogate import fit
        >>> check_outcome_model(lambda data: fit([data]).models[0])
    """
    model = make(make_example())
    for check in CHECKS:
        check(model)
    if leave_out is not None:
        check_leave_one_out_by(model, leave_out)


def check_members(model: OutcomeModel) -> None:
    """The model has what the protocol names, and says what it was fitted to."""
    lacking = [name for name in vars(OutcomeModel) if name[0] != "_" and getattr(model, name, _MISSING) is _MISSING]
    assert not lacking, f"{type(model).__name__} lacks {', '.join(lacking)} of OutcomeModel"
    data = model.data
    n = len(data.X)
    for name, values in (("y", data.y), ("sem", data.sem), ("targets", data.targets), ("noise", data.noise)):
        assert values.shape == (n,), f"data.{name} has shape {values.shape}, expected ({n},)"
    _close(data.targets, model.transform(data.y), "data.targets against transform(data.y)", 1e-9)
    assert (data.noise >= 0.0).all(), "a variance of data.noise is below 0"
    _close(np.array([sum(w for w, _ in model.components)]), np.ones(1), "the sum of the components' weights", 1e-9)
    columns = [f"x{j}" for j in range(data.X.shape[1])]
    for key, value in model.summarize(columns):
        assert isinstance(key, str), f"summarize names {key!r}, expected a string"
        assert np.isfinite(value), f"summarize says {value!r} for {key!r}"


def check_posterior(model: OutcomeModel) -> None:
    """Means are finite, variances positive, and asking changes nothing."""
    X = _rows(model, 7)
    held = X.copy()
    mean, variance = model.posterior(X)
    assert mean.shape == variance.shape == (7,), f"posterior returns {mean.shape} and {variance.shape}, expected (7,)"
    assert np.isfinite(mean).all(), "a mean is not finite"
    assert (variance > 0.0).all(), "a variance is not positive"
    assert np.array_equal(X, held), "posterior changes the rows it is given"
    _close(model.posterior(X)[0], mean, "the mean asked again", 0.0)


def check_gradients(model: OutcomeModel) -> None:
    """Gradients are the derivatives of mean and variance."""
    X = _rows(model, 5)
    if not model.capabilities.gradients:
        return _refuses(lambda: model.posterior_with_gradient(X), "posterior_with_gradient")
    found = model.posterior_with_gradient(X)
    for got, want, name in zip(found[:2], model.posterior(X), ("mean", "variance"), strict=True):
        _close(got, want, f"{name} of posterior_with_gradient", 1e-9)
    for j in range(X.shape[1]):
        step = _STEP * np.eye(X.shape[1])[j]
        up, down = model.posterior(X + step), model.posterior(X - step)
        for k, name in enumerate(("mean", "variance")):
            _close(found[2 + k][:, j], (up[k] - down[k]) / (2.0 * _STEP), f"gradient of the {name}", 1e-4)
    return None


def check_joint_covariance(model: OutcomeModel) -> None:
    """The covariance is symmetric, has no negative direction, and its diagonal is the variance."""
    X = _rows(model, 9)
    if not model.capabilities.joint_covariance:
        return _refuses(lambda: model.joint_posterior(X), "joint_posterior")
    mean, covariance = model.joint_posterior(X)
    want, variance = model.posterior(X)
    _close(mean, want, "mean of joint_posterior", 1e-9)
    _close(covariance.diagonal(), variance, "diagonal of the covariance", 1e-6)
    _close(covariance, covariance.T, "the covariance against its transpose", 1e-9)
    assert np.linalg.eigvalsh(covariance).min() > -1e-6, "the covariance has a negative direction"
    return None


def check_condition(model: OutcomeModel) -> None:
    """One more observation changes the posterior as it changes a joint normal; the model itself stays as it was."""
    x, Q = _rows(model, 1, seed=3)[0], _rows(model, 6, seed=4)
    if not model.capabilities.conditioning:
        return _refuses(lambda: model.condition(x, 0.0), "condition")
    before = model.posterior(Q)
    for noise in (1e-2, 0.5):
        after = model.condition(x, 0.7, noise)
        assert len(after.data.X) == len(model.data.X) + 1, "condition adds no row to the data"
        _close(after.data.targets[-1:], np.array([0.7]), "the last of data.targets", 1e-9)
        for (_, part), (_, added) in zip(model.components, after.components, strict=True):
            if part.capabilities.joint_covariance:
                _compare_with_joint_normal(part, added, (x, 0.7, noise), Q)
    _close(model.posterior(Q)[0], before[0], "the mean of the model that was conditioned", 0.0)
    return None


def _compare_with_joint_normal(
    model: OutcomeModel, after: OutcomeModel, observation: tuple[Array, float, float], Q: Array
) -> None:
    x, target, noise = observation
    mean, covariance = model.joint_posterior(np.vstack([Q, x]))
    share = covariance[:-1, -1] / (covariance[-1, -1] + noise)
    got = after.posterior(Q)
    _close(got[0], mean[:-1] + share * (target - mean[-1]), "the mean after condition", 1e-6)
    _close(got[1], covariance.diagonal()[:-1] - share * covariance[:-1, -1], "the variance after condition", 1e-6)


def check_samples(model: OutcomeModel) -> None:
    """Draws have the moments of the joint posterior and follow from the generator."""
    X = _rows(model, 4)
    if not model.capabilities.sampling:
        return _refuses(lambda: model.sample(X, 2, np.random.default_rng(0)), "sample")
    draws = model.sample(X, _DRAWS, np.random.default_rng(0))
    assert draws.shape == (_DRAWS, 4), f"sample returns {draws.shape}, expected ({_DRAWS}, 4)"
    _close(model.sample(X, _DRAWS, np.random.default_rng(0)), draws, "draws of the same generator", 0.0)
    assert not np.array_equal(model.sample(X, _DRAWS, np.random.default_rng(1)), draws), "draws never change"
    mean, variance = model.posterior(X)
    errors = np.abs(draws.mean(0) - mean) / np.sqrt(variance / _DRAWS)
    assert errors.max() < _ERRORS, f"the average of draws is off by {errors.max():.1f} standard errors"
    if model.capabilities.joint_covariance:
        found, want = np.cov(draws.T), model.joint_posterior(X)[1]
        size = np.sqrt(np.outer(variance, variance))
        assert np.abs((found - want) / size).max() < _ERRORS * np.sqrt(3.0 / _DRAWS), "draws have another covariance"
    return None


def check_leave_one_out(model: OutcomeModel) -> None:
    """Means and variances without each result are finite and know less than the posterior does."""
    if model.capabilities.leave_one_out == "none":
        return _refuses(model.leave_one_out, "leave_one_out")
    mean, variance = model.leave_one_out()
    n = len(model.data.X)
    assert mean.shape == variance.shape == (n,), f"leave_one_out returns {mean.shape}, expected ({n},)"
    assert np.isfinite(mean).all(), "a mean of leave_one_out is not finite"
    assert (variance > 0.0).all(), "a variance of leave_one_out is not positive"
    return None


def check_leave_one_out_by(model: OutcomeModel, leave_out: LeaveOut) -> None:
    """Means and variances without each result are what leaving it out gives."""
    mean, variance = model.leave_one_out()
    for i in (0, len(mean) // 2, len(mean) - 1):
        want = leave_out(model, i)
        _close(mean[i : i + 1], np.array(want[:1]), f"the mean without result {i}", 1e-5)
        _close(variance[i : i + 1], np.array(want[1:]), f"the variance without result {i}", 1e-5)


def check_refit(model: OutcomeModel) -> None:
    """A fit to some of the results knows those only, on the same scale."""
    rows = np.arange(len(model.data.X)) % 3 != 0
    if not model.capabilities.refitting:
        return _refuses(lambda: model.refit(rows), "refit")
    part = model.refit(rows)
    _close(part.data.X, model.data.X[rows], "data.X after refit", 0.0)
    _close(part.data.targets, model.data.targets[rows], "data.targets after refit", 1e-12)
    check_posterior(part)
    return None


def check_prior_correlation(model: OutcomeModel) -> None:
    """Rows are as alike as can be to themselves, and in both directions alike."""
    X = _rows(model, 6)
    if not model.capabilities.prior_correlation:
        return _refuses(lambda: model.prior_correlation(X, X), "prior_correlation")
    found = model.prior_correlation(X, X)
    _close(found.diagonal(), np.ones(6), "prior correlation of rows with themselves", 1e-6)
    _close(found, found.T, "prior correlation against its transpose", 1e-9)
    assert np.abs(found).max() <= 1.0 + 1e-9, "a prior correlation is above 1"
    return None


def check_sensitivity(model: OutcomeModel) -> None:
    """Exact Sobol indices are those that many predictions give (Saltelli et al. 2010)."""
    d = model.data.X.shape[1]
    levels = np.zeros(d, dtype=np.int64)
    if model.capabilities.sensitivity == "none":
        return _refuses(lambda: model.compute_sobol_indices(levels), "compute_sobol_indices")
    found = model.compute_sobol_indices(levels)
    assert found.first.shape == found.total.shape == (d,), "compute_sobol_indices needs one number a column"
    if model.capabilities.sensitivity != "exact":
        return None
    from scipy.stats import qmc

    pairs = qmc.Sobol(2 * d, seed=0).random(4096)
    A, B = pairs[:, :d], pairs[:, d:]
    a, b = model.posterior(A)[0], model.posterior(B)[0]
    variance = np.var(np.concatenate([a, b]))
    for j in range(d):
        crossed = A.copy()
        crossed[:, j] = B[:, j]
        c = model.posterior(crossed)[0]
        first, total = np.mean((b - b.mean()) * (c - a)) / variance, 0.5 * np.mean((a - c) ** 2) / variance
        _close(found.first[j : j + 1], np.array([first]), f"first-order index of column {j}", 0.03)
        _close(found.total[j : j + 1], np.array([total]), f"total index of column {j}", 0.03)
    return None


def check_scale(model: OutcomeModel) -> None:
    """The way to the model's scale rises, and the way back undoes it."""
    data = model.data
    y = np.quantile(data.y, np.linspace(0.05, 0.95, 7))
    z = model.transform(y)
    _close(model.untransform(z), y, "untransform(transform(y))", 1e-7)
    assert (np.diff(z) > 0.0).all(), "transform does not rise"
    h = 1e-6 * float(np.ptp(data.y))
    slope = (model.transform(y + h) - model.transform(y - h)) / (2.0 * h)
    _close(model.transform_slope(y) / slope, np.ones(7), "transform_slope as a share of the derivative", 1e-4)
    if model.is_affine:
        _close(slope / slope[0], np.ones(7), "slopes of an affine scale", 1e-4)
    mean, sd = model.untransform_moments(z, np.full(7, 1e-10))
    _close(mean, y, "untransform_moments of next to no variance", 1e-6)
    assert (sd > 0.0).all(), "untransform_moments returns a standard deviation that is not positive"


def check_botorch(model: OutcomeModel) -> None:
    """The BoTorch model has the same posterior, to six digits, where that is claimed."""
    if model.capabilities.botorch == "none":
        return _refuses(model.to_botorch, "to_botorch")
    from axnb.surrogate.botorch_conversion import read_posterior

    X = _rows(model, 8)
    mean, variance = read_posterior(model.to_botorch(), X)
    assert mean.shape == (8, 1), f"the BoTorch model has means of shape {mean.shape}, expected (8, 1)"
    if model.capabilities.botorch == "exact":
        for got, want, name in zip((mean, variance), model.posterior(X), ("mean", "variance"), strict=True):
            _close(got[:, 0], want, f"{name} of the BoTorch model", 1e-6)
    return None


CHECKS: tuple[Callable[[OutcomeModel], None], ...] = (
    check_members,
    check_posterior,
    check_gradients,
    check_joint_covariance,
    check_condition,
    check_samples,
    check_leave_one_out,
    check_refit,
    check_prior_correlation,
    check_sensitivity,
    check_scale,
    check_botorch,
)


def _rows(model: OutcomeModel, q: int, seed: int = 1) -> Array:
    """Return rows inside the cube, away from its faces and from the data."""
    return 0.05 + 0.9 * np.random.default_rng([seed, q]).random((q, model.data.X.shape[1]))


def _close(got: Array, want: Array, what: str, tolerance: float) -> None:
    size = max(1.0, float(np.abs(want).max(initial=0.0)))
    off = float(np.abs(got - want).max(initial=0.0))
    assert off <= tolerance * size, f"{what}: off by {off:.3g}, at most {tolerance * size:.3g} expected"


def _refuses(call: Callable[[], object], name: str) -> None:
    try:
        call()
    except UnsupportedError:
        return
    raise AssertionError(f"{name} works or fails otherwise, where capabilities says that it is not supported")
