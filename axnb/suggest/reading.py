"""The model that people look at: predictions and cards ask it, suggestions do not.

The model behind suggestions may see a metric through a warp that spreads out the best results and says little about
the rest. That finds the optimum sooner, and draws a poor map. For reading, a metric keeps its own scale unless the warp
explains the results far better.
"""

from collections import OrderedDict
from dataclasses import replace
from threading import Lock

import numpy as np

from axnb.record.experiment import ExperimentView
from axnb.suggest.fitting import FittedModel, fit_model
from axnb.surrogate.encoder import Encoder
from axnb.surrogate.gaussian_process_model import MetricData
from axnb.surrogate.gp import Priors
from axnb.surrogate.kernels import Kernel
from axnb.surrogate.outcome_model import OutcomeModel
from axnb.surrogate.surrogate import Surrogate, fit_outcome_model, predict_left_out
from axnb.surrogate.threads import single_thread

_MUCH_BETTER = 0.7  # ratio of leave-one-out errors at which a warp is kept; not tuned
_KEPT = 4  # models kept: for memory, not tuned

_READABLE: "OrderedDict[int, tuple[FittedModel, FittedModel]]" = OrderedDict()
_LOCK = Lock()


def fit_readable_model(view: ExperimentView) -> FittedModel:
    """Return the model of an experiment's state that predictions and cards ask.

    Raises:
        NotConfiguredError: If there is no search space yet.
        DataRequiredError: If there are no results yet, or none of a metric of the goal.
    """
    model = fit_model(view)
    with _LOCK:
        held = _READABLE.get(id(model))
        if held is not None and held[0] is model:
            return held[1]
    made = _unwarp(model)
    with _LOCK:
        _READABLE[id(model)] = (model, made)
        while len(_READABLE) > _KEPT:
            _READABLE.popitem(last=False)
    return made


def _unwarp(model: FittedModel) -> FittedModel:
    with single_thread():
        models = tuple(_fit_for_reading(m, model.encoder) for m in model.surrogate.models)
    return replace(model, surrogate=Surrogate(models))


def _fit_for_reading(model: OutcomeModel, encoder: Encoder) -> OutcomeModel:
    if model.is_affine or model.capabilities.leave_one_out == "none":
        return model
    known = model.data
    data = MetricData(name=model.name, X=known.X, y=known.y, sem=known.sem, is_summed=True)
    plain = fit_outcome_model(
        data, Kernel(encoder.categorical), priors=Priors()
    )  # hyperparameters of a warped scale would mislead
    return model if _measure_error(model) < _MUCH_BETTER * _measure_error(plain) else plain


def _measure_error(model: OutcomeModel) -> float:
    observed, mean, _ = predict_left_out(model)
    miss = np.abs(observed - mean)
    largest = miss.max()
    return float(largest * np.sqrt(np.mean((miss / largest) ** 2))) if largest > 0 else 0.0  # no square overflows
