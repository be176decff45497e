"""Adaptive experimentation that you drive, and see, in a Jupyter notebook.

Glossary: a *parameterization* is a dict of parameter values; an *arm* is a parameterization with a name; a *trial* is
an evaluation of an arm, or of several together; a *suggestion* is what a generator proposes; a *generator* makes
suggestions; a *strategy* chooses the generator; a *card* shows the answer to one question about the experiment.
"""

import importlib
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from axnb import analyses, errors, widgets
    from axnb.api.client import Client
    from axnb.api.configs import (
        ChoiceParameterConfig,
        DerivedParameterConfig,
        RangeParameterConfig,
        StorageConfig,
    )
    from axnb.api.protocols.metric import IMetric
    from axnb.api.protocols.runner import IRunner
    from axnb.api.types import TOutcome, TParameterization, TParameterValue
    from axnb.problem.generation import GenerationNode, GenerationStrategy, PartSpec, Transition
    from axnb.record.experiment import Experiment
    from axnb.record.trial import Provenance, Trial, TrialStatus
    from axnb.run.early_stopping import (
        AndEarlyStoppingStrategy,
        OrEarlyStoppingStrategy,
        PercentileEarlyStoppingStrategy,
        ThresholdEarlyStoppingStrategy,
    )
    from axnb.run.global_stopping import ImprovementGlobalStoppingStrategy
    from axnb.service.managed_loop import optimize
    from axnb.store.sql import Database
    from axnb.suggest.acquisition.acquisition_spec import AcquisitionSpec, register_acquisition
    from axnb.suggest.criteria import (
        AutoTransitionAfterGen,
        CenterTried,
        IsSingleObjective,
        MaxGenerationParallelism,
        MaxTrialsAwaitingData,
        MinimumPreferenceOccurances,
        MinObserved,
        MinTrials,
        PausingCriterion,
        TransitionCriterion,
    )
    from axnb.suggest.generators.base import GenerationRequest, Generator, Suggestion
    from axnb.suggest.progress import Progress
    from axnb.suggest.registry import make_criterion, register_criterion, register_generator, register_selector
    from axnb.suggest.search.optimizer_spec import OptimizerSpec, register_optimizer
    from axnb.suggest.selection import BestModelSelector
    from axnb.surrogate.model_spec import ModelChoice, ModelSpec, register_model

__version__ = "0.1.0"

# What each public name is loaded from when it is first used.
_HOMES = {
    "AcquisitionSpec": "axnb.suggest.acquisition.acquisition_spec",
    "AndEarlyStoppingStrategy": "axnb.run.early_stopping",
    "AutoTransitionAfterGen": "axnb.suggest.criteria",
    "BestModelSelector": "axnb.suggest.selection",
    "CenterTried": "axnb.suggest.criteria",
    "ChoiceParameterConfig": "axnb.api.configs",
    "Client": "axnb.api.client",
    "Database": "axnb.store.sql",
    "DerivedParameterConfig": "axnb.api.configs",
    "Experiment": "axnb.record.experiment",
    "GenerationNode": "axnb.problem.generation",
    "GenerationRequest": "axnb.suggest.generators.base",
    "GenerationStrategy": "axnb.problem.generation",
    "Generator": "axnb.suggest.generators.base",
    "IMetric": "axnb.api.protocols.metric",
    "IRunner": "axnb.api.protocols.runner",
    "ImprovementGlobalStoppingStrategy": "axnb.run.global_stopping",
    "IsSingleObjective": "axnb.suggest.criteria",
    "MaxGenerationParallelism": "axnb.suggest.criteria",
    "MaxTrialsAwaitingData": "axnb.suggest.criteria",
    "MinObserved": "axnb.suggest.criteria",
    "MinTrials": "axnb.suggest.criteria",
    "MinimumPreferenceOccurances": "axnb.suggest.criteria",
    "ModelChoice": "axnb.surrogate.model_spec",
    "ModelSpec": "axnb.surrogate.model_spec",
    "OptimizerSpec": "axnb.suggest.search.optimizer_spec",
    "OrEarlyStoppingStrategy": "axnb.run.early_stopping",
    "PartSpec": "axnb.problem.generation",
    "PausingCriterion": "axnb.suggest.criteria",
    "PercentileEarlyStoppingStrategy": "axnb.run.early_stopping",
    "Progress": "axnb.suggest.progress",
    "Provenance": "axnb.record.trial",
    "RangeParameterConfig": "axnb.api.configs",
    "StorageConfig": "axnb.api.configs",
    "Suggestion": "axnb.suggest.generators.base",
    "TOutcome": "axnb.api.types",
    "TParameterValue": "axnb.api.types",
    "TParameterization": "axnb.api.types",
    "ThresholdEarlyStoppingStrategy": "axnb.run.early_stopping",
    "Transition": "axnb.problem.generation",
    "TransitionCriterion": "axnb.suggest.criteria",
    "Trial": "axnb.record.trial",
    "TrialStatus": "axnb.record.trial",
    "make_criterion": "axnb.suggest.registry",
    "optimize": "axnb.service.managed_loop",
    "register_acquisition": "axnb.suggest.acquisition.acquisition_spec",
    "register_criterion": "axnb.suggest.registry",
    "register_generator": "axnb.suggest.registry",
    "register_model": "axnb.surrogate.model_spec",
    "register_optimizer": "axnb.suggest.search.optimizer_spec",
    "register_selector": "axnb.suggest.registry",
}
_MODULES = ("analyses", "errors", "widgets")

__all__ = [
    "AcquisitionSpec",
    "AndEarlyStoppingStrategy",
    "AutoTransitionAfterGen",
    "BestModelSelector",
    "CenterTried",
    "ChoiceParameterConfig",
    "Client",
    "Database",
    "DerivedParameterConfig",
    "Experiment",
    "GenerationNode",
    "GenerationRequest",
    "GenerationStrategy",
    "Generator",
    "IMetric",
    "IRunner",
    "ImprovementGlobalStoppingStrategy",
    "IsSingleObjective",
    "MaxGenerationParallelism",
    "MaxTrialsAwaitingData",
    "MinObserved",
    "MinTrials",
    "MinimumPreferenceOccurances",
    "ModelChoice",
    "ModelSpec",
    "OptimizerSpec",
    "OrEarlyStoppingStrategy",
    "PartSpec",
    "PausingCriterion",
    "PercentileEarlyStoppingStrategy",
    "Progress",
    "Provenance",
    "RangeParameterConfig",
    "StorageConfig",
    "Suggestion",
    "TOutcome",
    "TParameterValue",
    "TParameterization",
    "ThresholdEarlyStoppingStrategy",
    "Transition",
    "TransitionCriterion",
    "Trial",
    "TrialStatus",
    "__version__",
    "analyses",
    "errors",
    "make_criterion",
    "optimize",
    "register_acquisition",
    "register_criterion",
    "register_generator",
    "register_model",
    "register_optimizer",
    "register_selector",
    "widgets",
]

logging.getLogger("axnb").addHandler(logging.NullHandler())  # quiet unless a user asks


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name in _MODULES:
        return importlib.import_module(f"axnb.{name}")
    if name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'axnb' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
