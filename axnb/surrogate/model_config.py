"""Models said by classes and their options, as Ax's modular BoTorch interface has it, and dispatch by model class.

PyTorch is imported inside the functions only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from axnb.errors import UnsupportedError, UserInputError, listing, shown
from axnb.surrogate.model_inputs import ModelColumns, build_transform, move_modules
from axnb.surrogate.model_spec import MODELS, ModelChoice, ModelSpec, accepted_arguments, part_name

DEFAULT = "default"
"""Stands for what is done where nothing is said."""

EVAL_CRITERIA = {
    "Rank correlation": "rank_correlation",
    "MSE": "mean_squared_error",
    "Log likelihood": "log_likelihood",
}
"""By what models may be compared, under Ax's names."""


class ClassDispatcher:
    """Functions by the class that they are for; a subclass is served by its nearest ancestor's.

    Example:
        >>> describe = ClassDispatcher()
        >>> @describe.register(int)
        ... def _(value):
        ...     return f"a number {value}"
        >>> describe.find(bool)(True)
        'a number True'
    """

    def __init__(self) -> None:
        self._functions: dict[type, Callable[..., Any]] = {}

    def register(self, cls: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Return what gives a function to a class, as a decorator."""

        def keep(function: Callable[..., Any]) -> Callable[..., Any]:
            self._functions[cls] = function
            return function

        return keep

    def find(self, cls: type) -> Callable[..., Any] | None:
        """Return the function for a class; ``None`` where neither it nor an ancestor has one."""
        return next((self._functions[c] for c in cls.__mro__ if c in self._functions), None)


submodel_input_constructor = ClassDispatcher()
"""What a model class is made with, given it, its `ModelConfig`, a data set, `SearchSpaceDigest` and `Surrogate`."""

fit_botorch_model = ClassDispatcher()
"""How a model of a class is fitted in place, given the model, a class of marginal likelihood and its options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpaceDigest:
    """The columns that a model sees; all bounds are those of the unit cube.

    Args:
        feature_names: Names of the parameters.
        bounds: Pairs of lower and upper bound.
        categorical_features: Columns of choices without order.
    """

    feature_names: list[str]
    bounds: list[tuple[float, float]]
    categorical_features: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """A model by its class, and the classes of its parts, with options for each.

    Args:
        botorch_model_class: The model; BoTorch's own Gaussian process by default.
        model_options: Options of the model.
        mll_class: Marginal likelihood by which it is fitted; GPyTorch's exact one by default.
        mll_options: Its options; for a fully Bayesian model those of NUTS.
        input_transform_classes: Input transforms, in order; none by default: rows lie in the unit cube.
        input_transform_options: Their options, by the name of the class.
        outcome_transform_classes: Outcome transforms, in order; none by default: outcomes are standardized.
        outcome_transform_options: Their options, by the name of the class.
        covar_module_class: Kernel; it gets ``ard_num_dims`` unless the options say so.
        covar_module_options: Its options.
        likelihood_class: Likelihood.
        likelihood_options: Its options.
        name: What the model is called, in files too.

    Example:
        >>> ModelConfig(name="mine").name
        'mine'
    """

    botorch_model_class: Callable[..., Any] | None = None
    model_options: Mapping[str, Any] = field(default_factory=dict)
    mll_class: Callable[..., Any] | None = None
    mll_options: Mapping[str, Any] = field(default_factory=dict)
    input_transform_classes: Sequence[Any] | str | None = DEFAULT
    input_transform_options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    outcome_transform_classes: Sequence[Any] | None = None
    outcome_transform_options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    covar_module_class: Callable[..., Any] | None = None
    covar_module_options: Mapping[str, Any] = field(default_factory=dict)
    likelihood_class: Callable[..., Any] | None = None
    likelihood_options: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None

    def to_model(self) -> ModelSpec:
        """Return the model and how it is fitted."""

        def make(train_X: Any, train_Y: Any, train_Yvar: Any = None, cat_dims: Sequence[int] = ()) -> Any:
            return _make_configured(self, (train_X, train_Y, train_Yvar), list(cat_dims))

        def fit(model: Any) -> None:
            _fit_configured(self, model)

        cls = self.botorch_model_class
        make.__name__ = make.__qualname__ = self.name or ("SingleTaskGP" if cls is None else part_name(cls))
        return ModelSpec(make, fit=fit)


@dataclass(frozen=True, slots=True, kw_only=True)
class SurrogateSpec:
    """One or several models for the metrics, of which each gets the one that predicts it best.

    Args:
        model_configs: The models.
        metric_to_model_configs: For some metrics others.
        eval_criterion: By what they are compared: `"Rank correlation"`, `"MSE"` or `"Log likelihood"`.
        allow_batched_models: Taken for the sake of old code: each metric has a model of its own.
        num_folds: Number of parts, where a model has no leave-one-out in closed form.

    Raises:
        UnsupportedError: If there is no such criterion.
        UserInputError: If there is no model.
    """

    model_configs: Sequence[ModelConfig] = (ModelConfig(),)
    metric_to_model_configs: Mapping[str, Sequence[ModelConfig]] = field(default_factory=dict)
    eval_criterion: str = "Rank correlation"
    allow_batched_models: bool = True
    num_folds: int = 10

    def __post_init__(self) -> None:
        if self.eval_criterion not in EVAL_CRITERIA:
            raise UnsupportedError(
                f"models are compared by one of {listing(EVAL_CRITERIA)}, got {shown(self.eval_criterion)}."
            )
        if not self.model_configs:
            raise UserInputError("a SurrogateSpec needs one or more model_configs, got none.")

    def to_model(self) -> ModelSpec | ModelChoice:
        """Return the model, or the choice of several."""
        models = tuple(c.to_model() for c in self.model_configs)
        own = {name: tuple(c.to_model() for c in configs) for name, configs in self.metric_to_model_configs.items()}
        if len(models) == 1 and not own:
            return models[0]
        criterion: Any = EVAL_CRITERIA[self.eval_criterion]
        return ModelChoice(models, criterion, own, self.num_folds)


@dataclass(frozen=True, slots=True)
class Surrogate:
    """What a constructor of inputs is told of the models: how they were said.

    Args:
        surrogate_spec: That.
    """

    surrogate_spec: SurrogateSpec = field(default_factory=SurrogateSpec)


def register_config(config: ModelConfig | SurrogateSpec) -> str:
    """Return the name under which a model is registered: its own, where it has one that is not taken.

    Raises:
        UserInputError: If it cannot be used.
    """
    name = config.name if isinstance(config, ModelConfig) else None
    if name is None or name in MODELS.names:
        return MODELS.record(config.to_model()).name
    MODELS.add(name, config.to_model())
    return name


def _make_configured(config: ModelConfig, rows: tuple[Any, Any, Any], categorical: list[int]) -> Any:
    """Return the model of a configuration, not fitted yet."""
    from botorch.models.gp_regression import SingleTaskGP
    from botorch.models.gp_regression_mixed import MixedSingleTaskGP
    from botorch.utils.datasets import SupervisedDataset

    cls: Any = config.botorch_model_class or (MixedSingleTaskGP if categorical else SingleTaskGP)
    X, Y, Yvar = rows
    names = [f"x{j}" for j in range(X.shape[-1])]
    outcomes = [f"y{j}" for j in range(Y.shape[-1])]
    dataset = SupervisedDataset(X=X, Y=Y, Yvar=Yvar, feature_names=names, outcome_names=outcomes)
    digest = SearchSpaceDigest(feature_names=names, bounds=[(0.0, 1.0)] * len(names), categorical_features=categorical)
    construct = submodel_input_constructor.find(cls) if isinstance(cls, type) else None
    if construct is not None:
        spec = SurrogateSpec(model_configs=[config])
        given = construct(
            botorch_model_class=cls,
            model_config=config,
            dataset=dataset,
            search_space_digest=digest,
            surrogate=Surrogate(spec),
        )
        return cls(**given)
    return cls(**_construct_inputs(config, cls, dataset, digest))


def _construct_inputs(config: ModelConfig, cls: Any, dataset: Any, digest: SearchSpaceDigest) -> dict[str, Any]:
    """Return what a model class is made with, where nobody has said how."""
    takes, takes_any = accepted_arguments(cls)
    given: dict[str, Any] = {"train_X": dataset.X, "train_Y": dataset.Y, "train_Yvar": dataset.Yvar}
    given |= {"cat_dims": digest.categorical_features or None, "outcome_transform": None}
    given |= dict(config.model_options) | _make_parts(config, digest, dataset.Y.shape[-1])
    given = move_modules(given, dataset.X)
    asked = set(config.model_options) | {"covar_module", "likelihood", "input_transform"}
    is_taken = {k: k in takes or (takes_any and k in asked) for k in given}
    unknown = [k for k in given if not is_taken[k] and k in asked]
    if unknown:
        raise UserInputError(f"{part_name(cls)} has no argument {unknown[0]!r}; it has {listing(takes, 20)}.")
    keep = ("outcome_transform",)  # None says that there is none
    return {k: v for k, v in given.items() if is_taken[k] and (v is not None or k in keep)}


def _make_parts(config: ModelConfig, digest: SearchSpaceDigest, m: int) -> dict[str, Any]:
    """Return kernel, likelihood and transforms, as far as they are said."""
    from botorch.models.transforms.input import ChainedInputTransform
    from botorch.models.transforms.outcome import ChainedOutcomeTransform

    d = len(digest.feature_names)
    out: dict[str, Any] = {}
    if config.covar_module_class is not None:
        out["covar_module"] = config.covar_module_class(**({"ard_num_dims": d} | dict(config.covar_module_options)))
    if config.likelihood_class is not None:
        out["likelihood"] = config.likelihood_class(**config.likelihood_options)
    inputs = () if config.input_transform_classes in (DEFAULT, None) else config.input_transform_classes
    for name, classes, options, chain in (
        ("input_transform", inputs or (), config.input_transform_options, ChainedInputTransform),
        (
            "outcome_transform",
            config.outcome_transform_classes or (),
            config.outcome_transform_options,
            ChainedOutcomeTransform,
        ),
    ):
        columns = ModelColumns.continuous(d)
        made = [build_transform(c, columns, m, options.get(part_name(c))) for c in classes]
        if made:
            out[name] = made[0] if len(made) == 1 else chain(**{f"transform{i}": t for i, t in enumerate(made)})
    return out


def _fit_configured(config: ModelConfig, model: Any) -> None:
    """Fit a model in place: in the way of its class, by the likelihood that is said, or in BoTorch's."""
    from botorch.fit import fit_fully_bayesian_model_nuts, fit_gpytorch_mll
    from botorch.models.fully_bayesian import AbstractFullyBayesianSingleTaskGP
    from gpytorch.mlls import ExactMarginalLogLikelihood

    from axnb.surrogate.torch_models import fit_in_place

    fit = fit_botorch_model.find(type(model))
    mll_class = config.mll_class or ExactMarginalLogLikelihood
    if fit is not None:
        fit(model, mll_class, dict(config.mll_options))
    elif isinstance(model, AbstractFullyBayesianSingleTaskGP):
        fit_fully_bayesian_model_nuts(model, **({"disable_progbar": True} | dict(config.mll_options)))
    elif config.mll_class is None:
        fit_in_place(model, None)
    else:
        fit_gpytorch_mll(mll_class(model.likelihood, model, **config.mll_options))
