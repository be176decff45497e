"""Strategies as values: where an experiment stands, parts of users, what is kept."""

from dataclasses import dataclass

import pytest

from axnb import Client, RangeParameterConfig
from axnb.analyses import GenerationStrategyGraph
from axnb.errors import DataRequiredError, NotConfiguredError, UserInputError
from axnb.problem.generation import GenerationNode, GenerationOptions, GenerationStrategy, PartSpec, Transition
from axnb.record.trial import Provenance, TrialStatus
from axnb.suggest.criteria import (
    AutoTransitionAfterGen,
    IsSingleObjective,
    MaxGenerationParallelism,
    MaxTrialsAwaitingData,
    MinimumPreferenceOccurances,
    MinObserved,
    MinTrials,
)
from axnb.suggest.generators.base import Suggestion
from axnb.suggest.presets import build_preset
from axnb.suggest.progress import Progress
from axnb.suggest.registry import (
    CRITERIA,
    GENERATORS,
    SELECTORS,
    make_criterion,
    register_criterion,
    register_generator,
    register_selector,
)
from axnb.suggest.selection import BestModelSelector
from axnb.suggest.strategy import find_position, pick_generator
from axnb.surrogate.model_spec import ModelSpec, register_model
from tests.suggest.helpers import Bench, bowl


@dataclass(frozen=True)
class Diagonal:
    """Walks along the diagonal, one step a trial."""

    step: float = 0.1

    def generate(self, request, n):
        first = request.index
        points = [dict.fromkeys(request.encoder.names, self.step * (first + i)) for i in range(n)]
        return [Suggestion(parameters=p, provenance=Provenance(generator="Diagonal")) for p in points]


@dataclass(frozen=True)
class GoodEnough:
    """Met once a result is good enough."""

    value: float

    def is_met(self, progress):
        return any(t.outcomes.get("f", (-9.0,))[0] >= self.value for t in progress.view.trials.values())

    def count_remaining(self, progress):
        return None

    def blocks(self, progress):
        return False

    def count(self, progress):
        return len(progress.view.trials)

    def explain(self, progress):
        return "a better result"


@pytest.fixture(autouse=True)
def registries():
    held = [(r, dict(r)) for r in (GENERATORS, CRITERIA, SELECTORS)]
    yield
    for registry, kept in held:
        registry.clear()
        registry.update(kept)


def own(threshold=3):
    nodes = (GenerationNode("walk", PartSpec("Diagonal", {"step": 0.05})), GenerationNode("model", "BO"))
    ready = (PartSpec("MinTrials", {"threshold": threshold}), PartSpec("MinObserved", {"threshold": 2}))
    return GenerationStrategy(nodes, (Transition("walk", "model", ready),))


def nodes_of(bench):
    return [t.provenance.node for t in bench.view.trials.values()]


def test_the_preset_names_its_nodes_in_the_trials():
    bench = Bench()
    bench.run(bowl, 7)
    assert nodes_of(bench) == ["Center", *["Sobol"] * 4, "BO", "BO"]


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_position_follows_from_the_trials(seed):
    bench = Bench(seed=seed, initialization_budget=seed)
    preset = build_preset(bench.view.generation)
    for _ in range(seed + 2):
        node = find_position(preset, Progress(view=bench.view)).node.name
        bench.run(bowl, 1)
        assert nodes_of(bench)[-1] == node


def test_a_generator_of_ones_own_comes_before_the_model():
    register_generator("Diagonal", Diagonal)
    bench = Bench(strategy=own())
    bench.run(bowl, 5)
    assert nodes_of(bench) == ["walk"] * 3 + ["model"] * 2
    assert bench.view.trials[2].parameters == {"x": pytest.approx(0.1), "y": pytest.approx(0.1)}


def test_a_request_may_span_nodes():
    register_generator("Diagonal", Diagonal)
    bench = Bench(strategy=own())
    bench.run(bowl, 2)
    assert [s.provenance.node for s in bench.suggest(3)] == ["walk", "model", "model"]


