"""Ax's names for strategies make ours: steps, criteria, selectors, generators with their options."""

import pytest

from axnb import Client, GenerationNode, GenerationStrategy, PartSpec, RangeParameterConfig, Transition, TrialStatus
from axnb.adapter.registry import Generators, Models
from axnb.api.utils.generation_strategy_dispatch import choose_generation_strategy
from axnb.api.utils.structs import ExperimentStruct, GenerationStrategyDispatchStruct
from axnb.errors import DataRequiredError, UnknownNameError, UnsupportedError, UserInputError
from axnb.exceptions.generation_strategy import MaxParallelismReachedException
from axnb.generation_strategy import best_model_selector as selectors
from axnb.generation_strategy import generation_strategy as faces
from axnb.generation_strategy import transition_criterion as criteria
from axnb.generation_strategy.center_generation_node import CenterGenerationNode
from axnb.generation_strategy.dispatch_utils import choose_generation_strategy_legacy
from axnb.generation_strategy.external_generation_node import ExternalGenerationNode
from axnb.generation_strategy.generation_node import GenerationNode as Node
from axnb.generation_strategy.generation_node import GenerationStep
from axnb.generation_strategy.generator_spec import GeneratorSpec
from axnb.generators.torch.botorch_modular.acquisition import Acquisition
from axnb.generators.torch.botorch_modular.generator import BoTorchGenerator
from axnb.generators.torch.botorch_modular.surrogate import ModelConfig, SurrogateSpec
from axnb.models.torch.botorch import BotorchModel
from axnb.service.utils import dispatch
from axnb.suggest.search.optimizer_spec import OPTIMIZERS

SOBOL = [GeneratorSpec(Generators.SOBOL)]


def client_with(strategy):
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig(n, (0.0, 1.0), "float") for n in ("x", "y")])
    client.configure_optimization("f")
    client.set_generation_strategy(strategy)
    return client


def run(client, trials):
    for _ in range(trials):
        for index, point in client.get_next_trials(max_trials=1).items():
            client.complete_trial(index, {"f": point["x"]})
    return [t.provenance.node for t in client.experiment.view().trials.values()]


def test_steps_follow_each_other():
    steps = [
        GenerationStep(generator=Models.SOBOL, num_trials=3, min_trials_observed=2, max_parallelism=2),
        GenerationStep(model=Generators.UNIFORM, num_trials=1, model_kwargs={"seed": 3}),
        GenerationStep(generator=Generators.SOBOL, num_trials=-1),
    ]
    client = client_with(faces.GenerationStrategy(steps=steps, name="linear"))
    first = client.get_next_trials(max_trials=2)
    with pytest.raises(MaxParallelismReachedException, match="2 trials of 'GenerationStep_0' are under way"):
        client.get_next_trials(max_trials=1)
    for index in first:
        client.complete_trial(index, {"f": 0.0})
    assert run(client, 3) == ["GenerationStep_0"] * 3 + ["GenerationStep_1", "GenerationStep_2"]
    assert client.experiment.view().generation.name == "linear"


def test_a_step_waits_for_its_results():
    steps = [
        GenerationStep(generator=Generators.SOBOL, num_trials=2, min_trials_observed=1),
        GenerationStep(generator=Generators.UNIFORM, num_trials=-1),
    ]
    client = client_with(faces.GenerationStrategy(nodes=steps))
    client.get_next_trials(max_trials=2)
    with pytest.raises(DataRequiredError, match="1 more trials that are completed or early_stopped"):
        client.get_next_trials(max_trials=1)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"num_trials": 0}, "must be 1 or more, or -1"),
        ({"num_trials": 2, "max_parallelism": 0}, "max_parallelism must be 1 or more"),
        ({"num_trials": 2, "min_trials_observed": 3}, "more than the 2 trials"),
    ],
)
def test_steps_that_cannot_be_are_errors(given, words):
    with pytest.raises(UserInputError, match=words):
        GenerationStep(generator=Generators.SOBOL, **given)
    with pytest.raises(UserInputError, match="either nodes or steps"):
        faces.GenerationStrategy()


def test_criteria_of_one_target_are_one_transition():
    node = Node(
        name="a",
        generator_specs=SOBOL,
        transition_criteria=[
            criteria.MinTrials(threshold=3, transition_to="b", only_in_statuses=[TrialStatus.COMPLETED]),
            criteria.IsSingleObjective(transition_to="b"),
            criteria.AutoTransitionAfterGen(transition_to="c"),
        ],
        pausing_criteria=[
            criteria.MaxGenerationParallelism(threshold=2),
            criteria.MaxTrialsAwaitingData(threshold=5, use_all_trials_in_exp=True),
        ],
    )
    rest = [Node(name=n, generator_specs=SOBOL) for n in "bc"]
    strategy = faces.GenerationStrategy(nodes=[node, *rest])
    assert isinstance(strategy, GenerationStrategy)
    assert [(t.source, t.target, [c.name for c in t.criteria]) for t in strategy.transitions] == [
        ("a", "b", ["MinTrials", "IsSingleObjective"]),
        ("a", "c", ["AutoTransitionAfterGen"]),
    ]
    assert [c.name for c in strategy.nodes[0].pausing_criteria] == ["MaxGenerationParallelism", "MaxTrialsAwaitingData"]
    assert run(client_with(strategy), 4) == ["a", "c", "c", "c"]


def test_answers_of_a_metric_are_a_criterion():
    step = criteria.MinimumPreferenceOccurances(metric_name="said", threshold=2, transition_to="b")
    assert step == Transition(
        "", "b", (PartSpec("MinimumPreferenceOccurances", {"threshold": 2, "metric_name": "said"}),)
    )


