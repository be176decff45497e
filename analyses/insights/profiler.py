"""The profiler: a slice of every metric along every parameter through one point, which the reader moves."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from axnb.analyses.actions import Action
from axnb.analyses.card import AnalysisCard, Link
from axnb.analyses.context import AnalysisContext
from axnb.analyses.controls import Control, toggle
from axnb.analyses.drawing import words
from axnb.analyses.drawing.figures import CONFIDENCE
from axnb.analyses.insights.profiler_figure import Cell, Profile, draw_profile, lay_out_cells
from axnb.analyses.shared.desirability import compute_desirability, find_most_desirable
from axnb.analyses.shared.goals import Goal
from axnb.analyses.shared.prospects import compute_feasibility
from axnb.analyses.shared.slicing import (
    BASE,
    At,
    Axis,
    build_axis,
    check_at,
    check_parameter,
    check_resolution,
    encode_along,
    list_tunable,
    make_control,
    make_place_control,
    resolve_held,
)
from axnb.problem.space import Parameterization

Array: TypeAlias = npt.NDArray[np.float64]
Locks: TypeAlias = tuple[tuple[str, bool], ...]

COLUMNS = ("parameter_name", "value", "metric_name", "mean", "sem", "lower", "upper", "desirability", "allowed")


@dataclass(frozen=True, slots=True)
class ProfilerPlot:
    """Every metric along every parameter through one point, with 95 % intervals, and how desirable that point is.

    Dragging a parameter's line moves the point, and so all slices. Desirability joins the objectives, each from 0.1 at
    the worst trial to 0.9 at the best, by their geometric mean, times the probability that the outcome constraints
    hold. A button finds the most desirable point, the locked parameters held.

    Args:
        metric_names: The metrics; those of the goal, then the others that are modelled, if left out.
        at: The point: `None` or `"best"` for the best trial, `"center"`, a trial's index, an arm's name such as
            `"5_1"`, or a dict of values, the others as in the best trial.
        locked: Names of the parameters that the search for the most desirable point must not move.
        optimize: Whether to start from the most desirable point, not from `at`.
        resolution: Points along an axis of numbers.

    Raises:
        UserInputError: If an option is none of those.

    Example:
        >>> ProfilerPlot(at={"x1": 0.3}, locked=["x1"]).locked
        (('x1', True),)
    """

    metric_names: Sequence[str] | None = None
    _: KW_ONLY
    at: At = None
    locked: Sequence[str] | Mapping[str, bool] | Locks = ()
    optimize: bool = False
    resolution: int = 31

    def __post_init__(self) -> None:
        check_resolution(self.resolution)
        object.__setattr__(self, "at", check_at(self.at))
        object.__setattr__(self, "locked", read_locks(self.locked))
        if self.metric_names is not None:
            object.__setattr__(self, "metric_names", tuple(self.metric_names))

    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If there is no goal yet.
            DataRequiredError: If there are too few results for a model.
            ObjectNotFoundError: If there is no such trial.
            UnknownNameError: If there is no such parameter or metric.
            UnsupportedError: If a locked parameter is fixed, or a metric is not modelled.
        """
        config = context.optimization
        context.require(config.metric_names)
        locks = tuple(check_parameter(context, name) for name, on in dict(read_locks(self.locked)).items() if on)
        held, analysis = self._settle(context, locks)
        metrics = self._list_metrics(context)
        profile = compute_profile(context, held, metrics, self.resolution)
        broken = [words.rule(c) for c in context.search_space.constraints if not c.satisfied(held)]
        make = Action(
            method="attach_trial",
            arguments=(("parameters", held),),
            label="Make this a trial",
            done="This is trial {}.",
        )
        return AnalysisCard(
            name=type(self).__name__,
            title="Profiler",
            subtitle=describe_profile(context, profile, held, broken),
            df=tabulate_profile(profile),
            figure=draw_profile(profile),
            controls=_list_controls(context, analysis, profile, held, locks),
            links=(_link_to_best(analysis, held, locks),),
            actions=() if broken else (make,),
            analysis=analysis,
            uses_model=True,
        )

    def _settle(
        self, context: AnalysisContext, locks: Sequence[str]
    ) -> "tuple[dict[str, str | float | int | bool], ProfilerPlot]":
        """Return the point, and the settings that show it without a search; what is locked keeps its value there."""
        encoder = context.model.encoder
        held, _ = resolve_held(context, encoder, check_at(self.at))
        given = dict(check_at(self.at) or ())
        pinned = {name: held[name] for name in locks if name in held}
        if not self.optimize:
            return held, replace(self, at={**given, **pinned})
        found = find_most_desirable(context, pinned)
        held = held if found is None else dict(found)
        return held, replace(self, at={n: v for n, v in held.items() if n in encoder.names}, optimize=False)

    def _list_metrics(self, context: AnalysisContext) -> tuple[str, ...]:
        if self.metric_names is not None:
            context.require(metrics := [context.metric(name) for name in self.metric_names])
            return tuple(dict.fromkeys(metrics))
        return tuple(dict.fromkeys([*context.optimization.metric_names, *context.model.metric_names]))


def link_to_profiler(held: Parameterization, tunable: Sequence[str]) -> Link:
    """Return the way from a card that is held at a point to the profiler at that point.

    Args:
        held: The point.
        tunable: The parameters that vary.
    """
    at = {name: held[name] for name in tunable if name in held}
    return Link(label="Profiler", hint="Show all metrics along all parameters here", analysis=ProfilerPlot(at=at))