def test_a_criterion_of_ones_own_decides():
    register_criterion("GoodEnough", GoodEnough)
    nodes = (GenerationNode("start", "Sobol"), GenerationNode("model", "BO"))
    ready = Transition("start", "model", (PartSpec("GoodEnough", {"value": 0.5}),))
    bench = Bench(strategy=GenerationStrategy(nodes, (ready,)))
    bench.run(lambda p: {"f": 0.0}, 8)
    bench.done({"x": 0.5, "y": 0.5}, f=1.0)
    bench.run(lambda p: {"f": 0.0}, 1)
    assert nodes_of(bench) == [*["start"] * 8, None, "model"]


def test_a_node_may_wait_for_results():
    nodes = (GenerationNode("start", "Sobol"), GenerationNode("model", "BO"))
    enough = PartSpec("MinTrials", {"threshold": 2, "block_generation": True})
    criteria = (enough, PartSpec("MinObserved", {"threshold": 1}))
    bench = Bench(strategy=GenerationStrategy(nodes, (Transition("start", "model", criteria),)))
    for suggestion in bench.suggest(2):
        bench.create(suggestion.parameters, suggestion.provenance)
    with pytest.raises(DataRequiredError, match="one more of them completed"):
        bench.suggest(1)


def client_with(strategy, storage=None):
    client = Client(random_seed=0, storage=storage)
    client.configure_experiment([RangeParameterConfig(n, (0.0, 1.0), "float") for n in ("x", "y")], name="kept")
    client.configure_optimization("f")
    client.set_generation_strategy(strategy)
    return client


@pytest.mark.parametrize("place", ["journal", "sqlite", "snapshot"])
def test_a_strategy_is_kept_and_a_missing_part_is_named(tmp_path, place):
    register_generator("Diagonal", Diagonal)
    where = {"journal": tmp_path / "run.jsonl", "sqlite": f"sqlite:///{tmp_path}/runs.db"}.get(place)
    client = client_with(own(), where)
    for index, point in client.get_next_trials(2).items():
        client.complete_trial(index, bowl(point))
    if place == "journal":
        again = Client(storage=where)
    elif place == "sqlite":
        again = Client.load_from_database("kept", storage=where)
    else:
        client.save_to_json_file(str(tmp_path / "kept.json"))
        again = Client.load_from_json_file(str(tmp_path / "kept.json"))
    assert again.experiment.view().generation.strategy == own()
    assert [t.provenance.node for t in again.experiment.view().trials.values()] == ["walk", "walk"]
    assert again.suggest(1) == client.suggest(1)
    del GENERATORS["Diagonal"]
    again.attach_trial({"x": 0.3, "y": 0.4})  # all else works
    again.predict([{"x": 0.3, "y": 0.4}])
    with pytest.raises(NotConfiguredError, match=r"'Diagonal', which is not registered here: call register_generator"):
        client.get_next_trials(1)
    card = GenerationStrategyGraph().compute(again.analysis_context())
    assert "The generator 'Diagonal' is not registered here: call register_generator('Diagonal', …)" in card.subtitle


def test_a_card_draws_a_strategy_of_ones_own():
    register_generator("Diagonal", Diagonal)
    client = client_with(own())
    frames = []
    for _ in range(4):
        frames.append(GenerationStrategyGraph().compute(client.analysis_context()).df)
        for index, point in client.get_next_trials(1).items():
            client.complete_trial(index, bowl(point))
    assert [f["node"][f["current"]].item() for f in frames] == ["walk", "walk", "walk", "model"]
    assert frames[3]["trials"].tolist() == [3, 0]
    assert frames[3]["generator"].tolist() == ["Diagonal(step=0.05)", "BO"]
    assert frames[3]["moves_on"].tolist() == ["after 3 trials, 2 with results", ""]
    card = GenerationStrategyGraph().compute(client.analysis_context())
    assert card.subtitle == "The next trial comes from the node 'model', by BO."


