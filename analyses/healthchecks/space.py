"""Health checks of the search space: do suggestions press against its bounds, and is the problem of a usual size."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.drawing import words
from axnb.analyses.drawing.rows import iterate_rows
from axnb.analyses.healthchecks.card import HealthcheckStatus, make_check_card
from axnb.analyses.shared.arms import ATTACHED, INITIAL
from axnb.errors import DataRequiredError, UserInputError, listing, near_miss
from axnb.problem.parameters import ChoiceParameter
from axnb.problem.space import Parameterization, SearchSpace
from axnb.surrogate.encoder import Encoder

Array = npt.NDArray[np.float64]
_EDGE = 1e-6
_NEWEST = 10
COLUMNS = ("boundary", "parameter_name", "side", "proportion")


@dataclass(frozen=True, slots=True)
class SearchSpaceAnalysis:
    """Whether suggestions lie on the bounds of the search space, which then may be too narrow.

    Args:
        trial_index: The trial whose arms are looked at; by default the newest ten suggestions of the model.
        boundary_proportion_threshold: Share of arms on a bound above which it is named.

    Raises:
        UserInputError: If the share is none.

    Example:
        >>> SearchSpaceAnalysis(boundary_proportion_threshold=0.8).trial_index
    """

    trial_index: int | None = None
    boundary_proportion_threshold: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.boundary_proportion_threshold <= 1:
            value = self.boundary_proportion_threshold
            raise UserInputError(f"boundary_proportion_threshold must be a share from 0 to 1, got {value!r}.")

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            DataRequiredError: If the model has suggested nothing yet.
            ObjectNotFoundError: If there is no such trial.
        """
        if self.trial_index is not None:
            trial = context.view.trial(self.trial_index)
            points = [dict(arm.parameters) for arm in trial.arms]
        else:
            made = [r for r in context.results if r.generator not in (*INITIAL, *ATTACHED)]
            points = [dict(r.parameters) for r in made[-_NEWEST:]]
        allowed = [p for p in points if _allowed(context.search_space, p)]
        if not allowed:
            raise DataRequiredError("This needs a trial that the model has suggested.")
        frame = tabulate_boundary(context.search_space, allowed)
        crowded = frame[frame["proportion"] > self.boundary_proportion_threshold]
        if crowded.empty:
            text = "Suggestions do not crowd at the bounds of the search space."
            return make_check_card(self, "Search space", HealthcheckStatus.PASS, text, frame)
        parts = [f"{words.short(r.boundary, 40)} ({words.percent(r.proportion)})" for r in iterate_rows(crowded)]
        shown = [*parts[:4], f"{len(parts) - 4} more"] if len(parts) > 5 else parts
        count = "the suggestion lies" if len(allowed) == 1 else f"the newest {len(allowed)} suggestions lie"
        text = f"Most of {count} on {words.listed(shown)}: consider widening the search space there."
        text = text.replace("Most of the suggestion lies", "The suggestion lies")
        return make_check_card(self, "Search space", HealthcheckStatus.WARNING, text, frame)


def _allowed(space: SearchSpace, point: Parameterization) -> bool:
    try:
        space.validate_some({n: point[n] for n in space.names})
    except (UserInputError, KeyError):
        return False
    return True


def tabulate_boundary(space: SearchSpace, points: Sequence[Parameterization]) -> pd.DataFrame:
    """Return what share of some points lies on each bound of the space.

    Args:
        space: The search space.
        points: Points that it allows.

    Returns:
        Columns `COLUMNS`, largest share first: a row for the lower and the upper end of each range and each ordered
        choice of numbers, and for each parameter constraint.
    """
    encoder = Encoder(space)
    X = encoder.encode(points)
    rows = [*_ends(encoder, X)]
    slack = encoder.slack(X)
    for i, constraint in enumerate(space.constraints):
        rows.append((str(constraint), "", "constraint", float((slack[:, i] <= _EDGE).mean())))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.sort_values("proportion", ascending=False, kind="stable", ignore_index=True)


def _ends(encoder: Encoder, X: Array) -> Iterator[tuple[str, str, str, float]]:
    for j, column in enumerate(encoder.columns):
        p = column.parameter
        if isinstance(p, ChoiceParameter) and not (p.is_ordered and p.parameter_type in ("int", "float")):
            continue
        low, high = column.decode(0.0), column.decode(1.0)
        for side, bound, end in (("lower", low, 0.0), ("upper", high, 1.0)):
            share = float((np.abs(X[:, j] - end) <= _EDGE).mean())
            yield f"{p.name} = {words.value(bound)}", p.name, side, share


