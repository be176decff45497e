"""Analyses of an experiment: each answers one question with a card that a notebook shows live.

An analysis is a frozen dataclass of settings with a method `compute(findings)`; `Client.compute_analyses` takes a list
of them, yours among ours.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from axnb.analyses.card import (
        AnalysisCard,
        AnalysisCardBase,
        AnalysisCardGroup,
        ErrorAnalysisCard,
        NotApplicableStateAnalysisCard,
        compute_card,
    )
    from axnb.analyses.contour import ContourPlot
    from axnb.analyses.findings import Findings
    from axnb.analyses.overview import OverviewAnalysis
    from axnb.analyses.pareto import ScatterPlot
    from axnb.analyses.protocol import Analysis, Control
    from axnb.analyses.sensitivity import SensitivityAnalysisPlot
    from axnb.analyses.slice import SlicePlot
    from axnb.analyses.summary import BestTrials, Summary
    from axnb.analyses.trace import UtilityProgressionAnalysis

# What each public name is loaded from when it is first used.
_HOMES = {
    "Analysis": "axnb.analyses.protocol",
    "AnalysisCard": "axnb.analyses.card",
    "AnalysisCardBase": "axnb.analyses.card",
    "AnalysisCardGroup": "axnb.analyses.card",
    "BestTrials": "axnb.analyses.summary",
    "ContourPlot": "axnb.analyses.contour",
    "Control": "axnb.analyses.protocol",
    "ErrorAnalysisCard": "axnb.analyses.card",
    "Findings": "axnb.analyses.findings",
    "NotApplicableStateAnalysisCard": "axnb.analyses.card",
    "OverviewAnalysis": "axnb.analyses.overview",
    "ScatterPlot": "axnb.analyses.pareto",
    "SensitivityAnalysisPlot": "axnb.analyses.sensitivity",
    "SlicePlot": "axnb.analyses.slice",
    "Summary": "axnb.analyses.summary",
    "UtilityProgressionAnalysis": "axnb.analyses.trace",
    "compute_card": "axnb.analyses.card",
}

__all__ = [
    "Analysis",
    "AnalysisCard",
    "AnalysisCardBase",
    "AnalysisCardGroup",
    "BestTrials",
    "ContourPlot",
    "Control",
    "ErrorAnalysisCard",
    "Findings",
    "NotApplicableStateAnalysisCard",
    "OverviewAnalysis",
    "ScatterPlot",
    "SensitivityAnalysisPlot",
    "SlicePlot",
    "Summary",
    "UtilityProgressionAnalysis",
    "compute_card",
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
