"""Slices through the search space: an axis or two that vary, and where the other parameters are held.

Makes the coded rows that a model is asked for, and the controls that move a slice. Knows nothing of cards or figures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from axnb.analyses.context import AnalysisContext
from axnb.analyses.controls import Control
from axnb.analyses.drawing import figures, words
from axnb.analyses.shared.arms import find_arm, find_result, name_result
from axnb.errors import UnknownNameError, UnsupportedError, UserInputError, listing, near_miss
from axnb.problem.parameters import ChoiceParameter, ParameterValue, RangeParameter
from axnb.problem.space import Parameterization
from axnb.record.trial import ArmResult, Trial
from axnb.surrogate.encoder import Encoder

Array: TypeAlias = npt.NDArray[np.float64]
Values: TypeAlias = tuple[tuple[str, ParameterValue], ...]
Tunable: TypeAlias = RangeParameter | ChoiceParameter
At: TypeAlias = str | int | Mapping[str, ParameterValue] | Values | None

FEW_LEVELS = 12
"""A number with at most so many values is drawn as categories, each value the same width."""

BASE = ""
"""Under this name, which no parameter can have, a slice keeps the place that its own values depart from."""

_CUSTOM = "as set"
_MOST_TRIALS = 40  # that a reader may choose from
_NAMED_IN_SENTENCE = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One parameter that varies along a slice.

    Args:
        parameter: The parameter.
        levels: Its values, in order.
        coordinates: The same in the unit cube.
        labels: For an axis of categories, where each value gets the same room, what each is called; else empty.
        is_log: Whether equal ratios get the same room.
    """

    parameter: Tunable
    levels: tuple[ParameterValue, ...]
    coordinates: Array
    labels: tuple[str, ...] = ()
    is_log: bool = False

    @property
    def name(self) -> str:
        """The parameter's name."""
        return self.parameter.name

    @property
    def is_category(self) -> bool:
        """Whether each value gets the same room."""
        return bool(self.labels)

    @property
    def positions(self) -> "list[str] | Array":
        """Where the values are drawn: their labels on an axis of categories, else the numbers."""
        return list(self.labels) if self.labels else np.array(self.levels, dtype=float)

    def position(self, value: ParameterValue | None) -> str | float | None:
        """Return where one value of the parameter is drawn, `None` for one that is not on the axis."""
        if self.labels:
            return self.labels[self.levels.index(value)] if value in self.levels else None
        if value is None or isinstance(value, str) or (self.is_log and value <= 0):
            return None
        return float(value)


def build_axis(encoder: Encoder, name: str, resolution: int) -> Axis:
    """Return a parameter's axis with at most so many values, evenly spaced on the parameter's own scale.

    Args:
        encoder: Codes the search space.
        name: A tunable parameter.
        resolution: Largest number of values of a range; a choice keeps all of its values.
    """
    column = encoder.columns[encoder.index(name)]
    parameter = column.parameter
    few = 0 < column.levels <= FEW_LEVELS
    if isinstance(parameter, ChoiceParameter) or few:
        coordinates = np.array([column.coordinate_at(i) for i in range(column.levels)])
        values = tuple(column.decode(u) for u in coordinates)
        return Axis(parameter=parameter, levels=values, coordinates=coordinates, labels=words.labels(values))
    coordinates = np.linspace(0.0, 1.0, max(2, resolution))
    if column.levels:  # only what can be tried
        coordinates = np.unique(column.round_coordinates(coordinates))
        values = tuple(column.decode(u) for u in coordinates)
        return Axis(parameter=parameter, levels=values, coordinates=coordinates, is_log=parameter.log_scale)
    numbers = tuple(column.numbers(coordinates).tolist())
    values = (float(parameter.lower), *numbers[1:-1], float(parameter.upper))
    return Axis(parameter=parameter, levels=values, coordinates=coordinates, is_log=parameter.log_scale)


def encode_along(encoder: Encoder, held: Parameterization, axes: Sequence[Axis]) -> Array:
    """Return the coded points of a slice as `n x d`, the last axis varying fastest.

    Args:
        encoder: Codes the search space.
        held: A point: where the other parameters are held.
        axes: What varies.
    """
    sizes = [len(axis.coordinates) for axis in axes]
    X = np.empty((int(np.prod(sizes)), encoder.dimension))
    X[:] = encoder.encode([held])[0]
    for axis, grid in zip(axes, np.meshgrid(*(a.coordinates for a in axes), indexing="ij"), strict=True):
        X[:, encoder.index(axis.name)] = grid.ravel()
    return encoder.encode(encoder.decode(X)) if encoder.space.parents else X  # what a row's branch lacks is at rest


