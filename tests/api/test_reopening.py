"""A notebook that is run again: the same calls with the same content go on with the experiment that is there."""

import pandas as pd
import pytest

from axnb import ChoiceParameterConfig, Client, RangeParameterConfig
from axnb.api.storage import new_journal
from axnb.errors import AxnbWarning, UnsupportedError
from axnb.run.protocols import IRunner

X = RangeParameterConfig("x", (0.0, 1.0), "float")
WIDE = RangeParameterConfig("x", (0.0, 2.0), "float")
N = RangeParameterConfig("n", (1, 6), "int")
KIND = ChoiceParameterConfig("kind", ["a", "b"], "str", is_ordered=False)
CONSTRAINTS = ("x + n <= 5",)


class Place:
    """Where an experiment is kept, and how a notebook opens it."""

    def __init__(self, kind, folder):
        self.kind = kind
        self.file = folder / "run.json"
        self.storage = {"journal": folder / "run.jsonl", "sqlite": f"sqlite:///{folder}/runs.db"}.get(kind)

    def open(self, **more):
        if self.kind == "snapshot":
            return Client.load_from_json_file(self.file) if self.file.exists() else Client(**more)
        return Client(storage=self.storage, **more)

    def close(self, client):
        if self.kind == "snapshot":
            client.save_to_json_file(self.file)


@pytest.fixture(params=["journal", "sqlite", "snapshot"])
def place(request, tmp_path):
    return Place(request.param, tmp_path)


def configure(client, parameters=(X, N, KIND), constraints=CONSTRAINTS, goal="-loss", **more):
    client.configure_experiment(list(parameters), list(constraints), **{"name": "bench", "description": "a", **more})
    client.configure_optimization(goal, outcome_constraints=["cost <= 3"])
    client.configure_generation_strategy(initialization_budget=4)
    client.configure_tracking_metrics(["age"])
    return client


@pytest.fixture
def kept(place):
    """An experiment with two trials, and its process gone."""
    client = configure(place.open())
    client.get_next_trials(2)
    client.complete_trial(0, {"loss": 0.5, "cost": 1.0})
    place.close(client)
    return client.experiment.view()


def test_the_same_calls_open_the_experiment_and_record_nothing(place, kept):
    again = configure(place.open())
    view = again.experiment.view()
    assert view.version == kept.version
    assert view.seed == kept.seed
    assert [t.parameters for t in view.trials.values()] == [t.parameters for t in kept.trials.values()]
    assert list(again.get_next_trials(1)) == [2]


def test_it_can_be_done_twice_in_one_process(place):
    client = configure(place.open())
    before = client.experiment.view().version
    configure(client)
    assert client.experiment.view().version == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"parameters": (WIDE, N, KIND)}, "parameter x: bounds (0, 1) → (0, 2)"),
        ({"parameters": (X, KIND), "constraints": ()}, "parameter n is missing; the constraint x + n <= 5 is missing"),
        ({"parameters": (X, N, KIND, RangeParameterConfig("z", (0.0, 1.0), "float"))}, "parameter z is new"),
        (
            {"parameters": (X, N, ChoiceParameterConfig("kind", ["a", "c"], "str", is_ordered=True))},
            "parameter kind: values ('a', 'b') → ('a', 'c'), ordered False → True",
        ),
        ({"parameters": (X, RangeParameterConfig("n", (1.0, 6.0), "float"), KIND)}, "parameter n: type int → float"),
        ({"constraints": ("x + n <= 4",)}, "the constraint x + n <= 5 is missing; the constraint x + n <= 4 is new"),
    ],
)  # fmt: skip
def test_another_space_is_refused_with_what_differs(place, kept, change, said):
    client = place.open()
    with pytest.raises(UnsupportedError) as error:
        configure(client, **change)
    assert said in str(error.value)
    assert "edit_search_space" in str(error.value)
    assert configure(place.open()).experiment.view().version == kept.version


def test_another_goal_is_a_change_of_the_goal(place, kept):
    again = configure(place.open(), goal="-age")
    assert str(again.experiment.view().optimization) == "-age"


