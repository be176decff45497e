"""What a generator is asked, and what it answers."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from axnb.errors import NotConfiguredError
from axnb.problem.parameters import ParameterValue
from axnb.problem.space import Parameterization, SearchSpace
from axnb.record.experiment import ExperimentView
from axnb.record.trial import Provenance, TrialStatus
from axnb.suggest.modelling import is_member
from axnb.suggest.optimize import Region
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
class Request:
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
    """

    view: ExperimentView
    space: SearchSpace
    encoder: Encoder
    fixed: Array
    taken: Array
    failed: Array
    position: int
    index: int

    def region(self, seeds: Array | None = None, *, retry_failed: bool = False) -> Region:
        """Return where to look.

        Args:
            seeds: Promising rows.
            retry_failed: Whether failed rows may be tried again.
        """
        none = np.zeros((0, self.encoder.dimension))
        taken = self.taken if retry_failed else np.vstack([self.taken, self.failed])
        return Region(encoder=self.encoder, fixed=self.fixed, taken=taken, seeds=none if seeds is None else seeds)

    def after(self, suggestion: Suggestion) -> "Request":
        """Return the request as it is once a suggestion has been made."""
        row = self.encoder.encode([suggestion.parameters])
        used = suggestion.provenance.position
        return replace(
            self,
            taken=np.vstack([self.taken, row]),
            position=self.position if used is None else max(self.position, used + 1),
            index=self.index + 1,
        )

    def stream(self) -> np.random.Generator:
        """Return the source of random numbers for the next trial."""
        return np.random.default_rng([self.view.seed, self.index])

    def parameters(self, row: Array) -> dict[str, ParameterValue]:
        """Return the parameterization of a row."""
        return self.encoder.decode(row[None])[0]


class Generator(Protocol):
    """Makes suggestions in one way."""

    def generate(self, request: Request, n: int) -> list[Suggestion]:
        """Return up to ``n`` suggestions, fewer only where nothing new is left."""
        ...


def make_request(view: ExperimentView, fixed_parameters: Parameterization | None) -> Request:
    """Return the request for an experiment's state.

    Raises:
        NotConfiguredError: If there is no search space.
        UnknownNameError: If a fixed parameter does not exist.
        UserInputError: If its value is not allowed.
    """
    space = view.search_space
    if space is None:
        raise NotConfiguredError("there is no search space yet: call configure_experiment first.")
    encoder = Encoder(space)
    values = space.validate_some(fixed_parameters or {})
    fixed = np.array([c.encode(values[c.name]) if c.name in values else np.nan for c in encoder.columns])
    taken: list[Parameterization] = []
    failed: list[Parameterization] = []
    for trial in view.trials.values():
        rows = failed if trial.status is TrialStatus.FAILED else taken
        rows += [dict(arm.parameters) for arm in trial.arms if is_member(space, arm)]
    return Request(
        view=view,
        space=space,
        encoder=encoder,
        fixed=fixed,
        taken=encoder.encode(taken),
        failed=encoder.encode(failed),
        position=view.next_position,
        index=view.next_index,
    )