def check_at(at: At) -> Values | None:
    """Return where a slice is to be held in the form that a frozen analysis keeps.

    Args:
        at: `None` or `"best"`, `"center"`, a trial's index (its first arm), an arm's name such as `"5_1"`, or values by
            parameter, the others as in the best trial.

    Returns:
        Values by parameter, under `BASE` the centre, or the trial or arm that the others are taken from; `None` for the
        best trial. So a control can set one value and leave the rest as it is.

    Raises:
        UserInputError: If it is something else.

    Example:
        >>> check_at("center"), check_at(3), check_at({"x": 0.5}), check_at("best")
        ((('', 'center'),), (('', 3),), (('x', 0.5),), None)
    """
    if at is None or at == "best":
        return None
    hint = near_miss(at, ("best", "center")) if isinstance(at, str) and at != "center" else ""
    if isinstance(at, str | int) and not isinstance(at, bool) and not hint:
        return ((BASE, at),)
    if isinstance(at, Mapping | tuple):
        return tuple(dict(at).items())
    raise UserInputError(
        f"at must be 'best', 'center', a trial index, the name of an arm or a dict of values, got {at!r}.{hint}"
    )


def check_resolution(resolution: object) -> None:
    """Check a number of points along an axis.

    Raises:
        UserInputError: If it is no whole number from 2 to 500.
    """
    if isinstance(resolution, bool) or not isinstance(resolution, int) or not 2 <= resolution <= 500:
        raise UserInputError(f"resolution must be a whole number from 2 to 500, got {resolution!r}.")


def resolve_held(
    context: AnalysisContext, encoder: Encoder, at: Values | None, free: Sequence[str] = ()
) -> tuple[dict[str, ParameterValue], str]:
    """Return the point at which a slice is held, and that point in words.

    Args:
        context: What is known of the experiment.
        encoder: Codes the search space.
        at: What `check_at` returned.
        free: The parameters that vary: they exist at the point, whatever others must be for that.

    Raises:
        ObjectNotFoundError: If there is no such trial or arm.
        UnknownNameError: If there is no such parameter.
        UserInputError: If a parameter cannot have such a value.
    """
    given = dict(at or ())
    base = given.pop(BASE, None)
    space = context.search_space
    chosen = space.validate_some(given)
    point, where = _base(context, encoder, base)
    middle = {c.name: c.decode(u) for c, u in zip(encoder.columns, encoder.center(), strict=True)}
    tuned = middle | {n: v for n, v in (point | chosen).items() if n in middle}
    for name in free:
        child = name
        while child in space.parents:
            parent, values = space.parents[child]
            if tuned[parent] not in values:
                tuned[parent], where = values[0], f"otherwise {where.removeprefix('otherwise ')}"
            child = parent
    return space.complete(tuned), _CUSTOM if chosen else where


def _base(
    context: AnalysisContext, encoder: Encoder, base: ParameterValue | None
) -> tuple[dict[str, ParameterValue], str]:
    if base is not None and base != "center":
        result = find_arm(context, base) if isinstance(base, str) else context.view.trial(base).results[0]
        return dict(result.parameters), f"as in {name_result(context, result)}"
    best = None if base == "center" else find_reference_arm(context)
    if best is None:
        return encoder.decode(encoder.center()[None])[0], "at the centre"
    rank = "a balanced one of the front" if context.optimization.is_multi_objective else "the best so far"
    return dict(best.parameters), f"as in {name_result(context, best)}, {rank}"


def make_place_control(context: AnalysisContext, at: Values | None) -> Control:
    """Return the drop-down that chooses the point a slice is held at: the best trial, the centre, a trial or arm.

    Args:
        context: What is known of the experiment.
        at: What `check_at` returned.
    """
    given = dict(at or ())
    base = given.get(BASE, "best")
    newest = list(context.view.trials.values())[-_MOST_TRIALS:]
    known: dict[ParameterValue, str] = {"best": "the best trial", "center": "the centre"}
    chosen = context.view.trials.get(base) if isinstance(base, int) else None
    if chosen is not None:
        base = _places_of(chosen)[0]
        newest = sorted({t.index: t for t in (chosen, *newest)}.values(), key=lambda t: t.index)
    for place in [place for trial in newest for place in _places_of(trial)]:
        known.setdefault(place, f"trial {place}" if isinstance(place, int) else f"arm {place}")
    known.setdefault(base, f"arm {base}")
    options, labels = [*known], [*known.values()]
    if set(given) - {BASE}:
        options, labels, base = [_CUSTOM, *options], [_CUSTOM, *labels], _CUSTOM
    return Control(field="at", label="At", value=base, options=tuple(options), labels=tuple(labels))


def _places_of(trial: Trial) -> list[ParameterValue]:
    """Return by what the arms of a trial are chosen: the trial's index, or the name of each arm of a batch."""
    return [arm.name for arm in trial.arms] if trial.is_batch else [trial.index]


