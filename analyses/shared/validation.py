"""Each result beside what the model predicts for it from the others, and how good such predictions are."""

import numpy as np
import pandas as pd

from axnb.analyses.context import AnalysisContext
from axnb.analyses.drawing import words
from axnb.analyses.drawing.figures import CONFIDENCE
from axnb.surrogate.held_out import predict_folds
from axnb.surrogate.outcome_model import OutcomeModel
from axnb.surrogate.surrogate import predict_left_out_targets

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


def tabulate_validation(
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
        UnsupportedError: If the model can't leave one out, or can't be fitted again to a part of the results.

    Returns:
        Columns `COLUMNS`; `predicted` is the median, `lower` and `upper` the ends of the 95 % interval of a new
        observation; `residual` is the difference of observed and predicted in standard deviations, and the columns
        `_scaled` hold both on the scale that the model works on.
    """
    model = context.model.surrogate[metric]
    arms = context.model.observed_arms(metric)
    known = model.data
    if folds == -1:
        latent, sd = context.once(("left out", metric), lambda: predict_left_out_targets(model))
    else:
        latent, sd = context.once(("left out", metric, folds), lambda: predict_folds(model, folds, context.view.seed))
    ends = latent - CONFIDENCE * sd, latent, latent + CONFIDENCE * sd
    low, middle, high = (model.untransform(e) for e in ends) if untransform else ends
    scaled = model.transform(known.y)
    sem = np.array([a.outcomes[metric][1] for a in arms], dtype=float)
    columns = {
        "trial_index": pd.array([a.trial_index for a in arms], dtype="int64"),
        "arm_name": [a.arm.name for a in arms],
        "observed": known.y if untransform else scaled,
        "observed_sem": sem if untransform else sem * model.transform_slope(known.y),
        "predicted": middle,
        "lower": low,
        "upper": high,
        "residual": (scaled - latent) / np.maximum(sd, 1e-300),
        "observed_scaled": scaled,
        "predicted_scaled": latent,
        "point": [words.point(dict(a.arm.parameters)) for a in arms],
    }
    return pd.DataFrame(columns, columns=list(COLUMNS))


def can_refit(model: OutcomeModel) -> bool:
    """Return whether a metric's model can be fitted again to a part of its results."""
    return model.capabilities.refitting


def measure_fit(frame: pd.DataFrame) -> dict[str, float]:
    """Return how good predictions are.

    Args:
        frame: What `tabulate_validation` returned.

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
