"""The contour: what the model says of one metric on a slice through the search space along two parameters."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from axnb.analyses import style, words
from axnb.analyses.card import AnalysisCard
from axnb.analyses.findings import SET_ASIDE, ArmResult, Findings
from axnb.analyses.goals import Goal
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
    reference_trial,
    replaced_at,
    rows_along,
    tunable_names,
)
from axnb.errors import UnsupportedError, UserInputError, near_miss
from axnb.record.trial import TrialStatus

if TYPE_CHECKING:
    import plotly.graph_objects as go

Array = npt.NDArray[np.float64]
Display = Literal["mean", "sd"]

_LEVELS = 20
_FEASIBLE_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """What the model says on a slice along two parameters.

    Args:
        metric: The metric.
        x: The horizontal axis.
        y: The vertical axis.
        mean: Predicted mean, `y x x`; NaN where a parameter constraint is not satisfied.
        sd: Standard deviation of that prediction, `y x x`; NaN likewise.
    """

    metric: str
    x: Axis
    y: Axis
    mean: Array
    sd: Array

    def shown(self, display: Display) -> Array:
        """Return what is to be drawn."""
        return self.mean if display == "mean" else self.sd


@dataclass(frozen=True, slots=True)
class ContourPlot:
    """What the model predicts for a metric along two parameters, the others held.

    Args:
        x_parameter_name: The horizontal axis; the most important parameter if left out.
        y_parameter_name: The vertical axis; the most important of the others if left out.
        metric_name: The metric; that of the first objective if left out.
        display_sampled: Whether to mark the trials.
        display: `"mean"` for the prediction, `"sd"` (or `"sem"`) for its standard deviation.
        at: Where the other parameters are held: `None` or `"best"` for the best trial, `"center"`, a trial's index, or
            a dict of values, the others as in the best trial.
        resolution: Points along each axis of numbers.

    Raises:
        UserInputError: If an option is none of those.

    Example:
        >>> ContourPlot("x1", "x2", at={"x3": 0.5}).at
        (('x3', 0.5),)
    """

    x_parameter_name: str | None = None
    y_parameter_name: str | None = None
    metric_name: str | None = None
    display_sampled: bool = True
    _: KW_ONLY
    display: str = "mean"
    at: At = None
    resolution: int = 50

    def __post_init__(self) -> None:
        display = "sd" if self.display == "sem" else self.display
        if display not in ("mean", "sd"):
            raise UserInputError(
                f"display must be 'mean' or 'sd', got {self.display!r}.{near_miss(self.display, ('mean', 'sd'))}"
            )
        check_resolution(self.resolution)
        object.__setattr__(self, "display", display)
        object.__setattr__(self, "at", check_at(self.at))

    def compute(self, findings: Findings) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If no metric is given and there is no goal yet.
            DataRequiredError: If there are too few results for a model.
            UnsupportedError: If fewer than two parameters vary.
            UnknownNameError: If there is no such parameter or metric.
            ObjectNotFoundError: If there is no such trial.
        """
        metric = findings.metric(self.metric_name)
        if len(tunable_names(findings)) < 2:
            raise UnsupportedError("A contour needs two parameters that vary; use SlicePlot for one.")
        names = (self.x_parameter_name, self.y_parameter_name)
        given = [None if n is None else check_parameter(findings, n) for n in names]
        findings.require([metric])
        x, y = two_axes(given[0], given[1], by_importance(findings, metric))
        encoder = findings.model.encoder
        at = check_at(self.at)
        held, where = held_at(findings, encoder, at)
        axes = axis_of(encoder, x, self.resolution), axis_of(encoder, y, self.resolution)
        surface = surface_of(findings, metric, *axes, held)
        display: Display = "mean" if self.display == "mean" else "sd"
        goal = Goal.of(findings.view, findings.optimization)
        results = findings.results if self.display_sampled else ()
        direction = goal.direction(metric)
        resolved = replaced_at(self, held, at)
        marked = None if goal.optimization.is_multi_objective else reference_trial(findings)
        return AnalysisCard(
            name=type(self).__name__,
            title=f"{words.short(metric)}: {words.short(x, 24)} and {words.short(y, 24)}",
            subtitle=contour_sentence(surface, display, direction, others_held(findings, held, (x, y), where)),
            df=contour_frame(surface),
            figure=contour_figure(surface, display, direction, results, marked),
            controls=_controls(resolved, findings, surface, held),
            analysis=resolved,
        )


