"""BoTorch acquisitions as ours: made from the experiment's goal, scored and differentiated row by row.

Our search maximises them over the one region, so whatever constrains suggestions constrains theirs. PyTorch is imported
inside the functions only.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from axnb.errors import AxnbError, ModelError, UnsupportedError
from axnb.suggest.acquisition.acquisition_spec import AcquisitionSpec, resolve_acquisition
from axnb.suggest.acquisition.base import Acquisition, BuiltAcquisition
from axnb.suggest.acquisition.expected_improvement import LinearOutcome, LogProbabilityOfFeasibility
from axnb.suggest.acquisition.feasibility import FeasibilityWeightedAcquisition
from axnb.suggest.generators.base import GenerationRequest
from axnb.suggest.search.optimize import spread_rows
from axnb.surrogate.botorch_conversion import join_models
from axnb.surrogate.kernels import Array
from axnb.surrogate.model_spec import accepted_arguments, describe
from axnb.surrogate.outcome_model import OutcomeModel

_CHUNK = 256  # rows scored at once
_DRAWS = 128  # Monte-Carlo draws where the user gives no sampler; not tuned
_SPREAD = 256  # rows that stand for the space
INTEGRAL_ROWS = 64
"""Of these, rows over which is integrated."""


class Goal(Protocol):
    """What is wanted, in the numbers of the models."""

    @property
    def objectives(self) -> tuple[LinearOutcome, ...]:
        """What is maximised."""
        ...

    @property
    def outcome_constraints(self) -> tuple[LinearOutcome, ...]:
        """What should be at most 0."""
        ...


class SearchState(Protocol):
    """The models with what is fantasized, and what an improvement is measured against."""

    @property
    def goal(self) -> Goal:
        """What is wanted."""
        ...

    @property
    def models(self) -> list[OutcomeModel]:
        """The models of the metrics of the goal."""
        ...

    @property
    def observed(self) -> Array:
        """Rows with results, `n x d`."""
        ...

    def fantasize(self, row: Array, metrics: tuple[str, ...]) -> "SearchState":
        """Return the state in which the metrics turned out at a row as expected."""
        ...

    def build(self) -> BuiltAcquisition:
        """Return what is maximised otherwise, with rows around which to look."""
        ...

    def expect_objectives(self) -> tuple[Array, NDArray[np.bool_]]:
        """Return expected objectives `n x m` and feasibility at the rows with results."""
        ...

    def infer_reference(self, good: Array) -> Array:
        """Return the thresholds of the objectives, those not given inferred from feasible values `n x m`."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class TorchAcquisition:
    """A BoTorch acquisition that scores rows one by one.

    Args:
        name: Its name, for errors.
        function: Maps `b x 1 x d` to `b`.
        seed: Of what it draws when it is first asked.
        device: Where its tensors lie; ``None`` for the CPU.
    """

    name: str
    function: Callable[[Any], Any]
    seed: int
    device: str | None = None

    def value(self, X: Array) -> Array:
        """Return the scores of the rows.

        Raises:
            ModelError: If the acquisition raises, or its scores have another shape or are NaN.
        """
        import torch

        with asking(self.name, f"score {len(X)} rows", X, self.seed), torch.no_grad():
            parts = [self._score(self._rows(X[i : i + _CHUNK])).cpu().numpy() for i in range(0, len(X), _CHUNK)]
        return np.concatenate(parts).astype(np.float64) if parts else np.zeros(0)

    def value_and_gradient(self, X: Array) -> tuple[Array, Array]:
        """Return the scores and their gradients; 0 where autograd does not reach the rows.

        Raises:
            ModelError: If the acquisition raises, or its scores have another shape or are NaN.
        """
        import torch

        with asking(self.name, f"score {len(X)} rows with gradients", X, self.seed), torch.enable_grad():
            rows = self._rows(X).requires_grad_()
            score = self._score(rows)
            if not score.requires_grad:
                return score.cpu().numpy().astype(np.float64), np.zeros_like(X)
            (slope,) = torch.autograd.grad(score.sum(), rows, allow_unused=True)
            gradient = np.zeros_like(X) if slope is None else slope[:, 0].cpu().numpy().astype(np.float64)
        return score.detach().cpu().numpy().astype(np.float64), np.nan_to_num(gradient)

    def _rows(self, X: Array) -> Any:
        import torch

        return torch.tensor(X[:, None], dtype=torch.float64, device=self.device)

    def _score(self, rows: Any) -> Any:
        score = self.function(rows)
        if tuple(score.shape) != (len(rows),):
            raise ModelError(
                f"the acquisition {self.name} scores rows of shape {tuple(rows.shape)} with shape "
                f"{tuple(score.shape)}, expected ({len(rows)},): return one number for each of b in b x 1 x d."
            )
        if bool(score.isnan().any()):
            raise ModelError(
                f"the acquisition {self.name} is NaN at {int(score.isnan().sum())} of {len(rows)} rows: look for "
                "logarithms or roots of what may be negative."
            )
        return score


