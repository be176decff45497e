"""Analyses that are asked as in Ax: with an experiment, a generation strategy and an adapter."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, TypeVar

import pandas as pd

from axnb.analyses.card import AnalysisCard, AnalysisCardBase
from axnb.analyses.context import AnalysisContext
from axnb.errors import UserInputError, shown
from axnb.record.journaled import JournaledExperiment

_AnalysisT = TypeVar("_AnalysisT")
_CardT = TypeVar("_CardT")


def accept_experiment(
    compute: Callable[[_AnalysisT, AnalysisContext], _CardT],
) -> "Callable[Concatenate[_AnalysisT, ...], _CardT]":
    """Let the `compute` of an analysis take an experiment as well, as in Ax's `compute(experiment, …)`.

    The experiment knows its generation strategy and the model is fitted to it: strategy and adapter are not needed.
    """

    @wraps(compute)
    def answer(
        self: _AnalysisT,
        context: AnalysisContext | JournaledExperiment | None = None,
        generation_strategy: object = None,
        adapter: object = None,
        *,
        experiment: JournaledExperiment | None = None,
    ) -> _CardT:
        asked = experiment if context is None else context
        if isinstance(asked, JournaledExperiment):
            asked = AnalysisContext(asked.view())
        if asked is None:
            raise UserInputError("say of what: give the experiment.")
        return compute(self, asked)

    return answer


class Analysis(ABC):
    """An analysis of your own in Ax's way: its `compute` is given the experiment.

    Example:
        >>> from axnb.record.experiment import Experiment
        >>> class Count(Analysis):
        ...     def compute(self, experiment=None, generation_strategy=None, adapter=None):
        ...         df = pd.DataFrame({"trials": [len(experiment.trials)]})
        ...         return self._create_analysis_card(title="Trials", subtitle="How many trials there are.", df=df)
        >>> Count().compute(Experiment()).name
        'Count'
    """

    @abstractmethod
    def compute(self, experiment: Any = None, generation_strategy: Any = None, adapter: Any = None) -> AnalysisCardBase:
        """Return the card that answers the question for an experiment."""

    def compute_in(self, context: AnalysisContext) -> AnalysisCardBase:
        """Return the card for a context.

        Raises:
            UserInputError: If the context is not of an experiment.
        """
        if context.experiment is None:
            raise UserInputError(f"{type(self).__name__} is computed of an experiment, got {shown(context)}.")
        return self.compute(context.experiment, context.view.generation, None)

    def _create_analysis_card(self, title: str, subtitle: str, df: pd.DataFrame) -> AnalysisCard:
        return AnalysisCard(name=type(self).__name__, title=title, subtitle=subtitle, df=df)
