"""Points that a model finds most promising."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

import numpy as np

from axnb.interrupts import report_progress
from axnb.problem.generation import DEFAULT_OPTIONS, PartSpec
from axnb.record.experiment import ExperimentView
from axnb.record.trial import Provenance
from axnb.suggest.acquisition.base import Acquisition, AcquisitionBuilder, BuiltAcquisition, SearchPhase
from axnb.suggest.acquisition.builder import ModelSpaceObjective, begin_search, express_objective
from axnb.suggest.fitting import FittedModel, fit_model
from axnb.suggest.generators.base import GenerationRequest, Suggestion
from axnb.suggest.search.optimize import Region, SearchOptions, maximise
from axnb.suggest.search.trego import TregoState, find_trego_state
from axnb.surrogate.kernels import Array
from axnb.surrogate.threads import single_thread

Optimizer: TypeAlias = Callable[
    [Acquisition, Region, np.random.Generator, SearchOptions | None], tuple[Array, float] | None
]
"""Returns the best new row of a region and its score, or ``None``."""


@dataclass(frozen=True, slots=True)
class BayesianGenerator:
    """Suggests where a model expects the largest improvement, or what else the acquisition rewards.

    Args:
        search: How hard to look.
        model: Registered name of the model; by default that of the experiment's options.
        acquisition: Registered name of the acquisition, likewise.
        optimizer: Registered name of what maximises it, likewise.
        num_restarts: Number of starts of the search, where that is to differ.
        raw_samples: Number of rows that are scored to find starts, likewise.
        simplify_parameter_changes: Whether suggestions keep to the pruning target, likewise.
    """

    search: SearchOptions = field(default_factory=SearchOptions)
    model: str | None = None
    acquisition: str | None = None
    optimizer: str | None = None
    num_restarts: int | None = None
    raw_samples: int | None = None
    simplify_parameter_changes: bool | None = None

    def generate(self, request: GenerationRequest, n: int) -> list[Suggestion]:
        """Return up to ``n`` suggestions, fewer where no new point is left.

        Raises:
            NotConfiguredError: If there is no goal.
            DataRequiredError: If a metric of the goal has no results.
        """
        begun = time.perf_counter()
        request = replace(request, view=self.with_parts(request.view))
        request = _narrow(request)
        model = fit_model(request.view)
        with single_thread():
            goal = express_objective(request.view, model)
            builder = begin_search(request, model, goal)
            fit_seconds = time.perf_counter() - begun
            trego = find_trego_state(request.view) if _may_stay_near(request, goal) else TregoState()
            out: list[Suggestion] = []
            while len(out) < n:
                report_progress(f"searching for trial {len(out) + 1} of {n}" if n > 1 else "searching")
                found = self._next(request, model, builder, fit_seconds, trego)
                if found is None:
                    break
                suggestion, row = found
                out.append(suggestion)
                request = request.after(suggestion)
                builder = builder.fantasize(row, goal.metrics)
                fit_seconds, trego = 0.0, trego.after(improved=None)
        return out

    def with_parts(self, view: ExperimentView) -> ExperimentView:
        """Return a view with the parts of this generator instead of those of the experiment's options."""
        own = [None if name is None else PartSpec(name) for name in (self.model, self.acquisition, self.optimizer)]
        if own == [None, None, None] and self.simplify_parameter_changes is None:
            return view
        options = view.generation or DEFAULT_OPTIONS
        model, acquisition, optimizer = own
        options = replace(
            options,
            model=model or options.model,
            acquisition=acquisition or options.acquisition,
            optimizer=optimizer or options.optimizer,
            simplify_parameter_changes=(
                options.simplify_parameter_changes
                if self.simplify_parameter_changes is None
                else self.simplify_parameter_changes
            ),
        )
        return replace(view, generation=options)

    def _choose_search(self) -> SearchOptions:
        """Return how hard to look."""
        raw, restarts = self.raw_samples, self.num_restarts
        search = self.search if raw is None else replace(self.search, raw=raw)
        return search if restarts is None else replace(search, restarts=restarts)

    def _next(
        self,
        request: GenerationRequest,
        model: FittedModel,
        builder: AcquisitionBuilder,
        fit_seconds: float,
        trego: TregoState,
    ) -> tuple[Suggestion, Array] | None:
        begun = time.perf_counter()
        built = builder.build()
        rng = request.stream()
        seek = maximise if request.options.optimizer is None else _choose_optimizer(request.options.optimizer)
        search = self._choose_search()
        found = None
        for region in _list_regions(request, built.seeds, trego):
            found = seek(built.acquisition, region, rng, search)
            if found is not None:
                break
        if found is None:
            return None
        row, value = _simplify(request, built, replace(region, box=None), found)
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


def _may_stay_near(request: GenerationRequest, goal: ModelSpaceObjective) -> bool:
    """Return whether searches may stay near the best point: there is one that noise did not make, and nobody minds."""
    options = request.options
    own = options.acquisition is not None or options.optimizer is not None
    return len(goal.objectives) == 1 and not own and request.near is None and goal.noises[0] == 0.0


def _list_regions(request: GenerationRequest, seeds: Array, trego: TregoState) -> Iterator[Region]:
    """Go through where to look, one after the other, until something new is found."""
    region = request.region(seeds)
    if trego.is_local and trego.best is not None and region.restrictions is None and region.continuous_columns.any():
        yield region.around(request.encoder.encode([trego.best.parameters])[0], trego.radius)
    yield region
    yield request.region(seeds, retry_failed=True)


def _narrow(request: GenerationRequest) -> GenerationRequest:
    """Return the request for points in the trust region, where such a search is asked for."""
    if request.options.optimizer is None:
        return request
    from axnb.suggest.search.optimizer_spec import TRUST_REGION
    from axnb.suggest.search.trust_region import narrow_to_trust_region

    return narrow_to_trust_region(request) if request.options.optimizer.name == TRUST_REGION else request


def _choose_optimizer(part: PartSpec) -> Optimizer:
    from axnb.suggest.search.optimizer_spec import maximise_by

    return partial(maximise_by, part)


def _simplify(
    request: GenerationRequest, built: BuiltAcquisition, region: Region, found: tuple[Array, float]
) -> tuple[Array, float]:
    """Return what was found, nearer to the pruning target where that is wanted and costs little."""
    if not request.options.simplify_parameter_changes or built.phase is SearchPhase.FEASIBILITY:
        return found  # first of all something feasible is to be found
    from axnb.suggest.search.simplify import find_target_row, simplify

    target = find_target_row(request)
    if target is None:
        return found
    row = simplify(built.acquisition, region, found[0], target, region.seeds)
    return row, float(built.acquisition.value(row[None])[0])