@contextmanager
def asking(name: str, what: str, X: Array, seed: int) -> Iterator[None]:
    """Let an acquisition work in PyTorch, and turn what it raises into our error.

    Raises:
        ModelError: If anything is raised.
    """
    from axnb.surrogate.torch_models import torch_at_work

    try:
        with torch_at_work(seed):
            yield
    except (AxnbError, MemoryError):
        raise
    except Exception as error:  # a user's part may raise anything
        raise ModelError(
            f"the acquisition {name} cannot {what}: {describe(error)}. It was given rows of shape "
            f"{X.shape}. Mend it, or go back with configure_generation_strategy(acquisition='log_ei')."
        ) from error


def price_infeasible(worst: float) -> float:
    """Return what an infeasible result costs: it is worth less than the worst objective that was seen."""
    return max(-worst, 0.0) + 3.0


def _keep_from_compiling() -> None:
    """Keep BoTorch's hypervolume acquisitions from compiling C++ in the middle of a suggestion.

    They do so at their first use, for half a minute, behind a lock file in the home folder: a process that is killed
    meanwhile leaves it, and every later one waits for it without end. What is compiled already is used.
    """
    from botorch.acquisition.multi_objective import logei

    if logei._C is None:  # noqa: SLF001 - there is no public switch
        logei._load_attempted = True  # noqa: SLF001


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TorchBuilder:
    """What a BoTorch acquisition is made from, with what is fantasized.

    Rows whose results are awaited are its pending points where it knows such; otherwise they turn out as expected.

    Args:
        spec: Which acquisition.
        state: The goal, the models, and what was observed.
        spread: `k x d`, rows spread over what is allowed.
        seed: Of what is drawn.
        device: Where tensors lie; ``None`` for the CPU.
        pending: Rows whose results are awaited.
    """

    spec: AcquisitionSpec
    state: SearchState
    spread: Array
    seed: int
    device: str | None
    pending: tuple[Array, ...] = ()

    def fantasize(self, row: Array, metrics: tuple[str, ...]) -> "TorchBuilder":
        """Return the builder for which a row is pending."""
        if self.takes("X_pending"):
            return replace(self, pending=(*self.pending, row), seed=self.seed + 1)
        return replace(self, state=self.state.fantasize(row, metrics), seed=self.seed + 1)

    def build(self) -> BuiltAcquisition:
        """Return what to maximise and the rows around which to look.

        Raises:
            UnsupportedError: If the acquisition does not suit the goal.
            ModelError: If it cannot be made.
        """
        built = self.state.build()
        with asking(self.spec.name, "be made", self.state.observed, self.seed):
            model = join_models([self.state.models[i] for i in self.list_seen()], self.device)
            given = {k: v for k, v in self._arguments(model).items() if self.takes(k) and v is not None}
            _keep_from_compiling()
            given = self._construct_inputs(model) or given | dict(self.spec.options)
            function = self.spec.constructor(**given)
            function = self._settle(function, model)
        acquisition: Acquisition = TorchAcquisition(self.spec.name, function, self.seed, self.device)
        return replace(built, acquisition=self._weigh_by_feasibility(acquisition))

    @property
    def is_weighed_by_feasibility(self) -> bool:
        """Whether there are outcome constraints that the acquisition itself has no way to mind."""
        minds = self.takes("constraints") or self.takes("objective") or self.takes("mc_points")
        return bool(self.state.goal.outcome_constraints) and not minds

    def is_one_shot(self) -> bool:
        """Return whether the acquisition has more to optimise than the next row."""
        from botorch.acquisition.acquisition import OneShotAcquisitionFunction

        made = self.spec.constructor
        shots = "num_fantasies" in accepted_arguments(made)[0]
        return shots or (isinstance(made, type) and issubclass(made, OneShotAcquisitionFunction))

    def count_draws(self) -> int | None:
        """Return how many draws its sampler makes; ``None`` where it has none of ours."""
        takes = accepted_arguments(self.spec.constructor)[0]
        if not self.takes("sampler") or "num_fantasies" in takes or "mc_points" in takes:
            return None  # draws of fantasies: as many as the acquisition has of these
        return _DRAWS

    def _construct_inputs(self, model: Any) -> dict[str, Any]:
        """Return what a user's own input constructor makes of the experiment; empty where there is none.

        BoTorch's are left aside: they would make objectives and samplers anew of what is given here.
        """
        from botorch.acquisition.input_constructors import ACQF_INPUT_CONSTRUCTOR_REGISTRY

        kept = ACQF_INPUT_CONSTRUCTOR_REGISTRY.get(self.spec.constructor)
        if kept is None:
            return {}
        construct = inspect.getclosurevars(kept).nonlocals.get("f", kept)  # BoTorch wraps what is registered
        if construct.__module__.startswith("botorch."):
            return {}
        takes, _ = accepted_arguments(construct)
        offered = {k: v for k, v in self._arguments(model).items() if v is not None} | dict(self.spec.options)
        return dict(construct(**{k: v for k, v in offered.items() if k in takes}))

    def list_seen(self) -> list[int]:
        """Return which metrics' models it is given: all, or where it minds no constraint, those of the objective."""
        goal = self.state.goal
        minds = self.takes("constraints") or self.takes("objective") or len(goal.objectives) > 1
        return list(range(len(self.state.models))) if minds else sorted({i for i, _ in goal.objectives[0].terms})

    def _weigh_by_feasibility(self, acquisition: Acquisition) -> Acquisition:
        """Return what minds the outcome constraints, where the acquisition itself has no way to."""
        if not self.is_weighed_by_feasibility:
            return acquisition
        models = tuple(self.state.models)
        return FeasibilityWeightedAcquisition(
            acquisition,
            LogProbabilityOfFeasibility(models, self.state.goal.outcome_constraints),
            is_logarithmic=self.spec.name.startswith(("Log", "qLog")),
            has_gradients=all(m.capabilities.gradients for m in models),
        )

    def takes(self, name: str) -> bool:
        """Return whether the acquisition is to be given an argument."""
        takes, takes_any = accepted_arguments(self.spec.constructor)
        return name not in self.spec.options and (name in takes or (takes_any and name == "model"))

    def _arguments(self, model: Any) -> dict[str, Any]:
        """Return what the experiment gives, by name of the argument."""
        goal, state = self.state.goal, self.state
        values, feasible = state.expect_objectives()
        good = values[feasible] if feasible.any() else values
        many = len(goal.objectives) > 1
        self._check_goal(many=many)
        given: dict[str, Any] = {
            "model": model,
            "X_baseline": self._tensor(state.observed),
            "X_pending": self._tensor(np.array(self.pending)) if self.pending else None,
            "candidate_set": self._tensor(np.vstack([state.observed, self.spread])),
            "mc_points": self._tensor(self.spread[:INTEGRAL_ROWS]),
            "bounds": self._tensor(np.array([[0.0], [1.0]]).repeat(state.observed.shape[1], 1)),
            "sampler": self._sampler(model),
            "constraints": [self._callable(c) for c in goal.outcome_constraints] or None,
        }
        if many:
            reference = state.infer_reference(good)
            given["ref_point"] = self._tensor(reference)
            given["objective"] = self._objectives()
            if self.takes("partitioning"):
                from botorch.utils.multi_objective.box_decompositions.non_dominated import FastNondominatedPartitioning

                given["partitioning"] = FastNondominatedPartitioning(self._tensor(reference), self._tensor(good))
            return given
        given["best_f"] = float(good.max() if feasible.any() else good.min())
        given["objective"] = self._objective(float(values.min()))
        if not self.takes("objective") and self.changes_outputs():
            given["posterior_transform"] = self._posterior_transform()
        return given

    def _check_goal(self, *, many: bool) -> None:
        """Hold the acquisition to the goal.

        Raises:
            UnsupportedError: If it cannot take it in.
        """
        goal, name = self.state.goal, self.spec.name
        takes_many = self.takes("ref_point") or self.takes("scalarization_weights")
        if many and not takes_many and not self.takes("mc_points"):
            raise UnsupportedError(
                f"the acquisition {name} has no ref_point, and the goal has {len(goal.objectives)} objectives: choose "
                "one such as qLogNoisyExpectedHypervolumeImprovement."
            )
        if not many and takes_many:
            raise UnsupportedError(f"the acquisition {name} is for several objectives, and the goal has one.")

    def changes_outputs(self) -> bool:
        """Whether the objective is anything but the one output as it is."""
        seen = self.list_seen()
        return len(seen) > 1 or self.state.goal.objectives[0] != LinearOutcome(((seen[0], 1.0),))

    def _weights(self, outcome: LinearOutcome) -> Any:
        weights = np.zeros(len(self.state.models))
        for i, w in outcome.terms:
            weights[i] += w
        return self._tensor(weights)

    def _callable(self, outcome: LinearOutcome) -> Callable[[Any], Any]:
        weights, offset = self._weights(outcome), outcome.offset
        return lambda samples: samples @ weights + offset

    def _objective(self, worst: float) -> Any:
        """Return the objective in draws; where the acquisition takes no constraints they are in it."""
        from botorch.acquisition.objective import ConstrainedMCObjective, GenericMCObjective

        goal = self.state.goal
        weigh = self._callable(goal.objectives[0])

        def plain(samples: Any, X: Any = None) -> Any:
            return weigh(samples)

        if not goal.outcome_constraints or self.takes("constraints"):
            return GenericMCObjective(plain)
        constraints = [self._callable(c) for c in goal.outcome_constraints]
        return ConstrainedMCObjective(plain, constraints, infeasible_cost=price_infeasible(worst))

    def _objectives(self) -> Any:
        from botorch.acquisition.multi_objective.objective import GenericMCMultiOutputObjective

        parts = [self._callable(o) for o in self.state.goal.objectives]

        def evaluate(samples: Any, X: Any = None) -> Any:
            import torch

            return torch.stack([part(samples) for part in parts], dim=-1)

        return GenericMCMultiOutputObjective(evaluate)

    def _posterior_transform(self) -> Any:
        from botorch.acquisition.objective import ScalarizedPosteriorTransform

        outcome = self.state.goal.objectives[0]
        return ScalarizedPosteriorTransform(self._weights(outcome)[self.list_seen()], outcome.offset)

    def _sampler(self, model: Any) -> Any:
        draws = self.count_draws()
        if draws is None:
            return None
        import torch
        from botorch.sampling.get_sampler import get_sampler

        with torch.no_grad():
            posterior = model.posterior(self._tensor(self.state.observed[:1]))
        return get_sampler(posterior, torch.Size([draws]), seed=self.seed)

    def _tensor(self, values: Array) -> Any:
        import torch

        return torch.tensor(values, dtype=torch.float64, device=self.device)

    def _settle(self, function: Any, model: Any) -> Callable[[Any], Any]:
        """Return the acquisition of one row; what a one-shot one would optimise besides is chosen among spread rows."""
        from botorch.acquisition.acquisition import OneShotAcquisitionFunction

        if not callable(function):
            raise ModelError(f"{self.spec.name} returned {type(function).__name__}: return a BoTorch acquisition.")
        if self.device is not None and callable(getattr(function, "to", None)):
            function = function.to(self.device)
        if not isinstance(function, OneShotAcquisitionFunction):
            return function  # type: ignore[no-any-return] # BoTorch's classes are typed loosely
        candidates = self._tensor(np.vstack([self.state.build().seeds, self.spread[:INTEGRAL_ROWS]]))
        return lambda rows: _score_one_shot(function, model, rows, candidates)


