"""Ax's module paths name our classes: each is one class, whatever path it is imported by."""

import importlib

import pytest

import axnb.analyses
import axnb.errors
from axnb.analyses import ax_analysis
from axnb.core.parameter import ChoiceParameter, FixedParameter, ParameterType, RangeParameter
from axnb.problem import constraints, objective, parameters, space
from axnb.record import data, experiment, generator_run, live_trials, trial

NAMES = {
    "axnb.analysis": [
        "Analysis",
        "ArmEffectsPlot",
        "BanditRollout",
        "BestTrials",
        "ConstraintFeasibilityPlot",
        "ContourPlot",
        "CrossValidationPlot",
        "GenerationStrategyGraph",
        "HierarchicalSearchSpaceGraph",
        "MarginalEffectsPlot",
        "MetricSummary",
        "ObjectivePFeasibleFrontierPlot",
        "PFeasiblePlot",
        "ParallelCoordinatesPlot",
        "ProgressionPlot",
        "ScatterPlot",
        "SearchSpaceSummary",
        "SensitivityAnalysisPlot",
        "SlicePlot",
        "Summary",
        "TopSurfacesAnalysis",
        "UtilityProgressionAnalysis",
        "UtilityRankingPlot",
    ],
    "axnb.analysis.analysis": ["Analysis"],
    "axnb.analysis.best_trials": ["BestTrials"],
    "axnb.analysis.diagnostics": ["DiagnosticAnalysis"],
    "axnb.analysis.graphviz": ["GenerationStrategyGraph", "HierarchicalSearchSpaceGraph"],
    "axnb.analysis.graphviz.generation_strategy_graph": ["GenerationStrategyGraph"],
    "axnb.analysis.graphviz.hierarchical_search_space_graph": ["HierarchicalSearchSpaceGraph"],
    "axnb.analysis.healthcheck": [
        "BaselineImprovementAnalysis",
        "CanGenerateCandidatesAnalysis",
        "ComplexityRatingAnalysis",
        "ConstraintsFeasibilityAnalysis",
        "EarlyStoppingAnalysis",
        "HealthcheckAnalysisCard",
        "HealthcheckStatus",
        "PredictableMetricsAnalysis",
        "RegressionAnalysis",
        "SearchSpaceAnalysis",
        "TestOfNoEffectAnalysis",
    ],
    "axnb.analysis.healthcheck.baseline_improvement": ["BaselineImprovementAnalysis"],
    "axnb.analysis.healthcheck.can_generate_candidates": ["CanGenerateCandidatesAnalysis"],
    "axnb.analysis.healthcheck.complexity_rating": ["ComplexityRatingAnalysis"],
    "axnb.analysis.healthcheck.constraints_feasibility": ["ConstraintsFeasibilityAnalysis"],
    "axnb.analysis.healthcheck.early_stopping_healthcheck": ["EarlyStoppingAnalysis"],
    "axnb.analysis.healthcheck.healthcheck_analysis": ["HealthcheckAnalysisCard", "HealthcheckStatus"],
    "axnb.analysis.healthcheck.no_effects_analysis": ["TestOfNoEffectAnalysis"],
    "axnb.analysis.healthcheck.predictable_metrics": ["PredictableMetricsAnalysis"],
    "axnb.analysis.healthcheck.regression_analysis": ["RegressionAnalysis"],
    "axnb.analysis.healthcheck.search_space_analysis": ["SearchSpaceAnalysis"],
    "axnb.analysis.insights": ["InsightsAnalysis", "OutcomeConstraintsAnalysis"],
    "axnb.analysis.metric_summary": ["MetricSummary"],
    "axnb.analysis.overview": ["OverviewAnalysis"],
    "axnb.analysis.plotly": [
        "ArmEffectsPlot",
        "BanditRollout",
        "ConstraintFeasibilityPlot",
        "ContourPlot",
        "CrossValidationPlot",
        "MarginalEffectsPlot",
        "ObjectivePFeasibleFrontierPlot",
        "PFeasiblePlot",
        "ParallelCoordinatesPlot",
        "ProgressionPlot",
        "ScatterPlot",
        "SensitivityAnalysisPlot",
        "SlicePlot",
        "TopSurfacesAnalysis",
        "UtilityProgressionAnalysis",
        "UtilityRankingPlot",
    ],
    "axnb.analysis.plotly.arm_effects": ["ArmEffectsPlot"],
    "axnb.analysis.plotly.bandit_rollout": ["BanditRollout"],
    "axnb.analysis.plotly.constraint_feasibility": ["ConstraintFeasibilityPlot"],
    "axnb.analysis.plotly.cross_validation": ["CrossValidationPlot"],
    "axnb.analysis.plotly.marginal_effects": ["MarginalEffectsPlot"],
    "axnb.analysis.plotly.objective_p_feasible_frontier": ["ObjectivePFeasibleFrontierPlot"],
    "axnb.analysis.plotly.p_feasible": ["PFeasiblePlot"],
    "axnb.analysis.plotly.parallel_coordinates": ["ParallelCoordinatesPlot"],
    "axnb.analysis.plotly.progression": ["ProgressionPlot"],
    "axnb.analysis.plotly.scatter": ["ScatterPlot"],
    "axnb.analysis.plotly.sensitivity": ["SensitivityAnalysisPlot"],
    "axnb.analysis.plotly.surface": ["ContourPlot", "SlicePlot"],
    "axnb.analysis.plotly.surface.contour": ["ContourPlot"],
    "axnb.analysis.plotly.surface.slice": ["SlicePlot"],
    "axnb.analysis.plotly.top_surfaces": ["TopSurfacesAnalysis"],
    "axnb.analysis.plotly.utility_progression": ["UtilityProgressionAnalysis"],
    "axnb.analysis.plotly.utility_ranking": ["UtilityRankingPlot"],
    "axnb.analysis.results": ["ArmEffectsPair", "ResultsAnalysis"],
    "axnb.analysis.search_space_summary": ["SearchSpaceSummary"],
    "axnb.analysis.summary": ["Summary"],
    "axnb.analysis.trials": ["AllTrialsAnalysis", "TrialAnalysis"],
    "axnb.core": [
        "Arm",
        "ChoiceParameter",
        "ComparisonOp",
        "Experiment",
        "FixedParameter",
        "Objective",
        "OptimizationConfig",
        "OutcomeConstraint",
        "Parameter",
        "ParameterConstraint",
        "ParameterType",
        "RangeParameter",
        "SearchSpace",
        "Trial",
    ],
    "axnb.core.analysis_card": [
        "AnalysisCard",
        "AnalysisCardBase",
        "AnalysisCardGroup",
        "ErrorAnalysisCard",
        "NotApplicableStateAnalysisCard",
    ],
    "axnb.core.arm": ["Arm"],
    "axnb.core.batch_trial": ["BatchTrial"],
    "axnb.core.data": ["Data"],
    "axnb.core.generator_run": ["GeneratorRun"],
    "axnb.utils.common.result": ["Err", "Ok"],
    "axnb.core.base_trial": ["BaseTrial", "TrialStatus"],
    "axnb.core.experiment": ["Experiment"],
    "axnb.core.objective": ["Objective"],
    "axnb.core.optimization_config": ["OptimizationConfig"],
    "axnb.core.outcome_constraint": ["ComparisonOp", "OutcomeConstraint"],
    "axnb.core.parameter_constraint": ["ParameterConstraint"],
    "axnb.core.search_space": ["SearchSpace"],
    "axnb.core.trial": ["Trial"],
    "axnb.core.trial_status": ["TrialStatus"],
    "axnb.exceptions.core": [
        "AxError",
        "AxOptimizationWarning",
        "AxParameterWarning",
        "AxStorageWarning",
        "AxWarning",
        "DataRequiredError",
        "ExperimentNotFoundError",
        "ExperimentNotReadyError",
        "MetricDataNotReadyError",
        "MisconfiguredExperiment",
        "NoDataError",
        "ObjectNotFoundError",
        "OptimizationComplete",
        "OptimizationNotConfiguredError",
        "OptimizationShouldStop",
        "RunnerNotFoundError",
        "SearchSpaceExhausted",
        "TrialMutationError",
        "UnsupportedError",
        "UnsupportedPlotError",
        "UserInputError",
    ],
    "axnb.exceptions.generation_strategy": [
        "GenerationStrategyCompleted",
        "GenerationStrategyRepeatedPoints",
        "MaxParallelismReachedException",
        "OptimizationConfigRequired",
    ],
    "axnb.exceptions.model": ["ModelError"],
    "axnb.exceptions.storage": [
        "IncorrectDBConfigurationError",
        "JSONDecodeError",
        "JSONEncodeError",
        "SQADecodeError",
        "SQAEncodeError",
    ],
}
OTHERS = {
    "axnb.adapter.base": ["Adapter"],
    "axnb.analysis.plotly.plotly_analysis": ["PlotlyAnalysisCard", "create_plotly_analysis_card"],
    "axnb.core.metric": ["Metric", "MetricFetchE", "MetricFetchResult"],
    "axnb.core.observation": ["ObservationFeatures"],
    "axnb.core.runner": ["Runner"],
    "axnb.metrics.branin": ["BraninMetric"],
    "axnb.metrics.hartmann6": ["Hartmann6Metric"],
    "axnb.metrics.noisy_function": ["GenericNoisyFunctionMetric", "NoisyFunctionMetric"],
    "axnb.runners.synthetic": ["SyntheticRunner"],
    "axnb.adapter.registry": ["Generators", "Models"],
    "axnb.generation_strategy.best_model_selector": ["ReductionCriterion", "SingleDiagnosticBestModelSelector"],
    "axnb.generation_strategy.center_generation_node": ["CenterGenerationNode"],
    "axnb.generation_strategy.dispatch_utils": ["choose_generation_strategy_legacy"],
    "axnb.generation_strategy.external_generation_node": ["ExternalGenerationNode"],
    "axnb.generation_strategy.generation_node": ["GenerationNode", "GenerationStep"],
    "axnb.generation_strategy.generation_strategy": ["GenerationStrategy"],
    "axnb.generation_strategy.generator_spec": ["GeneratorSpec"],
    "axnb.generation_strategy.transition_criterion": [
        "AutoTransitionAfterGen",
        "IsSingleObjective",
        "MaxGenerationParallelism",
        "MaxTrials",
        "MaxTrialsAwaitingData",
        "MinTrials",
        "MinimumPreferenceOccurances",
    ],
    "axnb.generators.torch.botorch_modular.acquisition": ["Acquisition"],
    "axnb.generators.torch.botorch_modular.generator": ["BoTorchGenerator"],
    "axnb.generators.torch.botorch_modular.surrogate": [
        "ModelConfig",
        "Surrogate",
        "SurrogateSpec",
        "submodel_input_constructor",
    ],
    "axnb.generators.torch.botorch_modular.utils": ["ModelConfig", "fit_botorch_model"],
    "axnb.models.torch.botorch": ["BotorchModel"],
    "axnb.core.parameter": [
        "ChoiceParameter",
        "DerivedParameter",
        "FixedParameter",
        "Parameter",
        "ParameterType",
        "RangeParameter",
    ],
    "axnb.core.types": ["ComparisonOp", "TModelPredictArm", "TParamValue", "TParameterization"],
}
OURS = (
    *(axnb.analyses, axnb.errors, ax_analysis, constraints, objective, parameters, space),
    *(data, experiment, generator_run, live_trials, trial),
)
OF_THE_PATHS = {"ComparisonOp", "ParameterType"}


