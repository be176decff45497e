"""Parallel coordinates: every trial as a line across its parameters, coloured by one metric."""

import html
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import MINIMUM_FOR_MODEL, AnalysisContext
from axnb.analyses.controls import drop_down
from axnb.analyses.drawing import figures, style, words
from axnb.analyses.drawing.downsample import downsample_rows
from axnb.analyses.shared.goals import Goal
from axnb.analyses.shared.slicing import rank_by_importance
from axnb.errors import DataRequiredError, UserInputError, near_miss
from axnb.problem.parameters import ChoiceParameter, Parameter, RangeParameter
from axnb.record.trial import ArmResult

Array: TypeAlias = npt.NDArray[np.float64]

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_LINES = 900
"""Lines of one picture; more than that only cover each other."""

_FEW = 12
_NO_VALUE = "\u2013"
_DECADES = 8
_FIRST = 14  # axes that fit side by side
_ORDERS = ("space", "importance")
_MOST_MODELLED = 20_000  # results; the model of more takes too long for an order of axes


@dataclass(frozen=True, slots=True)
class ParallelCoordinatesPlot:
    """Every trial as a line across its parameters, coloured by one metric, which is the last axis.

    Args:
        metric_name: The metric; that of the first objective if left out.
        order: Of the axes: as in the search `"space"`, or by `"importance"`, the most important next to the metric.

    Raises:
        UserInputError: If there is no such order.

    Example:
        >>> ParallelCoordinatesPlot("loss", order="importance").order
        'importance'
    """

    metric_name: str | None = None
    _: KW_ONLY
    order: Literal["space", "importance"] = "space"

    def __post_init__(self) -> None:
        if self.order not in _ORDERS:
            hint = near_miss(self.order, _ORDERS)
            raise UserInputError(f"order must be 'space' or 'importance', got {self.order!r}.{hint}")

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If no metric is given and there is no goal yet.
            DataRequiredError: If no trial has a value of the metric.
            UnknownNameError: If there is no such metric.
        """
        metric = context.metric(self.metric_name)
        observed = context.observed([metric])
        if not observed:
            raise DataRequiredError(f"This needs a completed trial with a value of {metric!r}.")
        parameters: list[Parameter] = list(context.search_space.tunable)
        if self.order == "importance":
            ranked = rank_by_importance(context, metric)
            parameters = sorted(parameters, key=lambda p: -ranked.index(p.name))
        frame = tabulate_parallel(observed, [p.name for p in parameters], metric)
        goal = Goal.of(context.view, context.optimization) if context.view.optimization else None
        direction = goal.direction(metric) if goal else 0
        return AnalysisCard(
            name=type(self).__name__,
            title=f"Trials across parameters, by {words.short(metric)}",
            subtitle=describe_parallel(frame, parameters, metric, direction),
            df=frame,
            figure=draw_parallel(frame, parameters, metric, direction),
            controls=(
                drop_down("metric_name", "Colour", metric, context.view.metrics),
                drop_down("order", "Axes", self.order, _orders(context, metric, self.order), ()),
            ),
            analysis=self,
            uses_model=self.order == "importance",
        )


def _orders(context: AnalysisContext, metric: str, present: str) -> tuple[str, ...]:
    """Return the orders there are: importance needs a model, which this card alone does not ask for."""
    enough = MINIMUM_FOR_MODEL <= len(context.observed([metric])) <= _MOST_MODELLED
    return _ORDERS if enough or present == "importance" else ("space",)


def tabulate_parallel(results: Sequence[ArmResult], names: Sequence[str], metric: str) -> pd.DataFrame:
    """Return the parameters and one metric of every arm.

    Args:
        results: Arms that have a value of the metric.
        names: The parameters, in the order of the axes.
        metric: The metric.

    Returns:
        Columns `trial_index`, `arm_name`, the parameters, and last the metric.
    """
    kept = [r for r in results if not r.status.is_lost]
    columns: dict[int, Any] = {
        0: pd.array([r.trial_index for r in kept], dtype="int64"),
        1: [r.arm_name for r in kept],
    }
    columns |= {i + 2: [r.parameters.get(n) for r in kept] for i, n in enumerate(names)}
    columns[len(names) + 2] = np.array([r.outcomes[metric][0] for r in kept], dtype=float)
    frame = pd.DataFrame(columns)
    frame.columns = pd.Index(["trial_index", "arm_name", *names, metric])
    return frame


def describe_parallel(frame: pd.DataFrame, parameters: Sequence[Parameter], metric: str, direction: int) -> str:
    """Return where the best trials lie, in a sentence.

    Args:
        frame: What `tabulate_parallel` returned.
        parameters: The parameters, in the order of the axes.
        metric: The metric.
        direction: 1 if it is to be maximised, -1 if minimised, else 0.
    """
    values = frame.iloc[:, -1]
    name = words.short(metric)
    count = f"{len(frame)} {'trial' if len(frame) == 1 else 'trials'}"
    if direction == 0 or len(frame) < 4 or words.is_level(values.min(), values.max()):
        return f"{count}; {name} {words.span(values.min(), values.max())}."
    best = frame.iloc[(values * -direction).to_numpy().argsort(kind="stable")[: max(3, round(len(frame) / 10))]]
    shares = [_spread(best.iloc[:, i + 2].tolist(), p) for i, p in enumerate(parameters)]
    if not shares or min(shares) > 0.6:
        return f"The best {len(best)} of {count} by {name} are spread over every parameter."
    at = int(np.argmin(shares))
    where = _where(best.iloc[:, at + 2].tolist(), parameters[at])
    return f"The best {len(best)} of {count} by {name} have {words.short(parameters[at].name)} {where}."


def _spread(values: Sequence[Any], parameter: Parameter) -> float:
    """Return what share of a parameter's axis some values take up; all of it where one is missing."""
    if pd.isna(pd.Series(values, dtype=object)).any():
        return 1.0
    if isinstance(parameter, RangeParameter):
        low, high = parameter.lower, parameter.upper
        ends = np.array([low, high, *values], dtype=float)
        ends = np.log(ends) if parameter.log_scale and (ends > 0).all() else ends
        return float(np.ptp(ends[2:]) / (ends[1] - ends[0]))
    return (len(set(values)) - 1) / max(len(getattr(parameter, "values", ())) - 1, 1)


