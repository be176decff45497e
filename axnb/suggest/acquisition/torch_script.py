"""A BoTorch acquisition with what the experiment gives it, as text of a script."""

import numpy as np

from axnb.errors import UnsupportedError
from axnb.suggest.acquisition.expected_improvement import LinearOutcome
from axnb.suggest.acquisition.torch_builder import INTEGRAL_ROWS, TorchBuilder, price_infeasible
from axnb.surrogate.botorch_script import write_numbers, write_options, write_source
from axnb.surrogate.kernels import Array


def write_acquisition(builder: TorchBuilder) -> tuple[list[str], str]:
    """Return what a script needs before, and the text that makes the acquisition.

    Args:
        builder: What makes it here.

    Raises:
        UnsupportedError: If it has no words in BoTorch.
    """
    spec, state = builder.spec, builder.state
    if builder.is_weighed_by_feasibility or builder.is_one_shot():
        raise UnsupportedError(f"the acquisition {spec.name} is not maximised as BoTorch does, and has no script.")
    many = len(state.goal.objectives) > 1
    given = (
        {"model": "model"} | _write_rows(builder) | (_write_objectives(builder) if many else _write_objective(builder))
    )
    if (number := builder.count_draws()) is not None:
        rows = f"tensor({write_numbers(state.observed[:1])})"
        given["sampler"] = f"get_sampler(model.posterior({rows}), torch.Size([{number}]), seed={builder.seed})"
    named = ", ".join(f"{name}={text}" for name, text in given.items() if builder.takes(name))
    named += write_options(spec.name, spec.options)
    text = f"torch.manual_seed({builder.seed})\nacquisition = {spec.constructor.__name__}({named})\n"
    sources = [
        write_source(spec.constructor),
        "from botorch.acquisition.multi_objective.objective import GenericMCMultiOutputObjective\n",
        "from botorch.acquisition.objective import ConstrainedMCObjective, GenericMCObjective\n",
        "from botorch.sampling.get_sampler import get_sampler\n",
        "from botorch.utils.multi_objective.box_decompositions.non_dominated import FastNondominatedPartitioning\n",
    ]
    return sources, text


def _tensor(values: Array) -> str:
    return f"tensor({write_numbers(values)})"


def _write_rows(builder: TorchBuilder) -> dict[str, str]:
    """Return the rows that the experiment gives, by name of the argument."""
    observed, spread = builder.state.observed, builder.spread
    out = {
        "X_baseline": _tensor(observed),
        "candidate_set": _tensor(np.vstack([observed, spread])),
        "mc_points": _tensor(spread[:INTEGRAL_ROWS]),
        "bounds": _tensor(np.array([[0.0], [1.0]]).repeat(observed.shape[1], 1)),
    }
    if builder.pending:
        out["X_pending"] = _tensor(np.array(builder.pending))
    if builder.state.goal.outcome_constraints:
        limits = ", ".join(_write_sum(c, builder) for c in builder.state.goal.outcome_constraints)
        out["constraints"] = f"[{limits}]"
    return out


def _write_sum(outcome: LinearOutcome, builder: TorchBuilder) -> str:
    weights = np.zeros(len(builder.state.models))
    for i, w in outcome.terms:
        weights[i] += w
    return f"lambda samples, X=None: samples @ {_tensor(weights)} + {outcome.offset!r}"


def _write_objective(builder: TorchBuilder) -> dict[str, str]:
    """Return one objective, and what an improvement is measured against."""
    values, feasible = builder.state.expect_objectives()
    goal = builder.state.goal
    good = values[feasible] if feasible.any() else values
    plain = _write_sum(goal.objectives[0], builder)
    out = {"best_f": repr(float(good.max() if feasible.any() else good.min()))}
    if goal.outcome_constraints and not builder.takes("constraints"):
        limits = ", ".join(_write_sum(c, builder) for c in goal.outcome_constraints)
        cost = price_infeasible(float(values.min()))
        out["objective"] = f"ConstrainedMCObjective({plain}, [{limits}], infeasible_cost={cost!r})"
    else:
        out["objective"] = f"GenericMCObjective({plain})"
    if not builder.takes("objective") and builder.changes_outputs():
        seen = builder.list_seen()
        weights = np.zeros(len(builder.state.models))
        for i, w in goal.objectives[0].terms:
            weights[i] += w
        offset = goal.objectives[0].offset
        out["posterior_transform"] = f"ScalarizedPosteriorTransform({_tensor(weights[seen])}, {offset!r})"
    return out


def _write_objectives(builder: TorchBuilder) -> dict[str, str]:
    """Return several objectives, and the volume that they are measured by."""
    values, feasible = builder.state.expect_objectives()
    good = values[feasible] if feasible.any() else values
    reference = builder.state.infer_reference(good)
    parts = ", ".join(f"({_write_sum(o, builder)})(samples)" for o in builder.state.goal.objectives)
    stacked = f"lambda samples, X=None: torch.stack([{parts}], dim=-1)"
    return {
        "ref_point": _tensor(reference),
        "objective": f"GenericMCMultiOutputObjective({stacked})",
        "partitioning": f"FastNondominatedPartitioning({_tensor(reference)}, {_tensor(good)})",
    }
