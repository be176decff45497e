"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import HealthcheckAnalysisCard, HealthcheckStatus

__all__ = ["HealthcheckAnalysisCard", "HealthcheckStatus"]
