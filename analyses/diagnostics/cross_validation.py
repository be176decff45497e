"""Cross-validation: each result beside what the model predicts for it from all the others."""

from collections.abc import Collection, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard, AnalysisCardGroup, Outline
from axnb.analyses.compute import group_of
from axnb.analyses.context import AnalysisContext
from axnb.analyses.controls import Control, drop_down
from axnb.analyses.drawing import figures, style, words
from axnb.analyses.drawing.downsample import downsample_rows
from axnb.analyses.drawing.figures import CONFIDENCE
from axnb.analyses.drawing.rows import iterate_rows, select_largest
from axnb.analyses.shared.validation import can_refit, measure_fit, tabulate_validation
from axnb.errors import DataRequiredError, UnsupportedError, UserInputError
from axnb.problem.parameters import whole

if TYPE_CHECKING:
    import plotly.graph_objects as go


_GROUP = "Each result beside what the model predicts for it from all the others."
_FOLDS = (5, 10)  # that a reader may choose


@dataclass(frozen=True, slots=True)
class CrossValidationPlot:
    """Each result beside what the model predicts for it when it is left out.

    Args:
        metric_names: A metric, or several for a group of cards; those of the goal if left out.
        folds: In how many parts the results are left out, each predicted by a model fitted to the others; `-1` leaves
            them out one at a time and keeps what the model has found of smoothness and noise, which is faster.
        untransform: Whether in the metrics' own units, not on the scale that the model works on.
        labels: What the metrics are called on the cards, a dict by name.
        trial_index: Not supported: models of earlier trials are not kept.
        test_trial_index: The only trial whose results are predicted; by default all.
        preference_metrics: Not supported: there are no metrics of preference.

    Raises:
        UnsupportedError: If an option is given that is not supported.
        UserInputError: If there is no metric, or folds is neither -1 nor at least 2.

    Example:
        >>> CrossValidationPlot("loss", folds=5).folds
        5
    """

    metric_names: str | Sequence[str] | None = None
    folds: int = -1
    _: KW_ONLY
    untransform: bool = True
    labels: "dict[str, str] | tuple[tuple[str, str], ...] | None" = None
    trial_index: int | None = None
    test_trial_index: int | None = None
    preference_metrics: Collection[str] | None = None

    def __post_init__(self) -> None:
        check_folds(self.folds)
        if self.test_trial_index is not None:
            whole("test_trial_index", self.test_trial_index, 0)
        if self.trial_index is not None:
            raise UnsupportedError(
                "trial_index would ask for the model that made a trial, and models of the past are not kept: leave it "
                "out, or use test_trial_index for the trial whose results are to be predicted."
            )
        if self.preference_metrics:
            raise UnsupportedError("preference_metrics must be left out: there are no metrics of preference.")
        object.__setattr__(self, "preference_metrics", None)
        given = self.metric_names
        if given is not None and not isinstance(given, str):
            if not given:
                raise UserInputError("metric_names is empty: name a metric, or leave it out.")
            object.__setattr__(self, "metric_names", tuple(given))
        object.__setattr__(self, "labels", tuple(dict(self.labels or ()).items()))

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard | AnalysisCardGroup:
        """Return the card of one metric, or a group with a card for each and a table of all.

        Raises:
            NotConfiguredError: If no metric is given and there is no goal yet.
            DataRequiredError: If there are too few results for a model.
            UnknownNameError: If there is no such metric.
        """
        if isinstance(self.metric_names, str):
            return self._card(context, context.metric(self.metric_names))
        given = context.optimization.metric_names if self.metric_names is None else self.metric_names
        names = [context.metric(n) for n in given]
        if len(names) == 1:
            return self._card(context, names[0])
        for name in names:
            context.require([name])
        return group_of(_Several(self), context, name=type(self).__name__)

    def frame(self, context: AnalysisContext, metric: str) -> pd.DataFrame:
        """Return a row a result: what was observed, and what is predicted without it.

        Raises:
            DataRequiredError: If there are too few results for a model.
        """
        context.require([metric])
        frame = tabulate_validation(context, metric, untransform=self.untransform, folds=self.folds)
        if self.test_trial_index is None:
            return frame
        context.view.trial(self.test_trial_index)
        part = frame[frame["trial_index"].eq(self.test_trial_index)].reset_index(drop=True)
        if part.empty:
            raise DataRequiredError(f"Trial {self.test_trial_index} has no result of {metric!r} that the model knows.")
        return part

    def _card(self, context: AnalysisContext, metric: str) -> AnalysisCard:
        frame = self.frame(context, metric)
        fit = measure_fit(frame)
        name = words.short(dict(self.labels or ()).get(metric, metric))
        scale = "" if self.untransform else ", model's scale"
        share = "" if np.isnan(fit["r2"]) else f" (R² {fit['r2']:.2f})"
        return AnalysisCard(
            name=type(self).__name__,
            title=f"Cross-validation of {name}{share}",
            subtitle=describe_validation(frame, name, self.folds),
            df=frame,
            figure=draw_validation(frame, name + scale),
            controls=(
                drop_down("metric_names", "Metric", metric, context.model.metric_names),
                *_folds_control(context, metric, self.folds),
            ),
            analysis=replace(self, metric_names=metric),
            uses_model=True,
        )


