"""Changing one's mind: amend, delete, note, reject, edit the search space; tables in and out; history."""

import math

import pandas as pd
import pytest

from axnb import ChoiceParameterConfig, Client, DerivedParameterConfig, RangeParameterConfig, TrialStatus
from axnb.errors import (
    AxnbError,
    AxnbWarning,
    DataRequiredError,
    ObjectNotFoundError,
    SearchSpaceExhausted,
    UndoError,
    UnknownNameError,
    UserInputError,
)
from axnb.record.events import TrialCreated
from axnb.record.trial import Arm, Provenance


def state(client):
    view = client.experiment.view()
    return dict(view.trials), view.search_space, view.baseline


def test_amending_replaces_the_readings_and_tells_what_they_were(client):
    before = state(client)
    old = client.experiment.view().trials[2].outcomes["loss"][0]
    client.amend_data(2, {"loss": (14.0, 0.5)})
    assert client.experiment.view().trials[2].outcomes == {"loss": (14.0, 0.5)}
    assert client.history().what.iloc[-1] == f"data of trial 2 amended (loss {old:g} → 14)"
    client.undo()
    assert state(client) == before


def test_amending_to_none_removes_a_reading(client):
    client.amend_data(2, {"loss": None})
    assert client.experiment.view().trials[2].outcomes == {}
    with pytest.raises(UserInputError, match="no data for 'loss' to remove"):
        client.amend_data(2, {"loss": None})


def test_a_deleted_trial_is_gone_for_the_model_and_comes_back_by_undo(client):
    before = state(client)
    client.delete_trial(2)
    assert 2 not in client.experiment.view().trials
    assert 2 not in set(client.summarize().trial_index)
    assert list(client.get_next_trials(1)) == [6]
    client.undo()
    client.undo()
    assert state(client) == before
    with pytest.raises(ObjectNotFoundError):
        client.delete_trial(99)


def test_deleting_the_baseline_leaves_none(client):
    index = client.attach_baseline({"x": 0.2, "y": 0.2})
    client.delete_trial(index)
    assert client.experiment.view().baseline is None
    client.undo()
    assert client.experiment.view().baseline == index


def test_notes(client):
    client.note_trial(1, "vial was warm")
    assert client.experiment.view().trials[1].note == "vial was warm"
    client.note_trial(1, None)
    assert client.experiment.view().trials[1].note is None
    with pytest.raises(UserInputError, match="note must be a string"):
        client.note_trial(1, 3)


def test_a_rejected_suggestion_is_replaced_and_does_not_come_back(client):
    ((index, first),) = client.get_next_trials(1).items()
    ((other, second),) = client.reject_trial(index, fixed_parameters={"y": 0.25}).items()
    assert client.experiment.view().trials[index].status is TrialStatus.ABANDONED
    assert second["y"] == 0.25
    assert second != first
    assert other == index + 1


def test_a_rejection_and_its_replacement_are_one_action(client, tmp_path):
    client.get_next_trials(1)
    before, lines = client.experiment.view(), len(client.history())
    client.reject_trial(6, reason="no such vial")
    after = client.experiment.view()
    assert len(client.history()) == lines + 1
    assert after.trials[6].status_reason == "no such vial"
    assert after.trials[7].status is TrialStatus.RUNNING
    client.save_to_json_file(tmp_path / "a.json")
    for who in (client, Client.load_from_json_file(tmp_path / "a.json")):
        assert who.undo() == "Undid: trial 6 abandoned, trial 7 suggested."
        assert dict(who.experiment.view().trials) == dict(before.trials)
        who.redo()
        assert dict(who.experiment.view().trials) == dict(after.trials)


def test_what_comes_in_place_of_a_rejected_trial_is_what_comes_after_abandoning_it(client, tmp_path):
    client.get_next_trials(1)
    client.save_to_json_file(tmp_path / "a.json")
    other = Client.load_from_json_file(tmp_path / "a.json")
    other.mark_trial_abandoned(6)
    assert client.reject_trial(6) == other.get_next_trials(1)
    ignored = Client.load_from_json_file(tmp_path / "a.json").get_next_trials(1)
    assert ignored[7] != other.experiment.view().trials[7].parameters  # else the comparison would say nothing


