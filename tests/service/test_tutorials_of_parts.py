"""What Ax's tutorials on BoTorch parts, external nodes and sparse models do, with `axnb` for `ax`."""

import math

import numpy as np
import pytest

from axnb.api.client import Client
from axnb.api.configs import RangeParameterConfig
from axnb.surrogate import torch_models  # noqa: F401 - imports PyTorch, quietly

import torch  # isort: skip


def construct_strategy(generator_spec, node_name):
    from axnb.adapter.registry import Generators
    from axnb.generation_strategy.center_generation_node import CenterGenerationNode
    from axnb.generation_strategy.generation_node import GenerationNode
    from axnb.generation_strategy.generation_strategy import GenerationStrategy
    from axnb.generation_strategy.generator_spec import GeneratorSpec
    from axnb.generation_strategy.transition_criterion import MinTrials

    model = GenerationNode(name=node_name, generator_specs=[generator_spec])
    ready = MinTrials(threshold=5, transition_to=model.name, use_all_trials_in_exp=True)
    first = GeneratorSpec(generator_enum=Generators.SOBOL, model_kwargs={"seed": 0})
    start = GenerationNode(name="Sobol", generator_specs=[first], transition_criteria=[ready])
    center = CenterGenerationNode(next_node_name=start.name)
    return GenerationStrategy(name=f"Center+Sobol+{node_name}", nodes=[center, start, model])


def run_two_parameters(strategy, trials):
    client = Client(random_seed=0)
    client.configure_experiment(
        parameters=[RangeParameterConfig(name=n, parameter_type="float", bounds=(0, 1)) for n in ("x1", "x2")]
    )
    client.configure_optimization(objective="-cost")
    client.set_generation_strategy(generation_strategy=strategy)
    for _ in range(trials):
        for index, p in client.get_next_trials(max_trials=1).items():
            client.complete_trial(trial_index=index, raw_data={"cost": p["x1"] ** 2 - (p["x2"] + 5.0) ** 0.75 / 4.0})
    return client


def nodes_of(client):
    return [t.provenance.node for t in client.experiment.view().trials.values()]


def fitted(client):
    """The BoTorch model behind the suggestions that are made now."""
    from axnb.suggest.fitting import fit_model
    from axnb.suggest.strategy import apply_node_parts

    return fit_model(apply_node_parts(client.experiment.view())).surrogate.models[0].to_botorch()


def test_models_are_chosen_by_their_errors():
    from botorch.acquisition.logei import qLogNoisyExpectedImprovement
    from botorch.models import SingleTaskGP
    from botorch.models.map_saas import AdditiveMapSaasSingleTaskGP
    from botorch.models.transforms.input import Warp
    from gpytorch.kernels import MaternKernel

    from axnb.adapter.registry import Generators
    from axnb.generation_strategy.generator_spec import GeneratorSpec
    from axnb.generators.torch.botorch_modular.surrogate import ModelConfig, SurrogateSpec
    from axnb.utils.stats.model_fit_stats import MSE

    configs = [
        ModelConfig(botorch_model_class=AdditiveMapSaasSingleTaskGP, input_transform_classes=[Warp], model_options={}),
        ModelConfig(
            botorch_model_class=SingleTaskGP, covar_module_class=MaternKernel, covar_module_options={"nu": 2.5}
        ),
    ]
    surrogate_spec = SurrogateSpec(model_configs=configs, eval_criterion=MSE, allow_batched_models=False)
    optimizer = {"num_restarts": 4, "sequential": False, "options": {"batch_limit": 5, "maxiter": 200}}
    spec = GeneratorSpec(
        generator_enum=Generators.BOTORCH_MODULAR,
        model_kwargs={
            "surrogate_spec": surrogate_spec,
            "botorch_acqf_class": qLogNoisyExpectedImprovement,
            "acquisition_options": {},
        },
        generator_gen_kwargs={"model_gen_options": {"optimizer_kwargs": optimizer}},
    )
    strategy = construct_strategy(spec, "BoTorch w/ Model Selection")
    client = run_two_parameters(strategy, 7)
    assert strategy.name == "Center+Sobol+BoTorch w/ Model Selection"
    assert nodes_of(client) == ["CenterOfSearchSpace", *["Sobol"] * 4, *["BoTorch w/ Model Selection"] * 2]
    assert dict(strategy.nodes[-1].generator.arguments)["num_restarts"] == 4
    model = fitted(client)
    assert isinstance(model, AdditiveMapSaasSingleTaskGP | SingleTaskGP)
    assert len(client.summarize()) == 7


