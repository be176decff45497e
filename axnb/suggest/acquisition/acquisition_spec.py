"""Which acquisition is maximised: a BoTorch class or a function of a user's, or one of ours by name.

PyTorch is not imported here: a specification is made, recorded and compared without it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from axnb.problem.generation import PartSpec
from axnb.problem.parts import PartRegistry
from axnb.suggest.acquisition import acquisition_library as library
from axnb.surrogate.model_spec import check_options, part_name

GIVEN = (
    "model",
    "best_f",
    "X_baseline",
    "X_pending",
    "objective",
    "posterior_transform",
    "constraints",
    "sampler",
    "ref_point",
    "partitioning",
    "candidate_set",
    "mc_points",
    "bounds",
)
"""What an acquisition's constructor is given where it has an argument of that name."""


@dataclass(frozen=True, slots=True, eq=False)
class AcquisitionSpec:
    """An acquisition and its options.

    Args:
        constructor: A BoTorch acquisition class, or a function that returns an acquisition. It is given what it has
            arguments for: ``model`` (one output a metric, rows of the unit cube, the models' scales), ``best_f``,
            ``objective`` or ``posterior_transform`` (the experiment's objectives, large wanted), ``constraints``
            (outcome constraints, feasible up to 0), ``X_baseline`` (rows with results), ``X_pending`` (rows whose
            results are awaited), ``sampler``, ``ref_point``, ``partitioning``, ``candidate_set`` and ``mc_points``
            (rows spread over what is allowed), ``bounds``.
        options: Further arguments, or others than the experiment's.

    Raises:
        UnknownNameError: If the constructor has no argument of an option's name.
        UserInputError: If it is no class or function, or needs an argument that nobody gives.

    Example:
        >>> def make(model, beta): ...
        >>> AcquisitionSpec(make, {"beta": 2.0}).name
        'make'
        >>> AcquisitionSpec(make)
        Traceback (most recent call last):
            ...
        axnb.errors.UserInputError: make needs 'beta', ... add options={'beta': …}.
    """

    constructor: Callable[..., Any]
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        check_options("acquisition", self.constructor, self.options, GIVEN)
        object.__setattr__(self, "options", MappingProxyType(dict(self.options)))

    @property
    def name(self) -> str:
        """The constructor's name."""
        return part_name(self.constructor)


def _as_spec(part: object) -> AcquisitionSpec:
    return part if isinstance(part, AcquisitionSpec) else AcquisitionSpec(part)  # type: ignore[arg-type] # it checks


ACQUISITIONS: PartRegistry[AcquisitionSpec] = PartRegistry(
    "acquisition",
    "register_acquisition",
    _as_spec,
    {name: AcquisitionSpec(make) for name, make in library.BUILT_IN.items()},
)


def register_acquisition(name: str, acquisition: Callable[..., Any] | AcquisitionSpec) -> None:
    """Give an acquisition of your own a name, by which experiments keep it and find it again after loading.

    Args:
        name: The name.
        acquisition: A BoTorch acquisition class, a function that makes one, or an `AcquisitionSpec` of either.

    Raises:
        UserInputError: If the name is no text or one of ours, or the acquisition cannot be used.
    """
    ACQUISITIONS.add(name, acquisition)


def resolve_acquisition(part: PartSpec) -> AcquisitionSpec:
    """Return the acquisition that a name and arguments stand for.

    Raises:
        NotConfiguredError: If it is not registered in this process.
        UserInputError: If it does not take the arguments.
    """
    spec = ACQUISITIONS.find(part)
    return replace(spec, options={**spec.options, **dict(part.arguments)}) if part.arguments else spec
