"""Models, acquisitions and optimisers of users inside the loop: everything else stays."""

import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from axnb import ChoiceParameterConfig, Client, RangeParameterConfig
from axnb.analyses.card import ErrorAnalysisCard
from axnb.errors import ModelError, NotConfiguredError, UnsupportedError, UserInputError
from axnb.problem.generation import GenerationNode, GenerationStrategy, PartSpec, Transition
from axnb.suggest.acquisition.acquisition_spec import AcquisitionSpec, register_acquisition
from axnb.suggest.acquisition.builder import build_acquisition
from axnb.suggest.acquisition.failure import FailureWeightedAcquisition
from axnb.suggest.acquisition.torch_builder import TorchAcquisition
from axnb.suggest.fitting import fit_model
from axnb.suggest.generators.base import build_request
from axnb.suggest.search.optimizer_spec import register_optimizer
from axnb.surrogate import torch_models  # noqa: F401 - imports PyTorch, quietly
from axnb.surrogate.model_spec import ModelSpec, register_model
from axnb.testing import check_acquisition

import torch  # isort: skip
from botorch.acquisition import (
    LogExpectedImprovement,
    MCAcquisitionFunction,
    qKnowledgeGradient,
    qLogExpectedImprovement,
    qLogNoisyExpectedImprovement,
    qUpperConfidenceBound,
)
from botorch.acquisition.max_value_entropy_search import qMaxValueEntropy
from botorch.acquisition.multi_objective import logei
from botorch.acquisition.multi_objective.logei import (
    qLogExpectedHypervolumeImprovement,
    qLogNoisyExpectedHypervolumeImprovement,
)
from botorch.models import MixedSingleTaskGP, MultiTaskGP, SingleTaskGP
from botorch.models.model import Model
from botorch.models.transforms.input import Normalize, Warp
from botorch.models.transforms.outcome import Log, Standardize
from botorch.posteriors.ensemble import EnsemblePosterior
from botorch.utils.transforms import concatenate_pending_points, t_batch_mode_transform


class Forest(Model):
    def __init__(self, train_X, train_Y):
        from sklearn.ensemble import RandomForestRegressor

        super().__init__()
        self.forest = RandomForestRegressor(25, random_state=0).fit(train_X.numpy(), train_Y.numpy().ravel())

    @property
    def num_outputs(self):
        return 1

    @property
    def batch_shape(self):
        return torch.Size()

    def posterior(self, X, output_indices=None, observation_noise=False, posterior_transform=None):
        rows = X.detach().numpy().reshape(-1, X.shape[-1])
        values = np.stack([tree.predict(rows.astype(np.float32)) for tree in self.forest.estimators_])
        return EnsemblePosterior(torch.tensor(values).reshape(len(values), *X.shape[:-1], 1).movedim(0, -3))


class MeanOfBest(MCAcquisitionFunction):
    """A user's acquisition: the average of the better half of the draws."""

    @concatenate_pending_points
    @t_batch_mode_transform()
    def forward(self, X):
        draws = self.objective(self.get_posterior_samples(self.model.posterior(X)))
        return draws.max(-1).values.topk(len(draws) // 2, dim=0).values.mean(0)


def _loss(point):
    return {"loss": (point["a"] - 0.7) ** 2 + (point["b"] - 0.2) ** 2, "weight": point["a"] + point["b"]}


def _client(trials=6, objective="-loss", constraints=(), parameter_constraints=None, **parts):
    client = Client(random_seed=0)
    bounds = (0.0, 1.0)
    client.configure_experiment(
        [RangeParameterConfig(name, bounds, "float") for name in ("a", "b")], parameter_constraints
    )
    client.configure_optimization(objective, list(constraints) or None)
    client.configure_tracking_metrics(["weight"])
    client.configure_generation_strategy(**parts)
    for _ in range(trials):
        for index, point in client.get_next_trials(max_trials=1).items():
            client.complete_trial(index, raw_data=_loss(point))
    return client


MODELS = {
    "class": SingleTaskGP,
    "best of several": [SingleTaskGP, Forest],
    "one for all": ModelSpec(SingleTaskGP, joint=True),
    "metrics as tasks": ModelSpec(MultiTaskGP, joint=True),
    "additive": "additive",
    "botorch": "botorch",
    "forest": Forest,
    "saas": "saas",
    "linear": "linear",
    "robust": "robust",
    "options": ModelSpec(SingleTaskGP, {"outcome_transform": None}),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_takes_part_in_the_loop(name):
    client = _client(model=MODELS[name])
    found = client.get_next_trials(max_trials=2)
    assert len({tuple(p.values()) for p in found.values()}) == 2
    provenance = client.experiment.view().trials[max(found)].provenance
    assert provenance.generator == "BO"
    assert dict(provenance.models[0].hyperparameters).keys() == {"noise"}
    predicted = client.predict([{"a": 0.7, "b": 0.2}])[0]["loss"]
    assert abs(predicted[0]) < 0.5
    assert client.get_best_parameterization()[0]


ACQUISITIONS = {
    "log_ei": "log_ei",
    "ucb": "ucb",
    "thompson": "thompson",
    "knowledge_gradient": "knowledge_gradient",
    "active_learning": "active_learning",
    "qLogEI": qLogExpectedImprovement,
    "qLogNEI": qLogNoisyExpectedImprovement,
    "qUCB": AcquisitionSpec(qUpperConfidenceBound, {"beta": 2.0}),
    "qKG": AcquisitionSpec(qKnowledgeGradient, {"num_fantasies": 4}),
    "MES": qMaxValueEntropy,
    "analytic": LogExpectedImprovement,
    "own": MeanOfBest,
}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n in ("qKG", "MES") else n for n in ACQUISITIONS]
)
def test_an_acquisition_is_maximised_over_the_region(name):
    client = _client(acquisition=ACQUISITIONS[name], parameter_constraints=["a + b <= 1.0"])
    found = client.get_next_trials(max_trials=2)
    assert all(p["a"] + p["b"] <= 1.0 + 1e-9 for p in found.values())
    a, b = (np.array(list(p.values())) for p in found.values())
    assert np.abs(a - b).max() > 1e-6
    (held,) = client.get_next_trials(max_trials=1, fixed_parameters={"b": 0.25}).values()
    assert held["b"] == 0.25
    again = _client(acquisition=ACQUISITIONS[name], parameter_constraints=["a + b <= 1.0"])
    assert again.get_next_trials(max_trials=2) == found


