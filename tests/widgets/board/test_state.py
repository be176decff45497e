"""The board's picture of an experiment: pure functions of a view."""

import itertools
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axnb import Client, RangeParameterConfig
from axnb.errors import DataRequiredError
from axnb.record.experiment import Experiment
from axnb.suggest.best import Leaders, best_point, pareto_frontier
from axnb.widgets.board import state

NASTY = "<img src=x onerror=alert(1)>"


def cell(row, group, at):
    return row[group][at]


def leaders(view):
    return state.leaders(view, Leaders().find(view))


def row_of(client, index):
    view = client.experiment.view()
    return state.row(view, view.trial(index), leaders(view))


def test_nothing_is_there_before_configuration():
    view = Experiment().view()
    assert state.columns(view) == {"parameters": [], "metrics": []}
    assert leaders(view) == {}
    assert state.header(view, ()) == {
        "name": "", "goal": "", "best": "", "counts": [], "undo": "", "redo": "", "configured": False, "most": 10_000,
    }  # fmt: skip


def test_columns_say_what_a_form_must_ask(client):
    columns = state.columns(client.experiment.view())
    temperature, walls, infill = columns["parameters"]
    assert (temperature["control"], temperature["whole"], temperature["number"]) == ("number", False, True)
    assert (walls["control"], walls["whole"]) == ("number", True)
    assert (infill["control"], infill["options"], infill["number"]) == ("choice", ["grid", "gyroid"], False)
    assert columns["metrics"] == [
        {"name": "strength", "note": "↑ maximise", "needed": True},
        {"name": "weight", "note": "≤ 10", "needed": True},
    ]


def test_roles_of_metrics():
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_optimization(objective="acc, -latency", outcome_constraints=["latency <= 20", "a + b <= 3"])
    notes = {m["name"]: m["note"] for m in state.columns(client.experiment.view())["metrics"]}
    assert notes == {"acc": "↑ maximise", "latency": "↓ minimise, ≤ 20", "a": "constrained", "b": "constrained"}


def test_a_row_tells_the_trial(client, point):
    client.attach_trial(point)
    row = row_of(client, 0)
    assert (row["trial"], row["status"], row["word"], row["origin"]) == (0, "running", "Running", "Manual")
    assert row["values"] == [{"text": "217.35", "exact": "217.345678"}, {"text": "3"}, {"text": "grid"}]
    assert row["results"] == [None, None]
    assert row["actions"] == ["complete", "fail", "abandon"]


def test_a_completed_row_has_results_and_no_actions(client, point):
    client.attach_trial(point)
    client.complete_trial(0, {"strength": (41.23456, 0.512), "weight": 9.5})
    row = row_of(client, 0)
    assert row["results"] == [{"text": "41.23", "sem": "0.51", "exact": "41.23456 ± 0.512"}, {"text": "9.5"}]
    assert row["actions"] == []
    assert row["best"] == "Best so far"


def test_a_failed_row_says_why(client, point):
    client.attach_trial(point)
    client.mark_trial_failed(0, NASTY)
    assert row_of(client, 0)["reason"] == NASTY
    assert row_of(client, 0)["actions"] == []


@pytest.fixture
def finished(client, point):
    """Complete trials with these strengths and weights."""

    def make(*results):
        for number, (strength, weight) in enumerate(results):
            client.attach_trial({**point, "temperature": 180.0 + number})
            client.complete_trial(number, {"strength": strength, "weight": weight})
        return leaders(client.experiment.view())

    return make


def test_the_best_is_the_best_that_keeps_the_constraint(finished):
    assert finished((1.0, 9.0), (5.0, 11.0), (3.0, 9.0), (3.0, 9.0)) == {2: "Best so far"}


def test_nothing_is_best_when_nothing_keeps_the_constraint(finished):
    assert finished((1.0, 11.0)) == {}


def test_the_best_is_said_in_words(finished, client):
    finished((41.5, 9.0))
    view = client.experiment.view()
    assert state.best_sentence(view, Leaders().find(view)) == "Best so far: trial 0 with strength 41.5, weight 9"


def test_with_several_objectives_the_front_is_marked():
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_optimization(objective="acc, -latency")
    for number, (acc, latency) in enumerate([(0.9, 10.0), (0.8, 5.0), (0.7, 7.0)]):
        client.attach_trial({"x": number / 10})
        client.complete_trial(number, {"acc": acc, "latency": latency})
    view = client.experiment.view()
    best = leaders(view)
    assert best == {0: "On the Pareto front", 1: "On the Pareto front"}
    assert state.header(view, Leaders().find(view))["best"] == "2 trials on the Pareto front"


