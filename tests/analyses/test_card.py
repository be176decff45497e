"""Cards as values, and the analyses that make them."""

import dataclasses
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
import pytest

from axnb.analyses.card import (
    Analysis,
    AnalysisCard,
    AnalysisCardGroup,
    ErrorAnalysisCard,
    NotApplicableStateAnalysisCard,
    View,
)
from axnb.analyses.compute import attach_view, compute_card
from axnb.analyses.controls import Control, set_field
from axnb.errors import DataRequiredError, NotConfiguredError, UnknownNameError, UnsupportedError, UserInputError


@dataclass(frozen=True)
class Raises:
    """An analysis that fails as it is told to."""

    error: Exception

    def compute(self, context):
        raise self.error


@dataclass(frozen=True)
class Returns:
    """An analysis that returns what it is told to."""

    value: object

    def compute(self, context):
        return self.value


class Shown:
    """A view that says which card it was asked for."""

    def bundle(self, card):
        return {"application/x-live": card.title}


def leaf(title="a card", **fields):
    return AnalysisCard(title=title, **fields)


def test_a_card_is_a_value_with_a_tidy_repr():
    card = leaf(name="Loss", subtitle="It fell.")
    assert repr(card) == "AnalysisCard(name='Loss', title='a card')"
    assert card.df.empty
    assert card.figure is None
    assert card.timestamp.tzinfo is not None
    with pytest.raises(dataclasses.FrozenInstanceError):
        card.title = "other"


def test_a_card_refuses_what_is_neither_frame_nor_figure():
    with pytest.raises(UserInputError, match="got a list as df"):
        leaf(df=[1, 2])
    with pytest.raises(UserInputError, match="got a str as figure"):
        leaf(figure="a picture")


def test_the_blob_is_the_figure_else_the_text_else_the_table():
    frame = pd.DataFrame({"loss": [1.5]})
    figure = go.Figure(go.Scatter(x=[1], y=[2]))
    assert '"scatter"' in leaf(df=frame, markdown="text", figure=figure).blob
    assert leaf(df=frame, markdown="text").blob == "text"
    assert leaf(df=frame).blob == '{"loss":{"0":1.5}}'


def test_to_svg_needs_a_figure():
    with pytest.raises(UnsupportedError, match=r"no figure to draw; its table is card\.df"):
        leaf().to_svg()
    svg = leaf(figure=go.Figure()).to_svg(width=300, height=200)
    assert 'width="300" height="200"' in svg


def test_groups_flatten_in_order_and_outline_themselves():
    inner = AnalysisCardGroup(name="In", title="inner", children=[leaf("b", name="B")])
    outer = AnalysisCardGroup(name="Out", title="outer", children=[leaf("a", name="A"), inner, leaf("c", name="C")])
    assert [card.title for card in outer.flatten()] == ["a", "b", "c"]
    assert outer.hierarchy_str() == "Out: outer\n    A: a\n    In: inner\n        B: b\n    C: c"
    assert isinstance(outer.children, tuple)


@pytest.mark.parametrize(
    ("error", "kind", "title"),
    [
        (DataRequiredError("Needs 3 results."), NotApplicableStateAnalysisCard, "Raises is not available yet"),
        (NotConfiguredError("Set a goal first."), NotApplicableStateAnalysisCard, "Raises is not available yet"),
        (UnsupportedError("Needs two objectives."), NotApplicableStateAnalysisCard, "Raises does not apply here"),
        (UnknownNameError("No metric 'los'."), ErrorAnalysisCard, "Raises failed"),
    ],
)
def test_our_errors_become_cards_that_say_why(error, kind, title):
    card = compute_card(Raises(error), context=None)
    assert type(card) is kind
    assert card.title == title
    assert card.subtitle == str(error)
    assert card.name == "Raises"
    assert card.analysis == Raises(error)


def test_a_foreign_error_becomes_a_card_with_its_traceback():
    card = compute_card(Raises(ValueError("first\nsecond")), context=None)
    assert card.subtitle == "ValueError: first second"
    assert "raise self.error" in card.blob
    assert card.df["traceback"].tolist() == card.blob.splitlines()
    assert compute_card(Raises(ValueError()), context=None).subtitle == "ValueError."


@pytest.mark.parametrize(("value", "said"), [(None, "returned nothing"), ({"a": 1}, "returned a dict")])
def test_an_analysis_that_returns_no_card_is_an_error(value, said):
    card = compute_card(Returns(value), context=None)
    assert isinstance(card, ErrorAnalysisCard)
    assert said in card.subtitle
    assert "return an AnalysisCard" in card.subtitle


