"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import (
    ArmEffectsPlot,
    BanditRollout,
    ConstraintFeasibilityPlot,
    ContourPlot,
    CrossValidationPlot,
    MarginalEffectsPlot,
    ObjectivePFeasibleFrontierPlot,
    ParallelCoordinatesPlot,
    PFeasiblePlot,
    ProgressionPlot,
    ScatterPlot,
    SensitivityAnalysisPlot,
    SlicePlot,
    TopSurfacesAnalysis,
    UtilityProgressionAnalysis,
    UtilityRankingPlot,
)

__all__ = [
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
]
