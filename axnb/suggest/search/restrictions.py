"""Where to look when a point must keep rules that are more than bounds and linear inequalities.

Equations, parameters that exist for some choices only, at most so many parameters other than 0, conditions given as
functions, a neighbourhood. All are kept by settling rows: what follows from the rest is set to what follows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from axnb.errors import UserInputError
from axnb.problem.constraints import CountConstraint, ParameterConstraint
from axnb.problem.parameters import ChoiceParameter, ParameterValue
from axnb.problem.space import Parameterization, SearchSpace
from axnb.suggest.acquisition.base import Acquisition
from axnb.surrogate.encoder import Column, Encoder, weigh_columns
from axnb.surrogate.kernels import Array

NonlinearConstraint = Callable[[Mapping[str, ParameterValue]], object]
"""A non-linear constraint: true, or a number of at least 0, where a parameterization is allowed."""

Near = tuple[Parameterization, float]
"""A parameterization and how far suggestions may be from it, as a share of each parameter's range on its own scale."""

_EXACT = 5e-9  # by how much of its largest term an equation may be missed: half of what the record allows
_ROUNDING = 1e-8  # of the size of an equation: what may be left of one that follows from others; rounding, not tuned
_LEVEL = 1e-7  # how far coordinates may be from where they should be; rounding, not tuned


@dataclass(frozen=True, slots=True, eq=False)
class Equation:
    """An equation solved for one column: ``number = (bound - weights @ numbers) / weight``.

    Args:
        pivot: The column that follows from the others.
        weights: `d`, weights of the columns, that of the pivot 1 and those of other pivots 0.
        bound: What the weighted sum equals.
    """

    pivot: int
    weights: Array
    bound: float

    def solved_for(self, column: int) -> tuple[Array, float]:
        """Return the weights of the other columns and the bound, where the weight of a column is 1."""
        others = np.where(np.arange(len(self.weights)) == column, 0.0, self.weights)
        return others / self.weights[column], self.bound / float(self.weights[column])


