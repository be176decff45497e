"""Models, acquisitions and optimisers of a user's, in the form in which the experiment keeps them."""

from dataclasses import replace

from axnb.problem.generation import GenerationOptions
from axnb.suggest.acquisition.acquisition_spec import ACQUISITIONS
from axnb.suggest.search.optimizer_spec import OPTIMIZERS
from axnb.surrogate.model_spec import MODELS


def with_parts(options: GenerationOptions, model: object, acquisition: object, optimizer: object) -> GenerationOptions:
    """Return options with parts given by object, class, function or name; ``None`` for ours.

    Raises:
        UserInputError: If a part cannot be used, or nothing is registered under its name.

    Example:
        >>> with_parts(GenerationOptions(), "saas", "log_ei", None).model
        PartSpec(name='saas', arguments=())
    """
    return replace(
        options,
        model=None if model is None or model == "default" else MODELS.record(model),
        acquisition=None if acquisition is None or acquisition == "log_ei" else ACQUISITIONS.record(acquisition),
        optimizer=None if optimizer is None else OPTIMIZERS.record(optimizer),
    )
