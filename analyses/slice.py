"""The slice: what the model says of one metric along one parameter, with its 95 % interval."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from axnb.analyses import style, words
from axnb.analyses.card import AnalysisCard
from axnb.analyses.findings import SET_ASIDE, ArmResult, Findings
from axnb.analyses.goals import CONFIDENCE, Goal
from axnb.analyses.protocol import Control
from axnb.analyses.slicing import (
    At,
    Axis,
    axis_layout,
    axis_of,
    by_importance,
    check_at,
    check_parameter,
    check_resolution,
    held_at,
    other_controls,
    others_held,
    replaced_at,
    rows_along,
    tunable_names,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True, slots=True)
class SlicePlot:
    """What the model predicts for a metric along one parameter, the others held.

    Args:
        parameter_name: The parameter; the most important one if left out.
        metric_name: The metric; that of the first objective if left out.
        display_sampled: Whether to mark the trials.
        at: Where the other parameters are held: `None` or `"best"` for the best trial, `"center"`, a trial's index, or
            a dict of values, the others as in the best trial.
        resolution: Points along an axis of numbers.

    Raises:
        UserInputError: If an option is none of those.

    Example:
        >>> SlicePlot("x1", at="center").at
        'center'
    """

    parameter_name: str | None = None
    metric_name: str | None = None
    display_sampled: bool = True
    _: KW_ONLY
    at: At = None
    resolution: int = 100

    def __post_init__(self) -> None:
        check_resolution(self.resolution)
        object.__setattr__(self, "at", check_at(self.at))

    def compute(self, findings: Findings) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If no metric is given and there is no goal yet.
            DataRequiredError: If there are too few results for a model.
            UnsupportedError: If the parameter is fixed.
            UnknownNameError: If there is no such parameter or metric.
            ObjectNotFoundError: If there is no such trial.
        """
        metric = findings.metric(self.metric_name)
        name = None if self.parameter_name is None else check_parameter(findings, self.parameter_name)
        findings.require([metric])
        name = by_importance(findings, metric)[0] if name is None else name
        encoder = findings.model.encoder
        held, where = held_at(findings, encoder, check_at(self.at))
        axis = axis_of(encoder, name, self.resolution)
        frame = slice_frame(findings, metric, axis, held)
        goal = Goal.of(findings.view, findings.optimization)
        results = findings.results if self.display_sampled else ()
        resolved = replaced_at(self, held, check_at(self.at))
        return AnalysisCard(
            name=type(self).__name__,
            title=f"{words.short(metric)} along {words.short(name)}",
            subtitle=slice_sentence(
                frame, metric, axis, goal.direction(metric), others_held(findings, held, (name,), where)
            ),
            df=frame,
            figure=slice_figure(frame, metric, axis, goal.title(metric), results),
            controls=_controls(findings, metric, name, held),
            analysis=resolved,
        )


def slice_frame(findings: Findings, metric: str, axis: Axis, held: "dict[str, Any]") -> pd.DataFrame:
    """Return what the model says along one parameter.

    Args:
        findings: What is known of the experiment.
        metric: The metric.
        axis: What varies.
        held: A point: where the other parameters are held.

    Returns:
        Columns: the parameter, and the metric's name followed by `_mean` and `_sem`; points outside the
        parameter constraints are left out.
    """
    model = findings.model
    X = rows_along(model.encoder, held, (axis,))
    mean, sd = model.predict_encoded(X)
    column = list(model.metric_names).index(metric)
    frame = pd.DataFrame(
        {0: np.array(axis.levels, dtype=object if axis.is_category else float), 1: mean[:, column], 2: sd[:, column]}
    )
    frame.columns = pd.Index([axis.name, f"{metric}_mean", f"{metric}_sem"])
    return frame[model.encoder.satisfies(X, 1e-9)] if model.encoder.has_constraints else frame