@dataclass(frozen=True, slots=True, eq=False)
class Restrictions:
    """The rules of a search space in terms of columns.

    Args:
        encoder: The columns.
        equations: The equations.
        counts: Pairs of columns that are not held fixed and how many of them may be other than 0.
        low: `d`, smallest coordinates.
        high: `d`, largest coordinates.
        nonlinear_constraints: What must hold besides.
    """

    encoder: Encoder
    equations: tuple[Equation, ...]
    counts: tuple[tuple[NDArray[np.int64], int], ...]
    low: Array
    high: Array
    nonlinear_constraints: tuple[NonlinearConstraint, ...]

    def solve(self, X: Array) -> Array:
        """Return the rows with what follows from other columns in place."""
        Z = X.copy()
        for columns, most in self.counts:
            if len(columns) > most:
                order = np.argsort(-Z[:, columns], axis=1, kind="stable")
                np.put_along_axis(Z, columns[order[:, max(most, 0) :]], 0.0, axis=1)
        for e in self.equations * (len(self.equations) if self.counts else 1):
            for column, rows in self._list_following(Z, e):
                others, bound = e.solved_for(column)
                numbers = bound - self.encoder.numbers(Z[rows]) @ others
                Z[rows, column] = self.encoder.columns[column].coordinates_of(numbers)
        if not self.encoder.branches.links:
            return Z
        return np.where(self.encoder.branches.exists(Z), Z, [c.rest for c in self.encoder.columns])

    def _list_following(self, Z: Array, e: Equation) -> list[tuple[int, NDArray[np.int64]]]:
        """Return the columns that follow from an equation, with the rows where they do.

        It is the pivot, but where that is counted and 0, as too many others are not, the first of those others, or one
        that is not counted.
        """
        rows = np.arange(len(Z))
        counted = np.concatenate([columns for columns, _ in self.counts] or [rows[:0]])
        if e.pivot not in counted:
            return [(e.pivot, rows)]
        others = np.setdiff1d(np.flatnonzero(e.weights), [e.pivot])
        others = others[np.argsort(self.encoder.levels[others] > 0, kind="stable")]  # continuous ones first
        there = (Z[:, others] > 0.0) | ~np.isin(others, counted)
        there = np.hstack([there, np.ones((len(Z), 1), dtype=bool)])
        found = np.where(Z[:, e.pivot] > 0.0, e.pivot, np.append(others, e.pivot)[there.argmax(1)])
        return [(int(c), rows[found == c]) for c in np.unique(found)]

    def holds(self, X: Array) -> NDArray[np.bool_]:
        """Return which rows keep the rules, functions aside."""
        Z = self.solve(X)
        good = np.asarray((np.abs(Z - X) <= _LEVEL).all(1) & self.within(Z))
        if self.equations and self.counts:  # what follows from one may break another
            numbers = self.encoder.numbers(Z)
            for e in self.equations:
                size = np.maximum(np.abs(numbers * e.weights).max(1), abs(e.bound))
                good &= np.abs(numbers @ e.weights - e.bound) <= _EXACT * size
        for j in self.discrete_columns:
            near = self.encoder.columns[j].round_coordinates(np.clip(Z[:, j], 0.0, 1.0))
            good &= np.abs(near - Z[:, j]) <= _LEVEL
        for columns, most in self.counts:
            good &= (np.abs(Z[:, columns]) > 0.0).sum(1) <= most
        return good

    @property
    def discrete_columns(self) -> NDArray[np.int64]:
        """The columns of finitely many values that may follow from an equation."""
        named = np.any([e.weights != 0.0 for e in self.equations], axis=0) if self.equations else False
        return np.flatnonzero(named & (self.encoder.levels > 0))

    @property
    def pivots(self) -> NDArray[np.int64]:
        """The columns that follow from others."""
        return np.array([e.pivot for e in self.equations], dtype=np.int64)

    def solve_on_grid(self, X: Array) -> Array:
        """Return the rows with what follows from other columns in place, and where it lies on the grid, exactly so."""
        Z = self.solve(X)
        for j in self.discrete_columns:
            near = self.encoder.columns[j].round_coordinates(np.clip(Z[:, j], 0.0, 1.0))
            Z[:, j] = np.where(np.abs(near - Z[:, j]) <= _LEVEL, near, Z[:, j])
        return Z

    def restrict(self, acquisition: Acquisition) -> Acquisition:
        """Return an acquisition that keeps to the rules during the ascent."""
        return RestrictedAcquisition(acquisition, self)

    def within(self, X: Array) -> NDArray[np.bool_]:
        """Return which rows are in the neighbourhood."""
        return np.asarray(((self.low - _LEVEL <= X) & (self.high + _LEVEL >= X)).all(1))

    def agrees(self, X: Array) -> NDArray[np.bool_]:
        """Return which rows the functions allow.

        Raises:
            UserInputError: If a function fails or gives neither a truth value nor a number.
        """
        return agree(self.nonlinear_constraints, self.encoder, X)

    def pull_gradient(self, Z: Array, gradient: Array) -> Array:
        """Return the gradients by the columns that are free to move, given those by all columns of settled rows."""
        out = gradient.copy()
        slopes = self.encoder.numbers_and_slopes(Z)[1] if self.equations else Z
        for e in self.equations:
            for column, rows in self._list_following(Z, e):
                by_number = gradient[rows, column] / np.maximum(np.abs(slopes[rows, column]), 1e-300)
                out[rows] -= by_number[:, None] * e.solved_for(column)[0] * slopes[rows]
                out[rows, column] = 0.0
        for counted, _ in self.counts:
            out[:, counted] = np.where(Z[:, counted] == 0.0, 0.0, out[:, counted])
        return np.where(self.encoder.branches.exists(Z), out, 0.0) if self.encoder.branches.links else out


def agree(constraints: Sequence[NonlinearConstraint], encoder: Encoder, X: Array) -> NDArray[np.bool_]:
    """Return which rows nonlinear constraints allow.

    Args:
        constraints: Functions of a parameterization.
        encoder: From rows to parameterizations.
        X: `q x d`, the rows.

    Raises:
        UserInputError: If a function fails or gives neither a truth value nor a number.
    """
    if not constraints:
        return np.ones(len(X), dtype=bool)
    return np.array([all(_agrees(c, point) for c in constraints) for point in encoder.decode(X)], dtype=bool)


def _agrees(condition: NonlinearConstraint, point: Mapping[str, ParameterValue]) -> bool:
    try:
        said = condition(point)
        return said if isinstance(said, bool | np.bool_) else float(said) >= 0.0  # type: ignore[arg-type,return-value]
    except Exception as error:  # a user's function may raise anything
        raise UserInputError(
            f"the constraint {getattr(condition, '__name__', condition)!r} failed at {dict(point)}: "
            f"{type(error).__name__}: {error}. It must give a truth value, or a number of at least 0 where allowed."
        ) from error


