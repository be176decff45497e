"""When a closed loop starts no further trial, though there are some left."""

from collections.abc import Callable
from dataclasses import dataclass

from axnb.errors import UnsupportedError
from axnb.record.experiment import ExperimentView, arm_results
from axnb.run.protocols import GlobalStoppingStrategy


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLimits:
    """When no further trial is started; those that run are waited for.

    Args:
        time_limit: Seconds that the loop may run.
        until: A value of the only objective that is good enough, or a function that says whether it is enough.
        global_stopping: Says when further trials are not worth their while.

    Example:
        >>> from axnb.record.experiment import Experiment
        >>> RunLimits(time_limit=60).reached(Experiment().view(), 61.0)
        'the time limit of 60 s is over'
    """

    time_limit: float | None = None
    until: float | Callable[[ExperimentView], object] | None = None
    global_stopping: GlobalStoppingStrategy | None = None

    def reached(self, view: ExperimentView, seconds: float) -> str | None:
        """Return why no further trial is started, or `None`.

        Args:
            view: The experiment.
            seconds: How long the loop has run.

        Raises:
            UnsupportedError: If `until` is a value, and there is not one metric to be optimised.
        """
        if self.time_limit is not None and seconds >= self.time_limit:
            return f"the time limit of {self.time_limit:g} s is over"
        if callable(self.until) and bool(self.until(view)):
            return "what was waited for has come"
        if self.until is not None and not callable(self.until):
            best = _best(view)
            if best is not None and best[0] * best[2] >= self.until * best[2]:
                return f"{best[1]} has come to {best[0]:g}, and was to come to {self.until:g}"
        return self.global_stopping.should_stop_experiment(view) if self.global_stopping is not None else None


def _best(view: ExperimentView) -> tuple[float, str, float] | None:
    """Return the best value of the only objective's metric among feasible trials, its name, and its sign.

    Raises:
        UnsupportedError: If there is not one metric to be optimised.
    """
    goal = view.optimization
    if goal is None or goal.is_multi_objective or goal.objective.is_scalarized:
        raise UnsupportedError("until= takes a value where one metric is optimised: give a function of the view.")
    name, sign = goal.objective.metric_names[0], -1.0 if goal.objective.minimize else 1.0
    ended = [r for r in arm_results(view) if r.status.is_successful and r.has(goal.metric_names)]
    if not ended:
        return None
    from axnb.suggest.best import observed_objectives

    values, feasible = observed_objectives(view)
    if not feasible.any():
        return None
    weight = abs(dict(goal.objective.expression.terms)[name])
    return sign * float(values[feasible, 0].max()) / weight, name, sign
