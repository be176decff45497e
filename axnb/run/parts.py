"""What users bring to an experiment that no file can keep, as one value."""

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from axnb.errors import AxnbWarning
from axnb.problem.space import Parameterization
from axnb.record.events import PartsConfigured
from axnb.run.early_stopping import PercentileEarlyStoppingStrategy
from axnb.run.protocols import EarlyStoppingStrategy, IMetric, IRunner

DEFAULT_EARLY_STOPPING = PercentileEarlyStoppingStrategy(min_progression=0.1, normalize_progressions=True)
"""Asked where none was chosen: steps are shares of the longest curve, so that it is right for epochs, rows and days."""


PART_METHODS: Mapping[str, str] = {
    "nonlinear constraints": "configure_nonlinear_constraints",
    "runner": "configure_runner",
    "metrics": "configure_metrics",
    "early stopping strategy": "set_early_stopping_strategy",
}
"""The kinds of parts, and the method of the Client that gives them."""


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

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """What the parts of each kind are called."""
        single = (self.runner, self.early_stopping_strategy)
        runner, strategy = [() if part is None else (type(part).__name__,) for part in single]
        functions = tuple([str(getattr(f, "__name__", type(f).__name__)) for f in self.nonlinear_constraints])
        return dict(zip(PART_METHODS, (functions, runner, tuple(self.metrics), strategy), strict=True))

    def explain_missing(self, recorded: Iterable[tuple[str, tuple[str, ...]]]) -> str | None:
        """Return a sentence on the parts that an experiment once had and that are not here, `None` where all are.

        Args:
            recorded: Pairs of kind and names, as an experiment records them.

        Example:
            >>> ExperimentParts().explain_missing([("runner", ("LabRunner",))])
            'not saved with the experiment, so to be given again: runner LabRunner (configure_runner).'
        """
        own = self.names
        missing = [
            f"{kind} {', '.join(names)} ({PART_METHODS[kind]})"
            for kind, names in recorded
            if names and kind in PART_METHODS and not own[kind]
        ]
        return f"not saved with the experiment, so to be given again: {'; '.join(missing)}." if missing else None


class MissingParts:
    """Tells once which parts an experiment had before it was loaded."""

    def __init__(self) -> None:
        self._told = False

    def tell(self, parts: ExperimentParts, recorded: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        """Warn of what is missing, the first time that something is."""
        sentence = None if self._told else parts.explain_missing(recorded)
        if sentence is not None:
            self._told = True
            warnings.warn(sentence, AxnbWarning, stacklevel=5)


def new_names(
    recorded: Iterable[tuple[str, tuple[str, ...]]], parts: ExperimentParts, kinds: Iterable[str] | None = None
) -> list[PartsConfigured]:
    """Return the events that record what parts of some kinds, by default all that are here, are called, if it is new.

    Example:
        >>> new_names([("runner", ("LabRunner",))], ExperimentParts(), ["runner"])
        [PartsConfigured(kind='runner', names=())]
    """
    held = dict(recorded)
    names = parts.names
    kinds = [kind for kind in names if names[kind]] if kinds is None else kinds
    return [PartsConfigured(kind=kind, names=names[kind]) for kind in kinds if names[kind] != held.get(kind, ())]
