"""Points and values as BoTorch holds them: tensors or arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from axnb.api.client import Client
from axnb.errors import UserInputError, shown
from axnb.interop.past import PastExperiment, PastTrial, open_client
from axnb.problem.objective import parse_optimization
from axnb.problem.parameters import RangeParameter
from axnb.record.trial import TrialStatus


def from_tensors(
    train_X: Any,
    train_Y: Any,
    bounds: Any,
    train_Yvar: Any = None,
    *,
    objective: str | None = None,
    outcome_constraints: Sequence[str] = (),
    parameter_names: Sequence[str] | None = None,
    metric_names: Sequence[str] | None = None,
    random_seed: int | None = None,
) -> Client:
    """Return a client that goes on from the data of a BoTorch model.

    Args:
        train_X: `n x d`, points in their own units.
        train_Y: `n x m` or `n`, what was measured; rows with a NaN fail.
        bounds: `2 x d`, the smallest and the largest value of each column, as BoTorch has them.
        train_Yvar: Like `train_Y`, variances of the means, where they are known.
        objective: The goal, such as ``"-y0"``; as in BoTorch, the first metric is maximised by default, and all of
            several metrics that no constraint names.
        outcome_constraints: Such as ``"y1 <= 2"``.
        parameter_names: A name a column; ``x0``, ``x1`` and so on by default.
        metric_names: A name a column; ``y0``, ``y1`` and so on by default.
        random_seed: Seed of everything random from now on.

    Raises:
        UserInputError: If shapes or names do not fit together, or the goal cannot be read.
        SnapshotError: If no experiment here can hold the data.

    Example:
        >>> client = from_tensors([[0.1, 5.0], [0.9, 2.0]], [1.0, 3.0], bounds=[[0.0, 0.0], [1.0, 10.0]])
        >>> client.get_best_parameterization(use_model_predictions=False)[0]
        {'x0': 0.9, 'x1': 2.0}
    """
    X, Y = _as_matrix("train_X", train_X), _as_matrix("train_Y", train_Y)
    sem = np.full(Y.shape, np.nan) if train_Yvar is None else np.sqrt(_as_matrix("train_Yvar", train_Yvar))
    limits = _as_matrix("bounds", bounds)
    for what, got, wanted in (
        ("train_Y", Y.shape, (len(X), Y.shape[1])),
        ("train_Yvar", sem.shape, Y.shape),
        ("bounds", limits.shape, (2, X.shape[1])),
    ):
        if got != wanted:
            raise UserInputError(f"{what} must be {_shape(wanted)} beside train_X of {_shape(X.shape)}: {_shape(got)}.")
    parameters = _check_names("parameter_names", parameter_names, X.shape[1], "x")
    metrics = _check_names("metric_names", metric_names, Y.shape[1], "y")
    named = {m for c in outcome_constraints for m in metrics if m in c}
    goal = objective or ", ".join(m for m in metrics if m not in named)
    past = PastExperiment(
        tool="BoTorch",
        parameters=[
            RangeParameter(name=n, lower=float(a), upper=float(b)) for n, a, b in zip(parameters, *limits, strict=True)
        ],
        config=parse_optimization(goal, list(outcome_constraints), metrics),
        trials=[
            PastTrial(
                parameters=dict(zip(parameters, map(float, x), strict=True)),
                readings=[
                    (m, float(v), None if np.isnan(s) else float(s), None)
                    for m, v, s in zip(metrics, y, s_row, strict=True)
                    if np.isfinite(v)
                ],
                status=TrialStatus.COMPLETED if np.isfinite(y).all() else TrialStatus.FAILED,
            )
            for x, y, s_row in zip(X, Y, sem, strict=True)
        ],
    )
    return open_client(past, random_seed)


def _as_matrix(name: str, value: Any) -> NDArray[np.float64]:
    """Return a matrix of numbers; a vector becomes a column. Tensors need no import of torch."""
    if type(value).__module__ == "torch":
        value = value.detach().cpu().numpy()
    try:
        made = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise UserInputError(f"{name} must be a tensor or an array of numbers, got {shown(value)}.") from error
    made = made[:, None] if made.ndim == 1 else made
    if made.ndim != 2 or made.size == 0:
        raise UserInputError(f"{name} must have two dimensions and no empty one, got {_shape(made.shape)}.")
    return made


def _shape(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


def _check_names(name: str, given: Sequence[str] | None, count: int, letter: str) -> list[str]:
    names = [f"{letter}{k}" for k in range(count)] if given is None else list(given)
    if len(set(names)) != count or not all(isinstance(n, str) for n in names):
        raise UserInputError(f"{name} must be {count} different names, got {shown(given)}.")
    return names
