"""Points that a model finds most promising: the goal in the models' numbers, and the search for the next point."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from axnb.errors import NotConfiguredError
from axnb.problem.expressions import LinearExpression
from axnb.problem.objective import Objective, OptimizationConfig, OutcomeConstraint
from axnb.record.experiment import arm_results
from axnb.record.trial import Provenance
from axnb.suggest.acquisition import Acquisition, Combination, ExpectedImprovement, Feasibility, Searching
from axnb.suggest.hypervolume import ExpectedHypervolumeImprovement, boxes, non_dominated, reference_point
from axnb.suggest.modelling import FittedModel, Request, Suggestion, fitted
from axnb.suggest.optimize import Region, SearchOptions, maximise
from axnb.surrogate.gp import Array, GaussianProcess
from axnb.surrogate.surrogate import Surrogate
from axnb.surrogate.threads import single_thread

_QUIET = 0.1  # noise, in standard deviations of the results, below which an observation is believed
_NOISY = 0.02  # variance of noise on the models' scales up to which it may be roughness that the model cannot follow


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Goal:
    """A goal over the processes of some metrics.

    Args:
        metrics: The metrics of the goal, in the order of ``processes``.
        processes: Their processes.
        objectives: What is maximised.
        limits: What should be at most 0.
        thresholds: For each objective the least value of interest; ``None`` where it is to be inferred.
    """

    metrics: tuple[str, ...]
    processes: tuple[GaussianProcess, ...]
    objectives: tuple[Combination, ...]
    limits: tuple[Combination, ...]
    thresholds: tuple[float | None, ...]

    @property
    def noise(self) -> float:
        """Variance of the observation noise of the first objective; 0 where there is next to none."""
        typical = [(np.zeros(1), np.array([np.median(p.noise)])) for p in self.processes]
        found = float(self.objectives[0].moments(typical)[1][0])
        return found if found > _NOISY else 0.0

    def expected(self, processes: Sequence[GaussianProcess], X: Array) -> tuple[Array, NDArray[np.bool_]]:
        """Return at the rows of ``X`` the expected objectives `n x m` and whether all limits are expected to hold."""
        parts = [p.predict(X) for p in processes]
        values = np.column_stack([o.moments(parts)[0] for o in self.objectives])
        feasible = np.ones(len(X), dtype=bool)
        for limit in self.limits:
            feasible &= limit.moments(parts)[0] <= 0.0
        return values, feasible


def express(
    config: OptimizationConfig, surrogate: Surrogate, baseline: Mapping[str, tuple[float, float]] | None
) -> Goal:
    """Return a goal in the numbers of the models.

    Args:
        config: The goal in the metrics' own units.
        surrogate: The models.
        baseline: Predicted mean and standard deviation of each metric at the baseline, if there is one.

    Raises:
        DataRequiredError: If a constraint is relative and there is no baseline.
    """
    names = config.metric_names
    return Goal(
        metrics=names,
        processes=tuple(surrogate[n].process for n in names),
        objectives=tuple(_objective(o, names, surrogate) for o in config.objectives),
        limits=tuple(_limit(c, names, surrogate, baseline) for c in config.constraints),
        thresholds=tuple(_threshold(o, config, surrogate) for o in config.objectives),
    )


def _sum(expression: LinearExpression, names: Sequence[str], surrogate: Surrogate) -> Combination:
    """Return a weighted sum of several metrics in their own units, all of them on straight scales."""
    terms, offset = [], expression.constant
    for name, weight in expression.terms:
        scaling = surrogate[name].scaling
        offset += weight * float(scaling.inverse(np.zeros(1))[0])
        terms.append((list(names).index(name), weight * scaling.scale * scaling.warp.unit))
    return Combination(tuple(terms), offset)


def _rescaled(combination: Combination, factor: float) -> Combination:
    return Combination(tuple((i, w * factor) for i, w in combination.terms), combination.offset * factor)


def _unit(combination: Combination) -> float:
    return 1.0 / max(float(np.sqrt(sum(w * w for _, w in combination.terms))), 1e-300)


def _objective(objective: Objective, names: Sequence[str], surrogate: Surrogate) -> Combination:
    if not objective.is_scalarized:
        name, weight = objective.expression.terms[0]
        return Combination(((list(names).index(name), float(np.sign(weight))),))
    total = _sum(objective.expression, names, surrogate)
    return _rescaled(total, _unit(total))


def _threshold(objective: Objective, config: OptimizationConfig, surrogate: Surrogate) -> float | None:
    bound = config.threshold(objective)
    if bound is None:
        return None
    name, weight = objective.expression.terms[0]
    return float(np.sign(weight) * surrogate[name].scaling.forward(np.array([bound]))[0])


def _limit(
    constraint: OutcomeConstraint,
    names: Sequence[str],
    surrogate: Surrogate,
    baseline: Mapping[str, tuple[float, float]] | None,
) -> Combination:
    sign = 1.0 if constraint.op == "<=" else -1.0
    first = constraint.metric_names[0]
    bound = constraint.bound_at(baseline[first][0] if baseline and constraint.relative else None)
    if len(constraint.metric_names) == 1:
        weight = constraint.expression.terms[0][1]
        edge = float(surrogate[first].scaling.forward(np.array([bound / weight]))[0])
        sign *= float(np.sign(weight))
        return Combination(((list(names).index(first), sign),), -sign * edge)
    total = _sum(constraint.expression, names, surrogate)
    return _rescaled(Combination(total.terms, total.offset - bound), sign * _unit(total))


def believed(goal: Goal, X: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return expected objectives `n x m` and feasibility at rows of ``X`` that were observed.

    Where there is little noise, an observation counts as feasible if it was, not if the model has it so.
    """
    values, feasible = goal.expected(goal.processes, X)
    if not goal.limits:
        return values, feasible
    parts = [_observed(p, X) for p in goal.processes]
    seen = np.ones(len(X), dtype=bool)
    for limit in goal.limits:
        value, noise = limit.moments(parts)
        seen &= (value <= 0.0) & (noise < _QUIET**2)
    return values, feasible | seen


