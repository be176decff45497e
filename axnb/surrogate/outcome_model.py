"""The door for models: what suggestions and analyses ask of the model of one metric.

Suggestions work on the model's own scale, where its posterior is roughly normal; people see the metric's units. A model
says as data what it can do, and whoever asks shows less where it cannot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from axnb.surrogate.gp import Posterior
from axnb.surrogate.kernels import Array
from axnb.surrogate.sensitivity import ColumnSobolIndices

if TYPE_CHECKING:
    from botorch.models.model import Model

Support = Literal["exact", "approximate", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a model can do; what it cannot raises `UnsupportedError`.

    Args:
        gradients: Whether ``posterior_with_gradient`` works.
        joint_covariance: Whether ``joint_posterior`` works.
        conditioning: Whether ``condition`` works.
        sampling: Whether ``sample`` works.
        refitting: Whether ``refit`` works.
        prior_correlation: Whether ``prior_correlation`` works.
        leave_one_out: Whether ``leave_one_out`` gives what leaving out would, with the hyperparameters kept.
        sensitivity: Whether ``compute_sobol_indices`` are those of the posterior's mean.
        botorch: Whether the model that ``to_botorch`` returns has the same posterior.

    Example:
        >>> Capabilities(gradients=False).leave_one_out
        'exact'
    """

    gradients: bool = True
    joint_covariance: bool = True
    conditioning: bool = True
    sampling: bool = True
    refitting: bool = True
    prior_correlation: bool = True
    leave_one_out: Support = "exact"
    sensitivity: Support = "exact"
    botorch: Support = "exact"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingData:
    """What a model was fitted to.

    Args:
        X: `n x d`, rows in the unit cube.
        y: `n`, outcomes in the metric's own units.
        sem: `n`, their standard errors; NaN where unknown.
        targets: `n`, the outcomes on the model's scale.
        noise: `n`, variances of the observation noise on the model's scale, given or inferred.
        inferred_noise: Variance of the noise of results whose standard error is unknown, on the model's scale; 0 where
            there are none.
        inducing_points: Number of rows through which the results are known; ``None`` where each is.
    """

    X: Array
    y: Array
    sem: Array
    targets: Array
    noise: Array
    inferred_noise: float
    inducing_points: int | None = None


@runtime_checkable
class OutcomeModel(Protocol):
    """The model of one metric: asked, never opened, never changed.

    Rows lie in the unit cube. Means and variances are those of the metric without observation noise, on the model's
    scale; ``transform`` and ``untransform`` lead there from the metric's own units and back.
    `axnb.testing.check_outcome_model` holds an implementation to what is said here.
    """

    @property
    def name(self) -> str:
        """The metric's name."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What the model can do."""
        ...

    @property
    def data(self) -> TrainingData:
        """What the model was fitted to, what it was conditioned on included."""
        ...

    @property
    def components(self) -> tuple[tuple[float, "OutcomeModel"], ...]:
        """Weights and models that this one is a mixture of, on the same scale; for most models 1 and the model."""
        ...

    @property
    def is_affine(self) -> bool:
        """Whether the model's scale is the metric's own, moved and stretched."""
        ...

    def posterior(self, X: Array) -> tuple[Array, Array]:
        """Return mean and variance, `q` each, at the rows of ``X``."""
        ...

    def posterior_with_gradient(self, X: Array) -> Posterior:
        """Return mean and variance with their gradients by the rows; 0 for categorical columns."""
        ...

    def joint_posterior(self, X: Array) -> tuple[Array, Array]:
        """Return the mean `q` and the covariance `q x q` at the rows of ``X``."""
        ...

    def sample(self, X: Array, count: int, rng: np.random.Generator) -> Array:
        """Return draws `count x q` of the values at the rows of ``X`` together."""
        ...

    def condition(self, x: Array, target: float, noise: float = 0.0) -> "OutcomeModel":
        """Return the model with one more observation and the same hyperparameters: a fantasy.

        Args:
            x: `d`, the new row.
            target: Its outcome on the model's scale.
            noise: Variance of its noise.
        """
        ...

    def leave_one_out(self) -> tuple[Array, Array]:
        """Return mean and variance `n` of the value at each row of the data, given all results but its own."""
        ...

    def refit(self, rows: NDArray[np.bool_]) -> "OutcomeModel":
        """Return a model fitted again to some of the results only, on the same scale.

        Args:
            rows: `n`, which of the results.
        """
        ...

    def prior_correlation(self, A: Array, B: Array) -> Array:
        """Return how alike the model holds the rows of ``A`` and ``B`` before any results, `n x m`, up to 1."""
        ...

    def compute_sobol_indices(self, levels: NDArray[np.int64]) -> ColumnSobolIndices:
        """Return how much of the variance of the mean over the cube each column explains.

        Args:
            levels: `d`, number of values of each column, equally likely; 0 for a continuous one.
        """
        ...

    def to_botorch(self) -> "Model":
        """Return a BoTorch model of one output, on the model's scale; imports PyTorch."""
        ...

    def summarize(self, columns: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Return names and values of the hyperparameters in the form that is kept in records.

        Args:
            columns: Names of the columns.
        """
        ...

    def transform(self, y: Array) -> Array:
        """Return outcomes in the metric's own units on the model's scale."""
        ...

    def transform_slope(self, y: Array) -> Array:
        """Return the derivative of ``transform``."""
        ...

    def untransform(self, z: Array) -> Array:
        """Return values on the model's scale in the metric's own units."""
        ...

    def untransform_moments(self, mean: Array, variance: Array) -> tuple[Array, Array]:
        """Return mean and standard deviation in the metric's own units of normal values on the model's scale."""
        ...
