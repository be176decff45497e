"""A box around the best point that grows with successes and shrinks with failures: for many parameters.

As in TuRBO (Eriksson et al. 2019, https://arxiv.org/abs/1910.01739), with its lengths and tolerances. How large the box
is follows from the trials, so that nothing of it is stored.
"""

from dataclasses import replace

import numpy as np

from axnb.record.experiment import arm_results
from axnb.record.trial import ArmResult
from axnb.suggest.acquisition.base import Acquisition
from axnb.suggest.best import find_baseline, observe_utility
from axnb.suggest.generators.base import GenerationRequest
from axnb.suggest.search.optimize import Region, maximise
from axnb.surrogate.kernels import Array

START, SMALLEST, LARGEST = 0.8, 0.5**7, 1.6
"""Lengths of the box as shares of each parameter's range."""
_SUCCESSES = 3  # in a row, after which it doubles
_FAILURES = 4  # in a row, or as many as there are parameters if these are more, after which it halves
_GAIN = 1e-3  # share of the best value by which one is better


def search_trust_region(acquisition: Acquisition, region: Region, rng: np.random.Generator) -> Array:
    """Return the best row of a region, which is narrow already."""
    found = maximise(acquisition, region, rng)
    return np.full(region.encoder.dimension, np.nan) if found is None else found[0]


def narrow_to_trust_region(request: GenerationRequest) -> GenerationRequest:
    """Return the request for points in the box; as it is with several objectives or where nothing feasible is known."""
    goal = request.view.optimization
    if request.near is not None or goal is None or goal.is_multi_objective:
        return request
    best: ArmResult | None = None
    held, baseline = None, find_baseline(request.view)
    length, successes, failures = START, 0, 0
    patience = max(_FAILURES, request.encoder.dimension)
    for result in arm_results(request.view):
        value = observe_utility(result, goal, request.space, baseline)
        is_better = value is not None and (held is None or value > held + _GAIN * abs(held))
        if result.provenance.models and (value is not None or result.status.is_failure):
            successes, failures = (successes + 1, 0) if is_better else (0, failures + 1)
            if successes == _SUCCESSES:
                length, successes = min(2.0 * length, LARGEST), 0
            elif failures == patience:
                length, failures = length / 2.0, 0
            length = START if length < SMALLEST else length  # begin anew around the best point
        if value is not None and (held is None or value > held):
            best, held = result, value
    if best is None:
        return request
    return replace(request, near=(best.parameters, min(length / 2.0, 1.0)))
