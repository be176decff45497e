"""What is known about one state of an experiment, computed when first asked for and once for all cards.

Knows nothing of cards, tables or figures.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from axnb.errors import (
    AxnbError,
    DataRequiredError,
    NotConfiguredError,
    UnknownNameError,
    UnsupportedError,
    listing,
    near_miss,
)
from axnb.problem.objective import OptimizationConfig
from axnb.problem.space import SearchSpace
from axnb.record.experiment import ExperimentView, arm_results
from axnb.record.frames import data_frame
from axnb.record.journaled import JournaledExperiment
from axnb.record.trial import ArmResult, Trial
from axnb.run.parts import ExperimentParts
from axnb.suggest.best import BestPoint, best_point, pareto_frontier
from axnb.suggest.fitting import FittedModel, SobolIndices
from axnb.suggest.reading import fit_readable_model

ResultT = TypeVar("ResultT")

MOST_MODELLED = 20_000
"""Trials with results that the model of cards learns from; of more, the newest, and some of each age."""

MINIMUM_FOR_MODEL = 3
"""Trials with a result that a metric needs before a card shows a model of it."""


class AnalysisContext:
    """What is known about one state of an experiment.

    Everything is computed when first asked for, once, and shared by all cards; several threads may ask at a time.
    What could not be computed is not tried again either.

    Args:
        view: The state of the experiment.
        parts: What the user brought to it that no file keeps: functions, runner, metrics, rule for early stopping.
        experiment: The experiment itself, for analyses of a user's that ask it.

    Example:
        >>> from axnb.record.experiment import Experiment
        >>> context = AnalysisContext(Experiment().view())
        >>> context.results
        ()
        >>> context.optimization
        Traceback (most recent call last):
        ...
        axnb.errors.NotConfiguredError: there is no goal yet: call configure_optimization first.
    """

    def __init__(
        self,
        view: ExperimentView,
        parts: ExperimentParts | None = None,
        experiment: JournaledExperiment | None = None,
    ) -> None:
        self.view = view
        self.experiment = experiment
        self.parts = parts or ExperimentParts()
        self._lock = threading.Lock()
        self._made: dict[object, Future[Any]] = {}

    def once(self, key: object, make: Callable[[], ResultT]) -> ResultT:
        """Return what `make` returned, or raise what it raised, when it was first called under this key.

        Args:
            key: What the result is called; a card of your own may share its work by a key of its own.
            make: Computes it; must not ask for the same key.
        """
        with self._lock:
            future = self._made.get(key)
            mine = future is None
            if future is None:
                future = self._made[key] = Future()
        if mine:
            try:
                future.set_result(make())
            except BaseException as error:  # whoever waits must hear of it, whatever it is
                future.set_exception(error)
        result: ResultT = future.result()
        return result

    # ---------------------------------------------------------------------------------------------- what was asked for

    @property
    def search_space(self) -> SearchSpace:
        """The search space.

        Raises:
            NotConfiguredError: If there is none yet.
        """
        if self.view.search_space is None:
            raise NotConfiguredError("there is no search space yet: call configure_experiment first.")
        return self.view.search_space

    @property
    def optimization(self) -> OptimizationConfig:
        """The goal.

        Raises:
            NotConfiguredError: If there is none yet.
        """
        if self.view.optimization is None:
            raise NotConfiguredError("there is no goal yet: call configure_optimization first.")
        return self.view.optimization

    def metric(self, name: str | None = None) -> str:
        """Return a metric's name, that of the first objective if none is given.

        Raises:
            NotConfiguredError: If none is given and there is no goal yet.
            UnknownNameError: If there is no such metric.
        """
        if name is None:
            return self.optimization.objective_metric_names[0]
        if name not in self.view.metrics:
            hint = near_miss(name, self.view.metrics)
            raise UnknownNameError(f"there is no metric {name!r}; the metrics are {listing(self.view.metrics)}.{hint}")
        return name

    # --------------------------------------------------------------------------------------------------- what happened

    @property
    def results(self) -> tuple[ArmResult, ...]:
        """Every arm of every trial with its final outcomes, in the order of the trials."""
        return arm_results(self.view)

    def observed(self, metrics: Sequence[str]) -> tuple[ArmResult, ...]:
        """Return the arms that have a result for each of the metrics, without those of failed and abandoned trials."""
        return tuple(r for r in self.results if not r.status.is_lost and r.has(metrics))

    def frame(self) -> pd.DataFrame:
        """Return the data, one reading a row.

        Returns:
            Columns `trial_index`, `arm_name`, `metric_name`, `step` (NaN for a final value), `mean`, `sem` (NaN where
            unknown).
        """
        return self.once("frame", lambda: data_frame(self.view)).copy()

    # -------------------------------------------------------------------------------------------------- what it means

    def require(self, metrics: Sequence[str]) -> None:
        """Check that there are enough results to show a model of the metrics.

        Raises:
            DataRequiredError: If there are not; the message says how many more trials are needed.
            UnsupportedError: If one of them is not modelled.
        """
        for name in metrics:
            missing = MINIMUM_FOR_MODEL - len(self.observed([name]))
            if missing > 0:
                trials = "trial" if missing == 1 else "trials"
                raise DataRequiredError(f"This needs {missing} more completed {trials} with a value of {name!r}.")
        unknown = [n for n in metrics if n not in self.model.metric_names]
        if unknown:
            raise UnsupportedError(f"{listing(unknown)} is not modelled: set fit_tracking_metrics to model it.")

    @property
    def model(self) -> FittedModel:
        """The model of all metrics.

        Raises:
            DataRequiredError: If there are too few results.
        """
        view = self.modelled_view
        return self.once("model", lambda: fit_readable_model(view))

    @property
    def modelled_view(self) -> ExperimentView:
        """The state of the experiment with the trials that the model learns from, which may be a part of them."""
        return self.once("modelled view", lambda: _modelled(self.view, _measured(self)))

    @property
    def part(self) -> str:
        """What is to be said of how the model knows many results; empty if it knows each."""
        told, count = [], len(_measured(self))
        if count > MOST_MODELLED:
            told.append(f"The model has learnt from {MOST_MODELLED:,} of the {count:,} trials.")
        points = [m.data.inducing_points for m in self.model.surrogate.models]
        most = max((p for p in points if p is not None), default=None)
        if most is not None:
            told.append(f"It knows its many results through {most:,} inducing points.")
        return " ".join(told)

    def leave_one_out(self) -> Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Return for each metric the observed values, and means and standard deviations predicted without each.

        Raises:
            DataRequiredError: If there are too few results.
        """
        return self.once("leave one out", self.model.leave_one_out)

    def sensitivity(self, metric: str) -> SobolIndices:
        """Return how much of the variation of a metric's model each parameter explains.

        Raises:
            DataRequiredError: If there are too few results.
            UnsupportedError: If the model cannot tell.
        """
        return self.once(("sensitivity", metric), lambda: self.model.sensitivity(metric))

    def importance(self, metric: str) -> Mapping[str, float]:
        """Return which share of the variation of a metric's model each parameter explains, with all interactions.

        It is empty where the model cannot tell.

        Raises:
            DataRequiredError: If there are too few results.
        """
        if self.model.surrogate[metric].capabilities.sensitivity == "none":
            return {}
        indices = self.sensitivity(metric)
        return dict(zip(indices.parameters, np.nan_to_num(indices.total).tolist(), strict=True))

    def predictions_at_arms(self) -> tuple[dict[str, tuple[float, float]], ...]:
        """Return for each of `results` the predicted mean and standard error of every metric.

        Nothing is predicted for a point that the search space does not allow any more.

        Raises:
            DataRequiredError: If there are too few results.
        """
        return self.once("predictions", self._predictions)

    def _predictions(self) -> tuple[dict[str, tuple[float, float]], ...]:
        allowed = [self.search_space.is_member(r.parameters) for r in self.results]
        points = [r.parameters for r, ok in zip(self.results, allowed, strict=True) if ok]
        made = iter(self.model.predict(points))
        return tuple(next(made) if ok else {} for ok in allowed)

    def best(self, use_model_predictions: bool = False) -> BestPoint | None:
        """Return the best trial, `None` where there is none yet, or where there are several objectives.

        Args:
            use_model_predictions: Whether by what the model predicts at the trials, not by what was observed.
        """
        key = ("best", use_model_predictions)
        if self.optimization.is_multi_objective:
            return None
        return self.once(
            key,
            lambda: _or_none(
                lambda: best_point(self._view_for(use_model_predictions), use_model_predictions=use_model_predictions)
            ),
        )

    def pareto_frontier(self, use_model_predictions: bool = False) -> tuple[BestPoint, ...]:
        """Return the trials that no other trial beats in every objective; empty where there is a single objective.

        Args:
            use_model_predictions: Whether by what the model predicts at the trials, not by what was observed.
        """
        key = ("pareto frontier", use_model_predictions)
        if not self.optimization.is_multi_objective:
            return ()
        view = self._view_for(use_model_predictions)
        ask = lambda: pareto_frontier(view, use_model_predictions=use_model_predictions)  # noqa: E731
        return self.once(key, lambda: tuple(_or_none(ask) or ()))

    def _view_for(self, use_model_predictions: bool) -> ExperimentView:
        return self.modelled_view if use_model_predictions else self.view


