"""How far an experiment is, as the criteria of a strategy see it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from axnb.errors import UserInputError, listing, near_miss, shown
from axnb.record.experiment import ExperimentView, arm_results
from axnb.record.trial import TrialStatus
from axnb.suggest.generators.base import Suggestion

Scope: TypeAlias = Literal["all", "initial", "node"]

_INITIAL = frozenset({"Center", "Sobol", "Uniform"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A trial's arm, or a suggestion of the request that is being answered, as criteria count it.

    Args:
        generator: What made it.
        node: The node that did; ``None`` for what was attached.
        status: Where it stands; a suggestion will be running.
        has_data: Whether there is a result.
    """

    generator: str
    node: str | None
    status: TrialStatus = TrialStatus.RUNNING
    has_data: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an experiment is, as criteria see it.

    Args:
        view: The experiment.
        made: Suggestions of the request that is being answered.
        node: The node that would be left.
    """

    view: ExperimentView
    made: tuple[Suggestion, ...] = ()
    node: str = ""

    def list_attempts(self, of: Scope) -> Iterator[Attempt]:
        """Yield what was tried, suggestions of this request included.

        Args:
            of: `"all"`, the `"initial"` ones of centre and random generators, or those of this `"node"`.
        """
        for result in arm_results(self.view):
            node = self.view.trials[result.trial_index].provenance.node
            found = Attempt(generator=result.generator, node=node, status=result.status, has_data=bool(result.outcomes))
            if self._counts(found, of):
                yield found
        for suggestion in self.made:
            found = Attempt(generator=suggestion.provenance.generator, node=suggestion.provenance.node)
            if self._counts(found, of):
                yield found

    def _counts(self, attempt: Attempt, of: Scope) -> bool:
        if of == "node":
            return attempt.node == self.node
        return of == "all" or attempt.generator in _INITIAL

    def count(self, of: Scope) -> int:
        """Return how many arms that are not lost there are, those of this request included.

        Args:
            of: `"all"`, the `"initial"` ones of centre and random generators, or those of this `"node"`.
        """
        return sum(not a.status.is_lost for a in self.list_attempts(of))


@dataclass(frozen=True, slots=True)
class StatusFilter:
    """Which trials count, by status and whether they have results.

    Args:
        only_in: Names of the statuses that count, separated by commas; empty for all but those that are lost.
        not_in: Names of the statuses that do not.
        with_data: Whether only trials with results count.
    """

    only_in: str
    not_in: str
    with_data: bool

    def admits(self, attempt: Attempt) -> bool:
        """Return whether a trial counts."""
        if self.with_data and not attempt.has_data:
            return False
        if self.only_in:
            return attempt.status.name in self.only_in.split(",")
        if self.not_in:
            return attempt.status.name not in self.not_in.split(",")
        return not attempt.status.is_lost


def join_statuses(given: object) -> str:
    """Return the names of statuses, separated by commas, from such a text, or a list of statuses or names.

    Raises:
        UserInputError: If one is no status.

    Example:
        >>> join_statuses([TrialStatus.COMPLETED, "running"])
        'COMPLETED,RUNNING'
    """
    items: Iterable[object] = [g for g in given.split(",") if g.strip()] if isinstance(given, str) else given or ()  # type: ignore[assignment]
    names = []
    for item in items:
        name = item.name if isinstance(item, TrialStatus) else str(item).strip().upper()
        if name not in TrialStatus.__members__:
            hint = near_miss(name, TrialStatus.__members__)
            raise UserInputError(
                f"a status must be one of {listing(TrialStatus.__members__, 20)}, got {shown(item)}.{hint}"
            )
        names.append(name)
    return ",".join(names)
