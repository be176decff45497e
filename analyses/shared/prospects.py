"""What the model promises at points that were not tried: whether constraints hold, and what improvement to expect.

Improvement is what suggestions maximise; whether constraints hold is told by the model that cards predict with, whose
scales suit people. Knows nothing of cards or figures.
"""

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from axnb.analyses.context import AnalysisContext
from axnb.problem.space import Parameterization
from axnb.record.experiment import ExperimentView
from axnb.suggest.acquisition.base import BuiltAcquisition
from axnb.suggest.acquisition.builder import ModelSpaceObjective, build_acquisition, express_objective
from axnb.suggest.acquisition.expected_improvement import LogProbabilityOfFeasibility
from axnb.suggest.fitting import FittedModel, fit_model
from axnb.suggest.generators.base import GenerationRequest, build_request
from axnb.suggest.strategy import apply_node_parts
from axnb.surrogate.threads import single_thread

Array: TypeAlias = npt.NDArray[np.float64]


def express_goal(context: AnalysisContext) -> ModelSpaceObjective:
    """Return the goal in the numbers of the model.

    Raises:
        NotConfiguredError: If there is no goal yet.
        DataRequiredError: If there are too few results for a model, or a constraint is relative and the baseline has no
            result.
    """
    context.require(context.optimization.metric_names)
    model = context.model
    return context.once("goal", lambda: express_objective(context.view, model))


def _suggesting_view(context: AnalysisContext) -> ExperimentView:
    """Return the state that the next suggestion is made from, with the parts of the node that makes it."""
    return context.once(
        "suggesting view",
        lambda: replace(context.modelled_view, generation=apply_node_parts(context.view).generation),
    )


def fit_suggesting_model(context: AnalysisContext) -> FittedModel:
    """Return the model that suggestions are made from; it may see metrics through other scales than the one for cards.

    Raises:
        DataRequiredError: If there are too few results.
    """
    view = _suggesting_view(context)
    return context.once("suggesting model", lambda: fit_model(view))


def compute_feasibility(context: AnalysisContext, X: Array) -> Array:
    """Return the probability `q` that every outcome constraint holds at rows of the unit cube; 1 without constraints.

    Raises:
        DataRequiredError: If there are too few results for a model.
    """
    goal = express_goal(context)
    with single_thread():
        return np.exp(LogProbabilityOfFeasibility(goal.models, goal.outcome_constraints).value(X))


def compute_each_feasibility(context: AnalysisContext, X: Array) -> Array:
    """Return the probability `q x c` of each outcome constraint, in the order of the goal.

    Raises:
        DataRequiredError: If there are too few results for a model.
    """
    goal = express_goal(context)
    with single_thread():
        parts = [
            np.exp(LogProbabilityOfFeasibility(goal.models, (limit,)).value(X)) for limit in goal.outcome_constraints
        ]
    return np.column_stack(parts) if parts else np.ones((len(X), 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmRows:
    """The arms of an experiment as rows of the unit cube.

    Args:
        X: `n x d`, a row for each arm that the search space allows.
        at: `n`, the number of each among all results.
    """

    X: Array
    at: npt.NDArray[np.intp]


def encode_arms(context: AnalysisContext) -> ArmRows:
    """Return the rows of the arms of `context.results`."""
    return context.once("arm rows", lambda: _arm_rows(context))


def _arm_rows(context: AnalysisContext) -> ArmRows:
    known = context.predictions_at_arms()
    at = [i for i, p in enumerate(known) if p]
    points: list[Parameterization] = [context.results[i].parameters for i in at]
    return ArmRows(X=context.model.encoder.encode(points), at=np.array(at, dtype=np.intp))


def compute_feasibility_at_arms(context: AnalysisContext) -> Array:
    """Return for each of `context.results` the probability that all constraints hold; NaN outside the search space.

    Raises:
        DataRequiredError: If there are too few results for a model.
    """
    return context.once("feasibility at arms", lambda: _at_arms(context))


def _at_arms(context: AnalysisContext) -> Array:
    rows = encode_arms(context)
    out = np.full(len(context.results), np.nan)
    out[rows.at] = compute_feasibility(context, rows.X)
    return out


def build_suggesting_request(context: AnalysisContext) -> GenerationRequest:
    """Return the state that the next suggestion is made from; of very many results, the part that is modelled.

    Raises:
        NotConfiguredError: If there is no search space yet.
    """
    view, rules = _suggesting_view(context), context.parts.nonlinear_constraints
    return context.once("suggesting request", lambda: build_request(view, None, nonlinear_constraints=rules))


def build_current_acquisition(context: AnalysisContext) -> BuiltAcquisition:
    """Return the acquisition function that the next suggestion maximises, on a logarithmic scale.

    Raises:
        NotConfiguredError: If there is no goal yet.
        DataRequiredError: If there are too few results for a model.
    """
    context.require(context.optimization.metric_names)
    request, model = build_suggesting_request(context), fit_suggesting_model(context)
    return context.once("acquisition", lambda: build_acquisition(request, model))


def compute_log_promise(context: AnalysisContext, X: Array) -> Array:
    """Return the acquisition `q` at rows of the unit cube; minus infinity where a nonlinear constraint forbids them.

    Raises:
        NotConfiguredError: If there is no goal yet.
        DataRequiredError: If there are too few results for a model.
    """
    built = build_current_acquisition(context)
    with single_thread():
        return np.where(build_suggesting_request(context).agrees(X), built.acquisition.value(X), -np.inf)


def compute_promise(context: AnalysisContext, X: Array) -> Array:
    """Return what the next suggestion maximises at rows of the unit cube as a share of the largest among them.

    Raises:
        NotConfiguredError: If there is no goal yet.
        DataRequiredError: If there are too few results for a model.
    """
    logs = compute_log_promise(context, X)
    top = float(np.max(logs, initial=-np.inf))
    return np.asarray(np.exp(logs - top)) if np.isfinite(top) else np.zeros(len(X))


def scatter_rows(context: AnalysisContext, count: int = 2048) -> Array:
    """Return rows of the unit cube that fill the space and lie close around the arms that have results.

    The same experiment gives the same rows; those that break a parameter constraint are left out.

    Args:
        context: What is known of the experiment.
        count: About how many rows.

    Raises:
        DataRequiredError: If there are too few results for a model.
    """
    return context.once(("scattered", count), lambda: _scattered(context, count))


def _scattered(context: AnalysisContext, count: int) -> Array:
    encoder, model = context.model.encoder, context.model
    rng = np.random.default_rng([context.view.seed, count])
    half = count // 2
    wide = encoder.from_uniform(rng.random((half, encoder.dimension)))
    centres = model.X[rng.integers(0, len(model.X), half)]
    near = centres + rng.normal(0.0, 1.0, centres.shape) * 10.0 ** rng.uniform(-2.5, -0.7, (half, 1))
    rows = np.vstack([wide, encoder.round(near), model.X])
    return rows[encoder.satisfies(rows, 1e-9)] if encoder.has_constraints else rows
