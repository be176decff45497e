"""Every arm's effect on one metric: what was observed or what the model predicts, with 95 % intervals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard, AnalysisCardGroup, Outline
from axnb.analyses.compute import group_of
from axnb.analyses.context import AnalysisContext
from axnb.analyses.controls import Control, drop_down, toggle
from axnb.analyses.drawing import figures, style, words
from axnb.analyses.drawing.downsample import downsample_rows
from axnb.analyses.drawing.figures import CONFIDENCE
from axnb.analyses.drawing.rows import iterate_rows, select_largest
from axnb.analyses.shared.arms import (
    ATTACHED,
    INITIAL,
    Shown,
    check_points,
    parse_statuses,
    positions,
    read_choice,
    select_arms,
)
from axnb.analyses.shared.goals import Goal
from axnb.errors import DataRequiredError
from axnb.problem.space import Parameterization
from axnb.record.generator_run import GeneratorRun
from axnb.record.trial import TrialStatus

if TYPE_CHECKING:
    import plotly.graph_objects as go

COLUMNS = (
    "trial_index",
    "arm_name",
    "trial_status",
    "generation_method",
    "position",
    "mean",
    "sem",
    "lower",
    "upper",
    "p_feasible",
    "has_result",
    "point",
)
_UNLIKELY = 0.5


@dataclass(frozen=True, slots=True)
class ArmEffectsPlot:
    """One metric at every arm, with 95 % intervals.

    Args:
        metric_name: The metric; that of the first objective if left out.
        use_model_predictions: Whether to show what the model predicts, not what was observed.
        relativize: Whether to show changes against the baseline, in percent.
        trial_index: The only trial to show.
        trial_statuses: The statuses to show, such as `"completed"`; by default all but failed and abandoned ones.
        additional_arms: Parameterizations to predict beside the trials.
        generator_runs: By name, arms that were proposed together; they are predicted likewise.
        label: What the metric is called on the card.

    Raises:
        UserInputError: If an option cannot be used.

    Example:
        >>> ArmEffectsPlot("loss", trial_statuses=["completed"]).metric_name
        'loss'
    """

    metric_name: str | None = None
    use_model_predictions: bool = True
    relativize: bool = False
    trial_index: int | None = None
    trial_statuses: Iterable[TrialStatus | str] | None = None
    additional_arms: Iterable[Parameterization] | None = None
    generator_runs: Mapping[str, GeneratorRun] | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "trial_statuses", parse_statuses(self.trial_statuses))
        proposed = [arm.parameters for run in (self.generator_runs or {}).values() for arm in run.arms]
        object.__setattr__(self, "additional_arms", (*check_points(self.additional_arms), *check_points(proposed)))
        object.__setattr__(self, "generator_runs", None)  # their arms are kept, and found again in saved settings
        read_choice(self, relativize=self.relativize)

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If there is no goal yet.
            DataRequiredError: If there is no result, or there are too few for a model.
            UnknownNameError: If there is no such metric.
        """
        metric = context.metric(self.metric_name)
        goal = Goal.of(context.view, context.optimization)
        frame = tabulate_effects(select_arms(context, [metric], read_choice(self, relativize=self.relativize)), metric)
        if frame.empty:
            raise DataRequiredError(f"This needs a trial with a value of {metric!r}.")
        name = words.short(self.label or metric)
        kind = "predicted" if self.use_model_predictions else "observed"
        unit = "change in %" if self.relativize else ""
        look = Look(
            name=name, direction=goal.direction(metric), kind=kind, unit=unit, base=_base(frame, context.view.baseline)
        )
        return AnalysisCard(
            name=type(self).__name__,
            title=f"{kind.capitalize()} {name} by trial",
            subtitle=describe_effects(frame, look),
            df=frame.drop(columns=["position", "has_result"]),
            figure=draw_effects(frame, look),
            controls=self._controls(context, metric),
            analysis=self,
            uses_model=self.use_model_predictions,
        )

    def _controls(self, context: AnalysisContext, metric: str) -> tuple[Control, ...]:
        made = [drop_down("metric_name", "Metric", metric, context.view.metrics)]
        if not self.additional_arms:
            made.append(toggle("use_model_predictions", "Predicted", self.use_model_predictions))
        if context.view.baseline is not None:
            made.append(toggle("relativize", "Against the baseline", self.relativize))
        return tuple(made)


