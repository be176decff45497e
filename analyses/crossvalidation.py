"""Cross-validation: each result beside what the model predicts for it from all the others."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from axnb.analyses import figures, style, tables, words
from axnb.analyses.card import AnalysisCard, AnalysisCardGroup, always
from axnb.analyses.controls import drop_down
from axnb.analyses.findings import Findings
from axnb.analyses.goals import CONFIDENCE
from axnb.analyses.thin import thinned
from axnb.errors import UnsupportedError, UserInputError

if TYPE_CHECKING:
    import plotly.graph_objects as go

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


@dataclass(frozen=True, slots=True)
class CrossValidationPlot:
    """Each result beside what the model predicts for it when it is left out.

    Args:
        metric_names: A metric, or several for a group of cards; those of the goal if left out.
        folds: Results left out at a time: `-1`, one by one, is what there is.
        untransform: Whether in the metrics' own units, not on the scale that the model works on.
        labels: What the metrics are called on the cards, a dict by name.

    Raises:
        UnsupportedError: If results are to be left out in folds.
        UserInputError: If there is no metric.

    Example:
        >>> CrossValidationPlot("loss").folds
        -1
    """

    metric_names: str | Sequence[str] | None = None
    folds: int = -1
    _: KW_ONLY
    untransform: bool = True
    labels: "dict[str, str] | tuple[tuple[str, str], ...] | None" = None

    def __post_init__(self) -> None:
        if self.folds != -1:
            raise UnsupportedError(f"results are left out one at a time: folds must be -1, got {self.folds!r}.")
        given = self.metric_names
        if given is not None and not isinstance(given, str):
            if not given:
                raise UserInputError("metric_names is empty: name a metric, or leave it out.")
            object.__setattr__(self, "metric_names", tuple(given))
        object.__setattr__(self, "labels", tuple(dict(self.labels or ()).items()))

    def compute(self, findings: Findings) -> AnalysisCard | AnalysisCardGroup:
        """Return the card of one metric, or a group with a card for each and a table of all.

        Raises:
            NotConfiguredError: If no metric is given and there is no goal yet.
            DataRequiredError: If there are too few results for a model.
            UnknownNameError: If there is no such metric.
        """
        if isinstance(self.metric_names, str):
            return self._card(findings, findings.metric(self.metric_names))
        given = findings.optimization.metric_names if self.metric_names is None else self.metric_names
        names = [findings.metric(n) for n in given]
        if len(names) == 1:
            return self._card(findings, names[0])
        frames = {n: self._frame(findings, n) for n in names}
        fits = pd.DataFrame([{"metric_name": n, **fit_of(f)} for n, f in frames.items()])
        worst = tables.top(fits, -fits["r2"])
        table = AnalysisCard(
            name=type(self).__name__,
            title="How well each metric is predicted",
            subtitle=f"{words.short(worst['metric_name'])} is predicted worst: R² {words.number(worst['r2'], 2)}.",
            df=fits,
            analysis=self,
        )
        return AnalysisCardGroup(
            name=type(self).__name__,
            title="Cross-validation",
            subtitle="Each result beside what the model predicts for it from all the others.",
            tell=always("Each result beside what the model predicts for it from all the others."),
            children=[*(self._card(findings, n) for n in names), table],
            analysis=self,
        )

    def _frame(self, findings: Findings, metric: str) -> pd.DataFrame:
        findings.require([metric])
        return validation_frame(findings, metric, untransform=self.untransform)

    def _card(self, findings: Findings, metric: str) -> AnalysisCard:
        frame = self._frame(findings, metric)
        fit = fit_of(frame)
        name = words.short(dict(self.labels or ()).get(metric, metric))
        scale = "" if self.untransform else ", model's scale"
        own = CrossValidationPlot(metric, untransform=self.untransform, labels=self.labels)
        return AnalysisCard(
            name=type(self).__name__,
            title=f"Cross-validation of {name} (R² {words.number(fit['r2'], 2)})",
            subtitle=validation_sentence(frame, name),
            df=frame,
            figure=validation_figure(frame, name + scale),
            controls=(drop_down("metric_names", "Metric", metric, findings.model.metric_names),),
            analysis=own,
        )


def validation_frame(findings: Findings, metric: str, *, untransform: bool = True) -> pd.DataFrame:
    """Return each result with what the model predicts for it from all the others.

    Args:
        findings: What is known of the experiment.
        metric: A metric that is modelled.
        untransform: Whether in the metric's own units, not on the model's scale.

    Returns:
        Columns `COLUMNS`; `predicted` is the median, `lower` and `upper` the ends of the 95 % interval of a new
        observation; `residual` is the difference of observed and predicted in standard deviations, and the columns
        `_scaled` hold both on the scale that the model works on.
    """
    model = findings.model.surrogate[metric]
    arms = findings.model.observed_arms(metric)
    scaling = model.scaling
    latent, variance = findings.once(("left out", metric), model.process.leave_one_out)
    sd = np.sqrt(variance + model.process.noise)
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


def fit_of(frame: pd.DataFrame) -> dict[str, float]:
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
        >>> fit_of(pd.DataFrame(rows))
        {'r2': 1.0, 'coverage': 1.0, 'results': 3}
    """
    y, mean = frame["observed_scaled"].to_numpy(), frame["predicted_scaled"].to_numpy()
    spread = float(((y - y.mean()) ** 2).sum())
    error = float(((y - mean) ** 2).sum())
    r2 = 1.0 - error / spread if spread > 0 else np.nan
    return {"r2": r2, "coverage": float((frame["residual"].abs() <= CONFIDENCE).mean()), "results": len(frame)}