def test_a_trial_beyond_a_threshold_is_never_best():
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_optimization(objective="acc, -latency", outcome_constraints=["latency <= 20"])
    for number, (acc, latency) in enumerate([(0.9, 30.0), (0.8, 20.0)]):
        client.attach_trial({"x": number / 10})
        client.complete_trial(number, {"acc": acc, "latency": latency})
    assert set(leaders(client.experiment.view())) == {1}


outcomes = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=8)


@given(
    outcomes,
    st.sampled_from([["c <= 2"], ["c >= 2", "d <= 3"], ["c + d <= 5"], []]),
    st.sampled_from(["a", "-a", "a, -b"]),
    st.booleans(),
)
def test_the_best_are_those_that_the_client_names(results, constraints, objective, narrowed):
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 10.0), "float")])
    client.configure_optimization(objective=objective, outcome_constraints=constraints)
    for number, (a, b, sem) in enumerate(results):
        client.attach_trial({"x": float(number)})
        values = {"a": a, "b": b, "c": (b, sem), "d": a}  # the error of d is unknown
        client.attach_data(number, {name: values[name] for name in client.experiment.view().metrics})
        client.complete_trial(number) if number % 2 else client.mark_trial_early_stopped(number)
    if narrowed:  # the first trial lies outside
        client.edit_search_space(update=[RangeParameterConfig("x", (1.0, 10.0), "float")])
    view = client.experiment.view()
    try:
        if view.optimization.is_multi_objective:
            named = {p.trial_index for p in pareto_frontier(view, use_model_predictions=False)}
        else:
            named = {best_point(view, use_model_predictions=False).trial_index}
    except DataRequiredError:
        named = set()
    marked = set(leaders(view))
    if view.optimization.is_multi_objective:  # of trials with equal results the client names one, the board marks all
        marked, named = ({results[i][:2] for i in indices} for indices in (marked, named))
    assert marked == named


def test_a_trial_without_all_metrics_is_never_best(client, point):
    client.attach_trial(point)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client.complete_trial(0, {"weight": 9.0})
    assert leaders(client.experiment.view()) == {}


def test_the_header_counts_and_says_what_undo_would_do(client, point):
    client.attach_trial(point)
    client.attach_trial({**point, "walls": 4})
    client.mark_trial_failed(1)
    header = state.header(client.experiment.view(), ())
    assert header["counts"] == [
        {"status": "running", "word": "Running", "count": 1},
        {"status": "failed", "word": "Failed", "count": 1},
    ]
    assert header["undo"] == "trial 1 failed"
    assert header["goal"] == "Maximise strength, with weight ≤ 10"
    client.undo()
    assert state.header(client.experiment.view(), ())["redo"] == "trial 1 failed"


def test_extents_grow_with_the_longest_of_each_column(client, point):
    client.attach_trial(point)
    client.complete_trial(0, {"strength": (41.23456, 0.512), "weight": 9.5})
    first = state.extents([row_of(client, 0)])
    assert first == [[6, 2, 0], [1, 0, 0], [4, 0, 0], [5, 2, 4], [3, 1, 0]]
    client.attach_trial({**point, "infill": "gyroid"})
    assert state.extents([row_of(client, 1)], first) == [[6, 2, 0], [1, 0, 0], [6, 0, 0], [5, 2, 4], [3, 1, 0]]
    assert first[2] == [4, 0, 0]


@given(st.sets(st.integers(0, 200)))
def test_spans_hold_exactly_the_numbers(indices):
    spans = state.spans(sorted(indices))
    assert [i for first, last in spans for i in range(first, last + 1)] == sorted(indices)
    assert all(later[0] > earlier[1] + 1 for earlier, later in itertools.pairwise(spans))


def test_a_broken_constraint_is_said_at_its_cell(client, point):
    client.attach_trial(point)
    client.complete_trial(0, {"strength": 41.0, "weight": 12.5})
    client.attach_trial({**point, "walls": 4})
    client.complete_trial(1, {"strength": 41.0, "weight": (10.1, 0.5)})
    assert row_of(client, 0)["results"] == [{"text": "41"}, {"text": "12.5", "broken": "weight 12.5 breaks ≤ 10"}]
    assert "broken" not in row_of(client, 1)["results"][1]  # within its error


def test_a_broken_sum_is_said_at_each_of_its_metrics():
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_optimization(objective="loss", outcome_constraints=["a + b >= 3"])
    client.attach_trial({"x": 0.5})
    client.complete_trial(0, {"loss": 1.0, "a": 1.0, "b": 1.0})
    cells = row_of(client, 0)["results"]
    assert [c.get("broken") for c in cells] == [None, "a + b breaks ≥ 3", "a + b breaks ≥ 3"]


def test_a_note_goes_with_its_row(client, point):
    client.attach_trial(point)
    client.note_trial(0, "nozzle replaced")
    assert row_of(client, 0)["note"] == "nozzle replaced"
