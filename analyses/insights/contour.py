"""The contour: what the model says of one metric on a slice through the search space along two parameters."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.controls import Control, drop_down
from axnb.analyses.drawing import figures, style, words
from axnb.analyses.drawing.downsample import downsample_rows
from axnb.analyses.insights.slice import make_display_control, predict_baseline
from axnb.analyses.shared.arms import can_judge, describe_result, find_batch_trials
from axnb.analyses.shared.displays import Display, check_display, label_display
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
    find_reference_arm,
    lay_out_axis,
    list_tunable,
    make_other_controls,
    make_place_control,
    rank_by_importance,
    resolve_held,
)
from axnb.errors import UnsupportedError
from axnb.record.trial import ArmResult

if TYPE_CHECKING:
    import plotly.graph_objects as go

Array = npt.NDArray[np.float64]
_LEVELS = 20
_FEASIBLE_TOLERANCE = 1e-9
_LIKELY = 0.5
_VEIL = 0.6  # over what probably breaks the constraints
_MOST_MARKS = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """What the model says on a slice along two parameters.

    Args:
        metric: The metric.
        x: The horizontal axis.
        y: The vertical axis.
        mean: Predicted mean, `y x x`; NaN where a parameter constraint is not satisfied.
        sd: Standard deviation of that prediction, `y x x`; NaN likewise.
        p_feasible: Probability that the outcome constraints hold, `y x x`; `None` without constraints.
        acquisition: The acquisition function as a share of the largest, `y x x`; `None` where it was not asked for.
    """

    metric: str
    x: Axis
    y: Axis
    mean: Array
    sd: Array
    p_feasible: Array | None = None
    acquisition: Array | None = None

    def shown(self, display: Display) -> Array:
        """Return what is to be drawn."""
        parts = {"mean": self.mean, "sd": self.sd, "acquisition": self.acquisition, "feasibility": self.p_feasible}
        found = parts[display]
        return np.ones_like(self.mean) if found is None else found


@dataclass(frozen=True, slots=True)
class ContourPlot:
    """What the model predicts for a metric along two parameters, the others held.

    Args:
        x_parameter_name: The horizontal axis; the most important parameter if left out.
        y_parameter_name: The vertical axis; the most important of the others if left out.
        metric_name: The metric; that of the first objective if left out.
        display_sampled: Whether to mark the trials.
        relativize: Whether to show changes against the baseline, in percent.
        display: `"mean"` for the prediction, `"sd"` (or `"sem"`) for its standard deviation, `"acquisition"` for the
            improvement that a trial is expected to bring, `"feasibility"` for the probability that the outcome
            constraints hold.
        at: Where the other parameters are held: `None` or `"best"` for the best trial, `"center"`, a trial's index, an
            arm's name such as `"5_1"`, or a dict of values, the others as in the best trial.
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
    relativize: bool = False
    display: str = "mean"
    _: KW_ONLY
    at: At = None
    resolution: int = 50

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
            UnsupportedError: If fewer than two parameters vary.
            UnknownNameError: If there is no such parameter or metric.
            ObjectNotFoundError: If there is no such trial.
        """
        metric = context.metric(self.metric_name)
        if len(list_tunable(context)) < 2:
            raise UnsupportedError("A contour needs two parameters that vary; use SlicePlot for one.")
        names = (self.x_parameter_name, self.y_parameter_name)
        given = [None if n is None else check_parameter(context, n) for n in names]
        context.require([metric])
        x, y = choose_axes(given[0], given[1], rank_by_importance(context, metric))
        encoder = context.model.encoder
        at = check_at(self.at)
        held, where = resolve_held(context, encoder, at, (x, y))
        axes = build_axis(encoder, x, self.resolution), build_axis(encoder, y, self.resolution)
        display = check_display(self.display)
        surface = compute_surface(context, metric, *axes, held, display)
        if self.relativize:
            surface = relativize(surface, predict_baseline(context, metric))
        goal = Goal.of(context.view, context.optimization)
        results = context.results if self.display_sampled else ()
        direction = goal.direction(metric)
        marked = None if goal.optimization.is_multi_objective else find_reference_arm(context)
        look = ContourLook(
            display=display,
            direction=direction,
            best=marked,
            relative=self.relativize,
            label=label_display(context, display),
        )
        return AnalysisCard(
            name=type(self).__name__,
            title=f"{words.short(metric)}: {words.short(x, 24)} and {words.short(y, 24)}",
            subtitle=describe_contour(surface, display, direction, describe_held(context, held, (x, y), where)),
            df=tabulate_contour(surface),
            figure=draw_contour(surface, look, results, goal),
            controls=(
                *_controls(context, surface, display),
                make_place_control(context, at),
                *make_other_controls(context, held, (x, y)),
            ),
            analysis=self,
            uses_model=True,
        )


def choose_axes(x: str | None, y: str | None, ranked: Sequence[str]) -> tuple[str, str]:
    """Return two different parameters; where both are given the same, the vertical one gives way.

    Args:
        x: What is wanted across, if anything.
        y: What is wanted upwards, if anything.
        ranked: The parameters, most important first; at least two.

    Example:
        >>> choose_axes(None, "a", ["a", "b"]), choose_axes("a", "a", ["a", "b"])
        (('b', 'a'), ('a', 'b'))
    """
    across = x if x is not None else next(n for n in ranked if n != y)
    return across, y if y is not None and y != across else next(n for n in ranked if n != across)


def compute_surface(
    context: AnalysisContext, metric: str, x: Axis, y: Axis, held: "dict[str, Any]", display: Display = "mean"
) -> Surface:
    """Return what the model says on a slice.

    Args:
        context: What is known of the experiment.
        metric: The metric.
        x: The horizontal axis.
        y: The vertical axis.
        held: A point: where the other parameters are held.
        display: What of it is to be drawn.
    """
    model = context.model
    X = encode_along(model.encoder, held, (y, x))
    means, sds = model.predict_encoded(X)
    column = list(model.metric_names).index(metric)
    parts: list[Array | None] = [means[:, column], sds[:, column]]
    bounded = bool(context.optimization.constraints) and can_judge(context)
    parts.append(compute_feasibility(context, X) if bounded else None)
    parts.append(compute_promise(context, X) if display == "acquisition" else None)
    allowed = model.encoder.satisfies(X, _FEASIBLE_TOLERANCE) if model.encoder.has_constraints else None
    shape = len(y.levels), len(x.levels)
    mean, sd, chance, gain = (
        None if p is None else (p if allowed is None else np.where(allowed, p, np.nan)).reshape(shape) for p in parts
    )
    assert mean is not None
    assert sd is not None
    return Surface(metric=metric, x=x, y=y, mean=mean, sd=sd, p_feasible=chance, acquisition=gain)


def relativize(surface: Surface, base: float) -> Surface:
    """Return predictions as changes against a base, in percent; the base counts as exact.

    Args:
        surface: Predictions in the metric's own units.
        base: What changes are counted from.
    """
    return replace(surface, mean=100.0 * (surface.mean - base) / abs(base), sd=100.0 * surface.sd / abs(base))


def tabulate_contour(surface: Surface) -> pd.DataFrame:
    """Return a surface as a table, a point of the slice a row.

    Returns:
        Columns: the two parameters, the metric's name followed by `_mean` and `_sem`, and where they were asked for
        `p_feasible` and `acquisition`.
    """
    across, along = len(surface.x.levels), len(surface.y.levels)
    names = [surface.x.name, surface.y.name, f"{surface.metric}_mean", f"{surface.metric}_sem"]
    x, y = (np.array(a.levels, dtype=object if a.is_category else float) for a in (surface.x, surface.y))
    columns = [np.tile(x, along), np.repeat(y, across), surface.mean.ravel(), surface.sd.ravel()]
    for name, part in (("p_feasible", surface.p_feasible), ("acquisition", surface.acquisition)):
        if part is not None:
            names, columns = [*names, name], [*columns, part.ravel()]
    frame = pd.DataFrame(dict(enumerate(columns)))
    frame.columns = pd.Index(names)
    return frame


def describe_contour(surface: Surface, display: Display, direction: int, held: str) -> str:
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
    if display != "mean":
        starts = {
            "sd": f"The model is least sure of {name} at",
            "acquisition": "On this slice a trial promises most at",
            "feasibility": "The constraints hold most surely at",
        }
        return f"{starts[display]} {_at(surface, z, 1, told=display != 'acquisition')}{end}{blank}"
    blank += _infeasible(surface)
    if direction == 0 or words.is_level(np.nanmin(z), np.nanmax(z)):
        return f"Predicted {name} {words.span(np.nanmin(z), np.nanmax(z))}{end}{blank}"
    extreme = "highest" if direction > 0 else "lowest"
    return f"Predicted {name} is {extreme} at {_at(surface, z, direction)}{end}{blank}"


def _infeasible(surface: Surface) -> str:
    chance = surface.p_feasible
    if chance is None or not (chance < _LIKELY).any():
        return ""
    if not (chance >= _LIKELY).any():
        return " The constraints probably break everywhere on it."
    return " Shaded: the constraints probably break."


def _at(surface: Surface, z: Array, direction: int, *, told: bool = True) -> str:
    """Return where the extreme value is, and that value, in words."""
    j, i = np.unravel_index(int(np.nanargmax(z * direction)), z.shape)
    places = ((surface.x, surface.x.levels[i]), (surface.y, surface.y.levels[j]))
    where = [f"{words.short(axis.name, 24)} = {words.short(_rounded(value), 24)}" for axis, value in places]
    return words.listed(where) + (f" ({words.number(float(z[j, i]), 3)})" if told else "")


def _rounded(value: object) -> str:
    return words.number(value, 3) if isinstance(value, float) else words.value(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContourLook:
    """How a surface is drawn.

    Args:
        display: Which of its parts.
        direction: 1 if the metric is to be maximised, -1 if minimised, else 0; dark is always better.
        best: The arm to mark as the best.
        relative: Whether values are changes against the baseline, in percent.
        label: What the display is called.
    """

    display: Display = "mean"
    direction: int = 0
    best: ArmResult | None = None
    relative: bool = False
    label: str = "acquisition"


def draw_contour(
    surface: Surface, look: ContourLook, results: Sequence[ArmResult] = (), goal: Goal | None = None
) -> "go.Figure":
    """Return the picture of a surface: filled contours, or cells where an axis has categories.

    Where the outcome constraints probably break it is shaded, with the boundary drawn.

    Args:
        surface: What is drawn.
        look: How.
        results: The trials to mark.
        goal: What is wanted, to tell infeasible trials from others.
    """
    accents = (style.BLUE, style.SKY) if look.display == "sd" else (style.ORANGE, style.AMBER)
    shade = _shade(surface) if look.display in ("mean", "sd") else []
    traces = [_field(surface, look), *shade, *_trials(surface, results, look.best, accents, goal)]
    x, y = (style.plain(a.name) for a in (surface.x, surface.y))
    shown = any(t["type"] == "scatter" for t in traces)
    axes = lay_out_axis(surface.x), lay_out_axis(surface.y)
    layout = {"showlegend": shown}
    return figures.new_figure(*traces, x=x, y=y, height=400, xaxis=axes[0], yaxis=axes[1], layout=layout)


def _shade(surface: Surface) -> list[Any]:
    """Return the region where the outcome constraints probably break, and its boundary."""
    chance = surface.p_feasible
    if chance is None or not (chance < _LIKELY).any():
        return []
    common = {"x": surface.x.positions, "y": surface.y.positions, "showscale": False, "hoverinfo": "skip"}
    if surface.x.is_category or surface.y.is_category:
        mask = np.where(chance < _LIKELY, 1.0, np.nan)
        paper = style.LIGHT.paper
        look = {"colorscale": [[0, paper], [1, paper]], "opacity": _VEIL, "name": "constraints break"}
        gaps = {"xgap": int(surface.x.is_category), "ygap": int(surface.y.is_category)}
        return [figures.heatmap(**common, **look, **gaps, z=mask)]
    edge = figures.contour(
        **common,
        z=chance,
        contours={"type": "constraint", "operation": ">", "value": _LIKELY},
        fillcolor=style.fade(style.LIGHT.paper, _VEIL),
        line={"color": style.LIGHT.ink, "width": 1.5, "dash": "dash"},
        name="constraints break",
        showlegend=False,
    )
    return [edge] if (chance >= _LIKELY).any() else []


def _field(surface: Surface, look: ContourLook) -> Any:
    display = look.display
    cells = surface.x.is_category or surface.y.is_category
    colors = style.UNCERTAINTY if display == "sd" else style.SEQUENTIAL
    colors = colors[::-1] if display == "mean" and look.direction < 0 else colors
    percent = ", change in %" if look.relative else ""
    titles = {
        "mean": f"{words.short(surface.metric)}{percent}",
        "sd": f"sd of {words.short(surface.metric)}{percent}",
        "acquisition": f"{look.label}, share of top",
        "feasibility": "P(all constraints hold)",
    }
    share = display in ("acquisition", "feasibility")
    bar = {"title": {"text": style.plain(titles[display], limit=60), "side": "right"}}
    common = {
        "x": surface.x.positions,
        "y": surface.y.positions,
        "z": surface.shown(display),
        "name": "",
        "colorscale": style.colorscale(colors),
        "colorbar": bar | ({"tickformat": ".0%"} if share else {}),
        "hovertemplate": "%{x:.4g}, %{y:.4g}<br>%{z:.4g}<extra></extra>",
    }
    if cells:
        return figures.heatmap(**common, xgap=int(surface.x.is_category), ygap=int(surface.y.is_category))
    line = {"width": 0.5, "color": "rgba(255,255,255,0.6)"}
    return figures.contour(**common, ncontours=_LEVELS, line=line, connectgaps=False)


def _trials(
    surface: Surface, results: Sequence[ArmResult], best: ArmResult | None, accents: tuple[str, str], goal: Goal | None
) -> list[Any]:
    """Return the markers of the trials: those with a result, infeasible, failed, still to come, and the best."""
    observed = [r for r in results if not r.status.is_lost and surface.metric in r.outcomes]
    waiting = [r for r in results if not r.status.is_terminal and surface.metric not in r.outcomes]
    failed = [r for r in results if r.status.is_failed]
    others = [r for r in observed if r is not best]
    judged = goal is not None and bool(goal.optimization.constraints)
    broken = [r for r in others if judged and goal is not None and goal.feasible(r.outcomes) is False]
    bad = {id(r) for r in broken}
    fine = [r for r in others if id(r) not in bad]
    ink, paper = {"color": style.LIGHT.ink, "width": 1.2}, {"color": style.LIGHT.paper, "width": 1.2}
    size = min(7, figures.size_of_marks(len(results)))
    groups = (
        ("trials", fine, _look(style.LIGHT.paper, "circle", size, ink)),
        ("infeasible", broken, _look(style.LIGHT.ink, "x", size, paper)),
        ("failed", failed, _look(style.PURPLE, "x", size, paper)),
        ("no result yet", waiting, _look(accents[1], "diamond", 8, ink)),
        ("best trial", [r for r in observed if r is best], _look(accents[0], "star", 15, paper)),
    )
    batches = find_batch_trials(results)
    return [_markers(surface, name, rows, marker, batches) for name, rows, marker in groups if rows]


def _look(color: str, symbol: str, size: int, line: dict[str, Any]) -> dict[str, Any]:
    return {"color": color, "symbol": symbol, "size": size, "line": line}


def _markers(
    surface: Surface, name: str, rows: Sequence[ArmResult], marker: dict[str, Any], batches: frozenset[int]
) -> Any:
    x, y = surface.x, surface.y
    placed = [(x.position(r.parameters.get(x.name)), y.position(r.parameters.get(y.name)), r) for r in rows]
    kept = [one for one in placed if one[0] is not None and one[1] is not None]
    values = [r.outcomes.get(surface.metric, (np.nan, None))[0] for _, _, r in kept]
    kept = [kept[i] for i in downsample_rows([values], most=_MOST_MARKS)]
    return figures.scatter(
        x=[x for x, _, _ in kept],
        y=[y for _, y, _ in kept],
        mode="markers",
        name=name,
        marker=marker,
        cliponaxis=False,
        hoverinfo="text",
        hovertext=[describe_result(r, surface.metric, batches) for _, _, r in kept],
        customdata=[r.trial_index for _, _, r in kept],
    )


def _controls(context: AnalysisContext, surface: Surface, display: Display) -> tuple[Control, ...]:
    """Return a drop-down for each axis, for the metric and for what is drawn."""
    names = list_tunable(context)
    return (
        drop_down("x_parameter_name", "Across", surface.x.name, names),
        drop_down("y_parameter_name", "Up", surface.y.name, names),
        drop_down("metric_name", "Metric", surface.metric, context.model.metric_names),
        make_display_control(context, display),
    )
