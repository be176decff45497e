"""BoTorch's acquisitions with an outcome constraint, a parameter constraint, a choice and a pending trial."""

import numpy as np
import pytest

from axnb.suggest.acquisition.acquisition_spec import AcquisitionSpec
from axnb.surrogate import torch_models  # noqa: F401 - imports PyTorch, quietly
from axnb.surrogate.model_spec import ModelSpec
from axnb.testing import check_acquisition_function, check_model, check_optimizer

from botorch.acquisition import (  # isort: skip
    LogExpectedImprovement,
    MCAcquisitionFunction,
    UpperConfidenceBound,
    qKnowledgeGradient,
    qLogExpectedImprovement,
    qLogNoisyExpectedImprovement,
    qUpperConfidenceBound,
)
from botorch.acquisition.active_learning import qNegIntegratedPosteriorVariance
from botorch.acquisition.analytic import AnalyticAcquisitionFunction
from botorch.acquisition.max_value_entropy_search import qMaxValueEntropy
from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
from botorch.acquisition.multi_objective.parego import qLogNParEGO
from botorch.models import SingleTaskGP
from botorch.utils.transforms import concatenate_pending_points, t_batch_mode_transform


class BetterHalf(MCAcquisitionFunction):
    """The average of the better half of the draws."""

    @concatenate_pending_points
    @t_batch_mode_transform()
    def forward(self, X):
        draws = self.objective(self.get_posterior_samples(self.model.posterior(X)))
        return draws.max(-1).values.topk(len(draws) // 2, dim=0).values.mean(0)


class MeanPlusDeviation(AnalyticAcquisitionFunction):
    """A user's analytic acquisition, of which scores may be negative."""

    @t_batch_mode_transform(expected_q=1)
    def forward(self, X):
        mean, deviation = self._mean_and_sigma(X)
        return (mean + deviation).squeeze(-1)


SINGLE = {
    "qLogEI": qLogExpectedImprovement,
    "qLogNEI": qLogNoisyExpectedImprovement,
    "qUCB": AcquisitionSpec(qUpperConfidenceBound, {"beta": 2.0}),
    "qKG": AcquisitionSpec(qKnowledgeGradient, {"num_fantasies": 2}),
    "qMES": AcquisitionSpec(qMaxValueEntropy, {"num_fantasies": 2, "num_mv_samples": 4, "num_y_samples": 8}),
    "qNIPV": qNegIntegratedPosteriorVariance,
    "thompson": "thompson",
    "LogEI": LogExpectedImprovement,
    "UCB": AcquisitionSpec(UpperConfidenceBound, {"beta": 2.0}),
    "own, by draws": BetterHalf,
    "own, analytic": MeanPlusDeviation,
}


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n == "qKG" else n for n in SINGLE])
def test_an_acquisition_keeps_the_contract(name):
    check_acquisition_function(SINGLE[name])


@pytest.mark.parametrize("acquisition", [qLogNoisyExpectedHypervolumeImprovement, qLogNParEGO])
def test_an_acquisition_of_several_objectives_keeps_the_contract(acquisition):
    check_acquisition_function(acquisition, "-loss, -weight")


def test_a_model_and_an_optimiser_keep_the_contract():
    check_model(ModelSpec(SingleTaskGP))

    def climb(acquisition, region, rng):
        rows = region.project(rng.random((32, region.encoder.dimension)))
        rows = rows[region.is_allowed(rows)]
        return rows[acquisition.value(rows).argmax()]

    check_optimizer(climb)


def test_a_part_that_breaks_a_promise_is_named():
    def forgetful(model):
        return lambda X: X.sum((-1, -2)) + float(np.random.default_rng().random())

    with pytest.raises(AssertionError, match="asked again"):
        check_acquisition_function(forgetful)
