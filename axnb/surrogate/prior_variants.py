"""Posterior modes of one process under other priors than the usual one.

Smooth or rough, every column matters or few do, columns as they are or warped. The sparse prior is that of SAAS
(Eriksson and Jankowiak 2021, https://arxiv.org/abs/2103.00349) with a global scale that is given. Knows numbers alone.
"""

from dataclasses import dataclass, replace

import numpy as np

from axnb.interrupts import check_cancelled
from axnb.surrogate.gp import GaussianProcess, Hyperparameters, Priors, build_process, factorize
from axnb.surrogate.input_warp import InputWarp, InputWarpedGaussianProcess
from axnb.surrogate.kernels import Array, Kernel, Smoothness
from axnb.surrogate.replicates import PooledRows

_UNUSED, _USED = 3.0, -1.2  # logarithms of the lengthscales of columns that do not matter and do; not tuned
_MANY = 400  # results from which a mode is searched for briefly, for time
_WARP_SCALE = 0.4  # spread of the logarithms of the warps' exponents around 0; not tuned


@dataclass(frozen=True, slots=True)
class PriorVariant:
    """A prior other than the usual one.

    Args:
        smoothness: How smooth the function is.
        sparsity: Global scale of the inverse squared lengthscales, half-Cauchy: the smaller, the fewer columns matter;
            ``None`` for the usual priors.
        warps_inputs: Whether columns may be warped.
    """

    smoothness: Smoothness
    sparsity: float | None = None
    warps_inputs: bool = False


PRIOR_VARIANTS = (
    PriorVariant("matern52"),
    PriorVariant("matern52", sparsity=0.01),
    PriorVariant("rbf", sparsity=0.1),
    PriorVariant("matern52", sparsity=1.0),
    PriorVariant("rbf", warps_inputs=True),
)
"""Chosen by regret on the benchmark problems with few seeds, two to ten a problem: little tuned."""