def _score_one_shot(function: Any, model: Any, rows: Any, candidates: Any) -> Any:
    """Return the knowledge gradient with the best point after each fantasy chosen among candidates.

    By the envelope theorem the gradient is that with these points held.
    """
    import torch

    with torch.no_grad():
        imagined = model.fantasize(rows.detach(), sampler=function.sampler)
        found = imagined.posterior(candidates).mean  # f x b x k x m
        values = found[..., 0] if function.objective is None else function.objective(found)
        best = candidates[values.argmax(-1)].movedim(0, -2)  # b x f x d
    return function(torch.cat([rows, best], dim=-2))


def begin_torch_search(request: GenerationRequest, state: SearchState, device: str | None) -> TorchBuilder:
    """Return the builder of the acquisition that the experiment's options name.

    Args:
        request: The state that suggestions are made from.
        state: The goal and the models.
        device: Where tensors lie; ``None`` for the CPU.

    Raises:
        NotConfiguredError: If the acquisition is not registered in this process.
        UserInputError: If it does not take its options.
    """
    part = request.options.acquisition
    assert part is not None
    rng = np.random.default_rng([request.view.seed, request.index, 1])
    spread = spread_rows(request.region(), rng, _SPREAD)
    return TorchBuilder(
        spec=resolve_acquisition(part),
        state=state,
        spread=spread if len(spread) else state.observed,
        seed=int(rng.integers(2**30)),
        device=device,
    )
