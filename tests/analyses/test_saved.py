"""Saved cards: writer and reader are inverse."""

import json
import math
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from axnb import Client
from axnb.analyses.card import AnalysisCard, AnalysisCardGroup, ErrorAnalysisCard, NotApplicableStateAnalysisCard
from axnb.analyses.saved import from_json, to_json
from axnb.errors import AxnbWarning, SnapshotError

FLOATS = st.floats(allow_nan=True, allow_infinity=True, allow_subnormal=True)
CELLS = st.one_of(FLOATS, st.integers(), st.booleans(), st.none(), st.text(max_size=8))


def again(card):
    return from_json(to_json(card))


def same(a, b):
    """Return whether two cells are the same to the bit, and of one type."""
    if isinstance(a, float) and isinstance(b, float):
        return math.isnan(a) == math.isnan(b) and (
            math.isnan(a) or (a == b and math.copysign(1, a) == math.copysign(1, b))
        )
    return type(a) is type(b) and a == b


@given(st.lists(FLOATS, max_size=5))
def test_every_float_comes_back_to_the_bit(values):
    found = again(AnalysisCard(title="t", df=pd.DataFrame({"p": np.array(values, dtype=float)}))).df["p"]
    assert found.dtype == float
    assert found.to_numpy().view("int64").tolist() == np.array(values, dtype=float).view("int64").tolist() or any(
        math.isnan(v) for v in values
    )
    assert all(same(a, b) for a, b in zip(found.tolist(), values, strict=True))


@given(st.lists(CELLS, max_size=5))
def test_every_cell_of_a_mixed_column_comes_back(values):
    frame = pd.DataFrame({"a": pd.Series(values, dtype=object)})
    found = again(AnalysisCard(title="t", df=frame)).df["a"]
    assert all(same(a, b) for a, b in zip(found.tolist(), values, strict=True))


def test_types_of_columns_and_their_names_come_back():
    frame = pd.DataFrame(
        {
            "flag": [True, False],
            "count": pd.array([1, None], dtype="Int64"),
            "name": ["a", "<b>"],
            "time": pd.to_datetime(["2026-01-01", "2026-01-02"], utc=True),
            3: [1, 2],
        }
    )
    found = again(AnalysisCard(title="t", df=frame)).df
    pd.testing.assert_frame_equal(found, frame)
    twice = pd.DataFrame([[1, 2]], columns=["a", "a"])
    pd.testing.assert_frame_equal(again(AnalysisCard(title="t", df=twice)).df, twice)
    assert again(AnalysisCard(title="t")).df.shape == (0, 0)


def test_the_cause_of_old_a_probability_below_the_smallest_normal_float():
    card = again(AnalysisCard(title="t", df=pd.DataFrame({"p": [1.3e-311]})))
    assert card.df["p"].tolist() == [1.3e-311]


def test_figures_texts_groups_and_kinds_come_back():
    when = datetime(2026, 1, 2, tzinfo=UTC)
    cards = [
        AnalysisCard(title="a", subtitle="b", figure=go.Figure(go.Scatter(x=[1, 2], y=[3, math.nan])), timestamp=when),
        AnalysisCard(title="m", markdown="*text* \ud800"),
        ErrorAnalysisCard(title="e", df=pd.DataFrame({"traceback": ["x"]})),
        NotApplicableStateAnalysisCard(title="n", subtitle="This needs more."),
    ]
    group = again(AnalysisCardGroup(title="g", children=cards, name="G"))
    assert [type(c) for c in group.children] == [type(c) for c in cards]
    assert [c.title for c in group.children] == ["a", "m", "e", "n"]
    assert group.children[0].timestamp == when
    assert group.children[0].figure.data[0].x == (1, 2)
    assert group.children[1].markdown == "*text* \ud800"


def test_cards_saved_as_pandas_wrote_them_are_still_read():
    frame = pd.DataFrame({"p": [0.25, 1.0], "name": ["a", "b"]})
    data = json.loads(to_json(AnalysisCard(title="t", df=frame)))
    data["table"] = frame.to_json(orient="table", index=False, double_precision=15, date_format="iso")
    pd.testing.assert_frame_equal(from_json(json.dumps(data)).df, frame)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"kind": "card"}', "[" * 100_000])
def test_what_is_no_card_is_said_to_be_damaged(text):
    with pytest.raises(SnapshotError, match="damaged"):
        from_json(text)


def test_one_damaged_card_is_left_out_by_name(plain, tmp_path):
    plain.compute_analyses(display=False)
    plain.save_to_json_file(tmp_path / "a.json")
    client = Client.load_from_json_file(tmp_path / "a.json")
    names = [c.name for c in client.saved_cards()]
    assert len(names) > 0
    client._cards |= {"Broken": '{"kind": "card"}'}
    with pytest.warns(AxnbWarning, match="'Broken' is left out"):
        assert [c.name for c in client.saved_cards()] == names
