"""What if: a point of the reader's choice."""

import numpy as np
import pytest

from axnb.analyses import WhatIf
from axnb.analyses.card import AnalysisCard
from axnb.analyses.controls import set_field
from axnb.analyses.shared.prospects import compute_feasibility
from axnb.errors import DataRequiredError, UnknownNameError
from tests.analyses.conftest import make, number


def test_it_is_what_predict_says(mixed):
    context = mixed.analysis_context()
    point = {"C": 2.0, "kernel": "rbf", "degree": 3}
    card = WhatIf(at=point).compute(context)
    expected = context.model.predict([point])[0]
    frame = card.df.set_index("metric_name")
    for name in ("acc", "time"):
        mean, sem = expected[name]
        assert frame["mean"][name] == pytest.approx(mean)
        assert frame["upper"][name] == pytest.approx(mean + 1.959964 * sem, rel=1e-5)
    best = context.best()
    assert frame["best"]["acc"] == best.values["acc"][0]
    assert frame["improvement"]["acc"] == pytest.approx(expected["acc"][0] - best.values["acc"][0])
    assert np.isnan(frame["improvement"]["time"])
    chance = compute_feasibility(context, context.model.encoder.encode([point]))[0]
    assert 0 < chance < 1
    assert "the constraints hold with" in card.subtitle


def test_less_is_better_where_it_is_minimised(plain):
    context = plain.analysis_context()
    near = WhatIf(at={"a": 0.25, "b": 0.0}).compute(context).df
    far = WhatIf(at={"a": 1.0, "b": 1.0}).compute(context).df
    assert near["p_better"][0] > 0.5 > far["p_better"][0]
    assert near["improvement"][0] > 0 > far["improvement"][0]


def test_there_is_a_control_a_parameter_and_each_moves_the_point(mixed):
    context = mixed.analysis_context()
    card = WhatIf().compute(context)
    found = {c.key: c for c in card.controls if c.field == "at"}
    assert set(found) == {None, "C", "kernel", "degree"}
    assert (found["C"].kind, found["C"].scale, found["kernel"].kind) == ("slider", "log", "dropdown")
    analysis = card.analysis
    for key, value in (("C", 5.0), ("kernel", "linear"), ("degree", 4)):
        analysis = set_field(analysis, "at", found[key].read(value), key)
    after = analysis.compute(context)
    (action,) = after.actions
    assert dict(action.arguments)["parameters"] == {"C": 5.0, "kernel": "linear", "degree": 4}


def test_its_action_makes_the_point_a_trial(mixed):
    (action,) = WhatIf(at={"C": 2.0, "kernel": "rbf", "degree": 2}).compute(mixed.analysis_context()).actions
    index = getattr(mixed, action.method)(**dict(action.arguments))
    assert mixed.experiment.view().trials[index].parameters == {"C": 2.0, "kernel": "rbf", "degree": 2}
    assert action.done.format(index) == "This is trial 14."


def test_a_point_outside_the_parameter_constraints_is_no_trial():
    client = make([number("a"), number("b")], "u", lambda p: {"u": p["a"]}, 6, parameter_constraints=("a + b <= 1",))
    card = WhatIf(at={"a": 0.9, "b": 0.9}).compute(client.analysis_context())
    assert card.actions == ()
    assert card.subtitle.endswith("outside the parameter constraints, so it can't be a trial.")


def test_each_metric_has_an_axis_of_its_own(several):
    card = WhatIf().compute(several.analysis_context())
    layout = card.figure.layout
    titles = [layout[a].title.text for a in ("xaxis", "xaxis2", "xaxis3")]
    assert titles == ["strength (maximise)", "weight (minimise) · dashed: ≤ 8", "cost · dashed: ≤ 0.9"]
    names = [t.name for t in card.figure.data]
    assert names.count("bound") == 2
    (expected,) = [t for t in card.figure.data if t.name == "expected here, 95 %" and t.xaxis == "x2"]
    row = card.df.set_index("metric_name").loc["weight"]
    assert expected.error_x.array[0] == pytest.approx(row["upper"] - row["mean"])
    assert card.to_svg()


def test_it_says_what_it_needs(context):
    with pytest.raises(DataRequiredError):
        WhatIf().compute(make([number("a")], "u", trials=2).analysis_context())
    with pytest.raises(UnknownNameError):
        WhatIf(at={"zz": 1.0}).compute(context)
    assert isinstance(WhatIf(at="center").compute(context), AnalysisCard)