def _where(values: Sequence[Any], parameter: Parameter) -> str:
    if isinstance(parameter, RangeParameter):
        low, high = words.number(float(min(values)), 3), words.number(float(max(values)), 3)
        return f"near {low}" if low == high else f"between {low} and {high}"
    found = [words.short(words.value(v), 24) for v in dict.fromkeys(values)]
    return words.listed(found, "or")


def draw_parallel(frame: pd.DataFrame, parameters: Sequence[Parameter], metric: str, direction: int) -> "go.Figure":
    """Return the picture: an axis a parameter and one for the metric, whose best values are darkest.

    Args:
        frame: What `tabulate_parallel` returned.
        parameters: The parameters, in the order of the axes.
        metric: The metric.
        direction: 1 if it is to be maximised, -1 if minimised, else 0.
    """
    shown = list(enumerate(parameters))[:_FIRST] if len(parameters) > _FIRST else list(enumerate(parameters))
    places = [_dimension(frame.iloc[:, i + 2].tolist(), p) for i, p in shown]
    values = frame.iloc[:, -1].to_numpy()
    order = np.argsort(values, kind="stable")
    columns = [np.asarray(d["values"], dtype=float)[order] for d in places]
    rows = np.sort(order[downsample_rows([*columns, values[order]], most=MOST_LINES)])
    for place in places:
        place["values"] = np.asarray(place["values"], dtype=float)[rows]
    last = {"label": style.plain(metric, limit=24), "values": values[rows], "tickformat": ".4~g"}
    colors = style.SEQUENTIAL[1:][:: -1 if direction < 0 else 1]
    line = {
        "color": values[rows],
        "colorscale": style.colorscale(colors),
        "showscale": True,
        "colorbar": {
            "title": {"text": style.plain(metric, limit=40), "side": "right"},
            "thickness": 12,
            "exponentformat": "power",
        },
    }
    trials = frame["trial_index"].to_numpy()[rows].tolist()
    trace = figures.parcoords(dimensions=[*places, last], line=line, customdata=trials)
    letters = len(html.unescape(str(places[0]["label"]))) if places else 0
    return figures.new_figure(
        trace,
        height=380,
        layout={"margin": {"l": max(64, 16 + 3 * letters), "r": 24, "t": 56, "b": 28}},
    )


