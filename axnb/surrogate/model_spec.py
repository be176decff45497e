"""Which model explains the results: a BoTorch or GPyTorch model of a user's, or one of ours by name.

PyTorch is not imported here: a specification is made, recorded and compared without it.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from axnb.errors import UnknownNameError, UserInputError, listing, near_miss, shown
from axnb.problem.generation import PartSpec
from axnb.problem.parts import PartRegistry
from axnb.surrogate import model_library

GIVEN = ("train_X", "train_Y", "train_Yvar", "cat_dims")
"""What a model's constructor is given where it has an argument of that name."""


def accepted_arguments(constructor: Callable[..., Any]) -> tuple[dict[str, bool], bool]:
    """Return the names of a callable's arguments with whether they are needed, and whether it takes any others.

    Raises:
        UserInputError: If its signature cannot be read.
    """
    try:
        parameters = inspect.signature(constructor).parameters.values()
    except (TypeError, ValueError) as error:
        raise UserInputError(
            f"the signature of {shown(constructor)} cannot be read ({error}): wrap it in a function of your own."
        ) from error
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    takes = {p.name: p.default is inspect.Parameter.empty for p in parameters if p.kind in named}
    return takes, any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)


def check_options(kind: str, constructor: Any, options: Mapping[str, Any], given: tuple[str, ...]) -> None:
    """Hold options to the signature of what they are for.

    Args:
        kind: What is made, for errors.
        constructor: The class or function.
        options: The options.
        given: Names of arguments that come from the experiment.

    Raises:
        UnknownNameError: If it has no argument of an option's name.
        UserInputError: If it cannot be called, or needs an argument that nobody gives.
    """
    if not callable(constructor):
        raise UserInputError(f"a {kind} must be a class or a function that makes it, got {shown(constructor)}.")
    takes, takes_any = accepted_arguments(constructor)
    name = part_name(constructor)
    for option in options:
        if option not in takes and not takes_any:
            hint = near_miss(option, takes)
            raise UnknownNameError(f"{name} has no argument {option!r}; it has {listing(takes, 20)}.{hint}")
    lacking = [n for n, needed in takes.items() if needed and n not in options and n not in given]
    if lacking:
        raise UserInputError(
            f"{name} needs {listing(lacking)}, which comes neither from the experiment ({', '.join(given)}) nor from "
            f"the options: add options={{{lacking[0]!r}: …}}."
        )


def part_name(constructor: Any) -> str:
    """Return the short name of a class or function."""
    return str(getattr(constructor, "__name__", type(constructor).__name__))


def describe(error: Exception) -> str:
    """Return what a part of a user's raised, for a message."""
    return f"{type(error).__name__}: {shown(error, 400, str).rstrip('. ')}"


@dataclass(frozen=True, slots=True, eq=False)
class ModelSpec:
    """A model of one metric and how it is fitted.

    Args:
        constructor: A BoTorch model class, or a function that returns a model, fitted or not. It is given what it has
            arguments for of ``train_X`` (`n x d`, rows of the unit cube), ``train_Y`` (`n x 1`), ``train_Yvar``
            (`n x 1`, only where every standard error is known) and ``cat_dims`` (columns of unordered choices).
        options: Further arguments, such as a kernel, a prior, or input and outcome transforms; each model gets copies.
        fit: Fits a model in place; by default BoTorch's own way for its class, and nothing for one without likelihood.
        standardize: Whether the model sees outcomes moved and stretched to mean 0 and deviation 1; otherwise their own
            units.

    Raises:
        UnknownNameError: If the constructor has no argument of an option's name.
        UserInputError: If it is no class or function, or needs an argument that nobody gives.

    Example:
        >>> def make(train_X, train_Y, nu=2.5): ...
        >>> ModelSpec(make, {"nu": 1.5}).name
        'make'
        >>> ModelSpec(make, {"nuu": 1.5})
        Traceback (most recent call last):
            ...
        axnb.errors.UnknownNameError: make has no argument 'nuu'; it has 'train_X', 'train_Y', 'nu'. Did you mean 'nu'?
    """

    constructor: Callable[..., Any]
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    fit: Callable[[Any], object] | None = None
    standardize: bool = True

    def __post_init__(self) -> None:
        check_options("model", self.constructor, self.options, GIVEN)
        if self.fit is not None and not callable(self.fit):
            raise UserInputError(f"fit must be a function of a model, got {shown(self.fit)}.")
        object.__setattr__(self, "options", MappingProxyType(dict(self.options)))

    @property
    def name(self) -> str:
        """The constructor's name."""
        return part_name(self.constructor)


def _as_spec(part: object) -> ModelSpec:
    return part if isinstance(part, ModelSpec) else ModelSpec(part)  # type: ignore[arg-type] # it checks


MODELS: PartRegistry[ModelSpec] = PartRegistry(
    "model", "register_model", _as_spec, {n: ModelSpec(f) for n, f in model_library.BUILT_IN.items()}
)


def register_model(name: str, model: Callable[..., Any] | ModelSpec) -> None:
    """Give a model of your own a name, by which experiments keep it and find it again after loading.

    Args:
        name: The name.
        model: A BoTorch model class, a function that makes a model, or a `ModelSpec` of either.

    Raises:
        UserInputError: If the name is no text or one of ours, or the model cannot be used.
    """
    MODELS.add(name, model)


def resolve_model(part: PartSpec) -> ModelSpec:
    """Return the model that a name and arguments stand for.

    Raises:
        NotConfiguredError: If it is not registered in this process.
        UserInputError: If it does not take the arguments.
    """
    spec = MODELS.find(part)
    return replace(spec, options={**spec.options, **dict(part.arguments)}) if part.arguments else spec
