"""Which generation strategy suits a search space."""

import logging
import math

from axnb.api.arguments import instance
from axnb.errors import UserInputError
from axnb.problem.generation import GenerationOptions
from axnb.problem.parameters import flag, whole
from axnb.problem.space import SearchSpace

logger = logging.getLogger(__name__)

DEFAULT_BAYESIAN_CONCURRENCY = 3


def choose_generation_strategy(
    search_space: SearchSpace,
    arms_per_trial: int = 1,
    enforce_sequential_optimization: bool = True,
    random_seed: int | None = None,
    *,
    torch_device: str | None = None,
    force_random_search: bool = False,
    num_trials: int | None = None,
    num_initialization_trials: int | None = None,
    max_initialization_trials: int | None = None,
    min_sobol_trials_observed: int | None = None,
    use_saasbo: bool = False,
    simplify_parameter_changes: bool = False,
) -> GenerationOptions:
    """Return the settings of a generation strategy that suits a search space.

    Args:
        search_space: What may be tried.
        arms_per_trial: How many arms a trial has; with several the first trial is the initial one.
        enforce_sequential_optimization: Whether the model waits for results of initial trials; otherwise quasi-random
            points are suggested meanwhile.
        random_seed: Seed of the quasi-random points; the experiment's by default.
        torch_device: Device for the parts that run on torch.
        force_random_search: Whether there is no model.
        num_trials: How many trials there will be; where these try out a finite space, there is no model.
        num_initialization_trials: How many trials come before the model, 5 by default.
        max_initialization_trials: How many at most.
        min_sobol_trials_observed: How many of them must be completed before the model, half by default.
        use_saasbo: Whether to average over several models, as sparse ones of many parameters need.
        simplify_parameter_changes: Whether suggestions keep to the status quo where that costs little.

    Raises:
        UserInputError: If something is no search space, or a number cannot be used.

    Example:
        >>> from axnb.problem.parameters import RangeParameter
        >>> space = SearchSpace(parameters=(RangeParameter(name="x", lower=0.0, upper=1.0),))
        >>> choose_generation_strategy(space, num_initialization_trials=8).budget
        8
    """
    instance(search_space, SearchSpace)
    arms = whole("arms_per_trial", arms_per_trial, 1)
    budget = num_initialization_trials
    if budget is None and arms > 1:
        budget = arms
    if max_initialization_trials is not None:
        most = whole("max_initialization_trials", max_initialization_trials, 0)
        if num_initialization_trials is not None and num_initialization_trials > most:
            raise UserInputError(
                f"num_initialization_trials is {num_initialization_trials}, more than the {most} allowed."
            )
        budget = min(GenerationOptions(initialization_budget=budget).budget, most)
    points = math.prod(p.cardinality for p in search_space.tunable)
    exhausts = num_trials is not None and points <= whole("num_trials", num_trials, 1)
    random_only = flag("force_random_search", force_random_search) or exhausts
    return GenerationOptions(
        method="random_search" if random_only else "quality" if flag("use_saasbo", use_saasbo) else "fast",
        initialization_budget=budget,
        initialization_random_seed=random_seed,
        min_observed_initialization_trials=min_sobol_trials_observed,
        allow_exceeding_initialization_budget=not flag(
            "enforce_sequential_optimization", enforce_sequential_optimization
        ),
        torch_device=torch_device,
        simplify_parameter_changes=simplify_parameter_changes,
    )
