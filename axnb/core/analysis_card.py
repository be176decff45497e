"""A path of Ax for our classes of values; nothing decides here."""

from axnb.analyses import (
    AnalysisCard,
    AnalysisCardBase,
    AnalysisCardGroup,
    ErrorAnalysisCard,
    NotApplicableStateAnalysisCard,
)

__all__ = [
    "AnalysisCard",
    "AnalysisCardBase",
    "AnalysisCardGroup",
    "ErrorAnalysisCard",
    "NotApplicableStateAnalysisCard",
]
