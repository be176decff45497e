"""What users bring to an experiment that no file can keep, as one value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from axnb.problem.space import Parameterization
from axnb.run.early_stopping import PercentileEarlyStoppingStrategy
from axnb.run.protocols import EarlyStoppingStrategy, IMetric, IRunner

DEFAULT_EARLY_STOPPING = PercentileEarlyStoppingStrategy(min_progression=0.1, normalize_progressions=True)
"""Asked where none was chosen: steps are shares of the longest curve, so that it is right for epochs, rows and days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentParts:
    """Objects and functions of a user's that belong to an experiment; they are given anew after loading.

    Args:
        nonlinear_constraints: Functions of a parameterization that must all be true, or at least 0.
        runner: Runs trials in a closed loop.
        metrics: What reads metrics in a closed loop, by name.
        early_stopping_strategy: The rule that was chosen for stopping trials early; `None` where none was.

    Example:
        >>> ExperimentParts().early_stopping.percentile_threshold
        50.0
    """

    nonlinear_constraints: tuple[Callable[[Parameterization], object], ...] = ()
    runner: IRunner | None = None
    metrics: Mapping[str, IMetric] = field(default_factory=lambda: MappingProxyType({}))
    early_stopping_strategy: EarlyStoppingStrategy | None = None

    @property
    def early_stopping(self) -> EarlyStoppingStrategy:
        """The rule that is asked whether a trial should be stopped early: the one chosen, or the default."""
        return self.early_stopping_strategy or DEFAULT_EARLY_STOPPING
