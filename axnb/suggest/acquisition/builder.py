"""The acquisition that the next suggestion maximises: the goal in the models' numbers, and what is expected so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from axnb.errors import NotConfiguredError
from axnb.problem.expressions import LinearExpression
from axnb.problem.objective import Objective, OptimizationConfig, OutcomeConstraint
from axnb.record.experiment import ExperimentView, arm_results
from axnb.suggest.acquisition.base import AcquisitionBuilder, BuiltAcquisition, SearchPhase
from axnb.suggest.acquisition.expected_improvement import (
    LinearOutcome,
    LogConstrainedExpectedImprovement,
    LogProbabilityOfFeasibility,
)
from axnb.suggest.acquisition.hypervolume import LogExpectedHypervolumeImprovement
from axnb.suggest.fitting import FittedModel
from axnb.suggest.generators.base import GenerationRequest
from axnb.suggest.pareto import decompose_into_boxes, infer_reference_point, is_non_dominated
from axnb.surrogate.kernels import Array
from axnb.surrogate.outcome_model import OutcomeModel, TrainingData
from axnb.surrogate.surrogate import Surrogate
from axnb.surrogate.threads import single_thread

_QUIET = 0.1  # noise, in standard deviations of the results, below which an observation is believed; not tuned
# Variance of noise on the models' scales up to which it may be roughness that the model cannot follow. Of .003, .01 and
# .02 noisy problems were alike, and nine without noise as good as before only at .02 (medians of 10 seeds).
_NOISY = 0.02
_MOST_OBJECTIVES = 4  # up to so many the gain in hypervolume is computed: of five the boxes take minutes
_SEEDS = 5  # best rows around which a search looks too; not tuned


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelSpaceObjective:
    """A goal over the models of some metrics.

    Args:
        metrics: The metrics of the goal, in the order of ``models``.
        models: Their models.
        objectives: What is maximised.
        outcome_constraints: What should be at most 0.
        thresholds: For each objective the least value of interest; ``None`` where it is to be inferred.
    """

    metrics: tuple[str, ...]
    models: tuple[OutcomeModel, ...]
    objectives: tuple[LinearOutcome, ...]
    outcome_constraints: tuple[LinearOutcome, ...]
    thresholds: tuple[float | None, ...]

    @property
    def noises(self) -> tuple[float, ...]:
        """Variances of the observation noise of the objectives; 0 where there is next to none."""
        typical = [(np.zeros(1), np.array([np.median(m.data.noise)])) for m in self.models]
        found = [float(o.moments(typical)[1][0]) for o in self.objectives]
        return tuple(f if f > _NOISY else 0.0 for f in found)

    def expect(self, models: Sequence[OutcomeModel], X: Array) -> tuple[Array, NDArray[np.bool_]]:
        """Return at rows the expected objectives `n x m` and whether the constraints are expected to hold."""
        parts = [m.posterior(X) for m in models]
        values = np.column_stack([o.moments(parts)[0] for o in self.objectives])
        feasible = np.ones(len(X), dtype=bool)
        for outcome in self.outcome_constraints:
            feasible &= outcome.moments(parts)[0] <= 0.0
        return values, feasible


def to_model_space(
    config: OptimizationConfig, surrogate: Surrogate, baseline: Mapping[str, tuple[float, float]] | None
) -> ModelSpaceObjective:
    """Return a goal in the numbers of the models.

    Args:
        config: The goal in the metrics' own units.
        surrogate: The models.
        baseline: Predicted mean and standard deviation of each metric at the baseline, if there is one.

    Raises:
        DataRequiredError: If a constraint is relative and there is no baseline.
    """
    names = config.metric_names
    return ModelSpaceObjective(
        metrics=names,
        models=tuple(surrogate[n] for n in names),
        objectives=tuple(_build_objective(o, names, surrogate) for o in config.objectives),
        outcome_constraints=tuple(_build_constraint(c, names, surrogate, baseline) for c in config.constraints),
        thresholds=tuple(_convert_threshold(o, config, surrogate) for o in config.objectives),
    )


def _build_sum(expression: LinearExpression, names: Sequence[str], surrogate: Surrogate) -> LinearOutcome:
    """Return a weighted sum of several metrics in their own units, all of them on straight scales."""
    terms, offset = [], expression.constant
    for name, weight in expression.terms:
        model = surrogate[name]
        middle = model.untransform(np.zeros(1))
        offset += weight * float(middle[0])
        terms.append((list(names).index(name), weight / float(model.transform_slope(middle)[0])))
    return LinearOutcome(tuple(terms), offset)


def _rescale(combination: LinearOutcome, factor: float) -> LinearOutcome:
    return LinearOutcome(tuple((i, w * factor) for i, w in combination.terms), combination.offset * factor)


def _compute_unit(combination: LinearOutcome) -> float:
    return 1.0 / max(float(np.sqrt(sum(w * w for _, w in combination.terms))), 1e-300)


def _build_objective(objective: Objective, names: Sequence[str], surrogate: Surrogate) -> LinearOutcome:
    if not objective.is_scalarized:
        name, weight = objective.expression.terms[0]
        return LinearOutcome(((list(names).index(name), float(np.sign(weight))),))
    total = _build_sum(objective.expression, names, surrogate)
    return _rescale(total, _compute_unit(total))


def _convert_threshold(objective: Objective, config: OptimizationConfig, surrogate: Surrogate) -> float | None:
    bound = config.threshold(objective)
    if bound is None:
        return None
    name, weight = objective.expression.terms[0]
    return float(np.sign(weight) * surrogate[name].transform(np.array([bound]))[0])


def _build_constraint(
    constraint: OutcomeConstraint,
    names: Sequence[str],
    surrogate: Surrogate,
    baseline: Mapping[str, tuple[float, float]] | None,
) -> LinearOutcome:
    sign = 1.0 if constraint.op == "<=" else -1.0
    first = constraint.metric_names[0]
    bound = constraint.bound_at(baseline[first][0] if baseline and constraint.relative else None)
    if len(constraint.metric_names) == 1:
        weight = constraint.expression.terms[0][1]
        edge = float(surrogate[first].transform(np.array([bound / weight]))[0])
        sign *= float(np.sign(weight))
        return LinearOutcome(((list(names).index(first), sign),), -sign * edge)
    total = _build_sum(constraint.expression, names, surrogate)
    return _rescale(LinearOutcome(total.terms, total.offset - bound), sign * _compute_unit(total))


def expect_at_observed(goal: ModelSpaceObjective, X: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return expected objectives `n x m` and feasibility at rows of ``X`` that were observed.

    Where there is little noise, an observation counts as feasible if it was, not if the model has it so.
    """
    values, feasible = goal.expect(goal.models, X)
    if not goal.outcome_constraints:
        return values, feasible
    parts = [_average_observed(m.data, X) for m in goal.models]
    seen = np.ones(len(X), dtype=bool)
    for outcome in goal.outcome_constraints:
        value, noise = outcome.moments(parts)
        seen &= (value <= 0.0) & (noise < _QUIET**2)
    return values, feasible | seen