def test_a_rejection_without_another_suggestion_changes_nothing():
    client = Client(random_seed=0)
    client.configure_experiment([ChoiceParameterConfig("n", [1, 2], "int")])
    client.configure_optimization("loss")
    client.get_next_trials(2)
    view = client.experiment.view()
    with pytest.raises(SearchSpaceExhausted):
        client.reject_trial(0)
    assert client.experiment.view() is view


def test_suggestions_near_a_point(client):
    point = {"x": 0.25, "y": 0.75}
    for p in [
        *client.get_next_trials(3, near=point, radius=0.05).values(),
        *client.suggest(2, near=point, radius=0.05),
    ]:
        assert abs(p["x"] - 0.25) <= 0.05 + 1e-9
        assert abs(p["y"] - 0.75) <= 0.05 + 1e-9
    with pytest.raises(UserInputError, match=r"radius|share|near"):
        client.get_next_trials(1, near=point, radius=-1)
    with pytest.raises(AxnbError):
        client.get_next_trials(1, near={"z": 1})


def test_looking_makes_no_trials_and_is_what_comes(client):
    before = state(client)
    looked = client.suggest(2, fixed_parameters={"y": 0.5})
    assert state(client) == before
    assert list(client.get_next_trials(2, fixed_parameters={"y": 0.5}).values()) == looked


def test_nonlinear_constraints_hold(client):
    client.configure_nonlinear_constraints([lambda p: p["x"] ** 2 + p["y"] ** 2 <= 0.36, lambda p: p["x"] - 0.1])
    for p in client.get_next_trials(3).values():
        assert p["x"] ** 2 + p["y"] ** 2 <= 0.36 + 1e-9
        assert p["x"] >= 0.1 - 1e-9
    with pytest.raises(UserInputError, match="is a function"):
        client.configure_nonlinear_constraints(["x <= 1"])


def test_bounds_may_be_widened_and_narrowed_and_old_data_stays_in_the_model(client):
    client.edit_search_space(update=[RangeParameterConfig("x", (-2.0, 0.5), "float")])
    assert client.experiment.view().search_space["x"].lower == -2.0
    assert len(client.analysis_context().model.predict([{"x": -1.0, "y": 0.5}])) == 1
    observed = {t.index for t in client.experiment.view().trials.values() if t.parameters["x"] > 0.5}
    assert observed, "some old points should lie outside now"
    for p in client.get_next_trials(3).values():
        assert -2.0 <= p["x"] <= 0.5


def test_a_parameter_may_be_added_with_the_value_that_past_trials_had(client):
    before = state(client)
    kind = ChoiceParameterConfig("kind", ["a", "b"], "str")
    with pytest.raises(UserInputError, match="past_values lacks 'kind'"):
        client.edit_search_space(add=[kind])
    client.edit_search_space(add=[kind], past_values={"kind": "b"})
    assert all(t.parameters["kind"] == "b" for t in client.experiment.view().trials.values())
    ((index, p),) = client.get_next_trials(1).items()
    assert p["kind"] in ("a", "b")
    client.complete_trial(index, {"loss": 0.1})
    client.predict([{"x": 0.1, "y": 0.2, "kind": "a"}])
    for _ in range(3):
        client.undo()
    assert state(client) == before


def test_a_disabled_parameter_is_held_and_may_be_enabled_again(client):
    client.edit_search_space(disable={"y": 0.125})
    assert all(p["y"] == 0.125 for p in client.get_next_trials(3).values())
    client.edit_search_space(enable=["y"])
    assert any(p["y"] != 0.125 for p in client.get_next_trials(3).values())
    with pytest.raises(UserInputError, match="at least one parameter must stay enabled"):
        client.edit_search_space(disable={"x": 0.5, "y": 0.5})


def test_constraints_may_be_added_and_dropped(client):
    client.edit_search_space(add_constraints=["x <= 0.25"], drop_constraints=["x + y <= 1.5"])
    assert [str(c) for c in client.experiment.view().search_space.constraints] == ["x <= 0.25"]
    assert all(p["x"] <= 0.25 + 1e-9 for p in client.get_next_trials(3).values())
    with pytest.raises(UserInputError, match="there is no constraint"):
        client.edit_search_space(drop_constraints=["x <= 0.5"])