@dataclass(frozen=True, slots=True)
class ArmEffectsPair:
    """What the model predicts at every arm beside what was observed, a pair of cards a metric.

    Args:
        metric_names: The metrics; those of the goal if left out.
        relativize: Whether to show changes against the baseline, in percent.
        trial_index: The only trial to show.
        trial_statuses: The statuses to show.
        additional_arms: Parameterizations to predict beside the trials.
        label: What a single metric is called on the cards.

    Example:
        >>> ArmEffectsPair(["loss"]).metric_names
        ('loss',)
    """

    metric_names: Sequence[str] | None = None
    relativize: bool = False
    trial_index: int | None = None
    trial_statuses: Iterable[TrialStatus | str] | None = None
    additional_arms: Iterable[Parameterization] | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        given = self.metric_names
        names = None if given is None else (given,) if isinstance(given, str) else tuple(given)
        object.__setattr__(self, "metric_names", names)
        object.__setattr__(self, "trial_statuses", parse_statuses(self.trial_statuses))
        object.__setattr__(self, "additional_arms", check_points(self.additional_arms))

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCardGroup:
        """Return the group.

        Raises:
            NotConfiguredError: If there is no goal yet.
            UnknownNameError: If there is no such metric.
        """
        return group_of(self, context)

    def outline(self, context: AnalysisContext) -> Outline:  # noqa: D102
        given = context.optimization.metric_names if self.metric_names is None else self.metric_names
        names = [context.metric(n) for n in given]
        shown = words.listed([words.short(n) for n in names])
        return Outline(
            title="Metrics by trial",
            subtitle=f"What the model predicts of {shown}, and what was observed.",
            analyses=tuple(self._one(n, predicted=p) for n in names for p in (True, False)),
        )

    def _one(self, metric: str, *, predicted: bool) -> ArmEffectsPlot:
        return ArmEffectsPlot(
            metric,
            use_model_predictions=predicted,
            relativize=self.relativize,
            trial_index=self.trial_index,
            trial_statuses=self.trial_statuses,
            additional_arms=self.additional_arms if predicted else None,
            label=self.label,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How effects are named and judged.

    Args:
        name: The metric, in words.
        direction: 1 if it is to be maximised, -1 if minimised, else 0.
        kind: `"predicted"` or `"observed"`.
        unit: What the numbers are, where they are not in the metric's own units.
        base: The baseline's value, if there is one.
    """

    name: str
    direction: int
    kind: str
    unit: str = ""
    base: float | None = None

    @property
    def title(self) -> str:
        """Title of the vertical axis, without escapes."""
        way = {1: " (maximise)", -1: " (minimise)", 0: ""}[self.direction]
        return f"{self.name}, {self.unit}{way}" if self.unit else f"{self.kind} {self.name}{way}"


def tabulate_effects(shown: Sequence[Shown], metric: str) -> pd.DataFrame:
    """Return one metric of every arm.

    Args:
        shown: The arms.
        metric: The metric.

    Returns:
        Columns `COLUMNS`; `lower` and `upper` are the ends of the 95 % interval (NaN where the error is unknown),
        `position` is where the arm stands along the axis of trials.
    """
    mean = np.array([s.outcomes[metric][0] for s in shown], dtype=float)
    sem = np.array([s.outcomes[metric][1] for s in shown], dtype=float)
    columns = {
        "trial_index": pd.array([s.result.trial_index for s in shown], dtype="int64"),
        "arm_name": [s.result.arm_name for s in shown],
        "trial_status": [s.result.status.name for s in shown],
        "generation_method": [s.result.generator for s in shown],
        "position": positions(shown),
        "mean": mean,
        "sem": sem,
        "lower": mean - CONFIDENCE * sem,
        "upper": mean + CONFIDENCE * sem,
        "p_feasible": np.array([s.p_feasible for s in shown], dtype=float),
        "has_result": np.array([metric in s.result.outcomes for s in shown], dtype=bool),
        "point": words.points([s.result.parameters for s in shown]),
    }
    return pd.DataFrame(columns, columns=list(COLUMNS))


def _base(frame: pd.DataFrame, baseline: int | None) -> float | None:
    rows = frame["mean"][frame["trial_index"] == (-2 if baseline is None else baseline)]
    return float(rows.iloc[0]) if len(rows) else None


def _likely(frame: pd.DataFrame) -> "pd.Series[bool]":
    return ~(frame["p_feasible"] < _UNLIKELY)


def describe_effects(frame: pd.DataFrame, look: Look) -> str:
    """Return what the effects are, in a sentence.

    Args:
        frame: What `tabulate_effects` returned, with at least a row.
        look: How they are named.
    """
    name, unit = look.name, " %" if look.unit else ""
    start = f"{look.kind.capitalize()} {name}"
    if not look.direction:
        return f"{start} {words.span(frame['mean'].min(), frame['mean'].max())}{unit}."
    allowed = frame[_likely(frame)]
    if allowed.empty:
        return f"No trial is likely to satisfy the constraints; {start.lower()} is shown all the same."
    best = select_largest(allowed, allowed["mean"] * look.direction)
    among = "" if len(allowed) == len(frame) else " of those likely to satisfy the constraints"
    half = f" ± {words.number(CONFIDENCE * best['sem'], 2)}" if best["sem"] > 0 else ""
    where = words.name_arm(best["trial_index"], best["arm_name"], words.find_batches(frame))
    return f"{start} is best at {where}{among}: {words.number(best['mean'])}{half}{unit}."


def draw_effects(frame: pd.DataFrame, look: Look) -> "go.Figure":
    """Return the picture of the effects: a marker and a 95 % interval an arm, in the order of the trials.

    Args:
        frame: What `tabulate_effects` returned.
        look: How they are named and judged.
    """
    ends = frame["mean"].to_numpy()
    rows = downsample_rows([ends, frame["lower"], frame["upper"]], always=~frame["has_result"])
    lines = _lines(frame, look)
    shown = frame.iloc[rows]
    batches = words.find_batches(frame)
    hover = [_hover(row, look, batches, len(frame) <= words.MOST_WITH_POINT) for row in iterate_rows(shown)]
    part = shown.assign(hover=hover)
    bars = " · bars: 95 %" if frame["sem"].gt(0).any() else ""
    size = figures.size_of_marks(len(part))
    groups = [_markers(part[mask], size, *group) for group, mask in _groups(part)]
    span = float(frame["position"].max() - frame["position"].min())
    base = [] if look.base is None else [figures.line_at(look.base)]
    return figures.new_figure(
        *lines,
        *groups,
        x="trial",
        y=figures.titled(look.title, bars),
        height=360,
        xaxis=figures.trial_axis(span),
        layout={"showlegend": True, "shapes": base},
    )


def _lines(frame: pd.DataFrame, look: Look) -> list[Any]:
    """Return the best so far of the arms that have a result."""
    done = {s.name for s in TrialStatus if s.is_successful}
    part = frame[frame["has_result"] & frame["trial_status"].isin(done) & _likely(frame)]
    if not look.direction or len(part) < 2 or look.unit:
        return []
    best = (np.fmax if look.direction > 0 else np.fmin).accumulate(part["mean"].to_numpy())
    turns = np.append(True, best[1:] != best[:-1])
    turns[-1] = True
    line = {"shape": "hv", "color": style.ORANGE, "width": 1.5}
    x = part["position"].to_numpy()[turns]
    return [figures.scatter(x=x, y=best[turns], mode="lines", name="best so far", line=line, hoverinfo="skip")]


def _groups(frame: pd.DataFrame) -> "list[tuple[tuple[str, str, str], pd.Series[bool]]]":
    """Return name, colour, symbol and rows of each kind of arm that there is."""
    origin, likely, done = frame["generation_method"], _likely(frame), frame["has_result"]
    initial, attached = origin.isin(INITIAL), origin.isin(ATTACHED)
    groups = [
        (("initial points", style.SKY, "circle"), initial & likely & done),
        (("attached", style.PURPLE, "diamond"), attached & likely & done),
        (("suggested by the model", style.BLUE, "circle"), ~initial & ~attached & likely & done),
        (("no result yet", style.AMBER, "diamond"), likely & ~done),
        (("probably infeasible", style.GREY, "circle-open"), ~likely),
    ]
    return [(look, rows) for look, rows in groups if rows.any()]


def _markers(part: pd.DataFrame, size: int, name: str, color: str, symbol: str) -> Any:
    line = {"color": color, "width": 1.5} if symbol.endswith("open") else None
    return figures.scatter(
        x=part["position"],
        y=part["mean"],
        mode="markers",
        name=name,
        marker={"color": color, "symbol": symbol, "size": size, "line": line},
        error_y=figures.whiskers(part["sem"], style.fade(color, 0.6)),
        hoverinfo="text",
        hovertext=part["hover"],
    )


def _hover(row: Any, look: Look, batches: frozenset[int], with_point: bool) -> str:
    half = f" ± {words.number(row.sem * CONFIDENCE, 2)} (95 %)" if row.sem > 0 else ""
    who = words.name_arm(row.trial_index, row.arm_name, batches, starts=True)
    chance = "" if np.isnan(row.p_feasible) else f" · P(feasible) {words.percent(row.p_feasible)}"
    head = f"{who} · {look.name} {words.number(row.mean)}{half}{chance}"
    origin = f"{row.trial_status.replace('_', ' ').lower()} · {row.generation_method}"
    return words.hover([head, origin, row.point] if with_point else [head, origin])