@pytest.mark.parametrize("module", [*NAMES, *OTHERS])
def test_every_path_has_its_names(module):
    found = importlib.import_module(module)
    names = {**NAMES, **OTHERS}[module]
    assert set(names) <= set(found.__all__)
    for name in names:
        assert getattr(found, name) is not None


@pytest.mark.parametrize("module", NAMES)
def test_a_name_is_one_of_our_classes(module):
    ours = {id(value) for home in OURS for value in vars(home).values()}
    found = importlib.import_module(module)
    others = [name for name in NAMES[module] if id(getattr(found, name)) not in ours]
    assert set(others) <= OF_THE_PATHS


def test_types_of_parameters_are_text():
    assert RangeParameter(name="x", parameter_type=ParameterType.INT, lower=1, upper=5) == RangeParameter(
        name="x", lower=1, upper=5, parameter_type="int"
    )
    choice = ChoiceParameter(name="k", parameter_type=ParameterType.STRING, values=("a", "b"))
    assert type(choice.parameter_type) is str
    assert FixedParameter(name="f", parameter_type=ParameterType.BOOL, value=True).parameter_type == "bool"


def test_errors_of_ax_are_caught_by_its_names():
    from axnb.exceptions.core import AxError, ExperimentNotReadyError
    from axnb.exceptions.generation_strategy import MaxParallelismReachedException
    from axnb.service.ax_client import AxClient

    client = AxClient(random_seed=0)
    with pytest.raises(ExperimentNotReadyError):
        client.get_next_trial()
    client.create_experiment([{"name": "x", "type": "range", "bounds": [0.0, 1.0]}])
    client.get_next_trials(5)
    with pytest.raises(MaxParallelismReachedException):
        client.get_next_trial()
    assert issubclass(MaxParallelismReachedException, AxError)
