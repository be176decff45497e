"""Suggestions that keep to a known parameterization wherever that costs little.

After the search, parameters are set back one by one, the cheapest first, for as long as the suggestion stays nearly as
promising as it was, in the manner of BONSAI of BoTorch and Ax. Knows rows, an acquisition and a target.
"""

import numpy as np

from axnb.suggest.acquisition.base import Acquisition
from axnb.suggest.generators.base import GenerationRequest
from axnb.suggest.search.optimize import Region
from axnb.surrogate.kernels import Array

_TOLERANCE = 0.2
"""Share of the gain, over the best known row, that all the simplifications together may cost; not tuned."""


def find_target_row(request: GenerationRequest) -> Array | None:
    """Return the row to keep to: the pruning target's, or else the baseline's; ``None`` where there is neither."""
    goal, view = request.view.optimization, request.view
    if goal is not None and goal.pruning_target is not None:
        target = dict(goal.pruning_target)
    elif view.baseline is not None and request.space.is_member(view.trial(view.baseline).parameters):
        target = view.trial(view.baseline).parameters
    else:
        return None
    if any(name not in target for name in request.encoder.names):
        return None  # the space has grown since the target was given
    return np.asarray(request.encoder.encode([target])[0])


def simplify(acquisition: Acquisition, region: Region, row: Array, target: Array, known: Array) -> Array:
    """Return a row with as many columns as the target has, where that costs little.

    Args:
        acquisition: What the row maximises, as a logarithm.
        region: Where rows are allowed.
        row: `d`, the row found.
        target: `d`, the row to keep to.
        known: `k x d`, rows of which the best is what the gain is measured over.
    """
    found = float(acquisition.value(row[None])[0])
    floor = float(np.max(acquisition.value(known), initial=-np.inf)) if len(known) else -np.inf
    gain = -np.expm1(min(floor - found, 0.0))  # as a share of the row's value
    least = found + np.log(np.maximum(1.0 - _TOLERANCE * gain, 1e-300))
    while True:
        differs = np.flatnonzero(region.free_columns & (np.abs(row - target) > 1e-9))
        if len(differs) < 2:  # one change stays
            return row
        tried = np.repeat(row[None], len(differs), axis=0)
        tried[np.arange(len(differs)), differs] = target[differs]
        tried = region.project(tried)
        good = region.is_allowed(tried) & region.is_new(tried) & (np.abs(tried - row) > 1e-9).any(1)
        good &= (np.abs(tried - target) > 1e-9).sum(1) < len(differs)
        tried = tried[good]
        if not len(tried):
            return row
        values = acquisition.value(tried)
        best = int(np.argmax(values))
        if not values[best] >= least:
            return row
        row = tried[best]
