"""Checks of parts that you plug into a strategy, by an experiment that has everything that may be in their way."""

from collections.abc import Callable
from typing import Any

from axnb.api.client import Client
from axnb.api.configs import ChoiceParameterConfig, RangeParameterConfig
from axnb.suggest.acquisition.acquisition_spec import AcquisitionSpec
from axnb.suggest.acquisition.builder import build_acquisition
from axnb.suggest.fitting import fit_model
from axnb.suggest.generators.base import build_request
from axnb.suggest.search.optimizer_spec import OptimizerSpec
from axnb.surrogate.botorch_models import fit_botorch_models
from axnb.surrogate.gaussian_process_model import MetricData
from axnb.surrogate.model_inputs import ModelColumns
from axnb.surrogate.model_spec import ModelChoice, ModelSpec, as_model
from axnb.surrogate.outcome_model import OutcomeModel
from axnb.testing.outcome_models import check_outcome_model

_TOLD = 6  # trials with results before the part is asked with one trial to come
_ROOM = 1e-6  # by how much rounding may miss the constraint


def check_model(model: Callable[..., Any] | ModelSpec | ModelChoice) -> None:
    """Hold a model to what suggestions and cards ask of it.

    Fitted to an example it must keep the protocol `OutcomeModel`: moments and their gradients, joint covariance, draws,
    conditioning, leave-one-out, each as far as it can. Then an experiment with a parameter constraint, a choice, an
    outcome constraint and a trial whose results are to come must go on with it, alike each time.

    Args:
        model: A BoTorch model class, a function that makes a model of ``train_X`` and ``train_Y``, or a specification.

    Raises:
        AssertionError: If the model breaks a promise; the message says which.
        ModelError: If it raises, or answers with what is no posterior of one output.

    Example:
        >>> def smooth(train_X, train_Y):
        ...     from botorch.models import SingleTaskGP
        ...     return SingleTaskGP(train_X, train_Y)
        >>> check_model(smooth)
    """
    spec = as_model(model)

    def fit(data: MetricData) -> OutcomeModel:
        return fit_botorch_models([data], spec, ModelColumns.continuous(data.X.shape[1]), None).models[0]

    check_outcome_model(fit)
    _check_in_loop(model=spec)


def check_acquisition_function(
    acquisition: Callable[..., Any] | AcquisitionSpec, objective: str = "-loss", *, outcome_constraint: bool = True
) -> None:
    """Hold a BoTorch acquisition to what a suggestion asks of it.

    An experiment with a parameter constraint, a choice, an outcome constraint and a trial whose results are to come
    must go on with it, alike each time; scores must be finite, one a row, and the same when asked again.

    Args:
        acquisition: A BoTorch acquisition class, a function that makes one, or an `AcquisitionSpec` of either.
        objective: The goal over the metrics ``loss`` and ``weight``, such as ``"-loss, -weight"`` for several.
        outcome_constraint: Whether there is one.

    Raises:
        AssertionError: If the acquisition breaks a promise; the message says which.
        ModelError: If it raises, or its scores have another shape or are NaN.

    Example:
        >>> def optimistic(model, objective, X_pending=None):
        ...     from botorch.acquisition import qUpperConfidenceBound
        ...     return qUpperConfidenceBound(model, 1.0, objective=objective, X_pending=X_pending)
        >>> check_acquisition_function(optimistic)
    """
    client = _check_in_loop(acquisition=acquisition, objective=objective, outcome_constraint=outcome_constraint)
    view = client.experiment.view()
    request = build_request(view, None)
    built = build_acquisition(request, fit_model(view))
    rows = request.encoder.round(request.stream().random((6, request.encoder.dimension)))
    scores = built.acquisition.value(rows)
    assert scores.shape == (6,), f"6 rows have scores of shape {scores.shape}, expected (6,)"
    assert (scores == built.acquisition.value(rows)).all(), "the same rows are scored otherwise when asked again"
    value, gradient = built.acquisition.value_and_gradient(rows)
    assert abs(value - scores).max() <= 1e-6 * max(abs(scores).max(), 1.0), "scores with gradients are others"
    assert gradient.shape == rows.shape, f"the gradient has shape {gradient.shape}, expected {rows.shape}"


def check_optimizer(optimizer: Callable[..., Any] | OptimizerSpec) -> None:
    """Hold an optimiser to what a suggestion asks of it: allowed rows, alike each time.

    Args:
        optimizer: A function of ``acquisition``, ``region`` and ``rng`` that returns a row, or an `OptimizerSpec`.

    Raises:
        AssertionError: If it breaks a promise; the message says which.
        ModelError: If it raises, or returns what is no allowed row.
    """
    _check_in_loop(optimizer=optimizer)


def _check_in_loop(
    *,
    model: object = None,
    acquisition: object = None,
    optimizer: object = None,
    objective: str = "-loss",
    outcome_constraint: bool = True,
) -> Client:
    parts = (model, acquisition, optimizer)
    client = _begin(parts, objective, outcome_constraint)
    found = _ask(client)
    again = _ask(_begin(parts, objective, outcome_constraint))
    assert found == again, f"the same experiment has other suggestions when asked again: {again}, not {found}"
    return client


def _begin(parts: tuple[object, object, object], objective: str, outcome_constraint: bool) -> Client:
    """Return a client whose experiment has results, and is about to ask the parts."""
    client = Client(random_seed=11)
    client.configure_experiment(
        [
            RangeParameterConfig("x", (0.0, 1.0), "float"),
            RangeParameterConfig("n", (1, 6), "int"),
            ChoiceParameterConfig("kind", ["a", "b", "c"], "str", is_ordered=False),
        ],
        parameter_constraints=["x + 0.1 * n <= 1.2"],
    )
    client.configure_optimization(objective, ["cost <= 1.3"] if outcome_constraint else None)
    client.configure_tracking_metrics(["weight"])
    client.configure_generation_strategy(model=parts[0], acquisition=parts[1], optimizer=parts[2])
    for _ in range(_TOLD):
        for index, point in client.get_next_trials(1).items():
            x, n = float(point["x"]), int(point["n"])
            loss = (x - 0.7) ** 2 + 0.02 * (n - 3) ** 2 + 0.3 * (point["kind"] != "b")
            client.complete_trial(index, raw_data={"loss": loss, "weight": x - 0.1 * n, "cost": x + 0.2 * n})
    return client


def _ask(client: Client) -> list[dict[str, Any]]:
    """Return three more suggestions, the latter ones while the former ones wait for results."""
    tried = [dict(t.parameters) for t in client.experiment.view().trials.values()]
    found: list[dict[str, Any]] = []
    for count in (1, 2):
        found += client.get_next_trials(count).values()
    for i, point in enumerate(found):
        assert point["x"] + 0.1 * point["n"] <= 1.2 + _ROOM, f"{point} breaks the parameter constraint"
        assert point["kind"] in ("a", "b", "c"), f"{point} is not in the search space"
        assert point not in tried + found[:i], f"{point} was tried, or is running"
    return found