def _average_observed(data: TrainingData, X: Array) -> tuple[Array, Array]:
    """Return the mean of what was observed at each row and its noise variance; NaN where nothing was."""
    _, group = np.unique(np.round(np.vstack([data.X, X]), 12), axis=0, return_inverse=True)
    of_data, of_rows = group.ravel()[: len(data.X)], group.ravel()[len(data.X) :]
    size = int(group.max(initial=-1)) + 1
    count = np.bincount(of_data, minlength=size)[of_rows]
    sums = [np.bincount(of_data, weights=w, minlength=size)[of_rows] for w in (data.targets, data.noise)]
    seen, count = count > 0, np.maximum(count, 1)
    return np.where(seen, sums[0] / count, np.nan), np.where(seen, sums[1] / count**2, np.inf)


def express_objective(view: ExperimentView, model: FittedModel) -> ModelSpaceObjective:
    """Return an experiment's goal in the numbers of the models.

    Args:
        view: The experiment.
        model: The model of its results.

    Raises:
        NotConfiguredError: If there is no goal.
        DataRequiredError: If a constraint is relative and the baseline has no result.
    """
    config = view.optimization
    if config is None:
        raise NotConfiguredError("there is no goal yet: call configure_optimization first.")
    baseline = None
    if view.baseline is not None and any(c.relative for c in config.constraints):
        trial = view.trial(view.baseline)
        if trial.data and model.encoder.space.is_member(trial.parameters):
            baseline = model.predict([trial.parameters])[0]
    return to_model_space(config, model.surrogate, baseline)


def build_acquisition(request: GenerationRequest, model: FittedModel) -> BuiltAcquisition:
    """Return what the next suggestion of a model maximises.

    Whoever shows what is promised asks for it here; the generator takes the same way, by `begin_search`, and goes on
    from one suggestion to the next. Noise, failures, averages and trials whose results are to come have their say.

    Args:
        request: The state that suggestions are made from.
        model: The model of its results.

    Raises:
        NotConfiguredError: If there is no goal.
        DataRequiredError: If a constraint is relative and the baseline has no result.
    """
    with single_thread():
        return begin_search(request, model, express_objective(request.view, model)).build()


def _list_pending(request: GenerationRequest, goal: ModelSpaceObjective) -> list[tuple[Array, tuple[str, ...]]]:
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


def begin_search(request: GenerationRequest, model: FittedModel, goal: ModelSpaceObjective) -> AcquisitionBuilder:
    """Return the builder that a search starts from, in which what is pending turned out as expected.

    Args:
        request: The state that suggestions are made from.
        model: The model of its results.
        goal: The goal in the numbers of the model.
    """
    builder = _compose(request, FantasyState(goal, list(goal.models), _select_inside(model.X)), model)
    for row, metrics in _list_pending(request, goal):
        builder = builder.fantasize(row, metrics)
    return builder


