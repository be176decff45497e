"""The one boundary between parameterizations and rows of numbers.

Every tunable parameter is one column of the unit cube, an unordered choice too. This module knows nothing of models.
"""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from axnb.problem.constraints import ParameterConstraint
from axnb.problem.parameters import ChoiceParameter, ParameterValue, RangeParameter
from axnb.problem.space import Parameterization, SearchSpace
from axnb.surrogate.kernels import Array

_LEVEL = 1e-7  # how far coordinates may be from where they should be; rounding, not tuned


@dataclass(frozen=True, slots=True)
class Column:
    """One tunable parameter as a column of the unit cube.

    Args:
        parameter: The parameter.

    Example:
        >>> Column(RangeParameter(name="lr", lower=1e-4, upper=1.0, log_scale=True)).encode(0.01)
        0.5
    """

    parameter: RangeParameter | ChoiceParameter

    @property
    def name(self) -> str:
        """The parameter's name."""
        return self.parameter.name

    @property
    def is_categorical(self) -> bool:
        """Whether values can only be equal or not; two values are always in order."""
        p = self.parameter
        return isinstance(p, ChoiceParameter) and not p.is_ordered and len(p.values) > 2

    @property
    def levels(self) -> int:
        """Number of values; 0 for a continuous range."""
        return 0 if math.isinf(self.parameter.cardinality) else int(self.parameter.cardinality)

    @property
    def ends(self) -> tuple[float, float]:
        """What 0 and 1 stand for: bounds (their logarithms on a log scale), or the first and last index of a choice."""
        p = self.parameter
        if isinstance(p, ChoiceParameter):
            return 0.0, float(len(p.values) - 1)
        return (math.log(p.lower), math.log(p.upper)) if p.log_scale else (float(p.lower), float(p.upper))

    @property
    def rest(self) -> float:
        """The coordinate where the parameter does not exist: the middle."""
        return float(self.round_coordinates(np.array([0.5]))[0]) if self.levels else 0.5

    @property
    def is_log(self) -> bool:
        """Whether it is a range on a log scale."""
        return isinstance(self.parameter, RangeParameter) and self.parameter.log_scale

    def encode(self, value: ParameterValue) -> float:
        """Return the coordinate of a value of the parameter."""
        p = self.parameter
        low, high = self.ends
        if isinstance(p, ChoiceParameter):
            return p.values.index(p.cast(value)) / high
        if value in (p.lower, p.upper):
            return float(value == p.upper)
        return ((math.log(float(value)) if p.log_scale else float(value)) - low) / (high - low)

    def decode(self, coordinate: float) -> ParameterValue:
        """Return the allowed value nearest to a coordinate, as a plain Python value."""
        p = self.parameter
        low, high = self.ends
        u = min(max(float(coordinate), 0.0), 1.0)
        if isinstance(p, ChoiceParameter):
            return p.values[math.floor(u * high + 0.5)]
        if u in (0.0, 1.0):
            return p.upper if u else p.lower
        at = low + u * (high - low)
        return p.nearest(math.exp(at) if p.log_scale else at)

    def coordinate_at(self, index: int) -> float:
        """Return the coordinate of the ``index``-th value of a parameter with finitely many."""
        p = self.parameter
        return index / self.ends[1] if isinstance(p, ChoiceParameter) else self.encode(p.value_at(index))

    def index_of(self, coordinate: float) -> int:
        """Return the index of the allowed value nearest to a coordinate, for a parameter with finitely many."""
        p = self.parameter
        if isinstance(p, ChoiceParameter):
            return math.floor(min(max(coordinate, 0.0), 1.0) * self.ends[1] + 0.5)
        step = 1 if p.step_size is None else p.step_size
        value = self.decode(coordinate)
        assert not isinstance(value, str)
        return round((value - p.lower) / step)

    def round_coordinates(self, coordinates: Array) -> Array:
        """Return the nearest coordinates of allowed values, for a parameter with finitely many."""
        p = self.parameter
        if isinstance(p, ChoiceParameter):
            return np.asarray(np.floor(coordinates * self.ends[1] + 0.5) / self.ends[1])
        return self._snap_to_steps((self.numbers(coordinates) - p.lower) / (p.step_size or 1))

    def draw_coordinates(self, uniform: Array) -> Array:
        """Return coordinates of allowed values from uniform draws, for a parameter with finitely many."""
        p = self.parameter
        if isinstance(p, ChoiceParameter) or not p.log_scale:
            index = np.minimum(np.floor(uniform * self.levels), self.levels - 1)
            return index / (self.levels - 1)
        step = p.step_size or 1
        low, high = math.log(max(p.lower - 0.5 * step, 0.5 * p.lower)), math.log(p.upper + 0.5 * step)
        return self._snap_to_steps((np.exp(low + uniform * (high - low)) - p.lower) / step)

    def _snap_to_steps(self, steps: Array) -> Array:
        """Return the coordinates of a range's values at the nearest whole numbers of steps."""
        p = self.parameter
        index = np.clip(np.rint(steps), 0, self.levels - 1)
        if not self.is_log:
            return index / (self.levels - 1)
        assert isinstance(p, RangeParameter)
        low, high = self.ends
        return np.clip((np.log(p.lower + index * (p.step_size or 1)) - low) / (high - low), 0.0, 1.0)

    @property
    def is_numeric_choice(self) -> bool:
        """Whether it is a choice of numbers in order, between which one can interpolate."""
        p = self.parameter
        return isinstance(p, ChoiceParameter) and p.is_ordered and p.parameter_type in ("int", "float")

    def numbers(self, coordinates: Array) -> Array:
        """Return the numbers, in the parameter's own units and not rounded, at coordinates of a range.

        Between the values of an ordered choice they run straight from one to the next.
        """
        low, high = self.ends
        at = low + coordinates * (high - low)
        if self.is_numeric_choice:
            return np.asarray(np.interp(at, np.arange(self.levels), self._values))
        return np.exp(at) if self.is_log else at

    def slopes(self, coordinates: Array) -> Array:
        """Return the derivatives of ``numbers`` of an ordered choice."""
        index = np.clip(np.floor(coordinates * self.ends[1]), 0, self.levels - 2).astype(int)
        return np.asarray(np.diff(self._values)[index] * self.ends[1])

    def coordinates_of(self, numbers: Array) -> Array:
        """Return the coordinates, beyond the cube too, of numbers in the parameter's own units; -1 where there is none.

        The inverse of ``numbers``.
        """
        low, high = self.ends
        if self.is_numeric_choice:
            return np.asarray(np.interp(numbers, self._values, np.linspace(0.0, 1.0, self.levels), -1.0, -1.0))
        if self.is_log:
            with np.errstate(divide="ignore", invalid="ignore"):
                numbers = np.where(numbers > 0, np.log(np.maximum(numbers, 1e-300)), 2.0 * low - high)
        at = (numbers - low) / (high - low)
        ends = np.rint(at)
        return np.asarray(np.where(np.abs(at - ends) < 1e-12, ends, at))

    @property
    def _values(self) -> Array:
        assert isinstance(self.parameter, ChoiceParameter)
        return np.array([float(v) for v in self.parameter.values])


