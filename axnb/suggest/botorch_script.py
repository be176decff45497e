"""What the next suggestion maximises, as a plain BoTorch script: model, acquisition, search."""

import itertools
import math

import numpy as np

from axnb.errors import UnsupportedError
from axnb.record.experiment import ExperimentView
from axnb.suggest.acquisition.base import AcquisitionBuilder
from axnb.suggest.acquisition.builder import FantasyState, begin_search, express_objective
from axnb.suggest.acquisition.expected_improvement import (
    LinearOutcome,
    LogConstrainedExpectedImprovement,
    LogProbabilityOfFeasibility,
)
from axnb.suggest.fitting import fit_model
from axnb.suggest.generators.base import GenerationRequest, build_request
from axnb.suggest.search.optimize import enumerate_rows
from axnb.suggest.strategy import apply_node_parts
from axnb.surrogate.botorch_script import KUMARASWAMY, list_sources, write_model, write_numbers
from axnb.surrogate.encoder import Column, Encoder
from axnb.surrogate.kernels import Array
from axnb.surrogate.threads import single_thread

_MOST_ROWS = 2000  # of a finite space, which a script lists
_MOST_COMBINATIONS = 64  # of the values of columns beside continuous ones

_HEAD = '''"""Model and acquisition of an experiment in plain BoTorch: run it, or take it further.

Rows lie in the unit cube, a column each parameter: {columns}.
"""

from __future__ import annotations

import math

import torch
from botorch.acquisition.analytic import LogExpectedImprovement
from botorch.acquisition.objective import ScalarizedPosteriorTransform
from botorch.models import ModelListGP, SingleTaskGP
from botorch.models.kernels.categorical import CategoricalKernel
from botorch.models.transforms.input import InputTransform
from botorch.optim import optimize_acqf, optimize_acqf_discrete, optimize_acqf_mixed
from gpytorch.kernels import MaternKernel, ProductKernel, RBFKernel, ScaleKernel
{sources}

inf = math.inf


def tensor(values):
    return torch.tensor(values, dtype=torch.double)


def scaled(kernel, outputscale):
    kernel = ScaleKernel(kernel).double()
    kernel.outputscale = outputscale
    return kernel


def long(kind, columns, lengthscales):
    kernel = kind(ard_num_dims=len(columns), active_dims=columns).double()
    kernel.lengthscale = tensor(lengthscales)
    return kernel

'''


def write_botorch_script(view: ExperimentView) -> str:
    """Return a script that makes the model and the acquisition of the next suggestion, and maximises it.

    It needs BoTorch only, and defines ``model``, ``acquisition``, ``candidate`` (a row of the unit cube) and
    ``parameters``. It searches the whole space, where suggestions now and then stay near the best point.

    Args:
        view: The experiment.

    Raises:
        DataRequiredError: If there are no results to learn from.
        UnsupportedError: If something is in the way: what BoTorch has no words for, or a space it cannot search.
    """
    view = apply_node_parts(view)
    with single_thread():
        model = fit_model(view)
        request = build_request(view, None)
        builder = begin_search(request, model, express_objective(view, model))
        return _write(request, builder)


def _write(request: GenerationRequest, builder: AcquisitionBuilder) -> str:
    from axnb.suggest.acquisition.torch_builder import TorchBuilder

    if isinstance(builder, TorchBuilder):
        from axnb.suggest.acquisition.torch_script import write_acquisition

        models = [builder.state.models[i] for i in builder.list_seen()]
        sources, acquisition = write_acquisition(builder)
    elif isinstance(builder, FantasyState):
        models, sources, acquisition = list(builder.models), [], _write_improvement(builder)
    else:
        raise UnsupportedError(
            "failures, averages of several models and models without gradients have no BoTorch script: it would "
            "maximise something else."
        )
    needed = dict.fromkeys([text for m in models for text in list_sources(m)] + sources)
    made = [write_model(m, f"make_model_{i}") for i, m in enumerate(models)]
    names = ", ".join(f"make_model_{i}()" for i in range(len(models)))
    joined = names if len(models) == 1 else f"ModelListGP({names})"
    head = _HEAD.format(columns=", ".join(request.encoder.names), sources="".join(needed))
    warp = KUMARASWAMY if any("KumaraswamyTransform(" in text for text in made) else ""
    parts = [head + warp, *made, f"model = {joined}\n", acquisition, _write_maximiser(request)]
    return "\n\n".join(p.strip("\n") + "\n" for p in parts)