@pytest.mark.parametrize(
    ("edit", "error", "reason"),
    [
        ({}, UserInputError, "changes nothing"),
        ({"update": [RangeParameterConfig("z", (0, 1), "float")]}, UnknownNameError, "no parameter 'z'"),
        ({"update": [RangeParameterConfig("x", (0, 1), "int")]}, UserInputError, "cannot become"),
        ({"update": [ChoiceParameterConfig("x", ["a", "b"], "str")]}, UserInputError, "cannot become"),
        ({"add": [RangeParameterConfig("x", (0, 2), "float")]}, UserInputError, "already"),
        ({"past_values": {"z": 1}}, UserInputError, "not among the parameters to add"),
        ({"disable": {"z": 1}}, UserInputError, "no parameter 'z'"),
        ({"disable": {"x": 7}}, UserInputError, "nearest allowed"),
        ({"enable": ["x"]}, UserInputError, "not disabled"),
        ({"add_constraints": ["x >= 7"]}, UserInputError, "no point within the bounds"),
        ({"add_constraints": "x <= 1"}, UserInputError, "list of strings"),
        ({"update": ["x"]}, UserInputError, "expected a RangeParameterConfig"),
    ],
    ids=[str(i) for i in range(12)],
)
def test_bad_edits_are_refused_whole(client, edit, error, reason):
    before = state(client)
    with pytest.raises(error, match=reason):
        client.edit_search_space(**edit)
    assert state(client) == before


def test_an_edit_that_a_program_built_upon_is_not_undone(client):
    client.edit_search_space(add=[ChoiceParameterConfig("k", ["a", "b"], "str")], past_values={"k": "a"})
    arm = Arm(name="6_0", parameters=(("x", 0.1), ("y", 0.1), ("k", "b")))
    created = TrialCreated(index=6, arms=(arm,), provenance=Provenance(generator="BO"))
    client.experiment.record([created], automatic=True)
    with pytest.raises(UndoError, match="trial 6 was made since"):
        client.undo()


def test_history_tells_who_did_what_when_and_what_is_undone(client):
    client.delete_trial(0)
    client.undo()
    frame = client.history()
    assert list(frame.columns) == ["action", "time", "actor", "automatic", "what", "trials", "undone"]
    assert list(frame.what.tail(2)) == ["trial 0 deleted", "undone: trial 0 deleted"]
    assert list(frame.undone.tail(2)) == [True, False]
    assert frame.trials.iloc[-1] == [0]
    assert frame.actor.str.len().min() > 0


def test_a_table_goes_out_and_comes_in_again(client, tmp_path):
    client.amend_data(0, {"loss": (0.5, 0.125)})
    client.attach_trial({"x": 0.1, "y": 0.1})
    out = client.to_dataframe()
    out.to_csv(tmp_path / "run.csv", index=False)
    again = Client.from_dataframe(
        tmp_path / "run.csv",
        parameters=[RangeParameterConfig("x", (0.0, 1.0), "float"), RangeParameterConfig("y", (0.0, 1.0), "float")],
        objective="-loss",
        random_seed=0,
    )
    old, new = client.experiment.view().trials, again.experiment.view().trials
    assert [t.parameters for t in new.values()] == [t.parameters for t in old.values()]
    assert [t.outcomes for t in new.values()] == [t.outcomes for t in old.values()]
    assert [t.status for t in new.values()] == [t.status for t in old.values()]
    assert len(again.get_next_trials(1)) == 1


def test_types_and_bounds_are_taken_from_the_columns():
    columns = {"n": [1, 5, 3], "x": [0.1, 0.9, 0.4], "k": ["a", "b", "a"], "on": [True, False, True], "y": [1, 2, 3]}
    frame = pd.DataFrame(columns)
    with pytest.warns(AxnbWarning, match=r"'n' is an int in \[1, 5\]; 'x' is a number in \[0.1, 0.9\]; 'k' is one of"):
        client = Client.from_dataframe(frame, parameters=["n", "x", "k", "on"], objective="y")
    space = client.experiment.view().search_space
    assert space["n"].domain == "an int in [1, 5]"
    assert space["x"].domain == "a number in [0.1, 0.9]"
    assert space["k"].domain == "one of 'a', 'b'"
    assert space["on"].domain == "one of True, False"
    _, outcomes, _, _ = client.get_best_parameterization(use_model_predictions=False)
    assert outcomes["y"][0] == 3


