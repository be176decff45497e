"""The slice: what the model says of one metric along one parameter, with its 95 % interval."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.controls import Control, drop_down
from axnb.analyses.drawing import figures, style, words
from axnb.analyses.drawing.downsample import downsample_rows
from axnb.analyses.drawing.figures import CONFIDENCE
from axnb.analyses.insights.profiler import link_to_profiler
from axnb.analyses.shared.arms import describe_result, find_batch_trials
from axnb.analyses.shared.displays import LABELS, Display, check_display, label_display, list_displays
from axnb.analyses.shared.goals import Goal
from axnb.analyses.shared.prospects import compute_feasibility, compute_promise
from axnb.analyses.shared.slicing import (
    At,
    Axis,
    build_axis,
    check_at,
    check_parameter,
    check_resolution,
    describe_held,
    encode_along,
    lay_out_axis,
    list_tunable,
    make_other_controls,
    make_place_control,
    rank_by_importance,
    resolve_held,
)
from axnb.errors import DataRequiredError, UnsupportedError
from axnb.record.trial import ArmResult

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True, slots=True)
class SlicePlot:
    """What the model predicts for a metric along one parameter, the others held.

    Args:
        parameter_name: The parameter; the most important one if left out.
        metric_name: The metric; that of the first objective if left out.
        display_sampled: Whether to mark the trials.
        relativize: Whether to show changes against the baseline, in percent.
        display: `"mean"` for the prediction with its 95 % interval, `"sd"` for its standard deviation, `"acquisition"`
            for the improvement that a trial is expected to bring, `"feasibility"` for the probability that the outcome
            constraints hold.
        at: Where the other parameters are held: `None` or `"best"` for the best trial, `"center"`, a trial's index, an
            arm's name such as `"5_1"`, or a dict of values, the others as in the best trial.
        resolution: Points along an axis of numbers.

    Raises:
        UserInputError: If an option is none of those.

    Example:
        >>> SlicePlot("x1", at={"x2": 0.5}).at
        (('x2', 0.5),)
    """

    parameter_name: str | None = None
    metric_name: str | None = None
    display_sampled: bool = True
    relativize: bool = False
    _: KW_ONLY
    display: str = "mean"
    at: At = None
    resolution: int = 100

    def __post_init__(self) -> None:
        check_resolution(self.resolution)
        object.__setattr__(self, "display", check_display(self.display))
        object.__setattr__(self, "at", check_at(self.at))

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If no metric is given and there is no goal yet.
            DataRequiredError: If there are too few results for a model.
            UnsupportedError: If the parameter is fixed.
            UnknownNameError: If there is no such parameter or metric.
            ObjectNotFoundError: If there is no such trial.
        """
        metric = context.metric(self.metric_name)
        name = None if self.parameter_name is None else check_parameter(context, self.parameter_name)
        context.require([metric])
        name = rank_by_importance(context, metric)[0] if name is None else name
        encoder, at = context.model.encoder, check_at(self.at)
        held, where = resolve_held(context, encoder, at, (name,))
        axis = build_axis(encoder, name, self.resolution)
        frame = tabulate_slice(context, metric, axis, held)
        goal = Goal.of(context.view, context.optimization)
        base = predict_baseline(context, metric) if self.relativize else None
        shown = frame if base is None else relativize(frame, base, metric)
        rest = describe_held(context, held, (name,), where)
        results = context.results if self.display_sampled else ()
        controls = (*_controls(context, metric, name), make_display_control(context, self.display))
        controls += (make_place_control(context, at), *make_other_controls(context, held, (name,)))
        if self.display in ("mean", "sd"):
            direction = goal.direction(metric)
            look = SliceLook(title=goal.title(metric), direction=direction, bounds=goal.bounds(metric), base=base)
            subtitle = describe_slice(shown, metric, axis, direction, rest, sd=self.display == "sd")
            figure = draw_slice(shown, metric, axis, look, results, sd=self.display == "sd")
        else:
            display: Display = "feasibility" if self.display == "feasibility" else "acquisition"
            shown = tabulate_share(context, axis, held, display)
            subtitle = describe_share(shown, axis, display, rest)
            figure = draw_share(shown, axis, display, label_display(context, display))
        return AnalysisCard(
            name=type(self).__name__,
            title=f"{words.short(metric)} along {words.short(name)}",
            subtitle=subtitle,
            df=shown,
            figure=figure,
            controls=controls,
            links=(link_to_profiler(held, list_tunable(context)),),
            analysis=self,
            uses_model=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceLook:
    """How the values of a slice are named and judged.

    Args:
        title: Title of the vertical axis.
        direction: 1 if the metric is to be maximised, -1 if minimised, else 0.
        bounds: Operator and value of each bound on the metric.
        base: The baseline's value that changes are counted from; `None` for the metric's own units.
    """

    title: str
    direction: int = 0
    bounds: tuple[tuple[str, float], ...] = ()
    base: float | None = None

    def shown(self, value: float) -> float:
        """Return a value of the metric as it is drawn."""
        return value if self.base is None else 100.0 * (value - self.base) / abs(self.base)


def predict_baseline(context: AnalysisContext, metric: str) -> float:
    """Return what the model predicts of a metric at the baseline.

    Raises:
        DataRequiredError: If there is no baseline.
        UnsupportedError: If that is 0.
    """
    index = context.view.baseline
    if index is None:
        raise DataRequiredError("relativize compares with a baseline, and there is none: call attach_baseline first.")
    value = context.model.predict([context.view.trials[index].parameters])[0][metric][0]
    if value == 0.0:
        raise UnsupportedError(
            f"the baseline's {metric!r} is 0, so there are no changes in percent: do not relativize."
        )
    return value


def relativize(frame: pd.DataFrame, base: float, metric: str) -> pd.DataFrame:
    """Return predictions as changes against a base, in percent; the base counts as exact.

    Args:
        frame: A frame with the metric's columns `_mean` and `_sem`.
        base: What changes are counted from.
        metric: The metric.
    """
    mean, sem = f"{metric}_mean", f"{metric}_sem"
    made = frame.copy()
    made[mean] = 100.0 * (frame[mean] - base) / abs(base)
    made[sem] = 100.0 * frame[sem] / abs(base)
    return made


def make_display_control(context: AnalysisContext, display: str) -> Control:
    """Return the drop-down that chooses what is drawn."""
    options = list_displays(context)
    return drop_down("display", "Show", display, options, [LABELS[o] for o in options])


def tabulate_slice(context: AnalysisContext, metric: str, axis: Axis, held: "dict[str, Any]") -> pd.DataFrame:
    """Return what the model says along one parameter.

    Args:
        context: What is known of the experiment.
        metric: The metric.
        axis: What varies.
        held: A point: where the other parameters are held.

    Returns:
        Columns: the parameter, and the metric's name followed by `_mean` and `_sem`; points outside the
        parameter constraints are left out.
    """
    model = context.model
    X = encode_along(model.encoder, held, (axis,))
    mean, sd = model.predict_encoded(X)
    column = list(model.metric_names).index(metric)
    frame = pd.DataFrame(
        {0: np.array(axis.levels, dtype=object if axis.is_category else float), 1: mean[:, column], 2: sd[:, column]}
    )
    frame.columns = pd.Index([axis.name, f"{metric}_mean", f"{metric}_sem"])
    return frame[model.encoder.satisfies(X, 1e-9)] if model.encoder.has_constraints else frame


def describe_slice(frame: pd.DataFrame, metric: str, axis: Axis, direction: int, held: str, *, sd: bool = False) -> str:
    """Return what a slice shows, in a sentence.

    Args:
        frame: What `tabulate_slice` returned.
        metric: The metric.
        axis: What varies.
        direction: 1 if the metric is to be maximised, -1 if minimised, else 0.
        held: Where the other parameters are held, as the end of a sentence.
        sd: Whether the standard deviation is shown, not the mean.
    """
    end = f", {held}." if held else "."
    if frame.empty:
        return f"No point of this slice satisfies the parameter constraints{end}"
    mean = frame.iloc[:, 2 if sd else 1]
    if not sd and (direction == 0 or words.is_level(mean.min(), mean.max())):
        return f"Predicted {words.short(metric)} {words.span(mean.min(), mean.max())}{end}"
    at = int((mean * (1 if sd else direction)).to_numpy().argmax())
    where = f"{_place(axis, frame.iloc[at, 0])} ({words.number(mean.iloc[at], 3)})"
    if sd:
        return f"The model is least sure of {words.short(metric)} at {where}{end}"
    extreme = "highest" if direction > 0 else "lowest"
    edge = _edge(axis, at, len(frame), frame)
    return f"Predicted {words.short(metric)} is {extreme} at {where}{edge}{end}"


def _place(axis: Axis, value: Any) -> str:
    shown = words.number(value, 3) if isinstance(value, float) else words.value(value)
    return f"{words.short(axis.name, 24)} = {words.short(shown, 24)}"


def _edge(axis: Axis, at: int, count: int, frame: pd.DataFrame) -> str:
    """Return a hint where the best of a range is at one of its bounds."""
    if axis.is_category or at not in (0, count - 1) or count < len(axis.levels):
        return ""
    mean = frame.iloc[:, 1]
    inner = abs(float(mean.iloc[at] - mean.iloc[1 if at == 0 else -2]))
    return f", the {'lower' if at == 0 else 'upper'} bound" if inner > 1e-4 * float(np.ptp(mean)) else ""


def draw_slice(
    frame: pd.DataFrame,
    metric: str,
    axis: Axis,
    look: SliceLook,
    results: Sequence[ArmResult] = (),
    *,
    sd: bool = False,
) -> "go.Figure":
    """Return the picture of a slice: the mean with its 95 % interval, the trials, and the bounds on the metric.

    Args:
        frame: What `tabulate_slice` returned.
        metric: The metric.
        axis: What varies.
        look: How values are named and judged.
        results: The trials to mark.
        sd: Whether to show the standard deviation, not the mean.
    """
    x = [axis.position(v) for v in frame.iloc[:, 0]]
    mean, half = frame.iloc[:, 1].to_numpy(), frame.iloc[:, 2].to_numpy() * CONFIDENCE
    if sd:
        traces = [_curve(x, half / CONFIDENCE, "standard deviation", axis, style.ORANGE)]
        marks = []
    else:
        traces = _points(x, mean, half) if axis.is_category else _band(x, mean, half)
        marks = _trials(results, metric, axis, look)
    percent = ", change in %" if look.base is not None else ""
    title = style.plain(f"{'sd of ' if sd else ''}{look.title}{percent}", limit=80)
    bounds = [] if sd else [(op, bound, look.shown(bound)) for op, bound in look.bounds]
    notes = [_bound_note(words.bound(op, bound), y) for op, bound, y in bounds]
    layout = {
        "showlegend": True,
        "shapes": [figures.line_at(y) for _, _, y in bounds],
        "annotations": notes,
        "margin": {"r": max([24, *(10 + 7 * len(note["text"]) for note in notes)])},
    }
    return figures.new_figure(
        *marks, *traces, x=style.plain(axis.name), y=title, height=340, xaxis=lay_out_axis(axis), layout=layout
    )


def _bound_note(text: str, y: float) -> dict[str, Any]:
    """Return the label of a bound, beside its line, where nothing else is drawn."""
    place = {"xref": "paper", "x": 1, "xanchor": "left", "xshift": 4, "y": y, "yanchor": "middle"}
    return {**place, "text": text, "showarrow": False}


def tabulate_share(context: AnalysisContext, axis: Axis, held: "dict[str, Any]", display: Display) -> pd.DataFrame:
    """Return the promise or the feasibility along one parameter.

    Args:
        context: What is known of the experiment.
        axis: What varies.
        held: A point: where the other parameters are held.
        display: `"acquisition"` or `"feasibility"`.

    Returns:
        Columns: the parameter, and `acquisition` (as a share of the largest on the slice) or `p_feasible`.
    """
    encoder = context.model.encoder
    X = encode_along(encoder, held, (axis,))
    shares = compute_feasibility(context, X) if display == "feasibility" else compute_promise(context, X)
    frame = pd.DataFrame({0: np.array(axis.levels, dtype=object if axis.is_category else float), 1: shares})
    frame.columns = pd.Index([axis.name, "p_feasible" if display == "feasibility" else "acquisition"])
    return frame[encoder.satisfies(X, 1e-9)] if encoder.has_constraints else frame


def describe_share(frame: pd.DataFrame, axis: Axis, display: Display, held: str) -> str:
    """Return what a slice of promise or feasibility shows, in a sentence."""
    end = f", {held}." if held else "."
    if frame.empty:
        return f"No point of this slice satisfies the parameter constraints{end}"
    at = int(frame.iloc[:, 1].to_numpy().argmax())
    where = _place(axis, frame.iloc[at, 0])
    if display == "acquisition":
        return f"Along this slice a trial promises most at {where}{end}"
    return f"The constraints hold most surely at {where} ({words.percent(float(frame.iloc[:, 1].to_numpy()[at]))}){end}"


def draw_share(frame: pd.DataFrame, axis: Axis, display: Display, label: str) -> "go.Figure":
    """Return the picture of promise or feasibility along one parameter, under the name that it is called by."""
    x = [axis.position(v) for v in frame.iloc[:, 0]]
    title = "P(all constraints hold)" if display == "feasibility" else f"{label}, share of top"
    trace = _curve(x, frame.iloc[:, 1].to_numpy(), label, axis, style.BLUE)
    return figures.new_figure(
        trace,
        x=style.plain(axis.name),
        y=title,
        height=340,
        xaxis=lay_out_axis(axis),
        yaxis=figures.SHARES,
        layout={"showlegend": False},
    )


def _curve(x: Sequence[Any], y: Any, name: str, axis: Axis, color: str) -> Any:
    mode = "markers" if axis.is_category else "lines"
    line, marker = {"color": color, "width": 2}, {"color": color, "size": 10, "symbol": "diamond"}
    return figures.scatter(x=x, y=y, mode=mode, name=name, line=line, marker=marker, cliponaxis=False)


def _band(x: Sequence[Any], mean: Any, half: Any) -> list[Any]:
    none = {"width": 0, "color": style.BLUE}
    fill = style.fade(style.BLUE, 0.18)
    return [
        figures.scatter(x=x, y=mean - half, mode="lines", line=none, hoverinfo="skip", showlegend=False),
        figures.scatter(
            x=x,
            y=mean + half,
            mode="lines",
            line=none,
            fill="tonexty",
            fillcolor=fill,
            hoverinfo="skip",
            name="95 % interval",
        ),
        figures.scatter(
            x=x,
            y=mean,
            mode="lines",
            line={"color": style.BLUE, "width": 2},
            name="predicted mean",
            hovertemplate="%{x:.4g}<br>%{y:.4g}<extra></extra>",
        ),
    ]


def _points(x: Sequence[Any], mean: Any, half: Any) -> list[Any]:
    return [
        figures.scatter(
            x=x,
            y=mean,
            error_y={"array": half, "thickness": 1.5, "width": 6, "color": style.BLUE},
            mode="markers",
            marker={"color": style.BLUE, "size": 10, "symbol": "diamond"},
            name="predicted mean, 95 % interval",
            hovertemplate="%{x}<br>%{y:.4g}<extra></extra>",
        )
    ]


def _trials(results: Sequence[ArmResult], metric: str, axis: Axis, look: SliceLook) -> list[Any]:
    """Return the markers of the trials that have a result: finished and running ones."""
    observed = [r for r in results if not r.status.is_lost and metric in r.outcomes]
    placed = [(axis.position(r.parameters.get(axis.name)), r) for r in observed]
    kept = [p for p in placed if p[0] is not None]
    open_ = [p for p in kept if not p[1].status.is_terminal]
    done = [p for p in kept if p[1].status.is_terminal]
    grey = style.fade(style.GREY, 0.7)
    groups = (
        ("trials", done, {"color": grey, "size": 6}),
        ("running", open_, {"color": style.AMBER, "size": 7, "symbol": "diamond"}),
    )
    batches = find_batch_trials(results)
    return [_markers(rows, metric, name, marker, look, batches) for name, rows, marker in groups if rows]


def _markers(
    placed: Sequence[tuple[Any, ArmResult]],
    metric: str,
    name: str,
    marker: dict[str, Any],
    look: SliceLook,
    batches: frozenset[int],
) -> Any:
    values = np.array([r.outcomes[metric][0] for _, r in placed])
    placed = [placed[i] for i in downsample_rows([values])]
    hover = [describe_result(r, metric, batches) for _, r in placed]
    return figures.scatter(
        x=[p for p, _ in placed],
        y=[look.shown(r.outcomes[metric][0]) for _, r in placed],
        mode="markers",
        name=name,
        marker=marker,
        cliponaxis=False,
        hoverinfo="text",
        hovertext=hover,
        customdata=[r.trial_index for _, r in placed],
    )


def _controls(context: AnalysisContext, metric: str, name: str) -> tuple[Control, ...]:
    return (
        drop_down("parameter_name", "Along", name, list_tunable(context)),
        drop_down("metric_name", "Metric", metric, context.model.metric_names),
    )
