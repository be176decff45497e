import json
import math

import numpy as np
import plotly.graph_objects as go
from hypothesis import given
from hypothesis import strategies as st

from axnb.analyses.card import AnalysisCard
from axnb.analyses.controls import Control
from axnb.widgets.cards.source import coarse, face_of, figure_json, restyle, restyled

layouts = st.recursive(
    st.integers(0, 3) | st.lists(st.integers(0, 3), max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
tables = st.dictionaries(st.sampled_from("abc"), layouts, max_size=3)


@given(tables)
def test_what_nobody_changed_stays_as_it_is_drawn(drawn):
    assert restyled(drawn, drawn) == {}
    layout = json.loads(json.dumps(drawn))
    restyle(layout, {}, drawn)
    assert layout == drawn


@given(
    st.dictionaries(st.sampled_from("abc"), st.integers(), max_size=3),
    st.dictionaries(st.sampled_from("abc"), st.integers()),
)
def test_a_change_is_made_again_on_the_same_drawing(drawn, mine):
    layout = dict(drawn)
    restyle(layout, restyled(mine, drawn), drawn)
    assert layout == drawn | mine


def test_of_other_data_only_the_style_is_kept():
    mine = {"height": 300, "xaxis": {"range": [0, 9], "showgrid": True}, "shapes": [1]}
    assert restyled(mine, {"xaxis": {"range": [0, 5]}}, same_data=False) == {"height": 300, "xaxis": {"showgrid": True}}


def test_prose_is_html_in_which_names_are_text():
    prose = face_of(AnalysisCard(title="t", markdown="Use **x2** <img src=x onerror=alert(1)>"))["prose"]
    assert "<b>x2</b>" in prose
    assert "<img" not in prose


def test_a_figure_goes_as_json_that_a_browser_can_read():
    figure = go.Figure(go.Scatter(y=[1.0, math.nan, math.inf], text=["a", None, "b"]))
    sent = figure_json(AnalysisCard(title="t", figure=figure), {"height": 3})
    plain = json.loads(sent, parse_constant=lambda constant: (_ for _ in ()).throw(AssertionError(constant)))
    assert plain["data"][0]["y"] == [1.0, None, None]
    assert plain["layout"] == {"height": 3}


def test_numpy_s_numbers_in_controls_become_plain_ones():
    control = Control(field="at", label="n", options=(np.int64(3), np.float64(0.5)), value=np.int64(3))
    (plain,) = face_of(AnalysisCard(title="t", controls=(control,)))["controls"]
    assert json.dumps([plain["value"], plain["options"]]) == "[3, [3, 0.5]]"


def test_an_analysis_without_a_resolution_is_drawn_as_it_is():
    class Plain:
        def compute(self, context):
            raise NotImplementedError

    plain = Plain()
    assert coarse(plain) is plain