@pytest.mark.filterwarnings("ignore:taken from the table")
@pytest.mark.parametrize(
    ("frame", "parameters", "error", "reason"),
    [
        (pd.DataFrame({"x": [1.0, 2.0], "y": [1, 2]}), "x", UserInputError, "list of column names"),
        (pd.DataFrame({"x": [1.0, 2.0], "y": [1, 2]}), [3], UserInputError, "3"),
        (pd.DataFrame({"x": [1.0, 2.0], "y": [1, 2]}), ["z"], UserInputError, "no column 'z'"),
        (pd.DataFrame({"x": [1.0, 1.0], "y": [1, 2]}), ["x"], UserInputError, "single value"),
        (pd.DataFrame({"x": [1.0, 2.0], "z": [1, 2]}), ["x"], UserInputError, "no column of a metric"),
        (
            pd.DataFrame({"x": [1.0, 2.0], "y": ["a", 2]}),
            ["x"],
            UserInputError,
            "row 0 of the table: column 'y' has 'a', which is no number",
        ),
        (pd.DataFrame({"x": [], "y": []}), ["x"], UserInputError, "no rows"),
        ("nothing.csv", ["x"], ObjectNotFoundError, "no file"),
        ([1, 2], ["x"], UserInputError, "expected a data frame"),
    ],
    ids=[str(i) for i in range(9)],
)
def test_tables_that_cannot_be_used_are_refused(frame, parameters, error, reason):
    with pytest.raises(error, match=reason):
        Client.from_dataframe(frame, parameters=parameters, objective="y")


def test_rows_are_attached_all_or_none(client):
    before = state(client)
    frame = pd.DataFrame({"x": [0.1, 7.0], "y": [0.1, 0.2], "loss": [1.0, 2.0]})
    with pytest.raises(UserInputError, match="row 1 of the table: parameter 'x'"):
        client.attach_dataframe(frame)
    assert state(client) == before
    assert client.attach_dataframe(frame.head(1)) == [6]
    frame = pd.DataFrame({"x": [0.1], "y": [0.1], "loss": [1.0], "spread": [0.25]})
    (index,) = client.attach_dataframe(frame, {"loss": "spread"})
    assert client.experiment.view().trials[index].outcomes == {"loss": (1.0, 0.25)}
    frame = pd.DataFrame({"x": [0.1], "y": [0.1], "loss": [math.nan]})
    (index,) = client.attach_dataframe(frame)
    assert client.experiment.view().trials[index].status is TrialStatus.RUNNING


def test_everything_survives_a_file(client, tmp_path):
    client.amend_data(2, {"loss": 1.0})
    client.delete_trial(3)
    client.note_trial(1, "é")
    client.edit_search_space(
        update=[RangeParameterConfig("x", (0.0, 2.0), "float")],
        add=[ChoiceParameterConfig("k", ["a", "b"], "str")],
        past_values={"k": "a"},
        disable={"y": 0.5},
    )
    client.undo()
    client.redo()
    client.save_to_json_file(tmp_path / "a.json")
    again = Client.load_from_json_file(tmp_path / "a.json")
    assert state(again) == state(client)
    assert again.get_next_trials(1) == client.get_next_trials(1)
    assert again.undo() == client.undo()


@pytest.mark.parametrize("storage", ["run.jsonl", "sqlite"])
def test_storage_keeps_a_client_and_two_stay_apart(tmp_path, storage):
    where = str(tmp_path / storage) if storage != "sqlite" else f"sqlite:///{tmp_path}/runs.db"

    def again():
        return Client(storage=where) if storage != "sqlite" else Client.load_from_database("e", storage=where)

    one = Client(random_seed=0, storage=where)
    one.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")], name="e")
    one.configure_optimization("-loss")
    two = again()
    for k in range(8):
        mine = one if k % 2 else two
        ((index, p),) = mine.get_next_trials(1).items()
        assert index == k
        mine.complete_trial(index, {"loss": p["x"] ** 2})
    assert one.refresh() == 0 or two.refresh() == 0
    one.refresh()
    two.refresh()
    points = [t.parameters["x"] for t in one.experiment.view().trials.values()]
    assert len(set(points)) == 8
    assert dict(one.experiment.view().trials) == dict(two.experiment.view().trials)
    three = again()
    assert dict(three.experiment.view().trials) == dict(one.experiment.view().trials)
    assert list(three.get_next_trials(1)) == [8]
    assert list(one.get_next_trials(1)) == [9]


