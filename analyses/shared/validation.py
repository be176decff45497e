"""Each result beside what the model predicts for it from the others, and how good such predictions are."""

import numpy as np
import pandas as pd

from axnb.analyses.context import AnalysisContext
from axnb.analyses.drawing import words
from axnb.analyses.drawing.figures import CONFIDENCE
from axnb.errors import DataRequiredError, UnsupportedError
from axnb.surrogate.gp import Array, GaussianProcess, fit_gp
from axnb.surrogate.surrogate import MetricModel
from axnb.surrogate.threads import single_thread

COLUMNS = (
    "trial_index",
    "arm_name",
    "observed",
    "observed_sem",
    "predicted",
    "lower",
    "upper",
    "residual",
    "observed_scaled",
    "predicted_scaled",
    "point",
)


def validation_frame(
    context: AnalysisContext, metric: str, *, untransform: bool = True, folds: int = -1
) -> pd.DataFrame:
    """Return each result with what the model predicts for it from all the others.

    Args:
        context: What is known of the experiment.
        metric: A metric that is modelled.
        untransform: Whether in the metric's own units, not on the model's scale.
        folds: In how many parts the results are left out, `-1` for one at a time.

    Raises:
        DataRequiredError: If there are fewer points than parts.
        UnsupportedError: If the model can't be fitted again to a part of the results.

    Returns:
        Columns `COLUMNS`; `predicted` is the median, `lower` and `upper` the ends of the 95 % interval of a new
        observation; `residual` is the difference of observed and predicted in standard deviations, and the columns
        `_scaled` hold both on the scale that the model works on.
    """
    model = context.model.surrogate[metric]
    arms = context.model.observed_arms(metric)
    scaling = model.scaling
    if folds == -1:
        latent, variance = context.once(("left out", metric), model.process.leave_one_out)
        sd = np.sqrt(variance + model.process.noise)
    else:
        latent, sd = context.once(("left out", metric, folds), lambda: _in_parts(model, folds, context.view.seed))
    ends = latent - CONFIDENCE * sd, latent, latent + CONFIDENCE * sd
    low, middle, high = (scaling.inverse(e) for e in ends) if untransform else ends
    scaled = scaling.forward(model.y)
    sem = np.array([a.outcomes[metric][1] for a in arms], dtype=float)
    columns = {
        "trial_index": pd.array([a.trial_index for a in arms], dtype="int64"),
        "arm_name": [a.arm.name for a in arms],
        "observed": model.y if untransform else scaled,
        "observed_sem": sem if untransform else sem * scaling.slope(model.y),
        "predicted": middle,
        "lower": low,
        "upper": high,
        "residual": (scaled - latent) / np.maximum(sd, 1e-300),
        "observed_scaled": scaled,
        "predicted_scaled": latent,
        "point": [words.point(dict(a.arm.parameters)) for a in arms],
    }
    return pd.DataFrame(columns, columns=list(COLUMNS))


def _in_parts(model: MetricModel, folds: int, seed: int) -> tuple[Array, Array]:
    """Return mean and standard deviation of a new observation of each result, from a fit to the other parts.

    Both are on the scale that the model works on, which all parts share; results at one point are in the same part.
    """
    process, scaling = model.process, model.scaling
    if not can_be_refitted(model):
        raise UnsupportedError("this model is an average of several fits, which is not fitted again: use folds=-1.")
    _, point = np.unique(process.X, axis=0, return_inverse=True)
    count = int(point.max()) + 1
    if count < folds:
        raise DataRequiredError(
            f"This leaves out {folds} parts, and needs as many points with results; there are {count}."
        )
    part = np.random.default_rng([seed, folds]).permutation(np.arange(count) % folds)[point.ravel()]
    known = (model.sem * scaling.slope(model.y)) ** 2
    mean, sd = np.empty(len(part)), np.empty(len(part))
    with single_thread():
        for k in range(folds):
            test = part == k
            fitted = fit_gp(
                process.X[~test],
                process.y[~test],
                known[~test],
                kernel=process.kernel,
                warm=process.hyperparameters,
                additive=process.hyperparameters.additive > 0.0,
            )
            mean[test], variance = fitted.predict(process.X[test])
            noise = np.where(np.isnan(known[test]), fitted.hyperparameters.noise, known[test])
            sd[test] = np.sqrt(variance + noise)
    return mean, sd


def can_be_refitted(model: MetricModel) -> bool:
    """Return whether a metric's model can be fitted again to a part of its results."""
    return type(model.process) is GaussianProcess


def measure_fit(frame: pd.DataFrame) -> dict[str, float]:
    """Return how good predictions are.

    Args:
        frame: What `validation_frame` returned.

    Returns:
        `r2`, the share of the variance that is predicted on the scale that the model works on (1 is perfect, 0 no
        better than the average, below 0 worse);
        `coverage`, the share of results inside their 95 % interval; `results`, their number.

    Example:
        >>> values = [1.0, 2.0, 3.0]
        >>> rows = {"observed_scaled": values, "predicted_scaled": values, "residual": [0.0] * 3}
        >>> measure_fit(pd.DataFrame(rows))
        {'r2': 1.0, 'coverage': 1.0, 'results': 3}
    """
    y, mean = frame["observed_scaled"].to_numpy(), frame["predicted_scaled"].to_numpy()
    spread = float(((y - y.mean()) ** 2).sum())
    error = float(((y - mean) ** 2).sum())
    r2 = 1.0 - error / spread if spread > 0 else np.nan
    return {"r2": r2, "coverage": float((frame["residual"].abs() <= CONFIDENCE).mean()), "results": len(frame)}