def find_reference_arm(context: AnalysisContext) -> ArmResult | None:
    """Return the arm at which slices are held: the best, or a balanced one of the front; `None` without one."""
    best = context.best()
    if best is not None:
        return find_result(context, best)
    front = context.pareto_frontier()
    if not front:
        return None
    lower = context.optimization.lower_is_better
    metrics = [n for n in lower if all(n in p.values for p in front)]
    Y = np.array([[p.values[n][0] * (-1.0 if lower[n] else 1.0) for n in metrics] for p in front])
    extent = np.ptp(Y, axis=0)
    scaled = (Y - Y.min(axis=0)) / np.where(extent > 0, extent, 1.0)
    return find_result(context, front[int(scaled.sum(axis=1).argmax())])


def list_tunable(context: AnalysisContext) -> tuple[str, ...]:
    """Return the names of the parameters that vary."""
    return tuple(p.name for p in _tunable(context))


def _tunable(context: AnalysisContext) -> tuple[Tunable, ...]:
    return context.search_space.tunable


def check_parameter(context: AnalysisContext, name: str) -> str:
    """Return the name of a parameter that varies.

    Raises:
        UnknownNameError: If there is no such parameter.
        UnsupportedError: If it is fixed.
    """
    names = list_tunable(context)
    if name in names:
        return name
    if name in context.search_space.names:
        raise UnsupportedError(
            f"the parameter {name!r} is fixed, so nothing varies with it; choose one of {listing(names)}."
        )
    raise UnknownNameError(f"there is no parameter {name!r}; choose one of {listing(names)}.{near_miss(name, names)}")


def rank_by_importance(context: AnalysisContext, metric: str) -> tuple[str, ...]:
    """Return the parameters that vary, those first that explain most of a metric's variation."""
    share = context.importance(metric)
    return tuple(sorted(list_tunable(context), key=lambda n: -share.get(n, 0.0)))


def make_control(parameter: Tunable, value: ParameterValue, field: str = "at") -> Control:
    """Return the control that holds a parameter at a value: a slider on its own scale, or a drop-down for few values.

    Args:
        parameter: The parameter.
        value: Where it is held now.
        field: The field of the analysis that keeps it, under the parameter's name.
    """
    label = words.short(parameter.name)
    if isinstance(parameter, ChoiceParameter):
        labels = tuple(words.short(v) for v in parameter.values)
        return Control(
            field=field,
            key=parameter.name,
            label=label,
            kind="dropdown",
            value=value,
            options=parameter.values,
            labels=labels,
        )
    step = parameter.step_size if parameter.step_size is not None else 1 if parameter.parameter_type == "int" else None
    return Control(
        field=field,
        key=parameter.name,
        label=label,
        kind="slider",
        value=value,
        minimum=parameter.lower,
        maximum=parameter.upper,
        scale="log" if parameter.log_scale else "linear",
        step=step,
    )


def make_other_controls(context: AnalysisContext, held: Parameterization, free: Sequence[str]) -> tuple[Control, ...]:
    """Return a control for every parameter that could vary where the others are held, and does not.

    Args:
        context: What is known of the experiment.
        held: Where they are held.
        free: The parameters that vary.
    """
    return tuple(make_control(p, held[p.name]) for p in _tunable(context) if p.name in held and p.name not in free)


def lay_out_axis(axis: Axis) -> dict[str, Any]:
    """Return the layout of a figure's axis along a parameter: its scale, and its bounds or its categories in order."""
    if axis.is_category:
        return {"type": "category", "categoryorder": "array", "categoryarray": list(axis.labels), "showgrid": False}
    ends = np.array([axis.levels[0], axis.levels[-1]], dtype=float)
    if not axis.is_log:
        return {"type": "linear", "range": ends.tolist(), "showgrid": False}
    low, high = np.log10(ends).tolist()
    return figures.log_axis(ends) | {"range": [low, high], "showgrid": False}


def describe_held(context: AnalysisContext, held: Parameterization, free: Sequence[str], where: str) -> str:
    """Return where the parameters that do not vary are held, as the end of a sentence; empty if all vary.

    Args:
        context: What is known of the experiment.
        held: The point.
        free: The parameters that vary.
        where: What the point is, in words.
    """
    others = [p for p in context.search_space.parameters if p.name in held and p.name not in free]
    if not any(isinstance(p, RangeParameter | ChoiceParameter) for p in others):
        return ""
    shown = [f"{words.short(p.name, 24)} = {words.short(words.value(held[p.name]), 24)}" for p in others]
    more = len(shown) - _NAMED_IN_SENTENCE
    if more > 1:
        shown = [*shown[:_NAMED_IN_SENTENCE], f"{more} more"]
    return f"with {words.listed(shown)} ({where})"