class _NegativeLogPosterior:
    """The negative log posterior under a variant, with its gradient.

    The vector is (log lengthscales `d`, log outputscale, log noise, log a `k`, log b `k`); `k` columns may warp.
    """

    def __init__(self, kernel: Kernel, rows: PooledRows, variant: PriorVariant, priors: Priors) -> None:
        self.variant, self.priors, self.rows = variant, priors, rows
        self.kernel = replace(kernel, smoothness=variant.smoothness)
        self.X, self.y = rows.X, rows.y
        self.inferred, self.unknown = bool(rows.inferred.any()), rows.inferred
        self.known = rows.known
        self.d = self.X.shape[1]
        self.warped = np.flatnonzero(self.kernel.numeric) if variant.warps_inputs else np.zeros(0, dtype=np.int64)
        self.differs = [(c[:, None] != c[None]).astype(np.float64) for c in self.X.T]
        self.loc, self.spread = priors.of_lengthscales(self.kernel)

    def unpack(self, theta: Array) -> tuple[Array, float, float, InputWarp]:
        """Return lengthscales, outputscale, noise and warp."""
        d, k = self.d, len(self.warped)
        a, b = np.ones(d), np.ones(d)
        a[self.warped], b[self.warped] = np.exp(theta[d + 2 : d + 2 + k]), np.exp(theta[d + 2 + k :])
        return np.exp(theta[:d]), float(np.exp(theta[d])), float(np.exp(theta[d + 1])), InputWarp(a, b)

    def bounds(self) -> list[tuple[float, float]]:
        """Return the bounds of the vector."""
        low = float(np.log(self.priors.lengthscale_bounds[0]))
        noise = (float(np.log(self.priors.noise_floor)), 3.0) if self.inferred else (-30.0, -30.0)
        return [(low, 7.0)] * self.d + [(-5.0, 5.0), noise] + [(-1.4, 1.4)] * (2 * len(self.warped))

    def starts(self, process: GaussianProcess) -> list[Array]:
        """Return the vectors to start from."""
        h, tail = process.hyperparameters, np.zeros(2 * len(self.warped))
        rest = [float(np.log(max(h.outputscale, 1e-3))), float(np.log(max(h.noise, self.priors.noise_floor)))]
        found = np.concatenate([np.log(h.lengthscales), rest, tail])
        plain = np.concatenate([self.loc, rest, tail])
        options = [found, plain]
        if self.variant.sparsity is not None:
            options.append(self._grow_start(plain))
        lows, highs = np.array(self.bounds()).T
        return [np.clip(t, lows, highs) for t in options]

    def _grow_start(self, theta: Array, most: int = 4) -> Array:
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
        if self.variant.sparsity is None:
            offset = (theta[:d] - self.loc) / self.spread
            value, slope[:d] = 0.5 * float(offset @ offset), offset / self.spread
        else:
            squared = (np.exp(-2.0 * theta[:d]) / self.variant.sparsity) ** 2
            value, slope[:d] = float(np.log1p(squared).sum()), -4.0 * squared / (1.0 + squared)
        scale = min(p.outputscale_scale or 0.1, 10.0 if self.variant.sparsity is None else 0.5)
        value += 0.5 * float(theta[d] / scale) ** 2
        slope[d] = theta[d] / scale**2
        if self.inferred:
            more, slope[d + 1] = p.of_noise(float(theta[d + 1]))
            value += more
        warp = theta[d + 2 :] / _WARP_SCALE
        slope[d + 2 :] = warp / _WARP_SCALE
        return value + 0.5 * float(warp @ warp), slope

    def __call__(self, theta: Array) -> tuple[float, Array]:
        """Return the value and its gradient; a large value where the covariance does not factorise."""
        check_cancelled()
        lengthscales, scale, noise, warp = self.unpack(theta)
        Z = warp.transform(self.X)
        R, slope = self.kernel.correlation_with_slope(Z, Z, lengthscales)
        try:
            inverse, log_root = _invert(scale * R, self.known + noise * self.unknown)
        except np.linalg.LinAlgError:
            return 1e25, np.zeros_like(theta)
        row, solved = inverse.sum(1), inverse @ self.y
        mean = float(solved.sum() / (row.sum() + 1.0 / self.priors.mean_scale**2))
        weights = solved - mean * row
        value, gradient = self.prior(theta)
        value += 0.5 * float((self.y - mean) @ weights) + log_root + 0.5 * mean**2 / self.priors.mean_scale**2
        value -= self.rows.log_likelihood_within(noise)
        W = np.outer(weights, weights) - inverse
        gradient[: self.d + 2] -= 0.5 * self._differentiate_by_kernel(W, R, slope, (lengthscales, scale, noise), Z)
        if len(self.warped):
            gradient[self.d + 2 :] -= self._differentiate_by_warp(scale * W * slope, lengthscales, warp, Z)
        return value, gradient

    def _differentiate_by_kernel(
        self, W: Array, R: Array, slope: Array, found: tuple[Array, float, float], Z: Array
    ) -> Array:
        lengthscales, scale, noise = found
        out = np.empty(self.d + 2)
        S, T, C = scale * W * slope, scale * W * R, Z - 0.5
        out[: self.d] = 2.0 * (S.sum(1) @ (C * C) - np.einsum("ij,ij->j", C, S @ C)) / lengthscales**2
        for j in np.flatnonzero(self.kernel.categorical):
            out[j] = np.vdot(T, self.differs[j]) / lengthscales[j]
        out[self.d] = T.sum()
        out[self.d + 1] = noise * float(W.diagonal() @ self.unknown) + self.rows.within / noise - self.rows.freedom
        return out

    def _differentiate_by_warp(self, S: Array, lengthscales: Array, warp: InputWarp, Z: Array) -> Array:
        moved = (S @ Z - S.sum(1)[:, None] * Z) / lengthscales**2
        by_a, by_b = warp.differentiate_by_exponents(self.X)
        j = self.warped
        return np.concatenate([(moved * by_a).sum(0)[j], (moved * by_b).sum(0)[j]])

    def build_process(self, theta: Array) -> GaussianProcess | InputWarpedGaussianProcess:
        """Return the process at a vector."""
        lengthscales, scale, noise, warp = self.unpack(theta)
        noise = noise if self.inferred else 0.0
        base = build_process(
            self.kernel,
            (warp.transform(self.X), self.y, self.known + noise * self.unknown),
            Hyperparameters(lengthscales, scale, noise, np.nan),
            1.0 / self.priors.mean_scale**2,
            -self.prior(theta)[0],
        )
        base = base.add_log_likelihood(self.rows.log_likelihood_within(noise))
        return InputWarpedGaussianProcess(base, warp, self.X) if len(self.warped) else base


def _invert(K: Array, noise: Array) -> tuple[Array, float]:
    """Return the inverse of the covariance with noise, and half the logarithm of its determinant.

    Raises:
        numpy.linalg.LinAlgError: The matrix does not factorise with the largest jitter.
    """
    from scipy.linalg.lapack import dtrtri

    scale = float(K[0, 0])
    K.flat[:: len(K) + 1] += noise
    half, _ = dtrtri(factorize(K, scale)[0], lower=1)
    return half.T @ half, -float(np.log(half.diagonal()).sum())


def fit_prior_variant(
    process: GaussianProcess, rows: PooledRows, priors: Priors, variant: PriorVariant
) -> GaussianProcess | InputWarpedGaussianProcess:
    """Return the posterior mode under a variant of the prior.

    Args:
        process: The usual fit: columns and a start.
        rows: What it was fitted to.
        priors: Priors of noise and outputscale, and of lengthscales where the variant is not sparse.
        variant: The variant.

    Raises:
        numpy.linalg.LinAlgError: The covariance does not factorise at the mode.
    """
    from scipy.optimize import minimize

    target = _NegativeLogPosterior(process.kernel, rows, variant, priors)
    found = [
        minimize(
            target,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=target.bounds(),
            options={"maxiter": 30 if len(process.y) < _MANY else 5, "ftol": 1e-6},
        )
        for start in sorted(target.starts(process), key=lambda t: target(t)[0])[: 2 if variant.sparsity else 1]
    ]
    return target.build_process(np.asarray(min(found, key=lambda f: float(f.fun)).x))
