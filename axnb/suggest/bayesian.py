"""Points that a model finds most promising: the fit, what is pending, the search for the next point."""

import time
from dataclasses import dataclass, field

from axnb.record.trial import Provenance, TrialStatus
from axnb.suggest.acquisition import Acquisition
from axnb.suggest.goal import Goal, express_goal
from axnb.suggest.modelling import FittedModel, Request, Suggestion, final_outcomes, fitted, is_member
from axnb.suggest.optimize import Region, SearchOptions, maximise
from axnb.suggest.state import Searching, State
from axnb.surrogate.gp import Array
from axnb.surrogate.threads import single_thread

_NEVER_COMING = frozenset({TrialStatus.FAILED, TrialStatus.STALE})
_CRASHED = frozenset({TrialStatus.FAILED, TrialStatus.ABANDONED})


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


def _start(request: Request, state: State, model: FittedModel) -> Searching:
    """Return what the search starts from; what an experiment does not use is not even imported."""
    searching: Searching = state
    if request.options.method == "quality":
        from axnb.suggest.average import averaged

        searching = averaged(state, model.surrogate)
    if any(t.status in _CRASHED for t in request.view.trials.values()):
        from axnb.suggest.crash import careful

        searching = careful(request, searching)
    return searching
