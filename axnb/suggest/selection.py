"""Which of a node's generators suggests: the one whose model predicts results best."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from axnb.errors import ModelError
from axnb.record.experiment import ExperimentView
from axnb.suggest.fitting import fit_model
from axnb.suggest.generators.base import Generator
from axnb.suggest.generators.bayesian import BayesianGenerator
from axnb.surrogate.held_out import score_held_out

_log = logging.getLogger("axnb")


class GeneratorSelector(Protocol):
    """Chooses among the generators of a node."""

    def select(self, view: ExperimentView, generators: Sequence[Generator]) -> int:
        """Return which generator suggests next."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BestModelSelector:
    """Chooses the generator whose model predicts the metrics of the goal best, each result without itself.

    Args:
        criterion: By what they are compared, as in `ModelChoice`; larger is better for all of them.
        aggregate: How the metrics' numbers become one.
    """

    criterion: Literal["rank_correlation", "mean_squared_error", "log_likelihood"] = "rank_correlation"
    aggregate: Literal["mean", "min", "max"] = "mean"

    def select(self, view: ExperimentView, generators: Sequence[Generator]) -> int:
        """Return which generator suggests next: the first of the best; one whose model fails is left out.

        Raises:
            ModelError: If no model can be fitted.
        """
        best, found, failed = -np.inf, None, []
        for i, generator in enumerate(generators):
            if not isinstance(generator, BayesianGenerator):
                continue
            try:
                score = self._score(generator.with_parts(view))
            except ModelError as error:
                failed.append(error)
                _log.info("Left out a generator: %s", error)
                continue
            if found is None or score > best:
                best, found = score, i
        if found is None and failed:
            raise failed[0]
        return found or 0

    def _score(self, view: ExperimentView) -> float:
        surrogate = fit_model(view).surrogate
        names = surrogate.names if view.optimization is None else view.optimization.metric_names
        scores = [score_held_out(surrogate[name], self.criterion) for name in names]
        return {"mean": float(np.mean(scores)), "min": min(scores), "max": max(scores)}[self.aggregate]