def slice_sentence(frame: pd.DataFrame, metric: str, axis: Axis, direction: int, held: str) -> str:
    """Return what a slice shows, in a sentence.

    Args:
        frame: What `slice_frame` returned.
        metric: The metric.
        axis: What varies.
        direction: 1 if the metric is to be maximised, -1 if minimised, else 0.
        held: Where the other parameters are held, as the end of a sentence.
    """
    end = f", {held}." if held else "."
    if frame.empty:
        return f"No point of this slice satisfies the parameter constraints{end}"
    mean = frame.iloc[:, 1]
    if direction == 0:
        return f"Predicted {words.short(metric)} {words.span(mean.min(), mean.max())}{end}"
    at = int((mean * direction).to_numpy().argmax())
    place = frame.iloc[at, 0]
    shown = words.number(place, 3) if isinstance(place, float) else words.value(place)
    extreme = "highest" if direction > 0 else "lowest"
    where = f"{words.short(axis.name, 24)} = {words.short(shown, 24)}"
    return f"Predicted {words.short(metric)} is {extreme} at {where} ({words.number(mean.iloc[at], 3)}){end}"


def slice_figure(
    frame: pd.DataFrame, metric: str, axis: Axis, title: str, results: Sequence[ArmResult] = ()
) -> "go.Figure":
    """Return the picture of a slice: the mean with its 95 % interval, and the trials.

    Args:
        frame: What `slice_frame` returned.
        metric: The metric.
        axis: What varies.
        title: Title of the vertical axis.
        results: The trials to mark.
    """
    x = [axis.position(v) for v in frame.iloc[:, 0]]
    mean, half = frame.iloc[:, 1].to_numpy(), frame.iloc[:, 2].to_numpy() * CONFIDENCE
    traces = _points(x, mean, half) if axis.is_category else _band(x, mean, half)
    observed = [r for r in results if r.status not in SET_ASIDE and metric in r.outcomes]
    placed = [(axis.position(r.parameters.get(axis.name)), r) for r in observed]
    marks = _trials([p for p in placed if p[0] is not None], metric)
    figure = style.new_figure(
        *marks,
        *traces,
        x=style.plain(axis.name),
        y=style.plain(title, limit=80),
        height=340,
    )
    return figure.update_layout(xaxis=axis_layout(axis), showlegend=True)


def _band(x: Sequence[Any], mean: Any, half: Any) -> list[Any]:
    import plotly.graph_objects as go

    none = {"width": 0, "color": style.BLUE}
    fill = style.faded(style.BLUE, 0.18)
    return [
        go.Scatter(x=x, y=mean - half, mode="lines", line=none, hoverinfo="skip", showlegend=False),
        go.Scatter(
            x=x,
            y=mean + half,
            mode="lines",
            line=none,
            fill="tonexty",
            fillcolor=fill,
            hoverinfo="skip",
            name="95 % interval",
        ),
        go.Scatter(
            x=x,
            y=mean,
            mode="lines",
            line={"color": style.BLUE, "width": 2},
            name="predicted mean",
            hovertemplate="%{x:.4g}<br>%{y:.4g}<extra></extra>",
        ),
    ]


def _points(x: Sequence[Any], mean: Any, half: Any) -> list[Any]:
    import plotly.graph_objects as go

    return [
        go.Scatter(
            x=x,
            y=mean,
            error_y={"array": half, "thickness": 1.5, "width": 6, "color": style.BLUE},
            mode="markers",
            marker={"color": style.BLUE, "size": 10, "symbol": "diamond"},
            name="predicted mean, 95 % interval",
            hovertemplate="%{x}<br>%{y:.4g}<extra></extra>",
        )
    ]


def _trials(placed: Sequence[tuple[Any, ArmResult]], metric: str) -> list[Any]:
    import plotly.graph_objects as go

    if not placed:
        return []
    marker = {"color": style.faded(style.GREY, 0.7), "size": 6}
    hover = [
        words.hover(
            [
                f"Trial {r.trial_index} · {words.short(metric)} {words.number(r.outcomes[metric][0])}",
                words.point(r.parameters),
            ]
        )
        for _, r in placed
    ]
    y = [r.outcomes[metric][0] for _, r in placed]
    return [
        go.Scatter(
            x=[p for p, _ in placed],
            y=y,
            mode="markers",
            name="trials",
            marker=marker,
            cliponaxis=False,
            hoverinfo="text",
            hovertext=hover,
        )
    ]


def _controls(findings: Findings, metric: str, name: str, held: "dict[str, Any]") -> tuple[Control, ...]:
    names, metrics = tunable_names(findings), tuple(findings.model.metric_names)
    return (
        Control(
            field="parameter_name", label="Along", value=name, options=names, labels=tuple(map(words.short, names))
        ),
        Control(
            field="metric_name", label="Metric", value=metric, options=metrics, labels=tuple(map(words.short, metrics))
        ),
        *other_controls(findings, held, (name,)),
    )
