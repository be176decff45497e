"""Best points and hypervolumes in the shapes of Ax's older faces."""

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType

from axnb.api.results import BestParameterization, find_best, find_frontier
from axnb.api.types import TParameterValue
from axnb.api.warm import SUGGESTING
from axnb.core.types import TModelPredictArm
from axnb.errors import DataRequiredError, UnsupportedError
from axnb.interrupts import import_whole
from axnb.problem.objective import OptimizationConfig
from axnb.record.experiment import ExperimentView
from axnb.record.frames import select


def seen_by(
    view: ExperimentView, goal: OptimizationConfig | None, trial_indices: Iterable[int] | None
) -> ExperimentView:
    """Return a view with another goal, or with some of its trials only.

    Raises:
        ObjectNotFoundError: If there is no trial of an index.
    """
    if trial_indices is not None:
        kept = {t.index: t for t in select(view, trial_indices, None)}
        view = replace(view, trials=MappingProxyType(kept))
    return view if goal is None else replace(view, optimization=goal)


def predicted(best: BestParameterization) -> TModelPredictArm:
    """Return the values of a best point as means and covariances.

    Example:
        >>> predicted(BestParameterization({"x": 0.5}, {"loss": (0.25, 0.5)}, 0, "0_0"))
        ({'loss': 0.25}, {'loss': {'loss': 0.25}})
    """
    means = {name: mean for name, (mean, _) in best.values.items()}
    return means, {name: {name: sem**2} for name, (_, sem) in best.values.items()}


def best_trial(view: ExperimentView, *, use_model: bool) -> BestParameterization | None:
    """Return the best point, `None` where no trial is completed or none satisfies the constraints.

    Raises:
        UnsupportedError: If there are several objectives.
    """
    try:
        return find_best(view, use_model=use_model)
    except DataRequiredError:
        return None


def pareto_points(
    view: ExperimentView, *, use_model: bool
) -> dict[int, tuple[dict[str, TParameterValue], TModelPredictArm]]:
    """Return the points that no other one dominates by trial; none where no trial is completed.

    Raises:
        UnsupportedError: If there is one objective.
    """
    try:
        frontier = find_frontier(view, use_model=use_model)
    except DataRequiredError:
        return {}
    return {best.trial_index: (best.parameters, predicted(best)) for best in frontier}


def hypervolume(view: ExperimentView, *, use_model: bool) -> float:
    """Return the volume between the thresholds and the points that no other one dominates.

    Where an objective has no threshold, one a tenth of the frontier's range below it is taken.

    Raises:
        UnsupportedError: If there is one objective.
    """
    goal = view.optimization
    assert goal is not None
    if not goal.is_multi_objective:
        raise UnsupportedError("with one objective there is no hypervolume: ask for the best trial.")
    points = pareto_points(view, use_model=use_model)
    if not points:
        return 0.0
    import_whole(SUGGESTING)
    import numpy as np

    from axnb.suggest.pareto import compute_hypervolume, infer_reference_point

    Y = np.array(
        [
            [sum(w * means[n] for n, w in o.expression.terms) for o in goal.objectives]
            for _, (means, _) in points.values()
        ]
    )
    given = [(goal.threshold(o), o.weights[0]) for o in goal.objectives]
    floor = infer_reference_point(Y)
    reference = np.array([low if bound is None else w * bound for (bound, w), low in zip(given, floor, strict=True)])
    return compute_hypervolume(Y, reference)