def test_the_card_says_that_a_criterion_is_missing():
    register_criterion("GoodEnough", GoodEnough)
    nodes = (GenerationNode("start", "Sobol"), GenerationNode("model", "BO"), GenerationNode("end", "Sobol"))
    ready = Transition("start", "model", (PartSpec("GoodEnough", {"value": 0.5}),))
    late = Transition("start", "end", (MinTrials(threshold=9),))
    client = client_with(GenerationStrategy(nodes, (ready, late)))
    card = GenerationStrategyGraph().compute(client.analysis_context())
    assert card.df["moves_on"][0] == "to model after GoodEnough(value=0.5); to end after 9 trials"
    del CRITERIA["GoodEnough"]
    card = GenerationStrategyGraph().compute(client.analysis_context())
    assert not card.df["current"].any()
    assert card.subtitle.startswith("The criterion 'GoodEnough' is not registered here: call register_criterion")
    with pytest.raises(NotConfiguredError, match="'GoodEnough', which is not registered here"):
        client.get_next_trials(1)


def test_what_cannot_be_a_strategy_is_refused():
    start = GenerationNode("start", "Sobol")
    for make in (
        lambda: GenerationStrategy(()),
        lambda: GenerationStrategy((start, start)),
        lambda: GenerationStrategy((start,), (Transition("start", "modle", ()),)),
        lambda: PartSpec("Sobol", {"seed": [1]}),
        lambda: PartSpec(""),
        lambda: GenerationNode("start", 3),
        lambda: register_generator("Sobol", Diagonal),
        lambda: register_generator("Diagonal", 3),
    ):
        with pytest.raises(UserInputError):
            make()
    with pytest.raises(UserInputError, match="'Sobol' cannot be made from"):
        Bench(strategy=GenerationStrategy((GenerationNode("start", PartSpec("Sobol", {"sed": 1})),))).suggest()


def test_a_suggestion_outside_the_space_is_refused():
    register_generator("Diagonal", Diagonal)
    nodes = (GenerationNode("walk", PartSpec("Diagonal", {"step": 9.0})),)
    bench = Bench(strategy=GenerationStrategy(nodes))
    with pytest.raises(UserInputError, match="'Diagonal' of node 'walk' suggested"):
        bench.suggest(2)


def test_options_hold_what_the_strategy_leaves_open():
    client = client_with(GenerationOptions(method="quality"))
    client.set_generation_strategy(GenerationStrategy((GenerationNode("start", "Sobol"),)))
    assert client.experiment.view().generation.method == "quality"


@dataclass(frozen=True)
class Stubborn:
    """Suggests one point, whatever is asked."""

    x: float = 0.9
    y: float = 0.9

    def generate(self, request, n):
        return [Suggestion(parameters={"x": self.x, "y": self.y}, provenance=Provenance(generator="Stubborn"))]


def stubborn_client(constraints=(), **point):
    register_generator("Stubborn", Stubborn)
    client = Client(random_seed=0)
    parameters = [RangeParameterConfig(n, (0.0, 1.0), "float") for n in ("x", "y")]
    client.configure_experiment(parameters, parameter_constraints=list(constraints))
    client.configure_optimization("f")
    client.set_generation_strategy(GenerationStrategy((GenerationNode("mine", Stubborn(**point)),)))
    return client


@pytest.mark.parametrize(
    ("constraints", "point", "said"),
    [
        (["x + y <= 1"], {}, r"parameter constraint 'x \+ y <= 1'"),
        ([], {"x": 1.5}, "'x'"),
        ([], {"x": "a"}, "'x'"),
    ],
)
def test_what_a_generator_of_ones_own_suggests_is_checked(constraints, point, said):
    client = stubborn_client(constraints, **point)
    before = client.experiment.view().version
    with pytest.raises(UserInputError, match=rf"generator 'Stubborn' of node 'mine'.*{said}"):
        client.get_next_trials(1)
    assert client.experiment.view().version == before


