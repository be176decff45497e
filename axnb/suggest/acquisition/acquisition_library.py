"""Acquisitions by name besides our own expected improvement; each imports PyTorch when it is made."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from botorch.acquisition.acquisition import AcquisitionFunction
    from torch import Tensor


def make_ucb(
    model: Any, objective: Any, sampler: Any = None, X_pending: "Tensor | None" = None, beta: float = 4.0
) -> "AcquisitionFunction":
    """Return the upper confidence bound (Srinivas et al. 2010): more exploration the larger ``beta`` is."""
    from botorch.acquisition.monte_carlo import qUpperConfidenceBound

    return qUpperConfidenceBound(model, beta=beta, sampler=sampler, objective=objective, X_pending=X_pending)


def make_thompson(
    model: Any, objective: Any, candidate_set: "Tensor", X_pending: "Tensor | None" = None
) -> "Callable[[Tensor], Tensor]":
    """Return one draw of the posterior as a function (Thompson 1933).

    By pathwise conditioning (Wilson et al. 2020) where BoTorch knows the kernel, otherwise by a draw at the candidates
    and what it implies elsewhere; of an ensemble it is one member. Pending rows do not matter: each suggestion has a
    draw of its own.
    """
    from botorch.acquisition.thompson_sampling import PathwiseThompsonSampling

    try:
        path = PathwiseThompsonSampling(model, objective=objective)
        path(candidate_set[:1, None])  # it draws when it is first asked
        return cast("Callable[[Tensor], Tensor]", path)
    except (KeyError, NotImplementedError, AttributeError, RuntimeError):
        from axnb.surrogate.torch_draws import draw_function

        draw = draw_function(model, candidate_set)
        return lambda rows: objective(draw(rows[:, 0])[None, :, None], rows)[0, :, 0]


def make_knowledge_gradient(
    model: Any, objective: Any, X_pending: "Tensor | None" = None, num_fantasies: int = 8
) -> "AcquisitionFunction":
    """Return the knowledge gradient (Frazier et al. 2009): what a result is expected to add to the best prediction."""
    from botorch.acquisition.knowledge_gradient import qKnowledgeGradient

    return qKnowledgeGradient(model, num_fantasies=num_fantasies, objective=objective, X_pending=X_pending)


def make_active_learning(
    model: Any, mc_points: "Tensor", posterior_transform: Any = None, X_pending: "Tensor | None" = None
) -> "AcquisitionFunction":
    """Return how little would be unknown over the space after a result (Seo et al. 2000): to learn, not to optimise."""
    from botorch.acquisition.active_learning import qNegIntegratedPosteriorVariance

    return qNegIntegratedPosteriorVariance(
        model, mc_points=mc_points, posterior_transform=posterior_transform, X_pending=X_pending
    )


BUILT_IN: dict[str, Callable[..., Any]] = {
    "ucb": make_ucb,
    "thompson": make_thompson,
    "knowledge_gradient": make_knowledge_gradient,
    "active_learning": make_active_learning,
}
"""The acquisitions by name."""