def two_axes(x: str | None, y: str | None, ranked: Sequence[str]) -> tuple[str, str]:
    """Return two different parameters; where both are given the same, the vertical one gives way.

    Args:
        x: What is wanted across, if anything.
        y: What is wanted upwards, if anything.
        ranked: The parameters, most important first; at least two.

    Example:
        >>> two_axes(None, "a", ["a", "b"]), two_axes("a", "a", ["a", "b"])
        (('b', 'a'), ('a', 'b'))
    """
    across = x if x is not None else next(n for n in ranked if n != y)
    return across, y if y is not None and y != across else next(n for n in ranked if n != across)


def surface_of(findings: Findings, metric: str, x: Axis, y: Axis, held: "dict[str, Any]") -> Surface:
    """Return what the model says on a slice.

    Args:
        findings: What is known of the experiment.
        metric: The metric.
        x: The horizontal axis.
        y: The vertical axis.
        held: A point: where the other parameters are held.
    """
    model = findings.model
    X = rows_along(model.encoder, held, (y, x))
    mean, sd = model.predict_encoded(X)
    column = list(model.metric_names).index(metric)
    mean, sd = mean[:, column], sd[:, column]
    if model.encoder.has_constraints:
        allowed = model.encoder.satisfies(X, _FEASIBLE_TOLERANCE)
        mean, sd = np.where(allowed, mean, np.nan), np.where(allowed, sd, np.nan)
    shape = len(y.levels), len(x.levels)
    return Surface(metric=metric, x=x, y=y, mean=mean.reshape(shape), sd=sd.reshape(shape))


def contour_frame(surface: Surface) -> pd.DataFrame:
    """Return a surface as a table, a point of the slice a row.

    Returns:
        Columns: the two parameters, and the metric's name followed by `_mean` and `_sem`.
    """
    across, along = len(surface.x.levels), len(surface.y.levels)
    names = [surface.x.name, surface.y.name, f"{surface.metric}_mean", f"{surface.metric}_sem"]
    x, y = (np.array(a.levels, dtype=object if a.is_category else float) for a in (surface.x, surface.y))
    columns = [np.tile(x, along), np.repeat(y, across), surface.mean.ravel(), surface.sd.ravel()]
    frame = pd.DataFrame(dict(enumerate(columns)))
    frame.columns = pd.Index(names)
    return frame


def contour_sentence(surface: Surface, display: Display, direction: int, held: str) -> str:
    """Return what a contour shows, in a sentence.

    Args:
        surface: What is drawn.
        display: Which of its parts.
        direction: 1 if the metric is to be maximised, -1 if minimised, else 0.
        held: Where the other parameters are held, as the end of a sentence.
    """
    z, name = surface.shown(display), words.short(surface.metric)
    end = f", {held}." if held else "."
    if np.isnan(z).all():
        return f"No point of this slice satisfies the parameter constraints{end}"
    blank = " Blank: outside the parameter constraints." if np.isnan(z).any() else ""
    if display == "sd":
        return f"The model is least sure of {name} at {_at(surface, z, 1)}{end}{blank}"
    if direction == 0:
        return f"Predicted {name} {words.span(np.nanmin(z), np.nanmax(z))}{end}{blank}"
    extreme = "highest" if direction > 0 else "lowest"
    return f"Predicted {name} is {extreme} at {_at(surface, z, direction)}{end}{blank}"


def _at(surface: Surface, z: Array, direction: int) -> str:
    """Return where the extreme value is, and that value, in words."""
    j, i = np.unravel_index(int(np.nanargmax(z * direction)), z.shape)
    places = ((surface.x, surface.x.levels[i]), (surface.y, surface.y.levels[j]))
    where = [f"{words.short(axis.name, 24)} = {words.short(_rounded(value), 24)}" for axis, value in places]
    return f"{words.listed(where)} ({words.number(float(z[j, i]), 3)})"


def _rounded(value: object) -> str:
    return words.number(value, 3) if isinstance(value, float) else words.value(value)


def contour_figure(
    surface: Surface,
    display: Display = "mean",
    direction: int = 0,
    results: Sequence[ArmResult] = (),
    best: int | None = None,
) -> "go.Figure":
    """Return the picture of a surface: filled contours, or cells where an axis has categories.

    Args:
        surface: What is drawn.
        display: Which of its parts.
        direction: 1 if the metric is to be maximised, -1 if minimised, else 0; dark is always better.
        results: The trials to mark.
        best: The trial to mark as the best.
    """
    accents = (style.BLUE, style.SKY) if display == "sd" else (style.ORANGE, style.AMBER)
    traces = [_field(surface, display, direction), *_trials(surface, results, best, accents)]
    x, y = (style.plain(a.name) for a in (surface.x, surface.y))
    figure = style.new_figure(*traces, x=x, y=y, height=400)
    figure.update_layout(xaxis=axis_layout(surface.x), yaxis=axis_layout(surface.y), showlegend=len(traces) > 1)
    return figure


