"""The top surfaces: what a metric depends on most, and how: sensitivity, then slices and contours of the largest."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from itertools import combinations

import numpy as np

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import Analysis, AnalysisCardGroup, Outline
from axnb.analyses.compute import group_of
from axnb.analyses.context import AnalysisContext, require_metric
from axnb.analyses.drawing import words
from axnb.analyses.insights.contour import ContourPlot
from axnb.analyses.insights.sensitivity import SensitivityAnalysisPlot, check_order
from axnb.analyses.insights.slice import SlicePlot
from axnb.suggest.fitting import SobolIndices

_NEGLIGIBLE = 0.01  # share of the variation that is not worth a card


@dataclass(frozen=True, slots=True)
class TopSurfacesAnalysis:
    """What a metric depends on most: its sensitivity, then a slice or a contour of each of the largest shares.

    Args:
        metric_name: The metric; that of the first objective if left out.
        order: Of the shares: `"second"` for parameters alone and pairs, `"first"` or `"total"` for parameters.
        top_k: Slices and contours at most.
        relativize: Whether to show changes against the baseline, in percent.
        labels: What metrics are called, by their names.

    Raises:
        UserInputError: If an option is none of those.

    Example:
        >>> TopSurfacesAnalysis("loss", top_k=3).order
        'second'
    """

    metric_name: str | None = None
    order: str = "second"
    top_k: int = 5
    _: KW_ONLY
    relativize: bool = False
    labels: Mapping[str, str] | tuple[tuple[str, str], ...] | None = None

    def __post_init__(self) -> None:
        check_order(self.order, self.top_k)
        object.__setattr__(self, "labels", tuple(dict(self.labels or ()).items()))

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCardGroup:
        """Return the group.

        Raises:
            NotConfiguredError: If no metric is given and there is no goal yet.
            DataRequiredError: If there are too few results for a model.
            UnknownNameError: If there is no such metric.
        """
        return group_of(self, context)

    def outline(self, context: AnalysisContext) -> Outline:  # noqa: D102
        metric = require_metric(context, self.metric_name)
        tops = rank_surfaces(context.sensitivity(metric), self.order, self.top_k)
        chosen: list[Analysis] = [
            SensitivityAnalysisPlot(metric, order=self.order, top_k=max(self.top_k, 6), labels=self.labels)
        ]
        for names in tops:
            if len(names) == 1:
                chosen.append(SlicePlot(names[0], metric, relativize=self.relativize))
            else:
                chosen.append(ContourPlot(names[0], names[1], metric, relativize=self.relativize))
        shown = [" with ".join(words.short(n, 24) for n in names) for names in tops]
        title = f"What {words.short(dict(self.labels or ()).get(metric, metric))} depends on"
        return Outline(title=title, subtitle=f"Shown: {words.listed(shown)}.", analyses=tuple(chosen))


def rank_surfaces(indices: SobolIndices, order: str, top_k: int) -> tuple[tuple[str, ...], ...]:
    """Return the parameters, and pairs of them, that explain most, largest first; always at least one.

    Args:
        indices: The Sobol indices.
        order: `"total"`, `"first"` or `"second"`.
        top_k: How many at most.
    """
    names = indices.parameters
    alone = np.nan_to_num(indices.total if order == "total" else indices.first)
    found: list[tuple[float, tuple[str, ...]]] = [(float(s), (n,)) for n, s in zip(names, alone, strict=True)]
    if order == "second":
        pairs = combinations(range(len(names)), 2)
        found += [(float(np.nan_to_num(indices.second[i, j])), (names[i], names[j])) for i, j in pairs]
    found.sort(key=lambda one: -one[0])
    kept = [which for share, which in found[:top_k] if share >= _NEGLIGIBLE]
    return tuple(kept or [found[0][1]])
