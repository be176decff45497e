"""The model of one metric as a mixture over what its hyperparameters may be.

Each component is a posterior mode under another prior and counts by how likely it makes the results: a coarse stand-in
for integrating over hyperparameters (Rasmussen and Williams 2006, chapter 5.2). Knows rows and named outcomes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from axnb.errors import UnsupportedError
from axnb.surrogate.gaussian_process_model import GaussianProcessModel
from axnb.surrogate.gp import GaussianProcess, Posterior, Priors
from axnb.surrogate.kernels import Array
from axnb.surrogate.outcome_model import Capabilities, OutcomeModel, TrainingData
from axnb.surrogate.prior_variants import PRIOR_VARIANTS, fit_prior_variant
from axnb.surrogate.sensitivity import ColumnSobolIndices
from axnb.surrogate.surrogate import Surrogate
from axnb.surrogate.threads import single_thread

if TYPE_CHECKING:
    from botorch.models.model import Model

Components = tuple[tuple[float, OutcomeModel], ...]

_LEAST_RESULTS = 4  # for other priors than the usual one; not tuned
_LEAST_WEIGHT = 0.03  # of a component that is kept, for time; not tuned
_TEMPER = 0.5  # modes flatter themselves; their likelihoods count by half. Little tuned


@dataclass(frozen=True, slots=True, eq=False)
class MixtureModel:
    """A weighted mixture of models of one metric that share its scale; weights stay when results are added.

    Args:
        base: The usual fit, whose hyperparameters, sensitivity and BoTorch model stand for the mixture's.
        components: Weights, which sum to 1, and models.
    """

    base: OutcomeModel
    components: Components

    @property
    def name(self) -> str:
        """The metric's name."""
        return self.base.name

    @property
    def capabilities(self) -> Capabilities:
        """What all components can do; the base stands for the mixture where that has no closed form."""
        every = [m.capabilities for _, m in self.components]
        out = [c.leave_one_out for c in every]
        base = self.base.capabilities
        return Capabilities(
            gradients=all(c.gradients for c in every),
            joint_covariance=all(c.joint_covariance for c in every),
            conditioning=base.conditioning and all(c.conditioning for c in every),
            sampling=all(c.sampling for c in every),
            refitting=False,
            prior_correlation=all(c.prior_correlation for c in every),
            leave_one_out="none" if "none" in out else "approximate" if "approximate" in out else "exact",
            sensitivity="none" if base.sensitivity == "none" else "approximate",
            botorch="none" if base.botorch == "none" else "approximate",
        )

    @property
    def data(self) -> TrainingData:
        """What the mixture was fitted to; the noise is the base's."""
        return self.base.data

    @property
    def is_affine(self) -> bool:
        """Whether the model's scale is the metric's own, moved and stretched."""
        return self.base.is_affine

    def posterior(self, X: Array) -> tuple[Array, Array]:
        """Return mean and variance, `q` each, of the mixture at the rows of ``X``."""
        return _mix(self.components, [m.posterior(X) for _, m in self.components])

    def posterior_with_gradient(self, X: Array) -> Posterior:
        """Return mean and variance with their gradients by the rows."""
        parts = [m.posterior_with_gradient(X) for _, m in self.components]
        mean, variance = _mix(self.components, [p[:2] for p in parts])
        w = _list_weights(self.components)[:, None, None]
        slopes = np.array([p.mean_gradient for p in parts])
        beside = np.array([p.mean - mean for p in parts])[:, :, None]
        spread = np.array([p.variance_gradient for p in parts]) + 2.0 * beside * slopes
        return Posterior(mean, variance, (w * slopes).sum(0), (w * spread).sum(0))

    def joint_posterior(self, X: Array) -> tuple[Array, Array]:
        """Return the mean `q` and the covariance `q x q` of the mixture at the rows of ``X``."""
        parts = [m.joint_posterior(X) for _, m in self.components]
        mean = _list_weights(self.components) @ np.array([p[0] for p in parts])
        covariance = np.zeros((len(X), len(X)))
        for (w, _), (middle, spread) in zip(self.components, parts, strict=True):
            covariance += w * (spread + np.outer(middle - mean, middle - mean))
        return mean, covariance

    def sample(self, X: Array, count: int, rng: np.random.Generator) -> Array:
        """Return draws `count x q` of the values at the rows of ``X`` together, each by one component."""
        out = np.empty((count, len(X)))
        chosen = rng.choice(len(self.components), size=count, p=_list_weights(self.components))
        for k, (_, model) in enumerate(self.components):
            at = np.flatnonzero(chosen == k)
            if len(at):
                out[at] = model.sample(X, len(at), rng)
        return out

    def condition(self, x: Array, target: float, noise: float = 0.0) -> "MixtureModel":
        """Return the mixture with one more observation, and the same hyperparameters and weights."""
        components = tuple((w, m.condition(x, target, noise)) for w, m in self.components)
        return MixtureModel(self.base.condition(x, target, noise), components)

    def leave_one_out(self) -> tuple[Array, Array]:
        """Return mean and variance `n` of the value at each row of the data, given all results but its own."""
        return _mix(self.components, [m.leave_one_out() for _, m in self.components])

    def refit(self, rows: NDArray[np.bool_]) -> "MixtureModel":
        """Refuse to fit again.

        Raises:
            UnsupportedError: Always.
        """
        raise UnsupportedError("this model is an average of several fits, which is not fitted again to a part.")

    def prior_correlation(self, A: Array, B: Array) -> Array:
        """Return how alike the components hold two sets of rows before any results, on average."""
        return np.asarray(sum(w * m.prior_correlation(A, B) for w, m in self.components))

    def compute_sobol_indices(self, levels: NDArray[np.int64]) -> ColumnSobolIndices:
        """Return how much of the variance of the base's mean each column explains."""
        return self.base.compute_sobol_indices(levels)

    def to_botorch(self) -> "Model":
        """Return a BoTorch model of the base, on the model's scale; imports PyTorch."""
        return self.base.to_botorch()

    def summarize(self, columns: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Return the base's hyperparameters, from which the next fit starts."""
        return self.base.summarize(columns)

    def transform(self, y: Array) -> Array:
        """Return outcomes in the metric's own units on the model's scale."""
        return self.base.transform(y)

    def transform_slope(self, y: Array) -> Array:
        """Return the derivative of ``transform``."""
        return self.base.transform_slope(y)

    def untransform(self, z: Array) -> Array:
        """Return values on the model's scale in the metric's own units."""
        return self.base.untransform(z)

    def untransform_moments(self, mean: Array, variance: Array) -> tuple[Array, Array]:
        """Return mean and standard deviation in the metric's own units of normal values on the model's scale."""
        return self.base.untransform_moments(mean, variance)


def _list_weights(components: Components) -> Array:
    return np.array([w for w, _ in components])


def _mix(components: Components, parts: Sequence[tuple[Array, Array]]) -> tuple[Array, Array]:
    """Return mean and variance of a mixture, given those of its components."""
    w = _list_weights(components)[:, None]
    means, variances = np.array([p[0] for p in parts]), np.array([p[1] for p in parts])
    mean = (w * means).sum(0)
    return mean, (w * (variances + (means - mean) ** 2)).sum(0)


def fit_mixture(model: GaussianProcessModel, priors: Priors | None = None) -> MixtureModel:
    """Return the mixture around a fitted model.

    Args:
        model: The usual fit.
        priors: Priors of noise and outputscale, and of lengthscales where a variant is not sparse.
    """
    members = [model.process]
    if isinstance(model.process, GaussianProcess) and len(model.y) >= _LEAST_RESULTS:
        rows = model.pool_targets()
        for variant in PRIOR_VARIANTS:
            try:
                members.append(fit_prior_variant(model.process, rows, priors or Priors(), variant))
            except (np.linalg.LinAlgError, ValueError, FloatingPointError):
                continue  # one variant less
    scores = _TEMPER * np.array([p.log_likelihood for p in members])
    scores = np.where(np.isfinite(scores), scores, -np.inf)
    weights = np.exp(scores - scores.max())
    kept = np.flatnonzero(weights >= _LEAST_WEIGHT * weights.sum())
    weights = weights[kept] / weights[kept].sum()
    models = [replace(model, process=members[i]) for i in kept]
    return MixtureModel(model, tuple(zip(weights.tolist(), models, strict=True)))


def average_over_priors(surrogate: Surrogate, priors: Priors | None = None) -> Surrogate:
    """Return the surrogate with every model of one Gaussian process made a mixture.

    Example:
        >>> from axnb.surrogate.surrogate import MetricData, fit
        >>> X = np.linspace(0, 1, 8)[:, None]
        >>> data = MetricData(name="y", X=X, y=np.sin(5 * X[:, 0]), sem=np.full(8, np.nan))
        >>> average_over_priors(fit([data])).predict(np.array([[0.5]]))[0].shape
        (1, 1)
    """
    with single_thread():
        models = [fit_mixture(m, priors) if isinstance(m, GaussianProcessModel) else m for m in surrogate.models]
    return Surrogate(tuple(models))
