"""Analyses of an experiment: each answers one question with a card that a notebook shows live.

An analysis is a frozen dataclass of settings with a method `compute(context)`; `Client.compute_analyses` takes a list
of them, yours among ours. What is imported here is public; nothing of it loads a library of models or of pictures.
"""

from axnb.analyses.actions import Action as Action
from axnb.analyses.card import Analysis as Analysis
from axnb.analyses.card import AnalysisCard as AnalysisCard
from axnb.analyses.card import AnalysisCardBase as AnalysisCardBase
from axnb.analyses.card import AnalysisCardGroup as AnalysisCardGroup
from axnb.analyses.card import ErrorAnalysisCard as ErrorAnalysisCard
from axnb.analyses.card import Link as Link
from axnb.analyses.card import NotApplicableStateAnalysisCard as NotApplicableStateAnalysisCard
from axnb.analyses.card import Outline as Outline
from axnb.analyses.compute import compute_card as compute_card
from axnb.analyses.compute import group_of as group_of
from axnb.analyses.context import AnalysisContext as AnalysisContext
from axnb.analyses.context import Findings as Findings
from axnb.analyses.controls import Control as Control
from axnb.analyses.diagnostics.cross_validation import CrossValidationPlot as CrossValidationPlot
from axnb.analyses.diagnostics.model_health import ModelHealth as ModelHealth
from axnb.analyses.diagnostics.noise import NoiseAndOutliers as NoiseAndOutliers
from axnb.analyses.healthchecks.card import HealthcheckAnalysisCard as HealthcheckAnalysisCard
from axnb.analyses.healthchecks.card import HealthcheckStatus as HealthcheckStatus
from axnb.analyses.healthchecks.data import BaselineImprovementAnalysis as BaselineImprovementAnalysis
from axnb.analyses.healthchecks.data import ConstraintsFeasibilityAnalysis as ConstraintsFeasibilityAnalysis
from axnb.analyses.healthchecks.data import PredictableMetricsAnalysis as PredictableMetricsAnalysis
from axnb.analyses.healthchecks.data import RegressionAnalysis as RegressionAnalysis
from axnb.analyses.healthchecks.data import TestOfNoEffectAnalysis as TestOfNoEffectAnalysis
from axnb.analyses.healthchecks.group import HealthchecksAnalysis as HealthchecksAnalysis
from axnb.analyses.healthchecks.group import HealthcheckSummary as HealthcheckSummary
from axnb.analyses.healthchecks.run import CanGenerateCandidatesAnalysis as CanGenerateCandidatesAnalysis
from axnb.analyses.healthchecks.run import EarlyStoppingAnalysis as EarlyStoppingAnalysis
from axnb.analyses.healthchecks.space import ComplexityRatingAnalysis as ComplexityRatingAnalysis
from axnb.analyses.healthchecks.space import SearchSpaceAnalysis as SearchSpaceAnalysis
from axnb.analyses.insights.contour import ContourPlot as ContourPlot
from axnb.analyses.insights.marginal import MarginalEffectsPlot as MarginalEffectsPlot
from axnb.analyses.insights.parallel import ParallelCoordinatesPlot as ParallelCoordinatesPlot
from axnb.analyses.insights.profiler import ProfilerPlot as ProfilerPlot
from axnb.analyses.insights.sensitivity import SensitivityAnalysisPlot as SensitivityAnalysisPlot
from axnb.analyses.insights.slice import SlicePlot as SlicePlot
from axnb.analyses.insights.surfaces import TopSurfacesAnalysis as TopSurfacesAnalysis
from axnb.analyses.insights.what_if import WhatIf as WhatIf
from axnb.analyses.overview import DiagnosticAnalysis as DiagnosticAnalysis
from axnb.analyses.overview import InsightsAnalysis as InsightsAnalysis
from axnb.analyses.overview import OverviewAnalysis as OverviewAnalysis
from axnb.analyses.overview import ResultsAnalysis as ResultsAnalysis
from axnb.analyses.results.effects import ArmEffectsPair as ArmEffectsPair
from axnb.analyses.results.effects import ArmEffectsPlot as ArmEffectsPlot
from axnb.analyses.results.explanation import SuggestionExplanation as SuggestionExplanation
from axnb.analyses.results.feasibility import ConstraintFeasibilityPlot as ConstraintFeasibilityPlot
from axnb.analyses.results.feasibility import PFeasiblePlot as PFeasiblePlot
from axnb.analyses.results.frontier import ObjectivePFeasibleFrontierPlot as ObjectivePFeasibleFrontierPlot
from axnb.analyses.results.frontier import OutcomeConstraintsAnalysis as OutcomeConstraintsAnalysis
from axnb.analyses.results.progression import ProgressionPlot as ProgressionPlot
from axnb.analyses.results.rollout import BanditRollout as BanditRollout
from axnb.analyses.results.scatter import ScatterPlot as ScatterPlot
from axnb.analyses.results.stopping import StoppingAdvice as StoppingAdvice
from axnb.analyses.results.summary import BestTrials as BestTrials
from axnb.analyses.results.summary import Summary as Summary
from axnb.analyses.results.trace import UtilityProgressionAnalysis as UtilityProgressionAnalysis
from axnb.analyses.results.trials import AllTrialsAnalysis as AllTrialsAnalysis
from axnb.analyses.results.trials import TrialAnalysis as TrialAnalysis
from axnb.analyses.results.waiting import UtilityRankingPlot as UtilityRankingPlot
from axnb.analyses.setup.hierarchy import HierarchicalSearchSpaceGraph as HierarchicalSearchSpaceGraph
from axnb.analyses.setup.problem import MetricSummary as MetricSummary
from axnb.analyses.setup.problem import SearchSpaceSummary as SearchSpaceSummary
from axnb.analyses.setup.strategy import GenerationStrategyGraph as GenerationStrategyGraph

__all__ = sorted(  # noqa: PLE0605 - what is written once above
    name for name, value in globals().items() if getattr(value, "__module__", "").startswith(f"{__name__}.")
)
