"""How desirable the model thinks a point is, as one number from 0 to 1, and where it is most so.

Each objective's desirability is a logistic function of its predicted mean, which rises everywhere, so that there is
always something to gain; they are joined by the geometric mean, as in Derringer and Suich (1980), Simultaneous
Optimization of Several Response Variables, Journal of Quality Technology 12(4). That is multiplied by the probability
that the outcome constraints hold. Knows nothing of cards or figures.
"""

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from axnb.analyses.context import AnalysisContext
from axnb.analyses.shared.prospects import encode_arms, express_goal
from axnb.problem.space import Parameterization
from axnb.suggest.acquisition.builder import ModelSpaceObjective
from axnb.suggest.acquisition.expected_improvement import LogProbabilityOfFeasibility
from axnb.suggest.generators.base import build_request
from axnb.suggest.search.optimize import SearchOptions, maximise
from axnb.surrogate.threads import single_thread

Array: TypeAlias = npt.NDArray[np.float64]

_STEEPNESS = math.log(9.0)  # the worst trial gets 0.1 and the best 0.9
_OPTIONS = SearchOptions(raw=256, restarts=6, iterations=40, rounds=2)  # a reader waits; not tuned


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LogDesirability:
    """The logarithm of the desirability of rows of the unit cube, larger is better: an acquisition to be maximised.

    Args:
        goal: What is wanted, in the numbers of the models.
        middle: For each objective the value whose desirability is one half.
        half: For each objective the distance from there to a desirability of 0.9.
    """

    goal: ModelSpaceObjective
    middle: Array
    half: Array

    def value(self, X: Array) -> Array:
        """Return the scores of the rows."""
        parts = [model.posterior(X) for model in self.goal.models]
        total = self._feasibility.of_parts(parts, len(X))
        for i, objective in enumerate(self.goal.objectives):
            total = total - np.logaddexp(0.0, -self._scale(i, objective.moments(parts)[0])) / len(self.middle)
        return np.asarray(total)

    def value_and_gradient(self, X: Array) -> tuple[Array, Array]:
        """Return the scores and their gradients."""
        parts = [model.posterior_with_gradient(X) for model in self.goal.models]
        total, gradient = self._feasibility.with_gradient(parts, X)
        for i, objective in enumerate(self.goal.objectives):
            post = objective.posterior(parts)
            z = self._scale(i, post.mean)
            total = total - np.logaddexp(0.0, -z) / len(self.middle)
            slope = np.exp(-np.logaddexp(0.0, z)) * _STEEPNESS / self.half[i] / len(self.middle)
            gradient = gradient + slope[:, None] * post.mean_gradient
        return np.asarray(total), np.asarray(gradient)

    @property
    def _feasibility(self) -> LogProbabilityOfFeasibility:
        return LogProbabilityOfFeasibility(self.goal.models, self.goal.outcome_constraints)

    def _scale(self, i: int, mean: Array) -> Array:
        return np.asarray(_STEEPNESS * (mean - self.middle[i]) / self.half[i])


def build_desirability(context: AnalysisContext) -> LogDesirability:
    """Return the desirability of an experiment: 0.1 for the worst of its trials in an objective, 0.9 for the best.

    A threshold takes the place of the worst trial where the best one reaches it.

    Raises:
        NotConfiguredError: If there is no goal yet.
        DataRequiredError: If there are too few results for a model.
    """
    return context.once("desirability", lambda: _build(context))


def _build(context: AnalysisContext) -> LogDesirability:
    goal = express_goal(context)
    values, _ = goal.expect(goal.models, encode_arms(context).X)
    low, high = values.min(axis=0), values.max(axis=0)
    least = np.array([-np.inf if t is None else t for t in goal.thresholds])
    low = np.where(np.isfinite(least) & (least < high), least, low)
    half = (high - low) / 2.0
    return LogDesirability(goal=goal, middle=(low + high) / 2.0, half=np.where(half > 0, half, 1.0))


def compute_desirability(context: AnalysisContext, X: Array) -> Array:
    """Return the desirability `q` of rows of the unit cube.

    Raises:
        NotConfiguredError: If there is no goal yet.
        DataRequiredError: If there are too few results for a model.
    """
    score = build_desirability(context)
    with single_thread():
        return np.exp(score.value(X))


def find_most_desirable(context: AnalysisContext, locked: Parameterization) -> Parameterization | None:
    """Return the point that the model finds most desirable, tried or not; `None` where no point is allowed.

    The same experiment and locks give the same point.

    Args:
        context: What is known of the experiment.
        locked: The values of the parameters that must keep them.

    Raises:
        NotConfiguredError: If there is no goal yet.
        DataRequiredError: If there are too few results for a model.
        UserInputError: If a parameter cannot have such a value.
    """
    score = build_desirability(context)
    request = build_request(context.modelled_view, locked, nonlinear_constraints=context.parts.nonlinear_constraints)
    empty = np.zeros((0, request.encoder.dimension))
    arms = encode_arms(context).X
    best = arms[np.argsort(-score.value(arms))[:5]]
    region = replace(request.region(best), taken=empty)
    with single_thread():
        found = maximise(score, region, np.random.default_rng(context.view.seed), _OPTIONS)
    return None if found is None else request.parameters(found[0])
