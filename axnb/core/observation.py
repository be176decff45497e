"""Points as Ax's models are given them."""

from dataclasses import dataclass

from axnb.api.types import TParameterization

__all__ = ["ObservationFeatures"]


@dataclass(frozen=True, slots=True)
class ObservationFeatures:
    """A point to predict at, or values to hold fixed.

    Args:
        parameters: The values.
        trial_index: Of which trial it is told; predictions do not depend on it.

    Example:
        >>> ObservationFeatures({"x": 0.5}).parameters
        {'x': 0.5}
    """

    parameters: TParameterization
    trial_index: int | None = None
