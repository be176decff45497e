"""Quasi-random points: one scrambled Sobol sequence a seed, by position.

The sequence is SciPy's: direction numbers of Joe and Kuo (2008), scrambled as in Owen (1998).
"""

import time
from dataclasses import dataclass

import numpy as np

from axnb.interrupts import check_cancelled
from axnb.record.trial import Provenance
from axnb.suggest.generators.base import GenerationRequest, Suggestion
from axnb.suggest.search.optimize import ENUMERATION_LIMIT, enumerate_rows, spread_rows
from axnb.surrogate.kernels import Array

_BLOCK = 64  # points drawn at once: a power of two keeps the sequence balanced
_BLOCKS = 32  # positions looked at for one suggestion: 2048; not tuned
_MOST_COLUMNS = 21201  # what the direction numbers are tabulated for


def draw_sequence(seed: int, dimension: int, position: int, count: int) -> Array:
    """Return `count x d` points of the sequence of a seed, from a position on.

    Example:
        >>> whole = draw_sequence(7, 2, 0, 8)
        >>> bool(np.allclose(whole[5:], draw_sequence(7, 2, 5, 3)))
        True
    """
    if not 0 < dimension <= _MOST_COLUMNS:
        rows = [np.random.default_rng([seed, position + i]).random(dimension) for i in range(count)]
        return np.array(rows).reshape(count, dimension)
    from scipy.stats import qmc

    engine = qmc.Sobol(dimension, scramble=True, rng=np.random.default_rng([seed, 0x50B01]))
    start = position // _BLOCK * _BLOCK  # whole blocks keep the engine's promises, and its warnings away
    if start:
        engine.fast_forward(start)
    blocks = -(-(position + count - start) // _BLOCK)
    points = np.vstack([engine.random(_BLOCK) for _ in range(blocks)])
    return np.asarray(points[position - start : position - start + count], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class SobolGenerator:
    """Suggests the next points of the sequence that are allowed and new.

    Args:
        seed: Seed of the sequence; ``None`` for the experiment's.
    """

    seed: int | None = None

    def generate(self, request: GenerationRequest, n: int) -> list[Suggestion]:
        """Return up to ``n`` suggestions, fewer where no new point is left."""
        out: list[Suggestion] = []
        while len(out) < n:
            check_cancelled()
            suggestion = self._next(request)
            if suggestion is None:
                break
            out.append(suggestion)
            request = request.after(suggestion)
        return out

    def _next(self, request: GenerationRequest) -> Suggestion | None:
        begun = time.perf_counter()
        region = request.region()
        seed = request.view.seed if self.seed is None else self.seed
        for block in range(_BLOCKS):
            start = request.position + block * _BLOCK
            rows = region.project_uniform(draw_sequence(seed, request.encoder.dimension, start, _BLOCK))
            good = np.flatnonzero(region.is_allowed(rows) & region.is_new(rows))
            for i in good:
                parameters = request.parameters(rows[i])
                if request.space.satisfies(parameters):
                    return _make_suggestion(parameters, start + int(i), begun)
            if region.is_restricted and block == 1 and not len(good):
                break
        return self._look_elsewhere(request, begun)

    def _look_elsewhere(self, request: GenerationRequest, begun: float) -> Suggestion | None:
        """Return a random allowed point, where the sequence finds none soon; failed ones last."""
        rng = request.stream()
        for retry_failed in (False, True):
            region = request.region(retry_failed=retry_failed)
            if region.size <= ENUMERATION_LIMIT:
                rows = enumerate_rows(region)
            else:
                rows = spread_rows(region, rng, 4 * _BLOCK)
                rows = rows[region.is_new(rows)]
            for i in rng.permutation(len(rows)):
                parameters = request.parameters(rows[i])
                if request.space.satisfies(parameters):
                    return _make_suggestion(parameters, request.position, begun)
        return None


def _make_suggestion(parameters: dict[str, str | int | float | bool], position: int, begun: float) -> Suggestion:
    seconds = (("generate", time.perf_counter() - begun),)
    return Suggestion(
        parameters=parameters, provenance=Provenance(generator="Sobol", position=position, seconds=seconds)
    )