def test_an_interrupt_is_not_swallowed():
    class Interrupted:
        def compute(self, context):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compute_card(Interrupted(), context=None)


def test_computing_fills_in_name_and_analysis_but_keeps_what_the_card_says_itself():
    card = compute_card(Returns(leaf()), context=None)
    assert card.name == "Returns"
    assert card.analysis == Returns(card.analysis.value)
    own = compute_card(Returns(leaf(name="Own", analysis=Raises(ValueError()))), context=None)
    assert own.name == "Own"
    assert isinstance(own.analysis, Raises)


def test_a_view_is_given_to_every_card_of_a_group():
    view = Shown()
    group = AnalysisCardGroup(title="g", children=[AnalysisCardGroup(title="h", children=[leaf()]), leaf()])
    shown = attach_view(group, view)
    assert shown.view is view
    assert shown.children[0].view is view
    assert {id(card.view) for card in shown.flatten()} == {id(view)}
    assert group.view is None
    assert attach_view(group, None) is group
    assert isinstance(view, View)
    assert compute_card(Returns(leaf()), context=None, view=view).view is view


def test_a_class_with_compute_is_an_analysis():
    assert isinstance(Returns(1), Analysis)
    assert not isinstance(object(), Analysis)


# --- controls


def test_a_slider_reads_numbers_on_its_steps():
    slider = Control(field="at", key="n", label="n", kind="slider", minimum=1, maximum=9, step=2, value=1)
    assert [slider.read(v) for v in (1, 3.9, 6.5, 9)] == [1, 3, 7, 9]
    assert isinstance(slider.read(3.2), int)
    smooth = Control(field="at", key="x", label="x", kind="slider", minimum=0.5, maximum=2.0, value=1.0)
    assert smooth.read(1) == 1.0


@pytest.mark.parametrize("value", [0.4, 2.1, float("nan"), float("inf"), "1", True, None])
def test_a_slider_refuses_what_is_not_on_it(value):
    slider = Control(field="at", label="dose", kind="slider", minimum=0.5, maximum=2.0, value=1.0)
    with pytest.raises(UserInputError, match=r"'dose' cannot be .*; use a number from 0\.5 to 2\."):
        slider.read(value)


def test_a_drop_down_gives_back_its_own_types():
    menu = Control(field="k", label="k", options=(1.0, True, "1", None), value=1.0)
    assert [menu.read(v) for v in (1, True, "1", None)] == [1.0, True, "1", None]
    assert isinstance(menu.read(1), float)
    with pytest.raises(UserInputError, match="choose one of"):
        menu.read("2")


def test_a_toggle_takes_only_true_and_false():
    toggle = Control(field="log", label="log", kind="toggle", value=False)
    assert toggle.read(True) is True
    with pytest.raises(UserInputError, match="use true or false"):
        toggle.read(1)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "knob"}, "use dropdown, slider or toggle"),
        ({"kind": "dropdown"}, "give at least one"),
        ({"options": (1, 2), "labels": ("one",)}, "2 options but 1 labels"),
        ({"kind": "slider", "minimum": 1.0, "maximum": 1.0}, "give a minimum below a maximum"),
        ({"kind": "slider", "minimum": 0.0, "maximum": 1.0, "scale": "log"}, "needs a positive minimum"),
    ],
)
def test_a_control_whose_parts_do_not_fit_is_refused(fields, said):
    with pytest.raises(UserInputError, match=said):
        Control(field="f", label="f", value=1, **fields)


def test_a_control_as_json_names_its_options():
    plain = Control(field="f", label="F", options=(1, "two"), value=1).to_json()
    assert plain["options"] == [1, "two"]
    assert plain["labels"] == ["1", "two"]
    assert plain["field"] == "f"


@dataclass(frozen=True)
class Slice:
    """An analysis with a field of each kind that a control can set."""

    metric: str = "loss"
    at: object = None

    def compute(self, context):
        return leaf()


def test_moving_a_control_sets_a_field_or_one_entry_of_it():
    assert set_field(Slice(), "metric", "time") == Slice(metric="time")
    assert set_field(Slice(), "at", 1, key="a") == Slice(at=(("a", 1),))
    assert set_field(Slice(at=(("a", 1), ("b", 2))), "at", 3, key="a") == Slice(at=(("a", 3), ("b", 2)))
    assert set_field(Slice(at={"a": 1}), "at", 3, key="b") == Slice(at={"a": 1, "b": 3})
    with pytest.raises(UserInputError, match="Slice has no field 'axis'; it has 'metric', 'at'"):
        set_field(Slice(), "axis", 1)
    with pytest.raises(UserInputError, match="which has no entry 'a'"):
        set_field(Slice(at=3.0), "at", 1, key="a")