def test_own_classes_are_made_and_fitted_as_they_are_registered():
    from botorch.acquisition.input_constructors import acqf_input_constructor, construct_inputs_qSimpleRegret
    from botorch.acquisition.monte_carlo import MCAcquisitionFunction
    from botorch.fit import fit_gpytorch_mll
    from botorch.models.gpytorch import GPyTorchModel
    from gpytorch.distributions import MultivariateNormal
    from gpytorch.kernels import RBFKernel, ScaleKernel
    from gpytorch.likelihoods import GaussianLikelihood
    from gpytorch.means import ConstantMean
    from gpytorch.models import ExactGP

    from axnb.adapter.registry import Generators
    from axnb.core.search_space import SearchSpaceDigest
    from axnb.generation_strategy.generator_spec import GeneratorSpec
    from axnb.generators.torch.botorch_modular.surrogate import (
        ModelConfig,
        Surrogate,
        SurrogateSpec,
        submodel_input_constructor,
    )
    from axnb.generators.torch.botorch_modular.utils import fit_botorch_model

    asked = []

    class Plain(ExactGP, GPyTorchModel):
        _num_outputs = 1

        def __init__(self, train_X, train_Y, train_Yvar=None):
            super().__init__(train_X, train_Y.squeeze(-1), GaussianLikelihood())
            self.mean_module = ConstantMean()
            self.covar_module = ScaleKernel(base_kernel=RBFKernel(ard_num_dims=train_X.shape[-1]))
            self.to(train_X)

        def forward(self, x):
            return MultivariateNormal(self.mean_module(x), self.covar_module(x))

        @classmethod
        def construct_inputs(cls, training_data):
            return {"train_X": training_data.X, "train_Y": training_data.Y, "train_Yvar": training_data.Yvar}

    @submodel_input_constructor.register(Plain)
    def construct(botorch_model_class, model_config, dataset, search_space_digest, surrogate):
        assert isinstance(search_space_digest, SearchSpaceDigest)
        assert isinstance(surrogate, Surrogate)
        asked.append("inputs")
        return botorch_model_class.construct_inputs(training_data=dataset, **model_config.model_options)

    @fit_botorch_model.register(Plain)
    def fit(model, mll_class, mll_options=None):
        asked.append("fit")
        fit_gpytorch_mll(mll_class(likelihood=model.likelihood, model=model, **(mll_options or {})))

    class Regret(MCAcquisitionFunction):
        def __init__(self, model, sampler=None, objective=None, posterior_transform=None, X_pending=None):
            super().__init__(
                model=model,
                sampler=sampler,
                objective=objective,
                posterior_transform=posterior_transform,
                X_pending=X_pending,
            )

        def forward(self, X):
            return self._get_samples_and_objectives(X=X)[1].amax(dim=-1).mean(dim=0)

    @acqf_input_constructor(Regret)
    def construct_regret(
        model,
        objective=None,
        posterior_transform=None,
        X_pending=None,
        sampler=None,
        constraints=None,
        X_baseline=None,
    ):
        asked.append("acquisition")
        return construct_inputs_qSimpleRegret(
            model=model,
            objective=objective,
            posterior_transform=posterior_transform,
            X_pending=X_pending,
            sampler=sampler,
            constraints=constraints,
            X_baseline=X_baseline,
        )

    spec = GeneratorSpec(
        generator_enum=Generators.BOTORCH_MODULAR,
        model_kwargs={
            "surrogate_spec": SurrogateSpec(model_configs=[ModelConfig(botorch_model_class=Plain)]),
            "botorch_acqf_class": Regret,
        },
    )
    client = run_two_parameters(construct_strategy(spec, "own components"), 7)
    assert {"inputs", "fit", "acquisition"} <= set(asked)
    assert isinstance(fitted(client), Plain)
    assert client.get_best_parameterization()[0]["x1"] < 0.3


def test_a_forest_suggests():
    from sklearn.ensemble import RandomForestRegressor

    from axnb.adapter.registry import Generators
    from axnb.core.base_trial import TrialStatus
    from axnb.core.parameter import RangeParameter
    from axnb.generation_strategy.external_generation_node import ExternalGenerationNode
    from axnb.generation_strategy.generation_node import GenerationNode
    from axnb.generation_strategy.generation_strategy import GenerationStrategy
    from axnb.generation_strategy.generator_spec import GeneratorSpec
    from axnb.generation_strategy.transition_criterion import MinTrials
    from axnb.service.ax_client import AxClient, ObjectiveProperties
    from axnb.service.utils.report_utils import exp_to_df
    from axnb.utils.measurement.synthetic_functions import hartmann6

    class Forest(ExternalGenerationNode):
        def __init__(self, num_samples, regressor_options):
            super().__init__(name="RandomForest")
            self.num_samples = num_samples
            self.regressor = RandomForestRegressor(**regressor_options)
            self.rng = np.random.default_rng(0)

        def update_generator_state(self, experiment, data):
            space, names = experiment.search_space, list(experiment.search_space.parameters)
            assert all(isinstance(p, RangeParameter) for p in space.parameters.values())
            assert not space.parameter_constraints
            (metric,) = experiment.optimization_config.metrics
            done = experiment.trials_by_status[TrialStatus.COMPLETED]
            x = [[t.arm.parameters[n] for n in names] for t in done]
            frame = data.df[data.df["metric_name"] == metric].set_index("trial_index")
            self.regressor.fit(x, [frame.loc[t.index, "mean"] for t in done])
            self.parameters = space.parameters
            self.minimize = experiment.optimization_config.objective.minimize

        def get_next_candidate(self, pending_parameters):
            low, high = np.array([[p.lower, p.upper] for p in self.parameters.values()]).T
            samples = low + (high - low) * self.rng.random((self.num_samples, len(low)))
            predicted = self.regressor.predict(samples)
            best = samples[predicted.argmin() if self.minimize else predicted.argmax()]
            return dict(zip(self.parameters, best.tolist(), strict=True))

    ready = MinTrials(threshold=5, transition_to="RandomForest")
    start = GenerationNode(name="Sobol", generator_specs=[GeneratorSpec(Generators.SOBOL)], transition_criteria=[ready])
    forest = Forest(num_samples=64, regressor_options={"n_estimators": 20, "random_state": 0})
    client = AxClient(generation_strategy=GenerationStrategy(name="Sobol+RandomForest", nodes=[start, forest]))
    client.create_experiment(
        name="forest",
        parameters=[{"name": f"x{i}", "type": "range", "bounds": [0.0, 1.0], "value_type": "float"} for i in range(6)],
        objectives={"hartmann6": ObjectiveProperties(minimize=True)},
    )
    for _ in range(8):
        point, index = client.get_next_trial()
        value = hartmann6(np.array([point[f"x{i}"] for i in range(6)]))
        client.complete_trial(trial_index=index, raw_data={"hartmann6": (value, 0.0)})
    frame = exp_to_df(client.experiment)
    assert frame["generation_node"].tolist() == [*["Sobol"] * 5, *["RandomForest"] * 3]