def require_metric(context: AnalysisContext, name: str | None = None) -> str:
    """Return the name of a metric that there is a model of, that of the first objective if none is given.

    Raises:
        NotConfiguredError: If none is given and there is no goal yet.
        UnknownNameError: If there is no such metric.
        DataRequiredError: If there are too few results.
        UnsupportedError: If it is not modelled.
    """
    metric = context.metric(name)
    context.require([metric])
    return metric


Findings = AnalysisContext
"""The name under which analyses of users may know it."""


def _measured(context: AnalysisContext) -> tuple[int, ...]:
    """Return the trials that have results and count."""
    trials = context.view.trials
    return context.once("measured", lambda: tuple(i for i, t in trials.items() if _is_measured(t)))


def _is_measured(trial: Trial) -> bool:
    return not trial.status.is_lost and bool(trial.data)


def _modelled(view: ExperimentView, measured: Sequence[int]) -> ExperimentView:
    """Return an experiment's state without the results that are too many to be modelled.

    Kept are the newest, the baseline, and of the others some of each age; none is kept for being good, as the noise of
    such results does not average out.
    """
    if len(measured) <= MOST_MODELLED:
        return view
    kept = {*measured[-(MOST_MODELLED // 5) :], *([view.baseline] if view.baseline in view.trials else [])}
    others = [i for i in measured if i not in kept]
    places = np.linspace(0, len(others) - 1, MOST_MODELLED - len(kept)).round().astype(int)
    kept |= {others[place] for place in places}
    trials = {i: t for i, t in view.trials.items() if i in kept or not _is_measured(t)}
    return replace(view, trials=trials)


def _or_none(ask: Callable[[], ResultT]) -> ResultT | None:
    try:
        return ask()
    except AxnbError:
        return None