def _equations(space: SearchSpace, encoder: Encoder, fixed: Array) -> tuple[Equation, ...]:
    """Return the equations, each solved for a column of its own, by elimination in the parameters' units.

    Raises:
        UserInputError: If they contradict each other.
    """
    units = np.maximum(np.abs(encoder.numbers(np.array([[0.0], [1.0]]).repeat(encoder.dimension, 1))).max(0), 1e-300)
    rows, texts = [], []
    for c in space.constraints:
        if isinstance(c, ParameterConstraint) and c.op == "==":
            weights, constant = weigh_columns(encoder, c.terms)
            row = np.append(weights * units, c.bound - constant)
            rows.append(row / np.abs(row).max())
            texts.append(str(c))
    table = np.array(rows).reshape(len(rows), encoder.dimension + 1)  # all of a size of about 1
    for j in np.flatnonzero(~np.isnan(fixed)):  # what is held fixed is a number
        if table[:, j].any():
            table[:, -1] -= table[:, j] * encoder.columns[j].numbers(fixed[j : j + 1]) / units[j]
            table[:, j] = 0.0
    pivots: dict[int, int] = {}
    for i in range(len(table)):
        suits = [
            _suits(c, w, u) if w else -np.inf for c, w, u in zip(encoder.columns, table[i, :-1], units, strict=True)
        ]
        if not np.isfinite(suits).any():
            if abs(table[i, -1]) > _ROUNDING:
                raise UserInputError(f"the constraint {texts[i]!r} contradicts the others, or what is held fixed.")
            continue
        pivots[i] = pivot = int(np.argmax(suits))
        table[i] /= table[i, pivot]
        for k in range(len(table)):
            if k != i:
                table[k] -= table[k, pivot] * table[i]
        table[np.abs(table) < 1e-12] = 0.0
    return tuple(
        Equation(j, table[i, :-1] * (units[j] / units), float(table[i, -1] * units[j])) for i, j in pivots.items()
    )


def _suits(column: Column, weight: float, unit: float) -> float:
    """Return how well a column suits to follow from others: a continuous one does, else one of small steps."""
    p = column.parameter
    if isinstance(p, ChoiceParameter):
        return -1e300
    if not column.levels:
        return 1e6 - (1e3 if p.log_scale else 0.0) + min(abs(weight), 1e2)
    return -abs(weight) * (p.step_size or 1) / unit


def build_restrictions(
    encoder: Encoder, fixed: Array, nonlinear_constraints: Sequence[NonlinearConstraint] = (), near: Near | None = None
) -> Restrictions:
    """Return the rules of an encoder's space.

    Args:
        encoder: The columns.
        fixed: `d`, coordinates that are held fixed, NaN for the others.
        nonlinear_constraints: Functions that must allow a point.
        near: A point and how far from it to look.

    Raises:
        UserInputError: If equations contradict each other.
    """
    space, d = encoder.space, encoder.dimension
    counts = [c for c in space.constraints if isinstance(c, CountConstraint)]
    low, high = np.zeros(d), np.ones(d)
    if near is not None:
        at, reach = encoder.encode([near[0]])[0], near[1]
        low, high = np.clip(at - reach, 0.0, 1.0), np.clip(at + reach, 0.0, 1.0)
        low, high = np.where(encoder.categorical, at, low), np.where(encoder.categorical, at, high)
    return Restrictions(
        encoder=encoder,
        equations=_equations(space, encoder, fixed),
        counts=tuple(_count_free(np.array([encoder.index(n) for n in c.names]), c.bound, fixed) for c in counts),
        low=low,
        high=high,
        nonlinear_constraints=tuple(nonlinear_constraints),
    )


def _count_free(columns: NDArray[np.int64], most: int, fixed: Array) -> tuple[NDArray[np.int64], int]:
    """Return the columns of a count that are not held fixed, and how many of them may be other than 0."""
    held = fixed[columns]
    return columns[np.isnan(held)], most - int((held > 0.0).sum())


def narrow_encoder(found: Restrictions) -> Encoder:
    """Return the encoder with the bounds of the columns that follow as inequalities between the others."""
    encoder, more = found.encoder, []
    for e in found.equations:
        terms = tuple((encoder.names[j], float(e.weights[j])) for j in np.flatnonzero(e.weights) if j != e.pivot)
        lower, upper = encoder.columns[e.pivot].numbers(np.array([found.low[e.pivot], found.high[e.pivot]]))
        more.append((terms, e.bound - float(lower)))
        more.append((tuple((n, -w) for n, w in terms), float(upper) - e.bound))
    return encoder.narrow(more)


@dataclass(frozen=True, slots=True, eq=False)
class RestrictedAcquisition:
    """An acquisition of rows that are settled first; minus infinity where they break a rule then.

    Args:
        acquisition: The acquisition.
        restrictions: The rules.
    """

    acquisition: Acquisition
    restrictions: Restrictions

    def value(self, X: Array) -> Array:
        """Return the scores of the rows."""
        Z = self.restrictions.solve(X)
        return np.where(self._find_allowed(Z), self.acquisition.value(Z), -np.inf)

    def value_and_gradient(self, X: Array) -> tuple[Array, Array]:
        """Return the scores and their gradients by the columns that are free to move."""
        Z = self.restrictions.solve(X)
        value, gradient = self.acquisition.value_and_gradient(Z)
        return np.where(self._find_allowed(Z), value, -np.inf), self.restrictions.pull_gradient(Z, gradient)

    def _find_allowed(self, Z: Array) -> NDArray[np.bool_]:
        good = self.restrictions.within(Z)
        good[good] = self.restrictions.agrees(Z[good])
        return np.asarray(good)
