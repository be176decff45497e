"""When a strategy goes on to another node, and when a node pauses."""

from dataclasses import dataclass
from typing import Literal, Protocol

from axnb.errors import listing
from axnb.record.experiment import ExperimentView, arm_results
from axnb.suggest.progress import Progress, Scope, StatusFilter, join_statuses


class TransitionCriterion(Protocol):
    """Says when a strategy may go on to another node; made from a registered name and plain arguments."""

    def is_met(self, progress: Progress) -> bool:
        """Return whether it is met."""
        ...

    def count_remaining(self, progress: Progress) -> int | None:
        """Return how many more suggestions of the node meet it; ``None`` where that does not depend on them."""
        ...

    def blocks(self, progress: Progress) -> bool:
        """Return whether the node must make no more suggestions although other criteria are not met yet."""
        ...

    def count(self, progress: Progress) -> int:
        """Return how many trials it has counted, which is said where it blocks."""
        ...

    def explain(self, progress: Progress) -> str:
        """Return what is missing, and what to do about it, to follow on "the node needs"."""
        ...


class PausingCriterion(Protocol):
    """Says when a node makes no suggestions for now; made from a registered name and plain arguments."""

    def count_remaining(self, progress: Progress) -> int:
        """Return how many more suggestions the node may make; 0 where it pauses."""
        ...

    def explain(self, progress: Progress) -> str:
        """Return why it pauses, and what ends that, as a sentence."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MinTrials:
    """Met once there are so many trials; lost ones do not count unless statuses are said.

    Args:
        threshold: So many.
        of: Which count: `"all"`, the `"initial"` ones, or those of the `"node"`.
        block_generation: Whether the node makes no more than these.
        only_in_statuses: Statuses that count: a list, or names separated by commas.
        not_in_statuses: Statuses that do not count.
        count_only_trials_with_data: Whether only trials with results count.

    Raises:
        UserInputError: If a status does not exist.

    Example:
        >>> MinTrials(threshold=5, only_in_statuses=["COMPLETED"]).only_in_statuses
        'COMPLETED'
    """

    threshold: int
    of: Scope = "node"
    block_generation: bool = False
    only_in_statuses: str = ""
    not_in_statuses: str = ""
    count_only_trials_with_data: bool = False

    def __post_init__(self) -> None:
        _name_statuses(self)

    def is_met(self, progress: Progress) -> bool:
        """Return whether there are enough trials."""
        return self.count(progress) >= self.threshold

    def count(self, progress: Progress) -> int:
        """Return how many trials count."""
        return _count(self, progress, self.of)

    def count_remaining(self, progress: Progress) -> int | None:
        """Return how many trials are missing; ``None`` where more suggestions do not count at once."""
        admits_new = not self.count_only_trials_with_data and (
            "RUNNING" in self.only_in_statuses.split(",")
            if self.only_in_statuses
            else "RUNNING" not in self.not_in_statuses.split(",")
        )
        return max(self.threshold - self.count(progress), 0) if admits_new else None

    def blocks(self, progress: Progress) -> bool:
        """Return whether the node has made all it may."""
        return self.block_generation and self.is_met(progress)

    def explain(self, progress: Progress) -> str:
        """Return how many trials are missing."""
        missing = max(self.threshold - self.count(progress), 0)
        which = f" that are {self.only_in_statuses.lower().replace(',', ' or ')}" if self.only_in_statuses else ""
        return f"{missing} more trials{which}: ask for them, or attach them"


@dataclass(frozen=True, slots=True, kw_only=True)
class MinObserved:
    """Met once so many completed trials have a result for every metric of the goal.

    Args:
        threshold: So many.
    """

    threshold: int

    def is_met(self, progress: Progress) -> bool:
        """Return whether there are enough results."""
        return self.count(progress) >= self.threshold

    def count(self, progress: Progress) -> int:
        """Return how many trials have such results."""
        return _count_observed(progress.view)

    def count_remaining(self, progress: Progress) -> int | None:
        """Return nothing: suggestions bring no results."""
        return None

    def blocks(self, progress: Progress) -> bool:
        """Return that it never does."""
        return False

    def explain(self, progress: Progress) -> str:
        """Return how many results are missing, and what brings them."""
        missing = self.threshold - self.count(progress)
        return (
            f"{'one more of them' if missing == 1 else f'{missing} more of them'} completed with every metric of the "
            f"goal: {_way_out(progress.view)}, or set allow_exceeding_initialization_budget"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumPreferenceOccurances:
    """Met once a metric of answers has said yes and no so many times each, as a model of preferences needs.

    Args:
        threshold: So many.
        metric_name: The metric: 1, or anything above 0, for yes, and 0 for no.
    """

    threshold: int
    metric_name: str

    def is_met(self, progress: Progress) -> bool:
        """Return whether there are enough answers of either kind."""
        return self.count(progress) >= self.threshold

    def count(self, progress: Progress) -> int:
        """Return how many answers there are of the rarer kind."""
        said = [
            r.outcomes[self.metric_name][0] > 0.0
            for r in arm_results(progress.view)
            if self.metric_name in r.outcomes and not r.status.is_lost
        ]
        return min(sum(said), len(said) - sum(said))

    def count_remaining(self, progress: Progress) -> int | None:
        """Return nothing: suggestions bring no answers."""
        return None

    def blocks(self, progress: Progress) -> bool:
        """Return that it never does."""
        return False

    def explain(self, progress: Progress) -> str:
        """Return how many answers are missing."""
        missing = self.threshold - self.count(progress)
        return f"{missing} more answers yes and no each of {self.metric_name!r}: complete trials with them"


@dataclass(frozen=True, slots=True, kw_only=True)
class CenterTried:
    """Met once the centre was suggested, or anything else was tried.

    Args:
        of: Which trials count besides: `"all"`, or the `"initial"` ones.
    """

    of: Literal["all", "initial"] = "all"

    def is_met(self, progress: Progress) -> bool:
        """Return whether there is nothing left to begin with."""
        return self.count(progress) > 0 or any(r.generator == "Center" for r in arm_results(progress.view))

    def count(self, progress: Progress) -> int:
        """Return how many trials count."""
        return progress.count(self.of)

    def count_remaining(self, progress: Progress) -> int | None:
        """Return that one suggestion is enough."""
        return 1

    def blocks(self, progress: Progress) -> bool:
        """Return that it never does."""
        return False

    def explain(self, progress: Progress) -> str:
        """Return what is missing."""
        return "the centre of the search space: ask for it"


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoTransitionAfterGen:
    """Met as soon as the node has made a suggestion."""

    def is_met(self, progress: Progress) -> bool:
        """Return whether it has."""
        return self.count(progress) > 0

    def count(self, progress: Progress) -> int:
        """Return how many suggestions it has made, what became of them aside."""
        return sum(1 for _ in progress.list_attempts("node"))

    def count_remaining(self, progress: Progress) -> int | None:
        """Return that one suggestion is enough."""
        return 1

    def blocks(self, progress: Progress) -> bool:
        """Return that it never does."""
        return False

    def explain(self, progress: Progress) -> str:
        """Return what is missing."""
        return "a suggestion: ask for it"


@dataclass(frozen=True, slots=True, kw_only=True)
class IsSingleObjective:
    """Met where the goal has one objective."""

    def is_met(self, progress: Progress) -> bool:
        """Return whether there is one."""
        return progress.view.optimization is not None and not progress.view.optimization.is_multi_objective

    def count(self, progress: Progress) -> int:
        """Return the number of trials, which does not matter."""
        return progress.count("all")

    def count_remaining(self, progress: Progress) -> int | None:
        """Return nothing: suggestions do not change the goal."""
        return None

    def blocks(self, progress: Progress) -> bool:
        """Return that it never does."""
        return False

    def explain(self, progress: Progress) -> str:
        """Return what is missing."""
        return "a goal of one objective: call configure_optimization"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxGenerationParallelism:
    """Pauses a node while so many of its trials run.

    Args:
        threshold: So many.
        of: Which count: those of the `"node"`, or `"all"`.
        only_in_statuses: Statuses that count, those of trials that are under way by default.
        not_in_statuses: Statuses that do not count.
        count_only_trials_with_data: Whether only trials with results count.

    Raises:
        UserInputError: If a status does not exist.
    """

    threshold: int
    of: Scope = "node"
    only_in_statuses: str = "CANDIDATE,STAGED,DISPATCHED,RUNNING"
    not_in_statuses: str = ""
    count_only_trials_with_data: bool = False

    def __post_init__(self) -> None:
        _name_statuses(self)

    def count_remaining(self, progress: Progress) -> int:
        """Return how many more trials may run."""
        return max(self.threshold - _count(self, progress, self.of), 0)

    def explain(self, progress: Progress) -> str:
        """Return what ends the pause."""
        return (
            f"{_count(self, progress, self.of)} trials of {progress.node!r} are under way, and no more than "
            f"{self.threshold} may be: complete one first."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxTrialsAwaitingData:
    """Pauses a node while so many of its trials have no results.

    Args:
        threshold: So many.
        of: Which count: those of the `"node"`, or `"all"`.
        only_in_statuses: Statuses that count; all but those that are lost by default.
        not_in_statuses: Statuses that do not count.

    Raises:
        UserInputError: If a status does not exist.
    """

    threshold: int
    of: Scope = "node"
    only_in_statuses: str = ""
    not_in_statuses: str = ""

    def __post_init__(self) -> None:
        _name_statuses(self)

    def _count(self, progress: Progress) -> int:
        which = StatusFilter(self.only_in_statuses, self.not_in_statuses, with_data=False)
        return sum(which.admits(a) and not a.has_data for a in progress.list_attempts(self.of))

    def count_remaining(self, progress: Progress) -> int:
        """Return how many more trials may wait for results."""
        return max(self.threshold - self._count(progress), 0)

    def explain(self, progress: Progress) -> str:
        """Return what ends the pause."""
        return (
            f"{self._count(progress)} trials of {progress.node!r} wait for results, and no more than "
            f"{self.threshold} may: attach results first."
        )


def _name_statuses(criterion: MinTrials | MaxGenerationParallelism | MaxTrialsAwaitingData) -> None:
    object.__setattr__(criterion, "only_in_statuses", join_statuses(criterion.only_in_statuses))
    object.__setattr__(criterion, "not_in_statuses", join_statuses(criterion.not_in_statuses))


def _count(criterion: MinTrials | MaxGenerationParallelism, progress: Progress, of: Scope) -> int:
    which = StatusFilter(criterion.only_in_statuses, criterion.not_in_statuses, criterion.count_only_trials_with_data)
    return sum(which.admits(a) for a in progress.list_attempts(of))


def _way_out(view: ExperimentView) -> str:
    """Return what brings the missing results: of a trial that runs, or of one that has ended without them."""
    if any(t.status.is_running for t in view.trials.values()):
        return "complete a running trial"
    assert view.optimization is not None
    for result in arm_results(view):
        lacking = [n for n in view.optimization.metric_names if n not in result.outcomes]
        if result.status.is_successful and lacking:
            return (
                f"none is running, and trial {result.trial_index} has no {listing(lacking)}: attach it with amend_data"
            )
    return "none is running: attach further trials, or lower min_observed_initialization_trials"


def _count_observed(view: ExperimentView) -> int:
    """Return the number of arms of completed trials with a result for every metric of the goal."""
    assert view.optimization is not None
    names = view.optimization.metric_names
    return sum(r.status.is_successful and r.has(names) for r in arm_results(view))
