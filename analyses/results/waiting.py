"""An analysis of what no experiment holds yet: it says what it waits for, so that lists of analyses need not change."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.context import AnalysisContext
from axnb.analyses.shared.arms import parse_statuses
from axnb.errors import UnsupportedError
from axnb.record.trial import TrialStatus


@dataclass(frozen=True, slots=True)
class UtilityRankingPlot:
    """The arms ranked by the utility that pairwise preferences imply.

    Args:
        metric_name: The metric of preference; the only one if left out.
        trial_statuses: The statuses to show.
        show_ci: Whether to show 95 % intervals.

    Raises:
        UserInputError: If there is no such status.

    Example:
        >>> UtilityRankingPlot(show_ci=True).show_ci
        True
    """

    metric_name: str | None = None
    trial_statuses: Iterable[TrialStatus | str] | None = None
    show_ci: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "trial_statuses", parse_statuses(self.trial_statuses))

    @accept_experiment
    def compute(self, context: AnalysisContext) -> NoReturn:
        """Say what is missing.

        Raises:
            UnsupportedError: Always; the message says what it waits for.
        """
        raise UnsupportedError(
            "This needs comparisons of pairs of arms; the metrics here are numbers, not preferences."
        )
