"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import (
    BaselineImprovementAnalysis,
    CanGenerateCandidatesAnalysis,
    ComplexityRatingAnalysis,
    ConstraintsFeasibilityAnalysis,
    EarlyStoppingAnalysis,
    HealthcheckAnalysisCard,
    HealthcheckStatus,
    PredictableMetricsAnalysis,
    RegressionAnalysis,
    SearchSpaceAnalysis,
    TestOfNoEffectAnalysis,
)

__all__ = [
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
]
