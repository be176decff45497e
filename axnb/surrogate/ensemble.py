"""Several fits of one metric that stand for what its hyperparameters may be.

Each member is a posterior mode under another belief: smooth or rough, every column matters or few do, columns as they
are or bent. A member counts by how likely it makes the results. Knows numbers alone, as the process does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from axnb.surrogate.gp import (
    JITTERS,
    Array,
    GaussianProcess,
    Hyperparameters,
    Posterior,
    Priors,
    Smoothness,
)
from axnb.surrogate.surrogate import MetricModel, Surrogate
from axnb.surrogate.threads import single_thread

_EDGE = 1e-6  # bent coordinates keep this far from the ends, where slopes are infinite
_LEAST_WEIGHT = 0.03
_TEMPER = 0.5  # modes flatter themselves; their likelihoods count by half
_UNUSED, _USED = 3.0, -1.2  # logarithms of the lengthscales of columns that do not matter, and of those that do
_MANY = 400  # results beyond which members keep to a part of them


@dataclass(frozen=True, slots=True, eq=False)
class Bend:
    """A monotone map of each column of the unit cube onto itself, ``1 - (1 - u ** a) ** b``.

    Args:
        a: `d`, exponents that bend the lower end.
        b: `d`, exponents that bend the upper end.

    Example:
        >>> bend = Bend(np.array([2.0]), np.array([1.0]))
        >>> bend.forward(np.array([[0.5]])).round(6).tolist()
        [[0.25]]
    """

    a: Array
    b: Array

    def forward(self, X: Array) -> Array:
        """Return the bent rows."""
        u = np.clip(X, _EDGE, 1.0 - _EDGE)
        return np.asarray(np.where(self._straight, X, 1.0 - (1.0 - u**self.a) ** self.b))

    def slope(self, X: Array) -> Array:
        """Return the derivatives of ``forward`` by the coordinates."""
        u = np.clip(X, _EDGE, 1.0 - _EDGE)
        steep = self.a * self.b * u ** (self.a - 1.0) * (1.0 - u**self.a) ** (self.b - 1.0)
        return np.asarray(np.where(self._straight, 1.0, steep))

    def by_exponents(self, X: Array) -> tuple[Array, Array]:
        """Return the derivatives of ``forward`` by the logarithms of ``a`` and ``b``."""
        u = np.clip(X, _EDGE, 1.0 - _EDGE)
        power = u**self.a
        rest = 1.0 - power
        by_a = self.a * self.b * rest ** (self.b - 1.0) * power * np.log(u)
        return by_a, -self.b * rest**self.b * np.log(rest)

    @property
    def _straight(self) -> NDArray[np.bool_]:
        straight: NDArray[np.bool_] = (self.a == 1.0) & (self.b == 1.0)
        return straight


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BentProcess(GaussianProcess):
    """A process over bent columns that is asked in straight ones.

    Args:
        bend: From straight columns to bent ones.
        base: The process over the bent columns.
    """

    bend: Bend
    base: GaussianProcess

    def prior_covariance(self, A: Array, B: Array) -> Array:
        """Return the covariances between two sets of rows before any data."""
        return self.base.prior_covariance(self.bend.forward(A), self.bend.forward(B))

    def predict(self, X: Array) -> tuple[Array, Array]:
        """Return the latent mean and variance at the rows of ``X``."""
        return self.base.predict(self.bend.forward(X))

    def covariance(self, X: Array) -> tuple[Array, Array]:
        """Return the latent mean and covariance at the rows of ``X``."""
        return self.base.covariance(self.bend.forward(X))

    def predict_with_gradient(self, X: Array) -> Posterior:
        """Return the latent mean and variance with their gradients."""
        found, slope = self.base.predict_with_gradient(self.bend.forward(X)), self.bend.slope(X)
        return found._replace(
            mean_gradient=found.mean_gradient * slope, variance_gradient=found.variance_gradient * slope
        )

    def condition(self, x: Array, y: float, noise: float = 0.0) -> "BentProcess":
        """Return this process with one more observation."""
        base = self.base.condition(self.bend.forward(x[None])[0], y, noise)
        return bent(base, self.bend, np.vstack([self.X, x]))

    def leave_one_out(self) -> tuple[Array, Array]:
        """Return mean and variance of each latent value, given all outcomes but its own."""
        return self.base.leave_one_out()


def bent(base: GaussianProcess, bend: Bend, X: Array) -> BentProcess:
    """Return a process over bent columns as one over the straight rows ``X``."""
    return BentProcess(
        kernel=base.kernel,
        X=X,
        y=base.y,
        noise=base.noise,
        hyperparameters=base.hyperparameters,
        inverse_factor=base.inverse_factor,
        weights=base.weights,
        log_posterior=base.log_posterior,
        log_likelihood=base.log_likelihood,
        bend=bend,
        base=base,
    )


@dataclass(frozen=True, slots=True)
class Belief:
    """What a member takes for granted.

    Args:
        smoothness: How smooth the function is.
        sparsity: Global scale of the inverse squared lengthscales, half-Cauchy: the smaller, the fewer columns matter;
            ``None`` for the usual priors.
        bends: Whether columns may be bent.
    """

    smoothness: Smoothness
    sparsity: float | None = None
    bends: bool = False


BELIEFS = (
    Belief("matern52"),
    Belief("matern52", sparsity=0.01),
    Belief("rbf", sparsity=0.1),
    Belief("matern52", sparsity=1.0),
    Belief("rbf", bends=True),
)


class _Target:
    """The negative log posterior under a belief, with its gradient.

    The vector is (log lengthscales `d`, log outputscale, log noise, log a `k`, log b `k`); `k` columns may bend.
    """

    def __init__(self, process: GaussianProcess, belief: Belief, priors: Priors) -> None:
        self.belief, self.priors = belief, priors
        self.kernel = replace(process.kernel, smoothness=belief.smoothness)
        self.X, self.y = process.X, process.y
        noise = process.hyperparameters.noise
        unknown = (noise > 0.0) & (np.abs(process.noise - noise) <= 1e-2 * noise + 1e-12)
        self.inferred, self.unknown = bool(unknown.any()), unknown.astype(np.float64)
        self.known = np.where(unknown, 0.0, process.noise)
        self.d = self.X.shape[1]
        self.bending = np.flatnonzero(self.kernel.numeric) if belief.bends else np.zeros(0, dtype=np.int64)
        self.differs = [(c[:, None] != c[None]).astype(np.float64) for c in self.X.T]
        self.loc, self.spread = priors.of_lengthscales(self.kernel)

    def unpack(self, theta: Array) -> tuple[Array, float, float, Bend]:
        """Return lengthscales, outputscale, noise and bend."""
        d, k = self.d, len(self.bending)
        a, b = np.ones(d), np.ones(d)
        a[self.bending], b[self.bending] = np.exp(theta[d + 2 : d + 2 + k]), np.exp(theta[d + 2 + k :])
        return np.exp(theta[:d]), float(np.exp(theta[d])), float(np.exp(theta[d + 1])), Bend(a, b)

    def bounds(self) -> list[tuple[float, float]]:
        """Return the bounds of the vector."""
        low = float(np.log(self.priors.lengthscale_bounds[0]))
        noise = (float(np.log(self.priors.noise_floor)), 3.0) if self.inferred else (-30.0, -30.0)
        return [(low, 7.0)] * self.d + [(-5.0, 5.0), noise] + [(-1.4, 1.4)] * (2 * len(self.bending))

    def starts(self, process: GaussianProcess) -> list[Array]:
        """Return the vectors to start from."""
        h, tail = process.hyperparameters, np.zeros(2 * len(self.bending))
        rest = [float(np.log(max(h.outputscale, 1e-3))), float(np.log(max(h.noise, self.priors.noise_floor)))]
        found = np.concatenate([np.log(h.lengthscales), rest, tail])
        plain = np.concatenate([self.loc, rest, tail])
        options = [found, plain]
        if self.belief.sparsity is not None:
            options.append(self._grown(plain))
        lows, highs = np.array(self.bounds()).T
        return [np.clip(t, lows, highs) for t in options]

    def _grown(self, theta: Array, most: int = 4) -> Array:
        """Return a vector in which few columns matter, taken in one by one for as long as that helps."""
        theta = theta.copy()
        theta[: self.d], theta[self.d] = _UNUSED, 0.0
        best = self(theta)[0]
        for _ in range(min(most, self.d)):
            tried = []
            for k in np.flatnonzero(theta[: self.d] == _UNUSED):
                more = theta.copy()
                more[k] = _USED
                tried.append((self(more)[0], int(k)))
            value, j = min(tried)
            if value >= best:
                break
            best, theta[j] = value, _USED
        return theta

    def prior(self, theta: Array) -> tuple[float, Array]:
        """Return the negative log prior and its gradient."""
        d, p = self.d, self.priors
        slope = np.zeros_like(theta)
        if self.belief.sparsity is None:
            offset = (theta[:d] - self.loc) / self.spread
            value, slope[:d] = 0.5 * float(offset @ offset), offset / self.spread
        else:
            squared = (np.exp(-2.0 * theta[:d]) / self.belief.sparsity) ** 2
            value, slope[:d] = float(np.log1p(squared).sum()), -4.0 * squared / (1.0 + squared)
        scale = min(p.outputscale_scale or 0.1, 10.0 if self.belief.sparsity is None else 0.5)
        value += 0.5 * float(theta[d] / scale) ** 2
        slope[d] = theta[d] / scale**2
        if self.inferred:
            value += 0.5 * float((theta[d + 1] - p.noise_loc) / p.noise_scale) ** 2
            slope[d + 1] = (theta[d + 1] - p.noise_loc) / p.noise_scale**2
        bend = theta[d + 2 :] / 0.4
        slope[d + 2 :] = bend / 0.4
        return value + 0.5 * float(bend @ bend), slope

    def __call__(self, theta: Array) -> tuple[float, Array]:
        """Return the value and its gradient; a large value where the covariance does not factorise."""
        lengthscales, scale, noise, bend = self.unpack(theta)
        Z = bend.forward(self.X)
        R, slope = self.kernel.correlation_with_slope(Z, Z, lengthscales)
        try:
            inverse, log_root = _inverse(scale * R, self.known + noise * self.unknown)
        except np.linalg.LinAlgError:
            return 1e25, np.zeros_like(theta)
        row, solved = inverse.sum(1), inverse @ self.y
        mean = float(solved.sum() / (row.sum() + 1.0 / self.priors.mean_scale**2))
        weights = solved - mean * row
        value, gradient = self.prior(theta)
        value += 0.5 * float((self.y - mean) @ weights) + log_root + 0.5 * mean**2 / self.priors.mean_scale**2
        W = np.outer(weights, weights) - inverse
        gradient[: self.d + 2] -= 0.5 * self._traces(W, R, slope, (lengthscales, scale, noise), Z)
        if len(self.bending):
            gradient[self.d + 2 :] -= self._by_bend(scale * W * slope, lengthscales, bend, Z)
        return value, gradient

    def _traces(self, W: Array, R: Array, slope: Array, found: tuple[Array, float, float], Z: Array) -> Array:
        lengthscales, scale, noise = found
        out = np.empty(self.d + 2)
        S, T, C = scale * W * slope, scale * W * R, Z - 0.5
        out[: self.d] = 2.0 * (S.sum(1) @ (C * C) - np.einsum("ij,ij->j", C, S @ C)) / lengthscales**2
        for j in np.flatnonzero(self.kernel.categorical):
            out[j] = np.vdot(T, self.differs[j]) / lengthscales[j]
        out[self.d] = T.sum()
        out[self.d + 1] = noise * float(W.diagonal() @ self.unknown)
        return out

    def _by_bend(self, S: Array, lengthscales: Array, bend: Bend, Z: Array) -> Array:
        moved = (S @ Z - S.sum(1)[:, None] * Z) / lengthscales**2
        by_a, by_b = bend.by_exponents(self.X)
        j = self.bending
        return np.concatenate([(moved * by_a).sum(0)[j], (moved * by_b).sum(0)[j]])

    def process(self, theta: Array) -> GaussianProcess:
        """Return the process at a vector."""
        lengthscales, scale, noise, bend = self.unpack(theta)
        noise = noise if self.inferred else 0.0
        Z = bend.forward(self.X)
        diagonal = self.known + noise * self.unknown
        K = scale * self.kernel.correlation(Z, Z, lengthscales)
        half, jitter = _factor_inverse(K, diagonal, scale)
        one, w = half.sum(1), half @ self.y
        mean = float(one @ w / (one @ one + 1.0 / self.priors.mean_scale**2))
        left = w - mean * one
        value = -0.5 * float(left @ left) + float(np.log(half.diagonal()).sum())
        value -= 0.5 * len(self.y) * float(np.log(2.0 * np.pi))
        base = GaussianProcess(
            mean_precision=1.0 / self.priors.mean_scale**2,
            kernel=self.kernel,
            X=Z,
            y=self.y,
            noise=diagonal + jitter,
            hyperparameters=Hyperparameters(lengthscales, scale, noise, mean),
            inverse_factor=half,
            weights=half.T @ left,
            log_posterior=value - self.prior(theta)[0],
            log_likelihood=value,
        )
        return bent(base, bend, self.X) if len(self.bending) else base


def _factor_inverse(K: Array, diagonal: Array, scale: float) -> tuple[Array, float]:
    """Return the inverse of the lower Cholesky factor, and the jitter that it needed.

    Raises:
        numpy.linalg.LinAlgError: The matrix does not factorise with the largest jitter.
    """
    from scipy.linalg.lapack import dpotrf, dtrtri

    for jitter in JITTERS:
        M = K.copy()
        M.flat[:: len(M) + 1] += diagonal + jitter * scale
        L, info = dpotrf(M, lower=1, clean=1)
        if info == 0 and np.isfinite(L[-1, -1]):
            return np.ascontiguousarray(dtrtri(L, lower=1)[0]), jitter * scale
    raise np.linalg.LinAlgError("the covariance of the data does not factorise")


def _inverse(K: Array, diagonal: Array) -> tuple[Array, float]:
    half, _ = _factor_inverse(K, np.broadcast_to(diagonal, len(K)), float(K[0, 0]))
    return half.T @ half, -float(np.log(half.diagonal()).sum())


def _mode(process: GaussianProcess, priors: Priors, belief: Belief) -> GaussianProcess:
    """Return the posterior mode under a belief."""
    from scipy.optimize import minimize

    target = _Target(process, belief, priors)
    found = [
        minimize(
            target,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=target.bounds(),
            options={"maxiter": 30 if len(process.y) < _MANY else 5, "ftol": 1e-6},
        )
        for start in sorted(target.starts(process), key=lambda t: target(t)[0])[: 2 if belief.sparsity else 1]
    ]
    return target.process(np.asarray(min(found, key=lambda f: float(f.fun)).x))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class EnsembleModel(MetricModel):
    """The model of one metric as a weighted mixture; ``process`` is its first member, the usual fit.

    Args:
        members: The processes, all on the scale of ``scaling``.
        member_weights: Their weights; they sum to 1.
    """

    members: tuple[GaussianProcess, ...]
    member_weights: tuple[float, ...]

    def predict(self, X: Array) -> tuple[Array, Array]:
        """Return mean and standard deviation of the mixture in the metric's own units, without observation noise."""
        return self._mixture([self.scaling.unscale(*p.predict(X)) for p in self.members])

    def leave_one_out(self) -> tuple[Array, Array, Array]:
        """Return observed outcomes, and means and standard deviations predicted without each, noise included."""
        parts = []
        for p in self.members:
            mean, variance = p.leave_one_out()
            parts.append(self.scaling.unscale(mean, variance + p.noise))
        return self.y, *self._mixture(parts)

    def _mixture(self, parts: Sequence[tuple[Array, Array]]) -> tuple[Array, Array]:
        w = np.array(self.member_weights)[:, None]
        means, sds = np.array([p[0] for p in parts]), np.array([p[1] for p in parts])
        mean = (w * means).sum(0)
        size = np.maximum(np.abs(np.concatenate([sds, means - mean])).max(), 1e-300)
        return mean, size * np.sqrt((w * ((sds / size) ** 2 + ((means - mean) / size) ** 2)).sum(0))