@dataclass(frozen=True, slots=True)
class _Several:
    """The cross-validation of several metrics."""

    plot: CrossValidationPlot

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCardGroup:
        return group_of(self, context, name=type(self.plot).__name__)

    def outline(self, context: AnalysisContext) -> Outline:
        given = self.plot.metric_names
        names = tuple(context.optimization.metric_names if given is None else given)
        plots = tuple(replace(self.plot, metric_names=n) for n in names)
        return Outline(title="Cross-validation", subtitle=_GROUP, analyses=(*plots, _Fits(self.plot, names)))


@dataclass(frozen=True, slots=True)
class _Fits:
    """A table of how well each of several metrics is predicted."""

    plot: CrossValidationPlot
    names: tuple[str, ...]

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        fits = pd.DataFrame([{"metric_name": n, **measure_fit(self.plot.frame(context, n))} for n in self.names])
        worst = select_largest(fits, -fits["r2"])
        return AnalysisCard(
            name=type(self.plot).__name__,
            title="How well each metric is predicted",
            subtitle=f"{words.short(worst['metric_name'])} is predicted worst: R² {worst['r2']:.2f}.",
            df=fits,
            uses_model=True,
        )


def check_folds(folds: object) -> None:
    """Check a number of parts in which results are left out.

    Raises:
        UserInputError: If it is neither -1 nor a whole number of at least 2.
    """
    if isinstance(folds, bool) or not isinstance(folds, int) or (folds != -1 and folds < 2):
        raise UserInputError(f"folds must be -1, to leave out one at a time, or at least 2, got {folds!r}.")


def _folds_control(context: AnalysisContext, metric: str, folds: int) -> tuple[Control, ...]:
    """Return the drop-down that chooses in how many parts to leave out, where there is a choice."""
    points = len(np.unique(context.model.surrogate[metric].data.X, axis=0))
    wanted = sorted({-1, folds, *(k for k in _FOLDS if k < points)})
    if len(wanted) == 1 or not can_refit(context.model.surrogate[metric]):
        return ()
    labels = ["one at a time" if k == -1 else f"in {k} parts" for k in wanted]
    return (drop_down("folds", "Left out", folds, wanted, labels),)


def describe_validation(frame: pd.DataFrame, name: str, folds: int = -1) -> str:
    """Return how good predictions are, in a sentence.

    Args:
        frame: What `tabulate_validation` returned, or some of it.
        name: The metric, in words.
        folds: In how many parts the results were left out.
    """
    fit = measure_fit(frame)
    how = "one at a time" if folds == -1 else f"in {folds} parts"
    if len(frame) == 1:
        row = frame.iloc[0]
        ends = f"{words.number(row['lower'], 3)} to {words.number(row['upper'], 3)}"
        seen, expected = words.number(row["observed"]), words.number(row["predicted"])
        return (
            f"Trial {row['trial_index']} came to {seen} in {name}; without it {expected} is predicted, {ends} (95 %)."
        )
    inside = int((frame["residual"].abs() <= CONFIDENCE).sum())
    counted = f"{inside} of {len(frame)} results lie inside their 95 % interval"
    if np.isnan(fit["r2"]):
        return f"All results of {name} are the same, so there is nothing to predict; {counted}."
    if fit["r2"] < 0.1:
        return f"Left out {how}, {name} is predicted no better than by its average; {counted}."
    return f"Left out {how}, {words.percent(fit['r2'])} of the variance of {name} is predicted; {counted}."


def draw_validation(frame: pd.DataFrame, name: str) -> "go.Figure":
    """Return the picture: predicted against observed with 95 % intervals, and the diagonal.

    Args:
        frame: What `tabulate_validation` returned.
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
    marks = [_markers(frame[rows], n, c, words.find_batches(frame)) for n, c, rows in groups if rows.any()]
    titles = style.plain(f"observed {name}"), figures.titled(f"predicted {name}", " · bars: 95 %")
    return figures.new_figure(diagonal, *marks, x=titles[0], y=titles[1], height=380, layout={"showlegend": True})


def _markers(part: pd.DataFrame, name: str, color: str, batches: frozenset[int]) -> Any:
    order = np.argsort(part["observed"].to_numpy(), kind="stable")
    rows = order[downsample_rows([part["predicted"].to_numpy()[order], part["residual"].to_numpy()[order]], most=1500)]
    part = part.iloc[rows]
    few = len(part) <= words.MOST_WITH_POINT
    hover = [
        words.hover(
            [
                (
                    f"{words.name_arm(r.trial_index, r.arm_name, batches, starts=True)} · "
                    f"observed {words.number(r.observed)}"
                ),
                f"predicted {words.number(r.predicted)}, {words.number(r.lower)} to {words.number(r.upper)} (95 %)",
                *([str(r.point)] if few else []),
            ]
        )
        for r in iterate_rows(part)
    ]
    known = part["observed_sem"].gt(0).any()
    bars = {"thickness": 1, "width": 0, "color": style.fade(color, 0.45)}
    return figures.scatter(
        x=part["observed"],
        y=part["predicted"],
        error_x={"array": part["observed_sem"] * CONFIDENCE, **bars} if known else None,
        error_y={"array": part["upper"] - part["predicted"], "arrayminus": part["predicted"] - part["lower"], **bars},
        mode="markers",
        name=name,
        marker={"color": color, "size": min(7, figures.size_of_marks(len(part)))},
        hoverinfo="text",
        hovertext=hover,
    )
