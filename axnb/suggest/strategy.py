"""The generation strategy: the centre, quasi-random points, then a model."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

from axnb.errors import DataRequiredError, NotConfiguredError, SearchSpaceExhausted, UserInputError, listing
from axnb.problem.generation import DEFAULT_OPTIONS, GenerationOptions
from axnb.problem.space import Parameterization
from axnb.record.experiment import ExperimentView, arm_results
from axnb.record.trial import ArmResult
from axnb.suggest.generators.base import GenerationRequest, Suggestion, build_request
from axnb.suggest.generators.bayesian import BayesianGenerator
from axnb.suggest.generators.center import CenterGenerator
from axnb.suggest.generators.sobol import SobolGenerator
from axnb.suggest.search.optimize import ENUMERATION_LIMIT, enumerate_rows

__all__ = ["Suggestion", "suggest"]

_log = logging.getLogger("axnb")

_INITIAL = frozenset({"Center", "Sobol"})


def suggest(
    view: ExperimentView,
    n: int,
    fixed_parameters: Parameterization | None = None,
    *,
    near: tuple[Parameterization, float] | None = None,
    nonlinear_constraints: Sequence[Callable[[Parameterization], object]] = (),
) -> list[Suggestion]:
    """Return what to try next.

    Initial points come first: the centre, then quasi-random ones, until the initialization budget is used. The model
    follows once enough of them are completed. A request may span both; while the model has nothing to learn from, a
    request that is larger than the budget is filled with quasi-random points.

    Args:
        view: The experiment.
        n: How many suggestions.
        fixed_parameters: Values of parameters to hold fixed.
        near: A point near which to look, and how far from it as a share of each parameter's range, up to 1.
        nonlinear_constraints: Functions of a parameterization that must all be true, or at least 0, where it is
            allowed.

    Returns:
        ``n`` suggestions; fewer only where a finite space has no more new points.

    Raises:
        NotConfiguredError: If there is no search space or no goal.
        UserInputError: If ``n`` is below 1 or a fixed value is not allowed.
        DataRequiredError: If the budget is used and too few initial trials are completed.
        SearchSpaceExhausted: If there is no new point at all.
    """
    if view.optimization is None:
        raise NotConfiguredError("there is no goal yet: call configure_optimization first.")
    if n < 1:
        raise UserInputError(f"the number of suggestions must be at least 1, got {n}.")
    options = view.generation or DEFAULT_OPTIONS
    request = build_request(view, fixed_parameters, near, nonlinear_constraints)
    wanted = _initial_trials_left(request, options, n)
    out = _initial(request, options, wanted)
    for suggestion in out:
        request = request.after(suggestion)
    if wanted <= len(out) < n:
        out += _later(request, options, n - len(out), begun=bool(out))
    if not out:
        raise SearchSpaceExhausted(_explain_exhaustion(request))
    if len(out) < n:
        _log.info("Suggested %d of %d trials: %s", len(out), n, _explain_exhaustion(request))
    return out


def _counted(request: GenerationRequest, options: GenerationOptions) -> list[ArmResult]:
    """Return the arms that count towards the initialization budget."""
    held = [r for r in arm_results(request.view) if not r.status.is_lost]
    if options.use_existing_trials_for_initialization:
        return held
    return [r for r in held if r.generator in _INITIAL]


@lru_cache(maxsize=8)
def _thresholds(options: GenerationOptions) -> tuple[int, int]:
    """Return how many trials come before the model, and how many results it waits for."""
    return options.budget, options.observed_before_model


def _initial_trials_left(request: GenerationRequest, options: GenerationOptions, n: int) -> int:
    """Return how many of ``n`` suggestions come before the model."""
    return (
        n
        if options.method == "random_search"
        else max(0, min(n, _thresholds(options)[0] - len(_counted(request, options))))
    )


def _initial(request: GenerationRequest, options: GenerationOptions, wanted: int) -> list[Suggestion]:
    """Return initial suggestions: the centre, if nothing has been tried, and quasi-random points."""
    if wanted <= 0:
        return []
    out: list[Suggestion] = []
    had_center = any(r.generator == "Center" for r in arm_results(request.view))
    if options.initialize_with_center and not had_center and not _counted(request, options):
        out = CenterGenerator().generate(request, 1)
    for suggestion in out:
        request = request.after(suggestion)
    return out + SobolGenerator(options.initialization_random_seed).generate(request, wanted - len(out))


def _later(request: GenerationRequest, options: GenerationOptions, n: int, *, begun: bool) -> list[Suggestion]:
    """Return suggestions of the model, or quasi-random ones where it must wait and that is allowed."""
    if options.method == "random_search":
        return []
    missing = _thresholds(options)[1] - _observed(request.view)
    if missing <= 0:
        return BayesianGenerator().generate(request, n)
    if begun or options.allow_exceeding_initialization_budget:
        return SobolGenerator(options.initialization_random_seed).generate(request, n)
    raise DataRequiredError(
        f"all {options.budget} initial trials have been suggested; the model needs "
        f"{'one more of them' if missing == 1 else f'{missing} more of them'} completed with every metric of the goal: "
        f"{_way_out(request.view)}, or set allow_exceeding_initialization_budget."
    )


def _way_out(view: ExperimentView) -> str:
    """Return what brings the missing results: of a trial that runs, or of one that has ended without them."""
    if any(t.status.is_running for t in view.trials.values()):
        return "complete a running trial"
    assert view.optimization is not None
    for result in arm_results(view):
        lacking = [n for n in view.optimization.metric_names if n not in result.outcomes]
        if result.status.is_successful and lacking:
            return (
                f"none is running, and trial {result.trial_index} has no {listing(lacking)}: attach it with amend_data"
            )
    return "none is running: attach further trials, or lower min_observed_initialization_trials"


def _observed(view: ExperimentView) -> int:
    """Return the number of arms of completed trials with a result for every metric of the goal."""
    assert view.optimization is not None
    names = view.optimization.metric_names
    return sum(r.status.is_successful and r.has(names) for r in arm_results(view))


def _explain_exhaustion(request: GenerationRequest) -> str:
    held = [c.name for c, free in zip(request.encoder.columns, request.region().free_columns, strict=True) if not free]
    where = f" with {', '.join(held)} held fixed" if held else ""
    where += " so near the given point" if request.near is not None else ""
    region = request.region()
    rules = "the parameter constraints and functions" if request.nonlinear_constraints else "the parameter constraints"
    if region.size <= ENUMERATION_LIMIT:
        if not len(enumerate_rows(replace(region, taken=region.taken[:0]))):
            return f"no point{where} satisfies {rules}."
    elif region.is_restricted:  # not every point was looked at
        another = "other " if region.is_allowed(region.taken).any() else ""
        return f"no {another}point{where} was found that satisfies {rules}."
    return f"every allowed point of the search space{where} has been tried or is running."
