"""Values of every wrong kind, in every argument: an error of ours, or a value that a file gives back unchanged."""

import enum
import warnings

import numpy as np
import pandas as pd
import pytest

from axnb import (
    ChoiceParameterConfig,
    Client,
    Database,
    DerivedParameterConfig,
    RangeParameterConfig,
    StorageConfig,
    optimize,
)
from axnb.analyses.card import ErrorAnalysisCard
from axnb.errors import AxnbError, AxnbWarning, SnapshotError, StorageError, UnsupportedError, UserInputError
from axnb.store.codec import encode


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


ODD = [
    None,
    True,
    -1,
    1.5,
    "x",
    [],
    [1],
    {},
    {"a": 1},
    float("nan"),
    float("inf"),
    np.array([1, 2]),
    np.array(0),
    object(),
    10**400,
    b"x",
    (1, 2, 3),
    {1, 2},
    pd.NA,
    "\ud800",
    "a\0b",
    pd.DataFrame({"a": [1]}),
    1 + 2j,
    Colour.RED,
    np.str_("x"),
    np.bool_(True),
]
POINT = {"x": 0.5, "n": 3, "c": "a"}
SWITCHES = [
    "initialize_with_center",
    "use_existing_trials_for_initialization",
    "allow_exceeding_initialization_budget",
    "simplify_parameter_changes",
    "fit_tracking_metrics",
]
EDITS = ["update", "add", "past_values", "disable", "enable", "add_constraints", "drop_constraints"]


def configured(**header):
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0, 1), "float")], **header)
    return client


def with_parameter(config):
    client = Client(random_seed=0)
    client.configure_experiment([config, ChoiceParameterConfig("free", ["p", "q"], "str")])
    return client


