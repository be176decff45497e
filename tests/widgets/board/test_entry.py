"""What was typed into the forms, checked field by field."""

import pytest

from axnb import Client, RangeParameterConfig
from axnb.errors import UserInputError
from axnb.widgets.board.entry import read_amendment, read_count, read_point, read_results
from axnb.widgets.rpc import FormError


@pytest.fixture
def view(client):
    return client.experiment.view()


def fields(error):
    return error.value.fields


def test_a_point_is_read_with_its_types(view):
    point = read_point(view, {"temperature": "217.345678", "walls": "3", "infill": 1})
    assert point == {"temperature": 217.345678, "walls": 3, "infill": "gyroid"}
    assert isinstance(point["walls"], int)


def test_everything_wrong_with_a_point_is_said_at_once(view):
    with pytest.raises(FormError) as error:
        read_point(view, {"temperature": "300", "walls": "2.5", "infill": None})
    assert "260.0" in fields(error)["temperature"]
    assert "2.5" in fields(error)["walls"]
    assert fields(error)["infill"] == "Choose one of 'grid', 'gyroid'."


def test_missing_values_are_asked_for(view):
    with pytest.raises(FormError) as error:
        read_point(view, {"temperature": "  "})
    assert set(fields(error)) == {"temperature", "walls", "infill"}
    assert fields(error)["walls"] == "Enter an int in [1, 6]."


@pytest.mark.parametrize("option", [2, -1, True, "0", "grid", 1.0, [1]])
def test_an_option_that_is_none_is_refused(view, option):
    with pytest.raises(FormError, match="infill: Choose"):
        read_point(view, {"temperature": "200", "walls": "3", "infill": option})


@pytest.mark.parametrize("typed", [200, None, ["200"], {"x": 1}])
def test_a_number_must_come_as_text(view, typed):
    with pytest.raises(FormError, match="temperature: Enter a number as text"):
        read_point(view, {"temperature": typed, "walls": "3", "infill": 0})


def test_an_unknown_parameter_is_refused_with_the_near_one(view):
    with pytest.raises(UserInputError, match="Did you mean 'walls'"):
        read_point(view, {"wals": "3"})


def test_results_are_means_or_pairs(view):
    typed = {"strength": {"mean": " 41.2 ", "sem": "0.5"}, "weight": {"mean": "9", "sem": ""}}
    assert read_results(view, typed).values == {"strength": (41.2, 0.5), "weight": 9}


def test_every_digit_arrives(view):
    typed = {"strength": {"mean": "0.1234567890123456789", "sem": ""}, "weight": {"mean": "9", "sem": ""}}
    assert read_results(view, typed).values["strength"] == 0.1234567890123456789


def test_everything_wrong_with_results_is_said_at_once(view):
    with pytest.raises(FormError) as error:
        read_results(view, {"strength": {"mean": "9,500", "sem": "-1"}})
    assert "Use a decimal point such as 9.500" in fields(error)["mean strength"]
    assert fields(error)["sem strength"] == "A standard error is never negative, but this is -1."
    with pytest.raises(FormError) as error:
        read_results(view, {"strength": {"mean": " ", "sem": "0.1"}})
    assert fields(error) == {"mean strength": "Enter the result that this is the standard error of."}
    for nothing in ({}, {"strength": {"mean": "n.d."}}):
        with pytest.raises(FormError) as error:
            read_results(view, nothing)
        assert set(fields(error)) == {"mean strength", "mean weight"}
        assert fields(error)["mean weight"] == "Enter the result, or fail the trial if there is none."


def test_a_metric_that_is_only_tracked_may_stay_empty(client, point):
    client.configure_tracking_metrics(["seconds"])
    view = client.experiment.view()
    typed = {"strength": {"mean": "1"}, "weight": {"mean": "2"}, "seconds": {"mean": "", "sem": ""}}
    assert read_results(view, typed).values == {"strength": 1, "weight": 2}
    with pytest.raises(FormError) as error:
        read_results(view, {**typed, "seconds": {"mean": "", "sem": "3"}})
    assert set(fields(error)) == {"mean seconds"}


@pytest.mark.parametrize("field", ["text", 3, [1], {"mean": 3}, {"mean": None}])
def test_damaged_results_are_refused(view, field):
    with pytest.raises(UserInputError, match="texts 'mean' and 'sem'"):
        read_results(view, {"strength": field})


def test_an_unknown_metric_is_refused_with_the_near_one(view):
    with pytest.raises(UserInputError, match="Did you mean 'strength'"):
        read_results(view, {"strenght": {"mean": "1"}})


def test_names_that_mean_something_to_a_browser_are_names(point):
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("__proto__", (0.0, 1.0), "float")])
    client.configure_optimization(objective="constructor")
    view = client.experiment.view()
    assert read_point(view, {"__proto__": "0.5"}) == {"__proto__": 0.5}
    assert read_results(view, {"constructor": {"mean": "1", "sem": ""}}).values == {"constructor": 1}


@pytest.mark.parametrize("typed", ["3 ± 0.2", "3 +/- 0.2", " 3+-0,2 "])
def test_a_result_may_be_typed_as_it_is_shown(view, typed):
    read = read_results(view, {"strength": {"mean": typed, "sem": ""}, "weight": {"mean": "1,5", "sem": "0,1"}})
    assert read.values == {"strength": (3, 0.2), "weight": (1.5, 0.1)}


@pytest.mark.parametrize("typed", ["", "0", "-1", "1.5", "two", "\u0663", "1e3", "10001", "9" * 5000])
def test_a_count_is_a_whole_number_within_its_bounds(typed):
    with pytest.raises(FormError) as error:
        read_count(typed)
    assert set(fields(error)) == {"count"}
    assert "from 1 to 10,000" in fields(error)["count"]
    assert len(fields(error)["count"]) < 120


def test_a_count_is_read():
    assert read_count(" 12 ") == 12


def test_what_is_left_empty_is_still_to_come_and_what_is_said_to_be_missing_is_not(view):
    assert read_results(view, {"strength": {"mean": "12 %"}}).open == ("weight",)
    read = read_results(view, {"strength": {"mean": "30 C", "sem": "1"}, "weight": {"mean": "n.d."}})
    assert (read.values, read.open) == ({"strength": (30, 1)}, ())


@pytest.mark.parametrize(("typed", "value"), [("4.5 g", 4.5), ("1,5 ± 0,1", (1.5, 0.1)), ("", None), ("n.d.", None)])
def test_a_cell_is_read_as_a_field_is(view, typed, value):
    assert read_amendment(view, "weight", typed) == value


def test_a_cell_of_no_metric_is_refused(view):
    with pytest.raises(UserInputError, match="Did you mean 'weight'"):
        read_amendment(view, "wight", "1")
