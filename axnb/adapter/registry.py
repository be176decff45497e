"""Ax's names of generators, and what they are here."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from axnb.adapter.base import Adapter
from axnb.errors import UnknownNameError, UnsupportedError, UserInputError, listing, near_miss, shown
from axnb.problem.generation import JsonScalar, PartSpec
from axnb.problem.space import SearchSpace
from axnb.record.data import Data
from axnb.record.experiment import Experiment
from axnb.suggest.acquisition.acquisition_spec import ACQUISITIONS, AcquisitionSpec
from axnb.surrogate.model_config import ModelConfig, SurrogateSpec, register_config

__all__ = ["Generators", "Models", "make_part"]


class Generators(StrEnum):
    """What makes suggestions.

    Example:
        >>> Generators.SOBOL.value
        'Sobol'
    """

    SOBOL = "Sobol"
    UNIFORM = "Uniform"
    IN_SAMPLE_UNIFORM = "In_Sample_Uniform"
    FACTORIAL = "Factorial"
    BOTORCH_MODULAR = "BoTorch"
    BO_MIXED = "BO_MIXED"
    SAASBO = "SAASBO"

    def __call__(
        self,
        experiment: Experiment | None = None,
        search_space: SearchSpace | None = None,
        data: Data | None = None,
        **options: Any,
    ) -> Adapter:
        """Return the generator beside an experiment, or for a search space.

        Args:
            experiment: The experiment; its results are learned from.
            search_space: Instead, a search space.
            data: Taken for the sake of old code: results are those of the experiment.
            options: Options of the generator, such as `seed`.

        Raises:
            UnknownNameError: If there is no such option.
            UserInputError: If neither experiment nor search space is given.
        """
        part = make_part(self, options, {})
        if experiment is not None:
            return Adapter(part, experiment)
        if search_space is None:
            raise UserInputError(f"{self.name} needs an experiment or a search space.")
        return Adapter(part, Experiment(search_space), remembers=True)


Models = Generators  # the name that it once had

_PLAIN = {
    Generators.UNIFORM: "Uniform",
    Generators.IN_SAMPLE_UNIFORM: "InSample",
    Generators.FACTORIAL: "Factorial",
}
_OF_SOBOL = ("seed", "deduplicate", "init_position", "scramble")
_OF_MODEL = (
    "surrogate_spec",
    "surrogate",
    "botorch_acqf_class",
    "botorch_acqf_options",
    "acquisition_options",
    "model_config",
)
_OF_SEARCH = ("model_gen_options",)


def make_part(generator: Generators, kwargs: Mapping[str, Any], gen_kwargs: Mapping[str, Any]) -> PartSpec:
    """Return the generator that a name of Ax's and its options stand for.

    Args:
        generator: The name.
        kwargs: Options of the generator, such as ``surrogate_spec`` and ``botorch_acqf_class``.
        gen_kwargs: Options of a suggestion: of ``model_gen_options`` the ``optimizer_kwargs``.

    Raises:
        UnknownNameError: If there is no such option.
        UnsupportedError: If an option has no counterpart here.
        UserInputError: If a part cannot be used.

    Example:
        >>> make_part(Generators.SOBOL, {"seed": 3}, {})
        PartSpec(name='Sobol', arguments=(('seed', 3),))
    """
    if not isinstance(generator, Generators):
        raise UserInputError(f"expected one of {listing([g.name for g in Generators])}, got {shown(generator)}.")
    if generator is Generators.SOBOL:
        _check(kwargs, _OF_SOBOL, generator.name)
        return PartSpec("Sobol", (("seed", kwargs["seed"]),) if "seed" in kwargs else ())
    if generator in _PLAIN:
        return PartSpec(_PLAIN[generator], tuple(kwargs.items()))
    _check(kwargs, _OF_MODEL, generator.name)
    _check(gen_kwargs, _OF_SEARCH, generator.name)
    arguments: dict[str, JsonScalar] = {"model": _record_model(generator, kwargs)}
    acquisition = kwargs.get("botorch_acqf_class")
    options = dict(kwargs.get("acquisition_options") or {})
    simplifies = bool(options.pop("prune_irrelevant_parameters", False))
    if acquisition is not None:
        spec = AcquisitionSpec(acquisition, options | dict(kwargs.get("botorch_acqf_options") or {}))
        arguments["acquisition"] = ACQUISITIONS.record(spec if spec.options else acquisition).name
    if simplifies:
        arguments["simplify_parameter_changes"] = True
    return PartSpec("BO", tuple((arguments | _read_search(gen_kwargs)).items()))


def _check(given: Mapping[str, Any], known: tuple[str, ...], name: str) -> None:
    unknown = [option for option in given if option not in known]
    if unknown:
        hint = near_miss(unknown[0], known)
        raise UnknownNameError(f"the generator {name} has no option {unknown[0]!r}; it has {listing(known, 20)}.{hint}")


def _record_model(generator: Generators, kwargs: Mapping[str, Any]) -> str:
    """Return the name under which the model is registered."""
    spec = kwargs.get("surrogate_spec") or kwargs.get("model_config")
    if spec is None and kwargs.get("surrogate") is not None:
        spec = kwargs["surrogate"].surrogate_spec
    if spec is None:
        return "fully_bayesian" if generator is Generators.SAASBO else "botorch"
    if not isinstance(spec, SurrogateSpec | ModelConfig):
        raise UserInputError(f"surrogate_spec must be a SurrogateSpec, got {shown(spec)}.")
    return register_config(spec)


def _read_search(gen_kwargs: Mapping[str, Any]) -> dict[str, JsonScalar]:
    """Return how hard to look; what only concerns memory, or how several are found together, is not needed here.

    Raises:
        UnsupportedError: If an option has no counterpart here.
    """
    options = dict(gen_kwargs.get("model_gen_options") or {})
    search = dict(options.pop("optimizer_kwargs", None) or {})
    more = [*options, *(k for k in search if k not in ("num_restarts", "raw_samples", "sequential", "options"))]
    if more:
        raise UnsupportedError(
            f"the option {more[0]!r} of model_gen_options has no counterpart here: leave it out, or give a function of "
            "your own with configure_generation_strategy(optimizer=…)."
        )
    return {k: search[k] for k in ("num_restarts", "raw_samples") if search.get(k) is not None}
