"""How well a model predicts results that it was not told: by leave-one-out, or fits to parts of the results."""

import numpy as np

from axnb.errors import DataRequiredError, UnsupportedError
from axnb.surrogate.kernels import Array
from axnb.surrogate.outcome_model import OutcomeModel
from axnb.surrogate.surrogate import compute_noise_variance, predict_left_out
from axnb.surrogate.threads import single_thread

_LEAST_SD = 1e-12  # share of the results' spread below which a standard deviation is taken for 0


def predict_folds(model: OutcomeModel, folds: int, seed: int) -> tuple[Array, Array]:
    """Return mean and standard deviation of a new observation of each result, from a fit to the other parts.

    Both are on the scale that the model works on, which all parts share; results at one point are in the same part.

    Args:
        model: The model.
        folds: Number of parts.
        seed: Of the random parts.

    Raises:
        UnsupportedError: If the model is not fitted again.
        DataRequiredError: If there are fewer points than parts.
    """
    data = model.data
    if not model.capabilities.refitting:
        raise UnsupportedError(
            f"the model of {model.name!r} is not fitted again to a part of the results: use folds=-1."
        )
    _, point = np.unique(data.X, axis=0, return_inverse=True)
    count = int(point.max()) + 1
    if count < folds:
        raise DataRequiredError(
            f"This leaves out {folds} parts, and needs as many points with results; there are {count}."
        )
    part = np.random.default_rng([seed, folds]).permutation(np.arange(count) % folds)[point.ravel()]
    mean, sd = np.empty(len(part)), np.empty(len(part))
    with single_thread():
        for k in range(folds):
            test = part == k
            rest = model.refit(~test)
            mean[test], variance = rest.posterior(data.X[test])
            sd[test] = np.sqrt(variance + compute_noise_variance(rest, data.y[test], data.sem[test]))
    return mean, sd


def score_held_out(model: OutcomeModel, criterion: str, num_folds: int = 10) -> float:
    """Return how well a model predicts each result without it; larger is better.

    Args:
        model: The model.
        criterion: ``"rank_correlation"`` (Spearman), ``"mean_squared_error"`` (its negative) or ``"log_likelihood"``
            (the mean log density), all in the metric's own units.
        num_folds: Number of parts, where the model has no leave-one-out in closed form.

    Raises:
        DataRequiredError: If there is one result.

    Example:
        >>> from axnb.surrogate.gaussian_process_model import MetricData
        >>> from axnb.surrogate.surrogate import fit
        >>> X = np.linspace(0, 1, 8)[:, None]
        >>> model = fit([MetricData(name="y", X=X, y=np.sin(4 * X[:, 0]), sem=np.full(8, np.nan))]).models[0]
        >>> score_held_out(model, "rank_correlation") > 0.9
        True
    """
    y, mean, sd = _predict_held_out(model, num_folds)
    if criterion == "mean_squared_error":
        return -float(np.mean((y - mean) ** 2))
    if criterion == "log_likelihood":
        sd = np.maximum(sd, _LEAST_SD * max(float(np.ptp(y)), 1e-300))
        return -0.5 * float(np.mean(((y - mean) / sd) ** 2 + np.log(2.0 * np.pi * sd**2)))
    if np.ptp(mean) == 0.0 or np.ptp(y) == 0.0:
        return 0.0  # there is no order to predict
    from scipy.stats import spearmanr

    return float(spearmanr(y, mean).statistic)


def _predict_held_out(model: OutcomeModel, num_folds: int) -> tuple[Array, Array, Array]:
    """Return results, and means and standard deviations of each without it, in the metric's own units."""
    if model.capabilities.leave_one_out != "none":
        return predict_left_out(model)
    points = len(np.unique(model.data.X, axis=0))
    if points < 2:
        raise DataRequiredError(f"there is one result of {model.name!r}: models are compared from two on.")
    mean, sd = predict_folds(model, min(num_folds, points), seed=0)
    return model.data.y, *model.untransform_moments(mean, sd**2)
