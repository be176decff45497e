"""The middle of the search space."""

from dataclasses import dataclass

import numpy as np

from axnb.record.trial import Provenance
from axnb.suggest.generators.base import GenerationRequest, Suggestion
from axnb.suggest.search.optimize import Region, spread_rows
from axnb.surrogate.kernels import Array

_SAMPLE = 512  # allowed rows of which the middle is taken; not tuned


@dataclass(frozen=True, slots=True)
class CenterGenerator:
    """Suggests the middle of every parameter, or of what the constraints leave; nothing if that was tried."""

    def generate(self, request: GenerationRequest, n: int) -> list[Suggestion]:
        """Return at most one suggestion."""
        region = request.region()
        row = _find_middle(region, request)
        if n < 1 or row is None or not region.is_new(row[None])[0]:
            return []
        parameters = request.parameters(row)
        if not request.space.satisfies(parameters):
            return []
        return [Suggestion(parameters=parameters, provenance=Provenance(generator="Center"))]


def _find_middle(region: Region, request: GenerationRequest) -> Array | None:
    row = region.project(request.encoder.center()[None])
    if region.is_allowed(row)[0]:
        return np.asarray(row[0])
    rows = spread_rows(region, request.stream(), _SAMPLE)
    if not len(rows):
        return None
    mean = region.project(rows.mean(0, keepdims=True))  # in a convex region the mean is inside
    if region.is_allowed(mean)[0]:
        return np.asarray(mean[0])
    return np.asarray(rows[np.argmin(((rows - mean) ** 2).sum(1))])
