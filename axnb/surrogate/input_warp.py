"""Gaussian processes over warped columns.

The warp is the Kumaraswamy distribution function of Snoek, Swersky, Zemel and Adams (2014,
https://arxiv.org/abs/1402.0929). Knows numbers alone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from axnb.surrogate.gp import GaussianProcess, Hyperparameters, Posterior
from axnb.surrogate.kernels import Array

EDGE = 1e-6  # distance from the ends of a column at which slopes stay finite; not tuned
"""Warped coordinates keep this far from the ends, where slopes are infinite."""


@dataclass(frozen=True, slots=True, eq=False)
class InputWarp:
    """A monotone map of each column of the unit cube onto itself, ``1 - (1 - u ** a) ** b``.

    Args:
        a: `d`, exponents that bend the lower end.
        b: `d`, exponents that bend the upper end.

    Example:
        >>> warp = InputWarp(np.array([2.0]), np.array([1.0]))
        >>> warp.transform(np.array([[0.5]])).round(6).tolist()
        [[0.25]]
    """

    a: Array
    b: Array

    def transform(self, X: Array) -> Array:
        """Return the warped rows."""
        u = np.clip(X, EDGE, 1.0 - EDGE)
        return np.asarray(np.where(self.is_straight, X, 1.0 - (1.0 - u**self.a) ** self.b))

    def slope(self, X: Array) -> Array:
        """Return the derivatives of ``transform`` by the coordinates."""
        u = np.clip(X, EDGE, 1.0 - EDGE)
        steep = self.a * self.b * u ** (self.a - 1.0) * (1.0 - u**self.a) ** (self.b - 1.0)
        return np.asarray(np.where(self.is_straight, 1.0, steep))

    def differentiate_by_exponents(self, X: Array) -> tuple[Array, Array]:
        """Return the derivatives of ``transform`` by the logarithms of ``a`` and ``b``."""
        u = np.clip(X, EDGE, 1.0 - EDGE)
        power = u**self.a
        rest = 1.0 - power
        by_a = self.a * self.b * rest ** (self.b - 1.0) * power * np.log(u)
        return by_a, -self.b * rest**self.b * np.log(rest)

    @property
    def is_straight(self) -> NDArray[np.bool_]:
        """Which columns stay as they are, `d`."""
        straight: NDArray[np.bool_] = (self.a == 1.0) & (self.b == 1.0)
        return straight


@dataclass(frozen=True, slots=True, eq=False)
class InputWarpedGaussianProcess:
    """A process over warped columns that is asked in straight ones.

    Args:
        base: The process over the warped columns.
        input_warp: From straight columns to warped ones.
        X: `n x d`, the straight training rows.
    """

    base: GaussianProcess
    input_warp: InputWarp
    X: Array

    @property
    def y(self) -> Array:
        """Training outcomes, `n`."""
        return self.base.y

    @property
    def noise(self) -> Array:
        """Variance of each outcome, `n`."""
        return self.base.noise

    @property
    def hyperparameters(self) -> Hyperparameters:
        """Hyperparameters of the process over the warped columns."""
        return self.base.hyperparameters

    @property
    def log_likelihood(self) -> float:
        """Log marginal likelihood."""
        return self.base.log_likelihood

    def prior_covariance(self, A: Array, B: Array) -> Array:
        """Return the covariances between two sets of rows before any data."""
        return self.base.prior_covariance(self.input_warp.transform(A), self.input_warp.transform(B))

    def posterior(self, X: Array) -> tuple[Array, Array]:
        """Return the latent mean and variance at the rows of ``X``."""
        return self.base.posterior(self.input_warp.transform(X))

    def joint_posterior(self, X: Array) -> tuple[Array, Array]:
        """Return the latent mean and covariance at the rows of ``X``."""
        return self.base.joint_posterior(self.input_warp.transform(X))

    def posterior_with_gradient(self, X: Array) -> Posterior:
        """Return the latent mean and variance with their gradients."""
        found = self.base.posterior_with_gradient(self.input_warp.transform(X))
        slope = self.input_warp.slope(X)
        return found._replace(
            mean_gradient=found.mean_gradient * slope, variance_gradient=found.variance_gradient * slope
        )

    def sample(self, X: Array, count: int, rng: np.random.Generator) -> Array:
        """Return draws from the joint posterior at the rows of ``X``."""
        return self.base.sample(self.input_warp.transform(X), count, rng)

    def condition(self, x: Array, y: float, noise: float = 0.0) -> "InputWarpedGaussianProcess":
        """Return this process with one more observation."""
        base = self.base.condition(self.input_warp.transform(x[None])[0], y, noise)
        return InputWarpedGaussianProcess(base, self.input_warp, np.vstack([self.X, x]))

    def leave_one_out(self) -> tuple[Array, Array]:
        """Return mean and variance of each latent value, given all outcomes but its own."""
        return self.base.leave_one_out()
