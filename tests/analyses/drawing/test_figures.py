"""Figures put together from plain values."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from axnb.analyses.drawing import figures, style


def test_a_figure_is_the_one_that_plotly_would_check():
    trace = figures.scatter(x=pd.Series([1, 2]), y=np.array([3.0, 4.0]), mode="lines", line={"color": "red"}, name=None)
    made = figures.new_figure(
        trace, x="trial", y="loss", height=300, yaxis={"type": "log"}, layout={"showlegend": True}
    )
    slow = go.Figure(
        go.Scatter(x=pd.Series([1, 2]), y=np.array([3.0, 4.0]), mode="lines", line={"color": "red"}),
        {
            "template": style.template(),
            "height": 300,
            "showlegend": True,
            "xaxis": {"title": {"text": "trial"}},
            "yaxis": {"title": {"text": "loss"}, "type": "log"},
        },
    )
    assert made.to_json() == slow.to_json()


def test_what_a_user_changes_is_checked():
    made = figures.new_figure(figures.bar(x=[1], y=[2]))
    made.update_layout(height=500)
    assert made.layout.height == 500
    with pytest.raises(ValueError, match="height"):
        made.layout.height = "tall"
    with pytest.raises(ValueError, match="orientation"):
        made.data[0].orientation = "sideways"


def test_numbers_of_numpy_become_plain_ones():
    assert type(figures.scatter(x=[np.float64(1.0)])["x"][0]) is float


def test_a_wide_logarithmic_axis_has_whole_decades():
    assert figures.log_axis(np.array([1e-3, 1.0])) == {"type": "log", "dtick": 1}
    assert figures.log_axis(np.array([1.0, 20.0, np.nan, -1.0])) == {"type": "log", "dtick": "D2"}
    assert figures.log_axis(np.array([1.0, 4.0])) == {"type": "log"}
