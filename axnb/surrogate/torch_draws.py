"""Draws of a BoTorch model's posterior as functions of the rows.

Importing this imports PyTorch.
"""

from collections.abc import Callable
from typing import Any

from axnb.surrogate.torch_models import OutputModel, is_mixture, is_normal

import torch  # isort: skip
from linear_operator.utils.cholesky import psd_safe_cholesky
from torch import Tensor

_JITTER = 1e-8  # of a covariance at candidates, of which some may coincide


def draw_function(model: Any, candidates: Tensor) -> Callable[[Tensor], Tensor]:
    """Return a draw of a posterior as a function of rows `q x d`, with values `q x m`.

    A normal posterior is drawn at the candidates, and elsewhere the function is what is expected given these values; of
    a mixture and of an ensemble one member is drawn first.

    Args:
        model: A model of one output, or a list of such.
        candidates: `k x d`, rows where the draw is exact.
    """
    parts = list(model.models) if isinstance(getattr(model, "models", None), torch.nn.ModuleList) else [model]
    if len(parts) == 1 and model.num_outputs > 1:
        parts = [OutputModel(model, i) for i in range(model.num_outputs)]
    draws = [_draw_one(part, candidates) for part in parts]
    return lambda rows: torch.stack([draw(rows) for draw in draws], dim=-1)


def _draw_one(model: Any, candidates: Tensor) -> Callable[[Tensor], Tensor]:
    with torch.no_grad():
        posterior = model.posterior(candidates)
    if not (is_normal(posterior) or is_mixture(posterior)):
        one = int(torch.randint(len(posterior.values), (1,)))
        return lambda rows: model.posterior(rows).values[one, ..., 0]
    member = int(torch.randint(len(posterior.distribution.mean), (1,))) if is_mixture(posterior) else None

    def read(rows: Tensor) -> tuple[Tensor, Tensor]:
        found = model.posterior(rows).distribution
        mean, covariance = found.mean, found.covariance_matrix
        return (mean, covariance) if member is None else (mean[member], covariance[member])

    k = len(candidates)
    with torch.no_grad():
        mean, covariance = read(candidates)
        size = covariance.diagonal().mean().clamp_min(1e-12)
        root = psd_safe_cholesky(covariance + _JITTER * size * torch.eye(k, dtype=mean.dtype, device=mean.device))
        noise = torch.randn(k, 1, dtype=mean.dtype, device=mean.device)
        solved = torch.linalg.solve_triangular(root.mT, noise, upper=True)[:, 0]

    def evaluate(rows: Tensor) -> Tensor:
        mean, covariance = read(torch.cat([rows, candidates]))
        q = len(rows)
        drawn: Tensor = mean[:q] + covariance[:q, q:] @ solved
        return drawn

    return evaluate