def ensemble_model(model: MetricModel, priors: Priors | None = None) -> EnsembleModel:
    """Return the mixture around a fitted model.

    Args:
        model: The usual fit.
        priors: Priors of noise and outputscale, and of lengthscales where the belief is not sparse.
    """
    process = model.process
    members: list[GaussianProcess] = [process]
    if len(process.y) >= 4:
        for belief in BELIEFS:
            try:
                members.append(_mode(process, priors or Priors(), belief))
            except (np.linalg.LinAlgError, ValueError, FloatingPointError):
                continue  # one belief less
    scores = _TEMPER * np.array([p.log_likelihood for p in members])
    scores = np.where(np.isfinite(scores), scores, -np.inf)
    weights = np.exp(scores - scores.max())
    kept = np.flatnonzero(weights >= _LEAST_WEIGHT * weights.sum())
    weights = weights[kept] / weights[kept].sum()
    return EnsembleModel(
        name=model.name,
        process=process,
        scaling=model.scaling,
        y=model.y,
        sem=model.sem,
        members=tuple(members[i] for i in kept),
        member_weights=tuple(weights.tolist()),
    )


def ensemble(surrogate: Surrogate, priors: Priors | None = None) -> Surrogate:
    """Return the surrogate with every model made a mixture.

    Example:
        >>> from axnb.surrogate.surrogate import MetricData, fit
        >>> X = np.linspace(0, 1, 8)[:, None]
        >>> data = MetricData(name="y", X=X, y=np.sin(5 * X[:, 0]), sem=np.full(8, np.nan))
        >>> ensemble(fit([data])).predict(np.array([[0.5]]))[0].shape
        (1, 1)
    """
    with single_thread():
        return replace(surrogate, models=tuple(ensemble_model(m, priors) for m in surrogate.models))
