"""Models, acquisitions and optimisers of a user's, in the form in which the experiment keeps them."""

from dataclasses import replace

from axnb.problem.generation import GenerationOptions


def with_parts(options: GenerationOptions, model: object, acquisition: object, optimizer: object) -> GenerationOptions:
    """Return options with parts given by object, class, function or name; ``None`` for ours.

    Raises:
        UserInputError: If a part cannot be used, or nothing is registered under its name.

    Example:
        >>> with_parts(GenerationOptions(), "saas", "log_ei", None).model
        PartSpec(name='saas', arguments=())
    """
    if model is not None and model != "default":
        from axnb.surrogate.model_spec import MODELS

        options = replace(options, model=MODELS.record(model))
    if acquisition is not None and acquisition != "log_ei":
        from axnb.suggest.acquisition.acquisition_spec import ACQUISITIONS

        options = replace(options, acquisition=ACQUISITIONS.record(acquisition))
    if optimizer is not None:
        from axnb.suggest.search.optimizer_spec import OPTIMIZERS

        options = replace(options, optimizer=OPTIMIZERS.record(optimizer))
    return options
