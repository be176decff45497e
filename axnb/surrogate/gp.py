"""A Gaussian process with closed-form likelihood, gradient, posterior and leave-one-out, in numpy.

The formulas are those of Rasmussen and Williams, *Gaussian Processes for Machine Learning* (2006): posterior and
likelihood of chapters 2.2 and 5.4.1, leave-one-out of chapter 5.4.2.

Works on numbers alone: rows in the unit cube and standardized outcomes. A correlation is a radial function of the
scaled distance over numeric columns times ``exp(-[a != b] / l)`` for each categorical column; a share of it may be the
average of what each column gives alone, for functions that are nearly sums: the first order of additive Gaussian
processes (Duvenaud, Nickisch and Rasmussen 2011, https://arxiv.org/abs/1112.4394). This module knows nothing about
parameters, metrics or units; see ``axnb.surrogate.outcome_model`` for those.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from axnb.interrupts import check_cancelled
from axnb.surrogate.kernels import Array, Kernel, radial_correlation_with_slope, squared_distances
from axnb.surrogate.replicates import PooledRows, pool_rows

JITTERS = (0.0, 1e-9, 1e-7, 1e-5, 1e-3, 1e-1)
"""Shares of the outputscale added to the diagonal, one after the other, until the covariance factorises; not tuned."""

_ROUGH, _MOSTLY_ADDITIVE = 0.25, 2.0  # lengthscales and log odds of the additive share of more starts; not tuned
_SHARE_BOUNDS = (-5.0, 5.0)  # of the log odds of the additive share; not tuned
_LITTLE_NOISE, MUCH_NOISE = 0.05, 0.3  # variances: less than the first found, one more start at the second; not tuned
_HOPELESS = 10.0, 0.5  # by so much in all and a row a start's log posterior may lie below what was found; for time
_BRIEF, _NEAR = 8, 3.0  # after so many iterations a search from there must be so near to it; for time
_MOST_FOR_WIDTH = 4.0  # in log posterior, by which the wider of two modes may be preferred; not tuned
_SAME = 0.3  # in logarithms of hyperparameters, up to which two modes are one; not tuned
_LEAST_CURVATURE = 0.05  # of a direction at a mode: the prior's alone is 0.25 or more, at a bound there may be none
_LOG_2PI = float(np.log(2.0 * np.pi))

Target = Callable[[Array], tuple[float, Array]]
"""A function of a vector of hyperparameters and its gradient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priors:
    """Priors of the hyperparameters, normal on the logarithm (noise: a mixture of two), with the bounds of the search.

    That typical lengthscales grow with the root of the number of columns is due to Hvarfner, Hellsten and Nardi (2024,
    https://arxiv.org/abs/2402.02229). Their location is shorter here: over ten seeds of each benchmark problem the
    median regret fell from .031 to .0065 on Branin and from 6.4 to 3.5 on Ackley in 8 dimensions. A fixed outputscale
    and noise priors N(-5, 1.5), N(-5, 2) and N(-6, 2.5) were tried and brought nothing. The rest is not tuned.

    Args:
        lengthscale_loc: Location for one column; half the logarithm of the number of columns is added.
        lengthscale_scale: Spread of the logarithm.
        categorical_loc: Location instead for categorical columns, where it tells how alike the values are.
        categorical_scale: Spread of the logarithm for those.
        outputscale_scale: Spread of the logarithm around 0; 0 fixes the outputscale at 1.
        noise_loc: Location of the logarithm of the noise variance (standardized units) where there is next to none.
        noise_scale: Spread of that logarithm.
        much_noise_loc: Location of that logarithm where there is much noise.
        much_noise_scale: Spread of it there.
        noise_floor: Smallest noise variance.
        mean_scale: Standard deviation of the constant mean around 0.
        additive_scale: Spread of the log odds of the additive share around 0.
        lengthscale_bounds: Smallest and largest lengthscale, the largest for one column.
    """

    lengthscale_loc: float = -1.6
    lengthscale_scale: float = 1.75
    categorical_loc: float = 0.7
    categorical_scale: float = 1.0
    outputscale_scale: float = 1.0
    noise_loc: float = -7.0
    noise_scale: float = 2.0
    much_noise_loc: float = -0.5
    much_noise_scale: float = 1.5
    noise_floor: float = 1e-6
    mean_scale: float = 1.0
    additive_scale: float = 1.5
    lengthscale_bounds: tuple[float, float] = (0.02, 100.0)

    def of_noise(self, log_noise: float) -> tuple[float, float]:
        """Return the negative log prior of the logarithm of the noise variance and its derivative.

        Experiments have next to no noise or much: a mixture of two normal distributions, equally likely. With a
        penalty of 2 on much noise it was found later (R² of 0.11 for 0.22 over 288 tables of 6 to 60 results with as
        much noise as signal), and regret on the benchmark problems over 16 seeds was no less.
        """
        little = (log_noise - self.noise_loc) / self.noise_scale
        much = (log_noise - self.much_noise_loc) / self.much_noise_scale
        first, second = 0.5 * little * little, 0.5 * much * much
        share = 1.0 / (1.0 + math.exp(min(first - second, 700.0)))  # of the first
        value = first + math.log(share) if share > 0.5 else second + math.log1p(-share)
        return value, share * little / self.noise_scale + (1.0 - share) * much / self.much_noise_scale

    def of_lengthscales(self, kernel: Kernel) -> tuple[Array, Array]:
        """Return location and spread `d` of the logarithms of the lengthscales."""
        d = len(kernel.categorical)
        loc, scale = np.full(d, self.lengthscale_loc), np.full(d, self.lengthscale_scale)
        loc[kernel.categorical], scale[kernel.categorical] = self.categorical_loc, self.categorical_scale
        return loc + 0.5 * np.log(max(d, 1)), scale


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """What a fit found, in standardized units.

    Args:
        lengthscales: `d`, one a column, in units of the cube's side.
        outputscale: Variance of the process.
        noise: Variance of the observation noise that was inferred; 0 where all noise is known.
        mean: The constant mean.
        additive: Share of the variance that is a sum of functions of one column each.
    """

    lengthscales: Array
    outputscale: float
    noise: float
    mean: float
    additive: float = 0.0

    def to_pairs(self, columns: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Return names and values in the form that is kept in records, given the names of the columns."""
        pairs = [(f"lengthscale.{n}", float(l)) for n, l in zip(columns, self.lengthscales, strict=True)]
        pairs += [("outputscale", self.outputscale), ("noise", self.noise), ("mean", self.mean)]
        return (*pairs, ("additive", self.additive)) if self.additive > 0.0 else tuple(pairs)

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[str, float]], columns: Sequence[str]) -> "Hyperparameters | None":
        """Return what `to_pairs` returned, read again; ``None`` where columns or values are missing.

        Example:
            >>> pairs = Hyperparameters(np.array([0.5]), 1.0, 0.01, 0.0).to_pairs(["x"])
            >>> Hyperparameters.from_pairs(pairs, ["x"]).lengthscales.tolist()
            [0.5]
            >>> Hyperparameters.from_pairs(pairs, ["x", "y"]) is None
            True
        """
        found, names = dict(pairs), [f"lengthscale.{n}" for n in columns]
        if not all(n in found for n in [*names, "outputscale", "noise"]):
            return None
        lengthscales = np.array([found[n] for n in names], dtype=np.float64)
        mean, additive = found.get("mean", 0.0), found.get("additive", 0.0)
        return cls(lengthscales, found["outputscale"], found["noise"], mean, additive)


class Posterior(NamedTuple):
    """Mean and variance `q` with their gradients `q x d` by the point."""

    mean: Array
    variance: Array
    mean_gradient: Array
    variance_gradient: Array


def factorize(K: Array, scale: float) -> tuple[Array, float]:
    """Return the lower Cholesky factor of ``K``, whose diagonal is overwritten, and the jitter that it needed.

    Raises:
        numpy.linalg.LinAlgError: The matrix does not factorise with the largest jitter.
    """
    from scipy.linalg.lapack import dpotrf

    diagonal = K.diagonal().copy()
    for jitter in JITTERS:
        K.flat[:: len(K) + 1] = diagonal + jitter * scale
        L, info = dpotrf(K, lower=1, clean=1)
        if info == 0 and np.isfinite(L[-1, -1]):
            return L, jitter * scale
    raise np.linalg.LinAlgError("the covariance of the data does not factorise")


@dataclass(frozen=True, slots=True, eq=False)
class GaussianProcess:
    """A fitted process: asked, never changed.

    Args:
        kernel: Column kinds and smoothness.
        X: `n x d`, training rows.
        y: `n`, training outcomes.
        noise: `n`, variance of each outcome, inferred noise and jitter included.
        hyperparameters: Lengthscales, outputscale, inferred noise, mean.
        inverse_factor: `n x n`, inverse of the lower Cholesky factor of the covariance.
        weights: `n`, covariance inverse times the centred outcomes.
        log_posterior: Log marginal likelihood plus log priors (up to a constant of the priors).
        log_likelihood: Log marginal likelihood.
        mean_precision: Precision of the constant mean's prior.
    """

    kernel: Kernel
    X: Array
    y: Array
    noise: Array
    hyperparameters: Hyperparameters
    inverse_factor: Array
    weights: Array
    log_posterior: float
    log_likelihood: float
    mean_precision: float = 1.0

    def prior_covariance(self, A: Array, B: Array) -> Array:
        """Return the `n x m` covariances between two sets of rows before any data."""
        h = self.hyperparameters
        return h.outputscale * self.kernel.correlation(A, B, h.lengthscales, h.additive)

    def posterior(self, X: Array) -> tuple[Array, Array]:
        """Return the latent mean and variance at the `q` rows of ``X``."""
        h = self.hyperparameters
        k = self.prior_covariance(X, self.X)
        v = k @ self.inverse_factor.T
        variance = h.outputscale - np.einsum("ij,ij->i", v, v)
        return h.mean + k @ self.weights, np.maximum(variance, 1e-12 * h.outputscale)

    def joint_posterior(self, X: Array) -> tuple[Array, Array]:
        """Return the latent mean `q` and covariance `q x q` at the rows of ``X``."""
        k = self.prior_covariance(X, self.X)
        v = k @ self.inverse_factor.T
        return self.hyperparameters.mean + k @ self.weights, self.prior_covariance(X, X) - v @ v.T

    def posterior_with_gradient(self, X: Array) -> Posterior:
        """Return the latent mean and variance with their gradients (0 for categorical columns)."""
        h = self.hyperparameters
        product, slope = self.kernel.correlation_with_slope(X, self.X, h.lengthscales)
        k = (h.outputscale * (1.0 - h.additive)) * product
        slope = k if slope is product else (h.outputscale * (1.0 - h.additive)) * slope
        moved = None
        if h.additive > 0.0:
            gaps = self.kernel.gaps(X, self.X)
            value, steep = self.kernel.alone(gaps, h.lengthscales)
            share = h.outputscale * h.additive / len(h.lengthscales)
            k = k + share * value.sum(0)
            moved = share * steep * gaps
        v = k @ self.inverse_factor.T
        variance = h.outputscale - np.einsum("ij,ij->i", v, v)
        mean = h.mean + k @ self.weights
        mean_gradient = self._gradient(X, slope, moved, self.weights)
        variance_gradient = -2.0 * self._gradient(X, slope, moved, v @ self.inverse_factor)
        floor = 1e-12 * h.outputscale
        flat = variance <= floor
        if flat.any():
            variance = np.where(flat, floor, variance)
            variance_gradient[flat] = 0.0
        return Posterior(mean, variance, mean_gradient, variance_gradient)

    def _gradient(self, X: Array, slope: Array, moved: Array | None, factors: Array) -> Array:
        """Return the `q x d` derivatives, by the rows of ``X``, of the covariances' sums weighted by ``factors``."""
        numeric, squared = self.kernel.numeric, self.hyperparameters.lengthscales**2
        out = np.zeros_like(X)
        weighted = slope * factors
        out[:, numeric] = (weighted @ self.X[:, numeric] - weighted.sum(1)[:, None] * X[:, numeric]) / squared[numeric]
        if moved is not None:
            out[:, numeric] -= (moved[numeric] * factors).sum(2).T / squared[numeric]
        return out

    def condition(self, x: Array, y: float, noise: float = 0.0) -> "GaussianProcess":
        """Return this process with one more observation, the factor extended by a row.

        Args:
            x: `d`, the new row.
            y: Its outcome.
            noise: Its noise variance.
        """
        h = self.hyperparameters
        n = len(self.y)
        k = self.prior_covariance(x[None], self.X)[0]
        row = self.inverse_factor @ k
        pivot = h.outputscale + noise - float(row @ row)
        floor = 1e-8 * h.outputscale
        noise += max(floor - pivot, 0.0)
        root = float(np.sqrt(max(pivot, floor)))
        inverse = np.zeros((n + 1, n + 1))
        inverse[:n, :n] = self.inverse_factor
        inverse[n, :n] = -(row @ self.inverse_factor) / root
        inverse[n, n] = 1.0 / root
        outcomes = np.append(self.y, y)
        return replace(
            self,
            X=np.vstack([self.X, x]),
            y=outcomes,
            noise=np.append(self.noise, noise),
            inverse_factor=inverse,
            weights=inverse.T @ (inverse @ (outcomes - h.mean)),
        )

    def add_log_likelihood(self, value: float) -> "GaussianProcess":
        """Return this process with a likelihood that counts what its means of repeated outcomes leave out."""
        if not value:
            return self
        return replace(self, log_posterior=self.log_posterior + value, log_likelihood=self.log_likelihood + value)

    def sample(self, X: Array, count: int, rng: np.random.Generator) -> Array:
        """Return draws `count x q` from the joint posterior at the rows of ``X``."""
        mean, covariance = self.joint_posterior(X)
        L, _ = factorize(covariance, self.hyperparameters.outputscale)
        return mean + rng.standard_normal((count, len(X))) @ L.T

    def leave_one_out(self) -> tuple[Array, Array]:
        """Return mean and variance `n` of each latent value, given all outcomes but its own.

        The constant mean is estimated again without the outcome left out; the other hyperparameters stay.
        """
        inverse = self.inverse_factor.T @ self.inverse_factor
        row = inverse.sum(1)
        total = row.sum() + self.mean_precision
        projected = inverse - np.outer(row, row) / total
        diagonal = np.maximum(projected.diagonal(), 1e-300)
        mean = self.y - (projected @ self.y) / diagonal
        return mean, np.maximum(1.0 / diagonal - self.noise, 1e-12 * self.hyperparameters.outputscale)


def build_process(
    kernel: Kernel,
    data: tuple[Array, Array, Array],
    hyperparameters: Hyperparameters,
    mean_precision: float = 1.0,
    log_prior: float = 0.0,
) -> GaussianProcess:
    """Return the process with given hyperparameters over given data; its constant mean is estimated from them.

    Args:
        kernel: Column kinds and smoothness.
        data: Rows `n x d`, outcomes `n` and noise variances `n`.
        hyperparameters: All but the mean, which is estimated.
        mean_precision: Precision of the constant mean's prior.
        log_prior: Logarithm of the prior of the hyperparameters.

    Raises:
        numpy.linalg.LinAlgError: The covariance does not factorise.
    """
    from scipy.linalg.lapack import dtrtri

    (X, y, noise), h = data, hyperparameters
    K = h.outputscale * kernel.correlation(X, X, h.lengthscales, h.additive)
    K.flat[:: len(K) + 1] += noise
    L, jitter = factorize(K, h.outputscale)
    inverse, _ = dtrtri(L, lower=1)
    one = inverse.sum(1)
    half = inverse @ y
    mean = float(one @ half / (one @ one + mean_precision))
    left = half - mean * one
    value = -0.5 * float(left @ left) - float(np.log(L.diagonal()).sum()) - 0.5 * len(y) * _LOG_2PI
    return GaussianProcess(
        kernel=kernel,
        X=X,
        y=y,
        noise=noise + jitter,
        hyperparameters=replace(h, mean=mean),
        inverse_factor=np.ascontiguousarray(inverse),
        weights=inverse.T @ left,
        log_posterior=value + log_prior - 0.5 * mean_precision * mean**2,
        log_likelihood=value,
        mean_precision=mean_precision,
    )


class NegativeLogPosterior:
    """The negative log posterior of the hyperparameters and its gradient; one Cholesky factor a call.

    The vector is (log lengthscales `d`, log outputscale, log noise) and, where a share of the process may be additive,
    the log odds of that share; the constant mean is profiled out.
    """

    def __init__(
        self,
        kernel: Kernel,
        rows: PooledRows,
        priors: Priors,
        *,
        additive: bool = False,
    ) -> None:
        X = rows.X
        self.kernel, self.X, self.y, self.priors = kernel, X, rows.y, priors
        self.rows, self.additive = rows, additive
        self.known, self.inferred = rows.known, rows.inferred
        self.centred = X[:, kernel.numeric] - 0.5
        self.differs = [(c[:, None] != c[None]).astype(np.float64) for c in X[:, kernel.categorical].T]
        self.gaps = kernel.gaps(X, X) if additive else np.zeros(0)
        loc, scale = priors.of_lengthscales(kernel)
        self.loc = np.concatenate([loc, [0.0, priors.noise_loc]])
        self.spread = np.concatenate([scale, [priors.outputscale_scale or 1.0, priors.noise_scale]])
        if additive:
            self.loc, self.spread = np.append(self.loc, 0.0), np.append(self.spread, priors.additive_scale)
        self.precision = 1.0 / priors.mean_scale**2

    def bounds(self) -> list[tuple[float, float]]:
        """Return the bounds of the vector, closed where a hyperparameter is not free."""
        p, d = self.priors, self.X.shape[1]
        low, high = np.log(p.lengthscale_bounds)
        scale = (-8.0, 8.0) if p.outputscale_scale else (0.0, 0.0)
        floor = float(np.log(p.noise_floor))
        noise = (floor, 3.0) if self.inferred.any() else (floor, floor)
        share = [_SHARE_BOUNDS] if self.additive else []
        return [(float(low), float(high) + 0.5 * float(np.log(max(d, 1))))] * d + [scale, noise, *share]

    def unpack(self, theta: Array) -> tuple[Array, float, float, float]:
        """Return lengthscales, outputscale, noise and additive share."""
        d = self.X.shape[1]
        share = 1.0 / (1.0 + float(np.exp(-theta[d + 2]))) if self.additive else 0.0
        return np.exp(theta[:d]), float(np.exp(theta[d])), float(np.exp(theta[d + 1])), share

    def correlations(self, lengthscales: Array) -> tuple[Array, Array]:
        """Return the `n x n` correlations and slopes of the training rows."""
        Z = self.centred / lengthscales[self.kernel.numeric]
        squared = squared_distances(Z, Z)
        squared.flat[:: len(squared) + 1] = 0.0
        R, slope = radial_correlation_with_slope(squared, self.kernel.smoothness)
        if self.differs:
            exponent = np.zeros_like(R)
            for M, l in zip(self.differs, lengthscales[self.kernel.categorical], strict=True):
                exponent += M / l
            factor = np.exp(-exponent)
            same = slope is R
            R = R * factor
            slope = R if same else slope * factor
        return R, slope

    def __call__(self, theta: Array) -> tuple[float, Array]:
        """Return the value and its gradient; a large value where the covariance does not factorise."""
        check_cancelled()
        from scipy.linalg.lapack import dpotri

        lengthscales, scale, noise, share = self.unpack(theta)
        product, slope = self.correlations(lengthscales)
        excess, steep = self._excess(product, lengthscales)
        R = product + share * excess
        K = scale * R
        K.flat[:: len(K) + 1] += self.known + noise * self.inferred
        try:
            L, _ = factorize(K, scale)
        except np.linalg.LinAlgError:
            return 1e25, np.zeros_like(theta)
        inverse, _ = dpotri(L, lower=1)  # leaves the zeros above the diagonal
        inverse = inverse + inverse.T
        inverse.flat[:: len(K) + 1] *= 0.5
        value, weights = self._value(L, inverse)
        W = np.outer(weights, weights) - inverse
        prior, prior_slope = self.compute_prior(theta)
        value += prior - self.rows.log_likelihood_within(noise)
        W *= scale
        found = np.empty(len(theta))
        d = len(lengthscales)
        found[:d] = self._by_columns(W, product, slope, lengthscales)
        found[d] = np.vdot(W, R)
        found[d + 1] = noise / scale * float(W.diagonal() @ self.inferred)
        found[d + 1] += self.rows.within / noise - self.rows.freedom
        if self.additive:
            found[:d] += share * (self._by_columns_alone(W, steep, lengthscales) - found[:d])
            found[d + 2] = share * (1.0 - share) * np.vdot(W, excess)
        return value, prior_slope - 0.5 * found

    def compute_prior(self, theta: Array) -> tuple[float, Array]:
        """Return the negative log prior and its gradient."""
        offset = (theta - self.loc) / self.spread
        value, slope = 0.5 * float(offset @ offset), offset / self.spread
        if self.inferred.any():
            j = self.X.shape[1] + 1
            more, slope[j] = self.priors.of_noise(float(theta[j]))
            value += more - 0.5 * float(offset[j]) ** 2
        return value, slope

    def _value(self, L: Array, inverse: Array) -> tuple[float, Array]:
        row = inverse.sum(1)
        solved = inverse @ self.y
        mean = float(solved.sum() / (row.sum() + self.precision))
        weights = solved - mean * row
        value = 0.5 * float((self.y - mean) @ weights) + float(np.log(L.diagonal()).sum())
        return value + 0.5 * len(self.y) * _LOG_2PI + 0.5 * self.precision * mean**2, weights

    def _excess(self, product: Array, lengthscales: Array) -> tuple[Array, Array]:
        """Return by how much the average over the columns, each alone, exceeds their product, and its slopes."""
        if not self.additive:
            return np.zeros(1), np.zeros(1)
        value, steep = self.kernel.alone(self.gaps, lengthscales)
        return value.mean(0) - product, steep

    def _by_columns(self, W: Array, R: Array, slope: Array, lengthscales: Array) -> Array:
        """Return ``tr(W dR/dt)`` for the logarithm ``t`` of each lengthscale, ``R`` a product over the columns."""
        numeric, C = self.kernel.numeric, self.centred
        S = W * slope
        out = np.empty(len(lengthscales))
        columns = np.einsum("i,ij->j", S.sum(1), C * C) - np.einsum("ij,ij->j", C, S @ C)
        out[numeric] = 2.0 * columns / lengthscales[numeric] ** 2
        if self.differs:
            T = S if slope is R else W * R
            out[~numeric] = np.array([np.vdot(T, M) for M in self.differs]) / lengthscales[~numeric]
        return out

    def _by_columns_alone(self, W: Array, steep: Array, lengthscales: Array) -> Array:
        """Return ``tr(W dR/dt)`` for the logarithm ``t`` of each lengthscale, ``R`` an average over the columns."""
        power = np.where(self.kernel.numeric, 2.0, 1.0)
        far = steep * self.gaps**2  # a categorical column's gaps are 0 or 1
        return np.asarray(far.reshape(len(far), -1) @ W.ravel() / lengthscales**power / len(far))

    def starts(self, initial: Hyperparameters | None) -> list[Array]:
        """Return the vectors to start from, the previous fit's first."""
        lows, highs = np.array(self.bounds()).T
        default = self.loc.copy()
        short = default.copy()
        short[: self.X.shape[1]] -= 1.0
        if self.additive:
            short[: self.X.shape[1]], short[-1] = np.log(_ROUGH), _MOSTLY_ADDITIVE
        out = [short] if self.additive else [default, short]
        if initial is not None and len(initial.lengthscales) == self.X.shape[1]:
            entries = np.concatenate([initial.lengthscales, [initial.outputscale, max(initial.noise, 1e-12)]])
            entries = np.log(np.maximum(entries, 1e-12))
            if self.additive:
                odds = (
                    float(np.log(initial.additive / (1.0 - initial.additive))) if 0.0 < initial.additive < 1.0 else 0.0
                )
                entries = np.append(entries, odds)
            out.insert(0, entries)
        return [np.clip(v, lows, highs) for v in out]

    def build_process(self, theta: Array) -> GaussianProcess:
        """Return the process at a vector."""
        lengthscales, scale, noise, share = self.unpack(theta)
        if not self.inferred.any():
            noise = 0.0
        process = build_process(
            self.kernel,
            (self.X, self.y, self.known + noise * self.inferred),
            Hyperparameters(lengthscales, scale, noise, np.nan, share),
            self.precision,
            -self.compute_prior(theta)[0],
        )
        return process.add_log_likelihood(self.rows.log_likelihood_within(noise))


def descend(target: Target, start: Array, bounds: list[tuple[float, float]], iterations: int) -> tuple[float, Array]:
    """Return the least value found from a start, and where."""
    from scipy.optimize import minimize

    found = minimize(
        target,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": iterations, "ftol": 1e-6, "gtol": 1e-3},
    )
    return float(found.fun), np.asarray(found.x)


def try_much_noise(
    posterior: NegativeLogPosterior, target: Target, found: tuple[float, Array], iterations: int
) -> tuple[float, Array]:
    """Return what was found, or the better mode where noise explains the results.

    Results with much noise have two modes: one takes it for noise, the other for a function that turns at each of them.

    Args:
        posterior: The posterior of the hyperparameters.
        target: What is minimised: that, or what stands for it.
        found: The least value found so far, and where.
        iterations: Of the search.
    """
    value, theta = found
    j = posterior.X.shape[1] + 1
    if not posterior.inferred.any() or theta[j] >= np.log(_LITTLE_NOISE):
        return found
    start = posterior.loc.copy()
    start[j] = np.log(MUCH_NOISE)
    if target(start)[0] > value + _HOPELESS[0] + _HOPELESS[1] * len(posterior.y):
        return found
    bounds = posterior.bounds()
    brief = descend(target, start, bounds, min(_BRIEF, iterations))
    if brief[0] > value + _NEAR:
        return found
    other = min(brief, descend(target, brief[1], bounds, iterations), key=lambda f: f[0])
    return choose_mode(target, found, other)


def choose_mode(target: Target, found: tuple[float, Array], other: tuple[float, Array]) -> tuple[float, Array]:
    """Return the likelier of two modes: of two nearly as high the wider, by Laplace's approximation."""
    ahead = found[0] - other[0]
    if abs(ahead) < _MOST_FOR_WIDTH and np.abs(found[1] - other[1]).max() > _SAME:
        narrower = _half_log_curvature(target, found[1]) - _half_log_curvature(target, other[1])
        ahead += float(np.clip(narrower, -_MOST_FOR_WIDTH, _MOST_FOR_WIDTH))
    return other if ahead > 0.0 else found


def _half_log_curvature(target: Target, theta: Array, step: float = 1e-3) -> float:
    """Return half the logarithm of the determinant of the second derivatives, flat directions counted by the prior."""
    H = np.array(
        [(target(theta + step * e)[1] - target(theta - step * e)[1]) / (2.0 * step) for e in np.eye(len(theta))]
    )
    return 0.5 * float(np.log(np.maximum(np.linalg.eigvalsh(0.5 * (H + H.T)), _LEAST_CURVATURE)).sum())


def pool_results(X: Array, y: Array, noise: Array | None, priors: Priors) -> PooledRows:
    """Return outcomes as a fit takes them, those at the same row together; known variances keep to the floor."""
    X, y = np.ascontiguousarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
    given = np.full(len(y), np.nan) if noise is None else np.asarray(noise, dtype=np.float64)
    return pool_rows(X, y, np.where(np.isnan(given), np.nan, np.maximum(given, priors.noise_floor)))


def fit_gp(
    X: Array,
    y: Array,
    noise: Array | None = None,
    *,
    kernel: Kernel | None = None,
    priors: Priors | None = None,
    initial_hyperparameters: Hyperparameters | None = None,
    starts: int = 2,
    max_iterations: int = 60,
    refine: bool = False,
    additive: bool = False,
    look_for_noise: bool = True,
) -> GaussianProcess:
    """Fit the hyperparameters by their posterior mode.

    Args:
        X: `n x d`, rows in the unit cube; duplicates are welcome.
        y: `n`, outcomes of the order of 1.
        noise: `n`, known noise variances; NaN where the noise is to be inferred, which is one variance for all such.
        kernel: Which columns are categorical and how smooth the process is; by default numeric and RBF.
        priors: Priors and bounds.
        initial_hyperparameters: Hyperparameters of an earlier fit to start from.
        starts: From how many starts, best first, the search runs.
        max_iterations: Of each search.
        refine: Whether to start from ``initial_hyperparameters`` alone, without a look at other starts.
        additive: Whether a share of the process, to be found, is a sum of functions of one column each.
        look_for_noise: Whether to look for a mode with much noise where one with little was found.

    Returns:
        The fitted process.

    Raises:
        numpy.linalg.LinAlgError: Only for rows or outcomes that are not finite.

    Example:
        >>> X = np.linspace(0, 1, 8)[:, None]
        >>> process = fit_gp(X, np.sin(6 * X[:, 0]))
        >>> mean, variance = process.posterior(np.array([[0.5]]))
        >>> bool(abs(mean[0] - np.sin(3.0)) < 0.05)
        True
    """
    chosen = priors or Priors()
    shape = kernel or Kernel(np.zeros(X.shape[1], dtype=bool))
    posterior = NegativeLogPosterior(shape, pool_results(X, y, noise, chosen), chosen, additive=additive)
    options = posterior.starts(initial_hyperparameters)
    if refine:
        options = options[:1]
    candidates = sorted(((posterior(t)[0], i, t) for i, t in enumerate(options)), key=lambda c: c[:2])
    best = candidates[0][0], candidates[0][2]
    for _, _, start in candidates[: max(starts, 1)]:
        best = min(best, descend(posterior, start, posterior.bounds(), max_iterations), key=lambda f: f[0])
    if look_for_noise and not refine:
        best = try_much_noise(posterior, posterior, best, max_iterations)
    return posterior.build_process(best[1])
