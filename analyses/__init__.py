"""Analyses of an experiment: each answers one question with a card that a notebook shows live.

An analysis is a frozen dataclass of settings with a method `compute(findings)`; `Client.compute_analyses` takes a list
of them, yours among ours.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from axnb.analyses.actions import Action, Link
    from axnb.analyses.card import (
        AnalysisCard,
        AnalysisCardBase,
        AnalysisCardGroup,
        ErrorAnalysisCard,
        NotApplicableStateAnalysisCard,
        compute_card,
        group_of,
    )
    from axnb.analyses.contour import ContourPlot
    from axnb.analyses.crossvalidation import CrossValidationPlot
    from axnb.analyses.effects import ArmEffectsPair, ArmEffectsPlot
    from axnb.analyses.explanation import SuggestionExplanation
    from axnb.analyses.feasible import ConstraintFeasibilityPlot, PFeasiblePlot
    from axnb.analyses.findings import Findings
    from axnb.analyses.frontier import ObjectivePFeasibleFrontierPlot, OutcomeConstraintsAnalysis
    from axnb.analyses.health import (
        HealthcheckAnalysisCard,
        HealthchecksAnalysis,
        HealthcheckStatus,
        HealthcheckSummary,
    )
    from axnb.analyses.health_data import (
        BaselineImprovementAnalysis,
        ConstraintsFeasibilityAnalysis,
        PredictableMetricsAnalysis,
        RegressionAnalysis,
        TestOfNoEffectAnalysis,
    )
    from axnb.analyses.health_run import CanGenerateCandidatesAnalysis, EarlyStoppingAnalysis
    from axnb.analyses.health_space import ComplexityRatingAnalysis, SearchSpaceAnalysis
    from axnb.analyses.hierarchy import HierarchicalSearchSpaceGraph
    from axnb.analyses.marginal import MarginalEffectsPlot
    from axnb.analyses.modelhealth import ModelHealth
    from axnb.analyses.noise import NoiseAndOutliers
    from axnb.analyses.overview import DiagnosticAnalysis, InsightsAnalysis, OverviewAnalysis, ResultsAnalysis
    from axnb.analyses.parallel import ParallelCoordinatesPlot
    from axnb.analyses.pareto import ScatterPlot
    from axnb.analyses.problem import MetricSummary, SearchSpaceSummary
    from axnb.analyses.progression import ProgressionPlot
    from axnb.analyses.protocol import Analysis, Control, Outline
    from axnb.analyses.sensitivity import SensitivityAnalysisPlot
    from axnb.analyses.slice import SlicePlot
    from axnb.analyses.stopping import StoppingAdvice
    from axnb.analyses.strategy import GenerationStrategyGraph
    from axnb.analyses.summary import BestTrials, Summary
    from axnb.analyses.surfaces import TopSurfacesAnalysis
    from axnb.analyses.trace import UtilityProgressionAnalysis
    from axnb.analyses.trials import AllTrialsAnalysis, TrialAnalysis
    from axnb.analyses.waiting import BanditRollout, UtilityRankingPlot
    from axnb.analyses.whatif import WhatIf

# What each public name is loaded from when it is first used.
_HOMES = {
    "Action": "axnb.analyses.actions",
    "AllTrialsAnalysis": "axnb.analyses.trials",
    "Analysis": "axnb.analyses.protocol",
    "AnalysisCard": "axnb.analyses.card",
    "AnalysisCardBase": "axnb.analyses.card",
    "AnalysisCardGroup": "axnb.analyses.card",
    "ArmEffectsPair": "axnb.analyses.effects",
    "BanditRollout": "axnb.analyses.waiting",
    "ArmEffectsPlot": "axnb.analyses.effects",
    "BaselineImprovementAnalysis": "axnb.analyses.health_data",
    "BestTrials": "axnb.analyses.summary",
    "CanGenerateCandidatesAnalysis": "axnb.analyses.health_run",
    "ComplexityRatingAnalysis": "axnb.analyses.health_space",
    "ConstraintFeasibilityPlot": "axnb.analyses.feasible",
    "ConstraintsFeasibilityAnalysis": "axnb.analyses.health_data",
    "ContourPlot": "axnb.analyses.contour",
    "Control": "axnb.analyses.protocol",
    "CrossValidationPlot": "axnb.analyses.crossvalidation",
    "DiagnosticAnalysis": "axnb.analyses.overview",
    "EarlyStoppingAnalysis": "axnb.analyses.health_run",
    "ErrorAnalysisCard": "axnb.analyses.card",
    "Findings": "axnb.analyses.findings",
    "GenerationStrategyGraph": "axnb.analyses.strategy",
    "HealthcheckAnalysisCard": "axnb.analyses.health",
    "HealthcheckStatus": "axnb.analyses.health",
    "HealthcheckSummary": "axnb.analyses.health",
    "HealthchecksAnalysis": "axnb.analyses.health",
    "HierarchicalSearchSpaceGraph": "axnb.analyses.hierarchy",
    "Link": "axnb.analyses.actions",
    "InsightsAnalysis": "axnb.analyses.overview",
    "MarginalEffectsPlot": "axnb.analyses.marginal",
    "MetricSummary": "axnb.analyses.problem",
    "ModelHealth": "axnb.analyses.modelhealth",
    "NoiseAndOutliers": "axnb.analyses.noise",
    "NotApplicableStateAnalysisCard": "axnb.analyses.card",
    "Outline": "axnb.analyses.protocol",
    "ObjectivePFeasibleFrontierPlot": "axnb.analyses.frontier",
    "OutcomeConstraintsAnalysis": "axnb.analyses.frontier",
    "OverviewAnalysis": "axnb.analyses.overview",
    "PFeasiblePlot": "axnb.analyses.feasible",
    "ParallelCoordinatesPlot": "axnb.analyses.parallel",
    "PredictableMetricsAnalysis": "axnb.analyses.health_data",
    "ProgressionPlot": "axnb.analyses.progression",
    "RegressionAnalysis": "axnb.analyses.health_data",
    "ResultsAnalysis": "axnb.analyses.overview",
    "ScatterPlot": "axnb.analyses.pareto",
    "SearchSpaceAnalysis": "axnb.analyses.health_space",
    "SearchSpaceSummary": "axnb.analyses.problem",
    "SensitivityAnalysisPlot": "axnb.analyses.sensitivity",
    "SlicePlot": "axnb.analyses.slice",
    "StoppingAdvice": "axnb.analyses.stopping",
    "SuggestionExplanation": "axnb.analyses.explanation",
    "Summary": "axnb.analyses.summary",
    "TestOfNoEffectAnalysis": "axnb.analyses.health_data",
    "TopSurfacesAnalysis": "axnb.analyses.surfaces",
    "TrialAnalysis": "axnb.analyses.trials",
    "UtilityRankingPlot": "axnb.analyses.waiting",
    "UtilityProgressionAnalysis": "axnb.analyses.trace",
    "WhatIf": "axnb.analyses.whatif",
    "compute_card": "axnb.analyses.card",
    "group_of": "axnb.analyses.card",
}

__all__ = [
    "Action",
    "AllTrialsAnalysis",
    "Analysis",
    "AnalysisCard",
    "AnalysisCardBase",
    "AnalysisCardGroup",
    "ArmEffectsPair",
    "ArmEffectsPlot",
    "BanditRollout",
    "BaselineImprovementAnalysis",
    "BestTrials",
    "CanGenerateCandidatesAnalysis",
    "ComplexityRatingAnalysis",
    "ConstraintFeasibilityPlot",
    "ConstraintsFeasibilityAnalysis",
    "ContourPlot",
    "Control",
    "CrossValidationPlot",
    "DiagnosticAnalysis",
    "EarlyStoppingAnalysis",
    "ErrorAnalysisCard",
    "Findings",
    "GenerationStrategyGraph",
    "HealthcheckAnalysisCard",
    "HealthcheckStatus",
    "HealthcheckSummary",
    "HealthchecksAnalysis",
    "HierarchicalSearchSpaceGraph",
    "InsightsAnalysis",
    "Link",
    "MarginalEffectsPlot",
    "MetricSummary",
    "ModelHealth",
    "NoiseAndOutliers",
    "NotApplicableStateAnalysisCard",
    "ObjectivePFeasibleFrontierPlot",
    "OutcomeConstraintsAnalysis",
    "Outline",
    "OverviewAnalysis",
    "PFeasiblePlot",
    "ParallelCoordinatesPlot",
    "PredictableMetricsAnalysis",
    "ProgressionPlot",
    "RegressionAnalysis",
    "ResultsAnalysis",
    "ScatterPlot",
    "SearchSpaceAnalysis",
    "SearchSpaceSummary",
    "SensitivityAnalysisPlot",
    "SlicePlot",
    "StoppingAdvice",
    "SuggestionExplanation",
    "Summary",
    "TestOfNoEffectAnalysis",
    "TopSurfacesAnalysis",
    "TrialAnalysis",
    "UtilityProgressionAnalysis",
    "UtilityRankingPlot",
    "WhatIf",
    "compute_card",
    "group_of",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'axnb.analyses' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
