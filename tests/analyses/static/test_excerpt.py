import math

import pandas as pd

from axnb.analyses.static.excerpt import MOST_COLUMNS, MOST_ROWS, cut_excerpt


def test_a_long_table_is_cut_and_says_how_long_it_is():
    excerpt = cut_excerpt(pd.DataFrame({"n": range(MOST_ROWS + 1950), "<b>": "x"}))
    assert (len(excerpt.rows), excerpt.extent, excerpt.is_whole) == (MOST_ROWS, "50 of 2,000 rows", False)
    assert excerpt.names == ("n", "<b>")
    assert excerpt.numeric == (True, False)


def test_a_wide_table_loses_columns_and_more_rows():
    excerpt = cut_excerpt(pd.DataFrame([range(100)] * 60))
    assert len(excerpt.names) == MOST_COLUMNS
    assert len(excerpt.rows) * MOST_COLUMNS <= 1000
    assert excerpt.extent == "25 of 60 rows, 40 of 100 columns"


def test_cells_are_short_texts_and_missing_ones_empty():
    frame = pd.DataFrame({"x": [1 / 3, math.nan, 1e-9], "y": ["a" * 200, None, pd.NA], "z": [1, 2, 3]})
    (first, second, third) = cut_excerpt(frame).rows
    assert first == ("0.333333", "a" * 79 + "…", "1")
    assert second == ("", "", "2")
    assert third == ("1e-09", "", "3")


def test_columns_of_the_same_name_are_both_shown():
    assert cut_excerpt(pd.DataFrame([[1, "a"]], columns=["x", "x"])).rows == (("1", "a"),)


def test_an_empty_table_is_whole():
    excerpt = cut_excerpt(pd.DataFrame())
    assert (excerpt.rows, excerpt.names, excerpt.is_whole) == ((), (), True)
