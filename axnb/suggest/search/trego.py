"""Searches near the best point, in turn with searches of the whole space.

Where the largest improvement over the whole space brought none, the next search stays in a box around the best point;
the box grows where that pays and shrinks where it does not. This is the alternation of TREGO (Diouane, Picheny, Le
Riche and Scotto Di Perrotolo 2022, https://arxiv.org/abs/2101.06808), folded from the trials.
"""

from dataclasses import dataclass, replace

from axnb.record.experiment import ExperimentView, arm_results
from axnb.record.trial import ArmResult
from axnb.suggest.best import find_baseline, observe_utility

_FIRST, _LARGEST, _LEAST = 0.2, 0.4, 1e-3  # half the width of the box, as a share of each range
_FACTOR = 2.0  # by which it grows and shrinks


@dataclass(frozen=True, slots=True, kw_only=True)
class TregoState:
    """Where the next search looks.

    Args:
        best: The best arm so far; ``None`` where nothing is feasible yet.
        radius: Half the width of the box around it, as a share of each range.
        is_local: Whether the next search keeps to the box.
    """

    best: ArmResult | None = None
    radius: float = _FIRST
    is_local: bool = False

    def after(self, *, improved: bool | None) -> "TregoState":
        """Return where to look once a suggestion has brought an improvement, or has not; ``None`` for not yet.

        Example:
            >>> state = TregoState().after(improved=False)
            >>> state.is_local, state.after(improved=False).radius, state.after(improved=True).radius
            (True, 0.1, 0.4)
        """
        if not self.is_local or improved is None:
            return replace(self, is_local=not self.is_local and not improved)
        radius = min(self.radius * _FACTOR, _LARGEST) if improved else max(self.radius / _FACTOR, _LEAST)
        return replace(self, radius=radius, is_local=improved)


def find_trego_state(view: ExperimentView) -> TregoState:
    """Return where the next search of an experiment with one objective looks, from what its suggestions brought."""
    goal, space = view.optimization, view.search_space
    assert goal is not None
    assert space is not None
    baseline = find_baseline(view)
    state, top = TregoState(), -float("inf")
    for result in arm_results(view):
        improved = None if result.status.is_running else False
        value = observe_utility(result, goal, space, baseline)
        if value is not None:
            improved = value > top
            if improved:
                top, state = value, replace(state, best=result)
        if result.generator == "BO":
            state = state.after(improved=improved)
    return state
