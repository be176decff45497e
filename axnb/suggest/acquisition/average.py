"""Suggestions that average over what the hyperparameters may be, for ``method="quality"``.

One builder for each joint member of the ensembles; an acquisition is averaged over them, not computed for an average,
as in Snoek, Larochelle and Adams (2012), "Practical Bayesian optimization of machine learning algorithms".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from axnb.suggest.acquisition.base import Acquisition, AcquisitionBuilder, BuiltAcquisition
from axnb.surrogate.kernels import Array
from axnb.surrogate.outcome_model import OutcomeModel
from axnb.surrogate.surrogate import Surrogate

_JOINT = 6  # members of several metrics together; not tuned


@dataclass(frozen=True, slots=True, eq=False)
class LogAverageAcquisition:
    """The logarithm of a weighted average of what other acquisitions are the logarithms of.

    Args:
        parts: The acquisitions.
        weights: Their weights; they sum to 1.
    """

    parts: tuple[Acquisition, ...]
    weights: Array

    def value(self, X: Array) -> Array:
        """Return the scores of the rows."""
        return self._mean(np.array([p.value(X) for p in self.parts]))[0]

    def value_and_gradient(self, X: Array) -> tuple[Array, Array]:
        """Return the scores and their gradients."""
        found = [p.value_and_gradient(X) for p in self.parts]
        value, share = self._mean(np.array([v for v, _ in found]))
        slopes = np.nan_to_num(np.array([g for _, g in found]), nan=0.0, posinf=0.0, neginf=0.0)
        return value, np.einsum("kq,kqd->qd", share, slopes)

    def _mean(self, values: Array) -> tuple[Array, Array]:
        logs = np.where(np.isnan(values), -np.inf, values) + np.log(self.weights)[:, None]
        top = np.maximum(logs.max(0), -1e300)
        shares = np.exp(logs - top)
        total = np.maximum(shares.sum(0), 1e-300)
        return top + np.log(total), shares / total


@dataclass(frozen=True, slots=True, eq=False)
class AverageBuilder:
    """The builders of all joint members, heaviest first.

    Args:
        builders: One a joint member.
        weights: Their weights; they sum to 1.
    """

    builders: tuple[AcquisitionBuilder, ...]
    weights: Array

    def fantasize(self, row: Array, metrics: tuple[str, ...]) -> "AverageBuilder":
        """Return the builder for which the metrics turned out at a row as each member expects."""
        return replace(self, builders=tuple(b.fantasize(row, metrics) for b in self.builders))

    def build(self) -> BuiltAcquisition:
        """Return the average of what the members maximise, and the rows around which to look."""
        found = [b.build() for b in self.builders]
        phase = found[0].phase  # some may still look for a feasible point: the heaviest decides
        same = [i for i, f in enumerate(found) if f.phase is phase]
        weights = self.weights[same] / self.weights[same].sum()
        return BuiltAcquisition(
            LogAverageAcquisition(tuple(found[i].acquisition for i in same), weights), found[0].seeds, phase
        )


def average_models(
    state_of: Callable[[list[OutcomeModel]], AcquisitionBuilder], surrogate: Surrogate, metrics: Sequence[str]
) -> AverageBuilder:
    """Return the builder for an ensemble of models.

    Args:
        state_of: Gives the state in which some models stand for the metrics.
        surrogate: Models of which each may be a mixture.
        metrics: The metrics of the goal.
    """
    models = [surrogate[name] for name in metrics]
    joint, weights = _combine_members([np.array([w for w, _ in m.components]) for m in models])
    states = [state_of([m.components[k][1] for m, k in zip(models, chosen, strict=True)]) for chosen in joint]
    return AverageBuilder(tuple(states), weights)


def _combine_members(weights: Sequence[Array]) -> tuple[list[tuple[int, ...]], Array]:
    """Return combinations of one member a metric, and their weights, heaviest first."""
    if len(weights) == 1:
        order = np.argsort(-weights[0], kind="stable")
        return [(int(k),) for k in order], weights[0][order]
    columns = []
    for j, w in enumerate(weights):  # even quantiles, in another order for each metric
        at = (np.arange(_JOINT) * (2 * j + 1) + j) % _JOINT if j % 2 == 0 else np.arange(_JOINT)[::-1]
        columns.append(np.searchsorted(np.cumsum(w), (at + 0.5) / _JOINT * 0.999999))
    made = [tuple(int(k) for k in row) for row in zip(*columns, strict=True)]
    counts = {m: made.count(m) for m in made}
    distinct = sorted(counts, key=lambda m: -counts[m])
    return distinct, np.array([counts[m] for m in distinct]) / _JOINT