def _field(surface: Surface, display: Display, direction: int) -> Any:
    import plotly.graph_objects as go

    cells = surface.x.is_category or surface.y.is_category
    colors = style.UNCERTAINTY if display == "sd" else style.SEQUENTIAL[:: -1 if direction < 0 else 1]
    what = "sd of " if display == "sd" else ""
    title = style.plain(f"{what}{words.short(surface.metric)}", limit=60)
    common = {
        "x": surface.x.positions,
        "y": surface.y.positions,
        "z": surface.shown(display),
        "name": "",
        "colorscale": style.colorscale(colors),
        "colorbar": {"title": {"text": title, "side": "right"}},
        "hovertemplate": "%{x:.4g}, %{y:.4g}<br>%{z:.4g}<extra></extra>",
    }
    if cells:
        return go.Heatmap(common, xgap=int(surface.x.is_category), ygap=int(surface.y.is_category))
    return go.Contour(
        common, ncontours=_LEVELS, line={"width": 0.5, "color": "rgba(255,255,255,0.6)"}, connectgaps=False
    )


def _trials(surface: Surface, results: Sequence[ArmResult], best: int | None, accents: tuple[str, str]) -> list[Any]:
    """Return the markers of the trials: those with a result, those still to come, and the best."""
    observed = [r for r in results if r.status not in SET_ASIDE and surface.metric in r.outcomes]
    waiting = [r for r in results if not r.status.is_terminal and surface.metric not in r.outcomes]
    ink, paper = {"color": style.LIGHT.ink, "width": 1.2}, {"color": style.LIGHT.paper, "width": 1.2}
    groups = (
        ("trials", [r for r in observed if r.trial_index != best], _look(style.LIGHT.paper, "circle", 7, ink)),
        ("no result yet", waiting, _look(accents[1], "diamond", 8, ink)),
        ("best trial", [r for r in observed if r.trial_index == best], _look(accents[0], "star", 15, paper)),
    )
    return [_markers(surface, name, rows, marker) for name, rows, marker in groups if rows]


def _look(color: str, symbol: str, size: int, line: dict[str, Any]) -> dict[str, Any]:
    return {"color": color, "symbol": symbol, "size": size, "line": line}


def _markers(surface: Surface, name: str, rows: Sequence[ArmResult], marker: dict[str, Any]) -> Any:
    import plotly.graph_objects as go

    x, y = surface.x, surface.y
    placed = [(x.position(r.parameters.get(x.name)), y.position(r.parameters.get(y.name)), r) for r in rows]
    kept = [one for one in placed if one[0] is not None and one[1] is not None]
    return go.Scatter(
        x=[x for x, _, _ in kept],
        y=[y for _, y, _ in kept],
        mode="markers",
        name=name,
        marker=marker,
        cliponaxis=False,
        hoverinfo="text",
        hovertext=[_hover(r, surface.metric) for _, _, r in kept],
    )


def _hover(result: ArmResult, metric: str) -> str:
    held = result.outcomes.get(metric)
    status = "" if result.status is TrialStatus.COMPLETED else f" · {result.status.label.lower()}"
    value = f" · {words.short(metric)} {words.number(held[0])}" if held else ""
    return words.hover([f"Trial {result.trial_index}{value}{status}", words.point(result.parameters)])


def _controls(
    analysis: ContourPlot, findings: Findings, surface: Surface, held: "dict[str, Any]"
) -> tuple[Control, ...]:
    """Return a drop-down for each axis, the metric and what is drawn, and a control for every other parameter."""
    names, metrics = tunable_names(findings), tuple(findings.model.metric_names)
    shown = tuple(words.short(n) for n in names)
    fixed = (
        Control(field="x_parameter_name", label="Across", value=surface.x.name, options=names, labels=shown),
        Control(field="y_parameter_name", label="Up", value=surface.y.name, options=names, labels=shown),
        Control(
            field="metric_name",
            label="Metric",
            value=surface.metric,
            options=metrics,
            labels=tuple(words.short(n) for n in metrics),
        ),
        Control(
            field="display",
            label="Show",
            value=analysis.display,
            options=("mean", "sd"),
            labels=("prediction", "uncertainty (sd)"),
        ),
    )
    return fixed + other_controls(findings, held, (surface.x.name, surface.y.name))