def _observed(process: GaussianProcess, X: Array) -> tuple[Array, Array]:
    """Return what was observed at each row and its noise variance; NaN where nothing was."""
    values, noise = np.full(len(X), np.nan), np.full(len(X), np.inf)
    for i, row in enumerate(X):  # all pairs at once would need gigabytes
        at = np.flatnonzero(np.abs(process.X - row).max(1, initial=0.0) < 1e-12)
        if len(at):
            values[i], noise[i] = process.y[at].mean(), process.noise[at].min()
    return values, noise


_SEEDS = 5
_MOST_OBJECTIVES = 4  # up to so many the gain in hypervolume is computed


@dataclass(frozen=True, slots=True)
class Bayesian:
    """Suggests where a Gaussian process expects the largest improvement.

    Args:
        search: How hard to look.
    """

    search: SearchOptions = field(default_factory=SearchOptions)

    def generate(self, request: Request, n: int) -> list[Suggestion]:
        """Return up to ``n`` suggestions, fewer where no new point is left.

        Raises:
            NotConfiguredError: If there is no goal.
            DataRequiredError: If a metric of the goal has no results.
        """
        begun = time.perf_counter()
        model = fitted(request.view)
        with single_thread():
            goal = express_goal(request, model)
            state = _start(request, State(goal, list(goal.processes), _inside(model.X)), model)
            for row, metrics in _pending(request, goal):
                state = state.imagine(row, metrics)
            fit_seconds = time.perf_counter() - begun
            out: list[Suggestion] = []
            while len(out) < n:
                found = self._next(request, model, state, fit_seconds)
                if found is None:
                    break
                suggestion, row = found
                out.append(suggestion)
                request = request.after(suggestion)
                state = state.imagine(row, goal.metrics)
                fit_seconds = 0.0
        return out

    def _next(
        self, request: Request, model: FittedModel, state: Searching, fit_seconds: float
    ) -> tuple[Suggestion, Array] | None:
        begun = time.perf_counter()
        acquisition, seeds = state.acquisition()
        rng = request.stream()
        region = request.region(seeds)
        found = maximise(acquisition, region, rng, self.search)
        if found is None:
            region = request.region(seeds, retry_failed=True)
            found = maximise(acquisition, region, rng, self.search)
        if found is None:
            return None
        row, value = _simplified(request, acquisition, region, found)
        parameters = request.parameters(row)
        row = request.encoder.encode([parameters])[0]
        mean, sd = model.predict_encoded(row[None])
        predictions = zip(model.metric_names, mean[0].tolist(), sd[0].tolist(), strict=True)
        provenance = Provenance(
            generator="BO",
            seconds=(("fit", fit_seconds), ("search", time.perf_counter() - begun)),
            acquisition_value=value,
            predictions=tuple(predictions),
            models=model.hyperparameters,
        )
        return Suggestion(parameters=parameters, provenance=provenance), row


def _inside(X: Array) -> Array:
    """Return the rows within the bounds as they are now, if there are any."""
    inside = ((X >= 0.0) & (X <= 1.0)).all(1)
    return X[inside] if inside.any() else X