CALLS = {
    "objective": lambda c, v: c.configure_optimization(v),
    "constraints": lambda c, v: c.configure_optimization("-loss", v),
    "target": lambda c, v: c.configure_optimization("-loss", None, v),
    "tracking": lambda c, v: c.configure_tracking_metrics(v),
    "a tracking metric": lambda c, v: c.configure_tracking_metrics([v]),
    "runner": lambda c, v: c.configure_runner(v),
    "metrics": lambda c, v: c.configure_metrics(v),
    "nonlinear": lambda c, v: c.configure_nonlinear_constraints(v),
    "method": lambda c, v: c.configure_generation_strategy(v),
    "budget": lambda c, v: c.configure_generation_strategy(initialization_budget=v),
    "device": lambda c, v: c.configure_generation_strategy(torch_device=v),
    **{s: lambda c, v, s=s: c.configure_generation_strategy(**{s: v}) for s in SWITCHES},
    "fixed": lambda c, v: c.suggest(1, v),
    "a fixed value": lambda c, v: c.suggest(1, {"c": v}),
    "near": lambda c, v: c.suggest(1, near=v),
    "radius": lambda c, v: c.suggest(1, near=POINT, radius=v),
    "point": lambda c, v: c.attach_trial(v),
    **{f"value of {n}": lambda c, v, n=n: c.attach_trial(POINT | {n: v}) for n in POINT},
    "arm name": lambda c, v: c.attach_trial(POINT, v),
    "index": lambda c, v: c.attach_data(v, {"loss": 1.0}),
    "data": lambda c, v: c.attach_data(0, v),
    "mean": lambda c, v: c.attach_data(0, {"loss": v}),
    "sem": lambda c, v: c.attach_data(0, {"loss": (1.0, v)}),
    "progression": lambda c, v: c.attach_data(0, {"loss": 1.0}, v),
    "progression alone": lambda c, v: c.complete_trial(0, progression=v),
    "reason": lambda c, v: c.mark_trial_failed(0, v),
    "note": lambda c, v: c.note_trial(0, v),
    "rejected with": lambda c, v: c.reject_trial(0, v),
    "rejected because": lambda c, v: c.reject_trial(0, None, v),
    **{f"edit {e}": lambda c, v, e=e: c.edit_search_space(**{e: v}) for e in EDITS},
    **{f"edit one {e}": lambda c, v, e=e: c.edit_search_space(**{e: [v]}) for e in EDITS},
    "indices": lambda c, v: c.summarize(v),
    "statuses": lambda c, v: c.summarize(None, v),
    "best": lambda c, v: c.get_best_parameterization(v),
    "points": lambda c, v: c.predict(v),
    "table": lambda c, v: c.attach_dataframe(v),
    "loop": lambda c, v: c.run_trials(1, 1, v),
    "parameters": lambda _, v: Client().configure_experiment(v),
    "parameter constraints": lambda _, v: configured(parameter_constraints=v),
    **{h: lambda _, v, h=h: configured(**{h: v}) for h in ("name", "description", "experiment_type", "owner")},
    "range name": lambda _, v: with_parameter(RangeParameterConfig(v, (0, 1), "float")),
    "range bounds": lambda _, v: with_parameter(RangeParameterConfig("r", v, "float")),
    "range bound": lambda _, v: with_parameter(RangeParameterConfig("r", (v, 3), "int")),
    "range type": lambda _, v: with_parameter(RangeParameterConfig("r", (0, 1), v)),
    "range step": lambda _, v: with_parameter(RangeParameterConfig("r", (0, 1), "float", v)),
    "range scaling": lambda _, v: with_parameter(RangeParameterConfig("r", (0, 1), "float", None, v)),
    "choice name": lambda _, v: with_parameter(ChoiceParameterConfig(v, ["a", "b"], "str")),
    "choice values": lambda _, v: with_parameter(ChoiceParameterConfig("r", v, "str")),
    "choice value": lambda _, v: with_parameter(ChoiceParameterConfig("r", ["a", v], "str")),
    "only value": lambda _, v: with_parameter(ChoiceParameterConfig("r", [v], "int", None, {1: ["free"]})),
    "choice type": lambda _, v: with_parameter(ChoiceParameterConfig("r", ["a", "b"], v)),
    "choice order": lambda _, v: with_parameter(ChoiceParameterConfig("r", ["a", "b", "c"], "str", v)),
    "dependents": lambda _, v: with_parameter(ChoiceParameterConfig("r", ["a", "b"], "str", None, v)),
    "a dependent": lambda _, v: with_parameter(ChoiceParameterConfig("r", ["a", "b"], "str", None, {"a": [v]})),
    "derived": lambda _, v: with_parameter(DerivedParameterConfig("r", v, "float")),
    "derived type": lambda _, v: with_parameter(DerivedParameterConfig("r", "free", v)),
    "url": lambda _, v: None if v is None or isinstance(v, str) else Client(StorageConfig(url=v)),
    "creator": lambda _, v: StorageConfig(creator=v) if v is not None else None,
    "snapshot": lambda _, v: Client.load_from_json_file(v),
    "loop parameters": lambda _, v: optimize(v, lambda _: 1.0, total_trials=1),
    "loop function": lambda _, v: optimize([{"name": "x", "type": "range", "bounds": [0.0, 1.0]}], v),
    "loop objective": lambda _, v: optimize(
        [{"name": "x", "type": "range", "bounds": [0.0, 1.0]}], lambda _: 1.0, objective_name=v, total_trials=1
    ),
    "loop trials": lambda _, v: optimize(
        [{"name": "x", "type": "range", "bounds": [0.0, 1.0]}],
        lambda _: 1.0,
        total_trials=None if isinstance(v, int) and v > 9 else v,
    ),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    client = Client(random_seed=0)
    client.configure_experiment(
        [
            RangeParameterConfig("x", (0.0, 1.0), "float"),
            RangeParameterConfig("n", (1, 10), "int"),
            ChoiceParameterConfig("c", ["a", "b", "red"], "str"),
        ]
    )
    client.configure_optimization("-loss")
    client.get_next_trials(1)
    file = tmp_path_factory.mktemp("odd") / "saved.json"
    client.save_to_json_file(file)
    return file


@pytest.mark.filterwarnings("ignore::axnb.errors.AxnbWarning")
@pytest.mark.parametrize("name", list(CALLS))
def test_an_odd_value_is_refused_by_our_errors_or_kept_as_it_is(name, saved, tmp_path):
    for value in ODD:
        client = Client.load_from_json_file(saved)
        try:
            made = CALLS[name](client, value)
        except AxnbError:
            continue
        kept = made if isinstance(made, Client) else client
        if kept.experiment.view().metadata is None:
            continue
        kept.save_to_json_file(tmp_path / "again.json")
        again, now = Client.load_from_json_file(tmp_path / "again.json").experiment.view(), kept.experiment.view()
        for part in ("metadata", "search_space", "optimization", "generation", "metrics", "trials"):
            assert getattr(again, part) == getattr(now, part), (value, part)


def test_strings_of_subclasses_become_plain(tmp_path):
    client = Client(random_seed=0)
    client.configure_experiment(
        [ChoiceParameterConfig(np.str_("colour"), [Colour.RED, Colour.BLUE], "str")], name=np.str_("odd")
    )
    client.configure_optimization("-loss")
    client.configure_tracking_metrics(np.array(["weight"]))
    assert client.attach_trial({"colour": Colour.BLUE}, arm_name=np.str_("mine")) == 0
    client.complete_trial(0, {np.str_("loss"): 1.0})
    client.save_to_json_file(tmp_path / "a.json")
    trial = Client.load_from_json_file(tmp_path / "a.json").experiment.view().trials[0]
    assert trial.parameters == {"colour": "blue"}
    held = client.experiment.view()
    names = [held.name, *held.metrics, *held.search_space.names, held.trials[0].arm_name, *held.trials[0].outcomes]
    values = [*encode(held.search_space["colour"])["values"], held.trials[0].parameters["colour"]]
    assert {type(n) for n in names + values} == {str}


def test_a_rejection_with_a_wrong_value_changes_nothing(saved):
    client = Client.load_from_json_file(saved)
    before = client.experiment.view()
    with pytest.raises(UserInputError, match="'n'"):
        client.reject_trial(0, fixed_parameters={"n": 99})
    assert client.experiment.view() is before


def test_a_rule_that_answers_no_is_heard(saved):
    class Never:
        def should_stop(self, view, trial):
            return False

    client = Client.load_from_json_file(saved)
    client.set_early_stopping_strategy(Never())
    assert client.should_stop_trial_early(0) is False


def test_names_in_a_database(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/runs.db")
    client = Client(storage=f"sqlite:///{tmp_path}/runs.db")
    client.configure_experiment([RangeParameterConfig("x", (0, 1), "float")], name="real")
    for name in (None, "", " ", 3, 10**400, "\ud800", "a\0b"):
        with pytest.raises(AxnbError):
            database.rename("real", name)
        for act in (database.load, database.delete, lambda n: database.rename(n, "b")):
            with pytest.raises(AxnbError):
                act(name)
    assert database.names() == ["real"]


@pytest.mark.parametrize("creator", [lambda: 5, lambda: 1 / 0], ids=["number", "error"])
def test_a_creator_without_a_connection_is_refused(creator):
    with pytest.raises(AxnbError, match="the creator gave no connection"):
        Client(StorageConfig(creator=creator))


def test_what_is_loaded_into_a_client_with_a_storage_is_kept_there(saved, tmp_path):
    client = Client(storage=tmp_path / "run.jsonl")
    client.load_from_json_file(saved)
    client.complete_trial(0, {"loss": 1.0})
    again = Client(storage=tmp_path / "run.jsonl").experiment.view()
    assert again.trials == client.experiment.view().trials


def test_the_loop_knows_dependents_derived_parameters_and_settings():
    best, _, experiment, _ = optimize(
        [
            {"name": "kind", "type": "choice", "values": ["a", "b"], "dependents": {"a": ["x"]}},
            {"name": "x", "type": "range", "bounds": [0.0, 1.0]},
            {"name": "y", "type": "range", "bounds": [0.0, 1.0]},
            {"name": "z", "type": "derived", "expression_str": "2*y", "value_type": "float"},
        ],
        lambda p: p["z"] + ("x" in p),
        total_trials=4,
        random_seed=0,
        generation_strategy=None,
    )
    assert best["z"] == 2 * best["y"]
    assert all(("x" in t.parameters) == (t.parameters["kind"] == "a") for t in experiment.view().trials.values())
    with pytest.raises(AxnbError, match="'is_fidelity'"):
        optimize([{"name": "x", "type": "range", "bounds": [0.0, 1.0], "is_fidelity": True}], lambda _: 1.0)


def quietly(table, parameters, objective="-loss", **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AxnbWarning)
        return Client.from_dataframe(table, parameters, objective, random_seed=0, **settings)


LOSS = {"loss": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (pd.DataFrame({"x": [1.0, np.inf], **LOSS}), "finite"),
        (pd.DataFrame({"x": [1.0 + 1j, 2.0], **LOSS}), "no values that a parameter can have"),
        (pd.DataFrame({"x": [[1], [2]], **LOSS}), "no values that a parameter can have"),
        (pd.DataFrame({"x": pd.to_datetime(["2020-01-01", "2021-01-01"]), **LOSS}), "no values that a parameter"),
        (pd.DataFrame({"x": [np.nan, np.nan], **LOSS}), "no values that a parameter can have"),
        (pd.DataFrame({"x": [1, "a"], **LOSS}), "neither numbers nor a few strings"),
        (pd.DataFrame([[1, 2, 3.0], [2, 3, 4.0]], columns=["x", "x", "loss"]), "columns of the same name: 'x'"),
        (pd.DataFrame({"x": [1, 2], "loss": [[1], [2]]}), "row 0 of the table"),
        (pd.DataFrame({"x": [True, None], **LOSS}), "single value True"),
    ],
)
def test_odd_columns_are_refused(table, reason):
    with pytest.raises(UserInputError, match=reason):
        quietly(table, ["x"])


def test_columns_of_every_usable_kind():
    table = pd.DataFrame(
        {
            "flag": pd.Series([True, False, True], dtype=object),
            "size": pd.Categorical(["L", "S", "M"], categories=["S", "M", "L"], ordered=True),
            "count": pd.array([1, 2, 3], dtype="Int64"),
            "loss": pd.array([1.0, None, 3.0], dtype="Float64"),
        }
    )
    space = quietly(table, ["flag", "size", "count"]).experiment.view().search_space
    assert space["flag"].parameter_type == "bool"
    assert space["size"].domain == "one of 'S', 'M', 'L' (ordered)"
    assert space["count"].parameter_type == "int"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x,loss\n1,2,3\n2,3,4\n", "cannot be read as CSV"),
        ("", "has no rows"),
    ],
)
def test_files_that_are_no_table_of_ours(tmp_path, text, reason):
    file = tmp_path / "a b.csv"
    file.write_text(text)
    with pytest.raises(UserInputError, match=reason):
        quietly(file, ["x"])