_STANDARD = {
    "parameters": 50,
    "binary parameters": 50,
    "unordered choices of 3 to 5 values": 5,
    "unordered choices of more values": 1,
    "parameter constraints": 2,
    "objectives": 2,
    "outcome constraints": 2,
    "trials": 200,
    "share of failed trials": 0.9,
    "trials stopped early": 0,
}
_SUPPORTED = {
    "parameters": 200,
    "binary parameters": 100,
    "unordered choices of 3 to 5 values": 10,
    "unordered choices of more values": 3,
    "parameter constraints": 5,
    "objectives": 4,
    "outcome constraints": 5,
    "trials": 500,
    "share of failed trials": 0.9,
    "trials stopped early": np.inf,
}


@dataclass(frozen=True, slots=True)
class ComplexityRatingAnalysis:
    """Whether the experiment is of a usual size, an unusual one, or beyond what is known to work well.

    Args:
        tier_metadata: Limits of the usual size in place of ours, a dict by the names in the card's table.
        tier_messages: What to say for `"standard"`, `"advanced"` and `"unsupported"` in place of our sentences.

    Raises:
        UserInputError: If a name is unknown.

    Example:
        >>> ComplexityRatingAnalysis(tier_metadata={"trials": 50}).tier_metadata
        (('trials', 50),)
    """

    tier_metadata: Mapping[str, float] | tuple[tuple[str, float], ...] | None = None
    tier_messages: Mapping[str, str] | tuple[tuple[str, str], ...] | None = None

    def __post_init__(self) -> None:
        limits, messages = dict(self.tier_metadata or ()), dict(self.tier_messages or ())
        for given, known in ((limits, tuple(_STANDARD)), (messages, ("standard", "advanced", "unsupported"))):
            for name in given:
                if name not in known:
                    raise UserInputError(
                        f"there is no {name!r}; choose from {listing(known, 10)}.{near_miss(name, known)}"
                    )
        object.__setattr__(self, "tier_metadata", tuple(limits.items()))
        object.__setattr__(self, "tier_messages", tuple(messages.items()))

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If there is no search space yet.
        """
        sizes = measure_sizes(context)
        usual = {**_STANDARD, **dict(self.tier_metadata or ())}
        rows = [(n, v, usual[n], max(_SUPPORTED[n], usual[n])) for n, v in sizes.items()]
        frame = pd.DataFrame(rows, columns=["what", "value", "standard_up_to", "supported_up_to"])
        beyond = frame[frame["value"] > frame["supported_up_to"]]["what"].tolist()
        unusual = frame[frame["value"] > frame["standard_up_to"]]["what"].tolist()
        messages = dict(self.tier_messages or ())
        if beyond:
            text = messages.get(
                "unsupported", f"The experiment is beyond what is known to work well: {words.listed(beyond)}."
            )
            return make_check_card(self, "Complexity", HealthcheckStatus.FAIL, text, frame)
        if unusual:
            text = messages.get(
                "advanced",
                f"The experiment is larger than most: {words.listed(unusual)}; look at the model's fit more often.",
            )
            return make_check_card(self, "Complexity", HealthcheckStatus.WARNING, text, frame)
        text = messages.get("standard", "The experiment is of a usual size.")
        return make_check_card(self, "Complexity", HealthcheckStatus.PASS, text, frame)


def measure_sizes(context: AnalysisContext) -> dict[str, float]:
    """Return how large an experiment is, by the names of the limits."""
    space, goal = context.search_space, context.view.optimization
    unordered = [p for p in space.parameters if isinstance(p, ChoiceParameter) and not p.is_ordered]
    states = [t.status for t in context.view.trials.values()]
    ended = sum(s.is_successful or s.is_failed for s in states)
    return {
        "parameters": len(space.tunable),
        "binary parameters": sum(p.cardinality == 2 for p in space.tunable),
        "unordered choices of 3 to 5 values": sum(3 <= p.cardinality <= 5 for p in unordered),
        "unordered choices of more values": sum(p.cardinality > 5 for p in unordered),
        "parameter constraints": len(space.constraints),
        "objectives": len(goal.objectives) if goal else 0,
        "outcome constraints": len(goal.constraints) if goal else 0,
        "trials": len(states),
        "share of failed trials": sum(s.is_failed for s in states) / max(ended, 1),
        "trials stopped early": sum(s.is_early_stopped for s in states),
    }
