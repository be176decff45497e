"""Points that were tried, to be tried again."""

from dataclasses import dataclass

import numpy as np

from axnb.problem.parameters import ParameterValue
from axnb.record.experiment import arm_results
from axnb.record.trial import Provenance
from axnb.suggest.generators.base import GenerationRequest, Suggestion

_LEVEL = 1e-9  # distance in the unit cube up to which a value is the one that is held fixed


@dataclass(frozen=True, slots=True)
class InSampleGenerator:
    """Suggests points that have results, each about as often: to repeat measurements."""

    def generate(self, request: GenerationRequest, n: int) -> list[Suggestion]:
        """Return ``n`` suggestions, drawn from the points that were tried least; none where nothing was."""
        times: dict[tuple[tuple[str, ParameterValue], ...], int] = {}
        held = ~np.isnan(request.fixed)
        for result in arm_results(request.view):
            if result.status.is_lost or not request.space.is_member(result.parameters):
                continue
            row = request.encoder.encode([result.parameters])[0]
            if (np.abs(row[held] - request.fixed[held]) < _LEVEL).all():
                key = tuple(result.parameters.items())
                times[key] = times.get(key, 0) + 1
        rng = request.stream()
        out: list[Suggestion] = []
        while len(out) < n and times:
            least = min(times.values())
            rare = [key for key, count in times.items() if count == least]
            key = rare[int(rng.integers(len(rare)))]
            times[key] += 1
            out.append(Suggestion(parameters=dict(key), provenance=Provenance(generator="InSample")))
        return out