def _write_improvement(state: FantasyState) -> str:
    """Return the text of our own acquisition.

    Raises:
        UnsupportedError: If there are several objectives.
    """
    found = state.build().acquisition
    if isinstance(found, LogProbabilityOfFeasibility):
        terms, limits = [], found.outcome_constraints
    elif isinstance(found, LogConstrainedExpectedImprovement):
        weights = write_numbers(_weigh(found.objective, len(state.models)))
        transform = f"ScalarizedPosteriorTransform(tensor({weights}), {found.objective.offset!r})"
        head = f"improvement = LogExpectedImprovement(model, {found.best!r}, posterior_transform={transform})\n"
        terms, limits = ["improvement(X)"], found.outcome_constraints
        if found.noise:
            terms.append(f"share_told(mean, variance, tensor({weights}), {found.noise!r})")
    else:
        raise UnsupportedError(
            "the exact hypervolume improvement has no counterpart in BoTorch: choose an acquisition of BoTorch's, such "
            "as configure_generation_strategy(acquisition=qLogNoisyExpectedHypervolumeImprovement)."
        )
    for limit in limits:
        weights = write_numbers(_weigh(limit, len(state.models)))
        terms.append(f"log_feasible(mean, variance, tensor({weights}), {limit.offset!r})")
    return (head if "improvement(X)" in terms else "") + _FORMULA.format(total=" + ".join(terms))


_FORMULA = '''

def log_feasible(mean, variance, weights, offset):
    """Return the log probability that a weighted sum of outputs is at most 0."""
    return torch.special.log_ndtr(-(mean @ weights + offset) / (variance @ weights**2).sqrt())


def share_told(mean, variance, weights, noise):
    """Return the log share of what is unknown that a noisy result would tell."""
    return torch.log((1.0 - (noise / (variance @ weights**2 + noise)).sqrt()).clamp_min(1e-12))


def acquisition(X):
    """Return the scores of rows b x 1 x d."""
    posterior = model.posterior(X)
    mean, variance = posterior.mean.squeeze(-2), posterior.variance.squeeze(-2)
    return {total}
'''


def _weigh(outcome: LinearOutcome, count: int) -> Array:
    weights = np.zeros(count)
    for i, w in outcome.terms:
        weights[i] += w
    return weights


def _write_maximiser(request: GenerationRequest) -> str:
    """Return the text of the search for the best new row, and of what it stands for.

    Raises:
        UnsupportedError: If BoTorch cannot search the space.
    """
    region = request.region()
    if region.restrictions is not None:
        raise UnsupportedError("equations, counts and dependent parameters have no BoTorch script.")
    encoder, d = request.encoder, request.encoder.dimension
    decode = ",\n    ".join(_write_column(c) for c in encoder.columns)
    tail = f"""
COLUMNS = [
    {decode},
]

parameters = {{name: read(float(x)) for (name, read), x in zip(COLUMNS, candidate)}}

if __name__ == "__main__":
    print(parameters)
"""
    if region.size <= _MOST_ROWS:
        rows = write_numbers(enumerate_rows(region))
        return f"choices = tensor({rows})\ncandidate = optimize_acqf_discrete(acquisition, 1, choices)[0][0]\n{tail}"
    bounds = f"tensor([[0.0] * {d}, [1.0] * {d}])"
    common = f"acquisition, bounds={bounds}, q=1, num_restarts=10, raw_samples=512{_write_inequalities(encoder)}"
    finite = [j for j in range(d) if encoder.levels[j]]
    combinations = math.prod(int(encoder.levels[j]) for j in finite)
    if combinations > _MOST_COMBINATIONS:
        raise UnsupportedError(
            f"the choices and steps have {combinations} combinations, more than the {_MOST_COMBINATIONS} that a script "
            "goes through one by one."
        )
    call = f"optimize_acqf({common})"
    if finite:
        values = [[encoder.columns[j].coordinate_at(i) for i in range(int(encoder.levels[j]))] for j in finite]
        held = [dict(zip(finite, v, strict=True)) for v in itertools.product(*values)]
        call = f"optimize_acqf_mixed({common}, fixed_features_list={held!r})"
    return f"torch.manual_seed({request.view.seed})\ncandidate = {call}[0][0]\n{tail}"


def _write_inequalities(encoder: Encoder) -> str:
    """Return the linear constraints as an argument of BoTorch's.

    Raises:
        UnsupportedError: If one is not linear in the columns.
    """
    if not encoder.has_constraints:
        return ""
    if not encoder.is_straight:
        raise UnsupportedError("a constraint on a logarithmic scale or a choice has no BoTorch script.")
    origin = np.zeros((1, encoder.dimension))
    slack, slopes = encoder.slack(origin)[0], encoder.slack_gradient(origin)[0]
    rows = []
    for free, weights in zip(slack, slopes, strict=True):
        used = np.flatnonzero(weights)
        rows.append(f"(torch.tensor({used.tolist()}), tensor({write_numbers(weights[used])}), {-float(free)!r})")
    return f", inequality_constraints=[{', '.join(rows)}]"


def _write_column(column: Column) -> str:
    """Return the name of a parameter and how its value is read from a coordinate."""
    if column.levels:
        values = {column.coordinate_at(i): column.decode(column.coordinate_at(i)) for i in range(column.levels)}
        return f"({column.name!r}, lambda u: min({list(values.items())!r}, key=lambda pair: abs(pair[0] - u))[1])"
    low, high = column.ends
    line = f"{low!r} + u * {high - low!r}"
    return f"({column.name!r}, lambda u: {f'math.exp({line})' if column.is_log else line})"