def test_another_order_of_parameters_is_no_difference(place, kept):
    again = configure(place.open(), parameters=(KIND, X, N))
    assert again.experiment.view().search_space.names == ("x", "n", "kind")


def test_what_was_edited_since_stays_edited(place):
    first = configure(place.open())
    first.edit_search_space(update=[WIDE])
    place.close(first)
    for parameters in ((X, N, KIND), (WIDE, N, KIND)):
        again = configure(place.open(), parameters=parameters)
        assert again.experiment.view().search_space["x"].upper == 2.0


def test_another_seed_or_name_is_refused_and_a_reworded_remark_is_told(tmp_path):
    storage = tmp_path / "run.jsonl"
    configure(Client(storage=storage, random_seed=1))
    with pytest.raises(UnsupportedError, match="random_seed 1 → 2"):
        configure(Client(storage=storage, random_seed=2))
    with pytest.raises(UnsupportedError, match="name 'bench' → 'other'"):
        configure(Client(storage=storage), name="other")
    with pytest.warns(AxnbWarning, match="keeps its description 'a'"):
        configure(Client(storage=storage), description="b")


def test_another_name_in_a_database_is_another_experiment(tmp_path):
    storage = f"sqlite:///{tmp_path}/runs.db"
    configure(Client(storage=storage)).get_next_trials(1)
    assert not configure(Client(storage=storage), name="other").experiment.view().trials


PAST = pd.DataFrame({"x": [0.1, 0.2], "loss": [1.0, 0.5]})


@pytest.mark.parametrize("kind", ["journal", "sqlite"])
def test_past_results_begin_an_experiment_once(kind, tmp_path):
    storage = Place(kind, tmp_path).storage

    def begin(frame=PAST, objective="-loss", parameter=X):
        return Client.from_dataframe(frame, [parameter], objective, storage=storage, name="past")

    first = begin()
    first.get_next_trials(1)
    again = begin()
    assert len(again.experiment.view().trials) == 3
    assert again.experiment.view().version == first.experiment.view().version
    with pytest.raises(UnsupportedError, match=r"other past results: .*attach_dataframe"):
        begin(PAST.assign(loss=[1.0, 0.4]))
    with pytest.raises(UnsupportedError, match="another goal: -loss → loss"):
        begin(objective="loss")
    with pytest.raises(UnsupportedError, match=r"parameter x: bounds \(0, 1\) → \(0, 3\)"):
        begin(parameter=RangeParameterConfig("x", (0.0, 3.0), "float"))


def test_a_runner_may_be_given_before_the_space():
    class Runner(IRunner):
        def run_trial(self, trial_index, parameterization):
            return {}

        def poll_trial(self, trial_index, trial_metadata):
            raise NotImplementedError

    client = Client()
    client.configure_runner(Runner())
    configure(client)
    assert client.experiment.view().search_space is not None


@pytest.mark.parametrize("kind", ["journal", "sqlite"])
def test_an_experiment_in_memory_can_be_kept_later(kind, tmp_path):
    storage = Place(kind, tmp_path).storage
    client = configure(Client())
    client.get_next_trials(2)
    client.undo()
    client.experiment.keep_in(new_journal(None, storage))
    client.attach_trial({"x": 0.25, "n": 2, "kind": "a"})
    again = configure(Client(storage=storage))
    assert again.experiment.view().version == client.experiment.view().version
    assert [t.parameters for t in again.experiment.view().trials.values()] == [{"x": 0.25, "n": 2, "kind": "a"}]
    with pytest.raises(UnsupportedError, match="kept already"):
        client.experiment.keep_in(new_journal(None, tmp_path / "other.jsonl"))
    assert not (tmp_path / "other.jsonl").exists()


def test_what_a_file_has_is_never_overwritten_by_keeping(tmp_path):
    storage = tmp_path / "run.jsonl"
    configure(Client(storage=storage))
    before = storage.read_bytes()
    client = configure(Client())
    with pytest.raises(UnsupportedError, match="at that place already"):
        client.experiment.keep_in(new_journal(None, storage))
    assert storage.read_bytes() == before
    client.get_next_trials(1)  # it goes on in memory
    assert client.experiment.store is None