def test_it_is_checked_by_functions_and_what_is_held_fixed_too():
    client = stubborn_client()
    with pytest.raises(UserInputError, match=r"'Stubborn'.*'x' is held fixed, and got 0.9"):
        client.get_next_trials(1, fixed_parameters={"x": 0.5})
    assert list(client.get_next_trials(1, fixed_parameters={"x": 0.9})) == [0]

    def near_the_origin(point):
        return point["x"] + point["y"] < 0.5

    client.configure_nonlinear_constraints([near_the_origin])
    with pytest.raises(UserInputError, match=r"'Stubborn'.*nonlinear constraint 'near_the_origin'"):
        client.get_next_trials(1)


def test_who_waits_is_told_how_many_trials_the_criterion_that_blocks_has_counted():
    nodes = (GenerationNode("start", "Sobol"), GenerationNode("more", "Sobol"), GenerationNode("model", "BO"))
    first = Transition("start", "more", (MinTrials(threshold=2),))
    enough = (MinTrials(threshold=3, block_generation=True), MinObserved(threshold=4))
    bench = Bench(strategy=GenerationStrategy(nodes, (first, Transition("more", "model", enough))))
    for suggestion in bench.suggest(5):
        bench.create(suggestion.parameters, suggestion.provenance)
    with pytest.raises(DataRequiredError, match="all 3 trials of 'more' have been suggested; 'model' needs 4 more"):
        bench.suggest(1)


def test_criteria_may_be_given_as_they_are():
    ready = Transition("start", "model", (MinTrials(threshold=2), "CenterTried"))
    arguments = {"threshold": 2, "of": "node", "block_generation": False, "count_only_trials_with_data": False}
    assert ready.criteria[0].name == "MinTrials"
    assert dict(ready.criteria[0].arguments) == arguments | {"only_in_statuses": "", "not_in_statuses": ""}
    assert ready.criteria[1] == PartSpec("CenterTried")
    with pytest.raises(UserInputError, match="expected a PartSpec"):
        Transition("start", "model", (MinTrials,))


def finish(bench, index):
    bench.data(index, **bowl(bench.view.trials[index].parameters))
    bench.end(index)


def make_flat(train_X, train_Y):
    """A process that has learnt nothing of the inputs."""
    from botorch.models import SingleTaskGP

    model = SingleTaskGP(train_X, train_Y)
    model.covar_module.lengthscale = 1e3
    return model


def follow(nodes, *steps):
    return GenerationStrategy(nodes, tuple(Transition(s, t, criteria) for s, t, criteria in steps))


def sobol_then_model(*criteria):
    nodes = (GenerationNode("start", "Sobol"), GenerationNode("model", "BO"))
    return follow(nodes, ("start", "model", criteria))


def test_criteria_count_trials_of_some_statuses():
    done = MinTrials(threshold=2, only_in_statuses=[TrialStatus.COMPLETED])
    bench = Bench(strategy=sobol_then_model(done))
    for suggestion in bench.suggest(4):
        bench.create(suggestion.parameters, suggestion.provenance)
    assert bench.suggest(1)[0].provenance.node == "start"
    for index in (0, 1):
        finish(bench, index)
    assert bench.suggest(1)[0].provenance.node == "model"
    with pytest.raises(UserInputError, match="Did you mean 'COMPLETED'"):
        MinTrials(threshold=1, only_in_statuses="COMPLETE")


def test_a_node_is_left_once_it_has_suggested_something():
    bench = Bench(strategy=sobol_then_model(AutoTransitionAfterGen(), MinObserved(threshold=1)))
    bench.run(bowl, 3)
    assert nodes_of(bench) == ["start", "model", "model"]


def test_the_goal_decides_by_its_number_of_objectives():
    assert find_position(sobol_then_model(IsSingleObjective()), Progress(view=Bench().view)).node.name == "model"


