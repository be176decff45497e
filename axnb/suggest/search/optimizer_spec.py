"""What maximises the acquisition: our search, or a function of a user's that is held to the region."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from axnb.errors import AxnbError, ModelError
from axnb.problem.generation import PartSpec
from axnb.problem.parts import PartRegistry
from axnb.suggest.acquisition.base import Acquisition
from axnb.suggest.search.optimize import Region, SearchOptions, maximise
from axnb.suggest.search.trust_region import search_trust_region
from axnb.surrogate.kernels import Array
from axnb.surrogate.model_spec import check_options, describe, part_name


@dataclass(frozen=True, slots=True, eq=False)
class OptimizerSpec:
    """A function that maximises an acquisition, with its options.

    Args:
        constructor: Called with ``acquisition`` (`value` and `value_and_gradient` of rows `q x d` of the unit cube),
            ``region`` (`project`, `is_allowed`, `is_new`, `seeds`, `fixed`, …) and ``rng``, and returns a row `d`. The
            row is projected onto the region.
        options: Further arguments.

    Raises:
        UnknownNameError: If the function has no argument of an option's name.
        UserInputError: If it is no function, or needs an argument that nobody gives.
    """

    constructor: Callable[..., Any]
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        check_options("optimizer", self.constructor, self.options, ("acquisition", "region", "rng"))
        object.__setattr__(self, "options", MappingProxyType(dict(self.options)))

    @property
    def name(self) -> str:
        """The function's name."""
        return part_name(self.constructor)


def _as_spec(part: object) -> OptimizerSpec:
    return part if isinstance(part, OptimizerSpec) else OptimizerSpec(part)  # type: ignore[arg-type] # it checks


TRUST_REGION = "trust_region"
"""The name of our search in a box around the best point."""

OPTIMIZERS: PartRegistry[OptimizerSpec] = PartRegistry(
    "optimizer", "register_optimizer", _as_spec, {TRUST_REGION: OptimizerSpec(search_trust_region)}
)


def register_optimizer(name: str, optimizer: Callable[..., Any] | OptimizerSpec) -> None:
    """Give an optimiser of your own a name, by which experiments keep it and find it again after loading.

    Args:
        name: The name.
        optimizer: A function of acquisition, region and source of random numbers, or an `OptimizerSpec` of one.

    Raises:
        UserInputError: If the name is no text, or the optimiser cannot be used.
    """
    OPTIMIZERS.add(name, optimizer)


def resolve_optimizer(part: PartSpec) -> OptimizerSpec:
    """Return the optimiser that a name and arguments stand for.

    Raises:
        NotConfiguredError: If it is not registered in this process.
        UserInputError: If it does not take the arguments.
    """
    spec = OPTIMIZERS.find(part)
    return replace(spec, options={**spec.options, **dict(part.arguments)}) if part.arguments else spec


def maximise_by(
    part: PartSpec,
    acquisition: Acquisition,
    region: Region,
    rng: np.random.Generator,
    options: SearchOptions | None = None,
) -> tuple[Array, float] | None:
    """Return the row that a user's optimiser finds and its score; where it was tried before, our search looks.

    Args:
        part: The optimiser.
        acquisition: What to maximise.
        region: Where.
        rng: Source of random numbers.
        options: How hard our search tries.

    Raises:
        NotConfiguredError: If the optimiser is not registered in this process.
        ModelError: If it raises, or returns no allowed row.
    """
    spec = resolve_optimizer(part)
    d = region.encoder.dimension
    try:
        found = np.asarray(spec.constructor(acquisition=acquisition, region=region, rng=rng, **spec.options), float)
    except (AxnbError, MemoryError):
        raise
    except Exception as error:  # a user's part may raise anything
        raise ModelError(
            f"the optimizer {spec.name} raised {describe(error)}. It was given an acquisition over {d} "
            "columns. Mend it, or go back with configure_generation_strategy(optimizer=None)."
        ) from error
    if found.shape != (d,) or not np.isfinite(found).all():
        raise ModelError(
            f"the optimizer {spec.name} returned numbers of shape {found.shape}, expected one row of shape ({d},) of "
            "finite numbers from 0 to 1."
        )
    row = region.project(found[None])
    if not region.is_allowed(row)[0]:
        raise ModelError(
            f"the optimizer {spec.name} returned {np.round(row[0], 4).tolist()}, which the constraints do not allow: "
            "keep to rows for which region.is_allowed holds."
        )
    if not region.is_new(row)[0]:
        return maximise(acquisition, region, rng, options)
    return row[0], float(acquisition.value(row)[0])
