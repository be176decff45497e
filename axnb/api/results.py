"""What the Client returns: plain dicts, tuples and lists that also show themselves well in a notebook."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from axnb.api.types import TParameterValue
from axnb.api.warm import SUGGESTING
from axnb.errors import UnsupportedError
from axnb.html import html_table, mean_and_sem
from axnb.interrupts import import_whole
from axnb.record.experiment import ExperimentView

if TYPE_CHECKING:
    from axnb.suggest.best import BestPoint


class Suggestions(dict[int, dict[str, TParameterValue]]):
    """Suggested parameterizations by trial index; a dict.

    Example:
        >>> Suggestions({3: {"x": 0.5}})
        {3: {'x': 0.5}}
    """

    def _repr_html_(self) -> str:
        names = list(next(iter(self.values()))) if self else []
        rows = [[index, *(p[n] for n in names)] for index, p in self.items()]
        return html_table(["trial", *names], rows, f"{len(self)} suggested trial{'s' * (len(self) != 1)}")


class _Best(NamedTuple):
    parameters: dict[str, TParameterValue]
    values: dict[str, tuple[float, float]]
    trial_index: int
    arm_name: str


class BestParameterization(_Best):
    """A parameterization with its values; a tuple of four, that also knows by which rule it was chosen.

    Attributes:
        parameters: The parameterization.
        values: For each metric the mean and its standard error, in the metric's own units.
        trial_index: The trial that it belongs to.
        arm_name: The arm of that trial.
        rule: By which rule it is the best, in words.
    """

    rule: str = ""

    @classmethod
    def of(cls, point: "BestPoint") -> "BestParameterization":
        """Return a best point as a tuple."""
        made = cls(dict(point.parameters), dict(point.values), point.trial_index, point.arm_name)
        made.rule = point.rule
        return made

    def _repr_html_(self) -> str:
        return _points_table([self], f"Best: trial {self.trial_index}" + (f", {self.rule}" if self.rule else ""))


class ParetoFrontier(list[BestParameterization]):
    """The parameterizations that no other one dominates; a list."""

    def _repr_html_(self) -> str:
        return _points_table(self, f"Pareto frontier: {len(self)} trial{'s' * (len(self) != 1)}")


def _points_table(points: list[BestParameterization], caption: str) -> str:
    if not points:
        return html_table(["trial"], [], caption)
    names, metrics = list(points[0].parameters), list(points[0].values)
    rows = [
        [p.trial_index, *(p.parameters[n] for n in names), *(mean_and_sem(*p.values[m]) for m in metrics)]
        for p in points
    ]
    return html_table(["trial", *names, *metrics], rows, caption)


class Predictions(list[dict[str, tuple[float, float]]]):
    """For each point and metric the predicted mean and its standard error; a list of dicts."""

    def _repr_html_(self) -> str:
        metrics: Mapping[str, object] = self[0] if self else {}
        rows = [[i, *(mean_and_sem(*p[m]) for m in metrics)] for i, p in enumerate(self)]
        return html_table(["point", *metrics], rows, "Predictions (mean ± standard error)")


def in_short(view: ExperimentView) -> str:
    """Return what an experiment is, in a few words."""
    if view.search_space is None:
        return "not configured"
    name = f"{view.name!r}, " if view.name else ""
    goal = f", objective {str(view.optimization)!r}" if view.optimization else ""
    return f"{name}{_count(len(view.search_space.parameters), 'parameter')}{goal}, {_count(len(view.trials), 'trial')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def find_best(view: ExperimentView, *, use_model: bool) -> BestParameterization:
    """Return the best parameterization.

    Raises:
        UnsupportedError: If there are several objectives.
        DataRequiredError: If no trial is completed, or none satisfies the constraints.
    """
    import_whole(SUGGESTING)
    from axnb.suggest.best import best_point

    if view.optimization is not None and view.optimization.is_multi_objective:
        raise UnsupportedError("with several objectives there is no single best point: use get_pareto_frontier.")
    return BestParameterization.of(best_point(view, use_model_predictions=use_model))


def find_frontier(view: ExperimentView, *, use_model: bool) -> ParetoFrontier:
    """Return the parameterizations that no other one dominates.

    Raises:
        UnsupportedError: If there is one objective.
        DataRequiredError: If no trial is completed.
    """
    import_whole(SUGGESTING)
    from axnb.suggest.best import pareto_frontier

    if view.optimization is not None and not view.optimization.is_multi_objective:
        raise UnsupportedError("with one objective there is no Pareto frontier: use get_best_parameterization.")
    return ParetoFrontier(BestParameterization.of(p) for p in pareto_frontier(view, use_model_predictions=use_model))