def test_the_centre_comes_first():
    nodes = [CenterGenerationNode(next_node_name="more"), Node(name="more", generator_specs=SOBOL)]
    assert run(client_with(faces.GenerationStrategy(nodes=nodes)), 2) == ["CenterOfSearchSpace", "more"]


def test_of_several_generators_the_one_that_predicts_best_suggests():
    configs = [ModelConfig(name=f"config {i} of this test") for i in (1, 2)]
    specs = [
        GeneratorSpec(Generators.BOTORCH_MODULAR, {"surrogate_spec": SurrogateSpec(model_configs=[c])}) for c in configs
    ]
    reduce = selectors.ReductionCriterion
    selector = selectors.SingleDiagnosticBestModelSelector("MSE", reduce.MAX, reduce.MIN)
    assert dict(selector.arguments) == {"criterion": "mean_squared_error", "aggregate": "min"}
    node = Node(name="models", generator_specs=specs, best_model_selector=selector)
    assert len(node.alternatives) == 1
    with pytest.raises(UnsupportedError, match="asks for the worst model"):
        selectors.SingleDiagnosticBestModelSelector("MSE", reduce.MEAN, reduce.MAX)
    with pytest.raises(UnsupportedError, match="compared by one of"):
        selectors.SingleDiagnosticBestModelSelector("R2", reduce.MEAN, reduce.MAX)


def test_options_of_generators_are_held_to_what_there_is():
    with pytest.raises(UnknownNameError, match="Did you mean 'surrogate_spec'"):
        GeneratorSpec(Generators.BOTORCH_MODULAR, {"surrogate_specs": None}).to_part()
    options = {"model_gen_options": {"sampling_strategy_class": None}}
    with pytest.raises(UnsupportedError, match="'sampling_strategy_class' of model_gen_options has no counterpart"):
        GeneratorSpec(Generators.BOTORCH_MODULAR, generator_gen_kwargs=options).to_part()
    with pytest.raises(UserInputError, match="needs a generator_enum"):
        GeneratorSpec()
    assert GeneratorSpec(Generators.SAASBO).to_part() == PartSpec("BO", {"model": "fully_bayesian"})
    assert GeneratorSpec(Generators.FACTORIAL, {"levels": 3}).to_part() == PartSpec("Factorial", {"levels": 3})
    with pytest.raises(UnsupportedError, match="models are compared by one of"):
        SurrogateSpec(eval_criterion="AIC")
    with pytest.raises(UserInputError, match="needs one or more model_configs"):
        SurrogateSpec(model_configs=[])


def test_the_older_models_are_generators():
    def make(train_X, train_Y):
        from botorch.models import SingleTaskGP

        return SingleTaskGP(train_X, train_Y)

    def first(acquisition, region, rng):
        return region.seeds[0]

    part = BotorchModel(model_constructor=make, acqf_optimizer=first)
    assert OPTIMIZERS.find(PartSpec(dict(part.arguments)["optimizer"])).constructor is first
    assert BotorchModel(acqf_constructor=Acquisition(lambda model: None)).name == "BO"
    assert BoTorchGenerator().arguments == (("model", "botorch"),)
    own = GenerationStrategy(
        (GenerationNode("start", "Sobol"), GenerationNode("model", part)),
        (Transition("start", "model", (PartSpec("MinTrials", {"threshold": 3}),)),),
    )
    assert run(client_with(own), 4) == ["start"] * 3 + ["model"]


def test_settings_choose_a_strategy():
    struct = GenerationStrategyDispatchStruct(method="random_search", initialization_budget=3)
    assert choose_generation_strategy(struct).name == "Center+QuasiRandomSearch"
    assert (
        choose_generation_strategy(GenerationStrategyDispatchStruct(initialize_with_center=False)).name
        == "Sobol+MBM:fast"
    )
    with pytest.raises(UserInputError, match="go together"):
        choose_generation_strategy(GenerationStrategyDispatchStruct(method="custom"))
    with pytest.raises(UserInputError, match="go together"):
        choose_generation_strategy(struct, ModelConfig())
    assert choose_generation_strategy_legacy is dispatch.choose_generation_strategy
    assert ExperimentStruct(parameters=[RangeParameterConfig("x", (0.0, 1.0), "float")]).parameter_constraints == ()


class Repeats(ExternalGenerationNode):
    def __init__(self, point):
        super().__init__(node_name="repeats")
        self.point, self.pending = point, []

    def update_generator_state(self, experiment, data):
        assert set(experiment.search_space.parameters) == {"x", "y"}

    def get_next_candidate(self, pending_parameters):
        self.pending.append(list(pending_parameters))
        return self.point


def test_a_node_that_repeats_itself_gives_way_to_new_points():
    node = Repeats({"x": 0.25, "y": 0.5})
    client = client_with(faces.GenerationStrategy(nodes=[node]))
    found = list(client.get_next_trials(max_trials=2).values())
    assert found[0] == {"x": 0.25, "y": 0.5}
    assert found[1] != found[0]
    assert node.pending[-1] == [found[0]]
    names = [t.provenance.generator for t in client.experiment.view().trials.values()]
    assert names == ["repeats", "Sobol"]


def test_a_node_that_breaks_the_search_space_is_named():
    client = client_with(faces.GenerationStrategy(nodes=[Repeats({"x": 7.0, "y": 0.5})]))
    with pytest.raises(UserInputError, match="node 'repeats' suggested what is not allowed"):
        client.get_next_trials(max_trials=1)
