"""Results of scikit-optimize (skopt)."""

from collections.abc import Mapping
from typing import Any

from axnb.api.client import Client
from axnb.errors import UserInputError, shown
from axnb.interop.past import PastExperiment, PastTrial, make_choice, open_client
from axnb.problem.expressions import LinearExpression
from axnb.problem.objective import Objective, OptimizationConfig
from axnb.problem.parameters import FixedParameter, Parameter, RangeParameter
from axnb.record.trial import TrialStatus

_METRIC = "value"  # what scikit-optimize minimises has no name


def from_scikit_optimize(result: Any, random_seed: int | None = None) -> Client:
    """Return a client that goes on with a result of scikit-optimize, such as of `gp_minimize` or `skopt.load`.

    Dimensions without a name are called ``x0``, ``x1`` and so on, and what was minimised ``value``.

    Args:
        result: The result, with its `space`, `x_iters` and `func_vals`.
        random_seed: Seed of everything random from now on.

    Raises:
        UserInputError: If it is no such result.
        SnapshotError: If it has something that no experiment here can hold.

    Example:
        >>> from types import SimpleNamespace as Result
        >>> Real = type("Real", (), {"name": "t", "low": 0.0, "high": 1.0, "prior": "uniform"})
        >>> found = Result(space=Result(dimensions=[Real()]), x_iters=[[0.2], [0.7]], func_vals=[3.0, 1.0])
        >>> from_scikit_optimize(found).get_best_parameterization(use_model_predictions=False)[0]
        {'t': 0.7}
    """
    left_out: list[str] = []
    try:
        made = [_make_parameter(d, f"x{k}", left_out) for k, d in enumerate(result.space.dimensions)]
        points, values = [list(x) for x in result.x_iters], [float(v) for v in result.func_vals]
    except (AttributeError, TypeError, ValueError) as error:
        raise UserInputError(f"expected a result of scikit-optimize, got {shown(result)} ({error}).") from error
    trials = []
    for point, value in zip(points, values, strict=True):
        given = {p.name: read.get(v, v) for (p, read), v in zip(made, point, strict=True)}
        finite = abs(value) < float("inf")
        trials.append(
            PastTrial(
                parameters=given,
                readings=[(_METRIC, value, None, None)] if finite else [],
                status=TrialStatus.COMPLETED if finite else TrialStatus.FAILED,
                generator="scikit-optimize",
            )
        )
    config = OptimizationConfig(objectives=(Objective(expression=LinearExpression(terms=((_METRIC, -1.0),))),))
    parameters = [p for p, _ in made]
    past = PastExperiment(
        tool="scikit-optimize", parameters=parameters, config=config, trials=trials, left_out=left_out
    )
    return open_client(past, random_seed)


def _make_parameter(dimension: Any, unnamed: str, left_out: list[str]) -> tuple[Parameter, Mapping[Any, Any]]:
    name = dimension.name or unnamed
    if type(dimension).__name__ == "Categorical":
        return make_choice(name, list(dimension.categories), left_out)
    kind: Any = "int" if type(dimension).__name__ == "Integer" else "float"
    low, high = float(dimension.low), float(dimension.high)
    if low == high:
        return FixedParameter(name=name, value=low, parameter_type=kind), {}
    log = dimension.prior == "log-uniform"
    return RangeParameter(name=name, lower=low, upper=high, parameter_type=kind, log_scale=log), {}
