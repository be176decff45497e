"""Model health: how far the model of each metric can be trusted, in words, with what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import MINIMUM_FOR_MODEL, AnalysisContext
from axnb.analyses.drawing import figures, style, words
from axnb.analyses.drawing.rows import iterate_rows
from axnb.analyses.shared.validation import measure_fit, tabulate_validation
from axnb.errors import DataRequiredError

if TYPE_CHECKING:
    import plotly.graph_objects as go

COLUMNS = ("metric_name", "verdict", "advice", "r2", "coverage", "noise_share", "results", "scale")
_GOOD, _FAIR = 0.8, 0.3


@dataclass(frozen=True, slots=True)
class ModelHealth:
    """How far the model of each metric can be trusted, and what to do where it can't.

    Args:
        metric_names: The metrics; all that are modelled if left out.

    Example:
        >>> ModelHealth(["loss"]).metric_names
        ('loss',)
    """

    metric_names: Sequence[str] | None = None

    def __post_init__(self) -> None:
        given = self.metric_names
        names = None if given is None else (given,) if isinstance(given, str) else tuple(given)
        object.__setattr__(self, "metric_names", names)

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If there is no goal yet.
            DataRequiredError: If there are too few results for a model.
            UnknownNameError: If there is no such metric.
        """
        wanted = context.optimization.metric_names if self.metric_names is None else self.metric_names
        names = [context.metric(n) for n in wanted]
        context.require(names)
        if self.metric_names is None:
            more = [n for n in context.model.metric_names if n not in names]
            names += [n for n in more if len(context.observed([n])) >= MINIMUM_FOR_MODEL]
        frame = tabulate_health(context, names)
        return AnalysisCard(
            name=type(self).__name__,
            title="How far the model can be trusted",
            subtitle=describe_health(frame),
            df=frame,
            figure=draw_health(frame),
            analysis=self,
            uses_model=True,
        )


_UNTOLD = {"r2": np.nan, "coverage": np.nan}
_COMPARE = "It cannot say what it predicts of results left out: compare its predictions with new trials."

_SUMMED_UP = "So many results are known through inducing points: the finest details may be smoothed over."


def tabulate_health(context: AnalysisContext, names: Sequence[str]) -> pd.DataFrame:
    """Return how good the model of each metric is.

    Args:
        context: What is known of the experiment.
        names: Metrics that are modelled.

    Returns:
        Columns `COLUMNS`: a verdict and advice in words, the share of the variance predicted of results left out, the
        share of them inside their 95 % interval, the share of the variance that is noise, and the scale of the model.

    Raises:
        DataRequiredError: If there are too few results.
    """
    if not names:
        raise DataRequiredError("There are no metrics yet.")
    rows = []
    for name in names:
        model = context.model.surrogate[name]
        data, told = model.data, model.capabilities.leave_one_out != "none"
        fit = measure_fit(tabulate_validation(context, name)) if told else _UNTOLD | {"results": len(data.y)}
        noise = min(1.0, float(np.mean(data.noise)) / max(float(np.var(data.targets)), 1e-12))
        verdict = _verdict(fit["r2"]) if told else "not known"
        advice = _advice(fit, noise, context) if told else _COMPARE
        if data.inducing_points is not None:
            advice = f"{advice} {_SUMMED_UP}"
        scale = "straight" if model.is_affine else "logarithmic"
        row = (name, verdict, advice, fit["r2"], fit["coverage"], noise, int(fit["results"]), scale)
        rows.append(row)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _verdict(r2: float) -> str:
    if np.isnan(r2):
        return "nothing to predict"
    return "good" if r2 >= _GOOD else "fair" if r2 >= _FAIR else "poor"


def _advice(fit: dict[str, float], noise: float, context: AnalysisContext) -> str:
    """Return what to do, in a sentence."""
    dimension = len(context.search_space.tunable)
    if np.isnan(fit["r2"]):
        return "All results are the same: check that the metric is recorded as it should be."
    if fit["r2"] < _FAIR and fit["results"] < 3 * dimension + 2:
        return "Few results for so many parameters: add trials before trusting pictures of the model."
    if fit["r2"] < _FAIR and noise > 0.5:
        return "Most of the variation is noise: repeat measurements or average more."
    if fit["r2"] < _FAIR:
        return "The parameters hardly explain it: look for outliers, missing parameters, or a change over time."
    if fit["coverage"] < 0.85 and fit["results"] >= 10:
        return "Intervals are too narrow: treat them as optimistic, and check the trials that stand out."
    return "Nothing to do." if fit["r2"] >= _GOOD else "Usable; pictures of the model show trends, not details."


def describe_health(frame: pd.DataFrame) -> str:
    """Return how far the model can be trusted, in a sentence.

    Args:
        frame: What `tabulate_health` returned, with at least a row.
    """
    worst = frame.sort_values("r2", na_position="first", kind="stable").iloc[0]
    name = words.short(worst["metric_name"])
    if len(frame) == 1:
        return f"The model of {name} is {_said(worst)}. {worst['advice']}"
    if worst["verdict"] == "good":
        share = words.percent(_GOOD)
        return f"The models of all {len(frame)} metrics are good: each predicts {share} or more of the variance."
    return f"The weakest of {len(frame)} models is that of {name}: {_said(worst)}. {worst['advice']}"


def _said(row: Any) -> str:
    if row["verdict"] == "not known":
        return "of a kind that is not tested by leaving results out"
    if np.isnan(row["r2"]):
        return "idle: there is nothing to predict"
    share = "none" if row["r2"] <= 0 else words.percent(row["r2"])
    return f"{row['verdict']}, predicting {share} of the variance of results left out"


def draw_health(frame: pd.DataFrame) -> "go.Figure":
    """Return the picture: a bar a metric, how much of the variance of results left out is predicted.

    Args:
        frame: What `tabulate_health` returned.
    """
    labels = list(words.labels([words.short(n, 26) for n in frame["metric_name"]]))
    colors = {
        "good": style.BLUE,
        "fair": style.AMBER,
        "poor": style.ORANGE,
        "nothing to predict": style.GREY,
        "not known": style.SKY,
    }
    shown = frame["r2"].fillna(0.0).clip(lower=0.0)
    hover = [words.hover([str(r.metric_name), str(r.verdict), str(r.advice)]) for r in iterate_rows(frame)]
    traces = []
    for verdict, color in colors.items():
        rows = (frame["verdict"] == verdict).to_numpy()
        if rows.any():
            traces.append(
                figures.bar(
                    x=shown[rows],
                    y=np.array(labels, dtype=object)[rows],
                    orientation="h",
                    name=verdict,
                    marker={"color": color},
                    text=[words.percent(v) for v in shown[rows]],
                    textposition="outside",
                    cliponaxis=False,
                    hoverinfo="text",
                    hovertext=np.array(hover, dtype=object)[rows],
                )
            )
    return figures.new_figure(
        *traces,
        x="variance predicted of results left out (R²)",
        height=120 + 34 * max(len(frame), 2),
        xaxis=figures.SHARES | {"range": [0, 1.25]},
        yaxis=figures.categories(labels),
        layout={"barmode": "overlay", "bargap": 0.4, "showlegend": True},
    )