@dataclass(frozen=True, slots=True, eq=False)
class Branches:
    """Which columns exist at a row.

    Args:
        links: Triples of a column, one that it depends on, and the coordinates of that with which it exists.
    """

    links: tuple[tuple[int, int, Array], ...]

    def exists(self, X: Array) -> NDArray[np.bool_]:
        """Return `n x d`, which columns exist at the rows."""
        out = np.ones(X.shape, dtype=bool)
        for child, parent, values in self.links:
            out[:, child] &= (np.abs(X[:, parent, None] - values) <= _LEVEL).any(1)
        return out

    def lacks(self, X: Array, named: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return `n x c`, whether a row lacks one of the columns that each of ``named``, `c x d`, has."""
        return np.asarray((~self.exists(X)[:, None] & named).any(2))


def _list_branches(space: SearchSpace, columns: Sequence[Column]) -> Branches:
    parents, names = space.parents, [c.name for c in columns]

    def chain(name: str) -> list[str]:
        return [name, *chain(parents[name][0])] if name in parents else [name]

    out = []
    for links in (chain(n) for n in names):
        for child, parent in itertools.pairwise(links):  # it exists only where its parent does
            column = columns[names.index(parent)]
            values = np.array([column.encode(v) for v in parents[child][1]])
            out.append((names.index(links[0]), names.index(parent), values))
    return Branches(tuple(out))


class Encoder:
    """Turns parameterizations into rows of the unit cube and back.

    Args:
        space: The search space.

    Example:
        >>> x = RangeParameter(name="x", lower=0.0, upper=10.0)
        >>> k = ChoiceParameter(name="k", values=("a", "b", "c"))
        >>> encoder = Encoder(SearchSpace(parameters=(x, k)))
        >>> encoder.encode([{"x": 2.5, "k": "c"}]).tolist()
        [[0.25, 1.0]]
        >>> encoder.decode(np.array([[0.25, 0.6]]))
        [{'x': 2.5, 'k': 'b'}]
    """

    __slots__ = ("_ends", "_logs", "_numeric_choices", "_reach", "_rows", "branches", "columns", "space")

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        self.columns: tuple[Column, ...] = tuple(Column(p) for p in space.tunable)
        self.branches = _list_branches(space, self.columns)
        self._ends = np.array([c.ends for c in self.columns]).reshape(self.dimension, 2).T
        self._logs = np.array([c.is_log for c in self.columns], dtype=bool)
        self._numeric_choices = [j for j, c in enumerate(self.columns) if c.is_numeric_choice]
        self._reach = self.numbers(np.array([[0.0], [1.0]]).repeat(self.dimension, 1))
        linear = [c for c in space.constraints if isinstance(c, ParameterConstraint) and c.op == "<="]
        self._rows = np.array([self._row(c.terms, c.bound) for c in linear]).reshape(-1, self.dimension + 2)

    def _row(self, terms: Sequence[tuple[str, float]], bound: float) -> Array:
        """Return `d + 2` numbers: the weight of each column, what is left of the bound, the constraint's scale."""
        weights, constant = weigh_columns(self, terms)
        bound -= constant
        reach = np.abs(weights * self._reach).max(initial=1e-300)
        return np.array([*weights, bound, max(abs(bound), float(reach))])

    def narrow(self, inequalities: Iterable[tuple[tuple[tuple[str, float], ...], float]]) -> "Encoder":
        """Return the encoder with more linear inequalities, each of terms and bound in the parameters' own units.

        One that holds everywhere is left out.
        """
        out = Encoder(self.space)
        rows = np.array([self._row(terms, bound) for terms, bound in inequalities]).reshape(-1, self.dimension + 2)
        most = (rows[:, None, :-2] * self._reach).max(1, initial=-np.inf).sum(1)
        out._rows = np.vstack([self._rows, rows[most > rows[:, -2]]])
        return out

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(c.name for c in self.columns)

    @property
    def dimension(self) -> int:
        """Number of columns."""
        return len(self.columns)

    @property
    def categorical(self) -> NDArray[np.bool_]:
        """One flag a column: values can only be equal or not."""
        return np.array([c.is_categorical for c in self.columns], dtype=bool)

    @property
    def levels(self) -> NDArray[np.int64]:
        """Number of values of each column; 0 for a continuous one."""
        return np.array([c.levels for c in self.columns], dtype=np.int64)

    @property
    def has_constraints(self) -> bool:
        """Whether there are linear constraints."""
        return bool(len(self._rows))

    @property
    def is_straight(self) -> bool:
        """Whether every linear constraint is linear in the coordinates too.

        None is that has a parameter on a log scale or a choice.
        """
        weights = self._rows[:, :-2]
        return not (weights[:, self._logs].any() or weights[:, self._numeric_choices].any())

    def index(self, name: str) -> int:
        """Return the column of a tunable parameter."""
        return self.names.index(name)

    def encode(self, points: Iterable[Parameterization]) -> Array:
        """Return the `n x d` coordinates of parameterizations.

        A parameter that does not exist at a point is in the middle there.

        Raises:
            UserInputError: If a choice is none of the parameter's values.
        """
        rows = [[c.encode(p[c.name]) if c.name in p else c.rest for c in self.columns] for p in points]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(self.columns))

    def decode(self, X: Array) -> list[dict[str, ParameterValue]]:
        """Return the parameterizations nearest to the rows of ``X``, every value exact and plain Python."""
        out = []
        for row in X:
            tuned = {c.name: c.decode(u) for c, u in zip(self.columns, row, strict=True)}
            out.append(self.space.complete(tuned))
        return out

    def round(self, X: Array) -> Array:
        """Return the rows with every column of finitely many values moved to the nearest one."""
        out = np.clip(X, 0.0, 1.0)
        for j, column in enumerate(self.columns):
            if column.levels:
                out[:, j] = column.round_coordinates(out[:, j])
        return out

    def from_uniform(self, U: Array) -> Array:
        """Return allowed rows from uniform draws: every value of a finite column is as likely as its scale says."""
        out = U.copy()
        for j, column in enumerate(self.columns):
            if column.levels:
                out[:, j] = column.draw_coordinates(U[:, j])
        return out

    def numbers(self, X: Array) -> Array:
        """Return the numbers, in the parameters' own units and not rounded, at coordinates of ranges."""
        return self.numbers_and_slopes(X)[0]

    def numbers_and_slopes(self, X: Array) -> tuple[Array, Array]:
        """Return the numbers and their derivatives by the coordinates."""
        spans = self._ends[1] - self._ends[0]
        numbers = self._ends[0] + X * spans
        if not self._logs.any() and not self._numeric_choices:
            return numbers, np.broadcast_to(spans, X.shape)
        numbers[:, self._logs] = np.exp(numbers[:, self._logs])
        slopes = np.repeat(spans[None], len(X), axis=0)
        slopes[:, self._logs] *= numbers[:, self._logs]
        for j in self._numeric_choices:
            numbers[:, j], slopes[:, j] = self.columns[j].numbers(X[:, j]), self.columns[j].slopes(X[:, j])
        return numbers, slopes

    def slack(self, X: Array) -> Array:
        """Return `n x c`: how far inside each linear constraint the rows lie, as a share of its scale.

        A constraint on a parameter that does not exist at a row holds there.
        """
        out = np.asarray((self._rows[:, -2] - self.numbers(X) @ self._rows[:, :-2].T) / self._rows[:, -1])
        return np.where(self.branches.lacks(X, self._rows[:, :-2] != 0.0), 1.0, out) if self.branches.links else out

    def slack_gradient(self, X: Array) -> Array:
        """Return the `n x c x d` derivatives of ``slack``."""
        weights = -self._rows[:, :-2] / self._rows[:, -1:]
        out = np.asarray(self.numbers_and_slopes(X)[1][:, None] * weights)
        if not self.branches.links:
            return out
        return np.where(self.branches.lacks(X, self._rows[:, :-2] != 0.0)[:, :, None], 0.0, out)

    def satisfies(self, X: Array, tolerance: float = 0.0) -> NDArray[np.bool_]:
        """Return which rows satisfy every linear constraint, up to a share of its scale."""
        return np.asarray((self.slack(X) >= -tolerance).all(1))

    def center(self) -> Array:
        """Return the `d` coordinates of the middle: of each range, on its own scale, and of each list of choices."""
        return np.asarray(self.round(np.full((1, self.dimension), 0.5))[0])


def weigh_columns(encoder: Encoder, terms: Iterable[tuple[str, float]]) -> tuple[Array, float]:
    """Return a weighted sum of parameters as weights of the `d` columns, and what fixed parameters add to it."""
    weights, (by_name, constant) = np.zeros(encoder.dimension), encoder.space.expand(terms)
    for name, weight in by_name.items():
        weights[encoder.index(name)] = weight
    return weights, constant
