"""Cards of results so large or so small that their squares are no numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from axnb.analyses.compute import compute_card
from axnb.analyses.results.trace import tabulate_trace
from axnb.analyses.shared.goals import Goal
from axnb.analyses.shared.magnitude import binary_unit
from tests.analyses.conftest import make, number
from tests.analyses.test_gallery import NAMES, made

CASES = {
    "one objective": ("-u", (), None),
    "two objectives": ("u, -v", (), None),
    "a weighted sum": ("2*u + v", (), None),
    "a constraint": ("-u", ("v <= {size}",), None),
    "standard errors": ("u, -v", ("w <= {size}",), 0.1),
}


def experiment(size, case):
    goal, constraints, sem = CASES[case]

    def outcome(p):
        values = {"u": (p["a"] - 0.3) ** 2 * size, "v": p["b"] * size, "w": p["a"] * size}
        wanted = {n: v for n, v in values.items() if n in goal or any(n in c for c in constraints)}
        return wanted if sem is None else {n: (v, sem * size) for n, v in wanted.items()}

    return make([number("a"), number("b")], goal, outcome, 8, [c.format(size=size) for c in constraints])


@pytest.mark.parametrize(
    ("case", "size"),
    [
        ("one objective", 1e-300),
        ("two objectives", 1e300),
        ("a weighted sum", 1e300),
        ("a constraint", 1e300),
        ("standard errors", 1e200),
    ],
)
def test_no_card_fails_of_huge_or_tiny_results(case, size):
    context = experiment(size, case).analysis_context()
    failed = {
        leaf.name: leaf.subtitle
        for name in NAMES
        for leaf in compute_card(made(name), context).flatten()
        if leaf.kind == "error"
    }
    assert failed == {}


def test_the_trace_of_huge_objectives_is_that_of_ordinary_ones():
    frames = []
    for size in (1.0, 1e300):
        context = experiment(size, "two objectives").analysis_context()
        frames.append(
            tabulate_trace(context.results, Goal.of(context.view, context.optimization), context.search_space)
        )
    usual, huge = (f["best_so_far"] / f["best_so_far"].iloc[-1] for f in frames)
    assert np.allclose(usual, huge)
    assert frames[0]["improved"].tolist() == frames[1]["improved"].tolist()


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=4))
def test_dividing_by_the_unit_loses_no_bit_and_leaves_squares(values):
    unit = binary_unit(values)
    finite = [v for v in values if np.isfinite(v)]
    assert all(abs(v / unit) <= 2.0 for v in finite)
    assert all((v / unit) * unit == v for v in finite if abs(v / unit) > 1e-290)
