"""Which rows are drawn of many."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from axnb.analyses.drawing.downsample import downsample_rows

numbers = st.floats(-1e6, 1e6) | st.just(np.nan)


@given(arrays(float, st.tuples(st.integers(1, 3), st.integers(1, 400)), elements=numbers), st.integers(8, 60))
def test_the_extremes_of_every_column_are_kept_and_few_others(table, most):
    rows = downsample_rows(table, most=most)
    assert (np.diff(rows) > 0).all()
    assert len(rows) <= max(most, min(table.shape[1], most))
    for column in table:
        known = column[~np.isnan(column)]
        if len(known):
            assert {known.min(), known.max()} <= set(column[rows])


def test_all_rows_are_kept_where_they_are_few():
    assert downsample_rows([[3.0, 1.0, 2.0]], most=3).tolist() == [0, 1, 2]


def test_what_must_be_shown_is_shown():
    always = np.zeros(1000, dtype=bool)
    always[[7, 500]] = True
    assert {7, 500} <= set(downsample_rows([np.arange(1000.0)], most=10, always=always))


def test_a_spike_is_kept():
    values = np.sin(np.arange(10_000) / 50)
    values[4321] = 9.0
    assert 4321 in downsample_rows([values], most=100)
