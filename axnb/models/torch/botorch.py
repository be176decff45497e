"""The model of Ax's older document on BoTorch, as one of our generators."""

from collections.abc import Callable
from typing import Any

from axnb.problem.generation import PartSpec
from axnb.suggest.acquisition.acquisition_spec import ACQUISITIONS
from axnb.suggest.search.optimizer_spec import OPTIMIZERS
from axnb.surrogate.model_spec import MODELS

__all__ = ["BotorchModel"]


def build_botorch_model(
    model_constructor: Callable[..., Any] | None = None,
    acqf_constructor: Callable[..., Any] | None = None,
    acqf_optimizer: Callable[..., Any] | None = None,
) -> PartSpec:
    """Return the generator of a bespoke model, acquisition and optimiser, for a `GenerationNode`.

    Args:
        model_constructor: A BoTorch model class, or a function of ``train_X`` and ``train_Y`` that makes a model.
        acqf_constructor: A BoTorch acquisition class, or a function of ``model`` and more that makes one.
        acqf_optimizer: A function of ``acquisition``, ``region`` and ``rng`` that returns a row.

    Raises:
        UserInputError: If a part cannot be used.

    Example:
        >>> BotorchModel().arguments
        (('model', 'botorch'),)
    """
    given = {"model": "botorch" if model_constructor is None else MODELS.record(model_constructor).name}
    if acqf_constructor is not None:
        given["acquisition"] = ACQUISITIONS.record(acqf_constructor).name
    if acqf_optimizer is not None:
        given["optimizer"] = OPTIMIZERS.record(acqf_optimizer).name
    return PartSpec("BO", tuple(given.items()))


BotorchModel = build_botorch_model