def test_sparse_models_with_few_changes():
    from botorch.models.map_saas import EnsembleMapSaasSingleTaskGP
    from botorch.test_functions import Hartmann

    from axnb.api.utils.generation_strategy_dispatch import choose_generation_strategy
    from axnb.api.utils.structs import GenerationStrategyDispatchStruct
    from axnb.generators.torch.botorch_modular.surrogate import ModelConfig

    d, function = 12, Hartmann(dim=6)
    client = Client(random_seed=0)
    client.configure_experiment(
        parameters=[RangeParameterConfig(name=f"x{i}", parameter_type="float", bounds=(0.0, 1.0)) for i in range(d)]
    )
    client.configure_optimization(
        objective="-hartmann", pruning_target_parameterization={f"x{i}": 0.5 for i in range(d)}
    )
    struct = GenerationStrategyDispatchStruct(
        method="custom", initialization_budget=6, initialize_with_center=True, simplify_parameter_changes=True
    )
    config = ModelConfig(botorch_model_class=EnsembleMapSaasSingleTaskGP, name="few that matter")
    strategy = choose_generation_strategy(struct=struct, model_config=config)
    assert strategy.name == "Center+Sobol+MBM:few that matter"
    client.set_generation_strategy(generation_strategy=strategy)
    for _ in range(9):
        for index, p in client.get_next_trials(max_trials=1).items():
            row = torch.tensor([[p[f"x{i}"] for i in range(6)]], dtype=torch.double)
            client.complete_trial(trial_index=index, raw_data={"hartmann": function(row).item()})
    trials = list(client.experiment.view().trials.values())
    assert [t.provenance.node for t in trials] == ["Center", *["Sobol"] * 5, *["BO"] * 3]
    assert isinstance(fitted(client), EnsembleMapSaasSingleTaskGP)
    changed = [sum(not math.isclose(v, 0.5) for v in t.parameters.values()) for t in trials[6:]]
    assert max(changed) < d


def test_a_strategy_of_an_optimiser_of_another_library():
    cma = pytest.importorskip("cma")
    from axnb.generation_strategy.external_generation_node import ExternalGenerationNode
    from axnb.generation_strategy.generation_strategy import GenerationStrategy

    class CmaNode(ExternalGenerationNode):
        def __init__(self):
            super().__init__(name="CMA-ES")
            self.search, self.asked = (
                cma.CMAEvolutionStrategy([0.5, 0.5], 0.2, {"bounds": [0, 1], "seed": 1, "verbose": -9}),
                [],
            )

        def update_generator_state(self, experiment, data):
            told = dict(zip(data.df["trial_index"], data.df["mean"], strict=True))
            points = [(np.array(list(experiment.trials[i].arm.parameters.values())), y) for i, y in told.items()]
            if len(points) - self.search.countevals >= self.search.popsize:
                new = points[self.search.countevals :]
                self.search.tell([x for x, _ in new], [y for _, y in new])

        def get_next_candidate(self, pending_parameters):
            self.asked = self.asked or self.search.ask()
            return dict(zip(("x1", "x2"), self.asked.pop().tolist(), strict=True))

    client = run_two_parameters(GenerationStrategy(nodes=[CmaNode()]), 18)
    values = [t.outcomes["cost"][0] for t in client.experiment.view().trials.values()]
    assert np.mean(values[12:]) < np.mean(values[:6])
    assert set(nodes_of(client)) == {"CMA-ES"}