@pytest.mark.parametrize(
    "make",
    [
        lambda p: Client(storage=3),
        lambda p: Client(storage="nosuch://x"),
        lambda p: Client(storage=f"sqlite:///{p}/no/such.db"),
        lambda p: Client.load_from_database("e", storage=f"sqlite:///{p}/a.db"),
        lambda p: Client.load_from_database("e"),
        lambda p: Client(storage=p),
    ],
    ids=["number", "dialect", "folder", "missing", "nowhere", "directory"],
)
def test_storage_that_cannot_be_used_is_refused(tmp_path, make):
    with pytest.raises(AxnbError):
        make(tmp_path)


@pytest.mark.parametrize("where", ["json", "run.jsonl", "sqlite"])
def test_cards_come_back_without_being_computed(client, tmp_path, where, monkeypatch):
    client.save_to_json_file(tmp_path / "plain.json")
    if where == "json":
        client.compute_analyses(display=False)
        client.save_to_json_file(tmp_path / "a.json")
        again = Client.load_from_json_file(tmp_path / "a.json")
    else:
        storage = str(tmp_path / where) if where != "sqlite" else f"sqlite:///{tmp_path}/runs.db"
        kept = Client(storage=storage, random_seed=0)
        kept.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")], name="e")
        kept.configure_optimization("-loss")
        for x in (0.1, 0.5, 0.9, 0.3):
            kept.complete_trial(kept.attach_trial({"x": x}), {"loss": x})
        client = kept
        client.compute_analyses(display=False)
        client.compute_analyses(display=False)
        again = Client.load_from_database("e", storage=storage) if where == "sqlite" else Client(storage=storage)
    monkeypatch.setattr("axnb.analyses.context.AnalysisContext.__init__", lambda *a, **k: pytest.fail("computed again"))
    cards = again.saved_cards()
    assert [c.name for c in cards] == [c.name for c in client.saved_cards()] == ["OverviewAnalysis"]
    old = client.saved_cards()[0].flatten()
    new = cards[0].flatten()
    assert [(c.name, c.title, c.subtitle, c.df.shape) for c in new] == [
        (c.name, c.title, c.subtitle, c.df.shape) for c in old
    ]
    assert [c.figure is None for c in new] == [c.figure is None for c in old]
    assert all("<" in c.to_html() for c in new)


def test_a_damaged_card_is_left_out_with_its_name(tmp_path, client):
    client.compute_analyses(display=False)
    client.save_to_json_file(tmp_path / "a.json")
    text = (tmp_path / "a.json").read_text().replace('"kind":"group"', '"kind":"grop"')
    (tmp_path / "a.json").write_text(text)
    with pytest.warns(AxnbWarning, match=r"are damaged and left out \('OverviewAnalysis'\): compute them again"):
        again = Client.load_from_json_file(tmp_path / "a.json")
    assert dict(again.experiment.view().trials) == dict(client.experiment.view().trials)
    assert "OverviewAnalysis" not in [card.name for card in again.saved_cards()]


