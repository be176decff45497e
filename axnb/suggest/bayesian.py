"""Points that a model finds most promising."""

import time
from dataclasses import dataclass, field, replace

import numpy as np

from axnb.errors import NotConfiguredError
from axnb.record.trial import Provenance, TrialStatus
from axnb.suggest.acquisition import Acquisition, ExpectedImprovement, Feasibility
from axnb.suggest.goal import Goal, believed, express
from axnb.suggest.hypervolume import ExpectedHypervolumeImprovement, boxes, non_dominated, reference_point
from axnb.suggest.modelling import FittedModel, final_outcomes, fitted, is_member
from axnb.suggest.optimize import SearchOptions, maximise
from axnb.suggest.request import Request, Suggestion
from axnb.surrogate.gp import GaussianProcess
from axnb.surrogate.kernels import Array
from axnb.surrogate.threads import single_thread

_NEVER_COMING = frozenset({TrialStatus.FAILED, TrialStatus.STALE})
_SEEDS = 5


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
            ModelError: If the results cannot be modelled.
        """
        begun = time.perf_counter()
        model = fitted(request.view)
        with single_thread():
            goal = _goal(request, model)
            state = _State(goal, list(goal.processes), model.X)
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
        self, request: Request, model: FittedModel, state: "_State", fit_seconds: float
    ) -> tuple[Suggestion, Array] | None:
        begun = time.perf_counter()
        acquisition, seeds = state.acquisition()
        rng = request.stream()
        found = maximise(acquisition, request.region(seeds), rng, self.search)
        if found is None:
            found = maximise(acquisition, request.region(seeds, retry_failed=True), rng, self.search)
        if found is None:
            return None
        row, value = found
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


def _goal(request: Request, model: FittedModel) -> Goal:
    config = request.view.optimization
    if config is None:
        raise NotConfiguredError("there is no goal yet: call configure_optimization first.")
    baseline = None
    if request.view.baseline is not None and any(c.relative for c in config.constraints):
        trial = request.view.trial(request.view.baseline)
        if trial.data and is_member(request.space, trial.arm):
            baseline = model.predict([trial.parameters])[0]
    return express(config, model.surrogate, baseline)


def _pending(request: Request, goal: Goal) -> list[tuple[Array, tuple[str, ...]]]:
    """Return the rows whose results are still to come, or never came, with the metrics that lack them."""
    out = []
    for trial in request.view.trials.values():
        if trial.status in _NEVER_COMING:
            continue
        for arm in trial.arms:
            known = {} if trial.status is TrialStatus.ABANDONED else final_outcomes(trial, arm)
            lacking = tuple(n for n in goal.metrics if n not in known)
            if lacking and is_member(request.space, arm):
                out.append((request.encoder.encode([dict(arm.parameters)])[0], lacking))
    return out


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """The processes with what is imagined for pending rows, and the rows that an improvement is measured against."""

    goal: Goal
    processes: list[GaussianProcess]
    observed: Array
    imagined: tuple[Array, ...] = ()

    def imagine(self, row: Array, metrics: tuple[str, ...]) -> "_State":
        """Return the state in which the metrics turned out at a row as expected."""
        processes = list(self.processes)
        for i, name in enumerate(self.goal.metrics):
            if name in metrics:
                mean = float(processes[i].predict(row[None])[0][0])
                processes[i] = processes[i].condition(row, mean, processes[i].hyperparameters.noise)
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
            return ExpectedImprovement(processes, goal.objectives[0], best, goal.limits), at[order]
        front = non_dominated(good)
        lows, highs = boxes(good, self._reference(values[: len(self.observed)], good))
        return ExpectedHypervolumeImprovement(processes, goal.objectives, lows, highs, goal.limits), at[front]

    def _reference(self, observed: Array, good: Array) -> Array:
        inferred = reference_point(good)
        given = self.goal.thresholds
        return np.array([i if t is None else t for t, i in zip(given, inferred, strict=True)])
