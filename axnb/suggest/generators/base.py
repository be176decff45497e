"""What a generator is asked, and what it answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from axnb.errors import NotConfiguredError, UserInputError, listing
from axnb.problem.generation import DEFAULT_OPTIONS, GenerationOptions
from axnb.problem.parameters import ParameterValue, to_float
from axnb.problem.space import Parameterization, SearchSpace
from axnb.record.experiment import ExperimentView, arm_results
from axnb.record.trial import Provenance
from axnb.suggest.search.optimize import Region
from axnb.surrogate.encoder import Encoder
from axnb.surrogate.kernels import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A parameterization to try next and where it came from.

    Args:
        parameters: A value for every parameter.
        provenance: Its origin.
    """

    parameters: dict[str, ParameterValue]
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GenerationRequest:
    """The state that suggestions are made from.

    Args:
        view: The experiment.
        space: Its search space.
        encoder: From parameterizations to rows and back.
        fixed: `d`, the coordinate of each column held fixed, NaN for the others.
        taken: `n x d`, rows that were tried, are running or were abandoned, and those of this request so far.
        failed: `n x d`, rows that failed; tried again only where nothing else is left.
        position: Next position in the quasi-random sequence.
        index: Index of the next trial.
        nonlinear_constraints: Functions that must allow a suggestion.
        near: A point near which to look, and how near.
    """

    view: ExperimentView
    space: SearchSpace
    encoder: Encoder
    fixed: Array
    taken: Array
    failed: Array
    position: int
    index: int
    nonlinear_constraints: tuple[Callable[[Parameterization], object], ...] = ()
    near: tuple[Parameterization, float] | None = None

    def region(self, seeds: Array | None = None, *, retry_failed: bool = False) -> Region:
        """Return where to look.

        Args:
            seeds: Promising rows.
            retry_failed: Whether failed rows may be tried again.
        """
        none = np.zeros((0, self.encoder.dimension))
        taken = self.taken if retry_failed else np.vstack([self.taken, self.failed])
        seeds = none if seeds is None else seeds
        region = Region(encoder=self.encoder, fixed=self.fixed, taken=taken, seeds=seeds)
        if not (self.space.has_rules or self.nonlinear_constraints or self.near):
            return region
        from axnb.suggest.search.restrictions import build_restrictions, narrow_encoder

        found = build_restrictions(self.encoder, self.fixed, self.nonlinear_constraints, self.near)
        return replace(region, encoder=narrow_encoder(found), restrictions=found)

    def agrees(self, X: Array) -> NDArray[np.bool_]:
        """Return which rows the nonlinear constraints allow.

        Raises:
            UserInputError: If one fails, or gives neither a truth value nor a number.
        """
        if not self.nonlinear_constraints:
            return np.ones(len(X), dtype=bool)
        from axnb.suggest.search.restrictions import agree

        return agree(self.nonlinear_constraints, self.encoder, X)

    def after(self, suggestion: Suggestion) -> "GenerationRequest":
        """Return the request as it is once a suggestion has been made."""
        row = self.encoder.encode([suggestion.parameters])
        used = suggestion.provenance.position
        return replace(
            self,
            taken=np.vstack([self.taken, row]),
            position=self.position if used is None else max(self.position, used + 1),
            index=self.index + 1,
        )

    @property
    def options(self) -> GenerationOptions:
        """How suggestions should be made."""
        return self.view.generation or DEFAULT_OPTIONS

    def stream(self) -> np.random.Generator:
        """Return the source of random numbers for the next trial."""
        return np.random.default_rng([self.view.seed, self.index])

    def parameters(self, row: Array) -> dict[str, ParameterValue]:
        """Return the parameterization of a row."""
        return self.encoder.decode(row[None])[0]


class Generator(Protocol):
    """Makes suggestions in one way."""

    def generate(self, request: GenerationRequest, n: int) -> list[Suggestion]:
        """Return up to ``n`` suggestions, fewer only where nothing new is left."""
        ...


def build_request(
    view: ExperimentView,
    fixed_parameters: Parameterization | None,
    near: tuple[Parameterization, float] | None = None,
    nonlinear_constraints: Sequence[Callable[[Parameterization], object]] = (),
) -> GenerationRequest:
    """Return the request for an experiment's state.

    Args:
        view: The experiment.
        fixed_parameters: Values of parameters to hold fixed.
        near: A point near which to look, and how far from it as a share of each parameter's range, up to 1.
        nonlinear_constraints: Functions of a parameterization that must all be true, or at least 0, where it is
            allowed.

    Raises:
        NotConfiguredError: If there is no search space.
        UnknownNameError: If a fixed parameter does not exist.
        UserInputError: If its value is not allowed.
    """
    space = view.search_space
    if space is None:
        raise NotConfiguredError("there is no search space yet: call configure_experiment first.")
    encoder = Encoder(space)
    values = dict(space.disabled) | space.validate_some(fixed_parameters or {})
    fixed = np.array([c.encode(values[c.name]) if c.name in values else np.nan for c in encoder.columns])
    taken: list[Parameterization] = []
    failed: list[Parameterization] = []
    for result in arm_results(view):
        if space.is_member(result.parameters):
            (failed if result.status.is_failed else taken).append(result.parameters)
    return GenerationRequest(
        view=view,
        space=space,
        encoder=encoder,
        fixed=fixed,
        taken=encoder.encode(taken),
        failed=encoder.encode(failed),
        position=view.next_position,
        index=view.next_index,
        nonlinear_constraints=tuple(nonlinear_constraints),
        near=None if near is None else _check_near(space, near),
    )


def _check_near(space: SearchSpace, near: tuple[Parameterization, float]) -> tuple[Parameterization, float]:
    if not isinstance(near, tuple) or len(near) != 2 or not 0.0 < to_float(near[1]) <= 1.0:
        raise UserInputError(
            f"near must be a pair of parameterization and radius, the latter above 0 and up to 1, got {near!r}."
        )
    point = space.validate_some(near[0])
    missing = [p.name for p in space.tunable if p.name in space.active(point) and p.name not in point]
    if missing:
        raise UserInputError(f"the point to stay near lacks {listing(missing)}: give a value for every parameter.")
    return point, to_float(near[1])