def _select_inside(X: Array) -> Array:
    """Return the rows within the bounds as they are now, if there are any."""
    inside = ((X >= 0.0) & (X <= 1.0)).all(1)
    return X[inside] if inside.any() else X


def _compose(request: GenerationRequest, state: "FantasyState", model: FittedModel) -> AcquisitionBuilder:
    """Return the builder that a search starts from; what an experiment does not use is not even imported."""
    builder: AcquisitionBuilder = state
    if request.options.method == "quality":
        from axnb.suggest.acquisition.average import average_models

        builder = average_models(state.of, model.surrogate, state.goal.metrics)
    if request.options.acquisition is not None:
        from axnb.suggest.acquisition.torch_builder import begin_torch_search

        builder = begin_torch_search(request, state, model.device)
    elif not all(m.capabilities.gradients for m in state.models):
        from axnb.suggest.acquisition.gradient_free import GradientFreeBuilder

        builder = GradientFreeBuilder(builder)
    if any(t.status.is_failure for t in request.view.trials.values()):
        from axnb.suggest.acquisition.failure import weight_by_failures

        builder = weight_by_failures(request, builder)
    return builder


@dataclass(frozen=True, slots=True, eq=False)
class FantasyState:
    """The models with what is fantasized for pending rows, and the rows that an improvement is measured against."""

    goal: ModelSpaceObjective
    models: list[OutcomeModel]
    observed: Array
    fantasies: tuple[Array, ...] = ()

    def of(self, models: list[OutcomeModel]) -> "FantasyState":
        """Return the state in which other models stand for the metrics of the goal."""
        return replace(self, goal=replace(self.goal, models=tuple(models)), models=models)

    def fantasize(self, row: Array, metrics: tuple[str, ...]) -> "FantasyState":
        """Return the state in which the metrics turned out at a row as expected."""
        models = list(self.models)
        for i, name in enumerate(self.goal.metrics):
            if name in metrics:
                mean = float(models[i].posterior(row[None])[0][0])
                models[i] = models[i].condition(row, mean, 0.0)
        return replace(self, models=models, fantasies=(*self.fantasies, row))

    def build(self) -> BuiltAcquisition:
        """Return what to maximise and the rows around which to look."""
        goal, models = self.goal, tuple(self.models)
        values, feasible = expect_at_observed(goal, self.observed)
        rows = self.observed
        if self.fantasies:
            X = np.array(self.fantasies)
            more, fine = goal.expect(models, X)
            values, feasible, rows = np.vstack([values, more]), np.append(feasible, fine), np.vstack([rows, X])
        if not feasible[: len(self.observed)].any():
            chance = LogProbabilityOfFeasibility(models, goal.outcome_constraints)
            order = np.argsort(-chance.value(rows), kind="stable")[:_SEEDS]
            return BuiltAcquisition(chance, rows[order], SearchPhase.FEASIBILITY)
        good, at = values[feasible], rows[feasible]
        if len(goal.objectives) == 1:
            order = np.argsort(-good[:, 0], kind="stable")[:_SEEDS]
            best = float(good[order[0], 0])
            improvement = LogConstrainedExpectedImprovement(
                models, goal.objectives[0], best, goal.outcome_constraints, goal.noises[0]
            )
            return BuiltAcquisition(improvement, at[order], SearchPhase.IMPROVEMENT)
        if len(goal.objectives) > _MOST_OBJECTIVES:
            from axnb.suggest.acquisition.chebyshev import scalarize

            seed = (len(self.observed), len(self.fantasies))
            sums, best_first = scalarize(models, goal.objectives, goal.outcome_constraints, good, goal.thresholds, seed)
            return BuiltAcquisition(sums, at[best_first[:_SEEDS]], SearchPhase.SCALARIZATION)
        front = is_non_dominated(good)
        lows, highs = decompose_into_boxes(good, self.infer_reference(good))
        volume = LogExpectedHypervolumeImprovement(
            models, goal.objectives, lows, highs, goal.outcome_constraints, goal.noises
        )
        return BuiltAcquisition(volume, at[front], SearchPhase.HYPERVOLUME)

    def expect_objectives(self) -> tuple[Array, NDArray[np.bool_]]:
        """Return expected objectives `n x m` and feasibility at the rows with results, given what is fantasized."""
        return expect_at_observed(replace(self.goal, models=tuple(self.models)), self.observed)

    def infer_reference(self, good: Array) -> Array:
        """Return the thresholds of the objectives, those not given inferred from feasible values `n x m`."""
        inferred = infer_reference_point(good)
        given = self.goal.thresholds
        return np.array([i if t is None else t for t, i in zip(given, inferred, strict=True)])
