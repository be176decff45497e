"""What is known and imagined while suggestions are made, and which acquisition follows from it."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from axnb.suggest.acquisition import Acquisition, ExpectedImprovement, Feasibility
from axnb.suggest.goal import Goal, believed
from axnb.suggest.hypervolume import ExpectedHypervolumeImprovement, boxes, non_dominated, reference_point
from axnb.surrogate.gp import Array, GaussianProcess

_SEEDS = 5
_MOST_OBJECTIVES = 4  # up to so many the gain in hypervolume is computed


class Searching(Protocol):
    """What is known and imagined while suggestions are made."""

    def imagine(self, row: Array, metrics: tuple[str, ...]) -> "Searching":
        """Return the state in which the metrics turned out at a row as expected."""
        ...

    def acquisition(self) -> tuple[Acquisition, Array]:
        """Return what to maximise and the rows around which to look."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """The processes with what is imagined for pending rows, and the rows that an improvement is measured against."""

    goal: Goal
    processes: list[GaussianProcess]
    observed: Array
    imagined: tuple[Array, ...] = ()

    def imagine(self, row: Array, metrics: tuple[str, ...]) -> "State":
        """Return the state in which the metrics turned out at a row as expected."""
        processes = list(self.processes)
        for i, name in enumerate(self.goal.metrics):
            if name in metrics:
                mean = float(processes[i].predict(row[None])[0][0])
                processes[i] = processes[i].condition(row, mean, 0.0)
        return replace(self, processes=processes, imagined=(*self.imagined, row))

    def acquisition(self) -> tuple[Acquisition, Array]:
        """Return what to maximise and the rows around which to look."""
        goal, processes = self.goal, tuple(self.processes)
        values, feasible = believed(goal, self.observed)
        rows = self.observed
        if self.imagined:
            X = np.array(self.imagined)
            more, fine = goal.expected(processes, X)
            values, feasible, rows = np.vstack([values, more]), np.append(feasible, fine), np.vstack([rows, X])
        if not feasible[: len(self.observed)].any():
            chance = Feasibility(processes, goal.limits)
            return chance, rows[np.argsort(-chance.value(rows), kind="stable")[:_SEEDS]]
        good, at = values[feasible], rows[feasible]
        if len(goal.objectives) == 1:
            order = np.argsort(-good[:, 0], kind="stable")[:_SEEDS]
            best = float(good[order[0], 0])
            return ExpectedImprovement(processes, goal.objectives[0], best, goal.limits), at[order]
        if len(goal.objectives) > _MOST_OBJECTIVES:
            from axnb.suggest.chebyshev import scalarised

            seed = (len(self.observed), len(self.imagined))
            sums, best_first = scalarised(processes, goal.objectives, goal.limits, good, goal.thresholds, seed)
            return sums, at[best_first[:_SEEDS]]
        front = non_dominated(good)
        lows, highs = boxes(good, self._reference(values[: len(self.observed)], good))
        return ExpectedHypervolumeImprovement(processes, goal.objectives, lows, highs, goal.limits), at[front]

    def _reference(self, observed: Array, good: Array) -> Array:
        inferred = reference_point(good)
        given = self.goal.thresholds
        return np.array([i if t is None else t for t, i in zip(given, inferred, strict=True)])