def _simplified(
    request: Request, acquisition: Acquisition, region: Region, found: tuple[Array, float]
) -> tuple[Array, float]:
    """Return what was found, nearer to the pruning target where that is wanted and costs little."""
    if not request.options.simplify_parameter_changes:
        return found
    from axnb.suggest.simplify import simplified, target_row

    target = target_row(request)
    if target is None:
        return found
    row = simplified(acquisition, region, found[0], target, region.seeds)
    return row, float(acquisition.value(row[None])[0])


def express_goal(request: Request, model: FittedModel) -> Goal:
    """Return a request's goal in the numbers of the models.

    Raises:
        NotConfiguredError: If there is no goal.
        DataRequiredError: If a constraint is relative and the baseline has no result.
    """
    config = request.view.optimization
    if config is None:
        raise NotConfiguredError("there is no goal yet: call configure_optimization first.")
    baseline = None
    if request.view.baseline is not None and any(c.relative for c in config.constraints):
        trial = request.view.trial(request.view.baseline)
        if trial.data and request.space.is_member(trial.parameters):
            baseline = model.predict([trial.parameters])[0]
    return express(config, model.surrogate, baseline)


def _pending(request: Request, goal: Goal) -> list[tuple[Array, tuple[str, ...]]]:
    """Return the rows whose results are still to come, or never came, with the metrics that lack them."""
    out = []
    for result in arm_results(request.view):
        if result.status.is_lost and not result.status.is_abandoned:
            continue
        known = {} if result.status.is_abandoned else result.outcomes
        lacking = tuple(n for n in goal.metrics if n not in known)
        if lacking and request.space.is_member(result.parameters):
            out.append((request.encoder.encode([result.parameters])[0], lacking))
    return out


def _start(request: Request, state: "State", model: FittedModel) -> Searching:
    """Return what the search starts from; what an experiment does not use is not even imported."""
    searching: Searching = state
    if request.options.method == "quality":
        from axnb.suggest.average import averaged

        searching = averaged(state.of, model.surrogate, state.goal.metrics)
    if any(t.status.is_failure for t in request.view.trials.values()):
        from axnb.suggest.crash import careful

        searching = careful(request, searching)
    return searching


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """The processes with what is imagined for pending rows, and the rows that an improvement is measured against."""

    goal: Goal
    processes: list[GaussianProcess]
    observed: Array
    imagined: tuple[Array, ...] = ()

    def of(self, processes: list[GaussianProcess]) -> "State":
        """Return the state in which other processes model the metrics of the goal."""
        return replace(self, goal=replace(self.goal, processes=tuple(processes)), processes=processes)

    def imagine(self, row: Array, metrics: tuple[str, ...]) -> "State":
        """Return the state in which the metrics turned out at a row as expected."""
        processes = list(self.processes)
        for i, name in enumerate(self.goal.metrics):
            if name in metrics:
                mean = float(processes[i].predict(row[None])[0][0])
                processes[i] = processes[i].condition(row, mean, 0.0)
        return replace(self, processes=processes, imagined=(*self.imagined, row))

    def acquisition(self) -> tuple[Acquisition, Array]:
        """Return what to maximise and the rows around which to look."""
        goal, processes = self.goal, tuple(self.processes)
        values, feasible = believed(goal, self.observed)
        rows = self.observed
        if self.imagined:
            X = np.array(self.imagined)
            more, fine = goal.expected(processes, X)
            values, feasible, rows = np.vstack([values, more]), np.append(feasible, fine), np.vstack([rows, X])
        if not feasible[: len(self.observed)].any():
            chance = Feasibility(processes, goal.limits)
            return chance, rows[np.argsort(-chance.value(rows), kind="stable")[:_SEEDS]]
        good, at = values[feasible], rows[feasible]
        if len(goal.objectives) == 1:
            order = np.argsort(-good[:, 0], kind="stable")[:_SEEDS]
            best = float(good[order[0], 0])
            return ExpectedImprovement(processes, goal.objectives[0], best, goal.limits, goal.noise), at[order]
        if len(goal.objectives) > _MOST_OBJECTIVES:
            from axnb.suggest.chebyshev import scalarised

            seed = (len(self.observed), len(self.imagined))
            sums, best_first = scalarised(processes, goal.objectives, goal.limits, good, goal.thresholds, seed)
            return sums, at[best_first[:_SEEDS]]
        front = non_dominated(good)
        lows, highs = boxes(good, self._reference(values[: len(self.observed)], good))
        return ExpectedHypervolumeImprovement(processes, goal.objectives, lows, highs, goal.limits), at[front]

    def _reference(self, observed: Array, good: Array) -> Array:
        inferred = reference_point(good)
        given = self.goal.thresholds
        return np.array([i if t is None else t for t, i in zip(given, inferred, strict=True)])