def _dimension(values: Sequence[Any], parameter: Parameter) -> dict[str, Any]:
    """Return one axis: logarithms with round ticks, categories in order, or plain numbers.

    Lines without a value, because the parameter does not exist there or the search space has changed, meet below.
    """
    label = style.plain(parameter.name, limit=24)
    if isinstance(parameter, ChoiceParameter):
        kept = tuple(parameter.values)
        index = np.array([float(kept.index(v)) if v in kept else np.nan for v in values])
        texts = [_bare(text) for text in words.labels(kept, limit=16)]
        ticks = dict(zip(map(float, range(len(kept))), texts, strict=True))
        return {"label": label, **_ticked(index, (0.0, len(kept) - 1.0), ticks)}
    assert isinstance(parameter, RangeParameter)
    numbers = np.array([np.nan if v is None else float(v) for v in values])
    if parameter.log_scale:
        low, high = np.log10([parameter.lower, parameter.upper]).tolist()
        logs = np.log10(np.where(numbers > 0, numbers, np.nan))
        ticks = {t: f"{10.0**t:.3g}" if abs(t) > 5 else f"{10.0**t:g}" for t in _decades(low, high)}
        return {"label": label, **_ticked(logs, (low, high), ticks)}
    ends = (float(parameter.lower), float(parameter.upper))
    if parameter.cardinality <= _FEW:
        levels = [float(parameter.value_at(i)) for i in range(int(parameter.cardinality))]
        return {"label": label, **_ticked(numbers, ends, {v: f"{v:g}" for v in levels})}
    if np.isnan(numbers).any():
        return {"label": label, **_ticked(numbers, ends, {v: f"{v:g}" for v in np.linspace(*ends, 5).tolist()})}
    return {"label": label, "values": numbers, "range": list(ends)}


def _ticked(values: Array, ends: tuple[float, float], ticks: dict[float, str]) -> dict[str, Any]:
    """Return values and ticks of an axis, which goes on below where some values are missing."""
    missing = np.isnan(values)
    low, high = ends
    if missing.any():
        low -= 0.15 * (high - low or 1.0)
        values, ticks = np.where(missing, low, values), {low: _NO_VALUE, **ticks}
    return {"values": values, "range": [low, high], "tickvals": list(ticks), "ticktext": list(ticks.values())}


def _bare(label: str) -> str:
    """Return a label as it stands beside these axes, where nothing is markup, not even an entity."""
    return html.unescape(label).replace("<", "\u2039").replace(">", "\u203a")


def _decades(low: float, high: float) -> list[float]:
    """Return logarithms of round numbers: whole decades where there are several, else 1, 2, 5."""
    whole = np.arange(np.ceil(low - 1e-9), np.floor(high + 1e-9) + 1)
    if len(whole) >= 3:
        return [float(v) for v in whole[:: max(1, -(-len(whole) // _DECADES))]]
    fine = [k + np.log10(m) for k in range(int(np.floor(low)), int(np.ceil(high)) + 1) for m in (1, 2, 5)]
    return [float(v) for v in fine if low - 1e-9 <= v <= high + 1e-9] or [low, high]
