"""Points drawn at random, each independent of the others."""

import time
from dataclasses import dataclass

import numpy as np

from axnb.interrupts import check_cancelled
from axnb.record.trial import Provenance
from axnb.suggest.generators.base import GenerationRequest, Suggestion
from axnb.suggest.search.optimize import ENUMERATION_LIMIT, enumerate_rows, spread_rows

_BLOCK = 64  # points drawn at once


@dataclass(frozen=True, slots=True)
class UniformGenerator:
    """Suggests allowed and new points, uniform over the search space on the parameters' scales.

    Args:
        seed: Seed of the random numbers; ``None`` for the experiment's.
    """

    seed: int | None = None

    def generate(self, request: GenerationRequest, n: int) -> list[Suggestion]:
        """Return up to ``n`` suggestions, fewer where no new point is left."""
        out: list[Suggestion] = []
        while len(out) < n:
            check_cancelled()
            begun = time.perf_counter()
            parameters = self._draw(request)
            if parameters is None:
                break
            seconds = (("generate", time.perf_counter() - begun),)
            made = Suggestion(parameters=parameters, provenance=Provenance(generator="Uniform", seconds=seconds))
            out.append(made)
            request = request.after(made)
        return out

    def _draw(self, request: GenerationRequest) -> dict[str, str | int | float | bool] | None:
        rng = request.stream() if self.seed is None else np.random.default_rng([self.seed, request.index])
        for retry_failed in (False, True):
            region = request.region(retry_failed=retry_failed)
            if region.size <= ENUMERATION_LIMIT:
                rows = rng.permutation(enumerate_rows(region))
            else:
                rows = spread_rows(region, rng, _BLOCK)
                rows = rows[region.is_new(rows)]
            for row in rows:
                parameters = request.parameters(row)
                if request.space.satisfies(parameters):
                    return parameters
        return None