def test_a_file_may_have_a_mark_spaces_and_words_that_look_like_nothing(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(b"\xef\xbb\xbfact, size, loss\nNone,1, 2.5\nrelu,2, 3\n")
    act, size = (ChoiceParameterConfig(n, v, "str") for n, v in (("act", ["None", "relu"]), ("size", ["1", "2"])))
    trials = quietly(file, [act, size]).experiment.view().trials
    assert [t.parameters for t in trials.values()] == [{"act": "None", "size": "1"}, {"act": "relu", "size": "2"}]


@pytest.mark.parametrize("as_file", [False, True])
def test_a_table_of_ours_comes_back_with_branches_and_statuses(tmp_path, as_file):
    def new():
        client = Client(random_seed=0)
        client.configure_experiment(
            [
                ChoiceParameterConfig("kind", ["a", "None"], "str", dependent_parameters={"a": ["x"], "None": ["n"]}),
                RangeParameterConfig("x", (0, 1), "float"),
                RangeParameterConfig("n", (1, 9), "int"),
                RangeParameterConfig("y", (0, 1), "float"),
                DerivedParameterConfig("z", "2*y", "float"),
            ]
        )
        client.configure_optimization("-loss")
        return client

    client = new()
    for point in (
        {"kind": "a", "x": 0.5},
        {"kind": "None", "n": 3},
        {"kind": "a", "x": 0.25},
        {"kind": "None", "n": 4},
    ):
        client.attach_trial(point | {"y": 0.5})
    client.complete_trial(0, {"loss": (1.0, 0.1)})
    client.mark_trial_failed(1)
    client.mark_trial_abandoned(2)
    table = client.to_dataframe()
    if as_file:
        table.to_csv(tmp_path / "a.csv")
        table = tmp_path / "a.csv"
    again = new()
    again.attach_dataframe(table)
    for old, copy in zip(
        client.experiment.view().trials.values(), again.experiment.view().trials.values(), strict=True
    ):
        assert (old.parameters, old.outcomes, old.status) == (copy.parameters, copy.outcomes, copy.status)


@pytest.mark.parametrize("storage", ["run.jsonl", "sqlite:///{}/runs.db"])
def test_a_table_that_is_refused_leaves_nothing_in_the_storage(tmp_path, storage):
    place = storage.format(tmp_path) if "{" in storage else str(tmp_path / storage)
    with pytest.raises(UserInputError, match="row 1"):
        quietly(pd.DataFrame({"x": [0.1, 0.2], "loss": [1, "q"]}), ["x"], storage=place, name="e")
    made = quietly(pd.DataFrame({"x": [0.1, 0.2], "loss": [1, 2]}), ["x"], storage=place, name="e")
    made.attach_trial({"x": 0.15})
    same = quietly(pd.DataFrame({"x": [0.1, 0.2], "loss": [1, 2]}), ["x"], storage=place, name="e")
    assert same.experiment.view().trials == made.experiment.view().trials
    with pytest.raises(AxnbError, match=r"already|differ"):
        quietly(pd.DataFrame({"x": [0.1, 0.3], "loss": [1, 2]}), ["x"], storage=place, name="e")
    again = Client(storage=place) if storage == "run.jsonl" else Client.load_from_database("e", storage=place)
    assert again.experiment.view().trials == made.experiment.view().trials


def test_a_second_baseline_is_refused_and_not_attached(saved):
    client = Client.load_from_json_file(saved)
    client.attach_baseline(POINT)
    with pytest.raises(UnsupportedError, match="trial 1 is the baseline already"):
        client.attach_baseline(POINT | {"x": 0.25})
    assert list(client.experiment.view().trials) == [0, 1]


def test_cards_that_cannot_be_kept_are_shown_all_the_same(tmp_path, monkeypatch):
    client = Client(storage=tmp_path / "run.jsonl")
    client.configure_experiment([RangeParameterConfig("x", (0, 1), "float")])
    client.configure_optimization("-loss")

    def refuse(*_):
        raise StorageError("cannot write it: No space left on device.")

    monkeypatch.setattr("axnb.store.cards_file.write_atomically", refuse)
    with pytest.warns(AxnbWarning, match="the cards are not kept"):
        assert client.compute_analyses(display=False)


def test_messages_about_storages(tmp_path, saved):
    with pytest.raises(UserInputError, match=r"somebody:\*\*\*@") as caught:
        Client(storage="postgresql+nothing://somebody:secret@127.0.0.1/x")
    assert "secret" not in str(caught.value)
    for url in ("sqlite://", "sqlite:///:memory:"):
        with pytest.raises(UserInputError, match="would keep nothing"):
            Client(storage=url)
    with pytest.raises(SnapshotError, match=r"Client\.load_from_json_file"):
        Client(storage=saved)
    client = Client(storage=tmp_path / "run.jsonl")
    client.configure_experiment([RangeParameterConfig("x", (0, 1), "float")])
    with pytest.raises(SnapshotError, match=r"Client\(storage="):
        Client.load_from_json_file(tmp_path / "run.jsonl")


def test_an_experiment_from_elsewhere_is_not_taken_by_a_client_with_a_storage(saved, tmp_path):
    experiment = Client.load_from_json_file(saved).experiment
    with pytest.raises(UnsupportedError, match="would not keep"):
        Client(storage=tmp_path / "run.jsonl").set_experiment(experiment)
    client = Client()
    client.set_experiment(experiment)
    assert client.experiment is experiment


@pytest.mark.parametrize(("scale", "sem"), [(1e300, None), (1e-200, None), (1.0, 1e300), (1.0, 1e-320)])
def test_numbers_of_any_size_are_modelled(scale, sem):
    made = Client(random_seed=0)
    made.configure_experiment([RangeParameterConfig(n, (0.0, 1.0), "float") for n in "xy"])
    made.configure_optimization("-loss")
    for _ in range(7):
        for index, p in made.get_next_trials(1).items():
            loss = scale * (p["x"] + p["y"] ** 2 + 0.1)
            made.complete_trial(index, {"loss": loss if sem is None else (loss, sem)})
    assert 0.0 < made.predict([{"x": 0.5, "y": 0.5}])[0]["loss"][0] < 3 * scale
    if sem is None:
        cards = [c for group in made.compute_analyses() for c in group.flatten()]
        assert [c.subtitle for c in cards if isinstance(c, ErrorAnalysisCard)] == []
