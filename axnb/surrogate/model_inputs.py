"""What the constructor of a BoTorch model is given: tensors, columns by name, transforms.

PyTorch is imported inside the functions only.
"""

import copy
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from axnb.errors import UnknownNameError, UserInputError, listing, near_miss
from axnb.surrogate.encoder import Encoder
from axnb.surrogate.kernels import Array
from axnb.surrogate.model_spec import NAMES_OF_COLUMNS, ModelSpec, accepted_arguments, part_name


@dataclass(frozen=True, slots=True, eq=False)
class ModelColumns:
    """The columns of the rows that models see.

    Args:
        names: Of the parameters, one a column.
        categorical: `d`, columns whose values have no order.
        levels: `d`, number of values of each column, evenly spread over the unit interval; 0 for a continuous one.

    Example:
        >>> ModelColumns.continuous(2).names
        ('x0', 'x1')
    """

    names: tuple[str, ...]
    categorical: NDArray[np.bool_]
    levels: NDArray[np.int64]

    @classmethod
    def continuous(cls, d: int) -> "ModelColumns":
        """Return columns of continuous parameters."""
        names = tuple(f"x{j}" for j in range(d))
        return cls(names, np.zeros(d, dtype=bool), np.zeros(d, dtype=np.int64))

    @classmethod
    def of(cls, encoder: Encoder) -> "ModelColumns":
        """Return the columns of an encoder."""
        return cls(encoder.names, encoder.categorical, encoder.levels)

    def find(self, column: object) -> object:
        """Return the number of a column given by its parameter's name; what is no text is returned as it is.

        Raises:
            UnknownNameError: If there is no such parameter.
        """
        if not isinstance(column, str):
            return column
        if column not in self.names:
            hint = near_miss(column, self.names)
            raise UnknownNameError(f"there is no parameter {column!r} to model; there are {listing(self.names)}.{hint}")
        return self.names.index(column)


def to_tensor(values: Array, device: str | None) -> Any:
    """Return numbers as a tensor of double precision."""
    import torch

    return torch.tensor(values, dtype=torch.float64, device=device)


def list_tasks(spec: ModelSpec, columns: ModelColumns) -> tuple[int, int] | None:
    """Return the column of tasks that an option names and its last value; ``None`` where none is named.

    Raises:
        UnknownNameError: If there is no such parameter.
        UserInputError: If it has no finite number of values.
    """
    named = spec.options.get("task_feature")
    if not isinstance(named, str):
        return None
    column = columns.find(named)
    assert isinstance(column, int)
    if columns.levels[column] < 2:
        raise UserInputError(f"the parameter {named!r} cannot tell tasks apart: name one with two or more set values.")
    return column, int(columns.levels[column]) - 1


def build_arguments(
    spec: ModelSpec,
    rows: tuple[Array, Array, Array | None],
    columns: ModelColumns,
    device: str | None,
    task_feature: int | None = None,
) -> dict[str, Any]:
    """Return the arguments that a model is made with.

    Args:
        spec: The model.
        rows: Inputs `n x d`, outcomes `n x m` on the model's scale, and variances of their noise `n x m` where known.
        columns: What the columns of the inputs are.
        device: Where the tensors lie; ``None`` for the CPU.
        task_feature: The column that says which metric an outcome is of, where one model explains several.

    Raises:
        UnknownNameError: If an option names a parameter that does not exist.
        UserInputError: If the model cannot take transforms.
    """
    X, Y, noise = rows
    tasks = list_tasks(spec, columns)
    if tasks is not None:
        X = X.copy()
        X[:, tasks[0]] = np.round(X[:, tasks[0]] * tasks[1])
    given: dict[str, Any] = {
        "train_X": to_tensor(X, device),
        "train_Y": to_tensor(Y, device),
        "train_Yvar": None if noise is None else to_tensor(noise, device),
        "cat_dims": np.flatnonzero(columns.categorical).tolist(),
        "task_feature": task_feature,
    }
    takes, takes_any = accepted_arguments(spec.constructor)
    rare = ("cat_dims", "task_feature")
    given = {k: v for k, v in given.items() if (k in takes or (takes_any and k not in rare)) and v is not None}
    given |= {k: copy.deepcopy(v) for k, v in spec.options.items()}  # a kernel is fitted in place
    for name in NAMES_OF_COLUMNS:
        if name in spec.options:
            value = given[name]
            given[name] = [columns.find(v) for v in value] if isinstance(value, list | tuple) else columns.find(value)
    if spec.transforms:
        given |= _build_transforms(spec, columns, Y.shape[1])
    return move_modules(given, to_tensor(X[:0], device))