def read_locks(locked: Sequence[str] | Mapping[str, bool] | Locks) -> Locks:
    """Return locks in the form that a frozen analysis keeps: a name alone is locked.

    Example:
        >>> read_locks(["x1"]), read_locks({"x1": False})
        ((('x1', True),), (('x1', False),))
    """
    entries = locked.items() if isinstance(locked, Mapping) else locked
    return tuple(dict((e, True) if isinstance(e, str) else e for e in entries).items())


def compute_profile(
    context: AnalysisContext, held: Parameterization, metrics: Sequence[str], resolution: int
) -> Profile:
    """Return the slices of all metrics along all parameters, asked of the model in one go.

    Args:
        context: What is known of the experiment.
        held: The point through which they go.
        metrics: The metrics.
        resolution: Points along an axis of numbers.
    """
    model, goal = context.model, Goal.of(context.view, context.optimization)
    names = list_tunable(context)
    axes: list[Axis | None] = [build_axis(model.encoder, n, resolution) if n in held else None for n in names]
    blocks = [encode_along(model.encoder, held, (axis,)) for axis in axes if axis is not None]
    X = np.vstack([model.encoder.encode([held]), *blocks])
    means, sds = model.predict_encoded(X)
    columns = [list(model.metric_names).index(name) for name in metrics]
    return Profile(
        names=names,
        axes=tuple(axes),
        values=tuple(held.get(name) for name in names),
        metrics=tuple(metrics),
        titles=tuple(goal.title(name) for name in metrics),
        bounds=tuple(goal.bounds(name) for name in metrics),
        spans=tuple(_find_span(context, goal, name) for name in metrics),
        mean=means[:, columns],
        half=CONFIDENCE * sds[:, columns],
        desirability=compute_desirability(context, X),
        allowed=model.encoder.satisfies(X, 1e-9),
    )


def _find_span(context: AnalysisContext, goal: Goal, metric: str) -> tuple[float, float]:
    """Return between what values a metric is drawn: what was observed and the bounds near it, with some room."""
    seen = [r.outcomes[metric][0] for r in context.observed([metric])]
    low, high = min(seen), max(seen)
    extent = (high - low) or abs(high) or 1.0
    near = [b for _, b in goal.bounds(metric) if low - extent <= b <= high + extent]
    low, high = min([low, *near]), max([high, *near])
    room = 0.1 * ((high - low) or extent)
    return low - room, high + room


def describe_profile(context: AnalysisContext, profile: Profile, held: Parameterization, broken: Sequence[str]) -> str:
    """Return what to expect at the point, in a sentence; what parameter constraints it breaks, if any.

    Args:
        context: What is known of the experiment.
        profile: The slices.
        held: The point.
        broken: The parameter constraints that it breaks, in words.
    """
    parts = [
        f"{words.short(name, 24)} {words.number(mean)} ± {words.number(half, 2)}"
        for name, mean, half in zip(profile.metrics, profile.mean[0], profile.half[0], strict=True)
    ]
    text = f"Expected here: {words.listed(parts)}; desirability {words.number(profile.desirability[0], 2)}"
    if context.optimization.constraints:
        chance = float(compute_feasibility(context, context.model.encoder.encode([held]))[0])
        text += f"; the constraints hold with {words.percent(chance)}"
    if not broken:
        return f"{text}."
    return f"{text}. These settings break {words.listed(broken)}, so they can't be a trial."


def tabulate_profile(profile: Profile) -> pd.DataFrame:
    """Return the slices as a table, a point of a slice of a metric a row; its columns are `COLUMNS`."""
    names: list[str] = []
    levels: list[object] = []
    for name, axis in zip(profile.names, profile.axes, strict=True):
        found = () if axis is None else axis.levels
        names += [name] * len(found)
        levels += found
    count = len(profile.metrics)
    mean, half = profile.mean[1:].ravel(), profile.half[1:].ravel()
    values = (
        np.repeat(np.array(names, dtype=object), count),
        np.repeat(np.array(levels, dtype=object), count),
        np.tile(np.array(profile.metrics, dtype=object), len(names)),
        mean,
        half / CONFIDENCE,
        mean - half,
        mean + half,
        np.repeat(profile.desirability[1:], count),
        np.repeat(profile.allowed[1:], count),
    )
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))


def _link_to_best(analysis: ProfilerPlot, held: Parameterization, locks: Sequence[str]) -> Link:
    pinned = {name: held[name] for name in locks if name in held}
    place = dict(check_at(analysis.at) or ()).get(BASE)
    base = {} if place is None else {BASE: place}
    return Link(
        label="Best under these locks" if locks else "Best predicted settings",
        hint="Move all lines that are not locked to the most desirable settings",
        analysis=replace(analysis, at={**base, **pinned}, optimize=True),
        in_place=True,
    )


def _list_controls(
    context: AnalysisContext, analysis: ProfilerPlot, profile: Profile, held: Parameterization, locks: Sequence[str]
) -> tuple[Control, ...]:
    controls = [make_place_control(context, check_at(analysis.at))]
    cells = dict(zip(profile.names, lay_out_cells(profile), strict=True))
    for parameter in context.search_space.tunable:
        name = parameter.name
        if name not in held:
            continue
        controls.append(_draggable(make_control(parameter, held[name]), cells[name]))
        lock = toggle("locked", f"Lock {words.short(name, 24)}", name in locks)
        controls.append(replace(lock, key=name))
    return tuple(controls)


def _draggable(control: Control, cell: Cell) -> Control:
    return replace(control, axis="x", span=cell.span, across=cell.across)
