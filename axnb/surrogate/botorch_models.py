"""BoTorch models of all metrics: one each, the best of several each, or one that explains them all."""

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from axnb.errors import ModelError, listing
from axnb.surrogate.botorch_model import (
    BoTorchModel,
    check_device,
    choose_transform,
    describe_fit,
    fit_botorch_model,
    make_and_fit,
    scale_noise,
)
from axnb.surrogate.gaussian_process_model import MetricData
from axnb.surrogate.held_out import score_held_out
from axnb.surrogate.kernels import Array
from axnb.surrogate.model_inputs import ModelColumns
from axnb.surrogate.model_spec import ModelChoice, ModelSpec, accepted_arguments
from axnb.surrogate.surrogate import Surrogate

_log = logging.getLogger("axnb")

_LEAST_NOISE = 1e-6  # variance below which BoTorch warns of numbers that do not hold


def fit_botorch_models(
    data: Sequence[MetricData], spec: ModelSpec | ModelChoice, columns: ModelColumns, device: str | None
) -> Surrogate:
    """Return a surrogate of BoTorch models.

    Args:
        data: The results, one entry a metric.
        spec: Which model, or which to choose from.
        columns: What the columns of the rows are.
        device: Where the tensors lie; ``None`` for the CPU.

    Raises:
        ModelError: If a model cannot be made, fitted or asked, or one for all metrics lacks common rows.
        UserInputError: If the device cannot be used, or an option names a parameter that does not exist.
    """
    if isinstance(spec, ModelChoice):
        return Surrogate(tuple(_fit_best(entry, spec, columns, device) for entry in data))
    if spec.joint:
        return Surrogate(tuple(_fit_joint(data, spec, columns, device)))
    return Surrogate(tuple(fit_botorch_model(entry, spec, columns, device) for entry in data))


def _fit_best(data: MetricData, choice: ModelChoice, columns: ModelColumns, device: str | None) -> BoTorchModel:
    """Return the model that predicts results best without them; the first of those that cannot be told apart.

    Raises:
        ModelError: If no model can be fitted.
    """
    specs = choice.list_models(data.name)
    if len(specs) == 1:
        return fit_botorch_model(data, specs[0], columns, device)
    best: tuple[float, BoTorchModel] | None = None
    failed: list[ModelError] = []
    for spec in specs:
        try:
            model = fit_botorch_model(data, spec, columns, device)
            score = score_held_out(model, choice.criterion, choice.num_folds)
        except ModelError as error:
            failed.append(error)
            _log.info("Left out a model of %r: %s", data.name, error)
            continue
        if best is None or score > best[0]:
            best = score, model
    if best is None:
        raise ModelError(f"none of the models {choice.name} of {data.name!r} could be fitted: {failed[0]}") from failed[
            0
        ]
    return best[1]


def _fit_joint(
    data: Sequence[MetricData], spec: ModelSpec, columns: ModelColumns, device: str | None
) -> list[BoTorchModel]:
    """Return one model's view of each metric."""
    from axnb.surrogate import torch_models  # imports PyTorch, quietly

    check_device(device)
    has_tasks = "task_feature" in accepted_arguments(spec.constructor)[0] and "task_feature" not in spec.options
    data = data if has_tasks else _keep_common(data)
    transforms = [choose_transform(entry, spec, columns) for entry in data]
    targets = [t.transform(entry.y) for t, entry in zip(transforms, data, strict=True)]
    noise = [scale_noise(entry, t) for t, entry in zip(transforms, data, strict=True)]
    is_known = not any(np.isnan(v).any() for v in noise)
    floored = [np.maximum(v, _LEAST_NOISE) for v in noise]
    names = listing([entry.name for entry in data])
    rows: tuple[Array, Array, Array | None]
    if has_tasks:
        X = np.vstack([np.column_stack([entry.X, np.full(len(entry.X), float(i))]) for i, entry in enumerate(data)])
        rows = (X, np.concatenate(targets)[:, None], np.concatenate(floored)[:, None] if is_known else None)
        base = make_and_fit(names, spec, rows, columns, device, task_feature=data[0].X.shape[1])
    else:
        rows = (data[0].X, np.column_stack(targets), np.column_stack(floored) if is_known else None)
        base = make_and_fit(names, spec, rows, columns, device)
    if base.num_outputs != len(data):
        raise ModelError(f"the model {spec.name} has {base.num_outputs} outputs, expected one for each of {names}.")
    return [
        describe_fit(entry, spec, (t, columns, device), torch_models.OutputModel(base, i), None)
        for i, (entry, t) in enumerate(zip(data, transforms, strict=True))
    ]


def _keep_common(data: Sequence[MetricData]) -> list[MetricData]:
    """Return the results of the rows that have one of every metric.

    Raises:
        ModelError: If there is no such row.
    """
    keys = [_number_rows(entry.X) for entry in data]
    common = set(keys[0]).intersection(*keys[1:])
    if not common:
        raise ModelError(
            f"no trial has results of all of {listing([entry.name for entry in data])}, which one model of them all "
            "needs: give each its own with joint=False, or choose MultiTaskGP."
        )
    out = []
    for entry, own in zip(data, keys, strict=True):
        kept = [i for i, key in enumerate(own) if key in common]
        out.append(replace(entry, X=entry.X[kept], y=entry.y[kept], sem=entry.sem[kept]))
    return out


def _number_rows(X: Array) -> list[tuple[bytes, int]]:
    """Return what tells rows apart, and how often each was there before."""
    seen: dict[bytes, int] = {}
    out = []
    for row in X:
        key = row.tobytes()
        seen[key] = seen.get(key, -1) + 1
        out.append((key, seen[key]))
    return out