def move_modules(given: Mapping[str, Any], like: Any) -> dict[str, Any]:
    """Return arguments with kernels, likelihoods and transforms where the tensors are, and of their precision.

    A model is moved once it is made; its transforms are asked before.

    Args:
        given: The arguments.
        like: A tensor of the device and the precision.
    """
    import torch

    return {k: v.to(like) if isinstance(v, torch.nn.Module) else v for k, v in given.items()}


def make_transforms(spec: ModelSpec, columns: ModelColumns, m: int) -> tuple[list[Any], list[Any]]:
    """Return the input and the outcome transforms of a model, each in order.

    Raises:
        UserInputError: If something is no transform.
    """
    if not spec.transforms:
        return [], []
    from botorch.models.transforms.input import InputTransform
    from botorch.models.transforms.outcome import OutcomeTransform

    made = [build_transform(t, columns, m) for t in spec.transforms]
    for transform in made:
        if not isinstance(transform, InputTransform | OutcomeTransform):
            raise UserInputError(
                f"transforms must be BoTorch's input or outcome transforms, got {type(transform).__name__}: give such "
                "as Warp, Normalize, Log or Standardize."
            )
    return [t for t in made if isinstance(t, InputTransform)], [t for t in made if isinstance(t, OutcomeTransform)]


def _build_transforms(spec: ModelSpec, columns: ModelColumns, m: int) -> dict[str, Any]:
    """Return the input and the outcome transform that a model is given.

    Raises:
        UserInputError: If something is no transform, or the model takes none.
    """
    from botorch.models.transforms.input import ChainedInputTransform
    from botorch.models.transforms.outcome import ChainedOutcomeTransform, Standardize

    inputs, outcomes = make_transforms(spec, columns, m)
    if outcomes and spec.standardize and not any(isinstance(t, Standardize) for t in outcomes):
        outcomes.append(Standardize(m))
    takes, takes_any = accepted_arguments(spec.constructor)
    out: dict[str, Any] = {}
    for name, parts, chain in (
        ("input_transform", inputs, ChainedInputTransform),
        ("outcome_transform", outcomes, ChainedOutcomeTransform),
    ):
        if parts and name not in takes and not takes_any:
            raise UserInputError(
                f"{spec.name} has no argument {name!r}: apply the transform in a function of your own."
            )
        if parts:
            named = {f"transform{i}": part for i, part in enumerate(parts)}
            out[name] = parts[0] if len(parts) == 1 else chain(**named)
    return out


def build_transform(transform: Any, columns: ModelColumns, m: int, options: Mapping[str, Any] | None = None) -> Any:
    """Return a copy of a transform, or what a class or function makes of the columns.

    Args:
        transform: The transform, a class, or a function.
        columns: What the columns of the inputs are.
        m: Number of outcomes.
        options: Arguments of the class or function.

    Raises:
        UserInputError: If it needs an argument that nobody gives.
    """
    if not (isinstance(transform, type) or inspect.isroutine(transform)):
        return copy.deepcopy(transform)
    takes, _ = accepted_arguments(transform)
    ordered: Sequence[int] = np.flatnonzero(~columns.categorical).tolist()
    given: dict[str, Any] = {"d": len(columns.names), "m": m}
    if ("indices" in takes and len(ordered) < len(columns.names)) or takes.get("indices"):
        given["indices"] = ordered
    if takes.get("bounds"):
        given["bounds"] = to_tensor(np.array([[0.0], [1.0]]).repeat(len(columns.names), 1), None)
    given = {k: v for k, v in given.items() if takes.get(k) or k == "indices"} | dict(options or {})
    lacking = [name for name, needed in takes.items() if needed and name not in given]
    if lacking:
        raise UserInputError(
            f"the transform {part_name(transform)} needs {listing(lacking)}: give it as an object, or a function of d."
        )
    return transform(**given)
