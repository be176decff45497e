"""Models said by classes and options become what the classes say."""

import numpy as np
import pytest

from axnb.errors import UserInputError
from axnb.surrogate import torch_models  # noqa: F401 - imports PyTorch, quietly
from axnb.surrogate.botorch_models import fit_botorch_models
from axnb.surrogate.model_config import ModelConfig, Surrogate, SurrogateSpec, register_config
from axnb.surrogate.model_inputs import ModelColumns
from axnb.surrogate.model_spec import MODELS, ModelChoice, ModelSpec
from axnb.testing.outcome_models import make_example

import torch  # isort: skip
from botorch.models import MixedSingleTaskGP, SingleTaskGP
from botorch.models.transforms.input import Normalize, Warp
from botorch.models.transforms.outcome import Standardize
from gpytorch.kernels import MaternKernel, RBFKernel
from gpytorch.likelihoods import GaussianLikelihood
from gpytorch.mlls import LeaveOneOutPseudoLikelihood
from gpytorch.priors import GammaPrior


def fit(config, columns=None):
    columns = columns or ModelColumns.continuous(3)
    return fit_botorch_models([make_example()], config.to_model(), columns, None)["y"].to_botorch()


def test_every_part_is_made_of_its_class_and_options():
    model = fit(
        ModelConfig(
            botorch_model_class=SingleTaskGP,
            mll_class=LeaveOneOutPseudoLikelihood,
            input_transform_classes=[Normalize, Warp],
            input_transform_options={"Warp": {"indices": [1]}},
            outcome_transform_classes=[Standardize],
            covar_module_class=MaternKernel,
            covar_module_options={"nu": 0.5},
            likelihood_class=GaussianLikelihood,
            likelihood_options={"noise_prior": GammaPrior(1.1, 20.0)},
        )
    )
    assert isinstance(model.covar_module, MaternKernel)
    assert (model.covar_module.nu, model.covar_module.ard_num_dims) == (0.5, 3)
    assert [type(t) for t in model.input_transform.values()] == [Normalize, Warp]
    assert model.input_transform.transform1.indices.tolist() == [1]
    assert isinstance(model.outcome_transform, Standardize)
    assert isinstance(model.likelihood.noise_covar.noise_prior, GammaPrior)


def test_nothing_said_is_botorchs_own_model():
    model = fit(ModelConfig())
    assert type(model) is SingleTaskGP
    assert isinstance(model.covar_module, RBFKernel)
    assert getattr(model, "outcome_transform", None) is None
    mixed = ModelColumns(("a", "b", "kind"), np.array([False, False, True]), np.array([0, 0, 3]))
    assert type(fit(ModelConfig(), mixed)) is MixedSingleTaskGP


def test_an_option_that_a_class_does_not_take_is_named():
    def plain(train_X, train_Y):
        return SingleTaskGP(train_X, train_Y)

    with pytest.raises(UserInputError, match="plain has no argument 'covar_module'"):
        fit(ModelConfig(botorch_model_class=plain, covar_module_class=MaternKernel))


def test_several_configs_are_a_choice():
    configs = [ModelConfig(name="one of several"), ModelConfig(covar_module_class=MaternKernel)]
    choice = SurrogateSpec(
        model_configs=configs, eval_criterion="Log likelihood", metric_to_model_configs={"b": configs[:1]}
    )
    made = choice.to_model()
    assert isinstance(made, ModelChoice)
    assert made.criterion == "log_likelihood"
    assert len(made.list_models("a")) == 2
    assert len(made.list_models("b")) == 1
    assert isinstance(SurrogateSpec().to_model(), ModelSpec)
    assert Surrogate().surrogate_spec.model_configs == (ModelConfig(),)


def test_a_config_is_registered_under_its_name():
    name = register_config(ModelConfig(name="a name of this test"))
    assert name == "a name of this test"
    assert name in MODELS.names
    assert register_config(ModelConfig(name="saas")) != "saas"  # one of ours is not replaced
    assert torch.is_tensor(fit(ModelConfig()).train_targets)
