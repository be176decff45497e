"""Models, acquisitions and optimisers of a user's, in the form in which the experiment keeps them."""

from collections.abc import Sequence
from dataclasses import replace

from axnb.problem.generation import GenerationOptions


def with_parts(
    options: GenerationOptions,
    model: object,
    acquisition: object,
    optimizer: object,
    transforms: Sequence[object] = (),
) -> GenerationOptions:
    """Return options with parts given by object, class, function or name; ``None`` for ours.

    With transforms our Gaussian process gives way to BoTorch's.

    Raises:
        UserInputError: If a part cannot be used or does not take its arguments, or nothing is registered under its
            name.

    Example:
        >>> with_parts(GenerationOptions(), "saas", "log_ei", None).model
        PartSpec(name='saas', arguments=())
    """
    if transforms or not _is_ours(model, "default"):
        from axnb.surrogate.model_spec import MODELS, add_transforms, resolve_model

        part = MODELS.record("botorch" if _is_ours(model, "default") else model)
        if transforms:
            part = MODELS.record(add_transforms(resolve_model(part), transforms))
        resolve_model(part)  # arguments that it does not take are told now
        options = replace(options, model=part)
    if not _is_ours(acquisition, "log_ei"):
        from axnb.suggest.acquisition.acquisition_spec import ACQUISITIONS, resolve_acquisition

        part = ACQUISITIONS.record(acquisition)
        resolve_acquisition(part)
        options = replace(options, acquisition=part)
    if optimizer is not None:
        from axnb.suggest.search.optimizer_spec import OPTIMIZERS, resolve_optimizer

        part = OPTIMIZERS.record(optimizer)
        resolve_optimizer(part)
        options = replace(options, optimizer=part)
    return options


def _is_ours(part: object, name: str) -> bool:
    """Return whether a part is left to us; what is given may be anything, and is not compared before it is text."""
    return part is None or (isinstance(part, str) and part == name)
