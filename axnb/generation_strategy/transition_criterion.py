"""Ax's criteria as ours: each returns the transition, or the pause, that it stands for."""

from collections.abc import Sequence

from axnb.problem.generation import JsonScalar, PartSpec, Transition
from axnb.record.trial import TrialStatus
from axnb.suggest import criteria
from axnb.suggest.progress import join_statuses

__all__ = [
    "AutoTransitionAfterGen",
    "IsSingleObjective",
    "MaxGenerationParallelism",
    "MaxTrials",
    "MaxTrialsAwaitingData",
    "MinTrials",
    "MinimumPreferenceOccurances",
]

_Statuses = Sequence[TrialStatus] | None


def build_min_trials(
    threshold: int,
    transition_to: str | None = None,
    only_in_statuses: _Statuses = None,
    not_in_statuses: _Statuses = None,
    use_all_trials_in_exp: bool = False,
    continue_trial_generation: bool = False,
    count_only_trials_with_data: bool = False,
    block_gen_if_met: bool = False,
    block_transition_if_unmet: bool = True,
) -> Transition:
    """Return the transition that is taken once there are so many trials; see `axnb.MinTrials`.

    Raises:
        UserInputError: If a status does not exist.

    Example:
        >>> MinTrials(threshold=5, transition_to="model").target
        'model'
    """
    part = criteria.MinTrials(
        threshold=threshold,
        of="all" if use_all_trials_in_exp else "node",
        block_generation=block_gen_if_met,
        only_in_statuses=join_statuses(only_in_statuses),
        not_in_statuses=join_statuses(not_in_statuses),
        count_only_trials_with_data=count_only_trials_with_data,
    )
    return _go(transition_to, part)


def build_minimum_preference_occurances(
    metric_name: str, threshold: int, transition_to: str | None = None, continue_trial_generation: bool = False
) -> Transition:
    """Return the transition that is taken once a metric has said yes and no so many times each."""
    return _go(transition_to, criteria.MinimumPreferenceOccurances(threshold=threshold, metric_name=metric_name))


def build_auto_transition(transition_to: str, continue_trial_generation: bool = True) -> Transition:
    """Return the transition that is taken as soon as the node has made a suggestion."""
    return _go(transition_to, criteria.AutoTransitionAfterGen())


def build_is_single_objective(transition_to: str, continue_trial_generation: bool = False) -> Transition:
    """Return the transition that is taken where the goal has one objective."""
    return _go(transition_to, criteria.IsSingleObjective())


def build_max_parallelism(
    threshold: int,
    only_in_statuses: _Statuses = None,
    not_in_statuses: _Statuses = None,
    use_all_trials_in_exp: bool = False,
    count_only_trials_with_data: bool = False,
) -> PartSpec:
    """Return what makes a node pause while so many of its trials are under way.

    Raises:
        UserInputError: If a status does not exist.
    """
    of = "all" if use_all_trials_in_exp else "node"
    given: dict[str, JsonScalar] = {
        "threshold": threshold,
        "of": of,
        "not_in_statuses": join_statuses(not_in_statuses),
        "count_only_trials_with_data": count_only_trials_with_data,
    }
    if only_in_statuses is not None or not_in_statuses is not None:
        given["only_in_statuses"] = join_statuses(only_in_statuses)
    return PartSpec("MaxGenerationParallelism", tuple(given.items()))


def build_max_awaiting(
    threshold: int,
    only_in_statuses: _Statuses = None,
    not_in_statuses: _Statuses = None,
    use_all_trials_in_exp: bool = False,
) -> PartSpec:
    """Return what makes a node pause while so many of its trials have no results.

    Raises:
        UserInputError: If a status does not exist.
    """
    given: dict[str, JsonScalar] = {
        "threshold": threshold,
        "of": "all" if use_all_trials_in_exp else "node",
        "only_in_statuses": join_statuses(only_in_statuses),
        "not_in_statuses": join_statuses(not_in_statuses),
    }
    return PartSpec("MaxTrialsAwaitingData", tuple(given.items()))


def _go(target: str | None, criterion: object) -> Transition:
    """Return a transition from the node that it will be given to; a step without target goes to the next."""
    return Transition("", target or "", (criterion,))  # type: ignore[arg-type] # a dataclass becomes a PartSpec


MinTrials = build_min_trials
MaxTrials = build_min_trials
MinimumPreferenceOccurances = build_minimum_preference_occurances
AutoTransitionAfterGen = build_auto_transition
IsSingleObjective = build_is_single_objective
MaxGenerationParallelism = build_max_parallelism
MaxTrialsAwaitingData = build_max_awaiting