def test_a_report_is_one_page(tmp_path, client):
    client.report(tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text()
    assert page.startswith("<!doctype html>")
    assert page.count("plotly.js v") <= 1
    assert "<script src" not in page
    assert "<link" not in page
    with pytest.raises(AxnbError, match="cannot write"):
        client.report(tmp_path / "no" / "r.html")


@pytest.fixture
def branching():
    client = Client(random_seed=0)
    client.configure_experiment(
        [
            ChoiceParameterConfig("kind", ["a", "b"], "str", dependent_parameters={"a": ["x"], "b": ["n"]}),
            RangeParameterConfig("x", (0, 1), "float"),
            RangeParameterConfig("n", (1, 9), "int"),
        ]
    )
    client.configure_optimization("-loss")
    for point in ({"kind": "a", "x": 0.5}, {"kind": "b", "n": 3}, {"kind": "a", "x": 0.25}):
        client.complete_trial(client.attach_trial(point), {"loss": 1.0})
    return client


def past(client, index=0):
    return client.experiment.view().trials[index].parameters


def test_a_parameter_may_be_added_where_others_do_not_exist(branching):
    branching.edit_search_space(add=[RangeParameterConfig("z", (0, 1), "float")], past_values={"z": 0.5})
    assert past(branching, 1) == {"kind": "b", "n": 3, "z": 0.5}
    branching.undo()
    assert past(branching, 1) == {"kind": "b", "n": 3}


def test_a_branch_may_be_added(branching):
    top = ChoiceParameterConfig("top", ["p", "q"], "str", dependent_parameters={"p": ["y"]})
    added = [top, RangeParameterConfig("y", (0, 1), "float")]
    with pytest.raises(UserInputError, match="past_values lacks 'y'"):
        branching.edit_search_space(add=added, past_values={"top": "p"})
    branching.edit_search_space(add=added, past_values={"top": "q"})
    assert past(branching) == {"kind": "a", "x": 0.5, "top": "q"}


def test_derived_and_fixed_parameters_need_no_past_values():
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0, 1), "float")])
    client.attach_trial({"x": 0.25})
    client.edit_search_space(
        add=[DerivedParameterConfig("twice", "2*x", "float"), ChoiceParameterConfig("always", [3], "int")]
    )
    assert past(client) == {"x": 0.25, "twice": 0.5, "always": 3}
    with pytest.raises(UserInputError, match="follows from others"):
        client.edit_search_space(add=[DerivedParameterConfig("d", "x", "float")], past_values={"d": 1.0})


def test_a_branch_is_not_opened_to_trials_that_lack_it(branching):
    with pytest.raises(UserInputError, match="keep it in the dependent_parameters of 'kind'"):
        branching.edit_search_space(update=[ChoiceParameterConfig("kind", ["a", "b", "c"], "str")])
    wider = {"a": ["x"], "b": ["n"], "c": ["x"]}
    branching.edit_search_space(
        update=[ChoiceParameterConfig("kind", ["a", "b", "c"], "str", dependent_parameters=wider)]
    )


def test_fixed_values_must_exist_together(branching):
    with pytest.raises(UserInputError, match="'x' does not exist with 'kind' 'b'"):
        branching.get_next_trials(1, fixed_parameters={"kind": "b", "x": 0.5})


def test_a_new_parameter_may_not_have_the_name_of_a_metric(branching):
    with pytest.raises(UserInputError, match="'loss' is the name of a metric"):
        branching.edit_search_space(add=[RangeParameterConfig("loss", (0, 1), "float")], past_values={"loss": 0.5})


def test_a_disabled_value_must_stay_allowed(client):
    client.edit_search_space(disable={"x": 0.9})
    with pytest.raises(UserInputError, match=r"disabled and held at 0\.9"):
        client.edit_search_space(update=[RangeParameterConfig("x", (0, 0.5), "float")])


def two_branches():
    made = Client(random_seed=0)
    branches = ChoiceParameterConfig("m", ["a", "b"], "str", dependent_parameters={"a": ["x"], "b": ["y"]})
    ranges = [RangeParameterConfig("x", (0.0, 1.0), "float"), RangeParameterConfig("y", (1, 9), "int")]
    made.configure_experiment([branches, *ranges])
    made.configure_optimization("-loss")
    for _ in range(6):
        for index, p in made.get_next_trials(1).items():
            made.complete_trial(index, {"loss": p.get("x", 0) + 0.1 * p.get("y", 0)})
    return made


def test_a_disabled_parameter_of_one_branch_does_not_close_the_other():
    made = two_branches()
    made.edit_search_space(disable={"x": 0.3})
    points = list(made.get_next_trials(3).values())
    assert len(points) == 3
    assert {p["m"] for p in points} >= {"b"}
    assert all(p["x"] == 0.3 for p in points if p["m"] == "a")
    made = two_branches()
    made.edit_search_space(disable={"m": "b", "x": 0.3})
    assert all(p["m"] == "b" and "x" not in p for p in made.get_next_trials(2).values())


