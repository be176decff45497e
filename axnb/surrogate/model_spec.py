"""Which model explains the results: a BoTorch or GPyTorch model of a user's, or one of ours by name.

PyTorch is not imported here: a specification is made, recorded and compared without it.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

from axnb.errors import UnknownNameError, UserInputError, listing, near_miss, shown
from axnb.problem.generation import PartSpec
from axnb.problem.parameters import whole
from axnb.problem.parts import PartRegistry
from axnb.surrogate import model_library

GIVEN = ("train_X", "train_Y", "train_Yvar", "cat_dims")
"""What a model's constructor is given where it has an argument of that name."""

NAMES_OF_COLUMNS = ("task_feature", "iteration_fidelity", "data_fidelities", "cat_dims")
"""Options of BoTorch's models that number columns; names of parameters are taken too."""


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
            ``task_feature``, ``iteration_fidelity``, ``data_fidelities`` and ``cat_dims`` may name parameters.
        fit: Fits a model in place; by default BoTorch's own way for its class, and nothing for one without likelihood.
        standardize: Whether the model sees outcomes moved and stretched to mean 0 and deviation 1; otherwise their own
            units.
        transforms: BoTorch's input and outcome transforms, applied in this order; classes and functions are made with
            what they need of ``d``, ``m``, ``indices`` (columns with an order) and ``bounds``. Outcome transforms see
            the metric's own units, and with ``standardize`` BoTorch's `Standardize` follows.
        joint: Whether one model explains all metrics: it is given `n x m` of ``train_Y``; or, where it has an argument
            ``task_feature``, each metric is a task.

    What is done where nothing is said:

    ==================  ============================================================================================
    inputs              rows of the unit cube, by the parameters' scales; a choice without order is one column
    outcomes            moved and stretched to mean 0 and deviation 1 (``standardize``)
    noise               as given, where every result has a standard error; otherwise as the model infers it
    transforms, kernel  the model class's own
    fit                 marginal likelihood by L-BFGS-B; NUTS for a fully Bayesian model; none without likelihood
    ==================  ============================================================================================

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
    transforms: tuple[Any, ...] = ()
    joint: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "transforms", tuple(self.transforms))
        given = (*GIVEN, "task_feature") if self.joint else GIVEN
        check_options("model", self.constructor, self.options, given)
        if self.fit is not None and not callable(self.fit):
            raise UserInputError(f"fit must be a function of a model, got {shown(self.fit)}.")
        object.__setattr__(self, "options", MappingProxyType(dict(self.options)))

    @property
    def name(self) -> str:
        """The constructor's name."""
        return part_name(self.constructor)


@dataclass(frozen=True, slots=True, eq=False)
class ModelChoice:
    """Several models, of which each metric gets the one that predicts it best.

    Args:
        models: The models to choose from; a class or function stands for its `ModelSpec`.
        criterion: By what they are compared, each result predicted without itself: Spearman's rank correlation, the
            mean squared error, or the mean log density. With hyperparameters kept where the model has leave-one-out in
            closed form; otherwise by fits to parts of the results.
        metric_models: For some metrics others to choose from.
        num_folds: Number of parts.

    Raises:
        UserInputError: If there is no model, the criterion does not exist, or a model is joint.

    Example:
        >>> def smooth(train_X, train_Y): ...
        >>> def rough(train_X, train_Y): ...
        >>> ModelChoice((smooth, rough), "mean_squared_error").name
        'smooth or rough'
    """

    models: tuple[ModelSpec, ...]
    criterion: Literal["rank_correlation", "mean_squared_error", "log_likelihood"] = "rank_correlation"
    metric_models: Mapping[str, tuple[ModelSpec, ...]] = field(default_factory=lambda: MappingProxyType({}))
    num_folds: int = 10

    def __post_init__(self) -> None:
        if self.criterion not in CRITERIA:
            hint = near_miss(shown(self.criterion, how=str), CRITERIA)
            raise UserInputError(
                f"the criterion must be one of {listing(CRITERIA)}, got {shown(self.criterion)}.{hint}"
            )
        object.__setattr__(self, "num_folds", whole("num_folds", self.num_folds, 2))
        object.__setattr__(self, "models", _list_models(self.models))
        own = {name: _list_models(models) for name, models in self.metric_models.items()}
        object.__setattr__(self, "metric_models", MappingProxyType(own))

    @property
    def name(self) -> str:
        """The models' names."""
        return " or ".join(m.name for m in self.models)

    def list_models(self, metric: str) -> tuple[ModelSpec, ...]:
        """Return the models that a metric may get."""
        return self.metric_models.get(metric, self.models)


CRITERIA = ("rank_correlation", "mean_squared_error", "log_likelihood")
"""By what models may be compared."""


def _list_models(models: object) -> tuple[ModelSpec, ...]:
    found = tuple(m if isinstance(m, ModelSpec) else ModelSpec(m) for m in _listed(models))
    if not found or any(m.joint for m in found):
        raise UserInputError(
            f"a choice needs one or more models of one metric each, got {[m.name for m in found]}: leave "
            "out joint=True."
        )
    return found


def _listed(models: object) -> Sequence[Any]:
    return models if isinstance(models, list | tuple) else (models,)


def as_model(part: object) -> ModelSpec | ModelChoice:
    """Return the specification of a model that is given as a class, a function, a specification, or several of these.

    Raises:
        UserInputError: If it cannot be used.
    """
    if isinstance(part, ModelSpec | ModelChoice):
        return part
    return ModelChoice(tuple(part)) if isinstance(part, list | tuple) else ModelSpec(part)  # type: ignore[arg-type] # it checks


MODELS: PartRegistry[ModelSpec | ModelChoice] = PartRegistry(
    "model", "register_model", as_model, {n: ModelSpec(f) for n, f in model_library.BUILT_IN.items()}
)


def register_model(name: str, model: Callable[..., Any] | ModelSpec | ModelChoice) -> None:
    """Give a model of your own a name, by which experiments keep it and find it again after loading.

    Args:
        name: The name.
        model: A BoTorch model class, a function that makes a model, a `ModelSpec` of either, or a `ModelChoice`.

    Raises:
        UserInputError: If the name is no text or one of ours, or the model cannot be used.
    """
    MODELS.add(name, model)


def resolve_model(part: PartSpec) -> ModelSpec | ModelChoice:
    """Return the model that a name and arguments stand for.

    Raises:
        NotConfiguredError: If it is not registered in this process.
        UserInputError: If it does not take the arguments.
    """
    spec = MODELS.find(part)
    if not part.arguments:
        return spec
    if isinstance(spec, ModelChoice):
        raise UserInputError(f"the model {part.name!r} is a choice of several and takes no arguments.")
    return replace(spec, options={**spec.options, **dict(part.arguments)})


def add_transforms(spec: ModelSpec | ModelChoice, transforms: Sequence[object]) -> ModelSpec | ModelChoice:
    """Return a model, or a choice of several, that sees inputs and outcomes through BoTorch's transforms too.

    Args:
        spec: The model.
        transforms: Input and outcome transforms, in the order in which they are applied.
    """
    if isinstance(spec, ModelSpec):
        return replace(spec, transforms=(*spec.transforms, *transforms))
    more = {name: tuple(_add_to_each(models, transforms)) for name, models in spec.metric_models.items()}
    return replace(spec, models=tuple(_add_to_each(spec.models, transforms)), metric_models=more)


def _add_to_each(models: Sequence[ModelSpec], transforms: Sequence[object]) -> list[ModelSpec]:
    return [replace(m, transforms=(*m.transforms, *transforms)) for m in models]
