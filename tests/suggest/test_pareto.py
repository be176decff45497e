"""Which rows no other beats."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from axnb.suggest.pareto import is_non_dominated

ROWS = arrays.arrays(float, st.tuples(st.integers(0, 12), st.integers(1, 3)), elements=st.integers(-3, 3).map(float))


@given(ROWS)
def test_non_dominated_rows_are_those_that_nobody_beats(Y):
    beaten = [any((z >= y).all() and (z > y).any() for z in Y) for y in Y]
    assert is_non_dominated(Y, keep_equal=True).tolist() == [not b for b in beaten]


@given(ROWS)
def test_of_equal_rows_the_first_is_kept(Y):
    kept = is_non_dominated(Y, keep_equal=True)
    first = [not any((Y[j] == Y[i]).all() for j in range(i)) for i in range(len(Y))]
    assert is_non_dominated(Y).tolist() == [bool(k and f) for k, f in zip(kept, first, strict=True)]


def test_the_front_of_many_points_is_found_among_them():
    Y = np.random.default_rng(0).random((3000, 2))
    front = Y[is_non_dominated(Y)]
    order = front[np.argsort(front[:, 0])]
    assert (np.diff(order[:, 1]) < 0).all()
