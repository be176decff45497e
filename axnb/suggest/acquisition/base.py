"""What an acquisition is, and what builds one.

An acquisition scores rows of the unit cube, larger is better, on a logarithmic scale. It is built from models on their
own scales and linear outcomes of them; it knows nothing of metrics or units.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from axnb.surrogate.kernels import Array


class Acquisition(Protocol):
    """Scores rows; larger is better."""

    def value(self, X: Array) -> Array:
        """Return the scores of the `q` rows of ``X``."""
        ...

    def value_and_gradient(self, X: Array) -> tuple[Array, Array]:
        """Return the scores `q` and their gradients `q x d`."""
        ...


class SearchPhase(StrEnum):
    """What a search looks for.

    Example:
        >>> str(SearchPhase.FEASIBILITY)
        'feasibility'
    """

    FEASIBILITY = "feasibility"
    IMPROVEMENT = "improvement"
    HYPERVOLUME = "hypervolume"
    SCALARIZATION = "scalarization"


@dataclass(frozen=True, slots=True, eq=False)
class BuiltAcquisition:
    """An acquisition with what a search for its maximum needs.

    Args:
        acquisition: What to maximise.
        seeds: `k x d`, promising rows, best first, around which to look too.
        phase: What is looked for.
    """

    acquisition: Acquisition
    seeds: Array
    phase: SearchPhase


class AcquisitionBuilder(Protocol):
    """What is known, and fantasized, while suggestions are made."""

    def fantasize(self, row: Array, metrics: tuple[str, ...]) -> "AcquisitionBuilder":
        """Return the builder for which the metrics turned out at a row as expected."""
        ...

    def build(self) -> BuiltAcquisition:
        """Return what to maximise next."""
        ...