@pytest.mark.parametrize("name", ["qLogEI", "qLogNEI", "own", "ucb"])
def test_acquisitions_work_with_a_model_of_ones_own(name):
    client = _client(model=SingleTaskGP, acquisition=ACQUISITIONS[name])
    assert len(client.get_next_trials(max_trials=2)) == 2


def test_acquisition_with_a_forest():
    client = _client(model=Forest, acquisition=qLogExpectedImprovement)
    assert len(client.get_next_trials(max_trials=2)) == 2


@pytest.mark.parametrize("acquisition", [qLogExpectedImprovement, qLogNoisyExpectedImprovement])
def test_outcome_constraints_arrive_in_the_acquisition(acquisition):
    free = _client(trials=9, acquisition=acquisition)
    bound = _client(trials=9, acquisition=acquisition, constraints=["weight <= 0.6"])
    (a,), (b,) = (c.get_next_trials(max_trials=1).values() for c in (free, bound))
    assert sum(a.values()) > 0.75
    assert sum(b.values()) < 0.65


def test_outcome_constraints_arrive_in_the_objective_where_there_is_no_other_way():
    client = _client(trials=9, acquisition="ucb", constraints=["weight <= 0.6"])
    (point,) = client.get_next_trials(max_trials=1).values()
    assert sum(point.values()) < 0.7
    analytic = _client(trials=9, acquisition=LogExpectedImprovement, constraints=["weight <= 0.6"])
    (point,) = analytic.get_next_trials(max_trials=1).values()
    assert sum(point.values()) < 0.7


@pytest.mark.parametrize("acquisition", [qLogNoisyExpectedHypervolumeImprovement, qLogExpectedHypervolumeImprovement])
def test_several_objectives(acquisition, monkeypatch):
    def compile_something(*_, **__):
        pytest.fail("a suggestion must not compile: a process killed meanwhile leaves a lock that all others wait for")

    monkeypatch.setitem(sys.modules, "torch.utils.cpp_extension", SimpleNamespace(load=compile_something))
    monkeypatch.setattr(logei, "_load_attempted", False)
    client = _client(objective="-loss, weight", acquisition=acquisition)
    assert len(client.get_next_trials(max_trials=2)) == 2
    with pytest.raises(UnsupportedError, match="has no ref_point"):
        _client(objective="-loss, weight", acquisition=qLogExpectedImprovement)


def test_transforms_of_the_user_reach_the_model():
    client = _client(transforms=[Warp, Normalize(2), Log()])
    view = client.experiment.view()
    model = fit_model(view).surrogate["loss"].to_botorch()
    assert [type(t) for t in model.input_transform.values()] == [Warp, Normalize]
    assert [type(t) for t in model.outcome_transform.values()] == [Log, Standardize]
    client.configure_generation_strategy(model=[SingleTaskGP, make_smooth], transforms=[Normalize])
    with pytest.raises(UserInputError, match="make_smooth has no argument 'input_transform'"):
        client.get_next_trials(max_trials=1)
    with pytest.raises(UserInputError, match="transforms must be a list"):
        client.configure_generation_strategy(transforms=3)


