"""Where an acquisition is largest: candidate search over the unit cube.

All restarts move together, one evaluation a step: limited-memory quasi-Newton steps, as in Nocedal and Wright (2006),
Numerical Optimization, algorithm 7.4, held in the cube and the linear constraints by projection. Small finite spaces
are enumerated. Knows the encoder's columns and constraints, and nothing of what the acquisition means.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from axnb.interrupts import check_cancelled
from axnb.suggest.acquisition.base import Acquisition
from axnb.surrogate.encoder import Encoder
from axnb.surrogate.kernels import Array, squared_distances

if TYPE_CHECKING:
    from axnb.suggest.search.restrictions import Restrictions

ENUMERATION_LIMIT = 10_000
"""Finite spaces of up to this many points are scored whole; not tuned."""

_CHUNK = 2048  # rows scored at once, for memory; not tuned
_CORRECTIONS = 12  # most steps that bring a row back into the linear constraints; not tuned
_STARTS = 16  # fewer allowed rows than these are not enough to walk from; not tuned
_STOPS = 4  # rows kept of each walk through a region of which little is allowed; not tuned
_FAR, _LITTLE = 0.1, 1e-3  # a row so far behind the best stops once it gains so little; not tuned
_TRIES = 8  # points tried along a direction; not tuned
_FEW_LEVELS = 24  # ordered columns with more values are searched as if continuous, then in steps; not tuned


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """How hard the search tries. The defaults were chosen together, for time, and not tuned one by one.

    Args:
        raw: Number of rows that are scored to find starts.
        restarts: Number of starts.
        iterations: Steps of each continuous ascent.
        rounds: Alternations between continuous and discrete columns.
    """

    raw: int = 512
    restarts: int = 10
    iterations: int = 50
    rounds: int = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Region:
    """Where to look.

    Args:
        encoder: Columns and constraints.
        fixed: `d`, the coordinate of each column that is fixed, NaN for the others.
        taken: `n x d`, rows that must not be suggested again.
        seeds: `k x d`, promising rows, best first, around which to look too.
        restrictions: What rows must keep besides bounds and linear inequalities; ``None`` for nothing.
        box: `2 x d`, between which coordinates to look; ``None`` for the whole cube. Discrete columns have all of it.
    """

    encoder: Encoder
    fixed: Array
    taken: Array
    seeds: Array
    restrictions: "Restrictions | None" = None
    box: Array | None = None

    @property
    def bounds(self) -> tuple[Array | float, Array | float]:
        """The smallest and the largest coordinates."""
        return (0.0, 1.0) if self.box is None else (self.box[0], self.box[1])

    def around(self, row: Array, radius: float) -> "Region":
        """Return the part of the region near a row; columns that do not move continuously keep all their values.

        Args:
            row: `d`, the middle.
            radius: Half the width of the box, at most.
        """
        low, high = np.zeros(len(row)), np.ones(len(row))
        smooth = self.continuous_columns
        low[smooth], high[smooth] = np.clip(row - radius, 0.0, 1.0)[smooth], np.clip(row + radius, 0.0, 1.0)[smooth]
        return replace(self, box=np.array([low, high]))

    @property
    def free_columns(self) -> NDArray[np.bool_]:
        """The columns that may move."""
        return np.isnan(self.fixed)

    @property
    def independent_columns(self) -> NDArray[np.bool_]:
        """The free columns that do not follow from others."""
        if self.restrictions is None:
            return self.free_columns
        return np.asarray(self.free_columns & ~np.isin(np.arange(self.encoder.dimension), self.restrictions.pivots))

    @property
    def continuous_columns(self) -> NDArray[np.bool_]:
        """The free columns that move continuously during the ascent."""
        levels, encoder = self.encoder.levels, self.encoder
        return np.asarray(self.free_columns & ~encoder.categorical & ((levels == 0) | (levels > _FEW_LEVELS)))

    @property
    def discrete_columns(self) -> NDArray[np.int64]:
        """The free columns with finitely many values."""
        return np.flatnonzero(self.free_columns & (self.encoder.levels > 0))

    @property
    def size(self) -> float:
        """Number of points; infinite where a free column is continuous."""
        return math.prod(
            float(c.parameter.cardinality) for c, f in zip(self.encoder.columns, self.free_columns, strict=True) if f
        )

    def project(self, X: Array) -> Array:
        """Return the rows rounded, with the fixed columns, and what follows from others, in place."""
        if self.restrictions is None:
            return np.where(self.free_columns, self.encoder.round(np.clip(X, *self.bounds)), self.fixed)
        Z = np.clip(np.where(self.free_columns, X, self.fixed), self.restrictions.low, self.restrictions.high)
        return self.restrictions.solve_on_grid(np.where(self.free_columns, self.encoder.round(Z), self.fixed))

    def project_uniform(self, U: Array) -> Array:
        """Return rows from uniform draws, rounded, with the fixed columns, and what follows from others, in place."""
        if self.restrictions is None:
            low, high = self.bounds
            return np.where(self.free_columns, self.encoder.from_uniform(low + U * (high - low)), self.fixed)
        low, high = self.restrictions.low, self.restrictions.high
        if (low > 0.0).any() or (high < 1.0).any():
            return self.project(low + U * (high - low))
        return self.restrictions.solve_on_grid(np.where(self.free_columns, self.encoder.from_uniform(U), self.fixed))

    def is_allowed(self, X: Array) -> NDArray[np.bool_]:
        """Return which rows keep the linear constraints, and the restrictions."""
        if self.restrictions is None:
            return self.encoder.satisfies(X, 1e-9)
        good = self.restrictions.holds(X) & ((X >= 0.0) & (X <= 1.0)).all(1) & self.encoder.satisfies(X, 1e-9)
        good[good] = self.restrictions.agrees(X[good])
        return np.asarray(good)

    @property
    def is_restricted(self) -> bool:
        """Whether some rows of the cube are not allowed."""
        return self.restrictions is not None or self.encoder.has_constraints

    def project_unrounded(self, X: Array) -> Array:
        """Return rows with what is held fixed, and what follows from other columns, in place."""
        if self.restrictions is None:
            return X
        return self.restrictions.solve_on_grid(np.where(self.free_columns, X, self.fixed))

    def restrict(self, acquisition: Acquisition) -> Acquisition:
        """Return an acquisition that keeps to the region during the ascent; without restrictions the ascent does."""
        return acquisition if self.restrictions is None else self.restrictions.restrict(acquisition)

    def is_new(self, X: Array) -> NDArray[np.bool_]:
        """Return which rows are not taken."""
        if not len(self.taken):
            return np.ones(len(X), dtype=bool)
        near = squared_distances(X - 0.5, self.taken - 0.5) < 1e-6  # a first sieve, of little memory
        out = np.ones(len(X), dtype=bool)
        for i in np.flatnonzero(near.any(1)):
            out[i] = (np.abs(self.taken[near[i]] - X[i]).max(1, initial=0.0) > 1e-7).all()
        return out


def enumerate_rows(region: Region) -> Array:
    """Return every allowed row of a finite region that is not taken."""
    free = np.flatnonzero(region.free_columns)
    columns = [region.encoder.columns[j] for j in free]
    values = [[column.coordinate_at(i) for i in range(column.levels)] for column in columns]
    grid = np.repeat(region.fixed[None], int(region.size), axis=0)
    for j, found in zip(free, np.meshgrid(*values, indexing="ij"), strict=True):
        grid[:, j] = found.ravel()
    settled = region.project_unrounded(grid)
    if (settled != grid).any():  # what follows from other columns was in the way: many rows have become the same
        grid = np.unique(settled, axis=0)
    grid = grid[region.is_allowed(grid)]
    return grid[np.concatenate([region.is_new(part) for part in _chunks(grid)])] if len(grid) else grid


def _chunks(X: Array) -> Iterator[Array]:
    return (X[i : i + _CHUNK] for i in range(0, len(X), _CHUNK))


def maximise(
    acquisition: Acquisition, region: Region, rng: np.random.Generator, options: SearchOptions | None = None
) -> tuple[Array, float] | None:
    """Return the best row found and its score, or ``None`` where nothing new is left.

    Args:
        acquisition: What to maximise.
        region: Where.
        rng: Source of the starts.
        options: How hard to try.
    """
    options, acquisition = options or SearchOptions(), region.restrict(acquisition)
    if region.size <= ENUMERATION_LIMIT:
        rows = enumerate_rows(region)
        if not len(rows):
            return None
        scores = np.concatenate([acquisition.value(part) for part in _chunks(rows)])
        best = int(np.argmax(scores))
        return rows[best], float(scores[best])
    raw = draw_starting_rows(region, rng, options.raw)
    if not len(raw):
        return None
    scores = acquisition.value(raw)
    found, values = _climb(acquisition, region, _starts(raw, scores, options.restarts, rng), rng, options)
    rows, scores = np.vstack([found, raw]), np.concatenate([values, scores])
    for i in np.argsort(-scores, kind="stable"):
        if np.isfinite(scores[i]) and region.is_new(rows[i : i + 1])[0]:
            return rows[i], float(scores[i])
    return None


def draw_starting_rows(region: Region, rng: np.random.Generator, count: int) -> Array:
    """Return up to ``count`` allowed rows: some spread over the region, some near the seeds."""
    wide = spread_rows(region, rng, count if not len(region.seeds) else count // 2)
    if not len(region.seeds):
        return wide
    d = region.seeds.shape[1]
    near = region.seeds[rng.integers(len(region.seeds), size=count - count // 2)]
    width = 10.0 ** rng.uniform(-3.0, -0.7, size=(len(near), 1))
    moved = rng.random(near.shape) < max(min(20.0 / max(d, 1), 1.0), 2.0 / max(d, 1)) * rng.uniform(
        0.1, 1.0, (len(near), 1)
    )
    near = np.clip(near + moved * width * rng.standard_normal(near.shape), 0.0, 1.0)
    for j in np.flatnonzero(region.encoder.levels):
        flip = rng.random(len(near)) < 1.0 / max(d, 2)
        near[flip, j] = rng.random(int(flip.sum()))
    near = region.project(near)
    seeds = region.project(region.seeds)
    return np.vstack([wide, near[region.is_allowed(near)], seeds[region.is_allowed(seeds)]])


def spread_rows(region: Region, rng: np.random.Generator, count: int) -> Array:
    """Return up to ``count`` allowed rows spread over the region."""
    d = region.encoder.dimension
    rows = region.project_uniform(rng.random((count, d)))
    if not region.is_restricted:
        return rows
    rows = rows[region.is_allowed(rows)]
    if len(rows) < count <= 5 * len(rows):  # it costs little to draw on
        more = region.project_uniform(rng.random((5 * count, d)))
        rows = np.vstack([rows, more[region.is_allowed(more)]])
    return rows[:count] if len(rows) >= count // 2 else _walk(region, rows, rng, count)


def _walk(region: Region, known: Array, rng: np.random.Generator, count: int) -> Array:
    """Return allowed rows by random chords through allowed rows, where few random rows are allowed."""
    if len(known) < _STARTS:
        known = np.vstack([known, find_feasible_rows(region, rng)])
    if not len(known):
        return known
    X, other = (known[rng.integers(len(known), size=-(-count // _STOPS))] for _ in range(2))
    between = X + rng.random((len(X), 1)) * (other - X)
    between += 0.1 * (known.mean(0) - between)  # walks stick to edges
    X = np.where(region.encoder.satisfies(between)[:, None], between, X)
    steps, found = 2 * region.encoder.dimension + 12, []
    for step in range(1, steps + 1):
        direction = np.where(region.independent_columns, rng.standard_normal(X.shape), 0.0)
        direction /= np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-12)
        low, high = _chords(region, X, direction)
        for _ in range(12):  # shrink the chord towards where we stand until the point on it is allowed
            t = rng.uniform(low, high)
            moved = X + t[:, None] * direction
            good = region.encoder.satisfies(moved)
            X = np.where(good[:, None], np.clip(moved, *region.bounds), X)
            if good.all():
                break
            low, high = np.where(good, 0.0, np.where(t < 0, t, low)), np.where(good, 0.0, np.where(t > 0, t, high))
        if step % (steps // _STOPS) == 0:
            found.append(X)
    rows = region.project(np.vstack(found[-_STOPS:])[:count])
    rows = rows[region.is_allowed(rows)]
    return rows if len(rows) else region.project(known)


def _chords(region: Region, X: Array, direction: Array) -> tuple[Array, Array]:
    """Return how far one can go back and forth from the rows within the cube and what is linear in it."""
    (low, high), encoder = region.bounds, region.encoder
    room, rate = np.hstack([X - low, high - X]), np.hstack([direction, -direction])
    if encoder.has_constraints and encoder.is_straight:
        room = np.hstack([room, encoder.slack(X)])
        rate = np.hstack([rate, np.einsum("ncd,nd->nc", encoder.slack_gradient(X), direction)])
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.maximum(room, 0.0) / np.abs(rate)
    forth = np.where(rate < 0.0, reach, np.inf).min(1, initial=2.0 * np.sqrt(X.shape[1]))
    return -np.where(rate > 0.0, reach, np.inf).min(1, initial=2.0 * np.sqrt(X.shape[1])), forth


def find_feasible_rows(region: Region, rng: np.random.Generator) -> Array:
    """Return some allowed rows found by descending the violation of the constraints; empty where there is none."""
    encoder, free = region.encoder, region.free_columns
    X = np.where(free, rng.random((64, encoder.dimension)), region.fixed)
    for margin in (1e-2, 1e-3, 1e-6):
        Z = _move_inside(encoder, X, free, margin, 200)
        rounded = region.project(Z)
        good = rounded[region.is_allowed(rounded)]
        if len(good):
            return good
    return np.zeros((0, encoder.dimension))


def _move_inside(
    encoder: Encoder,
    X: Array,
    movable: NDArray[np.bool_],
    margin: float,
    steps: int,
    bounds: tuple[Array | float, Array | float] = (0.0, 1.0),
) -> Array:
    """Return the rows moved into the bounds and the linear constraints, as far as so many steps bring them.

    Args:
        encoder: The constraints.
        X: `k x d`, the rows.
        movable: `d`, the columns that may move.
        margin: How far inside the constraints, as a share of their scales, rows end that were outside.
        steps: Most steps.
        bounds: Smallest and largest coordinates.
    """
    Z, (low, high) = np.clip(X, *bounds), bounds
    if not encoder.has_constraints:
        return Z
    for _ in range(steps):
        slack = encoder.slack(Z)
        worst = slack.argmin(1)
        out = np.flatnonzero(slack[np.arange(len(Z)), worst] < 0.5 * margin)
        if not len(out):
            break
        part, worst = Z[out], worst[out]
        normal = encoder.slack_gradient(part)[np.arange(len(out)), worst]
        stuck = ((part <= low) & (normal < 0.0)) | ((part >= high) & (normal > 0.0))
        normal = np.where(movable & ~stuck, normal, 0.0)
        share = (margin - slack[out, worst]) / np.maximum(np.einsum("ij,ij->i", normal, normal), 1e-300)
        Z[out] = np.clip(part + share[:, None] * normal, low, high)
    return Z


def _starts(raw: Array, scores: Array, count: int, rng: np.random.Generator) -> Array:
    """Return the best rows and some others, drawn by their scores."""
    order = np.argsort(-scores, kind="stable")
    best = order[: max(count // 2, 1)]
    rest = order[len(best) :]
    if not len(rest):
        return raw[best]
    spread = scores[rest]
    spread = np.where(
        np.isfinite(spread), spread, np.nanmin(np.where(np.isfinite(spread), spread, np.nan), initial=0.0)
    )
    noisy = spread / max(float(np.std(spread)), 1e-9) + rng.gumbel(size=len(rest))
    return np.asarray(raw[np.concatenate([best, rest[np.argsort(-noisy)[: count - len(best)]]])])


def _climb(
    acquisition: Acquisition, region: Region, X: Array, rng: np.random.Generator, options: SearchOptions
) -> tuple[Array, Array]:
    """Return the rows that the starts climb to, rounded and allowed, with their scores."""
    smooth = region.continuous_columns
    stepped = region.discrete_columns
    values = acquisition.value(X)
    if len(stepped):
        values = np.where(region.is_new(X), values, -np.inf)
    for _ in range(options.rounds if len(stepped) else 1):
        before = values
        if smooth.any():
            moved = ascend(acquisition, region, X, smooth, options.iterations)
            moved = region.project(moved)
            scores = np.where(region.is_allowed(moved), acquisition.value(moved), -np.inf)
            X, values = _keep_better(X, values, moved, scores)
            if len(stepped):  # what is taken must step aside
                values = np.where(region.is_new(X), values, -np.inf)
        if len(stepped):
            X, values = _step(acquisition, region, X, values, rng)
        if not (values > before + 1e-6).any():
            break
    return X, values


def _keep_better(X: Array, values: Array, other: Array, scores: Array) -> tuple[Array, Array]:
    wins = scores > values
    return np.where(wins[:, None], other, X), np.where(wins, scores, values)


def _step(
    acquisition: Acquisition, region: Region, X: Array, values: Array, rng: np.random.Generator, steps: int = 6
) -> tuple[Array, Array]:
    """Return rows after moving single columns to other values for as long as that improves, and their scores."""
    for _ in range(steps):
        neighbours, owner = _list_neighbours(region, X, rng)
        if not len(neighbours):
            break
        neighbours = region.project_unrounded(neighbours)
        good = region.is_allowed(neighbours) & region.is_new(neighbours)
        neighbours, owner = neighbours[good], owner[good]
        if not len(neighbours):
            break
        scores = np.concatenate([acquisition.value(part) for part in _chunks(neighbours)])
        best = np.full(len(X), -np.inf)
        np.maximum.at(best, owner, scores)
        chosen = X.copy()
        for i in np.flatnonzero(scores >= best[owner]):
            chosen[owner[i]] = neighbours[i]
        improved = best > values + 1e-9
        X, values = _keep_better(X, values, chosen, np.where(improved, best, -np.inf))
        if not improved.any():
            break
    return X, values


def _list_neighbours(
    region: Region, X: Array, rng: np.random.Generator, most: int = 12
) -> tuple[Array, NDArray[np.int64]]:
    """Return rows that differ from one of ``X`` in one stepped column, and which row that is."""
    rows, owners = [np.zeros((0, X.shape[1]))], [np.zeros(0, dtype=np.int64)]
    for j in region.discrete_columns:
        column = region.encoder.columns[j]
        values = np.array([column.coordinate_at(i) for i in _some_levels(column.levels, rng, most)])
        options = np.broadcast_to(values, (len(X), len(values)))
        if column.levels > most and not column.is_categorical:
            at = np.array([[column.index_of(u) - 1, column.index_of(u) + 1] for u in X[:, j]])
            at = np.clip(at, 0, column.levels - 1)
            options = np.hstack([options, [[column.coordinate_at(i) for i in pair] for pair in at]])
        owner, which = np.nonzero(np.abs(options - X[:, j, None]) > 1e-9)
        block = X[owner]
        block[:, j] = options[owner, which]
        rows.append(block)
        owners.append(owner)
    return np.vstack(rows), np.concatenate(owners)


def _some_levels(levels: int, rng: np.random.Generator, most: int) -> NDArray[np.int64]:
    return np.arange(levels) if levels <= most else rng.choice(levels, size=most, replace=False)


def ascend(acquisition: Acquisition, region: Region, X: Array, movable: NDArray[np.bool_], iterations: int) -> Array:
    """Return the rows after a batched limited-memory quasi-Newton ascent within cube and constraints.

    Args:
        acquisition: What to maximise.
        region: Cube and constraints; every row of ``X`` is allowed.
        X: `k x d`, where to start.
        movable: `d`, the columns that move.
        iterations: Most steps of a row, about.
    """
    state = _Ascent(acquisition, region, X, movable)
    for _ in range(iterations + iterations // 4):  # a few tries may fall short
        if not state.advance():
            break
    return state.X


class _Ascent:
    """Rows that climb together, each at its own pace, with its own memory of steps and gradients."""

    memory = 8

    def __init__(self, acquisition: Acquisition, region: Region, X: Array, movable: NDArray[np.bool_]) -> None:
        self.acquisition, self.encoder, self.movable = acquisition, region.encoder, movable
        self.bounds = region.bounds
        # Along a curved constraint steps get short, and gains small.
        self.least = 1e-7 if self.encoder.is_straight else 1e-4
        self.X = X.copy()
        self.f, self.g = self._evaluate(self.X)
        self.moving = np.isfinite(self.f)
        k, d = X.shape
        self.S, self.Y, self.rho = (np.zeros((self.memory, *shape)) for shape in ((k, d), (k, d), (k,)))
        self.direction, self.share = np.zeros((k, d)), np.ones(k)
        self.taken, self.tried = np.zeros(k, dtype=int), np.zeros(k, dtype=int)
        self._aim(np.flatnonzero(self.moving))

    def _evaluate(self, X: Array) -> tuple[Array, Array]:
        check_cancelled()
        f, g = self.acquisition.value_and_gradient(X)
        return np.where(np.isfinite(f), f, -np.inf), np.where(self.movable & np.isfinite(g), g, 0.0)

    def advance(self) -> bool:
        """Try one point for every row that still improves; return whether any does."""
        rows = np.flatnonzero(self.moving)
        if not len(rows):
            return False
        moved = self.X[rows] + self.share[rows, None] * self.direction[rows]
        trial = _move_inside(self.encoder, moved, self.movable, 1e-12, _CORRECTIONS, self.bounds)
        value, gradient = self._evaluate(trial)
        if self.encoder.has_constraints:
            value = np.where(self.encoder.satisfies(trial), value, -np.inf)
        rise = np.einsum("ij,ij->i", self.g[rows], trial - self.X[rows])
        good = value >= self.f[rows] + 1e-4 * np.maximum(rise, 0.0)
        done, short = rows[good], rows[~good]
        if len(short):  # look nearer, up to so many times
            self.share[short] *= 0.25
            self.tried[short] += 1
            self.moving[short] = self.tried[short] < _TRIES
        if len(done):
            gained = value[good] - self.f[done]
            self._remember(done, trial[good] - self.X[done], self.g[done] - gradient[good])
            self.X[done], self.f[done], self.g[done] = trial[good], value[good], gradient[good]
            self.taken[done] += 1
            behind = self.f[done] < self.f.max() - _FAR
            self.moving[done] = gained > np.where(behind, _LITTLE, self.least)
            self._aim(done[self.moving[done]])
        return bool(self.moving.any())

    def _aim(self, rows: NDArray[np.int64]) -> None:
        """Give rows their next direction; those that are at their end stop."""
        if not len(rows):
            return
        X, g = self.X[rows], self._project_gradient(self.X[rows], self.g[rows])
        if self.encoder.has_constraints:
            held, gap = self._find_walls(X, g)
            g = _remove_components(g, held)
            self.moving[rows] = (np.abs(g).max(1) >= 1e-5) | (gap.max(1) > 1e-7)
            direction = _remove_components(self._quasi_newton(rows, g), held) - np.einsum("nc,ncd->nd", gap, held)
        else:
            self.moving[rows] = np.abs(g).max(1) >= 1e-5
            direction = self._quasi_newton(rows, g)
        slope = np.einsum("ij,ij->i", direction, self.g[rows])
        weak = slope <= 1e-12 * np.linalg.norm(g, axis=1)
        if weak.any():
            direction[weak] = 0.05 * g[weak] / np.maximum(np.abs(g[weak]).max(1, keepdims=True), 1e-12)
        longest = np.abs(direction).max(1, keepdims=True)
        self.direction[rows] = direction * np.minimum(1.0, 0.3 / np.maximum(longest, 1e-12))
        self.share[rows], self.tried[rows] = 1.0, 0

    def _project_gradient(self, X: Array, g: Array) -> Array:
        """Return the gradient without what points out of the bounds."""
        low, high = self.bounds
        return np.where(((low >= X) & (g < 0.0)) | ((high <= X) & (g > 0.0)), 0.0, g)

    def _quasi_newton(self, rows: NDArray[np.int64], g: Array) -> Array:
        """Return the quasi-Newton direction by the two-loop recursion, all rows at once."""
        q, m = g.copy(), min(int(self.taken[rows].max()), self.memory)
        S, Y, rho = self.S[:m, rows], self.Y[:m, rows], self.rho[:m, rows]
        shares = np.zeros((m, len(rows)))
        for i in range(m):  # the newest first
            shares[i] = rho[i] * np.einsum("ij,ij->i", S[i], q)
            q -= shares[i][:, None] * Y[i]
        scale = 0.05 / np.maximum(np.abs(g).max(1), 1e-12)
        for i in reversed(range(m)):
            size = np.maximum(rho[i] * np.einsum("ij,ij->i", Y[i], Y[i]), 1e-300)
            scale = np.where(rho[i] > 0, 1.0 / size, scale)
        q *= scale[:, None]
        for i in reversed(range(m)):
            back = rho[i] * np.einsum("ij,ij->i", Y[i], q)
            q += (shares[i] - back)[:, None] * S[i]
        return np.where(g != 0.0, q, 0.0)

    def _find_walls(self, X: Array, g: Array) -> tuple[Array, Array]:
        """Return `n x c x d`, unit normals of close linear constraints against which the gradients push, and how close.

        The normals of other constraints are 0.
        """
        slack, normals = self.encoder.slack(X), self.encoder.slack_gradient(X)
        normals = np.where((g != 0.0)[:, None], normals, 0.0)
        size = np.maximum(np.linalg.norm(normals, axis=2), 1e-300)
        pushed = (slack < 1e-2 * size) & (np.einsum("ncd,nd->nc", normals, g) < 0.0)
        return normals * (pushed / size)[:, :, None], np.where(pushed, slack / size, 0.0)

    def _remember(self, rows: NDArray[np.int64], step: Array, change: Array) -> None:
        curvature = np.einsum("ij,ij->i", step, change)
        good = curvature > 1e-10 * np.einsum("ij,ij->i", change, change)
        for store, new in (
            (self.S, step),
            (self.Y, change),
            (self.rho, np.where(good, 1.0 / np.where(good, curvature, 1.0), 0.0)),
        ):
            store[1:, rows] = store[:-1, rows]
            store[0, rows] = new


def _remove_components(vectors: Array, normals: Array) -> Array:
    """Return the vectors without their parts along normals, given `n x c x d` as units or 0."""
    out = vectors
    for _ in range(1 if normals.shape[1] < 2 else 3):
        for c in range(normals.shape[1]):
            normal = normals[:, c]
            out = out - np.einsum("ij,ij->i", normal, out)[:, None] * normal
    return out