def validation_sentence(frame: pd.DataFrame, name: str) -> str:
    """Return how good predictions are, in a sentence.

    Args:
        frame: What `validation_frame` returned.
        name: The metric, in words.
    """
    fit = fit_of(frame)
    inside = int((frame["residual"].abs() <= CONFIDENCE).sum())
    counted = f"{inside} of {len(frame)} results lie inside their 95 % interval"
    if np.isnan(fit["r2"]):
        return f"All results of {name} are the same, so there is nothing to predict; {counted}."
    if fit["r2"] < 0.1:
        return f"Left out one at a time, {name} is predicted no better than by its average; {counted}."
    return f"Left out one at a time, {words.percent(fit['r2'])} of the variance of {name} is predicted; {counted}."


def validation_figure(frame: pd.DataFrame, name: str) -> "go.Figure":
    """Return the picture: predicted against observed with 95 % intervals, and the diagonal.

    Args:
        frame: What `validation_frame` returned.
        name: The metric, in words.
    """
    whole = pd.concat([frame["observed"], frame["predicted"]])
    ends = [float(whole.min()), float(whole.max())]
    diagonal = figures.scatter(
        x=ends,
        y=ends,
        mode="lines",
        name="predicted = observed",
        line={"color": style.LIGHT.muted, "width": 1, "dash": "dash"},
        hoverinfo="skip",
    )
    outside = frame["residual"].abs() > CONFIDENCE
    groups = [("inside the 95 % interval", style.BLUE, ~outside), ("outside", style.ORANGE, outside)]
    marks = [_markers(frame[rows], n, c) for n, c, rows in groups if rows.any()]
    titles = style.plain(f"observed {name}"), figures.titled(f"predicted {name}", " · bars: 95 %")
    return figures.new_figure(diagonal, *marks, x=titles[0], y=titles[1], height=380, layout={"showlegend": True})


def _markers(part: pd.DataFrame, name: str, color: str) -> Any:
    order = np.argsort(part["observed"].to_numpy(), kind="stable")
    rows = order[thinned([part["predicted"].to_numpy()[order], part["residual"].to_numpy()[order]], most=1500)]
    part = part.iloc[rows]
    few = len(part) <= words.MOST_WITH_POINT
    hover = [
        words.hover(
            [
                f"Trial {r.trial_index} · observed {words.number(r.observed)}",
                f"predicted {words.number(r.predicted)}, {words.number(r.lower)} to {words.number(r.upper)} (95 %)",
                *([str(r.point)] if few else []),
            ]
        )
        for r in tables.rows(part)
    ]
    known = part["observed_sem"].gt(0).any()
    bars = {"thickness": 1, "width": 0, "color": style.faded(color, 0.45)}
    return figures.scatter(
        x=part["observed"],
        y=part["predicted"],
        error_x={"array": part["observed_sem"] * CONFIDENCE, **bars} if known else None,
        error_y={"array": part["upper"] - part["predicted"], "arrayminus": part["predicted"] - part["lower"], **bars},
        mode="markers",
        name=name,
        marker={"color": color, "size": 7},
        hoverinfo="text",
        hovertext=hover,
    )