def test_choices_steps_and_a_mixed_model():
    client = Client(random_seed=0)
    client.configure_experiment(
        [
            RangeParameterConfig("x", (0.0, 1.0), "float"),
            RangeParameterConfig("n", (0, 10), "int", step_size=5),
            ChoiceParameterConfig("kind", ["p", "q", "r"], "str", is_ordered=False),
        ]
    )
    client.configure_optimization("gain")
    client.configure_generation_strategy(model=MixedSingleTaskGP, acquisition=qLogExpectedImprovement)
    for _ in range(8):
        for index, p in client.get_next_trials(max_trials=1).items():
            assert p["n"] in (0, 5, 10)
            client.complete_trial(index, raw_data={"gain": p["x"] + (p["kind"] == "q") + 0.01 * p["n"]})
    assert client.get_best_parameterization()[0]["kind"] == "q"


def test_gradient_of_an_acquisition_is_that_of_its_scores():
    view = _client(model=SingleTaskGP, acquisition=MeanOfBest).experiment.view()
    built = build_acquisition(build_request(view, None), fit_model(view))
    check_acquisition(built.acquisition, np.random.default_rng(3).random((4, 2)))


def climb_by_chance(acquisition, region, rng, draws=64):
    rows = region.project(rng.random((draws, region.encoder.dimension)))
    rows = rows[region.is_allowed(rows)]
    return rows[acquisition.value(rows).argmax()]


def test_an_optimiser_of_ones_own():
    client = _client(optimizer=climb_by_chance, acquisition=qLogExpectedImprovement)
    assert len(client.get_next_trials(max_trials=2)) == 2


