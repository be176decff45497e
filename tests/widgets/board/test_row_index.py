"""Order, search, filters and histograms of the board's rows."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from axnb import Client, RangeParameterConfig
from axnb.errors import UserInputError
from axnb.record.state import find_changes
from axnb.widgets.board import state
from axnb.widgets.board.arrangement import Arrangement, Layout, read_arrangement, read_layout
from axnb.widgets.board.row_index import RowIndex


@pytest.fixture
def tried(client, point):
    """Three completed trials of strengths 5, 9 and 7, and one that runs."""
    for temperature, strength in ((200.0, 5.0), (190.0, 9.0), (230.0, 7.0)):
        index = client.attach_trial({**point, "temperature": temperature})
        client.complete_trial(index, {"strength": strength, "weight": 2.0 * strength})
    client.attach_trial({**point, "infill": "gyroid"})
    client.note_trial(0, "nozzle was worn")
    return client


def index_of(client):
    view = client.experiment.view()
    return RowIndex(view, state.metric_names(view))


def arranged(client, **wanted):
    return index_of(client).arrange(Arrangement(**wanted)).tolist()


def test_rows_are_ordered_by_any_column_and_what_is_missing_comes_last(tried):
    assert arranged(tried) == [3, 2, 1, 0]
    assert arranged(tried, sort="trial") == [0, 1, 2, 3]
    assert arranged(tried, sort="m:strength", descending=True) == [1, 2, 0, 3]
    assert arranged(tried, sort="m:strength") == [0, 2, 1, 3]
    assert arranged(tried, sort="p:temperature") == [1, 0, 3, 2]
    assert arranged(tried, sort="p:infill", descending=True) == [3, 2, 1, 0]
    assert arranged(tried, sort="note") == [0, 3, 2, 1]
    assert arranged(tried, sort="m:nothing") == [3, 2, 1, 0]


def test_rows_are_filtered_by_status_words_ranges_and_a_choice(tried):
    assert arranged(tried, statuses=frozenset({"running"})) == [3]
    assert arranged(tried, text="nozzle WORN") == [0]
    assert arranged(tried, text="gyroid") == [3]
    assert arranged(tried, text="#2") == [2]
    assert arranged(tried, text="nozzle gyroid") == []
    assert arranged(tried, ranges={"m:strength": (6.0, math.inf)}) == [2, 1]
    assert arranged(tried, ranges={"m:strength": (6.0, 9.0), "p:temperature": (0.0, 200.0)}) == [1]
    assert arranged(tried, among=frozenset({0, 3, 77})) == [3, 0]


def test_what_is_searched_follows_a_change(tried):
    index = index_of(tried)
    before = tried.experiment.view()
    assert index.arrange(Arrangement(text="worn")).tolist() == [0]
    tried.note_trial(0, "all well")
    tried.delete_trial(1)
    tried.attach_trial({"temperature": 250.0, "walls": 2, "infill": "grid"})
    now = tried.experiment.view()
    index.update(now, find_changes(now.trials, before.trials))
    assert index.arrange(Arrangement(text="worn")).tolist() == []
    assert index.arrange(Arrangement(text="well")).tolist() == [0]
    assert index.arrange(Arrangement(sort="p:temperature", descending=True)).tolist() == [4, 2, 3, 0]


def test_a_histogram_counts_all_values_and_those_that_are_shown(tried, point):
    for number in range(4):
        tried.attach_trial({**point, "temperature": 180.0 + 20.0 * number})
    index = index_of(tried)
    drawn = index.histograms(index.arrange(Arrangement(statuses=frozenset({"completed"}))))
    temperature = drawn["p:temperature"]
    assert (temperature["low"], temperature["high"]) == (180.0, 240.0)
    assert (sum(temperature["bars"]), sum(temperature["kept"])) == (8, 3)
    assert "m:strength" not in drawn  # three values are no spread
    assert "p:walls" not in drawn  # all the same


def test_a_histogram_of_a_log_scale_has_bins_on_it():
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("rate", (1e-6, 1.0), "float", scaling="log")])
    for power in range(6):
        client.attach_trial({"rate": 10.0**-power})
    view = client.experiment.view()
    index = RowIndex(view, ())
    rate = index.histograms(index.arrange(Arrangement()))["p:rate"]
    assert rate["log"]
    assert max(rate["bars"]) == 1


def test_of_a_batch_the_first_arm_counts(client, point):
    client.attach_batch([point, {**point, "temperature": 240.0}])
    client.attach_trial({**point, "temperature": 220.0})
    assert arranged(client, sort="p:temperature") == [0, 1]


def test_the_least_and_the_greatest_values_are_found_for_the_widths(tried):
    assert {0, 1}.issubset(index_of(tried).extremes())


def test_changes_between_moments_are_found_with_plain_tables_too(tried):
    before = tried.experiment.view().trials
    tried.note_trial(2, "x")
    now = tried.experiment.view().trials
    assert find_changes(now, before) == {2}
    assert find_changes(dict(now), before) == {2}
    assert find_changes(now, {}) == {0, 1, 2, 3}


@given(st.lists(st.sampled_from(["add", "complete", "delete", "note", "undo"]), min_size=1, max_size=12))
def test_an_index_that_followed_every_change_is_one_made_anew(steps):
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_optimization("y")
    index, before = index_of(client), client.experiment.view()
    for number, step in enumerate(steps):
        trials = list(client.experiment.view().trials)
        if step == "add" or not trials:
            client.attach_trial({"x": (number % 7) / 7})
        elif step == "complete" and client.experiment.view().trials[trials[-1]].status.is_running:
            client.complete_trial(trials[-1], {"y": float(number)})
        elif step == "delete":
            client.delete_trial(trials[0])
        elif step == "note":
            client.note_trial(trials[-1], f"note {number}")
        elif step == "undo":
            client.undo()
        now = client.experiment.view()
        index.update(now, find_changes(now.trials, before.trials))
        before = now
    for sort, text in itertools.product(["", "p:x", "m:y", "note", "status"], ["", "note"]):
        wanted = Arrangement(sort=sort, text=text)
        assert np.array_equal(index.arrange(wanted), index_of(client).arrange(wanted))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"statuses": ["finished"]}, "no status 'finished'"),
        ({"statuses": "running"}, "list"),
        ({"ranges": [1]}, "table"),
        ({"ranges": {"m:loss": [3, 1]}}, "range of 'loss' is two numbers, the smaller first"),
        ({"ranges": {"m:loss": ["a", 1]}}, "two numbers"),
        ({"ranges": {"m:loss": [1]}}, "two numbers"),
    ],
)
def test_what_cannot_be_arranged_is_refused(asked, words):
    with pytest.raises(UserInputError, match=words):
        read_arrangement(asked, Arrangement())


def test_an_open_range_and_a_choice_that_is_only_counted_stay():
    before = Arrangement(among=frozenset({1, 2}))
    read = read_arrangement({"ranges": {"m:loss": [None, 3]}, "among": 2}, before)
    assert read.ranges == {"m:loss": (-math.inf, 3.0)}
    assert read.among == {1, 2}
    assert read_arrangement({"among": None}, before).among is None
    assert read_arrangement({"among": [4]}, before).among == {4}


def test_a_layout_is_kept_as_text_and_a_damaged_one_is_the_plain_one():
    layout = Layout(hidden=("p:x",), order=("m:b", "m:a"), widths={"p:x": 90}, panel="Trace")
    assert Layout.from_text(layout.to_text()) == layout
    assert Layout.from_text("{") == Layout.from_text("[]") == Layout()
    with pytest.raises(UserInputError, match="20 to 2,000"):
        read_layout({"widths": {"p:x": 3}})
