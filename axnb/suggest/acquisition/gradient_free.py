"""Acquisitions of models whose posterior is not differentiable by the rows: a search then only compares scores."""

from dataclasses import dataclass, replace

import numpy as np

from axnb.suggest.acquisition.base import Acquisition, AcquisitionBuilder, BuiltAcquisition
from axnb.surrogate.kernels import Array


@dataclass(frozen=True, slots=True, eq=False)
class GradientFreeAcquisition:
    """An acquisition that is flat for an ascent, as the mean of a forest is nearly everywhere.

    Args:
        acquisition: Gives the scores.
    """

    acquisition: Acquisition

    def value(self, X: Array) -> Array:
        """Return the scores of the rows."""
        return self.acquisition.value(X)

    def value_and_gradient(self, X: Array) -> tuple[Array, Array]:
        """Return the scores, and no direction."""
        return self.acquisition.value(X), np.zeros_like(X)


@dataclass(frozen=True, slots=True, eq=False)
class GradientFreeBuilder:
    """A builder over models without gradients.

    Args:
        builder: What builds the acquisition.
    """

    builder: AcquisitionBuilder

    def fantasize(self, row: Array, metrics: tuple[str, ...]) -> "GradientFreeBuilder":
        """Return the builder for which the metrics turned out at a row as expected."""
        return GradientFreeBuilder(self.builder.fantasize(row, metrics))

    def build(self) -> BuiltAcquisition:
        """Return what to maximise and the rows around which to look."""
        built = self.builder.build()
        return replace(built, acquisition=GradientFreeAcquisition(built.acquisition))