@pytest.mark.parametrize(
    ("optimizer", "words"),
    [
        (lambda acquisition, region, rng: [0.5], "shape"),
        (lambda acquisition, region, rng: [0.9, 0.9], "constraints do not allow"),
        (lambda acquisition, region, rng: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_faulty_optimiser_leaves_the_experiment_as_it_was(optimizer, words):
    client = _client(parameter_constraints=["a + b <= 1.0"])
    client.configure_generation_strategy(optimizer=optimizer)
    before = client.experiment.view().trials
    with pytest.raises(ModelError, match=words):
        client.get_next_trials(max_trials=1)
    assert client.experiment.view().trials == before


def test_a_faulty_model_or_acquisition_leaves_the_experiment_as_it_was():
    def broken(train_X, train_Y):
        raise RuntimeError("on purpose")

    client = _client()
    before = client.experiment.view().trials
    client.configure_generation_strategy(model=broken)
    with pytest.raises(ModelError, match=r"broken of 'loss' cannot be made.*train_X of shape \(6, 2\)"):
        client.get_next_trials(max_trials=1)
    client.configure_generation_strategy(acquisition=lambda model: lambda X: X.sum(-1))
    with pytest.raises(ModelError, match=r"expected \(\d+,\)"):
        client.get_next_trials(max_trials=1)
    client.configure_generation_strategy(acquisition=lambda model: lambda X: X[:, 0, 0] * float("nan"))
    with pytest.raises(ModelError, match="NaN"):
        client.get_next_trials(max_trials=1)
    assert client.experiment.view().trials == before
    client.configure_generation_strategy()
    assert client.get_next_trials(max_trials=1)


def make_smooth(train_X, train_Y, nu=2.5):
    from gpytorch.kernels import MaternKernel, ScaleKernel

    return SingleTaskGP(train_X, train_Y, covar_module=ScaleKernel(MaternKernel(nu=nu)))


def test_registered_parts_are_found_again_after_loading(tmp_path):
    register_model("smooth", make_smooth)
    register_acquisition("careful", AcquisitionSpec(qUpperConfidenceBound, {"beta": 0.1}))
    register_optimizer("by chance", climb_by_chance)
    client = _client(model=PartSpec("smooth", {"nu": 1.5}), acquisition="careful", optimizer="by chance")
    client.save_to_json_file(str(tmp_path / "run.json"))
    loaded = Client.load_from_json_file(str(tmp_path / "run.json"))
    assert loaded.experiment.view().generation.model == PartSpec("smooth", {"nu": 1.5})
    assert loaded.get_next_trials(max_trials=2) == client.get_next_trials(max_trials=2)


def make_rough(train_X, train_Y):
    return make_smooth(train_X, train_Y, nu=0.5)


def test_an_unregistered_part_is_said_to_be_missing_after_loading(tmp_path):
    client = _client(model=make_rough)
    path = tmp_path / "run.json"
    client.save_to_json_file(str(path))
    name = client.experiment.view().generation.model.name
    assert name.endswith("make_rough")
    assert f'"{name}"' in path.read_text()
    kept = client.experiment.view().generation
    client.set_generation_strategy(replace(kept, model=PartSpec("elsewhere.make_rough")))  # as in another process
    with pytest.raises(NotConfiguredError, match=r"elsewhere.make_rough.*register_model\("):
        client.get_next_trials(max_trials=1)


def test_the_same_part_keeps_its_name_and_another_has_its_own():
    a, b = Client(), Client()
    for client in (a, b):
        client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
        client.configure_generation_strategy(model=make_smooth)
    names = [c.experiment.view().generation.model.name for c in (a, b)]
    assert names[0] == names[1]
    b.configure_generation_strategy(model=ModelSpec(make_smooth, {"nu": 0.5}))
    assert b.experiment.view().generation.model.name != names[0]


def test_unknown_names_are_errors():
    client = _client(trials=0)
    with pytest.raises(UserInputError, match="Did you mean 'saas'"):
        client.configure_generation_strategy(model="sass")
    with pytest.raises(UserInputError, match="has no argument 'taus'"):
        client.configure_generation_strategy(model=PartSpec("saas", {"taus": 3}))
    with pytest.raises(UserInputError, match="Did you mean 'thompson'"):
        client.configure_generation_strategy(acquisition="tompson")
    with pytest.raises(UserInputError, match="needs a name other than"):
        register_model("saas", make_smooth)


def test_nodes_of_a_strategy_have_parts_of_their_own():
    client = _client(trials=0)
    learn = GenerationNode("learn", PartSpec("BO", {"acquisition": "active_learning"}))
    start, win = GenerationNode("start", "Sobol"), GenerationNode("win", PartSpec("BO", {"model": "linear"}))
    steps = [("start", "learn", 3), ("learn", "win", 2)]
    rules = tuple(Transition(s, t, (PartSpec("MinTrials", {"threshold": n}),)) for s, t, n in steps)
    client.set_generation_strategy(GenerationStrategy((start, learn, win), rules))
    for _ in range(7):
        for index, point in client.get_next_trials(max_trials=1).items():
            client.complete_trial(index, raw_data=_loss(point))
    nodes = [t.provenance.node for t in client.experiment.view().trials.values()]
    assert nodes == ["start"] * 3 + ["learn"] * 2 + ["win"] * 2
    assert client.experiment.view().generation.explained_by == PartSpec("linear")


@pytest.mark.parametrize("model", [SingleTaskGP, Forest])
def test_cards_and_advice_ask_the_same_model(model):
    client = _client(trials=8, model=model)
    cards = [card for group in client.compute_analyses(display=False) for card in group.flatten()]
    assert len(cards) > 3
    assert not [c for c in cards if isinstance(c, ErrorAnalysisCard)]
    assert client.stopping_advice().recommendation


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize(
    "acquisition", ["log_ei", "qLogEI", "ucb", "thompson", "knowledge_gradient", "active_learning"]
)
def test_device_gives_what_the_cpu_gives(acquisition):
    parts = {"model": SingleTaskGP, "acquisition": ACQUISITIONS[acquisition]}
    here, there = _client(**parts), _client(**parts, torch_device="cuda")
    X = [{"a": 0.1, "b": 0.9}, {"a": 0.7, "b": 0.2}]
    for p, q in zip(here.predict(X), there.predict(X), strict=True):
        assert np.allclose(p["loss"], q["loss"], atol=1e-3)
    assert len(there.get_next_trials(max_trials=2)) == 2


@pytest.mark.parametrize("acquisition", [qLogExpectedImprovement, "ucb"])
def test_failures_and_pending_trials_count_for_acquisitions_too(acquisition):
    client = _client(trials=7, acquisition=acquisition)
    (first,) = client.get_next_trials(max_trials=1).values()
    (second,) = client.get_next_trials(max_trials=1).values()  # the first is still running
    assert max(abs(first[k] - second[k]) for k in "ab") > 1e-3
    for index in (7, 8):
        client.mark_trial_failed(index)
    view = client.experiment.view()
    built = build_acquisition(build_request(view, None), fit_model(view))
    assert isinstance(built.acquisition, FailureWeightedAcquisition)
    assert isinstance(built.acquisition.acquisition, TorchAcquisition)
    assert client.get_next_trials(max_trials=1)


def test_counts_and_equations_hold_for_acquisitions_too():
    client = Client(random_seed=0)
    names = ("a", "b", "c", "d")
    client.configure_experiment(
        [RangeParameterConfig(n, (0.0, 1.0), "float") for n in names], parameter_constraints=["a + b + c + d == 1"]
    )
    client.configure_optimization("gain")
    client.configure_generation_strategy(model=SingleTaskGP, acquisition=qLogExpectedImprovement)
    for _ in range(7):
        for index, p in client.get_next_trials(max_trials=1).items():
            assert abs(sum(p[n] for n in names) - 1.0) < 1e-6
            client.complete_trial(index, raw_data={"gain": p["a"] - (p["b"] - 0.3) ** 2})