def test_answers_of_either_kind_are_waited_for():
    enough = MinimumPreferenceOccurances(metric_name="f", threshold=2)
    bench = Bench(strategy=sobol_then_model(enough))
    for said in (1.0, 1.0, 1.0, 0.0):
        bench.run(lambda p, said=said: {"f": said}, 1)
    assert find_position(bench.view.generation.strategy, Progress(view=bench.view)).node.name == "start"
    bench.run(lambda p: {"f": 0.0}, 1)
    assert find_position(bench.view.generation.strategy, Progress(view=bench.view)).node.name == "model"


def test_a_function_is_a_criterion():
    def found_good(progress):
        return any(t.outcomes["f"][0] > 0.5 for t in progress.view.trials.values() if t.outcomes)

    bench = Bench(strategy=sobol_then_model(make_criterion(found_good, "a result above 0.5")))
    bench.run(lambda p: {"f": 0.0}, 3)
    bench.run(lambda p: {"f": 1.0}, 1)
    bench.run(lambda p: {"f": 0.0}, 1)
    assert nodes_of(bench) == [*["start"] * 4, "model"]
    with pytest.raises(UserInputError, match="must be a function of the progress"):
        make_criterion("found_good")


@pytest.mark.parametrize(
    ("criterion", "words"),
    [
        (MaxGenerationParallelism(threshold=2), "2 trials of 'start' are under way, and no more than 2"),
        (MaxTrialsAwaitingData(threshold=2), "2 trials of 'start' wait for results"),
    ],
)
def test_a_node_pauses(criterion, words):
    bench = Bench(strategy=GenerationStrategy((GenerationNode("start", "Sobol", pausing_criteria=(criterion,)),)))
    found = bench.suggest(3)
    assert len(found) == 2  # fewer than asked for: it pauses within a request too
    for suggestion in found:
        bench.create(suggestion.parameters, suggestion.provenance)
    with pytest.raises(DataRequiredError, match=words):
        bench.suggest(1)
    finish(bench, 0)
    assert len(bench.suggest(3)) == 1


def test_the_generator_whose_model_predicts_best_suggests():
    register_model("knows nothing", ModelSpec(make_flat, fit=lambda model: None))
    bo = [PartSpec("BO", {"model": name}) for name in ("knows nothing", "botorch")]
    node = GenerationNode("model", bo[0], alternatives=(bo[1],), selector=BestModelSelector(aggregate="min"))
    strategy = follow((GenerationNode("start", "Sobol"), node), ("start", "model", (MinTrials(threshold=6),)))
    bench = Bench(strategy=strategy)
    bench.run(bowl, 6)
    assert pick_generator(node, bench.view).model == "botorch"
    bench.run(bowl, 1)
    assert nodes_of(bench)[-1] == "model"


def test_a_selector_of_ones_own_is_asked():
    class Last:
        def select(self, view, generators):
            return len(generators) - 1

    register_selector("Last", Last)
    node = GenerationNode("two", "Sobol", alternatives=("Uniform",), selector="Last")
    bench = Bench(strategy=GenerationStrategy((node,)))
    assert bench.suggest(1)[0].provenance.generator == "Uniform"


def test_a_strategy_with_everything_is_kept(tmp_path):
    node = GenerationNode(
        "all",
        "Sobol",
        pausing_criteria=(MaxTrialsAwaitingData(threshold=4),),
        alternatives=(PartSpec("Uniform", {"seed": 3}),),
        selector=BestModelSelector(criterion="log_likelihood"),
    )
    strategy = GenerationStrategy((node,), name="everything")
    client = client_with(strategy)
    client.save_to_json_file(str(tmp_path / "kept.json"))
    again = Client.load_from_json_file(str(tmp_path / "kept.json"))
    assert again.experiment.view().generation.strategy == strategy
    card = GenerationStrategyGraph().compute(again.analysis_context())
    assert card.df["generator"][0] == "Sobol or Uniform(seed=3)"
    assert card.df["pauses"][0] == "MaxTrialsAwaitingData(threshold=4, of='node')"