def test_data_outside_the_space_of_now_is_said(client):
    client.edit_search_space(update=[RangeParameterConfig("x", (0.995, 1.0), "float")])
    with pytest.raises(DataRequiredError, match="every completed trial lies outside the search space"):
        client.get_best_parameterization()


def test_a_space_without_points_and_one_that_is_used_up_are_told_apart():
    made = Client(random_seed=0)
    ints = [RangeParameterConfig(n, (0, 1), "int") for n in "ab"]
    made.configure_experiment(ints, parameter_constraints=["2*a + 2*b == 1"])
    made.configure_optimization("-loss")
    with pytest.raises(SearchSpaceExhausted, match="no point satisfies the parameter constraints"):
        made.get_next_trials(1)
    made = Client(random_seed=0)
    made.configure_experiment(ints, parameter_constraints=["a + b == 1"])
    made.configure_optimization("-loss")
    assert len(made.get_next_trials(3)) == 2
    with pytest.raises(SearchSpaceExhausted, match="every allowed point of the search space has been tried"):
        made.get_next_trials(1)


def test_an_edit_takes_any_collection(client):
    client.edit_search_space(update=(RangeParameterConfig(n, (0.0, 2.0), "float") for n in "xy"))
    assert client.history().what.iloc[-1] == "search space edited (x updated, y updated)"


def test_naming_known_metrics_again_is_no_event_and_stands_in_the_way_of_no_undo(client):
    client.configure_optimization("loss")
    lines = len(client.history())
    client.configure_tracking_metrics(["loss"])
    assert len(client.history()) == lines
    client.configure_tracking_metrics(["seconds"])
    assert client.undo() == "Undid: goal set to loss."
    assert client.experiment.view().metrics == ("loss", "seconds")


def with_branches():
    made = Client(random_seed=0)
    kind = ChoiceParameterConfig("kind", ["a", "b"], "str", dependent_parameters={"a": ["u"], "b": ["v"]})
    ranges = [RangeParameterConfig(n, (0.0, 1.0), "float") for n in "uvx"]
    made.configure_experiment([kind, *ranges], ["u + x <= 1.2"])
    made.configure_optimization("-loss")
    for _ in range(6):
        for index, p in made.get_next_trials(1).items():
            made.complete_trial(index, {"loss": sum(v for v in p.values() if v not in ("a", "b"))})
    return made


def test_a_new_choice_brings_parameters_that_no_past_trial_had():
    client = with_branches()
    kinds = {"a": ["u"], "b": ["v"], "c": ["w"]}
    wider = ChoiceParameterConfig("kind", ["a", "b", "c"], "str", dependent_parameters=kinds)
    client.edit_search_space(update=[wider], add=[RangeParameterConfig("w", (0.0, 1.0), "float")])
    assert not any("w" in t.parameters for t in client.experiment.view().trials.values())
    assert client.get_next_trials(1, {"kind": "c"})[6].keys() == {"kind", "w", "x"}
    more = ChoiceParameterConfig("kind", ["a", "b", "c"], "str", dependent_parameters=kinds | {"b": ["v", "z"]})
    with pytest.raises(UserInputError, match="past_values lacks 'z'"):  # for it may have been there with 'b'
        client.edit_search_space(update=[more], add=[RangeParameterConfig("z", (0.0, 1.0), "float")])


def test_a_constraint_is_dropped_in_whatever_order_it_is_written():
    client = with_branches()
    client.edit_search_space(drop_constraints=["x + u <= 1.2"])
    assert client.experiment.view().search_space.constraints == ()


def test_one_value_left_is_told_to_be_disabled():
    with pytest.raises(UserInputError, match="To hold it at a value, put it into 'disable'"):
        with_branches().edit_search_space(update=[ChoiceParameterConfig("kind", ["a"], "str")])


@pytest.mark.parametrize("fixed", [{"u": 0.9}, {"v": 0.75}, {"v": 0.25, "x": 0.5}])
def test_what_is_held_fixed_exists(fixed):
    client = with_branches()
    for point in [*client.suggest(2, fixed), *client.get_next_trials(2, fixed).values()]:
        assert {n: point.get(n) for n in fixed} == fixed
