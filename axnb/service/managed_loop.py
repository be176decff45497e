"""The Loop API: one call that tunes a function. Thin over the Client."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from axnb.api.arguments import listed, text
from axnb.api.client import Client
from axnb.api.types import TParameterization, TParameterValue
from axnb.errors import AxnbWarning, OptimizationComplete, UnsupportedError, UserInputError, listing, near_miss
from axnb.problem.generation import GenerationOptions
from axnb.problem.parameters import whole
from axnb.record.experiment import Experiment
from axnb.service.utils.instantiation import config_from_json


def optimize(
    parameters: Sequence[Mapping[str, Any]],
    evaluation_function: Callable[..., Any],
    experiment_name: str | None = None,
    objective_name: str | None = None,
    minimize: bool = False,
    parameter_constraints: Sequence[str] | None = None,
    outcome_constraints: Sequence[str] | None = None,
    total_trials: int = 20,
    arms_per_trial: int = 1,
    random_seed: int | None = None,
    generation_strategy: GenerationOptions | None = None,
) -> tuple[dict[str, TParameterValue], tuple[dict[str, float], dict[str, dict[str, float]]], Experiment, None]:
    """Tune a function in one call.

    Args:
        parameters: For each parameter a dict with `name`, `type` (`"range"`, `"choice"`, `"fixed"` or `"derived"`) and
            `bounds`, `values`, `value` or `expression_str`; optionally `value_type`, `log_scale`, `is_ordered`,
            `step_size`, `dependents`.
        evaluation_function: Takes a parameterization (and, if it has a second parameter, a weight, which is `None`) and
            returns a number, a pair of mean and standard error, or a dict of these by metric; metrics that are neither
            objective nor constraint are tracked.
        experiment_name: Name of the experiment.
        objective_name: The metric to optimise, `"objective"` by default.
        minimize: Whether small values are wanted.
        parameter_constraints: Linear inequalities between ranges.
        outcome_constraints: Bounds on other metrics that the function returns.
        total_trials: How many evaluations.
        arms_per_trial: Must be 1.
        random_seed: Seed of everything random.
        generation_strategy: How suggestions are made; the defaults suit most.

    Returns:
        The best parameters, their values (means, and variances as a nested dict), the experiment, and `None`.

    Raises:
        UnsupportedError: If `arms_per_trial` is not 1, or a parameter has a key for something that does not exist here.
        UserInputError: If a parameter, constraint, number or result cannot be used.
        DataRequiredError: If no evaluation satisfies the constraints.

    Example:
        >>> best, values, experiment, _ = optimize(
        ...     parameters=[{"name": "x", "type": "range", "bounds": [-1.0, 1.0]}],
        ...     evaluation_function=lambda p: (p["x"] - 0.25) ** 2,
        ...     minimize=True,
        ...     total_trials=8,
        ...     random_seed=0,
        ... )
        >>> abs(best["x"] - 0.25) < 0.1
        True
    """
    if whole("arms_per_trial", arms_per_trial) != 1:
        raise UnsupportedError(
            f"arms_per_trial must be 1, got {arms_per_trial!r}: batches are asked for trial by trial."
        )
    if not callable(evaluation_function):
        raise UserInputError(f"evaluation_function must be a function, got {evaluation_function!r}.")
    objective = text("objective_name", objective_name) or "objective"
    total = whole("total_trials", total_trials, 1)
    client = Client(random_seed=random_seed)
    configs = [config_from_json(p) for p in listed("parameters", parameters, "dicts")]
    client.configure_experiment(configs, parameter_constraints, name=experiment_name)
    if "'" in objective and '"' in objective:
        raise UserInputError(f"objective_name must not have both kinds of quotes, got {objective!r}.")
    quoted = f"'{objective}'" if "'" not in objective else f'"{objective}"'
    client.configure_optimization(f"-{quoted}" if minimize else quoted, outcome_constraints)
    if generation_strategy is not None:
        client.set_generation_strategy(generation_strategy)
    evaluate = _evaluator(evaluation_function, objective)
    for _ in range(total):
        try:
            suggested = client.get_next_trials(max_trials=1)
        except OptimizationComplete as error:
            warnings.warn(f"stopped before {total} trials: {error}", AxnbWarning, stacklevel=2)
            break
        for index, point in suggested.items():
            results = evaluate(point)
            client.configure_tracking_metrics(list(results))
            client.complete_trial(index, results)
    best = client.get_best_parameterization()
    means = {name: mean for name, (mean, _) in best.values.items()}
    variances = {name: {name: sem**2} for name, (_, sem) in best.values.items()}
    return best.parameters, (means, variances), client.experiment, None


def _evaluator(function: Callable[..., Any], objective: str) -> Callable[[TParameterization], Mapping[str, Any]]:
    import inspect

    try:
        takes_weight = len([p for p in inspect.signature(function).parameters.values() if p.default is p.empty]) > 1
    except (TypeError, ValueError):
        takes_weight = False

    def evaluate(point: TParameterization) -> Mapping[str, Any]:
        result = function(point, None) if takes_weight else function(point)
        if isinstance(result, Mapping) and objective not in result:
            hint = near_miss(objective, result)
            raise UserInputError(f"evaluation_function must return {objective!r}, got {listing(result)}.{hint}")
        return result if isinstance(result, Mapping) else {objective: result}

    return evaluate
